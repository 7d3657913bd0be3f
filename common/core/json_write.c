#include "core/json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/utf8.h"

void
json_writer_init(struct json_writer *w)
{
	*w = (struct json_writer){ .text = NULL };
}

void
json_writer_release(struct json_writer *w)
{
	free(w->text);
	json_writer_init(w);
}

int
json_writer_check(const struct json_writer *w, struct error *err)
{
	return w->failed ? error_memory(err) : 0;
}

static void
put(struct json_writer *w, const char *bytes, size_t len)
{
	size_t need, cap;
	char *grown;

	if (w->failed)
		return;
	if (__builtin_add_overflow(w->len, len, &need) || need > SIZE_MAX / 2 - 1) {
		w->failed = true;
		return;
	}
	if (w->text == NULL || need + 1 > w->cap) {
		for (cap = w->cap == 0 ? 256 : w->cap; cap < need + 1;)
			cap *= 2;
		grown = realloc(w->text, cap);
		if (grown == NULL) {
			w->failed = true;
			return;
		}
		w->text = grown;
		w->cap = cap;
	}
	memcpy(w->text + w->len, bytes, len);
	w->len = need;
	w->text[need] = '\0';
}

static void
put_comma(struct json_writer *w)
{
	if (w->comma)
		put(w, ",", 1);
}

void
json_open(struct json_writer *w, char bracket)
{
	assert(bracket == '{' || bracket == '[');
	put_comma(w);
	put(w, &bracket, 1);
	w->comma = false;
}

void
json_close(struct json_writer *w, char bracket)
{
	assert(bracket == '}' || bracket == ']');
	put(w, &bracket, 1);
	w->comma = true;
}

/* RFC 8785, 3.2.2.2. */
static void
put_escape(struct json_writer *w, unsigned char c)
{
	static const char shorts[] = "btn?fr"; /* from 8 on; 11 has none */
	char out[8];

	if (c == '"' || c == '\\')
		(void)snprintf(out, sizeof(out), "\\%c", c);
	else if (c >= 8 && c <= 13 && c != 11)
		(void)snprintf(out, sizeof(out), "\\%c", shorts[c - 8]);
	else
		(void)snprintf(out, sizeof(out), "\\u%04x", c);
	put(w, out, strlen(out));
}

static void
put_quoted(struct json_writer *w, const char *s)
{
	static const char replacement[] = "\xef\xbf\xbd";
	size_t left = strlen(s), run = 0, n;
	unsigned char c;

	put(w, "\"", 1);
	while (run < left) {
		c = (unsigned char)s[run];
		n = utf8_character(s + run, left - run, NULL);
		if (n > 0 && c >= 0x20 && c != '"' && c != '\\') {
			run += n;
			continue;
		}
		put(w, s, run);
		if (n == 0)
			put(w, replacement, strlen(replacement));
		else
			put_escape(w, c);
		s += run + 1;
		left -= run + 1;
		run = 0;
	}
	put(w, s, run);
	put(w, "\"", 1);
}

void
json_key(struct json_writer *w, const char *key)
{
	put_comma(w);
	put_quoted(w, key);
	put(w, ":", 1);
	w->comma = false;
}

void
json_put_string(struct json_writer *w, const char *s)
{
	put_comma(w);
	put_quoted(w, s);
	w->comma = true;
}

void
json_put_raw(struct json_writer *w, const char *text, size_t len)
{
	put_comma(w);
	put(w, text, len);
	w->comma = true;
}

void
json_put_integer(struct json_writer *w, uint64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, n);
	json_put_raw(w, text, strlen(text));
}

void
json_put_boolean(struct json_writer *w, bool b)
{
	json_put_raw(w, b ? "true" : "false", b ? 4 : 5);
}

void
json_put_null(struct json_writer *w)
{
	json_put_raw(w, "null", 4);
}

/* --- json_object: members, always sorted --- */

/*
 * By UTF-16 code units, as RFC 8785, 3.2.3, asks. That is the order of the UTF-8 bytes, but
 * for U+E000 to U+FFFF (lead bytes ee and ef), which come after all surrogates.
 */
static int
compare_keys(const char *a, const char *b)
{
	unsigned int ca, cb;

	while (*a == *b && *a != '\0') {
		a++;
		b++;
	}
	ca = (unsigned char)*a;
	cb = (unsigned char)*b;
	if (ca == 0xee || ca == 0xef)
		ca += 0x100;
	if (cb == 0xee || cb == 0xef)
		cb += 0x100;
	return (ca > cb) - (ca < cb);
}

