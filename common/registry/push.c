#include "registry/push.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/progress.h"
#include "image/descriptor.h"
#include "stream/graph.h"

/* A blob of the input on its way out. */
struct blob_body {
	struct http_body body;
	struct graph *graph;
	const struct graph_item *item;
	struct progress *progress;
	struct reader_progress counted;
};

/* An image of the plan in a table by digest, to find in items those that are one. */
struct root {
	const struct plan_image *image;
};

struct push {
	const struct push_options *opt;
	struct client *client; /* while push_run is at it */
	struct graph *graph;
	const struct graph_item *items;
	bool *there; /* an item that the registry has, by its number in items */
	size_t n;
	struct root *roots; /* as many as the plan has images */
};

static int
blob_open(struct http_body *b, struct reader **content, struct error *err)
{
	struct blob_body *blob = (struct blob_body *)b;

	if (graph_open(blob->graph, blob->item, content, err) == -1)
		return -1;
	if (blob->progress != NULL) {
		reader_progress_init(&blob->counted, *content, blob->progress);
		*content = &blob->counted.reader;
	}
	return 0;
}

static void
blob_close(struct http_body *b)
{
	graph_close(((struct blob_body *)b)->graph);
}

static bool
is_manifest(const struct graph_item *item)
{
	return item->role == GRAPH_MANIFEST || item->role == GRAPH_INDEX;
}

/* Says what is done, or what would be: that is what a dry run is for. */
static void
tell(const struct push *p, const char *done, const char *would, const struct digest *digest,
    const char *detail)
{
	struct registry_listener *l = p->opt->listener;
	char text[MAX_ERROR_TEXT];

	(void)snprintf(text, sizeof(text), "%s %s%s%s", p->opt->dry_run ? would : done,
	    digest->text, detail[0] != '\0' ? ": " : "", detail);
	if (p->opt->dry_run && l->warn != NULL)
		l->warn(l, text);
	else if (!p->opt->dry_run && l->trace != NULL)
		l->trace(l, text);
}

/* --no-clobber: a tag that is there must be on the same image. */
static int
check_tags(const struct push *p, struct error *err)
{
	const struct descriptor *root;
	struct digest digest;
	bool exists;
	size_t i;

	for (i = 0; i < p->opt->plan->n_tags; i++) {
		root = p->opt->plan->images[p->opt->plan->tags[i].image].root;
		if (client_manifest_digest(p->client, p->opt->plan->tags[i].text, &digest, &exists,
			err) == -1)
			return -1;
		if (exists && !digest_equal(&digest, &root->digest))
			return error_set(err, ERROR_OTHER,
			    "tag %s is %s already, and --no-clobber is "
			    "given",
			    p->opt->plan->tags[i].text, digest.text);
	}
	return 0;
}

/* From another repository of the registry, as far as one is known. */
static int
mount(struct push *p, size_t i, const struct digest *digest, struct error *err)
{
	const struct plan *plan = p->opt->plan;
	size_t k;

	for (k = 0; k < plan->n_sources && !p->there[i] && !p->opt->dry_run; k++) {
		if (client_blob_mount(p->client, digest, plan->sources[k], &p->there[i], err) == -1)
			return -1;
		if (p->there[i])
			tell(p, "mounted", "", digest, plan->sources[k]);
	}
	return 0;
}

/* What the input lacks the registry must have. All of it is asked before anything is sent. */
static int
find_missing(struct push *p, struct error *err)
{
	const struct graph_item *first = NULL;
	struct digest digest;
	size_t i, missing = 0;

	for (i = 0; i < p->n; i++) {
		if (p->items[i].state != BLOB_ABSENT || p->items[i].optional)
			continue;
		digest_from_raw(&digest, p->items[i].raw);
		if (client_blob_exists(p->client, &digest, p->items[i].size, &p->there[i], err) ==
		    -1)
			return -1;
		if (!p->there[i] && p->opt->dry_run && p->opt->plan->n_sources > 0) {
			tell(p, "", "would try to mount blob", &digest, "");
			continue;
		}
		if (!p->there[i] && mount(p, i, &digest, err) == -1)
			return -1;
		if (!p->there[i] && missing++ == 0)
			first = &p->items[i];
	}
	if (first == NULL)
		return 0;
	digest_from_raw(&digest, first->raw);
	return error_set(err, ERROR_NOTFOUND,
	    "%s: missing: %.200s of %llu bytes, which neither the "
	    "input nor the registry has; blobs missing: %zu",
	    digest.text, first->media_type, (unsigned long long)first->size, missing);
}

