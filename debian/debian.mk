# Packages.
#
#   make deb             build/packages/*.deb, and lintian's opinion
#   make check-repro     built twice in different folders, and compared

.PHONY: deb check-repro
deb:
	$(Q)sh debian/build-packages build/packages
check-repro:
	$(Q)sh debian/build-packages build/packages
	$(Q)sh debian/build-packages build/packages.again "$$(mktemp -d)/another-folder"
	$(Q)for p in build/packages/*.deb; do \
		cmp $$p build/packages.again/$$(basename $$p) || exit 1; done
	@echo "packages: the same twice"
