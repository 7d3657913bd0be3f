#include "stream/pass.h"

#include <string.h>

#include "core/error.h"
#include "stream/names.h"

static int
pass_blob(struct blob_sink *sink, const struct digest *digest, uint64_t size,
    struct reader *content, struct error *err)
{
	struct pass *p = (struct pass *)(void *)sink;

	return layout_put(p->layout, digest, size, content, err);
}

void
pass_init(struct pass *p, struct layout *layout)
{
	*p = (struct pass){ .sink = { .blob = pass_blob }, .layout = layout };
}

struct source *
pass_read(struct pass *p, struct layout *l, const char *const *inputs, struct progress *progress,
    struct error *err)
{
	const struct source_options opt = { .sink = &p->sink,
		.progress = progress,
		.images_only = true };
	struct source *s;

	pass_init(p, l);
	s = source_new(&opt, err);
	if (s != NULL && source_read_all(s, inputs, err) == -1) {
		source_free(s);
		return NULL;
	}
	return s;
}

int
pass_documents(struct layout *l, struct graph *g, struct error *err)
{
	const struct graph_item *items;
	struct reader *content;
	struct digest digest;
	size_t i, n;
	int rc = 0;

	items = graph_items(g, &n);
	for (i = 0; rc == 0 && i < n; i++) {
		digest_from_raw(&digest, items[i].raw);
		if ((items[i].state != BLOB_DOCUMENT && !items[i].inlined) ||
		    layout_has(l, &digest))
			continue;
		if (graph_open(g, &items[i], &content, err) == -1)
			return -1;
		rc = layout_put(l, &digest, items[i].size, content, err);
		graph_close(g);
	}
	return rc;
}

int
pass_stream(struct layout *l, struct source *s, struct index *x, struct error *err)
{
	struct graph *g = graph_new(s, err);
	size_t i;
	int rc = -1;

	if (g == NULL || source_merge(s, err) == -1)
		goto done;
	for (i = 0; i < source_n_roots(s); i++)
		if (graph_add(g, source_root(s, i), err) == -1 ||
		    index_add_copy(x, source_root(s, i), err) == -1)
			goto done;
	if (pass_documents(l, g, err) == 0 && names_settle(x, err) == 0)
		rc = pass_mark_thin(x, graph_is_thin(g), err);
done:
	graph_free(g);
	return rc;
}

int
pass_index(struct layout *l, const struct index *x, struct descriptor *made, struct error *err)
{
	struct json_writer json;
	int rc = -1;

	*made = (struct descriptor){ .media_type = strdup(x->media_type) };
	if (made->media_type == NULL)
		return error_memory(err);
	json_writer_init(&json);
	index_write(x, &json);
	if (json_writer_check(&json, err) == 0)
		rc = layout_put_document(l, json.text, json.len, &made->digest, err);
	made->size = json.len;
	json_writer_release(&json);
	if (rc == -1) {
		descriptor_release(made);
		*made = (struct descriptor){ .size = 0 };
	}
	return rc;
}

int
pass_mark_thin(struct index *x, bool thin, struct error *err)
{
	return annotations_set(&x->annotations, ANNOTATION_THIN, thin ? "true" : NULL, err);
}

int
pass_commit(struct layout *l, struct index *x, bool thin, struct error *err)
{
	if (names_settle(x, err) == -1 || pass_mark_thin(x, thin, err) == -1)
		return -1;
	return layout_commit(l, x, NULL, err);
}
