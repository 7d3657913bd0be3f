/*
 * JSON documents read, by TAP.
 *
 *	json verdicts <in	for each "LEN\n" and LEN bytes a line: "yes", or what is wrong;
 *				for 0024-json-peers.t
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/json.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

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

/* The text goes to memory of exactly its length, so that a sanitizer sees the end. */
static struct json *
parse(const char *text, size_t len, char **kept, struct error *err)
{
	*err = (struct error){ .kind = ERROR_NONE };
	*kept = malloc(len > 0 ? len : 1);
	if (*kept == NULL)
		abort();
	memcpy(*kept, text, len);
	return json_parse(*kept, len, "doc", err);
}

static bool
accepts(const char *text, size_t len)
{
	struct error err;
	struct json *j;
	char *kept;

	j = parse(text, len, &kept, &err);
	if (j == NULL)
		printf("# %s\n", err.text);
	json_free(j);
	free(kept);
	return j != NULL;
}

static bool
refuses(const char *text, size_t len, const char *what)
{
	struct error err;
	struct json *j;
	char *kept;
	bool pass;

	j = parse(text, len, &kept, &err);
	pass = j == NULL && err.kind == ERROR_INPUT && strstr(err.text, what) != NULL;
	if (!pass)
		printf("# %s\n", j == NULL ? err.text : "accepted");
	json_free(j);
	free(kept);
	return pass;
}

/* --- what is JSON --- */

struct document {
	const char *name;
	const char *text;
	size_t len;	   /* 0: up to the text's NUL */
	const char *error; /* part of it; NULL: none */
};

/* What jsmn, strict and with parent links, takes for JSON. */
static const struct document lenient[] = {
	{ "a key without a value", "{\"a\":}", 0, "byte 5: expected a value" },
	{ "a key without a colon", "{\"a\" \"b\"}", 0, "byte 5: expected \":\"" },
	{ "a second document", "{}{}", 0, "byte 2: something follows" },
	{ "a comma at the end", "[1,]", 0, "byte 3: expected a value" },
	{ "a comma alone", "[,]", 0, "byte 1: expected a value" },
	{ "no comma", "[1 2]", 0, "byte 3: expected \",\" or \"]\"" },
	{ "no comma in an object", "{\"a\":1\"b\":2}", 0, "byte 6: expected \",\" or \"}\"" },
	{ "a colon too many", "{\"a\":\"b\":\"c\"}", 0, "byte 8: expected \",\" or \"}\"" },
	{ "a key alone", "{\"a\",\"b\":1}", 0, "byte 4: expected \":\"" },
	{ "colons alone", "[:::]", 0, "byte 1: expected a value" },
	{ "strings without a comma", "[\"a\"\"b\"]", 0, "byte 4: expected \",\"" },
	{ "half a true", "[tru]", 0, "byte 1: expected a value" },
	{ "half a null", "[nul]", 0, "byte 1: expected a value" },
	{ "a word", "[n0pe!]", 0, "byte 1: expected a value" },
	{ "a minus alone", "[-]", 0, "byte 1: not a number" },
	{ "a leading 0", "[01]", 0, "byte 1: a number that begins with 0" },
	{ "two points", "[1.2.3]", 0, "byte 4: expected \",\"" },
	{ "more than a double holds", "[1e999]", 0, "byte 1: a number too large" },
	{ "a newline in a string", "[\"a\nb\"]", 0, "byte 3: a control character" },
	{ "bad UTF-8", "[\"\xff\"]", 0, "byte 2: invalid UTF-8" },
	{ "half a surrogate pair", "[\"\\ud800\"]", 0, "byte 2: half a surrogate pair" },
	{ "a key given twice", "{\"a\":1,\"a\":2}", 0, "byte 7: duplicate key \"a\"" },
	{ "nothing", "", 0, "doc: empty" },
	{ "NUL and junk", "[1]\0junk", 8, "byte 3: something follows" },
	{ "NUL at the end", "[1]\0", 4, "byte 3: something follows" },
};

