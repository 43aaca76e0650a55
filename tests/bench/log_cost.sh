# What the log costs: rounds of the same load against a daemon with the log
# and one built without it, in turn, so that what else the machine does meets
# both; of a message that is submitted, and of one that is delivered and
# acknowledged, too. usage: log_cost.sh BUILD ROUNDS
set -u
build=$1 rounds=$2
out=$(mktemp) || exit 1
trap 'rm -f "$out"' EXIT

one() {
	ROWAND=$2 "$build/tests/bench/bench" --phases "submit matrix" \
		--pubs "${PUBS:-64}" --secs "${SECS:-3}" --warm 1 |
		sed "s/^/log=$1 /" | tee -a "$out"
}

i=0
while [ $i -lt "$rounds" ]; do
	one yes "$build/rowand" || exit 1
	one no "$build/nolog/rowand" || exit 1
	i=$((i + 1))
done
# The medians of each: one round in which the disk was busy proves nothing.
# usage: median yes|no MODE KEY
median() {
	sed -n "s/^log=$1 mode=$2 .* $3=\([0-9.]*\) .*/\1/p" "$out" | sort -n |
		awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}
cost() {
	awk -v with="$(median yes "$1" "$2")" -v without="$(median no "$1" "$2")" \
		-v what="$2" -v mode="$1" -v n="$rounds" 'BEGIN {
		printf "log_cost mode=%s rounds=%d %s=%s without=%s percent=%.1f\n",
			mode, n, what, with, without, 100 * (with / without - 1) }'
}
cost submit server_cpu_s_per_1k
for what in server_cpu_s_per_1k ack_p50_us disk_write_b_per_msg; do
	cost full $what
done
