# Goal: what docs/operations.md says is true, on a clean machine: a clinic
# begins, is served, survives restart and freeze, reloads, drains, stops, is
# backed up and restored; and each disaster says what it is.
#
# Runs as a unit in the container that boot.sh starts. Every command of the
# document is run from the document.
set -u
cd /root
test=/root/test
fails=0
export SYSTEMD_COLORS=0 SYSTEMD_PAGER=cat

fail() {
	echo "boot: $*"
	fails=$((fails + 1))
}
ok() {
	echo "  $*"
}

# section HEADING: the document's commands under it, one after the other.
section() {
	awk -v heading="$1" -f $test/section $test/operations.md >/root/block
	[ -s /root/block ] || fail "no commands under '$1'"
	cat $test/people /root/block >/root/block.sh
	bash -e /root/block.sh >/root/block.out 2>&1
	rc=$?
	[ $rc -eq 0 ] || {
		fail "$1: a command left with $rc"
		cat /root/block.out
	}
	return $rc
}

# at HEADING N: the commands of one block of it.
at() {
	awk -v heading="$1" -v block="$2" -f $test/section $test/operations.md \
		>/root/block
	[ -s /root/block ] || fail "no commands in block $2 of '$1'"
	cat $test/people /root/block >/root/block.sh
	bash -e /root/block.sh >/root/block.out 2>&1 || {
		fail "$1, block $2: $(cat /root/block.out)"
		return 1
	}
}

# as PERSON HEADING N: at their own machine. Prints what they see.
as() {
	home=/root/$1
	mkdir -p -m 700 "$home" "/run/$1"
	(
		cd "$home" || exit 1
		export HOME=$home ROWAN_HOME=$home/rowan XDG_RUNTIME_DIR=/run/$1
		awk -v heading="$2" -v block="$3" -f $test/section \
			$test/operations.md >block
		[ -s block ] || exit 1
		cat $test/people block >block.sh
		bash -e block.sh 2>&1
	)
}

# sees PERSON WORDS HEADING N: they try until they do; others are slow.
sees() {
	for i in $(seq 60); do
		out=$(as "$1" "$3" "$4") && case $out in
		*"$2"*) return 0 ;;
		esac
		sleep 1
	done
	fail "$1 does not see '$2': $out"
}

# What a person does at these commands: type a passphrase, compare a
# fingerprint.
echo "six words that nobody else would ever think" >/root/passphrase
chmod 600 /root/passphrase
cat >$test/people <<'END'
rowan() {
	case "$1 $2" in
	"authority daemon")
		set -- "$@" --fingerprint "$(sed -n 's/^fingerprint: //p' /root/fingerprint)"
		;;
	"authority sign")
		set -- "$@" --fingerprint "$(sed -n 's/^fingerprint: //p' "$4.fingerprint")"
		;;
	esac
	command rowan --passphrase-file /root/passphrase --no-input "$@"
}
rowan-offline() {
	if [ "$1 $2" = "key request" ]; then
		command rowan-offline "$@" 2>/root/fingerprint
	else
		command rowan-offline "$@"
	fi
}
END

# want CODE WORDS COMMAND...
want() {
	code=$1 words=$2
	shift 2
	out=$("$@" 2>&1)
	rc=$?
	[ $rc -eq "$code" ] || fail "$*: left with $rc, not $code: $out"
	case $out in
	*"$words"*) ;;
	*) fail "$*: said nothing of '$words': $out" ;;
	esac
}

exit_code() {
	systemctl show -p ExecMainStatus --value rowand.service
}

# acts_said ACT RESULT SINCE: the journal has such an act of administration.
acts_said() {
	journalctl -u rowand --since "@$3" -o json |
		jq -r 'select(.ROWAN_EVENT == "admin") | .ROWAN_ACT + ": " + .ROWAN_RESULT' |
		grep -q "^$1: $2" || fail "the journal does not tell of $1: $2"
}

# start_fails CODE EVENT: it does not start, does not try for ever, says why.
start_fails() {
	since=$(date +%s)
	systemctl reset-failed rowand.service rowand.socket 2>/dev/null
	systemctl start rowand.service 2>/dev/null && fail "it started all the same ($2)"
	sleep 4
	[ "$(systemctl is-active rowand.service)" = failed ] ||
		fail "$2: it is $(systemctl is-active rowand.service)"
	[ "$(exit_code)" = "$1" ] || fail "$2: left with $(exit_code), not $1"
	[ -z "$2" ] || journalctl -u rowand --since "@$since" -o json |
		jq -r '.ROWAN_EVENT // empty' | grep -qxE "$2" ||
		fail "the journal says nothing of $2"
}

