# demo.sh - a bundle to an OCI tar, and what came out
#
# Run by "make demo" with B set, in the project's directory.
# shellcheck shell=sh
set -eu
out=$B/demo/basic-step-2.tar
bundle=tests/data/bundles/basic-step-2
mkdir -p "$B/demo"
PATH=$(cd "$B/bin" && pwd):$PATH

show()
{
	printf '\n$ %s\n' "$*"
}

show "oci-layer -b $bundle | oci-manifest -t v1 | oci-pack -o $out"
oci-layer -b "$bundle" | oci-manifest -t v1 | oci-pack -o "$out"
show "oci-sniff --json $out"
oci-sniff --json "$out"
show "tar tvf $out"
tar tvf "$out"
printf '\nThe image lies in %s: give it to skopeo, podman, docker load or oci-push.\n' "$out"
