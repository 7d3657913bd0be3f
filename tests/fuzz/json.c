/*
 * Any bytes as JSON: jsmn cuts what our own check takes, every value can be asked for
 * everything, and what is written of an object is JSON again.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A string written and read again is the same. */
static void
check_string(struct json_value v)
{
	struct error err = { .kind = ERROR_NONE };
	struct json_writer w;
	struct json *again;
	char *s = json_string(v, "value", &err);

	if (s == NULL)
		abort();
	assert(json_equals(v, s));
	json_writer_init(&w);
	json_put_string(&w, s);
	again = json_parse(w.text, w.len, "again", &err);
	assert(again != NULL && json_equals(json_root(again), s));
	json_free(again);
	json_writer_release(&w);
	free(s);
}

/* As deep as a document may be, so recursion has its end. */
static void
check_value(struct json_value v)
{
	static const char *const known[] = { "digest", "a", "" };
	struct error err = { .kind = ERROR_NONE };
	struct json_cursor c;
	uint64_t number;
	size_t n = 0, len;
	char *key;

	assert(json_raw(v, &len) != NULL && len > 0);
	(void)json_check_case(v, known, 3, &err);
	if (json_type(v) == JSON_STRING)
		check_string(v);
	if (json_integer(v, "value", &number, &err) == 0)
		assert(json_type(v) == JSON_NUMBER && number <= INT64_MAX);
	for (json_walk(&c, v); json_next(&c); n++) {
		assert(json_exists(c.key) == (json_type(v) == JSON_OBJECT));
		if (json_exists(c.key) && n < 16) {
			key = json_string(c.key, "key", &err);
			assert(key != NULL);
			assert((json_member(v, key).token == c.value.token) ==
			    (json_type(c.value) != JSON_NULL));
			free(key);
		}
		check_value(c.value);
	}
	assert(n == json_count(v));
}

static void
check_object(struct json_value v)
{
	struct error err = { .kind = ERROR_NONE };
	struct json_object o;
	struct json_writer w;
	struct json *again;
	size_t i;

	json_object_init(&o);
	json_writer_init(&w);
	if (json_object_load(&o, v, &err) == -1)
		abort();
	for (i = 1; i < o.n; i++)
		assert(strcmp(o.members[i - 1].key, o.members[i].key) != 0);
	json_object_write(&o, &w);
	if (json_writer_check(&w, &err) == -1)
		abort();
	again = json_parse(w.text, w.len, "again", &err);
	assert(again != NULL && json_count(json_root(again)) == o.n); /* it never grows */
	json_free(again);
	json_writer_release(&w);
	json_object_release(&o);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct error err = { .kind = ERROR_NONE };
	struct json *j = json_parse((const char *)data, size, "doc", &err);

	if (j == NULL) {
		assert(err.kind == ERROR_INPUT && err.text[0] != '\0');
		return 0;
	}
	check_value(json_root(j));
	if (json_type(json_root(j)) == JSON_OBJECT)
		check_object(json_root(j));
	json_free(j);
	return 0;
}
