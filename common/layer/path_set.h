/*
 * path_set.h - paths that an archive named already, each with a number
 *
 * A path is told by 64 bits of its SHA-256. Two that share them (nobody meets them by chance, and
 * who makes them harms his own archive) are taken for one, which refuses the archive.
 *
 * Memory:  12 bytes a slot, a table at most three quarters full and doubled as needed.
 * Errors:  ERROR_INPUT naming the limit, ERROR_OTHER out of memory.
 */
#ifndef LAYER_PATH_SET_H
#define LAYER_PATH_SET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct error;

/* Ours: the table then takes 96 MiB. */
#define MAX_PATHS ((size_t)4 * 1024 * 1024)

struct path_set {
	uint64_t *keys; /* 0: free */
	uint32_t *values;
	size_t n, n_slots;
};

/* len bytes of path. False: it is not in the set. value may be NULL. */
bool path_set_find(const struct path_set *s, const char *path, size_t len, uint32_t *value);
/* Of a path that is not in the set. */
int path_set_add(struct path_set *s, const char *path, uint32_t value, struct error *err);
void path_set_release(struct path_set *s);

#endif
