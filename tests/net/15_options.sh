# Options and exit codes of rowand: what it says and how it leaves.
set -u
rowand=$1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
fails=0

# want CODE WORDS COMMAND...: that exit code, those words among what it says
want() {
	code=$1 words=$2
	shift 2
	out=$("$@" 2>&1)
	rc=$?
	if [ $rc -ne "$code" ]; then
		echo "$*: left with $rc, not $code: $out"
		fails=$((fails + 1))
	fi
	case $out in
	*"$words"*) ;;
	*)
		echo "$*: said nothing of '$words': $out"
		fails=$((fails + 1))
		;;
	esac
}

conf() {
	cat >"$dir/conf" <<-END
		listen = [ "tcp://127.0.0.1:0" ];
		listen_enrol = [ ];
		connections = 64;
		state_dir = "$dir/state";
		store_key = "$dir/store.key";
		transport_key = "$dir/curve.key";
		log_key = "$dir/log.key";
		clock_need_sync = false;
		control = "";
		$1
	END
}

want 0 "rowand " "$rowand" --version
want 0 "usage:" "$rowand" --help
want 64 "usage:" "$rowand" --no-such-option
want 64 "usage:" "$rowand" one two
want 78 "no-such-file" "$rowand" --check-config "$dir/no-such-file"
conf 'batch_operations = 0; nonsense = 1;'
want 78 "nonsense" "$rowand" --check-config "$dir/conf"
want 78 "batch_operations" "$rowand" --check-config "$dir/conf"
conf ''
want 78 "store_key: $dir/store.key: No such file" "$rowand" --check-config "$dir/conf"
want 0 "batch_operations" "$rowand" --config "$dir/conf" --print-config
# Keys: missing, readable by others, no key at all.
want 78 "store.key" "$rowand" --config "$dir/conf"
want 0 "" "$rowand" --new-key "$dir/store.key"
want 73 "is there already" "$rowand" --new-key "$dir/store.key"
want 78 "log.key" "$rowand" --config "$dir/conf"
want 0 "" "$rowand" --new-key "$dir/log.key"
want 78 "curve.key" "$rowand" --config "$dir/conf"
want 0 "" "$rowand" --new-key "$dir/curve.key"
want 0 "" "$rowand" --check-config "$dir/conf"
chmod 644 "$dir/store.key"
want 77 "chmod" "$rowand" --config "$dir/conf"
chmod 600 "$dir/store.key"
echo "not a key" >"$dir/curve.key"
want 78 "hexadecimal" "$rowand" --config "$dir/conf"
rm "$dir/curve.key"
want 0 "" "$rowand" --new-key "$dir/curve.key"
# No state folder: 73, it may be mounted later.
want 73 "$dir/state cannot be opened: No such file" "$rowand" --log text --config "$dir/conf"
# One that cannot be looked into: nothing is known of a restore.
: >"$dir/state"
want 73 "$dir/state cannot be opened: " "$rowand" --log text --config "$dir/conf"
rm "$dir/state"
mkdir -m 700 "$dir/state"
# Starts, and stops cleanly; a second one beside it does not.
begin() {
	"$rowand" --log text --config "$dir/conf" >"$dir/said" 2>&1 &
	pid=$!
	for i in $(seq 3600); do
		kill -0 "$pid" 2>/dev/null || break
		grep -q serving "$dir/said" && break
		sleep 0.05
	done
}
end() {
	kill -TERM "$pid" 2>/dev/null
	wait "$pid"
}
begin
want 73 "$dir/state cannot be opened: another process uses it" \
	"$rowand" --log text --config "$dir/conf"
end || { echo "left with $?"; fails=$((fails + 1)); }
grep -q serving "$dir/said" || { cat "$dir/said"; fails=$((fails + 1)); }
# What may only be read is not served: it would refuse every commit. Root may
# write whatever the mode says, so this is somebody else.
cp "$rowand" "$dir/rowand"
other=
if [ "$(id -u)" = 0 ]; then
	other="setpriv --reuid=65534 --regid=65534 --clear-groups"
	chown -R 65534:65534 "$dir"
fi
: >"$dir/state/rowan.db-shm"
[ -z "$other" ] || chown 65534 "$dir/state/rowan.db-shm"
for file in rowan.db rowan.db-shm rowan.db-reserve; do
	chmod 400 "$dir/state/$file"
	want 73 "$dir/state/$file" $other timeout 180 "$dir/rowand" --log text --config "$dir/conf"
	want 73 "Permission denied" $other timeout 180 "$dir/rowand" --log text --config "$dir/conf"
	chmod 600 "$dir/state/$file"
done
[ -z "$other" ] || chown -R 0:0 "$dir"
# Another store key: 78. Damage: 65. More connections than descriptors: 78.
mv "$dir/store.key" "$dir/old.key"
want 0 "" "$rowand" --new-key "$dir/store.key"
want 78 "another store key" "$rowand" --config "$dir/conf"
mv "$dir/old.key" "$dir/store.key"
conf 'connections = 60000;'
sed -i '/^connections = 64/d' "$dir/conf"
want 78 "open files" sh -c "ulimit -n 1024; '$rowand' --config '$dir/conf'"
conf ''
sed -i 's/127.0.0.1:0/192.0.2.1:1/' "$dir/conf"
want 69 "tcp://192.0.2.1:1 cannot be bound: Cannot assign" "$rowand" --log text --config "$dir/conf"
conf ''
echo "this is no database, whatever it says it is" >"$dir/state/rowan.db"
rm -f "$dir/state/rowan.db-wal" "$dir/state/rowan.db-shm"
want 65 "damaged" "$rowand" --config "$dir/conf"
exit $fails
