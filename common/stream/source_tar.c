/* Tars: layouts, one archive after another, in passing; docker archives through a file. */
#include "stream/source_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/json.h"
#include "core/tar.h"
#include "stream/sniff.h"

/* What has come of the archive in hand. */
struct archive {
	bool opened; /* an entry, whatever it is */
	bool layout, index;
	bool blob;
	bool manifests;	    /* more than one manifest.json */
	bool manifest;	    /* manifest.json: read from a file, this may be a docker archive */
	enum format listed; /* by its content */
};

/* Notes that the input came to its end, or would have: whatever is missing then, it is cut. */
struct reader_end {
	struct reader reader;
	struct reader *below;
	bool met;
};

struct passage {
	struct source *s;
	const struct input *in;
	struct reader_end end;
	struct tar_reader tar;
	struct tar_entry entry;
	uint64_t n_archives; /* before this one */
	struct archive archive;
	bool settled; /* a layout for certain */
};

static int
end_read(struct reader *reader, void *buf, size_t cap, size_t *len, struct error *err)
{
	struct reader_end *r = (struct reader_end *)(void *)reader;

	if (reader_read(r->below, buf, cap, len, err) == -1)
		return -1;
	if (*len == 0)
		r->met = true;
	return 0;
}

static int
end_skip(struct reader *reader, uint64_t n, struct error *err)
{
	struct reader_end *r = (struct reader_end *)(void *)reader;

	if (reader_skip(r->below, n, err) == 0)
		return 0;
	if (err->kind == ERROR_INPUT)
		r->met = true;
	return -1;
}

/* r is at the first byte of p->in. */
static void
passage_init(struct passage *p, struct reader *r)
{
	p->end =
	    (struct reader_end){ .reader = { .read = end_read, .skip = end_skip, .name = r->name },
		    .below = r };
	tar_reader_init(&p->tar, &p->end.reader, TAR_STREAM);
}

/* An entry cannot be read. Where that is because the input ends, what made it is told to be looked
 * at; not behind an archive that is whole. */
static int
explain_end(const struct passage *p, struct error *err)
{
	const size_t len = strlen(err->text);

	if (err->kind == ERROR_INPUT && p->end.met && !p->tar.ended)
		(void)snprintf(err->text + len, sizeof(err->text) - len,
		    ": the command before this one failed");
	return -1;
}

static int
refuse_type(const struct passage *p, struct error *err)
{
	static const char *const names[] = {
		[TAR_FILE] = "a file",
		[TAR_HARDLINK] = "a hard link",
		[TAR_SYMLINK] = "a symbolic link",
		[TAR_CHARACTER] = "a device",
		[TAR_BLOCKDEVICE] = "a device",
		[TAR_DIRECTORY] = "a directory",
		[TAR_FIFO] = "a fifo",
		[TAR_SPARSE] = "a sparse file",
		[TAR_UNKNOWN] = "an entry of an unknown type",
	};

	return error_set(err, ERROR_INPUT, "%s: %s: %s, not %s", p->in->name, p->entry.name,
	    names[p->entry.type],
	    strncmp(p->entry.name, "blobs", 5) == 0 &&
		    strlen(p->entry.name) < sizeof("blobs/sha256") ?
		"a directory" :
		"a regular file");
}

static int
take_text(struct passage *p, bool *seen, struct error *err)
{
	const char *name = p->in->name;
	char *text;
	int rc;

	if (*seen)
		return error_set(err, ERROR_INPUT, "%s: %s twice in one archive", name,
		    p->entry.name);
	if (p->entry.type != TAR_FILE)
		return refuse_type(p, err);
	*seen = true;
	if (source_read_text(&p->tar.content, p->entry.size, name, p->entry.name, &text, err) == -1)
		return -1;
	if (seen == &p->archive.index)
		rc = source_take_index(p->s, text, (size_t)p->entry.size, name, err);
	else
		rc = source_check_layout(text, (size_t)p->entry.size, name, err);
	free(text);
	return rc;
}

static int
take_blob(struct passage *p, struct error *err)
{
	struct incoming b = { .size = p->entry.size,
		.content = &p->tar.content,
		.place = p->in->place,
		.name = p->in->name };
	char text[MAX_DIGEST_TEXT + 1] = "sha256:";

	if (p->entry.type != TAR_FILE)
		return refuse_type(p, err);
	p->archive.blob = true;
	memcpy(text + 7, sniff_member_hex(p->entry.name), 2 * SHA256_SIZE);
	if (digest_parse(&b.digest, text, 7 + 2 * SHA256_SIZE, err) == -1)
		return -1;
	if (b.place != 0)
		b.offset = p->in->start + p->entry.offset;
	return source_take(p->s, &b, err);
}

