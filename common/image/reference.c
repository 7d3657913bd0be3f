#include "image/reference.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"

#define DEFAULT_REGISTRY "docker.io"
#define DEFAULT_FOLDER "library/"

/* Bytes of a bad reference that a message shows. */
#define SHOWN 300

static bool
is_lower_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool
is_upper(char c)
{
	return c >= 'A' && c <= 'Z';
}

static bool
is_alnum(char c)
{
	return is_lower_alnum(c) || is_upper(c);
}

static int
refuse(struct error *err, const char *text, const char *why)
{
	return error_set(err, ERROR_INPUT, "%.*s: %s", SHOWN, text, why);
}

/* domain-name of distribution/reference: labels of letters, digits and inner hyphens. */
static bool
is_domain(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		bool first = i == 0 || s[i - 1] == '.';
		bool last = i + 1 == len || s[i + 1] == '.';

		if (!is_alnum(s[i]) && (s[i] != '.' || first) && (s[i] != '-' || first || last))
			return false;
	}
	return len > 0 && s[len - 1] != '.';
}

/* "[2001:db8::1]"; inet_pton knows no zone ids. */
static bool
is_ipv6(const char *s, size_t len)
{
	char address[INET6_ADDRSTRLEN];
	struct in6_addr ignored;

	if (len < 2 || len - 2 >= sizeof(address) || s[0] != '[' || s[len - 1] != ']')
		return false;
	memcpy(address, s + 1, len - 2);
	address[len - 2] = '\0';
	return inet_pton(AF_INET6, address, &ignored) == 1;
}

static bool
is_port(const char *s, size_t len)
{
	unsigned long port = 0;
	size_t i;

	/* With zeros before it one port would have many spellings. */
	if (len == 0 || len > 5 || s[0] == '0')
		return false;
	for (i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		port = 10 * port + (unsigned long)(s[i] - '0');
	}
	return port <= 65535;
}

static bool
is_host(const char *s, size_t len)
{
	size_t host_len = len;

	while (host_len > 0 && s[host_len - 1] != ':' && s[host_len - 1] != ']')
		host_len--;
	if (host_len > 0 && s[host_len - 1] == ':') {
		if (!is_port(s + host_len, len - host_len))
			return false;
		host_len--;
	} else {
		host_len = len;
	}
	return s[0] == '[' ? is_ipv6(s, host_len) : is_domain(s, host_len);
}

/* path-component: runs of [a-z0-9] joined by one of ".", "_", "__", or hyphens. */
static bool
is_component(const char *s, size_t len)
{
	size_t i = 0, start;

	for (;;) {
		start = i;
		while (i < len && is_lower_alnum(s[i]))
			i++;
		if (i == start)
			return false;
		if (i == len)
			return true;
		if (s[i] == '-') {
			while (i < len && s[i] == '-')
				i++;
		} else if (s[i] == '_' && i + 1 < len && s[i + 1] == '_') {
			i += 2;
		} else if (s[i] == '.' || s[i] == '_') {
			i++;
		} else {
			return false;
		}
	}
}

static bool
is_path(const char *s, size_t len)
{
	size_t start = 0, i;

	for (i = 0; i <= len; i++) {
		if (i < len && s[i] != '/')
			continue;
		if (!is_component(s + start, i - start))
			return false;
		start = i + 1;
	}
	return true;
}

