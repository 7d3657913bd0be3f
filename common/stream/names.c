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

/* annotations.md, the grammar of ref.name: components of letters and digits with separators. */
static bool
is_ref_name(const char *s)
{
	bool alnum = false;
	size_t i;

	for (i = 0; s[i] != '\0'; i++) {
		if ((s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z') ||
		    (s[i] >= '0' && s[i] <= '9')) {
			alnum = true;
			continue;
		}
		if (!alnum || strchr("-._:@/+", s[i]) == NULL)
			return false;
		/* Between letters and digits stands one separator, or "--". */
		if (s[i] == '-' && s[i + 1] == '-')
			i++;
		alnum = false;
	}
	return alnum;
}

/* Is text a tag, a reference, or at least what ref.name may be? */
static bool
is_name(const char *text)
{
	const size_t max = strpbrk(text, "/:@") == NULL ? MAX_TAG : MAX_REFERENCE_TEXT;
	struct reference r;
	struct error ignored;

	return strlen(text) <= max &&
	    (reference_is_tag(text) || is_ref_name(text) ||
		reference_parse(&r, text, &ignored) == 0);
}

int
names_judge(const struct descriptor *entry, struct error *err)
{
	static const char *const keys[] = { ANNOTATION_REF_NAME, ANNOTATION_IMAGE_NAME };
	const char *text;
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		text = annotations_get(&entry->annotations, keys[i]);
		if (text != NULL && !is_name(text))
			return error_set(err, ERROR_INPUT,
			    "%s: \"%.300s\" is neither a tag nor a reference", entry->digest.text,
			    text);
	}
	return 0;
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

/* Has x an entry of d under this name? */
static bool
is_named(const struct index *x, const struct descriptor *d, const struct name *name)
{
	const char *wanted = name->full[0] != '\0' ? name->full : name->tag, *has;
	size_t i;

	for (i = 0; i < x->n_manifests; i++) {
		has = names_of(&x->manifests[i]);
		if (has != NULL && strcmp(has, wanted) == 0 &&
		    digest_equal(&x->manifests[i].digest, &d->digest))
			return true;
	}
	return false;
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

	for (i = 0; i < n; i++) {
		if (name_parse(&name, names[i], err) == -1)
			return -1;
		if (!is_named(x, d, &name) && add_named(x, d, &name, err) == -1)
			return -1;
	}
	return n > 0 ? 0 : index_add_copy(x, d, err);
}

/* The tag of an entry, and where it is from. All is borrowed from the entry's annotations. */
struct tagged {
	const char *tag;
	const char *name;      /* the whole reference; NULL: not known */
	size_t repository_len; /* registry and repository: the part of name before ":tag" */
	size_t entry;
};

static int
by_tag(const void *x, const void *y)
{
	const struct tagged *a = x, *b = y;

	return strcmp(a->tag, b->tag);
}

static bool
same_repository(const struct tagged *a, const struct tagged *b)
{
	if (a->name == NULL || b->name == NULL)
		return a->name == b->name;
	return a->repository_len == b->repository_len &&
	    memcmp(a->name, b->name, a->repository_len) == 0;
}

/* False for an entry without a name. One whose name is no reference, or has no tag or a digest,
 * stays as it came. */
static bool
find_tag(struct tagged *t, const struct descriptor *d, size_t entry)
{
	const char *name = annotations_get(&d->annotations, ANNOTATION_IMAGE_NAME);
	struct reference r;
	struct error ignored;

	*t = (struct tagged){ .entry = entry };
	if (name == NULL || reference_parse(&r, name, &ignored) == -1 || r.tag[0] == '\0' ||
	    r.has_digest) {
		t->tag = annotations_get(&d->annotations, ANNOTATION_REF_NAME);
		return t->tag != NULL;
	}
	t->name = name;
	t->tag = strrchr(name, ':') + 1;
	t->repository_len = (size_t)(t->tag - 1 - name);
	return true;
}

/* tagged[0..n) have one tag. */
static int
settle_tag(struct index *x, const struct tagged *tagged, size_t n, struct error *err)
{
	bool shared = false;
	size_t i;

	for (i = 1; i < n; i++)
		if (!same_repository(&tagged[0], &tagged[i]))
			shared = true;
	for (i = 0; i < n; i++)
		if (tagged[i].name != NULL &&
		    annotations_set(&x->manifests[tagged[i].entry].annotations, ANNOTATION_REF_NAME,
			shared ? tagged[i].name : tagged[i].tag, err) == -1)
			return -1;
	return 0;
}

int
names_settle(struct index *x, struct error *err)
{
	struct tagged *tagged;
	size_t i, n = 0, from;
	int rc = 0;

	tagged = calloc(x->n_manifests + 1, sizeof(*tagged));
	if (tagged == NULL)
		return error_memory(err);
	for (i = 0; i < x->n_manifests; i++)
		if (find_tag(&tagged[n], &x->manifests[i], i))
			n++;
	if (n > 0)
		qsort(tagged, n, sizeof(*tagged), by_tag);
	for (from = 0, i = 1; rc == 0 && n > 0 && i <= n; i++) {
		if (i < n && by_tag(&tagged[from], &tagged[i]) == 0)
			continue;
		rc = settle_tag(x, tagged + from, i - from, err);
		from = i;
	}
	free(tagged);
	return rc;
}
