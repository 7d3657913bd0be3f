/*
 * Tar headers decoded, by TAP: every case is an archive made here and what must come of it.
 *
 *	tar list stream|layer <in	one line an entry: what 0022-tar-peers.t compares
 *
 * What comes of an archive is written as a text: "F name 3 " for a file of three bytes, H
 * "name>target", S, C, B, D, P (fifo), G (sparse), U (unknown) as well; "| " for an archive's
 * end, "." for the input's, "!text" for an error, of which only a part is given. Each archive is
 * read in four ways, all with the same outcome: content passed over by seeking and by reading,
 * read whole by one byte a read, read in part.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/io.h"
#include "core/tar.h"

/* Room for a name of the largest size. */
#define MAX_OUTCOME (MAX_TAR_NAME + 1024)

static int cases;
static int failures;

static void
ok(bool pass, const char *name)
{
	cases++;
	if (!pass)
		failures++;
	printf("%sok %d - %s\n", pass ? "" : "not ", cases, name);
}

/* --- archives, made of pieces --- */

enum piece_kind { PIECE_NONE, PIECE_HEADER, PIECE_RAW, PIECE_ZEROS };

struct piece {
	enum piece_kind kind;
	char flag;
	const char *name;
	const char *body; /* content: len bytes, or up to its NUL if len is 0 */
	size_t len;
	char size[13]; /* the size field as it is; else that of the body, in octal */
	const char *link;
	size_t at; /* if not 0: with, of with_len bytes or up to NUL, goes there */
	const char *with;
	size_t with_len;
	int wrong;	/* added to the checksum */
	bool with_sign; /* the checksum is of signed chars */
};

/* Two short names for the tables below, which would be three times as long without. */
#define HEAD(f, ...)                                         \
	{                                                    \
		.kind = PIECE_HEADER, .flag = f, __VA_ARGS__ \
	}
#define ZEROS(n)                              \
	{                                     \
		.kind = PIECE_ZEROS, .len = n \
	}
#define END ZEROS(1024)

struct archive {
	unsigned char *bytes;
	size_t len;
};

static void
append(struct archive *a, const void *bytes, size_t len)
{
	a->bytes = realloc(a->bytes, a->len + len + 1);
	if (a->bytes == NULL)
		abort();
	if (bytes != NULL)
		memcpy(a->bytes + a->len, bytes, len);
	else
		memset(a->bytes + a->len, 0, len);
	a->len += len;
}

static void
append_header(struct archive *a, const struct piece *p, size_t len)
{
	unsigned char b[TAR_BLOCK] = { 0 };
	char sum[16];
	int total = 0;
	size_t i;

	memcpy(b, p->name, strnlen(p->name, 100));
	memcpy(b + 100, "0000644", 8);
	memcpy(b + 108, "0000000", 8);
	memcpy(b + 116, "0000000", 8);
	(void)snprintf((char *)b + 124, 12, "%011zo", len);
	if (p->size[0] != '\0')
		memcpy(b + 124, p->size, 12);
	memcpy(b + 136, "00000000000", 12);
	memset(b + 148, ' ', 8);
	b[156] = (unsigned char)p->flag;
	if (p->link != NULL)
		memcpy(b + 157, p->link, strnlen(p->link, 100));
	memcpy(b + 257, "ustar\00000", 8);
	if (p->with != NULL)
		memcpy(b + p->at, p->with, p->with_len > 0 ? p->with_len : strlen(p->with));
	for (i = 0; i < TAR_BLOCK; i++)
		total += p->with_sign ? (signed char)b[i] : b[i];
	(void)snprintf(sum, sizeof(sum), "%06o", (unsigned int)(total + p->wrong));
	memcpy(b + 148, sum, 7);
	append(a, b, sizeof(b));
}

static void
append_piece(struct archive *a, const struct piece *p)
{
	const size_t len = p->len > 0 || p->body == NULL ? p->len : strlen(p->body);

	if (p->kind != PIECE_HEADER) {
		append(a, p->body, len);
		return;
	}
	append_header(a, p, len);
	if (len > 0) {
		append(a, p->body, len);
		append(a, NULL, (TAR_BLOCK - len % TAR_BLOCK) % TAR_BLOCK);
	}
}

/* --- reading them --- */

struct memory {
	struct reader reader;
	const unsigned char *at;
	size_t left;
	size_t most; /* bytes a read */
};

static int
memory_read(struct reader *r, void *buf, size_t cap, size_t *len, struct error *err)
{
	struct memory *m = (struct memory *)(void *)r;

	(void)err;
	*len = cap < m->left ? cap : m->left;
	*len = *len < m->most ? *len : m->most;
	memcpy(buf, m->at, *len);
	m->at += *len;
	m->left -= *len;
	return 0;
}

static int
memory_skip(struct reader *r, uint64_t n, struct error *err)
{
	struct memory *m = (struct memory *)(void *)r;

	if (n > m->left)
		return error_set(err, ERROR_INPUT, "%s: ended early", r->name);
	m->at += n;
	m->left -= (size_t)n;
	return 0;
}

enum way { WAY_SEEK, WAY_PASS, WAY_BYTES, WAY_PART, WAYS };

static int
use_content(struct tar_reader *t, enum way way, struct error *err)
{
	char buf[700];
	size_t n;

	if (way == WAY_SEEK || way == WAY_PASS)
		return 0;
	if (way == WAY_PART)
		return reader_fill(&t->content, buf, 3, &n, err);
	do {
		if (reader_read(&t->content, buf, sizeof(buf), &n, err) == -1)
			return -1;
	} while (n > 0);
	return 0;
}

static void
say(char *out, size_t cap, const char *text)
{
	const size_t used = strlen(out);

	(void)snprintf(out + used, cap - used, "%s", text);
}

