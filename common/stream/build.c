#include "stream/build.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "image/manifest.h"
#include "stream/graph.h"
#include "stream/names.h"

/* The image under construction. */
struct work {
	struct config config;
	struct manifest manifest;
	bool bundle; /* asked for, or by its config's label */
};

static int
set_text(char **to, const char *text, struct error *err)
{
	char *copy = strdup(text);

	if (copy == NULL)
		return error_memory(err);
	free(*to);
	*to = copy;
	return 0;
}

/* A layer as the family of the result has it (design 2, oci-manifest); Docker's have no
 * annotations. */
static int
fit_layer(const struct build *b, const struct work *w, struct descriptor *layer, struct error *err)
{
	const char *type;

	if (b->artifact_type != NULL)
		return 0;
	type = media_layer_in(layer->media_type, w->bundle ? FAMILY_DOCKER : b->family);
	if (w->bundle && strcmp(type, MEDIA_DOCKER_LAYER_GZIP) != 0)
		return error_set(err, ERROR_INPUT, "%s: a bundle's layer is gzip, this one is %s",
		    layer->digest.text, layer->media_type);
	if (b->family == FAMILY_DOCKER && media_family(type) != FAMILY_DOCKER)
		return error_set(err, ERROR_INPUT,
		    "%s: %s has no Docker type: use --media-types oci", layer->digest.text,
		    layer->media_type);
	if (b->family == FAMILY_DOCKER) {
		annotations_release(&layer->annotations);
		layer->annotations = (struct annotations){ .n = 0 };
	}
	/* type may be the very text that is replaced. */
	return strcmp(type, layer->media_type) == 0 ? 0 : set_text(&layer->media_type, type, err);
}

/* What only an entry of index.json says does not belong into a manifest. */
static int
strip_entry(struct descriptor *layer, struct error *err)
{
	if (annotations_set(&layer->annotations, ANNOTATION_DIFFID, NULL, err) == -1 ||
	    annotations_set(&layer->annotations, ANNOTATION_BUNDLE, NULL, err) == -1)
		return -1;
	return names_drop(layer, err);
}

static int
add_layer(const struct build *b, struct work *w, const struct descriptor *entry, struct error *err)
{
	struct descriptor *layer = &w->manifest.layers[w->manifest.n_layers];
	struct digest diffid;
	bool said;

	if (graph_check(b->source, entry, err) == -1 ||
	    graph_entry_diffid(entry, &diffid, &said, err) == -1)
		return -1;
	if (b->artifact_type == NULL) {
		if (!said)
			return error_set(err, ERROR_INPUT, "%s: a layer without its DiffID (%s)",
			    entry->digest.text, ANNOTATION_DIFFID);
		if (config_add_layer(&w->config, &diffid, "oci-layer", err) == -1)
			return -1;
	}
	if (descriptor_dup(layer, entry, err) == -1)
		return -1;
	w->manifest.n_layers++;
	if (strip_entry(layer, err) == -1)
		return -1;
	return fit_layer(b, w, layer, err);
}

/* The base's manifest and config into w, its layers first in the list. */
static int
load_base(const struct build *b, const struct descriptor *base, struct work *w, struct error *err)
{
	struct manifest *m = &w->manifest;
	size_t i;

	if (graph_check(b->source, base, err) == -1 ||
	    graph_load_manifest(b->source, base, m, err) == -1 ||
	    graph_check(b->source, &m->config, err) == -1)
		return -1;
	if (!manifest_is_image(m))
		return error_set(err, ERROR_INPUT, "%s: an artifact is no base for an image",
		    base->digest.text);
	if (graph_load_config(b->source, &m->config, &w->config, err) == -1)
		return -1;
	if (m->n_layers != w->config.n_diffids)
		return error_set(err, ERROR_INPUT, "%s: %zu layers, but %zu diff_ids in its config",
		    base->digest.text, m->n_layers, w->config.n_diffids);
	w->bundle = w->bundle || w->config.is_bundle;
	for (i = 0; i < m->n_layers; i++)
		if (graph_check(b->source, &m->layers[i], err) == -1 ||
		    fit_layer(b, w, &m->layers[i], err) == -1)
			return -1;
	/* What was said of the base is not true of the result. */
	annotations_release(&m->annotations);
	m->annotations = (struct annotations){ .n = 0 };
	if (m->has_subject)
		descriptor_release(&m->subject);
	m->has_subject = false;
	free(m->artifact_type);
	m->artifact_type = NULL;
	return 0;
}

