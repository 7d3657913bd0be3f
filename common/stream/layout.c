#include "stream/layout.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/tar.h"
#include "image/media.h"
#include "stream/blobset.h"

/* Its header and its content, padded. */
#define MARK_SIZE (2 * TAR_BLOCK)
/* Ours: layers of most bundles fit; others go on to a file. */
#define SPOOL_MEMORY ((size_t)4 * 1024 * 1024)
/* A header of ours: ustar alone, or behind a pax header and its records in one block. */
#define MAX_HEADER (3 * TAR_BLOCK)

/* A few blocks in memory, where the encoder's output has to be kept or counted. */
struct blocks {
	struct writer writer;
	unsigned char buf[MAX_HEADER];
};

static int
blocks_write(struct writer *w, const void *buf, size_t len, struct error *err)
{
	struct blocks *b = (struct blocks *)(void *)w;

	if (len > sizeof(b->buf) - (size_t)w->offset)
		return error_set(err, ERROR_OTHER, "%s: too large", w->name);
	memcpy(b->buf + w->offset, buf, len);
	return 0;
}

static void
blocks_init(struct blocks *b)
{
	*b = (struct blocks){ .writer = { .write = blocks_write, .name = "tar header" } };
}

static int
write_file_header(struct writer *w, const char *name, uint64_t size, struct error *err)
{
	const struct tar_header h = { .name = name, .type = TAR_FILE, .mode = 0644, .size = size };

	return tar_write_header(w, &h, TAR_PLAIN, err);
}

static int
write_file(struct writer *w, const char *name, const void *buf, size_t len, struct error *err)
{
	if (write_file_header(w, name, len, err) == -1 || writer_write(w, buf, len, err) == -1)
		return -1;
	return tar_write_padding(w, len, err);
}

int
layout_announce(struct error *err)
{
	struct blocks b;

	blocks_init(&b);
	if (write_file(&b.writer, "oci-layout", LAYOUT_MARK, sizeof(LAYOUT_MARK) - 1, err) == -1)
		return -1;
	assert(b.writer.offset == MARK_SIZE);
	if (io_write(STDOUT_FILENO, b.buf, MARK_SIZE) == -1)
		return error_system(err, errno, "standard output: write error");
	return 0;
}

int
layout_open(struct layout *l, const char *path, struct error *err)
{
	bool announced = path == NULL || strcmp(path, "-") == 0;

	*l = (struct layout){ .output = { .fd = -1 }, .spool = { .fd = -1 } };
	if (output_open(&l->output, path, false, announced ? MARK_SIZE : 0, err) == -1)
		return -1;
	l->written = blob_set_new(err);
	if (l->written == NULL)
		return -1;
	if (announced)
		return 0;
	return write_file(&l->output.writer, "oci-layout", LAYOUT_MARK, sizeof(LAYOUT_MARK) - 1,
	    err);
}

/* Some readers want the directories, and before what is in them. */
static int
write_directories(struct layout *l, struct error *err)
{
	static const char *const names[] = { "blobs", "blobs/sha256" };
	struct tar_header h = { .type = TAR_DIRECTORY, .mode = 0755 };
	size_t i;

	for (i = 0; !l->directories && i < sizeof(names) / sizeof(names[0]); i++) {
		h.name = names[i];
		if (tar_write_header(&l->output.writer, &h, TAR_PLAIN, err) == -1)
			return -1;
	}
	l->directories = true;
	return 0;
}

static int
write_blob_header(struct writer *w, const struct digest *digest, uint64_t size, struct error *err)
{
	char name[sizeof("blobs/sha256/") + MAX_DIGEST_TEXT] = "blobs/sha256/";

	memcpy(name + strlen(name), digest_hex(digest), strlen(digest_hex(digest)) + 1);
	return write_file_header(w, name, size, err);
}

static struct blob_entry *
find(const struct layout *l, const struct digest *digest)
{
	uint8_t raw[SHA256_SIZE];
	struct error ignored;

	return digest_raw(digest, raw, &ignored) == -1 ? NULL : blob_set_find(l->written, raw);
}

static int
remember(struct layout *l, const struct digest *digest, uint64_t size, uint64_t offset,
    struct error *err)
{
	struct blob_entry *entry;
	uint8_t raw[SHA256_SIZE];

	if (digest_raw(digest, raw, err) == -1)
		return -1;
	entry = blob_set_add(l->written, raw, err);
	if (entry == NULL)
		return -1;
	entry->size = size;
	entry->offset = offset;
	return 0;
}

bool
layout_has(const struct layout *l, const struct digest *digest)
{
	return find(l, digest) != NULL;
}

bool
layout_where(const struct layout *l, const struct digest *digest, uint64_t *offset)
{
	const struct blob_entry *entry = find(l, digest);

	if (entry == NULL)
		return false;
	*offset = entry->offset;
	return true;
}

size_t
layout_count(const struct layout *l)
{
	return blob_set_count(l->written);
}

void
layout_digest(const struct layout *l, size_t i, struct digest *digest)
{
	digest_from_raw(digest, blob_set_at(l->written, i)->raw);
}

/* What stands before a blob's content, which comes next; and after it. */
static int
begin_blob(struct layout *l, const struct digest *digest, uint64_t size, struct error *err)
{
	assert(!l->open);
	return write_directories(l, err) == -1 ?
	    -1 :
	    write_blob_header(&l->output.writer, digest, size, err);
}

