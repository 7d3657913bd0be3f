/* Entries of several index.jsons as one: design 1.1, "Rules for merging". */
#include "stream/source_private.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "image/media.h"
#include "image/reference.h"
#include "stream/names.h"

/* An image's entry while entries are compared; layers never are. */
struct item {
	struct descriptor *root; /* their order in memory is that of the input */
	const char *name;	 /* NULL: untagged; borrowed from root, or it is own */
	char *own; /* the name as every spelling of it comes out, if root's is another */
};

static bool
is_layer(const struct descriptor *d)
{
	return media_kind(d->media_type) == MEDIA_LAYER;
}

static int
by_place(const struct item *a, const struct item *b)
{
	return a->root < b->root ? -1 : a->root > b->root;
}

static int
by_name(const void *x, const void *y)
{
	const struct item *a = x, *b = y;
	const int order = strcmp(a->name, b->name);

	return order != 0 ? order : by_place(a, b);
}

/* Untagged ones after the tagged ones of their digest. */
static int
by_digest(const void *x, const void *y)
{
	const struct item *a = x, *b = y;
	const int order = digest_compare(&a->root->digest, &b->root->digest);

	if (order != 0)
		return order;
	if ((a->name == NULL) != (b->name == NULL))
		return a->name == NULL ? 1 : -1;
	return a->name != NULL && strcmp(a->name, b->name) != 0 ? strcmp(a->name, b->name) :
								  by_place(a, b);
}

/* What is dropped has no media type from then on. */
static void
drop(struct descriptor *d)
{
	descriptor_release(d);
	*d = (struct descriptor){ .media_type = NULL };
}

/* items[0..n) have one name: all must have one digest, or the last one wins. */
static int
settle_name(struct item *items, size_t n, bool replace, struct error *err)
{
	const struct descriptor *last = items[n - 1].root;
	size_t i;

	for (i = 0; i < n; i++) {
		if (digest_equal(&items[i].root->digest, &last->digest))
			continue;
		if (!replace)
			return error_set(err, ERROR_INPUT, "%s names two images: %s and %s",
			    items[i].name, items[i].root->digest.text, last->digest.text);
		drop(items[i].root);
		items[i].root = NULL;
	}
	return 0;
}

static int
settle_names(struct item *items, size_t n, bool replace, struct error *err)
{
	size_t from, i;

	if (n > 1)
		qsort(items, n, sizeof(*items), by_name);
	for (from = 0, i = 1; n > 0 && i <= n; i++) {
		if (i < n && strcmp(items[from].name, items[i].name) == 0)
			continue;
		if (settle_name(items + from, i - from, replace, err) == -1)
			return -1;
		from = i;
	}
	return 0;
}

/* What from says and to does not. */
static int
unite(struct descriptor *to, struct descriptor *from, struct error *err)
{
	size_t i;

	for (i = 0; i < from->annotations.n; i++)
		if (annotations_get(&to->annotations, from->annotations.items[i].key) == NULL &&
		    annotations_set(&to->annotations, from->annotations.items[i].key,
			from->annotations.items[i].value, err) == -1)
			return -1;
	if (!descriptor_has_platform(to) && descriptor_has_platform(from))
		return platform_dup(&to->platform, &from->platform, err);
	return 0;
}

/*
 * items[0..n) have one digest, tagged ones first. Each name is left once, where it came first;
 * an untagged entry goes into the first of all.
 */
static int
fold(struct item *items, size_t n, struct error *err)
{
	struct item *first = &items[0], *kept = &items[0];
	size_t i;

	for (i = 1; i < n; i++) {
		if (items[i].name != NULL && by_place(&items[i], first) < 0 &&
		    strcmp(items[i].name, kept->name) != 0)
			first = &items[i];
		if (items[i].name != NULL && strcmp(items[i].name, kept->name) != 0) {
			kept = &items[i];
			continue;
		}
		if (unite(items[i].name == NULL ? first->root : kept->root, items[i].root, err) ==
		    -1)
			return -1;
		drop(items[i].root);
	}
	return 0;
}

static int
fold_images(struct item *items, size_t n, struct error *err)
{
	size_t from, i;

	if (n > 1)
		qsort(items, n, sizeof(*items), by_digest);
	for (from = 0, i = 1; n > 0 && i <= n; i++) {
		if (i < n && digest_equal(&items[from].root->digest, &items[i].root->digest))
			continue;
		if (fold(items + from, i - from, err) == -1)
			return -1;
		from = i;
	}
	return 0;
}

/*
 * "alpine:3" and "docker.io/library/alpine:3" are one name to whoever loads the archive. A bare tag
 * stays one, and what is no reference stays as it is.
 */
static int
set_name(struct item *item, struct error *err)
{
	char full[MAX_REFERENCE_TEXT + 1];
	struct reference r;
	struct error ignored;

	item->name = names_of(item->root);
	if (item->name == NULL ||
	    (annotations_get(&item->root->annotations, ANNOTATION_IMAGE_NAME) == NULL &&
		reference_is_tag(item->name)) ||
	    reference_parse(&r, item->name, &ignored) == -1)
		return 0;
	if (r.tag[0] == '\0' && !r.has_digest)
		memcpy(r.tag, "latest", sizeof("latest"));
	reference_format(&r, full, sizeof(full));
	if (strcmp(full, item->name) == 0)
		return 0;
	item->own = strdup(full);
	item->name = item->own;
	return item->own == NULL ? error_memory(err) : 0;
}

static void
release(struct item *items, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		free(items[i].own);
		items[i] = (struct item){ .root = NULL };
	}
}

/* The images of s that are left, with or without those that have no name. */
static int
list(const struct source *s, struct item *items, bool untagged, size_t *n, struct error *err)
{
	size_t i;

	*n = 0;
	for (i = 0; i < s->n_roots; i++) {
		if (s->roots[i].media_type == NULL || is_layer(&s->roots[i]))
			continue;
		items[*n] = (struct item){ .root = &s->roots[i] };
		if (set_name(&items[*n], err) == -1)
			return -1;
		if (untagged || items[*n].name != NULL)
			++*n;
	}
	return 0;
}

static void
close_gaps(struct source *s)
{
	size_t i, n = 0;

	for (i = 0; i < s->n_roots; i++)
		if (s->roots[i].media_type != NULL)
			s->roots[n++] = s->roots[i];
	s->n_roots = n;
}

int
source_merge(struct source *s, struct error *err)
{
	struct item *items;
	size_t n = 0, i;
	int rc;

	for (i = 0; i < s->n_roots; i++)
		if (names_judge(&s->roots[i], err) == -1)
			return -1;
	items = calloc(s->n_roots + 1, sizeof(*items));
	if (items == NULL)
		return error_memory(err);
	rc = list(s, items, false, &n, err);
	if (rc == 0)
		rc = settle_names(items, n, s->opt.replace, err);
	release(items, n);
	if (rc == 0)
		rc = list(s, items, true, &n, err);
	if (rc == 0)
		rc = fold_images(items, n, err);
	release(items, n);
	close_gaps(s);
	free(items);
	return rc;
}
