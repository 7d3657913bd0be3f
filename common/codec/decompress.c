#include "codec/decompress.h"

#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <assert.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"

/* What is read from below at once. */
#define INPUT_CAP ((size_t)64 * 1024)

/* RFC 1952, section 2.3: an extra field has at most 65,535 bytes, but a name and a comment go on
 * until their NUL, and zlib would read them for ever. Ours: that field, and as much again. */
#define MAX_GZIP_HEADER ((size_t)128 * 1024)

/* RFC 8878, section 7.2: libzstd's own bound for the window, 128 MiB: so much we hold. */
#define MAX_ZSTD_WINDOW_LOG 27

/* RFC 8878, sections 3.1.1 and 3.1.2. Debian's libzstd reads older formats too: we don't. */
#define ZSTD_FRAME_MAGIC UINT32_C(0xfd2fb528)
#define ZSTD_SKIPPABLE_MAGIC UINT32_C(0x184d2a50)
#define ZSTD_SKIPPABLE_MASK UINT32_C(0xfffffff0)

enum state {
	STATE_START,  /* before the first member or frame */
	STATE_NEXT,   /* after one: another, or what may follow the last */
	STATE_HEADER, /* gzip: in a member's header */
	STATE_DATA,
	STATE_PADDING, /* gzip: zeros up to the end */
	STATE_END
};

struct decompressor {
	struct reader reader;
	struct reader *below;
	const char *word; /* for messages */
	enum state state;
	bool below_ended;  /* not to be asked again */
	size_t header_len; /* of this gzip member, while in its header */
	bool held_back;	   /* the library may have output that did not fit */
	z_stream inflate;
	ZSTD_DStream *zstd; /* NULL for gzip */
	size_t at;	    /* input[at] to input[len] are not used yet */
	size_t len;
	unsigned char input[INPUT_CAP];
};

enum magic
compression_detect(const void *buf, size_t len)
{
	static const unsigned char xz[6] = { 0xfd, '7', 'z', 'X', 'Z', 0 };
	const unsigned char *b = buf;

	if (len >= 2 && b[0] == 0x1f && b[1] == 0x8b)
		return MAGIC_GZIP;
	if (len >= 4 && b[1] == 0xb5 && b[0] == 0x28 && b[2] == 0x2f && b[3] == 0xfd)
		return MAGIC_ZSTD;
	if (len >= 4 && (b[0] & 0xf0) == 0x50 && b[1] == 0x2a && b[2] == 0x4d && b[3] == 0x18)
		return MAGIC_ZSTD;
	if (len >= sizeof(xz) && memcmp(b, xz, sizeof(xz)) == 0)
		return MAGIC_XZ;
	/* "BZh" alone could begin a file's name in a tar: then comes a block or the end. */
	if (len >= 6 && memcmp(b, "BZh", 3) == 0 && b[3] >= '1' && b[3] <= '9' &&
	    ((b[4] == 0x31 && b[5] == 0x41) || (b[4] == 0x17 && b[5] == 0x72)))
		return MAGIC_BZIP2;
	return MAGIC_NONE;
}

static int
bad(const struct decompressor *d, struct error *err, const char *what)
{
	return error_set(err, ERROR_INPUT, "%s: %s", d->reader.name, what);
}

static int
cut_short(const struct decompressor *d, struct error *err)
{
	return error_set(err, ERROR_INPUT, "%s: %s data is cut short", d->reader.name, d->word);
}

static int
junk(const struct decompressor *d, struct error *err)
{
	if (d->state == STATE_START)
		return error_set(err, ERROR_INPUT, "%s: not %s data", d->reader.name, d->word);
	return error_set(err, ERROR_INPUT, "%s: junk after the end of %s data", d->reader.name,
	    d->word);
}

/* Sees to it that n bytes of input are there to look at; fewer only at the end of below. */
static int
look(struct decompressor *d, size_t n, struct error *err)
{
	size_t got;

	assert(n <= sizeof(d->input));
	if (d->len - d->at >= n)
		return 0;
	memmove(d->input, d->input + d->at, d->len - d->at);
	d->len -= d->at;
	d->at = 0;
	while (d->len < n && !d->below_ended) {
		if (reader_read(d->below, d->input + d->len, sizeof(d->input) - d->len, &got,
			err) == -1)
			return -1;
		d->below_ended = got == 0;
		d->len += got;
	}
	return 0;
}

