#!/bin/sh
# Documents: what descriptors, manifests and indexes may say, and how they are written.
. "${0%/*}/lib.sh"
plan 192

image=$B/unit/image
ok 'annotations, copies and lists, by themselves' "$image"

# --- media types ---

is_media()
{
	gives "$1 is $2" "$2" "$image" media "$1"
}
oci=application/vnd.oci.image
docker=application/vnd.docker
is_media $oci.manifest.v1+json 'manifest oci valid'
is_media $docker.distribution.manifest.v2+json 'manifest docker valid'
is_media $oci.index.v1+json 'index oci valid'
is_media $docker.distribution.manifest.list.v2+json 'index docker valid'
is_media $oci.config.v1+json 'config oci valid'
is_media $docker.container.image.v1+json 'config docker valid'
is_media application/vnd.oci.empty.v1+json 'empty oci valid'
is_media $docker.distribution.manifest.v1+prettyjws 'other docker valid'
is_media application/xml 'other oci valid'
is_media 'text/plain; charset=utf-8' 'other oci invalid'
is_media text 'other oci invalid'
is_media /plain 'other oci invalid'
is_media text/ 'other oci invalid'
is_media text/plain/x 'other oci invalid'
is_media .text/plain 'other oci invalid'
long=$(printf '%0127d' 0)
is_media "$long/$long" 'other oci valid'
is_media "${long}0/x" 'other oci invalid'
is_media "x/${long}0" 'other oci invalid'

counterparts()
{
	gives "$1 has its counterparts" "layer $2 valid $3
oci $4
docker $5${6+
$6}" "$image" media "$1"
}
l=$oci.layer.v1.tar d=$docker.image.rootfs.diff.tar
counterparts $l oci none $l $d
counterparts $l+gzip oci gzip $l+gzip $d.gzip
counterparts $l+zstd oci zstd $l+zstd $l+zstd
counterparts $d docker none $l $d
counterparts $d.gzip docker gzip $l+gzip $d.gzip
counterparts $d.zstd docker zstd $l+zstd $d.zstd
l=$oci.layer.nondistributable.v1.tar d=$docker.image.rootfs.foreign.diff.tar
counterparts $l oci none $l $d nondistributable
counterparts $l+gzip oci gzip $l+gzip $d.gzip nondistributable
counterparts $l+zstd oci zstd $l+zstd $l+zstd nondistributable
counterparts $d docker none $l $d nondistributable
counterparts $d.gzip docker gzip $l+gzip $d.gzip nondistributable
counterparts $d.zstd docker zstd $l+zstd $d.zstd nondistributable
gives 'a gzip layer has a type in both families' "$oci.layer.v1.tar+gzip
$docker.image.rootfs.diff.tar.gzip" "$image" layer gzip
gives 'a plain layer too' "$oci.layer.v1.tar
$docker.image.rootfs.diff.tar" "$image" layer none
gives 'zstd has none with Docker: that of OCI serves both' "$oci.layer.v1.tar+zstd
$oci.layer.v1.tar+zstd" "$image" layer zstd

# --- descriptors ---

hex=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a
sha=sha256:$hex
# A good descriptor's start, its members in the order of their names but for what is added.
start="{\"digest\":\"$sha\",\"mediaType\":\"a/b\""

same()
{
	gives "$1" "$2" "$image" descriptor "$2"
}
becomes()
{
	gives "$1" "$3" "$image" descriptor "$2"
}
refused()
{
	refuses "$1" 3 "$3" "$image" descriptor "$2"
}
sized()
{
	refused "a size of $1 is refused" "$start,\"size\":$1}" "${2:-size: not a number from 0 to 2^63-1}"
}

same 'the least descriptor' "$start,\"size\":2}"
same 'the largest size' "$start,\"size\":9223372036854775807}"
same 'an empty blob' "$start,\"size\":0}"
same 'an unknown but grammatical algorithm' '{"digest":"md5+x:abc","mediaType":"a/b","size":1}'
same 'a sha512 digest' "{\"digest\":\"sha512:$hex$hex\",\"mediaType\":\"a/b\",\"size\":1}"
becomes 'members in any order come out sorted' \
	"{\"size\":2,\"mediaType\":\"a/b\",\"urls\":[\"x\"],\"digest\":\"$sha\",\"annotations\":{\"b\":\"\",\"a\":\"1\"}}" \
	"{\"annotations\":{\"a\":\"1\",\"b\":\"\"},\"digest\":\"$sha\",\"mediaType\":\"a/b\",\"size\":2,\"urls\":[\"x\"]}"
