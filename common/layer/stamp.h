/*
 * stamp.h - the one time and the one owner that all files of a layer are given
 *
 * Source:  reproducible-builds.org, SOURCE_DATE_EPOCH.
 * Errors:  ERROR_USAGE naming the option or the variable, and what it says.
 */
#ifndef LAYER_STAMP_H
#define LAYER_STAMP_H

#include <stdint.h>

struct error;

struct stamp {
	uint64_t uid, gid;
	int64_t mtime; /* seconds since 1970, not negative */
};

/* text is option -m's; NULL: SOURCE_DATE_EPOCH's, if that is set and not empty, else 0. */
int stamp_parse_mtime(struct stamp *s, const char *text, struct error *err);
/* "uid" or "uid:gid", in numbers; without a gid it is the uid. */
int stamp_parse_owner(struct stamp *s, const char *text, struct error *err);

#endif
