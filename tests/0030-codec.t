#!/bin/sh
# Compression gives the same bytes whatever the threads, decompression believes nothing.
. "${0%/*}/lib.sh"
need python3
plan 74

codec=$B/unit/codec
ok 'the codecs hold what their headers promise' "$codec"
if [ "$STATUS" -ne 0 ]; then grep -v '^ok' "$OUT" | sed 's/^/# /'; fi
ok 'so they do where threads cannot be started' "$B/unit/codec-threads"
if [ "$STATUS" -ne 0 ]; then grep -v '^ok' "$OUT" | sed 's/^/# /'; fi

compress() { "$codec" compress "$1" "$2" "$3" "$4" <"$5" >"$6"; }
# By 4 KiB into a file: what came before an error is not asked for.
inflate() { "$codec" decompress "$1" 4096 <"$2" >inflated; }
python_gunzip() { python3 -c 'import gzip,sys; sys.stdout.buffer.write(gzip.open(sys.argv[1]).read())' "$1" >out; }

cat >make.py <<'END'
import gzip, os, random, struct, zlib

random.seed(7)
def put(name, data):
    with open(name, "wb") as f:
        f.write(data)

words = [bytes(random.choices(b"abcdefghijklmnopqrstuvwxyz", k=random.randint(2, 9)))
         for _ in range(3000)]
text = b" ".join(random.choices(words, k=400000))[:2 << 20]
mixed = text + random.randbytes((1 << 20) + 4321) + bytes(300000) + text[:500000]
put("mixed", mixed)
put("empty", b"")
put("word", b"hello")

def member(data, head=None, crc=None, size=None):
    c = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = c.compress(data) + c.flush()
    if head is None:
        head = b"\x1f\x8b\x08\0\0\0\0\0\0\xff"
    crc = zlib.crc32(data) if crc is None else crc
    size = len(data) if size is None else size
    return head + body + struct.pack("<II", crc, size)

hello = member(b"hello")
put("plain.gz", hello)
put("crc.gz", member(b"hello", crc=1))
put("isize.gz", member(b"hello", size=6))
put("isize-second.gz", hello + member(b"hello", size=0xffffffff))
put("zeros.gz", hello + bytes(200000))
put("one-zero.gz", hello + b"\0")
put("junk.gz", hello + b"junk")
put("one-junk.gz", hello + b"j")
put("late-junk.gz", hello + bytes(200000) + b"\1")
put("zeros-member.gz", hello + bytes(512) + hello)
put("begun.gz", hello + b"\x1f\x8b\x08\0")
put("one-byte-begun.gz", hello + b"\x1f")
put("thousand.gz", b"".join(member(bytes([65 + i % 26])) for i in range(1000)))
put("thousand", bytes(65 + i % 26 for i in range(1000)))
put("empty-between.gz", member(b"hel") + member(b"") + member(b"lo"))
for cut in range(1, 9):
    put(f"cut-{cut}.gz", hello[:-cut])

def head(flags, extra=b"", cm=8):
    return b"\x1f\x8b" + bytes([cm, flags]) + b"\0\0\0\0\0\xff" + extra
extra = struct.pack("<H", 65535) + bytes(65535)
put("extra.gz", member(b"hello", head(4, extra)))
put("name-endless.gz", head(8, b"n" * (1 << 20)))
put("name-long.gz", member(b"hello", head(8, b"n" * (131072 - 10 - 1) + b"\0")))
put("name-too-long.gz", member(b"hello", head(8, b"n" * (131072 - 10) + b"\0")))
put("second-name.gz", hello + member(b"hello", head(8, b"n" * 200000 + b"\0")))
h = head(2)
put("fhcrc.gz", member(b"hello", h + struct.pack("<H", zlib.crc32(h) & 0xffff)))
put("fhcrc-bad.gz", member(b"hello", h + struct.pack("<H", zlib.crc32(h) & 0xffff ^ 1)))
put("reserved.gz", member(b"hello", head(0x20)))
put("method.gz", member(b"hello", head(0, cm=7)))
put("damaged.gz", hello[:10] + b"\x07" + hello[11:])
put("no-gzip", b"hello, this is text")
put("zlib", zlib.compress(b"hello"))
# 1 MiB of empty stored blocks that give nothing, then hello.
put("empty-blocks.gz", head(0) + b"\0\0\0\xff\xff" * 200000 + hello[10:])

def frame(window, blocks=b"\x29\0\0hello", descriptor=0, after=b""):
    return (b"\x28\xb5\x2f\xfd" + bytes([descriptor]) +
            (b"" if window is None else bytes([window])) + after + blocks)