# rows: O75
becomes 'null is the same as absent' \
	"$start,\"size\":2,\"annotations\":null,\"platform\":null,\"urls\":null,\"data\":null,\"artifactType\":null}" \
	"$start,\"size\":2}"
becomes 'a member that we do not know is no error' "$start,\"size\":2,\"features\":[1]}" "$start,\"size\":2}"
becomes 'a platform of empty words says nothing' \
	"$start,\"size\":2,\"platform\":{\"os\":\"\",\"architecture\":\"\"}}" "$start,\"size\":2}"
# rows: T50
same 'an annotation keeps its escapes and newlines' \
	"{\"annotations\":{\"a\":\"x\\n\\\"\\\\é\\u0001\"},\"digest\":\"$sha\",\"mediaType\":\"a/b\",\"size\":2}"
# rows: T44 O35
sized 1.0
sized 1e3
sized -0
sized -1
sized '"5"'
sized true
sized 9223372036854775808
sized 99999999999999999999
sized null 'size: missing'
refused 'a size with a leading zero is refused' "$start,\"size\":01}" 'doc: byte'
refused 'a missing size is refused' "$start}" 'doc: layers[0]: size: missing'
refused 'a missing mediaType is refused' "{\"digest\":\"$sha\",\"size\":2}" 'doc: layers[0]: mediaType: missing'
refused 'a missing digest is refused' '{"mediaType":"a/b","size":2}' 'doc: layers[0]: digest: missing'
refused 'a number is no mediaType' "{\"digest\":\"$sha\",\"mediaType\":1,\"size\":2}" 'mediaType: not a string'
refused 'a media type is type/subtype' "{\"digest\":\"$sha\",\"mediaType\":\"a\",\"size\":2}" 'not a media type: "a"'
refused 'an artifactType is one too' "$start,\"size\":2,\"artifactType\":\"\"}" 'artifactType: not a media type'
refused 'no object, no descriptor' '[]' 'doc: layers[0]: not an object'

digest()
{
	refused "the digest $1 is refused" "{\"digest\":\"$1\",\"mediaType\":\"a/b\",\"size\":2}" \
		'digest: not a digest'
}
# rows: O29 T21
digest "sha256:$(echo $hex | tr a-f A-F)"
# rows: O30
digest "sha256:${hex%?}"
digest "sha256:${hex}0"
# rows: O31 T22
digest sha256:../../../etc/passwd
digest ../../x
# rows: O32
digest sha256:
digest :abc
digest sha256
digest "SHA256:$hex"
digest "sha256::$hex"
digest "sha256:$hex "
digest "sha256:$hex\\n"
digest 'sha256:%2e%2e'
digest ''
refused 'a number is no digest' '{"digest":1,"mediaType":"a/b","size":2}' 'digest: not a string'

# rows: O76
refused 'an annotation that is a number is refused' "$start,\"size\":2,\"annotations\":{\"k\":1}}" \
	'doc: layers[0]: annotations: k: not a string'
refused 'an annotation that is null is refused' "$start,\"size\":2,\"annotations\":{\"k\":null}}" \
	'annotations: k: not a string'
refused 'annotations in an array are refused' "$start,\"size\":2,\"annotations\":[]}" 'annotations: not an object'
refused 'urls are an array' "$start,\"size\":2,\"urls\":\"x\"}" 'urls: not an array'
refused 'of strings' "$start,\"size\":2,\"urls\":[1]}" 'urls: not an array of strings'
refused 'data is a string' "$start,\"size\":2,\"data\":1}" 'data: not a string'
refused 'a platform is an object' "$start,\"size\":2,\"platform\":\"linux\"}" 'platform: not an object'
refused 'its os a string' "$start,\"size\":2,\"platform\":{\"os\":1}}" 'platform: os: not a string'
refused 'its os.features an array' "$start,\"size\":2,\"platform\":{\"os.features\":\"x\"}}" 'os.features: not an array'
refused 'of strings too' "$start,\"size\":2,\"platform\":{\"os.features\":[1]}}" 'os.features: not an array of strings'
many=$(seq -s, 65 | sed 's/[0-9]\{1,\}/"&"/g')
refused 'and of 64 at most' "$start,\"size\":2,\"platform\":{\"os.features\":[$many]}}" 'os.features: more than 64'
refused 'a platform has a length' "$start,\"size\":2,\"platform\":{\"os\":\"$(printf '%0600d' 1)\"}}" \
	'longer than 512'
