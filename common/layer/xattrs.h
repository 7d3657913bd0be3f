/*
 * xattrs.h - those extended attributes of a file that a layer keeps
 *
 * Source:  OCI image-spec 1.1, layer.md, "File Attributes": xattrs. security.capability and user.*
 *          mean the same on another machine; the rest (labels, ACLs by number) do not.
 * Memory:  struct xattrs owns its buffers, used again from file to file; xattrs_release.
 * Errors:  ERROR_IO; ERROR_INPUT past MAX_PAX_BODY in all. Without the name of the file: the caller
 *          knows it.
 */
#ifndef LAYER_XATTRS_H
#define LAYER_XATTRS_H

#include <stddef.h>

#include "core/tar.h"

struct error;

struct xattrs {
	struct tar_xattr *items; /* sorted by name */
	size_t n;
	/* private from here */
	size_t cap;
	char *names; /* as the system lists them */
	size_t names_cap;
	unsigned char *values;
	size_t values_cap;
};

/* Of the open file or directory fd. None where the system or the file system has none. */
int xattrs_read(struct xattrs *x, int fd, struct error *err);
void xattrs_release(struct xattrs *x);

#endif
