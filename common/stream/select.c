#include "stream/select.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "image/media.h"
#include "image/reference.h"
#include "stream/blobset.h"
#include "stream/graph.h"
#include "stream/index_walk.h"
#include "stream/names.h"

/* Names in a message before it says that there are more. */
#define MAX_NAMED 12

/* --- by name or digest --- */

struct wanted {
	const char *text;
	char full[MAX_REFERENCE_TEXT + 1]; /* the whole reference, if it is one */
	struct digest digest;
	bool is_digest;
	bool found;
};

static void
parse_wanted(struct wanted *w, const char *text)
{
	struct error ignored;
	struct reference r;

	*w = (struct wanted){ .text = text };
	/* "a:v1" too is a digest by its grammar, of an algorithm that nobody has registered. */
	w->is_digest = digest_parse(&w->digest, text, strlen(text), &ignored) == 0 &&
	    w->digest.algorithm != DIGEST_UNREGISTERED;
	if (!w->is_digest && strpbrk(text, "/:") != NULL &&
	    reference_parse(&r, text, &ignored) == 0)
		reference_format(&r, w->full, sizeof(w->full));
}

/* The tag of a whole reference, or "". */
static bool
has_tag(const char *full, const char *tag)
{
	struct reference r;
	struct error ignored;

	return reference_parse(&r, full, &ignored) == 0 && r.tag[0] != '\0' &&
	    strcmp(r.tag, tag) == 0;
}

static bool
matches(const struct wanted *w, const struct descriptor *root)
{
	const char *tag = annotations_get(&root->annotations, ANNOTATION_REF_NAME);
	const char *full = annotations_get(&root->annotations, ANNOTATION_IMAGE_NAME);

	if (w->is_digest)
		return digest_equal(&w->digest, &root->digest);
	if (tag != NULL && (strcmp(tag, w->text) == 0 || strcmp(tag, w->full) == 0))
		return true;
	return full != NULL &&
	    (strcmp(full, w->text) == 0 || strcmp(full, w->full) == 0 || has_tag(full, w->text));
}

struct search {
	struct index_walk walk;
	struct wanted *wanted;
	struct index *found;
};

static int
visit(struct index_walk *walk, const struct descriptor *d, struct error *err)
{
	struct search *search = (struct search *)(void *)walk;

	if (!digest_equal(&d->digest, &search->wanted->digest))
		return 0;
	search->wanted->found = walk->stop = true;
	return index_add_copy(search->found, d, err);
}

/* Adds w's digest from below the first n roots, if it is there. */
static int
find_nested(struct index *x, struct source *s, size_t n, struct wanted *w, struct error *err)
{
	struct search search = { .walk = { .source = s, .visit = visit }, .wanted = w, .found = x };
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && !w->found && i < n; i++)
		rc = index_walk(&search.walk, source_root(s, i), err);
	index_walk_release(&search.walk);
	return rc;
}

static int
refuse_wanted(struct source *s, size_t n, const char *text, struct error *err)
{
	char list[MAX_ERROR_TEXT / 2] = "";
	const char *name;
	size_t i, len, used = 0;

	for (i = 0; i < n; i++) {
		name = select_name(source_root(s, i));
		len = strlen(name);
		if (i == MAX_NAMED || used + len + 8 > sizeof(list)) {
			memcpy(list + used, " …", sizeof(" …"));
			break;
		}
		list[used++] = ' ';
		memcpy(list + used, name, len + 1);
		used += len;
	}
	return error_set(err, ERROR_NOTFOUND, "%.300s: not in the input; there is:%s", text,
	    n == 0 ? " nothing" : list);
}

/* Which of the first n roots are wanted; and in below what else is, from inside of indexes. */
static int
find_wanted(bool *keep, struct index *below, struct source *s, size_t n, struct wanted *wanted,
    size_t n_wanted, struct error *err)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		keep[i] = n_wanted == 0;
		for (k = 0; k < n_wanted; k++)
			if (matches(&wanted[k], source_root(s, i)))
				keep[i] = wanted[k].found = true;
	}
	for (k = 0; k < n_wanted; k++) {
		if (!wanted[k].found && wanted[k].is_digest &&
		    find_nested(below, s, n, &wanted[k], err) == -1)
			return -1;
		if (!wanted[k].found)
			return refuse_wanted(s, n, wanted[k].text, err);
	}
	return 0;
}

