/*
 * error.h - one failure: its kind, which is also the exit status, and its text
 *
 * Source:  design section 3, "Exit statuses"; this enum is the one map to numbers.
 * Memory:  struct error is a value of fixed size; nothing to free.
 * Threads: nothing is shared; one struct error serves one thread.
 */
#ifndef CORE_ERROR_H
#define CORE_ERROR_H

#include <stdio.h>

/* Ours: room for a path of 4096 cut in the middle plus what is wrong with it. */
#define MAX_ERROR_TEXT 1024

enum error_kind {
	ERROR_NONE = 0,
	ERROR_OTHER = 1, /* a negative answer, or nothing below fits */
	ERROR_USAGE = 2,
	ERROR_INPUT = 3,  /* bad input, or a limit of ours passed */
	ERROR_IO = 4,	  /* local files, pipes, disks */
	ERROR_DIGEST = 5, /* digest or size differs */
	ERROR_NOTFOUND = 6,
	ERROR_DENIED = 7,  /* login, permission at a registry */
	ERROR_NETWORK = 8, /* DNS, connect, TLS */
	ERROR_REGISTRY = 9 /* the registry refused, or asks to try later */
};

struct error {
	enum error_kind kind;
	char text[MAX_ERROR_TEXT]; /* raw bytes of names and input; escaped when reported */
};

/*
 * Sets kind and text and returns -1, so that a function can end with
 * "return error_set(...)". A longer text is cut. Called once, where the cause is known.
 */
int error_set(struct error *err, enum error_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As error_set with ERROR_IO, and ": " and the words for errnum after the text. */
int error_system(struct error *err, int errnum, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* ERROR_OTHER, "out of memory". */
int error_memory(struct error *err);

/* Puts "prefix: " before the text that is there. The kind stays. Returns -1. */
int error_context(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/*
 * Copies src to dst (cap bytes, always NUL-terminated) with every byte that is not
 * printable UTF-8 written as \xHH, also C1 controls; a text too long is cut at a character.
 * Returns the length written.
 */
size_t error_escape(char *dst, size_t cap, const char *src, size_t len);

/*
 * Writes "prog: text" as one escaped line to stream, nothing for ERROR_NONE or an
 * empty text. Returns the exit status.
 */
int error_report(const struct error *err, const char *prog, FILE *stream);

#endif
