#!/bin/sh
# oci-pack refuses what is cut, damaged, contradictory or incomplete, and says which blob it is.
. "${0%/*}/lib.sh"
plan 62

img='image(layer("etc/motd", b"hi\n"), layer("a", noise(3000)), tag="v1")'
tarlib "layout($img)" >s.tar
oci-pack s.tar >packed.tar
layer=$(tar xOf s.tar blobs/sha256/"$(tar xOf s.tar index.json | jq -r '.manifests[0].digest[7:]')" | jq -r '.layers[1].digest')
config=$(tar xOf s.tar blobs/sha256/"$(tar xOf s.tar index.json | jq -r '.manifests[0].digest[7:]')" | jq -r '.config.digest')

# --- ended early (rows: T1 T3 O97) ---
content=$(($(wc -c <s.tar) - 1024 - 512))
text=$(tar xOf s.tar index.json | wc -c)
if sweeping; then
	echo old >kept
	is 'cut at every byte before the end of index.json: refused, no file' "$(python3 - "$((content + text))" <<'END'
import subprocess, sys
data = open("s.tar", "rb").read()
for n in range(int(sys.argv[1])):
    for way in (["oci-pack"], ["oci-pack", "-o", "kept"]):
        p = subprocess.run(way, input=data[:n], capture_output=True)
        if p.returncode not in (3, 5) or b"index.json" in p.stdout or p.stderr.count(b"\n") != 1:
            print(n, way, p.returncode, p.stderr)
print(open("kept").read().strip())
END
)" old
else
	skip 1 'every byte was tried once'
fi
head -c -512 s.tar >one.tar
ok 'with one end block' sh -c 'oci-pack one.tar | cmp - packed.tar'
head -c -1024 s.tar >none.tar
ok 'without end blocks' sh -c 'cat none.tar | oci-pack | cmp - packed.tar'
head -c $((content - 512)) s.tar >blob.tar
refuses 'cut before index.json it says so' 3 'ended before index.json: the command before this one failed' \
	oci-pack blob.tar
for n in 100 700 2100 $((content - 700)); do
	head -c $n s.tar >cut.tar
	refuses "cut at $n too" 3 ': the command before this one failed' oci-pack cut.tar
done
refuses 'and the offset is told' 3 'standard input: offset ' sh -c "head -c 2100 s.tar | oci-pack"
{ cat s.tar; head -c 100 s.tar; } >junk.tar
refuses 'what follows a whole archive is no cut' 3 'junk after the end of the archive' oci-pack junk.tar
{ cat s.tar; head -c 512 s.tar; } >second.tar
refuses 'a second archive that was opened and not committed' 3 'ended' oci-pack second.tar
{ cat s.tar; head -c 3000 s.tar; } >second.tar
refuses 'also from a pipe, into a file' 3 'ended' sh -c 'cat second.tar | oci-pack -o o.tar'
ok 'which then is not there' test ! -e o.tar

# --- the same blob again, entries of a wrong kind (rows: T17 T18 O12 O13) ---
tarlib "(lambda m: tar(*(m[:4] + m[3:])))(members($img))" >twice.tar
ok 'a blob twice is there once' sh -c 'oci-pack twice.tar | cmp - packed.tar'
tarlib "layout($img, extra=[('$layer', b'another')])" >differs.tar
refuses 'a second copy that differs' 5 "$layer" oci-pack differs.tar
refuses 'from a pipe into a file' 5 "$layer" sh -c 'cat differs.tar | oci-pack -o o.tar'
tarlib "(lambda m: tar(*(m + m[-1:])))(members($img))" >twice.tar
refuses 'index.json twice in one archive' 3 'index.json' oci-pack twice.tar

# --- damaged (rows: T19 O36 O37) ---
flip()	# file, offset from its end, to
{
	python3 -c 'import sys
d = bytearray(open(sys.argv[1], "rb").read()); d[int(sys.argv[2])] ^= 1
open(sys.argv[3], "wb").write(d)' "$1" "$2" "$3"
}
at=$(grep -abo "${layer#sha256:}" s.tar | head -n 1 | cut -d: -f1)
flip s.tar $((at - 13 + 512 + 100)) flipped.tar
refuses 'a layer one bit off, with both digests' 5 "$layer" oci-pack flipped.tar
is 'both' "$(grep -o 'sha256:[0-9a-f]\{64\}' "$ERR" | sort -u | wc -l)" 2
refuses 'in a pipe' 5 "$layer" sh -c 'cat flipped.tar | oci-pack'
refuses 'on its way to a file' 5 "$layer" sh -c 'cat flipped.tar | oci-pack -o o.tar'
ok 'which then is not there' test ! -e o.tar
refuses 'into a directory' 5 "$layer" oci-pack -F dir -o o flipped.tar
ok 'which then is not there either, nor anything beside it' sh -c 'test ! -e o && ! ls -A | grep ocipipe'
tarlib "layout($img, extra=[('sha256:' + 'c' * 64, b'x' * 100)])" >liar.tar
refuses 'one that nothing refers to' 5 'sha256:cccc' oci-pack liar.tar
tarlib 'layout(image(tag="v1", edit=lambda m: m.update(x=1)), index={"schemaVersion": 2, "manifests": [image(tag="v1").root]})' >x.tar
refuses 'a manifest that is another than index.json says' 6 'missing' oci-pack x.tar

