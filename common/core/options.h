/*
 * options.h - command lines: one table a program, parsed by getopt_long
 *
 * Source:  design section 3. -h/--help, -V/--version, -q/--quiet, -v/--verbose and
 *          --progress are in every program and need no rows.
 * Memory:  values and operands are borrowed from argv; a list's array is released by
 *          option_list_release.
 * Errors:  ERROR_USAGE, naming the option; ERROR_IO when help cannot be written.
 */
#ifndef CORE_OPTIONS_H
#define CORE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

struct option_list {
	const char **items; /* in the order given */
	size_t n;
};
void option_list_release(struct option_list *list);

/* A row sets exactly one of flag, value, list, number. */
struct option_row {
	char letter;	  /* 0: long name only */
	const char *name; /* NULL ends the table */
	const char *arg;  /* metavariable, NULL for a flag */
	bool *flag;
	const char **value; /* the last one given wins */
	struct option_list *list;
	uint64_t *number; /* plain digits from min to max */
	uint64_t min, max;
	const char *help; /* for --help, lower case, no full stop */
};

/* What every program has. */
struct common_options {
	bool quiet;
	bool verbose;
	const char *progress; /* "auto" (default), "plain" or "none" */
};

struct usage {
	const char *prog;
	const char *synopsis; /* all after the name, on one line: "[-b] [path ...]" */
	/*
	 * Stream writers (design 1.1, 5): called before anything that can fail, unless argv
	 * shows --help, --version or -o, or stdout is a terminal. NULL for the others.
	 */
	int (*announce)(struct error *err);
};

/*
 * Rows end with a NULL name. *operands is NULL-terminated, borrowed, at least empty.
 * ERROR_USAGE also for a second "-" among them.
 * Returns 0 to go on; -1 with ERROR_NONE when --help or --version was asked and written,
 * -1 with an error else.
 */
int options_parse(const struct usage *usage, const struct option_row *rows,
    struct common_options *common, int argc, char *argv[], const char *const **operands,
    struct error *err);

/* Plain decimal digits, no sign, no blank, from min to max. False otherwise. */
bool options_number(const char *text, uint64_t min, uint64_t max, uint64_t *number);

#endif