static int
start_config(const struct build *b, struct work *w, struct error *err)
{
	if (b->start == NULL)
		return config_init(&w->config, err);
	if (config_parse(&w->config, b->start, err) == -1)
		return -1;
	w->bundle = w->bundle || w->config.is_bundle;
	return config_drop_layers(&w->config, err);
}

static void
swap(char **a, char **b)
{
	char *was = *a;

	*a = *b;
	*b = was;
}

/* What p lacks, from other, which is used up. */
static void
fill(struct platform *p, struct platform *other)
{
	if (p->os[0] == '\0')
		swap(&p->os, &other->os);
	if (p->architecture[0] == '\0') {
		swap(&p->architecture, &other->architecture);
		swap(&p->variant, &other->variant);
	}
	platform_release(other);
}

/* The platform of the config, and what it lacks: from the base's entry, else a bundle is the same
 * on every machine. */
static int
complete_platform(const struct work *w, const struct descriptor *base, struct platform *p,
    struct error *err)
{
	struct platform other;

	if (platform_dup(p, &w->config.platform, err) == -1)
		return -1;
	if (base != NULL && descriptor_has_platform(base)) {
		if (platform_dup(&other, &base->platform, err) == -1)
			return -1;
		fill(p, &other);
	}
	if ((w->bundle ? platform_parse_text(&other, "linux/amd64", err) :
			 platform_local(&other, err)) == -1)
		return -1;
	fill(p, &other);
	return 0;
}

/* Applies the edit, and what neither it nor the config says. A base's platform stays as it is
 * spelt; that of a config to start from is normalised, as its descriptor is. */
static int
edit_config(const struct build *b, const struct descriptor *base, struct work *w, struct error *err)
{
	struct config_edit edit = *b->edit;
	struct platform platform = { .os = NULL };
	const struct platform *has = &w->config.platform;
	const bool fresh = base == NULL && b->start == NULL;
	int rc = -1;

	if (edit.platform == NULL &&
	    !(base != NULL && has->os[0] != '\0' && has->architecture[0] != '\0')) {
		if (complete_platform(w, base, &platform, err) == -1)
			goto done;
		edit.platform = &platform;
	}
	if (edit.created == NULL &&
	    (fresh || json_object_get(&w->config.members, "created") == NULL))
		edit.created = b->created;
	rc = config_edit(&w->config, &edit, err);
done:
	platform_release(&platform);
	return rc;
}

/* Room for more layers behind those of the base. */
static int
grow_layers(const struct build *b, struct manifest *m, struct error *err)
{
	struct descriptor *layers;
	size_t n = m->n_layers + b->n_layers;

	if (n > MAX_LAYERS)
		return error_set(err, ERROR_INPUT, "more than %zu layers in one image", MAX_LAYERS);
	layers = realloc(m->layers, (n + 1) * sizeof(*layers));
	if (layers == NULL)
		return error_memory(err);
	m->layers = layers;
	return 0;
}

/* Some content as a document of the layout, and a descriptor of it. */
static int
put_json(const struct build *b, const struct json_writer *json, const char *type,
    struct descriptor *d, struct error *err)
{
	if (json_writer_check(json, err) == -1 ||
	    layout_put_document(b->layout, json->text, json->len, &d->digest, err) == -1)
		return -1;
	d->size = json->len;
	return set_text(&d->media_type, type, err);
}

static int
put_config(const struct build *b, struct work *w, struct error *err)
{
	struct json_writer json;
	const char *type = MEDIA_OCI_EMPTY;
	int rc = -1;

	descriptor_release(&w->manifest.config);
	w->manifest.config = (struct descriptor){ .size = 0 };
	json_writer_init(&json);
	if (b->artifact_type != NULL) {
		json_put_raw(&json, "{}", 2);
	} else {
		type = b->family == FAMILY_DOCKER ? MEDIA_DOCKER_CONFIG : MEDIA_OCI_CONFIG;
		if (config_write(&w->config, &json, err) == -1)
			goto done;
	}
	rc = put_json(b, &json, type, &w->manifest.config, err);
done:
	json_writer_release(&json);
	return rc;
}