static int
compare_members(const void *a, const void *b)
{
	const struct json_object_member *ma = a, *mb = b;

	return compare_keys(ma->key, mb->key);
}

void
json_object_init(struct json_object *o)
{
	*o = (struct json_object){ .members = NULL };
}

void
json_object_release(struct json_object *o)
{
	size_t i;

	for (i = 0; i < o->n; i++) {
		free(o->members[i].key);
		free(o->members[i].raw);
	}
	free(o->members);
	json_object_init(o);
}

/* Where key is, or would be. */
static size_t
find(const struct json_object *o, const char *key, bool *found)
{
	size_t from = 0, to = o->n, mid;
	int rc;

	*found = false;
	while (from < to) {
		mid = from + (to - from) / 2;
		rc = compare_keys(o->members[mid].key, key);
		if (rc == 0) {
			*found = true;
			return mid;
		}
		if (rc < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static int
reserve(struct json_object *o, size_t n, struct error *err)
{
	struct json_object_member *grown;
	size_t cap = o->cap == 0 ? 16 : o->cap, bytes;

	if (n <= o->cap)
		return 0;
	while (cap < n)
		cap *= 2;
	if (__builtin_mul_overflow(cap, sizeof(*grown), &bytes))
		return error_memory(err);
	grown = realloc(o->members, bytes);
	if (grown == NULL)
		return error_memory(err);
	o->members = grown;
	o->cap = cap;
	return 0;
}

static char *
copy(const char *s, size_t len, struct error *err)
{
	char *c = malloc(len + 1);

	if (c == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	memcpy(c, s, len);
	c[len] = '\0';
	return c;
}

int
json_object_load(struct json_object *o, struct json_value v, struct error *err)
{
	struct json_object_member *m;
	struct json_cursor c;
	const char *raw;
	size_t len;

	assert(o->n == 0);
	if (!json_exists(v))
		return 0;
	if (json_type(v) != JSON_OBJECT)
		return error_set(err, ERROR_INPUT, "%s: not an object", json_name(v));
	if (reserve(o, json_count(v), err) == -1)
		return -1;
	for (json_walk(&c, v); json_next(&c);) {
		m = &o->members[o->n];
		raw = json_raw(c.value, &len);
		m->key = json_string(c.key, "key", err);
		if (m->key == NULL)
			return -1;
		m->raw = copy(raw, len, err);
		if (m->raw == NULL) {
			free(m->key);
			return -1;
		}
		o->n++;
	}
	if (o->n > 0)
		qsort(o->members, o->n, sizeof(o->members[0]), compare_members);
	return 0;
}

const char *
json_object_get(const struct json_object *o, const char *key)
{
	bool found;
	size_t i = find(o, key, &found);

	return found && strcmp(o->members[i].raw, "null") != 0 ? o->members[i].raw : NULL;
}

static void
remove_at(struct json_object *o, size_t i)
{
	free(o->members[i].key);
	free(o->members[i].raw);
	o->n--;
	memmove(o->members + i, o->members + i + 1, (o->n - i) * sizeof(o->members[0]));
}

int
json_object_set(struct json_object *o, const char *key, const char *raw, struct error *err)
{
	struct json_object_member m;
	bool found;
	size_t i = find(o, key, &found);

	if (raw == NULL) {
		if (found)
			remove_at(o, i);
		return 0;
	}
	if (!found && reserve(o, o->n + 1, err) == -1)
		return -1;
	m.raw = copy(raw, strlen(raw), err);
	if (m.raw == NULL)
		return -1;
	if (found) {
		free(o->members[i].raw);
		o->members[i].raw = m.raw;
		return 0;
	}
	m.key = copy(key, strlen(key), err);
	if (m.key == NULL) {
		free(m.raw);
		return -1;
	}
	memmove(o->members + i + 1, o->members + i, (o->n - i) * sizeof(m));
	o->members[i] = m;
	o->n++;
	return 0;
}

int
json_object_set_string(struct json_object *o, const char *key, const char *string,
    struct error *err)
{
	struct json_writer w;
	int rc = -1;

	json_writer_init(&w);
	json_put_string(&w, string);
	if (json_writer_check(&w, err) == 0)
		rc = json_object_set(o, key, w.text, err);
	json_writer_release(&w);
	return rc;
}

void
json_object_write(const struct json_object *o, struct json_writer *w)
{
	size_t i;

	json_open(w, '{');
	for (i = 0; i < o->n; i++) {
		json_key(w, o->members[i].key);
		json_put_raw(w, o->members[i].raw, strlen(o->members[i].raw));
	}
	json_close(w, '}');
}
