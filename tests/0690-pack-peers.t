#!/bin/sh
# What oci-pack writes other tools read, with the same digests; and what they write it reads.
. "${0%/*}/lib.sh"
need skopeo podman umoci oci-image-tool
plan 29

mkdir -p app/bin && echo hello >app/greeting && ln -s ../greeting app/bin/link
oci-layer app | oci-manifest -p linux/amd64 -t example.com/team/app:v1 >one.tar
oci-layer app/bin | oci-manifest -p linux/arm64 >arm.tar
oci-pack -o x.tar one.tar
root() { tar xOf "$1" index.json | jq -r '.manifests[0].digest'; }
config() { tar xOf "$1" "blobs/sha256/$(root "$1" | cut -c8-)" | jq -r .config.digest; }
copy() { skopeo --insecure-policy copy -q "$@"; }

# rows: O1 O103
is 'skopeo: oci-archive by tag' "$(skopeo inspect --format '{{.Digest}}' oci-archive:x.tar:v1)" "$(root x.tar)"
is 'skopeo: the one image without a name' "$(skopeo inspect --format '{{.Digest}}' oci-archive:x.tar)" "$(root x.tar)"
ok 'skopeo: a copy to a directory' copy oci-archive:x.tar:v1 dir:copied
is 'has the same manifest' "sha256:$(sha256sum <copied/manifest.json | cut -d' ' -f1)" "$(root x.tar)"
ok 'skopeo: as docker-archive' copy docker-archive:x.tar oci:fromdocker:v1
is 'has the same layers' "$(skopeo inspect --config oci:fromdocker:v1 | jq -c .rootfs)" \
	"$(tar xOf x.tar "blobs/sha256/$(config x.tar | cut -c8-)" | jq -c '.rootfs|{type,diff_ids}')"
ok 'skopeo: as docker-archive by its name' copy docker-archive:x.tar:example.com/team/app:v1 dir:copied2

# rows: O104 O105
ok 'podman loads it' podman load -q -i x.tar
is 'under its whole name' "$(podman images --format '{{.Repository}}:{{.Tag}}')" example.com/team/app:v1
is 'with its config' "sha256:$(podman images --no-trunc -q | sed 's/.*://')" "$(config x.tar)"
ok 'podman runs no part of it: it is only removed' podman rmi -f example.com/team/app:v1

ok 'a directory' oci-pack -F dir -o dir one.tar
is 'skopeo: oci' "$(skopeo inspect --format '{{.Digest}}' oci:dir:v1)" "$(root x.tar)"
ok 'oci-image-tool: is valid' oci-image-tool validate --type image --ref name=v1 dir
ok 'umoci unpacks it' umoci unpack --rootless --image dir:v1 bundle
is 'umoci: the folder came through' "$(cd bundle/rootfs && find . | sort | tr '\n' ' ')$(cat bundle/rootfs/bin/link)" \
	'. ./bin ./bin/link ./greeting hello'
mkdir untarred && tar xf x.tar -C untarred
ok 'umoci reads the archive untarred' umoci list --layout untarred

# --- several platforms ---
oci-index -t example.com/team/app:v2 one.tar arm.tar | oci-pack -o multi.tar
is 'skopeo: an index, both platforms' \
	"$(skopeo inspect --raw oci-archive:multi.tar:v2 | jq -c '[.manifests[].platform.architecture]')" '["amd64","arm64"]'
ok 'skopeo: all of it copied' copy --all oci-archive:multi.tar:v2 oci:all:v2
is 'is the same index' "$(jq -r '.manifests[0].digest' all/index.json)" "$(root multi.tar)"
ok 'what it wrote is read' sh -c 'oci-pack all | tar xOf - index.json | grep -q "$(tar xOf multi.tar index.json | jq -r ".manifests[0].digest")"'
oci-pack -q -p linux/arm64 -o arm-only.tar multi.tar
is 'skopeo: one platform of it' "$(skopeo --override-arch arm64 inspect --format '{{.Architecture}}' oci-archive:arm-only.tar:v2)" arm64
oci-pack -o two.tar x.tar arm-only.tar
is 'skopeo: two images in one archive' "$(skopeo inspect --format '{{.Digest}}' oci-archive:two.tar:v1)" "$(root x.tar)"
ok 'skopeo: the other as docker-archive' copy --override-arch arm64 docker-archive:two.tar:example.com/team/app:v2 dir:copied3

# --- what they write ---
skopeo --insecure-policy copy -q oci:dir:v1 oci-archive:theirs.tar:v1
is "skopeo's oci-archive" "$(oci-pack theirs.tar | root -)" "$(root x.tar)"
skopeo --insecure-policy copy -q oci:dir:v1 docker-archive:docker.tar:example.com/team/app:v1
ok "skopeo's docker-archive" oci-pack --verify -o fromdocker.tar docker.tar
is 'has the same config' "$(config fromdocker.tar)" "$(config x.tar)"
is 'from a pipe too, the same bytes' "$(oci-pack <docker.tar | sha256sum)" "$(sha256sum <fromdocker.tar)"
is 'a layout of umoci' "$(umoci init --layout made && umoci new --image made:v1 && oci-pack made | tar xOf - index.json | jq '.manifests|length')" 1
