# `make install` into an empty folder, as part of make check.

CHECKS += check-install

.PHONY: check-install
check-install: all
	$(Q)sh tests/install/install.sh $(MAKE) -s B=$(B)
	$(Q)sh tests/install/sbom.sh $(B)/rowand $(B)/rowanctl $(B)/rowan
