#!/bin/sh
# Credentials: of many files and keys the right ones count, and a broken one is no anonymity.
. "${0%/*}/lib.sh"
plan 63

unit=$B/unit/registry
b64() { printf '%b' "$1" | base64 -w 0; }
# The credentials in the file "auth" for a registry and a repository.
in_file() { "$unit" credentials auth "$1" "${2:-a/b}"; }
anywhere() { "$unit" credentials '' "$1" "${2:-a/b}"; }
auth() { printf '%s' "$1" >auth && chmod 600 auth; }
entry() { printf '"%s":{"auth":"%s"}' "$1" "$(b64 "$2")"; }

auth "{\"auths\":{$(entry reg.io one:1),$(entry reg.io.evil two:2),$(entry reg.io:444 three:3),$(entry REG.io four:4),$(entry evil.reg.io five:5)}}"
# rows: T101
gives 'a host is found' 'one 1 - -' in_file reg.io
gives 'one that begins like it' 'two 2 - -' in_file reg.io.evil
gives 'one with another port' 'three 3 - -' in_file reg.io:444
gives 'one in capitals' 'four 4 - -' in_file REG.io
gives 'one that nobody named' '- - - -' in_file reg.io:445
auth "{\"auths\":{$(entry h host:1),$(entry h/a folder:2),$(entry h/a/b repository:3)}}"
gives 'the longest key counts: repository' 'repository 3 - -' in_file h a/b
gives 'folder' 'folder 2 - -' in_file h a/c
gives 'host' 'host 1 - -' in_file h c
auth "{\"auths\":{$(entry h/x repository:3)}}"
gives 'a key of one repository is not for another' '- - - -' in_file h a
auth "{\"auths\":{$(entry https://index.docker.io/v1/ hub:1),$(entry https://h/v1/ legacy:2),$(entry http://g other:3)}}"
gives 'the key of Docker Hub' 'hub 1 - -' in_file docker.io library/x
gives 'a key that is an address' 'legacy 2 - -' in_file h
gives 'without a path' 'other 3 - -' in_file g
auth "{\"auths\":{$(entry h/ slash:4),$(entry g/a/ folder:5)}}"
gives 'with a slash after it' 'slash 4 - -' in_file h
gives 'which is no folder of another' '- - - -' in_file g
auth "{\"auths\":{$(entry docker.io hub:2)}}"
gives 'Docker Hub by its plain name' 'hub 2 - -' in_file docker.io library/x
auth "{\"auths\":{$(entry h 'user:a:b:')}}"
gives 'a password may hold colons' 'user a:b: - -' in_file h
auth "{\"auths\":{$(entry h 'user:pass\000\000')}}"
gives 'NULs that pad it are cut' 'user pass - -' in_file h
auth '{"auths":{"h":{"username":"u","password":"p"}}}'
gives 'name and password in clear' 'u p - -' in_file h
auth '{"auths":{"h":{"identitytoken":"i"},"g":{"registrytoken":"r"}}}'
gives 'an identity token' '- - i -' in_file h
gives 'a registry token' '- - - r' in_file g
auth '{"auths":{"h":{}},"credHelpers":{},"HttpHeaders":{"x":"y"}}'
gives 'an empty entry is none' '- - - -' in_file h
auth '{}'
gives 'an empty object has none' '- - - -' in_file h

for bad in '' '[]' '{"auths":[]}' '{"auths":{"h":7}}' '{"auths":{"h":{"auth":7}}}' '{"auths":{"h":{}' ; do
	auth "$bad"
	refuses "no file of credentials: $bad" 3 'auth: ' in_file h
done
auth '{"auths":{"h":{"auth":"c2Vj*mV0"}}}'
refuses 'what is not base64' 3 'auth: h: auth is not base64' in_file h
is 'is not shown' "$(grep -c 'c2Vj' "$ERR")" 0
auth "{\"auths\":{\"h\":{\"auth\":\"$(b64 secret)\"}}}"
refuses 'no colon' 3 'auth: h: auth is not user:password' in_file h
auth "{\"auths\":{\"h\":{\"auth\":\"$(b64 :secret)\"}}}"
refuses 'no user' 3 'auth: h: auth is not user:password' in_file h

# --- which file ---

mkdir -p docker run/containers "$HOME/.config/containers" "$HOME/.docker"
echo "{\"auths\":{$(entry h docker-config:1)}}" >docker/config.json
echo "{\"auths\":{$(entry h runtime:1)}}" >run/containers/auth.json
echo "{\"auths\":{$(entry h config:1),$(entry g config:2)}}" >"$HOME/.config/containers/auth.json"
echo "{\"auths\":{$(entry g docker:2),$(entry f docker:3)}}" >"$HOME/.docker/config.json"
echo "{$(entry https://e/v1/ legacy:4)}" >"$HOME/.dockercfg"
chmod 600 docker/config.json run/containers/auth.json "$HOME/.config/containers/auth.json" \
	"$HOME/.docker/config.json" "$HOME/.dockercfg"
