#include "registry/connection.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "registry/auth.h"
#include "registry/credentials.h"
#include "registry/refusal.h"

/* Of an answer whose body is for messages only. */
#define MAX_ERROR_BODY ((size_t)64 * 1024)
/* Bytes of each of two errors that are told in one line. */
#define SHOWN (MAX_ERROR_TEXT / 2 - 2)
/* Docker and containerd stop at 10; storage needs one. */
#define MAX_REDIRECTS 5
/* distribution-spec, "Warnings": clients may ignore longer ones. */
#define MAX_WARNING ((size_t)4096)

struct connection {
	const struct registry_options *opt;
	struct registry_listener *listener;
	struct reference ref;
	struct url origin; /* …/v2/ */
	struct http *http;
	struct auth *auth;
	struct credentials credentials;
	enum address_reach reach; /* of the registry, as it was dialled last */
	char *warned;		  /* the registry's last warning */
};

static void
say(struct connection *c, bool warning, const char *text)
{
	if (warning && c->listener->warn != NULL)
		c->listener->warn(c->listener, text);
	else if (!warning && c->listener->trace != NULL)
		c->listener->trace(c->listener, text);
}

/* distribution-spec, "Warnings": 299 - "text". Each is passed on once. */
static void
pass_warnings(struct connection *c)
{
	const char *field, *from, *to;
	char text[MAX_WARNING + MAX_REFERENCE_NAME + 3];
	size_t i;

	for (i = 0; (field = http_field(c->http, "Warning", i)) != NULL; i++) {
		from = strchr(field, '"');
		to = strrchr(field, '"');
		if (strncmp(field, "299 ", 4) != 0 || to == from ||
		    (size_t)(to - from) > MAX_WARNING)
			continue;
		(void)snprintf(text, sizeof(text), "%s: %.*s", c->ref.registry,
		    (int)(to - from - 1), from + 1);
		if (c->warned != NULL && strcmp(c->warned, text) == 0)
			continue;
		free(c->warned);
		c->warned = strdup(text);
		say(c, true, text);
	}
}

static void
trace(struct connection *c, const struct http_request *rq, int status)
{
	static const char *const methods[] = { "GET", "HEAD", "POST", "PUT", "DELETE" };
	char shown[MAX_ERROR_TEXT / 2], text[MAX_ERROR_TEXT];

	url_show(rq->url, shown, sizeof(shown));
	(void)snprintf(text, sizeof(text), "%s %s: %d", methods[rq->method], shown, status);
	say(c, false, text);
}

/* A place that an answer sends us to: no less safe than the registry, and no nearer to us. */
static int
check_link(const struct connection *c, const struct url *u, struct error *err)
{
	char shown[MAX_ERROR_TEXT / 2];

	url_show(u, shown, sizeof(shown));
	if (c->origin.https && !u->https)
		return error_set(err, ERROR_REGISTRY,
		    "%s: sends us from https to %s: refused; is it "
		    "behind a proxy that sets no X-Forwarded-Proto?",
		    c->ref.registry, shown);
	if (strcmp(u->host, c->origin.host) != 0 &&
	    address_reach_host(u->host) > address_reach_host(c->origin.host))
		return error_set(err, ERROR_REGISTRY,
		    "%s: sends us to %s, nearer to this machine "
		    "than itself: refused",
		    c->ref.registry, shown);
	return 0;
}

/* The Location of the last answer, which was to base. */
int
connection_link(struct connection *c, const struct url *base, struct url *link, struct error *err)
{
	const char *text = http_field(c->http, "Location", 0);

	if (text == NULL)
		return error_set(err, ERROR_REGISTRY, "%s: an answer without a Location",
		    c->ref.registry);
	if (url_resolve(link, base, text, err) == -1)
		return error_context(err, "%s: Location", c->ref.registry);
	if (check_link(c, link, err) == -1) {
		url_release(link);
		return -1;
	}
	return 0;
}

