#include "stream/blobset.h"

#include <assert.h>
#include <stdlib.h>

#include "core/error.h"
#include "stream/digest_table.h"

struct blob_set {
	struct digest_table table;
};

struct blob_set *
blob_set_new(struct error *err)
{
	struct blob_set *b = malloc(sizeof(*b));

	if (b == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	digest_table_init(&b->table, sizeof(struct blob_entry));
	return b;
}

void
blob_set_free(struct blob_set *b)
{
	if (b == NULL)
		return;
	digest_table_release(&b->table);
	free(b);
}

struct blob_entry *
blob_set_find(const struct blob_set *b, const uint8_t raw[SHA256_SIZE])
{
	return digest_table_find(&b->table, raw);
}

struct blob_entry *
blob_set_add(struct blob_set *b, const uint8_t raw[SHA256_SIZE], struct error *err)
{
	return digest_table_add(&b->table, raw, err);
}

size_t
blob_set_count(const struct blob_set *b)
{
	return b->table.n;
}

struct blob_entry *
blob_set_at(const struct blob_set *b, size_t i)
{
	assert(i < b->table.n);
	return digest_table_at(&b->table, i);
}