/* Between members: what follows is the end, a member, or padding. */
static int
gzip_next(struct decompressor *d, struct error *err)
{
	const unsigned char *p;
	size_t n;

	if (look(d, 2, err) == -1)
		return -1;
	p = d->input + d->at;
	n = d->len - d->at;
	if (n == 0 && d->state == STATE_NEXT) {
		d->state = STATE_END;
		return 0;
	}
	if (n == 0)
		return bad(d, err, "empty, not gzip data");
	if (p[0] == 0 && d->state == STATE_NEXT) {
		d->state = STATE_PADDING;
		return 0;
	}
	if (n == 1 && p[0] == 0x1f)
		return cut_short(d, err);
	if (n == 1 || p[0] != 0x1f || p[1] != 0x8b)
		return junk(d, err);
	if (inflateReset(&d->inflate) != Z_OK)
		return error_set(err, ERROR_OTHER, "%s: zlib lost its state", d->reader.name);
	d->header_len = 0;
	d->state = STATE_HEADER;
	return 0;
}

static int
gzip_padding(struct decompressor *d, struct error *err)
{
	if (look(d, 1, err) == -1)
		return -1;
	if (d->at == d->len)
		d->state = STATE_END;
	for (; d->at < d->len; d->at++) {
		if (d->input[d->at] != 0)
			return junk(d, err);
	}
	return 0;
}

/*
 * One call of zlib. It checks the header (method, reserved flags, header CRC), and at a member's
 * end the CRC32 and the ISIZE of what came out.
 */
static int
gzip_step(struct decompressor *d, void *buf, size_t cap, size_t *len, struct error *err)
{
	z_stream *z = &d->inflate;
	bool in_header = d->state == STATE_HEADER;
	size_t given;
	int rc;

	if (!d->held_back && look(d, 1, err) == -1)
		return -1;
	if (!d->held_back && d->at == d->len)
		return cut_short(d, err);
	given = d->len - d->at;
	if (in_header && given > MAX_GZIP_HEADER - d->header_len)
		given = MAX_GZIP_HEADER - d->header_len;
	if (given == 0 && in_header)
		return error_set(err, ERROR_INPUT, "%s: gzip header of more than %zu bytes",
		    d->reader.name, MAX_GZIP_HEADER);
	z->next_in = d->input + d->at;
	z->avail_in = (uInt)given; /* at most INPUT_CAP */
	z->next_out = buf;
	z->avail_out = cap < UINT_MAX ? (uInt)cap : UINT_MAX;
	*len = z->avail_out;
	/* Z_BLOCK stops where the header ends. */
	rc = inflate(z, in_header ? Z_BLOCK : Z_NO_FLUSH);
	*len -= z->avail_out;
	given -= z->avail_in;
	d->at += given;
	if (in_header)
		d->header_len += given;
	d->held_back = rc == Z_OK && z->avail_out == 0;
	if (rc == Z_MEM_ERROR)
		return error_memory(err);
	if (rc == Z_STREAM_END)
		d->state = STATE_NEXT;
	else if (rc != Z_OK && rc != Z_BUF_ERROR)
		return error_set(err, ERROR_INPUT, "%s: gzip data is damaged: %s", d->reader.name,
		    z->msg != NULL ? z->msg : "no deflate stream");
	else if (in_header && (z->data_type & 128) != 0)
		d->state = STATE_DATA;
	return 0;
}

