# Goal: settings that come into force, by whatever way, leave a leaf: rowanctl
# reload, SIGHUP, a start; once, and none where nothing has changed.
. "$(dirname "$0")/kit.sh"
prepare
leaves() {
	ctl --json audit verify | jq '.rows[0].leaves'
}
# made N WHAT: so many leaves since the last time.
made() {
	now=$(leaves)
	[ "$now" = $((before + $1)) ] || fail "$2 made $((now - before)) leaves, not $1"
	before=$now
}
mailbox() {
	ctl --json quotas | jq -r '.rows[] | select(.limit=="mailbox").value'
}
start
said '"who":"start","act":"settings"'
before=$(leaves)
stop
start
made 0 "a start that changes nothing"

# What rowanctl brought into force is not news at the next start.
settings 'mailbox = 77; mailbox_urgent = 7;'
want 0 "read again" ctl reload
made 1 "a reload"
stop
start
made 0 "a start after a reload"

# By signal: the same leaf, and the log says who.
: >"$dir/log"
settings 'mailbox = 78; mailbox_urgent = 7;'
kill -HUP "$pid"
said '"who":"SIGHUP","act":"reload","result":"done"'
[ "$(mailbox)" = 78 ] || fail "SIGHUP took nothing in"
made 1 "SIGHUP"
# A file with anything wrong in it changes nothing, and that it was asked for
# is known.
settings 'mailbox = nonsense;'
kill -HUP "$pid"
said '"act":"reload","result":"'"$conf"
made 1 "SIGHUP with a bad file"
[ "$(mailbox)" = 78 ] || fail "a bad file took something in"
# Signals that come at once are at least one.
settings 'mailbox = 79; mailbox_urgent = 7;'
for i in $(seq 20); do
	kill -HUP "$pid"
done
for i in $(seq 200); do
	[ "$(mailbox)" = 79 ] && break
	sleep 0.05
done
[ "$(mailbox)" = 79 ] || fail "of many signals none was heard"
stop || fail "it did not stop well"
start
before=$(leaves)

# What cannot be written down is not done.
: >"$dir/log"
trap '' XFSZ
stop
start
settings 'mailbox = 80; mailbox_urgent = 7;'
prlimit --pid "$pid" --fsize=4096:
kill -HUP "$pid"
said 'nothing was done'
[ "$(mailbox)" = 79 ] || fail "SIGHUP changed what no audit log tells"
prlimit --pid "$pid" --fsize=unlimited:
made 0 "what was not done"
stop

# By a start: named in the log, once.
: >"$dir/log"
settings 'mailbox = 80; mailbox_urgent = 7; batch_operations = 99;'
start
said '"event":"setting-taken"'
grep -q '"setting":"mailbox"' "$dir/log" || fail "the start does not say that mailbox changed"
grep -q '"setting":"batch_operations"' "$dir/log" || fail "the start does not say that batch_operations changed"
[ "$(grep -c '"event":"setting-taken"' "$dir/log")" = 2 ] || fail "the start names others as well"
made 1 "a start with other settings"
stop
start
made 0 "the start after it"
stop
# A signal while it starts does not end it, and is heard once it serves. It
# has not read on while somebody holds the file's other end.
settings 'mailbox = 81; mailbox_urgent = 7; batch_operations = 99;'
mv "$conf" "$dir/first"
mkfifo "$conf"
"$build/rowand" --log json --config "$conf" 2>>"$dir/log" &
pid=$!
exec 5>"$conf"
kill -HUP "$pid"
kill -USR1 "$pid"
rm "$conf"
settings 'mailbox = 80; mailbox_urgent = 7; batch_operations = 99;'
cat "$dir/first" >&5
exec 5>&-
for i in $(seq 200); do
	[ "$(mailbox 2>/dev/null)" = 80 ] && break
	kill -0 "$pid" 2>/dev/null || break
	sleep 0.05
done
[ "$(mailbox)" = 80 ] || fail "SIGHUP while it starts ended it, or was not heard"
before=$(leaves)
stop || fail "after a signal while it started it did not stop well"
# Working on the files brings no settings into force.
settings ''
want 0 "every check passed" ctl store check
settings 'mailbox = 80; mailbox_urgent = 7; batch_operations = 99;'
start
made 0 "looking at the files"
stop
end
echo "  settings that come into force are in the audit log"
