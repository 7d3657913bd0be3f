/*
 * pool.h - blocks encoded by several threads, and taken back in the order they were given
 *
 * Blocks wait in a ring: submitted at one end, retired at the other, encoded in between by
 * workers, or where there are none by the caller. No thread is started before a block waits for
 * it, so a small input never pays for one.
 *
 * Memory:  blocks of input for jobs + 3, of output for jobs + 6; jobs 1: for one. Taken as they are
 *          first needed, and used again.
 * Errors:  ERROR_OTHER out of memory. A thread that cannot be started is no error.
 * Threads: one thread, the caller's, calls these functions; workers take no signals.
 */
#ifndef CODEC_POOL_H
#define CODEC_POOL_H

#include <stdbool.h>
#include <stddef.h>

struct encoder;
struct error;
struct pool;

/* Ours: hashing and reading in the caller's one thread feed no more (1,400 MB/s of SHA-256, 130
 * MB/s of gzip a thread), and a block in flight costs 2 MiB. */
#define MAX_POOL_JOBS 32

/* jobs 1: the caller alone, one block in flight; at most MAX_POOL_JOBS are used. NULL on error. */
struct pool *
pool_new(const struct encoder *encoder, int level, unsigned int jobs, struct error *err);
void pool_free(struct pool *p); /* p may be NULL; blocks in flight are dropped */

/* No block is in flight. */
bool pool_empty(const struct pool *p);
/* Whether the oldest block is finished and should be taken; if not, there is room for one more.
 * Waits until the one or the other is true. */
bool pool_ready(struct pool *p);

/* Room for one block of COMPRESS_BLOCK bytes, until pool_submit. After pool_ready said that there
 * is. NULL on error. */
unsigned char *pool_buffer(struct pool *p, struct error *err);
/* Hands over the first len bytes of that buffer. more: others follow, so a thread is worth it. */
void pool_submit(struct pool *p, size_t len, bool more);

/* Waits for the oldest block. *out is lent until pool_retire makes its room free again. Not when
 * empty. */
int pool_oldest(struct pool *p, const unsigned char **out, size_t *len, struct error *err);
void pool_retire(struct pool *p);

#endif
