/*
 * nameless.h - a file that has no name until all of it is there
 *
 * It is made beside its place (O_TMPFILE), synced, linked and renamed, so that on any failure or
 * signal the old file stays and nothing is left over. Where that does not work, it is an unlinked
 * file elsewhere, copied when it is put in its place, with signals blocked. A symbolic link is
 * followed to its target's directory, whether there is something or not.
 *
 * Memory:  a value that borrows path. fd is the caller's to close.
 * Errors:  ERROR_IO naming path.
 */
#ifndef CORE_NAMELESS_H
#define CORE_NAMELESS_H

#include <stdbool.h>

struct error;

struct nameless {
	const char *path;
	int fd;	       /* for reading and writing */
	bool linkable; /* fd came from O_TMPFILE: it is in the file system of its place */
};

/* fd is -1 after an error. */
int nameless_open(struct nameless *n, const char *path, struct error *err);
/* All is written: gives it its name, in the place of what has it. Once. */
int nameless_place(struct nameless *n, struct error *err);

#endif
