# A database that was put back is not served: 65, and what to do.
set -u
rowand=$1
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
fails=0

want() {
	code=$1 words=$2
	shift 2
	out=$("$@" 2>&1)
	rc=$?
	case $rc:$out in
	$code:*"$words"*) ;;
	*)
		echo "$*: left with $rc, not $code saying '$words': $out"
		fails=$((fails + 1))
		;;
	esac
}

mkdir -m 700 "$dir/state"
for k in store curve log; do
	"$rowand" --new-key "$dir/$k.key" >/dev/null || exit 1
done
cat >"$dir/conf" <<-END
	listen = [ "tcp://127.0.0.1:0" ];
	listen_enrol = [ ];
	connections = 64;
	control = "";
	state_dir = "$dir/state";
	store_key = "$dir/store.key";
	transport_key = "$dir/curve.key";
	log_key = "$dir/log.key";
	clock_need_sync = false;
END
# Until it serves, or leaves by itself.
serve() {
	# Else what the one before has said may be found there.
	: >"$dir/said"
	"$rowand" --log text --config "$dir/conf" >"$dir/said" 2>&1 &
	pid=$!
	for i in $(seq 3600); do
		kill -0 "$pid" 2>/dev/null || break
		grep -q serving "$dir/said" && break
		sleep 0.05
	done
	kill -TERM "$pid" 2>/dev/null
	wait "$pid"
	rc=$?
	cat "$dir/said"
	return $rc
}
want 0 serving serve
# Leaves, while nobody serves.
leaves() {
	"$(dirname "$rowand")/tests/tools/log_leaves" "$dir/state/rowan.db" \
		"$dir/store.key" "$1" || exit 1
}
leaves 5
want 0 serving serve
cp "$dir/state/rowan.db" "$dir/older.db"
leaves 3
want 0 serving serve
rm -f "$dir/state/rowan.db-wal" "$dir/state/rowan.db-shm"
cp "$dir/older.db" "$dir/state/rowan.db"
want 65 "older copy" serve
# In another second, or they would be the same leaves.
sleep 1.1
leaves 4
want 65 "not the one" serve
want 0 "taken as it is" "$rowand" --config "$dir/conf" --accept-log
want 0 serving serve
rm "$dir/state/log-guard"
want 65 "no record" serve
want 0 "taken as it is" "$rowand" --config "$dir/conf" --accept-log
want 0 serving serve
exit $fails
