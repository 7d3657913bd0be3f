/*
 * graph_private.h - what the parts of graph.h share; for stream/graph*.c alone
 *
 * graph.c follows descriptors, graph_items.c tells what was found, graph_load.c loads documents.
 */
#ifndef STREAM_GRAPH_PRIVATE_H
#define STREAM_GRAPH_PRIVATE_H

#include <stddef.h>
#include <stdint.h>

#include "core/spool.h"
#include "stream/blobset.h"
#include "stream/graph.h"

struct error;

struct graph {
	struct source *source;
	/* place: its number among the items; offset: in the spool, if inlined; flags: levels of
	 * index from it down, 0 for what is no index */
	struct blob_set *met;
	struct graph_item *items; /* in the order in which they were met, see graph_items */
	uint32_t *order;	  /* their numbers, children before parents */
	uint32_t *scratch;	  /* room for cap more */
	size_t n, n_order, cap;
	char **types;
	size_t n_types;
	struct spool inlined;
	struct reader_spool content; /* of the inlined item that is open */
};

/* ERROR_DIGEST unless size is what d says. */
int graph_check_size(const struct descriptor *d, uint64_t size, struct error *err);

#endif