# rows: T42
for member in Digest SIZE mediatype Urls ANNOTATIONS Data artifacttype Platform; do
	refused "$member is a known member in another case" "$start,\"size\":2,\"$member\":null}" 'in case alone'
done
refused 'so it is inside a platform' "$start,\"size\":2,\"platform\":{\"OS\":\"linux\"}}" 'in case alone'
refused 'the same member twice is refused' "$start,\"size\":2,\"digest\":\"$sha\"}" 'duplicate key'
refused 'even if it is escaped' "$start,\"size\":2,\"\\u0064igest\":\"$sha\"}" 'duplicate key'
becomes 'annotations may differ in case' "$start,\"size\":2,\"annotations\":{\"digest\":\"a\",\"Digest\":\"b\"}}" \
	"{\"annotations\":{\"Digest\":\"b\",\"digest\":\"a\"},\"digest\":\"$sha\",\"mediaType\":\"a/b\",\"size\":2}"

gives 'a record has its members in their order' \
	"{\"ref\":\"a/b:c\",\"mediaType\":\"a/b\",\"digest\":\"$sha\",\"size\":2,\"platform\":{\"architecture\":\"arm64\",\"os\":\"linux\"},\"annotations\":{\"k\":\"v\"}}" \
	"$image" record \
	"$start,\"size\":2,\"annotations\":{\"k\":\"v\"},\"platform\":{\"os\":\"Linux\",\"architecture\":\"aarch64\"},\"artifactType\":\"a/b\"}"
gives 'and leaves out what has no value' \
	"{\"ref\":\"a/b:c\",\"mediaType\":\"a/b\",\"digest\":\"$sha\",\"size\":2}" \
	"$image" record "$start,\"size\":2}"

gives 'a platform of a document is normalised' 'darwin(1+a+b)/arm/v7
{"architecture":"arm","os":"darwin","os.features":["a","b"],"os.version":"1","variant":"v7"}' \
	"$image" platform-json '{"os":"macOS","architecture":"ARM","os.version":"1","os.features":["b","a"]}'
gives 'and has an os and an architecture always' '/
{"architecture":"","os":""}' "$image" platform-json '{}'

data()
{
	printf '{"digest":"%s","mediaType":"a/b","size":%s,"data":"%s"}' "$1" "$2" "$3"
}
# rows: O93
gives 'data is decoded and verified' '[{}]' "$image" data "$(data $sha 2 e30=)"
sum()
{
	printf 'sha256:%s' "$(printf %s "$1" | sha256sum | cut -c1-64)"
}
gives 'data without padding' '[{"a":1]' "$image" data "$(data "$(sum '{"a":1')" 6 eyJhIjox)"
gives 'data with two characters of padding' '["a":]' "$image" data "$(data "$(sum '"a":')" 4 ImEiOg==)"
gives 'data of the whole alphabet' '[>>>???]' "$image" data "$(data "$(sum '>>>???')" 6 Pj4+Pz8/)"
gives 'no data at all' '[]' "$image" data "$(data "$(sum '')" 0 '')"
refuses 'other data is a digest error' 5 'data has digest' "$image" data "$(data $sha 2 W10=)"
refuses 'so is data of another size' 5 'data of 2 bytes, not 3' "$image" data "$(data $sha 3 e30=)"
refuses 'padding is needed' 3 'not base64' "$image" data "$(data $sha 2 e30)"
refuses 'bits left over are refused' 3 'not base64' "$image" data "$(data $sha 2 e31=)"
refuses 'a line end is refused' 3 'not base64' "$image" data "$(data $sha 2 'e30\n')"
refuses 'the alphabet of URLs is refused' 3 'not base64' "$image" data "$(data $sha 2 'e_0=')"
refuses 'padding alone is refused' 3 'not base64' "$image" data "$(data $sha 2 '====')"
refuses 'an algorithm that we lack is refused' 3 'only sha256' "$image" data "$(data md5:x 2 e30=)"
refuses 'data of more than a document is refused' 3 'data of more than 4194304 bytes' \
	"$image" data "$(data $sha 4194305 e30=)"
refuses 'a descriptor without data has none' 3 'has no data' "$image" data "$start,\"size\":2}"

# --- manifests ---

manifest=$oci.manifest.v1+json index=$oci.index.v1+json list=$docker.distribution.manifest.list.v2+json
v2s2=$docker.distribution.manifest.v2+json
config="{\"digest\":\"$sha\",\"mediaType\":\"$oci.config.v1+json\",\"size\":2}"
layer="{\"digest\":\"$sha\",\"mediaType\":\"$oci.layer.v1.tar+gzip\",\"size\":2}"

