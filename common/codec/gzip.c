/*
 * A block to a gzip member. Level 1 of libdeflate makes 130 MB/s of files as they are found, and
 * 85 MB/s of what is compressed already, which it then stores. So such blocks are known by a
 * look at their bytes (900 MB/s and more) and stored at once. The look must depend on the bytes
 * alone, and on integers alone: it is part of what makes a layer's digest.
 */
#include <libdeflate.h>

#include <assert.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "codec/compress.h"
#include "codec/encoder.h"

/* RFC 1952, section 2.3: ten bytes before and eight after what deflate wrote. */
#define HEADER 10
#define TRAILER 8
/* RFC 1951, section 3.2.4: a stored block has at most 65,535 bytes, after five of its own. */
#define STORED_MAX ((size_t)65535)
#define STORED_HEADER 5
#define STORED_SIZE(len) ((len) + ((len) / STORED_MAX + 1) * STORED_HEADER)

/* Ours: in a smaller block chance alone makes counts uneven, and there is little to gain. */
#define LOOK_MIN ((size_t)64 * 1024)
/* How far back deflate can point (RFC 1951, section 2). */
#define WINDOW ((size_t)32 * 1024)

struct gzip {
	struct libdeflate_compressor *compressor;
	int level;
};

static uint64_t
load_le64(const unsigned char *p)
{
	uint64_t v = 0;
	size_t i;

	for (i = 0; i < 8; i++)
		v |= (uint64_t)p[i] << (8 * i);
	return v;
}

/*
 * Whether each byte value comes about as often as any other: the sum of the squared counts, n * n
 * / 256 for perfectly even ones, is less than 65/64 of that. Past it, Huffman codes begin to gain:
 * 1/64 is what 3% of text among random bytes bring. Counts only grow, so what is past it after
 * a quarter of the block is past it at the end, and text and programs are known by then.
 */
static bool
counts_even(const unsigned char *p, size_t len)
{
	/* Four tables: the processor need not wait for one count before the next. */
	uint32_t count[4][256] = { { 0 } };
	uint64_t sum, n;
	size_t i = 0, v, stop;

	while (i < len) {
		stop = len - i > LOOK_MIN ? i + LOOK_MIN : len;
		for (; stop - i >= 4; i += 4) {
			count[0][p[i]]++;
			count[1][p[i + 1]]++;
			count[2][p[i + 2]]++;
			count[3][p[i + 3]]++;
		}
		for (; i < stop; i++)
			count[0][p[i]]++;
		sum = 0;
		for (v = 0; v < 256; v++) {
			n = (uint64_t)count[0][v] + count[1][v] + count[2][v] + count[3][v];
			sum += n * n;
		}
		/* A block is at most 2^20 bytes: 2^40 * 256 * 64 fits. */
		if (sum * 256 * 64 >= (uint64_t)len * len * 65)
			return false;
	}
	return true;
}

/*
 * Whether eight bytes are seldom met again within deflate's reach: asked where a byte is 0xa5, one
 * place in 256 of even counts (any value does that formats do not favour, as 0 and 0xff are).
 * Copies of such a place are such places too, so 1/32 of them repeated is 1/32 of the block.
 */
static bool
repeats_rare(const unsigned char *p, size_t len)
{
	uint32_t last[1024] = { 0 }; /* by hash: place + 1 */
	const unsigned char *at = p, *end = p + len - 8;
	size_t hash, here, before, places = 0, repeats = 0;

	while (at < end && (at = memchr(at, 0xa5, (size_t)(end - at))) != NULL) {
		/* Fibonacci hashing (Knuth, 6.4): the upper ten bits of the product. */
		hash = (size_t)((load_le64(at) * 0x9e3779b97f4a7c15U) >> 54);
		here = (size_t)(at - p);
		places++;
		if (last[hash] != 0) {
			before = last[hash] - 1;
			if (here - before <= WINDOW && memcmp(p + before, at, 8) == 0)
				repeats++;
		}
		last[hash] = (uint32_t)(here + 1); /* at most COMPRESS_BLOCK */
		at++;
	}
	return repeats * 32 <= places;
}

static size_t
deflate_stored(const unsigned char *in, size_t len, unsigned char *out)
{
	size_t used = 0, n;

	do {
		n = len < STORED_MAX ? len : STORED_MAX;
		out[used] = n == len; /* BFINAL; BTYPE 00 */
		out[used + 1] = (unsigned char)(n & 0xff);
		out[used + 2] = (unsigned char)(n >> 8);
		out[used + 3] = (unsigned char)(~n & 0xff);
		out[used + 4] = (unsigned char)(~n >> 8 & 0xff);
		memcpy(out + used + STORED_HEADER, in, n);
		used += STORED_HEADER + n;
		in += n;
		len -= n;
	} while (len > 0);
	return used;
}

static void
store_le32(unsigned char *p, uint32_t v)
{
	size_t i;

	for (i = 0; i < 4; i++)
		p[i] = (unsigned char)(v >> (8 * i) & 0xff);
}

/* libdeflate 1.14, as malloc was asked. */
static size_t
gzip_state_size(int level)
{
	if (level == 1)
		return (size_t)200 * 1024;
	return (size_t)(level < 10 ? 656 : 8800) * 1024;
}

static void *
gzip_open(int level)
{
	struct gzip *g;

	g = malloc(sizeof(*g));
	if (g == NULL)
		return NULL;
	g->level = level;
	g->compressor = libdeflate_alloc_compressor(level);
	if (g->compressor == NULL) {
		free(g);
		return NULL;
	}
	return g;
}

static void
gzip_close(void *state)
{
	struct gzip *g = state;

	if (g == NULL)
		return;
	libdeflate_free_compressor(g->compressor);
	free(g);
}

static size_t
gzip_encode(void *state, const unsigned char *in, size_t len, unsigned char *out)
{
	/* No flags, no time, no extra flags yet, OS 255 (unknown). */
	static const unsigned char header[HEADER] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255 };
	const struct gzip *g = state;
	size_t n = 0;

	assert(len <= COMPRESS_BLOCK);
	memcpy(out, header, HEADER);
	/* XFL, RFC 1952: 4 the fastest algorithm, 2 the slowest; as libdeflate sets them. */
	if (g->level < 2)
		out[8] = 4;
	else if (g->level >= 8)
		out[8] = 2;
	if (len < LOOK_MIN || !counts_even(in, len) || !repeats_rare(in, len))
		/* 0 where it would not be shorter than stored. */
		n = libdeflate_deflate_compress(g->compressor, in, len, out + HEADER,
		    STORED_SIZE(len) - 1);
	if (n == 0)
		n = deflate_stored(in, len, out + HEADER);
	store_le32(out + HEADER + n, libdeflate_crc32(0, in, len));
	store_le32(out + HEADER + n + 4, (uint32_t)len);
	return HEADER + n + TRAILER;
}

const struct encoder encoder_gzip = {
	.max_level = 12,
	.default_level = 1,
	.bound = HEADER + STORED_SIZE(COMPRESS_BLOCK) + TRAILER,
	.state_size = gzip_state_size,
	.open = gzip_open,
	.encode = gzip_encode,
	.close = gzip_close,
};
