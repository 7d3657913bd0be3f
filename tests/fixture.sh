#!/bin/sh
# fixture.sh DIR - makes DIR, a tree with everything that a layer can hold and a program can miss
#
# The same each time, but for what needs root (a capability) or a file system with user.* xattrs:
# what could not be made is named on standard output.
# shellcheck disable=SC1003
set -eu
umask 022
LC_ALL=C
export LC_ALL
[ $# -eq 1 ] || { echo 'usage: fixture.sh DIR' >&2; exit 2; }
mkdir "$1"
cd "$1"

repeat()	# text, times
{
	printf "%${2}s" '' | sed "s|.|$1|g"
}

mkdir -p bin etc empty/nested/deeper names links sparse modes
printf '#!/bin/sh\necho hello\n' >bin/hello
chmod 755 bin/hello
printf 'root:x:0:0::/:/bin/sh\n' >etc/passwd
: >etc/zero
printf 'no newline at the end' >etc/motd
awk 'BEGIN { for (i = 0; i < 3000; i++) printf "line %d of a file of several blocks\n", i }' >etc/lines

# Hard links: within a folder, across folders, a name that sorts before the first.
printf 'one inode\n' >links/hard-a
ln links/hard-a links/hard-b
ln links/hard-a bin/hard-c
ln links/hard-a names/hard-d

# Symbolic links: to a file, a folder, nothing, out, absolute, itself, in a circle, with 100 bytes
# and more.
ln -s hello bin/hi
ln -s ../etc links/folder
ln -s nowhere links/dangling
ln -s ../../../outside links/up
ln -s /etc/hostname links/absolute
ln -s loop links/loop
ln -s circle-b links/circle-a
ln -s circle-a links/circle-b
ln -s "$(repeat t 100)" links/target-100
ln -s "$(repeat t 101)" links/target-101
ln -s "$(repeat t 300)" links/target-300

# Modes. What nobody may read, root alone can put into a layer.
for mode in 0600 0640 0444 0777; do
	echo "$mode" >"modes/$mode"
	chmod "$mode" "modes/$mode"
done
if [ "$(id -u)" = 0 ]; then
	echo 0000 >modes/0000
	chmod 0000 modes/0000
else
	echo 'fixture: no unreadable file without root'
fi
echo suid >modes/setuid
chmod 4755 modes/setuid
echo sgid >modes/setgid
chmod 2755 modes/setgid
mkdir modes/sticky modes/private modes/shared
chmod 1777 modes/sticky
chmod 0700 modes/private
chmod 2775 modes/shared

# Paths of exactly 100, 101, 155, 256 and 300 bytes, and one that splits at no slash.
deep=names/$(repeat d 60)
mkdir -p "$deep"
for length in 100 101 155; do
	echo "$length" >"$deep/$(repeat f $((length - 67)))"
done
deeper=$deep/$(repeat e 100)
mkdir -p "$deeper"
for length in 256 300; do
	echo "$length" >"$deeper/$(repeat f $((length - 168)))"
done
echo 255 >"names/$(repeat n 255)"

# Names that shells, terminals and tars trip over.
cd names
echo 1 >'a
newline'
echo 2 >"it's"
echo 3 >'"quoted"'
echo 4 >"$(printf 'byte-\377')"
echo 5 >-leading
echo 6 >'two  spaces '
echo 7 >'star*'
echo 8 >'back\slash'
echo 9 >"$(printf 'tab\there')"
echo 10 >"$(printf 'esc\033[31m')"
echo 11 >"$(printf 'umlaut-\303\274')"
echo 12 >.hidden
echo 13 >'~tilde'
echo 14 >'%s%n'
echo 15 >'a=b'
mkdir 'dir with space' ...
echo 16 >'dir with space/file'
# Sorting by bytes: a, a-b, a.txt, a/1, in the order of the whole path or of each name.
mkdir a a-b
echo 17 >a/1.txt
echo 18 >a-b/2.txt
echo 19 >a.txt
cd ..

# A hole of 60 KiB between two bytes.
printf 'x' >sparse/holes
printf 'y' | dd of=sparse/holes bs=1 seek=61440 conv=notrunc 2>/dev/null

cp bin/hello etc/with-xattr
if setfattr -n user.comment -v 'kept in the layer' etc/with-xattr 2>/dev/null; then
	setfattr -n user.binary -v 0x00ff0a3d etc/with-xattr
	setfattr -n user.note -v 'on a folder' empty
else
	echo 'fixture: no user.* xattrs on this file system'
fi
cp bin/hello bin/capable
setcap cap_net_bind_service+ep bin/capable 2>/dev/null || echo 'fixture: no capability without root'
