/*
 * pass.h - what a filter hands on: blobs as they come, at the end the documents still referred to
 *
 * Memory:  struct pass is a value that borrows its layout.
 * Errors:  those of source.h and layout.h.
 */
#ifndef STREAM_PASS_H
#define STREAM_PASS_H

#include <stdbool.h>

#include "image/manifest.h"
#include "stream/graph.h"
#include "stream/layout.h"
#include "stream/source.h"

struct error;
struct progress;

struct pass {
	struct blob_sink sink; /* for struct source_options */
	struct layout *layout;
};
void pass_init(struct pass *p, struct layout *layout);

/* Reads all inputs, standard input if there are none, and hands their blobs on to l. What was read
 * is the caller's to free, before p ends. NULL on error. */
struct source *pass_read(struct pass *p, struct layout *l, const char *const *inputs,
    struct progress *progress, struct error *err);

/* Writes what g holds of documents and data members and the layout has not yet, in g's order. */
int pass_documents(struct layout *l, struct graph *g, struct error *err);

/* What is left of a stream that goes on whole, once its blobs have: writes its documents, and adds
 * its entries to x, their names settled, with the note on layers left out where some are. */
int pass_stream(struct layout *l, struct source *s, struct index *x, struct error *err);

/* Writes the nested index x as a document and gives a descriptor of it. x->media_type is set. */
int pass_index(struct layout *l, const struct index *x, struct descriptor *made, struct error *err);

/* Sets or removes the note on index.json that layers are left out (design 1.1, "Thin streams"). */
int pass_mark_thin(struct index *x, bool thin, struct error *err);

/* Settles the names of x, notes whether layers are left out, and commits l with it. */
int pass_commit(struct layout *l, struct index *x, bool thin, struct error *err);

#endif
