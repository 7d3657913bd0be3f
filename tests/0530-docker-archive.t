#!/bin/sh
# Docker archives become OCI images: layers and configs as they are, links followed inside alone.
. "${0%/*}/lib.sh"
. "$TESTS/readers.sh"
need python3

verdicts <<'END'
from readers import *
import shutil

A, B_ = layer("etc/motd", b"hi\n"), layer("etc/issue", b"there\n")
hexes = ["%064x" % i for i in range(1, 9)]

def config(*layers, **more):
    return dumps({"architecture": "amd64", "os": "linux",
                  "rootfs": {"type": "layers", "diff_ids": [digest(t) for t in layers]}, **more})

C = config(A, B_)
CNAME = digest(C)[7:] + ".json"

def archive(items, *entries, conf=C, cname=CNAME, manifest=None):
    return tar(*entries, entry(cname, conf),
               entry("manifest.json", dumps(items if manifest is None else manifest)))

def item(layers, tags=("example.com/app:v1",), **more):
    return {"Config": CNAME, "RepoTags": tags and list(tags), "Layers": layers, **more}

plain = archive([item(["a/layer.tar", "b/layer.tar"])],
                directory("a"), entry("a/VERSION", b"1.0"), entry("a/json", b"{}"),
                entry("a/layer.tar", A), entry("b/layer.tar", B_))

def manifest_of(stored, kinds):
    return dumps({"config": dict(sorted(descriptor(C, MEDIA_CONFIG).items())),
                  "layers": [dict(sorted(descriptor(s, k).items())) for s, k in zip(stored, kinds)],
                  "mediaType": MEDIA_MANIFEST, "schemaVersion": 2})

def expected(stored, kinds, tag="v1", name="example.com/app:v1"):
    """The same image as a layout."""
    raw = manifest_of(stored, kinds)
    root = descriptor(raw, MEDIA_MANIFEST, platform={"architecture": "amd64", "os": "linux"})
    if name:
        root["annotations"] = {IMAGE_NAME: name, REF_NAME: tag}
    blobs = {digest(s): s for s in stored}
    blobs.update({digest(C): C, digest(raw): raw})
    return packed(layout(Image(root, blobs)))

WANT = expected([A, B_], [MEDIA_LAYER] * 2)

# rows: O94 T30
same("docker save before 25", plain, WANT)
same("in gzip", gzip(plain), WANT)
same("with links between layers, as skopeo writes them",
     archive([item([hexes[0] + "/layer.tar", hexes[1] + "/layer.tar"])],
             entry("x.tar", A), entry("y.tar", B_),
             entry(hexes[0] + "/layer.tar", type="2", link="../x.tar"),
             entry(hexes[1] + "/layer.tar", type="2", link="./../y.tar")), WANT)
# rows: O11
chain = [entry("l%d" % i, type="2", link="l%d" % (i + 1)) for i in range(8)]
same("eight links", archive([item(["l0", "b.tar"])], entry("b.tar", B_), entry("l8", A), *chain), WANT)
same("hard links", archive([item(["a.tar", "b.tar"])], entry("x/a.tar", A), entry("b.tar", B_),
                           entry("a.tar", type="1", link="x/a.tar")), WANT)
same("./ before all names", archive([item(["./a.tar", "b.tar"])], entry("./a.tar", A),
                                    entry("./b.tar", B_), cname="./" + CNAME), WANT)
same("manifest.json first", tar(entry("manifest.json", dumps([item(["a.tar", "b.tar"])])),
                                entry("a.tar", A), entry("b.tar", B_), entry(CNAME, C)), WANT)
same("a config of crane's", archive(None, entry("a.tar", A), entry("b.tar", B_), cname=digest(C),
                                    manifest=[{**item(["a.tar", "b.tar"]), "Config": digest(C)}]), WANT)
same("bazel's form, as a file", tar(entry(blob_path(digest(A)), A), entry(blob_path(digest(B_)), B_),
                                    entry(blob_path(digest(C)), C), entry("manifest.json", dumps(
                                        [{"Config": blob_path(digest(C)), "RepoTags": ["example.com/app:v1"],
                                          "Layers": [blob_path(digest(A)), blob_path(digest(B_))]}]))),
     WANT, forms=("operand", "file"))
refused("bazel's form, from a pipe", 3, "give it as a file, not through a pipe",
        tar(entry(blob_path(digest(A)), A), entry("manifest.json", b"[]")), forms=("pipe",),
        programs=("oci-index", "oci-manifest", "oci-push"))
same("compressed layers", archive([item(["a.tar.gz", "b.tar"])], entry("a.tar.gz", gzip(A)),
                                  entry("b.tar", B_)),
     expected([gzip(A), B_], [MEDIA_LAYER_GZIP, MEDIA_LAYER]))

