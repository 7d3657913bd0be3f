#include "core/json_check.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/error.h"
#include "core/json.h"
#include "core/utf8.h"

/* A double ends near 1.8e308. At 1e308 readers still agree; beyond, some say infinity. */
#define MAX_JSON_EXPONENT 308

/* What may come next. */
enum expect {
	EXPECT_VALUE,
	EXPECT_FIRST_VALUE, /* or "]" */
	EXPECT_KEY,
	EXPECT_FIRST_KEY, /* or "}" */
	EXPECT_MORE,	  /* "," or the closing bracket */
	EXPECT_NOTHING
};

struct check {
	const char *text;
	size_t len;
	size_t at;
	size_t tokens;
	const char *name;
	uint64_t objects; /* a bit a level: is it an object? */
	unsigned int depth;
	enum expect expect;
};
_Static_assert(MAX_JSON_DEPTH <= 64, "struct check has a bit for each level");

static int
fail(const struct check *c, size_t at, const char *what, struct error *err)
{
	return error_set(err, ERROR_INPUT, "%s: byte %zu: %s", c->name, at, what);
}

static bool
is_digit(const struct check *c, size_t at)
{
	return at < c->len && c->text[at] >= '0' && c->text[at] <= '9';
}

/* The four digits of a \u escape at at; false if they are not all there. */
static bool
hex4(const struct check *c, size_t at, unsigned int *code)
{
	size_t i;
	char ch;

	*code = 0;
	if (c->len - at < 4)
		return false;
	for (i = 0; i < 4; i++) {
		ch = c->text[at + i];
		*code <<= 4;
		if (ch >= '0' && ch <= '9')
			*code |= (unsigned int)(ch - '0');
		else if (ch >= 'a' && ch <= 'f')
			*code |= (unsigned int)(ch - 'a' + 10);
		else if (ch >= 'A' && ch <= 'F')
			*code |= (unsigned int)(ch - 'A' + 10);
		else
			return false;
	}
	return true;
}

/* c->at is at a backslash; goes past the escape, of a surrogate pair past both. */
static int
check_escape(struct check *c, struct error *err)
{
	const size_t start = c->at;
	unsigned int code, low;

	c->at += 2;
	if (c->at > c->len)
		return fail(c, start, "ended inside a string", err);
	if (c->text[start + 1] != 'u') {
		if (c->text[start + 1] == '\0' || strchr("\"\\/bfnrt", c->text[start + 1]) == NULL)
			return fail(c, start, "an unknown escape in a string", err);
		return 0;
	}
	if (!hex4(c, c->at, &code))
		return fail(c, start, "\\u without four hexadecimal digits", err);
	c->at += 4;
	if (code == 0)
		return fail(c, start, "NUL in a string", err);
	if (code < 0xd800 || code > 0xdfff)
		return 0;
	if (code >= 0xdc00 || c->len - c->at < 6 || memcmp(c->text + c->at, "\\u", 2) != 0 ||
	    !hex4(c, c->at + 2, &low) || low < 0xdc00 || low > 0xdfff)
		return fail(c, start, "half a surrogate pair", err);
	c->at += 6;
	return 0;
}

static int
check_string(struct check *c, struct error *err)
{
	const size_t start = c->at++;
	size_t n;
	char ch;

	while (c->at < c->len) {
		ch = c->text[c->at];
		if (ch == '"') {
			c->at++;
			return 0;
		}
		if (ch == '\\') {
			if (check_escape(c, err) == -1)
				return -1;
			continue;
		}
		if ((unsigned char)ch < 0x20)
			return fail(c, c->at, "a control character in a string", err);
		n = utf8_character(c->text + c->at, c->len - c->at, NULL);
		if (n == 0)
			return fail(c, c->at, "invalid UTF-8 in a string", err);
		c->at += n;
	}
	return fail(c, start, "a string without its end", err);
}

/* The decimal exponent; with as many digits as a document can have the sum below is exact. */
static int64_t
check_exponent(struct check *c)
{
	const bool minus = c->text[c->at] == '-';
	int64_t n = 0;

	if (minus || c->text[c->at] == '+')
		c->at++;
	for (; is_digit(c, c->at); c->at++)
		if (n < 100000000)
			n = n * 10 + (c->text[c->at] - '0');
	return minus ? -n : n;
}

static int
check_number(struct check *c, struct error *err)
{
	const size_t start = c->at;
	size_t from;
	int64_t magnitude = 0; /* of the first digit that is not 0, as a power of ten */
	bool zero = true;

	if (c->text[c->at] == '-')
		c->at++;
	from = c->at;
	if (!is_digit(c, from))
		return fail(c, start, "not a number", err);
	if (c->text[c->at++] != '0') {
		zero = false;
		while (is_digit(c, c->at))
			c->at++;
		magnitude = (int64_t)(c->at - from) - 1;
	} else if (is_digit(c, c->at)) {
		return fail(c, start, "a number that begins with 0", err);
	}
	if (c->at < c->len && c->text[c->at] == '.') {
		from = ++c->at;
		if (!is_digit(c, from))
			return fail(c, start, "a number without digits after its point", err);
		for (; is_digit(c, c->at); c->at++) {
			if (zero && c->text[c->at] != '0') {
				zero = false;
				magnitude = -(int64_t)(c->at - from) - 1;
			}
		}
	}
	if (c->at < c->len && (c->text[c->at] == 'e' || c->text[c->at] == 'E')) {
		from = ++c->at;
		if (from < c->len && (c->text[from] == '-' || c->text[from] == '+'))
			from++;
		if (!is_digit(c, from))
			return fail(c, start, "a number without digits in its exponent", err);
		magnitude += check_exponent(c);
	}
	if (!zero && magnitude >= MAX_JSON_EXPONENT)
		return fail(c, start, "a number too large for a double", err);
	return 0;
}

