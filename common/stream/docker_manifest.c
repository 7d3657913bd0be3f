#include "stream/docker_manifest.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/json.h"
#include "image/media.h"
#include "image/reference.h"
#include "stream/graph.h"

/* An entry that is an image, with its whole reference, or NULL. */
struct named {
	const struct descriptor *entry;
	const char *name;
};

/* The name if it is a whole reference with a tag, as docker's RepoTags are. */
static const char *
whole_reference(const struct descriptor *entry)
{
	const char *name = annotations_get(&entry->annotations, ANNOTATION_IMAGE_NAME);
	struct reference r;
	struct error ignored;

	if (name == NULL || reference_parse(&r, name, &ignored) == -1 || r.tag[0] == '\0' ||
	    r.has_digest)
		return NULL;
	return name;
}

static bool
docker_can_read(const struct manifest *m, const struct layout *l)
{
	const struct descriptor *layer;
	enum compression c;
	size_t i;

	if (!manifest_is_image(m) || !layout_has(l, &m->config.digest))
		return false;
	for (i = 0; i < m->n_layers; i++) {
		layer = &m->layers[i];
		if (media_kind(layer->media_type) != MEDIA_LAYER || !layout_has(l, &layer->digest))
			return false;
		c = media_compression(layer->media_type);
		if (c != COMPRESSION_NONE && c != COMPRESSION_GZIP)
			return false;
	}
	return true;
}

static void
put_path(struct json_writer *w, const struct digest *digest)
{
	char path[sizeof("blobs/sha256/") + MAX_DIGEST_TEXT] = "blobs/sha256/";

	memcpy(path + strlen(path), digest_hex(digest), strlen(digest_hex(digest)) + 1);
	json_put_string(w, path);
}

/* One item: named[0..n) have one digest, and m is their manifest. */
static void
put_item(struct json_writer *w, const struct manifest *m, const struct named *named, size_t n)
{
	size_t i;

	json_open(w, '{');
	json_key(w, "Config");
	put_path(w, &m->config.digest);
	json_key(w, "Layers");
	json_open(w, '[');
	for (i = 0; i < m->n_layers; i++)
		put_path(w, &m->layers[i].digest);
	json_close(w, ']');
	json_key(w, "RepoTags");
	if (named[0].name == NULL) {
		json_put_null(w);
	} else {
		json_open(w, '[');
		for (i = 0; i < n; i++)
			json_put_string(w, named[i].name);
		json_close(w, ']');
	}
	json_close(w, '}');
}

/* Sorting brings those of one digest together; the order of the entries decides among equals. */
static int
compare(const void *x, const void *y)
{
	const struct named *a = x, *b = y;
	int order = digest_compare(&a->entry->digest, &b->entry->digest);

	return order != 0 ? order : a->entry < b->entry ? -1 : a->entry > b->entry;
}

/* *fit: false if an entry is none that docker could read. */
static int
put_items(struct json_writer *w, const struct named *named, size_t n, struct source *s,
    const struct layout *l, bool *fit, struct error *err)
{
	struct manifest m;
	size_t i, from;

	*fit = true;
	json_open(w, '[');
	for (from = 0, i = 1; *fit && i <= n; i++) {
		if (i < n && digest_equal(&named[from].entry->digest, &named[i].entry->digest))
			continue;
		if (graph_load_manifest(s, named[from].entry, &m, err) == -1)
			return -1;
		*fit = docker_can_read(&m, l) && w->len <= MAX_DOCUMENT;
		if (*fit)
			put_item(w, &m, named + from, i - from);
		manifest_release(&m);
		from = i;
	}
	json_close(w, ']');
	return json_writer_check(w, err);
}

int
docker_manifest_format(const struct index *x, struct source *s, const struct layout *l, char **text,
    struct error *err)
{
	struct json_writer w;
	struct named *named;
	size_t i;
	bool fit = x->n_manifests > 0;
	int rc = 0;

	*text = NULL;
	named = calloc(x->n_manifests + 1, sizeof(*named));
	if (named == NULL)
		return error_memory(err);
	for (i = 0; fit && i < x->n_manifests; i++) {
		named[i].entry = &x->manifests[i];
		named[i].name = whole_reference(named[i].entry);
		fit = media_kind(named[i].entry->media_type) == MEDIA_MANIFEST &&
		    !descriptor_is_attestation(named[i].entry) &&
		    (named[i].name != NULL || x->n_manifests == 1);
	}
	json_writer_init(&w);
	if (fit) {
		qsort(named, x->n_manifests, sizeof(*named), compare);
		rc = put_items(&w, named, x->n_manifests, s, l, &fit, err);
	}
	if (rc == 0 && fit)
		*text = w.text;
	else
		json_writer_release(&w);
	free(named);
	return rc;
}
