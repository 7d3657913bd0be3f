/* Blobs asked for: are they there, what is in a document, and the bytes of one, verified. */
#include "stream/source_private.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/error.h"
#include "core/json.h"

static struct blob_entry *
find(const struct source *s, const struct digest *digest)
{
	uint8_t raw[SHA256_SIZE];
	struct error ignored;

	if (digest_raw(digest, raw, &ignored) == -1)
		return NULL;
	return blob_set_find(s->blobs, raw);
}

enum blob_state
source_find(const struct source *s, const struct digest *digest, uint64_t *size)
{
	const struct blob_entry *e = find(s, digest);

	if (e == NULL)
		return BLOB_ABSENT;
	if (size != NULL)
		*size = e->size;
	return (enum blob_state)(e->flags & BLOB_STATE);
}

/* A file of a layout directory, as large as it was when it was found. */
static int
open_in_folder(struct source *s, const struct place *p, const struct digest *digest, uint64_t size,
    struct error *err)
{
	int fd;

	fd = openat(p->fd, digest_hex(digest),
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd == -1)
		return error_system(err, errno, "%s: %s", p->name, digest->text);
	if (reader_fd_init(&s->open.file, fd, p->name, err) == -1) {
		s->open.file.fd = -1;
		(void)close(fd);
		return -1;
	}
	s->open.file.owned = true;
	if (!s->open.file.regular || s->open.file.size != size) {
		reader_fd_close(&s->open.file);
		return error_set(err, ERROR_IO, "%s: %s: changed while it was read", p->name,
		    digest->text);
	}
	return 0;
}

int
source_open(struct source *s, const struct digest *digest, struct reader **content,
    struct error *err)
{
	struct blob_entry *e = find(s, digest);
	const struct place *p;
	struct reader *r;

	assert(s->open.entry == NULL);
	if (e == NULL || (e->flags & BLOB_STATE) == BLOB_PASSED)
		return error_set(err, ERROR_NOTFOUND, "%s: not in the input", digest->text);
	s->open.verifies = e->place != 0;
	if (e->place == 0) {
		reader_spool_init(&s->open.spool,
		    (e->flags & BLOB_STATE) == BLOB_DOCUMENT ? &s->documents : &s->kept, e->offset,
		    e->size);
		r = &s->open.spool.reader;
	} else {
		p = &s->places[e->place - 1];
		if (p->folder) {
			if (open_in_folder(s, p, digest, e->size, err) == -1)
				return -1;
			r = &s->open.file.reader;
		} else {
			reader_region_init(&s->open.region, p->fd, e->offset, e->size, p->name);
			r = &s->open.region.reader;
		}
		/* Also what was verified before: the file may have been changed since. */
		reader_verify_init(&s->open.verify, r, digest, e->size);
		r = &s->open.verify.reader;
	}
	if (s->opt.progress != NULL) {
		reader_progress_init(&s->open.progress, r, s->opt.progress);
		r = &s->open.progress.reader;
	}
	s->open.entry = e;
	*content = r;
	return 0;
}

void
source_close(struct source *s)
{
	struct blob_entry *e = s->open.entry;

	/* The last read gives its bytes only if the digest is right. */
	if (e != NULL && s->open.verifies && e->size > 0 && s->open.verify.reader.offset == e->size)
		e->flags |= BLOB_VERIFIED;
	s->open.entry = NULL;
	reader_fd_close(&s->open.file);
}

/* Reads a blob that lies in a file to its end: what is not its digest's bytes is refused. */
static int
verify(struct source *s, const struct blob_entry *e, struct error *err)
{
	const char *name = s->places[e->place - 1].name;
	struct digest digest;
	struct reader *r;
	int rc;

	digest_from_raw(&digest, e->raw);
	if (source_open(s, &digest, &r, err) == -1)
		return -1;
	rc = reader_drain(r, err);
	source_close(s);
	return rc == -1 && err->kind == ERROR_DIGEST ? error_context(err, "%s", name) : rc;
}

int
source_document(struct source *s, const struct digest *digest, uint64_t size, char **text,
    size_t *len, struct error *err)
{
	const struct blob_entry *e = find(s, digest);
	uint8_t raw[SHA256_SIZE];

	*text = NULL;
	if (e == NULL) {
		if (digest_raw(digest, raw, err) == -1)
			return -1;
		return error_set(err, ERROR_NOTFOUND,
		    "%s: a document of %" PRIu64 " bytes, not in the input", digest->text, size);
	}
	if (e->size != size)
		return error_set(err, ERROR_DIGEST,
		    "%s: has %" PRIu64 " bytes, its descriptor says %" PRIu64, digest->text,
		    e->size, size);
	if (size > MAX_DOCUMENT)
		return error_set(err, ERROR_INPUT,
		    "%s: a document of %" PRIu64 " bytes, more than %zu", digest->text, size,
		    MAX_DOCUMENT);
	if ((e->flags & BLOB_STATE) != BLOB_DOCUMENT) {
		/* The byte that told may be the damaged one. */
		if ((e->flags & BLOB_VERIFIED) == 0 && verify(s, e, err) == -1)
			return -1;
		return error_set(err, ERROR_INPUT,
		    "%s: not a JSON object within its first %d bytes, but referred to as one",
		    digest->text, MAX_LEADING_SPACE);
	}
	*text = malloc((size_t)size + 1);
	if (*text == NULL)
		return error_memory(err);
	if (spool_read_at(&s->documents, e->offset, *text, (size_t)size, err) == -1) {
		free(*text);
		*text = NULL;
		return -1;
	}
	(*text)[size] = '\0';
	*len = (size_t)size;
	return 0;
}

int
source_verify_rest(struct source *s, struct error *err)
{
	const struct blob_entry *e;
	size_t i;

	for (i = 0; i < blob_set_count(s->blobs); i++) {
		e = blob_set_at(s->blobs, i);
		if ((e->flags & BLOB_VERIFIED) == 0 && verify(s, e, err) == -1)
			return -1;
	}
	return 0;
}