static bool
is_hex64(const char *s)
{
	size_t i;

	for (i = 0; s[i] != '\0'; i++)
		if (!((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f')))
			return false;
	return i == 64;
}

bool
reference_is_tag(const char *text)
{
	size_t i;

	if (!is_alnum(text[0]) && text[0] != '_')
		return false;
	for (i = 1; text[i] != '\0'; i++)
		if (i == MAX_TAG || (!is_alnum(text[i]) && strchr("._-", text[i]) == NULL))
			return false;
	return true;
}

/*
 * Takes "@digest" off. What stands before an "@" may be a user name and a password, so until
 * the digest is seen to be one, no message shows it.
 */
static int
split_digest(struct reference *r, const char *text, size_t *len, struct error *err)
{
	const char *at = strchr(text, '@');

	*len = strlen(text);
	if (at == NULL)
		return 0;
	if (strpbrk(at + 1, "@/") != NULL)
		return error_set(err, ERROR_INPUT,
		    "a reference holds no user name or password: leave out what is before \"@\"");
	if (digest_parse(&r->digest, at + 1, strlen(at + 1), err) == -1)
		return -1;
	if (r->digest.algorithm == DIGEST_UNREGISTERED)
		return error_set(err, ERROR_INPUT, "%s: not a sha256 or sha512 digest",
		    r->digest.text);
	r->has_digest = true;
	*len = (size_t)(at - text);
	return 0;
}

/*
 * The first component is a host if it could be no folder: "foo:5000" is a name and a tag,
 * "foo:5000/x" a host. An upper-case folder is no host to us (distribution takes it for one).
 */
static size_t
host_len(const char *text, size_t len)
{
	const char *slash = memchr(text, '/', len);
	size_t n;

	if (slash == NULL)
		return 0;
	n = (size_t)(slash - text);
	if (memchr(text, '.', n) != NULL || memchr(text, ':', n) != NULL)
		return n;
	return n == 9 && memcmp(text, "localhost", 9) == 0 ? n : 0;
}

static void
lower(char *s)
{
	for (; *s != '\0'; s++)
		if (is_upper(*s))
			*s = (char)(*s - 'A' + 'a');
}

/* Host names have no case (RFC 4343): one spelling, so that one host has one login. */
static int
set_registry(struct reference *r, const char *text, size_t len, struct error *err)
{
	if (len == 0) {
		memcpy(r->registry, DEFAULT_REGISTRY, sizeof(DEFAULT_REGISTRY));
		return 0;
	}
	if (len > MAX_REFERENCE_NAME || !is_host(text, len))
		return refuse(err, text, "what is before the first \"/\" is no host[:port]");
	memcpy(r->registry, text, len);
	r->registry[len] = '\0';
	lower(r->registry);
	if (strcmp(r->registry, "index.docker.io") == 0 ||
	    strcmp(r->registry, "registry-1.docker.io") == 0)
		memcpy(r->registry, DEFAULT_REGISTRY, sizeof(DEFAULT_REGISTRY));
	return 0;
}

static int
set_repository(struct reference *r, const char *text, const char *path, size_t len,
    struct error *err)
{
	const char *folder = "";
	size_t i;

	for (i = 0; i < len; i++)
		if (is_upper(path[i]))
			return refuse(err, text, "the repository must be lower case");
	if (!is_path(path, len))
		return refuse(err, text,
		    "not a repository: parts of a-z and 0-9, joined by \".\", \"_\" or \"-\"");
	if (strcmp(r->registry, DEFAULT_REGISTRY) == 0 && memchr(path, '/', len) == NULL)
		folder = DEFAULT_FOLDER;
	if (strlen(r->registry) + 1 + strlen(folder) + len > MAX_REFERENCE_NAME)
		return error_set(err, ERROR_INPUT, "a repository's name is longer than %d bytes",
		    MAX_REFERENCE_NAME);
	(void)snprintf(r->repository, sizeof(r->repository), "%s%.*s", folder, (int)len, path);
	return 0;
}

/* Takes ":tag" off the path's last component. */
static int
split_tag(struct reference *r, const char *text, const char *path, size_t *len, struct error *err)
{
	size_t colon = *len, n;

	while (colon > 0 && path[colon - 1] != ':' && path[colon - 1] != '/')
		colon--;
	if (colon == 0 || path[colon - 1] == '/')
		return 0;
	n = *len - colon;
	if (n <= MAX_TAG) {
		memcpy(r->tag, path + colon, n);
		r->tag[n] = '\0';
	}
	if (n > MAX_TAG || !reference_is_tag(r->tag))
		return refuse(err, text,
		    "not a tag: up to 128 of a-z, A-Z, 0-9, \"_\", \".\" and \"-\"");
	*len = colon - 1;
	return 0;
}

int
reference_parse(struct reference *r, const char *text, struct error *err)
{
	size_t len, host, path_len;

	memset(r, 0, sizeof(*r));
	if (text[0] == '\0')
		return error_set(err, ERROR_INPUT, "an empty reference");
	if (strstr(text, "://") != NULL)
		return error_set(err, ERROR_INPUT,
		    "a reference has no scheme: leave out what is before \"://\", and that");
	if (split_digest(r, text, &len, err) == -1)
		return -1;
	if (is_hex64(text))
		return refuse(err, text,
		    "64 hexadecimal digits are no name: write name@sha256:...");
	host = host_len(text, len);
	if (set_registry(r, text, host, err) == -1)
		return -1;
	host += host > 0; /* the slash */
	path_len = len - host;
	if (split_tag(r, text, text + host, &path_len, err) == -1)
		return -1;
	return set_repository(r, text, text + host, path_len, err);
}

void
reference_format(const struct reference *r, char *buf, size_t cap)
{
	(void)snprintf(buf, cap, "%s/%s%s%s%s%s", r->registry, r->repository,
	    r->tag[0] != '\0' ? ":" : "", r->tag, r->has_digest ? "@" : "",
	    r->has_digest ? r->digest.text : "");
}

int
name_parse(struct name *n, const char *text, struct error *err)
{
	struct reference r;

	memset(n, 0, sizeof(*n));
	if (reference_is_tag(text)) {
		memcpy(n->tag, text, strlen(text) + 1);
		return 0;
	}
	if (strpbrk(text, "/:@") == NULL)
		return error_set(err, ERROR_USAGE, "%.*s: neither a tag nor a reference", SHOWN,
		    text);
	if (reference_parse(&r, text, err) == -1) {
		err->kind = ERROR_USAGE;
		return -1;
	}
	if (r.has_digest)
		return error_set(err, ERROR_USAGE, "%.*s: a name to give has no digest", SHOWN,
		    text);
	if (r.tag[0] == '\0')
		memcpy(r.tag, "latest", sizeof("latest"));
	memcpy(n->tag, r.tag, sizeof(n->tag));
	reference_format(&r, n->full, sizeof(n->full));
	return 0;
}
