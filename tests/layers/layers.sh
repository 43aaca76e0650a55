#!/bin/sh
# The layers (CONTRIBUTING.md), proved twice: from the #include lines, and from the
# symbols of the linked daemon. usage: layers.sh DAEMON MEMBER-ARCHIVE
set -u
export LC_ALL=C
rowand=$1 member=$2
rc=0
tmp=$(mktemp) || exit 1
trap 'rm -f "$tmp"' EXIT

wrong() {
	echo "layers: $*"
	rc=1
}

# may FOLDER ROOM...: what the files of FOLDER may include of our own.
may() {
	folder=$1
	shift
	[ -d "$folder" ] || return 0
	for f in "$folder"/*.[ch]; do
		[ -e "$f" ] || continue
		sed -n 's/^#include "\(.*\)"/\1/p' "$f" | while read -r inc; do
			room=${inc%/*}
			ok=
			for r in "$@"; do
				[ "$room" = "$r" ] && ok=1
			done
			[ -n "$ok" ] || echo "$f includes $inc"
		done
	done >"$tmp"
	while read -r line; do
		wrong "$line"
	done <"$tmp"
}

low="base"
objects=mls/public/object
mls="$objects mls/public/tree mls/public/framing mls/public/group"
public="$low wire crypto trust tlog $mls"
daemon="config clock store log clinic net ops journal backup process ctl"
may lib/base $low
may lib/wire $low wire
may lib/crypto $low crypto
may lib/trust $low wire crypto tlog trust
may lib/tlog $low wire crypto tlog
may lib/mls/public/object $low crypto $objects
may lib/mls/public/tree $low crypto $objects mls/public/tree
may lib/mls/public/framing $low crypto $objects mls/public/framing
may lib/mls/public/group $low crypto $mls
m=mls/member
may lib/$m/keys $low crypto $objects mls/public/tree mls/public/framing $m/keys
may lib/$m/treekem $low crypto $objects mls/public/tree $m/treekem
may lib/$m/client $low crypto $mls $m/client
may lib/$m/group $low crypto $mls $m/keys $m/treekem $m/client $m/group
# Rooms of a device at work, lowest first; the session itself sees all.
# It meets MLS through rowan/mls.h: no room of the member's is open to it.
device="$public"
s=session
may lib/session/vault $device $s/vault
may lib/session/link $device $s/vault $s/link
may lib/session/follow $device $s/vault $s/link $s/follow
may lib/session/acts $device $s/vault $s/follow $s/acts
may lib/session/enrolment $device $s/link $s/acts $s/enrolment
may lib/session/channel $device $s/vault $s/link $s/follow $s/channel
may lib/session/transfer $device $s/vault $s/link $s/channel $s/transfer
may lib/session/proof $device $s/vault $s/follow $s/proof
may lib/session/message $device $s/vault $s/channel $s/transfer $s/proof \
	$s/message
session="$device $s $s/vault $s/link $s/follow $s/acts $s/enrolment
$s/channel $s/transfer $s/proof $s/message"
may lib/session $session
may lib/sdk $session sdk
# Rooms of the daemon: nothing above mls/public, and each its own.
may daemon/config $low wire config
may daemon/clock $low clock
may daemon/store $low crypto wire tlog store
may daemon/log $public store log
may daemon/clinic $public clock store log clinic
may daemon/ops $public config clock store log clinic journal ops
may daemon/net $public config clock ops journal net
may daemon/journal $low journal
may daemon/backup $public store log clinic backup
may daemon/process $public config clock store log clinic net journal backup process
may daemon/ctl $public $daemon
may daemon $public $daemon
# The command line: on the public headers and, for the offline authority and
# what it seals itself, on the public half.
may client/ui $low ui
may client/agent $low crypto ui agent
may client/cmd $low wire trust tlog ui agent cmd
may client cmd

# Folders that no rule above knows.
for d in lib/* lib/mls/* lib/mls/public/* lib/mls/member/* lib/session/* \
	daemon/*; do
	[ -d "$d" ] || continue
	case $d in
	lib/base | lib/wire | lib/crypto | lib/trust | lib/tlog | lib/mls | \
		lib/mls/public | lib/mls/member | lib/session | lib/sdk) ;;
	lib/mls/public/object | lib/mls/public/tree) ;;
	lib/mls/public/framing | lib/mls/public/group) ;;
	lib/mls/member/keys | lib/mls/member/treekem) ;;
	lib/mls/member/client | lib/mls/member/group) ;;
	lib/session/vault | lib/session/link | lib/session/follow) ;;
	lib/session/acts | lib/session/enrolment | lib/session/channel) ;;
	lib/session/transfer | lib/session/proof | lib/session/message) ;;
	daemon/config | daemon/clock | daemon/store | daemon/clinic | daemon/log) ;;
	daemon/ops | daemon/net | daemon/journal | daemon/backup) ;;
	daemon/process | daemon/ctl) ;;
	*) wrong "$d has no rule" ;;
	esac
done

# door HEADER PATTERN...: which files alone may include a dependency.
door() {
	header=$1
	shift
	grep -rls "^#include <$header>" lib daemon client include examples |
		while read -r f; do
			ok=
			for p in "$@"; do
				# shellcheck disable=SC2254
				case $f in
				$p) ok=1 ;;
				esac
			done
			[ -n "$ok" ] || echo "$f includes <$header>"
		done >"$tmp"
	while read -r line; do
		wrong "$line"
	done <"$tmp"
}

door sqlite3.h 'daemon/store/*' 'lib/session/vault/*'
door zmq.h 'daemon/net/*' 'lib/session/link/*'
door libconfig.h 'daemon/config/*'
door curses.h 'client/ui/screen*'
door qrencode.h 'client/ui/qr*'
door 'systemd/.*' none
door 'openssl/.*' none

# Opening and sealing of messages, HPKE, and everything else a member has.
nm --defined-only "$rowand" 2>/dev/null | awk '{ print $3 }' | sort -u >"$tmp"
grep -qx main "$tmp" || wrong "$rowand has no symbols to look at"
members=$(nm --defined-only "$member" 2>/dev/null |
	awk '$2 ~ /^[TDBR]$/ { print $3 }' | sort -u)
[ -n "$members" ] || wrong "$member has no symbols to compare with"
for symbol in $(echo "$members" | comm -12 - "$tmp"); do
	wrong "$rowand links $symbol, which is the member's"
done
# Carrying a ciphertext is not opening it.
if grep '^hpke_' "$tmp" | grep -v '^hpke_ciphertext_'; then
	wrong "$rowand links HPKE"
fi

[ $rc -ne 0 ] || echo "  layers hold"
exit $rc
