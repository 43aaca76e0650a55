#!/bin/sh
# The ABI of librowan: what the headers declare, what lib/rowan.abi lists and
# what the libraries export are the same names; every header stands alone as
# C99 and as C++. usage: abi.sh SHARED STATIC CC
set -eu
export LC_ALL=C
shared=$1 static=$2 cc=$3
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
rc=0

# Every header by itself; those that belong to rowan.h say so themselves.
for h in include/rowan.h include/rowan/*.h; do
	if grep -q '#error "include <rowan.h>"' "$h"; then
		continue
	fi
	printf '#include <%s>\nint main(void) { return 0; }\n' \
		"${h#include/}" >"$tmp/x.c"
	cp "$tmp/x.c" "$tmp/x.cc"
	"$cc" -std=c99 -pedantic -Wall -Wextra -Werror -Iinclude \
		-fsyntax-only "$tmp/x.c" || rc=1
	g++ -std=c++11 -pedantic -Wall -Wextra -Werror -Iinclude \
		-fsyntax-only "$tmp/x.cc" || rc=1
done

# A declaration is what follows ROWAN_API up to its bracket.
for h in include/rowan.h include/rowan/*.h; do
	"$cc" -fpreprocessed -dD -E -P "$h" 2>/dev/null
done | tr '\n\t' '  ' | grep -o 'ROWAN_API [^;{]*' |
	grep -o 'rowan_[a-z0-9_]* *(' | tr -d ' (' | sort -u >"$tmp/declared"
nm -D --defined-only "$shared" | awk '{ print $3 }' | sed 's/@.*//' |
	grep -v '^ROWAN_[0-9]*$' | sort -u >"$tmp/shared"
nm -g --defined-only "$static" | awk 'NF == 3 { print $3 }' | sort -u \
	>"$tmp/static"
for f in declared shared static; do
	diff -u lib/rowan.abi "$tmp/$f" >"$tmp/diff" || {
		echo "abi: lib/rowan.abi and what is $f differ:"
		sed -n '4,$p' "$tmp/diff"
		rc=1
	}
done
[ $rc -ne 0 ] || echo "  abi: $(wc -l <lib/rowan.abi) symbols"
exit $rc
