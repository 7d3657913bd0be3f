/* What was added to a graph: in the order of writing, what of it is missing, and its bytes. */
#include "stream/graph_private.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"

/* Missing blobs in one message before it says how many more there are: 10 digests fit a line. */
#define MAX_NAMED 10

struct graph_item *
graph_item_at(const struct graph *g, size_t i)
{
	return digest_table_at(&g->items, i);
}

/* Brings the items into the order of g->order, whose cycles are followed one by one. */
static void
permute(struct graph *g)
{
	struct graph_item *items = graph_item_at(g, 0);
	struct graph_item moved;
	size_t i, to, from;

	for (i = 0; i < g->items.n; i++) {
		if (g->order[i] == i)
			continue;
		moved = items[i];
		for (to = i; (from = g->order[to]) != i; to = from) {
			items[to] = items[from];
			g->order[to] = (uint32_t)to;
		}
		items[to] = moved;
		g->order[to] = (uint32_t)to;
	}
	digest_table_rehash(&g->items);
}

const struct graph_item *
graph_items(struct graph *g, size_t *n)
{
	uint32_t *swap = g->scratch;
	const struct graph_item *item;
	size_t i, k = 0;
	int documents;

	assert(g->n_order == g->items.n);
	for (documents = 0; documents < 2; documents++) {
		for (i = 0; i < g->n_order; i++) {
			item = graph_item_at(g, g->order[i]);
			if ((item->state == BLOB_DOCUMENT) == (documents == 1))
				g->scratch[k++] = g->order[i];
		}
	}
	g->scratch = g->order;
	g->order = swap;
	permute(g);
	*n = g->items.n;
	return graph_item_at(g, 0);
}

static bool
is_missing(const struct graph_item *item)
{
	return item->state == BLOB_ABSENT && !item->optional && !item->left_out;
}

/* Adds one more that is missing to a message that has room for MAX_NAMED of them. */
static void
name_missing(struct error *err, const struct graph_item *item, size_t number)
{
	const size_t len = strlen(err->text);
	struct digest digest;

	digest_from_raw(&digest, item->raw);
	(void)snprintf(err->text + len, sizeof(err->text) - len, "%s%s",
	    number == 2 ? "; also missing: " : ", ", digest.text);
}

int
graph_check_whole(struct graph *g, struct error *err)
{
	const struct graph_item *items;
	struct digest digest;
	size_t i, n, len, missing = 0;

	items = graph_items(g, &n);
	for (i = 0; i < n; i++) {
		if (!is_missing(&items[i]) || ++missing > MAX_NAMED)
			continue;
		if (missing > 1) {
			name_missing(err, &items[i], missing);
			continue;
		}
		digest_from_raw(&digest, items[i].raw);
		(void)error_set(err, ERROR_NOTFOUND, "%s: missing: %.127s of %llu bytes",
		    digest.text, items[i].media_type, (unsigned long long)items[i].size);
	}
	if (missing > MAX_NAMED) {
		len = strlen(err->text);
		(void)snprintf(err->text + len, sizeof(err->text) - len, ", and %zu more",
		    missing - MAX_NAMED);
	}
	return missing == 0 ? 0 : -1;
}

bool
graph_is_thin(const struct graph *g)
{
	const struct graph_item *item;
	size_t i;

	for (i = 0; i < g->items.n; i++) {
		item = graph_item_at(g, i);
		if (is_missing(item) || item->left_out)
			return true;
	}
	return false;
}

void
graph_leave_out(struct graph *g, const struct source *have)
{
	struct graph_item *item;
	struct digest digest;
	size_t i;

	for (i = 0; i < g->items.n; i++) {
		item = graph_item_at(g, i);
		digest_from_raw(&digest, item->raw);
		item->left_out =
		    item->state != BLOB_DOCUMENT && source_find(have, &digest, NULL) != BLOB_ABSENT;
	}
}

const struct graph_item *
graph_find(const struct graph *g, const struct digest *digest)
{
	uint8_t raw[SHA256_SIZE];
	struct error ignored;

	if (digest_raw(digest, raw, &ignored) == -1)
		return NULL;
	return digest_table_find(&g->items, raw);
}

int
graph_open(struct graph *g, const struct graph_item *item, struct reader **content,
    struct error *err)
{
	struct digest digest;

	if (!item->inlined) {
		digest_from_raw(&digest, item->raw);
		return source_open(g->source, &digest, content, err);
	}
	reader_spool_init(&g->content, &g->inlined, item->offset, item->size);
	*content = &g->content.reader;
	return 0;
}

void
graph_close(struct graph *g)
{
	source_close(g->source);
}
