#!/bin/sh
# oci-push: whatever a registry answers, the right status and one clean line come of it.
. "${0%/*}/lib.sh"
. "$TESTS/registry/lib.sh"
need jq
plan 114

tarlib 'layout(image(layer("etc/motd", b"hi\n"), tag="v1"))' >s.tar
tarlib 'layout(image(layer("f", noise(2000000)), tag="v1"))' >big.tar
D=$(tar xOf s.tar index.json | jq -r '.manifests[0].digest')
writes() { grep -c -e '"method": "P' last; }
tags() { grep -c '"method": "PUT", "target": "/v2/[^"]*/manifests/' last; }
try()	# name, status, text, switch...; $INPUT is pushed
{
	name=$1 status=$2 text=$3
	shift 3
	start_fake fake "$@"
	if [ "$status" -eq 0 ]; then
		ok "$name" oci-push "127.0.0.1:$PORT/a/b:v1" "${INPUT:-s.tar}"
	else
		refuses "$name" "$status" "$text" oci-push "127.0.0.1:$PORT/a/b:v1" "${INPUT:-s.tar}"
	fi
	cp "$LOG" last
	stop fake
}

# rows: T88
try 'an upload place that is a path' 0 '' 'location={path}'
try 'one that is relative' 0 '' 'location=u'
try 'one with a query' 0 '' 'location={A}{path}?_state=a%2Fb%3D&x'
is 'which comes back as it was' "$(grep -o 'uploads/u1[^"]*' last | sed 's/&digest=.*//')" 'uploads/u1?_state=a%2Fb%3D&x'
try 'one with a fragment' 0 '' 'location={path}#part'
try 'one on another host' 0 '' 'location=//{hostB}{path}'
try 'none' 9 'without a Location' location=none
try 'one that is no address' 9 'Location: bad address' 'location=ftp://127.0.0.1/x'
try 'one with a blank' 9 'Location: bad address' 'location=/v2/a b'
try 'one of 64 kB' 9 'longer than 16384 bytes' "location=/v2/$(head -c 65536 /dev/zero | tr '\0' x)"
try 'one with a user in it' 9 'user information' 'location=http://u:p@{hostB}{path}'
is 'sends no blob' "$(grep -c '"PUT"' last)" 0

try 'a registry that will not start an upload' 7 'HTTP status 403: DENIED; a login may be needed, there was none' start=403
try 'or has no such repository' 6 'HTTP status 404' start=404
try 'an upload that is refused' 9 'HTTP status 400' upload=400
try 'one that is too large' 9 'HTTP status 413; it is larger than the registry takes' upload=413
INPUT=big.tar try 'also before all of it is sent' 9 'HTTP status 413' upload=413
try 'one that is sent elsewhere' 9 'HTTP status 307' upload=307
try 'one that comes too soon' 9 'HTTP status 429; try again in 30 seconds' upload=429 retry-after=30
try 'in a second' 9 'try again in 1 second' upload=429 retry-after=1
is 'which is one' "$(grep -c seconds "$ERR")" 0
try 'a date to come back' 9 'HTTP status 503; try again after Wed, 21 Oct 2015 07:28:00 GMT' upload=503 'retry-after=Wed, 21 Oct 2015 07:28:00 GMT'
try 'nonsense for one' 9 'HTTP status 429; try again later' upload=429 'retry-after=1;\x1b[2J'
try 'one to a registry that broke' 9 'HTTP status 503; try again later' upload=503
try 'answered with 204' 0 '' upload=204
try 'answered with 200' 0 '' upload=200
is 'leaves a tag at the end' "$(tags)" 1
try 'a push-only token may not ask' 0 '' head=403
try 'a blob of another size' 5 'the registry has 5 bytes under this digest, not' head=200 head-size=5
is 'sends nothing' "$(writes)" 0
# rows: T84
try 'a blob that lies at no web address' 9 'neither https nor http' head=307 head-location=file:///etc/passwd
try 'a blob that lies nowhere' 9 'without a Location' head=302
try 'a blob that is sent in circles' 9 'more than 5 redirects' head=307 'head-location={A}/v2/a/b/blobs/sha256:0000000000000000000000000000000000000000000000000000000000000000'
is 'is asked for six times' "$(wc -l <last)" 7

