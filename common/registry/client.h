/*
 * client.h - requests to one repository of one registry
 *
 * Source:  OCI distribution-spec 1.1, "Pull", "Push" and "Content discovery".
 * Memory:  a struct client owns its connections, credentials and tokens.
 * Errors:  by what the registry answers: 401, 403 ERROR_DENIED; 404 ERROR_NOTFOUND; other
 *          statuses, and answers that break the specification, ERROR_REGISTRY. Each names the
 *          address without its query and, in at most 300 escaped bytes, what the registry says.
 *          Besides those of http.h, auth.h and credentials.h.
 */
#ifndef REGISTRY_CLIENT_H
#define REGISTRY_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/digest.h"
#include "image/reference.h"
#include "registry/connection.h"

struct client;
struct error;

/* Arguments as for connection_new. */
struct client *client_new(const struct reference *ref, const char *actions,
    const struct registry_options *opt, struct registry_listener *listener, struct error *err);
void client_free(struct client *c); /* may be NULL */

/* Whether the registry has a blob. ERROR_DIGEST: it has one of another size. */
int client_blob_exists(struct client *c, const struct digest *digest, uint64_t size, bool *exists,
    struct error *err);
/* Makes a blob of repository from, on the same registry, one of this one. *mounted false: the
 * registry does not, for whatever reason. Errors are those of the network alone. */
int client_blob_mount(struct client *c, const struct digest *digest, const char *from,
    bool *mounted, struct error *err);
/* Repositories that will be mounted from: tokens are asked for them too. Before any request. */
int client_add_source(struct client *c, const char *repository, struct error *err);
/* Sends a blob in one request. The registry checks the digest; so does, before the last bytes
 * leave, whoever made body. */
int client_blob_upload(struct client *c, const struct digest *digest, struct http_body *body,
    struct error *err);

/* name is a tag or a digest. The digest the registry has for it; *exists false: none. */
int client_manifest_digest(struct client *c, const char *name, struct digest *digest, bool *exists,
    struct error *err);
/*
 * digest is that of text. ERROR_DIGEST: the registry made another manifest of it;
 * ERROR_NOTFOUND: it misses what the manifest refers to.
 */
int client_manifest_put(struct client *c, const char *name, const char *media_type,
    const char *text, size_t len, const struct digest *digest, struct error *err);

#endif
