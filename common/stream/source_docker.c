/*
 * Docker archives: manifest.json says which entries are configs and layers. Each image becomes an
 * OCI manifest; configs and layers stay as they are. Names are looked up in the archive alone.
 */
#include "stream/source_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/json.h"
#include "image/config.h"
#include "image/manifest.h"
#include "image/media.h"
#include "image/reference.h"
#include "stream/docker_layer.h"
#include "stream/docker_names.h"

struct docker {
	struct source *s;
	struct input *in;
	struct docker_names names;
	struct docker_layer *layers; /* of all images, each entry once */
	size_t n_layers, cap_layers;
	uint32_t *numbers; /* of names.items: 0, or that of the layer plus 1 */
};

/* Ours: each may name the same config of 4 MiB, which is read for each. */
#define MAX_DOCKER_IMAGES ((size_t)4096)

static const char *const known_keys[] = { "Config", "RepoTags", "Layers" };

/* The bytes of an entry; region is the caller's. */
static struct reader *
entry_open(const struct docker *d, const struct docker_entry *e, struct reader_region *region)
{
	input_region(d->in, e->offset, e->size, region);
	return &region->reader;
}

/* The layer at e, hashed and handed on once. NULL on error. Valid until the next call. */
static const struct docker_layer *
take_layer(struct docker *d, const struct docker_entry *e, struct error *err)
{
	struct incoming b = { .size = e->size, .place = d->in->place, .name = d->in->name };
	uint32_t *number = &d->numbers[e - d->names.items];
	struct reader_region region;
	struct docker_layer *layers;
	size_t cap;

	if (*number != 0)
		return &d->layers[*number - 1];
	if (d->n_layers == d->cap_layers) {
		cap = d->cap_layers == 0 ? 16 : 2 * d->cap_layers;
		layers = realloc(d->layers, cap * sizeof(*layers));
		if (layers == NULL) {
			(void)error_memory(err);
			return NULL;
		}
		d->layers = layers;
		d->cap_layers = cap;
	}
	layers = &d->layers[d->n_layers];
	*layers = (struct docker_layer){ .entry = e };
	if (docker_layer_hash(layers, d->in, d->s->opt.progress, err) == -1)
		return NULL;
	b.digest = layers->digest;
	b.content = entry_open(d, e, &region);
	b.offset = d->in->start + e->offset;
	if (source_take(d->s, &b, err) == -1)
		return NULL;
	*number = (uint32_t)++d->n_layers;
	return layers;
}

/* *to stays released after an error. */
static int
describe(struct descriptor *to, const char *media_type, const struct digest *digest, uint64_t size,
    struct error *err)
{
	*to = (struct descriptor){ .digest = *digest, .size = size };
	to->media_type = strdup(media_type);
	return to->media_type == NULL ? error_memory(err) : 0;
}

/* Layers of the image: their paths, against the DiffIDs of its config. */
static int
take_layers(struct docker *d, struct json_value paths, const struct config *config,
    struct manifest *m, struct error *err)
{
	const struct docker_entry *e;
	const struct docker_layer *l;
	struct json_cursor c;
	char *path;

	m->layers = calloc(config->n_diffids + 1, sizeof(*m->layers));
	if (m->layers == NULL)
		return error_memory(err);
	for (json_walk(&c, paths); json_next(&c); m->n_layers++) {
		path = json_string(c.value, "Layers", err);
		if (path == NULL)
			return error_context(err, "%s", d->in->name);
		e = docker_names_resolve(&d->names, path, err);
		free(path);
		if (e == NULL)
			return -1;
		l = take_layer(d, e, err);
		if (l == NULL)
			return -1;
		if (!digest_equal(&l->diffid, &config->diffids[m->n_layers]))
			return error_set(err, ERROR_DIGEST,
			    "%s: %s: content has DiffID %s, the config "
			    "says %s",
			    d->in->name, e->name, l->diffid.text,
			    config->diffids[m->n_layers].text);
		if (describe(&m->layers[m->n_layers], media_layer(FAMILY_OCI, l->compression),
			&l->digest, e->size, err) == -1)
			return -1;
	}
	return 0;
}

