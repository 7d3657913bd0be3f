/*
 * The pool when threads cannot be had: this copy of pool.c starts them through a function that
 * fails when it is told to, since no limit of the system's does so for root.
 */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int may_start; /* how many more threads there can be */
static int started;

static int
limited_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
	if (may_start == 0)
		return EAGAIN;
	may_start--;
	started++;
	return pthread_create(thread, attr, run, arg);
}

#define pthread_create limited_create
#include "codec/pool.c"
#undef pthread_create

#include "core/io.h"

static int cases;
static int failures;

static void
ok(bool pass, const char *name)
{
	cases++;
	if (!pass)
		failures++;
	printf("%sok %d - %s\n", pass ? "" : "not ", cases, name);
}

/* Sums up what comes, so that outputs can be compared without being kept (FNV-1a). */
struct sum {
	struct writer writer;
	uint64_t value;
	pthread_t caller;
	bool strange; /* another thread than the caller's wrote */
};

static int
sum_write(struct writer *w, const void *buf, size_t len, struct error *err)
{
	struct sum *s = (struct sum *)(void *)w;
	const unsigned char *p = buf;
	size_t i;

	(void)err;
	for (i = 0; i < len; i++)
		s->value = (s->value ^ p[i]) * 0x100000001b3U;
	s->strange = s->strange || !pthread_equal(s->caller, pthread_self());
	return 0;
}

/* n bytes through jobs, of which threads can be started. False on an error. */
static bool
run(enum compression format, unsigned int jobs, int threads, const unsigned char *data, size_t n,
    uint64_t *value)
{
	struct sum s = { .writer = { .write = sum_write, .name = "sum" },
		.value = 0xcbf29ce484222325U,
		.caller = pthread_self() };
	struct compress_options opt = { .format = format, .jobs = jobs };
	struct error err = { .kind = ERROR_NONE };
	struct compressor *c;
	bool good;

	may_start = threads;
	started = 0;
	c = compressor_new(&opt, &s.writer, &err);
	good = c != NULL && writer_write(compressor_writer(c), data, n, &err) == 0 &&
	    compressor_finish(c, &err) == 0 && !s.strange;
	compressor_free(c);
	*value = s.value;
	return good;
}

/* An encoder for which memory lacks, at the first block or before it. */
static void *
lacking_open(int level)
{
	static char state;

	return level == 1 ? NULL : &state;
}

static size_t
lacking_encode(void *state, const unsigned char *in, size_t len, unsigned char *out)
{
	(void)state;
	(void)in;
	(void)len;
	(void)out;
	return 0;
}

static void
lacking_close(void *state)
{
	(void)state;
}

static void
test_memory(void)
{
	static const struct encoder lacking = { .max_level = 2,
		.default_level = 1,
		.bound = 1,
		.open = lacking_open,
		.encode = lacking_encode,
		.close = lacking_close };
	struct error err = { .kind = ERROR_NONE };
	const unsigned char *out;
	struct pool *p;
	size_t len;
	bool pass;
	int level;

	for (level = 1; level <= 2; level++) {
		err.kind = ERROR_NONE;
		may_start = 2;
		p = pool_new(&lacking, level, pool_size_asked(2), &err);
		pass = p != NULL && pool_buffer(p, &err) != NULL;
		if (pass) {
			pool_submit(p, 1, true);
			pass = pool_oldest(p, &out, &len, &err) == -1 && err.kind == ERROR_OTHER;
		}
		pool_free(p);
		ok(pass,
		    level == 1 ? "no memory for an encoder's state is an error" :
				 "so is an encoder that runs out of it in a worker");
	}
}

/* An encoder whose first block takes until all the others are handed in. */
static pthread_mutex_t gate_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate_opens = PTHREAD_COND_INITIALIZER;
static bool gate_open;
static int opened; /* states, now */

static void *
gated_open(int level)
{
	static char state;

	(void)level;
	opened++;
	return &state;
}

static size_t
gated_encode(void *state, const unsigned char *in, size_t len, unsigned char *out)
{
	(void)state;
	(void)pthread_mutex_lock(&gate_lock);
	while (in[0] == 0 && !gate_open)
		(void)pthread_cond_wait(&gate_opens, &gate_lock);
	(void)pthread_mutex_unlock(&gate_lock);
	out[0] = in[0];
	return len;
}

static void
gated_close(void *state)
{
	if (state != NULL)
		opened--;
}

static const struct encoder gated = { .max_level = 1,
	.default_level = 1,
	.bound = 1,
	.open = gated_open,
	.encode = gated_encode,
	.close = gated_close };

