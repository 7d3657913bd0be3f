#!/bin/sh
# index.json and the documents below it: what is malformed is refused, whatever brought it.
. "${0%/*}/lib.sh"
. "$TESTS/readers.sh"
need python3

verdicts <<'END'
from readers import *

S = image(layer("etc/motd", b"hi\n"), tag="v1")
good = index_json(S)
ROOT = S.root

def with_index(raw):
    return tar(*members(S, index=raw))

def bad_index(name, raw, text="index.json", status=3):
    refused("index.json: " + name, status, text, with_index(raw))

# rows: T37 O21
for raw in (b'{"a":}', b'{"a" "b"}', b'{}{}', b'[1,]', b'[,]', b'[1 2]', b'{"a":1"b":2}',
            b'{"a":"b":"c"}', b'{"a","b":1}', b'[:::]', b'["a""b"]', b'[tru]', b'[nul]', b'[n0pe!]',
            b'[-]', b'[01]', b'[1.2.3]', b'["\n"]', b'["\xff"]', b'["\\ud800"]', b'', b'{"a":1,"a":2}',
            b'[1]\0[2]', b'null', b'[]', b'{}', b'"x"', b'1'):
    bad_index(ascii(raw.decode("latin-1")), raw)
# rows: T38 O23 O25
bad_index("NUL after it", good + b"\0")
bad_index("NUL and more", good + b"\0x")
bad_index("a letter after it", good + b" x")
bad_index("a second document", good + good)
bad_index("a byte order mark", b"\xef\xbb\xbf" + good)
bad_index("a comment", b"/* */" + good)
# rows: T39 O27
for n, opening in ((65, b"["), (65, b'{"a":'), (1000000, b"["), (4 << 20, b"[")):
    bad_index("%d times %s" % (n, opening.decode()), (opening * n)[:4 << 20])
# rows: T41
padded = good[:-1] + b" " * ((4 << 20) - len(good)) + b"}"
same("index.json of 4 MiB", with_index(padded), packed(with_index(good)))
bad_index("one byte more", padded + b" ", "4194305 bytes, more than 4194304")
# rows: T42 O24
text = good.decode()
for key in ("manifests", "schemaVersion", "mediaType"):
    bad_index(key + " twice", text.replace('"%s"' % key, '"%s":1,"%s"' % (key, key), 1).encode(), key)
for twin in ('"\\u0064igest"', '"Digest"', '"DIGEST"'):
    bad_index("digest beside " + twin,
              text.replace('"digest"', twin + ':"x","digest"', 1).encode(), "igest" if twin[1] != "D" else "")
bad_index("Manifests beside manifests", text.replace('"manifests"', '"Manifests":[],"manifests"').encode())
# rows: T43 O26
for raw in (b"\xc0\x80", b"\xed\xa0\x80", b"\xf5\x80\x80\x80", b"\x80", b"\\udc00\\ud800", b"\\u0000"):
    bad_index("a name with " + ascii(raw.decode("latin-1")), good.replace(b'"v1"', b'"v' + raw + b'"'))
out = packed(with_index(good.replace(b'"v1"', b'"v1","x":"\\ud83d\\ude00"')))
verdict("a pair of surrogates is one character",
        [] if out and "\U0001f600".encode() in out else ["not so"])
# rows: O22
for version in (b"1", b'"2"', b"null", b"2.0"):
    bad_index("schemaVersion " + version.decode(), good.replace(b'"schemaVersion":2',
                                                               b'"schemaVersion":' + version))
bad_index("no schemaVersion", good.replace(b'"schemaVersion":2,', b""))
# rows: T44 O35
for size in (b"1.0", b"1e3", b"-0", b"01", b"+1", b'"5"', b"null", b"true", b"9223372036854775808"):
    bad_index("a size of " + size.decode(),
              good.replace(b'"size":%d' % ROOT["size"], b'"size":' + size))
bad_index("a size of 2^63-1", good.replace(b'"size":%d' % ROOT["size"],
                                           b'"size":9223372036854775807'), ROOT["digest"], 5)
bad_index("no size", good.replace(b'"size":%d' % ROOT["size"], b'"x":1'))
# rows: O76
bad_index("an annotation that is a number", good.replace(b'"v1"', b"1"))
bad_index("an annotation that is null", good.replace(b'"v1"', b"null"))
bad_index("annotations that are a list", good.replace(b'{"%s":"v1"}' % REF_NAME.encode(), b"[]"))
# rows: O59 T45
bad_index("config in it", good.replace(b'"schemaVersion"', b'"config":{},"schemaVersion"'), "ambiguous")
bad_index("layers in it", good.replace(b'"schemaVersion"', b'"layers":[],"schemaVersion"'), "ambiguous")
bad_index("Layers in it", good.replace(b'"schemaVersion"', b'"Layers":[],"schemaVersion"'), "ambiguous")
bad_index("the media type of a manifest",
          good.replace(b'"mediaType":"' + MEDIA_INDEX.encode(), b'"mediaType":"' + MEDIA_MANIFEST.encode()))

# --- manifests ---
def with_manifest(change):
    """S with its manifest changed as text, its digest right."""
    i = image(layer("etc/motd", b"hi\n"), tag="v1", manifest=change(S.document))
    return layout(i)

def bad_manifest(name, change, text="", status=3):
    refused("a manifest: " + name, status, text, with_manifest(change))

# rows: T45 O58 O60
bad_manifest("manifests in it", lambda d: d[:-1] + b',"manifests":[]}', "ambiguous")
bad_manifest("Manifests in it", lambda d: d[:-1] + b',"Manifests":[]}', "ambiguous")
bad_manifest("fsLayers in it", lambda d: d[:-1] + b',"fsLayers":[]}', "ambiguous")
# rows: T46 O61 O62
bad_manifest("it says to be docker's", lambda d: d.replace(
    b"application/vnd.oci.image.manifest.v1+json",
    b"application/vnd.docker.distribution.manifest.v2+json"))
bad_manifest("it is an index", lambda d: index_json())
plain = with_manifest(lambda d: d.replace(b'"mediaType":"application/vnd.oci.image.manifest.v1+json",', b"", 1))
verdict("a manifest without a media type is read", [] if packed(plain) else ["refused"])
# rows: T42
bad_manifest("layers twice", lambda d: d[:-1] + b',"layers":[]}')
bad_manifest("Config beside config", lambda d: d[:-1] + b',"Config":{}}')
# rows: O28 T41
big = S.document[:-1] + b" " * ((4 << 20) - len(S.document)) + b"}"
verdict("a manifest of 4 MiB is read", [] if packed(with_manifest(lambda d: big)) else ["refused"])
bad_manifest("one byte more", lambda d: big[:-1] + b" }", "more than 4194304")
bad_manifest("not an object", lambda d: b"[]", "not a JSON object")
bad_manifest("empty", lambda d: b"")
# rows: T50 O77
note = "a\\n\\u001b[2J\\\"" * 80000
annotated = S.document[:-1] + b',"annotations":{"x":"' + note.encode() + b'"}}'
out = packed(with_manifest(lambda d: annotated))
verdict("a long annotation stays as it is", [] if out and annotated in out else ["changed"])

# rows: O44
other = {"mediaType": "application/xml", "digest": digest(b"<x/>"), "size": 4}
data = tar(*members(S, index=json.loads(index_json(other, S)), extra=[(digest(b"<x/>"), b"<x/>")]))
out = packed(data)
verdict("an entry of an unknown type is kept",
        [] if out and b"application/xml" in out and b"<x/>" in out else ["not so"])
END