# rows: T99
try 'a manifest that the registry changed' 5 "of $D" "manifest-digest=$(printf 'sha256:%064d' 0)"
try 'a registry that does not say' 0 '' manifest-digest=off
try 'one that says nonsense' 0 '' manifest-digest=nonsense
try 'a manifest accepted and no more' 9 'HTTP status 202' manifest=202
try 'a manifest answered with 200' 9 'HTTP status 200' manifest=200
try 'a manifest that misses a blob' 6 'MANIFEST_BLOB_UNKNOWN' manifest=400
try 'a manifest of a type it does not take' 9 'HTTP status 415: plain words; the registry may not take these media types' manifest=415 'body=plain words'

# rows: T108
try 'words that would clear the screen' 9 '\x1b[2J' upload=400 'body=\x1b[2J'
try 'words that are no UTF-8' 9 'a\xff\xfeb' upload=400 'body=a\xff\xfeb'
try 'a message of two lines' 9 'X: a\x0ab' upload=400 'body={"errors":[{"code":"X","message":"a\\nb"}]}'
try 'a page of HTML' 9 '<html>' upload=400 "body=<html>$(head -c 100000 /dev/zero | tr '\0' y)"
is 'is cut to 300 bytes' "$(grep -o '<html>y*' "$ERR" | wc -c)" 301
try 'words in JSON that are no errors' 9 '{"errors":7}' upload=400 'body={"errors":7}'

start_fake warns 'warning=299 - "this registry closes"'
ok 'a warning' oci-push "127.0.0.1:$PORT/a/b:v1" s.tar
is 'is shown once' "$(cat "$ERR")" "oci-push: 127.0.0.1:$PORT: this registry closes"
start_fake other 'warning=199 - "not for you"'
gives 'another is not' '' sh -c "oci-push 127.0.0.1:$PORT/a/b:v1 s.tar >record"

start_fake unsaid manifest-digest=off
oci-push "127.0.0.1:$PORT/a/b:v1" s.tar >record
ok 'what a tag is can be found out without being told' oci-push --no-clobber "127.0.0.1:$PORT/a/b:v1" s.tar
refuses 'also that it is another' 1 'tag v1 is sha256:' oci-push --no-clobber "127.0.0.1:$PORT/a/b:v1" big.tar

# --- answers that are no answers ---

broken()	# name, text, switch...: status 8, and in no more than 20 seconds
{
	name=$1 text=$2
	shift 2
	start_fake fake "$@"
	refuses "$name" 8 "$text" timeout 20 oci-push --timeout 1 "127.0.0.1:$PORT/a/b:v1" s.tar
	stop fake
}
CREATED='HTTP/1.1 201 Created\r\nContent-Length: 0\r\n'
Y=$(head -c 1000 /dev/zero | tr '\0' y)
# rows: T94
broken 'a header of one endless line' 'its header has a line longer than 100 KiB' \
	"raw=${CREATED}X: {200000*y}\r\n\r\n"
broken 'a status that is one' 'its header has a line longer than 100 KiB' \
	'raw=HTTP/1.1 201 {200000*y}\r\n\r\n'
broken 'a header of too many lines' 'its header is longer than 256 KiB' \
	"raw=$CREATED{400*X: $Y\r\n}\r\n"
broken 'interim answers without end' 'its header is longer than 256 KiB' \
	"raw={400*HTTP/1.1 103 Early\r\nX: $Y\r\n\r\n}$CREATED\r\n"
broken 'an answer that ends inside its header' 'ended inside its header' \
	'raw=HTTP/1.1 201 Created\r\nDocker-Content-Dig'
