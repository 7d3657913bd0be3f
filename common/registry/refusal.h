/*
 * refusal.h - an answer that is no success: which failure it is, and what to do about it
 *
 * Source:  distribution-spec 1.1, "Error Codes"; RFC 9110, section 10.2.3 (Retry-After). Bodies
 *          are of any kind: what is shown of one is escaped, and short.
 * Memory:  a struct refusal borrows all.
 * Errors:  401, 403 and 407 ERROR_DENIED; 404 and what is unknown ERROR_NOTFOUND; else
 *          ERROR_REGISTRY.
 */
#ifndef REGISTRY_REFUSAL_H
#define REGISTRY_REFUSAL_H

#include "registry/http.h"
#include "registry/url.h"

struct error;

struct refusal {
	const struct url *url; /* what was asked for */
	const struct http_response *answer;
	const char *retry_after; /* the field; NULL: none */
	const char *file;	 /* where the credentials are from; NULL: there are none */
};

/* Sets *err, and returns -1. */
int refusal_tell(const struct refusal *r, struct error *err);

#endif
