#include "core/tar.h"

#include <assert.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/tar_block.h"
#include "core/tar_extended.h"

/* Where an old GNU sparse header has its map, and the flag that more of it follows. */
#define SPARSE_MAP 386
#define SPARSE_MORE 482
#define SPARSE_MORE_EXTENSION 504

static bool
is_zero(const void *buf, size_t len)
{
	const char *p = buf;

	return len == 0 || (p[0] == '\0' && memcmp(p, p + 1, len - 1) == 0);
}

static bool
is_octal(char c)
{
	return c >= '0' && c <= '7';
}

/*
 * Spaces, digits, then spaces and NULs to the end. A field that begins with NUL is empty and
 * 0 to all readers; on other forms (spaces alone, digits after the terminator) they differ.
 */
static bool
parse_octal(const char *p, size_t width, uint64_t *n)
{
	size_t i = 0;

	assert(width <= sizeof(((struct tar_block *)NULL)->size)); /* 36 bits at most */
	*n = 0;
	if (p[0] != '\0') {
		while (i < width && p[i] == ' ')
			i++;
		if (i == width || !is_octal(p[i]))
			return false;
		for (; i < width && is_octal(p[i]); i++)
			*n = *n << 3 | (uint64_t)(p[i] - '0');
	}
	for (; i < width; i++)
		if (p[i] != ' ' && p[i] != '\0')
			return false;
	return true;
}

/* Octal, or GNU's base-256 if the first bit is set: 0x80, then big-endian; 0xff is negative. */
static bool
parse_number(const char *p, size_t width, uint64_t *n)
{
	size_t i;

	if (((unsigned char)p[0] & 0x80) == 0)
		return parse_octal(p, width, n);
	*n = 0;
	if ((unsigned char)p[0] != 0x80)
		return false;
	for (i = 1; i < width; i++) {
		if (*n >> 55 != 0)
			return false;
		*n = *n << 8 | (unsigned char)p[i];
	}
	return true;
}

bool
tar_looks_like(const unsigned char block[TAR_BLOCK])
{
	const size_t from = offsetof(struct tar_block, chksum);
	char field[sizeof(((struct tar_block *)NULL)->chksum)];
	int plain = 0, with_sign = 0; /* some old writers summed signed chars */
	uint64_t want;
	size_t i;
	int c;

	memcpy(field, block + from, sizeof(field));
	if (field[0] == '\0' || !parse_octal(field, sizeof(field), &want))
		return false;
	for (i = 0; i < TAR_BLOCK; i++) {
		c = i >= from && i < from + sizeof(field) ? ' ' : block[i];
		plain += c;
		with_sign += c < 0x80 ? c : c - 0x100;
	}
	return (int64_t)want == plain || (int64_t)want == with_sign;
}

static int
content_read(struct reader *reader, void *buf, size_t cap, size_t *len, struct error *err)
{
	struct tar_reader *t = (struct tar_reader *)(void *)reader;

	if (t->left == 0)
		return 0;
	if (cap > t->left)
		cap = (size_t)t->left;
	if (reader_read(t->below, buf, cap, len, err) == -1)
		return -1;
	if (*len == 0)
		return error_set(err, ERROR_INPUT,
		    "%s: offset %" PRIu64 ": ended inside the content of %s: truncated",
		    t->below->name, t->header, t->name);
	t->left -= *len;
	return 0;
}

static int
content_skip(struct reader *reader, uint64_t n, struct error *err)
{
	struct tar_reader *t = (struct tar_reader *)(void *)reader;

	if (n > t->left)
		return tar_fail(t, "the entry is shorter than what was to be skipped", err);
	t->left -= n;
	return reader_skip(t->below, n, err);
}

void
tar_reader_init(struct tar_reader *t, struct reader *below, enum tar_profile profile)
{
	*t = (struct tar_reader){
		.content = { .read = content_read, .skip = content_skip, .name = below->name },
		.below = below,
		.profile = profile
	};
}

void
tar_reader_release(struct tar_reader *t)
{
	free(t->pax);
	t->pax = NULL;
	t->pax_cap = 0;
}

static int
met_end(struct tar_reader *t, enum tar_event *event, struct error *err)
{
	if (t->profile == TAR_LAYER && !t->ended)
		return tar_fail(t, "ended without its end blocks: truncated", err);
	t->done = true;
	*event = TAR_END;
	return 0;
}

static int
refuse_block(const struct tar_reader *t, size_t len, bool after_zero, struct error *err)
{
	if (t->ended)
		return tar_fail(t, "junk after the end of the archive", err);
	if (after_zero)
		return tar_fail(t, "an end block without its second", err);
	if (t->header == 0)
		return tar_fail(t, "not a tar archive", err);
	if (len < TAR_BLOCK)
		return tar_fail(t, "ended inside a header: truncated", err);
	return tar_fail(t, "a header with a wrong checksum: damaged", err);
}

