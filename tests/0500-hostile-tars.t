#!/bin/sh
# A tar on which readers disagree, or that is damaged, is refused by every program that reads
# streams: from a file and from a pipe, with nothing committed and the old output in place.
. "${0%/*}/lib.sh"
. "$TESTS/readers.sh"
need python3

verdicts <<'END'
from readers import *

S = image(layer("etc/motd", b"hi\n"), tag="v1")
M = members(S)
good = tar(*M)
layer_digest = list(S.blobs)[0]
layer_data = S.blobs[layer_digest]
path = blob_path(layer_digest)

def with_entry(*entries, at=1):
    return tar(*M[:at], *entries, *M[at:])

def instead(*entries):
    """Other entries in the place of the layer's."""
    return tar(*[e for e in M if not e.startswith(path.encode())][:-1], *entries, M[-1])

def header_at(part):
    return good.index(part)

# rows: T2 O100
refused("an empty input", 3, "empty", b"")
# rows: T2
refused("zeros alone", 3, "no index.json", bytes(10240))
refused("a single zero block", 3, "no index.json", bytes(512))
# rows: T3
refused("one end block and then more", 3, "an end block without its second",
    tar(*M[:2], end=1) + tar(*M[2:]))
# rows: T4 O98
refused("junk after the end", 3, "junk after the end", good + b"x" * 512)
refused("less than a block of junk", 3, "junk after the end", good + b"x")
at = header_at(b"index.json")
# rows: T6 O99
refused("a damaged header in the middle", 3, "offset %d: a header with a wrong checksum" % at,
    good[:at + 200] + b"x" + good[at + 201:])
at = header_at(path.encode())
# rows: T6 O99
refused("a damaged header of a blob", 3, "wrong checksum", good[:at] + b"B" + good[at + 1:])
# rows: O99
refused("a damaged first header", 3, "not a tar", b"X" + good[1:])
for name in ("../../x", "/x", "/index.json", "a/../index.json", "..", "a/.."):
    # rows: T7 O3
    refused("an entry called " + name, 3, "\"..\"" if ".." in name else "absolute",
        with_entry(entry(name, b"x")))
# rows: T33
refused("control characters in a name", 3, "absolute",
    with_entry(entry(b"/\x1b]0;x\x07\n\xff\xc2\x85\xe2\x80\xae", b"x")))
refused("and in a link's", 3, "not a regular file",
    tar(*M[:-1], entry("index.json", type="2", link=b"\x1b[2J\xff")))
for key in ("path", "size", "linkpath"):
    # rows: T9
    refused("a global pax header with " + key, 3, "offset",
        with_entry(pax({key: b"5"}, type="g")))
# rows: T11
refused("a size before a long name (CVE-2025-62518)", 3, "",
    with_entry(pax({"size": b"2048"}), gnu_long("x" * 120), entry("x", b"y" * 2048),
               entry("hidden", b"")))
# rows: T12
refused("two pax headers for one entry", 3, "offset",
    with_entry(pax({"mtime": b"1"}), pax({"mtime": b"2"}), entry("x", b"")))
for value in (b"12x", b"-1", b"", b"9223372036854775808", b"1.5", b" 5"):
    # rows: T13
    refused("a pax size of '%s'" % value.decode(), 3, "offset",
        with_entry(pax({"size": value}), entry("x", b"hello")))
for what, body in (("a length of 0", b"0 a=b\n"), ("a length past the body", b"99 a=b\n"),
                   ("no =", b"6 abc\n"), ("no newline", b"6 a=bc"), ("no length", b" a=b\n"),
                   ("a negative length", b"-6 a=b\n")):
    refused("a pax record with " + what, 3, "offset", with_entry(pax(body), entry("x", b"")))
# rows: T14
refused("NUL in a pax path", 3, "offset", with_entry(pax({"path": b"a\0b"}), entry("x", b"")))
refused("NUL inside of a long name", 3, "offset", with_entry(gnu_long("a\0b"), entry("x", b"")))
refused("a long name of 2 MiB", 3, "offset", with_entry(gnu_long("a" * (2 << 20)), entry("x", b"")))
refused("a long name for no entry", 3, "an entry to come", tar(*M, gnu_long("x")))
for what, raw in (("-1", base256(-1)), ("2^63", b"\x80" + (1 << 63).to_bytes(11, "big")),
                  ("octal with junk", b"0000000004x\0")):
    # rows: T15 O9
    refused("a size field of " + what, 3, "a size that is no number",
        with_entry(header("x", size=raw)))