# What stands between config and schemaVersion, and behind that, of a good manifest.
image()
{
	printf '{%s"config":%s,"layers":[%s],"mediaType":"%s","schemaVersion":2%s}' "$1" "$config" "$2" \
		"${4-$manifest}" "$3"
}
stays()
{
	gives "$1" "$4" "$image" "$2" "$3" "$4"
}
ends()
{
	gives "$1" "$5" "$image" "$2" "$3" "$4"
}
bad()
{
	refuses "$1" 3 "$5" "$image" "$2" "$3" "$4"
}
whole=$(image '"annotations":{"a":"b"},"artifactType":"a/b",' "$layer,$layer" ",\"subject\":$config")
plain=$(image '' "$layer" '')
stays 'a manifest in canonical form is written as it was read' manifest $manifest "$whole"
stays 'so is the least one' manifest $manifest "$(image '' '' '')"
stays 'and one of Docker' manifest $v2s2 "$(image '' "$layer" '' $v2s2)"
# rows: O62 T46
ends 'without a mediaType its descriptor says what it is' manifest $manifest \
	"{\"schemaVersion\":2,\"config\":$config,\"layers\":[$layer]}" "$plain"
ends 'null is absent here too' manifest $manifest \
	"{\"schemaVersion\":2,\"mediaType\":null,\"annotations\":null,\"subject\":null,\"artifactType\":null,\"config\":$config,\"layers\":[$layer]}" \
	"$plain"
ends 'a member that we do not know is no error here' manifest $manifest "$(image '' "$layer" ',"x":1')" "$plain"
# rows: O63
stays 'a config of an unknown type is read' manifest $manifest \
	"{\"config\":{\"digest\":\"$sha\",\"mediaType\":\"application/x\",\"size\":2},\"layers\":[],\"mediaType\":\"$manifest\",\"schemaVersion\":2}"
# rows: O61 T45
bad 'a manifest says what its descriptor said' manifest $manifest "$(image '' "$layer" '' $v2s2)" \
	"doc: says $v2s2, its descriptor $manifest"
bad 'in all letters' manifest $manifest "$(image '' "$layer" '' "$manifest;x=y")" 'doc: says'
bad 'an index is none' manifest $manifest "{\"schemaVersion\":2,\"mediaType\":\"$index\",\"manifests\":[]}" ambiguous
# rows: O58 T45
for member in manifests fsLayers history; do
	bad "a manifest with $member is ambiguous" manifest $manifest "$(image '' "$layer" ",\"$member\":[]")" \
		"ambiguous: \"$member\" belongs"
	bad "with $member of null too" manifest $manifest "$(image '' "$layer" ",\"$member\":null")" ambiguous
done
# rows: O60
bad 'another case makes no difference' manifest $manifest "$(image '' "$layer" ',"Manifests":[]')" ambiguous
bad 'nor do escapes' manifest $manifest "$(image '' "$layer" ',"\u006danifests":[]')" ambiguous
bad 'nor does what Go folds to s' manifest $manifest "$(image '' "$layer" ',"manifestſ":[]')" ambiguous
# rows: T42
for member in Config LAYERS mediatype SchemaVersion Annotations Subject artifacttype; do
	bad "a manifest's $member differs in case" manifest $manifest "$(image '' "$layer" ",\"$member\":null")" \
		'in case alone'
done
bad 'layers twice are refused' manifest $manifest "$(image '' "$layer" ',"layers":[]')" 'duplicate key'
# rows: O22
bad 'schemaVersion 1 is refused' manifest $manifest "{\"schemaVersion\":1,\"config\":$config,\"layers\":[]}" \
	'doc: schemaVersion: not 2'
bad 'schemaVersion "2" is refused' manifest $manifest "{\"schemaVersion\":\"2\",\"config\":$config,\"layers\":[]}" \
	'schemaVersion: not 2'
bad 'schemaVersion 2.0 is refused' manifest $manifest "{\"schemaVersion\":2.0,\"config\":$config,\"layers\":[]}" \
	'schemaVersion: not 2'
bad 'no schemaVersion is refused' manifest $manifest "{\"config\":$config,\"layers\":[]}" 'schemaVersion: missing'
bad 'no config is refused' manifest $manifest '{"schemaVersion":2,"layers":[]}' 'doc: config: missing'
bad 'no layers are refused' manifest $manifest "{\"schemaVersion\":2,\"config\":$config}" 'doc: layers: missing'
bad 'layers of null are refused' manifest $manifest "{\"schemaVersion\":2,\"config\":$config,\"layers\":null}" \
	'doc: layers: missing'
