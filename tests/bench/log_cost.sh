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
awk '{
	for (i = 1; i <= NF; i++) { split($i, f, "="); v[f[1]] = f[2] }
	n[v["log"]]++
	rate[v["log"]] += v["msgs_per_s"]
	cpu[v["log"]] += v["server_cpu_s_per_1k"]
	disk[v["log"]] += v["disk_write_b_per_msg"]
	ack[v["log"]] += v["ack_p50_us"]
} END {
	printf "log_cost rounds=%d cpu_percent=%.1f rate_percent=%.1f ack_percent=%.1f disk_percent=%.1f\n",
		n["yes"], 100 * (cpu["yes"] / cpu["no"] - 1),
		100 * (rate["no"] / rate["yes"] - 1),
		100 * (ack["yes"] / ack["no"] - 1),
		100 * (disk["yes"] / disk["no"] - 1)
}' "$out"