# rows: T15
refused("a size of 2^62", 3, "",  with_entry(header("x", size=b"\x80" + (1 << 62).to_bytes(11, "big"))))
for kind, what in (("5", "a directory"), ("1", "a hard link"), ("2", "a symbolic link")):
    # rows: T16
    refused("content after " + what, 3, "content after a header",
        with_entry(entry("x", b"hello", type=kind, link="y" if kind != "5" else "")))
# rows: T16
refused("content after a name with a slash at its end", 3, "content after a header",
    with_entry(entry("x/", b"hello")))
for kind, what in (("2", "a symbolic link"), ("1", "a hard link"), ("6", "a fifo"),
                   ("3", "a device"), ("4", "a device"), ("5", "a directory"),
                   ("V", "an unknown type")):
    # rows: T17 O10 O12 O13
    refused(what + " at a blob's name", 3, "a regular file",
        instead(entry(path, type=kind, link="index.json" if kind in "12" else "")))
    # rows: O20
    refused(what + " as index.json", 3, "a regular file",
        tar(*M[:-1], entry("index.json", type=kind, link="x" if kind in "12" else "")))
    refused(what + " as oci-layout", 3, "a regular file",
        tar(M[-1], entry("oci-layout", type=kind, link="x" if kind in "12" else "")))
# rows: T17
refused("a link in the place of the blobs", 3, "not a directory",
    tar(M[0], entry("blobs", type="2", link="/tmp"), *M[3:]))
# rows: T18 O42
refused("the same blob with other bytes later", 5, layer_digest,
    with_entry(entry(path, b"x" * len(layer_data)), at=len(M) - 1))
refused("the same blob with other bytes first", 5, layer_digest,
    with_entry(entry(path, b"x" * len(layer_data)), at=1))
refused("the same blob, longer", 5, layer_digest,
    with_entry(entry(path, layer_data + b"x"), at=len(M) - 1))
# rows: T18
refused("index.json twice in one archive", 3, "index.json twice", with_entry(M[-1]))
refused("oci-layout twice in one archive", 3, "oci-layout twice", with_entry(M[0]))
for key, data in S.blobs.items():
    flipped = bytes([data[0], data[1] ^ 1]) + data[2:]
    # rows: T19 O36 O37
    refused("a wrong bit in " + key[:15], 5, key,
        good.replace(data, flipped))
    # Also where the first byte says what kind of blob it is.
    refused("in the first byte of " + key[:15], 5, key,
        good.replace(data, bytes([data[0] ^ 1]) + data[1:]))
# rows: T19 O36
refused("bytes added to a document", 5, "has digest",
    tar(*[entry(e[:84].decode(), S.document + b" ") if S.document in e else e for e in M]))
# rows: T19 O40
refused("a wrong blob that nothing refers to", 5, "sha256:" + "0" * 64,
    tar(*members(S, extra=[("sha256:" + "0" * 64, b"other")])))
# rows: T19
refused("an empty blob of another name", 5, "sha256:" + "0" * 64,
    tar(*members(S, extra=[("sha256:" + "0" * 64, b"")])))
def size(n):
    def edit(m):
        m["layers"][0]["size"] = n
    return layout(image(layer("etc/motd", b"hi\n"), tag="v1", edit=edit))
def config_size(n):
    def edit(m):
        m["config"]["size"] = n
    return layout(image(layer("etc/motd", b"hi\n"), tag="v1", edit=edit))
for wrong in (len(layer_data) + 1, len(layer_data) - 1, 0, (1 << 53) + 1, (1 << 63) - 1):
    # rows: T20 O35
    refused("a layer's size of %d" % wrong, 5, "bytes", size(wrong))
    refused("a config's size of %d" % wrong, 5, "bytes", config_size(wrong))
for wrong in (-1, 1.5, 1 << 63, "5", None):
    refused("a size of %r" % wrong, 3, "size", size(wrong))
