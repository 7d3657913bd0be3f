#include "layer/path_set.h"

#include <stdlib.h>
#include <string.h>

#include "core/digest.h"
#include "core/error.h"

#define FIRST_SLOTS ((size_t)256)

static uint64_t
key_of(const char *path, size_t len)
{
	uint8_t raw[SHA256_SIZE];
	struct digest digest;
	struct hasher h;
	struct error ignored;
	uint64_t key;

	hasher_init(&h);
	hasher_update(&h, path, len);
	hasher_digest(&h, &digest);
	(void)digest_raw(&digest, raw, &ignored); /* it is one of SHA-256 */
	memcpy(&key, raw, sizeof(key));
	return key == 0 ? 1 : key;
}

/* The slot of key, or the free one where it would be. */
static size_t
slot_of(const struct path_set *s, uint64_t key)
{
	size_t i = (size_t)key & (s->n_slots - 1);

	while (s->keys[i] != 0 && s->keys[i] != key)
		i = (i + 1) & (s->n_slots - 1);
	return i;
}

bool
path_set_find(const struct path_set *s, const char *path, size_t len, uint32_t *value)
{
	size_t i;

	if (s->n == 0)
		return false;
	i = slot_of(s, key_of(path, len));
	if (s->keys[i] == 0)
		return false;
	if (value != NULL)
		*value = s->values[i];
	return true;
}

static int
grow(struct path_set *s, struct error *err)
{
	struct path_set larger = { .n = s->n };
	size_t i, at;

	if (s->n == MAX_PATHS)
		return error_set(err, ERROR_INPUT, "an archive of more than %zu entries",
		    MAX_PATHS);
	larger.n_slots = s->n_slots == 0 ? FIRST_SLOTS : 2 * s->n_slots;
	larger.keys = calloc(larger.n_slots, sizeof(*larger.keys));
	larger.values = malloc(larger.n_slots * sizeof(*larger.values));
	if (larger.keys == NULL || larger.values == NULL) {
		path_set_release(&larger);
		return error_memory(err);
	}
	for (i = 0; i < s->n_slots; i++) {
		if (s->keys[i] == 0)
			continue;
		at = slot_of(&larger, s->keys[i]);
		larger.keys[at] = s->keys[i];
		larger.values[at] = s->values[i];
	}
	path_set_release(s);
	s->keys = larger.keys;
	s->values = larger.values;
	s->n = larger.n;
	s->n_slots = larger.n_slots;
	return 0;
}

int
path_set_add(struct path_set *s, const char *path, uint32_t value, struct error *err)
{
	uint64_t key = key_of(path, strlen(path));
	size_t i;

	if ((s->n == MAX_PATHS || s->n >= s->n_slots / 4 * 3) && grow(s, err) == -1)
		return -1;
	i = slot_of(s, key);
	s->keys[i] = key;
	s->values[i] = value;
	s->n++;
	return 0;
}

void
path_set_release(struct path_set *s)
{
	free(s->keys);
	free(s->values);
	*s = (struct path_set){ .n = 0 };
}