/*
 * One request at its place. A 401 of the registry itself is answered once; the user's word
 * goes nowhere else, also not where the registry sends us (CVE-2020-15157, CVE-2026-50151).
 */
static int
perform(struct connection *c, struct http_request *rq, bool ours, struct http_response *rs,
    struct error *err)
{
	bool answered = false;

	rq->http_allowed = !c->origin.https;
	for (;;) {
		rq->authorization = ours ? auth_field(c->auth) : NULL;
		rq->nearest = ours ? ADDRESS_LOOPBACK : c->reach;
		if (rq->body_max == 0)
			rq->body_max = MAX_ERROR_BODY;
		if (http_perform(c->http, rq, rs, err) == -1)
			return -1;
		trace(c, rq, rs->status);
		if (!ours)
			return 0;
		c->reach = rs->reach;
		pass_warnings(c);
		if (rs->status != 401 || (answered && !auth_is_final(c->auth)))
			return 0;
		http_response_release(rs);
		if (auth_answer(c->auth, c->http, &c->origin, c->reach, err) == -1)
			return -1;
		answered = true;
	}
}

int
connection_request(struct connection *c, struct http_request *rq, struct http_response *rs,
    struct error *err)
{
	return perform(c, rq, url_same_origin(rq->url, &c->origin), rs, err);
}

/* GET or HEAD, following where it is sent. */
int
connection_follow(struct connection *c, struct http_request *rq, struct http_response *rs,
    struct error *err)
{
	struct url at = { .text = NULL }, next;
	bool ours = true;
	unsigned hops;
	int rc = -1;

	for (hops = 0;; hops++) {
		if (perform(c, rq, ours, rs, err) == -1)
			break;
		if (rs->status != 301 && rs->status != 302 && rs->status != 303 &&
		    rs->status != 307 && rs->status != 308) {
			rc = 0;
			break;
		}
		if (hops == MAX_REDIRECTS) {
			(void)error_set(err, ERROR_REGISTRY, "%s: more than %d redirects",
			    c->ref.registry, MAX_REDIRECTS);
			break;
		}
		http_response_release(rs);
		if (connection_link(c, rq->url, &next, err) == -1)
			break;
		url_release(&at);
		at = next;
		rq->url = &at;
		/* Once away, coming back does not restore trust. */
		ours = ours && url_same_origin(&at, &c->origin);
	}
	rq->url = NULL;
	url_release(&at);
	return rc;
}

int
connection_refused(struct connection *c, const struct url *u, const struct http_response *rs,
    struct error *err)
{
	struct refusal r = { .url = u,
		.answer = rs,
		.retry_after = http_field(c->http, "Retry-After", 0),
		.file = c->credentials.file };

	return refusal_tell(&r, err);
}

/* An address below …/v2/REPOSITORY/. */
int
connection_url(const struct connection *c, struct url *u, const char *rest, struct error *err)
{
	char path[2 * MAX_URL_HOST + MAX_DIGEST_TEXT + 64];

	(void)snprintf(path, sizeof(path), "%s/%s", c->ref.repository, rest);
	return url_resolve(u, &c->origin, path, err);
}

static int
set_origin(struct connection *c, bool https, struct error *err)
{
	const char *host = c->ref.registry;
	char text[MAX_REFERENCE_NAME + 32];

	if (strcmp(host, "docker.io") == 0)
		host = "registry-1.docker.io";
	(void)snprintf(text, sizeof(text), "%s://%s/v2/", https ? "https" : "http", host);
	url_release(&c->origin);
	return url_parse(&c->origin, text, err);
}

/* GET /v2/ without a word of who we are. */
static int
probe(struct connection *c, int *status, bool *strange, struct error *err)
{
	struct http_request rq = { .method = HTTP_GET,
		.url = &c->origin,
		.http_allowed = !c->origin.https,
		.nearest = ADDRESS_LOOPBACK,
		.body_max = MAX_ERROR_BODY };
	struct http_response rs;
	int rc;

	rc = http_perform(c->http, &rq, &rs, err);
	*strange = rs.strange;
	if (rc == 0) {
		*status = rs.status;
		trace(c, &rq, rs.status);
	}
	http_response_release(&rs);
	return rc;
}

