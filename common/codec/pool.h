/*
 * pool.h - blocks encoded by several threads, and taken back in the order they were given
 *
 * Blocks wait in a ring: submitted at one end, retired at the other, encoded in between by
 * workers, or where there are none by the caller. No thread is started before a block waits for
 * it, so a small input never pays for one.
 *
 * Memory:  what its size says: a state a worker, and the blocks of input and output, 1 MiB each.
 *          All is taken as it is first needed, and used again.
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

/* Ours, for each processor: of the 24 MiB that a program may take on two (design, section 3), 5.5
 * are its libraries and what it reads with, and 4 a layer that waits for its size. */
#define POOL_BUDGET ((size_t)7 * 1024 * 1024)

struct pool_size {
	unsigned int workers; /* threads; 0: the caller encodes */
	unsigned int inputs, outputs;
};

/* So many threads, whatever they take; at most MAX_POOL_JOBS. 1: the caller alone. */
struct pool_size pool_size_asked(unsigned int jobs);
/*
 * As many threads as there are processors, or fewer, and as many blocks, as POOL_BUDGET allows with
 * states of that size. Where it allows none the caller works alone, past it if need be.
 */
struct pool_size pool_size_fitting(unsigned int processors, size_t state_size);

/* No state is opened yet: want of memory for one shows as that of its blocks. NULL on error. */
struct pool *
pool_new(const struct encoder *encoder, int level, struct pool_size size, struct error *err);
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
