#include "core/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"

/*
 * Reading the clock costs as much as hashing a few KiB: ask once in so many bytes. Ours: a disk
 * or network of 20 MiB/s takes 200 ms for them, which is how often a line is written anew.
 */
#define ASK_EVERY ((uint64_t)4 * 1024 * 1024)
#define LINE_AFTER_MS 500
#define LINE_EVERY_MS 200
#define PLAIN_EVERY_MS 30000

static struct timespec
after(struct timespec t, long ms)
{
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

static bool
reached(const struct timespec *now, const struct timespec *due)
{
	return now->tv_sec > due->tv_sec ||
	    (now->tv_sec == due->tv_sec && now->tv_nsec >= due->tv_nsec);
}

void
progress_init(struct progress *p, const char *prog, const struct common_options *common)
{
	memset(p, 0, sizeof(*p));
	p->prog = prog;
	p->what = "";
	p->quiet = common->quiet;
	if (strcmp(common->progress, "plain") == 0)
		p->mode = PROGRESS_PLAIN;
	else if (strcmp(common->progress, "auto") == 0 && !common->quiet &&
	    isatty(STDERR_FILENO) != 0)
		p->mode = PROGRESS_LINE;
	if (p->mode == PROGRESS_NONE || clock_gettime(CLOCK_MONOTONIC, &p->start) == -1)
		return;
	p->next = after(p->start, p->mode == PROGRESS_LINE ? LINE_AFTER_MS : PLAIN_EVERY_MS);
}

static void
show(struct progress *p, const struct timespec *now)
{
	char what[128];
	unsigned long long mib = (unsigned long long)(p->bytes >> 20);
	long long seconds = (long long)(now->tv_sec - p->start.tv_sec);

	(void)error_escape(what, sizeof(what), p->what, strlen(p->what));
	if (p->mode == PROGRESS_LINE) {
		(void)fprintf(stderr, "\r%s: %s: %llu MiB, %lld s\033[K", p->prog, what, mib,
		    seconds);
		p->next = after(*now, LINE_EVERY_MS);
	} else {
		(void)fprintf(stderr, "%s: %s: %llu MiB, %lld s\n", p->prog, what, mib, seconds);
		p->next = after(*now, PLAIN_EVERY_MS);
	}
	p->shown = true;
}

void
progress_step(struct progress *p, const char *what)
{
	p->what = what;
}

void
progress_add(struct progress *p, uint64_t bytes)
{
	struct timespec now;

	if (p->mode == PROGRESS_NONE)
		return;
	p->bytes += bytes;
	p->unasked += bytes;
	if (p->unasked < ASK_EVERY || clock_gettime(CLOCK_MONOTONIC, &now) == -1)
		return;
	p->unasked = 0;
	if (reached(&now, &p->next))
		show(p, &now);
}

void
progress_done(struct progress *p)
{
	if (p->mode == PROGRESS_LINE && p->shown)
		(void)fputs("\r\033[K", stderr);
	p->shown = false;
}

void
progress_tell(struct progress *p, const char *format, ...)
{
	struct error note = { .kind = ERROR_OTHER };
	va_list args;

	progress_done(p);
	if (p->quiet)
		return;
	va_start(args, format);
	(void)vsnprintf(note.text, sizeof(note.text), format, args);
	va_end(args);
	(void)error_report(&note, p->prog, stderr);
}

static int
progress_read(struct reader *reader, void *buf, size_t cap, size_t *len, struct error *err)
{
	struct reader_progress *r = (struct reader_progress *)(void *)reader;

	if (reader_read(r->below, buf, cap, len, err) == -1)
		return -1;
	progress_add(r->progress, *len);
	return 0;
}

void
reader_progress_init(struct reader_progress *r, struct reader *below, struct progress *p)
{
	*r = (struct reader_progress){ .reader = { .read = progress_read, .name = below->name },
		.below = below,
		.progress = p };
}
