/*
 * compress.h - a tar compressed into a layer: the same bytes for any number of threads
 *
 * Format:  gzip as independent members (RFC 1952) of COMPRESS_BLOCK bytes of input each, no
 *          name, no time, OS 255; XFL says the level (4 for 1, 2 from 8 on). zstd as independent
 *          frames (RFC 8878) by the same rule, each with its size and checksum. An empty input
 *          gives one empty member or frame. An input of one byte more gives one member more.
 *          A gzip member that would not shrink is stored. So is, without trying, a block that
 *          looks compressed already: of 64 KiB or more, its byte values about equally frequent
 *          (256 times the sum of the squared counts is below 65/64 of the square of its length),
 *          and hardly repeating itself (of the places where a byte is 0xa5, at most 1 in 32 has
 *          the eight bytes that the last place of the same hash had, at most 32 KiB before).
 *          That depends on the block's bytes alone, and is part of what we promise.
 * Memory:  1 MiB for each of jobs + 3 blocks of input and jobs + 6 of output, of at most 32 jobs;
 *          jobs 1 has one of each and no thread. And a state for each job: gzip 0.2 MiB at level
 *          1, 0.7 to 9, 8.6 above; zstd 0.6 MiB at level 1, 1.3 at 3, 2.5 at 4, 3.5 at 6, 6.5 at
 *          8, 12.5 at 12, 17.3 at 19. With jobs 0 there are as many of all that as POOL_BUDGET
 *          allows: on two processors both are at work at gzip 1 to 9 and zstd 1 to 6, one beside
 *          the caller at gzip 10 to 12 and zstd 7 and 8, the caller alone from zstd 9 on. Then
 *          oci-layer has held at most 16 MiB at gzip 1, 17.5 at gzip 12, 16.6 at zstd 3, 20.4 at
 *          6, 22.7 at 12, measured on 60 MB of text and of noise, into a pipe. zstd 13 to 19 is
 *          the exception to the design's 24 MiB: one state alone makes that 26.9, into a file
 *          24. compressor_free releases all, also in mid-stream.
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
	int level;	   /* 0: the default; gzip 1 to 12 (1), zstd 1 to 19 (3), none 0 */
	unsigned int jobs; /* 0: what processors and memory allow; 1: no thread but ours */
};

/* "gzip", "zstd", "none"; false for another word. */
bool compression_parse(const char *word, enum compression *c);

/* Output goes to to, which is borrowed. NULL on error; ERROR_USAGE: a level out of range. */
struct compressor *
compressor_new(const struct compress_options *opt, struct writer *to, struct error *err);
/* The writer that takes the uncompressed bytes; it lives as long as c. */
struct writer *compressor_writer(struct compressor *c);
/* Everything written is compressed and passed on. Once; nothing is written after it. */
int compressor_finish(struct compressor *c, struct error *err);
void compressor_free(struct compressor *c); /* c may be NULL */

#endif
