#!/bin/sh
# oci-pack -s, -p and -t: which images are kept, and under which names.
. "${0%/*}/lib.sh"
plan 76

index() { tar xOf "$1" index.json; }
named() { index "$1" | jq -r '[.manifests[].annotations["org.opencontainers.image.ref.name"]]|join(" ")'; }
full() { index "$1" | jq -r '[.manifests[].annotations["io.containerd.image.name"]]|join(" ")'; }
root() { index "$1" | jq -r ".manifests[${2:-0}].digest"; }
document() { tar xOf "$1" "blobs/sha256/${2#sha256:}"; }
platforms() { document "$1" "$(root "$1")" | jq -r '[.manifests[].platform|[.os,.architecture,.variant//empty]|join("/")]|join(" ")'; }
blobs() { tar tf "$1" | grep -c 'blobs/sha256/.'; }
keeps() { name=$1; shift; ok "$name" oci-pack -q -o out.tar "$@"; }

tarlib 'layout(image(layer("a", b"1"), tag="v1", name="docker.io/library/a:v1"), image(layer("a", b"2"), tag="v1.0"), image(layer("a", b"3"), tag="example.com/b:v1", name="example.com/b:v1"), image(layer("a", b"4")), loose_layer(layer("l", b"5")))' >some.tar

# --- by name (rows: O45 O47 O49 O50) ---
keeps 'a tag' -s v1.0 some.tar
is 'means that tag alone' "$(named out.tar) $(blobs out.tar)" 'v1.0 3'
keeps 'a whole reference' -s docker.io/library/a:v1 some.tar
is 'means that image' "$(full out.tar)" docker.io/library/a:v1
keeps 'its short form' -s a:v1 some.tar
is 'means the same' "$(full out.tar)" docker.io/library/a:v1
keeps 'a tag that two repositories have' -s v1 some.tar
is 'means both' "$(full out.tar)" 'docker.io/library/a:v1 example.com/b:v1'
keeps 'several' -s v1.0 -s example.com/b:v1 some.tar
is 'in the order of the input' "$(named out.tar)" 'v1.0 v1'
is 'ref.name is the tag where no other repository shares it' "$(named out.tar)" 'v1.0 v1'
keeps 'everything without -s' some.tar
is 'names that share a tag are told apart' "$(named out.tar)" 'docker.io/library/a:v1 v1.0 example.com/b:v1  '
keeps 'a digest' -s "$(root some.tar 3)" some.tar
is 'means that image' "$(root out.tar) $(blobs out.tar)" "$(root some.tar 3) 3"
keeps 'the digest of a layer of no image' -s "$(root some.tar 4)" some.tar
is 'means that layer' "$(blobs out.tar)" 1
refuses 'a name that is not there' 6 'v9: not in the input; there is: docker.io/library/a:v1 v1.0' oci-pack -s v9 some.tar
refuses 'a part of a name' 6 'v1.: not in the input' oci-pack -s v1. some.tar
refuses 'a digest that is not there' 6 "sha256:$(printf 'a%.0s' $(seq 64)): not in the input" \
	oci-pack -s "sha256:$(printf 'a%.0s' $(seq 64))" some.tar
tarlib 'layout()' >none.tar
refuses 'a name where nothing is' 6 'there is: nothing' oci-pack -s v1 none.tar

tarlib 'layout(index={"schemaVersion": 2, "manifests": [descriptor(b"<x/>", "application/xml"), image(tag="v1").root]}, extra=list(image().blobs.items()))' >xml.tar
# rows: O44
keeps 'what is not chosen may be anything' -s v1 xml.tar
is 'and is gone' "$(blobs out.tar)" 3

