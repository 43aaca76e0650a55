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
# Each act has its number in the runbook, and nothing else has.
sed -n '/^### Acts in the audit log/,/^### Counts/p' "$runbook" |
	sed -n 's/^| \([0-9, ]*\) |.*/\1/p' | tr -cs '0-9' '\n' |
	sed '/^$/d' | sort -n >"$dir/told"
{
	grep -E 'CTL_(ACT|DEED|NOTE|LABOUR),' "$here/../../daemon/ctl/table.c" |
		grep -o '{CTL_[A-Z_]*' | tr -d '{'
	# Those of which the daemon is never asked.
	printf '%s\n' CTL_STORE_MIGRATE CTL_ACCEPT_LOG CTL_BACKUP_FINISH CTL_SETTINGS
} | while read -r act; do
	sed -n "s/^	$act = \([0-9]*\).*/\1/p" "$here/../../daemon/ctl/form.h"
done | sort -n >"$dir/acts"
[ "$(wc -l <"$dir/acts")" -ge 16 ] || fail "there are no acts"
cmp -s "$dir/told" "$dir/acts" ||
	fail "the acts of the log in docs/operations.md: $(diff "$dir/told" "$dir/acts")"
# What the log advises is there: headings of the documents, commands.
catalog=$here/../../systemd/rowan.catalog
tr '\n' ' ' <"$catalog" | sed 's/  */ /g' >"$dir/advice"
grep -o 'docs/[a-z]*\.md, "[^"]*"' "$dir/advice" | sort -u >"$dir/named"
[ "$(wc -l <"$dir/named")" -ge 8 ] || fail "the catalog names no headings"
while IFS= read -r line; do
	file=${line%%,*} heading=${line#*, \"}
	grep -qE "^#+ ${heading%\"}\$" "$here/../../$file" ||
		fail "a message names a heading that is not there: $line"
done <"$dir/named"
ctl --help | sed -n 's/^  \([a-z].*\)/\1 /p' >"$dir/commands"
grep -oE '(rowanctl|rowan-offline) [a-z-]+( [a-z-]+)?' "$dir/advice" |
	grep -v 'rowanctl \(works\|does\)\|offline rowand ' | sort -u >"$dir/named"
[ "$(wc -l <"$dir/named")" -ge 8 ] || fail "the catalog names no commands"
while read -r program one two; do
	grep -q "^$one $two " "$dir/commands" || grep -q "^$one \(\[\|[A-Z]\|\$\)" "$dir/commands" ||
		fail "a message names a command that is not there: $program $one $two"
done <"$dir/named"
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