static void
say_entry(char *out, size_t cap, const struct tar_entry *e)
{
	static const char letters[] = "FHSCBDPGU";
	const size_t used = strlen(out);

	(void)snprintf(out + used, cap - used, "%c %s%s%s %" PRIu64 " ", letters[e->type], e->name,
	    e->link[0] != '\0' ? ">" : "", e->link, e->size);
	assert(strlen(e->name) == e->name_len && strlen(e->link) == e->link_len);
}

static void
outcome(const struct archive *a, enum tar_profile profile, enum way way, char *out, size_t cap,
    struct error *err)
{
	struct memory m = { .reader = { .read = memory_read, .name = "x.tar" },
		.at = a->bytes,
		.left = a->len,
		.most = way == WAY_BYTES ? 1 : SIZE_MAX };
	struct tar_reader t;
	struct tar_entry e;
	enum tar_event event;

	m.reader.skip = way == WAY_SEEK ? memory_skip : NULL;
	out[0] = '\0';
	tar_reader_init(&t, &m.reader, profile);
	do {
		if (tar_reader_next(&t, &event, &e, err) == -1)
			break;
		if (event == TAR_ENTRY) {
			say_entry(out, cap, &e);
			assert(e.offset == m.reader.offset);
			if (use_content(&t, way, err) == -1)
				break;
		} else {
			say(out, cap, event == TAR_END ? "." : "| ");
		}
	} while (event != TAR_END);
	if (err->kind != ERROR_NONE) {
		say(out, cap, "!");
		say(out, cap, err->text);
	} else if (tar_reader_next(&t, &event, &e, err) == -1 || event != TAR_END) {
		say(out, cap, "(and again something else)");
	}
	tar_reader_release(&t);
}

/* Up to a "!" the texts are equal, and then what is left of expected is somewhere in got. */
static bool
matches(const char *got, const char *expected)
{
	const char *bang = strchr(expected, '!');

	if (bang == NULL)
		return strcmp(got, expected) == 0;
	return strncmp(got, expected, (size_t)(bang + 1 - expected)) == 0 &&
	    strstr(got + (bang - expected), bang + 1) != NULL;
}

static void
check(const char *name, const struct archive *a, enum tar_profile profile, const char *expected)
{
	char got[MAX_OUTCOME];
	int way;

	for (way = 0; way < WAYS; way++) {
		struct error err = { .kind = ERROR_NONE };

		outcome(a, profile, (enum way)way, got, sizeof(got), &err);
		if (!matches(got, expected) ||
		    (err.kind != ERROR_NONE && err.kind != ERROR_INPUT)) {
			ok(false, name);
			printf("# way %d got: %s\n# expected: %s\n", way, got, expected);
			return;
		}
	}
	ok(true, name);
}

/* --- the cases --- */

struct example {
	const char *name;
	enum tar_profile profile;
	struct piece pieces[6];
	const char *expected;
};

#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define HUNDRED FIFTY FIFTY

static const struct example ends[] = {
	{ "an input without a byte ends at once", TAR_STREAM, { ZEROS(0) }, "." },
	{ "a layer without a byte is truncated", TAR_LAYER, { ZEROS(0) }, "!without its end" },
	{ "two zero blocks end an archive", TAR_STREAM, { END }, "| ." },
	{ "two zero blocks are an empty layer", TAR_LAYER, { END }, "." },
	{ "a stream may lack its end blocks", TAR_STREAM, { HEAD('0', "a", "x") }, "F a 1 ." },
	{ "a stream may have one end block", TAR_STREAM, { HEAD('0', "a", "x"), ZEROS(512) },
	    "F a 1 ." },
	{ "a layer may not have one end block", TAR_LAYER, { HEAD('0', "a", "x"), ZEROS(512) },
	    "F a 1 !without its end blocks: truncated" },
	{ "a second end block cut short ends no layer", TAR_LAYER,
	    { HEAD('0', "a", "x"), ZEROS(1000) }, "F a 1 !without its end blocks" },
	{ "zeros after the end blocks are padding", TAR_STREAM,
	    { HEAD('0', "a", "x"), END, ZEROS(9216) }, "F a 1 | ." },
	{ "zeros after the end of a layer are padding", TAR_LAYER,
	    { HEAD('0', "a", "x"), END, ZEROS(9216) }, "F a 1 ." },
	{ "padding may be no multiple of 512", TAR_STREAM, { HEAD('0', "a", "x"), END, ZEROS(100) },
	    "F a 1 | ." },
	{ "nor in a layer", TAR_LAYER, { HEAD('0', "a", "x"), END, ZEROS(100) }, "F a 1 ." },
	{ "archives follow one another", TAR_STREAM,
	    { HEAD('0', "a", "x"), END, HEAD('0', "b", "yy"), END }, "F a 1 | F b 2 | ." },
	{ "also after padding", TAR_STREAM,
	    { HEAD('0', "a", "x"), END, ZEROS(4096), HEAD('0', "b", "yy"), END },
	    "F a 1 | F b 2 | ." },
	{ "nothing follows a layer", TAR_LAYER,
	    { HEAD('0', "a", "x"), END, HEAD('0', "b", "yy"), END },
	    "F a 1 !offset 2048: junk after the end" },
	{ "junk after the end is refused", TAR_STREAM,
	    { HEAD('0', "a"), END,
		{ PIECE_RAW,
		    .body = HUNDRED HUNDRED HUNDRED FIFTY HUNDRED HUNDRED HUNDRED FIFTY } },
	    "F a 0 | !offset 1536: junk after the end" },
	{ "junk shorter than a block too", TAR_STREAM,
	    { HEAD('0', "a"), END, { PIECE_RAW, .body = "x" } }, "F a 0 | !junk after the end" },
	{ "junk after a layer is refused", TAR_LAYER,
	    { HEAD('0', "a"), END, { PIECE_RAW, .body = "x" } }, "F a 0 !junk after the end" },
	{ "an entry after one end block is refused", TAR_STREAM,
	    { HEAD('0', "a", "x"), ZEROS(512), HEAD('0', "b") },
	    "F a 1 !offset 1536: an end block" },
	{ "a text is not a tar", TAR_STREAM, { { PIECE_RAW, .body = "<html>" } },
	    "!x.tar: offset 0: not a tar archive" },
	{ "half a header is refused", TAR_STREAM, { HEAD('0', "a"), { PIECE_RAW, .body = "b" } },
	    "F a 0 !offset 512: ended inside a header" },
	{ "a checksum off by one is refused", TAR_STREAM,
	    { HEAD('0', "a"), HEAD('0', "b", "x", .wrong = 1), END },
	    "F a 0 !offset 512: a header with a wrong checksum" },
	{ "a checksum of signed characters is right", TAR_STREAM,
	    { HEAD('0', "\303\274", .with_sign = true), END }, "F \303\274 0 | ." },
	{ "an empty checksum is none", TAR_STREAM,
	    { { PIECE_RAW, .body = "x", .len = 1 }, ZEROS(511) }, "!not a tar" },
	{ "content that ends early is refused", TAR_STREAM,
	    { HEAD('0', "a", .size = "00000001000"), { PIECE_RAW, .body = "only this" } },
	    "F a 512 !ended" },
	{ "eight tebibytes that are not there", TAR_STREAM,
	    { HEAD('x', "p", "22 size=8796093022208\n"), HEAD('0', "a"), ZEROS(2048) },
	    "F a 8796093022208 !ended" },
};

