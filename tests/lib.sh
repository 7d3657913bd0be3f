# lib.sh - what every test starts with: an empty directory, a known environment, TAP
#
# A test is tests/NNNN-topic.t. It sources this file, says "plan N", then asks its questions:
#
#   gives 'name' 'expected stdout' command...	status 0, exactly this output, silent stderr
#   refuses 'name' STATUS 'text' command...	this status, one line with the text on stderr, and
#						no stdout, or a stream without index.json
#   ok 'name' command...			status 0, whatever it prints
#   fails 'name' command...			any other status
#   is 'name' GOT EXPECTED			equal strings
#   pass 'name', fail 'name'			decided by the test itself
#   skip N 'reason'				N cases that cannot run here
#   need COMMAND...				before plan: the whole file wants these peers
#   lacks COMMAND N				true, and N cases are accounted for, without this peer
#   at_exit 'command'				evaluated at the end, last one first
#
# After a question $OUT and $ERR are the files with what the command printed, $STATUS its status.
# A case runs in the shell itself, never behind a pipe: its number would be lost.
#
# Here: $TOP the project, $TESTS its tests, $DATA their data, $B the build. HOME and TMPDIR are
# fresh and empty, the current directory too. "tarlib" writes tars of every kind (tarlib.py).
# shellcheck shell=sh

set -u

