#!/bin/sh
# What an archive consists of: manifests, indexes and artifacts are followed to their last blob.
. "${0%/*}/lib.sh"
plan 65

packs() { name=$1; tarlib "$2" >in.tar; shift 2; ok "$name" oci-pack -o out.tar in.tar "$@"; }
denies() { name=$1 status=$2 text=$3; tarlib "$4" >in.tar; refuses "$name" "$status" "$text" oci-pack in.tar; }
blobs() { tar tf "$1" | grep -c 'blobs/sha256/.'; }

# --- indexes in indexes (rows: T47 O52) ---
# f(n, i): i inside of n indexes.
deep='(lambda f, n: f(f, n, image(tag="v1")))(lambda f, n, i: i if n == 0 else f(f, n - 1, index(i, platforms=False)), %d)'
# shellcheck disable=SC2059
nest() { printf "layout($deep)" "$1"; }
packs 'eight levels, index.json being the first' "$(nest 7)"
is 'all of it is there' "$(blobs out.tar)" 10
denies 'nine levels' 3 'nested more than 8 deep' "$(nest 8)"
diamond='(lambda f: f(f, 7, image()))(lambda f, n, i: i if n == 0 else f(f, n - 1, index(i, i, index(i, platforms=False, edit=lambda d: d.update(annotations={"n": str(n)})), platforms=False, edit=lambda d: d.update(annotations={"m": str(n)}))))'
tarlib "layout($diamond)" >in.tar
refuses 'a diamond whose longer way is too deep' 3 'nested more than 8 deep' oci-pack in.tar
diamond='(lambda f: f(f, 7, image()))(lambda f, n, i: i if n == 0 else f(f, n - 1, index(*[i] * 500, platforms=False)))'
packs 'seven levels of five hundred references each' "layout($diamond)"
is 'each document is there once' "$(blobs out.tar)" 10
# The same index on a short way first, then where it is too deep.
late='(lambda x: layout(x, (lambda f: f(f, 7, x))(lambda f, n, i: i if n == 0 else f(f, n - 1, index(i, platforms=False)))))(index(image(), platforms=False))'
denies 'an index met before, now too deep' 3 'nested more than 8 deep' "$late"
packs 'children stand before their parents' 'layout(index(index(image(layer("a", b"a")), platforms=False), image(layer("b", b"b")), platforms=False))'
is 'config, manifest, index; config, manifest; index' "$(tar tf out.tar | sed -n 's|blobs/sha256/\(.\)|\1|p' | while read -r b; do
	tar xOf out.tar "blobs/sha256/$b" | jq -r 'if .manifests then "index" elif .layers then "manifest" else "config" end' 2>/dev/null || echo layer
done | tr '\n' ' ')" 'layer layer config manifest index config manifest index '

# --- kinds (rows: T45 T46 O58 O59 O60 O61 O62 O63 O65) ---
denies 'a manifest with layers and manifests' 3 'ambiguous' 'layout(image(edit=lambda m: m.update(manifests=[])))'
denies 'an index with a config' 3 'ambiguous' 'layout(index(image(), edit=lambda d: d.update(config={})))'
denies 'an index with layers' 3 'ambiguous' 'layout(index(image(), edit=lambda d: d.update(layers=[])))'
denies 'Layers in another case beside manifests' 3 'ambiguous' 'layout(index(image(), edit=lambda d: d.update(Layers=[])))'
denies 'a mediaType of the other kind' 3 'says application/vnd.oci.image.index' 'layout(image(edit=lambda m: m.update(mediaType=MEDIA_INDEX)))'
denies 'a manifest said to be an index' 3 '' '(lambda i: (i.root.update(mediaType=MEDIA_INDEX), layout(i))[1])(image(edit=lambda m: m.pop("mediaType")))'
denies 'Docker inside, OCI outside' 3 'says' '(lambda i: (i.root.update(mediaType=MEDIA_MANIFEST), layout(i))[1])(image(types="docker"))'
packs 'no mediaType at all: the descriptor decides' 'layout(image(edit=lambda m: m.pop("mediaType")))'
packs 'a Docker image' 'layout(image(types="docker"))'
packs 'a Docker list' 'layout(index(image(types="docker"), media_type=DOCKER + "distribution.manifest.list.v2+json"))'
denies 'schemaVersion 1' 3 'schemaVersion' 'layout(image(edit=lambda m: m.update(schemaVersion=1)))'
denies 'one digest as manifest and as index' 3 'referred to as' \
	'(lambda i: layout(i, index(i, platforms=False, edit=lambda d: d["manifests"][0].update(mediaType=MEDIA_INDEX))))(image())'
