#!/bin/sh
# Several archives as one input: entries in order, images of one name fold, a name is one image.
. "${0%/*}/lib.sh"
. "$TESTS/readers.sh"
need python3

verdicts <<'END'
from readers import *

A = image(layer("a", b"1"), tag="v1")
B_ = image(layer("b", b"2"), tag="v1")
FULL = image(layer("a", b"1"), tag="v1", name="example.com/a:v1")
OTHER = image(layer("b", b"2"), tag="v1", name="example.com/b:v1")
BARE = image(layer("a", b"1"))
NOTED = image(layer("a", b"1"), annotations={"note": "here"})
LONG = image(layer("a", b"1"), tag="v2", annotations={"note": "there", "more": "x"})
L1, L2 = loose_layer(layer("x", b"x")), loose_layer(layer("y", b"y"))

def entries(data, *options, form="operand"):
    out = packed(data, *options, form=form)
    if out is None:
        return None
    at = max(i for i in range(0, len(out), BLOCK) if out[i:i + 11] == b"index.json\0")
    return json.loads(out[at + BLOCK:at + BLOCK + int(out[at + 124:at + 135], 8)])["manifests"]

def notes(e):
    return e.get("annotations") or {}

def check(name, got, want):
    verdict(name, [] if got == want else ["%r, not %r" % (got, want)])

def names(*layouts, options=()):
    got = entries(b"".join(layout(i) for i in layouts), *options)
    return got and [notes(e).get(IMAGE_NAME) or notes(e).get(REF_NAME) for e in got]

# rows: T5 O98
check("the same image twice is one entry", names(A, A), ["v1"])
refused("one name on two images", 3, "v1 names two images: %s and %s" %
        (A.root["digest"], B_.root["digest"]), layout(A) + layout(B_), programs=("oci-pack", "oci-push"))
refused("also as operands", 3, "v1 names two images",
        layout(A, B_), programs=("oci-pack", "oci-push"))
check("with --replace the later wins", names(A, B_, options=["--replace"]), ["v1"])
check("and is the later", [e["digest"] for e in entries(layout(A) + layout(B_), "--replace")],
      [B_.root["digest"]])
check("a tag of two repositories is two names", names(FULL, OTHER),
      ["example.com/a:v1", "example.com/b:v1"])
def tags(*layouts):
    got = entries(b"".join(layout(i) for i in layouts))
    return got and [notes(e).get(REF_NAME) for e in got]

check("ref.name then is the whole reference", tags(FULL, OTHER), ["example.com/a:v1", "example.com/b:v1"])
check("also where one's repository is not known", tags(FULL, B_), ["example.com/a:v1", "v1"])
check("in either order", tags(B_, FULL), ["v1", "example.com/a:v1"])
check("also of one image", tags(A, FULL), ["v1", "example.com/a:v1"])
check("and the tag again where it is alone", tags(image(tag="example.com/a:v1", name="example.com/a:v1")),
      ["v1"])
refused("one whole reference on two images", 3, "example.com/a:v1 names two images",
        layout(FULL) + layout(image(layer("b", b"2"), tag="v1", name="example.com/a:v1")),
        programs=("oci-pack", "oci-push"))
def spelt(name, content):
    return layout(image(layer("a", content), name=name))
for one, two in (("alpine:3", "docker.io/library/alpine:3"), ("docker.io/alpine:3", "index.docker.io/library/alpine:3"),
                 ("alpine", "alpine:latest"), ("EXAMPLE.com/a:v1", "example.com/a:v1")):
    refused("one name on two images, spelt %s and %s" % (one, two), 3, "names two images: sha256:",
            spelt(one, b"1") + spelt(two, b"2"), programs=("oci-pack", "oci-push"))
    check("%s and %s of one image fold" % (one, two),
          [notes(e).get(IMAGE_NAME) for e in entries(spelt(one, b"1") + spelt(two, b"1"))], [one])
refused("also where one stands in ref.name", 3, "docker.io/library/alpine:3 names two images",
        spelt("alpine:3", b"1") + layout(image(layer("a", b"2"), tag="docker.io/library/alpine:3")),
        programs=("oci-pack", "oci-push"))