static const struct document documents[] = {
	{ "an object", "{\"a\":1}", 0, NULL },
	{ "white space everywhere", " \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } } \r\n", 0, NULL },
	{ "empty containers", "[{},[],{\"a\":[]}]", 0, NULL },
	{ "a number alone", "12", 0, NULL },
	{ "a word alone, in spaces", " true ", 0, NULL },
	{ "a string alone", "\"a\"", 0, NULL },
	{ "the words", "[true,false,null]", 0, NULL },
	{ "numbers", "[0,-0,1,-1,10,1.5,0.0,1e5,1E+5,1e-5,123456789012345678901234567890]", 0,
	    NULL },
	{ "a number just below the limit", "[9.99e307]", 0, NULL },
	{ "one at the limit", "[1e308]", 0, "too large" },
	{ "a tiny number", "[1e-999]", 0, NULL },
	{ "zero with an exponent", "[0e999,0.000e99999999999999999999]", 0, NULL },
	{ "zeros and an exponent that make a small number", "[0.00000001e310]", 0, NULL },
	{ "those that do not", "[0.00000001e317]", 0, "too large" },
	{ "an exponent of 30 digits", "[1e100000000000000000000000000000]", 0, "too large" },
	{ "a negative one", "[1e-100000000000000000000000000000]", 0, NULL },
	{ "all escapes", "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uFFFF\"]", 0, NULL },
	{ "a surrogate pair", "[\"\\ud83d\\ude00\"]", 0, NULL },
	{ "characters of every length", "[\"a\303\251\342\202\254\360\237\230\200\177\"]", 0,
	    NULL },
	{ "the last of each length", "[\"\337\277\357\277\277\364\217\277\277\"]", 0, NULL },
	{ "equal keys of different objects", "[{\"a\":{\"a\":1}},{\"a\":2}]", 0, NULL },
	{ "a byte order mark", "\xef\xbb\xbf{}", 0, "byte 0: a byte order mark" },
	{ "a comment", "{} // comment", 0, "byte 3: something follows" },
	{ "a comment before", "/* x */ {}", 0, "byte 0: expected a value" },
	{ "junk after the value", "{}x", 0, "byte 2: something follows" },
	{ "a bracket after the value", "[]]", 0, "byte 2: something follows" },
	{ "white space alone", " \n", 0, "doc: empty" },
	{ "a form feed", "[1\f]", 0, "byte 2: expected \",\"" },
	{ "a no-break space", "[\302\2401]", 0, "byte 1: expected a value" },
	{ "NUL alone", "\0", 1, "byte 0: expected a value" },
	{ "NUL in a string", "[\"a\0b\"]", 7, "byte 3: a control character" },
	{ "NUL after a backslash", "[\"\\\0\"]", 6, "byte 2: an unknown escape" },
	{ "an escaped NUL", "[\"a\\u0000b\"]", 0, "byte 3: NUL in a string" },
	{ "NaN", "[NaN]", 0, "byte 1: expected a value" },
	{ "a plus", "[+1]", 0, "byte 1: expected a value" },
	{ "a point first", "[.5]", 0, "byte 1: expected a value" },
	{ "a point last", "[1.]", 0, "byte 1: a number without digits" },
	{ "an e last", "[1e]", 0, "byte 1: a number without digits" },
	{ "a sign last", "[1e+]", 0, "byte 1: a number without digits" },
	{ "a minus and a letter", "[-a]", 0, "byte 1: not a number" },
	{ "a negative leading 0", "[-01]", 0, "byte 1: a number that begins" },
	{ "hexadecimal", "[0x10]", 0, "byte 2: expected \",\"" },
	{ "a word too long", "[nulll]", 0, "byte 5: expected \",\"" },
	{ "a capital", "[True]", 0, "byte 1: expected a value" },
	{ "single quotes", "['a']", 0, "byte 1: expected a value" },
	{ "a bare key", "{a:1}", 0, "byte 1: expected a key" },
	{ "a number as key", "{1:1}", 0, "byte 1: expected a key" },
	{ "a comma before }", "{\"a\":1,}", 0, "byte 7: expected a key" },
	{ "the wrong bracket", "[1}", 0, "byte 2: expected \",\" or \"]\"" },
	{ "the other wrong bracket", "{\"a\":1]", 0, "byte 6: expected \",\" or \"}\"" },
	{ "an unknown escape", "[\"\\x\"]", 0, "byte 2: an unknown escape" },
	{ "three hexadecimal digits", "[\"\\u00e\"]", 0, "byte 2: \\u without four" },
	{ "a letter past f", "[\"\\u00eg\"]", 0, "byte 2: \\u without four" },
	{ "a low surrogate first", "[\"\\udc00\\ud800\"]", 0, "byte 2: half a surrogate" },
	{ "two low ones", "[\"\\udc00\\udc00\"]", 0, "byte 2: half a surrogate" },
	{ "two high ones", "[\"\\ud800\\ud800\"]", 0, "byte 2: half a surrogate" },
	{ "a high one and a letter", "[\"\\ud800abcdef\"]", 0, "byte 2: half a surrogate" },
	{ "a high one and half an escape", "[\"\\ud800\\udc0\"]", 0, "byte 2: half a surrogate" },
	{ "a high one at the end", "[\"\\ud800", 0, "byte 2: half a surrogate" },
	{ "C0 80", "[\"\300\200\"]", 0, "byte 2: invalid UTF-8" },
	{ "ED A0 80, a surrogate", "[\"\355\240\200\"]", 0, "byte 2: invalid UTF-8" },
	{ "F5", "[\"\365\200\200\200\"]", 0, "byte 2: invalid UTF-8" },
	{ "F4 90, past the last", "[\"\364\220\200\200\"]", 0, "byte 2: invalid UTF-8" },
	{ "a lone 80", "[\"a\200\"]", 0, "byte 3: invalid UTF-8" },
	{ "a character cut by the quote", "[\"\342\202\"]", 0, "byte 2: invalid UTF-8" },
	{ "a character cut by the end", "[\"\342\202", 0, "byte 2: invalid UTF-8" },
	{ "bad UTF-8 in a key", "{\"\377\":1}", 0, "byte 2: invalid UTF-8" },
	{ "an open array", "[1", 0, "byte 2: the JSON ended early" },
	{ "an open object", "{\"a\":1", 0, "byte 6: the JSON ended early" },
	{ "nothing after a key", "{\"a\"", 0, "byte 4: expected \":\"" },
	{ "nothing after a colon", "{\"a\":", 0, "byte 5: the JSON ended early" },
	{ "an open string", "[\"abc", 0, "byte 1: a string without its end" },
	{ "an open escape", "[\"abc\\", 0, "byte 5: ended inside a string" },
	{ "an open \\u", "[\"\\u12", 0, "byte 2: \\u without four" },
	{ "keys equal after unescaping", "{\"digest\":1,\"\\u0064igest\":2}", 0,
	    "byte 12: duplicate key \"\\u0064igest\"" },
	{ "both with escapes", "{\"\\u0064a\":1,\"d\\u0061\":2}", 0, "duplicate key" },
	{ "a pair of surrogates and the character", "{\"\\ud83d\\ude00\":1,\"\360\237\230\200\":2}",
	    0, "duplicate key" },
	{ "empty keys", "{\"\":1,\"\":2}", 0, "byte 6: duplicate key" },
	{ "a key that begins with another", "{\"ab\":1,\"a\":2,\"abc\":3,\"\":4}", 0, NULL },
	{ "escaped keys that begin alike", "{\"a\\u0062\":1,\"a\":2,\"ab\\u0063\":3}", 0, NULL },
	{ "a duplicate further down", "[[{\"b\":1,\"a\":2,\"c\":{\"x\":1,\"y\":2,\"x\":3}}]]", 0,
	    "byte 32: duplicate key \"x\"" },
	{ "keys that differ in case", "{\"a\":1,\"A\":2}", 0, NULL },
};

