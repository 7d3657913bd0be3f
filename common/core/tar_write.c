#include "core/tar.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "core/tar_block.h"

/* The largest values of the octal fields: eleven digits, and seven. */
#define MAX_OCTAL_11 (((uint64_t)1 << 33) - 1)
#define MAX_OCTAL_7 (((uint64_t)1 << 21) - 1)

/* A pax value; keys but for xattrs are ours. "LEN prefixkey=value\n" */
struct record {
	const char *prefix;
	const char *key;
	const void *value;
	size_t len;
};

/* All records of an entry but its xattrs, in order of their keys; text holds the numbers. */
struct records {
	struct record list[6];
	size_t n;
	char text[4][24];
	size_t n_text;
};

static void
add_text(struct records *r, const char *key, const char *value, size_t len)
{
	r->list[r->n++] = (struct record){ .prefix = "", .key = key, .value = value, .len = len };
}

static void
add_unsigned(struct records *r, const char *key, uint64_t n)
{
	char *text = r->text[r->n_text++];

	(void)snprintf(text, sizeof(r->text[0]), "%" PRIu64, n);
	add_text(r, key, text, strlen(text));
}

static bool
is_ascii(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)s[i] >= 0x80)
			return false;
	return true;
}

/*
 * Fills a field with as much of s as it holds. Go leaves bytes above 0x7f out, and ends a cut
 * name before its slash, lest old readers take it for a directory's.
 */
static void
put_name(char *field, size_t width, const char *s, size_t len, enum tar_dialect dialect)
{
	size_t used = 0, i;

	for (i = 0; i < len; i++) {
		if (dialect == TAR_IMGPKG && (unsigned char)s[i] >= 0x80)
			continue;
		if (used == width) {
			if (field[width - 1] == '/')
				field[width - 1] = '\0';
			break;
		}
		field[used++] = s[i];
	}
}

/* Zero-filled to one less than the width; what does not fit is 0, and said by pax. */
static void
put_octal(char *field, size_t width, uint64_t n)
{
	size_t i = width - 1;

	if (n >> 3 * (width - 1) != 0)
		n = 0;
	while (i-- > 0) {
		field[i] = (char)('0' + (n & 7));
		n >>= 3;
	}
}

static int
write_block(struct writer *w, struct tar_block *b, struct error *err)
{
	unsigned char raw[TAR_BLOCK];
	uint64_t sum = 0;
	size_t i;

	memcpy(b->magic, "ustar\00000", sizeof(b->magic));
	memset(b->chksum, ' ', sizeof(b->chksum));
	memcpy(raw, b, sizeof(raw));
	for (i = 0; i < sizeof(raw); i++)
		sum += raw[i];
	put_octal(b->chksum, 7, sum); /* six digits, NUL, and the last space stays */
	b->chksum[6] = '\0';
	return writer_write(w, b, sizeof(*b), err);
}

/*
 * Where a name longer than its field splits into prefix and name: at the last slash that
 * leaves a prefix of at most 155 bytes. 0 if nowhere. The last byte may be a directory's slash.
 */
static size_t
split_at(const char *name, size_t len)
{
	size_t i = sizeof(((struct tar_block *)NULL)->prefix);

	if (i > len - 2)
		i = len - 2;
	while (i > 0 && name[i] != '/')
		i--;
	return len - i - 1 <= sizeof(((struct tar_block *)NULL)->name) ? i : 0;
}

/* The length of a whole record, its own digits counted. */
static size_t
record_len(const struct record *r)
{
	const size_t rest = strlen(r->prefix) + strlen(r->key) + r->len + 3; /* " =\n" */
	size_t digits, bound;

	for (digits = 1, bound = 10; rest + digits >= bound; digits++)
		bound *= 10;
	return rest + digits;
}

static int
write_record(struct writer *w, const struct record *r, struct error *err)
{
	char len[24];

	(void)snprintf(len, sizeof(len), "%zu ", record_len(r));
	if (writer_write(w, len, strlen(len), err) == -1 ||
	    writer_write(w, r->prefix, strlen(r->prefix), err) == -1 ||
	    writer_write(w, r->key, strlen(r->key), err) == -1 ||
	    writer_write(w, "=", 1, err) == -1 || writer_write(w, r->value, r->len, err) == -1)
		return -1;
	return writer_write(w, "\n", 1, err);
}

