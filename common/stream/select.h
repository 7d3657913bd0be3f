/*
 * select.h - the entries of an input that are kept: by name or digest, by platform, renamed
 *
 * Source:  design 2, oci-pack: one platform of an index gives its manifest under the index's
 *          names, a list a new index.
 * Memory:  struct selection owns what it holds; selection_release frees it.
 * Errors:  ERROR_NOTFOUND naming what is not there, and what is; ERROR_INPUT for a name in the
 *          input that is none, and for names of several images; those of graph_load_*.
 */
#ifndef STREAM_SELECT_H
#define STREAM_SELECT_H

#include <stddef.h>

#include "core/digest.h"
#include "image/manifest.h"
#include "image/platform.h"
#include "stream/source.h"

struct error;

struct select_options {
	/* A tag, a whole reference, or the digest of an entry or of what an index of one has. */
	const char *const *wanted;
	size_t n_wanted;		       /* 0: all */
	const struct platform_list *platforms; /* n 0: all */
	const char *const *names;	       /* as -t takes them, checked before */
	size_t n_names;			       /* 0: the names stay */
};

/* An index that was made anew. */
struct selection_change {
	struct digest from, to;
};

struct selection {
	struct index index;
	struct selection_change *changes;
	size_t n_changes;
};

/* All options, for the roots of s, which are moved out of it. New indexes become documents of s. */
int select_images(struct selection *sel, struct source *s, const struct select_options *opt,
    struct error *err);
/*
 * Of the entries in sel->index what wanted asks for. Layers of no image, artifacts, bundles and
 * images without a platform are for all platforms; every other entry must have one that is wanted.
 */
int select_platforms(struct selection *sel, struct source *s, const struct platform_list *wanted,
    struct error *err);
/* An entry's name, else its digest: for messages. */
const char *select_name(const struct descriptor *entry);
void selection_release(struct selection *sel);

#endif
