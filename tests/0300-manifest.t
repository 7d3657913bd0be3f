#!/bin/sh
# oci-manifest: layers of the input become one image, on a base or on nothing.
. "${0%/*}/lib.sh"
plan 98

mkdir one two
echo one >one/1
echo two >two/2
oci-layer one >one.tar
oci-layer two >two.tar
oci-layer one | oci-layer -A two >both.tar

# The document that a path of digests leads to: root, then "manifest" or "config".
root() { tar xOf "$1" index.json | jq -r '.manifests[0].digest'; }
document() { tar xOf "$1" "blobs/sha256/${2#sha256:}"; }
manifest() { document "$1" "$(root "$1")"; }
config() { document "$1" "$(manifest "$1" | jq -r .config.digest)"; }
conf() { config "$1" | jq -c "$2"; }

ok 'a layer becomes an image' oci-manifest -p linux/amd64 -o image.tar one.tar
is 'its manifest is an OCI manifest' "$(manifest image.tar | jq -r .mediaType)" \
	application/vnd.oci.image.manifest.v1+json
is 'the layer in it says nothing of a stream' "$(manifest image.tar | jq -c '.layers[0]|keys')" \
	'["digest","mediaType","size"]'
# rows: O114
is 'the config is sorted, and complete' "$(config image.tar)" "$(config image.tar | jq -cS .)"
is 'it names os and architecture' "$(conf image.tar '[.os,.architecture]')" '["linux","amd64"]'
is 'its DiffID is the layer'"'"'s' "$(conf image.tar '.rootfs.diff_ids[0]')" \
	"$(tar xOf one.tar index.json | jq '.manifests[0].annotations["containerd.io/uncompressed"]')"
is 'its time is the epoch' "$(conf image.tar .created)" '"1970-01-01T00:00:00Z"'
is 'the entry has its platform, and no name' \
	"$(tar xOf image.tar index.json | jq -c '.manifests[0]|[.platform,.annotations]')" \
	'[{"architecture":"amd64","os":"linux"},null]'
oci-manifest one.tar >here.tar
is 'without -p the image is for this machine' "$(conf here.tar .os)" '"linux"'

oci-manifest -p linux/amd64 both.tar >two-layers.tar
is 'layers keep their order' "$(conf two-layers.tar '.rootfs.diff_ids')" \
	"$(tar xOf both.tar index.json | jq -c '[.manifests[].annotations["containerd.io/uncompressed"]]')"
{ cat one.tar; cat two.tar; } | oci-manifest -p linux/amd64 >joined.tar
ok 'archives one after another are the same as -A' cmp joined.tar two-layers.tar
oci-manifest -p linux/amd64 one.tar two.tar >operands.tar
ok 'and as operands' cmp operands.tar two-layers.tar
oci-manifest -p linux/amd64 one.tar two.tar one.tar >aba.tar
is 'A, B, A is three layers' "$(manifest aba.tar | jq '.layers|length')" 3
is 'and two blobs of layers' "$(tar tf aba.tar | grep -c '^blobs/sha256/.')" 4

# --- what options say ---
oci-manifest -p linux/arm64 -l a=1 -l b=x=y --cmd /bin/sh --cmd -c --entrypoint '["/init","-x"]' \
	--env A=1 --env PATH=/bin --env A=2 --user 0:0 --workdir /work --expose 80 --expose 53/udp \
	--volume /data --stop-signal SIGTERM --author 'A <a@b>' --created 2020-02-29T12:00:00Z \
	-a note=said -t v1 -o options.tar one.tar
is 'labels' "$(conf options.tar .config.Labels)" '{"a":"1","b":"x=y"}'
is 'command, an argument each' "$(conf options.tar .config.Cmd)" '["/bin/sh","-c"]'
is 'entrypoint, a JSON array' "$(conf options.tar .config.Entrypoint)" '["/init","-x"]'
is 'of two values for a variable the later' "$(conf options.tar .config.Env)" '["PATH=/bin","A=2"]'
is 'ports, tcp unless said' "$(conf options.tar .config.ExposedPorts)" '{"53/udp":{},"80/tcp":{}}'
is 'volumes' "$(conf options.tar .config.Volumes)" '{"/data":{}}'
is 'user, folder, signal, author, time' \
	"$(conf options.tar '[.config.User,.config.WorkingDir,.config.StopSignal,.author,.created]')" \
	'["0:0","/work","SIGTERM","A <a@b>","2020-02-29T12:00:00Z"]'
