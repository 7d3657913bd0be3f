#!/bin/sh
# oci-layer: whatever a tree holds comes out again, or is left out, or refused by name.
. "${0%/*}/lib.sh"
. "$TESTS/layers.sh"
plan 60

# --- everything that a tree can hold (rows: T123 T124 O108 O111 O112) ---
sh "$TESTS/fixture.sh" fixture >made
oci-layer fixture >fixture.tar
mkdir out
unlayer fixture.tar | tar xpf - -C out --xattrs --xattrs-include='*'
gives 'GNU tar gives the fixture tree back' '' "$TESTS/tools/treecmp.py" fixture out
if ! lacks bsdtar 1; then
	mkdir bsd
	unlayer fixture.tar | bsdtar xpf - -C bsd
	gives 'so does bsdtar' '' "$TESTS/tools/treecmp.py" fixture bsd
fi
is 'each directory comes before what is in it, names sorted by their bytes' \
	"$(unlayer fixture.tar | python3 -c '
import sys, tarfile
names = [m.name for m in tarfile.open(fileobj=sys.stdin.buffer, mode="r|", encoding="latin-1")]
print(names == sorted(names, key=lambda n: n.encode("latin-1").split(b"/")))')" True
oci-layer out >again.tar
is 'a layer of what was unpacked is the same' "$(diffid again.tar)" "$(diffid fixture.tar)"
oci-layer --no-xattrs fixture >bare.tar
is '--no-xattrs' "$(unlayer bare.tar | grep -ac SCHILY)" 0
is 'in the tar attributes are pax records' \
	"$(if grep -q xattr made; then echo SCHILY.xattr.; else
		unlayer fixture.tar | grep -ao 'SCHILY.xattr.' | sort -u; fi)" SCHILY.xattr.

# --- pax only where ustar can't say it (rows: O106) ---
mkdir long
for n in 99 100 101; do echo >"long/$(printf "%0${n}d" 0)"; done
mkdir -p "long/$(printf '%0155d' 0)"
echo >"long/$(printf '%0155d' 0)/$(printf '%0100d' 0)"
echo >"long/$(printf '%0155d' 0)/$(printf '%0101d' 0)"
oci-layer long >long.tar
is 'names of 100 bytes, and of 155 + 100, need none' \
	"$(unlayer long.tar | grep -ac ' path=')" 3
oci-layer -m 1 long >other.tar
is 'the name of a pax header says nothing of time or process' \
	"$(unlayer other.tar | tar tvvf - 2>&1 | grep -c 1970-01-01)" "$(unlayer other.tar | tar tf - | wc -l)"
is 'it is the same every time' "$(unlayer long.tar | grep -ao 'PaxHeaders[^/]*' | sort -u)" PaxHeaders.0

# --- hard links ---
mkdir -p h1/z h2
echo x >h1/z/late
ln h1/z/late h1/early
ln h1/z/late h2/other
ln h1/z/late outside
oci-layer h1 h2 >hard.tar
is 'the first in order is the file, the others are links to it, across operands too' \
	"$(unlayer hard.tar | tar tvf - | cut -c1,49- | paste -sd'|')" \
	'-early|hother link to early|dz/|hz/late link to early'
oci-layer -x early h1 h2 >hard.tar
is 'what is left out is no first' "$(unlayer hard.tar | tar tvf - | cut -c1,49- | paste -sd'|')" \
	'-other|dz/|hz/late link to other'
oci-layer --prefix p h1 >hard.tar
is 'links are below the prefix too' "$(unlayer hard.tar | tar tvf - | tail -n 1 | cut -c49-)" \
	'p/z/late link to p/early'

# --- patterns ---
mkdir -p x/a/b x/b x/.git
touch x/a/b/file.o x/a/file.o x/file.o x/file.c x/b/keep x/.git/HEAD 'x/[odd]' x/a/b/ab
without() { oci-layer "$@" x >x.tar && names x.tar | paste -sd' '; }
all=$(without)
is 'without a pattern all is there' "$all" \
	'.git/ .git/HEAD [odd] a/ a/b/ a/b/ab a/b/file.o a/file.o b/ b/keep file.c file.o'
is 'without a slash: the base name at any depth' "$(without -x '*.o')" \
	'.git/ .git/HEAD [odd] a/ a/b/ a/b/ab b/ b/keep file.c'
is 'a folder goes with what is in it' "$(without -x b)" \
	'.git/ .git/HEAD [odd] a/ a/file.o file.c file.o'
is 'with a slash: the path from the operand' "$(without -x a/b)" \
	'.git/ .git/HEAD [odd] a/ a/file.o b/ b/keep file.c file.o'
is 'a star matches slashes' "$(without -x 'a/*.o')" \
	'.git/ .git/HEAD [odd] a/ a/b/ a/b/ab b/ b/keep file.c file.o'
is 'a leading slash is the operand' "$(without -x /file.o)" \
	'.git/ .git/HEAD [odd] a/ a/b/ a/b/ab a/b/file.o a/file.o b/ b/keep file.c'
is 'so is ./' "$(without -x ./file.o)" "$(without -x /file.o)"
is 'a trailing slash: folders alone' "$(without -x '*b/')" \
	'.git/ .git/HEAD [odd] a/ a/file.o file.c file.o'
