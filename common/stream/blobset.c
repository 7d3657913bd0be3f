#include "stream/blobset.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "stream/source.h"

#define FIRST_ENTRIES ((size_t)64)
/* Slots for each entry that there is room for: at most half are taken, so probes stay short. */
#define SLOTS_PER_ENTRY 2

struct blob_set {
	struct blob_entry *entries;
	uint32_t *slots; /* 0: free, else the entry's number plus 1 */
	size_t n, cap;	 /* cap is a power of two */
};

static_assert(MAX_BLOBS < UINT32_MAX, "an entry's number plus 1 fits a slot");

/*
 * All of the digest counts: those of absent blobs are a document's bare claim, and may agree in
 * any prefix. Whoever makes them collide on purpose is stopped by MAX_BLOBS.
 */
static size_t
slot_of(const uint8_t raw[SHA256_SIZE], size_t n_slots)
{
	uint64_t word, h = 0;
	size_t i;

	for (i = 0; i < SHA256_SIZE; i += sizeof(word)) {
		memcpy(&word, raw + i, sizeof(word));
		/* The finaliser of MurmurHash3 (public domain). */
		h ^= word;
		h ^= h >> 33;
		h *= UINT64_C(0xff51afd7ed558ccd);
		h ^= h >> 33;
		h *= UINT64_C(0xc4ceb9fe1a85ec53);
		h ^= h >> 33;
	}
	return (size_t)h & (n_slots - 1);
}

/* Where raw is, or the free slot where it would be. */
static uint32_t *
probe(const struct blob_set *b, const uint8_t raw[SHA256_SIZE])
{
	size_t n_slots = b->cap * SLOTS_PER_ENTRY, i = slot_of(raw, n_slots);

	while (b->slots[i] != 0 && memcmp(b->entries[b->slots[i] - 1].raw, raw, SHA256_SIZE) != 0)
		i = (i + 1) & (n_slots - 1);
	return &b->slots[i];
}

static int
grow(struct blob_set *b, struct error *err)
{
	size_t i, cap = b->cap == 0 ? FIRST_ENTRIES : b->cap * 2;
	struct blob_entry *entries;
	uint32_t *slots;

	entries = realloc(b->entries, cap * sizeof(*entries));
	if (entries == NULL)
		return error_memory(err);
	b->entries = entries;
	slots = calloc(cap * SLOTS_PER_ENTRY, sizeof(*slots));
	if (slots == NULL)
		return error_memory(err);
	free(b->slots);
	b->slots = slots;
	b->cap = cap;
	for (i = 0; i < b->n; i++)
		*probe(b, b->entries[i].raw) = (uint32_t)i + 1;
	return 0;
}

struct blob_set *
blob_set_new(struct error *err)
{
	struct blob_set *b = calloc(1, sizeof(*b));

	if (b == NULL || grow(b, err) == -1) {
		(void)error_memory(err);
		blob_set_free(b);
		return NULL;
	}
	return b;
}

void
blob_set_free(struct blob_set *b)
{
	if (b == NULL)
		return;
	free(b->entries);
	free(b->slots);
	free(b);
}

struct blob_entry *
blob_set_find(const struct blob_set *b, const uint8_t raw[SHA256_SIZE])
{
	uint32_t slot = *probe(b, raw);

	return slot == 0 ? NULL : &b->entries[slot - 1];
}

struct blob_entry *
blob_set_add(struct blob_set *b, const uint8_t raw[SHA256_SIZE], struct error *err)
{
	struct blob_entry *entry;
	uint32_t *slot;

	if (b->n == MAX_BLOBS) {
		(void)error_set(err, ERROR_INPUT, "more than %zu blobs", MAX_BLOBS);
		return NULL;
	}
	if (b->n == b->cap && grow(b, err) == -1)
		return NULL;
	slot = probe(b, raw);
	assert(*slot == 0);
	entry = &b->entries[b->n++];
	*slot = (uint32_t)b->n;
	*entry = (struct blob_entry){ .size = 0 };
	memcpy(entry->raw, raw, SHA256_SIZE);
	return entry;
}

size_t
blob_set_count(const struct blob_set *b)
{
	return b->n;
}

struct blob_entry *
blob_set_at(const struct blob_set *b, size_t i)
{
	assert(i < b->n);
	return &b->entries[i];
}
