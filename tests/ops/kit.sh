# A rowand for the shell tests of administration: in a folder of its own, on a
# free port of the loopback. Sourced: . tests/ops/kit.sh BUILD
#
# Ends only the process it started.
set -u
build=$1
dir=$(mktemp -d) || exit 1
dir=$(cd "$dir" && pwd)
conf=$dir/rowand.conf
pid=
fails=0

finish() {
	[ -z "$pid" ] || kill -9 "$pid" 2>/dev/null
	[ -n "${KEEP:-}" ] && echo "kept: $dir" || rm -rf "$dir"
}
trap finish EXIT

fail() {
	echo "$0: $*"
	fails=$((fails + 1))
}

# settings TEXT: a configuration with these on top of what a test needs.
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
		control = "$dir/control";
		backup_dir = "$dir/backups";
		backup_key = "$dir/backup.pub";
		reserve_bytes = "1 MiB";
		store_bytes = "64 MiB";
		$*
	END
}

prepare() {
	mkdir -m 700 "$dir/state" "$dir/backups"
	"$build/rowand" --new-key "$dir/store.key" >/dev/null
	"$build/rowand" --new-key "$dir/curve.key" >/dev/null
	"$build/rowand" --new-key "$dir/log.key" >/dev/null
	[ -e "$conf" ] || settings ''
}

ctl() {
	"$build/rowanctl" --config "$conf" "$@"
}

# start: and wait until it answers, however slow the machine is.
start() {
	"$build/rowand" --log json --config "$conf" 2>>"$dir/log" &
	pid=$!
	for i in $(seq 3600); do
		ctl status >/dev/null 2>&1 && return 0
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.05
	done
	echo "$0: rowand did not start:"
	cat "$dir/log"
	exit 1
}

# find_port: on which port of the loopback it listens, in $port. The kernel
# chose it: nobody else has it.
find_port() {
	port=$(ls -l "/proc/$pid/fd" | sed -n 's/.*socket:\[\(.*\)\]$/\1/p' |
		while read -r inode; do
			awk -v i="$inode" '$4 == "0A" && $10 == i {
				split($2, a, ":"); print a[2] }' /proc/net/tcp
		done)
	port=$((0x$port))
	[ "$port" -gt 0 ] || fail "it listens nowhere"
}

stop() {
	kill -TERM "$pid"
	wait "$pid"
	code=$?
	pid=
	return $code
}

# want CODE WORDS COMMAND...: that exit code, those words among what it says.
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

# want_soon CODE WORDS COMMAND...: the same, before long.
want_soon() {
	for i in $(seq 1800); do
		out=$(shift 2 && "$@" 2>&1)
		[ $? -eq "$1" ] && case $out in *"$2"*) return ;; esac
		sleep 0.1
	done
	want "$@"
}

# said WORDS: in the log, soon.
said() {
	for i in $(seq 3600); do
		grep -qF "$1" "$dir/log" && return 0
		sleep 0.05
	done
	fail "the log does not say '$1'"
}

end() {
	[ $fails -eq 0 ] || exit 1
}
