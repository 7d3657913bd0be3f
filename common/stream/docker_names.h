/*
 * docker_names.h - the entries of a docker archive by name, links followed inside of it alone
 *
 * Source:  docker save since 2016 and skopeo write layers as links to each other; a link that
 *          leads out of the archive reads the host's files in tools that extract first.
 * Memory:  the names of files and links: at most MAX_DOCKER_ENTRIES of them, and
 *          MAX_DOCKER_NAMES bytes. docker_names_release frees them.
 * Errors:  ERROR_INPUT naming the archive and the entry; ERROR_NOTFOUND for a name it lacks.
 */
#ifndef STREAM_DOCKER_NAMES_H
#define STREAM_DOCKER_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "core/io.h"
#include "core/tar.h"

struct error;

/* Ours: 500 images of 127 layers, as for blobs. */
#define MAX_DOCKER_ENTRIES ((size_t)65536)
/* Ours: 100 bytes for each. */
#define MAX_DOCKER_NAMES ((size_t)6 * 1024 * 1024)
/* Ours: docker's own chains have one link. */
#define MAX_DOCKER_LINKS 8

struct docker_entry {
	char *name;
	char *link; /* links only */
	enum tar_type type;
	uint64_t offset, size; /* of the content in the reader */
};

struct docker_names {
	struct docker_entry *items; /* sorted by name */
	size_t n, cap;
	size_t bytes;	     /* of all names and links */
	const char *archive; /* for messages; borrowed */
};

/* Goes over the one archive in r, which should be able to seek. After an error release, too. */
int docker_names_list(struct docker_names *d, struct reader *r, struct error *err);
/* The regular file that path, a name in manifest.json, leads to. Owned by d; NULL on error. */
const struct docker_entry *
docker_names_resolve(const struct docker_names *d, const char *path, struct error *err);
void docker_names_release(struct docker_names *d);

#endif
