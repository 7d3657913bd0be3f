#!/bin/sh
# oci-layer --imgpkg and -b: imgpkg's tar to the bit, and its rules of what a bundle is.
. "${0%/*}/lib.sh"
. "$TESTS/layers.sh"
plan 48

sh "$DATA/imgpkg/mk-edge-input.sh" edge
cp -R "$DATA/imgpkg/image-input" image
cp -R "$DATA/imgpkg/input" bundle
cp -R "$DATA/imgpkg/nested-input" outer

# --- its DiffIDs (tests/data/imgpkg/README.md) ---
while read -r folder flag sample; do
	oci-layer "$flag" "$folder" >x.tar
	is "$folder: the DiffID is imgpkg's" "$(diffid x.tar)" \
		"sha256:$(sed -n "s/^| .$sample. .*| .\(.*\). |$/\1/p" "$DATA/imgpkg/README.md")"
done <<END
image --imgpkg image-input
bundle -b input
outer -b nested-input
edge --imgpkg edge
END
oci-layer -b bundle >bundle.tar
is '-b marks the layer' "$(entry bundle.tar | jq -r '.annotations["dev.carvel.imgpkg.bundle"]')" true
is '--imgpkg does not' "$(entry x.tar | jq -r '.annotations["dev.carvel.imgpkg.bundle"]')" null

# --- its rules for files ---
SOURCE_DATE_EPOCH=1700000000 oci-layer -b bundle >again.tar
ok 'the time is 0 whatever the environment says' cmp again.tar bundle.tar
SOURCE_DATE_EPOCH=junk oci-layer -b bundle >again.tar
ok 'it is not even looked at' cmp again.tar bundle.tar
mkdir -p bundle/.git/objects && echo x >bundle/.git/HEAD
oci-layer -b bundle >again.tar
ok '.git of the folder is left out' cmp again.tar bundle.tar
mkdir -p image/sub/.git && echo x >image/sub/.git/HEAD
oci-layer --imgpkg image >sub.tar
is 'one that is deeper is not' "$(names sub.tar | grep -c .git)" 2
oci-layer -x image.tar -x sub --imgpkg image >sub.tar
is 'patterns are heeded too' "$(names sub.tar | paste -sd' ')" '. payload.txt second.txt'
mkdir one two
echo 1 >one/b && echo 2 >two/a
oci-layer --imgpkg one two edge/zero >several.tar
is 'several folders stand one after another, each with its dot' \
	"$(names several.tar | paste -sd' ')" '. b . a zero'
mkdir empty
oci-layer --imgpkg one empty >several.tar
is 'an empty one too' "$(names several.tar | paste -sd' ')" '. b .'
refuses 'a file in two folders' 3 'one/b, three/b: one path twice' \
	sh -c 'mkdir three; echo >three/b; oci-layer --imgpkg one three'
refuses 'a folder in two folders: they do not merge' 3 'one path twice' \
	sh -c 'mkdir -p one/d four/d; oci-layer --imgpkg one four'
rmdir one/d
ln one/b one/c
if setfattr -n user.test -v x one/b 2>"$T/ignored"; then :; fi
oci-layer --imgpkg one >links.tar
is 'hard links are files, and attributes are left out' \
	"$(unlayer links.tar | tar tvf - | cut -c1-10 | paste -sd' ') $(unlayer links.tar | wc -c)" \
	'drwx------ -rw------- -rw------- 3584'
mkdir modes && echo >modes/a && echo >modes/b && chmod 4777 modes/a && chmod 0470 modes/b
oci-layer --imgpkg modes >modes.tar
is "only the owner's bits count" "$(unlayer modes.tar | tar tvf - | cut -c1-10 | paste -sd' ')" \
	'drwx------ -rwx------ -r--------'
refuses '-m' 2 '-m' oci-layer -m 1 --imgpkg image
refuses '--owner' 2 '--owner' oci-layer --owner 1 -b bundle
refuses '--prefix' 2 '--prefix' oci-layer --prefix a -b bundle
refuses '-b with another compression' 2 'gzip' oci-layer -z zstd -b bundle

# --- symbolic links ---
mkdir -p links/sub/deep
echo target >links/sub/deep/file
ln -s sub/deep/file links/to-file
ln -s ../../to-file links/sub/deep/back
ln -s sub links/to-folder
refuses 'a symbolic link is refused' 3 'links/sub/deep/back: a symbolic link' \
	oci-layer --imgpkg links
