/*
 * walk.h - folders and files merged into one tree, entry by entry, in an order of their names
 *
 * Depth first, a directory before what is in it; the names of one directory sorted by memcmp. A
 * directory operand gives its contents, another its base name; directories of the same path become
 * one (mode and attributes are the first operand's), any other path that comes twice is an error.
 * An operand that is a symbolic link to a directory is that directory.
 *
 * No path is ever handed to the system but the operands themselves: each step is one name below an
 * open directory, never through a symbolic link, and what was opened must be what was seen. A
 * directory to which the walk returns must be the one it left. What another process does to the
 * tree meanwhile is an error, never a hang and never a way out of the tree.
 *
 * Memory:  the names of the directories from the operands down to the one in hand: ten bytes and
 *          the name itself for each, eight more while they are sorted, at most 1 GiB of a
 *          directory. Those of several operands that become one directory are held together. A
 *          few directories are open at a time. walk_free releases all.
 * Errors:  ERROR_INPUT (a path that comes twice; with follow those of beneath.h, and more than
 *          65,536 links to directories), ERROR_IO.
 *          Each names the file by its operand.
 */
#ifndef LAYER_WALK_H
#define LAYER_WALK_H

#include <sys/stat.h>

#include <stdbool.h>
#include <stddef.h>

struct error;
struct patterns;
struct walk;

struct walk_options {
	const char *const *operands;	/* NULL-terminated */
	const struct patterns *exclude; /* may be NULL */
	bool follow;			/* symbolic links give what they lead to in their folder */
	bool follow_operands;		/* one that is a link to a file is that file */
	/*
	 * Each operand stands alone, one after another in the order given: no two may have a path
	 * in common, and "." is the first entry of each directory. Go's tools walk so.
	 */
	bool separate;
};

struct walk_entry {
	const char *path; /* below the root; valid until the next walk_next */
	size_t operand;	  /* that it came from */
	struct stat st;	  /* of what was opened */
	int fd;		  /* a regular file or a directory, open for reading; else -1. Lent. */
	const char *link; /* a symbolic link's target */
	int unreadable;	  /* errno: it could not be opened; else 0 */
};

/* All is borrowed. NULL on error. */
struct walk *walk_new(const struct walk_options *opt, struct error *err);
/* Why that operand is not there: errno; or 0. If any is missing, there is no walk_next. */
int walk_missing(const struct walk *w, size_t operand);
/* The next entry, or *e with path NULL behind the last one. */
int walk_next(struct walk *w, struct walk_entry *e, struct error *err);
void walk_free(struct walk *w); /* may be NULL */

/* "OPERAND/PATH" of the entry in hand, for messages; valid until the next walk_next. */
const char *walk_shown(struct walk *w, const struct walk_entry *e);

#endif
