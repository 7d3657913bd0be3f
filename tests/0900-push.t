#!/bin/sh
# oci-push: the images of any input end up in a registry, under the names that they should have.
. "${0%/*}/lib.sh"
. "$TESTS/registry/lib.sh"
need docker-registry skopeo jq
plan 74

start_real plain
R=localhost:$PORT
tarlib 'layout(image(layer("etc/motd", b"hi\n"), tag="v1"))' >s.tar
tarlib 'layout(image(layer("etc/motd", b"hi\n"), tag="v1"), image(layer("f", b"2"), tag="v2"))' >two.tar
tarlib 'layout(image(layer("f", b"3")))' >untagged.tar
tarlib 'layout(image(layer("f", b"3")), image(layer("f", b"4")))' >untagged2.tar

root() { tar xOf "$1" index.json | jq -r ".manifests[${2:-0}].digest"; }
there() { skopeo inspect --raw --tls-verify=false "docker://$R/$1" 2>/dev/null | sha256sum | sed 's/^/sha256:/; s/ .*//'; }
tags() { skopeo list-tags --tls-verify=false "docker://$R/$1" 2>/dev/null | jq -c '.Tags|sort'; }
# The log may have a request a moment after its answer; those of one connection are in order.
logged()
{
	# shellcheck disable=SC2016
	timeout 20 sh -c 'until grep -q "$1" "$2"; do :; done' - "$1" "$LOG"
}
uploads() { grep -c "\"http.request.uri\":\"/v2/$1/blobs/uploads/" "$LOG"; }

D=$(root s.tar)
gives 'an image goes to a tag, and one record says so' \
	"{\"ref\":\"$R/a/one:v1\",\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"digest\":\"$D\",\"size\":400,\"platform\":{\"architecture\":\"amd64\",\"os\":\"linux\"},\"annotations\":{\"org.opencontainers.image.ref.name\":\"v1\"}}" \
	oci-push "$R/a/one:v1" s.tar
is 'skopeo reads the same manifest' "$(there a/one:v1)" "$D"
ok 'its blobs are what they should be' skopeo copy -q --src-tls-verify=false "docker://$R/a/one:v1" dir:copy
ok 'from a pipe' sh -c "cat s.tar | oci-push $R/a/pipe:v1"
is 'it is the same' "$(there a/pipe:v1)" "$D"
logged 'a/pipe/manifests/v1'
before=$(uploads a/pipe)
ok 'again' oci-push "$R/a/pipe:again" s.tar
logged 'a/pipe/manifests/again'
is 'a second push sends no blob' "$([ "$before" -gt 0 ] && uploads a/pipe)" "$before"

ok 'a bare repository takes every image' oci-push "$R/a/two" two.tar
is 'under its own tag' "$(tags a/two)" '["v1","v2"]'
is 'the right one' "$(there a/two:v2)" "$(root two.tar 1)"
is 'with a record each' "$(jq -r .ref "$OUT" | tr '\n' ' ')" "$R/a/two:v1 $R/a/two:v2 "
ok 'a lone untagged image' oci-push "$R/a/lone" untagged.tar
is 'becomes latest' "$(tags a/lone)" '["latest"]'
ok 'unless -t names it' oci-push -t x -t y "$R/a/named" untagged.tar
is 'with all that -t says' "$(tags a/named)" '["x","y"]'
ok '-t adds to the tag of an image' oci-push -t z -t y "$R/a/both" s.tar
is 'all of them' "$(tags a/both)" '["v1","y","z"]'
is 'the record names the first of -t' "$(jq -r .ref "$OUT")" "$R/a/both:z"
ok 'the entries may have several names' sh -c "oci-pack -t b -t a s.tar | oci-push $R/a/names"
is 'the record names the first' "$(jq -r .ref "$OUT")" "$R/a/names:b"
ok '-t adds to the tag of the target' oci-push -t extra "$R/a/more:v1" s.tar
is 'all of them' "$(tags a/more)" '["extra","v1"]'
is 'the record names that of the target' "$(jq -r .ref "$OUT")" "$R/a/more:v1"
ok 'of several the untagged' oci-push "$R/a/several" untagged2.tar
is 'go by their digest' "$(there "a/several@$(root untagged2.tar 1)")" "$(root untagged2.tar 1)"
is 'which a notice says' "$(grep -c 'has no tag, and goes by its digest' "$ERR")" 2
is 'and the record' "$(jq -r .ref "$OUT" | head -n 1)" "$R/a/several@$(root untagged2.tar)"
ok 'to its own digest' oci-push "$R/a/digest@$D" s.tar
is 'it goes without a tag' "$(there "a/digest@$D") $(tags a/digest)" "$D "
refuses 'to another digest it does not' 5 "is $D, the target says" oci-push "$R/a/x@$(root untagged.tar)" s.tar
refuses 'two images for one tag' 3 '2 images in the input' oci-push "$R/a/x:v1" two.tar

# rows: T49
tarlib 'layout(image(layer("f", b"1"), tag="reg.example.com/x/y:v7"))' >whole.tar
ok 'a name that is a whole reference' oci-push "$R/a/whole" whole.tar
is 'gives its tag' "$(tags a/whole)" '["v7"]'
tarlib 'layout(image(layer("f", b"1"), name="reg.example.com/x/y"))' >bare.tar
ok 'one without a tag' oci-push "$R/a/bare" bare.tar
is 'means latest' "$(tags a/bare)" '["latest"]'
tarlib 'layout(image(layer("f", b"1"), tag="reg.example.com/x:v1"), image(layer("f", b"2"), tag="other.example.com/x:v1"))' >same.tar
tarlib 'layout(image(layer("f", b"1"), name="h.io/x"), image(layer("f", b"2"), name="h.io/y"))' >bare2.tar
ok 'two of them' oci-push "$R/a/bare2" bare2.tar
is 'go by their digest' "$(jq -r .ref "$OUT" | xargs)" "$R/a/bare2@$(root bare2.tar) $R/a/bare2@$(root bare2.tar 1)"
is 'and are no latest' "$(tags a/bare2)" ''
refuses 'two images that claim one tag' 3 'tag v1: claimed by' oci-push "$R/a/x" same.tar
tarlib 'layout(image(layer("f", b"1"), tag="no/TAG"))' >illegal.tar
refuses 'a name that is neither tag nor reference' 3 'no/TAG' oci-push "$R/a/x" illegal.tar
refuses '-t that is no tag' 2 '-t a/b: not a tag' oci-push -t a/b "$R/a/x" s.tar
refuses 'no target' 2 'no ref given' oci-push

