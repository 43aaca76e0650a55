#!/bin/sh
# Every command of rowan, and every way in which it fails, on the stand-in for
# the SDK: the right exit code, words and a hint, and nothing lost.
# usage: commands.sh ROWAN
set -u
export LC_ALL=C.UTF-8 TZ=UTC
rowan=$(realpath "$1")
work=$(mktemp -d)
failed=0 passed=0
export ROWAN_HOME="$work/home" XDG_RUNTIME_DIR="$work/run"
export ROWAN_DOUBLE="$work/world.json"
unset ROWAN_ASKPASS COLUMNS
mkdir -m 700 "$XDG_RUNTIME_DIR"
cd "$work" || exit 1
trap '"$rowan" agent stop -q; rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP

cat >base.json <<'JSON'
{"now": 1768480500, "rights": 15, "agency": "advocacy",
 "staff": [{"name": "Sam", "agency": "police"},
	{"name": "Nia", "agency": "health"}],
 "cases": [
  {"agency": "police", "day": 20468, "victim": "Vic",
   "support": [{"from": 99, "text": "Are you there?", "ago": 7200},
	{"from": 0, "text": "Yes, always.", "ago": 3600},
	{"from": 99, "text": "gate\u202e\u001b[2J\u200b", "ago": 600},
	{"from": 99, "file": "../../x\n/a\nb\u001b.txt", "size": 3}],
   "team": [{"from": 1, "text": "Risk is rising.", "ago": 100}],
   "diary": [{"from": 99, "text": "Car outside", "happened": 1767000000,
	"kind": "watching"},
	{"from": 99, "text": "Phone", "happened": 1700000000,
	"kind": "call"}]},
  {"agency": "health", "day": 20460, "diary": false, "support": false}]}
JSON
echo 'correct horse battery' >pass
echo 'wrong horse battery' >wrong
chmod 600 pass wrong

# world [JSON]: a fresh agent in a world that differs from the base.
world() {
	"$rowan" agent stop -q
	python3 - "${1:-{\}}" <<'PY' >world.json
import json, sys
w = json.load(open("base.json"))
w.update(json.loads(sys.argv[1]))
print(json.dumps(w))
PY
}

# expect CODE PATTERN COMMAND...: exit code and what stdout and stderr have.
expect() {
	code=$1 pattern=$2
	shift 2
	"$@" >out 2>err </dev/null
	check "$*" $? "$code" "$pattern"
}

check() {
	if [ "$2" -ne "$3" ]; then
		echo "FAILED: $1: exit code $2, not $3"
		cat out err
		failed=$((failed + 1))
	elif [ -n "$4" ] && ! cat out err | grep -aq -- "$4"; then
		echo "FAILED: $1: nothing says: $4"
		cat out err
		failed=$((failed + 1))
	else
		passed=$((passed + 1))
	fi
	# Whatever happens nothing drives the terminal.
	if cat out err | LC_ALL=C grep -aq "$(printf '[\001-\010\013-\037\177]')"
	then
		echo "FAILED: $1: control characters"
		failed=$((failed + 1))
	fi
	if [ "$3" -ne 0 ] && ! grep -q '^error: \|^{"error"\|WRONG' err out; then
		echo "FAILED: $1: no error was said"
		failed=$((failed + 1))
	fi
}
r() { timeout 180 "$rowan" "$@"; }

# ---- before there is anything -------------------------------------------------
world '{"enrolled": false}'
expect 0 'rowan setup begins it' r status
expect 3 'hint: rowan setup' r inbox
expect 3 'hint: rowan setup' r unlock
expect 0 'is locked' r lock
expect 2 'did you mean: rowan inbox' r inbx
expect 2 'there is no option --nothing' r inbox --nothing
expect 2 'something is missing' r read
expect 2 'is too much' r inbox extra
expect 2 'needs DAY' r open police --day
expect 0 'usage: rowan COMMAND' r
expect 0 'usage: rowan authority COMMAND' r authority
expect 0 'rowan send \[--channel' r help send
expect 2 '"code":"usage","exit":2' r --json nothing
expect 16 'a passphrase is needed' r setup --no-input
expect 13 'others may read' sh -c 'cp pass open; chmod 644 open;
	"$0" setup --passphrase-file open' "$rowan"
