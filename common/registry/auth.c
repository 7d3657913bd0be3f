#include "registry/auth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "registry/challenge.h"
#include "registry/secret.h"
#include "registry/token.h"
#include "registry/url.h"

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

/* The scopes of a challenge, beside our own. */
static int
add_challenged(struct auth *a, const char *challenged, struct error *err)
{
	char *scopes, *scope, *name, *actions, *rest;
	int rc = 0;

	scopes = strdup(challenged);
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
	return rc;
}

static int
answer_bearer(struct auth *a, struct http *h, const struct challenge *c, const struct url *origin,
    enum address_reach reach, struct error *err)
{
	struct token_request tr = { .credentials = a->credentials,
		.registry = a->registry,
		.origin = origin,
		.reach = reach,
		.challenge = c,
		.scopes = a->scopes };
	struct error problem;
	char *token = NULL;
	bool denied;
	int rc;

	if (a->credentials->registry_token != NULL) {
		/* Ready made: there is no other to be had. */
		if (a->field != NULL)
			return error_set(err, ERROR_DENIED, "%s: refuses the registry token of %s",
			    a->registry, a->credentials->file);
		if (!token_is_valid(a->credentials->registry_token))
			return error_set(err, ERROR_DENIED, "%s: registrytoken is no token",
			    a->credentials->file);
		return set_field(a, "Bearer", strdup(a->credentials->registry_token), err);
	}
	if (c->scope != NULL && add_challenged(a, c->scope, err) == -1)
		return -1;
	tr.n_scopes = a->n_scopes;
	rc = token_fetch(h, &tr, &token, &denied, &problem);
	/* Some refuse all where they would refuse a part: ask for our own alone. */
	if (rc == -1 && denied && tr.n_scopes > 1) {
		tr.n_scopes = 1;
		rc = token_fetch(h, &tr, &token, &denied, &problem);
	}
	if (rc == -1) {
		*err = problem;
		return -1;
	}
	return set_field(a, "Bearer", token, err);
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
	if (set_field(a, "Basic", token_basic(a->credentials), err) == -1)
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
