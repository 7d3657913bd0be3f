/*
 * push.h - the images of a plan to a registry
 *
 * Source:  distribution-spec 1.1, "Pushing manifests". Blobs first, then what refers to them,
 *          children before parents, and the tags last of all: a push that dies leaves no tag on
 *          an incomplete image.
 * Memory:  one graph of all images (graph.h); one manifest at a time; no blob.
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

struct push {
	struct source *source;
	const struct plan *plan;
	struct client *client;
	struct registry_listener *listener;
	struct progress *progress; /* NULL: none */
	bool no_clobber;	   /* a tag on another image is an error */
	bool dry_run; /* asks, sends nothing, tells the listener's warn what it would */
};

/*
 * Sends what the registry lacks, and names it. Every blob of the source is verified before the
 * first manifest is sent. A nondistributable layer that the input lacks is not asked for.
 */
int push_run(const struct push *p, struct error *err);

#endif
