#include "image/manifest.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"

/* Room for "a digest or a path: manifests[262143]"; a longer path is cut in messages. */
#define WHERE 400

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/*
 * CVE-2021-41190: members that belong to another kind of document, as containers/image lists
 * them; Go reads them in any case. An empty array, or null, is there too.
 */
static const char *const not_in_manifest[] = { "manifests", "fsLayers", "history" };
static const char *const not_in_index[] = { "layers", "config", "fsLayers", "history" };

static int
check_ambiguity(struct json_value root, const char *const *foreign, size_t n, struct error *err)
{
	struct json_cursor c;
	size_t i;

	json_walk(&c, root);
	while (json_next(&c))
		for (i = 0; i < n; i++)
			if (json_equals(c.key, foreign[i]))
				return error_set(err, ERROR_INPUT,
				    "%s: ambiguous: \"%s\" belongs to another kind of document",
				    json_name(root), foreign[i]);
	if (json_check_case(root, foreign, n, err) == -1)
		return error_context(err, "ambiguous");
	return 0;
}

static int
check_version(struct json_value root, struct error *err)
{
	struct json_value v = json_member(root, "schemaVersion");
	uint64_t version;

	if (!json_exists(v))
		return error_set(err, ERROR_INPUT, "%s: schemaVersion: missing", json_name(root));
	if (json_integer(v, "schemaVersion", &version, err) == -1 || version != 2)
		return error_set(err, ERROR_INPUT, "%s: schemaVersion: not 2", json_name(root));
	return 0;
}

static int
parse_media_type(char **type, struct json_value root, const char *expected, struct error *err)
{
	struct json_value v = json_member(root, "mediaType");

	if (!json_exists(v)) {
		*type = strdup(expected);
		return *type == NULL ? error_memory(err) : 0;
	}
	if ((*type = json_string(v, "mediaType", err)) == NULL)
		return -1;
	if (strcmp(*type, expected) != 0)
		return error_set(err, ERROR_INPUT, "%s: says %.200s, its descriptor %.200s",
		    json_name(root), *type, expected);
	return 0;
}

static int
parse_artifact_type(char **type, struct json_value root, struct error *err)
{
	struct json_value v = json_member(root, "artifactType");

	if (!json_exists(v))
		return 0;
	if ((*type = json_string(v, "artifactType", err)) == NULL)
		return -1;
	if (!media_is_valid(*type))
		return error_set(err, ERROR_INPUT, "%s: artifactType: not a media type: \"%.200s\"",
		    json_name(root), *type);
	return 0;
}

static int
parse_descriptor(struct descriptor *d, struct json_value root, const char *key, struct error *err)
{
	char where[WHERE];

	(void)snprintf(where, sizeof(where), "%s: %s", json_name(root), key);
	return descriptor_parse(d, json_member(root, key), where, err);
}

static int
parse_subject(struct descriptor *d, bool *has, struct json_value root, struct error *err)
{
	*has = json_exists(json_member(root, "subject"));
	if (*has && parse_descriptor(d, root, "subject", err) == -1) {
		*has = false;
		return -1;
	}
	return 0;
}

/* A required array of descriptors; on failure those before the bad one are in *items. */
static int
parse_descriptors(struct descriptor **items, size_t *n, size_t max, struct json_value root,
    const char *key, struct error *err)
{
	struct json_value v = json_member(root, key);
	struct json_cursor c;
	char where[WHERE];
	size_t count = json_count(v);

	if (!json_exists(v))
		return error_set(err, ERROR_INPUT, "%s: %s: missing", json_name(root), key);
	if (json_type(v) != JSON_ARRAY)
		return error_set(err, ERROR_INPUT, "%s: %s: not an array", json_name(root), key);
	if (count > max)
		return error_set(err, ERROR_INPUT, "%s: %s: more than %zu", json_name(root), key,
		    max);
	if (count == 0)
		return 0;
	if ((*items = calloc(count, sizeof(**items))) == NULL)
		return error_memory(err);
	json_walk(&c, v);
	while (json_next(&c)) {
		(void)snprintf(where, sizeof(where), "%s: %s[%zu]", json_name(root), key, *n);
		if (descriptor_parse(&(*items)[*n], c.value, where, err) == -1)
			return -1;
		(*n)++;
	}
	return 0;
}

static void
free_descriptors(struct descriptor *items, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		descriptor_release(&items[i]);
	free(items);
}

static int
parse_annotations(struct annotations *a, struct json_value root, struct error *err)
{
	if (annotations_parse(a, json_member(root, "annotations"), "annotations", err) == -1)
		return error_context(err, "%s", json_name(root));
	return 0;
}

static int
check_root(struct json_value root, const char *const *known, size_t n_known,
    const char *const *foreign, size_t n_foreign, struct error *err)
{
	if (json_type(root) != JSON_OBJECT)
		return error_set(err, ERROR_INPUT, "%s: not an object", json_name(root));
	if (check_ambiguity(root, foreign, n_foreign, err) == -1 ||
	    json_check_case(root, known, n_known, err) == -1)
		return -1;
	return check_version(root, err);
}

