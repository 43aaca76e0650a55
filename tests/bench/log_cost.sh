# What the log costs: rounds of the same load against a daemon with the log
# and one built without it, in turn, so that what else the machine does meets
# both. usage: log_cost.sh BUILD ROUNDS
set -u
build=$1 rounds=$2
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT

one() {
	ROWAND=$2 "$build/tests/bench/bench" --phases matrix --pubs "${PUBS:-64}" \
		--secs "${SECS:-3}" --warm 1 | sed "s/^/log=$1 /" | tee -a "$out"
}

i=0
while [ $i -lt "$rounds" ]; do
	one yes "$build/rowand" || exit 1
	one no "$build/nolog/rowand" || exit 1
	i=$((i + 1))
done
# The medians of each: one round in which the disk was busy proves nothing.
median() {
	sed -n "s/^log=$1 .* $2=\([0-9.]*\) .*/\1/p" "$out" | sort -n |
		awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}
for what in server_cpu_s_per_1k ack_p50_us disk_write_b_per_msg; do
	median yes $what >"$out.yes"
	median no $what >"$out.no"
	paste "$out.yes" "$out.no" | awk -v what=$what -v n="$rounds" \
		'{ printf "log_cost rounds=%d %s=%s without=%s percent=%.1f\n",
			n, what, $1, $2, 100 * ($1 / $2 - 1) }'
done
rm -f "$out.yes" "$out.no"
