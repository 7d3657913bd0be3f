#!/bin/sh
# oci-layer: trees of any depth and size, with few descriptors and flat memory.
# shellcheck disable=SC2016
. "${0%/*}/lib.sh"
. "$TESTS/layers.sh"
plan 67

# Peak memory of a command on two processors, in KiB; what it prints goes to peak.out.
peak()
{
	python3 -c '
import os, resource, subprocess, sys
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])
with open("peak.out", "wb") as out:
    status = subprocess.call(sys.argv[1:], stdout=out)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss if status == 0 else "failed")' "$@"
}
flat() # name, bound in KiB, command...
{
	name=$1 bound=$2
	shift 2
	kib=$(peak "$@")
	if sanitized; then
		pass "$name (not measured)"
	elif [ "$kib" != failed ] && [ "$kib" -le "$bound" ]; then
		pass "$name"
	else
		fail "$name"
		diag "$kib KiB"
	fi
}

# --- many files in one folder, many links to one file (rows: T126) ---
python3 - <<'END'
import os
os.makedirs("wide")
os.makedirs("linked")
os.makedirs("wide2")
for i in range(80000):
    os.close(os.open("wide2/b-file-with-a-name-%06d" % i, os.O_CREAT | os.O_WRONLY))
for i in range(100000):
    os.close(os.open("wide/a-file-with-a-name-%06d" % i, os.O_CREAT | os.O_WRONLY))
open("linked/00000", "w").close()
first, n = "linked/00000", 65000
for i in range(1, n):
    name = "linked/%05d" % i
    try:
        os.link(first, name)
    except OSError:            # the file system's own limit of links
        open(name, "w").close()
        first = name
END
flat '100,000 files in one folder' 24576 oci-layer wide
is 'all are there' "$(names peak.out | wc -l)" 100000
is 'sorted' "$(names peak.out | LC_ALL=C sort -c && echo sorted)" sorted
flat 'with 80,000 of another' 24576 oci-layer wide wide2
is 'all are there too' "$(names peak.out | wc -l)" 180000
flat '65,000 hard links' 24576 oci-layer linked
is 'all are there as well' "$(names peak.out | wc -l)" 65000
is 'and are links, as far as they were' "$(unlayer peak.out | tar tvf - | grep -c '^h')" \
	"$((65000 - $(find linked -printf '%i\n' | sort -u | wc -l) + 1))"
rm -rf wide wide2 linked

# --- a deep folder, and few descriptors (rows: T120 T124 T126) ---
python3 - <<'END'
import os
os.mkdir("deep")
os.chdir("deep")
for i in range(3000):
    os.mkdir("d")
    open("f", "w").close()
    os.mkdir("z")
    os.chdir("d")