expect 13 'at least 8 characters' sh -c 'echo short >s; chmod 600 s;
	"$0" setup --passphrase-file s' "$rowan"
expect 9 'cannot open the passphrase file' r setup --passphrase-file none
expect 16 'gave no passphrase' r setup --askpass false

# ---- setting up ---------------------------------------------------------------
expect 13 'that is not an invite' r setup --passphrase-file pass --invite rubbish
expect 13 'a mistake in group 3 of' r setup --passphrase-file pass --invite \
	"074EA9 0GZ7H5 CQD4Y% GSQN0% E921BK SXG686 J1C1Z+ SXFEW: ZCD3J8 P3QJTB
	TX9WRT J6586+ Z3NDSU KNGMAK A8CY3P ABH07A F810/% ENROLY .CLIN0 :7411B"
# As it is shown: on several lines.
cat >typed <<'TEXT'
074EA9 0GZ7H5 CQD4X% GSQN0% E921BK SXG686 J1C1Z+ SXFEW: ZCD3J8 P3QJTB
TX9WRT J6586+ Z3NDSU KNGMAK A8CY3P ABH07A F810/% ENROLY .CLIN0 IC.EXN
AMPLEG :7411B
TEXT
expect 13 'a mistake in group 12 of' sh -c 'sed "2s/J6586/J6568/" typed |
	"$0" setup --passphrase-file pass' "$rowan"
expect 16 'The rest of it' sh -c 'sed 1q typed |
	"$0" setup --passphrase-file pass' "$rowan"
expect 13 'that is not an invite' sh -c '(sed 1q typed; echo) |
	"$0" setup --passphrase-file pass' "$rowan"
expect 0 'Code: 12345 67890' sh -c '"$0" setup --passphrase-file pass --yes \
	<typed' "$rowan"
world '{"enrolled": false}'
expect 0 'Code: 12345 67890' r setup --passphrase-file pass --invite ROWAN:X --yes
expect 10 'has a card already' r setup --passphrase-file pass --invite ROWAN:X
world '{"enrolled": false}'
expect 13 'nothing here' sh -c 'echo nothing here >a; "$0" setup --answer a \
	--passphrase-file pass || { c=$?; cat a; exit $c; }' "$rowan"
expect 9 'No such file' r setup --answer none
expect 2 'agency is missing' r setup --authority a
world
expect 4 'hint: rowan unlock' r inbox
expect 4 '"code":"locked"' r inbox --json
expect 5 'wrong passphrase' r unlock --passphrase-file wrong
expect 5 'wrong passphrase' r inbox --passphrase-file wrong
expect 0 'is open' sh -c '"$0" unlock --passphrase-fd 3 3<pass' "$rowan"
expect 0 'caseworker, advocacy' r status
expect 0 'connected' r status

# ---- looking -------------------------------------------------------------------
expect 0 'police .* 3 .* 1 .* 1' r inbox
expect 0 '"unread":6' r inbox --json
expect 0 'health' r cases --all
expect 0 'Sam (police)' r people
expect 0 'Vic (victim)' r case 1
expect 9 'there is no such case' r case 99
expect 9 'there is no such case' r case nobody
expect 0 '' r alias 1 bluebell
expect 0 'bluebell' r cases
expect 10 'has that alias' r alias 2 bluebell
expect 2 'one word that is no number' r alias 1 12
expect 2 'one word that is no number' r alias 1 'two words'
expect 0 'bluebell' r case bluebell
expect 7 'not assigned to the support' r read 2
expect 2 'support, team or diary' r read 1 --channel else
expect 0 'U+202E><U+001B>\[2J<U+200B>' r read bluebell
expect 0 'Nothing is unread' r read bluebell
expect 0 'Risk is rising' r read 1 --channel team --keep
expect 0 'Risk is rising' r read 1 --channel team
expect 2 'number from 1 to 1000' r read 1 --last 0