int
manifest_parse(struct manifest *m, const struct json *doc, const char *expected_type,
    struct error *err)
{
	static const char *const known[] = { "schemaVersion", "mediaType", "artifactType", "config",
		"layers", "subject", "annotations" };
	struct json_value root = json_root(doc);

	memset(m, 0, sizeof(*m));
	if (check_root(root, known, COUNT(known), not_in_manifest, COUNT(not_in_manifest), err) ==
		-1 ||
	    parse_media_type(&m->media_type, root, expected_type, err) == -1 ||
	    parse_artifact_type(&m->artifact_type, root, err) == -1 ||
	    parse_descriptor(&m->config, root, "config", err) == -1 ||
	    parse_descriptors(&m->layers, &m->n_layers, MAX_LAYERS, root, "layers", err) == -1 ||
	    parse_subject(&m->subject, &m->has_subject, root, err) == -1 ||
	    parse_annotations(&m->annotations, root, err) == -1) {
		manifest_release(m);
		return -1;
	}
	return 0;
}

bool
manifest_is_image(const struct manifest *m)
{
	return media_kind(m->config.media_type) == MEDIA_CONFIG;
}

/* Members are written in the order of their names: what comes before an array, what after. */
static void
write_head(struct json_writer *w, const struct annotations *a, const char *artifact_type)
{
	json_open(w, '{');
	if (a->n > 0) {
		json_key(w, "annotations");
		annotations_write(a, w);
	}
	if (artifact_type != NULL) {
		json_key(w, "artifactType");
		json_put_string(w, artifact_type);
	}
}

static void
write_descriptors(struct json_writer *w, const char *key, const struct descriptor *items, size_t n)
{
	size_t i;

	json_key(w, key);
	json_open(w, '[');
	for (i = 0; i < n; i++)
		descriptor_write(&items[i], w);
	json_close(w, ']');
}

static void
write_tail(struct json_writer *w, const char *media_type, bool has_subject,
    const struct descriptor *subject)
{
	json_key(w, "mediaType");
	json_put_string(w, media_type);
	json_key(w, "schemaVersion");
	json_put_integer(w, 2);
	if (has_subject) {
		json_key(w, "subject");
		descriptor_write(subject, w);
	}
	json_close(w, '}');
}

void
manifest_write(const struct manifest *m, struct json_writer *w)
{
	write_head(w, &m->annotations, m->artifact_type);
	json_key(w, "config");
	descriptor_write(&m->config, w);
	write_descriptors(w, "layers", m->layers, m->n_layers);
	write_tail(w, m->media_type, m->has_subject, &m->subject);
}

void
manifest_release(struct manifest *m)
{
	free(m->media_type);
	free(m->artifact_type);
	descriptor_release(&m->config);
	free_descriptors(m->layers, m->n_layers);
	descriptor_release(&m->subject);
	annotations_release(&m->annotations);
	memset(m, 0, sizeof(*m));
}

int
index_parse(struct index *x, const struct json *doc, const char *expected_type, struct error *err)
{
	static const char *const known[] = { "schemaVersion", "mediaType", "artifactType",
		"manifests", "subject", "annotations" };
	struct json_value root = json_root(doc);

	memset(x, 0, sizeof(*x));
	if (check_root(root, known, COUNT(known), not_in_index, COUNT(not_in_index), err) == -1 ||
	    parse_media_type(&x->media_type, root, expected_type, err) == -1 ||
	    parse_artifact_type(&x->artifact_type, root, err) == -1 ||
	    parse_descriptors(&x->manifests, &x->n_manifests, MAX_JSON_TOKENS, root, "manifests",
		err) == -1 ||
	    parse_subject(&x->subject, &x->has_subject, root, err) == -1 ||
	    parse_annotations(&x->annotations, root, err) == -1) {
		index_release(x);
		return -1;
	}
	return 0;
}

int
index_add(struct index *x, struct descriptor *d, struct error *err)
{
	struct descriptor *more;

	more = realloc(x->manifests, (x->n_manifests + 1) * sizeof(*more));
	if (more == NULL)
		return error_memory(err);
	more[x->n_manifests++] = *d;
	x->manifests = more;
	memset(d, 0, sizeof(*d));
	return 0;
}

int
index_add_copy(struct index *x, const struct descriptor *d, struct error *err)
{
	struct descriptor copy;

	if (descriptor_dup(&copy, d, err) == -1)
		return -1;
	if (index_add(x, &copy, err) == -1) {
		descriptor_release(&copy);
		return -1;
	}
	return 0;
}

void
index_write(const struct index *x, struct json_writer *w)
{
	write_head(w, &x->annotations, x->artifact_type);
	write_descriptors(w, "manifests", x->manifests, x->n_manifests);
	write_tail(w, x->media_type, x->has_subject, &x->subject);
}

void
index_release(struct index *x)
{
	free(x->media_type);
	free(x->artifact_type);
	free_descriptors(x->manifests, x->n_manifests);
	descriptor_release(&x->subject);
	annotations_release(&x->annotations);
	memset(x, 0, sizeof(*x));
}