is 'the annotation is the manifest'"'"'s' "$(manifest options.tar | jq -c .annotations)" \
	'{"note":"said"}'
is 'a tag is the entry'"'"'s name' \
	"$(tar xOf options.tar index.json | jq -c '.manifests[0].annotations')" \
	'{"org.opencontainers.image.ref.name":"v1"}'
oci-manifest -t reg.example.com/app:v1 -t v2 one.tar >names.tar
is 'a whole reference is kept beside its tag' \
	"$(tar xOf names.tar index.json | jq -c '[.manifests[].annotations]')" \
	'[{"io.containerd.image.name":"reg.example.com/app:v1","org.opencontainers.image.ref.name":"v1"},{"org.opencontainers.image.ref.name":"v2"}]'
oci-manifest -t a.example/x:v1 -t b.example/y:v1 one.tar >shared.tar
is 'a tag that two repositories share is the whole reference' \
	"$(tar xOf shared.tar index.json | jq -c '[.manifests[].annotations["org.opencontainers.image.ref.name"]]')" \
	'["a.example/x:v1","b.example/y:v1"]'
oci-manifest -t v1 -t docker.io/library/x:v1 -t v1 -t x:v1 -t a.example/x one.tar >once.tar
is 'a name given twice is one entry, a tag of no repository its own' \
	"$(tar xOf once.tar index.json | jq -c '[.manifests[].annotations["org.opencontainers.image.ref.name"]]')" \
	'["v1","docker.io/library/x:v1","latest"]'
SOURCE_DATE_EPOCH=86400 oci-manifest one.tar >dated.tar
is 'SOURCE_DATE_EPOCH is the time of creation' "$(conf dated.tar .created)" \
	'"1970-01-02T00:00:00Z"'
echo '{"architecture":"s390x","os":"linux","config":{"Env":["A=1"]},"history":[{}],"rootfs":{"type":"layers","diff_ids":["sha256:'"$(printf %064d 0)"'"]},"x.y":[1.50]}' >config.json
oci-manifest -c config.json one.tar >started.tar
is '-c: its platform and unknown members stay' "$(conf started.tar '[.architecture,.config.Env]')" \
	'["s390x",["A=1"]]'
is '-c: a member that nobody knows is kept as it came' \
	"$(config started.tar | grep -o '"x.y":\[1.50\]')" '"x.y":[1.50]'
is '-c: diff_ids and history are those of the layers' \
	"$(conf started.tar '[(.rootfs.diff_ids|length),(.history|length)]')" '[1,1]'

# --- a base ---
oci-manifest -p linux/arm64 -l kept=yes --cmd /old --entrypoint /e -t base -a was=base one.tar >base.tar
oci-layer -A two <base.tar | oci-manifest --env NEW=1 >onbase.tar
is 'on a base: its config is kept, and edited' \
	"$(conf onbase.tar '[.architecture,.config.Labels,.config.Cmd,.config.Env]')" \
	'["arm64",{"kept":"yes"},["/old"],["NEW=1"]]'
is 'on a base: its layers come first' "$(conf onbase.tar .rootfs.diff_ids)" \
	"$(tar xOf both.tar index.json | jq -c '[.manifests[].annotations["containerd.io/uncompressed"]]')"
is 'on a base: its name and annotations are not inherited' \
	"$(tar xOf onbase.tar index.json | jq -c '.manifests[0].annotations')$(manifest onbase.tar | jq -c .annotations)" \
	nullnull
oci-manifest --entrypoint /new base.tar >entry.tar
is 'a new entrypoint removes the old command' "$(conf entry.tar .config.Cmd)" null
# rows: O118
is 'the base'"'"'s blobs are the same bytes' \
	"$(document onbase.tar "$(manifest base.tar | jq -r '.layers[0].digest')" | sha256sum)" \
	"$(document base.tar "$(manifest base.tar | jq -r '.layers[0].digest')" | sha256sum)"
oci-manifest -p linux/amd64 -l p=amd64 one.tar >amd64.tar
oci-index amd64.tar base.tar >multi.tar
refuses 'a base for several platforms wants a choice' 3 'choose with -p' \
	sh -c 'oci-layer -A two <multi.tar | oci-manifest'
oci-layer -A two <multi.tar | oci-manifest -p linux/amd64 >chosen.tar
is '-p chooses of a base' "$(conf chosen.tar '[.architecture,(.rootfs.diff_ids|length)]')" '["amd64",2]'
refuses 'a platform that is not there is not found' 6 'no image for platform linux/s390x' \
	oci-manifest -p linux/s390x -l a=b multi.tar
