/*
 * foreign.h - entries of a zip, 7z, cpio, rpm or ISO 9660 archive: all that we use of libarchive
 *
 * Only the format asked for is enabled, and of filters only rpm's and those that its payload may
 * have. Whatever libarchive warns of, or would go on after, is an error here.
 *
 * Names are bytes. Formats that hold UTF-16 (7z, ISO's Joliet) give UTF-8, whatever the locale: it
 * is asked for in this thread, while libarchive works. Where the system has no C.UTF-8, such a
 * name outside ASCII is an error.
 *
 * Memory:  that of libarchive, and one block; foreign_free releases all.
 * Errors:  ERROR_INPUT "NAME: what libarchive says"; those of the reader.
 * Threads: one at a time.
 */
#ifndef LAYER_FOREIGN_H
#define LAYER_FOREIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/tar.h"
#include "layer/intake.h"

struct error;
struct foreign;

struct foreign_input {
	enum intake_kind kind;
	struct reader *reader; /* from the archive's first byte on */
	/* The same bytes in a regular file, where the directory may stand at the end (zip, 7z). */
	int fd;
	uint64_t start, size;
};

/* Lent until the next call. */
struct foreign_entry {
	const char *name;   /* as it is in the archive */
	const char *link;   /* a symbolic link's target, or NULL */
	const char *first;  /* the name that this file came under before, or NULL */
	enum tar_type type; /* TAR_UNKNOWN: a socket, or what nobody knows */
	unsigned int mode;
	unsigned int n_links;
	uint64_t size; /* of the content that follows; 0 if it is not said */
};

/* in is borrowed; zip and 7z are read from its file, the others from its reader. NULL on error. */
struct foreign *foreign_new(const struct foreign_input *in, struct error *err);
/* The next entry, or *end behind the last. */
int foreign_next(struct foreign *f, struct foreign_entry *e, bool *end, struct error *err);
/* Content of the entry in hand; *len 0 at its end. Holes read as zeros. */
int foreign_read(struct foreign *f, void *buf, size_t cap, size_t *len, struct error *err);
/* After the last entry: reads the input to its end. ERROR_INPUT: more than zeros behind a cpio. */
int foreign_finish(struct foreign *f, struct error *err);
void foreign_free(struct foreign *f); /* may be NULL */

#endif