# ---- writing -------------------------------------------------------------------
expect 0 'Sent' r send 1 hello there
expect 0 'hello there' r read 1 --last 1
expect 13 'there is nothing to send' r send 1
printf 'one\ntwo\n' | r send 1 >out 2>err
check 'send from a pipe' $? 0 'Sent'
expect 0 'two' r read 1 --last 1
head -c 1000 /dev/urandom | r send 1 >out 2>err
check 'send of rubbish' $? 13 'that is not text'
head -c 10485760 /dev/zero | tr '\0' x | r send 1 >out 2>err
check 'send of a 10 MB line' $? 13 'longer than 61440 bytes'
expect 0 'two' r read 1 --last 1
expect 0 'held until' sh -c '"$0" send 1 --hold 14:30 later &&
	"$0" read 1 --last 1' "$rowan"
# What nobody would see is a slip of the finger.
expect 13 'there is nothing to send' r send 1 '   '
printf ' \302\240\n\t\n' | r send 1 >out 2>err
check 'send of blanks from a pipe' $? 13 'there is nothing to send'
printf '  \n\302\240\n' | r chat 1 --lines >out 2>err
check 'chat of blanks' $? 0 ''
expect 0 'later' r read 1 --last 1
expect 2 'lies ahead' r send 1 --hold 2020-01-01 later
expect 2 'lies ahead' r send 1 --hold soon later
expect 0 'Sent' r team 1 --urgent careful
expect 7 'not assigned to the support' r send 2 hello
r read 1 --last 100 | head -n 1 >out 2>err
check 'a reader that has had enough' $? 0 'Vic'

