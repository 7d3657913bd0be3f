#!/bin/sh
# oci-index: images of several platforms become one, under one name.
. "${0%/*}/lib.sh"
plan 31

mkdir a b
echo a >a/f
echo b >b/f
oci-layer a | oci-manifest -p linux/amd64 -t v1 >amd64.tar
oci-layer b | oci-manifest -p linux/arm64 -t v1 >arm64.tar
oci-layer b | oci-manifest -p linux/arm/v6 -t v6 >armv6.tar

entries() { tar xOf "$1" index.json | jq -c "$2"; }
nested() { tar xOf "$1" "blobs/sha256/$(entries "$1" '.manifests[0].digest' | tr -d '"' | cut -c8-)" | jq -c "$2"; }

ok 'two images become one' oci-index -t both -o both.tar amd64.tar arm64.tar
is 'under one name' "$(entries both.tar '[.manifests[]|[.mediaType,.annotations]]')" \
	'[["application/vnd.oci.image.index.v1+json",{"org.opencontainers.image.ref.name":"both"}]]'
is 'with a platform each' "$(nested both.tar '[.manifests[].platform]')" \
	'[{"architecture":"amd64","os":"linux"},{"architecture":"arm64","os":"linux"}]'
# rows: O117
oci-index -t both arm64.tar amd64.tar >swapped.tar
is 'the order of operands does not matter' "$(entries swapped.tar .)" "$(entries both.tar .)"
is 'blobs are shared' "$(oci-index both.tar armv6.tar | tar tf - | sort | uniq -d)" ''
oci-index amd64.tar arm64.tar >named.tar
is 'a name that all inputs share is kept' "$(entries named.tar '[.manifests[].annotations]')" \
	'[{"org.opencontainers.image.ref.name":"v1"}]'
oci-index amd64.tar armv6.tar >unnamed.tar
is 'another is not' "$(entries unnamed.tar '[.manifests[].annotations]')" '[null]'
oci-index both.tar armv6.tar >three.tar
is 'an index in the input is flattened' "$(nested three.tar '[.manifests[].platform.architecture]')" \
	'["amd64","arm","arm64"]'
oci-index -a k=v amd64.tar arm64.tar >noted.tar
is '-a annotates the index' "$(nested noted.tar .annotations)" '{"k":"v"}'

refuses 'a name is no annotation' 2 '-t gives a name' \
	oci-index -a io.containerd.image.name=a.example/b:c amd64.tar arm64.tar
refuses 'nor is a mark of the stream' 2 '-a: dev.ocipipe.thin' oci-index -a dev.ocipipe.thin= amd64.tar arm64.tar
ok 'a single image is only named' oci-index -t w -o single.tar amd64.tar
is 'it stays the same image' "$(entries single.tar '.manifests[0].digest')" \
	"$(entries amd64.tar '.manifests[0].digest')"
is 'its name is the new one' "$(entries single.tar '[.manifests[].annotations]')" \
	'[{"org.opencontainers.image.ref.name":"w"}]'
oci-index -t w both.tar >renamed.tar
is 'a single index stays the same too' "$(entries renamed.tar '.manifests[0].digest')" \
	"$(entries both.tar '.manifests[0].digest')"
oci-index -t w -t w both.tar >twice.tar
is 'a name given twice is one entry' "$(entries twice.tar .)" "$(entries renamed.tar .)"
oci-index -i amd64.tar >wrapped.tar
is '-i makes an index of a single image' "$(nested wrapped.tar '.manifests|length')" 1
refuses '-a on a single image has nothing to annotate' 2 'only named' oci-index -a k=v amd64.tar

tarlib 'layout(index(image(tag="x"), image(layer("f", b"2"), platform="linux/arm64"), tag="x", edit=lambda d: d["manifests"].insert(0, dict(d["manifests"][0], digest=digest(b"{}"), size=2, platform={"os":"unknown","architecture":"unknown"}, annotations={"vnd.docker.reference.type":"attestation-manifest","vnd.docker.reference.digest":d["manifests"][1]["digest"]}))), extra=[(digest(b"{}"), b"{}")])' >attested.tar
refuses 'an attestation that is no manifest is bad input' 3 'schemaVersion' oci-index -i attested.tar

oci-layer -m 1 b | oci-manifest -p linux/arm64 >again.tar
refuses 'the same platform twice' 3 'platform linux/arm64 twice' oci-index arm64.tar again.tar
ok 'the same image twice is one' oci-index -o twice.tar arm64.tar arm64.tar
is 'and stays a single image' "$(entries twice.tar '[.manifests[].digest]')" \
	"$(entries arm64.tar '[.manifests[].digest]')"
oci-layer a >layer.tar
refuses 'a layer in no image' 3 'oci-manifest missing?' oci-index layer.tar
refuses 'a name that is none' 2 '-x' oci-index -t=-x amd64.tar
refuses 'no input at all' 3 'empty' sh -c 'oci-index </dev/null'

# rows: O44, image-layout.md: an entry that nobody knows is no error
tarlib 'layout(*[image(layer("a", b"1"), tag="v1")], index={"schemaVersion": 2, "manifests": [descriptor(b"<xml/>", "application/xml"), image(layer("a", b"1"), tag="v1").root]}, extra=[(digest(b"<xml/>"), b"<xml/>")])' >odd.tar
tarlib 'layout(image(layer("a", b"1"), tag="v1"))' >even.tar
told='notice: 1 of index.json.s entries are neither image nor layer: left out'
for command in 'oci-index -i' 'oci-manifest -l a=b'; do
	$command <odd.tar >odd.out 2>odd.err
	is "${command%% *}: but is left out of what is made" "$? $(grep -c "$told" odd.err)" '0 1'
	oci-pack odd.out >odd.packed
	$command <even.tar | oci-pack >even.packed
	ok 'which is the same without it' cmp odd.packed even.packed
done
gives 'and -q says nothing of it' '' oci-index -q -o odd.out odd.tar
tarlib 'layout(index={"schemaVersion": 2, "manifests": [descriptor(b"<xml/>", "application/xml")]}, extra=[(digest(b"<xml/>"), b"<xml/>")])' >only.tar
refuses 'alone it is no image' 3 'no image in it' oci-index -q only.tar