DOCKER_CONFIG=$PWD/docker XDG_RUNTIME_DIR=$PWD/run
export DOCKER_CONFIG XDG_RUNTIME_DIR
# rows: T101
gives 'DOCKER_CONFIG is first' 'docker-config 1 - -' anywhere h
unset DOCKER_CONFIG
gives 'then XDG_RUNTIME_DIR' 'runtime 1 - -' anywhere h
gives 'then the configuration of containers' 'config 2 - -' anywhere g
gives 'an empty variable is none' 'config 2 - -' env XDG_CONFIG_HOME= DOCKER_CONFIG= "$unit" credentials '' g a/b
gives 'DOCKER_CONFIG is for the folder of docker' '- - - -' env DOCKER_CONFIG="$PWD/docker" "$unit" credentials '' f a/b
gives 'then that of docker' 'docker 3 - -' anywhere f
gives 'then the old one of docker' 'legacy 4 - -' anywhere e
auth '{}'
gives 'REGISTRY_AUTH_FILE is the only one' '- - - -' \
	env REGISTRY_AUTH_FILE=auth "$unit" credentials '' h a
echo '{' >run/containers/auth.json
refuses 'a broken file is not passed over' 3 'run/containers/auth.json' anywhere g
rm -r run
if [ "${OCIPIPE_SANITIZED:-}" = coverage ]; then
	skip 1 'nobody may not write counts of lines'
elif [ "$(id -u)" = 0 ] && command -v setpriv >/dev/null; then
	chmod 755 "$T" "$HOME" .
	mkdir "$T/unreadable"
	# A copy: the folder that we were built in may be closed to others.
	cp "$unit" "$T/unit"
	echo '{}' >"$T/unreadable/config.json"
	chmod 600 "$T/unreadable/config.json"
	# rows: T105
	refuses 'a file that may not be read is not passed over' 4 'Permission denied' \
		setpriv --reuid=65534 --clear-groups env DOCKER_CONFIG="$T/unreadable" \
		HOME=/nonexistent "$T/unit" credentials '' h a
else
	skip 1 'only root can become nobody'
fi

# --- helpers ---

helper() { cat >"$T/bin/docker-credential-$1" && chmod 755 "$T/bin/docker-credential-$1"; }
helper good <<'END'
#!/bin/sh
read -r server
echo "$1 $server" >>"$T/asked"
echo noise >&2
printf '{"ServerURL":"%s","Username":"helped","Secret":"s3cret"}' "$server"
END
helper token <<'END'
#!/bin/sh
printf '{"ServerURL":"x","Username":"<token>","Secret":"identity"}'
END
helper none <<'END'
#!/bin/sh
echo credentials not found in native keychain
exit 1
END
helper fails <<'END'
#!/bin/sh
echo 'the secret is s3cret'
exit 1
END
helper floods <<'END'
#!/bin/sh
exec head -c 1048576 /dev/zero
END
helper babbles <<'END'
#!/bin/sh
echo '{"Username":"s3cret"}'
END
auth '{"credHelpers":{"h":"good"},"auths":{}}'
gives 'a helper for a host' 'helped s3cret - -' in_file h
is 'is asked for that host' "$(cat "$T/asked")" 'get h'
gives 'and for no other' '- - - -' in_file g
auth '{"credsStore":"good"}'
gives 'one for all hosts' 'helped s3cret - -' in_file docker.io
is 'is asked for the Hub by its address' "$(tail -n 1 "$T/asked")" 'get https://index.docker.io/v1/'
auth '{"credsStore":"token"}'
gives 'it may have an identity token' '- - identity -' in_file h
auth "{\"credsStore\":\"none\",\"auths\":{$(entry h file:1)}}"
gives 'one that has nothing is passed over' 'file 1 - -' in_file h
helper hangs <<'END'
#!/bin/sh
tail -f /dev/null &
echo $! >"$T/child"
echo $$ >"$T/parent"
wait
END
gone()	# pid: ends it if it is still there
{
	n=0
	while kill -0 "$1" 2>/dev/null && ! grep -q '^State:.*Z' "/proc/$1/status" 2>/dev/null; do
		n=$((n + 1))
		if [ "$n" -gt 10000 ]; then
			kill "$1"
			return 1
		fi
	done
}
auth '{"credsStore":"hangs"}'
for signal in TERM INT; do
	rm -f "$T/child"
	# In a shell's background SIGINT is ignored, so python starts it.
	run python3 -c 'import os, signal, subprocess, sys
p = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
while not os.path.exists(os.environ["T"] + "/parent"): pass
p.send_signal(getattr(signal, "SIG" + sys.argv[1]))
print(signal.Signals(-p.wait()).name)' "$signal" "$unit" credentials auth h a/b
	is "SIG$signal while a helper runs ends us" "$(cat "$OUT")" "SIG$signal"
	ok 'and it' gone "$(cat "$T/parent")"
	ok 'and what it started' gone "$(cat "$T/child")"
	rm "$T/parent"
done
helper crowds <<'END'
#!/bin/sh
tail -f /dev/null &
echo $! >"$T/child"
exec head -c 1048576 /dev/zero
END
auth '{"credsStore":"crowds"}'
refuses 'one that is given up' 7 'writes more than 64 KiB' in_file h
ok 'ends with what it started' gone "$(cat "$T/child")"
# rows: T102
for name in fails floods babbles missing ../good 'good;id'; do
	auth "{\"credsStore\":\"$name\",\"auths\":{$(entry h file:1)}}"
	refuses "a helper that is no good ends the search: $name" 7 'credential helper' in_file h
	if grep -q s3cret "$ERR"; then fail 'a secret in a message'; fi
done
