#include "stream/images.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "image/config.h"
#include "image/manifest.h"
#include "image/media.h"
#include "stream/graph.h"
#include "stream/index_walk.h"

/* Platforms named in a message before it says "and others". */
#define MAX_NAMED 12

static bool
has_image(const struct images *m, const struct digest *d)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (digest_equal(&m->items[i].descriptor.digest, d))
			return true;
	return false;
}

/* The platform that the config of image manifest d says, unless its descriptor says it. */
static int
fill_platform(struct source *s, struct descriptor *d, struct error *err)
{
	struct manifest manifest = { .media_type = NULL };
	struct config config = { .n_diffids = 0 };
	int rc = -1;

	if (graph_load_manifest(s, d, &manifest, err) == -1)
		return -1;
	if (!manifest_is_image(&manifest)) {
		rc = 0;
		goto done;
	}
	if (graph_load_config(s, &manifest.config, &config, err) == -1)
		goto done;
	/* What the config lacks is no platform: an index then gives none either. */
	if (config.platform.os[0] == '\0' || config.platform.architecture[0] == '\0')
		rc = 0;
	else
		rc = platform_dup(&d->platform, &config.platform, err);
done:
	config_release(&config);
	manifest_release(&manifest);
	return rc;
}

static int
add_manifest(struct images *m, struct source *s, const struct descriptor *d, struct error *err)
{
	struct image *items;
	struct image *image;
	size_t cap;

	if (has_image(m, &d->digest))
		return 0;
	if (m->n == MAX_IMAGES)
		return error_set(err, ERROR_INPUT, "%s: more than %zu images under one name",
		    d->digest.text, MAX_IMAGES);
	if (m->n == m->cap) {
		cap = m->cap == 0 ? 8 : 2 * m->cap;
		items = realloc(m->items, cap * sizeof(*items));
		if (items == NULL)
			return error_memory(err);
		m->items = items;
		m->cap = cap;
	}
	image = &m->items[m->n];
	if (descriptor_dup(&image->descriptor, d, err) == -1)
		return -1;
	m->n++;
	image->attestation = descriptor_is_attestation(d);
	if (descriptor_has_platform(d) || media_kind(d->media_type) != MEDIA_MANIFEST)
		return 0;
	return fill_platform(s, &image->descriptor, err);
}

struct adding {
	struct index_walk walk;
	struct images *images;
};

static int
visit(struct index_walk *walk, const struct descriptor *d, struct error *err)
{
	struct adding *a = (struct adding *)(void *)walk;

	if (media_kind(d->media_type) == MEDIA_INDEX)
		return 0;
	return add_manifest(a->images, walk->source, d, err);
}

int
images_add(struct images *m, struct source *s, const struct descriptor *root, struct error *err)
{
	struct adding a = { .walk = { .source = s, .visit = visit }, .images = m };
	struct descriptor plain;
	int rc;

	if (descriptor_dup(&plain, root, err) == -1)
		return -1;
	annotations_release(&plain.annotations);
	rc = index_walk(&a.walk, &plain, err);
	index_walk_release(&a.walk);
	descriptor_release(&plain);
	return rc;
}

int
images_entry(struct source *s, const struct descriptor *root, struct descriptor *entry,
    struct error *err)
{
	if (descriptor_dup(entry, root, err) == -1)
		return -1;
	if (descriptor_has_platform(entry) || media_kind(entry->media_type) != MEDIA_MANIFEST)
		return 0;
	if (fill_platform(s, entry, err) == 0)
		return 0;
	descriptor_release(entry);
	return -1;
}

static bool
is_pattern(const struct platform *p)
{
	return strcmp(p->os, "*") == 0 || strcmp(p->architecture, "*") == 0;
}

static bool
can_be_chosen(const struct image *image)
{
	return !image->attestation && descriptor_has_platform(&image->descriptor) &&
	    !platform_is_unknown(&image->descriptor.platform);
}

static bool
mark_wanted(const struct images *m, const struct platform *wanted, bool *keep)
{
	size_t i, best = m->n;
	int match, best_match = 0;
	bool found = false;

	for (i = 0; i < m->n; i++) {
		if (!can_be_chosen(&m->items[i]))
			continue;
		match = platform_match(wanted, &m->items[i].descriptor.platform);
		if (match > 0 && is_pattern(wanted)) {
			keep[i] = true;
			found = true;
		} else if (match > best_match) {
			best_match = match;
			best = i;
		}
	}
	if (best < m->n)
		keep[best] = true;
	return found || best < m->n;
}

