/*
 * auth.h - answering a registry that asks who is there
 *
 * Source:  RFC 7617 (Basic), RFC 6750 (Bearer). Anonymous where there are no credentials: the
 *          token server (token.h, which says whom it trusts) may be content.
 * Memory:  a struct auth owns its tokens; auth_free overwrites and frees them.
 * Errors:  ERROR_DENIED: refused, no credentials; else those of token.h.
 */
#ifndef REGISTRY_AUTH_H
#define REGISTRY_AUTH_H

#include <stdbool.h>

#include "registry/address.h"
#include "registry/credentials.h"
#include "registry/http.h"

struct auth;
struct error;

/*
 * For one repository on one registry; all arguments are borrowed and outlive it. actions are
 * "pull" or "pull,push". anonymous: that there are no credentials was asked for.
 */
struct auth *auth_new(const struct credentials *c, const char *registry, const char *repository,
    const char *actions, bool anonymous, struct error *err);
void auth_free(struct auth *a); /* may be NULL */

/* Tokens asked for from now on are to be good for reading repository too. */
int auth_add_source(struct auth *a, const char *repository, struct error *err);

/* The value of the Authorization field for the registry's own origin; NULL: none yet. Borrowed
 * until the next auth_answer. */
const char *auth_field(const struct auth *a);

/* Is what auth_field says all that there is to say? Then auth_answer asks nobody and fails. */
bool auth_is_final(const struct auth *a);

/*
 * After an answer 401 of origin, the last one that h received, from an address of that reach:
 * does what its challenge asks for, so that auth_field has something new to say.
 */
int auth_answer(struct auth *a, struct http *h, const struct url *origin, enum address_reach reach,
    struct error *err);

#endif
