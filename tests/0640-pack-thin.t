#!/bin/sh
# Thin archives: oci-pack -H leaves layers out, --from puts them back.
. "${0%/*}/lib.sh"
plan 35

old='image(layer("base", noise(70000)), layer("app", b"1"), tag="v1", name="example.com/a:v1")'
new='image(layer("base", noise(70000)), layer("app", b"2"), tag="v2", name="example.com/a:v2")'
tarlib "layout($old)" >old.tar
tarlib "layout($new)" >new.tar
oci-pack new.tar >whole.tar
thin() { tar xOf "$1" index.json | jq -r '.annotations["dev.ocipipe.thin"]'; }
blobs() { tar tf "$1" | grep -c 'blobs/sha256/.'; }
size() { wc -c <"$1"; }

ok 'a thin archive' oci-pack -H old.tar -o thin.tar new.tar
is 'has the one new layer and all documents' "$(blobs thin.tar)" 3
is 'says so' "$(thin thin.tar)" true
is 'is small' "$(($(size thin.tar) < 8192))" 1
is 'has no manifest.json: docker load would miss layers' "$(tar tf thin.tar | grep -c manifest.json)" 0
is 'a whole one says nothing' "$(thin whole.tar)" null
ok 'from a pipe: the same bytes' sh -c 'cat new.tar | oci-pack -H old.tar | cmp - thin.tar'
ok 'from a pipe into a file' sh -c 'cat new.tar | oci-pack -H old.tar -o o.tar && cmp o.tar thin.tar'
tarlib "tar(*shuffled(members($new)))" >shuffled.tar
ok 'in another order' sh -c 'cat shuffled.tar | oci-pack -H old.tar -o o.tar && cmp o.tar thin.tar'
ok 'with the old one from standard input' sh -c 'oci-pack -H - -o o.tar new.tar <old.tar && cmp o.tar thin.tar'
(mkdir olddir && cd olddir && tar xf ../old.tar)
ok 'or a directory' sh -c 'oci-pack -H olddir new.tar | cmp - thin.tar'
ok 'from itself' oci-pack -H new.tar -o o.tar new.tar
is 'nothing but documents' "$(blobs o.tar)" 2
ok 'from a stranger' sh -c 'tarlib "layout(image())" >x.tar; oci-pack -H x.tar new.tar | cmp - whole.tar'
ok 'into a directory' oci-pack -H old.tar -F dir -o dir new.tar
ok 'the same blobs' sh -c 'oci-pack --from old.tar dir | cmp - whole.tar'

# rows: T24
refuses 'a thin one alone is not whole' 6 'missing: application/vnd.oci.image.layer.v1.tar+gzip of' oci-pack thin.tar
ok 'it may stay thin for one who has the rest' sh -c 'oci-pack -H old.tar thin.tar | cmp - thin.tar'
ok '--from makes it whole: the same bytes as before' sh -c 'oci-pack --from old.tar thin.tar | cmp - whole.tar'
ok 'into a file' sh -c 'oci-pack --from old.tar -o o.tar thin.tar && cmp o.tar whole.tar'
ok 'all from pipes' sh -c 'oci-pack --from old.tar -o o.tar <thin.tar && cmp o.tar whole.tar'
ok '--from a pipe' sh -c 'oci-pack --from - -o o.tar thin.tar <old.tar && cmp o.tar whole.tar'
ok 'from two' sh -c 'oci-pack --from x.tar --from old.tar thin.tar | cmp - whole.tar'
is 'whose images are not taken along' "$(tar xOf o.tar index.json | jq '.manifests|length')" 1
ok 'nor do their names clash' sh -c 'tarlib "layout(image(tag=\"v2\", name=\"example.com/a:v2\"))" >clash.tar; oci-pack --from clash.tar --from old.tar thin.tar | cmp - whole.tar'
refuses 'one that does not help' 6 'missing' oci-pack --from x.tar thin.tar
cat thin.tar old.tar >both.tar
is 'put together they are two images' "$(oci-pack both.tar | tar xOf - index.json | jq '.manifests|length')" 2

# --- what is left out was looked at ---
at=$(python3 -c 'd = open("old.tar", "rb").read(); print(d.index(b"blobs/sha256/", 2000) + 600)')
python3 -c "d = bytearray(open('old.tar', 'rb').read()); d[$at] ^= 1; open('bad.tar', 'wb').write(d)"
refuses 'a damaged old one is no reason to leave something out' 5 'bad.tar' oci-pack -H bad.tar new.tar
head -c 70000 old.tar >cut.tar
refuses 'nor is one that was cut' 3 'ended' oci-pack -H cut.tar -o o2.tar new.tar
ok 'no file then' test ! -e o2.tar
python3 -c "d = bytearray(open('new.tar', 'rb').read()); d[$at] ^= 1; open('bad.tar', 'wb').write(d)"
refuses 'what is left out is verified all the same' 5 'bad.tar' oci-pack -H old.tar bad.tar
refuses 'on its way to a file too' 5 'sha256:' sh -c 'cat bad.tar | oci-pack -H old.tar -o o2.tar'

# --- standard input is read once ---
refuses 'not as --from and as input' 2 '-: standard input twice' oci-pack --from - <old.tar
refuses 'nor as --from twice' 2 '-: standard input twice' oci-pack --from - --from - thin.tar
refuses 'nor as -H and as input' 2 '-: standard input twice' oci-pack -H - -o o2.tar - <old.tar
