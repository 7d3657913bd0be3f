/*
 * arrange.h - an archive in canonical order, in whatever order its blobs come
 *
 * Blobs from pipes are written to the output as they come. If at the end they stand in the order
 * of the graph and nothing is to be dropped, documents follow and that was all; else they are
 * copied into a second output. Blobs that lie in files, and all for an output that cannot be read
 * back, stay in the source until their order is known. The bytes are the same in each case.
 *
 * Memory:  two struct layout; arrange_discard releases all.
 * Errors:  those of layout.h, source.h and graph.h.
 */
#ifndef STREAM_ARRANGE_H
#define STREAM_ARRANGE_H

#include <stdbool.h>

#include "stream/graph.h"
#include "stream/layout.h"
#include "stream/source.h"

struct error;

struct arrange {
	struct layout layout; /* at the end: what is to be committed */
	/* private from here */
	struct blob_sink sink;
	struct layout first; /* what is thrown away once layout has it in order */
	bool rearranged;
	const char *path;
	const struct source *have;
};

/* As layout_open. Of blobs that have (NULL: none) has, none is written. */
int arrange_open(struct arrange *a, const char *path, const struct source *have, struct error *err);
/* For struct source_options: NULL where the blobs of these operands had better stay. */
struct blob_sink *arrange_sink(struct arrange *a, const char *const *operands);
/* Everything of g but what is left out or absent, in order, is in a->layout then. */
int arrange_write(struct arrange *a, struct graph *g, struct error *err);
/* Harmless after layout_commit of a->layout, and after a failed open. */
void arrange_discard(struct arrange *a);

#endif