# rows: T107
refuses 'a target that is none: a b' 2 'a b' oci-push 'a b' s.tar
refuses 'a target with a scheme' 2 'no scheme' oci-push http://x/y s.tar
refuses 'a target with half a digest' 2 'sha256:short' oci-push x@sha256:short s.tar
refuses 'a target with two tags' 2 'x:tag:tag' oci-push x:tag:tag s.tar
refuses 'a target with zeros before its port' 2 'no host[:port]' oci-push 127.0.0.1:01/x s.tar
refuses 'a target with a path of dots' 2 'x/../y' oci-push x/../y s.tar

tarlib 'layout(loose_layer(layer("f", b"1")))' >layer.tar
refuses 'a layer that is in no image' 3 'in no image: oci-manifest missing?' oci-push "$R/a/x" layer.tar
tarlib 'layout(index(image(layer("f", b"1")), image(layer("f", b"2"), platform="linux/arm64"), tag="both"))' >multi.tar
ok 'an index of two platforms' oci-push "$R/a/multi" multi.tar
is 'shows both' "$(skopeo inspect --raw --tls-verify=false "docker://$R/a/multi:both" | jq -c '[.manifests[].platform.architecture]')" '["amd64","arm64"]'
is 'is the same' "$(there a/multi:both)" "$(root multi.tar)"
ok 'and all of it is there' skopeo copy -q -a --src-tls-verify=false "docker://$R/a/multi:both" oci:multi:x

tarlib 'layout(index(image(layer("f", b"1")), image(layer("f", b"2"), platform="linux/arm64"), tag="both"), image(layer("f", b"2"), platform="linux/arm64", tag="arm"))' >nested.tar
ok 'an index, and an image in it by its own name' oci-push "$R/a/nested" nested.tar
is 'become two tags' "$(tags a/nested)" '["arm","both"]'
logged 'a/nested/manifests/both'
is 'after all manifests' "$(grep -o '"PUT","http.request.remoteaddr":[^,]*,"http.request.uri":"/v2/a/nested/manifests/[a-z0-9]*' "$LOG" |
	sed 's|.*/||' | uniq | xargs)" 'sha256 arm both'
tarlib 'layout()' >none.tar
refuses 'a stream without an image' 3 'the input: no image in it' oci-push "$R/a/none" none.tar

ok '--no-clobber takes a free tag' oci-push --no-clobber "$R/a/keep:v1" s.tar
ok 'and one that is on this image' oci-push --no-clobber "$R/a/keep:v1" s.tar
refuses 'but none that is on another' 1 'tag v1 is sha256:' oci-push --no-clobber "$R/a/keep:v1" untagged.tar
is 'which stays' "$(there a/keep:v1)" "$D"

ok 'a dry run' oci-push -n "$R/a/dry" two.tar
is 'says what would be sent' "$(grep -c 'would send blob' "$ERR") $(grep -c 'would send manifest' "$ERR")" '4 2'
is 'and sends nothing' "$(grep -c -e '"POST","http.request.uri":"/v2/a/dry' "$LOG")" 0
tarlib 'write_directory("dir", image(layer("etc/motd", b"hi\n"), tag="v1"))' >/dev/null
ok 'a layout directory' oci-push "$R/a/dir" dir
tarlib 'docker_archive(tags=("example.com/app:v9",))' >docker.tar
ok 'a docker archive' oci-push "$R/a/docker" docker.tar
is 'under its own tag too' "$(tags a/docker)" '["v9"]'

# --- whole pipelines ---

mkdir -p amd64 arm64 bundle/.imgpkg
echo amd64 >amd64/arch
echo arm64 >arm64/arch
echo x >bundle/config.yml
printf 'apiVersion: imgpkg.carvel.dev/v1alpha1\nkind: ImagesLock\n' >bundle/.imgpkg/images.yml
oci-layer amd64 | oci-manifest -p linux/amd64 >amd64.tar
oci-layer arm64 | oci-manifest -p linux/arm64 >arm64.tar
ok 'two platforms that oci-index makes one' sh -c "oci-index -t v1 amd64.tar arm64.tar | oci-push $R/p/multi"
is 'are both seen by skopeo' "$(skopeo inspect --raw --tls-verify=false "docker://$R/p/multi:v1" | jq -c '[.manifests[].platform.architecture]')" '["amd64","arm64"]'
ok 'each can be had' skopeo copy -q --override-arch arm64 --src-tls-verify=false "docker://$R/p/multi:v1" dir:arm
ok 'a bundle' sh -c "oci-layer -b bundle | oci-manifest | oci-push $R/p/bundle"
is 'becomes latest' "$(tags p/bundle)" '["latest"]'
# rows: T110
refuses 'a folder that is not there' 3 'oci-push: ' \
	sh -c "{ oci-layer nowhere | oci-manifest; } 2>/dev/null | oci-push $R/p/nowhere:v1"
is 'leaves no tag' "$(tags p/nowhere)" ''
