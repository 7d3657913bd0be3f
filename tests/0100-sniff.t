#!/bin/sh
# oci-sniff: an input is what its bytes say, whatever its name.
. "${0%/*}/lib.sh"
plan 67

echo hello >file
tar cf layer.tar file
cp layer.tar misnamed.json
tarlib 'layout(image(layer("etc/motd", b"hi\n"), tag="v1"))' >s.tar
tarlib 'docker_archive()' >docker.tar
tarlib 'tar(entry("manifest.json", b"[{\"ImageIndex\":null,\"Image\":{}}]"))' >imgpkg.tar
mkdir layout && tar xf s.tar -C layout
: >empty

# --- every kind, one word ---
gives 'a plain tar is a layer' tar oci-sniff layer.tar
gives 'a name decides nothing' tar oci-sniff misnamed.json
gives 'no operand means standard input' tar oci-sniff <layer.tar
gives 'a dash too' tar oci-sniff - <layer.tar
gives 'a layout' oci-layout oci-sniff s.tar
gives 'from a pipe too' oci-layout sh -c 'cat s.tar | oci-sniff'
gives 'a layout directory' oci-dir oci-sniff layout
gives 'a docker archive' docker-archive oci-sniff docker.tar
gives 'from a pipe too ' docker-archive sh -c 'cat docker.tar | oci-sniff'
gives 'a tar of imgpkg' imgpkg oci-sniff imgpkg.tar
# rows: T2
gives 'not a byte' empty oci-sniff empty
gives 'one word an input, a line each' 'tar
oci-layout' oci-sniff layer.tar s.tar
cat >cases <<'END'
oci-index|dumps({"schemaVersion":2,"manifests":[]})
oci-index|dumps({"schemaVersion":2,"mediaType":MEDIA_INDEX,"manifests":[]})
docker-manifest-list|dumps({"mediaType":DOCKER+"distribution.manifest.list.v2+json","manifests":[]})
oci-manifest|image().document
oci-manifest|dumps({"config":{},"layers":[]})
docker-manifest|image(types="docker").document
oci-config|dumps({"os":"linux","rootfs":{"type":"layers","diff_ids":[]}})
images-lock|b"---\n# of imgpkg\napiVersion: imgpkg.carvel.dev/v1alpha1\nkind: ImagesLock\nimages: []\n"
images-lock|b"images: []\nkind: \"ImagesLock\"\napiVersion: 'imgpkg.carvel.dev/v2'\n"
bundle-lock|b"apiVersion: imgpkg.carvel.dev/v1alpha1\r\nkind: BundleLock # one\r\n"
bundle-lock|dumps({"apiVersion":"imgpkg.carvel.dev/v1alpha1","kind":"BundleLock"})
oci-layout|tar(*shuffled(members(image(tag="v1"))))
docker-archive|docker_archive(tags=())
docker-archive|tar(entry("x/layer.tar", b""), entry("manifest.json", b" [ { \"Layers\" : []"))
docker-archive|tar(("manifest.json", b"[]"))
tar|tar()
tar|bytes(10240)
tar|bytes(512)
tar|tar(("a/", b""), ("a/oci-layout", LAYOUT), ("a/index.json", b"{}"))
oci-layout|tar(("./oci-layout", LAYOUT), (".//index.json", b"{}"))
END
n=0
while IFS='|' read -r word expression; do
	n=$((n + 1))
	tarlib "$expression" >case
	gives "case $n is $word" "$word" oci-sniff case
done <cases

