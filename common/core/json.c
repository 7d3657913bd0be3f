#include "core/json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/json_check.h"
#include "core/json_unescape.h"

#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS /* without them it is quadratic in the number of values */
#include <jsmn.h>

/*
 * Of jsmn's tokens two fields get another meaning once jsmn is done: parent is the index past
 * the token and all below it, and size of a string says whether it has an escape.
 */
struct json {
	const char *text;
	const char *name;
	int n;
	jsmntok_t tokens[];
};

static struct unescape
unescape_token(const struct json *j, int token)
{
	return (struct unescape){ .at = j->text + j->tokens[token].start,
		.end = j->text + j->tokens[token].end };
}

static int
token_len(const struct json *j, int token)
{
	return j->tokens[token].end - j->tokens[token].start;
}

/* Order of two strings by their characters after unescaping: memcmp's order of their UTF-8. */
static int
compare_strings(const struct json *j, int a, int b)
{
	struct unescape ua = unescape_token(j, a), ub = unescape_token(j, b);
	const int len_a = token_len(j, a), len_b = token_len(j, b);
	uint32_t ca, cb;
	int rc;

	if (j->tokens[a].size == 0 && j->tokens[b].size == 0) {
		rc = memcmp(ua.at, ub.at, (size_t)(len_a < len_b ? len_a : len_b));
		return rc != 0 ? rc : (len_a > len_b) - (len_a < len_b);
	}
	do {
		/* END_OF_STRING is the largest, so compare one higher, where it is 0. */
		ca = unescape_next(&ua) + 1;
		cb = unescape_next(&ub) + 1;
	} while (ca == cb && ca != 0);
	return (ca > cb) - (ca < cb);
}

/* Merges keys[0..mid) and keys[mid..n), both sorted, by way of room. */
static void
merge(const struct json *j, int *keys, size_t mid, size_t n, int *room)
{
	size_t a = 0, b = mid, to = 0;

	memcpy(room, keys, mid * sizeof(*keys));
	while (a < mid && b < n)
		keys[to++] = compare_strings(j, room[a], keys[b]) <= 0 ? room[a++] : keys[b++];
	memcpy(keys + to, room + a, (mid - a) * sizeof(*keys));
}

/* Our own sort: qsort has no place for the document, and its time is not promised. */
static void
sort_keys(const struct json *j, int *keys, size_t n, int *room)
{
	size_t width, at, rest;

	for (width = 1; width < n; width *= 2) {
		for (at = 0; n - at > width; at += rest) {
			rest = n - at < 2 * width ? n - at : 2 * width;
			merge(j, keys + at, width, rest, room);
		}
	}
}

static int
refuse_duplicates(const struct json *j, int object, int *keys, int *room, struct error *err)
{
	size_t n = 0, i;
	int at;

	for (at = object + 1; at < j->tokens[object].parent; at = j->tokens[at + 1].parent)
		keys[n++] = at;
	sort_keys(j, keys, n, room);
	for (i = 1; i < n; i++)
		if (compare_strings(j, keys[i - 1], keys[i]) == 0)
			return error_set(err, ERROR_INPUT, "%s: byte %d: duplicate key \"%.*s\"",
			    j->name, j->tokens[keys[i]].start - 1, token_len(j, keys[i]),
			    j->text + j->tokens[keys[i]].start);
	return 0;
}

static int
check_duplicates(const struct json *j, struct error *err)
{
	size_t most = 1;
	int *keys;
	int i, rc = 0;

	for (i = 0; i < j->n; i++)
		if (j->tokens[i].type == JSMN_OBJECT && (size_t)j->tokens[i].size > most)
			most = (size_t)j->tokens[i].size;
	if (most == 1)
		return 0;
	keys = malloc(2 * most * sizeof(*keys));
	if (keys == NULL)
		return error_memory(err);
	for (i = 0; rc == 0 && i < j->n; i++)
		if (j->tokens[i].type == JSMN_OBJECT && j->tokens[i].size > 1)
			rc = refuse_duplicates(j, i, keys, keys + most, err);
	free(keys);
	return rc;
}

