#include "codec/pool.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>

#include "codec/compress.h"
#include "codec/encoder.h"
#include "core/error.h"

/* Beyond those that threads are at work on: one being filled, one waiting, so that neither side
 * stands still while the other is between two blocks. */
#define SLOTS_EXTRA 2

/* libdeflate and libzstd keep their tables in their states; what is left needs less than 16 KiB,
 * measured. The default, often 8 MiB of address space, would meet a limit sooner. */
#define STACK_SIZE ((size_t)256 * 1024)

struct slot {
	unsigned char *buffer; /* COMPRESS_BLOCK in, then encoder->bound out */
	size_t in_len;
	size_t out_len; /* 0: encoding failed */
	bool done;
};

struct worker {
	pthread_t thread;
	struct pool *pool;
	void *state;
};

struct pool {
	const struct encoder *encoder;
	int level;
	void *state; /* the caller's own, for want of workers */
	unsigned int max_workers;
	unsigned int n_workers; /* started, all to be joined */
	size_t n_slots;
	unsigned char *filling; /* lent by pool_buffer */
	unsigned char *spare[MAX_POOL_JOBS + SLOTS_EXTRA];
	size_t n_spare;
	struct worker workers[MAX_POOL_JOBS];

	pthread_mutex_t lock;				/* over all below */
	pthread_cond_t work;				/* a block waits, or stop */
	pthread_cond_t finished;			/* a block is done */
	struct slot slots[MAX_POOL_JOBS + SLOTS_EXTRA]; /* block number n is in n % n_slots */
	uint64_t submitted; /* blocks so far; only the caller changes it */
	uint64_t taken;
	uint64_t retired;  /* only the caller changes it */
	unsigned int idle; /* workers that wait */
	bool stop;
};

static struct slot *
slot_of(struct pool *p, uint64_t number)
{
	return &p->slots[number % p->n_slots];
}

/* Called with the lock held, which is given up while the block is encoded. */
static void
encode_next(struct pool *p, void *state)
{
	struct slot *s = slot_of(p, p->taken++);
	size_t n;

	(void)pthread_mutex_unlock(&p->lock);
	n = p->encoder->encode(state, s->buffer, s->in_len, s->buffer + COMPRESS_BLOCK);
	(void)pthread_mutex_lock(&p->lock);
	s->out_len = n;
	s->done = true;
}