/* Entries are moved, not copied: there may be thousands. */
static int
take_entries(struct index *x, struct source *s, size_t n, const bool *keep, struct index *below,
    struct error *err)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (keep[i] && index_add(x, source_root(s, i), err) == -1)
			return -1;
	for (i = 0; i < below->n_manifests; i++)
		if (index_add(x, &below->manifests[i], err) == -1)
			return -1;
	return 0;
}

static int
select_entries(struct index *x, struct source *s, size_t n, const struct select_options *opt,
    struct error *err)
{
	struct wanted *wanted = calloc(opt->n_wanted + 1, sizeof(*wanted));
	bool *keep = calloc(n + 1, sizeof(*keep));
	struct index below = { .n_manifests = 0 };
	size_t i;
	int rc = -1;

	if (wanted == NULL || keep == NULL) {
		(void)error_memory(err);
		goto done;
	}
	for (i = 0; i < opt->n_wanted; i++)
		parse_wanted(&wanted[i], opt->wanted[i]);
	if (find_wanted(keep, &below, s, n, wanted, opt->n_wanted, err) == 0)
		rc = take_entries(x, s, n, keep, &below, err);
done:
	index_release(&below);
	free(keep);
	free(wanted);
	return rc;
}

/* --- new names --- */

static int
count_images(const struct index *x, size_t *n, struct error *err)
{
	struct blob_set *met = blob_set_new(err);
	uint8_t raw[SHA256_SIZE];
	size_t i;
	int rc = met == NULL ? -1 : 0;

	*n = 0;
	for (i = 0; rc == 0 && i < x->n_manifests; i++) {
		if (media_kind(x->manifests[i].media_type) == MEDIA_LAYER)
			continue;
		rc = digest_raw(&x->manifests[i].digest, raw, err);
		if (rc == 0 && blob_set_find(met, raw) == NULL &&
		    blob_set_add(met, raw, err) == NULL)
			rc = -1;
	}
	if (rc == 0)
		*n = blob_set_count(met);
	blob_set_free(met);
	return rc;
}

static int
rename_image(struct selection *sel, const char *const *names, size_t n_names, struct error *err)
{
	struct index renamed = { .n_manifests = 0 };
	const struct descriptor *d;
	bool done = false;
	size_t i, n;
	int rc = 0;

	if (count_images(&sel->index, &n, err) == -1)
		return -1;
	if (n != 1)
		return error_set(err, ERROR_INPUT, "-t names one image, here are %zu%s", n,
		    n == 0 ? "" : ": choose with -s");
	for (i = 0; rc == 0 && i < sel->index.n_manifests; i++) {
		d = &sel->index.manifests[i];
		if (media_kind(d->media_type) == MEDIA_LAYER)
			rc = index_add_copy(&renamed, d, err);
		else if (!done)
			rc = names_add(&renamed, d, names, n_names, err);
		done = done || media_kind(d->media_type) != MEDIA_LAYER;
	}
	index_release(&sel->index);
	sel->index = renamed;
	return rc;
}

int
select_images(struct selection *sel, struct source *s, const struct select_options *opt,
    struct error *err)
{
	const size_t n = source_n_roots(s);

	*sel = (struct selection){ .n_changes = 0 };
	if (select_entries(&sel->index, s, n, opt, err) == -1)
		return -1;
	if (opt->platforms->n > 0 && select_platforms(sel, s, opt->platforms, err) == -1)
		return -1;
	if (opt->n_names > 0 && rename_image(sel, opt->names, opt->n_names, err) == -1)
		return -1;
	return names_settle(&sel->index, err);
}

void
selection_release(struct selection *sel)
{
	index_release(&sel->index);
	free(sel->changes);
	*sel = (struct selection){ .n_changes = 0 };
}