# --- what it is called by (rows: O46) ---
keeps 'the one image gets a name' -s v1.0 -t v2 some.tar
is 'instead of its old one' "$(named out.tar)/$(full out.tar)" v2/
keeps 'a whole reference' -s a:v1 -t example.org/x/y:z some.tar
is 'gives tag and name' "$(named out.tar) $(full out.tar)" 'z example.org/x/y:z'
keeps 'several names' -s a:v1 -t v2 -t example.org/y some.tar
is 'are several entries of one image' "$(named out.tar) $(root out.tar) $(blobs out.tar)" "v2 latest $(root out.tar 1) 3"
refuses 'a name for several images' 3 '-t names one image, here are 4: choose with -s' oci-pack -t v2 some.tar
refuses 'a name for none' 3 '-t names one image, here are 0' oci-pack -t v2 none.tar
# rows: O115
refuses 'a bad name' 2 'bad ref!' oci-pack -t 'bad ref!' some.tar
refuses 'a name with a digest' 2 'digest' oci-pack -t "a@$(root some.tar)" some.tar
tarlib 'layout(image(tag="a"), image(tag="b"), loose_layer(layer("l", b"5")))' >same.tar
keeps 'one image under two names' -t c same.tar
is 'has the new one alone; layers stay' "$(index out.tar | jq '.manifests|length') $(named out.tar)" '2 c '

# --- by platform (rows: O51 O53 O54 O55 O56 O57 O117) ---
tarlib 'layout(index(image(layer("a", b"1"), platform="linux/amd64"), image(layer("a", b"2"), platform="linux/arm64"), image(layer("a", b"3"), platform="linux/arm/v6"), image(layer("a", b"4"), platform="windows/amd64"), tag="v1", name="docker.io/library/a:v1", edit=lambda d: d.update(annotations={"k": "v"})))' >multi.tar
keeps 'one platform' -p linux/arm64 multi.tar
is 'gives its manifest under the names of the index' "$(index out.tar | jq -c '.manifests[0]|[.platform.architecture,.mediaType,.annotations[]]')" \
	'["arm64","application/vnd.oci.image.manifest.v1+json","docker.io/library/a:v1","v1"]'
is 'and its blobs alone' "$(blobs out.tar)" 3
keeps 'one that an image of another variant serves' -p linux/arm/v7 multi.tar
is 'gives that' "$(index out.tar | jq -c '.manifests[0].platform.variant')" '"v6"'
keeps 'another spelling' -p linux/aarch64 multi.tar
is 'gives the same' "$(index out.tar | jq -r '.manifests[0].platform.architecture')" arm64
refuses 'one that is not there' 6 'docker.io/library/a:v1: no image for platform linux/s390x; there is: linux/amd64 linux/arm64 linux/arm/v6 windows/amd64' \
	oci-pack -p linux/s390x multi.tar
keeps 'a list' -p linux/amd64,linux/arm64 multi.tar
is 'gives a new index of these, in the order of the old one' "$(platforms out.tar)" 'linux/amd64 linux/arm64'
is 'under the same names' "$(named out.tar) $(full out.tar)" 'v1 docker.io/library/a:v1'
is 'with the same annotations' "$(document out.tar "$(root out.tar)" | jq -c .annotations)" '{"k":"v"}'
is 'without the blobs of the others' "$(blobs out.tar)" 7
cp out.tar list.tar
keeps 'a pattern' -p 'linux/*' multi.tar
is 'gives all that fit' "$(platforms out.tar)" 'linux/amd64 linux/arm64 linux/arm/v6'
keeps 'several options' -p linux/amd64 -p linux/arm64 multi.tar
ok 'are a list' cmp out.tar list.tar
run oci-pack -o out.tar -p 'linux/*' multi.tar
is 'that its digest is new is said' "$STATUS $(cat "$ERR")" \
	"0 oci-pack: notice: $(root multi.tar): a new index of the platforms chosen: $(root out.tar)"
keeps 'all there are' -p '*/*' multi.tar
is 'leaves the index as it is' "$(root out.tar)" "$(root multi.tar)"
ok 'what was chosen packs to itself' sh -c 'oci-pack list.tar | cmp - list.tar'
ok 'and chosen from a pipe is the same' sh -c 'oci-pack -qo o.tar -p linux/amd64,linux/arm64 <multi.tar && cat multi.tar | oci-pack -qo o2.tar -p linux/amd64,linux/arm64 && cmp o.tar list.tar && cmp o2.tar list.tar'
keeps 'a digest inside of an index' -s "$(document multi.tar "$(root multi.tar)" | jq -r '.manifests[1].digest')" multi.tar
is 'gives that image, without the names of the index' "$(index out.tar | jq -c '.manifests[0]|[.platform.architecture,.annotations]')" '["arm64",null]'
refuses 'an image for one other platform' 6 'v1: no image for platform linux/arm64; there is: linux/amd64' \
	sh -c "tarlib 'layout(image(tag=\"v1\"))' | oci-pack -p linux/arm64"
