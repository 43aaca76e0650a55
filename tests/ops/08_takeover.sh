# Goal: the block of docs/operations.md by which the relay's next keys take over
# can be cut off before any of its commands and run again, under sh -e: never is
# a credential lost, the log key goes first, and what key retire refuses is not
# done.
set -u
here=$(dirname "$0")
dir=$(mktemp -d) || exit 1
trap 'rm -rf "$dir"' EXIT
fails=0
fail() {
	echo "$0: $*"
	fails=$((fails + 1))
}
awk -v heading="The next keys take over" -f "$here/../boot/section" \
	"$here/../../docs/operations.md" | sed "s|/etc/|$dir/etc/|g" >"$dir/block"
grep -q "$dir/etc/credstore.encrypted" "$dir/block" || fail "no block"

# Every command is a step: at the one in $dir/at the power goes.
mkdir "$dir/bin"
cat >"$dir/step" <<END
#!/bin/sh
n=\$((\$(cat $dir/n) + 1))
echo \$n >$dir/n
[ \$n -ne \$(cat $dir/at) ] || { kill -9 \$PPID; exit 1; }
name=\${0##*/}
echo "\$name \$*" >>$dir/said
case \$name in
rowan-offline) exit \$(cat $dir/judged) ;;
systemctl | rowanctl) exit 0 ;;
esac
PATH=$PATH exec \$name "\$@"
END
chmod +x "$dir/step"
for name in rowan-offline systemctl rowanctl ln mv rm sed; do
	ln "$dir/step" "$dir/bin/$name"
done
creds=$dir/etc/credstore.encrypted
begin() {
	rm -rf "$dir/etc"
	mkdir -p "$creds" "$dir/etc/rowan"
	for key in log-key curve-key; do
		echo "old $key" >"$creds/rowand.$key"
		echo "new $key" >"$creds/rowand.$key.coming"
		echo "new $key" >"$creds/rowand.$key-next"
		# Of the keys before; nobody removed them.
		echo "older $key" >"$creds/rowand.$key.retired"
	done
	printf 'transport_key_next = "a";\nlog_key_next = "b";\nlisten = [ ];\n' \
		>"$dir/etc/rowan/rowand.conf"
}
# block AT JUDGED: with that exit code of key retire.
block() {
	echo 0 >"$dir/n"
	echo "$1" >"$dir/at"
	echo "$2" >"$dir/judged"
	PATH=$dir/bin:$PATH sh -e "$dir/block" >/dev/null 2>&1
}
key() {
	cat "$creds/rowand.$1"
}
# Whatever happened: both keys are there, and none goes before the log key.
whole() {
	for key in log-key curve-key; do
		case "$(key $key)" in
		"old $key") [ "$(key $key.coming)" = "new $key" ] || fail "$1: the new $key is lost" ;;
		"new $key") ;;
		*) fail "$1: $key is $(key $key)" ;;
		esac
	done
	[ "$(key log-key)" = "new log-key" ] || [ "$(key curve-key)" = "old curve-key" ] ||
		fail "$1: the transport key went first"
}
finished() {
	for key in log-key curve-key; do
		[ "$(key $key)" = "new $key" ] || fail "$1: $key is $(key $key)"
	done
	[ "$(ls "$creds" | wc -l)" = 2 ] || fail "$1: $(ls "$creds")"
	[ "$(cat "$dir/etc/rowan/rowand.conf")" = "listen = [ ];" ] || fail "$1: the settings"
}

begin
block 0 75 && fail "what key retire refused went on"
[ "$(key log-key)" = "old log-key" ] || fail "what key retire refused was done"
begin
block 0 0 || fail "it does not run"
steps=$(cat "$dir/n")
[ "$steps" -ge 10 ] || fail "only $steps steps"
finished "run once"
block 0 75 || fail "it does not run when all is done"
finished "run twice"
for at in $(seq "$steps"); do
	begin
	block "$at" 0 && fail "cut off at $at it went on"
	whole "cut off at $at"
	# Of each key that moved the old one is kept till the end.
	[ "$at" -ge $((steps - 2)) ] || for key in log-key curve-key; do
		[ "$(key $key)" = "old $key" ] || [ "$(key $key.retired)" = "old $key" ] ||
			fail "cut off at $at: the old $key is gone"
	done
	block 0 0 || fail "cut off at $at, it does not go on"
	finished "cut off at $at, and run again"
done
# Once the log key has moved nobody judges again: it has been allowed.
begin
mv "$creds/rowand.log-key.coming" "$creds/rowand.log-key"
block 0 75 || fail "begun, it does not go on"
finished "begun"
[ $fails -eq 0 ] || exit 1
echo "  the next keys take over, wherever it is cut off"
