/*
 * bare - the least that a tar and two processors need to become a layer that was checked once
 *
 *     bare TAR OUT
 *
 * Reads a finished tar, compresses its blocks of 1 MiB with libdeflate in two threads (stored where
 * they would not shrink), takes the SHA-256 of the tar and of the output, writes the output, reads
 * and hashes it once more; nothing else. OUT has the bytes of the blob that oci-layer makes of the
 * same tar. What a pipeline takes beside this is its own.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "codec/compress.h"
#include "codec/encoder.h"
#include "core/digest.h"
#include "core/io.h"

#define THREADS 2
#define SLOTS (THREADS + 2)

struct slot {
	unsigned char *in, *out;
	size_t in_len, out_len;
	bool done;
};

struct ring {
	pthread_mutex_t lock;
	pthread_cond_t work, finished;
	struct slot slots[SLOTS];
	size_t given, taken, written; /* blocks so far */
	bool end;
};

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

static void *
worker(void *arg)
{
	struct ring *r = arg;
	void *state = encoder_gzip.open(encoder_gzip.default_level);
	struct slot *s;

	if (state == NULL)
		fail("libdeflate");
	(void)pthread_mutex_lock(&r->lock);
	for (;;) {
		while (r->taken == r->given && !r->end)
			(void)pthread_cond_wait(&r->work, &r->lock);
		if (r->taken == r->given)
			break;
		s = &r->slots[r->taken++ % SLOTS];
		(void)pthread_mutex_unlock(&r->lock);
		s->out_len = encoder_gzip.encode(state, s->in, s->in_len, s->out);
		(void)pthread_mutex_lock(&r->lock);
		s->done = true;
		(void)pthread_cond_signal(&r->finished);
	}
	(void)pthread_mutex_unlock(&r->lock);
	encoder_gzip.close(state);
	return NULL;
}

static void
write_oldest(struct ring *r, int out, struct hasher *hasher)
{
	struct slot *s = &r->slots[r->written % SLOTS];

	(void)pthread_mutex_lock(&r->lock);
	while (!s->done)
		(void)pthread_cond_wait(&r->finished, &r->lock);
	(void)pthread_mutex_unlock(&r->lock);
	hasher_update(hasher, s->out, s->out_len);
	if (io_write(out, s->out, s->out_len) == -1)
		fail("write");
	s->done = false;
	r->written++;
}

static size_t
fill(int fd, unsigned char *buf)
{
	size_t len = 0;
	ssize_t n;

	while (len < COMPRESS_BLOCK) {
		n = io_read(fd, buf + len, COMPRESS_BLOCK - len);
		if (n == -1)
			fail("read");
		if (n == 0)
			break;
		len += (size_t)n;
	}
	return len;
}

int
main(int argc, char *argv[])
{
	struct ring r = { .given = 0 };
	struct hasher tar, blob, again;
	struct digest digest;
	pthread_t threads[THREADS];
	struct slot *s;
	int in, out;
	size_t i, len;

	if (argc != 3) {
		(void)fprintf(stderr, "usage: bare tar out\n");
		return 2;
	}
	in = open(argv[1], O_RDONLY | O_CLOEXEC);
	out = open(argv[2], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (in == -1 || out == -1)
		fail(in == -1 ? argv[1] : argv[2]);
	(void)pthread_mutex_init(&r.lock, NULL);
	(void)pthread_cond_init(&r.work, NULL);
	(void)pthread_cond_init(&r.finished, NULL);
	for (i = 0; i < SLOTS; i++) {
		r.slots[i].in = malloc(COMPRESS_BLOCK);
		r.slots[i].out = malloc(encoder_gzip.bound);
		if (r.slots[i].in == NULL || r.slots[i].out == NULL)
			fail("malloc");
	}
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, worker, &r) != 0)
			fail("thread");
	hasher_init(&tar);
	hasher_init(&blob);
	hasher_init(&again);
	for (;;) {
		if (r.given - r.written == SLOTS)
			write_oldest(&r, out, &blob);
		s = &r.slots[r.given % SLOTS];
		s->in_len = fill(in, s->in);
		if (s->in_len == 0)
			break;
		hasher_update(&tar, s->in, s->in_len);
		(void)pthread_mutex_lock(&r.lock);
		r.given++;
		(void)pthread_cond_signal(&r.work);
		(void)pthread_mutex_unlock(&r.lock);
	}
	(void)pthread_mutex_lock(&r.lock);
	r.end = true;
	(void)pthread_cond_broadcast(&r.work);
	(void)pthread_mutex_unlock(&r.lock);
	while (r.written < r.given)
		write_oldest(&r, out, &blob);
	for (i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
	if (lseek(out, 0, SEEK_SET) == -1)
		fail(argv[2]);
	while ((len = fill(out, r.slots[0].in)) > 0)
		hasher_update(&again, r.slots[0].in, len);
	hasher_digest(&tar, &digest);
	(void)printf("%s\n", digest.text);
	hasher_digest(&again, &digest);
	(void)printf("%s\n", digest.text);
	return 0;
}
