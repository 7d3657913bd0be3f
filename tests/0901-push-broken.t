#!/bin/sh
# oci-push: an input that is broken, thin or late leaves no tag, and what can be sent is sent.
. "${0%/*}/lib.sh"
. "$TESTS/registry/lib.sh"
need jq
plan 51

tarlib 'layout(image(layer("etc/motd", b"hi\n"), layer("f", b"2"), tag="v1"))' >s.tar
root() { tar xOf "$1" index.json | jq -r ".manifests[${2:-0}].digest"; }
blob() { tar xOf "$1" "blobs/sha256/$(echo "$2" | cut -c8-)"; }
layer() { blob "$1" "$(root "$1")" | jq -r ".layers[$2].digest"; }
writes() { grep -c -e '"method": "P' "$LOG"; }
tags() { grep -c '"method": "PUT", "target": "/v2/[^"]*/manifests/' "$LOG"; }

start_fake cuts
R=127.0.0.1:$PORT
# rows: T1 T110
end=$(python3 -c 'import sys; d = open("s.tar", "rb").read(); print(d.rindex(b"}") + 1)')
n=0 wrong=
while [ "$n" -lt "$end" ]; do
	head -c "$n" s.tar | oci-push "$R/cut:v1" >"$OUT" 2>"$ERR"
	case $?$(wc -c <"$OUT")$(wc -l <"$ERR") in [35]01) ;; *) wrong="$wrong $n" ;; esac
	n=$((n + 512))
done
is 'no beginning of a stream is taken for one' "$wrong" ''
is 'and nothing is sent of it' "$(writes)" 0
refuses 'a command before this one that failed' 3 'empty' sh -c "false | oci-push $R/cut:v1"
is 'sends nothing' "$(writes)" 0
refuses 'a pipeline whose first command is missing' 3 'oci-push: ' \
	sh -c "{ false | oci-manifest; } 2>/dev/null | oci-push $R/cut:v1"
is 'sends nothing either' "$(writes)" 0

# --- an image that cannot be is found out before anybody is asked, a helper too ---

echo '{"credsStore":"nowhere"}' >helper.json
broken()	# name, status, text, what makes it
{
	python3 - "$4" <<'END'
import sys
sys.path.insert(0, __import__("os").environ["TESTS"])
import tarlib as t
i = t.image(t.layer("f", b"1"), tag="v1", **(eval(sys.argv[1]) if sys.argv[1][:1] == "{" else {}))
without = [k for k, v in i.blobs.items() if b"diff_ids" in v] if sys.argv[1] == "without" else []
open("bad.tar", "wb").write(t.layout(i, without=without))
END
	refuses "$1" "$2" "$3" oci-push --authfile helper.json 127.0.0.1:1/a/b:v1 bad.tar
}
broken 'a config that is missing' 6 'sha256:' without
broken 'a config that is none' 3 'sha256:' '{"config": b"{}"}'
broken 'diff_ids of another number' 3 'sha256:' '{"config": {"rootfs": {"type": "layers", "diff_ids": []}}}'
broken 'data that is another blob' 5 'data' '{"edit": lambda m: m["config"].update(data="e30=")}'
tarlib 'layout(image(layer("f", b"3")), image(layer("f", b"4")))' >untagged2.tar
refuses 'nobody is told what untagged images are called until they are there' 8 'cannot connect' \
	oci-push 127.0.0.1:1/a/b untagged2.tar
# rows: T113
start_fake nowhere
refuses 'without standard output' 4 'standard output' sh -c "exec oci-push 127.0.0.1:$PORT/a/b:v1 s.tar >&-"
is 'nobody is asked' "$(wc -l <"$LOG")" 0
stop nowhere

