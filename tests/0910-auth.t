#!/bin/sh
# oci-push: a registry that asks who is there is answered, and nobody else hears it.
. "${0%/*}/lib.sh"
. "$TESTS/registry/lib.sh"
need docker-registry htpasswd skopeo openssl jq
plan 68

tarlib 'layout(image(layer("etc/motd", b"hi\n"), tag="v1"))' >s.tar
D=$(tar xOf s.tar index.json | jq -r '.manifests[0].digest')
there() { skopeo inspect --raw --tls-verify=false "$@" 2>/dev/null | sha256sum | sed 's/^/sha256:/; s/ .*//'; }

# --- Basic, by docker's registry ---

htpasswd -Bbn user 'pass:word' >"$T/htpasswd" 2>/dev/null
start_real basic htpasswd="$T/htpasswd"
R=localhost:$PORT
docker_config "$HOME/.docker" "$R" user pass:word
ok 'a docker config file' oci-push "$R/a/basic:v1" s.tar
is 'is what the registry wants' "$(there "docker://$R/a/basic:v1")" "$D"
ok 'from a pipe' sh -c "oci-push $R/a/basic:v2 <s.tar"
refuses 'with --anonymous it is not looked at' 7 '--anonymous gives none' \
	oci-push --anonymous "$R/a/basic:v1" s.tar
mv "$HOME/.docker" "$T/elsewhere"
refuses 'without credentials' 7 "$R: wants a login" oci-push "$R/a/basic:v1" s.tar
ok '--authfile' oci-push --authfile "$T/elsewhere/config.json" "$R/a/basic:v1" s.tar
ok 'a pipe will do for --authfile' sh -c "cat $T/elsewhere/config.json | oci-push --authfile /dev/stdin $R/a/basic:v1 s.tar"
ok 'DOCKER_CONFIG' env DOCKER_CONFIG="$T/elsewhere" oci-push "$R/a/basic:v1" s.tar
ok 'REGISTRY_AUTH_FILE' env REGISTRY_AUTH_FILE="$T/elsewhere/config.json" oci-push "$R/a/basic:v1" s.tar
mkdir -p "$HOME/.config/containers"
cp "$T/elsewhere/config.json" "$HOME/.config/containers/auth.json"
ok 'the file of containers' oci-push "$R/a/basic:v1" s.tar
docker_config "$T/wrong" "$R" user wrong
refuses 'a wrong password' 7 "refuses the user name and password of $T/wrong/config.json" \
	env DOCKER_CONFIG="$T/wrong" oci-push "$R/a/basic:v1" s.tar
echo '{"credsStore":"nowhere"}' >helper.json
refuses 'a helper that fails' 7 'docker-credential-nowhere: No such file or directory; --anonymous does without' \
	oci-push --authfile helper.json "$R/a/b:v1" s.tar
refuses 'a file that is not there' 4 'nowhere: No such file' oci-push --authfile nowhere "$R/a/b:v1" s.tar

# --- Bearer, by docker's registry and a token server ---

start_token tokens user=user password=pass:word identity=identity-secret
start_real bearer realm="http://127.0.0.1:$PORT/token" issuer="$T/tokens/issuer.pem"
R=127.0.0.1:$PORT
docker_config "$HOME/.docker" "$R" user pass:word
ok 'a token for a password' oci-push "$R/a/token:v1" s.tar
is 'is good for the push' "$(there --creds user:pass:word "docker://$R/a/token:v1")" "$D"
is 'one was enough' "$(grep -c . "$T/tokens/log")" "$(grep -c 'user:pass:word' "$T/tokens/log")"
is 'it was asked for both rights' "$(head -n 1 "$T/tokens/log")" \
	'GET /token?service=test&scope=repository%3Aa%2Ftoken%3Apull%2Cpush user:pass:word'
