/*
 * index_walk.h - all that an index leads to through nested ones, in order, each index once
 *
 * A second visit of an index adds nothing, and can be made to take ages.
 *
 * Memory:  one index of each level at a time, 64 bytes for each index met.
 * Errors:  ERROR_INPUT past MAX_INDEX_DEPTH (index.json was the first level); those of
 *          graph_load_index and of visit.
 */
#ifndef STREAM_INDEX_WALK_H
#define STREAM_INDEX_WALK_H

#include <stdbool.h>

#include "stream/source.h"

struct blob_set;
struct error;

struct index_walk {
	struct source *source;
	/* Called for each descriptor, also the root's, an index before what it has. */
	int (*visit)(struct index_walk *w, const struct descriptor *d, struct error *err);
	bool stop; /* set by visit: nothing more is visited */
	/* private from here */
	struct blob_set *met;
};

/* Goes over one root; what an earlier root of w led to is not gone over again. */
int index_walk(struct index_walk *w, const struct descriptor *root, struct error *err);
void index_walk_release(struct index_walk *w);

#endif
