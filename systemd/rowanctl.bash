# Completion of rowanctl for bash: commands from its own help.
_rowanctl() {
	local cur=${COMP_WORDS[COMP_CWORD]} words
	case $cur in
	-*)
		words='--config --socket --json --dry-run --all --wait --newest --next
			--yes --output --into --key --last --lost --for --version
			--help'
		;;
	*)
		local i prefix=
		for ((i = 1; i < COMP_CWORD; i++)); do
			case ${COMP_WORDS[i]} in
			-*) ;;
			*) prefix="$prefix${COMP_WORDS[i]} " ;;
			esac
		done
		words=$(rowanctl --help 2>/dev/null |
			sed -n "s/^  $prefix\([a-z-][a-z-]*\).*/\1/p" |
			sort -u)
		;;
	esac
	# shellcheck disable=SC2207
	COMPREPLY=($(compgen -W "$words" -- "$cur"))
	[ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$cur"))
}
complete -F _rowanctl rowanctl