/* What docker or imgpkg put beside a layout, or instead of one. */
static int
look_at_manifest(struct passage *p, struct error *err)
{
	char text[MANIFEST_AHEAD];
	size_t len;

	p->archive.manifests = p->archive.manifest;
	p->archive.manifest = true;
	if (p->entry.type != TAR_FILE)
		return 0;
	if (reader_fill(&p->tar.content, text, sizeof(text), &len, err) == -1)
		return -1;
	p->archive.listed = sniff_manifest(text, len);
	return 0;
}

/* An entry that no layout has, or where another tool would put blobs somewhere else. */
static int
take_other(const struct passage *p, struct error *err)
{
	if (p->entry.type != TAR_DIRECTORY &&
	    (strcmp(p->entry.name, "blobs") == 0 || strcmp(p->entry.name, "blobs/sha256") == 0))
		return refuse_type(p, err);
	return 0;
}

/* A manifest.json, but no layout around it. */
static int
refuse_manifest(const struct passage *p, struct error *err)
{
	const char *why = "its manifest.json is neither docker's nor imgpkg's";

	if (p->archive.manifests)
		why = "manifest.json twice";
	if (p->archive.manifests || p->archive.listed == FORMAT_UNKNOWN)
		return error_set(err, ERROR_INPUT, "%s: no index.json, and %s", p->in->name, why);
	why = p->archive.listed == FORMAT_IMGPKG ? "a tar of imgpkg" : "a docker archive";
	if (p->n_archives > 0)
		return error_set(err, ERROR_INPUT,
		    "%s: %s behind another archive: give it as an "
		    "operand of its own",
		    p->in->name, why);
	return error_set(err, ERROR_INPUT,
	    "%s: no index.json: %s: give it as a file, not through "
	    "a pipe",
	    p->in->name, why);
}

static int
end_archive(struct passage *p, struct error *err)
{
	const struct archive *a = &p->archive;
	const char *name = p->in->name;

	if (!a->opened && p->n_archives > 0)
		return 0;
	if (!a->opened)
		return error_set(err, ERROR_INPUT, "%s: no index.json: an empty archive", name);
	if (!a->index && !a->layout && a->manifest)
		return refuse_manifest(p, err);
	if (!a->layout && !a->index && !a->blob)
		return error_set(err, ERROR_INPUT,
		    "%s: no index.json: a tar, but neither an OCI "
		    "layout nor a docker archive (oci-layer makes a layer of it)",
		    name);
	if (!a->index)
		return error_set(err, ERROR_INPUT,
		    "%s: ended before index.json: the command "
		    "before this one failed",
		    name);
	if (!a->layout)
		return error_set(err, ERROR_INPUT, "%s: no oci-layout: not an OCI layout", name);
	if (p->n_archives++ == 0 && a->listed == FORMAT_DOCKER_ARCHIVE)
		p->s->lists_docker = true;
	p->archive = (struct archive){ .opened = false };
	return 0;
}

/*
 * Is this the first entry that tells, and does it tell that the input must be gone over first?
 * A docker archive says only at its end what its parts are. Blobs first may be bazel's form of
 * one; from a pipe they are taken for a layout's, as skopeo writes them.
 */
static bool
must_examine(struct passage *p)
{
	const struct tar_entry *e = &p->entry;

	if (p->settled || e->type == TAR_DIRECTORY)
		return false;
	switch (sniff_member(e->name)) {
	case MEMBER_OCI_LAYOUT:
	case MEMBER_INDEX:
		p->settled = true;
		return false;
	case MEMBER_BLOB:
		p->settled = true;
		return p->in->seekable;
	case MEMBER_MANIFEST:
	case MEMBER_DOCKER:
		return true;
	case MEMBER_OTHER:
		break;
	}
	return false;
}

static int
take_entry(struct passage *p, struct error *err)
{
	p->archive.opened = true;
	switch (sniff_member(p->entry.name)) {
	case MEMBER_OCI_LAYOUT:
		return take_text(p, &p->archive.layout, err);
	case MEMBER_INDEX:
		return take_text(p, &p->archive.index, err);
	case MEMBER_BLOB:
		return take_blob(p, err);
	case MEMBER_MANIFEST:
		return look_at_manifest(p, err);
	case MEMBER_DOCKER:
	case MEMBER_OTHER:
		break;
	}
	return take_other(p, err);
}

