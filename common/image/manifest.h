/*
 * manifest.h - image manifests and indexes, OCI's and Docker's schema 2
 *
 * Source:  OCI image-spec 1.1, manifest.md and image-index.md; image-layout.md for index.json.
 *          A document readable as both kinds is refused (CVE-2021-41190).
 * Memory:  the structs own what they hold; *_release frees it.
 * Errors:  ERROR_INPUT naming the document (json_name) and the member.
 */
#ifndef IMAGE_MANIFEST_H
#define IMAGE_MANIFEST_H

#include <stdbool.h>
#include <stddef.h>

#include "image/descriptor.h"
#include "image/media.h"

struct error;

/* Ours: engines stop at 127 layers on overlayfs; a docker archive of 10^5 is an attack. */
#define MAX_LAYERS ((size_t)4096)

struct manifest {
	char *media_type;    /* as in the document, else as the caller said */
	char *artifact_type; /* NULL: none */
	struct descriptor config;
	struct descriptor *layers;
	size_t n_layers;
	bool has_subject;
	struct descriptor subject;
	struct annotations annotations;
};

/*
 * doc is judged by expected_type, the media type of the descriptor that led to it; a
 * mediaType inside must equal it. ERROR_INPUT: schemaVersion not 2, wrong types, ambiguity.
 */
int manifest_parse(struct manifest *m, const struct json *doc, const char *expected_type,
    struct error *err);
/* True if it is an image that can be unpacked: its config is an image config. */
bool manifest_is_image(const struct manifest *m);
/* The whole document, keys sorted. */
void manifest_write(const struct manifest *m, struct json_writer *w);
void manifest_release(struct manifest *m);

struct index {
	char *media_type;
	char *artifact_type;
	struct descriptor *manifests;
	size_t n_manifests;
	bool has_subject;
	struct descriptor subject;
	struct annotations annotations;
};

/* As manifest_parse. For index.json expected_type is MEDIA_OCI_INDEX. */
int
index_parse(struct index *x, const struct json *doc, const char *expected_type, struct error *err);
/* Takes over the members of d (which is then empty). */
int index_add(struct index *x, struct descriptor *d, struct error *err);
/* The same with a copy: d stays as it is. */
int index_add_copy(struct index *x, const struct descriptor *d, struct error *err);
void index_write(const struct index *x, struct json_writer *w);
void index_release(struct index *x);

#endif