refuses 'no password, no token' 7 'a login is needed' oci-push --anonymous "$R/a/token:v1" s.tar
printf '{"auths":{"%s":{"identitytoken":"identity-secret"}}}' "$R" >identity.json
ok 'a token for an identity token' oci-push --authfile identity.json "$R/a/token:v2" s.tar
is 'which goes in no address' "$(grep -c 'identity-secret' "$T/tokens/log") $(tail -n 1 "$T/tokens/log")" \
	'0 POST /token refresh_token'
start_token open
start_real anonymous realm="http://127.0.0.1:$PORT/token" issuer="$T/open/issuer.pem"
ok 'a token for nobody' oci-push --anonymous "127.0.0.1:$PORT/a/token:v1" s.tar

# --- what a registry can do wrong ---

docker_config "$HOME/.docker" 127.0.0.1 user pass:word
try()	# name, status, text, switch...
{
	name=$1 status=$2 text=$3
	shift 3
	start_fake fake "$@"
	docker_config "$HOME/.docker" "127.0.0.1:$PORT" user pass:word
	if [ "$status" -eq 0 ]; then
		ok "$name" oci-push "127.0.0.1:$PORT/a/b:v1" s.tar
	else
		refuses "$name" "$status" "$text" oci-push "127.0.0.1:$PORT/a/b:v1" s.tar
	fi
	cp "$LOG" last
	stop fake
}
# The secrets in requests to the stranger B, and how many tokens were asked for.
leaked() { jq -r 'select(.origin == "B")|.auth' last | grep -vc null; }
tokens() { grep -c '"target": "/token' last; }

# rows: T85
try 'a challenge in capitals and blanks' 0 '' auth=bearer 'challenge=BEARER  REALM = "{A}/token" , service="x"'
try 'the better of several' 0 '' auth=bearer 'challenge=Negotiate, Basic realm="a,b", Bearer realm="{A}/token"'
try 'a realm without quotes' 0 '' auth=bearer 'challenge=Bearer realm={A}/token,service=x'
try 'a relative realm' 0 '' auth=bearer 'challenge=Bearer realm="/token?own=1",service="a&b=c#d"'
is 'its own query is kept, and service is one parameter' "$(grep -o '/token[^"]*' last | head -n 1)" \
	'/token?own=1&service=a%26b%3Dc%23d&scope=repository%3Aa%2Fb%3Apull%2Cpush'
try 'no realm' 7 'names no realm' auth=bearer 'challenge=Bearer service="x"'
try 'an empty realm' 7 'realm: bad address' auth=bearer 'challenge=Bearer realm=""'
try 'a realm that is no web address' 7 'neither https nor http' auth=bearer 'challenge=Bearer realm="file:///etc/passwd"'
try 'a realm with a user in it' 7 'user information' auth=bearer 'challenge=Bearer realm="http://u:p@{hostB}/"'
try 'a realm in another domain' 7 'of another domain' auth=bearer 'challenge=Bearer realm="http://reg.example.com/token"'
try 'a realm on another address of this machine' 7 'of another domain' auth=bearer 'challenge=Bearer realm="http://localhost:1/token"'
try 'a kind of login nobody knows' 7 'a kind that is not known' auth=bearer 'challenge=Digest realm="x"'
try 'no challenge that can be read' 7 'a kind that is not known' auth=bearer 'challenge=Bearer realm="x'
is 'no credentials are sent then' "$(jq -r .auth last | grep -vc null)" 0

# rows: T86
try 'a realm that sends us elsewhere' 9 'HTTP status 302 instead of a token' auth=bearer token=redirect
is 'is not followed' "$(jq -r .origin last | grep -c B)" 0
try 'a reply of 2 MiB' 9 'more than 1048576 bytes' auth=bearer token=big
try 'a reply without a token' 7 'holds no token' auth=bearer token=none
try 'an empty token' 7 'holds no token' auth=bearer token=empty
try 'a token that would break a line' 7 'bytes that none may have' auth=bearer token=crlf
is 'is not sent' "$(jq -r .auth last | grep -c '^Bearer')" 0
try 'a token by its other name' 0 '' auth=bearer token=access
try 'a token server that fails' 9 'HTTP status 500' auth=bearer token=500
try 'a token server that refuses' 7 'with the credentials given' auth=bearer token=403

