# Packages.
#
#   make deb             build/packages/*.deb, and lintian's opinion
#   make check-version   changelog, library and daemon say the same
#   make check-repro     built twice in different folders, and compared

.PHONY: deb check-repro check-version

# One version, in the three places that need to say it.
CHECKS += check-version
check-version:
	$(Q)v=$$(sed -n '1s/^rowan (\(.*\)) .*/\1/p' debian/changelog); \
	[ "$$v" = "$(ROWAN_VERSION)" ] && \
		grep -q "ROWAND_VERSION \"$$v\"" daemon/process/version.h || \
		{ echo "the changelog says $$v, lib.mk or version.h another"; \
		exit 1; }
deb:
	$(Q)sh debian/build-packages build/packages
check-repro:
	$(Q)s=$$(mktemp -d) && git ls-files | tar -cf $$s/source.tar -T - && \
	SOURCE=$$s/source.tar sh debian/build-packages build/packages && \
	SOURCE=$$s/source.tar sh debian/build-packages build/packages.again \
		$$s/another-folder/rowan && rm -r $$s
	$(Q)for p in build/packages/*.deb; do \
		cmp $$p build/packages.again/$$(basename $$p) || exit 1; done
	@echo "packages: the same twice"
