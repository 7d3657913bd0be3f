/*
 * http.h - one HTTP request and its answer: the only place that knows libcurl
 *
 * HTTP/1.1 over TLS 1.2 or later with the peer's certificate and name verified; http only where
 * a request allows it. Follows no redirect, keeps no cookie, reads no ~/.netrc, decodes no
 * content encoding (digests are over the bytes as sent), and sends no header built from what a
 * server said. Proxies come from the environment, as libcurl reads it; loopback never uses one.
 *
 * An answer is waited for for the seconds that http_new is given, the whole of it, and its
 * header has at most 256 KiB. Where a blob goes out the body may take as long as it takes: what
 * counts then is the time since a byte of it left.
 *
 * Memory:  a struct http holds the connections; a response owns its body.
 * Errors:  ERROR_NETWORK naming the address without its query; ERROR_DENIED for an address too
 *          near (address.h) and a proxy that wants a login; ERROR_IO for a bad CA file; those
 *          of the body's reader. Any HTTP status is an answer, no error.
 * Threads: one struct http serves one thread. http_new and http_free of the first and last one
 *          set libcurl up and down: no other thread may use it then.
 */
#ifndef REGISTRY_HTTP_H
#define REGISTRY_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/io.h"
#include "registry/address.h"
#include "registry/url.h"

struct error;
struct http;

/*
 * Ours: the seconds for an answer, if nobody says otherwise. One that is never complete, whoever
 * lets it drip, then ends within a minute with all around it.
 */
#define HTTP_SECONDS 50

enum http_method { HTTP_GET, HTTP_HEAD, HTTP_POST, HTTP_PUT, HTTP_DELETE };

/* What a request carries: opened when it is sent, again if it has to be sent again. */
struct http_body {
	uint64_t size;
	/* Owes: a reader of exactly size bytes from the start, until close. */
	int (*open)(struct http_body *b, struct reader **content, struct error *err);
	void (*close)(struct http_body *b);
};

struct http_request {
	enum http_method method;
	const struct url *url;
	bool http_allowed;	    /* else url must be https */
	enum address_reach nearest; /* no address nearer than this is dialled */
	const char *authorization;  /* value of the field; NULL: none. A secret */
	const char *accept;	    /* NULL: anything */
	const char *content_type;   /* of the body; NULL: none */
	struct http_body *body;	    /* PUT; NULL: empty */
	bool upload;		    /* body is a blob: see above */
	const char *form;	    /* POST: the body as text; NULL: empty. May be a secret */
	size_t body_max;	    /* of the answer; the rest is not read, and cut says so */
};

struct http_response {
	int status;
	char *body; /* NUL-terminated; never NULL after success */
	size_t body_len;
	bool cut;		  /* there was more than body_max */
	uint64_t length;	  /* Content-Length; UINT64_MAX: not given */
	enum address_reach reach; /* of the peer's address (with a proxy: the proxy's) */
	bool strange; /* after ERROR_NETWORK: somebody was there, but did not speak HTTP */
};

/* cacert: PEM file of the only authorities to trust. NULL: SSL_CERT_FILE, else the system's.
 * seconds: for an answer, see above. */
struct http *http_new(const char *cacert, unsigned seconds, struct error *err);
void http_free(struct http *h); /* may be NULL */

/* *rs is to be released also after an error. */
int http_perform(struct http *h, const struct http_request *rq, struct http_response *rs,
    struct error *err);
void http_response_release(struct http_response *rs);

/* Field number i (from 0) of that name in the last answer, NULL if there are not so many; it
 * holds no CR, LF or NUL. Borrowed until the next request. */
const char *http_field(struct http *h, const char *name, size_t i);

#endif
