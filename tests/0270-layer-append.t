#!/bin/sh
# oci-layer -A: the stream on standard input goes on, and this layer with it, under one index.json.
. "${0%/*}/lib.sh"
. "$TESTS/layers.sh"
plan 32

mkdir one two
echo 1 >one/file
echo 2 >two/file
oci-layer one >one.tar
oci-layer two >two.tar
list() { tar xOf "$1" index.json | jq -r '.manifests[] | .mediaType | split("/")[1]' | paste -sd' '; }
blobs() { tar tf "$1" | sed -n 's|^blobs/sha256/\(.\)|\1|p'; }

oci-layer -A two <one.tar >both.tar
is 'both layers are entries, in this order' \
	"$(tar xOf both.tar index.json | jq -r '.manifests[].digest' | paste -sd' ')" \
	"$(entry one.tar | jq -r .digest) $(entry two.tar | jq -r .digest)"
is 'both are blobs' "$(blobs both.tar | paste -sd' ')" "$(blobs one.tar) $(blobs two.tar)"
is 'the archive is in canonical order' "$(tar tf both.tar | sed -n '1p;2p;3p;$p' | paste -sd' ')" \
	'oci-layout blobs/ blobs/sha256/ index.json'
oci-layer one | oci-layer -A two >x.tar
ok 'through a pipe' cmp x.tar both.tar
ok 'with -o' oci-layer -A -o x.tar two <one.tar
ok 'the same' cmp x.tar both.tar
gzip -c one.tar | oci-layer -A two >x.tar
ok 'from a stream in gzip' cmp x.tar both.tar
oci-layer -A one <one.tar >same.tar
is 'the same layer twice is two layers' "$(list same.tar)" \
	'vnd.oci.image.layer.v1.tar+gzip vnd.oci.image.layer.v1.tar+gzip'
is 'but one blob' "$(blobs same.tar)" "$(blobs one.tar)"
oci-layer -A -a k=v two <one.tar >noted.tar
while read -r key; do
	refuses "-a $key is not for the user" 2 "-a: $key" oci-layer -a "$key=x" two
done <<END
containerd.io/uncompressed
dev.carvel.imgpkg.bundle
dev.ocipipe.thin
dev.ocipipe.any
io.containerd.image.name
org.opencontainers.image.ref.name
END
oci-layer -a dev.ocipip=x -a org.opencontainers.image.title=two two >x.tar
is 'other keys are' "$(entry x.tar | jq -c '.annotations|keys-["containerd.io/uncompressed"]')" \
	'["dev.ocipip","org.opencontainers.image.title"]'
is '-a is for the new one' "$(tar xOf noted.tar index.json | jq -c '[.manifests[].annotations.k]')" \
	'[null,"v"]'
oci-layer -b "$DATA/imgpkg/input" | oci-layer -A two >bundle.tar
is 'marks stay' "$(tar xOf bundle.tar index.json |
	jq -c '[.manifests[].annotations["dev.carvel.imgpkg.bundle"]]')" '["true",null]'

# --- on an image ---
tarlib 'layout(image(tag="v1", name="example.com/app:v1"))' >image.tar
oci-layer -A two <image.tar >more.tar
is 'an image goes on with its names' "$(tar xOf more.tar index.json |
	jq -r '.manifests[0].annotations | to_entries[] | .value' | paste -sd' ')" 'example.com/app:v1 v1'
tarlib 'layout(image(tag="v1", name="r1.example/a:v1")) + layout(image(layer("x", b"y"), tag="v1", name="r2.example/b:v1"))' >two-repos.tar
oci-layer -A two <two-repos.tar >x.tar
is 'a tag that two repositories share is the whole reference' "$(tar xOf x.tar index.json |
	jq -c '[.manifests[].annotations["org.opencontainers.image.ref.name"]]')" \
	'["r1.example/a:v1","r2.example/b:v1",null]'
is 'its documents as they were' \
	"$(for b in $(blobs image.tar); do blobs more.tar | grep -c "$b"; done | sort -u)" 1
is 'documents after layers, children first' "$(blobs more.tar | while read -r b; do
	tar xOf more.tar "blobs/sha256/$b" | head -c 1 | tr -d '\037'; done | tr -dc '{' | wc -c)" 2
tarlib 'tar(*shuffled(members(image(tag="v1"), image(layer("x", b"y"), tag="v2")), seed=4))' >mixed.tar
ok 'a stream in any order' oci-layer -A -o x.tar two <mixed.tar
tarlib 'layout(image(tag="v1"), extra=[(digest(b"{}"), b"{}")])' >extra.tar
oci-layer -A two <extra.tar >x.tar
is 'a document that nothing refers to stays behind' "$(blobs x.tar | wc -l)" 4

# --- what is no stream (rows: T110) ---
refuses 'nothing' 3 'standard input' oci-layer -A two </dev/null
refuses 'a layer' 3 'standard input' sh -c 'tar cf - one | oci-layer -A two'
head -c 1024 one.tar >cut.tar
refuses 'a stream that was not committed' 3 'before index.json' oci-layer -A two <cut.tar
refuses 'the command before failed' 3 'before index.json' \
	sh -c 'oci-layer missing 2>&- | oci-layer -A two'
refuses 'the path is not there' 4 'missing' oci-layer -A missing <one.tar
tarlib 'layout(image(tag="v1"), without=[list(image().blobs)[1]])' >holes.tar
refuses 'a document is missing' 6 'sha256:' oci-layer -A two <holes.tar
tarlib 'read("one.tar").replace(b"\x1f\x8b\x08", b"\x1f\x8b\x00", 1)' >bad.tar
refuses 'a blob is damaged' 5 'sha256:' oci-layer -A two <bad.tar
tarlib 'layout(image(tag="v1"), without=[list(image().blobs)[0]])' >thin.tar
oci-layer -A two <thin.tar >x.tar
is 'a stream whose layers are left out stays one' \
	"$(tar xOf x.tar index.json | jq -c '.annotations')" '{"dev.ocipipe.thin":"true"}'
