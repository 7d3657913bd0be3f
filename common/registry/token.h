/*
 * token.h - one token from the server that a registry names for tokens
 *
 * Source:  distribution's docs/spec/auth/token.md and oauth.md; RFC 6750 (Bearer), RFC 7617
 *          (Basic). An identity token is sent in a form, as oauth.md has it. A server that has no
 *          such interface (404, 405) is asked as in token.md instead, where there is no place
 *          for it: by name and password if they are known, else as nobody.
 *
 * The realm, where tokens are had, is named by the registry, that is by the hostile side. It
 * must be https unless the registry itself is http; it may not lie nearer to this machine than
 * the registry does (address.h); and credentials go only to the registry's own host or one of
 * the same domain, where that is taken to be the last two labels, three where the last two
 * look like "co.uk" (there is no list of public suffixes in here), or auth.docker.io for
 * docker.io. It is asked once and never followed elsewhere.
 *
 * Memory:  a token is malloc'ed; its owner gives it to secret_free.
 * Errors:  ERROR_DENIED: refused, a realm as above, a reply without a token; ERROR_INPUT: a reply
 *          that is no JSON; ERROR_REGISTRY: any other answer; else those of http.h.
 */
#ifndef REGISTRY_TOKEN_H
#define REGISTRY_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

#include "registry/address.h"
#include "registry/challenge.h"
#include "registry/credentials.h"
#include "registry/http.h"

struct error;

/* All is borrowed. */
struct token_request {
	const struct credentials *credentials;
	const char *registry;
	const struct url *origin; /* of the registry, which was dialled at reach */
	enum address_reach reach;
	const struct challenge *challenge; /* what it asked for: realm and service count */
	char *const *scopes;
	size_t n_scopes; /* at least one */
};

/* *denied tells a plain no of the token server from other failures. */
int token_fetch(struct http *h, const struct token_request *tr, char **token, bool *denied,
    struct error *err);

/* RFC 6750, section 2.1, b64token: nothing else may come into a field of ours. */
bool token_is_valid(const char *text);

/* RFC 7617, section 2: base64 of "user:password" for the Basic scheme, malloc'ed. NULL: out of
 * memory. */
char *token_basic(const struct credentials *c);

#endif
