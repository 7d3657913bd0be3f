/*
 * source_private.h - what the parts of source.h share; for stream/source*.c and roots.c alone
 *
 * source.c holds what was found, source_open.c answers questions; source_input.c opens operands,
 * source_place.c keeps them open; source_tar.c, source_docker.c and source_dir.c each read one
 * shape of input and hand what they find to the functions here; roots.c merges.
 */
#ifndef STREAM_SOURCE_PRIVATE_H
#define STREAM_SOURCE_PRIVATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/io.h"
#include "core/progress.h"
#include "core/spool.h"
#include "stream/blobset.h"
#include "stream/source.h"

struct error;

/* Where blobs that were not passed on lie: blob_entry.place, which counts from 1. 0 is kept. */
struct place {
	int fd; /* a file that holds them; or a folder with a file for each */
	bool folder;
	bool owned;
	const char *name; /* of the operand; borrowed */
};

/* blob_entry.flags: an enum blob_state, and whether digest and size were checked. */
#define BLOB_STATE 0xffU
#define BLOB_VERIFIED 0x100U

struct source {
	struct source_options opt;
	struct blob_set *blobs;
	struct spool documents;
	struct spool kept; /* blobs of pipes, verified as they came */
	struct place *places;
	uint32_t n_places;
	struct descriptor *roots;
	size_t n_roots, cap_roots;
	size_t n_others;		  /* entries left out by images_only */
	bool roots_ended;		  /* see source_end_roots */
	bool lists_docker;		  /* see source_lists_docker */
	struct {			  /* the blob of source_open */
		struct blob_entry *entry; /* NULL: none is open */
		struct reader_region region;
		struct reader_spool spool;
		struct reader_fd file; /* in a folder; fd -1: none */
		struct reader_verify verify;
		struct reader_progress progress;
		bool verifies;
	} open;
};

/* One input, without compression around it. */
struct input {
	const char *name; /* borrowed until source_free */
	bool seekable;	  /* they are fd's from start on, size of them */
	int fd;
	bool owned;
	uint64_t start, size;
	uint32_t place; /* where its blobs stay findable, 0: nowhere */
};
/* seekable alone: len bytes from offset on. */
void
input_region(const struct input *in, uint64_t offset, uint64_t len, struct reader_region *region);
/* Where blobs are kept and in is seekable: its file stays open as a place of s. */
int input_keep(struct source *s, struct input *in, struct error *err);

/* What was found in an input under its digest. */
struct incoming {
	struct digest digest;
	uint64_t size;
	struct reader *content; /* not verified yet */
	uint32_t place;		/* 0: it can't be found again */
	uint64_t offset;	/* in the place's file */
	const char *name;	/* of the operand */
};
/* Holds, passes on, keeps or remembers it. content is read as far as that needs. */
int source_take(struct source *s, const struct incoming *b, struct error *err);
/* fd is s's if owned, also after an error. */
int source_add_place(struct source *s, int fd, bool owned, bool folder, const char *name,
    uint32_t *place, struct error *err);

/* Takes over the members of d; drops them after source_end_roots. */
int source_add_root(struct source *s, struct descriptor *d, struct error *err);
/* The text of an index.json: its entries become roots. */
int source_take_index(struct source *s, const char *text, size_t len, const char *name,
    struct error *err);
/* The text of an oci-layout file. */
int source_check_layout(const char *text, size_t len, const char *name, struct error *err);
/* A document of a known size, whole: malloc'ed, NUL after it. what is for messages. */
int source_read_text(struct reader *r, uint64_t size, const char *name, const char *what,
    char **text, struct error *err);

/* r gives the bytes of in from the first on. */
int source_read_tar(struct source *s, struct input *in, struct reader *r, struct error *err);
/* in is seekable and a docker archive. */
int source_read_docker(struct source *s, struct input *in, struct error *err);
/* fd of a directory, which is s's also after an error. */
int source_read_directory(struct source *s, int fd, const char *name, struct error *err);

#endif