static const struct example numbers[] = {
	{ "twelve octal digits need no terminator", TAR_STREAM,
	    { HEAD('0', "a", "x", .size = "000000000001"), END }, "F a 1 | ." },
	{ "spaces around a number are fine", TAR_STREAM,
	    { HEAD('0', "a", "x", .size = "         1 \0"), END }, "F a 1 | ." },
	{ "an empty size is 0", TAR_STREAM,
	    { HEAD('0', "a", .at = 124, .with = "\0\0\0\0\0\0\0\0\0\0\0", .with_len = 12), END },
	    "F a 0 | ." },
	{ "a size of spaces is refused", TAR_STREAM,
	    { HEAD('0', "a", .size = "            "), END }, "!offset 0: a size" },
	{ "a letter after the digits is refused", TAR_STREAM,
	    { HEAD('0', "a", "xxxx", .size = "0000000004x"), END }, "!a size that is no number" },
	{ "an 8 is refused", TAR_STREAM, { HEAD('0', "a", .size = "00000000008"), END },
	    "!a size" },
	{ "a sign is refused", TAR_STREAM, { HEAD('0', "a", .size = "-0000000001"), END },
	    "!a size" },
	{ "digits after the terminator are refused", TAR_STREAM,
	    { HEAD('0', "a", "x", .size = "0000001\0001\0"), END }, "!a size" },
	{ "a base-256 size is read", TAR_STREAM,
	    { HEAD('0', "a", "xyz", .size = "\200\0\0\0\0\0\0\0\0\0\0\3"), END }, "F a 3 | ." },
	{ "base-256 -1 is refused", TAR_STREAM,
	    { HEAD('0', "a", .size = "\377\377\377\377\377\377\377\377\377\377\377\377"), END },
	    "!a size" },
	{ "base-256 2^62 is more than there is", TAR_STREAM,
	    { HEAD('0', "a", .size = "\200\0\0\0\100\0\0\0\0\0\0\0"), END },
	    "F a 4611686018427387904 !ended" },
	{ "base-256 2^63 is refused", TAR_STREAM,
	    { HEAD('0', "a", .size = "\200\0\0\0\200\0\0\0\0\0\0\0"), END }, "!a size" },
	{ "base-256 2^64 + 1 does not wrap", TAR_STREAM,
	    { HEAD('0', "a", "x", .size = "\200\0\0\1\0\0\0\0\0\0\0\1"), END }, "!a size" },
	{ "a base-256 first byte of 0x81 is refused", TAR_STREAM,
	    { HEAD('0', "a", .size = "\201\0\0\0\0\0\0\0\0\0\0\0"), END }, "!a size" },
	{ "junk in mtime, ids and names is no matter", TAR_STREAM,
	    { HEAD('0', "a", "x", .at = 108, .with = "\377\377\377\377\377\377\377\377junkjunk",
		  .with_len = 16),
		HEAD('0', "b", .at = 136, .with = "notatimenot!"),
		HEAD('0', "c", .at = 265, .with = FIFTY "01234567890123"), END },
	    "F a 1 F b 0 F c 0 | ." },
	{ "a mode that is no number is no matter in a stream", TAR_STREAM,
	    { HEAD('0', "a", .at = 100, .with = "rw-r--r--"), END }, "F a 0 | ." },
	{ "in a layer it is", TAR_LAYER, { HEAD('0', "a", .at = 100, .with = "rw-r--r--"), END },
	    "!a mode" },
};

