#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/utf8.h"
#include "image/descriptor.h"

static int
compare(const void *a, const void *b)
{
	const struct annotation *left = a, *right = b;

	return strcmp(left->key, right->key);
}

int
annotations_parse(struct annotations *a, struct json_value v, const char *where, struct error *err)
{
	struct json_cursor c;
	struct annotation *item;
	size_t n = json_count(v);

	memset(a, 0, sizeof(*a));
	if (json_exists(v) && json_type(v) != JSON_OBJECT)
		return error_set(err, ERROR_INPUT, "%s: not an object", where);
	if (n == 0)
		return 0;
	if ((a->items = calloc(n, sizeof(*a->items))) == NULL)
		return error_memory(err);
	json_walk(&c, v);
	while (json_next(&c)) {
		item = &a->items[a->n++];
		if ((item->key = json_string(c.key, where, err)) == NULL)
			goto failed;
		if (json_type(c.value) != JSON_STRING) {
			(void)error_set(err, ERROR_INPUT, "%s: %s: not a string", where, item->key);
			goto failed;
		}
		if ((item->value = json_string(c.value, where, err)) == NULL)
			goto failed;
	}
	qsort(a->items, a->n, sizeof(a->items[0]), compare);
	return 0;
failed:
	annotations_release(a);
	return -1;
}

/* The place of key, or where it would go. */
static size_t
find(const struct annotations *a, const char *key, bool *found)
{
	size_t low = 0, high = a->n, middle;
	int order;

	*found = false;
	while (low < high) {
		middle = low + (high - low) / 2;
		order = strcmp(a->items[middle].key, key);
		if (order == 0) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const char *
annotations_get(const struct annotations *a, const char *key)
{
	bool found;
	size_t i = find(a, key, &found);

	return found ? a->items[i].value : NULL;
}

static void
take_out(struct annotations *a, size_t i)
{
	free(a->items[i].key);
	free(a->items[i].value);
	a->n--;
	memmove(&a->items[i], &a->items[i + 1], (a->n - i) * sizeof(a->items[0]));
}

static int
put_in(struct annotations *a, size_t i, const char *key, char *value, struct error *err)
{
	struct annotation *more;
	char *copy;

	if ((copy = strdup(key)) == NULL)
		return error_memory(err);
	if ((more = realloc(a->items, (a->n + 1) * sizeof(*more))) == NULL) {
		free(copy);
		return error_memory(err);
	}
	a->items = more;
	memmove(&more[i + 1], &more[i], (a->n - i) * sizeof(*more));
	more[i] = (struct annotation){ .key = copy, .value = value };
	a->n++;
	return 0;
}

int
annotations_set(struct annotations *a, const char *key, const char *value, struct error *err)
{
	char *copy;
	bool found;
	size_t i = find(a, key, &found);

	if (value == NULL) {
		if (found)
			take_out(a, i);
		return 0;
	}
	if ((copy = strdup(value)) == NULL)
		return error_memory(err);
	if (found) {
		free(a->items[i].value);
		a->items[i].value = copy;
		return 0;
	}
	if (put_in(a, i, key, copy, err) == -1) {
		free(copy);
		return -1;
	}
	return 0;
}

/* Keys that a filter sets itself, and would take another's value of for its own. */
static int
check_key(const char *key, struct error *err)
{
	static const char ours[] = ANNOTATION_PREFIX;
	static const struct {
		const char *key, *why;
	} reserved[] = {
		{ ANNOTATION_BUNDLE, "-b makes a bundle" },
		{ ANNOTATION_DIFFID, "it is computed from the layer" },
		{ ANNOTATION_IMAGE_NAME, "-t gives a name to an image" },
		{ ANNOTATION_REF_NAME, "-t gives a name to an image" },
	};
	size_t i;

	if (strncmp(key, ours, sizeof(ours) - 1) == 0)
		return error_set(err, ERROR_USAGE, "-a: %s: reserved for marks of a stream", key);
	for (i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++)
		if (strcmp(key, reserved[i].key) == 0)
			return error_set(err, ERROR_USAGE, "-a: %s: %s", key, reserved[i].why);
	return 0;
}

int
annotations_add(struct annotations *a, const char *const *texts, size_t n, struct error *err)
{
	const char *eq;
	char *key;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < n; i++) {
		eq = strchr(texts[i], '=');
		if (eq == NULL || eq == texts[i])
			return error_set(err, ERROR_USAGE, "-a: not key=value: %s", texts[i]);
		if (!utf8_is_valid(texts[i]))
			return error_set(err, ERROR_USAGE, "-a: not UTF-8: %s", texts[i]);
		key = strndup(texts[i], (size_t)(eq - texts[i]));
		rc = key == NULL ? error_memory(err) : check_key(key, err);
		if (rc == 0)
			rc = annotations_set(a, key, eq + 1, err);
		free(key);
	}
	return rc;
}

int
annotations_dup(struct annotations *to, const struct annotations *from, struct error *err)
{
	size_t i;

	memset(to, 0, sizeof(*to));
	if (from->n == 0)
		return 0;
	if ((to->items = calloc(from->n, sizeof(*to->items))) == NULL)
		return error_memory(err);
	for (i = 0; i < from->n; i++) {
		to->n = i + 1;
		to->items[i].key = strdup(from->items[i].key);
		to->items[i].value = strdup(from->items[i].value);
		if (to->items[i].key == NULL || to->items[i].value == NULL) {
			annotations_release(to);
			return error_memory(err);
		}
	}
	return 0;
}

void
annotations_write(const struct annotations *a, struct json_writer *w)
{
	size_t i;

	json_open(w, '{');
	for (i = 0; i < a->n; i++) {
		json_key(w, a->items[i].key);
		json_put_string(w, a->items[i].value);
	}
	json_close(w, '}');
}

void
annotations_release(struct annotations *a)
{
	size_t i;

	for (i = 0; i < a->n; i++) {
		free(a->items[i].key);
		free(a->items[i].value);
	}
	free(a->items);
	memset(a, 0, sizeof(*a));
}
