#include "registry/challenge.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* RFC 9110, section 5.6.2. */
static size_t
token_len(const char *p)
{
	return strspn(p,
	    "!#$%&'*+-.^_`|~0123456789"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
}

static const char *
skip_blanks(const char *p)
{
	return p + strspn(p, " \t");
}

/* Section 5.6.1.2: a recipient accepts empty elements of a list. */
static const char *
skip_commas(const char *p)
{
	return p + strspn(p, " \t,");
}

/* A token or a quoted string at *p, malloc'ed; *p moves behind it. NULL: neither. */
static char *
value_dup(const char **p)
{
	const char *from = *p;
	size_t len, n = 0;
	char *value;

	if (*from != '"') {
		/* Real servers leave out the quotes of a realm: take all up to a separator. */
		len = strcspn(from, " \t,\"");
		*p = from + len;
		return len == 0 ? NULL : strndup(from, len);
	}
	value = malloc(strlen(from));
	if (value == NULL)
		return NULL;
	for (from++; *from != '"'; from++) {
		if (*from == '\\')
			from++;
		if (*from == '\0') {
			free(value);
			return NULL;
		}
		value[n++] = *from;
	}
	value[n] = '\0';
	*p = from + 1;
	return value;
}

/* Takes over value. Of a parameter given twice the first counts. */
static void
keep(struct challenge *c, const char *name, size_t len, char *value)
{
	const struct {
		const char *name;
		char **to;
	} known[] = {
		{ "realm", &c->realm },
		{ "service", &c->service },
		{ "scope", &c->scope },
		{ "error", &c->error },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (strlen(known[i].name) == len && strncasecmp(known[i].name, name, len) == 0 &&
		    *known[i].to == NULL) {
			*known[i].to = value;
			return;
		}
	}
	free(value);
}

/* One name=value at p; NULL if there is none, and then the next challenge may begin at p. */
static const char *
parse_parameter(struct challenge *c, const char *p, bool *malformed)
{
	size_t len = token_len(p);
	const char *after = skip_blanks(p + len);
	char *value;

	if (len == 0 || *after != '=')
		return NULL;
	after = skip_blanks(after + 1);
	value = value_dup(&after);
	if (value == NULL) {
		*malformed = true;
		return NULL;
	}
	keep(c, p, len, value);
	return after;
}

/* Length of a token68 with nothing but a comma or the end after it; 0 if there is none. */
static size_t
token68_len(const char *p)
{
	size_t len = strspn(p,
	    "-._~+/0123456789"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
	const char *after;

	len += strspn(p + len, "=");
	after = skip_blanks(p + len);
	return *after == ',' || *after == '\0' ? len : 0;
}

bool
challenge_next(struct challenge *c, const char **text)
{
	const char *p = skip_commas(*text), *after;
	size_t len = token_len(p);
	bool malformed = false;

	*c = (struct challenge){ .scheme = CHALLENGE_OTHER };
	if (len == 0)
		return false;
	if (len == strlen("Bearer") && strncasecmp(p, "Bearer", len) == 0)
		c->scheme = CHALLENGE_BEARER;
	else if (len == strlen("Basic") && strncasecmp(p, "Basic", len) == 0)
		c->scheme = CHALLENGE_BASIC;
	p += len;
	if (*p != ' ' && *p != '\t' && *p != ',' && *p != '\0')
		return false;
	p = skip_blanks(p);
	len = token68_len(p);
	if (len > 0) {
		*text = p + len;
		return true;
	}
	for (;;) {
		after = parse_parameter(c, p, &malformed);
		if (after == NULL)
			break;
		*text = after;
		p = skip_blanks(after);
		if (*p != ',' && *p != '\0')
			malformed = true;
		p = skip_commas(p);
		if (*p == '\0' || malformed)
			break;
	}
	if (malformed) {
		challenge_release(c);
		return false;
	}
	*text = p;
	return true;
}

void
challenge_release(struct challenge *c)
{
	free(c->realm);
	free(c->service);
	free(c->scope);
	free(c->error);
	c->realm = c->service = c->scope = c->error = NULL;
}
