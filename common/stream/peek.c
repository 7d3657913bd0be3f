#include "stream/peek.h"

#define HELD_IN_MEMORY ((size_t)1024 * 1024)

static int
peek_read(struct reader *reader, void *buf, size_t cap, size_t *len, struct error *err)
{
	struct peek *p = (struct peek *)(void *)reader;

	if (p->first.left > 0)
		return reader_read(&p->first.reader, buf, cap, len, err);
	return reader_read(p->below, buf, cap, len, err);
}

void
peek_init(struct peek *p, struct reader *below)
{
	*p = (struct peek){ .reader = { .read = peek_read, .name = below->name }, .below = below };
	spool_init(&p->held, HELD_IN_MEMORY, below->name);
	reader_tee_init(&p->look, below, &p->held.writer);
}

void
peek_again(struct peek *p)
{
	reader_spool_init(&p->first, &p->held, 0, p->held.writer.offset);
}

void
peek_release(struct peek *p)
{
	spool_release(&p->held);
}