# ---- files ---------------------------------------------------------------------
number=$(r read 1 --last 100 --json | jq '.messages[] | select(.file) | .number')
expect 0 'It is in' r get "$number"
[ -f "$work/ab.txt" ] || { echo "FAILED: get wrote elsewhere"; ls; failed=9; }
expect 10 'nothing is overwritten' r get "$number"
expect 0 'It is in' r get "$number" --out "new
line"
[ -f "$work/new
line" ] || { echo "FAILED: get --out wrote elsewhere"; failed=9; }
expect 9 'there is no file in this message' r get 1
expect 9 'there is no such message' r get 999
expect 9 'No such file' r attach 1 none
expect 13 'no ordinary file' r attach 1 /dev/null
expect 2 'hint: write it to a file first' r attach 1 -
expect 2 'hint: fetch it with --out FILE' r get "$number" --out -
[ ! -e "$work/-" ] || { echo "FAILED: get --out - wrote a file"; failed=9; }
expect 13 'larger than 100 MiB' sh -c 'truncate -s 101M big;
	"$0" attach 1 big' "$rowan"
expect 13 'name nobody could save' sh -c 'touch "a
b"; "$0" attach 1 "a
b"' "$rowan"
expect 0 'Sent' r attach 1 "a
b" --name plain.txt
expect 0 'Exported' r history export out.rowan --passphrase-file pass
expect 10 'exists already' r history export out.rowan --passphrase-file pass
expect 0 '2 messages were new' r history import out.rowan --passphrase-file pass

# ---- coordinating ----------------------------------------------------------------
expect 0 'Case 3, ' r open probation --day 2026-01-14 --alias foxglove
expect 2 'a day is today' r open probation --day someday
expect 2 'is not to come' r open probation --day 2036-01-14
expect 16 'hint: .*; --yes answers' r assign foxglove 2 team
expect 0 'takes part: support,team' r assign foxglove 2 support,team --yes
expect 9 'there is no such person' r assign foxglove 99 team --yes
expect 2 'support, team or diary' r assign foxglove 2 all --yes
# What cannot be is refused before anybody is asked.
expect 2 'support, team or diary' r assign 1 2 nonsense
expect 2 'support, team or diary' r assign 1 2 support,nonsense
expect 2 'support, team or diary' r assign 1 2 ''
expect 2 'support, team or diary' r unassign 1 2 nonsense
expect 2 'support, team or diary' r cover 1 2 72h --channels nonsense
expect 9 'there is no such case' r assign 99 2 team
expect 9 'rowan audit timeline --json has it' r audit who-read 99
expect 9 'there is no such person' r assign 1 99 team
expect 9 'there is no such case' r handover 2 99
expect 2 'end before it begins' r assign 1 2 team --until 2020-01-01 --yes
expect 0 'takes part' r cover 1 2 72h --yes
expect 2 'lies ahead' r cover 1 2 yesterday --yes
expect 0 'no part any more' r unassign 1 2 team --yes
expect 0 'Handed over to Sam (police), caseworker: 1 case\.' r handover 2 1 --yes
expect 0 'Handed over' r handover 2 --from 3 --yes
expect 0 'Handed over' r handover 2 --agency health --yes
expect 2 'not both' r handover 2 --agency health --from 3 --yes
expect 0 'is barred' r bar add 1 2 --reason knows
expect 0 'Sam (police)' r bar list 1
expect 7 'on the bar list' r assign 1 2 team --yes
expect 0 'no longer barred' r bar remove 1 2
expect 0 'closed' r close foxglove --reason moved
expect 2 'a reason is resolved' r close 1 --reason none
expect 0 'open again' r reopen foxglove
expect 0 'stepped out' r recuse foxglove
expect 0 'begins anew' r reset 1 team
expect 16 'hint: .*; --yes answers' r erase 1 case.erase
expect 0 'rowan authority countersign' r erase 1 case.erase --yes
expect 10 'exists already' r erase 1 case.erase --yes
expect 0 'under legal hold' r hold 1 on case.hold --yes
expect 0 'may be erased' r hold 1 off case.free --yes
expect 2 'is on or off' r hold 1 yes case.none --yes
expect 9 'there is no such case' r erase 99 case.none --yes
expect 13 'no erasure and no legal hold' r put case.hold --yes
expect 9 'No such file' r put none --yes
expect 0 'Revoked' sh -c '"$0" devices >/dev/null; "$0" revoke 1 --yes' "$rowan"
expect 9 'there is no such device' r revoke 99 --yes
expect 9 'there is no such device' r revoke 99
expect 2 'lost, left or other' r revoke 1 --reason none
expect 16 'Revoke the device [0-9a-f]' r revoke 1

# ---- invites, codes, streams, figures ----------------------------------------------
expect 0 'ROWAN:' r invite 1 --no-wait
expect 2 'or with --colleague' r invite
invite=$(r invite --colleague --no-wait --json | jq -r .invite)
expect 0 'Enrolled' r confirm "$invite" --same
expect 2 'or with --further' r invite 1 --colleague
expect 0 'rowan confirm' r invite --further 2
r setup --authority /dev/null >/dev/null 2>&1
printf -- '-----BEGIN ROWAN CARD REQUEST-----\nAAAA\n%s\n' \
	'-----END ROWAN CARD REQUEST-----' >further
expect 0 'fingerprint: .*' r consent further --same
expect 10 'exists already' r consent further --same
expect 16 'hint' r consent further
expect 13 'no request for a card' r consent pass --same
expect 9 'No such file' r consent none --same
expect 0 'Enrolled' r confirm "$invite" --same --consent further.consent
expect 9 'No such file' r confirm "$invite" --same --consent none
expect 0 'everywhere\|later' r name Samira
expect 0 'Name: *Samira' r status
expect 0 'channel see that name' r name 1 Sam
expect 0 '12345 67890' r verify 1
expect 0 'verified' r verify 1 --same
expect 0 '"cursor":2' r listen --after 0 --count 2
expect 0 '"event":"sent"' r listen --after 0 --type sent --count 1
expect 2 'a cursor is a number' r listen --after x
expect 2 'there is no event nosuch' r listen --type nosuch
expect 2 'there is no event mesage' r listen --type sent,mesage
expect 2 'there is no event unknown' r listen --type unknown
expect 2 'names no event' r listen --type ''
expect 0 '"event":"sent"' r listen --after 0 --type 'shut out,sent' --count 1
r listen --after 0 2>err | head -n 1 >out
check 'a listener that has had enough' $? 0 '"cursor":1'
expect 0 'watching' r diary 1
expect 0 '</svg>' sh -c '"$0" diary 1 --svg d.svg && cat d.svg' "$rowan"
expect 10 'exists already' r diary 1 --svg d.svg
expect 0 'begins with 20..-..-..: 1 earlier incident is not in it' r diary 1
expect 0 'Recorded incidents since 20' cat d.svg
r diary 1 --by month --plot >out 2>err
check 'a picture of all there is' "$(grep -c earlier err)" 0 '2023-11'
expect 0 '^probation *<5' r report 2026-01-01 2026-01-31
expect 0 'probation,1,' r report 2026-01-01 2026-01-31 --csv --exact
expect 0 '"referrals":null' r report 2026-01-01 2026-01-31 --json
expect 0 '"left_out":1' r report 2026-01-01 2026-01-31 --json --exact
expect 0 '"left_out":null' r report 2026-01-01 2026-01-31 --json
expect 0 'A few cases are left out' r report 2026-01-01 2026-01-31
expect 0 'in the conversation: 1 of 3' r report 2026-01-01 2026-01-31 --exact
expect 2 'the earlier one first' r report 2026-02-01 2026-01-31
expect 0 'lock_minutes = 15' r config
expect 0 'lock_minutes = 5' r config lock_minutes 5
expect 2 'does not take that value' r config lock_minutes 99999
expect 0 'receipts = no' r config receipts no
expect 0 'chat = lines' r config chat lines
expect 2 'does not take that value' r config chat loud
expect 0 'chat = screen' r config chat screen
expect 0 'WHY\|Everything was opened' r cases --unopened
expect 9 'there is no such setting' r config nothing 1
expect 18 'clock' r doctor
printf 'first\nsecond\n' | r chat 1 --lines >out 2>err
check 'chat by lines' $? 0 'Vic (victim)'
# Both sides of what was said before, and not again what is typed now.
check 'chat by lines: before' 0 0 '^    Yes, always\.'
[ "$(grep -c '^    \(first\|second\)' out)" = 0 ]
check 'chat by lines: typed' $? 0 ''
expect 0 'second' r read 1 --last 1
printf '//third\n/quit\nfourth\n' | r chat 1 --lines >out 2>err
check 'chat left by /quit' $? 0 ''
expect 0 '    /third' r read 1 --last 1
printf '/hlep\nfourth\n' | r chat 1 --lines >out 2>err
check 'chat with no command' $? 13 'begin with //'
printf '\377\nfourth\n' | r chat 1 --lines >out 2>err
check 'chat with no text' $? 13 'was not sent'
printf '/help\n' | r chat 1 --lines >out 2>err
check 'chat with /help' $? 0 '/quit leaves'
expect 0 '    /third' r read 1 --last 1
head -c 100000 /dev/zero | tr '\0' x | r chat 1 >out 2>err
check 'chat with a long line' $? 13 'was not sent'

# ---- an answer that nobody could write down -------------------------------------
# full COMMAND...: /dev/full and a closed stdout never leave with 0; a reader
# who had enough does.
full() {
	r "$@" >/dev/full 2>err </dev/null
	code=$?
	: >out
	check "a full disk: $*" $code 12 'No space left\|Input/output error'
	r "$@" >&- 2>err </dev/null
	check "stdout closed: $*" $? 12 'Bad file descriptor\|Input/output error'
}
for words in --version --help help 'help send' 'send --help' authority status inbox \
	cases 'case 1' 'read 1 --last 3' 'diary 1' 'diary 1 --plot' people \
	devices config 'bar list 1 --json' 'completion bash' 'completion zsh' \
	'audit timeline' 'audit who-read 1' 'witness status' 'case 1 --json' \
	'help --json' 'report 2025-01-01 2026-12-31' 'send 1 said --json' 'cases --json' \
	'read 1 --last 3 --json' 'config --json' 'status --json' \
	'listen --after 0' 'chat 1 --lines' 'chat 1 --json'; do
	# shellcheck disable=SC2086 # words they are
	full $words
done
expect 0 '' sh -c '"$0" help --json | true' "$rowan"
expect 0 '' sh -c '"$0" listen --after 0 | head -n 1' "$rowan"

# ---- what goes wrong elsewhere ---------------------------------------------------
open_world() { world "${1:-{\}}"; r unlock -q --passphrase-file pass; }
open_world '{"link": "trying"}'
expect 0 'no connection' r status
expect 0 'leaves once there is a connection' r send 1 --wait 0 hello
expect 0 'Signed and kept' sh -c '"$0" open police 2>&1' "$rowan" &
waiting=$!
expect 18 'is there a network' r doctor
wait $waiting
open_world '{"link": "refused"}'
expect 18 'does not let this device in' r doctor
open_world '{"again": 2, "refused": -355}'
expect 0 'Waiting for the clinic' r invite 1 --no-wait
expect 18 'kept without a connection was refused' r doctor
open_world '{"fail": {"send": -102, "open": -351, "assign": -353,
	"close": -355, "invite": -351, "erase": -355, "hold": -351, "cases": 0, "fetched": -4}}'