if shutil.which("zstd"):
    def zstd(data):
        return subprocess.run(["zstd", "-qc"], input=data, stdout=subprocess.PIPE, check=True).stdout
    same("layers in zstd", archive([item(["a.tar", "b.tar"])], entry("a.tar", zstd(A)),
                                   entry("b.tar", B_)),
         expected([zstd(A), B_], [MEDIA_LAYER + "+zstd", MEDIA_LAYER]))

# rows: O96
def names(data):
    out = packed(data)
    return out and [(e.get("annotations") or {}).get(IMAGE_NAME) for e in index_of(out)["manifests"]]

def index_of(stream):
    for i in range(0, len(stream), BLOCK):
        if stream[i:i + 11] == b"index.json\0":
            return json.loads(stream[i + BLOCK:i + BLOCK + int(stream[i + 124:i + 135], 8)])

def check(name, got, want):
    verdict(name, [] if got == want else ["%r, not %r" % (got, want)])

two = [entry("a.tar", A), entry("b.tar", B_)]
def tagged(*tags):
    return archive([item(["a.tar", "b.tar"], tags)], *two)
check("each name is an entry", names(tagged("example.com/x:1", "example.com/y:2")),
      ["example.com/x:1", "example.com/y:2"])
check("short names are whole references then", names(tagged("foo:1")), ["docker.io/library/foo:1"])
check("a name without a tag is latest", names(tagged("example.com/x")), ["example.com/x:latest"])
check("names may be null", names(archive([item(["a.tar", "b.tar"], None)], *two)), [None])
check("or none", names(archive([{**item(["a.tar", "b.tar"]), "RepoTags": []}], *two)), [None])
check("or absent", names(archive([{"Config": CNAME, "Layers": ["a.tar", "b.tar"]}], *two)), [None])
check("no image at all", names(archive([], *two)), [])
D = config(A)
both = tar(entry("a.tar", A), entry("b.tar", B_), entry(CNAME, C), entry("d.json", D),
           entry("manifest.json", dumps([item(["a.tar", "b.tar"], ["x.io/a:1"]),
                                         {"Config": "d.json", "RepoTags": ["x.io/a:2"],
                                          "Layers": ["a.tar"]}])))
check("two images", names(both), ["x.io/a:1", "x.io/a:2"])
out = packed(both)
verdict("that share a layer have it once",
        [] if out and out.count(blob_path(digest(A)).encode()) - out.count(b'"Layers"') * 2 <= 1
        else ["more often"])

# rows: T30
cycle = [entry("a.tar", type="2", link="c.tar"), entry("c.tar", type="2", link="a.tar")]
ITEM = [item(["a.tar", "b.tar"])]
def links(*entries):
    return archive(ITEM, *entries, entry("b.tar", B_), entry("x/y.tar", A))
refused("a cycle of links", 3, "more than 8 links", links(*cycle))
refused("nine links", 3, "more than 8 links",
        archive([item(["l0", "b.tar"])], entry("b.tar", B_), entry("l9", A),
                *[entry("l%d" % i, type="2", link="l%d" % (i + 1)) for i in range(9)]))
refused("a link to nothing", 6, "nowhere.tar: not in the archive",
        links(entry("a.tar", type="2", link="nowhere.tar")))
for target in ("/etc/passwd", "../../../etc/passwd", "..", "x/../../y"):
    for kind in ("1", "2"):
        refused("a link of type %s to %r" % (kind, target), 3, "a.tar",
                links(entry("a.tar", type=kind, link=target)))
def traced(name, data):
    """None of the programs opens what the archive names outside of itself."""
    with open("input", "wb") as f:
        f.write(data)
    opened = [p for p in PROGRAMS if b"/etc/passwd" in subprocess.run(
        ["strace", "-f", "-e", "trace=open,openat,openat2", *PROGRAMS[p], "input"],
        stdin=subprocess.DEVNULL, capture_output=True, check=False).stderr.replace(b": /etc/passwd", b"")]
    verdict(name, opened)
try:
    ptrace = subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True, check=False).returncode == 0
except OSError:
    ptrace = False
if ptrace and not os.environ.get("OCIPIPE_SANITIZED"):
    traced("a link to a file of the host opens nothing", links(entry("a.tar", type="2", link="/etc/passwd")))
    traced("a layer called so neither", archive([item(["/etc/passwd", "b.tar"])], *two))
refused("a hard link is from the archive's root", 6, "y.tar: not in the archive",
        archive([item(["x/a.tar", "b.tar"])], entry("x/a.tar", type="1", link="y.tar"),
                entry("b.tar", B_), entry("x/y.tar", A)))
for kind in ("3", "6", "V"):
    refused("a layer of type " + kind, 3, "a.tar: not a regular file",
            links(entry("a.tar", type=kind)))
