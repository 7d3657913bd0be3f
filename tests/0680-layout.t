#!/bin/sh
# The writer of streams: a file that is patched and a pipe get the same bytes.
. "${0%/*}/lib.sh"
plan 15

layout() { "$B/unit/layout" "$@"; }

gives 'the table of blobs' 'ok 1 - as many blobs as may be
ok 2 - one more is an error that names the limit
ok 3 - digests that differ in their last bytes alone
ok 4 - one more is an error that names the limit
1..4' layout

layout blobs >file.tar
layout blobs | cat >pipe.tar
ok 'layers whose size is known at their end: a file and a pipe' cmp file.tar pipe.tar
layout blobs named.tar
ok 'and a named output' cmp file.tar named.tar
(echo before && layout blobs) >later.tar
ok 'offsets count from where standard output stood' sh -c 'tail -c +8 later.tar | cmp - file.tar'
layout blobs >>append.tar
ok 'a file open for append is written as a pipe' cmp file.tar append.tar
is 'the second of two equal layers leaves no trace' "$(tar tf file.tar | grep -c 'blobs/sha256/.')" 3
ok 'a longer file that was there is cut' sh -c 'cat file.tar file.tar >old; "$B/unit/layout" blobs 1<>old; head -c "$(wc -c <file.tar)" old | cmp - file.tar'

expected()
{
	python3 -c 'import sys
d = b"".join(bytes([97 + i % 26]) * 1000 for i in range(300))
sys.stdout.buffer.write(d[:1000] + b"-" * 1536 + d[1000:] + b"end\n")'
}
expected >expected
layout shift >shifted
ok 'what was written can be moved up' cmp shifted expected
layout shift 1<>readable
ok 'also where the file could be read all along' cmp readable expected
(echo before && layout shift) >later
ok 'also behind something' sh -c 'tail -c +8 later | cmp - expected'

# rows: T125 O107
if [ -n "${OCIPIPE_LARGE:-}" ] && ! sanitized; then
	layout large 8589934592 large.tar
	is '8 GiB: pax, the same from pipe and file' "$(sha256sum <large.tar)" "$(layout large 8589934592 | sha256sum)"
	is 'which GNU tar reads' "$(tar tvf large.tar | awk '$3 > 7 { print $3 }' | tail -n 1)" 8589934592
	rm -f large.tar
else
	skip 2 'OCIPIPE_LARGE is not set: 8 GiB twice take a minute'
fi
layout large 100 small.tar
is 'a small one is ustar alone' "$(tar tf small.tar | wc -l) $(grep -c PaxHeader small.tar)" '7 0'
refuses 'a full disk, noticed at the end' 4 'write error' layout large 100 /dev/full
refuses 'a full disk, noticed on the way' 4 'write error' layout large 10000000 /dev/full