/* Gives parent and size their other meaning: see struct json. */
static void
link_tokens(struct json *j)
{
	int open[MAX_JSON_DEPTH], depth = 0;
	jsmntok_t *t;
	int i;

	for (i = 0; i < j->n; i++) {
		t = &j->tokens[i];
		while (depth > 0 && j->tokens[open[depth - 1]].end <= t->start)
			j->tokens[open[--depth]].parent = i;
		if (t->type == JSMN_OBJECT || t->type == JSMN_ARRAY) {
			open[depth++] = i;
			continue;
		}
		t->parent = i + 1;
		if (t->type == JSMN_STRING)
			t->size = memchr(j->text + t->start, '\\', (size_t)token_len(j, i)) != NULL;
	}
	while (depth > 0)
		j->tokens[open[--depth]].parent = j->n;
}

static int
cut_tokens(struct json *j, size_t len, struct error *err)
{
	static const char space[] = " \t\r\n";
	jsmn_parser parser;
	size_t start = 0;

	/* Stops: there is a value. The text need not end in NUL, so no strspn. */
	while (strchr(space, j->text[start]) != NULL)
		start++;
	/* A number or word alone: jsmn, strict, wants a comma or bracket after it. */
	if (strchr("{[\"", j->text[start]) == NULL) {
		while (strchr(space, j->text[len - 1]) != NULL)
			len--;
		j->tokens[0] =
		    (jsmntok_t){ .type = JSMN_PRIMITIVE, .start = (int)start, .end = (int)len };
		return 0;
	}
	jsmn_init(&parser);
	if (jsmn_parse(&parser, j->text, len, j->tokens, (unsigned int)j->n) != j->n)
		return error_set(err, ERROR_OTHER, "%s: jsmn and our own check differ", j->name);
	return 0;
}