identity()	# the entry's other members, switch...: a push with an identity token
{
	members=$1
	shift
	start_fake fake auth=bearer "$@"
	printf '{"auths":{"127.0.0.1:%s":{"identitytoken":"identity-secret"%s}}}' "$PORT" "$members" \
		>identity.json
	chmod 600 identity.json
	run oci-push --authfile identity.json "127.0.0.1:$PORT/a/b:v1" s.tar
	cp "$LOG" last
	stop fake
}
for status in 404 405; do
	identity ",\"auth\":\"$(printf user:pass:word | base64)\"" "form=$status"
	is "a token server that takes no identity token ($status) is asked as usual" \
		"$STATUS $(jq -r 'select(.target|startswith("/token"))|"\(.method) \(.auth)"' last | xargs)" \
		"0 POST null GET Basic $(printf user:pass:word | base64)"
done
identity '' form=404
is 'as nobody, if only that token is known' \
	"$STATUS $(jq -r 'select(.target|startswith("/token"))|"\(.method) \(.auth)"' last | xargs)" \
	'0 POST null GET null'
is 'which no address holds' "$(grep -c identity-secret last)" 0
identity '' form=401
is 'a plain no is one' "$STATUS $(grep -c '"GET", "target": "/token' last)" '7 0'

# rows: T87
try 'tokens that expire' 0 '' auth=bearer spent=2
is 'are renewed' "$([ "$(tokens)" -gt 2 ] && echo yes)" yes
try 'tokens that are never good' 7 'HTTP status 401' auth=bearer never=1
is 'are not asked for without end' "$(wc -l <last)" 4
try 'a registry that lets us push no manifest' 7 'HTTP status 403: MANIFEST_BLOB_UNKNOWN; the credentials of' auth=basic manifest=403
is 'is named with the file of the credentials' "$(grep -c "$HOME/.docker/config.json do not allow it" "$ERR")" 1

# rows: T88
try 'an upload that goes elsewhere' 0 '' auth=basic 'location={B}{path}'
is 'goes without credentials' "$(jq -r '.origin' last | grep -c B) $(leaked)" '2 0'
try 'a blob that lies elsewhere' 5 'the registry has 1 bytes' auth=basic head=307 'head-location={B}/storage/x?secret=1' head-size=1
is 'is asked for without credentials' "$(leaked)" 0

# --- secrets stay secret ---

# rows: T103
start_fake quiet auth=bearer
docker_config "$HOME/.docker" "127.0.0.1:$PORT" user pass:word
ok 'a push that tells all it does' oci-push -v "127.0.0.1:$PORT/a/b:v1" s.tar
basic=$(printf user:pass:word | base64)
is 'shows neither password nor token' "$(cat "$OUT" "$ERR" | grep -c -e 'pass:word' -e "$basic" -e 'Bearer' -e '_state')" 0
is 'but each request' "$(grep -c '/v2/a/b/' "$ERR")" "$(grep -c '/v2/a/b/' "$LOG")"
is 'and the file of the credentials' "$(grep -c "are from $HOME/.docker/config.json" "$ERR")" 1
# rows: T105
chmod 644 "$HOME/.docker/config.json"
ok 'credentials that others may read' oci-push "127.0.0.1:$PORT/a/b:v1" s.tar
is 'are used with a warning' "$(grep -c 'others may read' "$ERR") $(wc -l <"$ERR")" '1 1'
ok 'which -q leaves out' oci-push -q "127.0.0.1:$PORT/a/b:v1" s.tar
# rows: T106
stop quiet
start_fake netrc auth=basic
rm -r "$HOME/.docker" "$HOME/.config"
printf 'machine 127.0.0.1 login user password pass:word\n' >"$HOME/.netrc"
chmod 600 "$HOME/.netrc"
refuses 'a password in .netrc is not looked at' 7 'wants a login' oci-push "127.0.0.1:$PORT/a/b:v1" s.tar
rm "$HOME/.netrc"
