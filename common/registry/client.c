#include "registry/client.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/json.h"
#include "image/media.h"
#include "registry/url.h"

/* All types, or distribution 2.8 finds no OCI manifest and Quay converts it. */
#define ACCEPT_MANIFESTS \
	MEDIA_OCI_MANIFEST ", " MEDIA_OCI_INDEX ", " MEDIA_DOCKER_MANIFEST ", " MEDIA_DOCKER_LIST

struct client {
	struct connection *connection;
	struct url session; /* an upload that a mount left open; text NULL: none */
	struct digest session_of;
};

struct client *
client_new(const struct reference *ref, const char *actions, const struct registry_options *opt,
    struct registry_listener *listener, struct error *err)
{
	struct client *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	c->connection = connection_new(ref, actions, opt, listener, err);
	if (c->connection == NULL) {
		free(c);
		return NULL;
	}
	return c;
}

int
client_add_source(struct client *c, const char *repository, struct error *err)
{
	return connection_add_source(c->connection, repository, err);
}

/* distribution-spec calls it a courtesy; what comes of it is no matter. */
static void
cancel_session(struct client *c)
{
	struct http_request rq = { .method = HTTP_DELETE, .url = &c->session };
	struct http_response rs;
	struct error ignored;

	if (c->session.text == NULL)
		return;
	(void)connection_request(c->connection, &rq, &rs, &ignored);
	http_response_release(&rs);
	url_release(&c->session);
}

void
client_free(struct client *c)
{
	if (c == NULL)
		return;
	cancel_session(c);
	connection_free(c->connection);
	free(c);
}

int
client_blob_exists(struct client *c, const struct digest *digest, uint64_t size, bool *exists,
    struct error *err)
{
	struct http_request rq = { .method = HTTP_HEAD };
	struct http_response rs = { .body = NULL };
	char rest[MAX_DIGEST_TEXT + 16];
	struct url u;
	int rc = -1;

	*exists = false;
	(void)snprintf(rest, sizeof(rest), "blobs/%s", digest->text);
	if (connection_url(c->connection, &u, rest, err) == -1)
		return -1;
	rq.url = &u;
	if (connection_follow(c->connection, &rq, &rs, err) == -1)
		goto done;
	if (rs.status == 200) {
		if (rs.length != UINT64_MAX && rs.length != size) {
			(void)error_set(err, ERROR_DIGEST,
			    "%s: the registry has %llu bytes under "
			    "this digest, not %llu",
			    u.text, (unsigned long long)rs.length, (unsigned long long)size);
			goto done;
		}
		*exists = true;
		rc = 0;
	} else if (rs.status == 404 || rs.status == 403) {
		/* 403: some tokens are good for pushing alone. */
		rc = 0;
	} else {
		rc = connection_refused(c->connection, &u, &rs, err);
	}
done:
	http_response_release(&rs);
	url_release(&u);
	return rc;
}

int
client_blob_mount(struct client *c, const struct digest *digest, const char *from, bool *mounted,
    struct error *err)
{
	struct http_request rq = { .method = HTTP_POST };
	struct http_response rs = { .body = NULL };
	struct error problem;
	struct url u;
	int rc = -1;

	*mounted = false;
	cancel_session(c);
	if (connection_url(c->connection, &u, "blobs/uploads/", err) == -1)
		return -1;
	if (url_add(&u, "mount", digest->text, err) == -1 || url_add(&u, "from", from, err) == -1)
		goto done;
	rq.url = &u;
	if (connection_request(c->connection, &rq, &rs, &problem) == 0) {
		rc = 0;
		*mounted = rs.status == 201;
		/* An upload instead, and if we cannot make out where: another one. */
		if (rs.status == 202 &&
		    connection_link(c->connection, &u, &c->session, &problem) == 0)
			c->session_of = *digest;
	} else if (problem.kind == ERROR_DENIED || problem.kind == ERROR_REGISTRY) {
		/* No right to read there, perhaps; the blob can still be sent. */
		rc = 0;
	} else {
		*err = problem;
	}
done:
	http_response_release(&rs);
	url_release(&u);
	return rc;
}

/* Where to send digest: a new session, or the one that a mount left. */
static int
open_session(struct client *c, const struct digest *digest, struct url *session, struct error *err)
{
	struct http_request rq = { .method = HTTP_POST };
	struct http_response rs = { .body = NULL };
	struct url u;
	int rc = -1;

	if (c->session.text != NULL && digest_equal(&c->session_of, digest)) {
		*session = c->session;
		c->session.text = NULL;
		return 0;
	}
	cancel_session(c);
	if (connection_url(c->connection, &u, "blobs/uploads/", err) == -1)
		return -1;
	rq.url = &u;
	if (connection_request(c->connection, &rq, &rs, err) == 0) {
		if (rs.status == 202)
			rc = connection_link(c->connection, &u, session, err);
		else
			rc = connection_refused(c->connection, &u, &rs, err);
	}
	http_response_release(&rs);
	url_release(&u);
	return rc;
}

