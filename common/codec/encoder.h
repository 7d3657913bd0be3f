/*
 * encoder.h - one block of input to one member or frame, complete in itself
 *
 * Format:  gzip: RFC 1952 around RFC 1951, by libdeflate; zstd: RFC 8878, by libzstd. What comes
 *          out depends on the block, the level and the library's version, on nothing else: not
 *          on the processor, nor on the blocks that the state met before.
 * Memory:  one state a thread, which open() gives and close() takes back; what state_size() says
 *          is measured, and decides how many threads there are, never what comes out.
 * Errors:  NULL from open() and 0 from encode() mean out of memory.
 * Threads: a state serves one thread at a time; the two kinds are constants.
 */
#ifndef CODEC_ENCODER_H
#define CODEC_ENCODER_H

#include <stddef.h>

struct encoder {
	int max_level; /* levels are 1 to this */
	int default_level;
	size_t bound; /* bytes that a block of at most COMPRESS_BLOCK can become */
	size_t (*state_size)(int level); /* bytes that a state has come to after some blocks */
	void *(*open)(int level);
	/* len may be 0. out has room for bound bytes. How many were written. */
	size_t (*encode)(void *state, const unsigned char *in, size_t len, unsigned char *out);
	void (*close)(void *state); /* state may be NULL */
};

extern const struct encoder encoder_gzip;
extern const struct encoder encoder_zstd;

#endif
