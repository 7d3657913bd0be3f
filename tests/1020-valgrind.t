#!/bin/sh
# No program leaks or reads what it should not, on the main ways through it.
. "${0%/*}/lib.sh"
# shellcheck source=tests/registry/lib.sh
. "$TESTS/registry/lib.sh"
need valgrind docker-registry
if sanitized; then
	echo '1..0 # SKIP a sanitizer watches already'
	exit 0
fi
plan 9

clean()
{
	name=$1
	shift
	ok "$name" valgrind -q --trace-children=yes --trace-children-skip='*/sh,*/cat' --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect,possible \
		--errors-for-leak-kinds=definite,indirect,possible "$@"
}

mkdir -p app/.imgpkg && echo hello >app/greeting && ln -s greeting app/link
mkdir more && echo more >more/file
clean 'oci-layer' oci-layer -j 2 -o layer.tar app
clean 'oci-layer -A' sh -c 'oci-layer -A more <layer.tar >both.tar'
clean 'oci-manifest' oci-manifest -t v1 -l a=b --env A=1 -o image.tar both.tar
clean 'oci-index' oci-index -i -t v1 -o index.tar image.tar
clean 'oci-pack to a file' oci-pack -o packed.tar index.tar
clean 'oci-pack to a pipe' sh -c 'oci-pack --verify image.tar | cat >packed.tar'
clean 'oci-sniff' oci-sniff --json layer.tar packed.tar
start_real plain
clean 'oci-push' oci-push --plain-http "127.0.0.1:$PORT/app:v1" image.tar
head -c 5000 packed.tar >cut.tar
run valgrind -q --error-exitcode=99 --leak-check=full oci-pack cut.tar
is 'an input that is cut' "$STATUS" 3