for digest_text, text in (("md5:" + "0" * 32, ""), ("sha256:../../x", "not a digest"),
                          ("sha256:", "not a digest"), ("sha512:" + "0" * 128, "sha256"),
                          (layer_digest.upper().replace("SHA", "sha"), "not a digest"),
                          (layer_digest[:-1], "not a digest"), (layer_digest + "0", "not a digest"),
                          (":abc", "not a digest"), ("sha256", "not a digest"),
                          ("SHA256:" + "0" * 64, "not a digest"),
                          ("sha256::" + "0" * 64, "not a digest"),
                          ("sha256:" + "0" * 63 + "\n", "not a digest")):
    def edit(m, d=digest_text):
        m["config"]["digest"] = d
    # rows: T21 T22 O29 O30 O31 O32 O34
    refused("a config called %r" % digest_text[:20], 3, text,
        layout(image(layer("etc/motd", b"hi\n"), tag="v1", edit=edit)))
for digest_text in ("md5:" + "0" * 32, "sha512:" + "0" * 128):
    def edit(m, d=digest_text):
        m["layers"][0]["digest"] = d
    # rows: T22 O29
    refused("a layer called %r" % digest_text[:10], 3, "sha256",
        layout(image(layer("etc/motd", b"hi\n"), tag="v1", edit=edit)))
    refused("a DiffID called %r" % digest_text[:10], 3, "rootfs.diff_ids[0]: ",
        layout(image(tag="v1", config={"rootfs": {"type": "layers", "diff_ids": [digest_text]}})),
        programs=("oci-pack", "oci-index", "oci-manifest"))
def wrong_data(where):
    i = image(layer("etc/motd", b"hi\n"), tag="v1", edit=lambda m: where(m).update(data="AAAA"))
    return layout(i)
# rows: O93
refused("a layer's data member that is other content", 5, "data", wrong_data(lambda m: m["layers"][0]))
refused("a config's", 5, "data", wrong_data(lambda m: m["config"]))
mislabelled = image(tag="v1")
mislabelled.root["data"] = "AAAA"
refused("a manifest's", 5, "data", layout(mislabelled))
for name in (path.upper().replace("BLOBS/SHA", "blobs/sha"), path[:-1], path + "0", path + "/x"):
    if name != path:
        # rows: T21 O41
        refused("a document under another name than its digest's", 6, S.root["digest"],
            tar(*[entry(name if name != path else path, S.document) if S.document in e else e
                  for e in M]))
# rows: T24
refused("a missing config", 6, digest(list(S.blobs.values())[1]),
    tar(*members(S, without=[list(S.blobs)[1]])))
refused("a missing manifest", 6, S.root["digest"], tar(*members(S, without=[S.root["digest"]])))
# rows: T26
refused("an ignored entry larger than all disks", 3, "",
    with_entry(pax({"size": b"8796093022208"}), entry("junk", b"some")))
sparse = bytearray(header(path, size=512, type="S", **GNU))
# rows: T27
refused("a sparse file as a blob, GNU's old form", 3, "sparse",
    instead(header(path, size=512, type="S", patch=[(386, b"%011o\0%011o\0" % (0, 512)),
                                                    (483, b"%011o\0" % 512)], **GNU) + bytes(512)))
refused("a sparse file as a blob, pax 1.0", 3, "sparse",
    instead(pax({"GNU.sparse.major": b"1", "GNU.sparse.minor": b"0", "GNU.sparse.name": path,
                 "GNU.sparse.realsize": b"512"}), entry("x", b"1\n0\n512\n" + bytes(1016))))
refused("a million sparse regions", 3, "sparse",
    instead(pax({"GNU.sparse.major": b"0", "GNU.sparse.minor": b"1",
                 "GNU.sparse.map": b"0,1" + b",2,1" * 200000}), entry(path, b"")))
# rows: O16
refused("no oci-layout", 3, "no oci-layout", tar(*members(S, layout=None)))
for what in (b"{}", b"[]", b'"1.0.0"', b"", b"null", b'{"imageLayoutVersion":1}',
             b'{"imageLayoutVersion":null}'):
    # rows: O17
    refused("an oci-layout of %r" % what.decode(), 3, "oci-layout", tar(*members(S, layout=what)))
