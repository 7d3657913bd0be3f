#include "stream/source_private.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/json.h"
#include "image/manifest.h"
#include "image/media.h"

/* What stays in memory before a file in TMPDIR is made. */
#define DOCUMENTS_IN_MEMORY ((size_t)1024 * 1024)
#define KEPT_IN_MEMORY ((size_t)1024 * 1024)

struct source *
source_new(const struct source_options *opt, struct error *err)
{
	struct source *s;

	s = calloc(1, sizeof(*s));
	if (s == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	s->opt = *opt;
	spool_init(&s->documents, DOCUMENTS_IN_MEMORY, "documents");
	spool_init(&s->kept, KEPT_IN_MEMORY, "layers");
	s->open.file.fd = -1;
	s->blobs = blob_set_new(err);
	if (s->blobs == NULL) {
		source_free(s);
		return NULL;
	}
	return s;
}

void
source_forget(struct source *s)
{
	size_t i;

	source_close(s);
	for (i = 0; i < s->n_roots; i++)
		descriptor_release(&s->roots[i]);
	free(s->roots);
	s->roots = NULL;
	s->n_roots = s->cap_roots = 0;
	for (i = 0; i < s->n_places; i++)
		if (s->places[i].owned)
			(void)close(s->places[i].fd);
	free(s->places);
	s->places = NULL;
	s->n_places = 0;
	spool_release(&s->documents);
	spool_release(&s->kept);
}

void
source_free(struct source *s)
{
	if (s == NULL)
		return;
	source_forget(s);
	blob_set_free(s->blobs);
	free(s);
}

int
source_add_place(struct source *s, int fd, bool owned, bool folder, const char *name,
    uint32_t *place, struct error *err)
{
	struct place *p;

	p = realloc(s->places, (s->n_places + (size_t)1) * sizeof(*p));
	if (p == NULL) {
		if (owned)
			(void)close(fd);
		return error_memory(err);
	}
	s->places = p;
	p[s->n_places++] =
	    (struct place){ .fd = fd, .owned = owned, .folder = folder, .name = name };
	*place = s->n_places;
	return 0;
}

/* A document by design 1.1: at most MAX_DOCUMENT bytes, '{' first after white space. */
static bool
is_document(const char *head, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (head[i] != ' ' && head[i] != '\t' && head[i] != '\n' && head[i] != '\r')
			return head[i] == '{';
	return false;
}

static int
hold_document(struct source *s, const struct incoming *b, struct reader *content, struct error *err)
{
	if (b->size > MAX_DOCUMENTS_SIZE - s->documents.writer.offset)
		return error_set(err, ERROR_INPUT, "%s: more than %" PRIu64 " bytes of documents",
		    b->name, MAX_DOCUMENTS_SIZE);
	return reader_copy(content, &s->documents.writer, NULL, err);
}

/*
 * content gives the blob's bytes and has given none. Tells in *entry where it is from now on,
 * and in its flags whether it was verified.
 */
static int
place_blob(struct source *s, const struct incoming *b, struct reader *content, bool document,
    struct blob_entry *entry, struct error *err)
{
	struct reader_verify verify;
	struct reader_progress counted;
	struct reader *r = &verify.reader;
	int rc;

	entry->size = b->size;
	entry->offset = b->offset;
	entry->place = b->place;
	if (!document && s->opt.sink == NULL && b->place != 0) {
		entry->flags = BLOB_KEPT;
		return 0;
	}
	reader_verify_init(&verify, content, &b->digest, b->size);
	if (s->opt.progress != NULL) {
		reader_progress_init(&counted, r, s->opt.progress);
		r = &counted.reader;
	}
	entry->place = 0;
	if (document) {
		entry->flags = BLOB_DOCUMENT | BLOB_VERIFIED;
		entry->offset = s->documents.writer.offset;
		rc = hold_document(s, b, r, err);
	} else if (s->opt.sink != NULL) {
		entry->flags = BLOB_PASSED | BLOB_VERIFIED;
		rc = s->opt.sink->blob(s->opt.sink, &b->digest, b->size, r, err);
	} else {
		entry->flags = BLOB_KEPT | BLOB_VERIFIED;
		entry->offset = s->kept.writer.offset;
		rc = reader_copy(r, &s->kept.writer, NULL, err);
	}
	assert(rc == -1 || verify.left == 0);
	return rc;
}

static int
verify_again(const struct incoming *b, struct error *err)
{
	struct reader_verify verify;

	reader_verify_init(&verify, b->content, &b->digest, b->size);
	return reader_drain(&verify.reader, err);
}

static int
take_new(struct source *s, const struct incoming *b, const uint8_t raw[SHA256_SIZE],
    struct error *err)
{
	char head[MAX_LEADING_SPACE];
	struct reader_prefix whole;
	struct blob_entry found = { .size = 0 };
	struct blob_entry *entry;
	struct reader *content = b->content;
	bool document = false;
	size_t len;

	if (b->size <= MAX_DOCUMENT) {
		if (reader_fill(content, head, sizeof(head), &len, err) == -1)
			return -1;
		document = is_document(head, len);
		reader_prefix_init(&whole, head, len, len < sizeof(head) ? NULL : b->content,
		    b->name);
		content = &whole.reader;
	}
	if (place_blob(s, b, content, document, &found, err) == -1)
		return -1;
	entry = blob_set_add(s->blobs, raw, err);
	if (entry == NULL)
		return err->kind == ERROR_INPUT ? error_context(err, "%s", b->name) : -1;
	entry->size = found.size;
	entry->offset = found.offset;
	entry->place = found.place;
	entry->flags = found.flags;
	return 0;
}

int
source_take(struct source *s, const struct incoming *b, struct error *err)
{
	uint8_t raw[SHA256_SIZE];
	int rc;

	if (digest_raw(&b->digest, raw, err) == -1)
		return -1;
	if (blob_set_find(s->blobs, raw) != NULL)
		rc = verify_again(b, err);
	else
		rc = take_new(s, b, raw, err);
	/* What verifies knows the digest, not the operand. */
	if (rc == -1 && err->kind == ERROR_DIGEST)
		return error_context(err, "%s", b->name);
	return rc;
}

int
source_take_document(struct source *s, const char *text, size_t len, const char *name,
    struct digest *digest, struct error *err)
{
	struct incoming b = { .size = len, .name = name };
	struct reader_prefix content;

	digest_of(digest, text, len);
	reader_prefix_init(&content, text, len, NULL, name);
	b.digest = *digest;
	b.content = &content.reader;
	return source_take(s, &b, err);
}

int
source_read_text(struct reader *r, uint64_t size, const char *name, const char *what, char **text,
    struct error *err)
{
	size_t len;

	*text = NULL;
	if (size > MAX_DOCUMENT)
		return error_set(err, ERROR_INPUT, "%s: %s: %" PRIu64 " bytes, more than %zu", name,
		    what, size, MAX_DOCUMENT);
	*text = malloc((size_t)size + 1);
	if (*text == NULL)
		return error_memory(err);
	if (reader_fill(r, *text, (size_t)size, &len, err) == 0) {
		(*text)[len] = '\0';
		if (len == size)
			return 0;
		(void)error_set(err, ERROR_IO, "%s: %s: became shorter while it was read", name,
		    what);
	}
	free(*text);
	*text = NULL;
	return -1;
}

int
source_check_layout(const char *text, size_t len, const char *name, struct error *err)
{
	static const char *const known[] = { "imageLayoutVersion" };
	struct json_value version;
	struct json *doc;
	char *got;
	int rc = 0;

	doc = json_parse(text, len, "oci-layout", err);
	if (doc == NULL)
		return error_context(err, "%s", name);
	version = json_member(json_root(doc), "imageLayoutVersion");
	if (json_check_case(json_root(doc), known, sizeof(known) / sizeof(known[0]), err) == -1) {
		rc = error_context(err, "%s", name);
	} else if (json_type(json_root(doc)) != JSON_OBJECT || !json_exists(version)) {
		rc = error_set(err, ERROR_INPUT, "%s: oci-layout: has no imageLayoutVersion", name);
	} else if (!json_equals(version, "1.0.0")) {
		got = json_type(version) == JSON_STRING ?
		    json_string(version, "imageLayoutVersion", err) :
		    NULL;
		rc = error_set(err, ERROR_INPUT,
		    "%s: oci-layout: unsupported layout version %s: 1.0.0 is known", name,
		    got == NULL ? "(no string)" : got);
		free(got);
	}
	json_free(doc);
	return rc;
}

int
source_add_root(struct source *s, struct descriptor *d, struct error *err)
{
	struct descriptor *roots;
	size_t cap;

	if (s->roots_ended) {
		descriptor_release(d);
		*d = (struct descriptor){ .media_type = NULL };
		return 0;
	}
	/* image-layout.md: what a reader does not know in index.json is no error. */
	if (s->opt.images_only && media_kind(d->media_type) == MEDIA_OTHER &&
	    annotations_get(&d->annotations, ANNOTATION_DIFFID) == NULL) {
		s->n_others++;
		descriptor_release(d);
		*d = (struct descriptor){ .media_type = NULL };
		return 0;
	}
	if (s->n_roots == MAX_ENTRIES)
		return error_set(err, ERROR_INPUT, "index.json: more than %zu entries",
		    MAX_ENTRIES);
	if (s->n_roots == s->cap_roots) {
		cap = s->cap_roots == 0 ? 8 : 2 * s->cap_roots;
		roots = realloc(s->roots, cap * sizeof(*roots));
		if (roots == NULL)
			return error_memory(err);
		s->roots = roots;
		s->cap_roots = cap;
	}
	s->roots[s->n_roots++] = *d;
	*d = (struct descriptor){ .media_type = NULL };
	return 0;
}

int
source_take_index(struct source *s, const char *text, size_t len, const char *name,
    struct error *err)
{
	struct index x = { .n_manifests = 0 };
	struct json *doc;
	size_t i;
	int rc;

	doc = json_parse(text, len, "index.json", err);
	rc = doc == NULL ? -1 : index_parse(&x, doc, MEDIA_OCI_INDEX, err);
	json_free(doc);
	if (rc == -1)
		return error_context(err, "%s", name);
	for (i = 0; rc == 0 && i < x.n_manifests; i++)
		rc = source_add_root(s, &x.manifests[i], err);
	index_release(&x);
	return rc == -1 ? error_context(err, "%s", name) : 0;
}

void
source_end_roots(struct source *s)
{
	s->roots_ended = true;
}

size_t
source_n_roots(const struct source *s)
{
	return s->n_roots;
}

struct descriptor *
source_root(struct source *s, size_t i)
{
	assert(i < s->n_roots);
	return &s->roots[i];
}

bool
source_lists_docker(const struct source *s)
{
	return s->lists_docker;
}

size_t
source_n_blobs(const struct source *s, uint64_t *bytes)
{
	const size_t n = blob_set_count(s->blobs);
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += blob_set_at(s->blobs, i)->size;
	if (bytes != NULL)
		*bytes = sum;
	return n;
}
