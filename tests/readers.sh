# readers.sh - the verdicts of readers.py as TAP; to be sourced after lib.sh
# shellcheck shell=sh

# Runs the Python on standard input with readers.py at hand, then plans and reports its cases.
verdicts()
{
	PYTHONPATH=$TESTS python3 - >"$T/verdicts" || {
		sed 's/^/# /' "$T/verdicts"
		exit 1
	}
	plan "$(grep -c '^\(not \)\{0,1\}ok' "$T/verdicts")"
	tab=$(printf '\t')
	while IFS=$tab read -r verdict name; do
		case $verdict in
		ok) pass "$name" ;;
		'not ok '*)
			fail "$name"
			diag "${verdict#not ok }"
			;;
		*) diag "$verdict $name" ;;
		esac
	done <"$T/verdicts"
}
