/*
 * source.h - all that a stream reader reads: the images named, documents, and blobs
 *
 * Operands are layout tars of any shape, layout directories and docker archives, plain or in
 * gzip or zstd, from files and pipes, one after another, several archives in one input too
 * (design 1.1). Every blob's size and digest are checked, also of one that nobody refers to.
 *
 * A document is a blob of at most MAX_DOCUMENT bytes whose first byte after white space (looked
 * for in its first MAX_LEADING_SPACE) is '{', whatever refers to it. Documents are held in a
 * spool; other blobs go to the sink as they come or, without one, stay findable: in a regular file
 * where they lie (and are checked when they are read, at the latest by source_verify_rest), from a
 * pipe in an unlinked file.
 *
 * Memory:  the table of digests, the entries of all index.jsons, one document at a time.
 * Errors:  ERROR_INPUT (malformed, ended before index.json, a limit), ERROR_DIGEST, ERROR_IO;
 *          ERROR_NOTFOUND where said. Each names the operand and the digest or offset.
 */
#ifndef STREAM_SOURCE_H
#define STREAM_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/digest.h"
#include "core/io.h"
#include "image/descriptor.h"

struct error;
struct progress;
struct source;

/* Ours: 500 images of 127 layers; the table then takes 4 MiB. */
#define MAX_BLOBS ((size_t)65536)
/* Ours: entries of all index.jsons together, and of one nested index: 600 bytes each with two
 * names, twice where they go on; beside MAX_BLOBS blobs all programs then stay below 24 MiB. */
#define MAX_ENTRIES ((size_t)4096)
/* Ours: no writer puts white space before a document at all. */
#define MAX_LEADING_SPACE 4096
/* Ours: documents held back on disk until index.json has come. */
#define MAX_DOCUMENTS_SIZE ((uint64_t)64 * 1024 * 1024)

struct blob_sink {
	/*
	 * Owes: reads content to its end, where it is verified. Called once for each digest, in the
	 * order of the input, for blobs that are no documents.
	 */
	int (*blob)(struct blob_sink *sink, const struct digest *digest, uint64_t size,
	    struct reader *content, struct error *err);
};

struct source_options {
	struct blob_sink *sink;	   /* NULL: blobs are kept, see source_open */
	struct progress *progress; /* NULL: none; notices go to it too */
	bool replace;		   /* of two images of one name the later wins */
	bool images_only; /* entries that are neither image nor layer are left out, and told of */
};

struct source *source_new(const struct source_options *opt, struct error *err);
void source_free(struct source *s); /* may be NULL */

/* Reads one operand whole: "-" is standard input, a directory is a layout directory. path is
 * borrowed until source_free. ERROR_INPUT for an empty input. */
int source_read(struct source *s, const char *path, struct error *err);
/* The same for the bytes of r, from its first on; its name is borrowed until source_free. */
int source_read_reader(struct source *s, struct reader *r, struct error *err);
/* A document from memory, made by the caller or found in a foreign format, becomes one of the
 * source's; its digest comes back. */
int source_take_document(struct source *s, const char *text, size_t len, const char *name,
    struct digest *digest, struct error *err);
/* All of a NULL-terminated list; standard input if it is empty. */
int source_read_all(struct source *s, const char *const *paths, struct error *err);

/*
 * After the last source_read: image entries of the same digest and name fold into one, their
 * annotations united, an untagged one into a tagged one; layer entries never. ERROR_INPUT
 * naming both digests: one name on two digests, unless opt.replace.
 */
int source_merge(struct source *s, struct error *err);

/* What is read from now on brings blobs alone: its entries are dropped. */
void source_end_roots(struct source *s);

/* The entries of all index.jsons in order. Owned by s; a caller may edit annotations. */
size_t source_n_roots(const struct source *s);
struct descriptor *source_root(struct source *s, size_t i);

/* After source_verify_rest: all is dropped but which blobs there are, for source_find alone. */
void source_forget(struct source *s);

/* Had a layout in a tar docker's manifest.json beside it, so that docker load could read it too? */
bool source_lists_docker(const struct source *s);

/* How many blobs were found, and how many bytes they have; bytes may be NULL. */
size_t source_n_blobs(const struct source *s, uint64_t *bytes);

enum blob_state { BLOB_ABSENT, BLOB_DOCUMENT, BLOB_KEPT, BLOB_PASSED };

/* size may be NULL; set unless BLOB_ABSENT. digest must be sha256, else BLOB_ABSENT. */
enum blob_state source_find(const struct source *s, const struct digest *digest, uint64_t *size);
/* A malloc'ed copy of a document, with a NUL after its len bytes.
 * ERROR_NOTFOUND: absent; ERROR_INPUT: no document; ERROR_DIGEST: size differs. */
int source_document(struct source *s, const struct digest *digest, uint64_t size, char **text,
    size_t *len, struct error *err);

/* A BLOB_KEPT or BLOB_DOCUMENT to be read, verified on its way; one at a time, until
 * source_close. ERROR_NOTFOUND: absent or passed on. */
int source_open(struct source *s, const struct digest *digest, struct reader **content,
    struct error *err);
void source_close(struct source *s);
/* Reads and checks whatever lies in files and was not read to its end through source_open. */
int source_verify_rest(struct source *s, struct error *err);

#endif
