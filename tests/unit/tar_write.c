/*
 * Tar headers encoded, by TAP. The layers of imgpkg's own that are built here again are told by
 * their digests alone.
 *
 *	tar_write archive >out	an archive with every kind of header: what 0022-tar-peers.t lists
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/digest.h"
#include "core/error.h"
#include "core/io.h"
#include "core/tar.h"

#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define HUNDRED FIFTY FIFTY
#define A30 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B30 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define C60 "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
#define D60 "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"

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

/* Keeps everything; fails once more than limit bytes came. */
struct memory {
	struct writer writer;
	unsigned char *bytes;
	size_t len;
	size_t limit;
};

static int
memory_write(struct writer *w, const void *buf, size_t len, struct error *err)
{
	struct memory *m = (struct memory *)(void *)w;

	if (len > m->limit - m->len)
		return error_set(err, ERROR_IO, "%s: full", w->name);
	m->bytes = realloc(m->bytes, m->len + len);
	if (m->bytes == NULL)
		abort();
	memcpy(m->bytes + m->len, buf, len);
	m->len += len;
	return 0;
}

static void
memory_init(struct memory *m)
{
	*m = (struct memory){ .writer = { .write = memory_write, .name = "memory" },
		.limit = SIZE_MAX };
}

/* --- one header, field by field --- */

struct expectation {
	size_t at;
	const char *bytes;
	size_t len; /* 0: up to the text's NUL, and that too */
};

/* What is written of a header alone, at its offsets; with pax, the body is at 512. */
struct example {
	const char *name;
	enum tar_dialect dialect;
	struct tar_header header;
	size_t blocks;
	struct expectation fields[6];
};

static const struct tar_xattr two_xattrs[] = { { "security.capability", "\1\0\0\2\n=", 6 },
	{ "user.empty", "", 0 } };

static const struct tar_xattr value_80 = { "a", HUNDRED, 80 };
static const struct tar_xattr value_81 = { "a", HUNDRED, 81 };