static const struct example names[] = {
	{ "./ and // are dropped in a stream", TAR_STREAM,
	    { HEAD('0', "./blobs//sha256/./ab"), HEAD('5', "./blobs/"), HEAD('5', "./"), END },
	    "F blobs/sha256/ab 0 D blobs 0 D . 0 | ." },
	{ "names of a layer stay as they are", TAR_LAYER,
	    { HEAD('0', "./a//b"), HEAD('5', "./"), HEAD('0', "/etc/x"), HEAD('0', "..."), END },
	    "F ./a//b 0 D ./ 0 F /etc/x 0 F ... 0 ." },
	{ "an absolute name is refused in a stream", TAR_STREAM, { HEAD('0', "/x"), END },
	    "!offset 0: an absolute name: /x" },
	{ "a name that goes up is refused", TAR_STREAM, { HEAD('0', "../../x"), END },
	    "!a name with \"..\": ../../x" },
	{ "also in the middle", TAR_STREAM, { HEAD('0', "a/../index.json"), END }, "!a name with" },
	{ "also at the end", TAR_STREAM, { HEAD('5', "a/.."), END }, "!a name with" },
	{ "also in a layer", TAR_LAYER, { HEAD('0', "a/../b"), END }, "!a name with" },
	{ "also from pax", TAR_LAYER, { HEAD('x', "p", "13 path=../x\n"), HEAD('0', "a"), END },
	    "!a name with" },
	{ "also from a GNU long name", TAR_LAYER,
	    { HEAD('L', "././@LongLink", "../x", .len = 5), HEAD('0', "a"), END }, "!a name with" },
	{ "names that only begin with dots are names", TAR_STREAM,
	    { HEAD('0', "..a/...//.b"), END }, "F ..a/.../.b 0 | ." },
	{ "an empty name is refused", TAR_STREAM, { HEAD('0', ""), END }, "!an empty name" },
	{ "a name of 100 bytes needs no NUL", TAR_STREAM, { HEAD('0', HUNDRED), END },
	    "F " HUNDRED " 0 | ." },
	{ "prefix and name are joined by one slash", TAR_LAYER,
	    { HEAD('0', "name", .at = 345, .with = "the/prefix"), END }, "F the/prefix/name 0 ." },
	{ "a name of 256 bytes", TAR_LAYER,
	    { HEAD('0', HUNDRED, .at = 345, .with = HUNDRED FIFTY "abcde"), END },
	    "F " HUNDRED FIFTY "abcde/" HUNDRED " 0 ." },
	{ "GNU headers have no prefix there", TAR_STREAM,
	    { HEAD('0', "name", .at = 257,
		  .with = "ustar  \0"
			  "01234567890123456789012345678901"
			  "01234567890123456789012345678901"
			  "0000000\0"
			  "0000000\0"
			  "12345",
		  .with_len = 93),
		END },
	    "F name 0 | ." },
	{ "v7 headers have no prefix", TAR_STREAM,
	    { HEAD('\0', "name", .at = 257, .with = "\0\0\0\0\0\0\0", .with_len = 8), END },
	    "F name 0 | ." },
	{ "a prefix in an unknown version is refused", TAR_STREAM,
	    { HEAD('0', "a", .at = 257,
		  .with = "ustar\0"
			  "01" TEN TEN TEN "01" TEN TEN TEN "01"
			  "0000000\0"
			  "0000000\0"
			  "p",
		  .with_len = 89),
		END },
	    "!unknown version of ustar" },
	{ "a prefix of star's length in a star header", TAR_STREAM,
	    { HEAD('0', "a", .at = 345,
		  .with = HUNDRED FIFTY "abcde"
					"\0\0\0\0\0\0\0\0tar\0",
		  .with_len = 167),
		END },
	    "!star" },
};

static const struct example types[] = {
	{ "each type is told", TAR_LAYER,
	    { HEAD('1', "h", .link = "t"), HEAD('2', "s", .link = "../t"), HEAD('3', "c"),
		HEAD('4', "b"), HEAD('6', "p"), END },
	    "H h>t 0 S s>../t 0 C c 0 B b 0 P p 0 ." },
	{ "only links have a target", TAR_LAYER,
	    { HEAD('0', "f", .link = "t"), HEAD('5', "d", .link = "t"), END }, "F f 0 D d 0 ." },
	{ "a target of 100 bytes needs no NUL", TAR_LAYER, { HEAD('2', "s", .link = HUNDRED), END },
	    "S s>" HUNDRED " 0 ." },
	{ "a link without a target is refused", TAR_LAYER, { HEAD('2', "s"), END },
	    "!an empty name" },
	{ "7 is a file, v7's NUL too", TAR_STREAM,
	    { HEAD('7', "a", "xx"), HEAD('\0', "b", "y"), END }, "F a 2 F b 1 | ." },
	{ "an old header with a slash is a directory", TAR_STREAM,
	    { HEAD('\0', "d/"), HEAD('0', "e/"), END }, "D d 0 D e 0 | ." },
	{ "a file's header with a slash and content is refused", TAR_STREAM,
	    { HEAD('0', "index.json/", "x"), END }, "!content after a header" },
	{ "v7's too", TAR_STREAM, { HEAD('\0', "a/", "x"), END }, "!content after a header" },
	{ "a directory with content is refused", TAR_STREAM, { HEAD('5', "d", "x"), END },
	    "!content after a header" },
	{ "a hard link with content", TAR_LAYER, { HEAD('1', "h", "x", .link = "t"), END },
	    "!content after a header" },
	{ "a symlink with content", TAR_LAYER, { HEAD('2', "s", "x", .link = "t"), END },
	    "!content after a header" },
	{ "a device with content", TAR_LAYER, { HEAD('3', "c", "x"), END }, "!content after" },
	{ "a block device with content", TAR_LAYER, { HEAD('4', "b", "x"), END },
	    "!content after" },
	{ "a fifo with content", TAR_LAYER, { HEAD('6', "p", "x"), END }, "!content after" },
	{ "a directory whose content pax tells", TAR_LAYER,
	    { HEAD('x', "p", "10 size=1\n"), HEAD('5', "d"), END }, "!content after" },
	{ "unknown flags are passed over with their content", TAR_STREAM,
	    { HEAD('V', "label"), HEAD('M', "m", "xx"), HEAD('N', "n", "y"), HEAD('D', "d", "z"),
		HEAD('0', "f"), END },
	    "U label 0 U m 2 U n 1 U d 1 F f 0 | ." },
};

