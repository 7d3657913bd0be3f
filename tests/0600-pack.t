#!/bin/sh
# oci-pack: one archive in canonical order, the same bytes whatever the order of the input.
. "${0%/*}/lib.sh"
plan 46

two='image(layer("etc/motd", b"hi\n"), layer("a", noise(9000)), tag="v1", name="example.com/a:v1")'
tarlib "layout($two)" >s.tar
oci-pack s.tar >packed.tar
names() { tar tf "$1" | sed 's|blobs/sha256/\(.\).*|blob|'; }

gives 'entries stand in their order, index.json last' 'oci-layout
blobs/
blobs/sha256/
blob
blob
blob
blob
manifest.json
index.json' names packed.tar
is 'layers come in their order, then config, then manifest' \
	"$(tar tf packed.tar | sed -n 's|blobs/sha256/\(.\)|sha256:\1|p')" \
	"$(tarlib "''.join(d + '\n' for d in ($two).blobs)")"
is 'modes, owners and times are fixed' "$(tar tvf packed.tar | cut -c1-14 | sort -u)" \
	'-rw-r--r-- 0/0
drwxr-xr-x 0/0'
is 'times are 0' "$(TZ=UTC tar tvf packed.tar | grep -vc '1970-01-01 00:00')" 0
is 'two zero blocks end it, no more' "$(tail -c 1024 packed.tar | tr -d '\0' | wc -c) \
$(($(tail -c 1536 packed.tar | tr -d '\0' | wc -c) > 0))" '0 1'
is 'ustar alone, no pax' "$(tar tvf packed.tar | grep -c '^[^-d]')$(grep -c 'PaxHeader' packed.tar)" 00
# rows: T34 O106
ok 'what it wrote it writes again' sh -c 'oci-pack packed.tar | cmp - packed.tar'

# --- any order, any way in, any way out (rows: T23 O14) ---
order=0
for seed in 1 2 3 4 5 6; do
	tarlib "tar(*shuffled(members($two), $seed))" >shuffled.tar
	oci-pack shuffled.tar >1.tar
	oci-pack -o 2.tar shuffled.tar
	cat shuffled.tar | oci-pack >3.tar
	cat shuffled.tar | oci-pack -o 4.tar
	gzip -c shuffled.tar >shuffled.tgz
	oci-pack -o 5.tar shuffled.tgz
	oci-pack <shuffled.tar | cat >6.tar
	for n in 1 2 3 4 5 6; do
		if cmp -s $n.tar packed.tar; then order=$((order + 1)); else diag "seed $seed, way $n"; fi
	done
done
is 'six orders, six ways: the same bytes' $order 36
(mkdir dir && cd dir && tar xf ../s.tar)
ok 'from a layout directory' sh -c 'oci-pack dir | cmp - packed.tar'
ok 'from a layout directory with -o' sh -c 'oci-pack -o 7.tar dir && cmp 7.tar packed.tar'
ok 'from zstd' sh -c 'zstd -qc s.tar | oci-pack -o 8.tar && cmp 8.tar packed.tar'
ok 'into a file that is its input' sh -c 'cp s.tar same.tar && oci-pack -o same.tar same.tar && cmp same.tar packed.tar'
ok 'into standard output that is a file' sh -c 'oci-pack -o /dev/stdout s.tar >9.tar && cmp 9.tar packed.tar'
# rows: T116
ok 'through slow pipes of one byte' sh -c 'dd if=s.tar bs=1 status=none | oci-pack | dd bs=1 status=none | cmp - packed.tar'
# rows: O102 T127
ok 'under another umask, locale and time zone' \
	sh -c 'umask 077; LC_ALL=tr_TR.UTF-8 TZ=Asia/Tokyo oci-pack s.tar | cmp - packed.tar'

# --- what is dropped, what is kept ---
# rows: T8 O39 O40 O41 O43
tarlib "layout($two, extra=[(digest(b'nobody'), b'nobody'), (digest(b'{}'), b'{}')])" >more.tar
ok 'blobs that nothing refers to are dropped' sh -c 'oci-pack more.tar | cmp - packed.tar'
ok 'also from a pipe into a file' sh -c 'cat more.tar | oci-pack -o o.tar && cmp o.tar packed.tar'
tarlib "layout($two, extra=[('sha256:' + 'b' * 64, b'not that')])" >liar.tar
refuses 'but not before they were verified' 5 "sha256:$(printf 'b%.0s' $(seq 64))" oci-pack liar.tar
refuses 'also on their way to a file' 5 'sha256:bbbb' sh -c 'cat liar.tar | oci-pack -o o2.tar'
ok 'no file then' test ! -e o2.tar
tarlib "tar(entry('README', b'x'), entry('foo/bar', b'y'), entry('._index.json', b'z'), entry('blobs/sha256/tmp123', b'z'), *members($two))" >extra.tar
ok 'entries of no layout are left out' sh -c 'oci-pack extra.tar | cmp - packed.tar'
tarlib "layout(loose_layer(layer('a', b'1')), $two, loose_layer(layer('b', b'2')), loose_layer(layer('a', b'1')))" >loose.tar
oci-pack loose.tar >o.tar
is 'layers of no image are kept, each entry, in order' \
	"$(tar xOf o.tar index.json | jq -c '[.manifests[]|.mediaType|split(".")[-1]]')" \
	'["tar+gzip","v1+json","tar+gzip","tar+gzip"]'
