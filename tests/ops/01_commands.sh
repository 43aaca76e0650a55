# Goal: every command of rowanctl answers, in words and in JSON, with its code.
. "$(dirname "$0")/kit.sh"
prepare
want 69 "no rowand" ctl status
want 3 "no rowand" ctl health
want 64 "usage" ctl nonsense
want 64 "usage" ctl backup
want 64 "usage" ctl status too many
want 64 "a time" ctl loglevel debug --for soon
want 0 "nothing is wrong" ctl check-config
echo 'nonsense = 1;' >"$dir/bad.conf"
cp "$conf" "$dir/café.conf"
want 0 "caf??.conf: nothing is wrong" ctl check-config "$dir/café.conf"
rm "$dir/café.conf"
want 78 "nonsense" ctl check-config "$dir/bad.conf"
# What it names has to be there, or rowand does not start.
sed "s#$dir/log.key#$dir/gone.key#" "$conf" >"$dir/gone.conf"
echo "authority = \"$dir/gone.txt\";" >>"$dir/gone.conf"
for check in "ctl check-config" "$build/rowand --check-config"; do
	want 78 "authority: $dir/gone.txt: No such file" $check "$dir/gone.conf"
	want 78 "log_key: $dir/gone.key: No such file" $check "$dir/gone.conf"
done
echo 'log_key = "log-key"; store_key = "store-key"; transport_key = "curve-key";' >"$dir/gone.conf"
want 0 "nothing is wrong" ctl check-config "$dir/gone.conf"
# Root, by habit, without the service's keys: told how to have them.
want 78 "rowan-offline" sh -c "cd '$dir'; exec env -u CREDENTIALS_DIRECTORY \
	'$(realpath "$build")/rowanctl' --config gone.conf backup verify --newest"
# Only rowand begins a database: one with a log that nobody signed is refused.
for what in check vacuum migrate "migrate --dry-run"; do
	want 66 "there is no database" ctl store $what
done
[ -z "$(ls "$dir/state")" ] || fail "working on the files began a database"
start

want 0 "serving" ctl status
# An option that would be ignored is refused, and nothing is done.
want 64 "drain takes no --dry-run" ctl drain --dry-run
want 64 "takes no --dry-run" ctl clock accept --dry-run
want 64 "takes no --dry-run" ctl backup now --dry-run
want 64 "takes no --dry-run" ctl backup finish --dry-run "$dir" -
want 64 "takes no --wait" ctl status --wait
want 64 "no name has" ctl quotas "é"
want 0 "serving" ctl status
[ "$(ctl --json status | jq -r '.rows[0].state')" = serving ] ||
	fail "status is not JSON that says serving"
# No card, no backup: a warning, and which.
want 1 "no card" ctl health
[ "$(ctl --json health | jq -r '.rows[] | select(.check=="backup").state')" = warning ] ||
	fail "health says nothing of backups"
want 0 "connections" ctl sessions
want 0 "debug for 60" ctl loglevel debug --for "1 min"
want 64 "a level" ctl loglevel loud
want 0 "trusted" ctl clock show
want 0 "trusted" ctl clock accept
want 0 "" ctl cards list
want 0 "" ctl devices list victim
want 0 "" ctl invites list --all
want 65 "no such open invite" ctl invites end 7
want 65 "no statement in it" ctl devices revoke /dev/null
want 0 "there is no backup" ctl backup list
want 78 "not on this machine" ctl backup verify --newest
want 0 "0 statements" ctl cards export "$dir/chain"
[ "$(stat -c %a "$dir/chain")" = 600 ] || fail "others may read the chain"
want 73 "cannot be written" ctl cards export "$dir/no-such/chain"
echo kept >"$dir/kept"
ln -s "$dir/kept" "$dir/chain.part"
want 73 "cannot be written" ctl cards export "$dir/chain"
[ "$(cat "$dir/kept")" = kept ] || fail "a link was followed"
rm -f "$dir/chain.part"
want 64 "a number" ctl invites end x
# Whatever went wrong, JSON says so.
for args in "invites end x" "cards import $dir/no-such" "quotas 1 2" nonsense \
	"backup verify --newest" "key request clinic"; do
	out=$(ctl --json $args 2>/dev/null </dev/null)
	[ "$(echo "$out" | jq .code)" = "$(ctl $args >/dev/null 2>&1; echo $?)" ] ||
		fail "--json $args: $out"