# A blob of a file is checked while it is sent: its end is never sent if it is wrong.
tarlib 'layout(image(layer("f", noise(3000000)), tag="v1"))' >big.tar
python3 - <<'END'
d = bytearray(open("big.tar", "rb").read())
d[1500000] ^= 1
open("flipped.tar", "wb").write(d)
END
start_fake flipped
R=127.0.0.1:$PORT
# rows: T90
refuses 'a bit that flipped' 5 'sha256:' oci-push "$R/flipped:v1" flipped.tar
is 'leaves no manifest' "$(tags)" 0
refuses 'from a pipe' 5 'sha256:' sh -c "oci-push $R/flipped:v2 <flipped.tar"
is 'neither' "$(tags)" 0
tarlib 'layout(image(layer("f", b"1"), tag="v1"), extra=[(digest(b"no"), b"on")])' >unused.tar
refuses 'a wrong blob that nothing refers to' 5 'sha256:' oci-push "$R/unused:v1" unused.tar
is 'leaves no manifest as well' "$(tags)" 0

# rows: T24 T100
python3 - <<'END'
import sys
sys.path.insert(0, __import__("os").environ["TESTS"])
import tarlib as t
i = t.image(t.layer("etc/motd", b"hi\n"), t.layer("f", b"2"), tag="v1")
layers = [k for k, v in i.blobs.items() if v[:1] != b"{"]
open("thin.tar", "wb").write(t.layout(i, without=layers[:1]))
open("layer", "wb").write(i.blobs[layers[0]])
far = t.image(t.layer("f", b"1"), tag="v1", edit=lambda m: m["layers"][0].update(
    mediaType="application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    urls=["http://169.254.169.254/", "file:///etc/passwd"]))
open("far.tar", "wb").write(t.layout(far, without=[k for k, v in far.blobs.items()
                                                   if v[:1] != b"{"]))
urls = t.image(t.layer("f", b"1"), tag="v1", edit=lambda m: m["layers"][0].update(
    urls=["http://169.254.169.254/", "file:///etc/passwd"]))
open("urls.tar", "wb").write(t.layout(urls, without=[k for k, v in urls.blobs.items()
                                                     if v[:1] != b"{"]))
END
start_fake thin
R=127.0.0.1:$PORT
refuses 'a layer that neither input nor registry has' 6 "$(layer thin.tar 0): missing" \
	oci-push "$R/thin:v1" thin.tar
is 'sends nothing' "$(writes)" 0
refuses 'a layer with addresses' 6 'missing' oci-push "$R/urls:v1" urls.tar
is 'which are not visited' "$(jq -r .target "$LOG" | grep -c -v '^/v2/')" 0
ok 'the registry may have it' oci-push "$R/thin:whole" s.tar
ok 'then the rest is enough' oci-push "$R/thin:v2" thin.tar
ok 'a layer that may not be distributed is not asked for' oci-push "$R/far:v1" far.tar
is 'and not sent' "$(grep -c '"PUT", "target": "/v2/far/blobs' "$LOG")" 1

# rows: T99
start_fake mount have=layer
R=127.0.0.1:$PORT
tarlib "layout(image(layer('etc/motd', b'hi\\n'), layer('f', b'2'), tag='v1', name='$R/other/base:v1'))" >from.tar
ok 'a blob of another repository' oci-push -v "$R/mine:v1" from.tar
is 'is mounted' "$(grep -c 'mounted .*: other/base' "$ERR")" 1
is 'and not sent' "$(grep -c '"PUT", "target": "/v2/mine/blobs' "$LOG")" 2
is 'a session that a mount left open is used' "$(grep -c '"POST", "target": "/v2/mine/blobs/uploads/[^?]*"' "$LOG")" 0
python3 - <<END
import sys
sys.path.insert(0, __import__("os").environ["TESTS"])
import tarlib as t
i = t.image(t.layer("etc/motd", b"hi\n"), t.layer("f", b"2"), tag="v1", name="$R/other/base:v1")
layers = [k for k, v in i.blobs.items() if v[:1] != b"{"]
open("thinfrom.tar", "wb").write(t.layout(i, without=layers[:1]))
open("thinmore.tar", "wb").write(t.layout(i, without=layers))
END
ok 'what would be mounted' oci-push -n "$R/dry:v1" thinfrom.tar
is 'a dry run says' "$(grep -c 'would try to mount' "$ERR") $(grep -c '"P' "$LOG")" "1 $(grep -c '"P.*/v2/mine' "$LOG")"
ok 'a layer that is missing may be mounted' oci-push "$R/again:v1" thinfrom.tar
refuses 'unless the registry lacks it too' 6 'blobs missing: 1' oci-push "$R/more:v1" thinmore.tar
is 'then its session is cancelled' "$(grep -c '"DELETE", "target": "/v2/more/blobs' "$LOG")" 1
is 'and no blob is sent' "$(grep -c '"PUT", "target": "/v2/more' "$LOG")" 0
for status in 202 401 405 500; do
	start_fake "mount$status" have=layer mount=$status
	R=127.0.0.1:$PORT
	tarlib "layout(image(layer('etc/motd', b'hi\\n'), layer('f', b'2'), tag='v1', name='$R/other/base:v1'))" >from.tar
	ok "a mount that ends in $status is an upload" oci-push "$R/mine:v1" from.tar
done
# rows: T99
for location in none ftp://127.0.0.1/x '/v2/a b'; do
	start_fake mountless have=layer mount=202 "mount-location=$location"
	R=127.0.0.1:$PORT
	tarlib "layout(image(layer('etc/motd', b'hi\\n'), layer('f', b'2'), tag='v1', name='$R/other/base:v1'))" >from.tar
	ok "a mount that leads nowhere is an upload: $location" oci-push "$R/mine:v1" from.tar
done

start_fake small
R=127.0.0.1:$PORT
tarlib 'layout(image(b"", tag="v1", compress=None))' >empty.tar
ok 'a blob of no bytes' oci-push "$R/empty:v1" empty.tar
python3 - <<'END'
import base64, sys
sys.path.insert(0, __import__("os").environ["TESTS"])
import tarlib as t
i = t.image(t.layer("f", b"1"), tag="v1", config=None, manifest=None, edit=lambda m: m.update(
    artifactType="application/x.test",
    config={"mediaType": "application/vnd.oci.empty.v1+json", "digest": t.digest(b"{}"),
            "size": 2, "data": base64.b64encode(b"{}").decode()}))
open("artifact.tar", "wb").write(t.layout(i))
END
ok 'an artifact whose config is only in its manifest' oci-push "$R/artifact:v1" artifact.tar
is 'gets its config there' "$(grep -c "$(printf '{}' | sha256sum | cut -c1-64)" "$LOG")" 2

# rows: T98
start_fake count
requests=0 wrong=
oci-push "127.0.0.1:$PORT/count:v1" s.tar >"$OUT" 2>"$ERR"
requests=$(wc -l <"$LOG")
stop count
n=1
while [ "$n" -le "$requests" ]; do
	start_fake "die$n" "die=$n"
	if oci-push "127.0.0.1:$PORT/die:v1" s.tar >"$OUT" 2>"$ERR"; then
		wrong="$wrong $n:done"
	fi
	# The last request is the tag itself: its answer got lost.
	if [ "$n" -lt "$requests" ] && [ "$(tags)" -ne 0 ]; then wrong="$wrong $n:tag"; fi
	oci-push "127.0.0.1:$PORT/die:v1" s.tar >"$OUT" 2>"$ERR" || wrong="$wrong $n:again"
	stop "die$n"
	n=$((n + 1))
done
is "a connection that dies at any of $requests requests leaves no tag, and a second push works" \
	"$wrong" ''
start_fake drop drop=1
refuses 'a connection that dies inside a blob' 8 'uploads' oci-push "127.0.0.1:$PORT/drop:v1" big.tar
is 'leaves no tag' "$(tags)" 0

if sanitized; then
	skip 1 'memory says nothing under a sanitizer'
else
	tarlib 'layout(image(layer("f", noise(60000000)), tag="v1", compress=None))' >large.tar
	start_fake large
	run python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
kib = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print("small" if kib <= 24576 else kib)' oci-push "127.0.0.1:$PORT/large:v1" large.tar
	is 'a blob of 60 MB takes no more memory than 24 MiB' "$(cat "$OUT")" small
fi
