#!/bin/sh
# oci-layer: the same files give the same bytes, wherever, whenever and however it runs.
# rows: T116 T127 O102
. "${0%/*}/lib.sh"
. "$TESTS/layers.sh"
plan 56

# Large enough for several blocks of compression, of both kinds.
mkdir tree
sh "$TESTS/fixture.sh" tree/fixture >"$T/ignored"
rm -f tree/fixture/modes/0000	# others could not read it
find tree -type d -exec chmod u+rwx,go+rx {} +
find tree -type f -exec chmod go+r {} +
tarlib 'noise(3000000)' >tree/noise
tarlib 'b"".join(b"line %d\n" % i for i in range(400000))' >tree/lines
oci-layer tree >first.tar
same() { ok "$1" cmp "$2" first.tar; }

oci-layer tree >x.tar
same 'twice' x.tar
oci-layer tree | cat >x.tar
same 'into a pipe' x.tar
oci-layer -o x.tar tree
same 'with -o' x.tar
{ echo before; oci-layer tree; } >x
tail -c +8 x >x.tar
same 'into a file behind other bytes' x.tar
: >x.tar
oci-layer tree >>x.tar
same 'into a file that is appended to' x.tar
oci-layer tree | { dd bs=1 count=1000 2>"$T/ignored"; dd bs=997 2>"$T/ignored"; } >x.tar
same 'in small pieces' x.tar
for jobs in 1 2 7 64; do
	oci-layer -j $jobs tree >x.tar
	same "with $jobs threads" x.tar
done

# --- blocks that take long beside blocks that don't: 24 MiB, a MiB of each kind in turn ---
mkdir mixed
tarlib 'b"".join(noise(1 << 20, i) if i % 2 else b"".join(b"%d %d\n" % (n, n * n) for n in range(i << 16, (i << 16) + 45000))
	for i in range(24))' >mixed/turns
for how in 'gzip 1' 'gzip 9' 'zstd 3'; do
	oci-layer -j 1 -z "${how% *}" -L "${how#* }" mixed >one.tar
	for jobs in 2 16 32; do
		oci-layer -j $jobs -z "${how% *}" -L "${how#* }" mixed >x.tar
		ok "$how, $jobs threads, into a file" cmp x.tar one.tar
		oci-layer -j $jobs -z "${how% *}" -L "${how#* }" mixed | cat >x.tar
		ok "$how, $jobs threads, into a pipe" cmp x.tar one.tar
	done
done

# --- the output in its own input: left out, with a notice ---
mkdir own && cp tree/lines own/ && oci-layer own >own.tar
within() # name, file, command: run in own
{
	name=$1 file=$2
	run sh -c "cd own && $3"
	is "$name: is left out, and named" "$STATUS $(cat "$ERR")" \
		"0 oci-layer: notice: ./$file: left out, it is the output"
	ok "$name: the layer has all the rest" cmp "own/$file" own.tar
}
within 'standard output in the folder' out.tar 'exec oci-layer . >out.tar'
within 'the same again' out.tar 'exec oci-layer . >out.tar'
within 'an old file of -o' out.tar 'exec oci-layer -o out.tar .'
ln -s out.tar own/link
within 'reached by a link' out.tar 'rm link; ln -s own/out.tar ../link; exec oci-layer -o ../link .'
within 'of several names' out.tar 'ln out.tar second; oci-layer . 1<>out.tar && rm second'
within 'with --imgpkg' out.tar \
	'oci-layer --imgpkg . >out.tar && oci-layer --imgpkg -x out.tar . >../own.tar'
oci-layer -x out.tar own >own.tar
gives '-q: without a notice' '' oci-layer -q -o own/out.tar own
ok 'to the same bytes' cmp own/out.tar own.tar
gives '-o of a new file needs none' '' sh -c 'rm own/out.tar; exec oci-layer -o own/out.tar own'
ok 'it is not in the folder while it is written' cmp own/out.tar own.tar

# Made in another order, at another time, by another hand.
python3 - tree copy <<'END'
import os, shutil, sys
old, new = sys.argv[1:]
inodes = {}
def copy(a, b):
    for name in sorted(os.listdir(a), reverse=True):
        x, y = os.path.join(a, name), os.path.join(b, name)
        st = os.lstat(x)
        if os.path.islink(x):
            os.symlink(os.readlink(x), y)
            continue
        if os.path.isdir(x):
            os.mkdir(y)
            copy(x, y)
        elif st.st_ino in inodes:
            os.link(inodes[st.st_ino], y)
        else:
            shutil.copyfile(x, y)
            if st.st_nlink > 1:
                inodes[st.st_ino] = y
        os.chmod(y, st.st_mode & 0o7777)
        for k in os.listxattr(x):
            try:
                os.setxattr(y, k, os.getxattr(x, k))
            except OSError:
                pass
        os.utime(y, (4000000000, 4000000000))
os.mkdir(new)
copy(old, new)
END
oci-layer copy >x.tar
same 'a copy made in another order, with times in the future' x.tar
find copy -exec touch -h -d 1969-01-01 {} +
oci-layer copy >x.tar
same 'with times before 1970' x.tar
if [ "$(id -u)" = 0 ]; then
	find copy -type f ! -perm /6000 ! -name capable -exec chown 1234:5678 {} +
	oci-layer copy >x.tar
	same 'of another owner' x.tar
else
	skip 1 'needs root'
fi
if cp -a tree /dev/shm/ocipipe-test.$$ 2>"$T/ignored"; then
	at_exit 'rm -rf /dev/shm/ocipipe-test.$$'
	oci-layer /dev/shm/ocipipe-test.$$ >x.tar
	same 'on another file system' x.tar
else
	skip 1 'no other file system'
fi

(umask 077 && oci-layer tree >x.tar)
same 'under another umask' x.tar
TZ=Pacific/Kiritimati LC_ALL=tr_TR.UTF-8 LANG=de_DE oci-layer tree >x.tar
same 'in another time zone and locale' x.tar
(cd tree && oci-layer . >../x.tar)
same 'from another directory' x.tar
(cd tree && as_nobody oci-layer ../tree) >x.tar
same 'as another user' x.tar
OCIPIPE_SHA256=portable oci-layer tree >x.tar
same 'with another implementation of SHA-256' x.tar
env -i PATH="$PATH" "$(command -v oci-layer)" tree >x.tar
same 'without an environment' x.tar
mkfifo pipe
cat pipe >x.tar &
oci-layer -o pipe tree
wait
same 'into a named pipe' x.tar
for format in gzip zstd none; do
	oci-layer -z $format tree >$format.tar
	diffid $format.tar
done >diffids
is 'one DiffID, however it is compressed' "$(sort -u diffids)" "$(diffid first.tar)"