is 'their blob once' "$(tar tf o.tar | sort | uniq -d)" ''
tarlib "layout(image(layer('x', b'x'), tag='a'), image(layer('x', b'x'), layer('y', b'y'), tag='b'))" >shared.tar
is 'a layer that two images share is there once' "$(oci-pack shared.tar | tar tf - | grep -c 'blobs/sha256/.')" 6
tarlib 'layout()' >none.tar
# rows: O21
is 'no image is no error' "$(oci-pack none.tar | tar xOf - index.json)" \
	'{"manifests":[],"mediaType":"application/vnd.oci.image.index.v1+json","schemaVersion":2}'

# --- archives put together (rows: T5 O42 O48 O98) ---
cat s.tar s.tar >twice.tar
ok 'the same archive twice is that archive' sh -c 'oci-pack twice.tar | cmp - packed.tar'
ok 'as operands too' sh -c 'oci-pack s.tar s.tar | cmp - packed.tar'
ok 'and one from a pipe' sh -c 'oci-pack s.tar - <s.tar | cmp - packed.tar'
tarlib 'layout(image(layer("b", b"2"), tag="v1"))' >b.tar
tarlib 'layout(image(layer("b", b"3"), tag="v1"))' >c.tar
tarlib 'layout(image(layer("b", b"3"), tag="v2"))' >c2.tar
refuses 'one name on two images' 3 'v1 names two images: sha256:' oci-pack b.tar c.tar
refuses 'also one after another in a pipe' 3 'v1' sh -c 'cat b.tar c.tar | oci-pack'
ok 'with --replace the later wins' sh -c 'oci-pack --replace b.tar c.tar >r.tar; oci-pack c.tar | cmp - r.tar'
ok 'without a clash both are there' sh -c 'oci-pack -o both.tar b.tar c2.tar'
is 'under their names' "$(tar xOf both.tar index.json | jq -c '[.manifests[].annotations[]]')" '["v1","v2"]'
ok 'concatenated: the same' sh -c 'cat b.tar c2.tar | oci-pack -o cat.tar && cmp cat.tar both.tar'

# --- what is carried through unchanged ---
# rows: T50 O77 O119
tarlib 'layout(image(manifest=None, tag="v1", edit=lambda m: m.update(annotations={"k": "\u00fc\\\"\n" * 100000, "x.y": ""})))' >notes.tar
root() { tar xOf "$1" index.json | jq -r '.manifests[0].digest'; }
is 'an annotation of 400 KB in a manifest' "$(oci-pack notes.tar | tee o.tar | root -)" "$(root notes.tar)"
tarlib 'layout(image(tag="v1", annotations={"k": "\u00fc\\\"\n" * 200000, "x": ""}))' >notes.tar
is 'one of 1 MB in index.json' "$(oci-pack notes.tar | tar xOf - index.json | jq -S '.manifests[0].annotations' | sha256sum)" \
	"$(tar xOf notes.tar index.json | jq -S '.manifests[0].annotations' | sha256sum)"
tarlib 'layout(image(tag="v1", manifest=(lambda i: b" \n" + i.document.replace(b",", b" ,\n\t"))(image())))' >odd.tar
is 'a document with odd spacing keeps its digest' "$(oci-pack odd.tar | tar xOf - index.json | jq -r '.manifests[0].digest')" "$(root odd.tar)"

# --- the program ---
refuses 'a format that is none' 2 '-F: oci or dir: zip' oci-pack -F zip -o x s.tar
ok 'nothing was made' test ! -e x
refuses 'one that is not there yet' 2 '-F' oci-pack -F docker s.tar
refuses 'a platform that is none' 2 'linux' oci-pack -p linux/amd64/x/y s.tar
refuses 'a name that is none' 2 '-bad' oci-pack -t -bad s.tar
refuses 'nothing on standard input' 3 'empty' oci-pack </dev/null
refuses 'a missing file' 4 'nowhere.tar: No such file' oci-pack nowhere.tar
refuses 'a full disk' 4 'standard output' sh -c 'exec oci-pack s.tar >/dev/full'
refuses 'a missing file of --from' 4 'nowhere.tar: No such file' oci-pack --from nowhere.tar s.tar
