/*
 * contents.h - is what is in these folders a bundle, by imgpkg's rules?
 *
 * Source:  imgpkg's push: anything named .imgpkg is a definition; there is
 *          one, directly in one of the folders, and images.yml in it. What images.yml says is not
 *          looked at, here as there. Only what the layer holds counts: what is left out does not,
 *          and a definition is a directory (imgpkg takes a file for one).
 * Memory:  bundle_contents_release frees it.
 * Errors:  ERROR_INPUT naming the paths; ERROR_OTHER out of memory.
 */
#ifndef BUNDLE_CONTENTS_H
#define BUNDLE_CONTENTS_H

#include <stdbool.h>
#include <stddef.h>

struct error;

struct bundle_contents {
	bool wanted;	  /* a bundle: otherwise it must not be one */
	char *definition; /* the first .imgpkg as messages name it; NULL: none yet */
	bool several;	  /* or one that is deeper, or a file */
	bool images;	  /* images.yml is there */
};

/* The paths of a NULL-terminated list, before anything is read: for an early answer. */
int bundle_contents_look(const char *const *folders, struct error *err);

void bundle_contents_init(struct bundle_contents *b, bool wanted);
/* An entry, path being below the folder; shown is its name for messages. */
int bundle_contents_entry(struct bundle_contents *b, const char *path, const char *shown,
    bool directory, struct error *err);
/* After the last: of a wanted bundle that it is one; else that it is none, as imgpkg's push -i. */
int bundle_contents_judge(const struct bundle_contents *b, struct error *err);
void bundle_contents_release(struct bundle_contents *b);

#endif