/*
 * http first: a TLS server says at once that this is not TLS (400, an alert, or an end), while
 * many a plain server waits for the rest of the line that a TLS hello seems to begin. On
 * loopback nobody is in between whom this order could serve. Who is not there or too slow in
 * http is so in https.
 */
static int
find_scheme(struct connection *c, struct error *err)
{
	struct error plain = { .kind = ERROR_NONE, .text = "" }, tls;
	bool strange;
	int status = 0;

	if (set_origin(c, !c->opt->plain_http, err) == -1)
		return -1;
	if (c->opt->plain_http || c->opt->cacert != NULL ||
	    address_reach_host(c->origin.host) != ADDRESS_LOOPBACK)
		return 0;
	if (set_origin(c, false, err) == -1)
		return -1;
	if (probe(c, &status, &strange, &plain) == 0 && status != 400)
		return 0;
	if (plain.kind != ERROR_NONE && !strange) {
		*err = plain;
		return -1;
	}
	if (set_origin(c, true, err) == -1)
		return -1;
	if (probe(c, &status, &strange, &tls) == 0)
		return 0;
	/* A 400 in http says that it is TLS; else nobody knows which of the two was meant. */
	return error_set(err, tls.kind, "%.*s%s%.*s", SHOWN, plain.text,
	    plain.text[0] != '\0' ? "; " : "", SHOWN, tls.text);
}

static int
find_credentials(struct connection *c, struct error *err)
{
	char text[MAX_ERROR_TEXT];
	struct error problem;

	if (c->opt->anonymous)
		return 0;
	if (credentials_find(&c->credentials, c->opt->authfile, c->ref.registry, c->ref.repository,
		&problem) == -1)
		/* ERROR_DENIED: a helper that fails, perhaps for a registry that asks nobody. */
		return error_set(err, problem.kind, "%.*s%s", (int)(MAX_ERROR_TEXT - 40),
		    problem.text, problem.kind == ERROR_DENIED ? "; --anonymous does without" : "");
	if (c->credentials.file == NULL)
		return 0;
	(void)snprintf(text, sizeof(text), "credentials for %s are from %s", c->ref.registry,
	    c->credentials.file);
	say(c, false, text);
	if (c->credentials.exposed) {
		(void)snprintf(text, sizeof(text),
		    "%s: others may read these credentials; "
		    "chmod 600 is what docker does",
		    c->credentials.file);
		say(c, true, text);
	}
	return 0;
}

struct connection *
connection_new(const struct reference *ref, const char *actions, const struct registry_options *opt,
    struct registry_listener *listener, struct error *err)
{
	struct connection *c = calloc(1, sizeof(*c));
	unsigned seconds;

	if (c == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	assert(opt->seconds <= MAX_TIMEOUT);
	c->opt = opt;
	c->listener = listener;
	c->ref = *ref;
	if (find_credentials(c, err) == -1)
		goto fail;
	seconds = opt->seconds != 0 ? (unsigned)opt->seconds : HTTP_SECONDS;
	c->http = http_new(opt->cacert, seconds, err);
	if (c->http == NULL || find_scheme(c, err) == -1)
		goto fail;
	c->auth = auth_new(&c->credentials, c->ref.registry, c->ref.repository, actions,
	    opt->anonymous, err);
	if (c->auth == NULL)
		goto fail;
	return c;
fail:
	connection_free(c);
	return NULL;
}

void
connection_free(struct connection *c)
{
	if (c == NULL)
		return;
	auth_free(c->auth);
	credentials_release(&c->credentials);
	http_free(c->http);
	url_release(&c->origin);
	free(c->warned);
	free(c);
}

int
connection_add_source(struct connection *c, const char *repository, struct error *err)
{
	return auth_add_source(c->auth, repository, err);
}

const char *
connection_field(struct connection *c, const char *name)
{
	return http_field(c->http, name, 0);
}
