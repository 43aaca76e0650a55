# Packages.
#
#   make deb             build/packages/*.deb, and lintian's opinion
#   make check-repro     built twice in different folders, and compared

.PHONY: deb check-repro
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
