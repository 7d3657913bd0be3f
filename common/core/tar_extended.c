#include "core/tar_extended.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/tar_block.h"

int
tar_fail(const struct tar_reader *t, const char *what, struct error *err)
{
	return error_set(err, ERROR_INPUT, "%s: offset %" PRIu64 ": %s", t->below->name, t->header,
	    what);
}

int
tar_read_all(struct tar_reader *t, void *buf, size_t len, struct error *err)
{
	size_t got;

	if (reader_fill(t->below, buf, len, &got, err) == -1)
		return -1;
	if (got < len)
		return tar_fail(t, "ended inside a header: truncated", err);
	return 0;
}

static size_t
max_name(const struct tar_reader *t)
{
	return t->profile == TAR_STREAM ? MAX_STREAM_NAME : MAX_TAR_NAME;
}

static int
fail_long(const struct tar_reader *t, struct error *err)
{
	return tar_fail(t,
	    t->profile == TAR_STREAM ? "a name longer than 4096 bytes" :
				       "a name longer than 16384 bytes",
	    err);
}

int
tar_set_name(const struct tar_reader *t, char *to, size_t *to_len, const char *from, size_t len,
    struct error *err)
{
	if (len == 0)
		return tar_fail(t, "an empty name", err);
	if (len > max_name(t))
		return fail_long(t, err);
	if (memchr(from, '\0', len) != NULL)
		return tar_fail(t, "NUL in a name", err);
	memcpy(to, from, len);
	to[len] = '\0';
	*to_len = len;
	return 0;
}

static int
set_size(const struct tar_reader *t, struct tar_extended *x, const char *value, size_t len,
    struct error *err)
{
	size_t i;

	x->size = 0;
	for (i = 0; i < len; i++) {
		if (value[i] < '0' || value[i] > '9' ||
		    __builtin_mul_overflow(x->size, 10, &x->size) ||
		    __builtin_add_overflow(x->size, (uint64_t)(value[i] - '0'), &x->size) ||
		    x->size > INT64_MAX)
			break;
	}
	if (len == 0 || i < len)
		return tar_fail(t, "a pax size that is no number from 0 to 2^63-1", err);
	x->has_size = true;
	return 0;
}

static bool
is_key(const char *key, size_t len, const char *name)
{
	return len == strlen(name) && memcmp(key, name, len) == 0;
}

/* One record of a pax header. Of a repeated key the last counts, as POSIX says. */
static int
take_record(struct tar_reader *t, struct tar_extended *x, bool global, const char *key,
    size_t key_len, const char *value, size_t len, struct error *err)
{
	static const char sparse[] = "GNU.sparse.";
	const bool is_path = is_key(key, key_len, "path");
	const bool is_link = is_key(key, key_len, "linkpath");
	const bool is_size = is_key(key, key_len, "size");
	const bool is_sparse = key_len > strlen(sparse) && memcmp(key, sparse, strlen(sparse)) == 0;

	/* GNU tar and Python apply these to every entry that follows, libarchive to none. */
	if (global && (is_path || is_link || is_size || is_sparse))
		return tar_fail(t, "a global pax header with path, linkpath, size or GNU.sparse",
		    err);
	if (is_sparse) {
		if (t->profile == TAR_STREAM)
			return tar_fail(t, "a sparse file in a stream", err);
		x->sparse = true;
		if (!is_key(key, key_len, "GNU.sparse.name"))
			return 0;
		x->sparse_name = x->has_name = true;
		return tar_set_name(t, t->name, &x->name_len, value, len, err);
	}
	if (is_path && !x->sparse_name) {
		x->has_name = true;
		return tar_set_name(t, t->name, &x->name_len, value, len, err);
	}
	if (is_link) {
		x->has_link = true;
		return tar_set_name(t, t->link, &x->link_len, value, len, err);
	}
	if (is_size)
		return set_size(t, x, value, len, err);
	return 0;
}

