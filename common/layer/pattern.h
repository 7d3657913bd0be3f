/*
 * pattern.h - which names of a folder are left out
 *
 * Format:  the globs of tar: "*", "?" and "[a-z]" match any byte, "/" too; "\" takes the next byte
 *          as it is. A pattern without a slash is compared with the base name at any depth, one
 *          with a slash with the whole path from the operand; a leading "./" or "/" only says so.
 *          One that ends in a slash matches directories alone. Bytes, never characters: no locale.
 * Memory:  struct patterns owns its texts; patterns_release frees them.
 * Errors:  ERROR_USAGE (an empty pattern, a "[" without its "]"), ERROR_INPUT (a file of patterns
 *          past a limit, or with a NUL), ERROR_IO.
 */
#ifndef LAYER_PATTERN_H
#define LAYER_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

struct error;
struct option_list;

/* Ours: each name is compared with each of them. */
#define MAX_PATTERNS ((size_t)4096)
/* Linux's PATH_MAX. */
#define MAX_PATTERN_LEN ((size_t)4096)

struct patterns {
	struct pattern {
		char *text;
		bool anchored;	/* compared with the whole path */
		bool directory; /* matches directories alone */
	} * items;
	size_t n;
};

int patterns_add(struct patterns *p, const char *text, struct error *err);
/* One pattern a line of the file; empty lines are none. "-" is standard input. */
int patterns_read(struct patterns *p, const char *file, struct error *err);
/* All patterns that were given, and those of all files. */
int patterns_take(struct patterns *p, const struct option_list *patterns,
    const struct option_list *files, struct error *err);
/* path: from the operand, without a leading or trailing slash. */
bool patterns_match(const struct patterns *p, const char *path, bool directory);
void patterns_release(struct patterns *p);

#endif
