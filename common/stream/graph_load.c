#include <stdlib.h>

#include "core/error.h"
#include "core/json.h"
#include "stream/graph.h"

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
	return rc;
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
	return rc;
}