# ------------------------------------------------------------------ begin
ceremony="The key ceremony"
at "$ceremony" 1 || exit 1
# A stick, on which everybody may read everything.
install -m 755 -t /mnt /run/ceremony/*
at "$ceremony" 2
at "$ceremony" 3 || exit 1
[ ! -e /run/ceremony ] || fail "keys are left in /run"
[ "$(stat -c %U:%G:%a /etc/rowan)" = root:rowand:750 ] || fail "/etc/rowan: $(stat -c %U:%G:%a /etc/rowan)"
cp /root/authority/authority.txt /root/authority.txt
mv /root/authority/next.key /mnt/next.key
section "The relay asks for its card" || exit 1
for who in alice bob; do
	mkdir -p -m 700 /root/$who
	cp /root/authority.txt /root/$who/
done
asks="The first two caseworkers ask for theirs"
as alice "$asks" 1 >/root/alice.out || fail "alice: $(cat /root/alice.out)"
as bob "$asks" 2 >/root/bob.out || fail "bob: $(cat /root/bob.out)"
for who in alice bob; do
	cp /root/$who/$who.request /root/
	grep -o 'fingerprint: [0-9a-f ]*' /root/$who.out >/root/$who.request.fingerprint
done
at "$asks" 3 || exit 1
# Two more, who only look whether they are served.
for who in carol:police:0 dave:health:0; do
	name=${who%%:*}
	rest=${who#*:}
	$test/person request /root/authority.txt $name "${rest%:*}" "${rest#*:}" \
		>/root/$name.request 2>/root/$name.request.fingerprint ||
		fail "no request of $name"
	{
		cat $test/people
		echo "rowan authority sign /root/authority /root/$name.request"
	} >/root/block.sh
	bash -e /root/block.sh >/root/block.out 2>&1 ||
		fail "$name was not signed: $(cat /root/block.out)"
done
cp /root/authority/statements.txt /root/statements.txt
# Quick hangs, for the freeze below.
mkdir -p /etc/systemd/system/rowand.service.d
printf '[Service]\nWatchdogSec=5s\n' >/etc/systemd/system/rowand.service.d/test.conf
sed -i 's|^#clock_need_sync = true;|clock_need_sync = false;|' /etc/rowan/rowand.conf
section "The relay begins" || {
	journalctl -u rowand | tail -20
	exit 1
}
[ "$(systemctl is-active rowand.service)" = active ] || fail "it is not active"
ok "a clinic began by the document alone"

talk="The first two caseworkers talk"
for who in alice bob; do
	cp /root/$who.request.answer /root/$who/
done
as alice "$talk" 1 >/root/alice.out || fail "alice: $(cat /root/alice.out)"
as bob "$talk" 2 >/root/bob.out || fail "bob: $(cat /root/bob.out)"
sees alice "(advocacy)" "$talk" 3
as alice "$talk" 4 >/root/alice.out || fail "alice: $(cat /root/alice.out)"
sees bob "Does this reach you?" "$talk" 5
as bob "$talk" 6 >/root/bob.out || fail "bob: $(cat /root/bob.out)"
sees alice "It does. Bob." "$talk" 7
ok "its first two caseworkers talk"

server=$(rowanctl --json key show | jq -r '.rows[0].public')
ping() {
	$test/person ping "$server" 7410 "$1" "$2" 2>&1
}
# ----------------------------------------------------------------- served
want 0 "served" ping carol 1
want 0 "served" ping dave 1
out=$(timeout 5 $test/person ping "$server" 7410 mallory 1 2>&1) &&
	fail "a stranger is served"
ok "whoever has a card is served, a stranger is not"

ping carol 8 >/root/during &
sleep 1
systemctl restart rowand.service || fail "it does not restart"
wait $! || fail "a client was lost by a restart: $(cat /root/during)"
ok "a client survives a restart: $(cat /root/during)"

ping carol 25 >/root/during &
sleep 1
before=$(systemctl show -p MainPID --value rowand)
kill -STOP "$before"
want 3 "rowand" rowanctl health
wait $! || fail "a client was lost by a freeze: $(cat /root/during)"
after=$(systemctl show -p MainPID --value rowand)
[ "$before" != "$after" ] || fail "the watchdog did nothing"
want 0 "serving" rowanctl status
ok "it is revived after a freeze: $(cat /root/during)"

# --------------------------------------------------------- every day, reload
section "Every day"
# A device is lost.
gone="A device is lost"
lost=$(rowanctl --json devices list | jq -r '.rows[] | select(.agency=="health").device')
at "$gone" 1
sed -i "s/DEVICE/$lost/" $test/operations.md
at "$gone" 2
cp /root/authority/statements.txt /root/statements.txt
at "$gone" 3
timeout 5 $test/person ping "$server" 7410 dave 1 >/dev/null 2>&1 &&
	fail "a lost device is served"
want 0 "served" ping carol 1
ok "a lost device is shut out"
cp /etc/rowan/rowand.conf /root/conf
echo 'mailbox = 777; mailbox_urgent = 7;' >>/etc/rowan/rowand.conf
systemctl reload rowand.service || fail "a good configuration is refused"
[ "$(rowanctl --json quotas | jq '.rows[] | select(.limit=="mailbox").value')" = 777 ] ||
	fail "the reload took nothing in"
echo 'nonsense = 1;' >>/etc/rowan/rowand.conf
systemctl reload rowand.service 2>/dev/null && fail "a bad configuration is not refused"
[ "$(systemctl is-active rowand.service)" = active ] || fail "a bad reload ended it"
want 0 "served" ping carol 1
cp /root/conf /etc/rowan/rowand.conf
systemctl reload rowand.service || fail "the old configuration is refused"
section "RowanClockJumped"
ok "it reloads, and says when it does not"

# A member of the group may, others may not; and the log tells who.
useradd -G rowand ops 2>/dev/null
useradd nobodyspecial 2>/dev/null
want 0 "serving" setpriv --reuid ops --regid ops --init-groups rowanctl status
want 77 "may not" setpriv --reuid nobodyspecial --regid nobodyspecial --init-groups rowanctl status
setpriv --reuid ops --regid ops --init-groups rowanctl loglevel info >/dev/null 2>&1 ||
	fail "a member of the group may not act"
journalctl -u rowand -o json | jq -r '.ROWAN_WHO // empty' | grep -q "uid $(id -u ops)" ||
	fail "the log does not tell who"
ok "the group rowand administers, others do not"

# ----------------------------------------------------------- backup, restore
section "Backups"
since=$(date +%s)
at "The restore drill" 1
acts_said "backup verify" "begun" "$since"
cp /var/backups/rowan/*.backup /mnt/
# Another machine: nothing in its state folder.
awk -v heading="The restore drill" -v block=2 -f $test/section \
	$test/operations.md >/root/block
want 0 "every check passed" unshare -m sh -ec \
	'mount -t tmpfs none /var/lib/rowand; . /root/block'
[ ! -e /run/drill ] || fail "keys are left in /run/drill"
# What the document names in its sentences.
awk '/^```/ { c = !c; next } !c' $test/operations.md | tr '\n' ' ' |
	grep -o '`[^`]*`' | tr -d '`' | sed 's/  */ /g' | sort -u |
	grep -E '^(rowanctl|rowan-offline|systemctl|journalctl|df) .' |
	grep -vE '^systemctl (stop|status chrony)' >/root/named
