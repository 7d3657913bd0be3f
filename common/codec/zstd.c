/* A block to a zstd frame, with its size and its checksum. libzstd itself stores what does not
 * shrink, and finds out quickly. */
#include <zstd.h>

#include <assert.h>

#include "codec/compress.h"
#include "codec/encoder.h"

static void
zstd_close(void *state)
{
	(void)ZSTD_freeCCtx(state);
}

/* libzstd 1.5.4, as ZSTD_sizeof_CCtx says after a whole block: its tables are for a window of no
 * more than that. */
static size_t
zstd_state_size(int level)
{
	static const unsigned short kib[] = { 0, 569, 761, 1273, 2553, 3577, 3577, 6649, 6649,
		12793, 12793, 12793, 12793, 16889, 16889, 16889, 17035, 17035, 17664, 17664 };

	return (size_t)kib[level] * 1024;
}

static void *
zstd_open(int level)
{
	ZSTD_CCtx *c;

	c = ZSTD_createCCtx();
	if (c == NULL)
		return NULL;
	if (ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, level)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1))) {
		zstd_close(c);
		return NULL;
	}
	return c;
}

static size_t
zstd_encode(void *state, const unsigned char *in, size_t len, unsigned char *out)
{
	size_t n;

	assert(len <= COMPRESS_BLOCK);
	n = ZSTD_compress2(state, out, ZSTD_COMPRESSBOUND(COMPRESS_BLOCK), in, len);
	/* The room is enough, and the parameters were taken: only memory can lack. */
	return ZSTD_isError(n) ? 0 : n;
}

const struct encoder encoder_zstd = {
	.max_level = 19,
	.default_level = 3,
	.bound = ZSTD_COMPRESSBOUND(COMPRESS_BLOCK),
	.state_size = zstd_state_size,
	.open = zstd_open,
	.encode = zstd_encode,
	.close = zstd_close,
};
