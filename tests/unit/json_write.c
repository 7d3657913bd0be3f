/*
 * JSON text written, and objects edited, by TAP; and what is said when memory ends.
 */
#include <sys/resource.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/json.h"

static int cases;
static int failures;

static void
ok(bool pass, const char *name)
{
	cases++;
	if (!pass)
		failures++;
	printf("%sok %d - %s\n", pass ? "" : "not ", cases, name);
}

/* Is what was written expected? The writer is empty again after it. */
static bool
wrote(struct json_writer *w, const char *expected)
{
	struct error err = { .kind = ERROR_NONE };
	bool pass = json_writer_check(w, &err) == 0 && w->text != NULL &&
	    strcmp(w->text, expected) == 0 && w->len == strlen(expected);

	if (!pass)
		printf("# %s\n", w->text != NULL ? w->text : "nothing");
	json_writer_release(w);
	return pass;
}

static void
check_strings(void)
{
	static const struct {
		const char *name;
		const char *text;
		const char *json;
	} strings[] = {
		{ "an empty string", "", "\"\"" },
		{ "quotes and backslashes", "\"\\", "\"\\\"\\\\\"" },
		{ "the short escapes", "\b\t\n\f\r", "\"\\b\\t\\n\\f\\r\"" },
		{ "other controls, in lower case", "\1\v\37", "\"\\u0001\\u000b\\u001f\"" },
		{ "a slash, DEL, and what HTML minds stay", "/\177<>&'", "\"/\177<>&'\"" },
		{ "characters of every length stay", "a\303\251\342\202\254\360\237\230\200",
		    "\"a\303\251\342\202\254\360\237\230\200\"" },
		{ "the line separator stays", "\342\200\250", "\"\342\200\250\"" },
		{ "a byte that is not UTF-8 becomes U+FFFD", "a\377b", "\"a\357\277\275b\"" },
		{ "each byte of a surrogate does", "\355\240\200",
		    "\"\357\277\275\357\277\275\357\277\275\"" },
		{ "a character cut short at the end", "a\342\202",
		    "\"a\357\277\275\357\277\275\"" },
		{ "text around escapes", "ab\ncd\"ef", "\"ab\\ncd\\\"ef\"" },
	};
	struct json_writer w;
	size_t i;

	for (i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
		json_writer_init(&w);
		json_put_string(&w, strings[i].text);
		ok(wrote(&w, strings[i].json), strings[i].name);
	}
}

static void
check_commas(void)
{
	struct error err = { .kind = ERROR_NONE };
	struct json_writer w;
	char expected[4000] = "[", *end = expected + 1;
	int i;

	json_writer_init(&w);
	json_open(&w, '{');
	json_key(&w, "a\n");
	json_put_integer(&w, UINT64_MAX);
	json_key(&w, "b");
	json_open(&w, '[');
	json_put_boolean(&w, true);
	json_put_boolean(&w, false);
	json_put_null(&w);
	json_open(&w, '{');
	json_close(&w, '}');
	json_open(&w, '[');
	json_close(&w, ']');
	json_put_raw(&w, "1.50", 4);
	json_close(&w, ']');
	json_key(&w, "c");
	json_put_string(&w, "d");
	json_close(&w, '}');
	ok(wrote(&w,
	       "{\"a\\n\":18446744073709551615,\"b\":[true,false,null,{},[],1.50],\"c\":\"d\"}"),
	    "values, keys and brackets have commas between them");

	json_writer_init(&w);
	json_open(&w, '[');
	for (i = 0; i < 500; i++) {
		json_put_integer(&w, (uint64_t)i);
		end += snprintf(end, 8, "%d,", i);
	}
	end[-1] = ']';
	json_close(&w, ']');
	ok(wrote(&w, expected), "a text grows as it must");

	json_writer_init(&w);
	w.failed = true;
	json_open(&w, '[');
	json_close(&w, ']');
	ok(json_writer_check(&w, &err) == -1 && err.kind == ERROR_OTHER && w.text == NULL,
	    "want of memory sticks until it is asked for");
	json_writer_init(&w);
	w.len = SIZE_MAX - 2;
	json_put_raw(&w, "more", 4);
	ok(w.failed, "a length past SIZE_MAX is want of memory");
	json_writer_init(&w);
	json_writer_release(&w);
	json_writer_release(&w);
	ok(w.text == NULL && w.len == 0, "an empty writer is released, also twice");
}

static struct json *
load(struct json_object *o, const char *text, struct error *err)
{
	struct json *j = json_parse(text, strlen(text), "config", err);

	if (j == NULL)
		abort();
	json_object_init(o);
	(void)json_object_load(o, json_root(j), err);
	return j;
}

