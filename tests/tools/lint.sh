#!/bin/sh
# lint.sh [PART...] - the house rules and the analysers over the tree in the current directory
#
# Every violation is one line that names its file. Without a part, all of them:
#   libraries arrows sizes forbidden tests	house.py
#   quiet	libcommon.a keeps no state and prints nothing
#   headers	each header compiles alone
#   man		mandoc -Tlint
#   shell	shellcheck
#   format	clang-format would change nothing
#   cppcheck tidy	the analysers
set -u
here=$(cd "${0%/*}" && pwd)
: "${B:=build}" "${CC:=cc}" "${MAKE:=make}"
: "${HOUSE_CPPFLAGS:=-Icommon -D_XOPEN_SOURCE=700 -D_FILE_OFFSET_BITS=64}" "${WARN:=-Wall -Wextra}"
: "${GNU_SOURCES:=}"
status=0
all='libraries arrows sizes forbidden tests quiet headers man shell format cppcheck tidy'

missing()
{
	echo "lint: $1 is not here; 'make test-deps' installs it" >&2
	status=1
}

# Lists of files by name, with no blanks in them: the house rules see to that.
# shellcheck disable=SC2086,SC2046,SC2016
part()
{
	case $1 in
	libraries | arrows | sizes | forbidden | tests)
		python3 "$here/house.py" "$1"
		;;
	quiet)
		# Debugging and sanitizing builds have data of their own.
		$MAKE -s --no-print-directory B="$B/lint" CFLAGS=-O2 "$B/lint/libcommon.a" >&2 &&
		    sh "$here/quiet.sh" "$B/lint/libcommon.a"
		;;
	headers)
		find common -name '*.h' | sort | xargs -P2 -n8 sh -c '
			for h; do
				$CC -std=c11 $HOUSE_CPPFLAGS $WARN -Werror -fsyntax-only -x c "$h" 2>&1 |
				    grep -E "error|warning" | sed "s/$/ (compiled alone)/"
			done' sh | grep . && return 1
		return 0
		;;
	man)
		ls man/*.[157] >/dev/null 2>&1 || return 0
		mandoc -Tlint -W warning man/*.[157] | sed 's/^mandoc: //' | grep . && return 1
		return 0
		;;
	shell)
		shellcheck -x -s sh -S warning -f gcc -e SC1091,SC2238,SC2045,SC2010,SC2046 tests/*.sh tests/*/*.sh \
		    $(ls tests/*.t 2>/dev/null) && shellcheck -s bash -S warning -f gcc .ci/run
		;;
	format)
		for file in $(ls bin/*.c common/*/*.[ch] tests/unit/*.[ch] tests/fuzz/*.[ch] \
		    tests/bench/*.c 2>/dev/null); do
			clang-format "$file" | cmp -s - "$file" ||
			    echo "$file: not as clang-format writes it: make format"
		done | grep . && return 1
		return 0
		;;
	cppcheck)
		cppcheck -q --std=c11 --enable=warning,performance,portability --inline-suppr \
		    --error-exitcode=1 --template='{file}:{line}: {message} [{id}]' -j2 \
		    --suppress=normalCheckLevelMaxBranches -Icommon -D__x86_64__ -DO_TMPFILE \
		    $(ls -d bin common)
		;;
	tidy)
		find bin common -name '*.c' | sort | xargs -P2 -n4 sh -c '
			for c; do
				case " $GNU_SOURCES " in *" $c "*) gnu=-D_GNU_SOURCE ;; *) gnu= ;; esac
				case $c in */core/error.c) told= ;; *) told="-include $here/analyse.h" ;; esac
				clang-tidy --quiet "$c" -- -std=c11 $HOUSE_CPPFLAGS $gnu $told 2>/dev/null |
				    grep -E "(error|warning):" | sed "s|^$PWD/||"
			done' sh | grep . && return 1
		return 0
		;;
	*)
		echo "lint: no such part: $1" >&2
		return 1
		;;
	esac
}

export here CC HOUSE_CPPFLAGS WARN GNU_SOURCES
for tool in python3 mandoc shellcheck clang-format cppcheck clang-tidy nm; do
	command -v $tool >/dev/null 2>&1 || missing $tool
done
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $all
for name; do
	part "$name" || { echo "lint: $name: failed" >&2; status=1; }
done
exit $status
