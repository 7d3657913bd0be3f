#include "codec/pool.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>

#include "codec/compress.h"
#include "codec/encoder.h"
#include "core/error.h"

/*
 * Beyond those that threads are at work on: one being filled and two that wait, so that no side
 * stands still while another is between two blocks; and room for what is done sooner than an older
 * block, so that a thread may go on meanwhile: stored blocks take a tenth of the time of others.
 */
#define INPUTS_EXTRA 3
#define OUTPUTS_EXTRA 6
/* Without these one side stands still while the other is between two blocks. */
#define LEAST_EXTRA 1

#define MAX_INPUTS (MAX_POOL_JOBS + INPUTS_EXTRA)
#define MAX_OUTPUTS (MAX_POOL_JOBS + OUTPUTS_EXTRA)
/* A block in flight has at least one buffer, of input until it is encoded, of output then. */
#define MAX_SLOTS (MAX_INPUTS + MAX_OUTPUTS)

/* libdeflate and libzstd keep their tables in their states; what is left needs less than 16 KiB,
 * measured. The default, often 8 MiB of address space, would meet a limit sooner. */
#define STACK_SIZE ((size_t)256 * 1024)

/* Buffers of one size, used again and again. */
struct room {
	size_t size;
	size_t max;
	size_t lent;
	unsigned char *spare[MAX_OUTPUTS];
	size_t n_spare;
};

struct slot {
	unsigned char *in;  /* COMPRESS_BLOCK bytes, until it is encoded */
	unsigned char *out; /* encoder->bound bytes, from then on */
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
	void *state; /* the caller's own, opened for want of workers */
	unsigned int max_workers;
	unsigned int n_workers; /* started, all to be joined */
	struct worker workers[MAX_POOL_JOBS];

	pthread_mutex_t lock;	      /* over all below */
	pthread_cond_t work;	      /* a block can be encoded, or stop */
	pthread_cond_t finished;      /* a block is done */
	struct slot slots[MAX_SLOTS]; /* block number n is in n % MAX_SLOTS */
	uint64_t submitted;	      /* blocks so far; only the caller changes it */
	uint64_t taken;
	uint64_t retired;	/* only the caller changes it */
	unsigned char *filling; /* lent by pool_buffer */
	struct room ins, outs;
	unsigned int idle; /* workers that wait */
	bool stop;
};

static struct slot *
slot_of(struct pool *p, uint64_t number)
{
	return &p->slots[number % MAX_SLOTS];
}

/* NULL: no memory. Not of a room that has lent all. */
static unsigned char *
room_lend(struct room *r)
{
	assert(r->lent < r->max);
	r->lent++;
	return r->n_spare > 0 ? r->spare[--r->n_spare] : malloc(r->size);
}

static void
room_take_back(struct room *r, unsigned char *buffer)
{
	r->lent--;
	if (buffer != NULL)
		r->spare[r->n_spare++] = buffer;
}

static void
room_release(struct room *r)
{
	while (r->n_spare > 0)
		free(r->spare[--r->n_spare]);
}

/* A block waits, and there is room for what becomes of it. */
static bool
can_encode(const struct pool *p)
{
	return p->taken < p->submitted && p->outs.lent < p->outs.max;
}

