#!/bin/sh
# oci-layer: a folder becomes a layer that says what it is, and holds what was in the folder.
. "${0%/*}/lib.sh"
. "$TESTS/layers.sh"
plan 53

mkdir app
echo hello >app/greeting

# --- the stream ---
oci-layer app >app.tar
gives 'the stream is an image layout with one blob' "oci-layout
blobs/
blobs/sha256/
blobs/sha256/$(entry app.tar | jq -r '.digest | ltrimstr("sha256:")')
index.json" tar tf app.tar
is 'its only entry is a gzip layer' "$(entry app.tar | jq -r .mediaType)" \
	application/vnd.oci.image.layer.v1.tar+gzip
is 'the DiffID is that of the tar' "$(diffid app.tar)" "sha256:$(unlayer app.tar | sha256sum | cut -c1-64)"
is 'the size is the size' "$(entry app.tar | jq .size)" \
	"$(tar xOf app.tar "$(tar tf app.tar | sed -n 4p)" | wc -c)"
is 'its tar is what it should be' "$(unlayer app.tar | tar tvf - --numeric-owner)" \
	'-rw-r--r-- 0/0               6 1970-01-01 00:00 greeting'
is 'two zero blocks end it, without padding' "$(unlayer app.tar | wc -c)" 2048
oci-layer -z zstd app >zstd.tar
is '-z zstd' "$(entry zstd.tar | jq -r .mediaType) $(diffid zstd.tar)" \
	"application/vnd.oci.image.layer.v1.tar+zstd $(diffid app.tar)"
is 'it is zstd' "$(unlayer zstd.tar | sha256sum)" "$(unlayer app.tar | sha256sum)"
oci-layer -z none app >none.tar
is '-z none' "$(entry none.tar | jq -r '.mediaType + " " + .digest') $(diffid none.tar)" \
	"application/vnd.oci.image.layer.v1.tar $(diffid app.tar) $(diffid app.tar)"
oci-layer -a org.example.b=2 -a org.example.a=1=one app >annotated.tar
is '-a annotates the descriptor' "$(entry annotated.tar | jq -c '.annotations | del(.["containerd.io/uncompressed"])')" \
	'{"org.example.a":"1=one","org.example.b":"2"}'
refuses 'but cannot change what we say of it' 2 '-a: containerd.io/uncompressed' \
	oci-layer -a containerd.io/uncompressed=x app
oci-layer -L 9 app >level.tar
is '-L changes the blob, not the DiffID' "$(diffid level.tar)" "$(diffid app.tar)"
ok '-o' oci-layer -o out.tar app
ok 'is the same file' cmp out.tar app.tar

# --- what the folder may be (rows: O113) ---
mkdir empty
oci-layer empty >empty.tar
is 'an empty folder is two zero blocks' "$(diffid empty.tar)" \
	sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef
mkdir -p a/sub b/sub
echo 1 >a/sub/one
echo 2 >b/sub/two
echo 3 >b/three
oci-layer a b app/greeting >merged.tar
is 'folders merge, a file comes under its base name' "$(names merged.tar | paste -sd' ')" \
	'greeting sub/ sub/one sub/two three'
chmod 700 a/sub
oci-layer a b >modes.tar
is 'of equal directories the mode is the first one'"'s" \
	"$(unlayer modes.tar | tar tvf - | head -n 1 | cut -c1-10)" drwx------
refuses 'the same file twice' 3 'a/sub/one, c/sub/one: one path twice' sh -c \
	'mkdir -p c/sub; echo >c/sub/one; oci-layer a c'
refuses 'a file where another has a directory' 3 'one path twice' sh -c \
	'mkdir d; echo >d/sub; oci-layer a d'
oci-layer a/sub/one b/three >files.tar
is 'files alone' "$(names files.tar | paste -sd' ')" 'one three'
ln -s a link
oci-layer link link/sub/one >linked.tar
is 'a link to a folder is that folder' "$(names linked.tar | paste -sd' ')" 'one sub/ sub/one'
ln -s nowhere dangling
oci-layer dangling >dangling.tar
is 'any other link is a link' "$(unlayer dangling.tar | tar tvf - | cut -c1)$(names dangling.tar)" ldangling
oci-layer ./a/ >slash.tar
oci-layer a >plain.tar
ok 'how the folder is spelt does not matter' cmp slash.tar plain.tar
(cd a && oci-layer .) >dot.tar
ok 'nor from where it is seen' cmp dot.tar plain.tar

# --- where it is put ---
oci-layer --prefix /opt//app/./x/ app >prefix.tar
is '--prefix puts it below a folder' "$(names prefix.tar | paste -sd' ')" \
	'opt/ opt/app/ opt/app/x/ opt/app/x/greeting'
is 'whose directories are 0755' "$(unlayer prefix.tar | tar tvf - | grep -c '^drwxr-xr-x')" 3
oci-layer --prefix . app >prefix.tar
ok 'a prefix of nothing is none' cmp prefix.tar app.tar
refuses 'a prefix with ..' 2 '--prefix' oci-layer --prefix a/../b app
refuses 'a prefix that is a whiteout' 2 '--prefix' oci-layer --prefix .wh.a app
oci-layer --owner 1000:100 app >owner.tar
is '--owner' "$(unlayer owner.tar | tar tvf - --numeric-owner | cut -d' ' -f2)" 1000/100
oci-layer --owner 5000000 app >owner.tar
is '--owner: an id that ustar cannot say, and the group with it' \
	"$(unlayer owner.tar | tar tvf - --numeric-owner | cut -d' ' -f2)" 5000000/5000000
for owner in '' : 1: -1 root 1:2:3 4294967295; do
	refuses "--owner '$owner'" 2 '--owner' oci-layer --owner "$owner" app
done

# --- usage ---
refuses 'a folder that is not there' 4 'missing: No such file' oci-layer missing
refuses 'an empty name' 4 'No such file' oci-layer ''
refuses 'a format that nobody knows' 2 '-z: gzip, zstd or none' oci-layer -z xz app
refuses 'a level that the format does not have' 2 'level' oci-layer -L 13 app
refuses 'an annotation without =' 2 'k' oci-layer -a k app
for option in --follow --no-xattrs '--owner 1' '--prefix a' '-x a' '-X /dev/null' -b --imgpkg; do
	# shellcheck disable=SC2086
	refuses "$option: an option about files without any" 2 "oci-layer: ${option% *} needs a path" \
		oci-layer $option
done
refuses '-A without a path' 2 '-A' oci-layer -A
refuses 'a level for no compression' 2 'level' oci-layer -z none -L 1 app
