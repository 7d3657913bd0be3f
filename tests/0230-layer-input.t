#!/bin/sh
# oci-layer on standard input: a tar passes unchanged, other archives become one, the rest is refused.
. "${0%/*}/lib.sh"
. "$TESTS/layers.sh"
plan 100

# --- a tar ---
tarlib 'tar(directory("d/"), entry("d/f", b"hello\n", mode=0o4755, uid=7, mtime=9), end=20)' >plain
oci-layer <plain >layer.tar
unlayer layer.tar >same
ok 'a tar passes unchanged, with its padding' cmp same plain
is 'its DiffID is its digest' "$(diffid layer.tar)" "sha256:$(sha256sum <plain | cut -c1-64)"
tarlib 'read("plain")' | oci-layer >pipe.tar
ok 'from a pipe too' cmp pipe.tar layer.tar
gzip -c plain | oci-layer >gz.tar
ok 'in gzip' cmp gz.tar layer.tar
{ gzip -c plain; head -c 512 /dev/zero; } | oci-layer >gz.tar
ok 'in gzip with zeros behind it' cmp gz.tar layer.tar
zstd -qc plain | oci-layer >zst.tar
ok 'in zstd' cmp zst.tar layer.tar
tar cf gnu --format=gnu -C "$DATA/imgpkg" .
oci-layer <gnu >gnu.tar
unlayer gnu.tar >same
ok 'one of GNU tar' cmp same gnu
tarlib 'tar(entry("etc/.wh.passwd"))' >whiteout
ok 'whiteouts are what a layer is for' oci-layer <whiteout
tarlib 'tar()' >nothing
oci-layer <nothing >none.tar
is 'a tar of nothing is an empty layer' "$(diffid none.tar)" \
	sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef
{ echo junk; cat plain; } >behind
is 'it begins where standard input stands' \
	"$({ read -r first; oci-layer >x.tar; echo "$first"; } <behind; diffid x.tar)" "junk
$(diffid layer.tar)"
refuses 'a time cannot be set' 2 '-m' oci-layer -m 1 <plain
ok 'SOURCE_DATE_EPOCH is not for it' env SOURCE_DATE_EPOCH=1 oci-layer <plain

# Every cut of a tar is refused (rows: T7; but for the last, which is whole).
refused=0
size=$(wc -c <plain)
step=$(sweeping && echo 61 || echo 1021)
for n in $(seq 1 "$step" $((size - 512 * 19))) 511 512 513 1024 1535 1536 2047; do
	head -c "$n" plain >short.tar
	oci-layer <short.tar >taken 2>err && diag "cut at $n is taken"
	if [ ! -s err ] || tar tf taken 2>"$T/ignored" | grep -qx index.json; then refused=no; fi
done
is 'a tar cut short' "$refused" 0
head -c 2048 plain >short.tar
refuses 'without its end blocks' 3 'truncated' oci-layer <short.tar
gzip -c plain | head -c 60 >short.tar
refuses 'a gzip cut short' 3 'standard input' oci-layer <short.tar
{ cat plain; echo junk; } >junk
refuses 'junk behind it' 3 'junk' oci-layer <junk
tarlib 'tar(entry("a/../../b"))' >up
refuses 'a name with ..' 3 '..' oci-layer <up
tarlib 'tar(entry("a", b"x", wrong=1))' >damaged
refuses 'a wrong checksum' 3 'standard input is' oci-layer <damaged
# rows: T114
refuses 'zeros without an end' 3 'more than 64 MiB of zeros' oci-layer </dev/zero

# --- what is no layer ---
refuses 'nothing' 3 'empty' oci-layer </dev/null
oci-layer "$DATA/imgpkg/image-input" >stream.tar
refuses 'an OCI stream' 3 '-A' oci-layer <stream.tar
gzip -c stream.tar >stream.gz
refuses 'one in gzip' 3 '-A' oci-layer <stream.gz
tarlib 'layout(image(tag="v1"))' >image.tar
refuses 'an image' 3 '-A' oci-layer <image.tar
tarlib 'tar(*reversed(members(image(layer("f", noise(60000))))))' >reversed
refuses 'an image that begins elsewhere' 3 '-A' oci-layer <reversed
tarlib 'docker_archive()' >docker
refuses 'a docker archive' 3 'docker-archive' oci-layer <docker
echo hello >text
refuses 'text' 3 'standard input is text' oci-layer <text
refuses 'a program' 3 'program' oci-layer <"$B/bin/oci-layer"
echo '{}' >json
refuses 'a document' 3 'JSON' oci-layer <json
xz -c plain >plain.xz
refuses 'a tar in xz' 3 'xz' oci-layer <plain.xz
gzip -c text >text.gz
refuses 'text in gzip' 3 'text' oci-layer <text.gz
gzip -c plain | gzip -c >twice.gz
refuses 'a tar in gzip twice' 3 'gzip' oci-layer <twice.gz
refuses 'a folder' 4 'directory' sh -c 'oci-layer <.'
refuses 'a closed standard input' 4 'standard input' sh -c 'oci-layer <&-'

