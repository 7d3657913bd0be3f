#include "registry/url.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"

static bool
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* RFC 3986, section 2.3. */
static bool
is_unreserved(char c)
{
	return is_letter(c) || is_digit(c) || (c != '\0' && strchr("-._~", c) != NULL);
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Length of a scheme at text, its colon not counted; 0 if there is none (section 3.1). */
static size_t
scheme_len(const char *text)
{
	size_t n = 0;

	if (!is_letter(text[0]))
		return 0;
	while (is_letter(text[n]) || is_digit(text[n]) ||
	    (text[n] != '\0' && strchr("+-.", text[n]) != NULL))
		n++;
	return text[n] == ':' ? n : 0;
}

static bool
scheme_is(const char *text, size_t len, const char *scheme)
{
	size_t i;

	if (len != strlen(scheme))
		return false;
	for (i = 0; i < len; i++)
		if (lower(text[i]) != scheme[i])
			return false;
	return true;
}

static int
bad(struct error *err, const char *why)
{
	return error_set(err, ERROR_REGISTRY, "bad address: %s", why);
}

static int
check_bytes(const char *text, struct error *err)
{
	size_t i;

	for (i = 0; text[i] != '\0'; i++) {
		if (i == MAX_URL)
			return error_set(err, ERROR_REGISTRY, "bad address: longer than %zu bytes",
			    MAX_URL);
		if (text[i] <= ' ' || text[i] == 0x7f || strchr("\"<>\\^`{|}", text[i]) != NULL)
			return bad(err, "a byte that no address has");
	}
	return 0;
}

/* The host at p, up to its end or its port. */
static int
parse_host(struct url *u, const char *p, size_t len, struct error *err)
{
	size_t i;

	if (len == 0)
		return bad(err, "no host");
	if (len > MAX_URL_HOST)
		return bad(err, "a host longer than 255 bytes");
	for (i = 0; i < len; i++) {
		bool in_brackets = p[0] == '[' && i > 0 && i < len - 1;

		if (p[0] == '[' && (i == 0 || (i == len - 1 && p[i] == ']')))
			;
		else if (in_brackets ?
			strchr("0123456789abcdefABCDEF:.", p[i]) == NULL :
			!is_letter(p[i]) && !is_digit(p[i]) && strchr("-._", p[i]) == NULL)
			return bad(err, "not a host name");
		u->host[i] = lower(p[i]);
	}
	u->host[len] = '\0';
	return 0;
}

static int
parse_authority(struct url *u, const char *p, size_t len, struct error *err)
{
	const char *colon = NULL;
	size_t i, host_len = len;
	unsigned port = 0;

	if (memchr(p, '@', len) != NULL)
		return bad(err, "it holds user information");
	/* Inside brackets a colon belongs to the address. */
	for (i = 0; i < len; i++) {
		if (p[i] == ':')
			colon = p + i;
		else if (p[i] == ']')
			colon = NULL;
	}
	u->port = u->https ? 443 : 80;
	if (colon != NULL) {
		host_len = (size_t)(colon - p);
		for (i = host_len + 1; i < len; i++) {
			if (!is_digit(p[i]))
				return bad(err, "not a port");
			port = port * 10 + (unsigned)(p[i] - '0');
			if (port > 65535)
				return bad(err, "not a port");
		}
		if (host_len + 1 == len || port == 0)
			return bad(err, "not a port");
		u->port = port;
	}
	return parse_host(u, p, host_len, err);
}

int
url_parse(struct url *u, const char *text, struct error *err)
{
	struct url new = { .text = NULL };
	size_t scheme = scheme_len(text), end, len;

	if (check_bytes(text, err) == -1)
		return -1;
	if (scheme_is(text, scheme, "https"))
		new.https = true;
	else if (!scheme_is(text, scheme, "http"))
		return bad(err, "neither https nor http");
	if (strncmp(text + scheme, "://", 3) != 0)
		return bad(err, "no host");
	scheme += 3;
	len = strcspn(text, "#");
	end = scheme + strcspn(text + scheme, "/?#");
	if (parse_authority(&new, text + scheme, end - scheme, err) == -1)
		return -1;
	new.text = malloc(len + 1);
	if (new.text == NULL)
		return error_memory(err);
	memcpy(new.text, text, len);
	new.text[len] = '\0';
	new.path = end;
	new.query = strcspn(new.text, "?");
	*u = new;
	return 0;
}

/* RFC 3986, section 5.2.4, in place, on the path alone. */
static void
remove_dots(char *path)
{
	char *from = path, *to = path;
	size_t len;

	while (*from != '\0') {
		/* from stands at a '/'. */
		len = 1 + strcspn(from + 1, "/");
		if (len == 2 && from[1] == '.') {
			if (from[len] == '\0')
				*to++ = '/';
		} else if (len == 3 && from[1] == '.' && from[2] == '.') {
			while (to > path && *--to != '/')
				;
			if (from[len] == '\0')
				*to++ = '/';
		} else {
			memmove(to, from, len);
			to += len;
		}
		from += len;
	}
	*to = '\0';
}

/* Section 5.2.3: text takes the place of what stands after the last slash of base's path. */
static int
merge(char **merged, const struct url *base, const char *text, struct error *err)
{
	size_t keep = base->query, path_len = strcspn(text, "?#");
	size_t cap = base->query + strlen(text) + 2;
	char *path, *rest;

	*merged = NULL;
	path = malloc(cap);
	rest = malloc(cap);
	if (path == NULL || rest == NULL) {
		free(path);
		free(rest);
		return error_memory(err);
	}
	while (keep > base->path && base->text[keep - 1] != '/')
		keep--;
	(void)snprintf(path, cap, "%.*s%s%.*s", (int)(keep - base->path), base->text + base->path,
	    keep == base->path ? "/" : "", (int)path_len, text);
	remove_dots(path);
	(void)snprintf(rest, cap, "%.*s%s%s", (int)base->path, base->text, path, text + path_len);
	free(path);
	*merged = rest;
	return 0;
}

int
url_resolve(struct url *u, const struct url *base, const char *text, struct error *err)
{
	size_t keep, cap;
	char *full = NULL;
	int rc;

	/* Also keeps the lengths below inside an int. */
	if (check_bytes(text, err) == -1)
		return -1;
	if (scheme_len(text) > 0)
		return url_parse(u, text, err);
	if (strncmp(text, "//", 2) == 0)
		keep = base->https ? strlen("https:") : strlen("http:");
	else if (text[0] == '/')
		keep = base->path;
	else if (text[0] == '?')
		keep = base->query;
	else if (text[0] == '\0' || text[0] == '#')
		return bad(err, "empty");
	else
		keep = 0;
	if (keep == 0) {
		if (merge(&full, base, text, err) == -1)
			return -1;
	} else {
		cap = keep + strlen(text) + 1;
		full = malloc(cap);
		if (full == NULL)
			return error_memory(err);
		(void)snprintf(full, cap, "%.*s%s", (int)keep, base->text, text);
	}
	rc = url_parse(u, full, err);
	free(full);
	return rc;
}

int
url_encode(char **to, const char *text, struct error *err)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t have = *to == NULL ? 0 : strlen(*to), len = strlen(text), i;
	char *new, *p;

	if (len > MAX_URL || have > 4 * MAX_URL)
		return bad(err, "too long");
	new = realloc(*to, have + 3 * len + 1);
	if (new == NULL)
		return error_memory(err);
	*to = new;
	p = new + have;
	for (i = 0; i < len; i++) {
		if (is_unreserved(text[i])) {
			*p++ = text[i];
		} else {
			*p++ = '%';
			*p++ = hex[(unsigned char)text[i] >> 4];
			*p++ = hex[(unsigned char)text[i] & 15];
		}
	}
	*p = '\0';
	return 0;
}

int
url_add(struct url *u, const char *name, const char *value, struct error *err)
{
	size_t len = strlen(u->text), cap = len + strlen(name) + 3;
	struct url new;
	char *text;
	int rc = -1;

	text = malloc(cap);
	if (text == NULL)
		return error_memory(err);
	(void)snprintf(text, cap, "%s%s%s=", u->text,
	    u->query == len	    ? "?" :
		u->query + 1 == len ? "" :
				      "&",
	    name);
	if (url_encode(&text, value, err) == 0 && url_parse(&new, text, err) == 0) {
		url_release(u);
		*u = new;
		rc = 0;
	}
	free(text);
	return rc;
}

void
url_release(struct url *u)
{
	free(u->text);
	u->text = NULL;
}

bool
url_same_origin(const struct url *a, const struct url *b)
{
	return a->https == b->https && a->port == b->port && strcmp(a->host, b->host) == 0;
}

void
url_show(const struct url *u, char *buf, size_t cap)
{
	(void)snprintf(buf, cap, "%.*s", (int)u->query, u->text);
}
