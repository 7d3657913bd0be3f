/*
 * blobset.h - a table from sha256 digests to a few numbers
 *
 * Memory:  64 bytes an entry, slots included, doubled as needed up to MAX_BLOBS entries.
 * Errors:  ERROR_INPUT naming the limit; ERROR_OTHER out of memory.
 */
#ifndef STREAM_BLOBSET_H
#define STREAM_BLOBSET_H

#include <stddef.h>
#include <stdint.h>

#include "core/digest.h"

struct error;
struct blob_set;

struct blob_entry {
	uint8_t raw[SHA256_SIZE];
	uint64_t size;
	uint64_t offset; /* the owner's meaning */
	uint32_t place;	 /* the owner's meaning */
	uint32_t flags;	 /* the owner's meaning */
};

struct blob_set *blob_set_new(struct error *err);
void blob_set_free(struct blob_set *b); /* may be NULL */
/* NULL if absent. Valid until the next add. */
struct blob_entry *blob_set_find(const struct blob_set *b, const uint8_t raw[SHA256_SIZE]);
/* Adds an entry that is not there yet; NULL on error. */
struct blob_entry *
blob_set_add(struct blob_set *b, const uint8_t raw[SHA256_SIZE], struct error *err);
size_t blob_set_count(const struct blob_set *b);
/* In the order of adding. */
struct blob_entry *blob_set_at(const struct blob_set *b, size_t i);

#endif
