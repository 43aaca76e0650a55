#!/bin/sh
# The bill of materials names every library that a program links, is the same
# each time, and each of its packages has all that SPDX 2.3 asks of one.
# usage: sbom.sh PROGRAM...
set -eu
bill=$(mktemp)
trap 'rm -f "$bill"' EXIT
command -v dpkg-parsechangelog >/dev/null || {
	echo "sbom: skipped: there is no dpkg-dev here"
	exit 0
}
bad() {
	echo "sbom: $*"
	exit 1
}
sh debian/sbom >"$bill"
sh debian/sbom | cmp -s - "$bill" || bad "not the same twice"
for p in "$@"; do
	readelf -d "$p" | sed -n 's/.*(NEEDED).*\[\(lib[a-z0-9]*\).*/\1/p'
done | sort -u | sed 's/^libzmq$/zeromq/; s/^libsqlite3$/sqlite/
	s/^libjansson$/jansson/; s/^libqrencode$/qrencode/; s/^libc$/glibc/
	s/^libncursesw$/ncurses/; s/^libtinfo$/ncurses/' | sort -u |
	while read -r lib; do
		grep -qx "PackageName: $lib" "$bill" || bad "$lib is not named"
	done
n=$(grep -c '^PackageName: ' "$bill")
[ "$n" -ge 8 ] || bad "only $n packages"
for tag in SPDXID: PackageVersion: PackageSupplier: PackageDownloadLocation: \
	PackageLicenseConcluded: PackageLicenseDeclared: PackageCopyrightText:; do
	# The document has an id, too.
	m=$(grep -c "^$tag ." "$bill")
	[ "$tag" != SPDXID: ] || m=$((m - 1))
	[ "$m" = "$n" ] || bad "$n packages, and $m times $tag"
done
! grep -q ': unknown$' "$bill" || bad "a version is not known"
echo "  the bill of materials is complete"
