/*
 * layout.h - the writer of our streams: one image-layout tar
 *
 * Format:  design 1.1: oci-layout first, then blobs/ and blobs/sha256/, every blob once, and
 *          index.json last, the commit mark; ustar, pax only for a size of 8 GiB or more.
 *          OCI image-spec 1.1, image-layout.md.
 * Memory:  a set of 32 bytes a blob; a blob of unknown size is spooled, 4 MiB in memory, unless
 *          the output can be patched. layout_discard releases all.
 * Errors:  ERROR_IO, ERROR_USAGE (a terminal), those of the readers given.
 */
#ifndef STREAM_LAYOUT_H
#define STREAM_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/digest.h"
#include "core/io.h"
#include "core/json.h"
#include "core/output.h"
#include "core/spool.h"
#include "image/manifest.h"

struct error;

/* image-layout.md: the text of the file oci-layout. */
#define LAYOUT_MARK "{\"imageLayoutVersion\":\"1.0.0\"}"

/* For struct usage.announce: writes entry 1 to standard output. */
int layout_announce(struct error *err);

struct layout {
	struct output output;
	/* private from here */
	bool directories; /* blobs/ and blobs/sha256/ are written */
	struct blob_set *written;
	struct spool spool; /* of the blob that is open */
	struct writer_hash hash;
	uint64_t header; /* where the open blob's header is */
	bool open;
};

/* path NULL or "-": standard output, where layout_announce has run already. */
int layout_open(struct layout *l, const char *path, struct error *err);

/* Writes a blob of known digest and size, read from content to its end; one that was written
 * before is read (so that it is verified) and not written again. content must verify. */
int layout_put(struct layout *l, const struct digest *digest, uint64_t size, struct reader *content,
    struct error *err);
/* The same from memory; the digest is computed here and given in *digest. */
int layout_put_document(struct layout *l, const void *buf, size_t len, struct digest *digest,
    struct error *err);
bool layout_has(const struct layout *l, const struct digest *digest);
/* How many blobs were put, and which was the one after i others. */
size_t layout_count(const struct layout *l);
void layout_digest(const struct layout *l, size_t i, struct digest *digest);
/* Where blob digest's content begins in the output. Only of a blob that was put. */
bool layout_where(const struct layout *l, const struct digest *digest, uint64_t *offset);

/* A blob whose size and digest come out at its end: write to *to, then close it. */
int layout_blob_open(struct layout *l, struct writer **to, struct error *err);
int layout_blob_close(struct layout *l, struct digest *digest, uint64_t *size, struct error *err);

/* docker_manifest: the text of a manifest.json to stand before index.json, or NULL. Writes
 * index.json and the end, and commits the output. */
int layout_commit(struct layout *l, const struct index *x, const char *docker_manifest,
    struct error *err);
/* The text of index.json: x with its media type. ERROR_INPUT: past MAX_DOCUMENT. The caller
 * has initialised json, and releases it. */
int layout_format_index(const struct index *x, struct json_writer *json, struct error *err);
/* Harmless after commit or a failed open. */
void layout_discard(struct layout *l);

#endif