denies 'one digest with two sizes' 5 'bytes' \
	'(lambda i: layout(i, index(i, platforms=False, edit=lambda d: d["manifests"][0].update(size=1))))(image())'
denies 'an absent layer with two sizes' 5 'bytes' \
	'(lambda a: layout(image(edit=lambda m: m["layers"].append(a), config={"rootfs": {"type": "layers", "diff_ids": [digest(b"1"), digest(b"2")]}}), image(edit=lambda m: m["layers"].append({**a, "size": 7}), config={"author": "x", "rootfs": {"type": "layers", "diff_ids": [digest(b"1"), digest(b"2")]}})))(descriptor(b"absent", MEDIA_LAYER))'

# --- layers and DiffIDs (rows: T48 O66 O67 O68 O95) ---
denies 'no layers, one DiffID' 3 '0 layers, but 1 diff_ids' 'layout(image(manifest={"layers": []}))'
denies 'two layers, one DiffID' 3 '2 layers, but 1 diff_ids' 'layout(image(edit=lambda m: m["layers"].append(m["layers"][0])))'
denies 'one layer, no DiffID' 3 '1 layers, but 0 diff_ids' 'layout(image(config={"rootfs": {"type": "layers", "diff_ids": []}}))'
denies 'a rootfs of another type' 3 'rootfs.type' 'layout(image(config={"rootfs": {"type": "weird", "diff_ids": []}}))'
packs 'an image of no layer' 'layout(image(manifest={"layers": []}, config={"rootfs": {"type": "layers", "diff_ids": []}}))'
packs 'the same layer twice in an image' 'layout(image(layer("a", b"1"), layer("a", b"1")))'
is 'is one blob' "$(blobs out.tar)" 3
denies 'more than 4,096 layers' 3 '4096' 'layout(image(edit=lambda m: m.update(layers=m["layers"] * 5000)))'
denies 'a config that is no object' 3 'not a JSON object' 'layout(image(config=b"[]"))'

# --- artifacts (rows: T48 O64 O65) ---
empty='descriptor(b"{}", OCI.replace("image.", "") + "empty.v1+json")'
artifact="image(config=b'{}', edit=lambda m: (m.update(artifactType='application/x.test'), m['config'].update(mediaType='application/vnd.oci.empty.v1+json')))"
packs 'an artifact with an empty config and a layer' "layout($artifact)"
packs 'an artifact without layers' "layout(image(config=b'{}', edit=lambda m: (m.update(artifactType='application/x.test', layers=[]), m['config'].update(mediaType='application/vnd.oci.empty.v1+json'))))"
packs 'an empty config as its only layer too' "layout(image(config=b'{}', edit=lambda m: (m.update(artifactType='application/x.test', layers=[$empty]), m['config'].update(mediaType='application/vnd.oci.empty.v1+json'))))"
packs 'a config of a type that nobody knows' "layout(image(config=b'{\"any\":1}', edit=lambda m: m['config'].update(mediaType='application/x.config+json')))"
packs 'one that is no JSON' "layout(image(config=b'any', edit=lambda m: m['config'].update(mediaType='text/plain')))"
denies 'one that is missing' 6 'missing: the config of sha256:' "(lambda i: layout(i, without=[digest(b'any')]))(image(config=b'any', edit=lambda m: m['config'].update(mediaType='text/plain')))"
packs 'a layer that is a JSON document' "layout(image(edit=lambda m: m.update(artifactType='application/x', layers=[descriptor(b'{\"a\":1}', 'application/x')], config=$empty)), extra=[(digest(b'{\"a\":1}'), b'{\"a\":1}'), (digest(b'{}'), b'{}')])"
is 'is there' "$(blobs out.tar)" 3
cp out.tar twice.tar
ok 'and stays where it is' sh -c 'oci-pack twice.tar | cmp - out.tar'
packs 'a subject that is not there' 'layout(image(edit=lambda m: m.update(subject=descriptor(b"nowhere", MEDIA_MANIFEST))))'
packs 'an entry of a type that nobody knows, with its blob' "layout(image(), index={'schemaVersion': 2, 'manifests': [descriptor(b'<x/>', 'application/xml'), image().root]}, extra=[(digest(b'<x/>'), b'<x/>')])"
is 'is kept' "$(blobs out.tar)" 4
denies 'without its blob it is missing' 6 'application/xml' "layout(image(), index={'schemaVersion': 2, 'manifests': [descriptor(b'<x/>', 'application/xml'), image().root]})"
# An artifact carries a manifest as content that index.json names as well, before and after.
for order in '[a.root, i.root]' '[i.root, a.root]'; do
	packs "a manifest that is also an artifact's content: $order" "(lambda i: (lambda a: layout(i, a, index={'schemaVersion': 2, 'manifests': $order}, extra=[(digest(b'{}'), b'{}')]))(image(edit=lambda m: m.update(artifactType='application/x', config=$empty, layers=[descriptor(i.document, 'application/x')]))))(image(layer('deep', b'1')))"
	is 'its own layer is there' "$(blobs out.tar)" 5