/* HEX.json, sha256:HEX and blobs/sha256/HEX name a config by its digest. */
static bool
is_named_otherwise(const char *name, const struct digest *digest)
{
	const char *base = strrchr(name, '/') == NULL ? name : strrchr(name, '/') + 1;
	const size_t hex_len = (size_t)2 * SHA256_SIZE;

	if (strncmp(base, "sha256:", 7) == 0)
		base += 7;
	if (strspn(base, "0123456789abcdef") != hex_len ||
	    (base[hex_len] != '\0' && strcmp(base + hex_len, ".json") != 0))
		return false;
	return memcmp(base, digest_hex(digest), hex_len) != 0;
}

/* The config, held as a document and parsed; *size is its size. */
static int
take_config(struct docker *d, struct json_value item, struct config *config,
    struct descriptor *descriptor, struct error *err)
{
	char *path, *text = NULL;
	const struct docker_entry *e;
	struct reader_region region;
	struct json *doc = NULL;
	struct digest digest;
	int rc = -1;

	path = json_string(json_member(item, "Config"), "Config", err);
	if (path == NULL)
		return error_context(err, "%s", d->in->name);
	e = docker_names_resolve(&d->names, path, err);
	if (e == NULL ||
	    source_read_text(entry_open(d, e, &region), e->size, d->in->name, path, &text, err) ==
		-1)
		goto done;
	doc = json_parse(text, (size_t)e->size, e->name, err);
	if (doc == NULL || config_parse(config, doc, err) == -1) {
		(void)error_context(err, "%s", d->in->name);
		goto done;
	}
	if (source_take_document(d->s, text, (size_t)e->size, d->in->name, &digest, err) == -1)
		goto done;
	if (is_named_otherwise(e->name, &digest)) {
		(void)error_set(err, ERROR_DIGEST, "%s: %s: content has digest %s", d->in->name,
		    e->name, digest.text);
		goto done;
	}
	rc = describe(descriptor, MEDIA_OCI_CONFIG, &digest, e->size, err);
done:
	json_free(doc);
	free(text);
	free(path);
	return rc;
}

/* One entry for each name: the whole reference, and its tag alone. */
static int
add_named(struct docker *d, const struct descriptor *image, const char *name, struct error *err)
{
	char full[MAX_REFERENCE_TEXT + 1];
	struct descriptor root;
	struct reference r;
	int rc;

	if (reference_parse(&r, name, err) == -1)
		return error_context(err, "%s: manifest.json: RepoTags", d->in->name);
	if (r.has_digest)
		return error_set(err, ERROR_INPUT, "%s: manifest.json: RepoTags: a digest: %s",
		    d->in->name, name);
	if (r.tag[0] == '\0')
		memcpy(r.tag, "latest", sizeof("latest"));
	reference_format(&r, full, sizeof(full));
	if (descriptor_dup(&root, image, err) == -1)
		return -1;
	rc = annotations_set(&root.annotations, ANNOTATION_REF_NAME, r.tag, err);
	if (rc == 0)
		rc = annotations_set(&root.annotations, ANNOTATION_IMAGE_NAME, full, err);
	if (rc == 0)
		rc = source_add_root(d->s, &root, err);
	descriptor_release(&root);
	return rc;
}

static int
add_roots(struct docker *d, const struct descriptor *image, struct json_value tags,
    struct error *err)
{
	struct descriptor root;
	struct json_cursor c;
	char *name;
	int rc = 0;

	if (json_exists(tags) && json_type(tags) != JSON_ARRAY)
		return error_set(err, ERROR_INPUT, "%s: manifest.json: RepoTags: not an array",
		    d->in->name);
	if (json_count(tags) == 0) {
		if (descriptor_dup(&root, image, err) == -1)
			return -1;
		rc = source_add_root(d->s, &root, err);
		descriptor_release(&root);
		return rc;
	}
	for (json_walk(&c, tags); rc == 0 && json_next(&c);) {
		name = json_string(c.value, "RepoTags", err);
		rc = name == NULL ? error_context(err, "%s", d->in->name) :
				    add_named(d, image, name, err);
		free(name);
	}
	return rc;
}

/* The manifest as a document, and a descriptor of it. */
static int
take_manifest(struct docker *d, const struct manifest *m, const struct config *config,
    struct descriptor *image, struct error *err)
{
	struct json_writer w;
	struct digest digest;
	int rc;