broken 'right after its first line' 'ended inside its header' 'raw=HTTP/1.1 201 Created\r\n'
broken 'before its last line' 'ended inside its header' "raw=$CREATED"
broken 'after an interim one' '/manifests/v1: ' 'raw=HTTP/1.1 103 Early\r\n\r\n'
broken 'at once' '/manifests/v1: ' raw=
broken 'an answer in another language' '/manifests/v1: ' 'raw=NOPE\r\n\r\n'
start_fake fake "raw=$CREATED\r\n"
ok 'an answer without a fault' oci-push "127.0.0.1:$PORT/a/b:v1" s.tar
stop fake
# rows: T93
for at in ping head start manifest; do
	broken "$at: no answer" 'no whole answer within 1 second' raw= hang=1 at=$at
	broken "$at: half a header" 'no whole answer within 1 second' 'raw=HTTP/1.1 200 OK\r\nX' hang=1 at=$at
	broken "$at: a header drop by drop" 'no whole answer within 1 second' \
		'raw=HTTP/1.1 200 OK\r\nX: {200*y}' drip=0.3 at=$at
done
is 'a registry that is slow in http is not asked in https' "$(grep -c https "$ERR")" 0
broken 'neither http nor https' "; https://127.0.0.1:" 'raw=\x15\x03\x01\x00\x02' at=ping
broken 'the reason for an error drop by drop' 'no whole answer within 1 second' \
	'raw=HTTP/1.1 500 No\r\nContent-Length: 200\r\n\r\n{200*y}' drip=0.3 at=start
broken 'a blob that is sent and never answered' 'nothing was sent for 6 seconds' raw= hang=1 at=upload
broken 'or answered drop by drop' 'nothing was sent for 6 seconds' \
	'raw=HTTP/1.1 201 Created\r\nX: {200*y}' drip=0.3 at=upload

refuses 'nobody listens' 8 'http://127.0.0.1:1/v2/: cannot connect to 127.0.0.1 port 1: Connection refused' \
	oci-push 127.0.0.1:1/a/b:v1 s.tar
refuses 'no such host' 8 'no-such-host.invalid' oci-push --plain-http no-such-host.invalid/a:v1 s.tar

# rows: T106
start_fake direct
gives 'loopback is asked without a proxy' '' \
	sh -c "http_proxy=http://127.0.0.1:1 all_proxy=http://127.0.0.1:1 oci-push 127.0.0.1:$PORT/a/b:v1 s.tar >record"
refuses 'another host through it' 8 '127.0.0.1 port 1' \
	env https_proxy=http://user:s3cret@127.0.0.1:1 oci-push -v reg.example.com/a:v1 s.tar
# rows: T103
is "without the proxy's password in a message" "$(grep -c s3cret "$ERR")" 0
for proxy in 'http://bob:s/3cret@127.0.0.1:1' 'http://bob:12/3cret@127.0.0.1:1' 'nonsense://bob:3cret@127.0.0.1:1' \
	'http://bob:3cret@127.0.0.1:port' 'http://bob:3cret@127.0.0.1:99999' 'http://bob:3cret@[::1' \
	'bob:3cret@no such host' "http://bob:$(head -c 400 /dev/zero | tr '\0' x)3cret/@127.0.0.1"; do
	for variable in https_proxy HTTPS_PROXY all_proxy; do
		refuses "$variable=$(echo "$proxy" | head -c 40) is not shown" 8 'https://reg.example.com/v2/' \
			timeout 60 env "$variable=$proxy" oci-push -v reg.example.com/a:v1 s.tar
		if grep -q -e 3cret -e xxxx "$ERR"; then fail 'a secret in a message'; fi
	done
done
refuses 'what to do is' 8 'percent-encode' env https_proxy=http://bob:s/3cret@127.0.0.1:1 \
	oci-push reg.example.com/a:v1 s.tar
# rows: T112
refuses 'a record that cannot be written' 4 'standard output' sh -c "oci-push 127.0.0.1:$PORT/a/b:v1 s.tar >/dev/full"

# An address is judged when it is dialled, whatever its name says (1 is private, 3 this machine).
unit=$B/unit/registry
gives 'this machine, from a registry on it' 200 "$unit" dial "http://127.0.0.1:$PORT/v2/" 3
refuses 'this machine, from a registry far away' 7 'lies nearer' "$unit" dial "http://localhost:$PORT/v2/" 1
refuses 'by its other names too' 7 'lies nearer' "$unit" dial "http://2130706433:$PORT/v2/" 0