static void
check_documents(const struct document *d, size_t n)
{
	char name[120];
	size_t i, len;

	for (i = 0; i < n; i++) {
		len = d[i].len > 0 ? d[i].len : strlen(d[i].text);
		(void)snprintf(name, sizeof(name), "%s: %s",
		    d[i].error == NULL ? "taken" : "refused", d[i].name);
		ok(d[i].error == NULL ? accepts(d[i].text, len) :
					refuses(d[i].text, len, d[i].error),
		    name);
	}
}

/* --- limits --- */

static char *
repeat(const char *unit, size_t n, const char *end, size_t *len)
{
	const size_t width = strlen(unit);
	char *s = malloc(n * width + strlen(end) + 1);
	size_t i;

	if (s == NULL)
		abort();
	for (i = 0; i < n; i++)
		memcpy(s + i * width, unit, width);
	memcpy(s + n * width, end, strlen(end) + 1);
	*len = n * width + strlen(end);
	return s;
}

/* depth levels of open, a value, and as many brackets. */
static void
check_levels(const char *name, const char *open, char shut, size_t depth, const char *error)
{
	size_t len;
	char *s = repeat(open, depth, "1", &len);

	s = realloc(s, len + depth);
	if (s == NULL)
		abort();
	memset(s + len, shut, depth);
	ok(error == NULL ? accepts(s, len + depth) : refuses(s, len + depth, error), name);
	free(s);
}

