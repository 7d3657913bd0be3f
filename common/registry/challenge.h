/*
 * challenge.h - what a WWW-Authenticate field asks for
 *
 * Format:  RFC 9110, sections 11.2 to 11.6.1: one field may hold several challenges, each a
 *          scheme and then a token68 or auth-params; commas separate both, and stand inside
 *          quoted strings too. Scheme and parameter names in any case (Nexus sends BASIC).
 * Memory:  a struct challenge owns its strings; challenge_release frees them.
 * Errors:  none: what cannot be read ends the reading, for a server's nonsense is no challenge
 *          that we could answer.
 */
#ifndef REGISTRY_CHALLENGE_H
#define REGISTRY_CHALLENGE_H

#include <stdbool.h>

struct error;

/* The better first: Bearer is chosen over Basic. */
enum challenge_scheme { CHALLENGE_BEARER, CHALLENGE_BASIC, CHALLENGE_OTHER };

struct challenge {
	enum challenge_scheme scheme;
	char *realm; /* NULL: not given; so the others */
	char *service;
	char *scope;
	char *error;
};

/*
 * Reads the next challenge at *text and moves *text behind it. False at the end, at what is
 * malformed, and out of memory: *c then holds nothing to release.
 */
bool challenge_next(struct challenge *c, const char **text);
void challenge_release(struct challenge *c);

#endif
