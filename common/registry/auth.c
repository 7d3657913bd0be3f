#include "registry/auth.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/json.h"
#include "core/base64.h"
#include "registry/challenge.h"
#include "registry/secret.h"
#include "registry/url.h"

/* containers/image allows as much; real replies take 1 to 10 KiB. */
#define MAX_TOKEN_REPLY ((size_t)1024 * 1024)
/* Ours: our own, those of mounts, and what a registry adds. */
#define MAX_SCOPES ((size_t)16)
/* Ours: "repository:", a name, and actions; registries send no longer ones. */
#define MAX_SCOPE ((size_t)1024)

struct auth {
	const struct credentials *credentials;
	const char *registry;
	bool anonymous;
	char *scopes[MAX_SCOPES];
	size_t n_scopes;
	char *field;	 /* value of Authorization; NULL: none */
	bool basic_sent; /* field is the user's password: there is nothing better */
};

static int
add_scope(struct auth *a, const char *type, const char *name, const char *actions,
    struct error *err)
{
	char scope[MAX_SCOPE + 1];
	size_t i, len;

	(void)snprintf(scope, sizeof(scope), "%s:%s:%s", type, name, actions);
	len = strlen(scope);
	for (i = 0; i < a->n_scopes; i++)
		/* "…:pull" is part of "…:pull,push". */
		if (strncmp(a->scopes[i], scope, len) == 0 &&
		    (a->scopes[i][len] == '\0' || a->scopes[i][len] == ','))
			return 0;
	if (a->n_scopes == MAX_SCOPES)
		return 0; /* a token for less: the registry will say so */
	a->scopes[a->n_scopes] = strdup(scope);
	if (a->scopes[a->n_scopes] == NULL)
		return error_memory(err);
	a->n_scopes++;
	return 0;
}