static void
check_limits(void)
{
	const size_t four = MAX_DOCUMENT;
	size_t len, i;
	char *s;

	check_levels("64 levels of arrays are taken", "[", ']', 64, NULL);
	check_levels("65 are not", "[", ']', 65, "byte 64: nested deeper than 64");
	check_levels("64 levels of objects are taken", "{\"a\":", '}', 64, NULL);
	check_levels("65 are not", "{\"a\":", '}', 65, "byte 320: nested deeper than 64");
	s = repeat("[", four, "", &len);
	ok(refuses(s, len, "byte 64: nested deeper"), "4 MiB of [ end at once");
	free(s);
	s = repeat("0,", MAX_JSON_TOKENS - 2, "0]", &len);
	s = realloc(s, len + 3);
	if (s == NULL)
		abort();
	memmove(s + 1, s, len);
	s[0] = '[';
	ok(accepts(s, len + 1), "262144 values are taken");
	memcpy(s + len, ",0]", 3);
	ok(refuses(s, len + 3, "more than 262144 values"), "one more is not");
	free(s);
	s = repeat("{},", four / 3, "", &len);
	s[0] = '[';
	s[1] = ' ';
	s[2] = ' ';
	ok(refuses(s, len, "more than 262144 values"), "4 MiB of objects are too many");
	free(s);

	s = repeat(" ", four - 2, "{}", &len);
	ok(accepts(s, len), "a document of 4 MiB is taken");
	free(s);
	s = repeat(" ", four - 1, "{}", &len);
	ok(refuses(s, len, "larger than 4 MiB"), "one byte more is not");
	free(s);
	s = repeat("a", four - 1, "\"", &len);
	s[0] = '"';
	ok(accepts(s, len), "a string of 4 MiB is taken");
	free(s);
	s = repeat("\\n", four / 2 - 1, " \"", &len);
	s[0] = '"';
	s[1] = ' ';
	ok(accepts(s, len), "escapes of 4 MiB are taken");
	free(s);

	/* "00000": 0, each key another, in falling order; then one again. */
	s = repeat("{\"00000\":0", 100000, "}", &len);
	for (i = 0; i < 100000; i++) {
		if (i > 0)
			s[10 * i] = ',';
		(void)snprintf(s + 10 * i + 2, 6, "%05zu", 99999 - i);
		s[10 * i + 7] = '"';
	}
	ok(accepts(s, len), "an object of 100000 keys");
	memcpy(s + 10 * 50000 + 2, "00000", 5);
	ok(refuses(s, len, "duplicate key \"00000\""), "one of them given twice is found");
	free(s);
}

/* --- values --- */

static const char sample[] =
    "{\"s\":\"a\\u00e9\\u20ac\\ud83d\\ude00\\n\\\"\\\\\\/\\b\\f\\r\\t\","
    "\"n\":null,\"t\":true,\"f\":false,\"i\":42,\"a\":[1,[2,{\"x\":3}],\"4\"],"
    "\"o\":{\"p\":{},\"q\":[]},\"\\u006bey\":\"v\",\"e\":\"\"}";