static int
zstd_next(struct decompressor *d, struct error *err)
{
	const unsigned char *p;
	uint32_t magic;
	size_t n;

	if (look(d, 4, err) == -1)
		return -1;
	p = d->input + d->at;
	n = d->len - d->at;
	if (n == 0 && d->state == STATE_NEXT) {
		d->state = STATE_END;
		return 0;
	}
	if (n == 0)
		return bad(d, err, "empty, not zstd data");
	if (n < 4)
		return d->state == STATE_START ? cut_short(d, err) : junk(d, err);
	magic = (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
	if (magic != ZSTD_FRAME_MAGIC && (magic & ZSTD_SKIPPABLE_MASK) != ZSTD_SKIPPABLE_MAGIC)
		return junk(d, err);
	d->state = STATE_DATA;
	return 0;
}

static int
zstd_failed(const struct decompressor *d, size_t rc, struct error *err)
{
	ZSTD_ErrorCode code = ZSTD_getErrorCode(rc);

	if (code == ZSTD_error_memory_allocation)
		return error_memory(err);
	if (code == ZSTD_error_frameParameter_windowTooLarge)
		return error_set(err, ERROR_INPUT, "%s: zstd window of more than %u MiB",
		    d->reader.name, 1U << (MAX_ZSTD_WINDOW_LOG - 20));
	if (code == ZSTD_error_dictionary_wrong)
		return bad(d, err, "zstd data needs a dictionary");
	return error_set(err, ERROR_INPUT, "%s: zstd data is damaged: %s", d->reader.name,
	    ZSTD_getErrorName(rc));
}

/* One call of libzstd, which checks a frame's checksum where there is one. */
static int
zstd_step(struct decompressor *d, void *buf, size_t cap, size_t *len, struct error *err)
{
	ZSTD_outBuffer out = { .dst = buf, .size = cap };
	ZSTD_inBuffer in;
	size_t rc;

	if (!d->held_back && look(d, 1, err) == -1)
		return -1;
	if (!d->held_back && d->at == d->len)
		return cut_short(d, err);
	in = (ZSTD_inBuffer){ .src = d->input, .size = d->len, .pos = d->at };
	rc = ZSTD_decompressStream(d->zstd, &out, &in);
	if (ZSTD_isError(rc))
		return zstd_failed(d, rc, err);
	d->at = in.pos;
	*len = out.pos;
	d->held_back = rc != 0 && out.pos == out.size;
	if (rc == 0)
		d->state = STATE_NEXT;
	return 0;
}

static int
decompressor_read(struct reader *r, void *buf, size_t cap, size_t *len, struct error *err)
{
	struct decompressor *d = (struct decompressor *)(void *)r;
	int rc;

	*len = 0;
	while (*len == 0 && d->state != STATE_END) {
		if (d->state == STATE_PADDING)
			rc = gzip_padding(d, err);
		else if (d->state == STATE_HEADER || d->state == STATE_DATA)
			rc = d->zstd == NULL ? gzip_step(d, buf, cap, len, err) :
					       zstd_step(d, buf, cap, len, err);
		else
			rc = d->zstd == NULL ? gzip_next(d, err) : zstd_next(d, err);
		if (rc == -1)
			return -1;
	}
	return 0;
}

struct decompressor *
decompressor_new(enum compression c, struct reader *below, struct error *err)
{
	struct decompressor *d;
	bool ready;

	assert(c == COMPRESSION_GZIP || c == COMPRESSION_ZSTD);
	d = calloc(1, sizeof(*d));
	if (d == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	d->reader = (struct reader){ .read = decompressor_read, .name = below->name };
	d->below = below;
	if (c == COMPRESSION_GZIP) {
		d->word = "gzip";
		/* 16: gzip alone, not zlib's own format, and no guessing. */
		ready = inflateInit2(&d->inflate, 15 + 16) == Z_OK;
	} else {
		d->word = "zstd";
		d->zstd = ZSTD_createDStream();
		ready = d->zstd != NULL &&
		    !ZSTD_isError(
			ZSTD_DCtx_setParameter(d->zstd, ZSTD_d_windowLogMax, MAX_ZSTD_WINDOW_LOG));
	}
	if (!ready) {
		decompressor_free(d);
		(void)error_memory(err);
		return NULL;
	}
	return d;
}

struct reader *
decompressor_reader(struct decompressor *d)
{
	return &d->reader;
}

void
decompressor_free(struct decompressor *d)
{
	if (d == NULL)
		return;
	/* Of a stream that was never begun inflateEnd only says so. */
	(void)inflateEnd(&d->inflate);
	(void)ZSTD_freeDStream(d->zstd);
	free(d);
}
