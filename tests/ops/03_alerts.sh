# Goal: the metrics are valid, every alert is about figures that exist, fires
# when it should, and has an entry in docs/operations.md.
. "$(dirname "$0")/kit.sh"
here=$(dirname "$0")
alerts=$here/../../conf/rowan-alerts.yml
runbook=$here/../../docs/operations.md
prepare
start
want 0 "# EOF" ctl metrics
want 0 "" ctl metrics --output "$dir/rowan.prom"
[ "$(stat -c %a "$dir/rowan.prom")" = 644 ] || fail "the exporter cannot read the file"
grep -q '^rowan_up_seconds ' "$dir/rowan.prom" || fail "no rowan_up_seconds"
# What is promised: latency, queue, batches, the disk's flush, refusals by kind,
# urgent ones that wait, room, the clock, the log and its witnesses.
for m in answer_seconds_bucket answer_seconds_count queue queue_limit \
	batch_operations_bucket commit_seconds_bucket refused_total \
	urgent_oldest_seconds disk_free_bytes reserve_bytes takes_new \
	clock_doubtful clock_jumped time_seconds log_leaves \
	log_cosigned_leaves log_cosigned_seconds; do
	grep -q "^rowan_$m[ {]" "$dir/rowan.prom" || fail "no metric rowan_$m"
done
for kind in malformed over_rate not_authorised over_quota full held stale; do
	grep -q "^rowan_refused_total{kind=\"$kind\"} " "$dir/rowan.prom" ||
		fail "refusals are not told apart: $kind"
done
# Every alert fires for something.
awk '/alertname:/ { a = $NF } /exp_labels/ { print a }' \
	"$here/rowan-alerts.test.yml" | sort -u >"$dir/fired"
for a in $(sed -n 's/.*alert: //p' "$alerts"); do
	grep -qx "$a" "$dir/fired" || fail "no test in which $a fires"
done
# Every figure an alert names is there.
for m in $(grep -v alert: "$alerts" | grep -o '\browan_[a-z_]*' | sort -u); do
	grep -q "^$m[ {]" "$dir/rowan.prom" || fail "no metric $m"
done
for a in $(sed -n 's/.*alert: //p' "$alerts"); do
	grep -q "^### $a\$" "$runbook" || fail "docs/operations.md has no entry for $a"
done
for a in $(sed -n 's/^### \(Rowan[A-Za-z]*\)$/\1/p' "$runbook"); do
	grep -q "alert: $a\$" "$alerts" || fail "there is no alert $a"
done
# What is broken leads to an alert that there is and an event with advice.
sed -n '/^## When something is broken/,/^### /p' "$runbook" |
	grep '^| ' | tail -n +2 >"$dir/broken"
[ "$(wc -l <"$dir/broken")" -ge 8 ] || fail "the table of what is broken is gone"
for a in $(cut -d'|' -f3 "$dir/broken" | grep -o 'Rowan[A-Za-z]*' | sort -u); do
	grep -q "alert: $a\$" "$alerts" || fail "what is broken: no alert $a"
	grep -q "alertname: $a\$\|alertname: $a," "$here/rowan-alerts.test.yml" ||
		fail "no test of the alert $a"
done
for e in $(cut -d'|' -f5 "$dir/broken" | grep -v systemd | grep -o '`[a-z-]*`' | tr -d '`'); do
	grep -q "\"$e\"" "$here/../../daemon/journal/message.c" ||
		fail "what is broken: no event $e"
done
if command -v promtool >/dev/null; then
	promtool check metrics <"$dir/rowan.prom" >"$dir/lint" 2>&1 ||
		fail "the metrics: $(cat "$dir/lint")"
	promtool check rules "$alerts" >"$dir/lint" 2>&1 ||
		fail "the rules: $(cat "$dir/lint")"
	sed "s#ALERTS#$(realpath "$alerts")#" "$here/rowan-alerts.test.yml" >"$dir/t.yml"
	promtool test rules "$dir/t.yml" >"$dir/lint" 2>&1 ||
		fail "the rules: $(cat "$dir/lint")"
else
	echo "  promtool is not here: rules not checked"
fi
# A figure from before it went away would be a lie: the file goes.
stop
want 69 "" ctl metrics --output "$dir/rowan.prom"
[ ! -e "$dir/rowan.prom" ] || fail "an old figure is left"
end
echo "  metrics and alerts belong together"