#define GNU_MAGIC "ustar  "
#define SPARSE_HEAD(more, first)                                 \
	.at = 257, .with_len = 226,                              \
	.with = GNU_MAGIC "\0" TEN TEN TEN "01" TEN TEN TEN "01" \
			  "0000000\0"                            \
			  "0000000\0"                            \
			  "            "                         \
			  "            "                         \
			  "            "                         \
			  "    "                                 \
			  "\0" first "0000000000\0"              \
			  "00000000001\0"                        \
			  "            "                         \
			  "            "                         \
			  "            "                         \
			  "            "                         \
			  "            "                         \
			  "            " more

static const struct example sparse[] = {
	{ "a GNU sparse file is told in a layer", TAR_LAYER,
	    { HEAD('S', "s", "x", SPARSE_HEAD("\0", "0")), HEAD('0', "f"), END }, "G s 1 F f 0 ." },
	{ "its map may go on in blocks of their own", TAR_LAYER,
	    { HEAD('S', "s", .size = "00000000001", SPARSE_HEAD("\1", "0")),
		{ PIECE_RAW, .body = FIFTY HUNDRED HUNDRED HUNDRED HUNDRED FIFTY "0123\001234567",
		    .len = 512 },
		{ PIECE_RAW, .body = "x" }, ZEROS(511 + 512), END },
	    "G s 1 ." },
	{ "a map that goes on without a first region is refused", TAR_LAYER,
	    { HEAD('S', "s", "x", SPARSE_HEAD("\1", "\0")), END }, "!a sparse file in a form" },
	{ "a map that ends early is refused", TAR_LAYER,
	    { HEAD('S', "s", .size = "00000000001", SPARSE_HEAD("\1", "0")) },
	    "!ended inside a header" },
	{ "a sparse flag in another kind of tar is refused", TAR_LAYER,
	    { HEAD('S', "s", "x"), END }, "!a sparse file in a form" },
	{ "a sparse file is refused in a stream", TAR_STREAM,
	    { HEAD('S', "s", "x", SPARSE_HEAD("\0", "0")), END }, "!offset 0: a sparse file in a" },
	{ "pax sparse records too", TAR_STREAM,
	    { HEAD('x', "p", "22 GNU.sparse.major=1\n"), HEAD('0', "s", "x"), END },
	    "!a sparse file" },
	{ "in a layer they give the name", TAR_LAYER,
	    { HEAD('x', "p",
		  "22 GNU.sparse.major=1\n"
		  "21 GNU.sparse.name=s\n"
		  "12 path=./G\n"),
		HEAD('0', "G", "x"), END },
	    "G s 1 ." },
	{ "that name too may not go up", TAR_LAYER,
	    { HEAD('x', "p",
		  "12 path=./G\n"
		  "24 GNU.sparse.name=../s\n"),
		HEAD('0', "G"), END },
	    "!a name with" },
	{ "a sparse directory is refused", TAR_LAYER,
	    { HEAD('x', "p", "22 GNU.sparse.major=1\n"), HEAD('5', "d"), END }, "!another entry" },
};

static const struct example pax[] = {
	{ "a pax path wins over the header's", TAR_STREAM,
	    { HEAD('x', "p", "17 path=the/name\n"), HEAD('0', "short", "x"), HEAD('0', "b"), END },
	    "F the/name 1 F b 0 | ." },
	{ "a pax linkpath wins", TAR_LAYER,
	    { HEAD('x', "p", "17 linkpath=long\n"), HEAD('2', "s", .link = "t"), END },
	    "S s>long 0 ." },
	{ "a pax size wins over 0", TAR_STREAM,
	    { HEAD('x', "p", "12 size=600\n"), HEAD('0', "a"), ZEROS(1024), HEAD('0', "b"), END },
	    "F a 600 F b 0 | ." },
	{ "a pax size of 0 wins: the next header comes at once", TAR_STREAM,
	    { HEAD('x', "p", "10 size=0\n"), HEAD('0', "a", .size = "00000002000"),
		HEAD('0', "b", "x"), END },
	    "F a 0 F b 1 | ." },
	{ "a Solaris X header is one", TAR_STREAM,
	    { HEAD('X', "p", "17 path=the/name\n"), HEAD('0', "a"), END }, "F the/name 0 | ." },
	{ "other records are passed over, with bytes of any kind", TAR_STREAM,
	    { HEAD('x', "p",
		  "20 mtime=1.50000000\n"
		  "29 SCHILY.xattr.user.a=\0\n\377\1\2\n"
		  "12 comment=\n",
		  .len = 61),
		HEAD('0', "a"), END },
	    "F a 0 | ." },
	{ "a pax header may be empty", TAR_STREAM, { HEAD('x', "p"), HEAD('0', "a"), END },
	    "F a 0 | ." },
	{ "of two paths the last counts", TAR_STREAM,
	    { HEAD('x', "p",
		  "10 path=b\n"
		  "10 path=c\n"),
		HEAD('0', "a"), END },
	    "F c 0 | ." },
	{ "of two sizes the last counts", TAR_STREAM,
	    { HEAD('x', "p",
		  "10 size=9\n"
		  "10 size=0\n"),
		HEAD('0', "a"), END },
	    "F a 0 | ." },
	{ "two pax headers before one entry are refused", TAR_STREAM,
	    { HEAD('x', "p", "10 path=b\n"), HEAD('x', "p", "10 path=c\n"), HEAD('0', "a"), END },
	    "!offset 1024: a pax header after another" },
	{ "a pax header without an entry is refused", TAR_STREAM,
	    { HEAD('0', "a"), HEAD('x', "p", "10 path=b\n"), END }, "F a 0 !of an entry to come" },
	{ "also at the end of the input", TAR_STREAM, { HEAD('x', "p", "10 path=b\n") },
	    "!of an entry to come" },
	{ "a global comment is fine", TAR_STREAM,
	    { HEAD('g', "pax_global_header",
		  "52 comment=0123456789012345678901234567890123456789"
		  "\n"),
		HEAD('0', "a"), END },
	    "F a 0 | ." },
	{ "a global path is refused", TAR_STREAM,
	    { HEAD('g', "g", "10 path=b\n"), HEAD('0', "a"), END }, "!offset 0: a global pax" },
	{ "a global size", TAR_LAYER, { HEAD('g', "g", "10 size=1\n"), HEAD('0', "a"), END },
	    "!a global pax" },
	{ "a global linkpath", TAR_LAYER,
	    { HEAD('g', "g", "14 linkpath=b\n"), HEAD('0', "a"), END }, "!a global pax" },
	{ "a global sparse record", TAR_LAYER,
	    { HEAD('g', "g", "22 GNU.sparse.major=1\n"), HEAD('0', "a"), END }, "!a global pax" },
	{ "a global header between pax header and entry", TAR_LAYER,
	    { HEAD('x', "p", "10 path=b\n"), HEAD('g', "g", "14 comment=hi\n"), HEAD('0', "a"),
		END },
	    "!a pax header after another" },
};

