#!/bin/sh
# oci-pack -F dir: a layout directory that appears whole, or not at all.
. "${0%/*}/lib.sh"
plan 34

tarlib 'layout(image(layer("etc/motd", b"hi\n"), layer("a", noise(300000)), tag="v1"))' >s.tar
oci-pack s.tar >packed.tar
mkdir expected && tar xf packed.tar -C expected && rm -f expected/manifest.json
left_over() { find . -name '.ocipipe*'; }

ok 'a directory' oci-pack -F dir -o dir s.tar
ok 'has what the archive has, but for manifest.json' diff -r dir expected
is 'files and folders have the usual modes' "$(find dir -printf '%y %m\n' | sort -u | tr '\n' ' ')" 'd 755 f 644 '
ok 'and packs to the same archive' sh -c 'oci-pack dir | cmp - packed.tar'
ok 'from a pipe' sh -c 'cat s.tar | oci-pack -F dir -o dir2 && diff -r dir2 expected'
ok 'with a slash at its end' sh -c 'oci-pack -F dir -o dir3/// s.tar && diff -r dir3 expected'
ok 'below another' sh -c 'mkdir x && oci-pack -F dir -o x/y s.tar && diff -r x/y expected'
ok 'by its whole path' sh -c 'oci-pack -F dir -o "$PWD/z" s.tar && diff -r z expected'
mkdir empty
ok 'an empty directory is taken' sh -c 'oci-pack -F dir -o empty s.tar && diff -r empty expected'
ok 'from a directory' sh -c 'oci-pack -F dir -o dir4 dir && diff -r dir4 expected'
is 'umask holds' "$(umask 077; oci-pack -F dir -o private s.tar; find private -printf '%m\n' | sort -u | tr '\n' ' ')" '600 700 '
tarlib 'layout()' >none.tar
ok 'no image at all is a layout too' oci-pack -F dir -o none none.tar
is 'with all its folders' "$(cd none && find . | sort | tr '\n' ' ')" '. ./blobs ./blobs/sha256 ./index.json ./oci-layout '
ok 'choosing works as for an archive' oci-pack -F dir -s v1 -t v2 -o chosen s.tar
is 'the name is the new one' "$(jq -r '.manifests[].annotations[]' chosen/index.json)" v2

# --- what is there stays ---
refuses 'a directory that has something' 4 'dir: exists, and is not empty' oci-pack -F dir -o dir none.tar
ok 'keeps it' diff -r dir expected
echo file >file
refuses 'a file' 4 'file: exists, and is no directory' oci-pack -F dir -o file s.tar
is 'keeps what it says' "$(cat file)" file
mkdir target && ln -s target link
refuses 'a link, even to an empty directory' 4 'link: exists' oci-pack -F dir -o link s.tar
refuses 'no directory to put it in' 4 'nowhere/x' oci-pack -F dir -o nowhere/x s.tar
refuses 'this directory' 4 'not the name of a new directory' oci-pack -F dir -o . s.tar
refuses 'the root' 4 'not the name' oci-pack -F dir -o / s.tar
refuses 'standard output' 2 '-F dir needs -o' oci-pack -F dir s.tar
refuses 'also by its name' 2 '-F dir needs -o' oci-pack -F dir -o - s.tar
refuses 'input that is cut' 3 'ended' sh -c 'head -c 2000 s.tar | oci-pack -F dir -o new'
ok 'leaves nothing' test ! -e new
ulimit_file() { sh -c 'ulimit -f 100; exec oci-pack -F dir -o new s.tar'; }
refuses 'a disk that fills' 4 'new: write error' ulimit_file
is 'leaves nothing either' "$(ls -d new 2>/dev/null)$(left_over)" ''
if [ "$(id -u)" -ne 0 ]; then
	mkdir locked && chmod 555 locked
	refuses 'a directory that may not be written' 4 'locked/x' oci-pack -F dir -o locked/x s.tar
else
	skip 1 'root may write anywhere'
fi
for sig in HUP:1 INT:2 TERM:15; do
	# The signal comes at the last write, with everything but the name in place. A job in the
	# background inherits an ignored SIGINT.
	run env --default-signal=HUP,INT,TERM strace -f -o trace -e trace=renameat,renameat2,rename,fsync -e "inject=fsync:signal=SIG${sig%:*}:when=2" \
		oci-pack -F dir -o new s.tar
	is "SIG${sig%:*} ends it, and leaves nothing" "$STATUS $(ls -d new 2>/dev/null)$(left_over)" \
		"$((128 + ${sig#*:})) "
done
rm -rf new
run strace -f -o trace -e trace=fsync,renameat,renameat2,rename oci-pack -F dir -o new s.tar
is 'every file is on the disk before the name is' "$(grep -c fsync trace | sed 's/[89]/8 or more/') $(grep -n rename trace | cut -d: -f1)" '8 or more 9'
