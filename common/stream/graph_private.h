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
#include "stream/digest_table.h"
#include "stream/graph.h"

struct error;

struct graph {
	struct source *source;
	struct digest_table items; /* graph_items, in the order in which they were met */
	uint32_t *order;	   /* their numbers, children before parents */
	uint32_t *scratch;	   /* room for as many more */
	size_t n_order, cap_order;
	char **types;
	size_t n_types;
	struct spool inlined;
	struct reader_spool content; /* of the inlined item that is open */
};

/* Valid until the next is added. */
struct graph_item *graph_item_at(const struct graph *g, size_t i);
/* ERROR_DIGEST unless size is what d says. */
int graph_check_size(const struct descriptor *d, uint64_t size, struct error *err);

#endif
