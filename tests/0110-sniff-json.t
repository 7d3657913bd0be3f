#!/bin/sh
# oci-sniff --json: a line for each input, with the images in it.
. "${0%/*}/lib.sh"
need jq
plan 36

tarlib 'layout(image(layer("etc/motd", b"hi\n"), tag="v1"))' >s.tar
tarlib 'layout(index(image(platform="linux/amd64"), image(platform="linux/arm64/v8"), tag="v2"),
	loose_layer(layer("a", b"1")))' >multi.tar
tarlib 'docker_archive(tags=("example.com/app:v1", "other"))' >docker.tar
json() { oci-sniff --json "$1" | jq -c "$2"; }

run oci-sniff --json s.tar s.tar
is 'one line an input' "$STATUS $(wc -l <"$OUT") $(wc -c <"$ERR")" '0 2 0'
is 'its members stand in this order' "$(jq -c keys_unsorted s.json 2>/dev/null ||
	json s.tar keys_unsorted)" '["name","format","compression","images","blobs","bytes","why"]'
is 'the name is the operand' "$(json s.tar .name)" '"s.tar"'
is 'the standard input is a dash' "$(oci-sniff --json <s.tar | jq -r .name)" -
is 'the format is the word' "$(json s.tar .format)" '"oci-layout"'
is 'an image is a record' "$(json s.tar '.images[0]|keys_unsorted')" \
	'["ref","mediaType","digest","size","platform","annotations"]'
is 'with its name' "$(json s.tar '.images[0].ref')" '"v1"'
is 'and its config'"'"'s platform' "$(json s.tar '.images[0].platform')" \
	'{"architecture":"amd64","os":"linux"}'
is 'digest and size are the manifest'"'"'s' "$(json s.tar '.images[0]|[.digest,.size]')" \
	"$(tar xOf s.tar index.json | jq -c '.manifests[0]|[.digest,.size]')"
is 'blobs are counted' "$(json s.tar '[.blobs,.bytes]')" \
	"[3,$(tar tvf s.tar | awk '/sha256\/./ { n += $3 } END { print n }')]"
is 'a pipe gives the same' "$(oci-sniff --json <s.tar | jq -c '[.images,.blobs,.bytes]')" \
	"$(json s.tar '[.images,.blobs,.bytes]')"
is 'and really a pipe' "$(cat s.tar | oci-sniff --json | jq -c '[.images,.blobs,.bytes]')" \
	"$(json s.tar '[.images,.blobs,.bytes]')"
mkdir layout && tar xf s.tar -C layout
is 'a directory too' "$(json layout '[.format,.images]')" \
	"$(json s.tar '["oci-dir",.images]')"

is 'an index is followed by its images' "$(json multi.tar '[.images[].mediaType]|map(split(".")[-1])')" \
	'["v1+json","v1+json","v1+json","tar+gzip"]'
is 'they have their platforms' "$(json multi.tar '[.images[].platform.architecture]')" \
	'[null,"amd64","arm64",null]'
is 'and no name of their own' "$(json multi.tar '[.images[].ref]')" '["v2",null,null,null]'
is 'each name of a docker archive is an image' "$(json docker.tar '[.images[].ref]')" \
	'["example.com/app:v1","docker.io/library/other:latest"]'
is 'a docker archive through a pipe' "$(cat docker.tar | oci-sniff --json | jq -c .images)" \
	"$(json docker.tar .images)"

gzip -c s.tar >s.gz
is 'compression is told' "$(json s.gz '[.format,.compression]')" '["oci-layout","gzip"]'
is 'and images inside of it' "$(json s.gz .images)" "$(json s.tar .images)"
is 'none is said too' "$(json s.tar .compression)" '"none"'
if lacks xz 1; then :; else
	xz -c s.tar >s.xz
	is 'xz, though it is not read' "$(oci-sniff -q --json s.xz | jq -c '[.format,.compression]')" \
		'["unknown","xz"]'
fi
tarlib 'tar(*members(image(tag="v1"))[:-1], entry("manifest.json", b"[{\"Config\":\"x\"}]"),
	members(image(tag="v1"))[-1])' >both.tar
is 'docker save since version 25 is both' "$(json both.tar '[.format,.also]')" \
	'["oci-layout",["docker-archive"]]'
is 'also through a pipe' "$(cat both.tar | oci-sniff --json | jq -c '[.format,.also]')" \
	'["oci-layout",["docker-archive"]]'
is 'and compressed' "$(gzip -c both.tar >both.gz; json both.gz '[.format,.also]')" \
	'["oci-layout",["docker-archive"]]'
is 'a word for it is one' "$(oci-sniff both.tar)" oci-layout

tarlib 'tar(*members(image(tag="v1"))[:-1])' >opened.tar
is 'a stream that was not finished is a tar' "$(json opened.tar '[.format,.why]')" \
	'["tar","like an OCI layout, but has no index.json"]'
tarlib 'tar(*members(image(tag="v1"), layout=None))' >nomark.tar
is 'and one without its mark' "$(json nomark.tar '[.format,.why]')" \
	'["tar","like an OCI layout, but has no oci-layout"]'
head -c 2000 s.tar >cut.tar
is 'a cut is told' "$(json cut.tar '.why|test("no index.json.*truncated")')" true
tarlib 'tar(entry("manifest.json", b"{}"))' >neither.tar
is 'a manifest.json of neither shape' "$(json neither.tar '[.format,.why]')" \
	'["tar","its manifest.json is neither docker'"'"'s nor imgpkg'"'"'s"]'
tarlib 'layout(image(tag="v1"), without=[image().root["digest"]])' >missing.tar
is 'a missing document is an error in the line' "$(json missing.tar '[.format,(.error|length>0)]')" \
	'["oci-layout",true]'
tarlib 'layout(image(), extra=[("sha256:"+"0"*64, b"{}")])' >wrong.tar
run oci-sniff --json wrong.tar
is 'so is a wrong blob' "$STATUS $(jq -c '[.format,.images,(.error|test("has digest"))]' "$OUT")" \
	'0 ["oci-layout",null,true]'

# --- no input makes the line anything but JSON ---
# rows: T33 T132
bad=$(printf 'a\033]0;x\007\n"\377')
cp s.tar "$bad"
run oci-sniff --json "$bad"
is 'a name of any bytes gives one line' "$STATUS $(wc -l <"$OUT") $(jq -r .format "$OUT")" \
	'0 1 oci-layout'
printf 'text \033[2J \377\n' >"$bad"
run oci-sniff "$bad"
is 'and one on standard error' "$STATUS $(wc -l <"$ERR") $(LC_ALL=C tr -d '\n -~' <"$ERR" | wc -c)" \
	'1 1 0'
run oci-sniff --json "$bad"
is 'text of any bytes in the line too' "$(jq -r .format "$OUT") $(wc -l <"$OUT")" 'unknown 1'
refuses 'it is no guard' 2 'not with --json' oci-sniff --json -e tar s.tar