static struct record
xattr_record(const struct tar_xattr *x)
{
	return (struct record){ .prefix = "SCHILY.xattr.",
		.key = x->name,
		.value = x->value,
		.len = x->len };
}

static const char *
shown(const struct tar_header *h)
{
	return h->shown != NULL ? h->shown : h->name;
}

static int
refuse_size(const struct tar_header *h, struct error *err)
{
	return error_set(err, ERROR_INPUT, "%s: extended attributes larger than 1 MiB", shown(h));
}

static int
measure(const struct tar_header *h, const struct records *records, size_t *total, struct error *err)
{
	struct record r;
	size_t i;

	*total = 0;
	if (h->n_xattrs > MAX_PAX_RECORDS - records->n)
		return error_set(err, ERROR_INPUT, "%s: more than 1000 extended attributes",
		    shown(h));
	for (i = 0; i < h->n_xattrs; i++) {
		/* The first "=" ends a record's key. */
		if (h->xattrs[i].name[0] == '\0' || strchr(h->xattrs[i].name, '=') != NULL)
			return error_set(err, ERROR_INPUT,
			    "%s: a tar cannot hold this extended attribute's name: %s", shown(h),
			    h->xattrs[i].name);
		r = xattr_record(&h->xattrs[i]);
		/* So the sum of a thousand stays far below SIZE_MAX. */
		if (r.len > MAX_PAX_BODY)
			return refuse_size(h, err);
		*total += record_len(&r);
	}
	for (i = 0; i < records->n; i++)
		*total += record_len(&records->list[i]);
	if (*total > MAX_PAX_BODY)
		return refuse_size(h, err);
	return 0;
}

/* "dir/PaxHeaders.0/base" for "dir/base": as Go, without the pid that others put there. */
static void
put_pax_name(struct tar_block *b, const char *name, size_t len, enum tar_dialect dialect)
{
	static const char middle[] = "PaxHeaders.0/";
	char path[MAX_TAR_NAME + sizeof(middle)];
	size_t base;

	while (len > 1 && name[len - 1] == '/')
		len--;
	for (base = len; base > 0 && name[base - 1] != '/'; base--)
		;
	memcpy(path, name, base);
	memcpy(path + base, middle, strlen(middle));
	memcpy(path + base + strlen(middle), name + base, len - base);
	put_name(b->name, sizeof(b->name), path, len + strlen(middle), dialect);
	for (base = strnlen(b->name, sizeof(b->name)); base > 0 && b->name[base - 1] == '/';)
		b->name[--base] = '\0';
}

static int
write_pax(struct writer *w, const struct tar_header *h, const char *name, size_t name_len,
    const struct records *records, enum tar_dialect dialect, struct error *err)
{
	struct tar_block b;
	struct record r;
	size_t total, i;

	if (measure(h, records, &total, err) == -1)
		return -1;
	memset(&b, 0, sizeof(b));
	put_pax_name(&b, name, name_len, dialect);
	put_octal(b.mode, sizeof(b.mode), 0);
	put_octal(b.uid, sizeof(b.uid), 0);
	put_octal(b.gid, sizeof(b.gid), 0);
	put_octal(b.size, sizeof(b.size), total);
	put_octal(b.mtime, sizeof(b.mtime), 0);
	b.typeflag = 'x';
	if (write_block(w, &b, err) == -1)
		return -1;
	for (i = 0; i < h->n_xattrs; i++) {
		r = xattr_record(&h->xattrs[i]);
		if (write_record(w, &r, err) == -1)
			return -1;
	}
	for (i = 0; i < records->n; i++)
		if (write_record(w, &records->list[i], err) == -1)
			return -1;
	return tar_write_padding(w, total, err);
}

