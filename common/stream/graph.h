/*
 * graph.h - what images consist of, in the order in which it is written
 *
 * Source:  design 1.1: first blobs that are no documents in the order of first reference, then
 *          documents, children before parents. Each digest is visited once, at most
 *          MAX_INDEX_DEPTH levels of index (index.json is the first).
 *          A subject is not followed: who wants it kept names it in index.json.
 * Memory:  90 bytes a blob; graph_free. Of documents, one at each level of index and a config
 *          are in memory at a time.
 * Errors:  ERROR_NOTFOUND naming a document that is referred to and absent; ERROR_INPUT for one
 *          digest as two kinds of document, an image whose layers and diff_ids differ in number;
 *          ERROR_DIGEST for one digest with two sizes, a data member that is wrong; and as the
 *          image room and source_document give them.
 */
#ifndef STREAM_GRAPH_H
#define STREAM_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/digest.h"
#include "image/config.h"
#include "image/descriptor.h"
#include "image/manifest.h"
#include "stream/source.h"

struct error;
struct reader;

/* Ours: an index of an index is rare, deeper ones are unknown. */
#define MAX_INDEX_DEPTH 8

enum graph_role { GRAPH_LAYER, GRAPH_CONFIG, GRAPH_MANIFEST, GRAPH_INDEX, GRAPH_OTHER };

struct graph_item {
	uint8_t raw[SHA256_SIZE];
	uint64_t size;
	const char *media_type; /* owned by the graph */
	enum graph_role role;
	enum blob_state state;
	bool optional; /* a nondistributable layer: its absence is no fault */
	bool inlined;  /* only from a descriptor's data member: see graph_open */
	bool left_out; /* see graph_leave_out */
	/* private from here */
	uint8_t height;	 /* levels of index from it down, 0 for what is no index */
	uint32_t offset; /* of what is inlined, in the graph's spool */
};

struct graph;

struct graph *graph_new(struct source *s, struct error *err); /* s is borrowed */
void graph_free(struct graph *g);
/*
 * Adds one root and all below it: an index, a manifest, or a layer of no image. The absence of
 * layers is recorded, of documents an error. A right data member stands in for an absent blob,
 * whose state is then BLOB_DOCUMENT, or BLOB_KEPT for what is no document. After an error g is
 * only freed.
 */
int graph_add(struct graph *g, const struct descriptor *root, struct error *err);

/* In the order of writing: blobs that are no documents, then documents. Valid until graph_add. */
const struct graph_item *graph_items(struct graph *g, size_t *n);
/* ERROR_NOTFOUND naming the absent items that are neither optional nor left out, the size of the
 * first, and of many how many more there are. */
int graph_check_whole(struct graph *g, struct error *err);
/* Is an item absent that is not optional, or left out? */
bool graph_is_thin(const struct graph *g);
/* Marks the items that have has too, and that are no documents: their absence is no fault. */
void graph_leave_out(struct graph *g, const struct source *have);
/* NULL if g has it not. Valid until graph_add or graph_items. */
const struct graph_item *graph_find(const struct graph *g, const struct digest *digest);

/* As source_open, also for an item that is inlined. One at a time, until graph_close. */
int graph_open(struct graph *g, const struct graph_item *item, struct reader **content,
    struct error *err);
void graph_close(struct graph *g);

/*
 * What graph_add asks of every descriptor: a sha256 digest; the size that the blob has, if it is
 * there; a right data member. ERROR_INPUT, ERROR_DIGEST.
 */
int graph_check(struct source *s, const struct descriptor *d, struct error *err);
/* The DiffID that a layer of no image says of itself; *said: there is one. ERROR_INPUT: it is
 * none of sha256. */
int graph_entry_diffid(const struct descriptor *entry, struct digest *diffid, bool *said,
    struct error *err);

/* Loads and parses one document of s that d describes; a right data member stands in. */
int graph_load_manifest(struct source *s, const struct descriptor *d, struct manifest *m,
    struct error *err);
int
graph_load_index(struct source *s, const struct descriptor *d, struct index *x, struct error *err);
/* ERROR_INPUT also for a diff_id that is none of sha256. */
int graph_load_config(struct source *s, const struct descriptor *d, struct config *c,
    struct error *err);
/* The bytes of a document that d describes (malloc'ed, NUL after them). */
int graph_load(struct source *s, const struct descriptor *d, char **text, size_t *len,
    struct error *err);

#endif
