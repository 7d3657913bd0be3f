/*
 * connection.h - one registry as it is spoken to: scheme, login, redirects, what it says of errors
 *
 * Memory:  a struct connection owns its HTTP connections, credentials and tokens.
 * Errors:  see client.h; besides those of http.h, auth.h and credentials.h.
 */
#ifndef REGISTRY_CONNECTION_H
#define REGISTRY_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "image/reference.h"
#include "registry/http.h"
#include "registry/url.h"

struct connection;
struct error;

/* Ours: a day, the most that --timeout takes. */
#define MAX_TIMEOUT ((uint64_t)86400)

/* The registry options of design section 3, as far as there are. */
struct registry_options {
	bool plain_http;      /* --plain-http */
	const char *cacert;   /* --cacert, NULL: see http.h */
	const char *authfile; /* --authfile, NULL: see credentials.h */
	bool anonymous;	      /* --anonymous: no file is looked at */
	uint64_t seconds;     /* --timeout: for an answer, see http.h; 0: HTTP_SECONDS */
};

/* Who hears what is going on: common/ does not print. Text is one line, not yet escaped. */
struct registry_listener {
	void (*warn)(struct registry_listener *l, const char *text);
	void (*trace)(struct registry_listener *l, const char *text); /* one a request */
};

/*
 * To the repository of ref; actions are "pull" or "pull,push". Options and listener outlive
 * it. https, or http where opt says so; a registry on this machine is asked which it speaks,
 * unless a CA is given.
 */
struct connection *connection_new(const struct reference *ref, const char *actions,
    const struct registry_options *opt, struct registry_listener *listener, struct error *err);
void connection_free(struct connection *c); /* may be NULL */
/* As auth_add_source. */
int connection_add_source(struct connection *c, const char *repository, struct error *err);

/* The address of something below …/v2/REPOSITORY/. */
int connection_url(const struct connection *c, struct url *u, const char *rest, struct error *err);

/*
 * One request, at rq->url. Only the registry's own origin hears who we are, and a 401 of its is
 * answered once. *rs is to be released, also after an error.
 */
int connection_request(struct connection *c, struct http_request *rq, struct http_response *rs,
    struct error *err);
/* GET or HEAD, followed up to five times where it is sent; rq->url is NULL after it. */
int connection_follow(struct connection *c, struct http_request *rq, struct http_response *rs,
    struct error *err);

/* A field of the last answer, as http_field. */
const char *connection_field(struct connection *c, const char *name);
/* The Location of the last answer, which was to base: no less safe than the registry, and no
 * nearer to this machine, or it is refused (ERROR_REGISTRY). */
int
connection_link(struct connection *c, const struct url *base, struct url *link, struct error *err);
/* Sets the error that the status of rs, an answer to u, means, and what the registry says. */
int connection_refused(struct connection *c, const struct url *u, const struct http_response *rs,
    struct error *err);

#endif
