#!/bin/sh
# oci-push: TLS is verified, and nothing else takes its place.
. "${0%/*}/lib.sh"
. "$TESTS/registry/lib.sh"
need docker-registry skopeo openssl htpasswd jq
plan 26

tarlib 'layout(image(layer("etc/motd", b"hi\n"), tag="v1"))' >s.tar
D=$(tar xOf s.tar index.json | jq -r '.manifests[0].digest')
make_ca IP:127.0.0.1,DNS:localhost
htpasswd -Bbn user pass >"$T/htpasswd" 2>/dev/null
start_real tls cert="$T/host.pem" key="$T/host.key" htpasswd="$T/htpasswd"
R=localhost:$PORT
docker_config "$HOME/.docker" "$R" user pass
ok '--cacert' oci-push --cacert "$T/ca.pem" "$R/a/b:v1" s.tar
mkdir "$T/certs"
cp "$T/ca.pem" "$T/certs/ca.crt"
is 'makes a registry trusted' \
	"$(skopeo inspect --raw --cert-dir "$T/certs" --creds user:pass "docker://$R/a/b:v1" | sha256sum | sed 's/^/sha256:/; s/ .*//')" "$D"
ok 'from a pipe' sh -c "oci-push --cacert $T/ca.pem $R/a/b:v2 <s.tar"
ok 'SSL_CERT_FILE' env SSL_CERT_FILE="$T/ca.pem" oci-push "$R/a/b:v1" s.tar
# rows: T89
refuses 'an authority nobody knows' 8 '--cacert FILE names an authority to trust' oci-push "$R/a/b:v1" s.tar
refuses '--plain-http to a TLS port' 9 'HTTP status 400' oci-push --plain-http "$R/a/b:v1" s.tar
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other -keyout other.key -out other.pem 2>/dev/null
refuses 'another authority' 8 "https://$R/v2/" oci-push --cacert other.pem "$R/a/b:v1" s.tar
refuses 'a file of authorities that is not there' 4 'nowhere.pem: No such file' \
	oci-push --cacert nowhere.pem "$R/a/b:v1" s.tar
echo nonsense >nonsense.pem
refuses 'a file of authorities that is none' 4 'nonsense.pem: no certificates' \
	oci-push --cacert nonsense.pem "$R/a/b:v1" s.tar

make_ca DNS:elsewhere.example.com
start_fake wronghost cert="$T/host.pem" key="$T/host.key"
refuses 'a certificate for another host' 8 "https://127.0.0.1:$PORT/" \
	oci-push --cacert "$T/ca.pem" "127.0.0.1:$PORT/a/b:v1" s.tar
is 'gets no request' "$(wc -l <"$LOG")" 0
make_ca
openssl x509 -req -in "$T/host.csr" -CA "$T/ca.pem" -CAkey "$T/ca.key" -CAcreateserial -days -1 \
	-extfile "$T/host.ext" -out expired.pem 2>/dev/null
start_fake expired cert="$PWD/expired.pem" key="$T/host.key"
refuses 'a certificate that has expired' 8 "https://127.0.0.1:$PORT/" \
	oci-push --cacert "$T/ca.pem" "127.0.0.1:$PORT/a/b:v1" s.tar
start_fake low cert="$T/host.pem" key="$T/host.key" low=1
refuses 'TLS 1.0' 8 "https://127.0.0.1:$PORT/" \
	oci-push --cacert "$T/ca.pem" "127.0.0.1:$PORT/a/b:v1" s.tar
start_fake plain
refuses 'no TLS where TLS should be' 8 "https://127.0.0.1:$PORT/" \
	oci-push --cacert "$T/ca.pem" "127.0.0.1:$PORT/a/b:v1" s.tar
is 'is not asked in http instead' "$(wc -l <"$LOG")" 0

# What a registry with TLS names must have it too.
start_fake good cert="$T/host.pem" key="$T/host.key"
ok 'a registry on an address' oci-push --cacert "$T/ca.pem" "127.0.0.1:$PORT/a/b:v1" s.tar
stop good
# rows: T85 T88
start_fake realm cert="$T/host.pem" key="$T/host.key" auth=bearer 'realm=http://{hostB}/token'
docker_config "$HOME/.docker" "127.0.0.1:$PORT" user pass:word
refuses 'a realm without it' 7 'over http from an https registry' \
	oci-push --cacert "$T/ca.pem" "127.0.0.1:$PORT/a/b:v1" s.tar
is 'is sent nothing' "$(jq -r .origin "$LOG" | grep -c B)" 0
start_fake place cert="$T/host.pem" key="$T/host.key" 'location=http://{hostB}{path}'
refuses 'an upload place without it' 9 'from https to http' \
	oci-push --cacert "$T/ca.pem" "127.0.0.1:$PORT/a/b:v1" s.tar
is 'is sent nothing either' "$(jq -r .origin "$LOG" | grep -c B)" 0
# rows: T84
start_fake blob cert="$T/host.pem" key="$T/host.key" head=307 'head-location=http://{hostB}/storage/x'
refuses 'a blob without it' 9 'from https to http' \
	oci-push --cacert "$T/ca.pem" "127.0.0.1:$PORT/a/b:v1" s.tar
is 'is not asked for' "$(jq -r .origin "$LOG" | grep -c B)" 0
start_fake other cert="$T/host.pem" key="$T/host.key" auth=bearer 'realm={A}/token'
docker_config "$HOME/.docker" "127.0.0.1:$PORT" user pass:word
ok 'a realm with it' oci-push --cacert "$T/ca.pem" "127.0.0.1:$PORT/a/b:v1" s.tar
# rows: T103
is 'tells no secret' "$(cat "$OUT" "$ERR" | grep -c -e pass -e Bearer)" 0
printf '{"auths":{"127.0.0.1:%s":{"registrytoken":"t9"}}}' "$PORT" >ready.json
ok 'a token that is ready' oci-push -q --authfile ready.json --cacert "$T/ca.pem" "127.0.0.1:$PORT/a/c:v1" s.tar
is 'is used as it is' "$(jq -r .auth "$LOG" | grep -c 'Bearer t9')" "$(grep -c '/v2/a/c/' "$LOG" | awk '{print $1 - 1}')"