struct json *
json_parse(const char *text, size_t len, const char *name, struct error *err)
{
	struct json *j;
	size_t n;

	if (json_check(text, len, name, &n, err) == -1)
		return NULL;
	j = malloc(sizeof(*j) + n * sizeof(j->tokens[0]));
	if (j == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	*j = (struct json){ .text = text, .name = name, .n = (int)n };
	if (cut_tokens(j, len, err) == -1) {
		json_free(j);
		return NULL;
	}
	link_tokens(j);
	if (check_duplicates(j, err) == -1) {
		json_free(j);
		return NULL;
	}
	return j;
}

void
json_free(struct json *j)
{
	free(j);
}

struct json_value
json_root(const struct json *j)
{
	return (struct json_value){ .doc = j, .token = 0 };
}

const char *
json_name(struct json_value v)
{
	return v.doc->name;
}

bool
json_exists(struct json_value v)
{
	return v.token >= 0;
}

enum json_type
json_type(struct json_value v)
{
	const jsmntok_t *t;

	assert(json_exists(v));
	t = &v.doc->tokens[v.token];
	switch (t->type) {
	case JSMN_OBJECT:
		return JSON_OBJECT;
	case JSMN_ARRAY:
		return JSON_ARRAY;
	case JSMN_STRING:
		return JSON_STRING;
	case JSMN_PRIMITIVE:
	case JSMN_UNDEFINED:
		break;
	}
	switch (v.doc->text[t->start]) {
	case 'n':
		return JSON_NULL;
	case 't':
	case 'f':
		return JSON_BOOLEAN;
	default:
		return JSON_NUMBER;
	}
}

static bool
is_type(struct json_value v, enum json_type type)
{
	return json_exists(v) && json_type(v) == type;
}

struct json_value
json_member(struct json_value v, const char *key)
{
	const struct json_value none = { .doc = v.doc, .token = -1 };
	struct json_cursor c;

	if (is_type(v, JSON_OBJECT))
		for (json_walk(&c, v); json_next(&c);)
			if (json_equals(c.key, key))
				return json_type(c.value) == JSON_NULL ? none : c.value;
	return none;
}

/* encoding/json, fold.go: besides ASCII only these two letters fold into it. */
static uint32_t
fold(uint32_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c + ('a' - 'A');
	if (c == 0x17f)
		return 's';
	return c == 0x212a ? 'k' : c;
}

static bool
equals_folded(const struct json *j, int token, const char *text)
{
	struct unescape u = unescape_token(j, token);
	uint32_t c;

	for (;; text++) {
		c = unescape_next(&u);
		if (c == END_OF_STRING || *text == '\0')
			return c == END_OF_STRING && *text == '\0';
		if (fold(c) != fold((unsigned char)*text))
			return false;
	}
}

int
json_check_case(struct json_value v, const char *const *known, size_t n, struct error *err)
{
	struct json_cursor c;
	size_t i;

	for (json_walk(&c, v); json_next(&c);)
		for (i = 0; i < n && json_exists(c.key); i++)
			if (equals_folded(v.doc, c.key.token, known[i]) &&
			    !json_equals(c.key, known[i]))
				return error_set(err, ERROR_INPUT,
				    "%s: byte %d: key \"%.*s\" differs from \"%s\" in case alone",
				    v.doc->name, v.doc->tokens[c.key.token].start - 1,
				    token_len(v.doc, c.key.token),
				    v.doc->text + v.doc->tokens[c.key.token].start, known[i]);
	return 0;
}

void
json_walk(struct json_cursor *c, struct json_value v)
{
	const struct json_value none = { .doc = v.doc, .token = -1 };

	*c = (struct json_cursor){ .key = none, .value = none };
	if (!is_type(v, JSON_OBJECT) && !is_type(v, JSON_ARRAY))
		return;
	/* An array's members have no keys: no document there marks it. */
	if (json_type(v) == JSON_ARRAY)
		c->key.doc = NULL;
	c->next = v.token + 1;
	c->end = v.doc->tokens[v.token].parent;
}

bool
json_next(struct json_cursor *c)
{
	if (c->next == c->end)
		return false;
	if (c->key.doc != NULL)
		c->key.token = c->next++;
	c->value.token = c->next;
	c->next = c->value.doc->tokens[c->next].parent;
	return true;
}

size_t
json_count(struct json_value v)
{
	if (!is_type(v, JSON_OBJECT) && !is_type(v, JSON_ARRAY))
		return 0;
	return (size_t)v.doc->tokens[v.token].size;
}

bool
json_equals(struct json_value v, const char *text)
{
	const size_t len = strlen(text);
	struct unescape u;
	char out[4];
	size_t n;
	uint32_t c;

	if (!is_type(v, JSON_STRING))
		return false;
	u = unescape_token(v.doc, v.token);
	if (v.doc->tokens[v.token].size == 0)
		return (size_t)(u.end - u.at) == len && memcmp(u.at, text, len) == 0;
	while ((c = unescape_next(&u)) != END_OF_STRING) {
		n = unescape_encode(out, c);
		if (strncmp(text, out, n) != 0) /* out has no NUL, so it ends at text's */
			return false;
		text += n;
	}
	return *text == '\0';
}

char *
json_string(struct json_value v, const char *what, struct error *err)
{
	struct unescape u;
	size_t len = 0;
	uint32_t c;
	char *s;

	if (!is_type(v, JSON_STRING)) {
		(void)error_set(err, ERROR_INPUT, "%s: %s: %s", v.doc->name, what,
		    json_exists(v) ? "not a string" : "missing");
		return NULL;
	}
	u = unescape_token(v.doc, v.token);
	/* No escape is shorter than what it stands for. */
	s = malloc((size_t)(u.end - u.at) + 1);
	if (s == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	while ((c = unescape_next(&u)) != END_OF_STRING)
		len += unescape_encode(s + len, c);
	s[len] = '\0';
	return s;
}

int
json_integer(struct json_value v, const char *what, uint64_t *n, struct error *err)
{
	uint64_t sum = 0;
	const char *p;
	size_t len, i;

	if (!json_exists(v))
		return error_set(err, ERROR_INPUT, "%s: %s: missing", v.doc->name, what);
	p = json_raw(v, &len);
	for (i = 0; i < len; i++)
		if (p[i] < '0' || p[i] > '9' || __builtin_mul_overflow(sum, 10, &sum) ||
		    __builtin_add_overflow(sum, (uint64_t)(p[i] - '0'), &sum))
			break;
	if (i < len || sum > INT64_MAX)
		return error_set(err, ERROR_INPUT, "%s: %s: not a number from 0 to 2^63-1",
		    v.doc->name, what);
	*n = sum;
	return 0;
}

const char *
json_raw(struct json_value v, size_t *len)
{
	const jsmntok_t *t;
	int quote;

	assert(json_exists(v));
	t = &v.doc->tokens[v.token];
	quote = t->type == JSMN_STRING;
	*len = (size_t)(t->end - t->start + 2 * quote);
	return v.doc->text + t->start - quote;
}