# --- other archives ---
mkdir -p src/dir src/tmp
chmod 1777 src/tmp
echo content >src/dir/file
echo odd >"src/$(printf '\303\274')"
printf '#!/bin/sh\n' >src/run
chmod 755 src/run
ln -s dir/file src/link
ln -s /absolute/target src/up
: >src/empty
oci-layer src >folder.tar
mkdir folder && unlayer folder.tar | tar xpf - -C folder
(cd src && find . | sort | cpio -o -H newc --quiet) >a.cpio
(cd src && find . -depth | sort -r | cpio -o -H odc --quiet) >odc.cpio
(cd src && find . | sort | cpio -o -H bin --quiet) >bin.cpio
(cd src && zip -qry ../a.zip .)
(cd src && 7z a -bso0 -bsp0 -snl ../a.7z . >"$T/ignored")
genisoimage -quiet -R -o a.iso src 2>"$T/ignored"
for archive in a.zip a.7z a.cpio odc.cpio bin.cpio a.iso; do
	oci-layer <$archive >file.tar
	mkdir out && unlayer file.tar | tar xpf - -C out
	# 7z keeps no sticky bits.
	case $archive in a.7z) chmod 1777 out/tmp ;; esac
	gives "$archive: the same tree" '' "$TESTS/tools/treecmp.py" folder out
	is "$archive: owner and time are ours" \
		"$(unlayer file.tar | TZ=UTC tar tvf - --numeric-owner | grep -vc ' 0/0 .* 1970-01-01 00:00 ')" 0
	tarlib 'read(args[0])' $archive | oci-layer >pipe.tar
	ok "$archive: the same from a pipe" cmp pipe.tar file.tar
	LC_ALL=en_US.ISO-8859-1 oci-layer <$archive >locale.tar
	ok "$archive: the same in another locale" cmp locale.tar file.tar
	gzip -c $archive | oci-layer >gz.tar
	ok "$archive: the same in gzip" cmp gz.tar file.tar
	size=$(wc -c <$archive)
	{ head -c 100 src/run; cat $archive; } >shifted
	{ dd bs=1 count="$(wc -c <src/run)" of=/dev/null 2>"$T/ignored"; oci-layer >shifted.tar; } <shifted
	ok "$archive: it begins where standard input stands" cmp shifted.tar file.tar
	head -c $((size / 2)) $archive >short.tar
	fails "$archive: half of it is refused" oci-layer <short.tar
	rm -rf out
done
ok '-m is for them' sh -c 'oci-layer -m 1700000000 <a.zip >timed.tar'
is 'and heeded' "$(unlayer timed.tar | TZ=UTC tar tvf - | grep -vc 2023-11-14)" 0

# rpm
mkdir rpm && cat >rpm/x.spec <<'END'
Name: x
Version: 1
Release: 1
Summary: x
License: x
BuildArch: noarch
%description
x
%install
mkdir -p %{buildroot}/opt/x
echo content >%{buildroot}/opt/x/file
ln %{buildroot}/opt/x/file %{buildroot}/opt/x/again
ln -s file %{buildroot}/opt/x/link
%files
/opt/x
END
for payload in w9.gzdio w9.bzdio w6.xzdio w3.zstdio; do
	rpmbuild -bb --quiet --define "_topdir $PWD/rpm" --define "_binary_payload $payload" \
		--define '_build_id_links none' rpm/x.spec >"$T/ignored" 2>&1
	oci-layer <rpm/RPMS/noarch/x-1-1.noarch.rpm >rpm.tar
	is "an rpm, $payload" "$(unlayer rpm.tar | tar xOf - opt/x/file opt/x/again | sort -u)$(names rpm.tar |
		sort | paste -sd' ')" 'contentopt/x/ opt/x/again opt/x/file opt/x/link'
