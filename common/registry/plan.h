/*
 * plan.h - which image of an input goes where
 *
 * Source:  design 2, oci-push. A target with a tag or a digest takes the one image of the input;
 *          a bare repository takes every image under its own tags, a lone one without a tag as
 *          "latest", of several those without by their digest. A reference without a tag is none.
 * Memory:  a struct plan owns its lists, borrows the source; plan_release frees it.
 * Errors:  ERROR_INPUT: no image, several for one place, two for one tag, a layer in no image, a
 *          name that is no tag; ERROR_DIGEST: the image is not the one that the target names.
 */
#ifndef REGISTRY_PLAN_H
#define REGISTRY_PLAN_H

#include <stddef.h>

#include "image/reference.h"
#include "stream/source.h"

struct error;

/* Ours: repositories of the same registry that blobs may be mounted from; mostly one. */
#define MAX_MOUNT_SOURCES ((size_t)4)

struct plan {
	struct plan_image {
		const struct descriptor *root;
		size_t first_tag, n_tags; /* in tags; none: by its digest */
	} * images;
	size_t n_images;
	struct plan_tag {
		size_t image;
		size_t rank; /* the target's own, those of -t, the entry's, each as given */
		char text[MAX_TAG + 1];
	} * tags;
	size_t n_tags;
	char (*sources)[MAX_REFERENCE_NAME + 1]; /* repositories named in the input */
	size_t n_sources;
};

/* tags are those of -t, legal ones; they are added to each image's. */
int plan_make(struct plan *p, struct source *s, const struct reference *to, const char *const *tags,
    size_t n_tags, struct error *err);
void plan_release(struct plan *p);

#endif
