/*
 * decompress.h - gzip and zstd read in passing, with their own checks
 *
 * Format:  gzip: every member's CRC32 and ISIZE are checked; zeros may follow the last member,
 *          anything else is an error (RFC 1952; tar -z pads). zstd: frames and skippable frames
 *          follow one another; a window above 128 MiB (windowLog 27) is refused.
 * Memory:  one state of zlib (40 KiB) or libzstd (the frame's window), freed by decompressor_free.
 * Errors:  ERROR_INPUT naming the input and what is wrong (truncated, checksum, junk after the
 *          end); errors of the reader below.
 */
#ifndef CODEC_DECOMPRESS_H
#define CODEC_DECOMPRESS_H

#include <stddef.h>

#include "codec/compress.h"
#include "core/io.h"

struct error;
struct decompressor;

/* Bytes that compression_detect wants to see. */
#define COMPRESSION_MAGIC 6

enum magic { MAGIC_NONE, MAGIC_GZIP, MAGIC_ZSTD, MAGIC_XZ, MAGIC_BZIP2 };

/* By the first len bytes; MAGIC_NONE for fewer than a magic has. */
enum magic compression_detect(const void *buf, size_t len);

/* Reads compressed bytes from below (borrowed) up to its end. c: GZIP or ZSTD. NULL on error. */
struct decompressor *decompressor_new(enum compression c, struct reader *below,
    struct error *err);
/* The reader of uncompressed bytes; lives as long as d. Its end comes only after all of below
 * was read and judged. */
struct reader *decompressor_reader(struct decompressor *d);
void decompressor_free(struct decompressor *d);

#endif
