#!/bin/sh
# oci-layer: the bytes are those of every version before: DiffIDs always, and compressed for one
# version of the compressor. A change here is a change of everybody's digests.
. "${0%/*}/lib.sh"
. "$TESTS/layers.sh"
need python3 pkg-config

# Text, tables and noise, in blocks that are stored, compressed, and of both kinds; no random module,
# whose numbers are only promised by and large.
python3 - <<'END'
import hashlib, os
def noise(name, n):
    return b"".join(hashlib.sha256(b"%s %d" % (name, i)).digest() for i in range(n // 32))
os.makedirs("tree/bin")
os.makedirs("tree/etc/empty")
words = [w.hex().encode() for w in (noise(b"words", 4096)[i:i + 3] for i in range(0, 4096, 3))]
picks = noise(b"picks", 600000)
text = b" ".join(words[a % 37 * (b % 31)] for a, b in zip(picks[::2], picks[1::2]))
files = {
    "etc/text": text,
    "etc/short": b"hello\n",
    "etc/none": b"",
    "bin/noise": noise(b"noise", 2500000),
    "bin/table": b"".join(b"\x48\x89\0\0" + i.to_bytes(4, "little") + picks[i:i + 1] + b"\0" * 7
                          for i in range(150000)),
    "bin/zeros": bytes(1500000),
    "bin/mixed": b"".join(text[i:i + 20000] + picks[i:i + 20000] for i in range(0, 500000, 20000)),
}
for name, content in files.items():
    with open("tree/" + name, "wb") as f:
        f.write(content)
os.chmod("tree/bin/table", 0o755)
os.symlink("../etc/text", "tree/bin/link")
os.link("tree/etc/short", "tree/etc/same")
END
find tree -type d -exec chmod 755 {} +
find tree -type f ! -name table -exec chmod 644 {} +

# The layer's digest.
stored() { oci-layer "$@" tree | oci-sniff --json | jq -r '.images[0].digest'; }

plan 23
tar=sha256:dcf7b4ca067ccba3d3dd6c60d6ed5c37574bc7780cbc892c455c496c32703e19
oci-layer tree >x.tar
is 'the DiffID' "$(diffid x.tar)" "$tar"
oci-layer --imgpkg -x link tree >x.tar
is "imgpkg's" "$(diffid x.tar)" sha256:2a8a191d214e44d593dd182d4c97fac97d426a61d6c3eedd30c9172521bcefae
is 'not compressed' "$(stored -z none)" "$tar"

# version, of, options, digest: for any number of threads, and for both ways to hash.
# shellcheck disable=SC2086
golden()
{
	if [ "$(pkg-config --modversion "$2")" != "$1" ]; then
		skip 5 "$2 is not $1"
		return
	fi
	for jobs in 1 2 16; do
			is "$2 $1,$3 $jobs threads" "$(stored $3 -j $jobs)" "$4"
	done
	oci-layer $3 -o x.tar tree
	is "$2 $1,$3 into a file" "$(oci-sniff --json x.tar | jq -r '.images[0].digest')" "$4"
	is "$2 $1,$3 without SHA extensions" "$(export OCIPIPE_SHA256=portable; stored $3)" "$4"
}
golden 1.14 libdeflate ' ' sha256:6cdc112bb09cb03efe4bbdd2c64e68378836cedb240bbdf8f95047f2fc7e05bb
golden 1.14 libdeflate ' -L 6' sha256:49300da52c9ae8e4bf98067aa3a15e510e928793c72a920ef6409dce86bef8cf
golden 1.5.4 libzstd ' -z zstd' sha256:eb7aba9617aa83b2b6451f7b6361e80e440d7a0fa5a03922a9c1af82edaab26a
golden 1.5.4 libzstd ' -z zstd -L 12' sha256:fa9eaee3812eb06f27d40539f4274f44ac1eed9d5929694f3bd8f142b3f33481
