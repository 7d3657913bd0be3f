# registry/lib.sh - servers for a test, sourced after lib.sh
#
#   start_real NAME [switch]...		docker-registry (real.py); PORT, and its log in $LOG
#   start_token NAME [switch]...	a token server (token.py); PORT
#   start_fake NAME [switch]...		a registry with faults (fake.py); PORT, OTHER, $LOG
#   stop NAME				ends it now; else it ends with the test
#   make_ca				$T/ca.pem, and $T/host.pem, $T/host.key for 127.0.0.1
#   docker_config DIR HOST USER PASSWORD	DIR/config.json as docker login writes it
#
# Servers listen on 127.0.0.1, on a port that the system chooses, and live five minutes at most.
# shellcheck shell=sh disable=SC2034,SC2154

# start PROGRAM NAME [switch]...
start()
{
	server=$TESTS/registry/$1 server_name=$2
	shift 2
	mkdir -p "$T/$server_name"
	rm -f "$T/$server_name/ready"
	mkfifo "$T/$server_name/ready"
	python3 "$server" "$T/$server_name" "$@" >"$T/$server_name/ready" \
		2>"$T/$server_name/errors" &
	echo $! >"$T/$server_name/pid"
	at_exit "stop $server_name"
	PORT='' OTHER=''
	read -r PORT OTHER <"$T/$server_name/ready" || diag "$server_name does not start" \
		"$(cat "$T/$server_name/errors")"
	LOG=$T/$server_name/log
}

start_real() { start real.py "$@"; }
start_token() { start token.py "$@"; }
start_fake() { start fake.py "$@"; }

stop()
{
	if [ -e "$T/$1/pid" ]; then
		kill "$(cat "$T/$1/pid")" 2>/dev/null
		wait "$(cat "$T/$1/pid")" 2>/dev/null
		rm -f "$T/$1/pid"
	fi
}

make_ca()
{
	openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/CN=throw-away CA' \
		-keyout "$T/ca.key" -out "$T/ca.pem" 2>"$T/openssl.log" &&
	openssl req -newkey rsa:2048 -nodes -subj '/CN=registry' -keyout "$T/host.key" \
		-out "$T/host.csr" 2>>"$T/openssl.log" &&
	echo "subjectAltName=${1:-IP:127.0.0.1}" >"$T/host.ext" &&
	openssl x509 -req -in "$T/host.csr" -CA "$T/ca.pem" -CAkey "$T/ca.key" -CAcreateserial \
		-days 2 -extfile "$T/host.ext" -out "$T/host.pem" 2>>"$T/openssl.log"
}

docker_config()
{
	mkdir -p "$1"
	printf '{"auths":{"%s":{"auth":"%s"}}}\n' "$2" "$(printf '%s:%s' "$3" "$4" | base64 -w 0)" \
		>"$1/config.json"
	chmod 600 "$1/config.json"
}

# Requests in a fake's log: "METHOD target", the fields that jq's filter wants.
requests() { jq -r "${2:-.}|\"\\(.method) \\(.target)\"" "$1"; }
