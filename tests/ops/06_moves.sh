# Goal: the figures move when the thing happens: what is answered, gathered and
# written to the disk, refused by kind, waits, is logged.
. "$(dirname "$0")/kit.sh"
person=$build/tests/ops/person
mkdir -m 700 "$dir/state" "$dir/backups"
"$build/rowand" --new-key "$dir/log.key" >/dev/null
"$build/tests/seed" "$dir/state/rowan.db" 1 1 >"$dir/seed" || exit 1
for k in store_key:store.key transport_secret:curve.key; do
	sed -n "s/^${k%%:*}=//p" "$dir/seed" >"$dir/${k#*:}"
	chmod 600 "$dir/${k#*:}"
done
settings 'rate_messages = 100;'
start
find_port

# look: the figures of now, in $dir/now; those before in $dir/before.
look() {
	[ ! -e "$dir/now" ] || mv "$dir/now" "$dir/before"
	ctl metrics >"$dir/now"
}
# figure FILE NAME: with its labels.
figure() {
	awk -v n="rowan_$2" '$1 == n { print $2 }' "$dir/$1"
}
# grew NAME BY: at least by so much.
grew() {
	awk -v a="$(figure before "$1")" -v b="$(figure now "$1")" -v by="$2" \
		'BEGIN { exit !(a != "" && b >= a + by && b > a) }' ||
		fail "$1 went from $(figure before "$1") to $(figure now "$1")"
}
same() {
	[ "$(figure before "$1")" = "$(figure now "$1")" ] || fail "$1 moved"
}
# soon FIGURE TEST: it is so before long.
soon() {
	for i in $(seq 1800); do
		look
		[ "$(figure now "$1")" "$2" "$3" ] && return 0
		sleep 0.1
	done
	fail "$1 is $(figure now "$1")"
}

look
[ "$("$person" send "$port" 1 80)" = 80 ] || fail "80 were not accepted"
look
grew answer_seconds_count 5
grew answer_seconds_sum 0
grew 'answer_seconds_bucket{le="+Inf"}' 5
grew batch_operations_count 1
grew batch_operations_sum 5
grew commit_seconds_count 1
grew commit_seconds_sum 0
grew envelopes_waiting 80
grew batches_total 1
same 'refused_total{kind="over_rate"}'
same urgent_oldest_seconds
soon log_leaves -ge 80

# More than a device may: refused, and by that kind.
look
"$person" send "$port" 81 300 >/dev/null
look
grew 'refused_total{kind="over_rate"}' 1
same 'refused_total{kind="full"}'
server=$(ctl --json key show | jq -r '.rows[0].public')
"$person" ping "$server" "$port" stranger 1 >/dev/null 2>&1 &
stranger=$!
soon unknown_key_total -gt 0
kill $stranger
wait $stranger 2>/dev/null
grew unknown_key_total 1

# Something urgent that nobody fetches.
settings 'rate_messages = 1000;'
ctl reload >/dev/null 2>&1
[ "$("$person" send "$port" 301 301 urgent)" = 1 ] || fail "nothing urgent was taken"
soon urgent_oldest_seconds -gt 0

# Room, the clock, backups.
[ "$(figure now disk_free_bytes)" -gt 0 ] && [ "$(figure now reserve_bytes)" = 1048576 ] ||
	fail "no room is told"
[ "$(figure now time_seconds)" -gt 1700000000 ] || fail "no time is told"
[ "$(figure now backup_seconds)" = 0 ] || fail "a backup that nobody made"
ctl backup keygen "$dir/backup.key" "$dir/backup.pub" 2>/dev/null
ctl backup now 2>/dev/null
look
grew backup_seconds 1
grew backup_bytes 1
# Who asks finds how many there are.
[ "$(figure now queue)" -ge 0 ] && [ "$(figure now queue_limit)" -gt 0 ] ||
	fail "no queue is told"
end
echo "  the figures move with what happens"