done
want 0 "mailbox" ctl quotas
want 64 "32 hexadecimal" ctl quotas 12
want 65 "" ctl quotas 00112233445566778899aabbccddeeff
want 0 "current" ctl key show
mkdir -m 700 "$dir/next"
want 0 "would be made" ctl key rotate --dry-run "$dir/next"
[ -z "$(ls "$dir/next")" ] || fail "a dry run made a key"
want 73 "no such folder" ctl key rotate "$dir/no-such"
want 0 "public" ctl key rotate "$dir/next"
want 73 "there already" ctl key rotate "$dir/next"
want 78 "no next keys" ctl key retire
want 78 "no next keys" ctl key request --next clinic
want 66 "authority: the setting is empty" ctl key request clinic
{
	cat "$conf"
	echo "authority = \"$dir/no-such\";"
} >"$dir/authority.conf"
want 66 "no-such: No such file" ctl --config "$dir/authority.conf" \
	key request clinic
rm "$dir/authority.conf"
want 0 "envelopes" ctl retention show
want 0 "due" ctl retention run --dry-run
want 0 "0 expired" ctl retention run
want 0 "every check passed" ctl store check
want 0 "the head is the signed one" ctl audit verify
# While it grows, too: what was signed is the beginning of what there is.
touch "$dir/busy"
while [ -e "$dir/busy" ]; do ctl clock accept >/dev/null 2>&1; done &
busy=$!
for i in 1 2 3; do
	want 0 "the head is the signed one" ctl audit verify
done
rm "$dir/busy"
wait "$busy"
want 69 "stop rowand" ctl store vacuum
want 75 "rowand runs" ctl store migrate

# Reload: a change, a refusal, and the refusal changed nothing.
settings 'mailbox = 77; mailbox_urgent = 7;'
want 0 "mailbox" ctl reload --wait
[ "$(ctl --json quotas | jq -r '.rows[] | select(.limit=="mailbox").value')" = 77 ] ||
	fail "the new mailbox is not in force"
settings 'mailbox = nonsense;'
want 78 "nothing was changed" ctl reload
settings ''
want 0 "read again" ctl reload

# Statements that are none.
echo 'hello' >"$dir/none"
want 65 "" ctl cards import "$dir/none"
# As many as years of a clinic bring are read, whatever is in them.
yes hello | head -c 20000000 >"$dir/many"
want 65 "statement" ctl cards import "$dir/many"
rm "$dir/many"
want 66 "no-such" ctl cards import "$dir/no-such"

