# Goal: the log and the metrics of a whole day hold no id, no key, no address,
# no name and no content of anybody.
. "$(dirname "$0")/kit.sh"
person=$build/tests/ops/person
mkdir -m 700 "$dir/state" "$dir/backups"
"$build/rowand" --new-key "$dir/log.key" >/dev/null
"$build/tests/seed" "$dir/state/rowan.db" 1 1 1 >"$dir/seed" || exit 1
for k in store_key:store.key transport_secret:curve.key; do
	sed -n "s/^${k%%:*}=//p" "$dir/seed" >"$dir/${k#*:}"
	chmod 600 "$dir/${k#*:}"
done
settings "rate_messages = 1000;"
start
find_port
want 0 "debug" ctl loglevel debug
# Members, strangers, refusals, lists, acts, a reload, a backup.
"$person" send "$port" 1 50 >/dev/null
"$person" send "$port" 1 50 >/dev/null
server=$(ctl --json key show | jq -r '.rows[0].public')
timeout 3 "$person" ping "$server" "$port" stranger 1 >/dev/null 2>&1
ctl devices list >"$dir/devices"
ctl cards list >/dev/null
ctl quotas "$(ctl --json devices list | jq -r '.rows[0].device')" >/dev/null
ctl invites end 3 >/dev/null 2>&1
ctl backup keygen "$dir/backup.key" "$dir/backup.pub" 2>/dev/null
ctl backup now 2>/dev/null
echo nonsense >"$dir/none"
ctl cards import "$dir/none" >/dev/null 2>&1
ctl reload --wait >/dev/null 2>&1
kill -USR1 "$pid"
ctl metrics >"$dir/metrics"
ctl --json status >>"$dir/metrics"
ctl --json sessions >>"$dir/metrics"
ctl --json health >>"$dir/metrics"
said '"event":"counters"'
stop || fail "it did not stop well"

# Ids of devices and members, and every key that the seed printed.
sed -n 's/^[a-z_]*=\([0-9a-f]\{32,\}\)$/\1/p' "$dir/seed" >"$dir/secrets"
sed 's/ .*//; /^[0-9a-f]\{32\}$/!d' "$dir/devices" >>"$dir/secrets"
awk '{ print $2 }' "$dir/devices" | sed '/^[0-9a-f]\{32\}$/!d' >>"$dir/secrets"
[ "$(wc -l <"$dir/secrets")" -ge 6 ] || fail "nothing to look for"
for f in log metrics; do
	while read -r secret; do
		! grep -qiF "$secret" "$dir/$f" || fail "$f holds $secret"
	done <"$dir/secrets"
	# Addresses: the loopback's, and anything of that form.
	! grep -qE '([0-9]{1,3}\.){3}[0-9]{1,3}' "$dir/$f" || fail "$f holds an address"
	! grep -qiE '(^|[^0-9a-f])(::1|fe80:)' "$dir/$f" || fail "$f holds an address"
	# Figures alone may be the same number: as a port is said.
	! grep -qiE "(^|[^a-z])(port|endpoint)[^,}0-9]*$port([^0-9]|\$)|[]a-z0-9.]:$port([^0-9]|\$)" "$dir/$f" ||
		fail "$f holds a port"
	# 32 digits in hex are an id, unless it is the id of the message.
	! sed 's/"id":"[0-9a-f]*"//g' "$dir/$f" | grep -qE '[0-9a-f]{32}' ||
		fail "$f holds something like an id"
done
grep -q '"event":"serving"' "$dir/log" || fail "the log is empty"
# And it is JSON, every line.
jq -es 'all(has("id") and has("event") and has("message"))' "$dir/log" \
	>/dev/null || fail "the log is not JSON throughout"
end
echo "  logs and metrics tell of nobody"
