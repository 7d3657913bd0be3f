#include "stream/names.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "image/reference.h"

int
names_drop(struct descriptor *entry, struct error *err)
{
	if (annotations_set(&entry->annotations, ANNOTATION_REF_NAME, NULL, err) == -1)
		return -1;
	return annotations_set(&entry->annotations, ANNOTATION_IMAGE_NAME, NULL, err);
}

const char *
names_of(const struct descriptor *entry)
{
	const char *name = annotations_get(&entry->annotations, ANNOTATION_IMAGE_NAME);

	return name != NULL ? name : annotations_get(&entry->annotations, ANNOTATION_REF_NAME);
}

static int
add_named(struct index *x, const struct descriptor *d, const struct name *name, struct error *err)
{
	struct descriptor entry;

	if (descriptor_dup(&entry, d, err) == -1)
		return -1;
	if (names_drop(&entry, err) == 0 &&
	    annotations_set(&entry.annotations, ANNOTATION_REF_NAME, name->tag, err) == 0 &&
	    (name->full[0] == '\0' ||
		annotations_set(&entry.annotations, ANNOTATION_IMAGE_NAME, name->full, err) == 0) &&
	    index_add(x, &entry, err) == 0)
		return 0;
	descriptor_release(&entry);
	return -1;
}

int
names_check(const char *const *names, size_t n, struct error *err)
{
	struct name name;
	size_t i;

	for (i = 0; i < n; i++)
		if (name_parse(&name, names[i], err) == -1)
			return -1;
	return 0;
}

int
names_add(struct index *x, const struct descriptor *d, const char *const *names, size_t n,
    struct error *err)
{
	struct name name;
	size_t i;

	for (i = 0; i < n; i++)
		if (name_parse(&name, names[i], err) == -1 || add_named(x, d, &name, err) == -1)
			return -1;
	return n > 0 ? 0 : index_add_copy(x, d, err);
}

/* An entry whose whole reference is known. */
struct known {
	const char *name;      /* borrowed from its annotations */
	size_t repository_len; /* registry and repository: the part of name before ":tag" */
	size_t entry;
};

static const char *
tag_of(const struct known *k)
{
	return k->name + k->repository_len + 1;
}

static int
by_tag(const void *x, const void *y)
{
	return strcmp(tag_of(x), tag_of(y));
}

static bool
same_repository(const struct known *a, const struct known *b)
{
	return a->repository_len == b->repository_len &&
	    memcmp(a->name, b->name, a->repository_len) == 0;
}

/* False for a name that is no reference, or has no tag or a digest: it stays as it came. */
static bool
know(struct known *k, const char *name, size_t entry)
{
	struct reference r;
	struct error ignored;

	if (reference_parse(&r, name, &ignored) == -1 || r.tag[0] == '\0' || r.has_digest)
		return false;
	*k = (struct known){ .name = name,
		.repository_len = (size_t)(strrchr(name, ':') - name),
		.entry = entry };
	return true;
}

/* known[0..n) share one tag. */
static int
settle_tag(struct index *x, const struct known *known, size_t n, struct error *err)
{
	bool shared = false;
	size_t i;

	for (i = 1; i < n; i++)
		if (!same_repository(&known[0], &known[i]))
			shared = true;
	for (i = 0; i < n; i++)
		if (annotations_set(&x->manifests[known[i].entry].annotations, ANNOTATION_REF_NAME,
			shared ? known[i].name : tag_of(&known[i]), err) == -1)
			return -1;
	return 0;
}

int
names_settle(struct index *x, struct error *err)
{
	struct known *known;
	const char *name;
	size_t i, n = 0, from;
	int rc = 0;

	known = calloc(x->n_manifests + 1, sizeof(*known));
	if (known == NULL)
		return error_memory(err);
	for (i = 0; i < x->n_manifests; i++) {
		name = annotations_get(&x->manifests[i].annotations, ANNOTATION_IMAGE_NAME);
		if (name != NULL && know(&known[n], name, i))
			n++;
	}
	if (n > 0)
		qsort(known, n, sizeof(*known), by_tag);
	for (from = 0, i = 1; rc == 0 && n > 0 && i <= n; i++) {
		if (i < n && by_tag(&known[from], &known[i]) == 0)
			continue;
		rc = settle_tag(x, known + from, i - from, err);
		from = i;
	}
	free(known);
	return rc;
}