/* Of nothing there is nothing to send, so nobody would notice that it ought to be something. */
static int
check_empty(const struct push *p, const struct graph_item *item, struct error *err)
{
	struct reader *content;
	char byte;
	size_t len;
	int rc;

	if (graph_open(p->graph, item, &content, err) == -1)
		return -1;
	rc = reader_read(content, &byte, 1, &len, err);
	graph_close(p->graph);
	return rc;
}

static int
send_blob(struct push *p, size_t i, struct error *err)
{
	const struct graph_item *item = &p->items[i];
	struct blob_body body = {
		.body = { .size = item->size, .open = blob_open, .close = blob_close },
		.graph = p->graph,
		.item = item,
		.progress = p->opt->progress
	};
	struct digest digest;
	char size[32];

	digest_from_raw(&digest, item->raw);
	if (client_blob_exists(p->client, &digest, item->size, &p->there[i], err) == -1)
		return -1;
	if (!p->there[i] && mount(p, i, &digest, err) == -1)
		return -1;
	if (p->there[i])
		return 0;
	(void)snprintf(size, sizeof(size), "%llu bytes", (unsigned long long)item->size);
	tell(p, "sending blob", "would send blob", &digest, size);
	if (p->opt->dry_run)
		return 0;
	if (p->opt->progress != NULL)
		progress_step(p->opt->progress, digest.text);
	if (item->size == 0 && check_empty(p, item, err) == -1)
		return -1;
	return client_blob_upload(p->client, &digest, &body.body, err);
}

static int
send_blobs(struct push *p, struct error *err)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (!is_manifest(&p->items[i]) && p->items[i].state != BLOB_ABSENT &&
		    send_blob(p, i, err) == -1)
			return -1;
	return 0;
}