oci-layer -A two <multi.tar | oci-manifest -t all -p 'linux/*' >each.tar
is 'a pattern appends to each' "$(manifest each.tar | jq -c '[.manifests[].platform.architecture]')" \
	'["amd64","arm64"]'

tarlib 'layout(index(image(config={"os":"","architecture":""}), edit=lambda d:
	d["manifests"][0].update(platform={"os":"linux","architecture":"s390x"})))' >silent.tar
oci-manifest -l a=b silent.tar >told.tar
is 'a base whose config says no platform is for that of its entry' \
	"$(conf told.tar '[.os,.architecture]')" '["linux","s390x"]'
tarlib 'layout(image(config={"os":"freebsd","architecture":""}))' >half.tar
oci-manifest -l a=b half.tar >told.tar
is 'one that says half of it keeps that' "$(conf told.tar .os)" '"freebsd"'
tarlib 'layout(image(config={"os":"linux","architecture":"arm64","variant":"v8"}))' >spelt.tar
oci-manifest -l a=b spelt.tar >told.tar
is 'one that says all keeps its spelling' "$(conf told.tar '[.architecture,.variant]')" '["arm64","v8"]'

# --- bundles ---
mkdir -p bundle/.imgpkg
printf 'apiVersion: imgpkg.carvel.dev/v1alpha1\nkind: ImagesLock\n' >bundle/.imgpkg/images.yml
oci-layer -b bundle | oci-manifest -t v1 >bundle.tar
is 'the mark of a bundle makes the label' "$(conf bundle.tar .config.Labels)" \
	'{"dev.carvel.imgpkg.bundle":"true"}'
is 'its layer has the type that imgpkg demands' "$(manifest bundle.tar | jq -r '.layers[].mediaType')" \
	application/vnd.docker.image.rootfs.diff.tar.gzip
is 'it is for linux/amd64 on every machine' "$(conf bundle.tar '[.os,.architecture]')" \
	'["linux","amd64"]'
refuses 'a bundle of two layers' 3 'exactly one layer' oci-manifest -b both.tar
oci-layer -z zstd one >zstd.tar
refuses 'a bundle of zstd' 3 'is gzip' oci-manifest -b zstd.tar
oci-manifest -l q=r bundle.tar >edited.tar
is 'a bundle that is edited stays one' "$(conf edited.tar .config.Labels)" \
	'{"dev.carvel.imgpkg.bundle":"true","q":"r"}'
is 'in its layer type too' "$(manifest edited.tar | jq -r '.layers[].mediaType')" \
	application/vnd.docker.image.rootfs.diff.tar.gzip
refuses 'a layer on a bundle' 3 'exactly one layer' \
	sh -c 'oci-layer -A two <bundle.tar | oci-manifest'
echo '{"config":{"Labels":{"dev.carvel.imgpkg.bundle":"true"}}}' >label.json
oci-manifest -c label.json one.tar >labelled.tar
is 'a config with the label makes a bundle' "$(manifest labelled.tar | jq -r '.layers[].mediaType')" \
	application/vnd.docker.image.rootfs.diff.tar.gzip
is 'for linux/amd64 as others' "$(conf labelled.tar '[.os,.architecture]')" '["linux","amd64"]'
refuses 'and not of zstd' 3 'is gzip' oci-manifest -c label.json zstd.tar
refuses 'nor of two layers' 3 'exactly one layer' oci-manifest -c label.json both.tar

# --- Docker's types ---
oci-manifest --media-types docker one.tar >docker.tar
is 'all types are Docker'"'"'s' \
	"$(manifest docker.tar | jq -c '[.mediaType,.config.mediaType,.layers[0].mediaType]')" \
	'["application/vnd.docker.distribution.manifest.v2+json","application/vnd.docker.container.image.v1+json","application/vnd.docker.image.rootfs.diff.tar.gzip"]'
oci-layer -a k=v one | oci-manifest >noted.tar
oci-layer -A -a k=v two <noted.tar | oci-manifest --media-types docker >docker.tar
is 'and its layers have no annotations, those of a base too' \
	"$(manifest docker.tar | jq -c '[.layers[].annotations]')" '[null,null]'
refuses 'zstd has no Docker type' 3 'use --media-types oci' oci-manifest --media-types docker zstd.tar

