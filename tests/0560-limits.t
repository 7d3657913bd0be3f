#!/bin/sh
# What an input may ask for is bounded: each limit is named, memory and spools stay small.
. "${0%/*}/lib.sh"
. "$TESTS/readers.sh"
need python3

verdicts <<'END'
from readers import *
import resource
import threading

SANITIZED = bool(os.environ.get("OCIPIPE_SANITIZED"))
MIB = 1 << 20
S = image(layer("etc/motd", b"hi\n"), tag="v1")
M = members(S)
good = tar(*M)
canonical = packed(good)

def feed(pipe, chunks, count):
    try:
        for chunk in chunks:
            pipe.write(chunk)
            count[0] += len(chunk)
    except BrokenPipeError:
        pass
    finally:
        try:
            pipe.close()
        except BrokenPipeError:
            pass

# The peak memory that the kernel tells of a program begins with that of who started it: a small
# process must.
LAUNCH = """
import os, resource, subprocess, sys
if sys.argv[1] != "-":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
code = subprocess.call(sys.argv[2:])
sys.stderr.write("peak %d" % resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""

def piped(command, chunks, limit=None):
    """(status, stdout, stderr, peak memory in MiB, bytes taken) with chunks through a pipe."""
    count = [0]
    p = subprocess.Popen([sys.executable, "-S", "-E", "-c", LAUNCH, str(limit or "-"), *command],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    feeder = threading.Thread(target=feed, args=(p.stdin, chunks, count))
    out, err = [], []
    listeners = [threading.Thread(target=lambda: out.append(p.stdout.read())),
                 threading.Thread(target=lambda: err.append(p.stderr.read()))]
    for t in listeners + [feeder]:
        t.start()
    for t in listeners + [feeder]:
        t.join()
    code = p.wait()
    text, _, peak = err[0].rpartition(b"peak ")
    return code, out[0], text, int(peak or 0) / 1024, count[0]

def limited(name, chunks, status, text="", peak=24, program="oci-pack", limit=None, taken=None, want=None):
    got = piped(PROGRAMS[program], chunks, limit)
    problems = []
    if got[0] != status or text.encode() not in got[2]:
        problems.append("status %d, %r" % (got[0], got[2][:300]))
    if got[3] > peak and not SANITIZED:
        problems.append("%d MiB of memory" % got[3])
    if taken is not None and got[4] > taken:
        problems.append("%d bytes taken" % got[4])
    if want is not None and got[1] != want:
        problems.append("other output")
    verdict(name, problems)

def blob(data):
    return entry(blob_path(digest(data)), data)

# rows: T25
def ignored(n):
    batch = entry("ignored", b"") * 1000
    yield M[0]
    for _ in range(n // 1000):
        yield batch
    yield tar(*M[1:])
for program in ("oci-pack", "oci-index"):
    limited("a million ignored entries, " + program, ignored(1000000), 0, program=program,
            want=canonical if program == "oci-pack" else None)
# rows: T26
def endless(size, sent):
    yield M[0] + header("junk", size=size)
    for _ in range(sent // MIB):
        yield bytes(MIB)
limited("an ignored entry that ends early is not held", endless(1 << 40, 256 * MIB), 3, "ended early",
        limit=MIB)
limited("nor one that is whole", list(endless(256 * MIB, 256 * MIB)) + [tar(*M[1:])], 0, limit=MIB,
        want=canonical)
limited("of 8 TiB", endless(8 << 40, MIB), 3, "ended early", limit=MIB)
# rows: T41
limited("an index.json of more than 4 MiB is not read", [M[0], header("index.json", size=(4 << 20) + 1)] +
        [b" " * MIB] * 64, 3, "4194305 bytes, more than 4194304", taken=4 * MIB + 256 * 1024)
limited("nor an oci-layout", [header("oci-layout", size=1 << 40)] + [b" " * MIB] * 64, 3,
        "oci-layout: 1099511627776 bytes", taken=4 * MIB + 256 * 1024)
# rows: T35
def bomb():
    inside = tar(M[0], header("junk", size=256 * MIB), end=0)
    z = zlib.compressobj(1, zlib.DEFLATED, 31)
    yield z.compress(inside)
    for _ in range(256):
        yield z.compress(bytes(MIB))
    yield z.compress(tar(*M[1:])) + z.flush()
limited("a gzip bomb around it takes no memory", bomb(), 0, want=canonical, limit=MIB)
def padding():
    yield good
    for _ in range(256):
        yield bytes(MIB)
limited("padding without end is refused", padding(), 3, "64 MiB of zeros")
# rows: T114
with open("/dev/zero", "rb") as zeros:
    done = subprocess.run(["oci-pack"], stdin=zeros, capture_output=True, timeout=TIMEOUT, check=False)
verdict("zeros for ever are an empty archive",
        [] if done.returncode == 3 and b"an empty archive" in done.stderr else [repr(done)[:300]])

# --- the limits that have a name ---
own = len(S.blobs)
blobs = [b"".join(blob(b"%d" % k) for k in range(i, min(i + 1000, 65536 - own)))
         for i in range(0, 65536 - own, 1000)]
def many_blobs(n):
    return [M[0]] + blobs + ([blob(b"more")] if n > 65536 - own else []) + [tar(*M[3:])]
limited("65,536 blobs", many_blobs(65536 - own), 0, want=canonical)
limited("one more", many_blobs(65536 - own + 1), 3, "more than 65536 blobs")
limited("one more, in passing", many_blobs(65536 - own + 1), 3, "more than 65536 blobs",
        program="oci-index")
def many_documents(n):
    yield M[0]
    for i in range(n):
        yield blob(b'{"a":%d}' % i + b" " * ((4 << 20) - 16))
    yield tar(*M[3:])
limited("60 MiB of documents", many_documents(15), 0, want=canonical)
limited("more than 64 MiB", many_documents(17), 3, "more than 67108864 bytes of documents")
def archive(n, length):
    yield entry("0" * 64 + ".tar", b"")
    for i in range(0, n, 1000):
        yield b"".join(entry("%0*d" % (length, k), b"") for k in range(i, i + 1000))
    yield tar(entry("manifest.json", b"[]"))
limited("a docker archive of too many entries", archive(66000, 100), 3,
        "a docker archive of more than 65536 entries")
def long_names(n):
    yield entry("0" * 64 + ".tar", b"")
    for i in range(n):
        yield gnu_long("%04000d" % i) + entry("x", b"")
    yield tar(entry("manifest.json", b"[]"))
limited("or of too long names", long_names(2000), 3, "6291456 bytes of names")
def many_entries(n):
    item = b'{"digest":"%s","mediaType":"a/b","size":%d}' % (S.root["digest"].encode(), S.root["size"])
    return b'{"schemaVersion":2,"manifests":[' + b",".join([item] * n) + b"]}"
limited("4,096 entries fit", [tar(*members(S, index=many_entries(4096)))], 0)
limited("more do not", [layout(image()), tar(*members(S, index=many_entries(4096)))], 3,
        "more than 4096 entries")
nested = index(*[S] * 4097, platforms=False)
limited("nor in an index", [layout(nested)], 3, "an index of more than 4096 entries")
def levels():
    i = index(*[S] * 4096, platforms=False)
    for _ in range(6):
        i = index(*[S] * 4095, i, platforms=False)
    return [layout(i)]
limited("seven levels of as large indexes", levels(), 0)
# As many of everything as there may be, in a file and in a pipe.
def full():
    """4,096 images of two names each that have 65,536 blobs."""
    layers, documents, roots = [], [], []
    for i in range(4096):
        tars = [b"%d.%d" % (i, k) for k in range(14)]
        conf = dumps({"os": "linux", "architecture": "amd64",
                      "rootfs": {"type": "layers", "diff_ids": [digest(t) for t in tars]}})
        man = dumps({"schemaVersion": 2, "config": descriptor(conf, MEDIA_CONFIG),
                     "layers": [descriptor(t, MEDIA_LAYER) for t in tars]})
        name = "registry.example.com/some/repository/app:%d" % i
        roots.append(descriptor(man, MEDIA_MANIFEST,
                                annotations={REF_NAME: str(i), IMAGE_NAME: name}))
        layers += [entry(blob_path(digest(t)), t) for t in tars]
        documents += [entry(blob_path(digest(d)), d) for d in (conf, man)]
    yield M[0] + b"".join(layers)
    yield tar(*documents, entry("index.json", index_json(*roots)))
PROGRAMS["-H"] = ["oci-pack", "-H", "full"]
PROGRAMS["--verify"] = ["oci-pack", "--verify"]
PROGRAMS["--from"] = ["oci-pack", "--from", "full"]
PROGRAMS["-p"] = ["oci-pack", "-p", "linux/amd64"]
PROGRAMS["a file"] = ["oci-pack", "full"]
PROGRAMS["-o"] = ["oci-pack", "-o", "packed"]
PROGRAMS["dir"] = ["oci-pack", "-F", "dir", "-o", "directory"]
PROGRAMS["json"] = ["oci-sniff", "--json"]
everything = b"".join(full())
with open("full", "wb") as f:
    f.write(everything)
for program in ("oci-pack", "a file", "-o", "-H", "--from", "--verify", "-p", "dir", "json"):
    limited("4,096 images, 65,536 blobs: " + program, [everything], 0, program=program)
# rows: T31
def images(n):
    item = b'{"Config":"c.json","Layers":[]}'
    conf = dumps({"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": []}})
    return tar(entry("c.json", conf), entry("manifest.json", b"[" + b",".join([item] * n) + b"]"))
limited("more images than an archive has", [images(4097)], 3, "more than 4096 images")
# rows: T39
limited("4 MiB of brackets", [tar(M[0], entry("index.json", b"[" * (4 << 20)))], 3, "index.json")
# rows: T120
done = subprocess.run("ulimit -n 12; exec oci-pack input", shell=True, capture_output=True, check=False) \
    if packed(good) else None
verdict("twelve descriptors are enough",
        [] if done and done.stdout == canonical else [repr(done)[:300]])
END
