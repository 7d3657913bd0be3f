/*
 * folder.h - folders and files to the tar of a layer
 *
 * Format:  core/tar's TAR_PLAIN, in the order of walk.h: ustar, pax for what it cannot say. One
 *          time and one owner for all; permission bits, links and some extended attributes
 *          (xattrs.h) as they are; a file met again under another path is a hard link to the
 *          first. No entry for the root: a folder without anything is two zero blocks. With
 *          imgpkg, to the bit what imgpkg writes (Go's archive/tar, uid, gid and times 0).
 * Memory:  that of walk.h and hardlinks.h, and one buffer; nothing is kept after the call.
 * Errors:  ERROR_INPUT (what no layer holds: a socket, a device, a name that is a whiteout; a
 *          symbolic link with imgpkg; a limit), ERROR_IO (unreadable, changed while it was read).
 */
#ifndef LAYER_FOLDER_H
#define LAYER_FOLDER_H

#include <stdbool.h>

#include "core/io.h"
#include "layer/stamp.h"

struct error;
struct output;
struct patterns;
struct progress;

/* What else wants to know of the entries. */
struct folder_watch {
	/* Called for each; path is below its operand, shown is its name for messages. */
	int (*entry)(struct folder_watch *w, const char *path, const char *shown, bool directory,
	    struct error *err);
	/* Of several unreadable files, each with its reason; the call's error only counts. */
	void (*unreadable)(struct folder_watch *w, const struct error *why);
	/* What is shown is the output itself, and left out. */
	void (*output)(struct folder_watch *w, const char *shown);
};

struct folder_options {
	const char *const *operands; /* NULL-terminated */
	const struct patterns *exclude;
	const char *prefix; /* clean (see entry_name.h), or "": where the entries are put */
	struct stamp stamp;
	bool follow; /* symbolic links give what they lead to in the folder */
	bool xattrs;
	bool imgpkg;		     /* stamp, prefix and xattrs are then not asked for */
	struct folder_watch *watch;  /* may be NULL, as may its members */
	const struct output *output; /* where the layer goes: left out if met. NULL: nowhere */
	struct progress *progress;   /* may be NULL */
};

/* Writes the whole tar, end blocks too. */
int folder_write(const struct folder_options *opt, struct writer *to, struct error *err);

#endif