bad 'layers in an object are refused' manifest $manifest "{\"schemaVersion\":2,\"config\":$config,\"layers\":{}}" \
	'doc: layers: not an array'
bad 'a bad layer is named' manifest $manifest "$(image '' "$layer,null" '')" 'doc: layers[1]: not an object'
bad 'a mediaType is a string' manifest $manifest "{\"schemaVersion\":2,\"mediaType\":1}" 'doc: mediaType: not a string'
bad 'an artifactType is a media type' manifest $manifest "$(image '' "$layer" ',"artifactType":"x"')" \
	'doc: artifactType: not a media type'
bad 'a subject is a descriptor' manifest $manifest "$(image '' "$layer" ',"subject":{}')" 'doc: subject: mediaType: missing'
bad 'annotations are strings' manifest $manifest "$(image '' "$layer" ',"annotations":{"a":1}')" \
	'doc: annotations: a: not a string'
bad 'a manifest is an object' manifest $manifest '[]' 'doc: not an object'
bad 'null is none' manifest $manifest null 'doc: not an object'

repeat()
{
	yes "$1" | head -n "$2" | paste -sd, -
}
# rows: T31
{ image '' "$(repeat "$layer" 4096)" '' && echo; } >4096.json
image '' "$(repeat "$layer" 4097)" '' >4097.json
ok '4096 layers are read' "$image" manifest $manifest - <4096.json
cp "$OUT" written.json
ok 'and written' cmp written.json 4096.json
refuses '4097 are refused' 3 'doc: layers: more than 4096' "$image" manifest $manifest - <4097.json

# --- indexes ---

inside()
{
	printf '{"manifests":[%s],"mediaType":"%s","schemaVersion":2%s}' "$1" "${3-$index}" "${2-}"
}
stays 'an index in canonical form is written as it was read' index $index \
	"{\"annotations\":{\"a\":\"b\"},\"artifactType\":\"a/b\",\"manifests\":[$config,$layer],\"mediaType\":\"$index\",\"schemaVersion\":2,\"subject\":$layer}"
# rows: O21
stays 'an index may be empty' index $index "$(inside '')"
ends 'and without a mediaType' index $index '{"schemaVersion":2,"manifests":[]}' "$(inside '')"
bad 'null is no index' index $index null 'doc: not an object'
bad 'an array is none' index $index '[]' 'doc: not an object'
bad 'an object without anything is none' index $index '{}' 'doc: schemaVersion: missing'
bad 'manifests are needed' index $index '{"schemaVersion":2}' 'doc: manifests: missing'
bad 'and are no null' index $index '{"schemaVersion":2,"manifests":null}' 'doc: manifests: missing'
stays 'a list of Docker is an index' index $list "$(inside "$config" '' $list)"
stays 'an index has entries of any type' index $index "$(inside "{\"digest\":\"$sha\",\"mediaType\":\"application/xml\",\"size\":2}")"
bad 'but is what its descriptor says' index $index "$(inside "$config" '' $list)" "doc: says $list, its descriptor $index"
# rows: T46
bad 'a manifest is none' index $index "$plain" ambiguous
# rows: O59 T45
for member in layers config fsLayers history; do
	bad "an index with $member is ambiguous" index $index "$(inside '' ",\"$member\":[]")" \
		"ambiguous: \"$member\" belongs"
done
# rows: O60
bad 'with Layers too' index $index "$(inside '' ',"Layers":[]')" ambiguous
bad 'with CONFIG too' index $index "$(inside '' ',"CONFIG":null')" ambiguous
for member in Manifests mediatype SchemaVersion Annotations Subject artifacttype; do
	bad "an index's $member differs in case" index $index "$(inside '' ",\"$member\":null")" 'in case alone'
done
bad 'schemaVersion 1 is refused in an index' index $index '{"schemaVersion":1,"manifests":[]}' 'schemaVersion: not 2'
bad 'a bad entry is named' index $index "$(inside "$config,$config,{}")" 'doc: manifests[2]: mediaType: missing'

inside "$(repeat "{\"digest\":\"$sha\",\"mediaType\":\"a/b\",\"size\":2}" 29000)" >large.json
echo >>large.json
ok 'an index of 29,000 entries is read' "$image" index $index - <large.json
cp "$OUT" written.json
ok 'and written' cmp written.json large.json