static int
check_word(struct check *c, struct error *err)
{
	static const char *const words[] = { "true", "false", "null" };
	size_t i, n;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		n = strlen(words[i]);
		if (c->len - c->at >= n && memcmp(c->text + c->at, words[i], n) == 0) {
			c->at += n;
			return 0;
		}
	}
	return fail(c, c->at, "expected a value", err);
}

static int
open_bracket(struct check *c, bool object, struct error *err)
{
	if (c->depth == MAX_JSON_DEPTH)
		return fail(c, c->at, "nested deeper than 64 levels", err);
	c->at++;
	c->objects = c->objects << 1 | object;
	c->depth++;
	c->expect = object ? EXPECT_FIRST_KEY : EXPECT_FIRST_VALUE;
	return 0;
}

static bool
in_object(const struct check *c)
{
	return (c->objects & 1) != 0;
}

static int
count_token(struct check *c, struct error *err)
{
	if (c->tokens == MAX_JSON_TOKENS)
		return fail(c, c->at, "more than 262144 values and keys", err);
	c->tokens++;
	return 0;
}

static void
after_value(struct check *c)
{
	c->expect = c->depth > 0 ? EXPECT_MORE : EXPECT_NOTHING;
}

static int
check_value(struct check *c, struct error *err)
{
	const char ch = c->text[c->at];
	int rc;

	if (count_token(c, err) == -1)
		return -1;
	if (ch == '{' || ch == '[')
		return open_bracket(c, ch == '{', err);
	if (ch == '"')
		rc = check_string(c, err);
	else if (ch == '-' || is_digit(c, c->at))
		rc = check_number(c, err);
	else
		rc = check_word(c, err);
	after_value(c);
	return rc;
}

static void
skip_space(struct check *c)
{
	while (c->at < c->len &&
	    (c->text[c->at] == ' ' || c->text[c->at] == '\n' || c->text[c->at] == '\t' ||
		c->text[c->at] == '\r'))
		c->at++;
}

static int
check_key(struct check *c, struct error *err)
{
	if (c->text[c->at] != '"')
		return fail(c, c->at, "expected a key", err);
	if (count_token(c, err) == -1 || check_string(c, err) == -1)
		return -1;
	skip_space(c);
	if (c->at == c->len || c->text[c->at] != ':')
		return fail(c, c->at, "expected \":\" after a key", err);
	c->at++;
	c->expect = EXPECT_VALUE;
	return 0;
}

/* Goes past the bracket that closes the level in hand, if one is there. */
static bool
close_bracket(struct check *c)
{
	if (c->text[c->at] != (in_object(c) ? '}' : ']'))
		return false;
	c->at++;
	c->objects >>= 1;
	c->depth--;
	after_value(c);
	return true;
}

static int
check_next(struct check *c, struct error *err)
{
	switch (c->expect) {
	case EXPECT_FIRST_VALUE:
		if (close_bracket(c))
			return 0;
		return check_value(c, err);
	case EXPECT_VALUE:
		return check_value(c, err);
	case EXPECT_FIRST_KEY:
		if (close_bracket(c))
			return 0;
		return check_key(c, err);
	case EXPECT_KEY:
		return check_key(c, err);
	case EXPECT_MORE:
		if (close_bracket(c))
			return 0;
		if (c->text[c->at] != ',')
			return fail(c, c->at,
			    in_object(c) ? "expected \",\" or \"}\"" : "expected \",\" or \"]\"",
			    err);
		c->at++;
		c->expect = in_object(c) ? EXPECT_KEY : EXPECT_VALUE;
		return 0;
	case EXPECT_NOTHING:
		break;
	}
	return fail(c, c->at, "something follows the value", err);
}

int
json_check(const char *text, size_t len, const char *name, size_t *tokens, struct error *err)
{
	struct check c = { .text = text, .len = len, .name = name, .expect = EXPECT_VALUE };

	if (len > MAX_DOCUMENT)
		return error_set(err, ERROR_INPUT,
		    "%s: larger than 4 MiB, the most that a document may have", name);
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		return fail(&c, 0, "a byte order mark before the JSON", err);
	for (;;) {
		skip_space(&c);
		if (c.at == len)
			break;
		if (check_next(&c, err) == -1)
			return -1;
	}
	if (c.tokens == 0)
		return error_set(err, ERROR_INPUT, "%s: empty", name);
	if (c.expect != EXPECT_NOTHING)
		return fail(&c, len, "the JSON ended early", err);
	*tokens = c.tokens;
	return 0;
}
