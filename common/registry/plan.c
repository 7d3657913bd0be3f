#include "registry/plan.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "image/descriptor.h"
#include "image/media.h"
#include "stream/blobset.h"

/* A plan being made. */
struct making {
	struct plan *p;
	struct blob_set *seen; /* images by digest; place is their number */
	const struct reference *to;
	size_t cap_images, cap_tags;
};

static int
add_tag(struct making *m, size_t image, const char *tag, struct error *err)
{
	struct plan *p = m->p;
	struct plan_tag *new;
	size_t cap;

	if (p->n_tags == m->cap_tags) {
		cap = m->cap_tags == 0 ? 16 : 2 * m->cap_tags;
		new = realloc(p->tags, cap * sizeof(*new));
		if (new == NULL)
			return error_memory(err);
		p->tags = new;
		m->cap_tags = cap;
	}
	p->tags[p->n_tags].image = image;
	p->tags[p->n_tags].rank = p->n_tags;
	memcpy(p->tags[p->n_tags].text, tag, strlen(tag) + 1);
	p->n_tags++;
	return 0;
}

/* The image of root, one for all its entries. */
static int
add_image(struct making *m, const struct descriptor *root, size_t *image, struct error *err)
{
	struct plan *p = m->p;
	struct plan_image *new;
	struct blob_entry *entry;
	uint8_t raw[SHA256_SIZE];
	size_t cap;

	if (digest_raw(&root->digest, raw, err) == -1)
		return -1;
	entry = blob_set_find(m->seen, raw);
	if (entry != NULL) {
		*image = entry->place;
		return 0;
	}
	if (p->n_images == m->cap_images) {
		cap = m->cap_images == 0 ? 16 : 2 * m->cap_images;
		new = realloc(p->images, cap * sizeof(*new));
		if (new == NULL)
			return error_memory(err);
		p->images = new;
		m->cap_images = cap;
	}
	entry = blob_set_add(m->seen, raw, err);
	if (entry == NULL)
		return -1;
	entry->place = (uint32_t)p->n_images; /* at most MAX_BLOBS */
	p->images[p->n_images] = (struct plan_image){ .root = root };
	*image = p->n_images++;
	return 0;
}

/* Where the image lies already, if that is on the registry we push to. */
static int
add_source(struct making *m, const struct descriptor *root, struct error *err)
{
	const char *full = annotations_get(&root->annotations, ANNOTATION_IMAGE_NAME);
	struct plan *p = m->p;
	struct reference from;
	struct error ignored;
	size_t i;

	if (full == NULL || p->n_sources == MAX_MOUNT_SOURCES ||
	    reference_parse(&from, full, &ignored) == -1 ||
	    strcmp(from.registry, m->to->registry) != 0 ||
	    strcmp(from.repository, m->to->repository) == 0)
		return 0;
	for (i = 0; i < p->n_sources; i++)
		if (strcmp(p->sources[i], from.repository) == 0)
			return 0;
	if (p->sources == NULL)
		p->sources = calloc(MAX_MOUNT_SOURCES, sizeof(*p->sources));
	if (p->sources == NULL)
		return error_memory(err);
	memcpy(p->sources[p->n_sources++], from.repository, strlen(from.repository) + 1);
	return 0;
}

/* The tag that an entry asks for: "" for none. A tag stands as it is, also "a.b" that could be
 * read as a reference; else it is a whole reference, whose tag counts. */
static int
entry_tag(const struct descriptor *root, char tag[MAX_TAG + 1], struct error *err)
{
	const char *name = annotations_get(&root->annotations, ANNOTATION_REF_NAME);
	struct reference r;
	struct error ignored;

	tag[0] = '\0';
	if (name == NULL)
		name = annotations_get(&root->annotations, ANNOTATION_IMAGE_NAME);
	else if (reference_is_tag(name)) {
		memcpy(tag, name, strlen(name) + 1);
		return 0;
	}
	if (name == NULL)
		return 0;
	if (reference_parse(&r, name, &ignored) == -1)
		return error_set(err, ERROR_INPUT,
		    "index.json: %s: its name %.200s is neither a tag "
		    "nor a reference",
		    root->digest.text, name);
	memcpy(tag, r.tag, sizeof(r.tag));
	return 0;
}