# rows: T42
refused("an oci-layout with imagelayoutversion beside imageLayoutVersion", 3, "imagelayoutversion",
    tar(*members(S, layout=b'{"imagelayoutversion":"9","imageLayoutVersion":"1.0.0"}')))
# rows: O18
refused("a layout of another version", 3, "unsupported layout version 1.1.0",
    tar(*members(S, layout=b'{"imageLayoutVersion":"1.1.0"}')))
# rows: O20
refused("no index.json", 3, "ended before index.json", tar(*M[:-1]))
refused("blobs alone", 3, "ended before index.json", tar(*M[3:-1]))
refused("a second archive that was not finished", 3, "ended before index.json",
    good + tar(*M[:-1]))
refused("a first archive that was not finished", 3, "ended before index.json",
    tar(*M[:-1]) + good)
# rows: O97
refused("an end inside of a blob", 3, "truncated", good[:good.index(layer_data) + 10])
# rows: T36
refused("a tar of something else", 3, "neither an OCI layout nor a docker archive",
    layer("etc/motd", b"hi\n"))
# What looks like something else.
for text, data, name in (
        ('text: "curl: (22) 404"', b"curl: (22) 404\n", "the message of a command"),
        ("an ELF program", read(os.environ["B"] + "/bin/oci-pack")[:4096], "a program"),
        ("a zip archive", b"PK\3\4\24\0", "a zip archive"),
        ("a PDF document", b"%PDF-1.7\n%\342\343\n", "a PDF document"),
        ("a JSON document", b'[{"a":1}]', "a JSON array"),
        ("text", b"x", "one byte"),
        ("an HTML page", b"<html>\n<head><title>502</title>", "an error page"),
        ("a document alone (oci-index)", index_json(S), "an index alone"),
        ("a document alone (images-lock)",
         b"apiVersion: imgpkg.carvel.dev/v1alpha1\nkind: ImagesLock\nimages: []\n", "a lock file"),
        ("text", gzip(b"hello"), "compressed text")):
    # rows: T36
    refused(name, 3, text, data)
# rows: T36
refused("a tar of imgpkg", 3, "imgpkg copy --to-tar",
        tar(entry("manifest.json", b'[{"ImageIndex":null,"Image":{}}]')))
# rows: T35 O15
refused("gzip in gzip", 3, "inside of another compression", gzip(gzip(good)))
# rows: T54
refused("gzip around it, its trailer cut", 3, "", gzip(good)[:-1])
refused("gzip around it, all of its trailer cut", 3, "", gzip(good)[:-8])
refused("gzip around it, a wrong CRC32", 3, "", gzip_member(good, crc=1))
refused("gzip around it, a wrong ISIZE", 3, "", gzip_member(good, isize=1))
# rows: T55 O79
refused("gzip around it, and junk", 3, "", gzip(good) + b"junk")
# rows: T55
refused("gzip around it, and another header cut short", 3, "", gzip(good) + b"\x1f\x8b\x08\0")
# rows: T57
refused("gzip with a reserved flag", 3, "", gzip_member(good, flags=0x20))
refused("gzip of another method", 3, "", gzip_member(good, cm=7))
refused("gzip with a name without end", 3, "", gzip_member(good, flags=8, extra=b"x" * (1 << 20)))
refused("gzip with a wrong FHCRC", 3, "", gzip_member(good, flags=2, extra=b"\1\2"))
import shutil
for tool in ("xz", "bzip2"):
    if shutil.which(tool):
        # rows: T35 O15
        refused(tool + " around it", 3, "compressed with %s, not supported" % tool,
                subprocess.run([tool, "-c"], input=good, stdout=subprocess.PIPE, check=True).stdout)
if shutil.which("zstd"):
    frame = subprocess.run(["zstd", "-qc", "--check"], input=good, stdout=subprocess.PIPE,
                           check=True).stdout
    # rows: T59
    refused("zstd around it, cut", 3, "", frame[:-1])
    refused("zstd around it, a wrong checksum", 3, "", frame[:-1] + bytes([frame[-1] ^ 1]))
    refused("zstd around it, and junk", 3, "", frame + b"junk")
    refused("zstd around it, and zeros", 3, "", frame + bytes(8))
END