done

# --- hard links of a cpio: content comes with the last name, or with each ---
mkdir hard
echo linked >hard/a && ln hard/a hard/b && ln hard/a hard/c && : >hard/d && ln hard/d hard/e
(cd hard && printf 'a\nb\nd\ne\nc\n' | cpio -o -H newc --quiet) >hard.cpio
oci-layer <hard.cpio >hard.tar
is 'newc: the name that has the content is the file' \
	"$(unlayer hard.tar | tar tvf - | cut -c1,49- | paste -sd'|')" \
	'-c|hb link to c|ha link to c|-d|he link to d'
(cd hard && printf 'a\nb\nd\ne\nc\n' | cpio -o -H odc --quiet) >hard.cpio
oci-layer <hard.cpio >hard.tar
is 'odc: the first name is' "$(unlayer hard.tar | tar tvf - | cut -c1,49- | paste -sd'|')" \
	'-a|hb link to a|hc link to a|-d|he link to d'
python3 - hard.cpio <<'END'
import sys
data = open(sys.argv[1], "rb").read()
i = data.rindex(b"linked\n")
open("differs.cpio", "wb").write(data[:i] + b"LINKED\n" + data[i + 7:])
END
refuses 'odc: links whose contents differ' 3 'another content' oci-layer <differs.cpio

# --- names of archives ---
cat >names.py <<'END'
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as z:
    for name in sys.argv[2:]:
        kind, name = name.split(":", 1)
        i = zipfile.ZipInfo(name)
        i.create_system = 3
        i.external_attr = {"f": 0o100644, "l": 0o120777, "d": 0o040755, "p": 0o010644,
                           "c": 0o020644}[kind] << 16
        z.writestr(i, "" if kind == "d" else "../x" if kind == "l" else "x")
END
zipped() { python3 -W ignore names.py n.zip "$@"; }
zipped f:/etc/a f:./b f:c//d f:././/e
is 'names are anchored and cleaned' "$(oci-layer <n.zip >n.tar && names n.tar | paste -sd' ')" 'etc/a b c/d e'
zipped f:a/../b
refuses 'a name with ..' 3 '".."' oci-layer <n.zip
zipped f:a f:./a
refuses 'one path twice' 3 'a: one path twice' oci-layer <n.zip
zipped f:a f:a/b
refuses 'a path below a file' 3 'a/b: below what is no directory' oci-layer <n.zip
zipped l:a f:a/b
refuses 'a path below a link' 3 'a/b: below what is no directory' oci-layer <n.zip
zipped f:etc/.wh.a
refuses 'a whiteout' 3 '.wh.' oci-layer <n.zip
zipped c:dev
refuses 'a device' 3 'dev: ' oci-layer <n.zip
mkfifo fifo && echo fifo | cpio -o -H newc --quiet >fifo.cpio
refuses 'a fifo' 3 'fifo: a fifo' oci-layer <fifo.cpio
zipped d:a/b/
is 'parents that are not named are not made up' "$(oci-layer <n.zip >n.tar && names n.tar)" a/b/
zip -qP secret secret.zip text
refuses 'an encrypted zip' 3 'standard input: ' oci-layer <secret.zip
zipped f:a && python3 - <<'END'
data = bytearray(open("n.zip", "rb").read())
data[data.index(b"x", 30)] ^= 1
open("crc.zip", "wb").write(data)
END
refuses 'a zip whose content is damaged' 3 'standard input: ' oci-layer <crc.zip
{ cat a.cpio; cat a.cpio; } >two.cpio
refuses 'two cpio archives in one' 3 'another archive' oci-layer <two.cpio
printf 'PK\5\6%18s' '' | tr ' ' '\0' >empty.zip
oci-layer <empty.zip >x.tar
is 'a zip of nothing is an empty layer' "$(diffid x.tar)" "$(diffid none.tar)"
oci-layer <empty.zip | cat >x.tar
is 'from a pipe too' "$(diffid x.tar)" "$(diffid none.tar)"
{ cat empty.zip; echo; } >junk.zip
refuses 'but not with a byte behind it' 3 'standard input: ' oci-layer <junk.zip
printf 'PK\5\6%4s\1%13s' '' '' | tr ' ' '\0' >lying.zip
refuses 'nor if it says that it has an entry' 3 'standard input: ' oci-layer <lying.zip