is 'a question mark' "$(without -x 'file.?')" '.git/ .git/HEAD [odd] a/ a/b/ a/b/ab b/ b/keep'
is 'a set' "$(without -x 'file.[a-d]')" \
	'.git/ .git/HEAD [odd] a/ a/b/ a/b/ab a/b/file.o a/file.o b/ b/keep file.o'
is 'a negated set' "$(without -x 'file.[!c]')" '.git/ .git/HEAD [odd] a/ a/b/ a/b/ab b/ b/keep file.c'
is 'a set that holds its bracket' "$(without -x '[]x[]odd*')" \
	'.git/ .git/HEAD a/ a/b/ a/b/ab a/b/file.o a/file.o b/ b/keep file.c file.o'
is 'an escaped bracket' "$(without -x '\[odd]')" "$(without -x '[]x[]odd*')"
is 'dots are bytes like others' "$(without -x '*git*')" \
	'[odd] a/ a/b/ a/b/ab a/b/file.o a/file.o b/ b/keep file.c file.o'
is 'several' "$(without -x '*.o' -x .git -x /b -x a -x '[[]odd]')" file.c
is 'all' "$(without -x '*')" ''
is 'a pattern of many stars ends' "$(without -x '*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b')" "$all"
printf '*.o\n\n.git\n/b' >patterns
is '-X: one a line, the last without newline' "$(without -X patterns)" '[odd] a/ a/b/ a/b/ab file.c'
is '-X from standard input' "$(without -X - <patterns)" '[odd] a/ a/b/ a/b/ab file.c'
printf '.*\r\n' >dos
is 'a carriage return is a byte' "$(without -X dos)" "$all"
is 'patterns of each operand' "$(oci-layer -x a/b x h1 >x.tar && names x.tar | wc -l)" 12
refuses 'an empty pattern' 2 'matches nothing' oci-layer -x '' x
refuses 'a pattern of slashes' 2 'matches nothing' oci-layer -x ./ x
refuses 'a set without an end' 2 '[ab' oci-layer -x '[ab' x
refuses 'a file of patterns that is not there' 4 'nowhere: No such file' oci-layer -X nowhere x
printf 'a\0b\n' >nul
refuses 'a NUL in a pattern' 3 'nul: a pattern with a NUL' oci-layer -X nul x
tarlib 'b"x" * 4096 + b"\n"' >longest
ok 'a pattern of 4096 bytes' oci-layer -X longest x
tarlib 'b"x" * 4097' >longer
refuses 'one of 4097' 3 'longer than 4096' oci-layer -X longer x
tarlib 'b"x" * 20000' >longer
refuses 'one of 20,000' 3 'longer than 4096' oci-layer -X longer x
tarlib 'b"x\n" * 4097' >many
refuses 'more than 4096 patterns' 3 'more than 4096' oci-layer -X many x

# --- what no layer holds (rows: T123 O109 O110) ---
mkdir -p odd/sub
mkfifo odd/sub/fifo
refuses 'a fifo' 3 'odd/sub/fifo: a fifo' oci-layer odd
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("odd/a-socket")'
refuses 'a socket; the first is named' 3 'odd/a-socket: a socket' oci-layer odd
refuses 'also for imgpkg' 3 'odd/a-socket: a socket' oci-layer --imgpkg odd
refuses 'an operand' 3 'odd/sub/fifo: a fifo' oci-layer odd/sub/fifo
refuses 'a device' 3 '/dev/null: a device' oci-layer /dev/null
ok 'but what is left out is not missed' oci-layer -x fifo -x '*socket' odd
mkdir -p wh/etc
echo >wh/etc/.wh.passwd
refuses 'a name that would be a whiteout' 3 'wh/etc/.wh.passwd: a name that begins with .wh.' oci-layer wh
refuses 'a folder of such a name' 3 '.wh..wh..opq' sh -c 'mkdir -p opq/.wh..wh..opq; oci-layer opq'
ok 'a name that only contains it' sh -c 'mkdir -p in; echo >in/a.wh.b; oci-layer in'

# --- time (rows: T128) ---
mtime() { oci-layer "$@" x >m.tar && unlayer m.tar | TZ=UTC tar tvf - file.c --full-time | awk '{ print $4, $5 }'; }
is '-m' "$(mtime -m 1700000000)" '2023-11-14 22:13:20'
is 'SOURCE_DATE_EPOCH' "$(SOURCE_DATE_EPOCH=1700000000 mtime)" '2023-11-14 22:13:20'
is '-m wins' "$(SOURCE_DATE_EPOCH=junk mtime -m 1)" '1970-01-01 00:00:01'
is 'an empty SOURCE_DATE_EPOCH is none' "$(SOURCE_DATE_EPOCH='' mtime)" '1970-01-01 00:00:00'
is 'a time that ustar cannot say' "$(mtime -m 8589934592)" '2242-03-16 12:56:32'
for epoch in -1 x 18446744073709551616 9223372036854775808; do
	refuses "SOURCE_DATE_EPOCH $epoch" 2 'SOURCE_DATE_EPOCH: not a number' \
		env SOURCE_DATE_EPOCH=$epoch oci-layer x
done