/* manifest.md: an artifact without content has the empty descriptor as its only layer. */
static int
fill_artifact(struct manifest *m, struct error *err)
{
	if (m->n_layers > 0)
		return 0;
	if (descriptor_dup(&m->layers[0], &m->config, err) == -1)
		return -1;
	m->n_layers = 1;
	return 0;
}

static int
put_manifest(const struct build *b, struct work *w, struct descriptor *made, struct error *err)
{
	struct manifest *m = &w->manifest;
	struct json_writer json;
	const char *type = b->family == FAMILY_DOCKER ? MEDIA_DOCKER_MANIFEST : MEDIA_OCI_MANIFEST;
	int rc = -1;

	json_writer_init(&json);
	if (set_text(&m->media_type, type, err) == -1 ||
	    annotations_dup(&m->annotations, b->annotations, err) == -1)
		goto done;
	if (b->artifact_type != NULL &&
	    (set_text(&m->artifact_type, b->artifact_type, err) == -1 ||
		set_text(&made->artifact_type, b->artifact_type, err) == -1 ||
		fill_artifact(m, err) == -1))
		goto done;
	if (b->subject != NULL) {
		if (descriptor_dup(&m->subject, b->subject, err) == -1)
			goto done;
		m->has_subject = true;
	}
	manifest_write(m, &json);
	if (put_json(b, &json, type, made, err) == -1)
		goto done;
	rc = b->artifact_type != NULL ? 0 : platform_dup(&made->platform, &w->config.platform, err);
done:
	json_writer_release(&json);
	return rc;
}

/* Layers that are documents were held back; here they are known to be wanted. */
static int
put_layers(const struct build *b, const struct manifest *m, bool *thin, struct error *err)
{
	const struct descriptor *layer;
	struct reader *content;
	uint64_t size;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < m->n_layers; i++) {
		layer = &m->layers[i];
		switch (source_find(b->source, &layer->digest, &size)) {
		case BLOB_ABSENT:
			if (!media_is_nondistributable(layer->media_type))
				*thin = true;
			continue;
		case BLOB_KEPT:
		case BLOB_PASSED:
			break;
		case BLOB_DOCUMENT:
			if (source_open(b->source, &layer->digest, &content, err) == -1)
				return -1;
			rc = layout_put(b->layout, &layer->digest, size, content, err);
			source_close(b->source);
			break;
		}
		if (rc == 0 && size != layer->size)
			rc = error_set(err, ERROR_DIGEST,
			    "%s: %llu bytes, its descriptor says %llu", layer->digest.text,
			    (unsigned long long)size, (unsigned long long)layer->size);
	}
	return rc;
}

int
build_image(const struct build *b, const struct descriptor *base, struct descriptor *made,
    bool *thin, struct error *err)
{
	struct work w;
	size_t i;
	int rc = -1;

	memset(&w, 0, sizeof(w));
	w.bundle = b->edit->bundle;
	*made = (struct descriptor){ .size = 0 };
	if (base != NULL ? load_base(b, base, &w, err) == -1 : start_config(b, &w, err) == -1)
		goto done;
	if (b->artifact_type == NULL && edit_config(b, base, &w, err) == -1)
		goto done;
	if (grow_layers(b, &w.manifest, err) == -1)
		goto done;
	for (i = 0; i < b->n_layers; i++)
		if (add_layer(b, &w, b->layers[i], err) == -1)
			goto done;
	if (w.bundle && w.manifest.n_layers != 1) {
		(void)error_set(err, ERROR_INPUT, "a bundle is exactly one layer, here are %zu",
		    w.manifest.n_layers);
		goto done;
	}
	if (put_layers(b, &w.manifest, thin, err) == 0 && put_config(b, &w, err) == 0)
		rc = put_manifest(b, &w, made, err);
done:
	if (rc == -1) {
		descriptor_release(made);
		*made = (struct descriptor){ .size = 0 };
	}
	manifest_release(&w.manifest);
	config_release(&w.config);
	return rc;
}
