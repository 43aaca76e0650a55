# Goal: what can go wrong gives the right exit code, words, event and alert,
# and nothing that was acknowledged is lost, except by a restore, which says
# what.
. "$(dirname "$0")/kit.sh"
person=$build/tests/ops/person

# A seeded clinic: one who writes, one who reads.
mkdir -m 700 "$dir/state" "$dir/backups"
"$build/rowand" --new-key "$dir/log.key" >/dev/null
"$build/tests/seed" "$dir/state/rowan.db" 1 1 >"$dir/seed" || exit 1
key() {
	sed -n "s/^$1=//p" "$dir/seed" >"$2"
	chmod 600 "$2"
	[ "$(wc -c <"$2")" = 65 ] || fail "no key $1"
}
key store_key "$dir/store.key"
key transport_secret "$dir/curve.key"
more=
settings() {
	cat >"$conf" <<-END
		listen = [ "tcp://127.0.0.1:0" ];
		listen_enrol = [ ];
		connections = 64;
		state_dir = "$dir/state";
		store_key = "$dir/store.key";
		transport_key = "$dir/curve.key";
		log_key = "$dir/log.key";
		clock_need_sync = false;
		clock_persist = "1 s";
		control = "$dir/control";
		backup_dir = "$dir/backups";
		backup_key = "$dir/backup.pub";
		reserve_bytes = "1 MiB";
		store_bytes = "8 MiB";
		rate_messages = 1000000; rate_requests = 1000000;
		rate_bytes = "1 TiB"; mailbox = 100000;
		$*
	END
}
settings ''

# What waits for the one who reads.
waiting() {
	ctl --json devices list | jq '[.rows[].waiting] | add'
}
check() {
	ctl --json health | jq -r ".rows[] | select(.check==\"$1\").state"
}
# metric NAME VALUE
metric() {
	have=$(ctl metrics | sed -n "s/^$1 //p")
	[ "$have" = "$2" ] || fail "$1 is $have, not $2"
}
# leaves CODE WORDS: started, it ends by itself.
leaves() {
	want "$1" "$2" timeout 180 "$build/rowand" --log json --config "$conf"
}

start
find_port
# --- the disk is full: more is refused, what was accepted is there.
accepted=$("$person" send "$port" 1 4000)
[ "$accepted" -gt 100 ] || fail "only $accepted accepted"
[ "$accepted" -lt 4000 ] || fail "the quota was never reached"
for i in $(seq 1800); do
	[ "$(check disk)" = critical ] && break
	sleep 0.1
done
want 2 "full: nothing new is taken" ctl health
metric rowan_takes_new 0
said '"event":"disk-full"'
[ "$(waiting)" = "$accepted" ] || fail "$(waiting) of $accepted are there"
stop || fail "a full disk kept it from stopping well"
settings 'store_bytes = "64 MiB";'
sed -i '/^store_bytes = "8 MiB"/d' "$conf"
start
metric rowan_takes_new 1
[ "$(waiting)" = "$accepted" ] || fail "$(waiting) of $accepted after a restart"

# --- killed in the middle: what was acknowledged is there.
kill -9 "$pid"
wait "$pid" 2>/dev/null
start
[ "$(waiting)" = "$accepted" ] || fail "$(waiting) of $accepted after a kill"

# --- it stands still: monitoring sees that, and it goes on. Old figures would
# hide it: without them RowanDown fires.
want 0 "" ctl metrics --output "$dir/rowan.prom"
kill -STOP "$pid"
want 3 "does not answer" ctl health
want 75 "" ctl metrics --output "$dir/rowan.prom"
[ ! -e "$dir/rowan.prom" ] || fail "figures of a daemon that hangs are left"
# Nor does anybody wait who asked for what may take hours, and what they asked
# for is not done behind their back when it goes on.
want 75 "does not answer" timeout 180 "$build/rowanctl" --config "$conf" retention run
# Even when so many ask that the door is full.
python3 - "$dir/control" >/dev/null <<-'END' &
	import socket, sys, time
	all = []
	while True:
	    s = socket.socket(socket.AF_UNIX)
	    s.setblocking(False)
	    try:
	        s.connect(sys.argv[1])
	    except BlockingIOError:
	        time.sleep(0.1)
	    all.append(s)
END
crowd=$!
want 3 "does not answer" ctl health
want 3 "does not answer" timeout 180 "$build/rowanctl" --config "$conf" health
kill $crowd
wait $crowd 2>/dev/null
kill -CONT "$pid"
want_soon 0 "serving" ctl status
grep -q '"act":"retention run"' "$dir/log" &&
	fail "it was done for somebody who was told that nobody answers"