static const struct example examples[] = {
	{ "a file", TAR_PLAIN,
	    { .name = "a", .mode = 04755, .size = 0777, .uid = 1000, .gid = 07777777, .mtime = 8 },
	    1,
	    { { 0, "a", 0 },
		{ 100,
		    "0004755\0"
		    "0001750\0"
		    "7777777\0"
		    "00000000777\0"
		    "00000000010",
		    48 },
		{ 156, "0", 0 },
		{ 257,
		    "ustar\0"
		    "00\0",
		    9 },
		{ 329,
		    "0000000\0"
		    "0000000\0",
		    17 } } },
	{ "a directory ends in a slash", TAR_PLAIN, { .name = "d", .type = TAR_DIRECTORY }, 1,
	    { { 0, "d/", 0 }, { 156, "5", 0 } } },
	{ "imgpkg's does not", TAR_IMGPKG, { .name = ".", .type = TAR_DIRECTORY, .mode = 0700 }, 1,
	    { { 0, ".", 0 }, { 148, "007251\0 5", 9 } } },
	{ "a symlink and its target", TAR_PLAIN,
	    { .name = "s", .link = "../t", .type = TAR_SYMLINK }, 1, { { 156, "2../t", 0 } } },
	{ "a hard link", TAR_PLAIN, { .name = "h", .link = "t", .type = TAR_HARDLINK }, 1,
	    { { 156, "1t", 0 } } },
	{ "a name of 100 bytes", TAR_PLAIN, { .name = HUNDRED }, 1,
	    { { 0, HUNDRED "0000000", 0 } } },
	{ "a directory of 100 bytes takes a prefix", TAR_PLAIN,
	    { .name = "dir/" FIFTY TEN TEN TEN TEN "012345", .type = TAR_DIRECTORY }, 1,
	    { { 0, FIFTY TEN TEN TEN TEN "012345/", 0 }, { 345, "dir", 0 } } },
	{ "a name splits at the last slash that fits the prefix", TAR_PLAIN,
	    { .name = HUNDRED "/" FIFTY "/abcd/" FIFTY }, 1,
	    { { 0, "abcd/" FIFTY, 0 }, { 345, HUNDRED "/" FIFTY, 0 } } },
	{ "a prefix of 155 bytes", TAR_PLAIN, { .name = HUNDRED FIFTY "abcde/" HUNDRED }, 1,
	    { { 0, HUNDRED "0000000", 0 }, { 345, HUNDRED FIFTY "abcde", 155 } } },
	{ "one of 156 needs pax", TAR_PLAIN, { .name = HUNDRED FIFTY "abcdef/" HUNDRED }, 3,
	    { { 0, HUNDRED "0000000", 0 }, { 124, "00000000413", 0 }, { 156, "x", 0 },
		{ 512, "267 path=" HUNDRED FIFTY "abcdef/" HUNDRED "\n", 0 },
		{ 1024, HUNDRED "0000000", 0 }, { 1180, "0", 0 } } },
	{ "a directory's own slash is no place to split", TAR_PLAIN,
	    { .name = HUNDRED TEN, .type = TAR_DIRECTORY }, 3,
	    { { 512, "121 path=" HUNDRED TEN "/\n", 0 }, { 1024, HUNDRED, 100 } } },
	{ "a name with bytes of any kind needs no pax", TAR_PLAIN, { .name = "\303\274\377\n" }, 1,
	    { { 0, "\303\274\377\n", 0 } } },
	{ "imgpkg's does, and loses them in the header", TAR_IMGPKG,
	    { .name = "\303\274.txt", .mode = 0600, .size = 2 }, 3,
	    { { 0, "PaxHeaders.0/.txt", 0 },
		{ 100,
		    "0000000\0"
		    "0000000\0"
		    "0000000\0"
		    "00000000017",
		    36 },
		{ 512, "15 path=\303\274.txt\n", 0 }, { 1024, ".txt", 0 }, { 1124, "0000600", 0 },
		{ 1148, "00000000002", 0 } } },
	{ "the pax header's device numbers are empty", TAR_IMGPKG, { .name = "d/\303\274" }, 3,
	    { { 0, "d/PaxHeaders.0", 0 }, { 329, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 17 },
		{ 1353,
		    "0000000\0"
		    "0000000\0",
		    17 } } },
	{ "imgpkg's DEL is a byte like others", TAR_IMGPKG, { .name = "a\177" }, 1,
	    { { 0, "a\177", 0 } } },
	{ "imgpkg's long name splits", TAR_IMGPKG, { .name = HUNDRED "/" FIFTY }, 1,
	    { { 0, FIFTY, 0 }, { 345, HUNDRED, 0 } } },
	{ "but not beside a pax size", TAR_IMGPKG,
	    { .name = HUNDRED "/" FIFTY, .size = (uint64_t)1 << 33 }, 3,
	    { { 512,
		  "161 path=" HUNDRED "/" FIFTY "\n"
		  "19 size=8589934592\n",
		  0 },
		{ 1024, HUNDRED "0000000", 0 }, { 1148, "00000000000", 0 }, { 1369, "", 1 } } },
	{ "ours does", TAR_PLAIN, { .name = HUNDRED "/" FIFTY, .size = (uint64_t)1 << 33 }, 3,
	    { { 512, "19 size=8589934592\n", 0 }, { 1024, FIFTY, 0 }, { 1148, "00000000000", 0 },
		{ 1369, HUNDRED, 0 } } },
	{ "8 GiB less one fit", TAR_PLAIN, { .name = "a", .size = ((uint64_t)1 << 33) - 1 }, 1,
	    { { 124, "77777777777", 0 } } },
	{ "a cut name does not end in a slash", TAR_IMGPKG,
	    { .name = FIFTY TEN TEN TEN TEN "012345678/" HUNDRED FIFTY }, 3,
	    { { 1024,
		FIFTY TEN TEN TEN TEN "012345678\0"
				      "0000000",
		108 } } },
	{ "a long target needs pax", TAR_PLAIN,
	    { .name = "s", .link = HUNDRED "x", .type = TAR_SYMLINK }, 3,
	    { { 512, "115 linkpath=" HUNDRED "x\n", 115 }, { 1181, HUNDRED "ustar", 0 } } },
	{ "ids past 21 bits need pax", TAR_PLAIN,
	    { .name = "a", .uid = 2097152, .gid = UINT64_MAX }, 3,
	    { { 512,
		  "28 gid=18446744073709551615\n"
		  "15 uid=2097152\n",
		  0 },
		{ 1132,
		    "0000000\0"
		    "0000000\0",
		    16 } } },
	{ "a time before 1970 needs pax", TAR_PLAIN, { .name = "a", .mtime = -1 }, 3,
	    { { 512, "12 mtime=-1\n", 0 }, { 1160, "00000000000", 0 } } },
	{ "a time past 8^11 needs pax", TAR_PLAIN, { .name = "a", .mtime = (int64_t)1 << 33 }, 3,
	    { { 512, "20 mtime=8589934592\n", 0 } } },
	{ "extended attributes come first, bytes of any kind", TAR_PLAIN,
	    { .name = "a", .uid = 2097152, .xattrs = two_xattrs, .n_xattrs = 2 }, 3,
	    { { 512,
		"43 SCHILY.xattr.security.capability=\1\0\0\2\n=\n"
		"28 SCHILY.xattr.user.empty=\n"
		"15 uid=2097152\n",
		87 } } },
	{ "a record of 99 bytes counts its digits", TAR_PLAIN,
	    { .name = "a", .xattrs = &value_80, .n_xattrs = 1 }, 3,
	    { { 512, "99 SCHILY.xattr.a=", 18 }, { 610, "\n", 0 } } },
	{ "one byte more makes it 101", TAR_PLAIN,
	    { .name = "a", .xattrs = &value_81, .n_xattrs = 1 }, 3,
	    { { 512, "101 SCHILY.xattr.a=", 19 }, { 612, "\n", 0 } } },
};

