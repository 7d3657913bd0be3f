#!/bin/sh
# The tree keeps the house rules, and lint sees each one broken.
. "${0%/*}/lib.sh"
need python3 mandoc shellcheck clang-format cppcheck clang-tidy nm

# name | part | file that lint must name | lines that break the rule
plan 31

cp -R "$TOP/bin" "$TOP/common" "$TOP/man" "$TOP/Makefile" "$TOP/.clang-format" \
	"$TOP/.clang-tidy" "$TOP/.ci" .
mkdir tests
cp -R "$TESTS"/*.t "$TESTS"/*.sh "$TESTS"/*.py "$TESTS/tools" "$TESTS/unit" "$TESTS/fuzz" \
	"$TESTS/bench" tests/
B=$T/build
export B
first=bin/$(ls bin | head -n 1) page=man/$(ls man | head -n 1)

lint() { sh tests/tools/lint.sh "$@"; }

# The analysers take their time over the whole tree, and CI lets them: here the quick parts.
for part in libraries arrows sizes forbidden tests headers man; do
	gives "the tree as it is: $part" '' lint "$part"
done

# planted NAME PART FILE TEXT: the file with the text after it breaks the rule; it is put back.
planted()
{
	name=$1 part=$2 file=$3
	rm -f saved; mkdir -p "${file%/*}"
	if [ -e "$file" ]; then mv "$file" saved && cp saved "$file"; fi
	printf '%s\n' "$4" >>"$file"
	run lint "$part"
	if [ -e saved ]; then mv saved "$file"; else rm "$file"; fi
	if [ "$STATUS" -ne 0 ] && grep -q "^$file:" "$OUT"; then
		pass "$name"
	else
		fail "$name"
		explain lint "$part"
	fi
}

planted 'curl.h outside registry/http is seen' libraries common/stream/graph.c \
	'#include <curl/curl.h>'
planted 'jsmn.h outside core/json is seen' libraries common/image/config.c '#include <jsmn.h>'
planted 'archive.h outside layer is seen' libraries "$first" '#include <archive_entry.h>'
planted 'zlib.h outside codec is seen' libraries common/stream/sniff.c '#include <zlib.h>'
planted 'bearssl.h outside core is seen' libraries common/registry/auth.c '#include <bearssl.h>'
planted 'a library in a header is seen' libraries common/codec/compress.h '#include <zstd.h>
#include <curl/curl.h>'
planted 'an arrow up from core is seen' arrows common/core/io.c '#include "image/config.h"'
planted 'an arrow sideways is seen' arrows common/layer/new.c '#include "stream/layout.h"'
planted 'an arrow up from stream is seen' arrows common/stream/graph.c \
	'#include "registry/push.h"'
planted 'an include without a room is seen' arrows common/core/io.c '#include "io.h"'
planted 'a room that nobody designed is seen' arrows common/tools/thing.c '#include "core/io.h"'
planted 'a program of more than 400 lines is seen' sizes "$first" "$(yes '' | head -n 400 |
	sed 's/^/;/')"
planted 'a line of more than 100 columns is seen' sizes common/core/io.c "/*$(printf '%100s' x)*/"
planted 'something left to do is seen' forbidden common/core/io.c "/* TO""DO */"
planted 'an exit in common is seen' forbidden common/core/io.c 'void x(void) { exit(1); }'
planted 'printing in common is seen' forbidden common/image/config.c \
	'void x(void) { fprintf(stderr, "x"); }'
planted 'a class that asks the locale is seen' forbidden common/core/utf8.c \
	'#include <ctype.h>'
planted 'an open that children inherit is seen' forbidden common/core/io.c \
	'int x(void) { return open("x", O_RDONLY); }'
planted 'a room without a subject is seen' forbidden common/core/util.c ''
planted 'a feature macro in a file is seen' forbidden common/core/io.c '#define _GNU_SOURCE'
planted 'a header that leans on others is seen' headers common/core/new.h \
	'int x(size_t n);'
planted 'a page that mandoc dislikes is seen' man "$page" '.Xx'
planted 'text that clang-format would change is seen' format common/core/io.c 'int  x ;'
planted 'what shellcheck warns of is seen' shell tests/demo.sh 'rm $undefined/*'
