#include "registry/token.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/base64.h"
#include "core/error.h"
#include "core/json.h"
#include "registry/secret.h"
#include "registry/url.h"

/* containers/image allows as much; real replies take 1 to 10 KiB. */
#define MAX_TOKEN_REPLY ((size_t)1024 * 1024)

char *
token_basic(const struct credentials *c)
{
	size_t cap = strlen(c->username) + strlen(c->password) + 2;
	char *pair = malloc(cap), *secret;

	if (pair == NULL)
		return NULL;
	(void)snprintf(pair, cap, "%s:%s", c->username, c->password);
	secret = base64_encode(pair, cap - 1);
	secret_free(pair);
	return secret;
}

/* Where the domain begins of which host and its neighbours are part; NULL: host stands alone. */
static const char *
domain(const char *host)
{
	const char *last, *second, *p;

	if (address_reach_host(host) != ADDRESS_PUBLIC || host[strspn(host, "0123456789.")] == '\0')
		return NULL;
	last = strrchr(host, '.');
	if (last == NULL || last == host)
		return NULL;
	for (second = last; second > host && second[-1] != '.'; second--)
		;
	if (last - second > 3 || strlen(last + 1) != 2)
		return second;
	/* "co.uk": one label more, or nothing is shared. */
	if (second - host < 2)
		return NULL;
	for (p = second - 1; p > host && p[-1] != '.'; p--)
		;
	return p;
}

static bool
is_trusted(const struct token_request *tr, const struct url *realm)
{
	const char *ours = domain(tr->origin->host), *theirs = domain(realm->host);

	if (strcmp(tr->origin->host, realm->host) == 0)
		return true;
	if (strcmp(tr->registry, "docker.io") == 0)
		return strcmp(realm->host, "auth.docker.io") == 0;
	return ours != NULL && theirs != NULL && strcmp(ours, theirs) == 0;
}

/* The address of the realm, checked as the header says, before anything is sent to it. */
static int
find_realm(const struct token_request *tr, struct url *realm, bool secret, struct error *err)
{
	const struct url *origin = tr->origin;
	enum address_reach ours = address_reach_host(origin->host);
	char shown[MAX_ERROR_TEXT / 2];

	if (tr->challenge->realm == NULL)
		return error_set(err, ERROR_DENIED, "%s: asks for a token but names no realm",
		    tr->registry);
	if (url_resolve(realm, origin, tr->challenge->realm, err) == -1) {
		if (err->kind == ERROR_REGISTRY)
			err->kind = ERROR_DENIED;
		return error_context(err, "%s: realm", tr->registry);
	}
	url_show(realm, shown, sizeof(shown));
	if (!realm->https && origin->https)
		(void)error_set(err, ERROR_DENIED,
		    "%s: realm %s: tokens over http from an https "
		    "registry: refused",
		    tr->registry, shown);
	else if (address_reach_host(realm->host) > ours && strcmp(realm->host, origin->host) != 0)
		(void)error_set(err, ERROR_DENIED,
		    "%s: realm %s: lies nearer to this machine than "
		    "the registry: refused",
		    tr->registry, shown);
	else if (secret && !is_trusted(tr, realm))
		(void)error_set(err, ERROR_DENIED,
		    "%s: realm %s: of another domain, so no "
		    "credentials are sent to it; --anonymous does without",
		    tr->registry, shown);
	else
		return 0;
	url_release(realm);
	return -1;
}

