#!/usr/bin/env python3
"""tarlib - tars and image layouts, right ones and wrong ones

As a command it evaluates one expression with all names of this module and writes the bytes:

    tarlib 'tar(entry("a", b"hello"), entry("b", type="2", link="a"))' >x.tar
    tarlib 'layout(image(layer("etc/motd", b"hi\\n"), tag="v1"))' >s.tar
    tarlib 'tar(*shuffled(members(image(tag="v1"))))' >any-order.tar

An entry is plain bytes, header blocks and content, so that lists of them can be cut, doubled
and put in any order. Every header field can be given, also as raw bytes; the checksum is right
unless asked otherwise. All output is a function of the arguments.
"""
import gzip as _gzip
import hashlib
import io
import json
import os
import random
import struct
import sys
import zlib

BLOCK = 512
FIELDS = {"name": (0, 100), "mode": (100, 8), "uid": (108, 8), "gid": (116, 8), "size": (124, 12),
          "mtime": (136, 12), "checksum": (148, 8), "type": (156, 1), "link": (157, 100),
          "magic": (257, 6), "version": (263, 2), "uname": (265, 32), "gname": (297, 32),
          "major": (329, 8), "minor": (337, 8), "prefix": (345, 155)}
GNU = {"magic": b"ustar ", "version": b" \0"}
V7 = {"magic": b"\0" * 6, "version": b"\0\0"}


def _bytes(value):
    return value if isinstance(value, bytes) else os.fsencode(value)


def base256(n, width=12):
    """A number as GNU tar writes those that octal cannot hold."""
    raw = n.to_bytes(width, "big", signed=True)
    return bytes([raw[0] | 0x80]) + raw[1:]


def header(name=b"", size=0, type="0", mode=0o644, uid=0, gid=0, mtime=0, link=b"",
           magic=b"ustar\0", version=b"00", uname=b"", gname=b"", major=0, minor=0, prefix=b"",
           checksum=None, wrong=0, patch=()):
    """One header block. A number may be given as bytes; wrong is added to the checksum; patch is
    (offset, bytes) pairs put in before the checksum is taken."""
    block = bytearray(BLOCK)
    values = dict(locals())
    for field, (at, width) in FIELDS.items():
        value = values[field]
        if field == "checksum":
            raw = b" " * 8
        elif isinstance(value, int):
            raw = b"%0*o\0" % (width - 1, value) if value < 8 ** (width - 1) and value >= 0 \
                else base256(value, width)
        else:
            raw = _bytes(value)
        if len(raw) > width:
            raise ValueError("%s: more than %d bytes" % (field, width))
        block[at:at + len(raw)] = raw
    if magic == V7["magic"]:
        block[329:345] = bytes(16)
    for at, raw in patch:
        block[at:at + len(raw)] = raw
    if checksum is None:
        checksum = b"%06o\0 " % (sum(block) + wrong)
    block[148:148 + len(checksum)] = checksum
    return bytes(block)


def pad(data, fill=b"\0"):
    return data + fill * (-len(data) % BLOCK)


def entry(name=b"", data=b"", padding=True, **fields):
    """Header and content. size says what the header claims, when that is not len(data)."""
    data = _bytes(data)
    fields.setdefault("size", len(data))
    return header(name, **fields) + (pad(data) if padding else data)


def directory(name, **fields):
    fields.setdefault("mode", 0o755)
    return entry(name, type="5", **fields)


def record(key, value, length=None):
    """One pax record; length replaces the right one, as a number or as raw bytes."""
    body = b" " + _bytes(key) + b"=" + _bytes(value) + b"\n"
    n = len(body) + 1
    while len(b"%d" % n) + len(body) != n:
        n = len(b"%d" % n) + len(body)
    if length is None:
        length = n
    return (length if isinstance(length, bytes) else b"%d" % length) + body


def pax(records, type="x", name="PaxHeaders/x", **fields):
    """A pax header: records as a dict, as (key, value) pairs, or as the raw body."""
    if isinstance(records, dict):
        records = records.items()
    body = records if isinstance(records, bytes) else b"".join(record(k, v) for k, v in records)
    return entry(name, body, type=type, **fields)


def gnu_long(name, type="L", end=b"\0", **fields):
    """GNU's long name (L) or long link (K) for the entry that follows."""
    return entry("././@LongLink", _bytes(name) + end, type=type, **{**GNU, **fields})


def tar(*entries, end=2):
    """An archive: entries, then end zero blocks. An entry may be a (name, data) pair."""
    out = []
    for e in entries:
        if not isinstance(e, bytes):
            e = directory(e[0]) if e[0].endswith("/") else entry(*e)
        out.append(e)
    return b"".join(out) + bytes(BLOCK * end)