static const struct example long_names[] = {
	{ "GNU long names", TAR_LAYER,
	    { HEAD('L', "././@LongLink", HUNDRED HUNDRED "/", .len = 202), HEAD('0', "a"), END },
	    "D " HUNDRED HUNDRED "/ 0 ." },
	{ "name and link in either order", TAR_LAYER,
	    { HEAD('K', "././@LongLink", "target", .len = 7),
		HEAD('L', "././@LongLink", "name", .len = 5), HEAD('2', "s", .link = "t"),
		HEAD('0', "b"), END },
	    "S name>target 0 F b 0 ." },
	{ "a long name given twice is refused", TAR_STREAM,
	    { HEAD('L', "L", "b", .len = 2), HEAD('L', "L", "c", .len = 2), HEAD('0', "a"), END },
	    "!a GNU long name after another" },
	{ "a long link given twice", TAR_LAYER,
	    { HEAD('K', "K", "b", .len = 2), HEAD('K', "K", "c", .len = 2), HEAD('2', "a"), END },
	    "!a GNU long name after another" },
	{ "NUL inside is refused", TAR_STREAM,
	    { HEAD('L', "L", "a\0b", .len = 4), HEAD('0', "a"), END },
	    "!NUL at its end, or with one" },
	{ "two NULs at the end", TAR_STREAM,
	    { HEAD('L', "L", "ab\0", .len = 4), HEAD('0', "a"), END },
	    "!NUL at its end, or with one" },
	{ "no NUL at the end", TAR_STREAM,
	    { HEAD('L', "L", "abcd", .len = 4), HEAD('0', "a"), END },
	    "!NUL at its end, or with one" },
	{ "an empty long name", TAR_STREAM, { HEAD('L', "L", "", .len = 1), HEAD('0', "a"), END },
	    "!an empty name" },
	{ "a long name of 2 MiB", TAR_STREAM,
	    { HEAD('L', "L", .size = "00010000000"), ZEROS(4096) }, "!longer than 4096" },
	{ "a long name cut short", TAR_STREAM,
	    { HEAD('L', "L", .size = "00000001000"), { PIECE_RAW, .body = "abc" } },
	    "!ended inside a header" },
	{ "a long name without an entry", TAR_STREAM, { HEAD('L', "L", "b", .len = 2), END },
	    "!of an entry to come" },
	/* CVE-2025-62518: the size was applied to L, and its name's bytes became headers. */
	{ "pax before a GNU long name is refused", TAR_STREAM,
	    { HEAD('x', "p", "13 size=2048\n"), HEAD('L', "L", "b", .len = 2), HEAD('0', "a"),
		HEAD('0', "hidden"), END },
	    "!a GNU long name after another" },
	{ "pax after a GNU long name too", TAR_STREAM,
	    { HEAD('L', "L", "b", .len = 2), HEAD('x', "p", "10 path=c\n"), HEAD('0', "a"), END },
	    "!a pax header after another" },
};

/* Bodies of a pax header, and what must be said of them. */
static const struct {
	const char *name;
	const char *body;
	size_t len;
	const char *error;
} bad_bodies[] = {
	{ "a size with a letter", "12 size=12x\n", 0, "a pax size" },
	{ "a negative size", "11 size=-1\n", 0, "a pax size" },
	{ "an empty size", "8 size=\n", 0, "a pax size" },
	{ "a size of 2^63", "28 size=9223372036854775808\n", 0, "a pax size" },
	{ "a size of 2^64", "29 size=18446744073709551616\n", 0, "a pax size" },
	{ "a size of 30 digits", "39 size=100000000000000000000000000000\n", 0, "a pax size" },
	{ "a size with a space", "11 size= 1\n", 0, "a pax size" },
	{ "a record of length 0", "0 size=1\n", 0, "begins with 0" },
	{ "a length with a leading 0", "011 size=1\n", 0, "begins with 0" },
	{ "no length", " size=1\n", 0, "without a length" },
	{ "a length with a sign", "+10 size=1\n", 0, "without a length" },
	{ "digits alone", "1", 0, "without a length" },
	{ "no space after the length", "10=size=1\n", 0, "without a length" },
	{ "a length past the body", "11 size=1\n", 0, "longer than its header" },
	{ "a length of 25 digits", "1000000000000000000000000 a=b\n", 0, "longer than its header" },
	{ "a length of its own digits alone", "2 a=b\n", 0, "without a newline" },
	{ "a length shorter than itself", "1 size=1\n", 0, "without a newline" },
	{ "no newline", "10 size=12", 0, "without a newline" },
	{ "no equals sign", "10 size 1\n", 0, "no key=value" },
	{ "no key", "6 =abc\n", 0, "without a newline" },
	{ "an empty key", "7 =abc\n", 0, "no key=value" },
	{ "an equals sign past the record", "5 ab\n6 c=d\n", 0, "no key=value" },
	{ "NUL in a key", "13 path\0x=ab\n", 13, "no key=value" },
	{ "NUL in a path", "12 path=a\0b\n", 12, "NUL in a name" },
	{ "an empty path", "8 path=\n", 0, "an empty name" },
	{ "junk after the last record", "10 size=0\nxx", 0, "without a length" },
	{ "zeros after the last record", "10 size=0\n\0\0", 12, "without a length" },
};