check("a bare tag is no name of docker.io", len(entries(
    spelt("docker.io/library/v1:latest", b"1") + layout(image(layer("a", b"2"), tag="v1")))), 2)
# rows: O46
check("two names of one image are two entries", names(A, LONG), ["v1", "v2"])
check("an untagged image folds into the tagged", names(A, BARE), ["v1"])
check("the other way round too", names(BARE, A), ["v1"])
check("into the first of several", [notes(e).get("note") for e in entries(
    layout(A) + layout(image(layer("a", b"1"), tag="v0")) + layout(NOTED))], ["here", None])
check("untagged twice is once", names(BARE, BARE), [None])
check("different images stay", len(entries(layout(BARE) + layout(image(layer("b", b"2"))))), 2)
check("annotations are united", [sorted(notes(e).items()) for e in entries(
    layout(A) + layout(NOTED))], [[("note", "here"), (REF_NAME, "v1")]])
check("where both say something the first does", [notes(e) for e in entries(
    layout(LONG) + layout(NOTED))], [{"note": "there", "more": "x", REF_NAME: "v2"}])
check("a platform that one entry names stays", [e.get("platform") for e in entries(
    layout(A) + layout(Image({**A.root, "platform": {"os": "linux", "architecture": "amd64"}}, A.blobs)))],
    [{"architecture": "amd64", "os": "linux"}])
check("layers never fold: A, B, A is three", [e["digest"] for e in entries(
    layout(L1) + layout(L2) + layout(L1))], [L1.root["digest"], L2.root["digest"], L1.root["digest"]])
check("entries keep their order", names(LONG, OTHER, A), ["v2", "example.com/b:v1", "v1"])

# Archives one after another are the same as operands, and as one.
one = layout(A, LONG, OTHER)
same("one archive or three", layout(A) + layout(LONG) + layout(OTHER), packed(one))
same("in any compression", gzip(layout(A)) + gzip(layout(LONG)) + gzip(layout(OTHER)), packed(one))
for n, i in enumerate((A, LONG, OTHER)):
    with open("part%d.tar" % n, "wb") as f:
        f.write(layout(i))
done = subprocess.run(["oci-pack", "part0.tar", "-", "part2.tar"], stdin=open("part1.tar", "rb"),
                      stdout=subprocess.PIPE, check=False)
verdict("operands, one of them a dash", [] if done.stdout == packed(one) else ["other output"])

refused("a docker archive behind a stream", 3, "a docker archive behind another archive: give it as an operand",
        layout(A) + docker_archive(), programs=("oci-pack", "oci-index"))
# rows: T24
layers_of = [d for d in A.blobs if A.blobs[d][:1] != b"{"]
same("a thin stream and what it lacks", layout(A, without=layers_of) + layout(A), packed(layout(A)))
same("the other way round", layout(A) + layout(A, without=layers_of), packed(layout(A)))
refused("a thin stream alone", 6, layers_of[0], layout(A, without=layers_of), programs=("oci-pack",))
refused("an empty second input", 3, "standard input: empty", b"", forms=("file", "pipe"))
# rows: O21
check("an index without images", entries(tar(*members(index={"schemaVersion": 2, "manifests": []}))), [])

# rows: T49, whatever holds the name and whoever reads it
for name in ("v1\nv2", "-x", "../x", "", "a" * 129, "bad ref!"):
    refused("a name that is none: %r" % name[:8], 3, "neither a tag nor a reference",
            layout(image(annotations={"org.opencontainers.image.ref.name": name})), programs=("oci-pack",), forms=("pipe",))
    if name != "a" * 129:
        refused("nor is it a whole reference: %r" % name[:8], 3, "neither a tag nor a reference",
                layout(image(tag="v1", annotations={"io.containerd.image.name": name})), programs=("oci-pack",), forms=("pipe",))

# rows: O44, image-layout.md: an entry that nobody knows is no error
XML = descriptor(b"<xml/>", "application/xml")
odd = tar(*members(A, index={"schemaVersion": 2, "manifests": [XML, A.root]},
                   extra=[(digest(b"<xml/>"), b"<xml/>")]))
check("an entry of an unknown type goes on", entries(odd)[0], XML)
END
