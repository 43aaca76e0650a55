#!/bin/sh
# Every section of docs/operations.md that has commands is run by inside.sh,
# and every command of it is one that the shell can read.
set -eu
here=$(dirname "$0")
doc=$here/../../docs/operations.md
bad=0
awk '/^```/ { c = !c } !c && /^    / { print "document: no test runs:" $0; bad = 1 }
	/^```/ && c && $0 != "```sh" { print "document: not sh: " $0; bad = 1 }
	END { exit bad }' "$doc" || bad=1
sections=$(awk '/^#+ / { t = $0; sub(/^#+ /, "", t) } /^```sh$/ { print t }' "$doc" | sort -u)
echo "$sections" | while read -r s; do
	grep -qF "\"$s\"" "$here/inside.sh" ||
		{ echo "document: no test runs the commands of '$s'"; exit 1; }
	awk -v heading="$s" -f "$here/section" "$doc" | sh -n ||
		{ echo "document: '$s' is no shell"; exit 1; }
done || bad=1
exit $bad
