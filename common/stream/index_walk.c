#include "stream/index_walk.h"

#include "core/error.h"
#include "image/manifest.h"
#include "image/media.h"
#include "stream/blobset.h"
#include "stream/graph.h"

static int
walk_level(struct index_walk *w, const struct descriptor *d, int level, struct error *err)
{
	struct index x;
	uint8_t raw[SHA256_SIZE];
	size_t i;
	int rc = 0;

	if (w->visit(w, d, err) == -1)
		return -1;
	if (w->stop || media_kind(d->media_type) != MEDIA_INDEX)
		return 0;
	if (level > MAX_INDEX_DEPTH)
		return error_set(err, ERROR_INPUT, "%s: indexes nested more than %d deep",
		    d->digest.text, MAX_INDEX_DEPTH);
	if (digest_raw(&d->digest, raw, err) == -1)
		return -1;
	if (blob_set_find(w->met, raw) != NULL)
		return 0;
	if (blob_set_add(w->met, raw, err) == NULL || graph_load_index(w->source, d, &x, err) == -1)
		return -1;
	for (i = 0; rc == 0 && !w->stop && i < x.n_manifests; i++)
		rc = walk_level(w, &x.manifests[i], level + 1, err);
	index_release(&x);
	return rc;
}

int
index_walk(struct index_walk *w, const struct descriptor *root, struct error *err)
{
	if (w->met == NULL && (w->met = blob_set_new(err)) == NULL)
		return -1;
	/* index.json was the first level. */
	return walk_level(w, root, 2, err);
}

void
index_walk_release(struct index_walk *w)
{
	blob_set_free(w->met);
	w->met = NULL;
}