skippable = b"\x5a\x2a\x4d\x18" + struct.pack("<I", 100) + bytes(100)
# Window byte: exponent << 3 | mantissa, 2^(10 + exponent) * (1 + mantissa / 8).
put("plain.zst", frame(0))
put("window-27.zst", frame(17 << 3))
put("window-27-more.zst", frame(17 << 3 | 1))
put("window-31.zst", frame(21 << 3))
put("single-2e40.zst", frame(None, descriptor=0xe0, after=struct.pack("<Q", 1 << 40)))
put("dictionary.zst", frame(0, descriptor=1, after=b"\x05"))
put("skippable.zst", skippable + frame(0, b"\x19\0\0hel") + frame(0, b"\x11\0\0lo") + skippable)
put("cut.zst", frame(0)[:-1])
put("cut-skippable.zst", frame(0) + skippable[:-1])
put("junk.zst", frame(0) + b"junkjunk")
put("one-junk.zst", frame(0) + b"j")
put("padded.zst", frame(0) + bytes(512))
put("old-format.zst", frame(0) + b"\x25\xb5\x2f\xfd" + frame(0)[4:])
put("no-zstd", b"hello, this is text")
put("checksum.zst", frame(0, descriptor=4, after=b"") + b"\0\0\0\0")
END
python3 make.py || exit 1

# --- what others read ---

compress gzip 0 2 65536 mixed mixed.gz
compress gzip 0 1 100000 empty empty.gz
# rows: T56 O80
ok 'gzip reads what we write' gzip -t mixed.gz
python_gunzip mixed.gz
ok 'Python reads all members of it' cmp out mixed
ok 'so does zlib, here' inflate gzip mixed.gz
ok '... to the same bytes' cmp inflated mixed
gzip -dc empty.gz >out
ok 'an empty layer is a gzip file' cmp out empty
for level in 2 6 9 12; do
	compress gzip $level 2 65536 mixed level.gz
	gzip -dc level.gz >out
	ok "gzip reads level $level" cmp out mixed
done
if ! lacks pigz 1; then
	pigz -dc mixed.gz >out
	ok 'pigz reads it' cmp out mixed
fi
if ! lacks zstd 4; then
	compress zstd 0 2 65536 mixed mixed.zst
	compress zstd 19 1 65536 mixed mixed19.zst
	compress zstd 0 2 65536 empty empty.zst
	ok 'zstd reads what we write' zstd -tq mixed.zst
	is 'each MiB is a frame, each frame has its checksum' \
		"$(zstd -lv mixed.zst 2>/dev/null | grep -E '^(# Zstandard Frames|Check):' | paste -s -d ' ' -)" \
		'# Zstandard Frames: 4 Check: XXH64'
	zstd -dcq mixed19.zst >out
	ok 'zstd reads level 19' cmp out mixed
	zstd -dcq empty.zst >out
	ok 'and an empty layer' cmp out empty
fi

# --- gzip that others write, well or badly ---

gzip -c mixed >peer.gz
ok 'a single large member is read' inflate gzip peer.gz
ok '... to the same bytes' cmp inflated mixed
# rows: T54 O79
refuses 'a wrong CRC32' 3 'incorrect data check' inflate gzip crc.gz
refuses 'a wrong ISIZE' 3 'incorrect length check' inflate gzip isize.gz
refuses 'a wrong ISIZE in a later member' 3 'incorrect length check' inflate gzip isize-second.gz
for n in 1 2 3 4 5 6 7 8; do
	refuses "a trailer cut by $n" 3 'standard input: gzip data is cut short' inflate gzip cut-$n.gz