/* "LEN key=value\n", LEN in decimal for all of it; *used is LEN. */
static int
parse_record(struct tar_reader *t, struct tar_extended *x, bool global, const char *body,
    size_t left, size_t *used, struct error *err)
{
	const char *key, *equals;
	size_t len = 0, i;

	for (i = 0; i < left && body[i] >= '0' && body[i] <= '9'; i++) {
		if (i == 0 && body[i] == '0')
			return tar_fail(t, "a pax record whose length begins with 0", err);
		len = len * 10 + (size_t)(body[i] - '0');
		if (len > left)
			return tar_fail(t, "a pax record longer than its header", err);
	}
	if (i == 0 || i == left || body[i] != ' ')
		return tar_fail(t, "a pax record without a length", err);
	key = body + i + 1;
	if (len < i + 2 || body[len - 1] != '\n')
		return tar_fail(t, "a pax record without a newline at its end", err);
	equals = memchr(key, '=', len - i - 2);
	if (equals == NULL || equals == key || memchr(key, '\0', (size_t)(equals - key)) != NULL)
		return tar_fail(t, "a pax record that is no key=value", err);
	*used = len;
	return take_record(t, x, global, key, (size_t)(equals - key), equals + 1,
	    (size_t)(body + len - 1 - (equals + 1)), err);
}

/* Room grows as bytes arrive: a header that only claims a megabyte gets 4 KiB. */
static int
read_pax_body(struct tar_reader *t, size_t size, struct error *err)
{
	size_t have = 0, want, cap;
	unsigned char *grown;

	while (have < size) {
		if (have == t->pax_cap) {
			cap = t->pax_cap == 0 ? 4096 : 2 * t->pax_cap;
			grown = realloc(t->pax, cap);
			if (grown == NULL)
				return error_memory(err);
			t->pax = grown;
			t->pax_cap = cap;
		}
		want = (size < t->pax_cap ? size : t->pax_cap) - have;
		if (tar_read_all(t, t->pax + have, want, err) == -1)
			return -1;
		have += want;
	}
	return reader_skip(t->below, tar_padding(size), err);
}

int
tar_take_pax(struct tar_reader *t, struct tar_extended *x, bool global, uint64_t size,
    struct error *err)
{
	size_t at = 0, used = 0, n = 0;

	if (x->pax || x->gnu_name || x->gnu_link)
		return tar_fail(t, "a pax header after another header of the same entry", err);
	if (size > MAX_PAX_BODY)
		return tar_fail(t, "a pax header larger than 1 MiB", err);
	if (read_pax_body(t, (size_t)size, err) == -1)
		return -1;
	for (; at < size; at += used) {
		if (++n > MAX_PAX_RECORDS)
			return tar_fail(t, "more than 1000 pax records", err);
		if (parse_record(t, x, global, (const char *)t->pax + at, (size_t)size - at, &used,
			err) == -1)
			return -1;
	}
	x->pax = !global;
	return 0;
}

int
tar_take_long_name(struct tar_reader *t, struct tar_extended *x, bool is_link, uint64_t size,
    struct error *err)
{
	char *to = is_link ? t->link : t->name;
	bool *seen = is_link ? &x->gnu_link : &x->gnu_name;

	/* Which of the two wins depends on the reader. */
	if (x->pax || *seen)
		return tar_fail(t, "a GNU long name after another header of the same entry", err);
	if (size > max_name(t) + 1)
		return fail_long(t, err);
	if (size < 2)
		return tar_fail(t, "an empty name", err);
	if (tar_read_all(t, to, (size_t)size, err) == -1)
		return -1;
	if (memchr(to, '\0', (size_t)size) != to + size - 1)
		return tar_fail(t, "a GNU long name without NUL at its end, or with one inside",
		    err);
	*seen = true;
	if (is_link) {
		x->has_link = true;
		x->link_len = (size_t)size - 1;
	} else {
		x->has_name = true;
		x->name_len = (size_t)size - 1;
	}
	return reader_skip(t->below, tar_padding(size), err);
}