struct auth *
auth_new(const struct credentials *c, const char *registry, const char *repository,
    const char *actions, bool anonymous, struct error *err)
{
	struct auth *a = calloc(1, sizeof(*a));

	if (a == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	a->credentials = c;
	a->registry = registry;
	a->anonymous = anonymous;
	if (add_scope(a, "repository", repository, actions, err) == -1) {
		auth_free(a);
		return NULL;
	}
	return a;
}

void
auth_free(struct auth *a)
{
	size_t i;

	if (a == NULL)
		return;
	for (i = 0; i < a->n_scopes; i++)
		free(a->scopes[i]);
	secret_free(a->field);
	free(a);
}

int
auth_add_source(struct auth *a, const char *repository, struct error *err)
{
	return add_scope(a, "repository", repository, "pull", err);
}

const char *
auth_field(const struct auth *a)
{
	return a->field;
}

bool
auth_is_final(const struct auth *a)
{
	return a->field != NULL && (a->basic_sent || a->credentials->registry_token != NULL);
}

/* "scheme secret" as the new field; takes over secret. */
static int
set_field(struct auth *a, const char *scheme, char *secret, struct error *err)
{
	size_t cap;
	char *field;

	if (secret == NULL)
		return error_memory(err);
	cap = strlen(scheme) + strlen(secret) + 2;
	field = malloc(cap);
	if (field == NULL) {
		secret_free(secret);
		return error_memory(err);
	}
	(void)snprintf(field, cap, "%s %s", scheme, secret);
	secret_free(secret);
	secret_free(a->field);
	a->field = field;
	a->basic_sent = false;
	return 0;
}

/* RFC 7617, section 2: base64 of "user:password". NULL out of memory. */
static char *
basic_secret(const struct credentials *c)
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
is_trusted(const struct auth *a, const struct url *origin, const struct url *realm)
{
	const char *ours = domain(origin->host), *theirs = domain(realm->host);

	if (strcmp(origin->host, realm->host) == 0)
		return true;
	if (strcmp(a->registry, "docker.io") == 0)
		return strcmp(realm->host, "auth.docker.io") == 0;
	return ours != NULL && theirs != NULL && strcmp(ours, theirs) == 0;
}

/* The address of the realm, checked as auth.h says, before anything is sent to it. */
static int
find_realm(const struct auth *a, struct url *realm, const struct url *origin, const char *text,
    bool secret, struct error *err)
{
	enum address_reach ours = address_reach_host(origin->host);
	char shown[MAX_ERROR_TEXT / 2];

	if (text == NULL)
		return error_set(err, ERROR_DENIED, "%s: asks for a token but names no realm",
		    a->registry);
	if (url_resolve(realm, origin, text, err) == -1) {
		if (err->kind == ERROR_REGISTRY)
			err->kind = ERROR_DENIED;
		return error_context(err, "%s: realm", a->registry);
	}
	url_show(realm, shown, sizeof(shown));
	if (!realm->https && origin->https)
		(void)error_set(err, ERROR_DENIED,
		    "%s: realm %s: tokens over http from an https "
		    "registry: refused",
		    a->registry, shown);
	else if (address_reach_host(realm->host) > ours && strcmp(realm->host, origin->host) != 0)
		(void)error_set(err, ERROR_DENIED,
		    "%s: realm %s: lies nearer to this machine than "
		    "the registry: refused",
		    a->registry, shown);
	else if (secret && !is_trusted(a, origin, realm))
		(void)error_set(err, ERROR_DENIED,
		    "%s: realm %s: of another domain, so no "
		    "credentials are sent to it; --anonymous does without",
		    a->registry, shown);
	else
		return 0;
	url_release(realm);
	return -1;
}

/* RFC 6750, section 2.1, b64token: nothing else may come into a field of ours. */
static bool
is_token(const char *text)
{
	return text[0] != '\0' &&
	    text[strspn(text,
		"-._~+/=0123456789"
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")] == '\0';
}

static int
read_reply(struct auth *a, const struct http_response *rs, const char *realm, struct error *err)
{
	static const char *const names[] = { "token", "access_token" };
	struct json_value member;
	struct error hidden;
	struct json *doc;
	char *token = NULL;
	size_t i;

	if (rs->cut)
		return error_set(err, ERROR_REGISTRY, "%s: a reply of more than %zu bytes", realm,
		    MAX_TOKEN_REPLY);
	/* What is wrong with it could quote a token. */
	doc = json_parse(rs->body, rs->body_len, realm, &hidden);
	if (doc == NULL)
		return error_set(err, ERROR_INPUT, "%s: its reply is not JSON", realm);
	for (i = 0; i < 2 && token == NULL; i++) {
		member = json_member(json_root(doc), names[i]);
		if (json_exists(member) && json_type(member) == JSON_STRING)
			token = json_string(member, names[i], &hidden);
		if (token != NULL && token[0] == '\0') {
			free(token);
			token = NULL;
		}
	}
	json_free(doc);
	if (token == NULL)
		return error_set(err, ERROR_DENIED, "%s: its reply holds no token", realm);
	if (!is_token(token)) {
		secret_free(token);
		return error_set(err, ERROR_DENIED, "%s: its token holds bytes that none may have",
		    realm);
	}
	return set_field(a, "Bearer", token, err);
}

/* oauth.md: a form, so that the identity token is in no address. */
static int
make_form(const struct auth *a, const char *service, size_t n_scopes, char **form,
    struct error *err)
{
	size_t i, cap = 256;
	char *text = NULL, *scopes = NULL, *id = NULL, *where = NULL;
	int rc = -1;

	for (i = 0; i < n_scopes; i++)
		if (url_encode(&scopes, a->scopes[i], err) == -1 ||
		    (i + 1 < n_scopes && url_encode(&scopes, " ", err) == -1))
			goto done;
	if (url_encode(&id, a->credentials->identity_token, err) == -1 ||
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
add_query(const struct auth *a, struct url *realm, const char *service, size_t n_scopes,
    struct error *err)
{
	size_t i;

	if (service != NULL && url_add(realm, "service", service, err) == -1)
		return -1;
	for (i = 0; i < n_scopes; i++)
		if (url_add(realm, "scope", a->scopes[i], err) == -1)
			return -1;
	return 0;
}

/* One question to the token server; *denied tells a plain no from a failure. */
static int
ask(struct auth *a, struct http *h, const struct http_request *rq, const char *realm, bool *denied,
    struct error *err)
{
	struct http_response rs;
	int rc = -1;

	*denied = false;
	if (http_perform(h, rq, &rs, err) == -1)
		goto done;
	if (rs.status == 200) {
		rc = read_reply(a, &rs, realm, err);
	} else if (rs.status == 401 || rs.status == 403) {
		*denied = true;
		(void)error_set(err, ERROR_DENIED, "%s: no token for %s%s (HTTP status %d)", realm,
		    a->registry,
		    a->credentials->file != NULL ? " with the credentials given" :
						   ": a login is needed",
		    rs.status);
	} else {
		(void)error_set(err, ERROR_REGISTRY, "%s: HTTP status %d instead of a token", realm,
		    rs.status);
	}
done:
	http_response_release(&rs);
	return rc;
}

static int
fetch_token(struct auth *a, struct http *h, const struct challenge *c, const struct url *origin,
    enum address_reach reach, size_t n_scopes, bool *denied, struct error *err)
{
	const struct credentials *who = a->credentials;
	bool post = who->identity_token != NULL, basic = !post && who->username != NULL;
	struct http_request rq = { .method = post ? HTTP_POST : HTTP_GET,
		.accept = "application/json",
		.body_max = MAX_TOKEN_REPLY,
		.http_allowed = !origin->https };
	char shown[MAX_ERROR_TEXT / 2];
	char *form = NULL, *secret = NULL, *field = NULL;
	struct url realm = { .text = NULL };
	size_t cap;
	int rc = -1;

	*denied = false;
	if (find_realm(a, &realm, origin, c->realm, post || basic, err) == -1)
		return -1;
	url_show(&realm, shown, sizeof(shown));
	/* What is dialled counts, whatever the name: the one in an address may mean anything. */
	rq.nearest = reach;
	rq.url = &realm;
	if (post) {
		if (make_form(a, c->service, n_scopes, &form, err) == -1)
			goto done;
		rq.form = form;
		rq.content_type = "application/x-www-form-urlencoded";
	} else if (add_query(a, &realm, c->service, n_scopes, err) == -1) {
		goto done;
	}
	if (basic) {
		secret = basic_secret(who);
		cap = secret == NULL ? 0 : strlen(secret) + sizeof("Basic ");
		field = malloc(cap + 1);
		if (secret == NULL || field == NULL) {
			(void)error_memory(err);
			goto done;
		}
		(void)snprintf(field, cap, "Basic %s", secret);
		rq.authorization = field;
	}
	rc = ask(a, h, &rq, shown, denied, err);
done:
	url_release(&realm);
	secret_free(form);
	secret_free(secret);
	secret_free(field);
	return rc;
}

static int
answer_bearer(struct auth *a, struct http *h, const struct challenge *c, const struct url *origin,
    enum address_reach reach, struct error *err)
{
	char *scopes, *scope, *name, *actions, *rest;
	struct error problem;
	bool denied;
	int rc = 0;

	if (a->credentials->registry_token != NULL) {
		/* Ready made: there is no other to be had. */
		if (a->field != NULL)
			return error_set(err, ERROR_DENIED, "%s: refuses the registry token of %s",
			    a->registry, a->credentials->file);
		if (!is_token(a->credentials->registry_token))
			return error_set(err, ERROR_DENIED, "%s: registrytoken is no token",
			    a->credentials->file);
		return set_field(a, "Bearer", strdup(a->credentials->registry_token), err);
	}
	scopes = strdup(c->scope != NULL ? c->scope : "");
	if (scopes == NULL)
		return error_memory(err);
	for (scope = strtok_r(scopes, " ", &rest); scope != NULL && rc == 0;
	     scope = strtok_r(NULL, " ", &rest)) {
		name = strchr(scope, ':');
		actions = strrchr(scope, ':');
		/* A name may hold a ':' (host:port/repository), type and actions don't. */
		if (strlen(scope) > MAX_SCOPE || name == NULL || name == actions)
			continue;
		*name++ = '\0';
		*actions++ = '\0';
		rc = add_scope(a, scope, name, actions, err);
	}
	free(scopes);
	if (rc == -1)
		return -1;
	rc = fetch_token(a, h, c, origin, reach, a->n_scopes, &denied, &problem);
	/* Some refuse all where they would refuse a part: ask for our own alone. */
	if (rc == -1 && denied && a->n_scopes > 1)
		rc = fetch_token(a, h, c, origin, reach, 1, &denied, &problem);
	if (rc == -1)
		*err = problem;
	return rc;
}

static int
answer_basic(struct auth *a, struct error *err)
{
	if (a->basic_sent)
		return error_set(err, ERROR_DENIED, "%s: refuses the user name and password of %s",
		    a->registry, a->credentials->file);
	if (a->credentials->username == NULL)
		return error_set(err, ERROR_DENIED, "%s: wants a login%s", a->registry,
		    a->anonymous ? ", and --anonymous gives none" :
				   ", and no auth file has a user name and password for it");
	if (set_field(a, "Basic", basic_secret(a->credentials), err) == -1)
		return -1;
	a->basic_sent = true;
	return 0;
}

int
auth_answer(struct auth *a, struct http *h, const struct url *origin, enum address_reach reach,
    struct error *err)
{
	struct challenge best = { .scheme = CHALLENGE_OTHER }, c;
	const char *text;
	size_t i;
	int rc;

	for (i = 0; (text = http_field(h, "WWW-Authenticate", i)) != NULL; i++) {
		while (challenge_next(&c, &text)) {
			if (c.scheme < best.scheme) {
				challenge_release(&best);
				best = c;
			} else {
				challenge_release(&c);
			}
		}
	}
	if (best.scheme == CHALLENGE_BEARER)
		rc = answer_bearer(a, h, &best, origin, reach, err);
	else if (best.scheme == CHALLENGE_BASIC)
		rc = answer_basic(a, err);
	else
		rc = error_set(err, ERROR_DENIED,
		    "%s: wants a login of a kind that is not known here", a->registry);
	challenge_release(&best);
	return rc;
}