static void
check_examples(const struct example *e, size_t n)
{
	const size_t most = sizeof(e->pieces) / sizeof(e->pieces[0]);
	size_t i, k;

	for (i = 0; i < n; i++) {
		struct archive a = { .bytes = NULL };

		for (k = 0; k < most && e[i].pieces[k].kind != PIECE_NONE; k++)
			append_piece(&a, &e[i].pieces[k]);
		check(e[i].name, &a, e[i].profile, e[i].expected);
		free(a.bytes);
	}
}

static void
check_bad_bodies(void)
{
	const struct piece file = HEAD('0', "a", "x"), end = END;
	char name[100], expected[100];
	size_t i;

	for (i = 0; i < sizeof(bad_bodies) / sizeof(bad_bodies[0]); i++) {
		struct piece p = HEAD('x', "p", bad_bodies[i].body, .len = bad_bodies[i].len);
		struct archive a = { .bytes = NULL };

		append_piece(&a, &p);
		append_piece(&a, &file);
		append_piece(&a, &end);
		(void)snprintf(name, sizeof(name), "pax: %s is refused", bad_bodies[i].name);
		(void)snprintf(expected, sizeof(expected), "!%s", bad_bodies[i].error);
		check(name, &a, TAR_STREAM, expected);
		free(a.bytes);
	}
}

/* A pax header with a body of our making, a file, and an end. */
static void
check_body(const char *name, char *body, size_t len, enum tar_profile profile, const char *expected)
{
	const struct piece p = HEAD('x', "p", body, .len = len);
	const struct piece file = HEAD('0', "a"), end = END;
	struct archive a = { .bytes = NULL };

	append_piece(&a, &p);
	append_piece(&a, &file);
	append_piece(&a, &end);
	check(name, &a, profile, expected);
	free(a.bytes);
}

static void
check_limits(void)
{
	const size_t room = MAX_PAX_BODY + 64;
	char *body = malloc(room);
	char name[MAX_TAR_NAME + 2] = { 0 };
	char expected[MAX_OUTCOME];
	const struct piece file = HEAD('0', "a"), end = END;
	struct piece p = HEAD('L', "L", name);
	struct archive a = { .bytes = NULL };
	size_t i;
	int n;

	if (body == NULL)
		abort();
	for (i = 0; i < MAX_PAX_RECORDS + 1; i++)
		memcpy(body + 6 * i, "6 a=b\n", 6);
	check_body("1000 pax records are taken", body, MAX_PAX_RECORDS * 6, TAR_STREAM,
	    "F a 0 | .");
	check_body("1001 are not", body, (MAX_PAX_RECORDS + 1) * 6, TAR_STREAM, "!more than 1000");

	memset(body, 'x', room);
	memcpy(body, "1048576 a=", 10);
	body[(1 << 20) - 1] = '\n';
	check_body("a pax header of 1 MiB is taken", body, 1 << 20, TAR_STREAM, "F a 0 | .");
	memcpy(body, "1048577 a=", 10);
	body[(1 << 20) - 1] = 'x';
	body[1 << 20] = '\n';
	check_body("one byte more is not", body, (1 << 20) + 1, TAR_STREAM, "!larger than 1 MiB");

	memset(name, 'n', 4097);
	(void)snprintf(expected, sizeof(expected), "F %.4096s 0 | .", name);
	n = snprintf(body, room, "4107 path=%.4096s\n", name);
	check_body("a pax path of 4096 bytes is taken", body, (size_t)n, TAR_STREAM, expected);
	n = snprintf(body, room, "4108 path=%.4097s\n", name);
	check_body("one of 4097 is not", body, (size_t)n, TAR_STREAM, "!longer than 4096");
	name[4096] = '\0';
	p.len = 4097;
	append_piece(&a, &p);
	append_piece(&a, &file);
	append_piece(&a, &end);
	check("a GNU long name of 4096 bytes is taken", &a, TAR_STREAM, expected);
	free(a.bytes);

	p = (struct piece)HEAD('x', "p", .size = "00000400000", .body = NULL);
	a = (struct archive){ .bytes = NULL };
	append_piece(&a, &p);
	check("a pax header that is not there is refused", &a, TAR_STREAM,
	    "!ended inside a header");
	free(a.bytes);
	free(body);
}

/* Of an archive with everything in it: every cut of a layer is refused, of a stream seen. */
static void
check_cuts(void)
{
	static const struct piece pieces[] = { HEAD('x', "p", "17 path=the/name\n"),
		HEAD('0', "a", HUNDRED), HEAD('L', "L", "long", .len = 5), HEAD('0', "b", "hello"),
		HEAD('5', "d/"), END };
	const char *whole = "F the/name 100 F long 5 D d 0 | .";
	struct archive a = { .bytes = NULL };
	bool layer = true, stream = true;
	size_t i, full;
	char got[MAX_OUTCOME];

	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
		append_piece(&a, &pieces[i]);
	full = a.len;
	for (a.len = 0; a.len < full; a.len++) {
		struct error err = { .kind = ERROR_NONE };

		outcome(&a, TAR_LAYER, (enum way)(a.len % WAYS), got, sizeof(got), &err);
		layer = layer && err.kind == ERROR_INPUT && strchr(got, '.') > strchr(got, '!');
		err.kind = ERROR_NONE;
		outcome(&a, TAR_STREAM, (enum way)(a.len % WAYS), got, sizeof(got), &err);
		if (err.kind == ERROR_NONE) /* between entries, which nobody but index.json tells */
			stream = stream &&
			    (a.len == 0 || a.len == 2048 || a.len == 4096 ||
				a.len >= full - 1024) &&
			    strncmp(got, whole, strlen(got) - 1) == 0;
	}
	ok(layer, "a layer cut at any byte is refused");
	ok(stream, "a stream cut inside a header, content or padding is refused");
	free(a.bytes);
}

