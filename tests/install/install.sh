#!/bin/sh
# Installs into an empty folder: the right files, modes, and a configuration
# that the installed daemon accepts. usage: install.sh MAKE-COMMAND...
set -eu
dest=$(mktemp -d)
trap 'rm -rf "$dest"' EXIT
"$@" DESTDIR="$dest" PREFIX=/usr install

want() {
	have=$(stat -c %a "$dest$2" 2>/dev/null) || have=missing
	[ "$have" = "$1" ] || { echo "install: $2 is $have, not $1"; exit 1; }
}
want 755 /usr/sbin/rowand
want 644 /etc/rowan/rowand.conf
want 644 /usr/share/doc/rowan/protocol.md
want 644 /usr/include/rowan/error.h
"$dest/usr/sbin/rowand" --check-config "$dest/etc/rowan/rowand.conf"
echo '"' >"$dest/bad.conf"
if "$dest/usr/sbin/rowand" --check-config "$dest/bad.conf" 2>/dev/null; then
	echo "install: a bad configuration was accepted"
	exit 1
fi

# A configuration that somebody has changed stays.
echo 'connections = 100;' >"$dest/etc/rowan/rowand.conf"
"$@" DESTDIR="$dest" PREFIX=/usr install
grep -q '^connections = 100;$' "$dest/etc/rowan/rowand.conf" ||
	{ echo "install: the configuration was overwritten"; exit 1; }
echo "  install is complete"
