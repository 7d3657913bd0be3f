#include "core/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

/* Beyond what any program has; the tables below are sized by it. */
#define MAX_ROWS 64
/* Long options get values above every letter. */
#define LONG_BASE 256

static const char *const progress_words[] = { "auto", "plain", "none" };

/* The rows of a program and the common ones as getopt_long wants them. */
struct table {
	const struct option_row *rows[MAX_ROWS];
	char letters[MAX_ROWS];
	struct option longs[MAX_ROWS + 1];
	char shorts[2 * MAX_ROWS + 2];
	int n;
};

void
option_list_release(struct option_list *list)
{
	free(list->items);
	list->items = NULL;
	list->n = 0;
}

static void
table_add(struct table *t, const struct option_row *row)
{
	size_t len = strlen(t->shorts);

	if (t->n == MAX_ROWS)
		return;
	t->rows[t->n] = row;
	t->letters[t->n] = row->letter;
	t->longs[t->n] = (struct option){ .name = row->name,
		.has_arg = row->arg != NULL ? required_argument : no_argument,
		.val = LONG_BASE + t->n };
	if (row->letter != 0) {
		t->shorts[len++] = row->letter;
		if (row->arg != NULL)
			t->shorts[len++] = ':';
		t->shorts[len] = '\0';
	}
	t->n++;
}

static void
table_init(struct table *t, const struct option_row *rows, const struct option_row *common)
{
	memset(t, 0, sizeof(*t));
	t->shorts[0] = ':'; /* a missing argument is told apart, and getopt prints nothing */
	for (; rows->name != NULL; rows++)
		table_add(t, rows);
	for (; common->name != NULL; common++)
		table_add(t, common);
}

static const struct option_row *
table_find(const struct table *t, int c)
{
	int i;

	for (i = 0; i < t->n; i++)
		if (c == LONG_BASE + i || (c < LONG_BASE && c == t->letters[i]))
			return t->rows[i];
	return NULL;
}

/* Would this command line write its stream to standard output? Nothing is reported here. */
static bool
streams_to_stdout(const struct table *t, const struct option_row *output,
    const struct option_row *help, const struct option_row *version, int argc, char *argv[])
{
	const struct option_row *row;
	bool streams = isatty(STDOUT_FILENO) == 0;
	int c;

	optind = 0; /* 0, not 1: glibc and musl then forget an earlier scan */
	opterr = 0;
	while ((c = getopt_long(argc, argv, t->shorts, t->longs, NULL)) != -1) {
		row = table_find(t, c);
		if (row == NULL)
			continue;
		if (row == help || row == version)
			streams = false;
		if (row == output && strcmp(optarg, "-") != 0)
			streams = false;
	}
	return streams;
}

static int
close_stdout(struct error *err)
{
	int bad = ferror(stdout);

	if (fclose(stdout) != 0 || bad)
		return error_system(err, errno, "standard output");
	return -1; /* nothing went wrong, and nothing is left to do */
}

static int
print_help(const struct usage *usage, const struct table *t, struct error *err)
{
	char left[80];
	const struct option_row *row;
	int i;

	(void)printf("usage: %s %s\n", usage->prog, usage->synopsis);
	for (i = 0; i < t->n; i++) {
		row = t->rows[i];
		if (row->letter != 0)
			(void)snprintf(left, sizeof(left), "-%c, --%s%s%s", row->letter, row->name,
			    row->arg != NULL ? " " : "", row->arg != NULL ? row->arg : "");
		else
			(void)snprintf(left, sizeof(left), "    --%s%s%s", row->name,
			    row->arg != NULL ? " " : "", row->arg != NULL ? row->arg : "");
		(void)printf("  %-28s %s\n", left, row->help);
	}
	return close_stdout(err);
}

bool
options_number(const char *text, uint64_t min, uint64_t max, uint64_t *number)
{
	const char *p;
	uint64_t n = 0;

	if (text[0] == '\0')
		return false;
	for (p = text; *p != '\0'; p++) {
		if (*p < '0' || *p > '9' || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(*p - '0'), &n))
			return false;
	}
	if (n < min || n > max)
		return false;
	*number = n;
	return true;
}

