#!/bin/sh
# The packages in a clean Debian under a real systemd, and docs/operations.md
# followed word by word: see inside.sh for what is asked of it.
# usage: boot.sh BUILD
#
# Where it cannot run it says why and leaves with 0. The clean tree is made
# once, in $ROWAN_BOOT_TREE or BUILD/boot/base.
set -eu
build=$1
here=$(dirname "$0")
skip() {
	echo "boot: skipped: $*"
	exit 0
}
[ "$(id -u)" = 0 ] || skip "needs root"
for t in systemd-nspawn debootstrap dpkg-buildpackage; do
	command -v $t >/dev/null || skip "there is no $t here"
done
mkdir -p "$build/boot"
base=${ROWAN_BOOT_TREE:-$build/boot/base}
tree=$build/boot/tree
packages="systemd systemd-sysv dbus libzmq5 libsodium23 libsqlite3-0 libconfig9
libjansson4 libqrencode4 libncursesw6 libtinfo6 libcmocka0 libssl3 procps jq"
if [ ! -e "$base/etc/debian_version" ]; then
	debootstrap --variant=minbase --include="$(echo $packages | tr ' ' ,)" \
		bookworm "$base" >"$build/boot/debootstrap.log" 2>&1 || {
		rm -rf "$base"
		skip "no clean Debian can be had (debootstrap.log)"
	}
fi

rm -rf "$tree"
cp -a "$base" "$tree"
cp build/packages/*.deb "$tree/root/"
mkdir "$tree/root/test"
cp "$here/inside.sh" "$here/section" docs/operations.md \
	"$build/tests/ops/person" "$tree/root/test/"
chroot "$tree" sh -c \
	'dpkg -i /root/rowand_*.deb /root/rowan_*.deb' \
	>"$build/boot/dpkg.log" 2>&1 || {
	tail -20 "$build/boot/dpkg.log"
	exit 1
}
echo "127.0.0.1 localhost relay.clinic.example" >"$tree/etc/hosts"
cat >"$tree/etc/systemd/system/rowan-boot-test.service" <<'END'
[Unit]
After=multi-user.target

[Service]
Type=oneshot
ExecStart=/bin/sh /root/test/inside.sh
ExecStopPost=/usr/bin/systemctl --no-block poweroff
StandardOutput=file:/root/test/said
StandardError=file:/root/test/said
TimeoutStartSec=20min

[Install]
WantedBy=graphical.target
END
ln -s ../rowan-boot-test.service \
	"$tree/etc/systemd/system/rowan-boot-test.wants" 2>/dev/null || true
mkdir -p "$tree/etc/systemd/system/graphical.target.wants"
ln -sf ../rowan-boot-test.service \
	"$tree/etc/systemd/system/graphical.target.wants/"
rm -f "$tree/etc/systemd/system/rowan-boot-test.wants"

timeout 1500 systemd-nspawn -q -D "$tree" --boot --register=no --keep-unit \
	--private-network --console=read-only </dev/null \
	>"$build/boot/console.log" 2>&1 || true
[ -e "$tree/root/test/said" ] || {
	tail -5 "$build/boot/console.log"
	skip "no systemd starts in a container here"
}
cat "$tree/root/test/said"
[ -e "$tree/root/test/passed" ]
