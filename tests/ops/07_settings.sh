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
for i in $(seq 3600); do
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
# has read its settings, and waits for a file of acts that somebody holds.
settings 'mailbox = 81; mailbox_urgent = 7; batch_operations = 99;'
: >"$dir/state/acts-noted"
exec 5<"$dir/state/acts-noted"
flock 5
"$build/rowand" --log json --config "$conf" 2>>"$dir/log" 5<&- &
pid=$!
for i in $(seq 3600); do
	grep -q -- "-> FLOCK .* $pid " /proc/locks && break
	sleep 0.05
done
settings 'mailbox = 80; mailbox_urgent = 7; batch_operations = 99;'
kill -HUP "$pid"
kill -USR1 "$pid"
exec 5<&-
for i in $(seq 3600); do
	[ "$(mailbox 2>/dev/null)" = 80 ] && break
	kill -0 "$pid" 2>/dev/null || break
	sleep 0.05
done
[ "$(mailbox)" = 80 ] || fail "SIGHUP while it starts ended it, or was not heard"
# Nothing but a file is read: who serves would wait for a pipe's other end.
mv "$conf" "$dir/first"
for odd in "mkfifo $conf" "ln -s /dev/zero $conf" "mkdir $conf"; do
	$odd
	: >"$dir/log"
	want 78 "nothing was changed" ctl --socket "$dir/control" reload --wait
	kill -HUP "$pid"
	said 'cannot be read'
	want 78 "cannot be read" timeout 180 "$build/rowanctl" check-config "$conf"
	want 78 "cannot be read" timeout 180 "$build/rowand" --log text --config "$conf"
	want 0 "serving" ctl --socket "$dir/control" status
	rm -d "$conf"
done
mv "$dir/first" "$conf"
before=$(leaves)
stop || fail "after a signal while it started it did not stop well"
# Working on the files brings no settings into force.
settings ''
want 0 "every check passed" ctl store check
settings 'mailbox = 80; mailbox_urgent = 7; batch_operations = 99;'
start
made 0 "looking at the files"
stop
# The disk is full from one write of a start on, and from the next, until it is
# full too late to matter: what it cannot write down it says, and serves all the
# same, for who has to be reached; the next start makes the leaf, once.
at=0
unwritten=0
mailbox=82
while :; do
	at=$((at + 1))
	mailbox=$((mailbox + 1))
	[ $at -lt 100 ] || fail "a full disk is never too late"
	: >"$dir/log"
	settings "mailbox = $mailbox; mailbox_urgent = 7;"
	FULL_AT=$at LD_PRELOAD=$build/tests/ops/kill.so \
		"$build/rowand" --log json --config "$conf" 2>>"$dir/log" &
	pid=$!
	for i in $(seq 9000); do
		grep -q '"event":"serving"' "$dir/log" && break
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.02
	done
	wrote=$(grep -c '"act":"settings"' "$dir/log")
	grep -q '"event":"serving"' "$dir/log" && served=1 || served=0
	if [ $served = 1 ] && [ "$wrote" = 0 ]; then
		unwritten=$((unwritten + 1))
		grep -q '"event":"not-noted"' "$dir/log" || fail "a start without its leaf does not say so (full at $at)"
		[ "$(mailbox)" = $mailbox ] || fail "a start without its leaf serves other settings"
	fi
	kill -TERM "$pid" 2>/dev/null
	wait "$pid"
	pid=
	start
	made 1 "a start on a full disk (at $at) and the next"
	stop
	[ $served = 1 ] && [ "$wrote" = 1 ] && break
	[ $fails -eq 0 ] || break
done
[ $unwritten -ge 1 ] || fail "no start served without its leaf"
end
echo "  settings that come into force are in the audit log"
