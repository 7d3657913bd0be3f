/*
 * diffids.h - layers opened and compared with the DiffIDs that their images' configs give
 *
 * Source:  OCI image-spec 1.1, config.md, "Layer DiffID". Bytes decide on compression, as for
 *          every engine; the media type does not.
 * Memory:  100 bytes a layer, one state of a decompressor.
 * Errors:  ERROR_DIGEST naming image, layer and both DiffIDs; ERROR_INPUT for damaged
 *          compression; those of graph.h.
 */
#ifndef STREAM_DIFFIDS_H
#define STREAM_DIFFIDS_H

#include <stddef.h>

#include "codec/compress.h"
#include "core/digest.h"
#include "image/manifest.h"
#include "stream/graph.h"

struct error;

/* Layers whose media type says another compression than their bytes: for a warning. */
struct mislabelled {
	size_t n; /* how many */
	struct digest first;
	const char *media_type;	     /* the first one's; the graph's */
	enum compression compressed; /* what it is */
};

/* Opens each layer of the images in g and of the layer entries of x, once, if the source has it. */
int diffids_verify(struct graph *g, const struct index *x, struct mislabelled *wrong,
    struct error *err);

#endif