/* Called with the lock held, which is given up while the block is encoded. */
static void
encode_next(struct pool *p, void *state)
{
	struct slot *s = slot_of(p, p->taken++);
	size_t n = 0;

	s->out = room_lend(&p->outs);
	(void)pthread_mutex_unlock(&p->lock);
	if (s->out != NULL && state != NULL)
		n = p->encoder->encode(state, s->in, s->in_len, s->out);
	(void)pthread_mutex_lock(&p->lock);
	room_take_back(&p->ins, s->in);
	s->in = NULL;
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
		while (!p->stop && !can_encode(p)) {
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
	p->max_workers = p->n_workers;
	/* Without any the caller has use for it. */
	if (p->n_workers == 0)
		p->state = w->state;
	else
		p->encoder->close(w->state);
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

/* Called with the lock held. Beside workers the caller would only be one thread too many:
 * measured. */
static void
wait_for_one(struct pool *p)
{
	if (p->n_workers > 0) {
		(void)pthread_cond_wait(&p->finished, &p->lock);
		return;
	}
	if (p->state == NULL)
		p->state = p->encoder->open(p->level);
	encode_next(p, p->state);
}

struct pool_size
pool_size_asked(unsigned int jobs)
{
	assert(jobs > 0);
	if (jobs > MAX_POOL_JOBS)
		jobs = MAX_POOL_JOBS;
	if (jobs == 1)
		return (struct pool_size){ .inputs = 1, .outputs = 1 };
	return (struct pool_size){ .workers = jobs,
		.inputs = jobs + INPUTS_EXTRA,
		.outputs = jobs + OUTPUTS_EXTRA };
}

/* Bytes of a pool of that size. */
static size_t
memory_of(struct pool_size size, size_t state_size)
{
	return size.workers * state_size + (size.inputs + size.outputs) * COMPRESS_BLOCK;
}

struct pool_size
pool_size_fitting(unsigned int processors, size_t state_size)
{
	struct pool_size size = pool_size_asked(processors);
	const size_t budget = size.workers * POOL_BUDGET;
	unsigned int spare, inputs;

	for (; size.workers > 0; size.workers--) {
		size.inputs = size.outputs = size.workers + LEAST_EXTRA;
		if (memory_of(size, state_size) <= budget)
			break;
	}
	if (size.workers == 0)
		return pool_size_asked(1);
	/* One input to two outputs, up to what pool_size_asked gives. */
	spare = (unsigned int)((budget - memory_of(size, state_size)) / COMPRESS_BLOCK);
	inputs = spare / 3 < INPUTS_EXTRA - LEAST_EXTRA ? spare / 3 : INPUTS_EXTRA - LEAST_EXTRA;
	spare -= inputs;
	size.inputs += inputs;
	size.outputs += spare < OUTPUTS_EXTRA - LEAST_EXTRA ? spare : OUTPUTS_EXTRA - LEAST_EXTRA;
	return size;
}

struct pool *
pool_new(const struct encoder *encoder, int level, struct pool_size size, struct error *err)
{
	struct pool *p;

	assert(size.workers <= MAX_POOL_JOBS && size.inputs <= MAX_INPUTS);
	assert(size.outputs <= MAX_OUTPUTS && size.inputs > 0 && size.outputs > 0);
	p = calloc(1, sizeof(*p));
	if (p == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	p->encoder = encoder;
	p->level = level;
	p->max_workers = size.workers;
	p->ins = (struct room){ .size = COMPRESS_BLOCK, .max = size.inputs };
	p->outs = (struct room){ .size = encoder->bound, .max = size.outputs };
	if (locks_init(p) == -1) {
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
	for (; p->retired < p->submitted; p->retired++) {
		free(slot_of(p, p->retired)->in);
		free(slot_of(p, p->retired)->out);
	}
	free(p->filling);
	room_release(&p->ins);
	room_release(&p->outs);
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
pool_ready(struct pool *p)
{
	const struct slot *oldest = slot_of(p, p->retired);
	bool ready = false;

	(void)pthread_mutex_lock(&p->lock);
	for (;;) {
		ready = !pool_empty(p) && oldest->done;
		if (ready || p->ins.lent < p->ins.max)
			break;
		wait_for_one(p);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return ready;
}

unsigned char *
pool_buffer(struct pool *p, struct error *err)
{
	assert(p->filling == NULL);
	(void)pthread_mutex_lock(&p->lock);
	p->filling = room_lend(&p->ins);
	(void)pthread_mutex_unlock(&p->lock);
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
	*slot_of(p, p->submitted) = (struct slot){ .in = p->filling, .in_len = len };
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
	while (!s->done)
		wait_for_one(p);
	*out = s->out;
	*len = s->out_len;
	(void)pthread_mutex_unlock(&p->lock);
	return *len == 0 ? error_memory(err) : 0;
}

void
pool_retire(struct pool *p)
{
	struct slot *s = slot_of(p, p->retired);

	assert(!pool_empty(p));
	(void)pthread_mutex_lock(&p->lock);
	room_take_back(&p->outs, s->out);
	s->out = NULL;
	p->retired++;
	/* Somebody may have waited for that room alone. */
	if (p->idle > 0 && can_encode(p))
		(void)pthread_cond_signal(&p->work);
	(void)pthread_mutex_unlock(&p->lock);
}
