# A clean Debian under a real systemd, and the document followed word by word.
#
#   make boot            needs root, systemd-nspawn and debootstrap

.PHONY: boot check-document
boot: deb $(B)/tests/ops/person
	$(Q)sh tests/boot/boot.sh $(B)

# Every section with commands in it is one that the boot test runs.
check-document:
	$(Q)sh tests/boot/document.sh

CHECKS += check-document