done

# --- data, urls, layers not to be distributed (rows: O91 O92 O93) ---
b64='__import__("base64").b64encode'
packs 'a data member stands in for a config' "(lambda i: layout(i, without=[digest(b'{}')]))(image(config=b'{}', edit=lambda m: (m.update(artifactType='application/x'), m['config'].update(mediaType='application/x', data=$b64(b'{}').decode()))))"
is 'whose blob is written' "$(tar xOf out.tar blobs/sha256/44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a)" '{}'
packs 'and for an image config' "(lambda i: (lambda c: layout(image(edit=lambda m: m['config'].update(data=$b64(i.blobs[c]).decode())), without=[c]))(__import__('json').loads(i.document)['config']['digest']))(image())"
is 'a filter before it writes the blob too' "$(oci-index -t v1 in.tar | tar tf - | grep -c 'blobs/sha256/.')" 3
packs 'and for a layer' "(lambda i: (lambda c: layout(image(edit=lambda m: m['layers'][0].update(data=$b64(i.blobs[c]).decode())), without=[c]))(list(i.blobs)[0]))(image())"
cat in.tar | oci-pack -o o.tar
ok 'also from a pipe' cmp o.tar out.tar
denies 'a data member that is wrong' 5 '' "layout(image(edit=lambda m: m['config'].update(data=$b64(b'x' * m['config']['size']).decode())))"
denies 'one of another length' 5 '' "layout(image(edit=lambda m: m['layers'][0].update(data=$b64(b'x').decode())))"
denies 'one that is no base64' 3 'base64' "layout(image(edit=lambda m: m['layers'][0].update(data='***')))"
nondist='m["layers"][0].update(mediaType="application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", urls=["http://127.0.0.1:1/x"])'
packs 'a layer not to be distributed may be missing' "(lambda i: layout(i, without=[list(i.blobs)[0]]))(image(edit=lambda m: $nondist))"
is 'which makes nothing thin' "$(tar xOf out.tar index.json | jq -c .annotations)" null
packs 'is kept where it is' "layout(image(edit=lambda m: $nondist))"
is 'its blob too' "$(blobs out.tar)" 3
run strace -f -e trace=network -o trace oci-pack in.tar
is 'and its url is nobody'"'"'s business' "$(grep -c socket trace)" 0

# --- names (rows: T49) ---
bad=0
for name in 'v1\nv2' "$(printf '%0129d' 0)" -x ../x '' 'a b' 'v1:' "$(printf '\303\274')"; do
	tarlib "layout(image(annotations={REF_NAME: args[0].replace('\\\\n', chr(10))}))" "$name" >in.tar
	oci-pack in.tar >/dev/null 2>err
	if [ $? -eq 3 ]; then bad=$((bad + 1)); else diag "$name: $(cat err)"; fi
done
is 'names that are none' $bad 8
good=0
for name in "$(printf '%0128d' 0)" v1 1.0_2 docker.io/library/a:v1 127.0.0.1:5000/x/y:z a@b 1.0+build; do
	tarlib "layout(image(tag=args[0]))" "$name" >in.tar
	if oci-pack in.tar >/dev/null 2>err; then good=$((good + 1)); else diag "$name: $(cat err)"; fi
done
is 'names that are some' $good 7