static void
check_object(void)
{
	const struct json_value none = { .doc = NULL, .token = -1 };
	struct error err = { .kind = ERROR_NONE };
	struct json_object o;
	struct json_writer w;
	struct json *j;
	const char *raw;
	char key[8];
	size_t i;
	bool pass = true;

	json_writer_init(&w);
	json_object_init(&o);
	ok(json_object_load(&o, none, &err) == 0 && o.n == 0, "no value has no members");
	json_object_write(&o, &w);
	ok(wrote(&w, "{}"), "an object without members");
	json_object_release(&o);

	/* RFC 8785, 3.2.3, and its own example of what is sorted how. */
	j = load(&o,
	    "{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\","
	    "\"\\ufb33\":\"Hebrew Letter Dalet With Dagesh\",\"1\":\"One\","
	    "\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":\"Control\","
	    "\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}",
	    &err);
	json_object_write(&o, &w);
	ok(wrote(&w,
	       "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\302\200\":\"Control\","
	       "\"\303\266\":\"Latin Small Letter O With Diaeresis\","
	       "\"\342\202\254\":\"Euro Sign\","
	       "\"\360\237\230\200\":\"Emoji: Grinning Face\","
	       "\"\357\254\263\":\"Hebrew Letter Dalet With Dagesh\"}"),
	    "members are written in RFC 8785's order");
	raw = json_object_get(&o, "\357\254\263");
	ok(raw != NULL && strcmp(raw, "\"Hebrew Letter Dalet With Dagesh\"") == 0,
	    "and found in it");
	json_object_release(&o);
	json_free(j);

	j = load(&o, "{\"b\":[1, 2],\"a\":1.50,\"n\":null,\"a/b\":{},\"\":0}", &err);
	ok(strcmp(json_object_get(&o, "b"), "[1, 2]") == 0, "a member stays as it was read");
	ok(json_object_get(&o, "n") == NULL && json_object_get(&o, "c") == NULL,
	    "null is none, and what is not there");
	ok(json_object_set(&o, "b", "3", &err) == 0 && json_object_set(&o, "aa", "[]", &err) == 0 &&
		json_object_set_string(&o, "zz", "q\"", &err) == 0 &&
		json_object_set_string(&o, "a/b", "", &err) == 0 &&
		json_object_set(&o, "a", NULL, &err) == 0 &&
		json_object_set(&o, "not there", NULL, &err) == 0,
	    "members are set and removed");
	json_object_write(&o, &w);
	ok(wrote(&w, "{\"\":0,\"a/b\":\"\",\"aa\":[],\"b\":3,\"n\":null,\"zz\":\"q\\\"\"}"),
	    "and written in order, null as well");
	json_object_release(&o);
	json_object_release(&o);
	json_free(j);

	json_object_init(&o);
	for (i = 0; i < 1000; i++) {
		(void)snprintf(key, sizeof(key), "%03zu", i * 7919 % 1000);
		pass = pass && json_object_set(&o, key, "1", &err) == 0;
	}
	for (i = 1; i < o.n; i++)
		pass = pass && strcmp(o.members[i - 1].key, o.members[i].key) < 0;
	ok(pass && o.n == 1000, "a thousand members set in any order are sorted");
	json_object_release(&o);

	j = load(&o, "[1]", &err);
	ok(err.kind == ERROR_INPUT && strcmp(err.text, "config: not an object") == 0 && o.n == 0,
	    "an array is no object");
	json_object_release(&o);
	json_free(j);
}

/* --- want of memory --- */

/* Large enough for malloc to ask the system for it, which then says no. */
#define LARGE ((size_t)1024 * 1024)

static void
limit_memory(rlim_t most)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_AS, &limit) == -1)
		abort();
	limit.rlim_cur = most < limit.rlim_max ? most : limit.rlim_max;
	if (setrlimit(RLIMIT_AS, &limit) == -1)
		abort();
}

/* {"a":"xxx...","k0":0,"k1":0,...}: a long string, and members for a long table. */
static char *
large_document(void)
{
	char *text = malloc(2 * LARGE), *end = text;
	int i;

	if (text == NULL)
		abort();
	end += snprintf(end, 8, "{\"a\":\"");
	memset(end, 'x', LARGE);
	end += LARGE;
	*end++ = '"';
	for (i = 0; i < 40000; i++)
		end += snprintf(end, 24, ",\"k%d\":0", i);
	(void)snprintf(end, 8, "}");
	return text;
}

static void
check_memory(void)
{
	struct error err[6] = { { .kind = ERROR_NONE } };
	struct json_object o, small;
	struct json_writer w;
	struct json_value root;
	struct json *j, *other;
	char *text = large_document(), *s;
	bool pass;
	size_t i;

	j = json_parse(text, strlen(text), "config", &err[0]);
	if (j == NULL)
		abort();
	root = json_root(j);
	json_object_init(&o);
	json_object_init(&small);
	if (json_object_set(&small, "a", "1", &err[0]) == -1)
		abort();
	json_writer_init(&w);

	limit_memory(1);
	other = json_parse(text, strlen(text), "config", &err[0]);
	s = json_string(json_member(root, "a"), "a", &err[1]);
	pass = json_object_load(&o, root, &err[2]) == -1 && o.n == 0;
	pass = json_object_set(&small, "a", text, &err[3]) == -1 && pass;
	pass = json_object_set(&small, text, "1", &err[4]) == -1 && pass;
	json_put_raw(&w, text, strlen(text));
	pass = json_writer_check(&w, &err[5]) == -1 && pass;
	limit_memory(RLIM_INFINITY);

	for (i = 0; i < 6; i++)
		pass =
		    pass && err[i].kind == ERROR_OTHER && strcmp(err[i].text, "out of memory") == 0;
	ok(pass && other == NULL && s == NULL, "want of memory is told");
	ok(strcmp(json_object_get(&small, "a"), "1") == 0 && small.n == 1,
	    "an object that could not be changed is as it was");
	json_writer_release(&w);
	json_object_release(&small);
	json_object_release(&o);
	json_free(j);
	free(text);
}

int
main(void)
{
	const char *sanitized = getenv("OCIPIPE_SANITIZED");

	/* A sanitizer dies when malloc fails. First of all, since malloc keeps what was freed. */
	if (sanitized == NULL || strcmp(sanitized, "coverage") == 0)
		check_memory();
	check_strings();
	check_commas();
	check_object();
	printf("1..%d\n", cases);
	return failures != 0;
}
