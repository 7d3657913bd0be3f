#!/bin/sh
# -o FILE: whole or not at all, whatever happens; and the temporary space behind it.
. "${0%/*}/lib.sh"
plan 74

mkdir app big
echo hello >app/greeting
tarlib 'noise(3000000)' >big/noise
oci-layer app >layer.tar
oci-layer big >bigger.tar
oci-manifest -p linux/amd64 -t v1 layer.tar >image.tar
oci-manifest -p linux/amd64 -t v1 bigger.tar >bigimage.tar
oci-pack image.tar >packed.tar
oci-pack bigimage.tar >bigpacked.tar

left_over() { find . "$TMPDIR" -name '.ocipipe*' -o -name 'ocipipe-??????'; }

# --- where a file can be put (rows: T118) ---
ok 'a new file' oci-pack -o new.tar image.tar
ok 'it is what stdout would have got' cmp new.tar packed.tar
is 'its mode is what the umask leaves' "$(stat -c %a new.tar)" 644
(umask 077 && oci-pack -o private.tar image.tar)
is 'also under another umask' "$(stat -c %a private.tar)" 600
mkdir target
refuses 'a folder' 4 'target: Is a directory' oci-pack -o target image.tar
refuses 'a folder that is not there' 4 'No such file' oci-pack -o nowhere/x image.tar
echo old >readonly && chmod 444 readonly
ok 'a read-only file in a folder that may be written is replaced' oci-pack -o readonly image.tar
ok 'whole' cmp readonly packed.tar
echo old >target/real && ln -s target/real link
ok 'a symbolic link is followed' oci-pack -o link image.tar
is 'it is still a link' "$(readlink link)" target/real
ok 'its target is replaced' cmp target/real packed.tar
ln -s target/fresh dangling && ln -s "$PWD/dangling" chain
ok 'a link to nothing is followed, as by >' oci-pack -o chain image.tar
is 'through others' "$(readlink chain) $(readlink dangling)" "$PWD/dangling target/fresh"
ok 'to where it leads' cmp target/fresh packed.tar
ln -s nowhere/x lost
refuses 'a link into a folder that is not there' 4 'No such file' oci-pack -o lost image.tar
ln -s circle circle
refuses 'a link to itself' 4 'circle: follow the symbolic link: Too many levels' \
	oci-pack -o circle image.tar
ok '/dev/null' oci-pack -o /dev/null image.tar
mkfifo pipe
cat pipe >through & oci-pack -o pipe image.tar; wait
ok 'a named pipe' cmp through packed.tar
oci-pack -o /dev/stdout image.tar | cat >through
ok '/dev/stdout' cmp through packed.tar
cp image.tar same.tar
ok 'the file that is read' oci-pack -o same.tar same.tar
ok 'is replaced by the right bytes' cmp same.tar packed.tar
ok '-o - is standard output' sh -c 'oci-pack -o - image.tar | cmp - packed.tar'
if [ "$(id -u)" -eq 0 ]; then
	# A copy: the folder that we were built in may be closed to others.
	mkdir locked && chmod 555 locked && chmod 755 "$T" "$T/work" && cp "$B/bin/oci-pack" "$T/pack"
	refuses 'a folder that may not be written' 4 'locked/x: Permission denied' \
		setpriv --reuid=65534 --regid=65534 --clear-groups "$T/pack" -o locked/x image.tar
else
	mkdir locked && chmod 555 locked
	refuses 'a folder that may not be written' 4 'locked/x: Permission denied' \
		oci-pack -o locked/x image.tar
fi
(cd target && cp ../image.tar . && oci-pack -o "$(printf %0250d 1)" image.tar)
ok 'a name as long as names can be' cmp "target/$(printf %0250d 1)" packed.tar
(cd target && oci-pack -o "$(printf %0250d 1)" image.tar)
ok 'also when it is there already' cmp "target/$(printf %0250d 1)" packed.tar