bool
token_is_valid(const char *text)
{
	return text[0] != '\0' &&
	    text[strspn(text,
		"-._~+/=0123456789"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")] == '\0';
}

static int
read_reply(const struct http_response *rs, const char *realm, char **token, struct error *err)
{
	static const char *const names[] = { "token", "access_token" };
	struct json_value member;
	struct error hidden;
	struct json *doc;
	char *text = NULL;
	size_t i;

	if (rs->cut)
		return error_set(err, ERROR_REGISTRY, "%s: a reply of more than %zu bytes", realm,
		    MAX_TOKEN_REPLY);
	/* What is wrong with it could quote a token. */
	doc = json_parse(rs->body, rs->body_len, realm, &hidden);
	if (doc == NULL)
		return error_set(err, ERROR_INPUT, "%s: its reply is not JSON", realm);
	for (i = 0; i < 2 && text == NULL; i++) {
		member = json_member(json_root(doc), names[i]);
		if (json_exists(member) && json_type(member) == JSON_STRING)
			text = json_string(member, names[i], &hidden);
		if (text != NULL && text[0] == '\0') {
			free(text);
			text = NULL;
		}
	}
	json_free(doc);
	if (text == NULL)
		return error_set(err, ERROR_DENIED, "%s: its reply holds no token", realm);
	if (!token_is_valid(text)) {
		secret_free(text);
		return error_set(err, ERROR_DENIED, "%s: its token holds bytes that none may have",
		    realm);
	}
	*token = text;
	return 0;
}

/* oauth.md: a form, so that the identity token is in no address. */
static int
make_form(const struct token_request *tr, char **form, struct error *err)
{
	const char *service = tr->challenge->service;
	size_t i, cap = 256;
	char *text = NULL, *scopes = NULL, *id = NULL, *where = NULL;
	int rc = -1;

	for (i = 0; i < tr->n_scopes; i++)
		if (url_encode(&scopes, tr->scopes[i], err) == -1 ||
		    (i + 1 < tr->n_scopes && url_encode(&scopes, " ", err) == -1))
			goto done;
	if (url_encode(&id, tr->credentials->identity_token, err) == -1 ||
	    url_encode(&where, service != NULL ? service : "", err) == -1)
		goto done;
	assert(scopes != NULL && id != NULL && where != NULL); /* at least one scope */
	cap += strlen(scopes) + strlen(id) + strlen(where);
	text = malloc(cap);
	if (text == NULL) {
		(void)error_memory(err);
		goto done;
	}
	(void)snprintf(text, cap,
	    "grant_type=refresh_token&client_id=ocipipe&service=%s&scope=%s"
	    "&refresh_token=%s",
	    where, scopes, id);
	*form = text;
	rc = 0;
done:
	free(scopes);
	secret_free(id);
	free(where);
	return rc;
}

/* token.md: everything in the query but the password. */
static int
add_query(const struct token_request *tr, struct url *realm, struct error *err)
{
	const char *service = tr->challenge->service;
	size_t i;

	if (service != NULL && url_add(realm, "service", service, err) == -1)
		return -1;
	for (i = 0; i < tr->n_scopes; i++)
		if (url_add(realm, "scope", tr->scopes[i], err) == -1)
			return -1;
	return 0;
}

/* The value of the Authorization field: NULL out of memory. */
static char *
basic_field(const struct credentials *c)
{
	char *secret = token_basic(c), *field = NULL;
	size_t cap;

	if (secret == NULL)
		return NULL;
	cap = strlen(secret) + sizeof("Basic ");
	field = malloc(cap);
	if (field != NULL)
		(void)snprintf(field, cap, "Basic %s", secret);
	secret_free(secret);
	return field;
}

/* One question to the token server at realm; what it says is in *status, 0 if nothing. */
static int
ask(struct http *h, const struct token_request *tr, struct http_request *rq, char **token,
    int *status, struct error *err)
{
	struct http_response rs;
	char shown[MAX_ERROR_TEXT / 2];
	int rc = -1;

	*status = 0;
	url_show(rq->url, shown, sizeof(shown));
	rq->accept = "application/json";
	rq->body_max = MAX_TOKEN_REPLY;
	rq->http_allowed = !tr->origin->https;
	/* What is dialled counts, whatever the name: the one in an address may mean anything. */
	rq->nearest = tr->reach;
	if (http_perform(h, rq, &rs, err) == -1)
		goto done;
	*status = rs.status;
	if (rs.status == 200)
		rc = read_reply(&rs, shown, token, err);
	else if (rs.status == 401 || rs.status == 403)
		(void)error_set(err, ERROR_DENIED, "%s: no token for %s%s (HTTP status %d)", shown,
		    tr->registry,
		    tr->credentials->file != NULL ? " with the credentials given" :
						    ": a login is needed",
		    rs.status);
	else
		(void)error_set(err, ERROR_REGISTRY, "%s: HTTP status %d instead of a token", shown,
		    rs.status);
done:
	http_response_release(&rs);
	return rc;
}

static int
ask_by_form(struct http *h, const struct token_request *tr, char **token, int *status,
    struct error *err)
{
	struct http_request rq = { .method = HTTP_POST,
		.content_type = "application/x-www-form-urlencoded" };
	struct url realm = { .text = NULL };
	char *form = NULL;
	int rc = -1;

	*status = 0;
	if (find_realm(tr, &realm, true, err) == 0 && make_form(tr, &form, err) == 0) {
		rq.url = &realm;
		rq.form = form;
		rc = ask(h, tr, &rq, token, status, err);
	}
	url_release(&realm);
	secret_free(form);
	return rc;
}

static int
ask_by_query(struct http *h, const struct token_request *tr, char **token, int *status,
    struct error *err)
{
	bool basic = tr->credentials->username != NULL;
	struct http_request rq = { .method = HTTP_GET };
	struct url realm = { .text = NULL };
	char *field = NULL;
	int rc = -1;

	*status = 0;
	if (find_realm(tr, &realm, basic, err) == -1 || add_query(tr, &realm, err) == -1)
		goto done;
	if (basic && (field = basic_field(tr->credentials)) == NULL) {
		(void)error_memory(err);
		goto done;
	}
	rq.url = &realm;
	rq.authorization = field;
	rc = ask(h, tr, &rq, token, status, err);
done:
	url_release(&realm);
	secret_free(field);
	return rc;
}

int
token_fetch(struct http *h, const struct token_request *tr, char **token, bool *denied,
    struct error *err)
{
	bool form = tr->credentials->identity_token != NULL;
	struct error problem;
	int status = 0, rc = -1;

	if (form)
		rc = ask_by_form(h, tr, token, &status, &problem);
	/* oauth.md, "Getting a token": a server without that interface. */
	if (!form || status == 404 || status == 405)
		rc = ask_by_query(h, tr, token, &status, &problem);
	if (rc == -1)
		*err = problem;
	*denied = status == 401 || status == 403;
	return rc;
}
