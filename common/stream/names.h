/*
 * names.h - the names of the images in a stream: entries of its index.json
 *
 * Source:  design 1.1, "Names": org.opencontainers.image.ref.name is the tag alone,
 *          io.containerd.image.name the whole reference where it is known.
 * Memory:  entries belong to the index.
 * Errors:  ERROR_USAGE for a name from argv; ERROR_OTHER out of memory.
 */
#ifndef STREAM_NAMES_H
#define STREAM_NAMES_H

#include <stddef.h>

#include "image/descriptor.h"
#include "image/manifest.h"

struct error;

/* Takes an image's names off its entry: what a filter does that makes a new image of it. */
int names_drop(struct descriptor *entry, struct error *err);
/* The name of an entry: its whole reference, else its tag, else NULL. Borrowed. */
const char *names_of(const struct descriptor *entry);

/* Are the names that an entry of an input has names at all? ERROR_INPUT naming digest and name. */
int names_judge(const struct descriptor *entry, struct error *err);

/* Are these names as -t takes them? For argv, before any input is read. ERROR_USAGE. */
int names_check(const char *const *names, size_t n, struct error *err);

/*
 * Adds one entry for d under each of n names as -t takes them, unless it is there under that name;
 * without a name one entry as d is. d is copied. ERROR_USAGE: not a tag nor a reference.
 */
int names_add(struct index *x, const struct descriptor *d, const char *const *names, size_t n,
    struct error *err);

/* Once all entries are there: where two repositories share a tag, or one and an entry whose
 * repository is not known, ref.name becomes the whole reference where there is one; elsewhere it
 * is the tag. */
int names_settle(struct index *x, struct error *err);

#endif