static int
refuse_wanted(const struct images *m, const struct platform *wanted, struct error *err)
{
	char list[MAX_ERROR_TEXT / 2] = "";
	char text[MAX_PLATFORM_TEXT + 1];
	size_t i, used = 0, named = 0;

	for (i = 0; i < m->n; i++) {
		if (!can_be_chosen(&m->items[i]))
			continue;
		platform_format(&m->items[i].descriptor.platform, text, sizeof(text));
		if (named == MAX_NAMED || used + strlen(text) + 16 > sizeof(list)) {
			memcpy(list + used, " …", sizeof(" …"));
			break;
		}
		list[used++] = ' ';
		memcpy(list + used, text, strlen(text) + 1);
		used += strlen(text);
		named++;
	}
	platform_format(wanted, text, sizeof(text));
	return error_set(err, ERROR_NOTFOUND, "no image for platform %s; there is:%s", text,
	    named == 0 ? " none with a platform" : list);
}

static bool
speaks_of(const struct descriptor *attestation, const struct descriptor *d)
{
	const char *of = annotations_get(&attestation->annotations, ANNOTATION_REFERENCE_DIGEST);

	return of != NULL && strcmp(of, d->digest.text) == 0;
}

static void
keep_only(struct images *m, const bool *keep)
{
	size_t i, n = 0;

	for (i = 0; i < m->n; i++) {
		if (keep[i])
			m->items[n++] = m->items[i];
		else
			descriptor_release(&m->items[i].descriptor);
	}
	m->n = n;
}

int
images_choose(struct images *m, const struct platform_list *wanted, struct error *err)
{
	bool *keep;
	size_t i, k;
	int rc = -1;

	keep = calloc(m->n + 1, sizeof(*keep));
	if (keep == NULL)
		return error_memory(err);
	for (i = 0; i < wanted->n; i++) {
		if (!mark_wanted(m, &wanted->items[i], keep)) {
			(void)refuse_wanted(m, &wanted->items[i], err);
			goto done;
		}
	}
	for (i = 0; i < m->n; i++)
		for (k = 0; m->items[i].attestation && k < m->n; k++)
			if (keep[k] && !m->items[k].attestation &&
			    speaks_of(&m->items[i].descriptor, &m->items[k].descriptor))
				keep[i] = true;
	keep_only(m, keep);
	rc = 0;
done:
	free(keep);
	return rc;
}

void
images_drop_attestations(struct images *m)
{
	size_t i, n = 0;

	for (i = 0; i < m->n; i++) {
		if (m->items[i].attestation)
			descriptor_release(&m->items[i].descriptor);
		else
			m->items[n++] = m->items[i];
	}
	m->n = n;
}

static int
compare(const void *x, const void *y)
{
	const struct image *a = x, *b = y;
	bool pa = descriptor_has_platform(&a->descriptor),
	     pb = descriptor_has_platform(&b->descriptor);
	int order;

	if (a->attestation != b->attestation)
		return a->attestation ? 1 : -1;
	if (pa != pb)
		return pa ? -1 : 1;
	order = pa ? platform_compare(&a->descriptor.platform, &b->descriptor.platform) : 0;
	return order != 0 ? order : digest_compare(&a->descriptor.digest, &b->descriptor.digest);
}

/* Attestations stand at the end now: each moves up behind the image that it speaks of. */
static void
place_attestations(struct images *m)
{
	struct image moved;
	size_t i, k, first = 0;

	while (first < m->n && !m->items[first].attestation)
		first++;
	for (i = first; i < m->n; i++) {
		for (k = 0; k < i; k++)
			if (!m->items[k].attestation &&
			    speaks_of(&m->items[i].descriptor, &m->items[k].descriptor))
				break;
		if (k == i)
			continue;
		/* Behind those of the same image that were placed before it. */
		for (k++; k < i && m->items[k].attestation; k++)
			continue;
		moved = m->items[i];
		memmove(&m->items[k + 1], &m->items[k], (i - k) * sizeof(moved));
		m->items[k] = moved;
	}
}

void
images_sort(struct images *m)
{
	if (m->n > 1)
		qsort(m->items, m->n, sizeof(*m->items), compare);
	place_attestations(m);
}

int
images_check_platforms(const struct images *m, struct error *err)
{
	char text[MAX_PLATFORM_TEXT + 1];
	size_t i, k;

	for (i = 0; i < m->n; i++) {
		if (!can_be_chosen(&m->items[i]))
			continue;
		for (k = i + 1; k < m->n; k++) {
			if (!can_be_chosen(&m->items[k]) ||
			    !platform_equal(&m->items[i].descriptor.platform,
				&m->items[k].descriptor.platform))
				continue;
			platform_format(&m->items[i].descriptor.platform, text, sizeof(text));
			return error_set(err, ERROR_INPUT, "platform %s twice: %s and %s", text,
			    m->items[i].descriptor.digest.text, m->items[k].descriptor.digest.text);
		}
	}
	return 0;
}

void
images_release(struct images *m)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		descriptor_release(&m->items[i].descriptor);
	free(m->items);
	*m = (struct images){ .n = 0 };
}