static void
check_content(void)
{
	const struct piece file = HEAD('0', "a", TEN TEN), end = END;
	struct archive a = { .bytes = NULL };
	struct memory m = { .reader = { .read = memory_read, .name = "x.tar" }, .most = SIZE_MAX };
	struct error err = { .kind = ERROR_NONE };
	struct tar_reader t;
	struct tar_entry e;
	enum tar_event event;
	char buf[8];
	size_t n = 0;
	bool pass;

	append_piece(&a, &file);
	append_piece(&a, &end);
	m.at = a.bytes;
	m.left = a.len;
	tar_reader_init(&t, &m.reader, TAR_STREAM);
	pass = tar_reader_next(&t, &event, &e, &err) == 0 && e.mode == 0644 &&
	    reader_skip(&t.content, 5, &err) == 0 && t.content.offset == 5 &&
	    reader_fill(&t.content, buf, 3, &n, &err) == 0 && n == 3 && memcmp(buf, "567", 3) == 0;
	ok(pass, "content can be skipped and read");
	ok(reader_skip(&t.content, 13, &err) == -1 && err.kind == ERROR_INPUT,
	    "no more is skipped than there is");
	tar_reader_release(&t);
	tar_reader_release(&t);
	ok(tar_looks_like(a.bytes), "a header looks like one");
	a.bytes[0]++;
	ok(!tar_looks_like(a.bytes) && !tar_looks_like(a.bytes + 1024),
	    "a damaged one does not, nor does an end block");
	free(a.bytes);
}

static int
failing_read(struct reader *r, void *buf, size_t cap, size_t *len, struct error *err)
{
	(void)buf;
	(void)cap;
	(void)len;
	return error_set(err, ERROR_IO, "%s: broken", r->name);
}

/* The first n bytes of an archive, and then a failure of the reader below. */
static void
check_failures(void)
{
	static const struct piece pieces[] = { HEAD('x', "p", "17 path=the/name\n"),
		HEAD('0', "a", TEN), HEAD('L', "L", "b", .len = 2), HEAD('0', "b"), END };
	struct reader broken = { .read = failing_read, .name = "x.tar" };
	struct archive a = { .bytes = NULL };
	struct reader_prefix prefix;
	struct tar_reader t;
	struct tar_entry e;
	enum tar_event event;
	bool pass = true;
	size_t i, n;
	char buf[16];

	for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++)
		append_piece(&a, &pieces[i]);
	for (i = 0; i < a.len; i += 256) {
		struct error err = { .kind = ERROR_NONE };

		reader_prefix_init(&prefix, a.bytes, i, &broken, "x.tar");
		tar_reader_init(&t, &prefix.reader, TAR_LAYER);
		do {
			if (tar_reader_next(&t, &event, &e, &err) == -1)
				break;
		} while (
		    event != TAR_END && reader_fill(&t.content, buf, sizeof(buf), &n, &err) == 0);
		pass = pass && err.kind == ERROR_IO;
		tar_reader_release(&t);
	}
	ok(pass, "a failure of the input is passed on wherever it comes");
	free(a.bytes);
}

static int
run_tests(void)
{
	check_examples(ends, sizeof(ends) / sizeof(ends[0]));
	check_examples(numbers, sizeof(numbers) / sizeof(numbers[0]));
	check_examples(names, sizeof(names) / sizeof(names[0]));
	check_examples(types, sizeof(types) / sizeof(types[0]));
	check_examples(sparse, sizeof(sparse) / sizeof(sparse[0]));
	check_examples(pax, sizeof(pax) / sizeof(pax[0]));
	check_examples(long_names, sizeof(long_names) / sizeof(long_names[0]));
	check_bad_bodies();
	check_limits();
	check_cuts();
	check_content();
	check_failures();
	printf("1..%d\n", cases);
	return failures != 0;
}

static int
list(enum tar_profile profile, struct error *err)
{
	struct reader_fd in;
	struct tar_reader t;
	struct tar_entry e;
	enum tar_event event;
	char line[2 * MAX_TAR_NAME + 64];

	if (reader_fd_open(&in, "-", err) == -1)
		return -1;
	tar_reader_init(&t, &in.reader, profile);
	while (tar_reader_next(&t, &event, &e, err) == 0 && event != TAR_END) {
		line[0] = '\0';
		if (event == TAR_ENTRY) {
			say_entry(line, sizeof(line), &e);
			puts(line);
		}
	}
	tar_reader_release(&t);
	reader_fd_close(&in);
	return err->kind == ERROR_NONE ? 0 : -1;
}

int
main(int argc, char *argv[])
{
	struct error err = { .kind = ERROR_NONE };

	if (argc == 1)
		return run_tests();
	if (argc != 3 || strcmp(argv[1], "list") != 0)
		(void)error_set(&err, ERROR_USAGE, "usage: tar list stream|layer");
	else
		(void)list(strcmp(argv[2], "layer") == 0 ? TAR_LAYER : TAR_STREAM, &err);
	return error_report(&err, "tar", stderr);
}
