/*
 * layout_dir.h - an image layout as a directory, which appears whole or not at all
 *
 * Format:  OCI image-spec 1.1, image-layout.md: oci-layout, index.json, blobs/sha256/.
 *          It is built under a name of ours beside its place, synced, and renamed. The place
 *          must be free, or an empty directory: one that holds anything is never touched.
 *          From open to commit or discard the signals that ask to end are held back.
 * Memory:  layout_dir_discard releases all.
 * Errors:  ERROR_IO naming path; those of the readers given.
 */
#ifndef STREAM_LAYOUT_DIR_H
#define STREAM_LAYOUT_DIR_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/digest.h"
#include "core/io.h"
#include "image/manifest.h"

struct error;

/* "." and a name of ours. */
#define MAX_TEMPORARY_NAME 64

struct layout_dir {
	const char *path;
	/* private from here */
	char *target;	  /* path without slashes at its end */
	const char *base; /* its last part, in target */
	int parent, dir, blobs;
	char name[MAX_TEMPORARY_NAME]; /* in parent, while dir is open */
	bool held;		       /* signals are held back */
	sigset_t signals;
};

/* Can path become a layout? For asking before all the work; nothing is made. */
int layout_dir_check(const char *path, struct error *err);

/* path is borrowed. */
int layout_dir_open(struct layout_dir *l, const char *path, struct error *err);
/* Once for each blob, read from content to its end; content must verify. */
int layout_dir_put(struct layout_dir *l, const struct digest *digest, struct reader *content,
    struct error *err);
/* Writes index.json and gives the directory its name. */
int layout_dir_commit(struct layout_dir *l, const struct index *x, struct error *err);
/* Leaves nothing behind; harmless after commit or a failed open. */
void layout_dir_discard(struct layout_dir *l);

#endif