/* *examine: stopped at an entry before anything was taken. */
static int
pass_entries(struct passage *p, bool *examine, struct error *err)
{
	enum tar_event event;

	*examine = false;
	for (;;) {
		if (tar_reader_next(&p->tar, &event, &p->entry, err) == -1)
			return explain_end(p, err);
		if (event == TAR_ENTRY) {
			*examine = must_examine(p);
			if (*examine)
				return 0;
			if (take_entry(p, err) == -1)
				return explain_end(p, err);
		} else if (end_archive(p, err) == -1) {
			return -1;
		} else if (event == TAR_END) {
			return 0;
		}
	}
}

/* The entry in hand, as far as its type matters: what is no file or link is only known as such. */
static int
spool_entry(struct passage *p, struct writer *w, struct error *err)
{
	struct tar_header header = { .name = p->entry.name, .type = TAR_FIFO, .mode = 0644 };

	switch (p->entry.type) {
	case TAR_FILE:
		header.size = p->entry.size;
		break;
	case TAR_HARDLINK:
	case TAR_SYMLINK:
		header.link = p->entry.link;
		break;
	case TAR_CHARACTER:
	case TAR_BLOCKDEVICE:
	case TAR_DIRECTORY:
	case TAR_FIFO:
	case TAR_SPARSE:
	case TAR_UNKNOWN:
		if (tar_write_header(w, &header, TAR_PLAIN, err) == -1)
			return -1;
		return reader_skip(&p->tar.content, p->entry.size, err);
	}
	header.type = p->entry.type;
	if (tar_write_header(w, &header, TAR_PLAIN, err) == -1 ||
	    reader_copy(&p->tar.content, w, NULL, err) == -1)
		return -1;
	return tar_write_padding(w, header.size, err);
}

/* The entry in hand and all that follows it, as a tar in an unlinked file. */
static int
spool_rest(struct passage *p, struct spool *spool, struct error *err)
{
	const uint64_t padding = (TAR_BLOCK - p->entry.size % TAR_BLOCK) % TAR_BLOCK;
	struct writer *w = &spool->writer;

	if (spool_entry(p, w, err) == -1 || reader_skip(p->tar.below, padding, err) == -1 ||
	    reader_copy(p->tar.below, w, NULL, err) == -1)
		return -1;
	return spool_to_file(spool, err);
}

/* in is seekable: every header is looked at before anything is taken. */
static int
read_examined(struct source *s, struct input *in, struct error *err)
{
	struct passage p = { .s = s, .in = in, .settled = true };
	struct reader_region region;
	struct sniff found;
	bool examine;
	int rc;

	input_region(in, 0, in->size, &region);
	if (sniff_reader(&found, &region.reader, SNIFF_WHOLE, true, err) == -1)
		return -1;
	if (found.format == FORMAT_DOCKER_ARCHIVE)
		return source_read_docker(s, in, err);
	if (found.format == FORMAT_IMGPKG)
		return error_set(err, ERROR_INPUT,
		    "%s: a tar of imgpkg copy --to-tar: this version does not read them", in->name);
	input_region(in, 0, in->size, &region);
	passage_init(&p, &region.reader);
	rc = pass_entries(&p, &examine, err);
	tar_reader_release(&p.tar);
	return rc;
}

static int
read_spooled(struct passage *p, struct error *err)
{
	struct input in = { .name = p->in->name, .seekable = true };
	struct spool spool;
	int rc;

	spool_init(&spool, 0, in.name);
	rc = spool_rest(p, &spool, err);
	if (rc == 0) {
		in.fd = spool.fd;
		in.size = spool.writer.offset;
		in.owned = true;
		spool.fd = -1;
		rc = input_keep(p->s, &in, err);
		if (rc == 0)
			rc = read_examined(p->s, &in, err);
		if (in.owned)
			(void)close(in.fd);
	}
	spool_release(&spool);
	return rc;
}

int
source_read_tar(struct source *s, struct input *in, struct reader *r, struct error *err)
{
	struct passage p = { .s = s, .in = in };
	bool examine;
	int rc;

	if (input_keep(s, in, err) == -1)
		return -1;
	passage_init(&p, r);
	rc = pass_entries(&p, &examine, err);
	if (rc == 0 && examine)
		rc = in->seekable ? read_examined(s, in, err) : read_spooled(&p, err);
	tar_reader_release(&p.tar);
	return rc;
}