expect 12 'make room' r send 1 hello
expect 7 'does not give the right' r open police
expect 8 'expired' r assign 1 2 team --yes
expect 7 'rules do not allow' r close 1
expect 7 'right to enrol' r invite 1
expect 7 'nothing is erased under a legal hold' r erase 1 none --yes
expect 7 'does not give the right' r hold 1 on none --yes
r read 1 --last 100 >/dev/null
expect 12 'a file of this machine' r get 4 --out failed.txt
open_world '{"fail": {"assign": -301}}'
expect 7 'the channel is full: it takes 192 devices' r assign 1 2 team --yes
expect 7 'unassign somebody first' r assign 1 2 team --yes
# An agency that nobody knows is asked about where it looks like a slip.
open_world
expect 0 'The first referral by cps' r open cps
expect 0 'Case [0-9]*, ' r open cps
[ "$(grep -c first err)" = 0 ] || { echo "FAILED: cps is known"; failed=9; }
expect 16 'Do you mean police.*polce' r open polce
expect 16 '; --yes answers' r open heatlh --json
expect 0 'Case [0-9]*, ' r open polce --yes
expect 0 'Case [0-9]*, ' r open polce
expect 2 "an agency's code is up to 16 small letters" r open Police
# What came where one takes no part any more is not to be read: not counted.
open_world '{"cases": [{"victim": "Vic", "left": "support",
	"support": [{"from": 99, "text": "x"}, {"from": 99, "text": "y"}],
	"team": [{"from": 1, "text": "z"}]}]}'