	json_writer_init(&w);
	manifest_write(m, &w);
	rc = json_writer_check(&w, err);
	if (rc == 0)
		rc = source_take_document(d->s, w.text, w.len, d->in->name, &digest, err);
	if (rc == 0)
		rc = describe(image, MEDIA_OCI_MANIFEST, &digest, w.len, err);
	if (rc == 0 && config->platform.os[0] != '\0' && config->platform.architecture[0] != '\0')
		rc = platform_dup(&image->platform, &config->platform, err);
	json_writer_release(&w);
	return rc;
}

static int
check_layers(const struct docker *d, struct json_value layers, const struct config *config,
    struct error *err)
{
	const size_t n = json_count(layers);

	if (!json_exists(layers) || json_type(layers) != JSON_ARRAY)
		return error_set(err, ERROR_INPUT, "%s: manifest.json: Layers: not an array",
		    d->in->name);
	if (n > MAX_LAYERS)
		return error_set(err, ERROR_INPUT, "%s: manifest.json: more than %zu layers",
		    d->in->name, MAX_LAYERS);
	if (n != config->n_diffids)
		return error_set(err, ERROR_INPUT,
		    "%s: manifest.json lists %zu layers, the config has "
		    "%zu diff_ids",
		    d->in->name, n, config->n_diffids);
	return 0;
}

static int
take_image(struct docker *d, struct json_value item, struct error *err)
{
	struct config config = { .n_diffids = 0 };
	struct manifest m = { .n_layers = 0 };
	struct descriptor image = { .media_type = NULL };
	int rc = -1;

	if (json_type(item) != JSON_OBJECT)
		return error_set(err, ERROR_INPUT, "%s: manifest.json: an item is no object",
		    d->in->name);
	if (json_check_case(item, known_keys, sizeof(known_keys) / sizeof(known_keys[0]), err) ==
	    -1)
		return error_context(err, "%s", d->in->name);
	if (!json_exists(json_member(item, "Config")))
		return error_set(err, ERROR_INPUT, "%s: manifest.json: an item without Config",
		    d->in->name);
	m.media_type = strdup(MEDIA_OCI_MANIFEST);
	if (m.media_type == NULL)
		return error_memory(err);
	if (take_config(d, item, &config, &m.config, err) == 0 &&
	    check_layers(d, json_member(item, "Layers"), &config, err) == 0 &&
	    take_layers(d, json_member(item, "Layers"), &config, &m, err) == 0 &&
	    take_manifest(d, &m, &config, &image, err) == 0)
		rc = add_roots(d, &image, json_member(item, "RepoTags"), err);
	descriptor_release(&image);
	manifest_release(&m);
	config_release(&config);
	return rc;
}

static int
take_images(struct docker *d, struct error *err)
{
	const struct docker_entry *e;
	struct reader_region region;
	struct json_cursor c;
	struct json *doc;
	char *text;
	int rc = 0;

	e = docker_names_resolve(&d->names, "manifest.json", err);
	if (e == NULL ||
	    source_read_text(entry_open(d, e, &region), e->size, d->in->name, "manifest.json",
		&text, err) == -1)
		return -1;
	doc = json_parse(text, (size_t)e->size, "manifest.json", err);
	if (doc == NULL) {
		rc = error_context(err, "%s", d->in->name);
	} else if (json_type(json_root(doc)) != JSON_ARRAY) {
		rc = error_set(err, ERROR_INPUT, "%s: manifest.json: not an array", d->in->name);
	} else if (json_count(json_root(doc)) > MAX_DOCKER_IMAGES) {
		rc = error_set(err, ERROR_INPUT, "%s: manifest.json: more than %zu images",
		    d->in->name, MAX_DOCKER_IMAGES);
	} else {
		for (json_walk(&c, json_root(doc)); rc == 0 && json_next(&c);)
			rc = take_image(d, c.value, err);
	}
	json_free(doc);
	free(text);
	return rc;
}

int
source_read_docker(struct source *s, struct input *in, struct error *err)
{
	struct docker d = { .s = s, .in = in };
	struct reader_region region;
	int rc;

	input_region(in, 0, in->size, &region);
	rc = docker_names_list(&d.names, &region.reader, err);
	if (rc == 0) {
		d.numbers = calloc(d.names.n + 1, sizeof(*d.numbers));
		rc = d.numbers == NULL ? error_memory(err) : take_images(&d, err);
	}
	docker_names_release(&d.names);
	free(d.numbers);
	free(d.layers);
	return rc;
}
