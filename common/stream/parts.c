#include "stream/parts.h"

#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/json.h"
#include "image/media.h"

static bool
is_named(const struct descriptor *entry, const char *text)
{
	const char *tag = annotations_get(&entry->annotations, ANNOTATION_REF_NAME);
	const char *full = annotations_get(&entry->annotations, ANNOTATION_IMAGE_NAME);

	return strcmp(entry->digest.text, text) == 0 || (tag != NULL && strcmp(tag, text) == 0) ||
	    (full != NULL && strcmp(full, text) == 0);
}

static int
parse_subject(struct parts *p, const char *text, struct error *err)
{
	struct json *doc;
	int rc = -1;

	doc = json_parse(text, strlen(text), "-S", err);
	if (doc != NULL)
		rc = descriptor_parse(&p->given, json_root(doc), "-S", err);
	json_free(doc);
	if (rc == 0)
		p->subject = &p->given;
	else if (err->kind == ERROR_INPUT)
		err->kind = ERROR_USAGE; /* it came from the command line */
	return rc;
}

static bool
is_image(const struct descriptor *entry)
{
	const enum media_kind kind = media_kind(entry->media_type);

	return kind == MEDIA_MANIFEST || kind == MEDIA_INDEX;
}

static int
set_subject(struct parts *p, const struct descriptor *entry, const char *subject, struct error *err)
{
	if (p->subject != NULL && !digest_equal(&p->subject->digest, &entry->digest))
		return error_set(err, ERROR_INPUT, "-S %s: names two images: %s and %s", subject,
		    p->subject->digest.text, entry->digest.text);
	if (p->subject != NULL)
		return 0; /* the same image under another name */
	/* Its names and platform are of this stream: the result must not depend on them. */
	p->given = (struct descriptor){ .media_type = strdup(entry->media_type),
		.digest = entry->digest,
		.size = entry->size };
	if (p->given.media_type == NULL)
		return error_memory(err);
	p->subject = &p->given;
	return 0;
}

static int
find_subject(struct parts *p, struct source *s, const char *subject, struct error *err)
{
	size_t i;

	for (i = 0; i < source_n_roots(s); i++)
		if (is_image(source_root(s, i)) && is_named(source_root(s, i), subject) &&
		    set_subject(p, source_root(s, i), subject, err) == -1)
			return -1;
	if (p->subject == NULL)
		return error_set(err, ERROR_NOTFOUND, "-S %s: no image of that name in the input",
		    subject);
	return 0;
}

static int
set_base(struct parts *p, const struct descriptor *entry, struct error *err)
{
	if (p->base != NULL && digest_equal(&p->base->digest, &entry->digest))
		return 0; /* the same image under another name */
	if (p->base != NULL)
		return error_set(err, ERROR_INPUT,
		    "two images: %s and %s; only one can be the base", p->base->digest.text,
		    entry->digest.text);
	if (p->n_layers > 0)
		return error_set(err, ERROR_INPUT,
		    "%s: an image after a layer; the base comes first", entry->digest.text);
	p->base = entry;
	return 0;
}

static int
sort_entry(struct parts *p, struct descriptor *entry, struct error *err)
{
	if (media_kind(entry->media_type) == MEDIA_LAYER) {
		p->layers[p->n_layers++] = entry;
		if (annotations_get(&entry->annotations, ANNOTATION_BUNDLE) != NULL)
			p->bundle = true;
		return 0;
	}
	if (!is_image(entry))
		return error_set(err, ERROR_INPUT, "%s: %s is neither a layer nor an image",
		    entry->digest.text, entry->media_type);
	return set_base(p, entry, err);
}

int
parts_sort(struct parts *p, struct source *s, const char *subject, struct error *err)
{
	const bool is_json = subject != NULL && subject[0] == '{';
	size_t i, n = source_n_roots(s);

	*p = (struct parts){ .n_layers = 0 };
	p->layers = calloc(n + 1, sizeof(struct descriptor *));
	if (p->layers == NULL)
		return error_memory(err);
	if (subject != NULL &&
	    (is_json ? parse_subject(p, subject, err) : find_subject(p, s, subject, err)) == -1)
		return -1;
	for (i = 0; i < n; i++) {
		/* Under its other names too the subject is no base. */
		if (subject != NULL && !is_json &&
		    digest_equal(&source_root(s, i)->digest, &p->subject->digest))
			continue;
		if (sort_entry(p, source_root(s, i), err) == -1)
			return -1;
	}
	return 0;
}

void
parts_release(struct parts *p)
{
	free(p->layers);
	descriptor_release(&p->given);
	*p = (struct parts){ .n_layers = 0 };
}