static void *
worker_run(void *arg)
{
	const struct worker *w = arg;
	struct pool *p = w->pool;

	(void)pthread_mutex_lock(&p->lock);
	for (;;) {
		while (!p->stop && p->taken == p->submitted) {
			p->idle++;
			(void)pthread_cond_wait(&p->work, &p->lock);
			p->idle--;
		}
		if (p->stop)
			break;
		encode_next(p, w->state);
		(void)pthread_cond_signal(&p->finished);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return NULL;
}

static int
thread_start(struct worker *w)
{
	pthread_attr_t attr;
	sigset_t all, old;
	int rc;

	if (pthread_attr_init(&attr) != 0)
		return -1;
	/* A system that wants more than this keeps its default. */
	(void)pthread_attr_setstacksize(&attr, STACK_SIZE);
	(void)sigfillset(&all);
	rc = pthread_sigmask(SIG_SETMASK, &all, &old);
	if (rc == 0) {
		rc = pthread_create(&w->thread, &attr, worker_run, w);
		(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	}
	(void)pthread_attr_destroy(&attr);
	return rc == 0 ? 0 : -1;
}

/* One that cannot be started is not tried again: what lacks now lacks for the next block too. */
static void
worker_add(struct pool *p)
{
	struct worker *w = &p->workers[p->n_workers];

	w->pool = p;
	w->state = p->encoder->open(p->level);
	if (w->state != NULL && thread_start(w) == 0) {
		p->n_workers++;
		return;
	}
	p->encoder->close(w->state);
	p->max_workers = p->n_workers;
}

static int
locks_init(struct pool *p)
{
	if (pthread_mutex_init(&p->lock, NULL) == 0) {
		if (pthread_cond_init(&p->work, NULL) == 0) {
			if (pthread_cond_init(&p->finished, NULL) == 0)
				return 0;
			(void)pthread_cond_destroy(&p->work);
		}
		(void)pthread_mutex_destroy(&p->lock);
	}
	return -1;
}

struct pool *
pool_new(const struct encoder *encoder, int level, unsigned int jobs, struct error *err)
{
	struct pool *p;

	assert(jobs > 0);
	if (jobs > MAX_POOL_JOBS)
		jobs = MAX_POOL_JOBS;
	p = calloc(1, sizeof(*p));
	if (p == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	p->encoder = encoder;
	p->level = level;
	p->max_workers = jobs == 1 ? 0 : jobs;
	p->n_slots = jobs == 1 ? 1 : jobs + SLOTS_EXTRA;
	p->state = encoder->open(level);
	if (p->state == NULL || locks_init(p) == -1) {
		encoder->close(p->state);
		free(p);
		(void)error_memory(err);
		return NULL;
	}
	return p;
}

void
pool_free(struct pool *p)
{
	size_t i;

	if (p == NULL)
		return;
	(void)pthread_mutex_lock(&p->lock);
	p->stop = true;
	(void)pthread_cond_broadcast(&p->work);
	(void)pthread_mutex_unlock(&p->lock);
	for (i = 0; i < p->n_workers; i++) {
		(void)pthread_join(p->workers[i].thread, NULL);
		p->encoder->close(p->workers[i].state);
	}
	for (; p->retired < p->submitted; p->retired++)
		free(slot_of(p, p->retired)->buffer);
	for (i = 0; i < p->n_spare; i++)
		free(p->spare[i]);
	free(p->filling);
	p->encoder->close(p->state);
	(void)pthread_cond_destroy(&p->finished);
	(void)pthread_cond_destroy(&p->work);
	(void)pthread_mutex_destroy(&p->lock);
	free(p);
}

bool
pool_empty(const struct pool *p)
{
	return p->submitted == p->retired;
}

bool
pool_full(const struct pool *p)
{
	return p->submitted - p->retired == p->n_slots;
}

bool
pool_ready(struct pool *p)
{
	bool done;

	if (pool_empty(p))
		return false;
	(void)pthread_mutex_lock(&p->lock);
	done = slot_of(p, p->retired)->done;
	(void)pthread_mutex_unlock(&p->lock);
	return done;
}

unsigned char *
pool_buffer(struct pool *p, struct error *err)
{
	assert(!pool_full(p) && p->filling == NULL);
	if (p->n_spare > 0)
		p->filling = p->spare[--p->n_spare];
	else
		p->filling = malloc(COMPRESS_BLOCK + p->encoder->bound);
	if (p->filling == NULL)
		(void)error_memory(err);
	return p->filling;
}

void
pool_submit(struct pool *p, size_t len, bool more)
{
	bool busy;

	assert(p->filling != NULL && len <= COMPRESS_BLOCK);
	(void)pthread_mutex_lock(&p->lock);
	*slot_of(p, p->submitted) = (struct slot){ .buffer = p->filling, .in_len = len };
	p->submitted++;
	busy = p->submitted - p->taken > p->idle;
	(void)pthread_cond_signal(&p->work);
	(void)pthread_mutex_unlock(&p->lock);
	p->filling = NULL;
	if (more && busy && p->n_workers < p->max_workers)
		worker_add(p);
}

int
pool_oldest(struct pool *p, const unsigned char **out, size_t *len, struct error *err)
{
	const struct slot *s = slot_of(p, p->retired);

	assert(!pool_empty(p));
	(void)pthread_mutex_lock(&p->lock);
	while (!s->done) {
		/* Beside workers the caller would only be one thread too many: measured. */
		if (p->n_workers == 0)
			encode_next(p, p->state);
		else
			(void)pthread_cond_wait(&p->finished, &p->lock);
	}
	*out = s->buffer + COMPRESS_BLOCK;
	*len = s->out_len;
	(void)pthread_mutex_unlock(&p->lock);
	return *len == 0 ? error_memory(err) : 0;
}

void
pool_retire(struct pool *p)
{
	assert(!pool_empty(p) && p->n_spare < p->n_slots);
	p->spare[p->n_spare++] = slot_of(p, p->retired)->buffer;
	p->retired++;
}
