#!/bin/sh
# Where a registry sends us for a token, or with a blob, decides what is said there.
. "${0%/*}/lib.sh"
. "$TESTS/registry/lib.sh"
need jq
plan 36

tarlib 'layout(image(layer("etc/motd", b"hi\n"), tag="v1"))' >s.tar
mkdir "$HOME/.docker"

# Names mean nothing here, so a proxy stands for all hosts. try registry:HOST realm:ADDRESS
push()	# host, switch...
{
	host=$1
	shift
	start_fake fake 'location={path}' "$@"
	echo "{\"auths\":{\"$host\":{\"auth\":\"$(printf user:pass:word | base64 -w 0)\"}}}" \
		>"$HOME/.docker/config.json"
	chmod 600 "$HOME/.docker/config.json"
	http_proxy=http://127.0.0.1:$PORT
}
# Who heard the password: hosts, once each.
told() { jq -r 'select(.auth != null and (.auth|startswith("Basic")))|.host' "$LOG" | sort -u | xargs; }
heard() { jq -r .host "$LOG" | sort -u | xargs; }

trusts()	# registry, host of the realm
{
	push "$1" auth=bearer "realm=http://$2/token"
	ok "$1 trusts $2" env http_proxy="$http_proxy" oci-push --plain-http "$1/a/b:v1" s.tar
	is 'with a password' "$(told)" "$2"
	stop fake
}
refuses_realm()	# registry, realm, text
{
	push "$1" auth=bearer "realm=$2"
	refuses "$1 does not trust $2" 7 "$3" env http_proxy="$http_proxy" oci-push --plain-http "$1/a/b:v1" s.tar
	is 'with anything' "$(told)$(heard)" "$1"
	stop fake
}
trusts reg.example.com reg.example.com
trusts reg.example.com auth.example.com
trusts reg.example.com example.com
trusts reg.a.co.uk auth.a.co.uk
trusts reg.example.com reg.example.com:5001
refuses_realm reg.example.com http://auth.example.org/token 'of another domain'
refuses_realm reg.example.com http://reg.example.com.evil.org/token 'of another domain'
refuses_realm reg.a.co.uk http://auth.b.co.uk/token 'of another domain'
refuses_realm co.uk http://auth.co.uk/token 'of another domain'
refuses_realm 203.0.113.1 http://203.0.113.2/token 'of another domain'
# rows: T85
for address in 169.254.169.254 127.0.0.1 '[::1]' '[::ffff:127.0.0.1]' 10.0.0.1 192.168.0.1 localhost; do
	push reg.example.com auth=bearer "realm=http://$address/token"
	refuses "a public registry does not send us to $address" 7 'lies nearer' \
		env http_proxy="$http_proxy" oci-push --plain-http --anonymous reg.example.com/a:v1 s.tar
	stop fake
done
push reg.example.com auth=bearer 'realm=http://auth.example.org/token'
ok 'without credentials another domain will do' \
	env http_proxy="$http_proxy" oci-push --plain-http --anonymous reg.example.com/a:v1 s.tar
stop fake
push docker.io auth=bearer 'realm=http://auth.docker.io/token'
ok 'Docker Hub' env http_proxy="$http_proxy" oci-push --plain-http docker.io/a/b:v1 s.tar
is 'is known by its own name, and where its tokens are' "$(heard)" 'auth.docker.io registry-1.docker.io'
stop fake
push docker.io auth=bearer 'realm=http://evil.docker.io/token'
refuses 'Docker Hub has no other' 7 'of another domain' env http_proxy="$http_proxy" oci-push --plain-http docker.io/a/b:v1 s.tar
stop fake

# rows: T88
push reg.example.com 'location=http://169.254.169.254{path}'
refuses 'a blob is not sent nearer than the registry' 9 'nearer to this machine' \
	env http_proxy="$http_proxy" oci-push --plain-http reg.example.com/a:v1 s.tar
is 'not a byte' "$(heard)" reg.example.com
stop fake
# rows: T106
push reg.example.com proxy=407
refuses 'a proxy that wants a login' 7 'HTTP status 407' \
	env http_proxy="$http_proxy" oci-push --plain-http reg.example.com/a:v1 s.tar
stop fake

push reg.example.com auth=bearer token=text realm=http://reg.example.com/token
refuses 'a token that is not in JSON' 3 'its reply is not JSON' \
	env http_proxy="$http_proxy" oci-push --plain-http reg.example.com/a:v1 s.tar
stop fake
start_fake fake auth=bearer refuse-scopes=1
tarlib "layout(image(layer('etc/motd', b'hi\\n'), tag='v1', name='127.0.0.1:$PORT/other/base:v1'))" >from.tar
ok 'where one token is not given for two repositories, one will do' \
	oci-push --anonymous "127.0.0.1:$PORT/a/b:v1" from.tar
stop fake