static void
check_values(void)
{
	const char *text = "a\303\251\342\202\254\360\237\230\200\n\"\\/\b\f\r\t";
	struct error err;
	struct json_value root, v;
	struct json *j;
	char *kept, *s;
	size_t len;

	j = parse(sample, strlen(sample), &kept, &err);
	if (j == NULL)
		abort();
	root = json_root(j);
	ok(json_type(root) == JSON_OBJECT && json_count(root) == 9 &&
		strcmp(json_name(root), "doc") == 0,
	    "the root is an object of nine members");
	ok(json_type(json_member(root, "s")) == JSON_STRING &&
		json_type(json_member(root, "t")) == JSON_BOOLEAN &&
		json_type(json_member(root, "f")) == JSON_BOOLEAN &&
		json_type(json_member(root, "i")) == JSON_NUMBER &&
		json_type(json_member(root, "a")) == JSON_ARRAY &&
		json_type(json_member(root, "o")) == JSON_OBJECT,
	    "members have their types");
	ok(!json_exists(json_member(root, "x")), "a member further down is not the root's");
	ok(!json_exists(json_member(root, "n")), "a null member is none");
	ok(!json_exists(json_member(json_member(root, "a"), "x")) &&
		!json_exists(json_member(json_member(root, "nothing"), "x")),
	    "what is no object has no members");
	ok(json_equals(json_member(root, "key"), "v"), "a key is found after unescaping");
	ok(!json_exists(json_member(root, "ke")) && !json_exists(json_member(root, "keyy")) &&
		!json_exists(json_member(root, "kex")),
	    "but not by a part of it");

	s = json_string(json_member(root, "s"), "s", &err);
	ok(s != NULL && strcmp(s, text) == 0, "a string is unescaped");
	free(s);
	ok(json_equals(json_member(root, "s"), text) && !json_equals(json_member(root, "s"), "a"),
	    "and compared so");
	s = json_string(json_member(root, "e"), "e", &err);
	ok(s != NULL && s[0] == '\0', "an empty string is one");
	free(s);
	ok(json_string(json_member(root, "i"), "config.i", &err) == NULL &&
		strcmp(err.text, "doc: config.i: not a string") == 0,
	    "a number is not a string");
	ok(json_string(json_member(root, "nothing"), "nothing", &err) == NULL &&
		strcmp(err.text, "doc: nothing: missing") == 0,
	    "a string that is not there");
	ok(!json_equals(json_member(root, "i"), "42") && !json_equals(root, "") &&
		!json_equals(json_member(root, "nothing"), ""),
	    "what is no string equals none");

	v = json_member(root, "a");
	s = (char *)(uintptr_t)json_raw(v, &len);
	ok(len == 19 && memcmp(s, "[1,[2,{\"x\":3}],\"4\"]", len) == 0, "an array as it stands");
	s = (char *)(uintptr_t)json_raw(json_member(root, "e"), &len);
	ok(len == 2 && memcmp(s, "\"\"", 2) == 0, "a string as it stands has its quotes");
	s = (char *)(uintptr_t)json_raw(json_member(root, "t"), &len);
	ok(len == 4 && memcmp(s, "true", 4) == 0, "a word as it stands");
	ok(json_count(v) == 3 && json_count(json_member(root, "o")) == 2 &&
		json_count(json_member(root, "i")) == 0 && json_count(json_member(root, "x")) == 0,
	    "elements and members are counted");
	json_free(j);
	json_free(NULL);
	free(kept);

	j = parse(" -1.5e3\n", 8, &kept, &err);
	s = j == NULL ? NULL : (char *)(uintptr_t)json_raw(json_root(j), &len);
	ok(s != NULL && len == 6 && memcmp(s, "-1.5e3", 6) == 0 &&
		json_type(json_root(j)) == JSON_NUMBER,
	    "a number alone is a value");
	json_free(j);
	free(kept);
}

static void
check_walk(void)
{
	struct json_cursor c, inner;
	struct error err;
	struct json *j;
	char *kept, seen[200] = "";
	const char *raw;
	size_t len;

	j = parse(sample, strlen(sample), &kept, &err);
	if (j == NULL)
		abort();
	for (json_walk(&c, json_root(j)); json_next(&c);) {
		raw = json_raw(c.key, &len);
		(void)strncat(seen, raw, len);
		raw = json_raw(c.value, &len);
		(void)strncat(seen, raw, len < 2 ? len : 2);
	}
	ok(strcmp(seen,
	       "\"s\"\"a"
	       "\"n\"nu\"t\"tr\"f\"fa\"i\"42\"a\"[1\"o\"{\"\"\\u006bey\"\"v\"e\"\"\"") == 0,
	    "an object is walked in its order, past all that is below");
	seen[0] = '\0';
	for (json_walk(&c, json_member(json_root(j), "a")); json_next(&c);) {
		raw = json_raw(c.value, &len);
		(void)strncat(seen, raw, len);
		(void)strcat(seen, json_exists(c.key) ? "!" : ";");
		for (json_walk(&inner, c.value); json_next(&inner);)
			(void)strcat(seen, "+");
	}
	ok(strcmp(seen, "1;[2,{\"x\":3}];++\"4\";") == 0, "an array has no keys; walks nest");
	json_walk(&c, json_member(json_root(j), "i"));
	ok(!json_next(&c) && !json_next(&c), "a number has nothing to walk");
	json_walk(&c, json_member(json_root(j), "nothing"));
	ok(!json_next(&c), "nor has what is not there");
	json_walk(&c, json_member(json_member(json_root(j), "o"), "p"));
	ok(!json_next(&c), "nor an empty object");
	json_free(j);
	free(kept);
}