TESTS=$(cd "${0%/*}" && pwd)
TOP=${TESTS%/*}
DATA=$TESTS/data
: "${B:=$TOP/build}" "${PEERS:=$TOP/build/peers}" "${CC:=cc}"

case ":$PATH:" in
*":$B/bin:"*) ;;
*) PATH=$B/bin:$PATH:$PEERS/usr/bin:$PEERS/usr/sbin ;;
esac

unset SOURCE_DATE_EPOCH TAR_OPTIONS GZIP XDG_CONFIG_HOME XDG_RUNTIME_DIR XDG_DATA_HOME
unset REGISTRY_AUTH_FILE DOCKER_CONFIG SSL_CERT_FILE SSL_CERT_DIR CDPATH NO_COLOR POSIXLY_CORRECT
unset MAKEFLAGS MFLAGS MAKELEVEL
unset http_proxy https_proxy ftp_proxy all_proxy no_proxy
unset HTTP_PROXY HTTPS_PROXY FTP_PROXY ALL_PROXY NO_PROXY
LC_ALL=C TZ=UTC
umask 022

T=$(mktemp -d) || exit 1
mkdir "$T/home" "$T/tmp" "$T/bin" "$T/work"
HOME=$T/home TMPDIR=$T/tmp OUT=$T/out ERR=$T/err STATUS=0
ln -s "$TESTS/tarlib.py" "$T/bin/tarlib"
# A version manager's python3 asks for the true HOME, and takes a while.
if [ -x /usr/bin/python3 ]; then ln -s /usr/bin/python3 "$T/bin/python3"; fi
PATH=$T/bin:$PATH
export TOP TESTS DATA B PEERS CC PATH LC_ALL TZ T HOME TMPDIR OUT ERR
# Containers' tools: a store of this test's own, on whatever file system there is.
CONTAINERS_STORAGE_CONF=$T/home/storage.conf
export CONTAINERS_STORAGE_CONF
cat >"$CONTAINERS_STORAGE_CONF" <<END
[storage]
driver = "vfs"
graphroot = "$T/containers/store"
runroot = "$T/containers/run"
END
if ! grep -q '^[^ ]* [^ ]* [^ ]* [^ ]* / ' /proc/self/mountinfo 2>/dev/null; then
	for tool in podman buildah; do
		if real=$(command -v "$tool"); then
			printf '#!/bin/sh\nexec sh "%s/tools/rooted.sh" "%s" "$@"\n' "$TESTS" "$real" \
			    >"$T/bin/$tool"
			chmod +x "$T/bin/$tool"
		fi
	done
fi
cd "$T/work" || exit 1

planned=0 asked=0 failed=0 endings=

finish()
{
	status=$?
	trap - EXIT
	eval "$endings"
	cd /
	chmod -R u+rwx "$T" 2>/dev/null
	rm -rf "$T"
	if [ "$status" -eq 0 ] && [ "$asked" -ne "$planned" ]; then
		echo "# planned $planned, asked $asked"
		status=1
	fi
	if [ "$status" -eq 0 ] && [ "$failed" -ne 0 ]; then status=1; fi
	exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

at_exit()
{
	endings="$1
$endings"
}

plan()
{
	planned=$1
	echo "1..$1"
}

diag()
{
	printf '%s\n' "$*" | sed 's/^/# /'
}

pass()
{
	asked=$((asked + 1))
	printf 'ok %d - %s\n' "$asked" "$1"
}

fail()
{
	asked=$((asked + 1)) failed=$((failed + 1))
	printf 'not ok %d - %s\n' "$asked" "$1"
}

# What a file begins with, escaped, NULs left out: it may be a tar.
show()
{
	printf '# %s:\n' "$1"
	tr -d '\000' <"$2" | head -c 1500 | sed -n 'l 88' | head -n 24 | sed 's/^/#   /'
}

run()
{
	STATUS=0
	"$@" >"$OUT" 2>"$ERR" || STATUS=$?
}

explain()
{
	diag "command: $*"
	diag "status: $STATUS"
	if [ -s "$ERR" ]; then show stderr "$ERR"; fi
	if [ -s "$OUT" ]; then show stdout "$OUT"; fi
}

gives()
{
	name=$1 expected=$2
	shift 2
	run "$@"
	if [ -n "$expected" ]; then printf '%s\n' "$expected"; fi >"$T/expected"
	if [ "$STATUS" -eq 0 ] && [ ! -s "$ERR" ] && cmp -s "$T/expected" "$OUT"; then
		pass "$name"
	else
		fail "$name"
		diag "expected: $expected"
		explain "$@"
	fi
}

# Nothing, or a stream that was opened and not committed.
uncommitted()
{
	if [ ! -s "$1" ]; then return 0; fi
	case $(head -c 10 "$1" | tr -d '\000') in
	oci-layout) ! tar tf "$1" 2>/dev/null | grep -qx index.json ;;
	*) return 1 ;;
	esac
}

refuses()
{
	name=$1 expected=$2 text=$3
	shift 3
	run "$@"
	if [ "$STATUS" -eq "$expected" ] && [ "$(wc -l <"$ERR")" -eq 1 ] &&
	    grep -qF -e "$text" "$ERR" && uncommitted "$OUT"; then
		pass "$name"
	else
		fail "$name"
		diag "expected: status $expected, one line with: $text"
		explain "$@"
	fi
}

ok()
{
	name=$1
	shift
	run "$@"
	if [ "$STATUS" -eq 0 ]; then
		pass "$name"
	else
		fail "$name"
		explain "$@"
	fi
}

fails()
{
	name=$1
	shift
	run "$@"
	if [ "$STATUS" -ne 0 ]; then
		pass "$name"
	else
		fail "$name"
		explain "$@"
	fi
}

is()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1"
		diag "got:      $2"
		diag "expected: $3"
	fi
}

skip()
{
	left=$1
	while [ "$left" -gt 0 ]; do
		asked=$((asked + 1)) left=$((left - 1))
		printf 'ok %d # SKIP %s\n' "$asked" "$2"
	done
}

# In CI a peer that is not there is a failure, elsewhere a skip that names it.
lacks()
{
	if command -v "$1" >/dev/null 2>&1; then return 1; fi
	if [ "${CI:-}" = true ]; then
		left=$2
		while [ "$left" -gt 0 ]; do
			fail "$1 is here"
			left=$((left - 1))
		done
	else
		skip "$2" "$1 is not here"
	fi
	return 0
}

need()
{
	for peer; do
		if command -v "$peer" >/dev/null 2>&1; then continue; fi
		if [ "${CI:-}" = true ]; then
			plan 1
			fail "$peer is here"
			exit 1
		fi
		echo "1..0 # SKIP $peer is not here"
		exit 0
	done
}

# Is this a build with a sanitizer? Then memory figures and address space limits mean nothing.
sanitized()
{
	[ -n "${OCIPIPE_SANITIZED:-}" ]
}

# May a case try every byte? Once is enough: not again under the sanitizers.
sweeping()
{
	[ "${OCIPIPE_SWEEPS:-1}" != 0 ]
}