expect 0 '"unread":1,' r status --json
expect 0 '^Unread:   1$' r status
expect 0 '"unread":1,"number"' r inbox --json
open_world '{"fail": {"process": -102}}'
expect 0 'Trouble' r status
open_world '{"fail": {"send": -304}}'
expect 7 'take part' r send 1 hello
open_world '{"fail": {"send": -101}}'
expect 11 'waiting already' r send 1 hello

expect 13 'there is nothing to send' r send 1 ''
expect 2 'an alias is one word' r alias --person 2 me
expect 2 'an alias is one word' r alias --person 2 victim
expect 13 'is the present one' r passphrase --passphrase-file pass
expect 0 '^rowan [0-9]' r --version
expect 0 '^{"version":"[0-9]' r --version --json
expect 13 'there is nothing to send' r team 1 ''
expect 13 'that is not text' r send "$(printf '\377')" hello
expect 2 'what follows -- is none' r send 1 --hello

# ---- the agent -------------------------------------------------------------------
# Another shell's agent, without its $XDG_RUNTIME_DIR.
expect 0 'nothing is missing' env -u XDG_RUNTIME_DIR "$rowan" status
expect 0 'nothing is missing' env XDG_RUNTIME_DIR=/nonexistent "$rowan" status
socket=$(echo "$XDG_RUNTIME_DIR"/rowan/*.sock)
[ "$(stat -c %a "$socket")" = 600 ] || { echo "FAILED: mode of $socket"; failed=9; }
python3 - "$socket" <<'PY' >out 2>err
import json, socket, sys
def talk(*parts):
    s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.settimeout(180)
    try:
        for p in parts: s.sendall(p)
        s.shutdown(socket.SHUT_WR)
    except OSError: pass
    got = b""
    try:
        while True:
            d = s.recv(65536)
            if not d: break
            got += d
    except OSError: pass
    return got
assert b"error" in talk(b"rubbish\n")
assert b"error" in talk(b'{"op":"nothing","id":1}\n')
assert b"error" in talk(b'{"op":["status"],"id":{}}\n')
assert b"error" in talk(b"[" * 100000 + b"\n")
talk(*([b"x" * 1048576] * 10))
assert b'"ok"' in talk(b'{"op":"status","id":7}\n')
for op in ("read", "send", "case", "alias", "assign", "fetch", "invite-code",
           "enrol", "install", "history-export", "revoke", "bar", "hand-over"):
    got = talk(json.dumps({"op": op, "id": 1, "case": 5, "channel": [],
        "messages": [None, 3], "path": {}, "person": True}).encode() + b"\n")
    assert b'"error"' in got, (op, got)
print("alive")
PY
check 'garbage at the socket' $? 0 'alive'
expect 10 'runs for' r agent run
# Whoever asks while it ends is answered by the next one.
(n=0
while [ $n -lt 20 ]; do
	n=$((n + 1))
	"$rowan" agent stop -q || exit 1
done) 2>stops &
pid=$!
n=0
while kill -0 $pid 2>/dev/null; do
	r status >out 2>err || n=$((n + 1))
	cat out err >>asked
	r unlock -q --passphrase-file pass >out 2>err || n=$((n + 1))
	cat out err >>asked
done
wait $pid 2>/dev/null
cat stops asked >out
: >err
check 'stopped while it is asked' $((n + $?)) 0 'locked'
expect 0 'has ended' r agent stop
# One that goes away in the middle: what it was asked for is not told as done.
mkdir -m 700 fake
python3 - "$work/fake.sock" <<'PY' >out 2>err &
import socket, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen()
open(sys.argv[1][:-5] + "/agent.lock", "w").write(sys.argv[1])
while True:
    c, _ = s.accept()
    c.recv(65536)
    c.close()
PY
pid=$!
n=0
while ! [ -s fake/agent.lock ] && [ $n -lt 1800 ]; do
	sleep 0.1
	n=$((n + 1))
done
expect 15 'may be done all the same' r --home "$work/fake" lock
expect 15 'may be done all the same' r --home "$work/fake" agent stop
expect 15 'may be done all the same' r --home "$work/fake" close 1
kill $pid
wait $pid 2>/dev/null
expect 4 'locked' r inbox
expect 0 'new passphrase opens it' sh -c '(cat pass; echo another horse entirely) |
	"$0" passphrase --passphrase-fd 0' "$rowan"
expect 5 'wrong passphrase' r unlock --passphrase-file pass
expect 0 'is open' sh -c 'echo another horse entirely | "$0" unlock \
	--passphrase-fd 0' "$rowan"
chmod 755 home
r agent stop -q
expect 12 'must be yours alone' r inbox
chmod 700 home
expect 1 'nothing was done' sh -c 'echo no | "$0" wipe' "$rowan"
expect 0 'It is gone' sh -c 'echo another horse entirely | "$0" unlock -q \
	--passphrase-fd 0 && "$0" wipe --yes' "$rowan"
expect 3 'not set up' r inbox
expect 2 'agency is missing' r setup --authority pass --passphrase-file pass
expect 2 'rights are' r setup --authority pass --agency police --rights none \
	--passphrase-file pass
expect 9 'No such file' r setup --answer none --passphrase-file pass
expect 3 'not set up' r inbox
if grep -rqa 'bluebell\|correct horse' "$work/home"; then
	echo "FAILED: something is left in the clear"
	failed=$((failed + 1))
fi
# A witness that finds nothing to believe just now looks again, and again.
world '{"unbelieved": 2}'
r --home "$work/watching" setup -q --passphrase-file pass --answer /dev/null >out 2>err
"$rowan" --home "$work/watching" witness --every 1 >out 2>err &
pid=$!
n=0
while ! grep -q cosigned out && kill -0 $pid 2>/dev/null && [ $n -lt 1800 ]; do
	sleep 0.1
	n=$((n + 1))
done
kill $pid 2>/dev/null
wait $pid 2>/dev/null
check 'a witness looks on' $? 143 'cosigned: 5'
check 'a witness says why' 143 143 'no checkpoint that may be believed'
r --home "$work/watching" agent stop -q
# An agent whose home is gone ends by itself.
r agent run --home "$work/gone" 2>err >out &
pid=$!
n=0
while ! [ -e "$work/gone/agent.lock" ] && [ $n -lt 1800 ]; do
	sleep 0.1
	n=$((n + 1))
done
r --home "$work/gone" status >out 2>&1
rm -rf "$work/gone"
# Woken by somebody, it looks; by itself within half a minute.
r --home "$work/gone" status >out 2>&1
wait $pid 2>/dev/null
check 'an agent without a home' $? 0 ''
printf '  commands: %s passed, %s failed\n' $passed $failed
[ $failed -eq 0 ]
