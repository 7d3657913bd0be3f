#include "stream/digest_table.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "stream/source.h"

#define FIRST_ENTRIES ((size_t)64)
/* Slots for each entry that there is room for: at most half are taken, so probes stay short. */
#define SLOTS_PER_ENTRY 2

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

static unsigned char *
entry_at(const struct digest_table *t, size_t i)
{
	return t->entries + i * t->entry_size;
}

/* Where raw is, or the free slot where it would be. */
static uint32_t *
probe(const struct digest_table *t, const uint8_t raw[SHA256_SIZE])
{
	size_t n_slots = t->cap * SLOTS_PER_ENTRY, i = slot_of(raw, n_slots);

	while (t->slots[i] != 0 && memcmp(entry_at(t, t->slots[i] - 1), raw, SHA256_SIZE) != 0)
		i = (i + 1) & (n_slots - 1);
	return &t->slots[i];
}

static void
fill(struct digest_table *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		*probe(t, entry_at(t, i)) = (uint32_t)i + 1;
}

static int
grow(struct digest_table *t, struct error *err)
{
	size_t cap = t->cap == 0 ? FIRST_ENTRIES : t->cap * 2;
	unsigned char *entries;
	uint32_t *slots;

	entries = realloc(t->entries, cap * t->entry_size);
	if (entries == NULL)
		return error_memory(err);
	t->entries = entries;
	slots = calloc(cap * SLOTS_PER_ENTRY, sizeof(*slots));
	if (slots == NULL)
		return error_memory(err);
	free(t->slots);
	t->slots = slots;
	t->cap = cap;
	fill(t);
	return 0;
}

void
digest_table_init(struct digest_table *t, size_t entry_size)
{
	assert(entry_size >= SHA256_SIZE);
	*t = (struct digest_table){ .entry_size = entry_size };
}

void
digest_table_release(struct digest_table *t)
{
	free(t->entries);
	free(t->slots);
	digest_table_init(t, t->entry_size);
}

void *
digest_table_find(const struct digest_table *t, const uint8_t raw[SHA256_SIZE])
{
	uint32_t slot = t->cap == 0 ? 0 : *probe(t, raw);

	return slot == 0 ? NULL : entry_at(t, slot - 1);
}

void *
digest_table_add(struct digest_table *t, const uint8_t raw[SHA256_SIZE], struct error *err)
{
	unsigned char *entry;
	uint32_t *slot;

	if (t->n == MAX_BLOBS) {
		(void)error_set(err, ERROR_INPUT, "more than %zu blobs", MAX_BLOBS);
		return NULL;
	}
	if (t->n == t->cap && grow(t, err) == -1)
		return NULL;
	slot = probe(t, raw);
	assert(*slot == 0);
	entry = entry_at(t, t->n++);
	*slot = (uint32_t)t->n;
	memset(entry, 0, t->entry_size);
	memcpy(entry, raw, SHA256_SIZE);
	return entry;
}

void *
digest_table_at(const struct digest_table *t, size_t i)
{
	assert(i <= t->n);
	return t->n == 0 ? NULL : entry_at(t, i);
}

void
digest_table_rehash(struct digest_table *t)
{
	if (t->cap == 0)
		return;
	memset(t->slots, 0, t->cap * SLOTS_PER_ENTRY * sizeof(*t->slots));
	fill(t);
}
