#!/bin/sh
# Every program as a neighbour: failing first commands, closed pipes, full disks, odd descriptors.
. "${0%/*}/lib.sh"

programs="oci-layer oci-manifest oci-index oci-pack oci-push oci-sniff"
writers="oci-layer oci-manifest oci-index oci-pack"
plan 100

mkdir app
echo hello >app/greeting
oci-layer app >layer.tar
oci-manifest -p linux/amd64 -t v1 layer.tar >image.tar

# A right command line of each program, with its input on stdin.
input()
{
	case $1 in
	oci-layer | oci-manifest) echo layer.tar ;;
	*) echo image.tar ;;
	esac
}
command_of()
{
	case $1 in
	oci-layer) echo oci-layer -A app ;;
	oci-push) echo oci-push -n --plain-http 127.0.0.1:9/app:v1 ;;
	*) echo "$1" ;;
	esac
}

# --- a first command that fails, without pipefail (rows: T110) ---
echo old >x.tar
refuses 'false first: the file stays' 3 'ended before index.json' sh -c 'false | oci-manifest 2>/dev/null | oci-pack -o x.tar 2>err; s=$?; tail -n 1 err >&2; exit $s'
is 'it is the old file' "$(cat x.tar)" old
for first in 'oci-layer missing' 'oci-layer --bogus' 'oci-layer -b app' 'oci-layer -m x app'; do
	sh -c "$first 2>/dev/null | oci-manifest 2>/dev/null | oci-pack -o x.tar" >"$OUT" 2>"$ERR"
	is "$first: the pipeline ends with 3" $? 3
	is "$first: the file stays" "$(cat x.tar)" old
done
sh -c '{ oci-layer app; oci-layer missing; } 2>/dev/null | oci-manifest 2>/dev/null | oci-pack -o x.tar' 2>"$ERR"
is 'a second command of a group that fails is noticed' "$?$(cat x.tar)" 3old
for p in oci-manifest oci-index oci-pack; do
	run sh -c "oci-layer missing 2>/dev/null | $p >out.tar"
	is "$p: says that the command before it failed" \
		"$STATUS$(grep -c 'ended before index.json: the command before this one failed' "$ERR")" 31
	run sh -c "$p --bogus 2>/dev/null </dev/null | oci-pack >/dev/null"
	is "$p: a usage error opens its stream, so that it is noticed" "$STATUS" 3
done

# --- a reader that leaves (rows: T111) ---
for p in $writers; do
	c=$(command_of "$p")
	run timeout 60 python3 "$TESTS/tools/neighbour.py" leave $c <"$(input "$p")"
	is "$p: a reader that leaves ends it quietly by SIGPIPE" "$(cat "$OUT")" 'signal 13, stderr empty'
	run timeout 60 python3 "$TESTS/tools/neighbour.py" leave-ignored $c <"$(input "$p")"
	is "$p: also where the parent ignored SIGPIPE" "$(cat "$OUT")" 'signal 13, stderr empty'
done

# --- no room (rows: T112 O116) ---
for p in $programs; do
	for c in "$p --help" "$p --version"; do
		refuses "$c >/dev/full" 4 'No space left' sh -c "exec $c >/dev/full"
	done
done
for p in $writers oci-sniff; do
	c=$(command_of "$p")
	refuses "$c >/dev/full" 4 'No space left' sh -c "exec $c <$(input "$p") >/dev/full"
done
for p in $writers; do
	c=$(command_of "$p")
	echo old >x.tar
	refuses "$c -o on a limited file" 4 'File too large' \
		sh -c "ulimit -f 1; exec $c -o x.tar <$(input "$p")"
	is "$c: the old file stays, nothing beside it" "$(cat x.tar)$(find . -name '.ocipipe*')" old
done

# --- closed descriptors (rows: T113) ---
for p in $programs; do
	c=$(command_of "$p")
	mkdir -p fds
	cp layer.tar image.tar fds
	cp -r app fds
	(cd fds && find . -type f -exec sha256sum {} +) | sort >before
	(cd fds && sh -c "exec $c <$(input "$p") >&-" 2>"$ERR")
	status=$?
	case $p in
	oci-push) is "$p: no stdout" "$(case $status in 4 | 8) echo failed ;; *) echo $status ;; esac)" failed ;;
	*) is "$p: no stdout is an error" "$status$(grep -c 'standard output' "$ERR")" 41 ;;
	esac
	(cd fds && sh -c "exec $c <&-" >/dev/null 2>"$ERR")
	is "$p: no stdin is an error" "$?$(grep -c 'standard input' "$ERR")" 41
	(cd fds && sh -c "exec $c <$(input "$p") >/dev/null 2>&-")
	is "$p: no stderr changes nothing" "$(case $?$p in 8oci-push | 0*) echo same ;; *) echo "$?" ;; esac)" same
	(cd fds && sh -c "exec $c <&- >&- 2>&-")
	(cd fds && find . -type f -exec sha256sum {} +) | sort >after
	ok "$p: no byte lands in a wrong file" cmp before after
done

# --- odd inputs (rows: T114) ---
for p in $programs; do
	c=$(command_of "$p")
	refuses "$p: a folder as stdin" 4 'Is a directory' sh -c "exec $c <app"
done
run timeout 20 sh -c 'oci-pack </dev/zero >/dev/null'
is 'endless zeros are bad input in bounded time' "$STATUS" 3
refuses 'stdin open for writing alone' 4 'Bad file descriptor' sh -c 'exec oci-pack 0>w >/dev/null'

for p in $programs; do
	if ! python3 -c 'import os; os.openpty()' 2>/dev/null; then
		skip 1 'no terminals on this machine'
		continue
	fi
	run timeout 60 python3 "$TESTS/tools/neighbour.py" terminal $(command_of "$p")
	is "$p: a terminal as stdin is a usage error" "$(cat "$OUT")" 'status 2'
done

# --- how the bytes are moved changes none (rows: T115 T116) ---
for p in $writers; do
	c=$(command_of "$p")
	$c <"$(input "$p")" >plain
	ok "$p: a slow reader of a pipe that does not block gets every byte" \
		sh -c "timeout 60 python3 '$TESTS/tools/neighbour.py' slow-nonblocking $c <$(input "$p") | cmp - plain"
	ok "$p: a byte at a time in and out" \
		sh -c "timeout 60 python3 '$TESTS/tools/neighbour.py' bytewise $c <$(input "$p") | cmp - plain"
	ok "$p: stops and signals in between" \
		sh -c "timeout 60 python3 '$TESTS/tools/neighbour.py' signals $c <$(input "$p") | cmp - plain"
done