# --- artifacts ---
oci-layer -A two <base.tar | oci-manifest -T application/x -S base >artifact.tar
is 'an artifact has the empty config' "$(manifest artifact.tar | jq -r .config.mediaType)" \
	application/vnd.oci.empty.v1+json
is 'and a type' "$(manifest artifact.tar | jq -r .artifactType)" application/x
is 'its subject is the image named' "$(manifest artifact.tar | jq -r .subject.digest)" "$(root base.tar)"
is 'and it is the only entry' "$(tar xOf artifact.tar index.json | jq '.manifests|length')" 1
oci-manifest -S "$(tar xOf base.tar index.json | jq -c '.manifests[0]')" one.tar >about.tar
is 'of a subject that is given all that is said' "$(manifest about.tar | jq -c '.subject|keys')" \
	'["annotations","digest","mediaType","platform","size"]'
for name in base "$(root base.tar)"; do
	oci-layer -A two <base.tar | oci-manifest -T application/x -S "$name" >named.tar
	is "of a subject found by ${name%:*} its descriptor alone" \
		"$(manifest named.tar | jq -c '.subject|keys')" '["digest","mediaType","size"]'
done
oci-index -t other base.tar | oci-layer -A two | oci-manifest -T application/x -S other >named.tar
ok 'so its name here changes nothing' cmp named.tar artifact.tar
oci-manifest -p linux/amd64 -t v1 -t v2 -t a.example/b:v1 one.tar >names.tar
for name in v2 a.example/b:v1; do
	ok "a subject of several names is one image, named $name" \
		sh -c "oci-layer -A two <names.tar | oci-manifest -T application/x -S $name"
done
refuses 'a subject that is not there' 6 'no image of that name' oci-manifest -T application/x -S no one.tar

oci-manifest -T application/x -S base base.tar >empty.tar
is 'an artifact without content has the empty layer' \
	"$(manifest empty.tar | jq -c '[.layers[].mediaType]')" '["application/vnd.oci.empty.v1+json"]'
while read -r option value; do
	refuses "an artifact has no $option" 2 '-T: an artifact has no config' \
		oci-manifest -T application/x "$option" "$value" one.tar
done <<END
-c config.json
-l a=b
-p linux/amd64
--author me
--cmd x
--created 0
--entrypoint x
--env A=b
--expose 80
--stop-signal SIGTERM
--user u
--volume /v
--workdir /w
END
refuses 'an artifact is no bundle' 2 '-T: an artifact has no config' oci-manifest -b -T application/x one.tar
refuses 'nor one by its mark' 3 'a bundle' sh -c 'oci-layer -b bundle | oci-manifest -T application/x'

# --- what is refused ---
tarlib 'tar(*members(index={"schemaVersion": 2, "manifests": []}))' >none.tar
refuses 'an image of no layer' 3 'no layer in it' oci-manifest -l a=b none.tar
refuses 'also with a platform' 3 'no layer in it' oci-manifest -p linux/amd64 none.tar
refuses 'a subject and no layer' 3 'no layer in it' oci-manifest -S base base.tar
refuses '-c on a base' 3 '-c: the base has a config of its own' oci-manifest -c config.json base.tar
refuses '-p alone on a base' 3 'nothing to change' oci-manifest -p linux/amd64 multi.tar
refuses 'two images' 3 'two images' oci-manifest -l a=1 base.tar amd64.tar
refuses 'an image after a layer' 3 'an image after a layer' oci-manifest one.tar base.tar
refuses 'an image and nothing to change' 3 'nothing to change' oci-manifest base.tar
# rows: O115
refuses 'a tag that is none' 2 'bad ref!' oci-manifest -t 'bad ref!' one.tar
refuses 'a name as an annotation' 2 '-t gives a name' \
	oci-manifest -a org.opencontainers.image.ref.name=v1 one.tar
refuses 'a mark of the stream as one' 2 '-a: dev.ocipipe.thin' oci-manifest -a dev.ocipipe.thin=true one.tar
refuses 'a SOURCE_DATE_EPOCH that is no number' 2 'SOURCE_DATE_EPOCH: not a number of seconds' \
	env SOURCE_DATE_EPOCH=2020-01-01T00:00:00Z oci-manifest one.tar
ok '--created is asked first' env SOURCE_DATE_EPOCH=x oci-manifest --created 0 -o dated.tar one.tar
refuses 'a label without a value' 2 'name=value' oci-manifest -l nothing one.tar