static int
add_roots(struct making *m, struct source *s, struct error *err)
{
	struct descriptor *root;
	enum media_kind kind;
	size_t i, image;

	for (i = 0; i < source_n_roots(s); i++) {
		root = source_root(s, i);
		kind = media_kind(root->media_type);
		if (kind != MEDIA_MANIFEST && kind != MEDIA_INDEX)
			return error_set(err, ERROR_INPUT, "%s: in no image: oci-manifest missing?",
			    root->digest.text);
		if (add_image(m, root, &image, err) == -1 || add_source(m, root, err) == -1)
			return -1;
	}
	if (m->p->n_images == 0)
		return error_set(err, ERROR_INPUT, "the input: no image in it");
	return 0;
}

/* Every entry's own tag. */
static int
add_own_tags(struct making *m, struct source *s, struct error *err)
{
	char tag[MAX_TAG + 1];
	size_t i, image;

	for (i = 0; i < source_n_roots(s); i++) {
		if (entry_tag(source_root(s, i), tag, err) == -1)
			return -1;
		if (tag[0] != '\0' &&
		    (add_image(m, source_root(s, i), &image, err) == -1 ||
			add_tag(m, image, tag, err) == -1))
			return -1;
	}
	return 0;
}

static int
check_target(const struct making *m, struct error *err)
{
	const struct plan *p = m->p;

	if (p->n_images > 1)
		return error_set(err, ERROR_INPUT,
		    "%zu images in the input, and the target is for "
		    "one: name a repository without a tag",
		    p->n_images);
	if (m->to->has_digest && !digest_equal(&m->to->digest, &p->images[0].root->digest))
		return error_set(err, ERROR_DIGEST,
		    "the image in the input is %s, the target says %s",
		    p->images[0].root->digest.text, m->to->digest.text);
	return 0;
}

static int
compare_tags(const void *a, const void *b)
{
	const struct plan_tag *x = a, *y = b;
	int order = strcmp(x->text, y->text);

	if (order == 0)
		order = (x->image > y->image) - (x->image < y->image);
	return order != 0 ? order : (x->rank > y->rank) - (x->rank < y->rank);
}

static int
compare_images(const void *a, const void *b)
{
	const struct plan_tag *x = a, *y = b;

	if (x->image != y->image)
		return x->image < y->image ? -1 : 1;
	return (x->rank > y->rank) - (x->rank < y->rank);
}

/* One tag, one image; then the tags of an image stand together. */
static int
settle_tags(struct plan *p, struct error *err)
{
	size_t i, n = 0;

	if (p->n_tags == 0)
		return 0;
	qsort(p->tags, p->n_tags, sizeof(*p->tags), compare_tags);
	for (i = 0; i < p->n_tags; i++) {
		if (n > 0 && strcmp(p->tags[n - 1].text, p->tags[i].text) == 0) {
			if (p->tags[n - 1].image == p->tags[i].image)
				continue;
			return error_set(err, ERROR_INPUT, "tag %s: claimed by %s and %s",
			    p->tags[i].text, p->images[p->tags[n - 1].image].root->digest.text,
			    p->images[p->tags[i].image].root->digest.text);
		}
		p->tags[n++] = p->tags[i];
	}
	p->n_tags = n;
	qsort(p->tags, n, sizeof(*p->tags), compare_images);
	for (i = 0; i < n; i++) {
		struct plan_image *image = &p->images[p->tags[i].image];

		if (image->n_tags++ == 0)
			image->first_tag = i;
	}
	return 0;
}

int
plan_make(struct plan *p, struct source *s, const struct reference *to, const char *const *tags,
    size_t n_tags, struct error *err)
{
	struct making m = { .p = p, .to = to };
	bool one = to->tag[0] != '\0' || to->has_digest;
	size_t i, j;
	int rc = -1;

	*p = (struct plan){ .images = NULL };
	m.seen = blob_set_new(err);
	if (m.seen == NULL || add_roots(&m, s, err) == -1)
		goto done;
	if (one && check_target(&m, err) == -1)
		goto done;
	if (to->tag[0] != '\0' && add_tag(&m, 0, to->tag, err) == -1)
		goto done;
	for (i = 0; i < n_tags; i++)
		for (j = 0; j < p->n_images; j++)
			if (add_tag(&m, j, tags[i], err) == -1)
				goto done;
	if (!one && add_own_tags(&m, s, err) == -1)
		goto done;
	if (!one && p->n_images == 1 && p->n_tags == 0 && add_tag(&m, 0, "latest", err) == -1)
		goto done;
	rc = settle_tags(p, err);
done:
	blob_set_free(m.seen);
	if (rc == -1)
		plan_release(p);
	return rc;
}

void
plan_release(struct plan *p)
{
	free(p->images);
	free(p->tags);
	free(p->sources);
	*p = (struct plan){ .images = NULL };
}
