#!/bin/sh
# No beginning of an input is taken for the whole: every program refuses it, and makes nothing.
. "${0%/*}/lib.sh"
plan 13

# rows: T1
tarlib 'layout(image(layer("etc/motd", b"hi\n"), tag="v1"), directories=False)' >s.tar
tarlib 'docker_archive()' >docker.tar
tarlib 'layout(image(layer("etc/motd", b"hi\n"), layer("noise", noise(300000)), tag="v1"))' >large.tar
gzip -n <s.tar >s.gz
length() { wc -c <"$1"; }
# Where the content of index.json ends: from there on a stream is whole.
committed() { python3 -c 'import sys; print(open(sys.argv[1], "rb").read().rindex(b"}") + 1)' "$1"; }

echo old >kept
cuts()	# name, arguments of cuts
{
	name=$1
	shift
	run "$B/unit/cuts" "$@"
	if [ "$STATUS" -eq 0 ] && [ ! -s "$OUT" ] && [ "$(cat kept)" = old ]; then
		pass "$name"
	else
		fail "$name"
		explain cuts "$@"
	fi
}

end=$(committed s.tar)
step=1
if ! sweeping; then step=97; fi
cuts 'oci-manifest, cut at every byte' pipe s.tar 0 "$end" $step oci-manifest -l a=b -o kept
cuts 'oci-index' pipe s.tar 0 "$end" $step oci-index -t x -o kept
cuts 'oci-pack, from a file' file s.tar 0 "$end" $step oci-pack -o kept
cuts 'oci-push, which sends nothing' pipe s.tar 0 "$end" $step oci-push -n 127.0.0.1:9/app:v1
cuts 'oci-push, from a file' file s.tar 0 "$end" $((step * 61)) oci-push -n 127.0.0.1:9/app:v1
cuts 'compressed' pipe s.gz 0 "$(length s.gz)" $step oci-pack -o kept
# A docker archive ends with its list, and that before its end blocks.
end=$(committed docker.tar)
cuts 'a docker archive' file docker.tar 0 "$end" $step oci-pack -o kept
cuts 'and from a pipe' pipe docker.tar 0 "$end" $((step * 11)) oci-index -o kept
end=$(committed large.tar)
cuts 'a larger stream, at every block' file large.tar 0 "$end" 512 oci-manifest -l a=b -o kept
cuts 'oci-index too' file large.tar 0 "$end" 512 oci-index -o kept
cuts 'oci-pack too' file large.tar 0 "$end" 512 oci-pack -o kept
is 'nothing is left over' "$(find . "$TMPDIR" -newer kept -type f | grep -v -e '\.tar$' -e '\.gz$')" ''

# The other way: one byte a read, and the same comes out.
oci-pack -o whole.tar s.tar
dd if=s.tar bs=1 2>/dev/null | oci-pack >slow.tar
ok 'one byte a read is no cut' cmp whole.tar slow.tar