# --- sizes (rows: T20 T44 O35) ---
for size in n+1 n-1 0 2**53+1 9223372036854775807; do
	tarlib "layout(image(tag='v1', edit=lambda m: (lambda n: m['layers'][0].update(size=$size))(m['layers'][0]['size'])))" >x.tar
	refuses "a layer's descriptor with the size $size" 5 'bytes' oci-pack x.tar
done
tarlib "layout(image(tag='v1', edit=lambda m: m['config'].update(size=m['config']['size'] + 1)))" >x.tar
refuses "a config's size one off" 5 'bytes' oci-pack x.tar
tarlib '(lambda i: (i.root.update(size=i.root["size"] + 1), layout(i))[1])(image(tag="v1"))' >x.tar
refuses "a manifest's size one off" 5 'bytes' oci-pack x.tar
for size in -1 1.0 1e3 '"5"' null 9223372036854775808; do
	tarlib "layout(image(tag='v1', manifest=(lambda d: d.replace(b'\"size\":%d}]' % __import__('json').loads(d)['layers'][0]['size'], b'\"size\":$size}]'))(image().document)))" >x.tar
	refuses "a size of $size" 3 'size' oci-pack x.tar
done

# --- digests (rows: T21 T22 O8 O29 O30 O31 O32 O33 O34) ---
hex=$(echo "${layer#sha256:}" | tr a-f A-F)
tarlib "layout($img, without=['$layer'], extra=[('sha256:$hex', b'')])" >x.tar
refuses 'a blob under an upper-case name is no blob: its layer is missing' 6 "$layer" oci-pack x.tar
for d in "sha256:$hex" "sha256:${hex%?}" "md5:d41d8cd98f00b204e9800998ecf8427e" 'sha256:../../x' 'sha256:' \
	"sha512:$(printf '%0128d' 0)" 'SHA256:ab' 'sha256' ':abc'; do
	tarlib "layout(image(tag='v1', edit=lambda m: m['layers'][0].update(digest='$d')))" >x.tar
	refuses "a descriptor with the digest $(echo "$d" | cut -c1-20)" 3 '' oci-pack x.tar
done

# --- missing (rows: T24 O38) ---
tarlib "layout($img, without=['$layer'])" >thin.tar
refuses 'a layer that is missing, with its size' 6 "$layer: missing: application/vnd.oci.image.layer.v1.tar+gzip of" oci-pack thin.tar
is 'its size' "$(grep -o 'of [0-9]* bytes' "$ERR")" \
	"of $(tar tvf s.tar | awk -v d="blobs/sha256/${layer#sha256:}" '$6 == d { print $3 }') bytes"
refuses 'from a pipe into a file' 6 "$layer" sh -c 'cat thin.tar | oci-pack -o o.tar'
refuses 'into a directory' 6 "$layer" oci-pack -F dir -o o thin.tar
tarlib "layout($img, without=['$config'])" >x.tar
refuses 'a config that is missing' 6 "$config" oci-pack x.tar
tarlib "(lambda i: layout(i, without=[i.root['digest']]))($img)" >x.tar
refuses 'a manifest that is missing' 6 'missing: application/vnd.oci.image.manifest' oci-pack x.tar
tarlib "(lambda i: layout(i, without=list(i.blobs)[:2]))($img)" >x.tar
is 'of several all are named' "$(oci-pack x.tar 2>&1 >x.out | grep -o 'missing: application[^;]*; also missing: sha256:[0-9a-f]*$' | wc -l)" 1
tarlib "(lambda i: layout(i, without=list(i.blobs)[:30]))(image(*[layer('a', b'%d' % k) for k in range(30)], tag='v1'))" >x.tar
refuses 'of many ten, and how many more there are' 6 ', and 20 more' oci-pack x.tar
is 'ten' "$(grep -o 'sha256:[0-9a-f]\{64\}' "$ERR" | sort -u | wc -l)" 10
ok 'a thin archive and one that has the layer' sh -c 'cat thin.tar s.tar | oci-pack | cmp - packed.tar'
tarlib "layout(image(tag='v1', manifest=b'x' + image().document[1:]))" >x.tar
refuses 'a manifest that is no JSON object' 3 'not a JSON object' oci-pack x.tar

# --- much of nothing (rows: T25 T26) ---
python3 - >empty.tar <<'END'
import os, sys
sys.path.insert(0, os.environ["TESTS"])
from tarlib import *
out = sys.stdout.buffer
block = entry("x", b"") * 1000
for _ in range(1000):
    out.write(block)
out.write(layout(image(tag="v1")))
END
peak() { python3 -c 'import resource, subprocess, sys
with open(sys.argv[1], "rb") as f:
    p = subprocess.run(sys.argv[2:], stdin=f, stdout=subprocess.DEVNULL)
kb = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(p.returncode, "flat" if kb < 32768 else kb)' "$@"; }
if sanitized; then
	skip 1 'a sanitizer wants its own memory'
else
	is 'a million empty entries in flat memory' "$(peak empty.tar oci-pack)" '0 flat'
fi
rm -f empty.tar
refuses 'an entry of 8 TiB that ends after some bytes' 3 '' \
	sh -c '{ tarlib "pax({\"size\": str(8 << 40)}) + entry(\"big\", b\"\", size=0)"; head -c 50000000 /dev/zero; } | oci-pack'
