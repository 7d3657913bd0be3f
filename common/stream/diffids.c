#include "stream/diffids.h"

#include <stdlib.h>
#include <string.h>

#include "codec/decompress.h"
#include "core/error.h"
#include "core/json.h"
#include "image/config.h"
#include "image/media.h"
#include "stream/digest_table.h"

/* A layer that was opened. */
struct opened {
	uint8_t raw[SHA256_SIZE];
	uint8_t diffid[SHA256_SIZE];
};

struct work {
	struct graph *graph;
	struct digest_table opened;
	struct mislabelled *wrong;
};

/* The digest of what content decompresses to, and how it was compressed. */
static int
compute(struct reader *content, struct digest *diffid, enum compression *compressed,
    struct error *err)
{
	unsigned char magic[COMPRESSION_MAGIC];
	struct decompressor *d = NULL;
	struct reader_prefix whole;
	struct writer_hash hash;
	struct reader *r;
	enum magic found;
	size_t len;
	int rc;

	if (reader_fill(content, magic, sizeof(magic), &len, err) == -1)
		return -1;
	/* After its end a reader is not asked again. */
	reader_prefix_init(&whole, magic, len, len < sizeof(magic) ? NULL : content, content->name);
	r = &whole.reader;
	found = compression_detect(magic, len);
	*compressed = COMPRESSION_NONE;
	if (found == MAGIC_GZIP || found == MAGIC_ZSTD) {
		*compressed = found == MAGIC_GZIP ? COMPRESSION_GZIP : COMPRESSION_ZSTD;
		d = decompressor_new(*compressed, r, err);
		if (d == NULL)
			return -1;
		r = decompressor_reader(d);
	}
	writer_hash_init(&hash, NULL, "layer");
	rc = reader_copy(r, &hash.writer, NULL, err);
	hasher_digest(&hash.hasher, diffid);
	decompressor_free(d);
	return rc;
}

/* Engines go by the bytes; others by the type, and fail. */
static void
compare_type(struct mislabelled *wrong, const struct graph_item *item, enum compression compressed)
{
	if (media_kind(item->media_type) != MEDIA_LAYER ||
	    media_compression(item->media_type) == compressed || wrong->n++ > 0)
		return;
	digest_from_raw(&wrong->first, item->raw);
	wrong->media_type = item->media_type;
	wrong->compressed = compressed;
}

/* The DiffID of a layer that is there, from the first time that it was asked for. */
static int
find_diffid(struct work *w, const struct graph_item *item, struct digest *diffid, struct error *err)
{
	struct opened *opened = digest_table_find(&w->opened, item->raw);
	enum compression compressed;
	struct reader *content;
	struct digest layer;
	int rc;

	if (opened != NULL) {
		digest_from_raw(diffid, opened->diffid);
		return 0;
	}
	if (graph_open(w->graph, item, &content, err) == -1)
		return -1;
	rc = compute(content, diffid, &compressed, err);
	graph_close(w->graph);
	digest_from_raw(&layer, item->raw);
	if (rc == -1)
		return err->kind == ERROR_INPUT ? error_context(err, "%s", layer.text) : -1;
	compare_type(w->wrong, item, compressed);
	opened = digest_table_add(&w->opened, item->raw, err);
	return opened == NULL ? -1 : digest_raw(diffid, opened->diffid, err);
}

static int
verify_layer(struct work *w, const struct descriptor *image, const struct digest *layer,
    const struct digest *expected, struct error *err)
{
	const struct graph_item *item = graph_find(w->graph, layer);
	struct digest diffid;
	uint8_t raw[SHA256_SIZE];

	if (digest_raw(expected, raw, err) == -1)
		return error_context(err, "%s: DiffID", layer->text);
	if (item == NULL || item->state == BLOB_ABSENT)
		return 0;
	if (find_diffid(w, item, &diffid, err) == -1)
		return -1;
	if (digest_equal(&diffid, expected))
		return 0;
	return error_set(err, ERROR_DIGEST, "%s: layer %s has the DiffID %s, not %s",
	    image->digest.text, layer->text, diffid.text, expected->text);
}

/* A document of the graph, wherever it is from, parsed; text is freed after the json. */
static struct json *
load(struct graph *g, const struct graph_item *item, const char *name, char **text,
    struct error *err)
{
	struct reader *content;
	struct json *doc = NULL;
	size_t len;

	if (graph_open(g, item, &content, err) == -1)
		return NULL;
	/* Every manifest and config was loaded once before: it is no larger than MAX_DOCUMENT. */
	*text = malloc((size_t)item->size + 1);
	if (*text == NULL)
		(void)error_memory(err);
	else if (reader_fill(content, *text, (size_t)item->size, &len, err) == 0)
		doc = json_parse(*text, len, name, err);
	graph_close(g);
	if (doc == NULL)
		free(*text);
	return doc;
}

static int
load_manifest(struct graph *g, const struct graph_item *item, const char *name, struct manifest *m,
    struct error *err)
{
	struct json *doc;
	char *text;
	int rc;

	if ((doc = load(g, item, name, &text, err)) == NULL)
		return -1;
	rc = manifest_parse(m, doc, item->media_type, err);
	json_free(doc);
	free(text);
	return rc;
}

static int
load_config(struct graph *g, const struct digest *digest, struct config *c, struct error *err)
{
	struct json *doc;
	char *text;
	int rc;

	if ((doc = load(g, graph_find(g, digest), digest->text, &text, err)) == NULL)
		return -1;
	rc = config_parse(c, doc, err);
	json_free(doc);
	free(text);
	return rc;
}

static int
verify_image(struct work *w, const struct graph_item *item, struct error *err)
{
	struct descriptor d = { .size = item->size };
	struct manifest m;
	struct config c = { .n_diffids = 0 };
	size_t i;
	int rc = 0;

	digest_from_raw(&d.digest, item->raw);
	if (load_manifest(w->graph, item, d.digest.text, &m, err) == -1)
		return -1;
	if (manifest_is_image(&m))
		rc = load_config(w->graph, &m.config.digest, &c, err);
	/* As many as layers: graph_add saw to that. */
	for (i = 0; rc == 0 && i < c.n_diffids; i++)
		rc = verify_layer(w, &d, &m.layers[i].digest, &c.diffids[i], err);
	config_release(&c);
	manifest_release(&m);
	return rc;
}

static int
verify_entry(struct work *w, const struct descriptor *d, struct error *err)
{
	struct digest diffid;
	bool said;

	if (graph_entry_diffid(d, &diffid, &said, err) == -1)
		return -1;
	return said ? verify_layer(w, d, &d->digest, &diffid, err) : 0;
}

int
diffids_verify(struct graph *g, const struct index *x, struct mislabelled *wrong, struct error *err)
{
	struct work w = { .graph = g, .wrong = wrong };
	const struct graph_item *items;
	size_t i, n;
	int rc = 0;

	*wrong = (struct mislabelled){ .n = 0 };
	digest_table_init(&w.opened, sizeof(struct opened));
	items = graph_items(g, &n);
	for (i = 0; rc == 0 && i < n; i++)
		if (items[i].role == GRAPH_MANIFEST)
			rc = verify_image(&w, &items[i], err);
	for (i = 0; rc == 0 && i < x->n_manifests; i++)
		rc = verify_entry(&w, &x->manifests[i], err);
	digest_table_release(&w.opened);
	return rc;
}
