/*
 * beneath.h - what a path leads to inside a folder, symbolic links followed but never out of it
 *
 * For oci-layer --follow. Every step is an openat of one name that is no link, and ".." is taken
 * from the path walked so far, so that whoever changes the folder meanwhile cannot lead out.
 *
 * Errors:  ERROR_INPUT (a target that is absolute or leaves the folder, a chain of links that is
 *          too long, a link to nothing or to what no layer holds), ERROR_IO.
 */
#ifndef LAYER_BENEATH_H
#define LAYER_BENEATH_H

#include <sys/stat.h>

struct error;

/* Linux's own limit on one path. */
#define MAX_LINKS_FOLLOWED 40

/*
 * path: relative, below the directory root. *fd is what it leads to, a directory or a regular file,
 * opened for reading, *st its status. Errors do not name path: the caller does.
 */
int beneath_open(int root, const char *path, int *fd, struct stat *st, struct error *err);

#endif
