# Goal: a backup is made beside everything else, is listed, opens with its key
# alone, and every kind of damage is said.
. "$(dirname "$0")/kit.sh"
prepare
start
want 73 "no key" ctl backup now
said '"event":"backup-failed"'
want 0 "keep the secret key" ctl backup keygen "$dir/backup.key" "$dir/backup.pub"
want 73 "" ctl backup keygen "$dir/backup.key" "$dir/backup.pub"
# The secret key where the public one belongs: no backup, rather than one that
# anybody reads or nobody.
mv "$dir/backup.pub" "$dir/public"
cp "$dir/backup.key" "$dir/backup.pub"
want 73 "no such key" ctl backup now
# Nor is a pipe's other end waited for.
rm "$dir/backup.pub"
mkfifo "$dir/backup.pub"
want 73 "no such key" timeout 180 "$build/rowanctl" --config "$conf" backup now
rm "$dir/backup.pub"
mv "$dir/public" "$dir/backup.pub"
# What an interrupted one left goes with the next.
touch "$dir/backups/.rowan-20261126T021500Z.backup.copy"
touch "$dir/backups/.rowan-20261126T021500Z.backup.part"
want 0 "is complete" ctl backup now
said '"event":"backup-done"'
want 0 "rowan-" ctl backup list
name=$(ctl --json backup list | jq -r '.rows[0].backup')
file=$dir/backups/$name
[ "$(ls -A "$dir/backups" | wc -l)" = 2 ] || fail "more than a backup and its note is left"
[ "$(stat -c %a "$file")" = 600 ] || fail "others may read the backup"
head -c 15 "$file" | grep -q SQLite && fail "the backup is not sealed"

want 0 "every check passed" ctl backup verify --key "$dir/backup.key" "$file"
rm "$dir/state/last-drill"
# A try at some file tells nothing of drills; the first drill that fails does.
want 65 "another key" ctl backup verify --key "$dir/curve.key" "$file"
[ ! -e "$dir/state/last-drill" ] || fail "a try counts as a drill"
want 65 "another key" ctl backup verify --key "$dir/curve.key" --newest
want 1 "no backup could be restored aside yet" ctl health
[ "$(ctl metrics | sed -n 's/^rowan_drill_seconds //p')" = 1 ] || fail "no alert of a first drill that fails"
rm "$dir/state/last-drill"
[ "$(ctl --json status | jq '.rows[0].last_drill')" = 0 ] || fail "status dreams of a drill"
# As an interrupted one leaves it.
mkdir "$dir/state/drill"
touch "$dir/state/drill/rowan.db"
want 0 "every check passed" ctl backup verify --key "$dir/backup.key" --newest
[ ! -e "$dir/state/drill" ] || fail "the drill left something behind"
[ "$(ctl --json status | jq '.rows[0].last_drill')" -gt 0 ] || fail "status knows no drill"
[ "$(ctl metrics | sed -n 's/^rowan_drill_seconds //p')" -gt 0 ] || fail "no metric of the drill"
want 1 "restored aside 0 days ago" ctl health
touch -d @1000000000 "$dir/state/last-drill"
want 64 "--newest" ctl backup verify --key "$dir/backup.key"
want 66 "no such" ctl backup verify --key "$dir/backup.key" "$dir/none"
want 65 "another key" ctl backup verify --key "$dir/curve.key" "$file"
want 65 "no backup" ctl backup verify --key "$dir/backup.key" "$conf"
cp "$file" "$dir/damaged"
printf x | dd of="$dir/damaged" bs=1 seek=20000 conv=notrunc 2>/dev/null
want 65 "damaged" ctl backup verify --key "$dir/backup.key" "$dir/damaged"
head -c 20000 "$file" >"$dir/short"
want 65 "damaged" ctl backup verify --key "$dir/backup.key" "$dir/short"
[ "$(stat -c %Y "$dir/state/last-drill")" = 1000000000 ] || fail "a drill that failed counts"
mkdir "$dir/state/drill"
exec 5<"$dir/state/drill"
flock 5
want 75 "another drill" ctl backup verify --key "$dir/backup.key" "$file"
exec 5<&-
# Another store key: it opens, and the store in it does not.
mv "$dir/store.key" "$dir/store.old"
"$build/rowand" --new-key "$dir/store.key" >/dev/null
want 78 "another store key" ctl backup verify --key "$dir/backup.key" "$file"
mv "$dir/store.old" "$dir/store.key"

# No folder, no room: said, and nothing half made is left.
mv "$dir/backups" "$dir/elsewhere"
want 73 "" ctl backup now
mv "$dir/elsewhere" "$dir/backups"
sleep 1
want 0 "is complete" ctl backup now
[ "$(ctl --json backup list | jq '.rows | length')" = 2 ] || fail "not two backups"
[ "$(ctl --json status | jq '.rows[0].last_backup')" -gt 0 ] || fail "status knows no backup"
want 1 "the newest is 0 hours old" ctl health

# Restored into an empty folder only, and not served before it is signed.
want 64 "--into" ctl backup restore --key "$dir/backup.key" "$file"
want 73 "not empty" ctl backup restore --key "$dir/backup.key" "$file" --into "$dir/state"
# One that goes wrong on its way is served by nobody, and finished by nobody.
want 65 "no log-guard and no checkpoint" ctl backup restore --key "$dir/backup.key" "$file" --into "$dir/halfway" --last "$conf"
[ -e "$dir/halfway/rowan.db" ] || fail "nothing was restored on the way"
want 66 "once more" ctl backup finish "$dir/halfway" "$conf"
cp "$conf" "$dir/halfway.conf"
sed -i "s#$dir/state#$dir/halfway#" "$dir/halfway.conf"
want 78 "not signed" "$build/rowand" --log text --config "$dir/halfway.conf"
want 0 "have the authority sign" ctl backup restore --key "$dir/backup.key" "$file" --into "$dir/restored"
[ -e "$dir/restored/restore-pending" ] || fail "nothing is pending"
stop || fail "it did not stop well"
settings ''
sed -i "s#$dir/state#$dir/restored#" "$conf"
want 78 "not signed" "$build/rowand" --log text --config "$conf"
# Whoever takes the note away, and begins a new record, gets no further.
rm "$dir/restored/restore-pending"
rm -f "$dir/restored/log-guard"
want 78 "not signed" timeout 180 "$build/rowand" --log text --accept-log --config "$conf"
want 78 "not signed" ctl store vacuum
end
echo "  backups are made, checked and kept from being served"
