/*
 * spool.h - bytes kept for later: in memory first, then in an unlinked file in TMPDIR
 *
 * Memory:  at most the limit given at the start, allocated as needed.
 * Errors:  ERROR_IO naming TMPDIR (or /tmp), ERROR_OTHER out of memory.
 */
#ifndef CORE_SPOOL_H
#define CORE_SPOOL_H

#include <stddef.h>
#include <stdint.h>

#include "core/io.h"

struct error;

struct spool {
	struct writer writer; /* append here; writer.offset is the size */
	size_t memory_max;
	unsigned char *memory; /* NULL once in a file */
	size_t memory_cap;
	int fd; /* -1 while in memory */
};

/* The first memory_max bytes stay in memory; 0 means a file from the first byte on. */
void spool_init(struct spool *s, size_t memory_max, const char *name);
/* Moves what memory holds to the file, so that spool->fd is the whole: for copying. */
int spool_to_file(struct spool *s, struct error *err);
/* Exactly len bytes at offset, which lie inside what was written. */
int spool_read_at(const struct spool *s, uint64_t offset, void *buf, size_t len, struct error *err);
/* Moves everything to a writer; what has gone takes no room any more, in memory or on disk, as soon
 * as the file system can do so. The spool is then empty, and may only be released. */
int spool_drain(struct spool *s, struct writer *to, struct error *err);
void spool_release(struct spool *s);

/* Bytes offset to offset + len of a spool that outlives it and is not written meanwhile. */
struct reader_spool {
	struct reader reader;
	const struct spool *spool;
	uint64_t at;
	uint64_t left;
};
void
reader_spool_init(struct reader_spool *r, const struct spool *s, uint64_t offset, uint64_t len);

/* An unlinked, private file in TMPDIR (O_TMPFILE, else mkstemp and unlink). */
int spool_file(int *fd, struct error *err);

#endif
