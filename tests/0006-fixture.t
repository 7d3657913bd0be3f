#!/bin/sh
# The fixture tree and the workloads are what the other tests and the figures take them for.
. "${0%/*}/lib.sh"
plan 17

ok 'the fixture tree can be made' sh "$TESTS/fixture.sh" tree
notices=$(cat "$OUT")
ok 'and made again' sh "$TESTS/fixture.sh" again
is 'it is the same each time' "$(cd tree && find . -type f -exec cksum {} + | sort)" \
	"$(cd again && find . -type f -exec cksum {} + | sort)"

is 'it has four names of one inode' "$(find tree -samefile tree/links/hard-a | wc -l)" 4
is 'a link that dangles' "$(test -e tree/links/dangling || readlink tree/links/dangling)" nowhere
is 'a link to itself' "$(readlink tree/links/loop)" loop
is 'a setuid file' "$(stat -c %a tree/modes/setuid)" 4755
is 'an empty folder' "$(find tree/empty/nested/deeper -mindepth 1)" ''
for length in 101 256 300; do
	is "a path of $length bytes" \
		"$(cd tree && find . -type f | sed 's|^\./||' | awk -v n=$length 'length($0) == n' | wc -l)" 1
done
is 'a name with a newline' "$(find tree -name '*
*' -printf x)" x
is 'a name with quotes' "$(find tree -name '*"*"*' | wc -l)" 1
is 'a name with a byte that is no UTF-8' "$(find tree -name "*$(printf '\377')" | wc -l)" 1
if lacks getfattr 1; then
	:
elif [ "${notices#*xattrs}" != "$notices" ]; then
	skip 1 "$notices"
else
	is 'an extended attribute' "$(getfattr --only-values -n user.comment tree/etc/with-xattr)" \
		'kept in the layer'
fi

# The generator is built by make bench; here only what the figures rest on: same bytes each time.
"$CC" -std=c11 -O1 -D_XOPEN_SOURCE=700 -o workload "$TESTS/bench/workload.c" || exit 1
ok 'workload S can be made' ./workload S s
is 'its bytes depend on the letter alone' "$(cd s && find . -type f -exec cat {} + | wc -c) $(
	find s -type f | LC_ALL=C sort | xargs cat | sha256sum | cut -c1-16)" \
	'1048576 1778dd09b0d36317'