# Somebody who is neither root, nor rowand, nor of its group.
if [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$dir"
	chmod 644 "$conf"
	want 77 "may not" setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$build/rowanctl" --socket "$dir/control" status
	# Past the file's mode the daemon itself turns them away.
	chmod 666 "$dir/control"
	want 77 "may not" setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$build/rowanctl" --socket "$dir/control" status
	said '"event":"admin-refused"'
fi

# Nine who say nothing: the tenth hears why, and is not left waiting.
python3 - "$dir/control" >"$dir/silent" <<-'END' &
	import select, socket, sys
	def knock():
	    s = socket.socket(socket.AF_UNIX)
	    s.connect(sys.argv[1])
	    return s
	# They are let in one after another: when the ninth is turned away, those
	# before it are in, or were turned away for somebody who just left.
	# Who has said nothing for long has to come again.
	all = []
	while True:
	    all = all + [knock() for _ in range(9 - len(all))]
	    select.select(all[8:], [], [])
	    away = select.select(all, [], [], 0)[0]
	    all = [s for s in all if s not in away]
	    if len(all) == 8:
	        print("all", flush=True)
	        away = select.select(all, [], [])[0]
	        all = [s for s in all if s not in away]
END
silent=$!
for i in $(seq 3600); do
	[ -s "$dir/silent" ] && break
	sleep 0.05
done
want_soon 75 "too many ask at once" ctl status
want_soon 3 "too many ask at once" ctl health
kill $silent
wait $silent 2>/dev/null
want_soon 0 "serving" ctl status

# Eight who say a byte now and then have their places for some seconds only.
python3 - "$dir/control" >"$dir/dripping" <<-'END' &
	import select, socket, sys
	def knock():
	    s = socket.socket(socket.AF_UNIX)
	    s.connect(sys.argv[1])
	    s.setblocking(False)
	    s.send(b"\0\0\4\0")
	    return s
	all = []
	while len(all) < 9:
	    all.append(knock())
	    if len(all) == 9:
	        # The ninth is turned away when the others are in.
	        select.select(all[8:], [], [])
	        away = select.select(all, [], [], 0)[0]
	        all = [s for s in all if s not in away]
	        if len(all) == 8:
	            break
	print("all", flush=True)
	while all:
	    select.select([], [], [], 0.2)
	    for s in list(all):
	        try:
	            s.send(b"\0")
	        except OSError:
	            all.remove(s)
END
dripping=$!
for i in $(seq 3600); do
	[ -s "$dir/dripping" ] && break
	sleep 0.05
done
want_soon 0 "serving" ctl status
kill $dripping 2>/dev/null
wait $dripping 2>/dev/null

# One that ends before it answers: an act may be done, a look is nothing.
python3 - "$dir/ends" <<-'END' &
	import socket, sys
	s = socket.socket(socket.AF_UNIX)
	s.bind(sys.argv[1])
	s.listen()
	while True:
	    c = s.accept()[0]
	    c.recv(65536)
	    c.shutdown(socket.SHUT_WR)
	    while c.recv(65536):
	        pass
	    c.close()
END
ends=$!
for i in $(seq 3600); do
	[ -S "$dir/ends" ] && break
	sleep 0.05
done
for args in reload drain "clock accept" "invites end 7" "loglevel info"; do
	want 69 "may be done all the same" ctl --socket "$dir/ends" $args
done
want 69 "before it answered" ctl --socket "$dir/ends" status
case $out in *"all the same"*) fail "a look is told as an act: $out" ;; esac
kill $ends
wait $ends 2>/dev/null

# The bundle lists, asks, and holds no path of ours.
want 77 "nothing was written" sh -c \
	"echo no | '$build/rowanctl' --config '$conf' support-bundle '$dir/b.tar'"
[ ! -e "$dir/b.tar" ] || fail "a bundle was written without consent"
want 73 "cannot be written" ctl support-bundle --yes /dev/full
want 0 "written" ctl support-bundle --yes "$dir/b.tar"
tar tf "$dir/b.tar" | grep -q rowan-support/settings || fail "no settings"
tar xOf "$dir/b.tar" | grep -qF "$dir" && fail "the bundle holds our paths"
tar xOf "$dir/b.tar" | grep -q '^listen = .*tcp:' && fail "the bundle holds our endpoints"
tar xOf "$dir/b.tar" | grep -q '^store_bytes = "64 MiB";' || fail "the bundle hides sizes"
tar xOf "$dir/b.tar" | grep -q '^drain_time = "[0-9]* s' || fail "the bundle hides times"

# Each act is a leaf, and what is no act is none.
leaves() {
	ctl --json audit verify | jq '.rows[0].leaves'
}
before=$(leaves)
ctl status >/dev/null
ctl retention run --dry-run >/dev/null
[ "$(leaves)" = "$before" ] || fail "looking made a leaf"
# Whoever is shown who there is has one.
before=$((before + 4))
ctl cards list >/dev/null
ctl devices list >/dev/null
ctl invites list >/dev/null
ctl cards export "$dir/who" >/dev/null 2>&1
[ "$(leaves)" = "$before" ] || fail "looks at people made $(leaves), not $before"
said '"act":"devices","result":"done"'
ctl reload 2>/dev/null
ctl clock accept 2>/dev/null
[ "$(leaves)" = $((before + 2)) ] || fail "acts made $(leaves), not $((before + 2))"
# Acts are in the log, with who.
said '"event":"admin"'
grep -q '"who":"uid' "$dir/log" || fail "the log does not say who"

