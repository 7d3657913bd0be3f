/*
 * hardlinks.h - which files of a folder were met before under another path
 *
 * Memory:  24 to 32 bytes a file that has several links; the paths are spooled, 1 MiB in memory.
 * Errors:  ERROR_INPUT naming a limit, ERROR_IO (TMPDIR), ERROR_OTHER out of memory.
 */
#ifndef LAYER_HARDLINKS_H
#define LAYER_HARDLINKS_H

#include <sys/types.h>

struct error;
struct hardlinks;

struct hardlinks *hardlinks_new(struct error *err); /* NULL on error */
void hardlinks_free(struct hardlinks *h);	    /* may be NULL */

/*
 * *first is the path under which this file was met first, lent until the next call; NULL if that
 * is now, and path is what later ones will be told.
 */
int hardlinks_meet(struct hardlinks *h, dev_t dev, ino_t ino, const char *path, const char **first,
    struct error *err);

#endif