/* What ustar cannot say, sorted by key as Go does; capitals, so xattrs, come before these. */
static void
collect(struct records *r, const struct tar_header *h, const char *name, size_t name_len,
    size_t split, enum tar_dialect dialect)
{
	const size_t name_room = sizeof(((struct tar_block *)NULL)->name);
	const size_t link_len = h->link != NULL ? strlen(h->link) : 0;
	const bool go = dialect == TAR_IMGPKG;

	r->n = r->n_text = 0;
	if (h->gid > MAX_OCTAL_7)
		add_unsigned(r, "gid", h->gid);
	if (link_len > name_room || (go && !is_ascii(h->link, link_len)))
		add_text(r, "linkpath", h->link, link_len);
	if (h->mtime < 0 || (uint64_t)h->mtime > MAX_OCTAL_11) {
		(void)snprintf(r->text[r->n_text], sizeof(r->text[0]), "%" PRId64, h->mtime);
		add_text(r, "mtime", r->text[r->n_text], strlen(r->text[r->n_text]));
		r->n_text++;
	}
	if ((name_len > name_room && split == 0) || (go && !is_ascii(name, name_len)))
		add_text(r, "path", name, name_len);
	if (h->size > MAX_OCTAL_11)
		add_unsigned(r, "size", h->size);
	if (h->uid > MAX_OCTAL_7)
		add_unsigned(r, "uid", h->uid);
}

int
tar_write_header(struct writer *w, const struct tar_header *h, enum tar_dialect dialect,
    struct error *err)
{
	char name[MAX_TAR_NAME + 2];
	size_t len = strlen(h->name), split = 0;
	struct tar_block b;
	struct records records;

	assert(h->type <= TAR_FIFO && h->mode <= 07777 && len > 0);
	assert(h->size == 0 || h->type == TAR_FILE);
	if (len > MAX_TAR_NAME || (h->link != NULL && strlen(h->link) > MAX_TAR_NAME))
		return error_set(err, ERROR_INPUT, "%.80s...: a name longer than 16384 bytes",
		    len > MAX_TAR_NAME ? h->name : h->link);
	memcpy(name, h->name, len);
	if (h->type == TAR_DIRECTORY && dialect == TAR_PLAIN)
		name[len++] = '/';
	if (len > sizeof(b.name) && (dialect == TAR_PLAIN || is_ascii(name, len)))
		split = split_at(name, len);
	collect(&records, h, name, len, split, dialect);
	/* Once there is a pax header, Go says a long name there and does not split it. */
	if (split > 0 && records.n > 0 && dialect == TAR_IMGPKG) {
		split = 0;
		collect(&records, h, name, len, split, dialect);
	}
	if ((records.n > 0 || h->n_xattrs > 0) &&
	    write_pax(w, h, name, len, &records, dialect, err) == -1)
		return -1;
	memset(&b, 0, sizeof(b));
	if (split > 0) {
		memcpy(b.prefix, name, split);
		split++;
	}
	put_name(b.name, sizeof(b.name), name + split, len - split, dialect);
	if (h->link != NULL)
		put_name(b.linkname, sizeof(b.linkname), h->link, strlen(h->link), dialect);
	put_octal(b.mode, sizeof(b.mode), h->mode);
	put_octal(b.uid, sizeof(b.uid), h->uid);
	put_octal(b.gid, sizeof(b.gid), h->gid);
	put_octal(b.size, sizeof(b.size), h->size);
	put_octal(b.mtime, sizeof(b.mtime), h->mtime < 0 ? 0 : (uint64_t)h->mtime);
	put_octal(b.devmajor, sizeof(b.devmajor), 0);
	put_octal(b.devminor, sizeof(b.devminor), 0);
	b.typeflag = (char)('0' + (int)h->type); /* in the order of the flags */
	return write_block(w, &b, err);
}

int
tar_write_padding(struct writer *w, uint64_t size, struct error *err)
{
	static const char zeros[TAR_BLOCK];

	return writer_write(w, zeros, tar_padding(size), err);
}

int
tar_write_end(struct writer *w, struct error *err)
{
	static const char zeros[2 * TAR_BLOCK];

	return writer_write(w, zeros, sizeof(zeros), err);
}
