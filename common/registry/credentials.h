/*
 * credentials.h - what this user's files say to a registry that asks who is there
 *
 * Format:  docker's config.json and .dockercfg, containers' auth.json: docker/cli
 *          cli/config/configfile, containers-auth.json(5).
 * Memory:  struct credentials owns its strings; credentials_release overwrites and frees them.
 * Errors:  ERROR_IO: a named file that cannot be read; ERROR_INPUT: a malformed one, by its name
 *          and key and never its content; ERROR_DENIED: a credential helper that fails, for then
 *          nobody knows who is there, and nobody is not the answer (CVE-2021-41092).
 */
#ifndef REGISTRY_CREDENTIALS_H
#define REGISTRY_CREDENTIALS_H

#include <stdbool.h>

struct error;

struct credentials {
	char *username; /* NULL: none; else password is there too */
	char *password;
	char *identity_token; /* NULL: none; an OAuth 2 refresh token */
	char *registry_token; /* NULL: none; a bearer token ready for use */
	char *file;	      /* where they are from; NULL: nothing was found */
	bool exposed;	      /* others than its owner may read that file */
};

/*
 * For registry ("host" or "host:port") and repository. authfile, else REGISTRY_AUTH_FILE, is
 * the only file looked at and must be there. Without both, the first of these that has an
 * answer: $DOCKER_CONFIG/config.json, $XDG_RUNTIME_DIR/containers/auth.json (unset:
 * /run/containers/UID/auth.json), $XDG_CONFIG_HOME/containers/auth.json (unset: in ~/.config),
 * ~/.docker/config.json unless DOCKER_CONFIG is set, ~/.dockercfg. An empty variable is unset.
 * Finding nothing is no error: c->file is NULL then.
 */
int credentials_find(struct credentials *c, const char *authfile, const char *registry,
    const char *repository, struct error *err);
void credentials_release(struct credentials *c);

#endif
