/*
 * decompress.h - gzip and zstd read in passing, with their own checks
 *
 * Format:  gzip: every member's CRC32 and ISIZE are checked; zeros may follow the last member,
 *          anything else is an error (RFC 1952; tar -z pads). A header of more than 128 KiB is
 *          one too. zstd: frames and skippable frames follow one another, nothing else; a window
 *          above 128 MiB (windowLog 27) or a dictionary is refused. An input without a byte
 *          is neither.
 * Memory:  64 KiB and one state: zlib's 40 KiB, or libzstd's with the frame's window.
 * Errors:  ERROR_INPUT naming the input and what is wrong (cut short, damaged, junk after the
 *          end); ERROR_OTHER out of memory; errors of the reader below.
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

/* By the first len bytes; MAGIC_NONE for fewer than a magic has. xz and bzip2 are only known. */
enum magic compression_detect(const void *buf, size_t len);

/* Reads compressed bytes from below (borrowed) up to its end. c: GZIP or ZSTD. NULL on error. */
struct decompressor *decompressor_new(enum compression c, struct reader *below, struct error *err);
/* The reader of uncompressed bytes; lives as long as d. Its end comes only after all of below
 * was read and judged. */
struct reader *decompressor_reader(struct decompressor *d);
void decompressor_free(struct decompressor *d); /* d may be NULL */

#endif
