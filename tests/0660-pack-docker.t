#!/bin/sh
# oci-pack adds the manifest.json of docker load where docker could load every image.
. "${0%/*}/lib.sh"
plan 24

docker() { tarlib "$1" >in.tar; oci-pack -o out.tar in.tar; tar xOf out.tar manifest.json 2>/dev/null; }
has() { is "$1" "$(docker "$2" | jq -c 'length')" "$3"; }
none() { is "$1" "$(docker "$2")" ''; }

is 'its paths lead to the blobs, layers in order' \
	"$(docker 'layout(image(layer("a", b"1"), layer("a", b"2"), tag="v1", name="docker.io/library/a:v1"))')" \
	"$(tarlib '(lambda d: dumps([{"Config": d[2], "Layers": d[:2], "RepoTags": ["docker.io/library/a:v1"]}]))([blob_path(k) for k in image(layer("a", b"1"), layer("a", b"2")).blobs])')"
is 'it stands right before index.json' "$(tar tf out.tar | tail -n 2 | tr '\n' ' ')" 'manifest.json index.json '
is 'a bare tag is no name to docker' "$(docker 'layout(image(tag="v1"))' | jq -c '.[0].RepoTags')" null
is 'no name at all' "$(docker 'layout(image())' | jq -c '.[0].RepoTags')" null
is 'names of one image are one item' \
	"$(docker 'layout(image(tag="v1", name="x.org/a:v1"), image(tag="v2", name="x.org/a:v2"))' | jq -c '[.[].RepoTags]')" \
	'[["x.org/a:v1","x.org/a:v2"]]'
is 'two images are two' \
	"$(docker 'layout(image(tag="v1", name="x.org/a:v1"), image(layer("b", b"1"), tag="v1", name="x.org/b:v1"))' | jq -c '[.[].RepoTags]|sort')" \
	'[["x.org/a:v1"],["x.org/b:v1"]]'
has 'one for another platform' 'layout(image(platform="linux/arm64"))' 1
has "Docker's own types" 'layout(image(types="docker"))' 1
has 'uncompressed layers' 'layout(image(compress=None))' 1
has 'no layer' 'layout(image(manifest={"layers": []}, config={"rootfs": {"type": "layers", "diff_ids": []}}))' 1
none 'several images without whole names' 'layout(image(tag="v1"), image(layer("b", b"1"), tag="v2"))'
none 'one of them without' 'layout(image(tag="v1", name="x.org/a:v1"), image(layer("b", b"1"), tag="v2"))'
none 'a name with a digest' 'layout(image(tag="v1", name="x.org/a:v1"), image(layer("b", b"1"), name="x.org/a@sha256:" + "0" * 64))'
none 'an index' 'layout(index(image(), tag="v1"))'
none 'an artifact' 'layout(image(config=b"{}", edit=lambda m: (m.update(artifactType="application/x"), m["config"].update(mediaType="application/vnd.oci.empty.v1+json"))))'
none 'an image that has zstd layers' 'layout(image(layer_type=MEDIA_LAYER + "+zstd"))'
none 'an image that has layers of no type of its own' 'layout(image(layer_type="application/x"))'
none 'a layer of no image' 'layout(image(), loose_layer(layer("a", b"1")))'
none 'nothing' 'layout()'
none 'an image whose foreign layer is elsewhere' '(lambda i: layout(i, without=[list(i.blobs)[0]]))(image(layer_type=DOCKER + "image.rootfs.foreign.diff.tar.gzip", types="docker"))'
is 'what came as one is made anew' "$(docker 'tar(entry("manifest.json", b"[]"), *members(image(tag="v1")))' | jq -c '[length, .[0].RepoTags]')" '[1,null]'
is 'the same from a docker archive' "$(tarlib 'docker_archive(layer("a", b"1"), tags=["x.org/a:v1"])' | oci-pack | tar xOf - manifest.json | jq -c '.[0].RepoTags')" '["x.org/a:v1"]'
is 'oci-sniff knows it for both' "$(docker 'layout(image(tag="v1"))' >/dev/null; oci-sniff --json out.tar | jq -c '[.format,.also]')" '["oci-layout",["docker-archive"]]'
ok 'and what it is not changes nothing else' sh -c 'oci-pack out.tar | cmp - out.tar'