static void
check_integers(void)
{
	static const struct {
		const char *text;
		uint64_t n;
		bool right;
	} numbers[] = {
		{ "0", 0, true },
		{ "5", 5, true },
		{ "9007199254740993", 9007199254740993U, true },
		{ "9223372036854775807", INT64_MAX, true },
		{ "9223372036854775808", 0, false },
		{ "18446744073709551617", 0, false },
		{ "-0", 0, false },
		{ "-1", 0, false },
		{ "1.0", 0, false },
		{ "1e3", 0, false },
		{ "\"5\"", 0, false },
		{ "null", 0, false },
		{ "true", 0, false },
		{ "[5]", 0, false },
		{ "\"\"", 0, false },
	};
	struct error err;
	struct json *j;
	char name[60], *kept;
	uint64_t n;
	size_t i;
	bool got;

	for (i = 0; i < COUNT(numbers); i++) {
		j = parse(numbers[i].text, strlen(numbers[i].text), &kept, &err);
		if (j == NULL)
			abort();
		n = 1;
		got = json_integer(json_root(j), "layers[0].size", &n, &err) == 0;
		(void)snprintf(name, sizeof(name), "%s is %s", numbers[i].text,
		    numbers[i].right ? "a size" : "no size");
		ok(got == numbers[i].right &&
			(got ? n == numbers[i].n :
			       n == 1 &&
				    strcmp(err.text,
					"doc: layers[0].size: not a number from 0 to 2^63-1") == 0),
		    name);
		if (i == 0)
			ok(json_integer(json_member(json_root(j), "x"), "x", &n, &err) == -1 &&
				strcmp(err.text, "doc: x: missing") == 0,
			    "a size that is not there");
		json_free(j);
		free(kept);
	}
}

static void
check_case(void)
{
	static const char *const known[] = { "digest", "size", "layers", "mark" };
	static const struct {
		const char *name;
		const char *text;
		bool refused;
	} objects[] = {
		{ "known keys are as they should be", "{\"digest\":1,\"size\":2}", false },
		{ "unknown keys may be anything", "{\"Digests\":1,\"DIGES\":2,\"X\":3}", false },
		{ "a capital is refused", "{\"Digest\":1}", true },
		{ "also beside the right one", "{\"digest\":1,\"dIGEST\":2}", true },
		{ "also escaped", "{\"\\u0044igest\":1}", true },
		{ "the long s that Go folds", "{\"\305\277ize\":1}", true },
		{ "also escaped, at the end", "{\"layer\\u017f\":1}", true },
		{ "the Kelvin sign that Go folds", "{\"mar\342\204\252\":1}", true },
		{ "a letter that Go does not", "{\"d\304\261gest\":1}", false },
		{ "an array has no keys", "[\"Digest\"]", false },
		{ "nor has a string", "\"Digest\"", false },
	};
	struct error err;
	struct json *j;
	char *kept;
	size_t i;
	bool refused;

	for (i = 0; i < COUNT(objects); i++) {
		j = parse(objects[i].text, strlen(objects[i].text), &kept, &err);
		if (j == NULL)
			abort();
		refused = json_check_case(json_root(j), known, COUNT(known), &err) == -1;
		ok(refused == objects[i].refused && refused == (err.kind == ERROR_INPUT),
		    objects[i].name);
		json_free(j);
		free(kept);
	}
	j = parse("{\"a\":1,\"Digest\":2}", 18, &kept, &err);
	ok(j != NULL && json_check_case(json_root(j), known, COUNT(known), &err) == -1 &&
		strcmp(err.text,
		    "doc: byte 7: key \"Digest\" differs from \"digest\" in case alone") == 0,
	    "both keys are named");
	json_free(j);
	free(kept);
}

static int
verdicts(struct error *err)
{
	unsigned long len;
	struct json *j;
	char line[32], *text;

	while (fgets(line, sizeof(line), stdin) != NULL) {
		len = strtoul(line, NULL, 10);
		text = malloc(len + 1);
		if (text == NULL || fread(text, 1, len, stdin) < len) {
			free(text);
			return error_set(err, ERROR_INPUT, "verdicts: ended early");
		}
		j = json_parse(text, len, "doc", err);
		puts(j != NULL ? "yes" : "no");
		json_free(j);
		free(text);
		*err = (struct error){ .kind = ERROR_NONE };
	}
	return 0;
}

int
main(int argc, char *argv[])
{
	struct error err = { .kind = ERROR_NONE };

	if (argc == 2 && strcmp(argv[1], "verdicts") == 0) {
		(void)verdicts(&err);
		return error_report(&err, "json", stderr);
	}
	check_documents(lenient, COUNT(lenient));
	check_documents(documents, COUNT(documents));
	check_limits();
	check_values();
	check_walk();
	check_integers();
	check_case();
	printf("1..%d\n", cases);
	return failures != 0;
}
