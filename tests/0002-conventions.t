#!/bin/sh
# Every program: the same options mean the same, help and version work, lost output is an error.
. "${0%/*}/lib.sh"

programs=$(cd "$TOP" && ls bin/oci-*.c | sed 's|bin/||; s|\.c$||')
n=$(echo "$programs" | wc -w)
plan $((2 + 16 * n))

# Lines "letter long-name" of what --help shows.
options() { "$1" --help | sed -n 's/^ *-\(.\), --\([a-z-]*\).*/\1 \2/p'; }

for program in $programs; do options "$program"; done | sort -u >letters
is 'one letter has one meaning in all programs' "$(cut -d' ' -f1 letters | uniq -d)" ''
is 'one meaning has one letter in all programs' "$(sort -k2 letters | cut -d' ' -f2 | uniq -d)" ''

for program in $programs; do
	run "$program" --help
	is "$program --help shows its usage" \
		"$STATUS $(head -n 1 "$OUT" | cut -d' ' -f1,2) $(wc -c <"$ERR")" "0 usage: $program 0"
	is "$program -h is the same" "$("$program" -h)" "$(cat "$OUT")"
	run "$program" --version
	is "$program --version shows name and version" "$STATUS $(cat "$OUT")" \
		"0 $program $(sed -n 's/^VERSION := //p' "$TOP/Makefile")"
	is "$program has the common options" "$(options "$program" | grep -cE \
		'^(q quiet|v verbose|h help|V version)$')$("$program" --help | grep -c -e '--progress')" 41
	# rows: T132
	refuses "$program: an unknown letter is a usage error" 2 '-?: not an option' "$program" '-?'
	refuses "$program: an unknown name is a usage error" 2 '--nonesuch: not an option' \
		"$program" --nonesuch
	refuses "$program: a flag takes no value" 2 '--quiet: takes no value' "$program" --quiet=1
	refuses "$program: a value must be there" 2 'needs a value' "$program" --progress
	refuses "$program: standard input can be one operand alone" 2 '-: standard input twice' \
		"$program" - x -
	# rows: T112
	refuses "$program: help on a full disk is a failure" 4 'standard output' \
		sh -c "exec $program --help >/dev/full"
	refuses "$program: version on a full disk is a failure" 4 'standard output' \
		sh -c "exec $program --version >/dev/full"
	# rows: T113
	refuses "$program: help without standard output is a failure" 4 'standard output' \
		sh -c "exec $program --help >&-"
	ok "$program: help without standard input and error is help" \
		sh -c "exec $program --help <&- 2>&-"
	run sh -c "exec $program --nonesuch 2>&-"
	is "$program: usage without standard error is a usage error" "$STATUS" 2
	run sh -c "exec $program <&- >&- 2>&-"
	is "$program: with all three closed it fails quietly" \
		"$([ "$STATUS" -gt 0 ] && [ "$STATUS" -lt 10 ] && echo fails)" fails
	is "$program: and writes into no file" "$(find . -type f ! -name letters)" ''
done