static bool
holds(const struct memory *m, const struct example *e)
{
	const struct expectation *f;
	size_t i, len;

	if (m->len != e->blocks * TAR_BLOCK)
		return false;
	for (i = 0; i < sizeof(e->fields) / sizeof(e->fields[0]); i++) {
		f = &e->fields[i];
		if (f->bytes == NULL)
			break;
		len = f->len > 0 ? f->len : strlen(f->bytes) + 1;
		if (f->at + len > m->len || memcmp(m->bytes + f->at, f->bytes, len) != 0) {
			printf("# at %zu: %.*s\n", f->at, (int)len, m->bytes + f->at);
			return false;
		}
	}
	for (i = 0; i < m->len; i += TAR_BLOCK * (e->blocks - 1)) {
		if (!tar_looks_like(m->bytes + i))
			return false;
		if (e->blocks == 1)
			break;
	}
	return true;
}

static void
check_examples(void)
{
	size_t i;

	for (i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		struct error err = { .kind = ERROR_NONE };
		struct memory m;

		memory_init(&m);
		ok(tar_write_header(&m.writer, &examples[i].header, examples[i].dialect, &err) ==
			    0 &&
			holds(&m, &examples[i]),
		    examples[i].name);
		free(m.bytes);
	}
}

/* --- imgpkg's layers --- */

struct member {
	const char *name;
	unsigned int mode; /* 0700 and no content: a directory */
	const char *content;
};

/* What imgpkg v0.43.0 makes of names and modes at the edges of its rules. */
static const struct member edge[] = {
	{ ".", 0700, NULL },
	{ A30 A30 A30, 0700, NULL },
	{ A30 A30 A30 "/short", 0600, "1\n" },
	{ "back\\slash", 0600, "5\n" },
	{ B30 B30 B30 B30, 0600, "2\n" },
	{ C60, 0700, NULL },
	{ C60 "/" D60, 0700, NULL },
	{ C60 "/" D60 "/e", 0600, "3\n" },
	{ "d755", 0700, NULL },
	{ "emptydir", 0700, NULL },
	{ "m070", 0400, "9\n" },
	{ "m444", 0400, "7\n" },
	{ "m755", 0700, "8\n" },
	{ "with space", 0700, NULL },
	{ "with space/f f", 0600, "6\n" },
	{ "zero", 0600, "" },
	{ "\303\274.txt", 0600, "4\n" },
};

