#!/bin/sh
# A folder's OCI tar is read by every peer, and gives the folder back.
. "${0%/*}/lib.sh"
need skopeo podman buildah umoci oci-image-tool python3 jq

treecmp() { python3 "$TESTS/tools/treecmp.py" "$@"; }

# 5,000 files and more of what a distribution installs, copied so that nothing changes meanwhile.
collect()
{
	mkdir "$1"
	# shellcheck disable=SC2046 # names of folders of ours, without blanks
	for d in $(ls -d /usr/share/zoneinfo /usr/share/perl /usr/share/doc /usr/share/man \
	    /usr/include /usr/share/locale 2>/dev/null); do
		cp -a "$d" "$1" 2>/dev/null
		[ "$(find "$1" -type f | wc -l)" -lt 5000 ] || break
	done
	find "$1" -type f | wc -l
}

# read_by_peers NAME DIR: x.tar is DIR's; 6 cases
read_by_peers()
{
	ok "$1: skopeo inspects it as oci-archive" skopeo inspect oci-archive:x.tar:v1
	ok "$1: skopeo inspects it as docker-archive" skopeo inspect docker-archive:x.tar
	rm -rf copied && mkdir copied
	ok "$1: skopeo copies it as oci-archive" skopeo --insecure-policy copy -q oci-archive:x.tar:v1 \
		dir:copied
	rm -rf copied && mkdir copied
	ok "$1: skopeo copies it as docker-archive" skopeo --insecure-policy copy -q \
		docker-archive:x.tar dir:copied
	ok "$1: podman loads it" podman load -q -i x.tar
	ok "$1: buildah pulls it" buildah pull -q --policy always "oci-archive:$PWD/x.tar:v1"
	rm -rf copied
}

bundles="basic-step-2 package package-repository"
plan $((3 * 7 + 2 * 9 + 1))

for b in $bundles; do
	oci-layer -b "$DATA/bundles/$b" | oci-manifest -t v1 | oci-pack -o x.tar
	read_by_peers "bundle $b"
	# umoci refuses the layer type that imgpkg demands; podman's view of it is compared.
	id=$(podman load -q -i x.tar | sed 's/.*: //')
	mnt=$(podman image mount "$id")
	run treecmp "$DATA/bundles/$b" "$mnt" --imgpkg
	is "bundle $b: its content is the folder's" "$STATUS$(cat "$OUT")" 0
	podman image unmount "$id" >/dev/null
done

is 'the tree of a distribution has 5,000 files' \
	"$([ "$(collect many)" -ge 5000 ] && echo yes)" yes
sh "$TESTS/fixture.sh" fixture >/dev/null
for dir in fixture many; do
	oci-layer "$dir" | oci-manifest -t v1 | oci-pack -o x.tar
	read_by_peers "$dir"
	rm -rf layout bundle && mkdir layout
	tar xf x.tar -C layout
	ok "$dir: oci-image-tool validates the layout" \
		oci-image-tool validate --type image --ref name=v1 layout
	ok "$dir: umoci unpacks it" umoci unpack --image layout:v1 bundle
	run treecmp "$dir" bundle/rootfs
	is "$dir: what is unpacked equals the source" "$STATUS$(cat "$OUT")" 0
	chmod -R u+rwx bundle && rm -rf layout bundle
done
