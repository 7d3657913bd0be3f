#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/json.h"
#include "stream/graph_private.h"

int
graph_check_size(const struct descriptor *d, uint64_t size, struct error *err)
{
	if (d->size == size)
		return 0;
	return error_set(err, ERROR_DIGEST, "%s: a descriptor says %llu bytes, it has %llu",
	    d->digest.text, (unsigned long long)d->size, (unsigned long long)size);
}

int
graph_check(struct source *s, const struct descriptor *d, struct error *err)
{
	uint8_t raw[SHA256_SIZE];
	unsigned char *buf;
	uint64_t size;
	size_t len;

	if (digest_raw(&d->digest, raw, err) == -1)
		return -1;
	if (source_find(s, &d->digest, &size) != BLOB_ABSENT &&
	    graph_check_size(d, size, err) == -1)
		return -1;
	if (d->data == NULL)
		return 0;
	if (descriptor_data(d, &buf, &len, err) == -1)
		return -1;
	free(buf);
	return 0;
}

int
graph_entry_diffid(const struct descriptor *entry, struct digest *diffid, bool *said,
    struct error *err)
{
	const char *text = annotations_get(&entry->annotations, ANNOTATION_DIFFID);
	uint8_t raw[SHA256_SIZE];

	*said = text != NULL && media_kind(entry->media_type) == MEDIA_LAYER;
	if (!*said)
		return 0;
	if (digest_parse(diffid, text, strlen(text), err) == -1 ||
	    digest_raw(diffid, raw, err) == -1)
		return error_context(err, "%s: %s", entry->digest.text, ANNOTATION_DIFFID);
	return 0;
}

int
graph_load(struct source *s, const struct descriptor *d, char **text, size_t *len,
    struct error *err)
{
	uint8_t raw[SHA256_SIZE];
	unsigned char *buf;
	char *ended;

	if (digest_raw(&d->digest, raw, err) == -1)
		return -1;
	if (source_find(s, &d->digest, NULL) != BLOB_ABSENT)
		return source_document(s, &d->digest, d->size, text, len, err);
	if (d->data == NULL)
		return error_set(err, ERROR_NOTFOUND, "%s: missing: %.200s of %llu bytes",
		    d->digest.text, d->media_type, (unsigned long long)d->size);
	if (descriptor_data(d, &buf, len, err) == -1)
		return -1;
	ended = realloc(buf, *len + 1);
	if (ended == NULL) {
		free(buf);
		return error_memory(err);
	}
	ended[*len] = '\0';
	*text = ended;
	return 0;
}

/* The document that d describes, parsed. Its text is freed after the json. */
static struct json *
load_json(struct source *s, const struct descriptor *d, char **text, struct error *err)
{
	struct json *doc;
	size_t len;

	if (graph_load(s, d, text, &len, err) == -1)
		return NULL;
	doc = json_parse(*text, len, d->digest.text, err);
	if (doc == NULL)
		free(*text);
	return doc;
}

int
graph_load_manifest(struct source *s, const struct descriptor *d, struct manifest *m,
    struct error *err)
{
	struct json *doc;
	char *text;
	int rc;

	if ((doc = load_json(s, d, &text, err)) == NULL)
		return -1;
	rc = manifest_parse(m, doc, d->media_type, err);
	json_free(doc);
	free(text);
	return rc;
}

int
graph_load_index(struct source *s, const struct descriptor *d, struct index *x, struct error *err)
{
	struct json *doc;
	char *text;
	int rc;

	if ((doc = load_json(s, d, &text, err)) == NULL)
		return -1;
	rc = index_parse(x, doc, d->media_type, err);
	json_free(doc);
	free(text);
	/* One of each level is in memory at a time. */
	if (rc == 0 && x->n_manifests > MAX_ENTRIES) {
		index_release(x);
		rc = error_set(err, ERROR_INPUT, "%s: an index of more than %zu entries",
		    d->digest.text, MAX_ENTRIES);
	}
	return rc;
}

/* Layers are compared with what they are unpacked to, and that is hashed with sha256. */
static int
check_diffids(const struct config *c, const struct digest *config, struct error *err)
{
	uint8_t raw[SHA256_SIZE];
	size_t i;

	for (i = 0; i < c->n_diffids; i++)
		if (digest_raw(&c->diffids[i], raw, err) == -1)
			return error_context(err, "%s: rootfs.diff_ids[%zu]", config->text, i);
	return 0;
}

int
graph_load_config(struct source *s, const struct descriptor *d, struct config *c, struct error *err)
{
	struct json *doc;
	char *text;
	int rc;

	if ((doc = load_json(s, d, &text, err)) == NULL)
		return -1;
	rc = config_parse(c, doc, err);
	json_free(doc);
	free(text);
	if (rc == 0 && check_diffids(c, &d->digest, err) == -1) {
		config_release(c);
		rc = -1;
	}
	return rc;
}