arm='lambda *p: index(*[image(layer("a", n.encode()), platform=n) for n in p], tag="v1")'
chosen() { oci-pack -q -p "$1" | tar xOf - index.json | jq -r '.manifests[0].platform|[.os,.architecture,.variant//empty]|join("/")'; }
is 'linux/arm is v7: of v6 and v8 it takes v6' "$(tarlib "layout(($arm)('linux/arm/v8', 'linux/arm/v6'))" | chosen linux/arm)" linux/arm/v6
is 'arm64 and arm64/v8 are one: the first is taken' \
	"$(tarlib "layout(($arm)('linux/arm64/v8', 'linux/arm64'))" | oci-pack -q -p linux/arm64 | tar xOf - index.json | jq -r '.manifests[0].digest')" \
	"$(tarlib "image(layer('a', b'linux/arm64/v8'), platform='linux/arm64/v8').root['digest']")"
tarlib "layout(($arm)('linux/386'))" >386.tar
refuses 'amd64 does not take 386' 6 'there is: linux/386' oci-pack -p linux/amd64 386.tar
is 'x86_64 in an index is amd64' "$(tarlib "layout(($arm)('linux/x86_64'))" | chosen linux/amd64 | cut -d/ -f1)" linux
tarlib "layout(($arm)('linux/arm64'), image(tag='v2'))" >several.tar
refuses 'one that has none is named among several' 6 'v2: no image for platform linux/arm64' \
	oci-pack -p linux/arm64 several.tar
tarlib 'layout(image(layer("b", b"b"), tag="bundle", config={"config": {"Labels": {"dev.carvel.imgpkg.bundle": "true"}}}), loose_layer(layer("l", b"5")), index(image(layer("a", b"2"), platform="linux/arm64"), image(), tag="v1"), image(config=b"{}", tag="art", edit=lambda m: (m.update(artifactType="application/x"), m["config"].update(mediaType="application/vnd.oci.empty.v1+json"))))' >mixed.tar
keeps 'bundles, artifacts and layers of no image' -p linux/arm64 mixed.tar
is 'are for every platform' "$(named out.tar)" 'bundle  v1 art'

# --- attestations (rows: O57) ---
att='(lambda i, o: index(i, o, tag="v1", edit=lambda d: d["manifests"].append({**image(layer("att", b"1")).root, "platform": {"os": "unknown", "architecture": "unknown"}, "annotations": {"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": i.root["digest"]}})))(image(layer("a", b"1")), image(layer("a", b"2"), platform="linux/arm64"))'
tarlib "(lambda x: (x.blobs.update({k: v for k, v in image(layer('att', b'1')).blobs.items()}), layout(x))[1])($att)" >att.tar
keeps 'an attestation' -p linux/amd64,linux/arm64 att.tar
is 'stays with its image' "$(root out.tar)" "$(root att.tar)"
keeps 'a list without its image' -p '*/arm64' att.tar
is 'drops it' "$(document out.tar "$(root out.tar)" | jq '.manifests|length')" 1
tarlib "(lambda x: (x.blobs.update({k: v for k, v in image(layer('att', b'1')).blobs.items()}), layout(x))[1])(${att%append*}insert(0, ${att#*append(})" >first.tar
is 'an attestation that comes first is passed over' "$(chosen linux/amd64 <first.tar)" linux/amd64
keeps 'a pattern' -p '*/amd64' first.tar
is 'keeps it with its image' "$(document out.tar "$(root out.tar)" | jq -c '[.manifests[].platform.os]')" '["unknown","linux"]'
keeps 'one manifest' -p linux/amd64 att.tar
is 'has no place for it' "$(index out.tar | jq '.manifests|length') $(blobs out.tar)" '1 3'
