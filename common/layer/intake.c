#include "layer/intake.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "codec/decompress.h"
#include "core/error.h"
#include "core/spool.h"
#include "core/tar.h"
#include "layer/convert.h"

/* Where an ISO image's first volume descriptor begins: ECMA-119, 8.1. */
#define ISO_DESCRIPTOR ((size_t)16 * 2048)

static bool
begins(const unsigned char *p, size_t len, size_t at, const char *magic, size_t magic_len)
{
	return len >= at + magic_len && memcmp(p + at, magic, magic_len) == 0;
}

enum intake_kind
intake_detect(const void *buf, size_t len)
{
	static const unsigned char zeros[TAR_BLOCK];
	const unsigned char *p = buf;

	if (len >= TAR_BLOCK && tar_looks_like(p))
		return INTAKE_TAR;
	/* APPNOTE.TXT, 4.3.7, and 4.3.16 for an empty one. */
	if (begins(p, len, 0, "PK\3\4", 4) || begins(p, len, 0, "PK\5\6", 4))
		return INTAKE_ZIP;
	if (begins(p, len, 0, "7z\xbc\xaf\x27\x1c", 6))
		return INTAKE_7Z;
	if (begins(p, len, 0, "\xed\xab\xee\xdb", 4))
		return INTAKE_RPM;
	/* newc, newc with checksums, odc; and the old binary form of either byte order. */
	if (begins(p, len, 0, "070701", 6) || begins(p, len, 0, "070702", 6) ||
	    begins(p, len, 0, "070707", 6) || begins(p, len, 0, "\xc7\x71", 2) ||
	    begins(p, len, 0, "\x71\xc7", 2))
		return INTAKE_CPIO;
	if (begins(p, len, ISO_DESCRIPTOR + 1, "CD001", 5))
		return INTAKE_ISO;
	/* A tar of nothing. */
	if (len >= TAR_BLOCK && memcmp(p, zeros, TAR_BLOCK) == 0)
		return INTAKE_TAR;
	return INTAKE_OTHER;
}

/* First bytes that were read to be looked at; they are read again through prefix. */
struct head {
	unsigned char buf[INTAKE_HEAD];
	size_t len;
	struct reader_prefix prefix;
};

struct intake {
	const struct reader_fd *file;
	struct head outer, inner;
	struct decompressor *decompressor; /* NULL: not compressed, inner is not used */
};

static int
peek(struct head *h, struct reader *below, struct error *err)
{
	if (reader_fill(below, h->buf, sizeof(h->buf), &h->len, err) == -1)
		return -1;
	reader_prefix_init(&h->prefix, h->buf, h->len, h->len < sizeof(h->buf) ? NULL : below,
	    below->name);
	return 0;
}

static struct head *
head_of(struct intake *in)
{
	return in->decompressor != NULL ? &in->inner : &in->outer;
}

struct intake *
intake_new(struct reader *below, const struct reader_fd *file, struct error *err)
{
	struct intake *in = calloc(1, sizeof(*in));
	enum magic magic;

	if (in == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	in->file = file;
	if (peek(&in->outer, below, err) == -1)
		goto failed;
	magic = compression_detect(in->outer.buf, in->outer.len);
	if (magic != MAGIC_GZIP && magic != MAGIC_ZSTD)
		return in;
	in->decompressor =
	    decompressor_new(magic == MAGIC_GZIP ? COMPRESSION_GZIP : COMPRESSION_ZSTD,
		&in->outer.prefix.reader, err);
	if (in->decompressor != NULL &&
	    peek(&in->inner, decompressor_reader(in->decompressor), err) == 0)
		return in;
failed:
	intake_free(in);
	return NULL;
}

void
intake_free(struct intake *in)
{
	if (in == NULL)
		return;
	decompressor_free(in->decompressor);
	free(in);
}

const void *
intake_head(const struct intake *in, size_t *len)
{
	const struct head *h = in->decompressor != NULL ? &in->inner : &in->outer;

	*len = h->len;
	return h->buf;
}

enum intake_kind
intake_kind(const struct intake *in)
{
	size_t len;
	const void *head = intake_head(in, &len);

	return intake_detect(head, len);
}

static int
pass_tar(struct reader *in, struct intake_watch *watch, struct writer *to, struct error *err)
{
	struct tar_reader *tar = malloc(sizeof(*tar));
	struct reader_tee tee;
	struct tar_entry entry;
	enum tar_event event;
	int rc;

	if (tar == NULL)
		return error_memory(err);
	reader_tee_init(&tee, in, to);
	tar_reader_init(tar, &tee.reader, TAR_LAYER);
	do {
		rc = tar_reader_next(tar, &event, &entry, err);
		if (rc == 0 && event == TAR_ENTRY && watch != NULL)
			watch->entry(watch, entry.name);
	} while (rc == 0 && event != TAR_END);
	tar_reader_release(tar);
	free(tar);
	return rc;
}

/* Formats that keep their directory at the end are read from a file, whatever the input is. */
static int
convert_from_file(const struct foreign_input *in, const struct stamp *stamp, struct writer *to,
    struct error *err)
{
	struct foreign_input file = *in;
	struct spool spool;
	int rc = -1;

	spool_init(&spool, 0, "archive");
	if (reader_copy(in->reader, &spool.writer, &file.size, err) == 0 &&
	    spool_to_file(&spool, err) == 0) {
		file.fd = spool.fd;
		rc = convert_write(&file, stamp, to, err);
	}
	spool_release(&spool);
	return rc;
}

/* A zip of nothing is the end of a central directory alone, with nothing in it (APPNOTE.TXT,
 * 4.3.16); libarchive does not know it. */
static bool
is_empty_zip(const struct head *h)
{
	static const unsigned char none[22] = { 'P', 'K', 5, 6 };

	return h->len == sizeof(none) && memcmp(h->buf, none, sizeof(none)) == 0;
}

int
intake_write(struct intake *in, const struct stamp *stamp, struct intake_watch *watch,
    struct writer *to, struct error *err)
{
	struct foreign_input input = { .kind = intake_kind(in),
		.reader = &head_of(in)->prefix.reader,
		.fd = -1 };

	assert(input.kind != INTAKE_OTHER);
	if (input.kind == INTAKE_TAR)
		return pass_tar(input.reader, watch, to, err);
	if (input.kind == INTAKE_ZIP && is_empty_zip(head_of(in)))
		return tar_write_end(to, err);
	if (input.kind != INTAKE_ZIP && input.kind != INTAKE_7Z)
		return convert_write(&input, stamp, to, err);
	if (in->file == NULL || !in->file->regular || in->decompressor != NULL)
		return convert_from_file(&input, stamp, to, err);
	input.fd = in->file->fd;
	input.start = in->file->start;
	input.size = in->file->size;
	return convert_write(&input, stamp, to, err);
}