/* The next header; or *event is an end, and block is not set. */
static int
read_header(struct tar_reader *t, struct tar_block *block, enum tar_event *event, struct error *err)
{
	unsigned char raw[TAR_BLOCK];
	bool zero = false; /* the block before was an end block */
	size_t len;

	for (;;) {
		t->header = t->below->offset;
		if (reader_fill(t->below, raw, sizeof(raw), &len, err) == -1)
			return -1;
		if (!is_zero(raw, len))
			break;
		if (len < sizeof(raw))
			return met_end(t, event, err);
		if (t->ended) {
			t->zeros += len;
			if (t->zeros > MAX_TAR_ZEROS)
				return tar_fail(t,
				    "more than 64 MiB of zeros behind the end of the archive", err);
			continue;
		}
		t->ended = zero;
		zero = true;
		if (t->ended && t->profile == TAR_STREAM) {
			*event = TAR_ARCHIVE_END;
			return 0;
		}
	}
	if (len < sizeof(raw) || !tar_looks_like(raw) || (zero && !t->ended) ||
	    (t->ended && t->profile == TAR_LAYER))
		return refuse_block(t, len, zero, err);
	t->ended = false;
	t->zeros = 0;
	memcpy(block, raw, sizeof(raw));
	*event = TAR_ENTRY;
	return 0;
}

/* The name that the header itself gives: ustar joins prefix and name with a slash. */
static int
take_header_name(struct tar_reader *t, struct tar_extended *x, const struct tar_block *b,
    struct error *err)
{
	const size_t n = strnlen(b->name, sizeof(b->name));
	char joined[sizeof(b->prefix) + 1 + sizeof(b->name)];
	size_t prefix_len = 0;

	if (memcmp(b->magic, "ustar\00000", 8) == 0) {
		prefix_len = strnlen(b->prefix, sizeof(b->prefix));
		/* star has 131 bytes of prefix, marked by this in the padding; Go knows it. */
		if (prefix_len > 131 && memcmp(b->pad + 8, "tar", 4) == 0)
			return tar_fail(t, "a prefix too long for star's form of ustar", err);
	} else if (memcmp(b->magic, "ustar", 5) == 0 && b->prefix[0] != '\0' &&
	    memcmp(b->magic, "ustar  ", 8) != 0) {
		return tar_fail(t, "a prefix in an unknown version of ustar", err);
	}
	if (prefix_len == 0)
		return tar_set_name(t, t->name, &x->name_len, b->name, n, err);
	memcpy(joined, b->prefix, prefix_len);
	joined[prefix_len] = '/';
	memcpy(joined + prefix_len + 1, b->name, n);
	return tar_set_name(t, t->name, &x->name_len, joined, prefix_len + 1 + n, err);
}

static bool
has_dotdot(const char *name)
{
	size_t n;

	for (;; name += n + 1) {
		n = strcspn(name, "/");
		if (n == 2 && name[0] == '.' && name[1] == '.')
			return true;
		if (name[n] == '\0')
			return false;
	}
}

/* Drops "." parts and surplus slashes in place; returns the length left. */
static size_t
clean_name(char *name)
{
	const char *from = name;
	size_t to = 0, n;

	for (;; from++) {
		n = strcspn(from, "/");
		if (n > 0 && !(n == 1 && from[0] == '.')) {
			if (to > 0)
				name[to++] = '/';
			memmove(name + to, from, n);
			to += n;
		}
		from += n;
		if (*from == '\0')
			break;
	}
	if (to == 0)
		name[to++] = '.';
	name[to] = '\0';
	return to;
}

static int
check_name(struct tar_reader *t, struct tar_extended *x, struct error *err)
{
	if (has_dotdot(t->name))
		return error_set(err, ERROR_INPUT, "%s: offset %" PRIu64 ": a name with \"..\": %s",
		    t->below->name, t->header, t->name);
	if (t->profile != TAR_STREAM)
		return 0;
	if (t->name[0] == '/')
		return error_set(err, ERROR_INPUT, "%s: offset %" PRIu64 ": an absolute name: %s",
		    t->below->name, t->header, t->name);
	x->name_len = clean_name(t->name);
	return 0;
}

static enum tar_type
type_of(char flag, bool slash)
{
	switch (flag) {
	case '\0':
	case '0':
	case '7': /* contiguous: a file, says POSIX */
		return slash ? TAR_DIRECTORY : TAR_FILE;
	case '1':
		return TAR_HARDLINK;
	case '2':
		return TAR_SYMLINK;
	case '3':
		return TAR_CHARACTER;
	case '4':
		return TAR_BLOCKDEVICE;
	case '5':
		return TAR_DIRECTORY;
	case '6':
		return TAR_FIFO;
	case 'S':
		return TAR_SPARSE;
	default:
		return TAR_UNKNOWN;
	}
}

