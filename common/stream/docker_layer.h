/*
 * docker_layer.h - a layer of a docker archive: how it is compressed, and its digests
 *
 * Memory:  a value that borrows its entry.
 * Errors:  ERROR_INPUT: compressed in a way that is not supported, or damaged; ERROR_IO.
 */
#ifndef STREAM_DOCKER_LAYER_H
#define STREAM_DOCKER_LAYER_H

#include "codec/compress.h"
#include "core/digest.h"
#include "stream/docker_names.h"

struct error;
struct input;
struct progress;

struct docker_layer {
	const struct docker_entry *entry;
	struct digest digest; /* of the bytes as they are */
	struct digest diffid;
	enum compression compression;
};

/* Fills in the rest from the entry's bytes in in. progress may be NULL. */
int docker_layer_hash(struct docker_layer *l, const struct input *in, struct progress *progress,
    struct error *err);

#endif
