#!/bin/sh
# common/ keeps no state, never exits and never prints, but where the design says so.
. "${0%/*}/lib.sh"
need nm size
plan 7

quiet() { sh "$TESTS/tools/quiet.sh" "$@"; }

if sanitized; then
	skip 1 'a sanitizer has data of its own'
else
	gives 'libcommon.a is quiet' '' quiet "$B/libcommon.a"
fi

# Each breach planted alone is seen, and named.
planted()	# name, text, C source
{
	printf '%s\n' "$3" >planted.c
	"$CC" -O1 -c planted.c -o planted.o && rm -f planted.a && ar rcs planted.a planted.o
	run quiet planted.a
	if [ "$STATUS" -eq 1 ] && grep -q "planted.o: $2" "$OUT"; then
		pass "$1"
	else
		fail "$1"
		explain quiet planted.a
	fi
}
planted 'a counter at file scope is found' '.*bytes of .bss' \
	'static int calls; int count(void); int count(void) { return ++calls; }'
planted 'a buffer with a first value is found' '.*bytes of .data' \
	'char *name(void); char *name(void) { static char n[] = "x"; n[0]++; return n; }'
planted 'exit is found' 'exit' \
	'#include <stdlib.h>
	void leave(void); void leave(void) { exit(1); }'
planted 'printing is found' 'p' \
	'#include <stdio.h>
	void say(int); void say(int n) { printf("%d\n", n); }'
planted 'standard error is found' 'stderr' \
	'#include <stdio.h>
	void say(void); void say(void) { fputs("x", stderr); }'
planted 'the clock is found' 'time' \
	'#include <time.h>
	long now(void); long now(void) { return (long)time(NULL); }'