# rows: T31
for path in ("/etc/passwd", "../a.tar", "x/../a.tar", "", ".."):
    refused("a layer called %r" % path, 3, "not a name in the archive",
            archive([item([path, "b.tar"])], *two))
    refused("a config called %r" % path, 3, "not a name in the archive",
            archive([{**ITEM[0], "Config": path}], *two))
refused("a config that is not there", 6, "gone.json: not in the archive",
        archive([{**ITEM[0], "Config": "gone.json"}], *two))
refused("a layer that is not there", 6, "gone.tar: not in the archive",
        archive([item(["a.tar", "gone.tar"])], *two))
refused("more layers than any image has", 3, "more than 4096 layers",
        archive([item(["a.tar"] * 100000)], *two))
E = config(A, A)
same("a layer twice in one image",
     tar(entry("a.tar", A), entry("c.json", E), entry("manifest.json", dumps(
         [{"Config": "c.json", "RepoTags": None, "Layers": ["a.tar", "a.tar"]}]))),
     packed(tar(entry("a.tar", A), entry("z.tar", A), entry("c.json", E), entry("manifest.json", dumps(
         [{"Config": "c.json", "RepoTags": None, "Layers": ["a.tar", "z.tar"]}])))))
# rows: O94
refused("fewer layers than the config has", 3, "lists 1 layers, the config has 2 diff_ids",
        archive([item(["a.tar"])], *two))
refused("another layer than the config's", 5, "b.tar: content has DiffID",
        archive([item(["b.tar", "a.tar"])], *two))
refused("another compressed layer", 5, "b.tar: content has DiffID",
        archive([item(["b.tar", "a.tar"])], entry("a.tar", gzip(A)), entry("b.tar", gzip(B_))))
refused("a compressed layer that is damaged", 3, "",
        archive(ITEM, entry("a.tar", gzip_member(A, crc=1)), entry("b.tar", B_)))
refused("a layer in xz", 3, "compressed with xz", archive(
    ITEM, entry("a.tar", b"\xfd7zXZ\0" + bytes(100)), entry("b.tar", B_)))
refused("a config that is not what its name says", 5, "content has digest",
        archive(ITEM, *two, conf=C + b" "))
# rows: O95
bare = json.loads(manifest_of([], []))
raw = dumps(bare)
root = descriptor(raw, MEDIA_MANIFEST)
hybrid = Image(root, {digest(A): A, digest(B_): B_, digest(C): C, digest(raw): raw})
refused("docker 25.0's manifests without layers", 3, "",
        tar(*members(hybrid)[:-1], entry("manifest.json", dumps(
            [item([blob_path(digest(A)), blob_path(digest(B_))])])), members(hybrid)[-1]),
        programs=("oci-pack", "oci-manifest"))
# rows: O96
refused("a manifest.json of null", 3, "manifest.json", archive(None, *two, manifest=b"null"))
for raw, text in ((b"{}", "manifest.json"), (b'[{"Config":1,"Layers":[]}]', "Config"),
                  (b'[{"Config":"c","Layers":{}}]', ""), (b'[{"Layers":[]}]', "without Config"),
                  (b'[{"Config":"%s","Layers":{}}]' % CNAME.encode(), "Layers: not an array"),
                  (b'[{"Config":"%s","Layers":["a.tar",1]}]' % CNAME.encode(), "Layers"),
                  (b'[{"Config":"%s","Layers":["a.tar","b.tar"],"RepoTags":"x"}]' % CNAME.encode(),
                   "RepoTags: not an array"),
                  (b'[{"Config":"%s","Layers":["a.tar","b.tar"],"RepoTags":["X Y"]}]' % CNAME.encode(),
                   "RepoTags"),
                  (b'[{"Config":"a","Config":"b","Layers":[]}]', "Config"),
                  (b'[{"Config":"a","config":"b","Layers":[]}]', "config"),
                  (b'[{"Config":"%s"}]' % CNAME.encode(), "Layers: not an array"),
                  (b'[{"Config":"a"', ""), (b'[{"Config":"a"}] x', "")):
    refused("a manifest.json of %s" % raw.decode().replace(CNAME, "c")[:40],
            6 if raw.startswith(b'[{"Config":"c","Layers":{}') else 3, text,
            archive(None, *two, manifest=raw))
refused("manifest.json twice", 3, "manifest.json", plain[:-1024] + plain)
refused("a layer's name twice", 3, "a.tar: twice in the archive",
        archive(ITEM, entry("a.tar", A), *two))
refused("another archive after it", 3, "another archive after a docker archive",
        plain + plain)
refused("a layout after it", 3, "another archive", plain + layout(image()))
refused("a docker archive after a layout", 3, "", layout(image()) + plain)
refused("a docker archive that was cut", 3, "", plain[:-2000])
END
