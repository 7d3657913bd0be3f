#!/bin/sh
# A layout directory is read as its tar is, and no link in it is followed.
. "${0%/*}/lib.sh"
plan 34

tarlib 'layout(image(layer("etc/motd", b"hi\n"), layer("b", b"2"), tag="v1"))' >s.tar
mkdir good && tar xf s.tar -C good
hex() { tar xOf s.tar index.json | grep -o 'sha256:[0-9a-f]*' | cut -d: -f2; }
manifest=$(hex)
layer=$(tar tf s.tar | sed -n 's|blobs/sha256/\(.\)|\1|p' | head -n 1)

ok 'it is the same as the tar' sh -c 'oci-pack s.tar >a.tar && oci-pack good >b.tar && cmp a.tar b.tar'
ok 'with a slash at its end' sh -c 'oci-pack good/ | cmp - a.tar'
ok 'from inside' sh -c 'cd good && oci-pack . | cmp - ../a.tar'
ln -s good link
ok 'through a link to it' sh -c 'oci-pack link | cmp - a.tar'
ok 'in passing too' sh -c 'oci-index s.tar | oci-pack >c.tar && oci-index good | oci-pack | cmp - c.tar'
ok 'beside a tar' sh -c 'oci-pack good s.tar | cmp - a.tar'

copy() { rm -rf bad && cp -R good bad; }
both()	# name, status, text
{
	refuses "$1" "$2" "$3" oci-pack bad
	refuses "$1, in passing" "$2" "$3" oci-index bad
}
# rows: T32
copy && mv bad/index.json x.json && ln -s ../x.json bad/index.json
both 'index.json as a link' 3 'bad: index.json: not a regular file'
copy && rm bad/index.json && mkfifo bad/index.json
both 'index.json as a fifo' 3 'bad: index.json: not a regular file'
copy && mv bad/oci-layout x && ln -s ../x bad/oci-layout
both 'oci-layout as a link' 3 'bad: oci-layout: not a regular file'
copy && mv bad/blobs x.blobs && ln -s ../x.blobs bad/blobs
both 'blobs as a link' 3 'bad: blobs: not a directory'
rm -rf x.blobs
copy && mv bad/blobs/sha256 x.sha256 && ln -s ../../x.sha256 bad/blobs/sha256
both 'blobs/sha256 as a link' 3 'bad: sha256: not a directory'
copy && mv "bad/blobs/sha256/$layer" x && ln -s ../../../x "bad/blobs/sha256/$layer"
both 'a layer as a link' 3 "bad: $layer: not a regular file"
copy && rm "bad/blobs/sha256/$manifest" && mkfifo "bad/blobs/sha256/$manifest"
both 'a manifest as a fifo' 3 "bad: $manifest: not a regular file"
copy && rm "bad/blobs/sha256/$layer" && mkdir "bad/blobs/sha256/$layer"
both 'a layer as a directory' 3 "bad: $layer: not a regular file"

# rows: O16 O20
copy && rm bad/oci-layout
both 'without oci-layout' 3 'bad: not an OCI layout directory: no oci-layout'
copy && rm bad/index.json
both 'without index.json' 3 'bad: not an OCI layout directory: no index.json'
copy && rm -rf bad/blobs
refuses 'without blobs' 6 "sha256:$manifest" oci-pack bad
# rows: T19 T24
copy && printf x >>"bad/blobs/sha256/$layer"
both 'a layer that is not what its name says' 5 "sha256:$layer"
copy && rm "bad/blobs/sha256/$layer"
refuses 'a layer that is not there' 6 "sha256:$layer" oci-pack bad
copy && echo other >"bad/blobs/sha256/$(printf '%064d' 0)"
both 'a wrong blob that nothing refers to' 5 'content has digest'
copy && echo x >bad/blobs/sha256/tmp123 && mkdir bad/blobs/sha512 bad/blobs/sha256/dir
ln -s nowhere bad/blobs/sha256/gone
ok 'files that are no blobs are left alone' sh -c 'oci-pack bad | cmp - a.tar'
if [ "$(id -u)" = 0 ]; then
	skip 1 'root reads everything'
else
	copy && chmod 0 "bad/blobs/sha256/$layer"
	refuses 'a blob that cannot be read' 4 "$layer: Permission denied" oci-pack bad
fi