done
# rows: T55
reads()
{
	run inflate "$2" "$3"
	if [ "$STATUS" -eq 0 ] && [ ! -s "$ERR" ] && cmp -s inflated "$4"; then
		pass "$1"
	else
		fail "$1"
		explain inflate "$2" "$3"
	fi
}
reads 'zeros after the last member are padding' gzip zeros.gz word
reads 'a single zero is' gzip one-zero.gz word
refuses 'junk after the last member' 3 'junk after the end of gzip data' inflate gzip junk.gz
refuses 'one byte of it' 3 'junk after the end of gzip data' inflate gzip one-junk.gz
refuses 'junk after padding' 3 'junk after the end of gzip data' inflate gzip late-junk.gz
refuses 'a member after padding' 3 'junk after the end of gzip data' inflate gzip zeros-member.gz
refuses 'a member that has only begun' 3 'gzip data is cut short' inflate gzip begun.gz
refuses 'only its first byte' 3 'gzip data is cut short' inflate gzip one-byte-begun.gz
reads 'a thousand members of a byte' gzip thousand.gz thousand
reads 'an empty member in the middle' gzip empty-between.gz word
# rows: T57
reads 'an extra field of 65,535 bytes' gzip extra.gz word
refuses 'a name without an end' 3 'gzip header of more than 131072 bytes' inflate gzip name-endless.gz
reads 'a header of 128 KiB' gzip name-long.gz word
refuses 'a header of one byte more' 3 'gzip header of more than' inflate gzip name-too-long.gz
refuses 'such a header of a later member' 3 'gzip header of more' inflate gzip second-name.gz
reads 'a header with its CRC' gzip fhcrc.gz word
refuses 'a wrong header CRC' 3 'header crc mismatch' inflate gzip fhcrc-bad.gz
refuses 'a reserved flag' 3 'unknown header flags' inflate gzip reserved.gz
refuses 'another method than deflate' 3 'unknown compression method' inflate gzip method.gz
refuses 'a damaged deflate stream' 3 'gzip data is damaged' inflate gzip damaged.gz
refuses 'what is not gzip' 3 'standard input: not gzip data' inflate gzip no-gzip
refuses 'nor zlib' 3 'not gzip data' inflate gzip zlib
refuses 'an input without a byte' 3 'empty, not gzip data' inflate gzip empty
reads 'many blocks that give nothing' gzip empty-blocks.gz word

# --- zstd likewise ---

# rows: T59 O82
reads 'frames between skippable ones' zstd skippable.zst word
reads 'a window of 128 MiB' zstd window-27.zst word
refuses 'a window of a little more' 3 'zstd window of more than 128 MiB' inflate zstd window-27-more.zst
refuses 'a window of 2 GiB' 3 'zstd window of more than 128 MiB' inflate zstd window-31.zst
refuses 'one segment of 1 TiB' 3 'zstd window of more than 128 MiB' inflate zstd single-2e40.zst
refuses 'a dictionary' 3 'zstd data needs a dictionary' inflate zstd dictionary.zst
refuses 'a wrong checksum' 3 'zstd data is damaged' inflate zstd checksum.zst
refuses 'a frame cut short' 3 'zstd data is cut short' inflate zstd cut.zst
refuses 'a skippable frame cut short' 3 'zstd data is cut short' inflate zstd cut-skippable.zst
refuses 'junk after a frame' 3 'junk after the end of zstd data' inflate zstd junk.zst
refuses 'one byte of it' 3 'junk after the end of zstd data' inflate zstd one-junk.zst
refuses 'zeros after a frame' 3 'junk after the end of zstd data' inflate zstd padded.zst
refuses 'a format before zstd' 3 'junk after the end of zstd data' inflate zstd old-format.zst
refuses 'what is not zstd' 3 'standard input: not zstd data' inflate zstd no-zstd
refuses 'an input without a byte' 3 'empty, not zstd data' inflate zstd empty

# --- what is only known ---

# rows: O15
if ! lacks xz 1; then
	xz -c word >word.xz
	gives 'xz is known by its first bytes' 'xz' "$codec" detect <word.xz
fi
if ! lacks bzip2 2; then
	bzip2 -c word >word.bz2
	bzip2 -c empty >empty.bz2
	gives 'bzip2 is' 'bzip2' "$codec" detect <word.bz2
	gives 'also an empty one' 'bzip2' "$codec" detect <empty.bz2
fi

# --- memory ---

# Peak memory, in KiB, of a command that reads $1.
peak()
{
	input=$1
	shift
	"$codec" "$@" peak <"$input" 2>&1 >/dev/null
}
if sanitized; then
	skip 3 'a sanitizer has memory of its own'
else
	cat mixed mixed mixed mixed mixed mixed mixed >large
	python3 -c 'import sys
for i in range(256): sys.stdout.buffer.write(bytes(1 << 20))' | gzip -1 >bomb.gz
	ok 'gzip by two threads takes less than 16 MiB' \
		test "$(peak large compress gzip 0 2 65536)" -lt 16384
	ok 'zstd less than 24' test "$(peak large compress zstd 0 2 65536)" -lt 24576
	# rows: T58 O81
	ok 'a bomb in passing less than 8' \
		test "$(peak bomb.gz decompress gzip 65536)" -lt 8192
fi
