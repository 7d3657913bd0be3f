/*
 * compress.h - a tar compressed into a layer: the same bytes for any number of threads
 *
 * Format:  gzip as independent members (RFC 1952) of COMPRESS_BLOCK bytes of input each, no
 *          name, no time, OS 255; a member that would not shrink is stored. zstd as independent
 *          frames (RFC 8878) by the same rule. An empty input gives one empty member or frame.
 *          Whether a block is stored depends on its bytes alone.
 * Memory:  at most (jobs + 2) blocks in flight. compressor_free releases all, also in mid-stream.
 * Errors:  of the writer below; ERROR_OTHER out of memory. A thread that cannot be started is
 *          none: fewer do the work, at last the caller's own.
 * Threads: the caller's thread alone calls these functions and the writer below.
 */
#ifndef CODEC_COMPRESS_H
#define CODEC_COMPRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/io.h"

struct error;
struct compressor;

#define COMPRESS_BLOCK ((size_t)1024 * 1024)

enum compression { COMPRESSION_NONE, COMPRESSION_GZIP, COMPRESSION_ZSTD };

struct compress_options {
	enum compression format;
	int level;		/* 0: the format's default; gzip 1 to 12, zstd 1 to 19 */
	unsigned int jobs;	/* 0: the processors that we may use */
};

/* "gzip", "zstd", "none"; false for another word. */
bool compression_parse(const char *word, enum compression *c);

/* Output goes to to, which is borrowed. NULL on error; ERROR_USAGE: a level out of range. */
struct compressor *compressor_new(const struct compress_options *opt, struct writer *to,
    struct error *err);
/* The writer that takes the uncompressed bytes; it lives as long as c. */
struct writer *compressor_writer(struct compressor *c);
/* Everything written is compressed and passed on. Once. */
int compressor_finish(struct compressor *c, struct error *err);
void compressor_free(struct compressor *c);

#endif
