/*
 * digest_table.h - entries of any kind, found by the sha256 digest that each begins with
 *
 * Memory:  entries of one size in one array, and 8 to 16 bytes an entry beside it; doubled as
 *          needed up to MAX_BLOBS entries. A value; digest_table_release frees what it holds.
 * Errors:  ERROR_INPUT naming the limit; ERROR_OTHER out of memory.
 */
#ifndef STREAM_DIGEST_TABLE_H
#define STREAM_DIGEST_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "core/digest.h"

struct error;

struct digest_table {
	unsigned char *entries; /* the first SHA256_SIZE bytes of each are its digest */
	uint32_t *slots;	/* 0: free, else the entry's number plus 1 */
	size_t entry_size;
	size_t n, cap; /* cap is 0 or a power of two */
};

void digest_table_init(struct digest_table *t, size_t entry_size);
void digest_table_release(struct digest_table *t);
/* NULL if absent. Valid until the next add. */
void *digest_table_find(const struct digest_table *t, const uint8_t raw[SHA256_SIZE]);
/* Adds an entry that is not there yet, zeros but for its digest; NULL on error. */
void *digest_table_add(struct digest_table *t, const uint8_t raw[SHA256_SIZE], struct error *err);
/* In the order of adding; i == n is allowed, and points behind the last. */
void *digest_table_at(const struct digest_table *t, size_t i);
/* After a caller brought the entries into another order. */
void digest_table_rehash(struct digest_table *t);

#endif
