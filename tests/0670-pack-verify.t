#!/bin/sh
# oci-pack --verify opens each layer and compares what it holds with the config's DiffID.
. "${0%/*}/lib.sh"
plan 31

good() { name=$1; tarlib "$2" >in.tar; ok "$name" oci-pack --verify -o out.tar in.tar; }
bad() { name=$1; tarlib "$4" >in.tar; refuses "$name" "$2" "$3" oci-pack --verify -o bad.tar in.tar; }
zstd='lambda d: __import__("subprocess").run(["zstd", "-qc"], input=d, capture_output=True).stdout'

good 'gzip layers' 'layout(image(layer("a", b"1"), layer("b", b"2"), tag="v1"))'
oci-pack -o plain.tar in.tar
ok 'the archive is what it is without --verify' cmp out.tar plain.tar
ok 'also from a pipe' sh -c 'cat in.tar | oci-pack --verify -o o.tar && cmp o.tar plain.tar'
ok 'to a pipe' sh -c 'cat in.tar | oci-pack --verify | cmp - plain.tar'
ok 'into a directory' oci-pack --verify -F dir -o dir in.tar
good 'uncompressed layers' 'layout(image(compress=None))'
# rows: T35 O80 O82
good 'zstd layers' "layout(image(compress=$zstd, layer_type=MEDIA_LAYER + '+zstd'))"
good 'several members, zeros after them' 'layout(image(compress=lambda d: gzip(d[:700]) + gzip(d[700:]) + bytes(300)))'
# rows: O78 T60
good 'bytes decide, not the type' 'layout(image(compress=None, layer_type=MEDIA_LAYER_GZIP), image(layer("b", b"1"), layer_type=MEDIA_LAYER))'
is 'with a warning that names the first' "$(wc -l <"$ERR") $(grep -c "^oci-pack: warning: sha256:[0-9a-f]*: application/vnd.oci.image.layer.v1.tar+gzip, but its bytes are not compressed; 1 more are not what they say$" "$ERR")" '1 1'
good 'zstd that says to be gzip' "layout(image(compress=$zstd, layer_type=MEDIA_LAYER_GZIP))"
is 'too' "$(grep -c 'warning: .*, but its bytes are zstd$' "$ERR")" 1
good 'gzip that says to be a tar' 'layout(image(layer_type=MEDIA_LAYER), loose_layer(layer("a", b"1")))'
is 'too ' "$(grep -c 'warning: .*, but its bytes are gzip$' "$ERR")" 1
gives 'with -q it is silent' '' oci-pack -q --verify -o o.tar in.tar
good 'layers of no image' 'layout(loose_layer(layer("a", b"1")), loose_layer(layer("b", b"1"), compress=None))'
good 'images of an index' 'layout(index(image(), image(layer("a", b"1"), platform="linux/arm64"), tag="v1"))'
good 'artifacts have no DiffIDs' 'layout(image(config=b"{}", edit=lambda m: m["config"].update(mediaType="application/x")))'
ok 'what is not there cannot be opened' sh -c \
	'tarlib "layout(image(layer(\"a\", b\"1\"), layer(\"b\", b\"2\")))" >a.tar; oci-pack --verify -H a.tar -o thin.tar a.tar && oci-pack --verify -H a.tar thin.tar | cmp - thin.tar'

# rows: O69 T60
wrong='config={"rootfs": {"type": "layers", "diff_ids": ["sha256:" + "0" * 64]}}'
bad 'a DiffID that is wrong' 5 "has the DiffID sha256:" "layout(image($wrong))"
is 'image, layer and both are named' "$(grep -o 'sha256:[0-9a-f]\{64\}' "$ERR" | sort -u | wc -l)" 4
ok 'without --verify nobody looks' oci-pack -o o.tar in.tar
bad 'in an index' 5 'DiffID' "layout(index(image($wrong)))"
bad 'of a layer of no image' 5 'DiffID' 'layout((lambda l: (l.root["annotations"].update({UNCOMPRESSED: digest(b"")}), l)[1])(loose_layer(layer("a", b"1"))))'
bad 'of the same layer in a second image' 5 'DiffID' "layout(image(), image($wrong))"
bad 'of another algorithm' 3 'sha512' 'layout(image(config={"rootfs": {"type": "layers", "diff_ids": ["sha512:" + "0" * 128]}}))'
# rows: O79
bad 'gzip that ends early' 3 'sha256:' 'layout(image(compress=lambda d: gzip(d)[:-9]))'
bad 'its checksum' 3 'sha256:' 'layout(image(compress=lambda d: gzip_member(d, crc=1)))'
bad 'its length' 3 'sha256:' 'layout(image(compress=lambda d: gzip_member(d, isize=1)))'
bad 'something after its end' 3 'sha256:' 'layout(image(compress=lambda d: gzip(d) + b"more"))'
ok 'no file then' test ! -e bad.tar