# --- what is not known is said to be so, with what it looks like ---
# rows: T36
unknown()	# name, text, file
{
	run oci-sniff "$3"
	if [ "$STATUS" -eq 1 ] && [ "$(cat "$OUT")" = unknown ] && grep -qF -- "$2" "$ERR" &&
	    [ "$(wc -l <"$ERR")" -eq 1 ]; then
		pass "$1"
	else
		fail "$1"
		explain oci-sniff "$3"
	fi
}
echo 'tar: nowhere: Cannot open' >text
unknown 'text, with its first line' 'text: "tar: nowhere: Cannot open"' text
unknown 'a program' 'an ELF program' "$B/bin/oci-sniff"
printf 'PK\003\004abc' >x && unknown 'a zip archive' 'a zip archive' x
printf '%%PDF-1.4\n' >x && unknown 'a PDF document' 'a PDF document' x
printf '\n<!DOCTYPE html><title>404' >x && unknown 'an HTML page' 'an HTML page' x
printf '[1,2]' >x && unknown 'a JSON array' 'a JSON document of no kind' x
printf '[{"Config":"x"}]' >x && unknown 'a manifest.json alone' 'without the archive' x
printf '{"manifests":[],"layers":[]}' >x && unknown 'an ambiguous document' 'ambiguous' x
printf '{"layers":[],"config":{},"mediaType":"application/vnd.oci.image.index.v1+json"}' >x
unknown 'a document that says to be another' "another kind's media type" x
printf '{"a":1,"a":2}' >x && unknown 'a document with a member twice' 'x: ' x
printf '{' >x
run oci-sniff x
is 'its name stands there once' "$(grep -o 'x: ' "$ERR" | wc -l)" 1
run sh -c 'head -c 100 s.tar | oci-sniff'
is 'also for a tar that was cut' "$(grep -o 'standard input: ' "$ERR" | wc -l)" 1
is 'JSON has it in its name alone' "$(oci-sniff -q --json x | jq -r '.why|test("^x: ")')" false
yes 'a line of text' | head -c 8000000 >long.txt
is 'of a long text only the first lines are read' \
	"$(cat long.txt | { oci-sniff -q || :; wc -c; } | awk '{ print ($1 > 7900000) }')" 1
printf '\001' >x && unknown 'one byte' 'binary data' x
printf '{"imageLayoutVersion":"1.0.0"}' >x && unknown 'an oci-layout file' 'give the directory' x
printf 'apiVersion: v1\nkind: ImagesLock\n' >x && unknown 'a lock file of another group' text x
tarlib 'bytes(32768) + b"\1CD001\1"' >x && unknown 'a disk image behind zeros' 'zeros, then' x
mkdir dir && unknown 'a directory of other things' 'no OCI layout' dir
cp layout/oci-layout dir && unknown 'half a layout directory' 'no index.json' dir
run oci-sniff -q text
is 'with -q the status alone tells' "$STATUS $(cat "$OUT" "$ERR" | wc -c)" '1 0'
run oci-sniff -q s.tar
is 'also a good one' "$STATUS $(cat "$OUT" "$ERR" | wc -c)" '0 0'

# --- compression ---
# rows: T35
gzip -c s.tar >s.gz && gzip -c s.gz >s.gz.gz
gives 'gzip around it' oci-layout oci-sniff s.gz
unknown 'gzip around gzip' 'inside of another compression' s.gz.gz
head -c 15 s.gz >x && unknown 'gzip, cut short at its start' 'x: ' x
gzip -c empty >x
gives 'gzip around nothing' empty oci-sniff x
if lacks zstd 1; then :; else
	zstd -qc s.tar >s.zst
	gives 'zstd around it' oci-layout oci-sniff s.zst
fi
if lacks xz 1; then :; else
	xz -c s.tar >s.xz
	unknown 'xz is named' 'compressed with xz, not supported' s.xz
fi
if lacks bzip2 1; then :; else
	bzip2 -c s.tar >s.bz2
	unknown 'bzip2 is named' 'compressed with bzip2, not supported' s.bz2
fi

# --- failures ---
refuses 'an unknown option is a usage error' 2 '-Z: not an option' oci-sniff -Z
refuses 'a missing file is named' 4 'nowhere.tar: No such file' oci-sniff nowhere.tar
run oci-sniff s.tar nowhere.tar
is 'then nothing is written' "$STATUS $(wc -c <"$OUT")" '4 0'
refuses 'a full disk is a failure' 4 'standard output: ' sh -c 'exec oci-sniff s.tar >/dev/full'
refuses 'a directory as standard input is a failure' 4 'Is a directory' sh -c 'oci-sniff <layout'
# rows: T114
gives 'endless zeros are told in passing' tar sh -c 'oci-sniff </dev/zero'
