# Goal: an older database is saved, then migrated; a newer one is refused and
# not changed.
. "$(dirname "$0")/kit.sh"
fixtures=$(dirname "$0")/../fixtures/store
newest=$(ls "$fixtures" | sed 's/[^0-9]//g' | sort -n | tail -1)
prepare
leaves() {
	ctl --json audit verify | jq '.rows[0].leaves'
}
# The key of the fixtures (tests/lib/store_kit.c).
printf "%064d\n" 0 | sed "s/00/07/g" >"$dir/store.key"
# One of each schema, the present one among them.
cp "$fixtures/schema$newest.db" "$dir/state/rowan.db"
[ "$(ctl --json store migrate --dry-run | jq '.rows[0].newest')" = "$newest" ] ||
	fail "there is no fixture of the present schema"
want 0 "every check passed" ctl store check
for n in $(seq $((newest - 1))); do
	rm -rf "$dir/state"
	mkdir -m 700 "$dir/state"
	cp "$fixtures/schema$n.db" "$dir/state/rowan.db"
	: >"$dir/log"
	# Without a recipient's key: a copy beside it.
	rm -f "$dir/backup.pub"
	want 78 "older rowand" ctl store check
	want 0 "would be migrated" ctl store migrate --dry-run
	cmp -s "$fixtures/schema$n.db" "$dir/state/rowan.db" || fail "a dry run changed schema $n"
	want 0 "migrated" ctl store migrate
	[ -e "$dir/state/rowan.db.schema$n" ] || fail "schema $n was not saved"
	want 0 "every check passed" ctl store check
	want 0 "nothing to do" ctl store migrate
	# The first leaf of a log is rowand's: one that nobody signed would be
	# taken for a copy from elsewhere.
	start
	said '"act":"store migrate","result":"noted 20'
	[ "$(leaves)" = 2 ] || fail "store migrate and a start made $(leaves) leaves"
	stop
	# With one: a backup.
	rm -rf "$dir/state" "$dir/backups"
	mkdir -m 700 "$dir/state" "$dir/backups"
	cp "$fixtures/schema$n.db" "$dir/state/rowan.db"
	rm -f "$dir/backup.key"
	ctl backup keygen "$dir/backup.key" "$dir/backup.pub" 2>/dev/null
	start
	said '"event":"backup-done"'
	said '"event":"migrated"'
	stop
	[ "$(ls "$dir"/backups/*.backup | wc -l)" = 1 ] || fail "no backup of schema $n"
	want 0 "every check passed" ctl backup verify --key "$dir/backup.key" --newest
done
python3 - "$dir/state/rowan.db" <<-'END'
	import sqlite3, sys
	c = sqlite3.connect(sys.argv[1])
	c.execute("PRAGMA user_version=99")
	c.commit()
END
before=$(sha256sum <"$dir/state/rowan.db")
want 78 "newer" "$build/rowand" --log text --config "$conf"
want 78 "newer" ctl store migrate
[ "$before" = "$(sha256sum <"$dir/state/rowan.db")" ] || fail "a newer database was changed"
# A log from before the first release: said, saved nowhere, not changed.
rm -rf "$dir/state" "$dir/backups"
mkdir -m 700 "$dir/state" "$dir/backups"
cp "$fixtures/schema5.db" "$dir/state/rowan.db"
python3 - "$dir/state/rowan.db" <<-'END'
	import sqlite3, sys
	c = sqlite3.connect(sys.argv[1])
	c.execute("PRAGMA journal_mode=WAL")
	c.execute("INSERT INTO log VALUES(0, 1, zeroblob(42), x'00')")
	c.commit()
END
before=$(sha256sum <"$dir/state/rowan.db")
want 78 "before rowand's first release" "$build/rowand" --log text --config "$conf"
want 78 "before the first release" ctl store migrate
want 78 "before the first release" ctl store check
[ "$before" = "$(sha256sum <"$dir/state/rowan.db")" ] || fail "an old log was changed"
[ -z "$(ls "$dir/backups")" ] || fail "a backup of what cannot be read"
# Killed at any step of it: whatever has a name among the backups is sealed, so
# whoever carries the folder away carries nothing else.
kill=$build/tests/ops/kill.so
begin() {
	rm -rf "$dir/state" "$dir/backups"
	mkdir -m 700 "$dir/state" "$dir/backups"
	cp "$fixtures/schema1.db" "$dir/state/rowan.db"
}
killed=0
for at in $(seq 200); do
	begin
	LD_PRELOAD=$kill KILL_AT=$at ctl store migrate >/dev/null 2>&1
	[ $? -eq 137 ] || break
	killed=$((killed + 1))
	for f in "$dir"/backups/.rowan-*.copy "$dir"/backups/*.backup "$dir"/backups/.rowan-*.part; do
		[ ! -s "$f" ] || [ "$(head -c 8 "$f")" = rowanbk1 ] ||
			fail "killed at step $at, ${f##*/} is not sealed"
	done
	ls "$dir"/backups/*.backup >/dev/null 2>&1 && break
done
[ $killed -gt 50 ] || fail "killed at $killed steps only"
end
echo "  older databases are saved and migrated, newer ones left alone"
