/*
 * parts.h - what the entries of an input are to the image that is made of them
 *
 * Source:  design 2, oci-manifest: one image may come first, as the base; the rest are layers.
 * Memory:  layers and base are borrowed from the source; parts_release frees the rest.
 * Errors:  ERROR_INPUT (two images, an image after a layer, neither layer nor image),
 *          ERROR_NOTFOUND (no such subject), ERROR_USAGE (a subject that is no descriptor).
 */
#ifndef STREAM_PARTS_H
#define STREAM_PARTS_H

#include <stdbool.h>
#include <stddef.h>

#include "image/descriptor.h"
#include "stream/source.h"

struct error;

struct parts {
	struct descriptor **layers; /* entries of no image, in order */
	size_t n_layers;
	const struct descriptor *base;	  /* NULL: none */
	const struct descriptor *subject; /* NULL: none */
	struct descriptor given;	  /* the subject's; private */
	bool bundle;			  /* a layer carries the bundle's mark */
};

/* subject: NULL, a tag or whole reference or digest of an entry, of which type, digest and size
 * are taken, or a descriptor as JSON, which is taken as it is. */
int parts_sort(struct parts *p, struct source *s, const char *subject, struct error *err);
void parts_release(struct parts *p);

#endif
