/*
 * The decompressors over arbitrary bytes. The first byte picks the format (its lowest bit), how
 * many bytes are given and asked for at once, and (its highest bit) a round trip instead: the
 * bytes are compressed, and must come back.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codec/compress.h"
#include "codec/decompress.h"
#include "core/error.h"
#include "core/io.h"

/* Ours: past it a bomb only takes time. */
#define ENOUGH ((size_t)4 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Gives at most step bytes at once, and nothing any more once it was asked at the end. */
struct source {
	struct reader reader;
	const uint8_t *at;
	size_t left;
	size_t step;
	int ended;
};

static int
source_read(struct reader *r, void *buf, size_t cap, size_t *len, struct error *err)
{
	struct source *s = (struct source *)(void *)r;

	(void)err;
	if (s->ended)
		abort();
	*len = cap < s->step ? cap : s->step;
	if (*len > s->left)
		*len = s->left;
	memcpy(buf, s->at, *len);
	s->at += *len;
	s->left -= *len;
	s->ended = *len == 0;
	return 0;
}

struct sink {
	struct writer writer;
	uint8_t *buf;
	size_t len;
};

static int
sink_write(struct writer *w, const void *buf, size_t len, struct error *err)
{
	struct sink *s = (struct sink *)(void *)w;
	uint8_t *p;

	p = realloc(s->buf, s->len + len);
	if (p == NULL)
		return error_memory(err);
	memcpy(p + s->len, buf, len);
	s->buf = p;
	s->len += len;
	return 0;
}

/* Reads up to the end, an error, or ENOUGH. expected, if not NULL, is what must come. */
static void
inflate_all(enum compression format, const uint8_t *data, size_t size, size_t step,
    const uint8_t *expected, size_t expected_len)
{
	struct source in = { .reader = { .read = source_read, .name = "fuzz" },
		.at = data,
		.left = size,
		.step = step };
	struct error err = { .kind = ERROR_NONE };
	struct decompressor *d;
	uint8_t out[8192];
	size_t cap = step < sizeof(out) ? step : sizeof(out);
	size_t n = 1, total = 0;
	int rc = 0;

	d = decompressor_new(format, &in.reader, &err);
	if (d == NULL)
		return;
	while (n > 0 && total < ENOUGH) {
		rc = reader_read(decompressor_reader(d), out, cap, &n, &err);
		if (rc == -1)
			break;
		if (expected != NULL &&
		    (n > expected_len - total || memcmp(out, expected + total, n) != 0))
			abort();
		total += n;
	}
	if (rc == -1 &&
	    (expected != NULL || err.text[0] == '\0' ||
		(err.kind != ERROR_INPUT && err.kind != ERROR_OTHER)))
		abort();
	/* The end is told when all was read, not before. */
	if (rc == 0 && n == 0 && (!in.ended || (expected != NULL && total != expected_len)))
		abort();
	decompressor_free(d);
}

static void
round_trip(enum compression format, const uint8_t *data, size_t size, size_t step)
{
	struct compress_options opt = { .format = format, .jobs = 1 };
	struct sink out = { .writer = { .write = sink_write, .name = "fuzz" } };
	struct error err = { .kind = ERROR_NONE };
	struct compressor *c;
	size_t n, at;
	int rc = 0;

	c = compressor_new(&opt, &out.writer, &err);
	if (c == NULL)
		return;
	for (at = 0; at < size && rc == 0; at += n) {
		n = size - at < step ? size - at : step;
		rc = writer_write(compressor_writer(c), data + at, n, &err);
	}
	if (rc == 0)
		rc = compressor_finish(c, &err);
	compressor_free(c);
	if (rc == 0)
		inflate_all(format, out.buf, out.len, step, data, size);
	free(out.buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const size_t steps[] = { 1, 2, 3, 7, 64, 4096, 65536, SIZE_MAX };
	enum compression format;
	size_t step;

	if (size == 0)
		return 0;
	format = (data[0] & 1) != 0 ? COMPRESSION_ZSTD : COMPRESSION_GZIP;
	step = steps[data[0] >> 1 & 7];
	(void)compression_detect(data + 1, size - 1);
	if ((data[0] & 0x80) != 0)
		round_trip(format, data + 1, size - 1, step);
	else
		inflate_all(format, data + 1, size - 1, step, NULL, 0);
	return 0;
}
