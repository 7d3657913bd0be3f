/*
 * progress.h - a line on standard error for what takes long
 *
 * auto: one line, rewritten, once half a second has passed, if standard error is a terminal
 * and notices are wanted. plain: a line every 30 s, for logs of unattended jobs. none: nothing.
 *
 * Memory:  a value; nothing to free.
 * Errors:  none: what cannot be shown is left out.
 */
#ifndef CORE_PROGRESS_H
#define CORE_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "core/io.h"
#include "core/options.h"

enum progress_mode { PROGRESS_NONE, PROGRESS_LINE, PROGRESS_PLAIN };

struct progress {
	const char *prog;
	const char *what; /* borrowed: "reading x.tar" */
	enum progress_mode mode;
	uint64_t bytes;
	uint64_t unasked; /* bytes since the clock was last read */
	struct timespec start, next;
	bool shown;
	bool quiet;
};

void progress_init(struct progress *p, const char *prog, const struct common_options *common);
void progress_step(struct progress *p, const char *what);
void progress_add(struct progress *p, uint64_t bytes);
/* Clears the line, if there is one. Before any message. */
void progress_done(struct progress *p);
/* Says what is no failure, unless nobody wants to hear it: "oci-x: TEXT", escaped as errors are. */
void
progress_tell(struct progress *p, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Counts what is read through it. */
struct reader_progress {
	struct reader reader;
	struct reader *below;
	struct progress *progress;
};
void reader_progress_init(struct reader_progress *r, struct reader *below, struct progress *p);

#endif
