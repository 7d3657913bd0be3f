/*
 * docker_manifest.h - the manifest.json that lets docker load take a layout archive
 *
 * Source:  docker save's archive, of which only this file is needed: an array of Config,
 *          RepoTags and Layers, whose paths may point into blobs/ and at gzip layers.
 * Memory:  the text is the caller's.
 * Errors:  those of graph_load_manifest; ERROR_OTHER out of memory.
 */
#ifndef STREAM_DOCKER_MANIFEST_H
#define STREAM_DOCKER_MANIFEST_H

#include "image/manifest.h"
#include "stream/layout.h"
#include "stream/source.h"

struct error;

/*
 * Gives its text in *text (malloc'ed) if every entry of x is the manifest of an image, all of
 * whose blobs the layout has, with tar or gzip layers, and there is one entry or each has a whole
 * reference; else NULL, also for a text past MAX_DOCUMENT. Entries of one digest are one item with
 * several RepoTags.
 */
int docker_manifest_format(const struct index *x, struct source *s, const struct layout *l,
    char **text, struct error *err);

#endif