[ "$(wc -l </root/named)" -ge 20 ] || fail "the document names no commands"
while read -r command; do
	timeout 60 sh -c "$command" </dev/null >/root/named.out 2>&1 ||
		fail "$command: left with $?: $(cat /root/named.out)"
done </root/named
section "Upgrades"
grep -q "the old one does, until" /root/block.out ||
	fail "an upgrade does not say what is next: $(cat /root/block.out)"

# The keys change, and the card is renewed; those who talk go on.
carry() {
	cp /root/authority/statements.txt /root/statements.txt
}
next="The next keys begin"
rowanctl --json key show | jq -r '.rows[0].public' >/root/old-key
at "$next" 1
at "$next" 2
cp /root/fingerprint /root/next.fingerprint
at "$next" 3
carry
at "$next" 4
for who in alice bob; do
	cp /root/authority/daemon.txt /root/$who/
	(
		cd /root/$who && HOME=/root/$who ROWAN_HOME=/root/$who/rowan \
			XDG_RUNTIME_DIR=/run/$who rowan --no-input setup --answer daemon.txt
	) >/root/$who.out 2>&1 || fail "$who takes no addresses: $(cat /root/$who.out)"
done
# The relay looks at its clock once a second: then its card is in force.
sleep 2
want 75 "clients need 90" rowan-offline key retire
# The second for which they were announced may not be over.
sleep 2
awk -v heading="The next keys take over" -f $test/section $test/operations.md |
	sed 's/--for "90 d"/--for "1 s"/' >/root/block.sh