/* The rest of an old GNU sparse map comes before the content, block by block. */
static int
skip_sparse_map(struct tar_reader *t, const struct tar_block *b, struct error *err)
{
	unsigned char raw[TAR_BLOCK];

	memcpy(raw, b, sizeof(raw));
	/* libarchive looks for the rest only where the map has a first region. */
	if (memcmp(b->magic, "ustar  ", 8) != 0 || (raw[SPARSE_MORE] != 0 && raw[SPARSE_MAP] == 0))
		return tar_fail(t, "a sparse file in a form of its own", err);
	if (raw[SPARSE_MORE] == 0)
		return 0;
	do {
		if (tar_read_all(t, raw, sizeof(raw), err) == -1)
			return -1;
	} while (raw[SPARSE_MORE_EXTENSION] != 0);
	return 0;
}

static int
check_type(struct tar_reader *t, const struct tar_block *b, const struct tar_extended *x,
    enum tar_type *type, uint64_t size, struct error *err)
{
	*type = type_of(b->typeflag, t->name[x->name_len - 1] == '/');
	if (size > 0 && *type != TAR_FILE && *type != TAR_SPARSE && *type != TAR_UNKNOWN)
		return tar_fail(t, "content after a header that is not a file's", err);
	if (*type == TAR_SPARSE && t->profile == TAR_STREAM)
		return tar_fail(t, "a sparse file in a stream", err);
	if (x->sparse) {
		if (*type != TAR_FILE)
			return tar_fail(t, "pax records of a sparse file before another entry",
			    err);
		*type = TAR_SPARSE;
		return 0;
	}
	return *type == TAR_SPARSE ? skip_sparse_map(t, b, err) : 0;
}

static int
make_entry(struct tar_reader *t, const struct tar_block *b, struct tar_extended *x, uint64_t size,
    struct tar_entry *entry, struct error *err)
{
	uint64_t mode = 0;
	enum tar_type type;
	size_t n;

	if (x->has_size)
		size = x->size;
	if (!x->has_name && take_header_name(t, x, b, err) == -1)
		return -1;
	if (check_type(t, b, x, &type, size, err) == -1 || check_name(t, x, err) == -1)
		return -1;
	if (type != TAR_HARDLINK && type != TAR_SYMLINK) {
		t->link[0] = '\0';
		x->link_len = 0;
	} else if (!x->has_link) {
		n = strnlen(b->linkname, sizeof(b->linkname));
		if (tar_set_name(t, t->link, &x->link_len, b->linkname, n, err) == -1)
			return -1;
	}
	/* What a stream's entries say beyond name, type and size is not used. */
	if (!parse_number(b->mode, sizeof(b->mode), &mode) && t->profile == TAR_LAYER)
		return tar_fail(t, "a mode that is no number", err);
	t->content.offset = 0;
	t->left = size;
	t->padding = tar_padding(size);
	*entry = (struct tar_entry){ .name = t->name,
		.name_len = x->name_len,
		.link = t->link,
		.link_len = x->link_len,
		.type = type,
		.size = size,
		.offset = t->below->offset,
		.mode = (unsigned int)(mode & 07777) };
	return 0;
}

int
tar_reader_next(struct tar_reader *t, enum tar_event *event, struct tar_entry *entry,
    struct error *err)
{
	struct tar_extended x = { .pax = false };
	struct tar_block block;
	uint64_t size;

	*event = TAR_END;
	if (t->done)
		return 0;
	if (reader_skip(t->below, t->left + t->padding, err) == -1)
		return -1;
	t->left = t->padding = 0;
	for (;;) {
		if (read_header(t, &block, event, err) == -1)
			return -1;
		if (*event != TAR_ENTRY) {
			if (x.pax || x.gnu_name || x.gnu_link)
				return tar_fail(t, "ended after a header of an entry to come", err);
			return 0;
		}
		if (!parse_number(block.size, sizeof(block.size), &size))
			return tar_fail(t, "a size that is no number from 0 to 2^63-1", err);
		switch (block.typeflag) {
		case 'x':
		case 'X': /* Solaris */
		case 'g':
			if (tar_take_pax(t, &x, block.typeflag == 'g', size, err) == -1)
				return -1;
			break;
		case 'L':
		case 'K':
			if (tar_take_long_name(t, &x, block.typeflag == 'K', size, err) == -1)
				return -1;
			break;
		default:
			return make_entry(t, &block, &x, size, entry, err);
		}
	}
}
