#!/bin/sh
# Unit files: well formed, and exposed no more than we claim.
# usage: check.sh FOLDER-OF-UNITS
#
# systemd-analyze reads the units from a tree of their own, with empty files
# where the programs will be installed; nothing of this machine is asked.
set -eu
units=$1
if ! command -v systemd-analyze >/dev/null 2>&1; then
	echo "systemd: not checked, there is no systemd-analyze here"
	exit 0
fi
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
dir=$root/usr/lib/systemd/system
mkdir -p "$dir" "$root/usr/sbin" "$root/etc" "$root/run"
cp "$units"/*.service "$units"/*.socket "$units"/*.timer "$dir"
for p in rowand rowanctl; do
	printf '#!/bin/sh\n' >"$root/usr/sbin/$p"
	chmod 755 "$root/usr/sbin/$p"
done
# What our units lean on.
for t in sysinit basic sockets timers multi-user shutdown time-sync network; do
	printf '[Unit]\nDescription=%s\n' "$t" >"$dir/$t.target"
done
for s in system.slice -.slice; do
	printf '[Unit]\nDescription=slice\n' >"$dir/$s"
done

fail() { echo "systemd: $*"; exit 1; }

for u in "$dir"/rowan*; do
	said=$(systemd-analyze verify --man=no --recursive-errors=no \
		--root="$root" "$u" 2>&1) || fail "$(basename "$u"): $said"
	[ -z "$said" ] || fail "$(basename "$u"): $said"
done
worst=0
for u in "$dir"/rowan*.service; do
	# Thresholds are hundredths of the scale: 3 is shown as 0.3.
	table=$(systemd-analyze security --offline=true --threshold=3 \
		--root="$root" "$u" 2>&1) ||
		fail "$(basename "$u"): $(echo "$table" | tail -1)"
	n=$(echo "$table" | sed -n 's/.*exposure level[^:]*: \([0-9.]*\).*/\1/p')
	worst=$(printf '%s\n%s\n' "$worst" "$n" | sort -n | tail -1)
done
echo "systemd: units are well formed, exposure $worst at most"
