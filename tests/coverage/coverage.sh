#!/bin/sh
# Lines and branches that the unit tests and corpora reach, by file and by
# folder. usage: coverage.sh BUILD-FOLDER
set -eu
export LC_ALL=C
build=$1
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

find "$build/lib" "$build/daemon" -name '*.gcno' | while read -r data; do
	gcov -b -n "$data" 2>/dev/null || true
done | awk '
	/^File / { file = $0; gsub(/^File .|.$/, "", file); next }
	file !~ /^(lib|daemon)\/.*\.c$/ { next }
	/^Lines executed:/ {
		split($0, part, /[:% ]+/)
		lines[file] = part[5]
		hit[file] = part[3] * part[5] / 100
	}
	/^Taken at least once:/ {
		split($0, part, /[:% ]+/)
		branches[file] = part[7]
		taken[file] = part[5] * part[7] / 100
	}
	END {
		for (f in lines) {
			folder = f
			sub(/\/[^\/]*$/, "", folder)
			printf "%s %d %d %d %d\n", f, hit[f], lines[f],
				taken[f], branches[f]
			a[folder] += hit[f]; b[folder] += lines[f]
			c[folder] += taken[f]; d[folder] += branches[f]
		}
		for (g in b)
			printf "%s/ %d %d %d %d\n", g, a[g], b[g], c[g], d[g]
	}' | sort >"$out/all"

[ -s "$out/all" ] || { echo "coverage: nothing was measured"; exit 1; }
awk 'function of(x, n) { return n ? sprintf("%5.1f %%", 100 * x / n) : "-" }
	BEGIN { printf "%-40s %7s %9s %9s\n", "", "lines", "reached", "branches" }
	{ printf "%-40s %7d %9s %9s\n", $1, $3, of($2, $3), of($4, $5) }
	$1 ~ /\/$/ { h += $2; l += $3; t += $4; b += $5 }
	END { printf "%-40s %7d %9s %9s\n", "all", l, of(h, l), of(t, b) }
	' "$out/all"