static int
end_blob(struct layout *l, const struct digest *digest, uint64_t size, struct error *err)
{
	struct writer *w = &l->output.writer;
	const uint64_t offset = w->offset - size;

	if (tar_write_padding(w, size, err) == -1)
		return -1;
	return remember(l, digest, size, offset, err);
}

int
layout_put(struct layout *l, const struct digest *digest, uint64_t size, struct reader *content,
    struct error *err)
{
	uint64_t copied;

	if (layout_has(l, digest))
		return reader_drain(content, err);
	if (begin_blob(l, digest, size, err) == -1 ||
	    reader_copy(content, &l->output.writer, &copied, err) == -1)
		return -1;
	if (copied != size)
		return error_set(err, ERROR_DIGEST, "%s: %llu bytes, not %llu", digest->text,
		    (unsigned long long)copied, (unsigned long long)size);
	return end_blob(l, digest, size, err);
}

int
layout_put_document(struct layout *l, const void *buf, size_t len, struct digest *digest,
    struct error *err)
{
	struct reader_prefix content;

	digest_of(digest, buf, len);
	reader_prefix_init(&content, buf, len, NULL, "document");
	return layout_put(l, digest, len, &content.reader, err);
}

int
layout_blob_open(struct layout *l, struct writer **to, struct error *err)
{
	static const unsigned char zeros[TAR_BLOCK];
	struct writer *w = &l->output.writer;

	assert(!l->open);
	if (output_can_patch(&l->output)) {
		if (write_directories(l, err) == -1)
			return -1;
		l->header = w->offset;
		if (writer_write(w, zeros, sizeof(zeros), err) == -1)
			return -1;
	} else {
		spool_init(&l->spool, SPOOL_MEMORY, "layer");
		w = &l->spool.writer;
	}
	writer_hash_init(&l->hash, w, w->name);
	l->open = true;
	*to = &l->hash.writer;
	return 0;
}

/* Fills in the header that was left empty. */
static int
close_patched(struct layout *l, const struct digest *digest, uint64_t size, struct error *err)
{
	struct output *o = &l->output;
	struct blocks b;
	size_t len;

	if (layout_has(l, digest))
		return output_truncate(o, l->header, err);
	blocks_init(&b);
	if (write_blob_header(&b.writer, digest, size, err) == -1)
		return -1;
	len = (size_t)b.writer.offset;
	/* A size that ustar cannot say needs more room than was left: 8 GiB move up, but they
	 * come out as from a pipe. */
	if (len > TAR_BLOCK && output_shift(o, l->header + TAR_BLOCK, len - TAR_BLOCK, err) == -1)
		return -1;
	if (output_patch(o, l->header, b.buf, len, err) == -1 ||
	    tar_write_padding(&o->writer, size, err) == -1)
		return -1;
	return remember(l, digest, size, l->header + len, err);
}

/* Writes what was kept until its digest was known. */
static int
close_spooled(struct layout *l, const struct digest *digest, uint64_t size, struct error *err)
{
	if (layout_has(l, digest))
		return 0;
	if (begin_blob(l, digest, size, err) == -1 ||
	    spool_drain(&l->spool, &l->output.writer, err) == -1)
		return -1;
	return end_blob(l, digest, size, err);
}

int
layout_blob_close(struct layout *l, struct digest *digest, uint64_t *size, struct error *err)
{
	int rc;

	assert(l->open);
	l->open = false;
	*size = l->hash.writer.offset;
	hasher_digest(&l->hash.hasher, digest);
	if (output_can_patch(&l->output))
		return close_patched(l, digest, *size, err);
	rc = close_spooled(l, digest, *size, err);
	spool_release(&l->spool);
	return rc;
}

int
layout_format_index(const struct index *x, struct json_writer *json, struct error *err)
{
	struct index copy = *x;
	char *type = NULL;
	int rc;

	if (copy.media_type == NULL) {
		type = strdup(MEDIA_OCI_INDEX);
		if (type == NULL)
			return error_memory(err);
		copy.media_type = type;
	}
	index_write(&copy, json);
	rc = json_writer_check(json, err);
	free(type);
	if (rc == 0 && json->len > MAX_DOCUMENT)
		return error_set(err, ERROR_INPUT,
		    "index.json would have %zu bytes, %zu is the limit: too many images", json->len,
		    MAX_DOCUMENT);
	return rc;
}

int
layout_commit(struct layout *l, const struct index *x, const char *docker_manifest,
    struct error *err)
{
	struct writer *w = &l->output.writer;
	struct json_writer json;
	int rc = -1;

	assert(!l->open);
	json_writer_init(&json);
	if (layout_format_index(x, &json, err) == -1 || write_directories(l, err) == -1)
		goto done;
	if (docker_manifest != NULL &&
	    write_file(w, "manifest.json", docker_manifest, strlen(docker_manifest), err) == -1)
		goto done;
	if (write_file(w, "index.json", json.text, json.len, err) == 0 &&
	    tar_write_end(w, err) == 0)
		rc = output_commit(&l->output, err);
done:
	json_writer_release(&json);
	return rc;
}

void
layout_discard(struct layout *l)
{
	output_discard(&l->output);
	blob_set_free(l->written);
	l->written = NULL;
	spool_release(&l->spool);
}