/* All that a pool has room for is handed in, and done but for the oldest; then all comes out. */
static bool
overtake(struct pool_size size)
{
	/* One input is with the oldest block, and one output will be. */
	const unsigned int n = size.inputs + size.outputs - 1;
	struct error err = { .kind = ERROR_NONE };
	const unsigned char *out;
	struct pool *p;
	unsigned char *in;
	unsigned int i;
	size_t len;
	bool pass;

	may_start = MAX_POOL_JOBS;
	gate_open = false;
	p = pool_new(&gated, 1, size, &err);
	pass = p != NULL;
	for (i = 0; pass && i < n; i++) {
		pass = !pool_ready(p) && (in = pool_buffer(p, &err)) != NULL;
		if (pass) {
			in[0] = (unsigned char)i;
			pool_submit(p, 1, true);
		}
	}
	(void)pthread_mutex_lock(&gate_lock);
	gate_open = true;
	(void)pthread_cond_broadcast(&gate_opens);
	(void)pthread_mutex_unlock(&gate_lock);
	for (i = 0; pass && i < n; i++) {
		pass = pool_oldest(p, &out, &len, &err) == 0 && len == 1 && out[0] == i;
		pool_retire(p);
	}
	pass = pass && pool_empty(p);
	pool_free(p);
	return pass;
}

static void
test_order(void)
{
	struct pool_size size;
	struct error err = { .kind = ERROR_NONE };
	struct pool *p;
	unsigned int jobs;
	bool pass = true;

	for (jobs = 2; jobs <= MAX_POOL_JOBS; jobs += 5)
		pass = pass && overtake(pool_size_asked(jobs));
	ok(pass, "a block that takes long holds up none behind it, and comes out before them");
	pass = true;
	for (jobs = 2; jobs <= MAX_POOL_JOBS; jobs += 5)
		pass = pass && overtake(pool_size_fitting(jobs, (size_t)3 * 1024 * 1024));
	ok(pass, "also where there are fewer blocks");
	size = pool_size_asked(2);
	p = pool_new(&gated, 1, size, &err);
	ok(p != NULL && opened == 0, "no state is opened before a block waits for it");
	pool_free(p);
	may_start = 0;
	p = pool_new(&gated, 1, size, &err);
	if (p != NULL && pool_buffer(p, &err) != NULL)
		pool_submit(p, 1, true);
	ok(opened == 1, "that of a thread that cannot be started is the caller's");
	pool_free(p);
	ok(opened == 0, "all are closed");
}

static bool
fits(unsigned int processors, size_t state, unsigned int workers, unsigned int inputs,
    unsigned int outputs)
{
	const struct pool_size size = pool_size_fitting(processors, state);

	return size.workers == workers && size.inputs == inputs && size.outputs == outputs;
}

static void
test_size(void)
{
	const size_t mib = (size_t)1024 * 1024;

	ok(fits(2, mib / 2, 2, 5, 8), "small states leave room for all");
	ok(fits(2, 2 * mib, 2, 4, 6) && fits(2, 4 * mib, 2, 3, 3), "larger ones for fewer blocks");
	ok(fits(2, 4 * mib + 1, 1, 3, 6) && fits(2, 10 * mib, 1, 2, 2), "then for fewer threads");
	ok(fits(2, 10 * mib + 1, 0, 1, 1) && fits(1, 1, 0, 1, 1), "at last for the caller alone");
	ok(fits(16, mib / 2, 16, 19, 22) && fits(16, 9 * mib, 10, 11, 11),
	    "more processors may take more");
	ok(fits(100000, 1, MAX_POOL_JOBS, MAX_INPUTS, MAX_OUTPUTS), "up to a limit");
}

int
main(void)
{
	static const size_t n = 9 * COMPRESS_BLOCK + 1000;
	enum compression format;
	unsigned char *data;
	uint64_t alone, value, x = 88172645463325252U;
	bool none = true, few = true, lazy = true, many = true;
	size_t i;
	int threads;

	data = malloc(n);
	if (data == NULL)
		return 1;
	for (i = 0; i < n; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		data[i] = (unsigned char)(i % 3 == 0 ? x : i / 1000);
	}
	for (format = COMPRESSION_GZIP; format <= COMPRESSION_ZSTD; format++) {
		lazy = lazy && run(format, 1, 9, data, n, &alone) && started == 0;
		none = none && run(format, 4, 0, data, n, &value) && value == alone && started == 0;
		for (threads = 1; threads <= 3; threads++)
			few = few && run(format, 4, threads, data, n, &value) && value == alone &&
			    started <= threads && started > 0;
		many = many && run(format, 100000, 100000, data, n, &value) && value == alone &&
		    started <= MAX_POOL_JOBS;
		lazy = lazy && run(format, 8, 9, data, COMPRESS_BLOCK, &value) && started == 0;
	}
	ok(none, "where no thread can be started the caller does the work, to the same bytes");
	ok(few, "where fewer can be started they do it");
	ok(lazy, "one job, or one block, starts none");
	ok(many, "jobs past the limit are not started");
	test_memory();
	test_order();
	test_size();
	free(data);
	printf("1..%d\n", cases);
	return failures != 0;
}
