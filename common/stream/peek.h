/*
 * peek.h - bytes of a reader that are looked at first, and then read from the beginning
 *
 * Memory:  what was looked at: 1 MiB of it, the rest in an unlinked file. peek_release frees it.
 * Errors:  those of the reader below and of the spool.
 */
#ifndef STREAM_PEEK_H
#define STREAM_PEEK_H

#include "core/io.h"
#include "core/spool.h"

struct peek {
	struct reader reader; /* after peek_again: from the first byte */
	struct reader *below;
	struct spool held;
	struct reader_tee look; /* look.reader: to look through */
	struct reader_spool first;
};

/* below is borrowed. Look through look.reader; then call peek_again and read reader. */
void peek_init(struct peek *p, struct reader *below);
void peek_again(struct peek *p);
void peek_release(struct peek *p);

#endif