# What rowanctl does with files beside the daemon is its act, too.
before=$(leaves)
mkdir -m 700 "$dir/other"
ctl key rotate --dry-run "$dir/other" 2>/dev/null
[ "$(leaves)" = "$before" ] || fail "a dry run made a leaf"
want 0 "public" ctl key rotate "$dir/other"
want 0 "keep the secret" ctl backup keygen "$dir/other/key" "$dir/backup.pub"
want 0 "is complete" ctl backup now
want 0 "every check passed" ctl backup verify --key "$dir/other/key" --newest
want 0 "have the authority sign" ctl backup restore --key "$dir/other/key" \
	--into "$dir/aside" "$dir/backups/"*.backup
[ "$(leaves)" = $((before + 5)) ] ||
	fail "five acts beside the daemon made $(leaves), not $((before + 5))"
for act in "key rotate" "backup keygen" "backup verify" "backup restore"; do
	said "\"act\":\"$act\",\"result\":\"begun\""
done

before=$(leaves)
want 0 "draining" ctl drain --wait
wait "$pid"
[ $? -eq 0 ] || fail "drained, it left with another code than 0"
pid=
# On the files.
want 0 "every check passed" ctl store check
want 0 "nothing to do" ctl store migrate
want 0 "done" ctl store vacuum
want 0 "every check passed" ctl store check
want 0 "" "$build/rowand" --config "$conf" --accept-log
# Acts on the files are leaves as well: drained, vacuumed, accepted.
start
[ "$(leaves)" = $((before + 3)) ] ||
	fail "acts on the files made $(leaves), not $((before + 3))"
stop
# Those that need no database are noted, and taken before anybody is served.
noted=$dir/state/acts-noted
before=$((before + 3))
rm "$dir/other/"*-next
want 0 "public" ctl key rotate "$dir/other"
want 0 "every check passed" ctl backup verify --key "$dir/other/key" --newest
[ "$(grep -c '^act ' "$noted")" = 2 ] || fail "two acts are not noted: $(cat "$noted")"
[ "$(stat -c %a "$noted")" = 600 ] || fail "others may read what was noted"
cp "$noted" "$dir/noted"
# Of one that is cut off in the middle nothing was done.
printf 'act 31 1795' >>"$noted"
start
[ "$(leaves)" = $((before + 2)) ] ||
	fail "two noted acts made $(leaves), not $((before + 2))"
[ ! -e "$noted" ] || fail "what was taken is still noted"
said '"act":"backup verify","result":"noted 20'
stop
# A crash between the leaves and the removal: not twice.
cp "$dir/noted" "$noted"
start
[ "$(leaves)" = $((before + 2)) ] || fail "what was taken was taken again"
stop
# After half a line the next act stands in a line of its own; what cannot be
# read is a leaf that says so, and hides nothing behind it.
printf 'rowan acts 1 x\nact 31 1795' >"$noted"
want 0 "every check passed" ctl backup verify --key "$dir/other/key" --newest
printf 'act 70000 1 uid 0: x\nact 29 1 \0 uid 0: y\nact 29 1 uid 0: z\n' >>"$noted"
start
[ "$(leaves)" = $((before + 6)) ] ||
	fail "one act and three other lines made $(leaves), not $((before + 6))"
said 'an act that was noted and cannot be read'
said '"act":"z"'
stop
# Nowhere to note it: then it is not done.
rm "$dir/other/"*-next
mkdir "$noted"
want 77 "nothing was done" ctl key rotate "$dir/other"
want 77 "nothing was done" ctl backup verify --key "$dir/other/key" --newest
[ -z "$(ls "$dir/other" | grep next)" ] || fail "a key was made all the same"
rmdir "$noted"
# Nor does rowand do what it cannot write down: its disk takes nothing now.
trap '' XFSZ
start
before=$(leaves)
settings 'mailbox = 78; mailbox_urgent = 7;'
prlimit --pid "$pid" --fsize=4096:
want 75 "nothing was done" ctl loglevel debug
want 75 "nothing was done" ctl clock accept
want 75 "nothing was done" ctl reload
[ "$(ctl --json quotas | jq -r '.rows[] | select(.limit=="mailbox").value')" != 78 ] ||
	fail "read again, and that is in no audit log"
prlimit --pid "$pid" --fsize=unlimited:
[ "$(leaves)" = "$before" ] || fail "what was not done is a leaf"
want 0 "debug for" ctl loglevel debug
[ "$(leaves)" = $((before + 1)) ] || fail "the disk is back, and the leaf is not"
stop
end
echo "  every command answers"