static int
write_members(struct writer *w, const struct member *members, size_t n, struct error *err)
{
	size_t i, len;

	for (i = 0; i < n; i++) {
		const bool file = members[i].content != NULL;
		const struct tar_header h = { .name = members[i].name,
			.mode = members[i].mode,
			.type = file ? TAR_FILE : TAR_DIRECTORY,
			.size = file ? strlen(members[i].content) : 0 };

		len = (size_t)h.size;
		if (tar_write_header(w, &h, TAR_IMGPKG, err) == -1 ||
		    writer_write(w, members[i].content, len, err) == -1 ||
		    tar_write_padding(w, len, err) == -1)
			return -1;
	}
	return tar_write_end(w, err);
}

static void
check_layer(const char *name, const struct member *members, size_t n, const char *hex)
{
	struct error err = { .kind = ERROR_NONE };
	struct digest d;
	struct memory m;

	memory_init(&m);
	ok(write_members(&m.writer, members, n, &err) == 0 &&
		(digest_of(&d, m.bytes, m.len), strcmp(digest_hex(&d), hex) == 0),
	    name);
	free(m.bytes);
}

/* --- what is refused --- */

static enum error_kind
kind_of(const struct tar_header *h, size_t limit, struct error *err)
{
	struct memory m;

	*err = (struct error){ .kind = ERROR_NONE };
	memory_init(&m);
	m.limit = limit;
	(void)tar_write_header(&m.writer, h, TAR_PLAIN, err);
	free(m.bytes);
	return err->kind;
}

static void
check_refusals(void)
{
	const struct tar_xattr equals = { "user.a=b", "", 0 }, nameless = { "", "", 0 };
	struct tar_xattr large = { "user.a", NULL, MAX_PAX_BODY }, *many;
	struct tar_header h = { .name = "a" };
	char name[MAX_TAR_NAME + 2];
	struct error err;
	size_t i, limit;
	bool pass = true;

	memset(name, 'n', sizeof(name) - 1);
	name[MAX_TAR_NAME] = '\0';
	h.name = name;
	h.type = TAR_DIRECTORY;
	ok(kind_of(&h, SIZE_MAX, &err) == ERROR_NONE, "a name of 16384 bytes is written");
	name[MAX_TAR_NAME] = 'n';
	name[MAX_TAR_NAME + 1] = '\0';
	ok(kind_of(&h, SIZE_MAX, &err) == ERROR_INPUT, "one of a byte more is refused");
	h = (struct tar_header){ .name = "a", .type = TAR_SYMLINK, .link = name };
	ok(kind_of(&h, SIZE_MAX, &err) == ERROR_INPUT, "so is such a target");

	h = (struct tar_header){ .name = "a", .xattrs = &equals, .n_xattrs = 1 };
	ok(kind_of(&h, SIZE_MAX, &err) == ERROR_INPUT && strstr(err.text, "user.a=b") != NULL,
	    "an attribute with = in its name is refused");
	h.xattrs = &nameless;
	ok(kind_of(&h, SIZE_MAX, &err) == ERROR_INPUT, "so is one without a name");

	large.value = calloc(1, MAX_PAX_BODY + 1);
	many = calloc(MAX_PAX_RECORDS + 1, sizeof(*many));
	if (large.value == NULL || many == NULL)
		abort();
	h.xattrs = &large;
	ok(kind_of(&h, SIZE_MAX, &err) == ERROR_INPUT && strstr(err.text, "1 MiB") != NULL,
	    "attributes past 1 MiB are refused");
	large.len = MAX_PAX_BODY + 1;
	ok(kind_of(&h, SIZE_MAX, &err) == ERROR_INPUT, "so is a single one");
	large.len = MAX_PAX_BODY - strlen("1048576 SCHILY.xattr.user.a=\n");
	ok(kind_of(&h, SIZE_MAX, &err) == ERROR_NONE, "exactly 1 MiB is written");
	for (i = 0; i <= MAX_PAX_RECORDS; i++)
		many[i] = (struct tar_xattr){ "user.a", "", 0 };
	h.xattrs = many;
	h.n_xattrs = MAX_PAX_RECORDS;
	ok(kind_of(&h, SIZE_MAX, &err) == ERROR_NONE, "a thousand attributes are written");
	h.n_xattrs++;
	ok(kind_of(&h, SIZE_MAX, &err) == ERROR_INPUT, "one more is refused");
	free(many);

	h = (struct tar_header){ .name = "a", .uid = 2097152, .xattrs = two_xattrs, .n_xattrs = 2 };
	for (limit = 0; limit < 3 * TAR_BLOCK; limit++)
		pass = pass && kind_of(&h, limit, &err) == ERROR_IO;
	ok(pass && kind_of(&h, limit, &err) == ERROR_NONE, "a full disk at any byte is a failure");
	free((void *)(uintptr_t)large.value);
}