oci-layer --follow --imgpkg links >follow.tar
is '--follow stores what it leads to' "$(names follow.tar | paste -sd' ')" \
	'. sub sub/deep sub/deep/back sub/deep/file to-file to-folder to-folder/deep to-folder/deep/back to-folder/deep/file'
is 'with its content' "$(unlayer follow.tar | tar xOf - sub/deep/back)" target
cp -RL links copied
oci-layer --imgpkg copied >copied.tar
ok 'as if it had been copied' cmp follow.tar copied.tar
oci-layer --follow links >plain.tar
is '--follow in a plain layer too' "$(unlayer plain.tar | tar tvf - | cut -c1 | sort -u | paste -sd' ')" '- d'
refuses '--follow: a link out of the folder' 3 'out of the folder' \
	sh -c 'mkdir up; ln -s ../image/payload.txt up/link; oci-layer --follow up'
refuses '--follow: an absolute link' 3 'absolute: a link that leads out' \
	sh -c 'mkdir abs; ln -s /etc/hostname abs/absolute; oci-layer --follow abs'
refuses '--follow: a link to nothing' 3 'a link to nothing' \
	sh -c 'mkdir nil; ln -s nothing nil/link; oci-layer --follow nil'
refuses '--follow: a link to itself' 3 'a loop' \
	sh -c 'mkdir self; ln -s link self/link; oci-layer --follow self'
refuses '--follow: a folder in itself' 3 'a loop' \
	sh -c 'mkdir -p ring/a; ln -s .. ring/a/up; oci-layer --follow ring'
python3 -c '
import os
os.makedirs("farm/0")
for i in range(1, 65537): os.symlink("0", "farm/%d" % i)'
ok '--follow: 65,536 links to directories' oci-layer --follow farm
ln -s 0 farm/x
refuses '--follow: one more' 3 'farm/x: more than 65536 links to directories followed' \
	oci-layer --follow farm
refuses '--follow: a fifo behind a link' 3 'fifo' \
	sh -c 'mkdir dev; mkfifo dev/.f; ln -s .f dev/link; oci-layer -x .f --follow dev'
ln -s image/payload.txt operand
oci-layer --imgpkg operand >operand.tar
is 'an operand that is a link is followed, under its own name' \
	"$(unlayer operand.tar | tar tvf - | cut -c1)$(names operand.tar)" -operand

# --- its rules for bundles ---
refuses 'a folder that is no bundle' 3 'image: not a bundle' oci-layer -b image
mkdir -p bare/.imgpkg
refuses 'a bundle without images.yml' 3 'not a bundle' oci-layer -b bare
mkdir -p fake && : >fake/.imgpkg
refuses '.imgpkg is a file' 3 'not a bundle' oci-layer -b fake
refuses '.imgpkg is a file beside a good one' 3 'one path twice' oci-layer -b outer fake
refuses 'two bundles' 3 'one path twice' oci-layer -b outer bundle
mkdir -p nested/sub && cp -R outer/.imgpkg nested/ && cp -R outer/.imgpkg nested/sub/
refuses 'a second .imgpkg below' 3 'nested/sub/.imgpkg: a bundle has one' oci-layer -b nested
oci-layer -b -x sub/.imgpkg nested >nested.tar
is 'but what is left out does not count' "$(names nested.tar | paste -sd' ')" \
	'. .imgpkg .imgpkg/images.yml sub'
refuses 'the definition itself left out' 3 'not a bundle' oci-layer -b -x .imgpkg nested
mkdir deeper && mv nested/sub deeper/
refuses 'a bundle that is one folder down' 3 'not a bundle' oci-layer -b deeper
refuses 'a bundle that is not called one' 3 'use -b' oci-layer --imgpkg bundle
ok 'what would be no valid bundle is an image' oci-layer --imgpkg deeper
is 'a bundle of two folders' "$(oci-layer -b outer one >x.tar && names x.tar | paste -sd' ')" \
	'. .imgpkg .imgpkg/images.yml outer.txt . b c'
is 'images.yml is not looked into' "$(mkdir -p any/.imgpkg && echo '{' >any/.imgpkg/images.yml &&
	oci-layer -b any >x.tar && echo made)" made