# --- backup, and messages after it.
ctl backup keygen "$dir/backup.key" "$dir/backup.pub" 2>/dev/null
want 0 "is complete" ctl backup now
find_port
"$person" send "$port" 5000 5009 >/dev/null
[ "$(waiting)" = $((accepted + 10)) ] || fail "ten more are not there"
stop

# --- the store key is missing, is readable for others, is another one.
mv "$dir/store.key" "$dir/away"
leaves 78 "key-missing"
"$build/rowand" --new-key "$dir/store.key" >/dev/null
leaves 78 "store-other-key"
mv "$dir/away" "$dir/store.key"
chmod 644 "$dir/store.key"
leaves 77 "key-exposed"
chmod 600 "$dir/store.key"

# --- one flipped page.
cp "$dir/state/rowan.db" "$dir/good.db"
printf '\377\377\377\377' | dd of="$dir/state/rowan.db" bs=1 seek=8192 \
	conv=notrunc 2>/dev/null
leaves 65 "store-damaged"
want 65 "damaged" ctl store check
cp "$dir/good.db" "$dir/state/rowan.db"

# --- pages flip while it runs: it stops, by itself, and does not take more
# that nobody could read after the next start.
damage() {
	python3 - "$dir/state/rowan.db" "$1" <<-'END'
		import os, sys
		f = os.open(sys.argv[1], os.O_RDWR)
		for at in range(int(sys.argv[2]) * 4096, os.fstat(f).st_size, 4096):
		    os.pwrite(f, b"\xff" * 8, at)
	END
}
# ended CODE: by itself, before long.
ended() {
	for i in $(seq 3600); do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	kill -9 "$pid" 2>/dev/null && fail "it goes on with a damaged database"
	wait "$pid"
	code=$?
	pid=
	[ $code -eq "$1" ] || fail "it left with $code, not $1"
}
for from in 1 2; do
	: >"$dir/log"
	start
	stop
	cp "$dir/state/rowan.db" "$dir/good.db"
	start
	damage $from
	[ $from = 1 ] || ctl backup now >/dev/null 2>&1
	ended 65
	said '"event":"damaged"'
	rm -f "$dir/state/rowan.db-wal" "$dir/state/rowan.db-shm"
	cp "$dir/good.db" "$dir/state/rowan.db"
done

# --- the daemon's card ends, and has ended.
"$person" card "$dir/state/rowan.db" 10 || fail "no card"
start
[ "$(check card)" = warning ] || fail "a card that ends soon is $(check card)"
said '"event":"card-expires"'
stop
echo 950400 >"$dir/shift"
LD_PRELOAD=$build/tests/ops/shift.so
SHIFT=$dir/shift
export SHIFT LD_PRELOAD
start
unset LD_PRELOAD
# A clock that jumps is not believed, nor is the card's end, before somebody
# vouches for it.
[ "$(check card)" = warning ] || fail "a doubtful clock ended a card"
want 0 "trusted" ctl clock accept
[ "$(check card)" = critical ] || fail "a card that ended is $(check card)"
said '"event":"card-expired"'
[ "$(ctl metrics | sed -n 's/^rowan_card_until_seconds //p')" -lt \
	"$(ctl metrics | sed -n 's/^rowan_time_seconds //p')" ] ||
	fail "the metrics do not tell that the card ended"
[ "$(waiting)" = $((accepted + 10)) ] || fail "the card cost messages"
stop
rm "$dir/state/clock"
: >"$dir/log"

# --- the clock is set back a day; another day it jumps while it runs.
echo 86400 >"$dir/shift"
SHIFT=$dir/shift LD_PRELOAD=$build/tests/ops/shift.so
export SHIFT LD_PRELOAD
start
unset LD_PRELOAD
now=$(ctl --json clock show | jq '.rows[0].now')
echo 0 >"$dir/shift"
said '"event":"clock-doubtful"'
[ "$(check clock)" = critical ] || fail "health says the clock is $(check clock)"
metric rowan_clock_jumped 1
want 75 "doubtful" ctl retention run
[ "$(ctl --json clock show | jq '.rows[0].now')" -ge "$now" ] ||
	fail "time went back"
want 0 "trusted" ctl clock accept
[ "$(check clock)" = ok ] || fail "the clock is not trusted after accept"
said '"event":"clock-sure"'
stop
start
[ "$(ctl --json clock show | jq '.rows[0].now')" -ge "$now" ] ||
	fail "time went back over a restart"
[ "$(waiting)" = $((accepted + 10)) ] || fail "the clock cost messages"
stop

# --- a restore: what came after the backup is lost, and only that.
want 0 "have the authority sign" ctl backup restore --key "$dir/backup.key" \
	--into "$dir/restored" "$dir"/backups/*.backup
mv "$dir/state" "$dir/state.lost"
mv "$dir/restored" "$dir/state"
leaves 78 "restore-pending"
end
echo "  every disaster is said, nothing acknowledged is lost"