static int
apply(const struct option_row *row, int argc, struct error *err)
{
	if (row->flag != NULL) {
		*row->flag = true;
	} else if (row->value != NULL) {
		*row->value = optarg;
	} else if (row->list != NULL) {
		/* No list is longer than the command line. */
		if (row->list->items == NULL)
			row->list->items = calloc((size_t)argc, sizeof(*row->list->items));
		if (row->list->items == NULL)
			return error_memory(err);
		row->list->items[row->list->n++] = optarg;
	} else if (!options_number(optarg, row->min, row->max, row->number)) {
		return error_set(err, ERROR_USAGE, "--%s: not a number from %llu to %llu: %s",
		    row->name, (unsigned long long)row->min, (unsigned long long)row->max, optarg);
	}
	return 0;
}

static int
refuse(const struct usage *usage, const struct table *t, int c, char *argv[], struct error *err)
{
	const struct option_row *row = optopt == 0 ? NULL : table_find(t, optopt);
	const char *word = argv[optind - 1];

	if (c == ':')
		return error_set(err, ERROR_USAGE, "%s: needs a value; see %s --help", word,
		    usage->prog);
	/* A flag given a value, as in --json=x, comes with the flag's own number in optopt. */
	if (row != NULL && optopt >= LONG_BASE)
		return error_set(err, ERROR_USAGE, "--%s: takes no value", row->name);
	if (optopt != 0)
		return error_set(err, ERROR_USAGE, "-%c: not an option; see %s --help", optopt,
		    usage->prog);
	return error_set(err, ERROR_USAGE, "%s: not an option; see %s --help", word, usage->prog);
}

static bool
is_progress(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(progress_words) / sizeof(progress_words[0]); i++)
		if (strcmp(word, progress_words[i]) == 0)
			return true;
	return false;
}

/* Standard input is read once: a file there would be taken twice, and a pipe is empty then. */
static int
check_operands(const char *const *operands, struct error *err)
{
	bool dash = false;

	for (; *operands != NULL; operands++) {
		if (strcmp(*operands, "-") != 0)
			continue;
		if (dash)
			return error_set(err, ERROR_USAGE, "-: standard input twice");
		dash = true;
	}
	return 0;
}

int
options_parse(const struct usage *usage, const struct option_row *rows,
    struct common_options *common, int argc, char *argv[], const char *const **operands,
    struct error *err)
{
	bool help = false, version = false;
	const struct option_row shared[] = {
		{ .name = "progress",
		    .arg = "WORD",
		    .value = &common->progress,
		    .help = "auto, plain or none" },
		{ 'q', "quiet", .flag = &common->quiet, .help = "no notices, no progress" },
		{ 'v', "verbose", .flag = &common->verbose, .help = "say more" },
		{ 'h', "help", .flag = &help, .help = "show this text" },
		{ 'V', "version", .flag = &version, .help = "show the version" },
		{ .name = NULL },
	};
	const struct option_row *row, *output = NULL;
	struct table t;
	int c;

	if (common->progress == NULL)
		common->progress = progress_words[0];
	table_init(&t, rows, shared);
	if (usage->announce != NULL) {
		for (row = rows; row->name != NULL; row++)
			if (strcmp(row->name, "output") == 0)
				output = row;
		if (streams_to_stdout(&t, output, &shared[3], &shared[4], argc, argv) &&
		    usage->announce(err) == -1)
			return -1;
	}
	optind = 0;
	opterr = 0;
	while ((c = getopt_long(argc, argv, t.shorts, t.longs, NULL)) != -1) {
		row = c == '?' || c == ':' ? NULL : table_find(&t, c);
		if (row == NULL)
			return refuse(usage, &t, c, argv, err);
		if (apply(row, argc, err) == -1)
			return -1;
		if (help)
			return print_help(usage, &t, err);
		if (version) {
			(void)printf("%s %s\n", usage->prog, VERSION);
			return close_stdout(err);
		}
	}
	if (!is_progress(common->progress))
		return error_set(err, ERROR_USAGE, "--progress: auto, plain or none: %s",
		    common->progress);
	*operands = (const char *const *)argv + optind;
	return check_operands(*operands, err);
}
