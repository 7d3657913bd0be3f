#!/bin/sh
# core/tar: what we write other tars read, and what other tars write we read.
. "${0%/*}/lib.sh"
need tar bsdtar python3
plan 11

list=$B/unit/tar
"$B/unit/tar_write" archive >ours.tar
"$list" list layer <ours.tar | sed 's/^. //; s/>.*//; s/ [0-9]* $//' >names

# Directories lose their slash in Python's list; the bytes of a name stay as they are.
python3 - >python.names <<'END'
import sys, tarfile
for m in tarfile.open("ours.tar", errorlevel=2, encoding="utf-8"):
    name = m.name + ("/" if m.isdir() else "")
    sys.stdout.buffer.write(name.encode("utf-8", "surrogateescape") + b"\n")
END
tar tf ours.tar --quoting-style=literal >gnu.names
LC_ALL=C.UTF-8 bsdtar tf ours.tar >bsd.names
ok 'GNU tar reads the names that we write' cmp names gnu.names
ok 'libarchive does' cmp names bsd.names
ok 'Python does' cmp names python.names

gives 'GNU tar reads the ids, time and mode of a pax header' \
	'-rw-r--r-- 3000000/4000000 0 1969-12-31 00:00 ids' \
	sh -c 'tar tvf ours.tar --numeric-owner ids | tr -s " "'

mkdir out
tar xf ours.tar -C out --no-same-owner --warning=no-timestamp
is 'hard links are hard links' "$(stat -c %h out/dir/file)" 2
is 'symlinks point where they did' "$(readlink out/dir/soft)" ../nowhere
is 'content is where a header says' "$(cat out/dir/file out/set)" hellohello
find out -type f -size 5c | wc -l >count
is 'of all files' "$(cat count)" 6

# What every dialect holds, and then with names that each says in a form of its own.
mkdir -p in/sub
echo one >in/one
: >in/empty
long=$(printf 'x%.0s' $(seq 120))
for dialect in v7 ustar gnu oldgnu posix; do
	tar cf "$dialect.tar" --format="$dialect" --sort=name --owner=0 --group=0 --mtime=@0 in
done
for dialect in v7 ustar gnu oldgnu posix; do
	"$list" list stream <"$dialect.tar"
done | sort | uniq -c | sed 's/^ *//' >lists
is 'all dialects of GNU tar are one listing' "$(cat lists)" \
	"$(printf '%s\n' '5 D in 0 ' '5 D in/sub 0 ' '5 F in/empty 0 ' '5 F in/one 4 ')"

mkdir -p "in/$long"
echo two >"in/$long/$long"
ln -s "$long$long" in/soft
for dialect in gnu oldgnu posix; do
	tar cf - --format="$dialect" --sort=name in | "$list" list layer
done >lists
is 'long names and targets come whole from pax and GNU headers' \
	"$(grep -c "^S in/soft>$long$long 0 $\|^F in/$long/$long 4 $" lists)" 6

truncate -s 1M in/hole
echo end >>in/hole
for options in --format=gnu '--format=posix --sparse-version=0.0' \
    '--format=posix --sparse-version=0.1' '--format=posix --sparse-version=1.0'; do
	# shellcheck disable=SC2086
	tar cSf - $options in/hole | "$list" list layer
done | sed 's/[0-9]* $//' | sort | uniq -c | sed 's/^ *//' >lists
is 'sparse files of all forms are told by their names' "$(cat lists)" '4 G in/hole '
