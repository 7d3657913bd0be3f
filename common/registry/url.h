/*
 * url.h - the http and https addresses that a registry talks about
 *
 * Format:  RFC 3986, sections 3 and 5.2. Strict: what has user information, a control, a blank
 *          or a byte above 0x7e is refused. Path and query are kept byte for byte, since upload
 *          addresses carry state that must come back unchanged; only "." and ".." segments of a
 *          relative reference are resolved. A fragment is dropped.
 * Memory:  a struct url owns its text; url_release frees it.
 * Errors:  ERROR_REGISTRY saying what is wrong, as these texts come from registries;
 *          ERROR_OTHER out of memory.
 */
#ifndef REGISTRY_URL_H
#define REGISTRY_URL_H

#include <stdbool.h>
#include <stddef.h>

struct error;

/* RFC 1035, section 2.3.4, and the brackets of an IPv6 address. */
#define MAX_URL_HOST 255
/* Ours: signed storage addresses reach 4 KiB. */
#define MAX_URL ((size_t)16 * 1024)

struct url {
	char *text;		     /* NUL-terminated, without fragment */
	bool https;		     /* else http */
	char host[MAX_URL_HOST + 1]; /* lower case; an IPv6 address keeps its brackets */
	unsigned port;		     /* the scheme's own where none was given */
	size_t path;		     /* where in text the path begins; it may be empty */
	size_t query;		     /* where the '?' stands, or the length of text */
};

/* An absolute address. *u is written only on success. */
int url_parse(struct url *u, const char *text, struct error *err);
/* text as a link found in the answer of base: absolute, "//host", "/path", "?query" or relative. */
int url_resolve(struct url *u, const struct url *base, const char *text, struct error *err);
/* Adds name=value to the query, value percent-encoded but for RFC 3986's unreserved bytes. */
int url_add(struct url *u, const char *name, const char *value, struct error *err);
void url_release(struct url *u);

/* The same scheme, host and port: where credentials of the one may go to the other. */
bool url_same_origin(const struct url *a, const struct url *b);
/* For messages: no query, which may be a secret. cap of MAX_URL + 1 holds any. */
void url_show(const struct url *u, char *buf, size_t cap);

/* Appends text to a malloc'ed string, percent-encoded as in url_add. */
int url_encode(char **to, const char *text, struct error *err);

#endif