int
client_blob_upload(struct client *c, const struct digest *digest, struct http_body *body,
    struct error *err)
{
	struct http_request rq = { .method = HTTP_PUT,
		.body = body,
		.upload = true,
		.content_type = "application/octet-stream" };
	struct http_response rs = { .body = NULL };
	struct url u = { .text = NULL };
	int rc = -1;

	if (open_session(c, digest, &u, err) == -1)
		return -1;
	if (url_add(&u, "digest", digest->text, err) == -1)
		goto done;
	rq.url = &u;
	if (connection_request(c->connection, &rq, &rs, err) == -1)
		goto done;
	/* 201 is the rule; 200 and 204 are seen. */
	if (rs.status == 201 || rs.status == 204 || rs.status == 200)
		rc = 0;
	else
		(void)connection_refused(c->connection, &u, &rs, err);
done:
	http_response_release(&rs);
	url_release(&u);
	return rc;
}

/* What the registry says the digest of the last answer is. */
static bool
told_digest(struct client *c, struct digest *digest)
{
	const char *text = connection_field(c->connection, "Docker-Content-Digest");
	struct error ignored;

	return text != NULL && digest_parse(digest, text, strlen(text), &ignored) == 0;
}

int
client_manifest_digest(struct client *c, const char *name, struct digest *digest, bool *exists,
    struct error *err)
{
	struct http_request rq = { .method = HTTP_HEAD, .accept = ACCEPT_MANIFESTS };
	struct http_response rs = { .body = NULL };
	char rest[MAX_DIGEST_TEXT + 16];
	struct url u;
	int rc = -1;

	*exists = false;
	assert(strlen(name) <= MAX_DIGEST_TEXT);
	(void)snprintf(rest, sizeof(rest), "manifests/%s", name);
	if (connection_url(c->connection, &u, rest, err) == -1)
		return -1;
	rq.url = &u;
	if (connection_follow(c->connection, &rq, &rs, err) == -1)
		goto done;
	if (rs.status == 200 && !told_digest(c, digest)) {
		/* distribution-spec makes the field optional: then the bytes tell. */
		http_response_release(&rs);
		rq.method = HTTP_GET;
		rq.url = &u;
		rq.body_max = MAX_DOCUMENT;
		if (connection_follow(c->connection, &rq, &rs, err) == -1)
			goto done;
		if (rs.cut) {
			(void)error_set(err, ERROR_INPUT, "%s: a manifest of more than %zu bytes",
			    u.text, MAX_DOCUMENT);
			goto done;
		}
		digest_of(digest, rs.body, rs.body_len);
	}
	*exists = rs.status == 200;
	rc = rs.status == 200 || rs.status == 404 ? 0 :
						    connection_refused(c->connection, &u, &rs, err);
done:
	http_response_release(&rs);
	url_release(&u);
	return rc;
}

/* A document in memory as a body. */
struct text_body {
	struct http_body body;
	struct reader_prefix reader;
	const char *text;
};

static int
text_open(struct http_body *b, struct reader **content, struct error *err)
{
	struct text_body *t = (struct text_body *)b;

	(void)err;
	reader_prefix_init(&t->reader, t->text, (size_t)b->size, NULL, "manifest");
	*content = &t->reader.reader;
	return 0;
}

static void
text_close(struct http_body *b)
{
	(void)b; /* nothing was taken */
}

int
client_manifest_put(struct client *c, const char *name, const char *media_type, const char *text,
    size_t len, const struct digest *digest, struct error *err)
{
	struct text_body body = { .body = { .size = len, .open = text_open, .close = text_close },
		.text = text };
	struct http_request rq = { .method = HTTP_PUT,
		.body = &body.body,
		.content_type = media_type };
	struct http_response rs = { .body = NULL };
	char rest[MAX_DIGEST_TEXT + 16];
	struct digest told;
	struct url u;
	int rc = -1;

	assert(strlen(name) <= MAX_DIGEST_TEXT);
	/* It becomes a field of the request. */
	if (!media_is_valid(media_type))
		return error_set(err, ERROR_INPUT, "%s: not a media type: %.100s", digest->text,
		    media_type);
	(void)snprintf(rest, sizeof(rest), "manifests/%s", name);
	if (connection_url(c->connection, &u, rest, err) == -1)
		return -1;
	rq.url = &u;
	if (connection_request(c->connection, &rq, &rs, err) == -1)
		goto done;
	if (rs.status != 201)
		rc = connection_refused(c->connection, &u, &rs, err);
	else if (told_digest(c, &told) && told.algorithm == digest->algorithm &&
	    !digest_equal(&told, digest))
		(void)error_set(err, ERROR_DIGEST, "%s: the registry made %s of %s", u.text,
		    told.text, digest->text);
	else
		rc = 0;
done:
	http_response_release(&rs);
	url_release(&u);
	return rc;
}