END
at_exit 'python3 -c "
import os
os.chdir(\"$T/work/deep\")
for i in range(3000): os.chdir(\"d\")
for i in range(3000):
    os.chdir(\"..\"); os.rmdir(\"d\"); os.unlink(\"f\"); os.rmdir(\"z\")
"'
ok '3,000 levels deep' oci-layer -o deep.tar deep
is 'all are there' "$(names deep.tar | wc -l)" 9000
is 'the longest name has 5,999 bytes' "$(names deep.tar | awk '{ if (length > n) n = length } END { print n }')" 6000
sanitized || ok 'with 12 descriptors' sh -c 'ulimit -n 12; exec oci-layer -o few.tar deep'
sanitized && cp deep.tar few.tar && pass 'with 12 descriptors (not tried)'
ok 'it is the same' cmp few.tar deep.tar
ok 'with hard links and a spool' sh -c 'ulimit -n 12; oci-layer deep | cat >few.tar'
ok 'it is the same too' cmp few.tar deep.tar
unlayer deep.tar >deep.layer
ok 'and is a layer itself' oci-layer <deep.layer
refuses 'deeper than any name can be' 3 'longer than 16384 bytes' python3 -c '
import os, subprocess, sys
os.mkdir("deeper")
top = os.getcwd()
os.chdir("deeper")
for i in range(70):
    os.mkdir("d" * 250)
    os.chdir("d" * 250)
sys.exit(subprocess.call(["oci-layer", top + "/deeper"]))'

# --- merging more folders than may be open ---
for i in $(seq 40); do
	mkdir -p "m$i/a/b/c" && echo "$i" >"m$i/a/b/c/$i" && echo "$i" >"m$i/z$i"
done
# shellcheck disable=SC2046
set -- $(seq -f m%g 40)
ok 'forty folders merged' sh -c 'ulimit -n 16; exec oci-layer -o merged.tar "$@"' sh "$@"
mkdir all
for i in $(seq 40); do cp -R "m$i/." all; done
oci-layer all >all.tar
ok 'are as one' cmp merged.tar all.tar
ok 'also in --imgpkg, if they have nothing in common' sh -c '
	for d; do rm -rf "$d/a"; done; ulimit -n 16; exec oci-layer --imgpkg "$@"' sh "$@"
ok 'a stack of 256 KiB' sh -c 'ulimit -s 256; exec oci-layer all'
if ! sanitized; then
	ok '64 MiB of address space' sh -c 'ulimit -v 65536; exec oci-layer -j 1 all'
	ok 'no threads to be had: fewer do the work' sh -c 'ulimit -u 1; exec oci-layer -j 8 all'
else
	skip 2 'no limits with a sanitizer'
fi
refuses 'a limit of file sizes' 4 'x.tar' sh -c 'ulimit -f 1; exec oci-layer -o x.tar all'

# --- large files (rows: T125 O107) ---
first() { unlayer "$1" 2>"$T/ignored" | head -c 4096; }
mkdir under at
truncate -s 8589934591 under/file
truncate -s 8589934592 at/file
if sweeping && ! sanitized; then
	flat 'a file with a hole of 8 GiB' 24576 oci-layer -z zstd at
	is 'has its size, says GNU tar' "$(first peak.out | tar tvf - 2>"$T/ignored" | awk '{ print $3 }')" \
		8589934592
	is 'and bsdtar' "$(first peak.out | bsdtar tvf - 2>"$T/ignored" | awk '{ print $5 }')" 8589934592
	is 'by pax' "$(first peak.out | LC_ALL=C grep -ac 'size=8589934592')" 1
	oci-layer -z zstd -o under.tar under
	is 'a byte less needs none' "$(first under.tar | tar tvf - 2>"$T/ignored" |
		awk '{ print $3 }') $(first under.tar | LC_ALL=C grep -ac PaxHeaders)" '8589934591 0'
else
	skip 5 'takes long'
fi

# --- every level of compression; into a pipe takes most ---
mkdir levels
tarlib 'noise(4000000)' >levels/noise
python3 -c '
import random
random.seed(5)
words = [bytes(random.choices(b"etaoinshrdlu", k=random.randint(2, 9))) for _ in range(3000)]
print(b" ".join(random.choices(words, k=1000000)).decode())' >levels/text
for format in gzip zstd; do
	for level in $(seq $([ $format = gzip ] && echo 12 || echo 19)); do
		bound=24576
		# One state of these levels is nearly all that there is: compress.h.
		if [ $format = zstd ] && [ "$level" -ge 13 ]; then bound=28672; fi
		if sanitized; then
			pass "$format $level (not measured)"
			continue
		fi
		flat "$format $level" $bound sh -c "oci-layer -z $format -L $level levels | cat"
	done
done
ok 'a number of threads that is asked for is obeyed' oci-layer -z zstd -L 12 -j 2 -o two.tar levels
oci-layer -z zstd -L 12 -o one.tar levels
ok 'to the same bytes' cmp one.tar two.tar

# --- an archive of many entries ---
python3 - <<'END'
import sys
with open("many.cpio", "wb") as f:
    def entry(name, ino):
        n = name.encode() + b"\0"
        head = b"070701" + b"%08X" * 13 % (ino, 0o100644, 0, 0, 1, 0, 0, 0, 0, 0, 0, len(n), 0)
        f.write(head + n + bytes(-(len(head) + len(n)) % 4))
    for i in range(100000):
        entry("folder/file-%06d" % i, i + 1)
    entry("TRAILER!!!", 0)
END
flat 'a cpio of 100,000 entries' 24576 sh -c 'oci-layer <many.cpio'
is 'all of them' "$(names peak.out | wc -l)" 100000

# --- the streams of stdin that give memory back ---
tarlib 'tar(*(entry("f%d" % i, b"x" * 1000) for i in range(20000)))' >long.tar
flat 'a tar of 20,000 entries' 24576 sh -c 'oci-layer <long.tar'
gzip -c long.tar >long.gz
flat 'in gzip' 24576 sh -c 'oci-layer <long.gz'
zstd -qc long.tar >long.zst
flat 'in zstd' 24576 sh -c 'oci-layer <long.zst'
