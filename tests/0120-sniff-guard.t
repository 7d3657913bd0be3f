#!/bin/sh
# oci-sniff -e: passes an input on, all of it and untouched, or writes nothing.
. "${0%/*}/lib.sh"
plan 30

tarlib 'layout(image(layer("etc/motd", b"hi\n"), tag="v1"))' >s.tar
tarlib 'docker_archive()' >docker.tar
tarlib 'layout(image(layer("big", noise(3 << 20)), compress=None, tag="v1"))' >big.tar
gzip -c s.tar >s.gz

untouched()	# name, file, command
{
	name=$1 file=$2
	shift 2
	run "$@"
	if [ "$STATUS" -eq 0 ] && cmp -s "$file" "$OUT" && [ ! -s "$ERR" ]; then
		pass "$name"
	else
		fail "$name"
		explain "$@"
	fi
}

untouched 'what is expected passes' s.tar oci-sniff -e oci-layout s.tar
untouched 'from standard input' s.tar sh -c 'oci-sniff -e oci-layout <s.tar'
untouched 'from a pipe' s.tar sh -c 'cat s.tar | oci-sniff -e oci-layout'
untouched 'from a pipe of more than is looked at' big.tar sh -c 'cat big.tar | oci-sniff -e oci-layout'
untouched 'one byte a read' s.tar sh -c \
	'dd if=s.tar bs=1 2>/dev/null | oci-sniff --expect oci-layout -'
untouched 'from where standard input stands' s.tar sh -c \
	'{ printf abc; cat s.tar; } >x; { dd bs=3 count=1 of=y 2>y.err; oci-sniff -e oci-layout; } <x'
untouched 'any of several' docker.tar oci-sniff -e oci-layout -e docker-archive docker.tar
untouched 'what is compressed stays so' s.gz oci-sniff -e oci-layout s.gz
untouched 'compressed, from a pipe' s.gz sh -c 'cat s.gz | oci-sniff -e oci-layout'
untouched 'text' "$TESTS/lib.sh" oci-sniff -e unknown "$TESTS/lib.sh"
: >empty
untouched 'nothing' empty oci-sniff -e empty empty
untouched 'nothing, from a pipe' empty sh -c ': | oci-sniff -e empty'
tarlib 'tar(*members(image(tag="v1"))[:-1], entry("manifest.json", b"[{\"Config\":\"x\"}]"),
	members(image(tag="v1"))[-1])' >both.tar
untouched 'an input of two kinds is either' both.tar \
	sh -c 'oci-sniff -e oci-layout both.tar'


refuses 'anything else does not pass' 1 'docker-archive, not what is expected' \
	oci-sniff -e oci-layout docker.tar
refuses 'nor from a pipe' 1 'standard input: docker-archive, not' \
	sh -c 'cat docker.tar | oci-sniff -e oci-layout'
is 'nothing is written then' "$(wc -c <"$OUT")" 0
echo hello >file && tar cf layer.tar file
refuses 'nor a layer' 1 'tar, not what is expected' oci-sniff -e oci-layout layer.tar
refuses 'nor a stream that ended in its first header' 1 'unknown, not' \
	sh -c 'head -c 300 s.tar | oci-sniff -e oci-layout'
run sh -c 'head -c 1500 s.tar | oci-sniff -e oci-layout | oci-index -o out.tar'
is 'one that ends later is found out behind it' "$STATUS $(ls out.tar 2>&1 | grep -c 'No such')" \
	'3 1'
tarlib 'tar(*members(image(tag="v1"))[:-1])' >opened.tar
refuses 'in a file also one that was not committed' 1 'no index.json' \
	oci-sniff -e oci-layout opened.tar
tarlib 'tar(*members(image(tag="v1"))[::-1])' >reversed.tar
untouched 'in any order' reversed.tar sh -c 'cat reversed.tar | oci-sniff -e oci-layout'
run oci-sniff -q -e oci-layout docker.tar
is 'with -q the status alone tells' "$STATUS $(cat "$OUT" "$ERR" | wc -c)" '1 0'

refuses 'an unknown format is a usage error' 2 'not a format: oci' oci-sniff -e oci s.tar
refuses 'two inputs are' 2 'too many: s.tar' oci-sniff -e oci-layout s.tar s.tar
mkdir layout && tar xf s.tar -C layout
refuses 'a directory cannot be passed on' 2 'layout: a directory' oci-sniff -e oci-dir layout
refuses 'a missing file' 4 'nowhere: No such file' oci-sniff -e oci-layout nowhere
# rows: T112
refuses 'a full disk is a failure' 4 'standard output: ' \
	sh -c 'oci-sniff -e oci-layout big.tar >/dev/full'
# rows: T111
run sh -c 'oci-sniff -e oci-layout big.tar | head -c 1'
is 'who reads no more ends it quietly' "$STATUS $(wc -c <"$OUT") $(wc -c <"$ERR")" '0 1 0'

# The guard before a filter: nothing comes, and the filter says so.
run sh -c 'oci-sniff -q -e oci-layout <docker.tar | oci-index -o out.tar'
is 'behind a guard that says no nothing is made' "$STATUS $(ls out.tar 2>&1 | grep -c 'No such')" '3 1'
refuses 'a guard says why in the same line' 1 'not what is expected: an ELF program' \
	oci-sniff -e tar "$B/bin/oci-sniff"