# --- a regular file as stdout is written in place ---
printf head >appended
oci-layer big >>appended
tail -c +5 appended >cut
ok 'appending to a file keeps what it has' cmp cut bigger.tar
{ printf head; oci-layer big; printf tail; } >around
ok 'offsets count from where stdout stood' sh -c 'tail -c +5 around | head -c -4 | cmp - bigger.tar'
oci-layer big 1<>existing
ok 'a file is the same as a pipe' cmp existing bigger.tar

# --- signals (rows: T117) ---
for sig in INT TERM HUP; do
	echo old >x.tar
	run timeout 60 python3 "$TESTS/tools/killed.py" "$sig" oci-pack -o x.tar <bigimage.tar
	is "SIG$sig: ends by that signal, the old file stays, nothing beside it" \
		"$(cat "$OUT")$(cat x.tar)$(left_over)" "signal ${sig}old"
done
run python3 "$TESTS/tools/killed.py" points 50 x.tar packed.tar oci-pack -o x.tar image.tar
is 'killed at 50 points the file is old or whole' "$(cat "$OUT")" 'old or whole'
# A kill between linkat and rename leaves the finished file under a name of its own: no system
# call replaces a file by one without a name.
rm -f .ocipipe-*
is 'and temporary space is clean' "$(find "$TMPDIR" -name 'ocipipe*')" ''
echo old >x.tar
oci-pack -o x.tar image.tar & oci-pack -o x.tar bigimage.tar & wait
# rows: T121
is 'of two writers one wins whole' \
	"$(if cmp -s x.tar packed.tar || cmp -s x.tar bigpacked.tar; then echo whole; fi)" whole
rounds=0 whole=0
while [ $rounds -lt 20 ]; do
	oci-pack -o x.tar image.tar & oci-pack -o x.tar bigimage.tar & wait
	if cmp -s x.tar packed.tar || cmp -s x.tar bigpacked.tar; then whole=$((whole + 1)); fi
	rounds=$((rounds + 1))
done
is 'twenty times' $whole 20

# --- temporary space (rows: T119) ---
mkdir huge && tarlib 'noise(9000000, 2)' >huge/noise
piped() { sh -c "oci-layer $1 | cat >out"; }
for dir in /nowhere "$PWD/image.tar"; do
	TMPDIR=$dir run piped app
	is "TMPDIR $dir: what fits into memory needs none" "$STATUS" 0
	TMPDIR=$dir run sh -c 'exec 3>&1; { oci-layer huge; echo $? >&3; } | cat >/dev/null'
	is "TMPDIR $dir: what does not is 4, naming it" "$(cat "$OUT")$(grep -c "TMPDIR $dir" "$ERR")" 41
done
TMPDIR='' run piped huge
is 'TMPDIR empty is /tmp' "$STATUS" 0
(unset TMPDIR && sh -c 'oci-layer huge | cat >out')
is 'TMPDIR unset is /tmp' $? 0
mkdir real && ln -s real linked
TMPDIR=$PWD/linked run piped huge
is 'TMPDIR may be a link' "$STATUS" 0
is 'spooled or in place: the same bytes' "$(oci-layer huge | sha256sum)" \
	"$(oci-layer -o out huge && sha256sum <out)"
is 'no temporary file is left' "$(left_over)" ''
# One thread, one process: else strace may cut a call in two lines.
run sh -c 'strace -o trace -e trace=openat,open oci-layer -j 1 huge | cat >/dev/null'
is 'temporary files are private, and closed on exec' \
	"$(grep -c 'O_TMPFILE.*O_CLOEXEC.*0600\|O_CLOEXEC.*O_TMPFILE.*0600' trace)" 1

# --- large layers into pipes, and into what only resembles one ---
oci-layer huge >huge.tar
calls() # regular expression, command: how often it is called, into a pipe
{
	strace -o trace sh -c "exec $2" 2>"$T/ignored" | cat >out
	grep -c "$1" trace
}
is 'a spooled layer gives its room back as it goes into a pipe' \
	"$(calls 'fallocate(.*PUNCH_HOLE.*= 0' 'oci-layer -j 1 huge') $(cmp out huge.tar && echo same)" '2 same'