bash -e /root/block.sh >/root/block.out 2>&1 || fail "The next keys take over: $(cat /root/block.out)"
server=$(rowanctl --json key show | jq -r '.rows[0].public')
[ "$server" != "$(cat /root/old-key)" ] || fail "the old key still serves"
as alice "$talk" 4 >/root/alice.out || fail "alice under the next keys: $(cat /root/alice.out)"
sees bob "Does this reach you?" "$talk" 5
ok "the relay's keys change, and they talk on"
ends="RowanCardEnds"
at "$ends" 1
before=$(rowanctl --json cards list daemon | jq '[.rows[].until] | max')
at "$ends" 2
carry
at "$ends" 3
[ "$(rowanctl --json cards list daemon | jq '[.rows[].until] | max')" -gt "$before" ] ||
	fail "the card was not renewed: $(rowanctl cards list daemon)"
ok "the relay's card is renewed"
# The authority's key is lost: the next one signs from here on.
lost="The authority's key is lost"
rm /root/authority/authority.key
at "$lost" 1
at "$lost" 2
carry
at "$lost" 3
ok "the authority's successor takes over"
rowanctl backup now >/dev/null 2>&1
# The document's restore, with the walk to the offline machine in between.
awk -v heading="Restore" -f $test/section $test/operations.md >/root/all
awk '/^rowan authority restore/ { exit } { print }' /root/all >/root/one
awk '/^rowan authority restore/ { on = 1 } on' /root/all >/root/two
cat $test/people /root/one >/root/block.sh
bash -e /root/block.sh >/root/block.out 2>&1 || fail "Restore: $(cat /root/block.out)"
cp /var/lib/rowand/restored/restore-pending /root/restore-pending
head -1 /root/two >/root/sign
tail -n +2 /root/two >/root/three
cat $test/people /root/sign >/root/block.sh
bash -e /root/block.sh >/root/block.out 2>&1 || fail "Restore, signing: $(cat /root/block.out)"
cp /root/authority/statements.txt /root/statements.txt
cat $test/people /root/three >/root/block.sh
bash -e /root/block.sh >/root/three.out 2>&1 || {
	fail "Restore, finishing: $(cat /root/three.out)"
	journalctl -u rowand | tail
}
# Those who talked before still do.
restored_word="after the restore $$"
(
	cd /root/alice && HOME=/root/alice ROWAN_HOME=/root/alice/rowan \
		XDG_RUNTIME_DIR=/run/alice rowan --no-input team first "$restored_word"
) >/root/alice.out 2>&1 || fail "alice after the restore: $(cat /root/alice.out)"
sees bob "$restored_word" "$talk" 5
ok "and they still talk"
grep -q "lost_leaves" /root/three.out || fail "the loss is not named: $(cat /root/three.out)"
want 0 "served" ping carol 1
want 0 "every hash computed" sh -c 'rowanctl audit verify 2>&1 | sed "s/each hash/every hash/"'
ok "backed up, drilled, restored, and the loss is named"

# ------------------------------------------------------------- what is said
for i in $(seq 30); do
	[ -s /var/lib/rowan-metrics/rowan.prom ] && break
	sleep 1
done
grep -q '^rowan_up_seconds ' /var/lib/rowan-metrics/rowan.prom || fail "no metrics are written"
journalctl -u rowand -o json | jq -r 'select(.MESSAGE_ID != null).ROWAN_EVENT' |
	grep -qx serving ||
	fail "the journal has no native messages"
journalctl -x -u rowand | grep -q "rowand is ready" || fail "the catalog says nothing"
journalctl -u rowand -o cat | grep -E '([0-9]{1,3}\.){3}[0-9]{1,3}' && fail "an address is in the journal"
ok "metrics, journal and catalog are there"

# ---------------------------------------------------------------- disasters
# Nobody knocks while we look: each knock would start it once more.
for who in alice bob; do
	(HOME=/root/$who ROWAN_HOME=/root/$who/rowan XDG_RUNTIME_DIR=/run/$who \
		rowan agent stop -q)