# --- compression ---

def gzip(data, level=6):
    buf = io.BytesIO()
    with _gzip.GzipFile(filename="", mode="wb", fileobj=buf, compresslevel=level, mtime=0) as z:
        z.write(data)
    return buf.getvalue()


def gzip_member(data, level=6, flags=0, extra=b"", cm=8, crc=None, isize=None, os=255):
    """One member with every field free; extra stands raw after the 10 bytes of the header."""
    z = zlib.compressobj(level, zlib.DEFLATED, -15)
    body = z.compress(data) + z.flush()
    crc = zlib.crc32(data) if crc is None else crc
    isize = len(data) & 0xffffffff if isize is None else isize
    return (b"\x1f\x8b" + bytes([cm, flags]) + bytes(5) + bytes([os]) + extra + body +
            struct.pack("<II", crc, isize))


# --- images ---

OCI = "application/vnd.oci.image."
DOCKER = "application/vnd.docker."
MEDIA_MANIFEST = OCI + "manifest.v1+json"
MEDIA_INDEX = OCI + "index.v1+json"
MEDIA_CONFIG = OCI + "config.v1+json"
MEDIA_LAYER = OCI + "layer.v1.tar"
MEDIA_LAYER_GZIP = OCI + "layer.v1.tar+gzip"
LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
REF_NAME = "org.opencontainers.image.ref.name"
IMAGE_NAME = "io.containerd.image.name"
UNCOMPRESSED = "containerd.io/uncompressed"
BUNDLE = "dev.carvel.imgpkg.bundle"


def dumps(value):
    """Compact JSON; bytes are taken as they are, so that a document may be anything."""
    return value if isinstance(value, bytes) else \
        json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def descriptor(data, media_type, **more):
    return {"mediaType": media_type, "digest": digest(data), "size": len(data), **more}


def layer(*files, **more):
    """A layer's tar. Arguments: name, data, name, data, ...; a name that ends in / has data b""."""
    return tar(*zip(files[0::2], files[1::2]), **more)


class Image:
    """A root of a layout: its descriptor for index.json, and blobs in canonical order, layers
    first. Both are plain and may be changed."""

    def __init__(self, root, blobs):
        self.root, self.blobs = root, blobs

    @property
    def document(self):
        return self.blobs[self.root["digest"]]


def _name(root, tag, name):
    notes = root.setdefault("annotations", {}) if tag or name else {}
    if tag:
        notes[REF_NAME] = tag
    if name:
        notes[IMAGE_NAME] = name


def image(*layers, tag=None, name=None, platform="linux/amd64", compress=gzip, config=None,
          manifest=None, edit=None, layer_type=None, annotations=None, types="oci"):
    """An image of these layers (tars; none: one small file). config and manifest update the
    documents; edit(manifest) changes it in place before it is written."""
    layers = layers or (layer("hello", b"hello\n"),)
    osname, arch = platform.split("/")[:2]
    family = {"oci": (MEDIA_MANIFEST, MEDIA_CONFIG, MEDIA_LAYER_GZIP, MEDIA_LAYER),
              "docker": (DOCKER + "distribution.manifest.v2+json",
                         DOCKER + "container.image.v1+json",
                         DOCKER + "image.rootfs.diff.tar.gzip",
                         DOCKER + "image.rootfs.diff.tar")}[types]
    stored = [compress(t) if compress else t for t in layers]
    kind = layer_type or (family[2] if compress else family[3])
    conf = {"architecture": arch, "os": osname,
            "rootfs": {"type": "layers", "diff_ids": [digest(t) for t in layers]}}
    if platform.count("/") == 2:
        conf["variant"] = platform.split("/")[2]
    if isinstance(config, dict):
        conf.update(config)
    raw_config = config if isinstance(config, bytes) else dumps(conf)
    man = {"schemaVersion": 2, "mediaType": family[0],
           "config": descriptor(raw_config, family[1]),
           "layers": [descriptor(s, kind) for s in stored]}
    man.update(manifest if isinstance(manifest, dict) else {})
    if edit:
        edit(man)
    raw = manifest if isinstance(manifest, bytes) else dumps(man)
    root = descriptor(raw, family[0])
    if annotations:
        root["annotations"] = dict(annotations)
    _name(root, tag, name)
    blobs = {digest(s): s for s in stored}
    blobs[digest(raw_config)] = raw_config
    blobs[digest(raw)] = raw
    return Image(root, blobs)