is 'and makes the pipe larger, once' "$(grep -c 'F_SETPIPE_SZ, 1048576)' trace)" 1
is 'so does a stream that passes a MiB' "$(calls F_SETPIPE_SZ 'oci-pack bigimage.tar')" 1
is 'not one that does not' "$(calls F_SETPIPE_SZ 'oci-pack image.tar')" 0
cat pipe >through & oci-layer huge >>pipe; wait
ok 'a pipe opened for append' cmp through huge.tar
: >appended && oci-layer huge >>appended
ok 'a file opened for append' cmp appended huge.tar
gives '/dev/null' '' sh -c 'exec oci-layer huge >/dev/null'
cat >slow.py <<'END'
import os, socket, subprocess, sys, time
if sys.argv[1] == "socket":
    a, b = socket.socketpair()
    r, w = os.dup(a.fileno()), os.dup(b.fileno())
    a.close(), b.close()
else:
    r, w = os.pipe()
    os.set_blocking(w, False)
child = subprocess.Popen(sys.argv[2:], stdout=w)
os.close(w)
while data := os.read(r, 100000):
    os.write(1, data)
    time.sleep(0.002)
sys.exit(child.wait())
END
python3 slow.py socket oci-layer huge >out
is 'a socket' "$? $(cmp out huge.tar && echo same)" '0 same'
python3 slow.py nonblocking oci-layer huge >out
is 'a pipe that does not block, and a slow reader' "$? $(cmp out huge.tar && echo same)" '0 same'
run sh -c '{ oci-layer huge; echo $? >status; } | head -c 5000000 >"$1"' sh "$T/ignored"
is 'a reader that leaves' "$(cat status "$ERR")" 141
run sh -c '{ (ulimit -f 5000; exec oci-layer huge); echo $? >status; } | cat >"$1"' sh "$T/ignored"
is 'no room for the spool' "$(cat status) $(cat "$ERR")" \
	"4 oci-layer: TMPDIR $TMPDIR: layer: File too large"
for jobs in 1 2 16; do
	refuses "no room for the file, while $jobs compress" 4 'full.tar: write error: File too large' \
		sh -c "ulimit -f 5000; exec oci-layer -j $jobs -o full.tar huge"
done
is 'nothing of it is left' "$(ls full.tar 2>"$T/ignored")$(left_over)" ''
strace -o trace oci-layer -j 1 -o x.tar huge
is 'a large file is on its way to the disk before its end' \
	"$(grep -c 'sync_file_range(.*= 0' trace)" 1

# --- limits (rows: T120) ---
for n in 4 5 6 7 8 9; do
	run sh -c "ulimit -n $n; exec oci-pack -F dir -o few image.tar"
	if [ "$STATUS" -eq 0 ]; then rm -r few; fi
done
is 'a directory for which descriptors lack leaves nothing behind' "$(left_over)$(ls -d few* 2>"$T/ignored")" ''
for p in 'oci-layer app' 'oci-manifest layer.tar' 'oci-index image.tar' 'oci-pack image.tar' 'oci-sniff image.tar'; do
	ok "$p with 12 descriptors" sh -c "ulimit -n 12; $p >/dev/null"
	if sanitized; then
		skip 1 'a sanitizer wants its address space'
	else
		ok "$p in 64 MiB of address space, 256 KiB of stack" \
			sh -c "ulimit -v 65536; ulimit -s 256; $p >/dev/null"
	fi
done
oci-layer -j 4 big >threads.tar
ok 'threads change no byte' cmp threads.tar bigger.tar
if sanitized || [ "$(id -u)" -ne 0 ]; then
	skip 1 'needs a user without processes'
else
	chmod -R a+rX big && cp "$B/bin/oci-layer" "$T/layer"
	ok 'without threads to be had one does the work' sh -c \
		"setpriv --reuid=64999 --regid=64999 --clear-groups prlimit --nproc=1 '$T/layer' -j 4 big | cmp - bigger.tar"
fi
