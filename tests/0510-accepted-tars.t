#!/bin/sh
# Layout tars of every harmless shape are the same stream: packed, they are the same bytes.
. "${0%/*}/lib.sh"
. "$TESTS/readers.sh"
need python3

verdicts <<'END'
from readers import *
import shutil

S = image(layer("etc/motd", b"hi\n"), layer("etc/issue", b"there\n"), tag="v1")
M = members(S)
good = tar(*M)
canonical = packed(good)
if canonical is None:
    sys.exit("oci-pack makes nothing of a good stream")

def named(prefix, **fields):
    """The same members under other names."""
    out = []
    for name, e in zip(names, M):
        head = fields if not name.endswith("/") else {**fields, "type": "5", "mode": 0o755}
        size = int(e[124:135], 8)
        out.append(entry(prefix + name, e[BLOCK:BLOCK + size], **head))
    return out

names = [e[:100].rstrip(b"\0").decode() for e in M]
def contents(e):
    return e[BLOCK:BLOCK + int(e[124:135], 8)]

# rows: O1
same("a good stream", good, canonical)
same("what was packed", canonical, canonical)
# rows: T3 O97
same("without its end blocks", tar(*M, end=0), canonical)
same("with one end block", tar(*M, end=1), canonical)
# rows: T4
same("with zeros after it", good + bytes(9216), canonical)
same("with zeros that are no whole block", good + bytes(100), canonical)
# rows: T5
same("twice", good + good, canonical)
same("twice, with zeros between", good + bytes(8192) + good, canonical)
same("twice, and without the last end", tar(*M) + tar(*M, end=0), canonical)
# rows: T7 O2
same("./ before all names", tar(*named("./")), canonical)
same("././/./ before all names", tar(*named("././/./")), canonical)
same("two slashes inside", tar(*[entry(n.replace("/", "//"), contents(e)) if not n.endswith("/") else e
                                 for n, e in zip(names, M)]), canonical)
# rows: T8 O43
junk = [entry("README", b"read me"), directory("foo"), entry("foo/bar", b""), entry("._x", b"\0\5"),
        entry("PaxHeaders/1", b"x"), entry("manifest.json", b"null"), entry("repositories", b"{}")]
same("with entries that no layout has", tar(M[0], *junk, *M[1:]), canonical)
same("with them at the end", tar(*M, *junk), canonical)
same("with them first", tar(*junk[:5], *M), canonical)
# rows: O13
odd = [entry("dev", type="3"), entry("fifo", type="6"), entry("link", type="2", link="/etc/passwd"),
       entry("hard", type="1", link="dev"), entry("what", b"data", type="V")]
same("with a device, a fifo and links that no layout has", tar(M[0], *odd, *M[1:]), canonical)
# rows: T9
same("a global pax header with a comment", tar(pax({"comment": "0" * 40}, type="g"), *M), canonical)
# rows: O5
same("a pax header before each member",
     tar(*[pax({"mtime": "1234567.890", "ctime": "1"}) + e for e in M]), canonical)
# rows: T10 O6 O7
same("names and sizes in pax headers",
     tar(*[pax({"path": n, "size": str(len(contents(e)))}) + entry("short", contents(e), size=0)
           if not n.endswith("/") else e for n, e in zip(names, M)]), canonical)
same("a pax size of 0 over data that holds a header",
     tar(M[0], pax({"size": "0"}), header("x", size=1024), *M[1:]), canonical)
# rows: T12
same("a key twice in one pax header, the last counts",
     tar(pax([("path", "nowhere"), ("path", "oci-layout")]) + entry("x", contents(M[0])), *M[1:]),
     canonical)
# rows: T15 O9
same("base-256 sizes", tar(*[entry(n, contents(e), size=base256(len(contents(e))))
                             if not n.endswith("/") else e for n, e in zip(names, M)]), canonical)
same("twelve octal digits", tar(*[entry(n, contents(e), size=b"%012o" % len(contents(e)))
                                  if not n.endswith("/") else e for n, e in zip(names, M)]), canonical)
# rows: T23 O14
for seed in range(8):
    same("members in another order (%d)" % seed, tar(*shuffled(M, seed)), canonical)
same("index.json first", tar(M[-1], *M[:-1]), canonical)
same("in reverse", tar(*M[::-1]), canonical)
# rows: O4
same("no directories", tar(*members(S, directories=False)), canonical)
# rows: T28
same("times below zero and above all, owners of any size",
     tar(*[pax({"mtime": "-1.5", "uid": str((1 << 31) + 1), "uname": "u" * 300}) +
           entry(n, contents(e), mtime=1 << 62, uid=(1 << 31) + 1, **(
               {"type": "5"} if n.endswith("/") else {})) for n, e in zip(names, M)]), canonical)
