# The units: well formed and as closed as we say.
#
#   make check-systemd   systemd-analyze verify and security, offline

.PHONY: check-systemd
check-systemd:
	$(Q)sh tests/systemd/units.sh systemd

CHECKS += check-systemd
