#!/bin/sh
# Each man page is in order, and says what its program says of itself.
. "${0%/*}/lib.sh"
need mandoc

programs=$(cd "$TOP" && ls bin/oci-*.c | sed 's|bin/||; s|\.c$||')
pages=$(cd "$TOP/man" && ls ./*.[157] | sed 's|^\./||')
n=$(echo "$programs" | wc -w)
plan $(($(echo "$pages" | wc -w) + 4 * n))

for page in $pages; do
	gives "$page: mandoc has nothing to say" '' mandoc -Tlint -W warning "$TOP/man/$page"
done

section()	# page, name
{
	mandoc -Tascii -O width=1000 "$1" | sed "s/.$(printf '\b')//g" | sed -n "/^$2\$/,/^[A-Z]/p" | sed '1d;$d'
}

for program in $programs; do
	page=$TOP/man/$program.1
	is "$program: SYNOPSIS is the usage line" "$(section "$page" SYNOPSIS | xargs)" \
		"$("$program" --help | sed -n '1s/^usage: //p' | xargs)"
	"$program" --help | sed '1d' | grep -oE '^ *(-.,)? *--[a-z-]+' | grep -oE -- '-{1,2}[a-zA-Z-]+' |
	    sort -u >in-help
	sed -n '/^\.Sh DESCRIPTION/,/^\.Sh E/p' "$page" | grep '^\.It Fl' |
	    grep -oE 'Fl [A-Za-z-]+' | sed 's/^Fl /-/' | sort -u >in-page
	is "$program: the page lists each option of --help, and no other" \
		"$(diff in-help in-page)" ''
	sed -n '/^\.Sh DESCRIPTION/,/^\.Sh E/p' "$page" | sed -n 's/^\.It Fl -*\([A-Za-z-]*\).*/\1/p' \
	    >listed
	is "$program: in alphabetical order, letters first" \
		"$({ grep -xE '.' listed | LC_ALL=C sort -f; grep -xE '..+' listed | sort; } | xargs)" \
		"$(xargs <listed)"
	sed -n 's/^\.Sh //p' "$page" >sections
	is "$program: the page has its sections" \
		"$(grep -xE 'NAME|SYNOPSIS|DESCRIPTION|EXIT STATUS|EXAMPLES' sections | xargs)" \
		'NAME SYNOPSIS DESCRIPTION EXIT STATUS EXAMPLES'
done
