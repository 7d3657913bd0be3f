#include "stream/graph_private.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "image/media.h"

/* Ours: data members hold "{}" and other small things. */
#define INLINED_MEMORY ((size_t)64 * 1024)

/* Types looked at before one is kept once more: real graphs have below 10. */
#define TYPES_SEARCHED 32

static int add(struct graph *g, const struct descriptor *d, enum graph_role role, int level,
    size_t *number, struct error *err);

struct graph *
graph_new(struct source *s, struct error *err)
{
	struct graph *g = calloc(1, sizeof(*g));

	if (g == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	g->source = s;
	spool_init(&g->inlined, INLINED_MEMORY, "data members");
	digest_table_init(&g->items, sizeof(struct graph_item));
	return g;
}

void
graph_free(struct graph *g)
{
	size_t i;

	if (g == NULL)
		return;
	for (i = 0; i < g->n_types; i++)
		free(g->types[i]);
	free(g->types);
	free(g->order);
	free(g->scratch);
	digest_table_release(&g->items);
	spool_release(&g->inlined);
	free(g);
}

static int
grow_order(struct graph *g, struct error *err)
{
	size_t cap = g->cap_order == 0 ? 64 : g->cap_order * 2;
	uint32_t *numbers;

	if ((numbers = realloc(g->order, cap * sizeof(*numbers))) == NULL)
		return error_memory(err);
	g->order = numbers;
	if ((numbers = realloc(g->scratch, cap * sizeof(*numbers))) == NULL)
		return error_memory(err);
	g->scratch = numbers;
	g->cap_order = cap;
	return 0;
}

/* A copy of type that lives as long as g; NULL on error. */
static const char *
keep_type(struct graph *g, const char *type, struct error *err)
{
	size_t i, from = g->n_types < TYPES_SEARCHED ? 0 : g->n_types - TYPES_SEARCHED;
	char **types, *copy;

	for (i = from; i < g->n_types; i++)
		if (strcmp(g->types[i], type) == 0)
			return g->types[i];
	copy = strdup(type);
	types = copy == NULL ? NULL : realloc(g->types, (g->n_types + 1) * sizeof(*types));
	if (types == NULL) {
		free(copy);
		(void)error_memory(err);
		return NULL;
	}
	g->types = types;
	return g->types[g->n_types++] = copy;
}

static bool
is_document_role(enum graph_role role)
{
	return role == GRAPH_MANIFEST || role == GRAPH_INDEX;
}

/* level: that of the deepest index under d, or of d. */
static int
check_depth(const struct descriptor *d, int level, struct error *err)
{
	if (level <= MAX_INDEX_DEPTH)
		return 0;
	return error_set(err, ERROR_INPUT, "%s: indexes nested more than %d deep", d->digest.text,
	    MAX_INDEX_DEPTH);
}

/* The content that only a data member has, spooled. */
static int
keep_inlined(struct graph *g, struct graph_item *item, const struct descriptor *d,
    struct error *err)
{
	unsigned char *buf;
	size_t len, i = 0;
	int rc;

	if (g->inlined.writer.offset > UINT32_MAX)
		return error_set(err, ERROR_INPUT, "%s: more than 4 GiB of data members",
		    d->digest.text);
	if (descriptor_data(d, &buf, &len, err) == -1)
		return -1;
	while (
	    i < len && i < MAX_LEADING_SPACE && buf[i] != '\0' && strchr(" \t\r\n", buf[i]) != NULL)
		i++;
	item->state = i < len && buf[i] == '{' ? BLOB_DOCUMENT : BLOB_KEPT;
	item->inlined = true;
	item->offset = (uint32_t)g->inlined.writer.offset;
	rc = writer_write(&g->inlined.writer, buf, len, err);
	free(buf);
	return rc;
}

static int
new_item(struct graph *g, const uint8_t raw[SHA256_SIZE], const struct descriptor *d,
    enum graph_role role, size_t *number, struct error *err)
{
	struct graph_item *item;

	*number = g->items.n;
	if (*number == g->cap_order && grow_order(g, err) == -1)
		return -1;
	item = digest_table_add(&g->items, raw, err);
	if (item == NULL)
		return err->kind == ERROR_INPUT ? error_context(err, "%s", d->digest.text) : -1;
	item->size = d->size;
	item->role = role;
	item->optional = media_is_nondistributable(d->media_type);
	item->media_type = keep_type(g, d->media_type, err);
	if (item->media_type == NULL)
		return -1;
	item->state = source_find(g->source, &d->digest, NULL);
	return item->state != BLOB_ABSENT || d->data == NULL ? 0 : keep_inlined(g, item, d, err);
}

/* An artifact had it as content; now it is visited as the document that it is. */
static int
change_role(struct graph *g, size_t number, const struct descriptor *d, enum graph_role role,
    struct error *err)
{
	struct graph_item *item = graph_item_at(g, number);
	size_t i = 0;

	item->role = role;
	item->media_type = keep_type(g, d->media_type, err);
	if (item->media_type == NULL)
		return -1;
	while (g->order[i] != number)
		i++;
	memmove(g->order + i, g->order + i + 1, (g->n_order - i - 1) * sizeof(*g->order));
	g->n_order--;
	return 0;
}

/* One that was met before; *visit tells if what is below it was not. */
static int
meet_again(struct graph *g, size_t number, const struct descriptor *d, enum graph_role role,
    int level, bool *visit, struct error *err)
{
	struct graph_item *item = graph_item_at(g, number);

	*visit = is_document_role(role) && !is_document_role(item->role);
	if (graph_check_size(d, item->size, err) == -1)
		return -1;
	if (!media_is_nondistributable(d->media_type))
		item->optional = false;
	if (*visit)
		return change_role(g, number, d, role, err);
	if (!is_document_role(role))
		return 0;
	if (strcmp(item->media_type, d->media_type) != 0)
		return error_set(err, ERROR_INPUT, "%s: referred to as %.200s and as %.200s",
		    d->digest.text, item->media_type, d->media_type);
	return item->height == 0 ? 0 : check_depth(d, level + item->height - 1, err);
}

/* image-spec, config.md: one diff_id a layer. Layers of other artifacts have none. */
static int
check_diffids(struct graph *g, const struct descriptor *d, const struct manifest *m,
    struct error *err)
{
	struct config c;
	int rc = 0;

	if (!manifest_is_image(m))
		return 0;
	if (graph_load_config(g->source, &m->config, &c, err) == -1)
		return -1;
	if (c.n_diffids != m->n_layers)
		rc = error_set(err, ERROR_INPUT, "%s: %zu layers, but %zu diff_ids in its config",
		    d->digest.text, m->n_layers, c.n_diffids);
	config_release(&c);
	return rc;
}

static int
visit_manifest(struct graph *g, const struct descriptor *d, struct error *err)
{
	struct manifest m;
	size_t i, number;
	int rc = -1;

	if (graph_load_manifest(g->source, d, &m, err) == -1)
		return -1;
	for (i = 0; i < m.n_layers; i++)
		if (add(g, &m.layers[i], GRAPH_LAYER, 0, &number, err) == -1)
			goto done;
	if (add(g, &m.config, GRAPH_CONFIG, 0, &number, err) == -1)
		goto done;
	if (graph_item_at(g, number)->state == BLOB_ABSENT)
		rc = error_set(err, ERROR_NOTFOUND, "%s: missing: the config of %s",
		    m.config.digest.text, d->digest.text);
	else
		rc = check_diffids(g, d, &m, err);
done:
	manifest_release(&m);
	return rc;
}

static enum graph_role
role_of(const char *media_type)
{
	switch (media_kind(media_type)) {
	case MEDIA_MANIFEST:
		return GRAPH_MANIFEST;
	case MEDIA_INDEX:
		return GRAPH_INDEX;
	case MEDIA_LAYER:
		return GRAPH_LAYER;
	case MEDIA_CONFIG:
	case MEDIA_EMPTY:
	case MEDIA_OTHER:
		break;
	}
	return GRAPH_OTHER;
}

/* *height: levels of index from d down. */
static int
visit_index(struct graph *g, const struct descriptor *d, int level, uint8_t *height,
    struct error *err)
{
	const struct graph_item *item;
	struct index x;
	size_t i, number;
	int rc = 0;

	if (check_depth(d, level, err) == -1 || graph_load_index(g->source, d, &x, err) == -1)
		return -1;
	*height = 1;
	for (i = 0; rc == 0 && i < x.n_manifests; i++) {
		rc = add(g, &x.manifests[i], role_of(x.manifests[i].media_type), level + 1, &number,
		    err);
		if (rc == -1)
			break;
		item = graph_item_at(g, number);
		if (item->height >= *height)
			*height = (uint8_t)(item->height + 1);
	}
	index_release(&x);
	return rc;
}

/* level: that of d, if it is an index. *number is set to that of its item. */
static int
add(struct graph *g, const struct descriptor *d, enum graph_role role, int level, size_t *number,
    struct error *err)
{
	const struct graph_item *item;
	uint8_t raw[SHA256_SIZE];
	uint8_t height = 0;
	bool visit = true;
	int rc = 0;

	if (graph_check(g->source, d, err) == -1 || digest_raw(&d->digest, raw, err) == -1)
		return -1;
	item = digest_table_find(&g->items, raw);
	if (item == NULL) {
		if (new_item(g, raw, d, role, number, err) == -1)
			return -1;
	} else {
		*number = (size_t)(item - graph_item_at(g, 0));
		if (meet_again(g, *number, d, role, level, &visit, err) == -1)
			return -1;
	}
	if (!visit)
		return 0;
	if (role == GRAPH_MANIFEST)
		rc = visit_manifest(g, d, err);
	else if (role == GRAPH_INDEX)
		rc = visit_index(g, d, level, &height, err);
	if (rc == -1)
		return -1;
	assert(g->n_order < g->items.n);
	g->order[g->n_order++] = (uint32_t)*number;
	graph_item_at(g, *number)->height = height;
	return 0;
}

int
graph_add(struct graph *g, const struct descriptor *root, struct error *err)
{
	struct digest diffid;
	size_t number;
	bool said;

	if (graph_entry_diffid(root, &diffid, &said, err) == -1)
		return -1;
	/* index.json was the first level. */
	return add(g, root, role_of(root->media_type), 2, &number, err);
}
