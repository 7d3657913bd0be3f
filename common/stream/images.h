/*
 * images.h - the images that entries of an input lead to: one for each platform
 *
 * Source:  OCI image-spec 1.1, image-index.md; buildkit's attestations by their annotations.
 * Memory:  struct images owns its items; images_release frees them.
 * Errors:  those of graph_load_*; others at the function.
 */
#ifndef STREAM_IMAGES_H
#define STREAM_IMAGES_H

#include <stdbool.h>
#include <stddef.h>

#include "image/descriptor.h"
#include "image/platform.h"
#include "stream/source.h"

struct error;

/* Ours: pairs are compared; official images have below 40 with attestations. */
#define MAX_IMAGES ((size_t)4096)

struct image {
	/* Of the manifest, with the annotations it has inside an index. Its platform is the
	 * descriptor's, else the config's; artifacts and attestations may have none. */
	struct descriptor descriptor;
	bool attestation;
};

struct images {
	struct image *items;
	size_t n, cap;
};

/*
 * Adds what root, an index or a manifest, leads to, in order, nested indexes flattened; an image
 * that is there already is not added again. The annotations of root itself, its names, are
 * not kept.
 */
int
images_add(struct images *m, struct source *s, const struct descriptor *root, struct error *err);

/* A copy of an entry; one of an image that names no platform has that of its config. For
 * descriptor_release. */
int images_entry(struct source *s, const struct descriptor *root, struct descriptor *entry,
    struct error *err);

/*
 * Keeps what wanted asks for: for a platform the one image that serves it best (the first of
 * equals), for one with "*" all that fit; and the attestations of what is kept.
 * ERROR_NOTFOUND naming the platform and those that there are.
 */
int images_choose(struct images *m, const struct platform_list *wanted, struct error *err);
void images_drop_attestations(struct images *m);

/* By platform, then digest, artifacts last; each attestation after the image it speaks of. */
void images_sort(struct images *m);
/* ERROR_INPUT naming a platform that two images have. */
int images_check_platforms(const struct images *m, struct error *err);

void images_release(struct images *m);

#endif
