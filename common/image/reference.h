/*
 * reference.h - image references: registry/repository:tag@digest
 *
 * Source:  distribution/reference grammar; distribution-spec 1.1 "Pulling manifests" for
 *          repository and tag. docker.io is the default registry, library/ its default folder.
 * Memory:  struct reference is a value of fixed size.
 * Errors:  reference_parse sets ERROR_INPUT; where the text came from argv its caller makes that
 *          ERROR_USAGE.
 */
#ifndef IMAGE_REFERENCE_H
#define IMAGE_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/digest.h"

struct error;

/* distribution/reference: domain and path together. */
#define MAX_REFERENCE_NAME 255
#define MAX_TAG 128

struct reference {
	char registry[MAX_REFERENCE_NAME + 1]; /* host[:port], "docker.io" normalised */
	char repository[MAX_REFERENCE_NAME + 1];
	char tag[MAX_TAG + 1]; /* "" if none was given */
	bool has_digest;
	struct digest digest;
};

/*
 * Full reading of one reference; scheme, userinfo, zone ids, upper case in the path are
 * ERROR_INPUT. The message never shows what may be a password: callers add no text either.
 * Hosts come out in lower case. No tag is invented: see reference.tag.
 */
int reference_parse(struct reference *r, const char *text, struct error *err);
/* "registry/repository[:tag][@digest]"; cap of at least MAX_REFERENCE_TEXT. */
#define MAX_REFERENCE_TEXT (MAX_REFERENCE_NAME + 1 + MAX_TAG + 1 + MAX_DIGEST_TEXT + 2)
void reference_format(const struct reference *r, char *buf, size_t cap);

/* distribution-spec: [A-Za-z0-9_][A-Za-z0-9._-]{0,127} */
bool reference_is_tag(const char *text);

/*
 * What -t takes: a tag, or a whole reference (it has a '/' or a ':'). Gives the tag and the
 * whole reference or "" where only a tag was given. A whole reference without a tag gets "latest".
 * A digest in it is refused. ERROR_USAGE.
 */
struct name {
	char tag[MAX_TAG + 1];
	char full[MAX_REFERENCE_TEXT + 1]; /* "" if only the tag is known */
};
int name_parse(struct name *n, const char *text, struct error *err);

#endif
