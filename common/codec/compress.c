#include "codec/compress.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "codec/encoder.h"
#include "codec/pool.h"
#include "codec/processors.h"
#include "core/error.h"

struct compressor {
	struct writer writer;
	struct writer *to;
	struct pool *pool;    /* NULL: bytes pass as they are */
	unsigned char *block; /* lent by pool, being filled; or NULL */
	size_t block_len;
	bool finished;
};

static const struct {
	const char *word;
	const struct encoder *encoder;
} formats[] = {
	[COMPRESSION_NONE] = { "none", NULL },
	[COMPRESSION_GZIP] = { "gzip", &encoder_gzip },
	[COMPRESSION_ZSTD] = { "zstd", &encoder_zstd },
};

bool
compression_parse(const char *word, enum compression *c)
{
	size_t i;

	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(word, formats[i].word) == 0) {
			*c = (enum compression)i;
			return true;
		}
	}
	return false;
}

/* Passes the oldest block on, and waits for it if need be. */
static int
pass_oldest(struct compressor *c, struct error *err)
{
	const unsigned char *out;
	size_t len;

	if (pool_oldest(c->pool, &out, &len, err) == -1 || writer_write(c->to, out, len, err) == -1)
		return -1;
	pool_retire(c->pool);
	return 0;
}

static int
block_begin(struct compressor *c, struct error *err)
{
	/* What is ready goes on at once: whoever reads our output need not wait for a full ring. */
	while (pool_ready(c->pool)) {
		if (pass_oldest(c, err) == -1)
			return -1;
	}
	c->block = pool_buffer(c->pool, err);
	c->block_len = 0;
	return c->block == NULL ? -1 : 0;
}

static void
block_end(struct compressor *c, bool more)
{
	pool_submit(c->pool, c->block_len, more);
	c->block = NULL;
}

static int
compressor_write(struct writer *w, const void *buf, size_t len, struct error *err)
{
	struct compressor *c = (struct compressor *)(void *)w;
	const unsigned char *p = buf;
	size_t n;

	assert(!c->finished);
	if (c->pool == NULL)
		return writer_write(c->to, buf, len, err);
	while (len > 0) {
		/* Not before there are bytes for it: the last block may be a full one. */
		if (c->block != NULL && c->block_len == COMPRESS_BLOCK)
			block_end(c, true);
		if (c->block == NULL && block_begin(c, err) == -1)
			return -1;
		n = COMPRESS_BLOCK - c->block_len;
		if (n > len)
			n = len;
		memcpy(c->block + c->block_len, p, n);
		c->block_len += n;
		p += n;
		len -= n;
	}
	return 0;
}

struct compressor *
compressor_new(const struct compress_options *opt, struct writer *to, struct error *err)
{
	const struct encoder *encoder = formats[opt->format].encoder;
	const char *word = formats[opt->format].word;
	struct pool_size size;
	struct compressor *c;
	int level = opt->level;

	if (encoder == NULL && level != 0) {
		(void)error_set(err, ERROR_USAGE, "level %d: %s has no levels", level, word);
		return NULL;
	}
	if (encoder != NULL && (level < 0 || level > encoder->max_level)) {
		(void)error_set(err, ERROR_USAGE, "level %d: %s has 1 to %d", level, word,
		    encoder->max_level);
		return NULL;
	}
	c = calloc(1, sizeof(*c));
	if (c == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	c->writer = (struct writer){ .write = compressor_write, .name = to->name };
	c->to = to;
	if (encoder == NULL)
		return c;
	if (level == 0)
		level = encoder->default_level;
	size = opt->jobs > 0 ? pool_size_asked(opt->jobs) :
			       pool_size_fitting(processors_usable(), encoder->state_size(level));
	c->pool = pool_new(encoder, level, size, err);
	if (c->pool == NULL) {
		free(c);
		return NULL;
	}
	return c;
}

struct writer *
compressor_writer(struct compressor *c)
{
	return &c->writer;
}

int
compressor_finish(struct compressor *c, struct error *err)
{
	assert(!c->finished);
	c->finished = true;
	if (c->writer.failed)
		return error_set(err, ERROR_IO, "%s: an earlier write failed", c->writer.name);
	if (c->pool == NULL)
		return 0;
	/* Nothing came: one empty member or frame, since no bytes at all are not gzip. */
	if (c->writer.offset == 0 && block_begin(c, err) == -1)
		return -1;
	block_end(c, false);
	while (!pool_empty(c->pool)) {
		if (pass_oldest(c, err) == -1)
			return -1;
	}
	return 0;
}

void
compressor_free(struct compressor *c)
{
	if (c == NULL)
		return;
	pool_free(c->pool);
	free(c);
}