done
stop() {
	systemctl stop rowand.socket rowand-enrol.socket rowand.service
	[ "$(systemctl is-active rowand.service)" = inactive ] || fail "it did not stop well"
}
stop
cred=/etc/credstore.encrypted/rowand.store-key
mv $cred /root/away
# systemd itself misses it: 243 is CREDENTIALS.
start_fails 243 ""
at "A key is missing" 1
[ "$(systemctl is-active rowand.service)" = active ] || fail "the key from the stick does not do"
stop
rm $cred
head -c 32 /dev/urandom | od -An -tx1 -v | tr -d ' \n' >/run/other
echo >>/run/other
systemd-creds encrypt --name=store-key /run/other $cred
start_fails 78 store-other-key
mv /root/away $cred
printf '\377\377\377\377' | dd of=/var/lib/rowand/rowan.db bs=1 seek=8192 conv=notrunc 2>/dev/null
cp /var/lib/rowand.lost/rowan.db /root/lost.db
start_fails 65 store-damaged
awk -v heading="The database is damaged" -f $test/section \
	$test/operations.md >/root/block
want 65 "damaged" bash -e /root/block
ok "a missing key, a wrong key and a flipped page are said and not retried"
# The folder that was lost is behind the record that goes on.
rm -f /var/lib/rowand/rowan.db*
cp -p /var/lib/rowand.lost/rowan.db* /var/lib/rowand/
start_fails 65 "log-behind|log-forked"
ok "an old copy of the database is refused"
rm -rf /var/lib/rowand
cp -a /var/lib/rowand.lost /var/lib/rowand
mv /var/lib/rowand/rowan.db /root/moved.db
start_fails 78 store-missing
section "The database is not there"
mv /root/moved.db /var/lib/rowand/rowan.db
mv /var/lib/rowand/log-guard /root/log-guard
start_fails 65 log-unrecorded
at "The record of the log is lost" 1
[ "$(systemctl is-active rowand.service)" = active ] || fail "a new record of the log does not do"
stop
printf x >/var/lib/rowand/clock
start_fails 65 clock-unusable
at "The clock's file is damaged" 1
[ "$(systemctl is-active rowand.service)" = active ] || fail "a new clock's file does not do"
stop

# ------------------------------------------------------------- drain and stop
systemctl reset-failed rowand.service
systemctl start rowand.socket rowand.service || fail "it does not come back"
want 0 "draining" rowanctl drain --wait
sleep 1
[ "$(systemctl show -p Result --value rowand)" = success ] || fail "drained, but not well"
want 0 "served" ping carol 1
ok "drained it ends well, and the next client starts it"
stop
want 69 "no rowand" rowanctl status
ok "it stops"

# What root does meanwhile is noted where rowand can take it.
mkdir -m 700 /run/beside
want 0 "public" rowanctl key rotate /run/beside
[ "$(stat -c %U:%a /var/lib/rowand/acts-noted)" = rowand:600 ] || fail "the note: $(ls -l /var/lib/rowand)"
since=$(date +%s)
systemctl start rowand.socket rowand.service || fail "it does not start with a note"
[ ! -e /var/lib/rowand/acts-noted ] || fail "the note was not taken"
acts_said "key rotate" "noted 20" "$since"
stop
ok "acts on the files are taken into the log"

# ------------------------------------------------------------------- purge
systemctl start rowand.socket rowand.service || fail "it does not start again"
dpkg --purge rowand >/root/purge.out 2>&1 || fail "it cannot be purged: $(cat /root/purge.out)"
for unit in rowand.service rowand.socket rowan-metrics.timer; do
	[ "$(systemctl is-active $unit)" != active ] || fail "purged, $unit still runs"
done
[ -d /var/lib/rowand ] || fail "purging took the data"
grep -q "kept" /root/purge.out || fail "purging does not say what it kept"
[ -d /var/lib/rowand.lost ] || fail "the restore has put nothing aside"
dpkg -i /root/rowand_*.deb >/dev/null 2>&1
ROWAN_PURGE_DATA=yes dpkg --purge rowand >/dev/null 2>&1
[ ! -e /var/lib/rowand.lost ] && [ ! -e /var/lib/rowand ] && [ ! -e /var/backups/rowan ] && [ ! -e $cred ] && [ ! -e /etc/rowan ] ||
	fail "asked to, purging left data"
ok "purging keeps the data unless asked"

[ $fails -eq 0 ] && touch $test/passed
exit 0
