/*
 * push.h - the images of a plan to a registry
 *
 * Source:  distribution-spec 1.1, "Pushing manifests". Blobs first, then what refers to them,
 *          children before parents, and the tags last of all: a push that dies leaves no tag on
 *          an incomplete image.
 * Memory:  a struct push owns one graph of all images (graph.h); one manifest at a time; no blob.
 * Errors:  ERROR_OTHER: no_clobber, and a tag is taken; ERROR_NOTFOUND: neither the input nor
 *          the registry has a blob, found out before anything is sent; those of client.h and
 *          source.h.
 */
#ifndef REGISTRY_PUSH_H
#define REGISTRY_PUSH_H

#include <stdbool.h>
#include <stdint.h>

#include "registry/client.h"
#include "registry/plan.h"
#include "stream/source.h"

struct error;
struct progress;

struct push;

/* All is borrowed until push_free. */
struct push_options {
	struct source *source;
	const struct plan *plan; /* at least one image */
	struct registry_listener *listener;
	struct progress *progress; /* NULL: none */
	bool no_clobber;	   /* a tag on another image is an error */
	bool dry_run; /* asks, sends nothing, tells the listener's warn what it would */
};

/*
 * Finds out what the images consist of, and whether they can be at all: before anybody is asked,
 * so that what is wrong with the input is not hidden by a registry that is not there.
 */
struct push *push_new(const struct push_options *opt, struct error *err);
/*
 * Sends what the registry lacks, and names it; once. Every blob of the source is verified before
 * the first manifest is sent. A nondistributable layer that the input lacks is not asked for.
 */
int push_run(struct push *p, struct client *c, struct error *err);
void push_free(struct push *p); /* may be NULL */

#endif
