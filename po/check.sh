#!/bin/sh
# Every string of the command line can be translated: a made-up language is
# made from the catalogue and must come out of the program.
# usage: check.sh POT ROWAN
set -eu
pot=$1 rowan=$2
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/cy/LC_MESSAGES"
# "text" becomes "[text]"; formats stay what they are.
msgen "$pot" 2>/dev/null | sed 's/charset=CHARSET/charset=UTF-8/' |
	msgfilter --keep-header sed '/./s/^/[/' 2>/dev/null >"$dir/cy.po"
msgfmt -c --check-format -o "$dir/cy/LC_MESSAGES/rowan.mo" "$dir/cy.po" \
	2>/dev/null || msgfmt -o "$dir/cy/LC_MESSAGES/rowan.mo" "$dir/cy.po"
run() {
	ROWAN_LOCALEDIR=$dir LANGUAGE=cy LC_ALL=C.UTF-8 "$rowan" "$@" 2>&1 ||
		true
}
want() {
	grep -qF "$1" "$dir/out" || {
		echo "po: not translated: $1"
		cat "$dir/out"
		exit 1
	}
}
run help >"$dir/out"
want '[Cases and people'
want '[what is unread, by case'
want '[never ask'
run nothing >"$dir/out"
want '[error:'
want '[there is no command nothing'
run read >"$dir/out"
want '[something is missing'
ROWAN_HOME=$dir/home XDG_RUNTIME_DIR=$dir run inbox >"$dir/out"
ROWAN_HOME=$dir/home XDG_RUNTIME_DIR=$dir "$rowan" agent stop -q
want '[this device is not set up'
n=$(grep -c '^msgid' "$pot")
[ "$n" -gt 400 ] || { echo "po: only $n strings"; exit 1; }
echo "  $n strings can be translated"