/* An archive for other tools to list; its files' contents are their names, in part. */
static int
write_archive(struct writer *w, struct error *err)
{
	static const struct tar_header all[] = {
		{ .name = "dir", .type = TAR_DIRECTORY, .mode = 0755 },
		{ .name = "dir/file", .mode = 0644, .size = 5, .mtime = 1000000000 },
		{ .name = "dir/hard", .link = "dir/file", .type = TAR_HARDLINK, .mode = 0644 },
		{ .name = "dir/soft", .link = "../nowhere", .type = TAR_SYMLINK, .mode = 0777 },
		{ .name = HUNDRED "/" FIFTY, .mode = 0600, .size = 5 },
		{ .name = HUNDRED FIFTY TEN "/" FIFTY, .mode = 0600, .size = 5 },
		{ .name = HUNDRED "/" HUNDRED "/" HUNDRED, .type = TAR_DIRECTORY, .mode = 0711 },
		{ .name = "long", .link = HUNDRED HUNDRED, .type = TAR_SYMLINK, .mode = 0777 },
		{ .name = "ids", .mode = 0644, .uid = 3000000, .gid = 4000000, .mtime = -86400 },
		{ .name = "set", .mode = 06755, .size = 5, .xattrs = two_xattrs, .n_xattrs = 2 },
		{ .name = "r\303\251sum\303\251", .mode = 0644, .size = 5 },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (tar_write_header(w, &all[i], TAR_PLAIN, err) == -1 ||
		    writer_write(w, "hello", (size_t)all[i].size, err) == -1 ||
		    tar_write_padding(w, all[i].size, err) == -1)
			return -1;
	return tar_write_end(w, err);
}

static int
stdout_write(struct writer *w, const void *buf, size_t len, struct error *err)
{
	if (fwrite(buf, 1, len, stdout) < len)
		return error_set(err, ERROR_IO, "%s: write error", w->name);
	return 0;
}

int
main(int argc, char *argv[])
{
	static const struct member empty[] = { { ".", 0700, NULL } };
	struct writer out = { .write = stdout_write, .name = "standard output" };
	struct error err = { .kind = ERROR_NONE };

	if (argc == 2 && strcmp(argv[1], "archive") == 0) {
		(void)write_archive(&out, &err);
		return error_report(&err, "tar_write", stderr);
	}
	check_examples();
	check_layer("imgpkg's empty layer", empty, 0,
	    "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef");
	check_layer("imgpkg's layer of edge cases, bit for bit", edge,
	    sizeof(edge) / sizeof(edge[0]),
	    "5ec55827a853cc4908d24d4a48a3d0a76f093b2d58f7ffd1c557f40e7dd7632b");
	check_refusals();
	printf("1..%d\n", cases);
	return failures != 0;
}
