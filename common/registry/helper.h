/*
 * helper.h - credential helpers: programs that keep a user's logins
 *
 * Format:  docker-credential-helpers: "docker-credential-NAME get", the server on standard input,
 *          {"ServerURL":…,"Username":…,"Secret":…} on standard output. The user name "<token>"
 *          says that the secret is an identity token.
 * Memory:  see credentials.h.
 * Errors:  ERROR_DENIED naming the helper, never what it wrote.
 */
#ifndef REGISTRY_HELPER_H
#define REGISTRY_HELPER_H

#include <stdbool.h>

struct credentials;
struct error;

/*
 * Asks the helper, found on PATH and run without a shell, for at most 30 seconds. *found is
 * false, and *c untouched, where it says that it has none for server.
 */
int helper_get(struct credentials *c, const char *name, const char *server, bool *found,
    struct error *err);

#endif
