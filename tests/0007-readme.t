#!/bin/sh
# README.md: what it says to type works as it stands there.
. "${0%/*}/lib.sh"
. "$TESTS/registry/lib.sh"
need docker-registry skopeo

# The commands of a section: its indented lines.
commands() { sed -n "/^## $1/,/^## /s/^    //p" "$TOP/README.md"; }

commands 'A first pipeline' >first
n=$(grep -c . first)
plan $((n + 3))

start_real readme
sed -i "s|registry.example.com|127.0.0.1:$PORT|; s|\$PWD/build/bin|$B/bin|" first
while read -r line; do
	ok "$line" sh -c "$line" </dev/null
done <first
is 'the image arrives' "$(skopeo inspect --raw --tls-verify=false "docker://127.0.0.1:$PORT/app:v1" |
    sha256sum)" "$(skopeo inspect --raw oci-archive:app.tar:v1 | sha256sum)"

# Both targets are there, under the names that the first section gives.
for target in $(commands 'Two commands' | awk '{ print $2 }'); do
	ok "make $target is a target" make -n -C "$TOP" B="$B" "$target"
done