def index(*images, tag=None, name=None, platforms=True, edit=None, media_type=MEDIA_INDEX):
    """A nested index of these images, as another root."""
    manifests, layers, documents = [], {}, {}
    for i in images:
        d = {k: v for k, v in i.root.items() if k != "annotations"}
        for key, data in i.blobs.items():
            (documents if data[:1] == b"{" else layers)[key] = data
        if platforms and "manifests" not in json.loads(i.document):
            conf = json.loads(i.blobs[json.loads(i.document)["config"]["digest"]])
            d["platform"] = {k: conf[k] for k in ("architecture", "os", "variant") if k in conf}
        manifests.append(d)
    doc = {"schemaVersion": 2, "mediaType": media_type, "manifests": manifests}
    if edit:
        edit(doc)
    raw = dumps(doc)
    root = descriptor(raw, media_type)
    _name(root, tag, name)
    return Image(root, {**layers, **documents, digest(raw): raw})


def loose_layer(data, compress=gzip, bundle=False, annotations=None):
    """A layer that is in no image yet: what oci-layer writes."""
    stored = compress(data) if compress else data
    notes = {UNCOMPRESSED: digest(data), **({BUNDLE: "true"} if bundle else {}),
             **(annotations or {})}
    root = descriptor(stored, MEDIA_LAYER_GZIP if compress else MEDIA_LAYER, annotations=notes)
    return Image(root, {digest(stored): stored})


def index_json(*roots, **more):
    """roots: Images or descriptors."""
    return dumps({"schemaVersion": 2, "mediaType": MEDIA_INDEX,
                  "manifests": [r.root if isinstance(r, Image) else r for r in roots], **more})


def blob_path(key):
    return "blobs/" + key.replace(":", "/")


def members(*roots, index=None, layout=LAYOUT, without=(), extra=(), directories=True):
    """The entries of a layout as a list: oci-layout, directories, blobs, index.json. index
    replaces index.json (bytes or dict); without leaves out digests; extra is (digest, data)."""
    blobs = {}
    for documents in (False, True):
        for r in roots:
            for key, data in r.blobs.items():
                if (data[:1] == b"{") == documents:
                    blobs.setdefault(key, data)
    out = [entry("oci-layout", layout)] if layout is not None else []
    if directories:
        out += [directory("blobs/"), directory("blobs/sha256/")]
    for key, data in list(blobs.items()) + list(extra):
        if key not in without:
            out.append(entry(blob_path(key), data))
    out.append(entry("index.json", index_json(*roots) if index is None else dumps(index)))
    return out


def layout(*roots, end=2, **more):
    """A whole stream of these images, in canonical form."""
    return tar(*members(*roots, **more), end=end)


def docker_archive(*layers, tags=("example.com/app:v1",), edit=None):
    """What docker save wrote before version 25, without its links."""
    layers = layers or (layer("hello", b"hello\n"),)
    conf = dumps({"architecture": "amd64", "os": "linux",
                  "rootfs": {"type": "layers", "diff_ids": [digest(t) for t in layers]}})
    names = [hashlib.sha256(b"%d" % i + t).hexdigest() for i, t in enumerate(layers)]
    conf_name = digest(conf)[7:] + ".json"
    items = [{"Config": conf_name, "RepoTags": list(tags) or None,
              "Layers": [n + "/layer.tar" for n in names]}]
    if edit:
        edit(items)
    out = []
    for n, t in zip(names, layers):
        out += [directory(n + "/"), entry(n + "/VERSION", b"1.0"), entry(n + "/layer.tar", t)]
    return tar(*out, entry(conf_name, conf), entry("manifest.json", dumps(items)))


def write_directory(path, *roots, **more):
    """The same as a layout directory."""
    for e in members(*roots, **more):
        name = e[:100].rstrip(b"\0").decode()
        size = int(e[124:135], 8)
        target = os.path.join(path, name)
        if name.endswith("/"):
            os.makedirs(target, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as f:
                f.write(e[BLOCK:BLOCK + size])
    return b""


def shuffled(items, seed=1):
    items = list(items)
    random.Random(seed).shuffle(items)
    return items


def noise(n, seed=1):
    """n bytes that do not compress."""
    return random.Random(seed).randbytes(n)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def main(argv):
    if len(argv) < 2:
        sys.exit("usage: tarlib expression [argument ...], arguments are args[0] on")
    value = eval(argv[1], dict(globals(), args=argv[2:]))  # pylint: disable=eval-used
    out = value if isinstance(value, bytes) else str(value).encode()
    sys.stdout.buffer.write(out)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main(sys.argv)