/* The bytes of a manifest, verified as they are read. */
static char *
load(const struct push *p, const struct graph_item *item, struct error *err)
{
	struct reader *content;
	char *text;
	size_t len;

	/* graph_add read it as a document, so it is small. */
	text = malloc((size_t)item->size + 1);
	if (text == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	if (graph_open(p->graph, item, &content, err) == -1) {
		free(text);
		return NULL;
	}
	/* One byte more than there is, so that the end is met and what it tells is heard. */
	if (reader_fill(content, text, (size_t)item->size + 1, &len, err) == -1) {
		free(text);
		text = NULL;
	} else if (len != item->size) {
		(void)error_set(err, ERROR_DIGEST, "%s: %zu bytes instead of %llu", content->name,
		    len, (unsigned long long)item->size);
		free(text);
		text = NULL;
	}
	graph_close(p->graph);
	return text;
}

/* Under its digest, or under the n tags from tags on. */
static int
send_manifest(const struct push *p, const struct graph_item *item, const struct plan_tag *tags,
    size_t n, struct error *err)
{
	struct digest digest;
	char *text;
	size_t i;
	int rc = 0;

	digest_from_raw(&digest, item->raw);
	if (p->opt->dry_run) {
		for (i = 0; i < n; i++)
			tell(p, "", "would send manifest", &digest, tags[i].text);
		if (n == 0)
			tell(p, "", "would send manifest", &digest, "");
		return 0;
	}
	text = load(p, item, err);
	if (text == NULL)
		return -1;
	if (n == 0)
		rc = client_manifest_put(p->client, digest.text, item->media_type, text,
		    (size_t)item->size, &digest, err);
	for (i = 0; i < n && rc == 0; i++)
		rc = client_manifest_put(p->client, tags[i].text, item->media_type, text,
		    (size_t)item->size, &digest, err);
	free(text);
	return rc;
}

static int
compare_roots(const void *a, const void *b)
{
	const struct root *x = a, *y = b;

	return digest_compare(&x->image->root->digest, &y->image->root->digest);
}

/* The image of the plan that item is, or NULL. */
static const struct plan_image *
find_root(const struct push *p, const struct graph_item *item)
{
	struct digest digest;
	size_t low = 0, high = p->opt->plan->n_images, middle;
	int order;

	digest_from_raw(&digest, item->raw);
	while (low < high) {
		middle = low + (high - low) / 2;
		order = digest_compare(&digest, &p->roots[middle].image->root->digest);
		if (order == 0)
			return p->roots[middle].image;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

/* All that is below a root or goes by its digest first, then the tags. */
static int
send_manifests(const struct push *p, struct error *err)
{
	const struct plan *plan = p->opt->plan;
	const struct plan_image *root;
	bool nested = false;
	size_t i;

	/* Where there are others, a tagged image may also be part of an index, which wants it
	 * before any tag is sent. */
	for (i = 0; i < p->n && plan->n_images > 1; i++)
		nested = nested || p->items[i].role == GRAPH_INDEX;
	for (i = 0; i < p->n; i++) {
		if (!is_manifest(&p->items[i]))
			continue;
		root = find_root(p, &p->items[i]);
		if ((root == NULL || root->n_tags == 0 || nested) &&
		    send_manifest(p, &p->items[i], NULL, 0, err) == -1)
			return -1;
	}
	for (i = 0; i < p->n; i++) {
		if (!is_manifest(&p->items[i]))
			continue;
		root = find_root(p, &p->items[i]);
		if (root != NULL && root->n_tags > 0 &&
		    send_manifest(p, &p->items[i], plan->tags + root->first_tag, root->n_tags,
			err) == -1)
			return -1;
	}
	return 0;
}

struct push *
push_new(const struct push_options *opt, struct error *err)
{
	const struct plan *plan = opt->plan;
	struct push *p = calloc(1, sizeof(*p));
	size_t i;

	assert(plan->n_images > 0);
	if (p == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	p->opt = opt;
	p->graph = graph_new(opt->source, err);
	if (p->graph == NULL)
		goto fail;
	for (i = 0; i < plan->n_images; i++)
		if (graph_add(p->graph, plan->images[i].root, err) == -1)
			goto fail;
	p->items = graph_items(p->graph, &p->n);
	p->there = calloc(p->n, sizeof(*p->there));
	p->roots = calloc(plan->n_images, sizeof(*p->roots));
	if (p->there == NULL || p->roots == NULL) {
		(void)error_memory(err);
		goto fail;
	}
	for (i = 0; i < plan->n_images; i++)
		p->roots[i].image = &plan->images[i];
	qsort(p->roots, plan->n_images, sizeof(*p->roots), compare_roots);
	return p;
fail:
	push_free(p);
	return NULL;
}

int
push_run(struct push *p, struct client *c, struct error *err)
{
	const struct plan *plan = p->opt->plan;
	size_t i;

	p->client = c;
	for (i = 0; i < plan->n_sources; i++)
		if (client_add_source(c, plan->sources[i], err) == -1)
			return -1;
	if (p->opt->no_clobber && check_tags(p, err) == -1)
		return -1;
	if (find_missing(p, err) == -1 || send_blobs(p, err) == -1 ||
	    source_verify_rest(p->opt->source, err) == -1)
		return -1;
	return send_manifests(p, err);
}

void
push_free(struct push *p)
{
	if (p == NULL)
		return;
	free(p->there);
	free(p->roots);
	graph_free(p->graph);
	free(p);
}