same("a time before 1970", tar(*named("", mtime=-1)), canonical)
# rows: T29 O101
same("v7", tar(*named("", **V7)), canonical)
same("GNU", tar(*named("", **GNU)), canonical)
same("GNU's long names", tar(*[gnu_long(n) + entry("x", contents(e)) if not n.endswith("/") else e
                               for n, e in zip(names, M)]), canonical)
same("ustar's prefix", tar(*[entry(n.rpartition("/")[2], contents(e), prefix=n.rpartition("/")[0])
                             if not n.endswith("/") else e for n, e in zip(names, M)]), canonical)
same("Solaris' extended headers", tar(*[pax({"path": n}, type="X") + entry("x", contents(e))
                                        if not n.endswith("/") else e for n, e in zip(names, M)]),
     canonical)
# rows: T34
same("an ignored name that is no UTF-8", tar(M[0], entry(b"\xff\xfe", b"x"), *M[1:]), canonical)
for locale in ("C", "C.UTF-8", "tr_TR.UTF-8"):
    os.environ["LC_ALL"] = locale
    same("pax names of other scripts under " + locale,
         tar(M[0], pax({"path": "ü/中文"}) + entry("x", b"1"), pax({"path": b"\xff"}) + entry("y", b""),
             *M[1:]), canonical)
os.environ["LC_ALL"] = "C"
# rows: T35 T55 O15 O80
same("gzip around it", gzip(good), canonical)
same("gzip and zeros", gzip(good) + bytes(10000), canonical)
same("a thousand members of gzip",
     b"".join(gzip_member(good[i * len(good) // 1000:(i + 1) * len(good) // 1000])
              for i in range(1000)), canonical)
same("an empty member in the middle",
     gzip(good[:1000]) + gzip(b"") + gzip(good[1000:]), canonical)
# rows: T57
same("FEXTRA of 65,535 bytes", gzip_member(good, flags=4, extra=b"\xff\xff" + bytes(65535)), canonical)
if shutil.which("zstd"):
    # rows: T59 O82
    def zstd(data, *options):
        return subprocess.run(["zstd", "-qc", *options], input=data, stdout=subprocess.PIPE,
                              check=True).stdout
    skippable = b"\x50\x2a\x4d\x18\4\0\0\0abcd"
    same("zstd around it", zstd(good), canonical)
    same("two frames of zstd, skippable ones around them",
         skippable + zstd(good[:700]) + skippable + zstd(good[700:]) + skippable, canonical)
    same("zstd with a window of 128 MiB", zstd(good, "--long=27"), canonical)
# rows: T18
same("a blob twice", tar(*M[:-1], M[3], M[-1]), canonical)
same("every blob twice", tar(*M, *M[3:-1]), canonical)
# rows: T21 O41
same("names that are no blobs'", tar(*M[:3], entry("blobs/sha256/tmp123", b"x"),
                                     entry("blobs/sha256/" + "A" * 64, b"x"),
                                     directory("blobs/sha512"), *M[3:]), canonical)
# rows: O39
same("a blob that nothing refers to", tar(*members(S, extra=[(digest(b"extra"), b"extra")])), canonical)
same("a document that nothing refers to",
     tar(*members(S, extra=[(digest(b'{"a":1}'), b'{"a":1}')])), canonical)
same("an empty blob that nothing refers to", tar(*members(S, extra=[(digest(b""), b"")])), canonical)
# rows: O8
same("a blob of another algorithm that nothing refers to",
     tar(*M[:3], gnu_long("blobs/sha512/" + "a" * 128) + entry("x", b"x"), *M[3:]), canonical)
# rows: O19 O25
same("an oci-layout with more in it",
     tar(*members(S, layout=b' {"imageLayoutVersion" : "1.0.0", "x": [1, {"y": null}]}\n')), canonical)
same("white space around index.json",
     tar(*members(S, index=b"\r\n " + index_json(S) + b"\n\n")), canonical)

# A document is what begins with a brace after white space, of which at most 4 KiB are looked at.
def spaced(n):
    raw = b" \n\t " * (n // 4) + S.document
    return layout(image(layer("etc/motd", b"hi\n"), layer("etc/issue", b"there\n"), tag="v1",
                        manifest=raw)), raw
data, raw = spaced(4092)
out = packed(data, form="pipe")
verdict("white space before a document stays", [] if out and raw in out else ["no such output"])
refused("more white space than is looked at", 3, "not a JSON object", spaced(4096)[0],
        programs=("oci-pack", "oci-index"))
END
