#!/bin/sh
# make builds and installs nothing by itself; each program links what it uses, and no more.
. "${0%/*}/lib.sh"
need readelf ldd nm

programs=$(cd "$TOP" && ls bin/oci-*.c | sed 's|bin/||; s|\.c$||')
n=$(echo "$programs" | wc -w)
plan $((9 + 3 * n))

cd "$TOP" || exit 1

refuses_build()	# name, text, make's arguments
{
	name=$1 text=$2
	shift 2
	run make "$@" B="$T/b" all
	if [ "$STATUS" -eq 2 ] && grep -q "not on this machine:.*$text" "$ERR" &&
	    grep -q "'make deps' installs" "$ERR" && [ ! -e "$T/b" ]; then
		pass "$name"
	else
		fail "$name"
		explain make "$@"
	fi
}
refuses_build 'a missing compiler is named' 'no-such-cc' CC=no-such-cc
refuses_build 'a missing pkg-config is named' 'no-such-pkg' PKG_CONFIG=no-such-pkg
refuses_build 'missing headers are named' 'bearssl.h jsmn.h' CPPFLAGS=-nostdinc
PKG_CONFIG_LIBDIR=/nonexistent
export PKG_CONFIG_LIBDIR
refuses_build 'missing libraries are named' 'libarchive libcurl libdeflate libzstd'
unset PKG_CONFIG_LIBDIR

# What was built for this run is what a plain make would build: nothing is left to do.
ok 'install puts programs and pages below DESTDIR' \
	make B="$B" DESTDIR="$T/dest" PREFIX=/usr install
is 'each program is there' "$(cd "$T/dest/usr/bin" && echo *)" "$(echo "$programs" | xargs)"
is 'and each page' "$(cd "$T/dest/usr/share/man" && find . -type f | wc -l)" \
	"$(ls man/*.[157] | wc -l)"
ok 'uninstall takes them away' make B="$B" DESTDIR="$T/dest" PREFIX=/usr uninstall
is 'and leaves no file' "$(find "$T/dest" -type f)" ''

for program in $programs; do
	libraries=$(ldd "$B/bin/$program" | sed -n 's/^[[:space:]]*\(lib[a-z]*\).*/\1/p' | sort -u |
	    grep -E '^lib(archive|curl|yaml|bearssl)$' | xargs)
	nm "$B/bin/$program" | grep -q ' T _*archive_read_new$' && libraries="libarchive $libraries"
	case $program in
	oci-layer) expected=libarchive ;;
	oci-push) expected=libcurl ;;
	*) expected= ;;
	esac
	# libcurl and libarchive, this one shared or static, may bring each other's friends, never
	# each other.
	is "$program links ${expected:-none of the large libraries}" "${libraries% }" "$expected"

	case ${OCIPIPE_SANITIZED:-} in
	'')
		ok "$program is position independent" \
			sh -c "readelf -h '$B/bin/$program' | grep -q 'Type:.*DYN'"
		ok "$program resolves at start, read-only after it" \
			sh -c "readelf -d '$B/bin/$program' | grep -q 'FLAGS.*NOW'"
		;;
	*) skip 2 'a build for a sanitizer' ;;
	esac
done
