/*
 * descriptor.h - a descriptor: type, digest and size of some content, and what is said of it
 *
 * Source:  OCI image-spec 1.1, descriptor.md and annotations.md.
 * Memory:  a struct descriptor owns its members; descriptor_release frees them.
 * Errors:  ERROR_INPUT "where: member: what"; ERROR_OTHER out of memory.
 */
#ifndef IMAGE_DESCRIPTOR_H
#define IMAGE_DESCRIPTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/digest.h"
#include "core/json.h"
#include "image/platform.h"

struct error;

#define ANNOTATION_REF_NAME "org.opencontainers.image.ref.name"
#define ANNOTATION_IMAGE_NAME "io.containerd.image.name"
#define ANNOTATION_DIFFID "containerd.io/uncompressed"
#define ANNOTATION_BUNDLE "dev.carvel.imgpkg.bundle"
#define ANNOTATION_PREFIX "dev.ocipipe." /* of all that are our own */
#define ANNOTATION_THIN ANNOTATION_PREFIX "thin"
#define ANNOTATION_REFERENCE_TYPE "vnd.docker.reference.type"
#define ANNOTATION_REFERENCE_DIGEST "vnd.docker.reference.digest"

/* Sorted by key (memcmp), keys unique. */
struct annotations {
	struct annotation {
		char *key;
		char *value;
	} * items;
	size_t n;
};

/* An object of strings; v without value gives none. where is for messages: "where: key: what". */
int
annotations_parse(struct annotations *a, struct json_value v, const char *where, struct error *err);
/* Borrowed; NULL: there is none. */
const char *annotations_get(const struct annotations *a, const char *key);
/* Sets or replaces; value NULL removes. */
int annotations_set(struct annotations *a, const char *key, const char *value, struct error *err);
/* The "k=v" texts that -a takes. ERROR_USAGE: no '=', an empty key, no UTF-8, or a key that means
 * something in a stream: names, DiffIDs, bundles' and our own marks. */
int annotations_add(struct annotations *a, const char *const *texts, size_t n, struct error *err);
int annotations_dup(struct annotations *to, const struct annotations *from, struct error *err);
void annotations_write(const struct annotations *a, struct json_writer *w);
void annotations_release(struct annotations *a);

struct descriptor {
	char *media_type;
	struct digest digest;
	uint64_t size;
	char *artifact_type; /* NULL: none */
	struct annotations annotations;
	struct platform platform; /* os NULL: none */
	char *data;		  /* base64 text of the content, NULL: none */
	char *urls;		  /* raw JSON array, NULL: none; kept, never followed */
};

/* where names it in messages: "index.json: manifests[3]". Keys equal to known ones but for
 * case are refused. */
int
descriptor_parse(struct descriptor *d, struct json_value v, const char *where, struct error *err);
int descriptor_dup(struct descriptor *to, const struct descriptor *from, struct error *err);
/* As part of a document: keys sorted. */
void descriptor_write(const struct descriptor *d, struct json_writer *w);
/*
 * As a record (design 1.2): {"ref":…,"mediaType":…,"digest":…,"size":…,"platform":…,
 * "annotations":…} in that order, members without a value left out. ref may be NULL.
 */
void descriptor_write_record(const struct descriptor *d, const char *ref, struct json_writer *w);
/* The decoded data member. ERROR_INPUT: not base64; ERROR_DIGEST: not what digest and size say.
 * *buf is malloc'ed. Only for size up to MAX_DOCUMENT. */
int
descriptor_data(const struct descriptor *d, unsigned char **buf, size_t *len, struct error *err);
bool descriptor_has_platform(const struct descriptor *d);
/* An entry of buildkit's that speaks of another image (attestation-manifest). */
bool descriptor_is_attestation(const struct descriptor *d);
void descriptor_release(struct descriptor *d);

#endif
