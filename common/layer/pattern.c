#include "layer/pattern.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/io.h"
#include "core/options.h"

/*
 * The end of the set that begins after "[" at p, or NULL. "]" right after "[", "[!" or "[^" is one
 * of the set's bytes.
 */
static const char *
set_end(const char *p)
{
	if (*p == '!' || *p == '^')
		p++;
	if (*p == ']')
		p++;
	for (; *p != ']'; p++) {
		if (*p == '\\' && p[1] != '\0')
			p++;
		if (*p == '\0')
			return NULL;
	}
	return p;
}

static unsigned char
set_byte(const char **p)
{
	if (**p == '\\')
		(*p)++;
	return (unsigned char)*(*p)++;
}

/* Is c in the set between p and end? */
static bool
set_has(const char *p, const char *end, unsigned char c)
{
	unsigned char low, high;
	bool negated = false, found = false;

	if (*p == '!' || *p == '^') {
		negated = true;
		p++;
	}
	while (p < end) {
		low = high = set_byte(&p);
		if (end - p >= 2 && *p == '-') {
			p++;
			high = set_byte(&p);
		}
		if (c >= low && c <= high)
			found = true;
	}
	return found != negated;
}

/* Does one element of the pattern, which is no star, match c? *p moves past it. */
static bool
match_one(const char **p, char c)
{
	const char *end, *at = *p;

	(*p)++;
	if (*at == '?')
		return true;
	if (*at == '[') {
		end = set_end(at + 1);
		*p = end + 1; /* there: patterns_add saw to it */
		return set_has(at + 1, end, (unsigned char)c);
	}
	if (*at == '\\' && at[1] != '\0') {
		(*p)++;
		at++;
	}
	return *at == c;
}

/* Back to the last star only: a later star makes what an earlier one took final. */
static bool
match(const char *pattern, const char *s)
{
	const char *star = NULL, *retry = NULL;

	for (;;) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = s;
			continue;
		}
		if (*s == '\0' && *pattern == '\0')
			return true;
		if (*s != '\0' && *pattern != '\0' && match_one(&pattern, *s)) {
			s++;
			continue;
		}
		if (star == NULL || *retry == '\0')
			return false;
		pattern = star;
		s = ++retry;
	}
}

static int
check(const char *pattern, struct error *err)
{
	const char *p;

	for (p = pattern; *p != '\0'; p++) {
		if (*p == '\\' && p[1] != '\0') {
			p++;
		} else if (*p == '[') {
			p = set_end(p + 1);
			if (p == NULL)
				return error_set(err, ERROR_USAGE,
				    "pattern \"%s\": \"[\" without "
				    "its \"]\"; \"\\[\" is the bracket itself",
				    pattern);
		}
	}
	return 0;
}

int
patterns_add(struct patterns *p, const char *text, struct error *err)
{
	const char *start = text;
	struct pattern *items;
	size_t len;

	if (p->n == MAX_PATTERNS)
		return error_set(err, ERROR_INPUT, "more than %zu patterns", MAX_PATTERNS);
	while (start[0] == '/' || (start[0] == '.' && start[1] == '/'))
		start += start[0] == '/' ? 1 : 2;
	len = strlen(start);
	while (len > 0 && start[len - 1] == '/')
		len--;
	if (len == 0)
		return error_set(err, ERROR_USAGE, "pattern \"%s\": matches nothing", text);
	if (len > MAX_PATTERN_LEN)
		return error_set(err, ERROR_INPUT, "a pattern longer than %zu bytes",
		    MAX_PATTERN_LEN);
	if (check(start, err) == -1)
		return -1;
	items = realloc(p->items, (p->n + 1) * sizeof(*items));
	if (items == NULL)
		return error_memory(err);
	p->items = items;
	items[p->n] = (struct pattern){ .text = strndup(start, len),
		.directory = start[len] == '/',
		.anchored = start != text || memchr(start, '/', len) != NULL };
	if (items[p->n].text == NULL)
		return error_memory(err);
	p->n++;
	return 0;
}

/* Lines of the bytes in buf; gives how many are left behind the last newline. */
static int
take_lines(struct patterns *p, char *buf, size_t len, size_t *left, struct error *err)
{
	char *line = buf, *end = buf + len, *newline;

	while ((newline = memchr(line, '\n', (size_t)(end - line))) != NULL) {
		*newline = '\0';
		if (strlen(line) != (size_t)(newline - line))
			return error_set(err, ERROR_INPUT, "a pattern with a NUL in it");
		if (line != newline && patterns_add(p, line, err) == -1)
			return -1;
		line = newline + 1;
	}
	*left = (size_t)(end - line);
	memmove(buf, line, *left);
	return 0;
}

int
patterns_read(struct patterns *p, const char *file, struct error *err)
{
	/* The slashes around a pattern do not count: a little more than its own bound. */
	char buf[2 * MAX_PATTERN_LEN];
	struct reader_fd in;
	size_t len = 0, got, want;
	int rc = -1;

	if (reader_fd_open(&in, file, err) == -1)
		return -1;
	do {
		want = sizeof(buf) - 1 - len;
		if (reader_fill(&in.reader, buf + len, want, &got, err) == -1)
			goto done;
		len += got;
		if (got < want)
			buf[len++] = '\n'; /* the last line may lack it */
		if (take_lines(p, buf, len, &len, err) == -1) {
			(void)error_context(err, "%s", file);
			goto done;
		}
	} while (got == want && len < sizeof(buf) - 1);
	rc = len == 0 ? 0 :
			error_set(err, ERROR_INPUT, "%s: a pattern longer than %zu bytes", file,
			    MAX_PATTERN_LEN);
done:
	reader_fd_close(&in);
	return rc;
}

int
patterns_take(struct patterns *p, const struct option_list *patterns,
    const struct option_list *files, struct error *err)
{
	size_t i;

	for (i = 0; i < patterns->n; i++)
		if (patterns_add(p, patterns->items[i], err) == -1)
			return -1;
	for (i = 0; i < files->n; i++)
		if (patterns_read(p, files->items[i], err) == -1)
			return -1;
	return 0;
}

bool
patterns_match(const struct patterns *p, const char *path, bool directory)
{
	const char *slash = strrchr(path, '/');
	const char *base = slash == NULL ? path : slash + 1;
	size_t i;

	for (i = 0; i < p->n; i++)
		if ((directory || !p->items[i].directory) &&
		    match(p->items[i].text, p->items[i].anchored ? path : base))
			return true;
	return false;
}

void
patterns_release(struct patterns *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		free(p->items[i].text);
	free(p->items);
	*p = (struct patterns){ .n = 0 };
}
