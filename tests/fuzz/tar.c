/*
 * Any bytes as a tar: whichever way content is passed over the entries are the same, what is
 * promised of their names holds, and headers written for them are read as the same entries.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/io.h"
#include "core/tar.h"

struct memory {
	struct reader reader;
	const uint8_t *at;
	size_t left;
	size_t most; /* bytes a read */
};

struct growing {
	struct writer writer;
	uint8_t *bytes;
	size_t len;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max);

/* A changed header gets its checksum right, or no change would come further than that. */
size_t
LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max, unsigned int seed)
{
	uint8_t *b;
	size_t at, i;
	unsigned int sum;

	size = LLVMFuzzerMutate(data, size, max);
	for (at = 0; seed % 16 != 0 && size - at >= TAR_BLOCK; at += TAR_BLOCK) {
		b = data + at;
		if (memcmp(b + 257, "ustar", 5) != 0)
			continue;
		sum = 0;
		memset(b + 148, ' ', 8);
		for (i = 0; i < TAR_BLOCK; i++)
			sum += b[i];
		for (i = 0; i < 6; i++)
			b[148 + i] = (uint8_t)('0' + (sum >> (15 - 3 * i) & 7));
		b[154] = '\0';
	}
	return size;
}

static int
memory_read(struct reader *r, void *buf, size_t cap, size_t *len, struct error *err)
{
	struct memory *m = (struct memory *)(void *)r;

	(void)err;
	*len = cap < m->left ? cap : m->left;
	*len = *len < m->most ? *len : m->most;
	if (*len > 0)
		memcpy(buf, m->at, *len);
	m->at += *len;
	m->left -= *len;
	return 0;
}

static int
memory_skip(struct reader *r, uint64_t n, struct error *err)
{
	struct memory *m = (struct memory *)(void *)r;

	if (n > m->left)
		return error_set(err, ERROR_INPUT, "%s: ended early", r->name);
	m->at += n;
	m->left -= (size_t)n;
	return 0;
}

static void
memory_init(struct memory *m, const uint8_t *data, size_t size, size_t most)
{
	*m = (struct memory){ .reader = { .read = memory_read, .name = "x.tar" },
		.at = data,
		.left = size,
		.most = most };
	if (most == SIZE_MAX)
		m->reader.skip = memory_skip;
}

static int
growing_write(struct writer *w, const void *buf, size_t len, struct error *err)
{
	struct growing *g = (struct growing *)(void *)w;
	uint8_t *bytes = realloc(g->bytes, g->len + len);

	if (bytes == NULL)
		return error_memory(err);
	memcpy(bytes + g->len, buf, len);
	g->bytes = bytes;
	g->len += len;
	return 0;
}

static void
check_entry(const struct tar_entry *e, enum tar_profile profile)
{
	assert(e->name_len > 0 && e->name_len == strlen(e->name) && e->name_len <= MAX_TAR_NAME);
	assert(e->link_len == strlen(e->link) && e->link_len <= MAX_TAR_NAME);
	assert((e->link_len > 0) == (e->type == TAR_HARDLINK || e->type == TAR_SYMLINK));
	assert(strcmp(e->name, "..") != 0 && strncmp(e->name, "../", 3) != 0);
	assert(strstr(e->name, "/../") == NULL);
	assert(
	    e->size == 0 || e->type == TAR_FILE || e->type == TAR_SPARSE || e->type == TAR_UNKNOWN);
	assert(e->size <= INT64_MAX && e->mode <= 07777);
	if (profile == TAR_STREAM) {
		assert(e->name[0] != '/' && e->name[e->name_len - 1] != '/');
		assert(strstr(e->name, "//") == NULL && strstr(e->name, "/./") == NULL);
		assert(strncmp(e->name, "./", 2) != 0 && e->type != TAR_SPARSE);
	}
}

/* A header for the entry, written and read. */
static void
check_again(const struct tar_entry *e, enum tar_dialect dialect)
{
	const struct tar_header h = { .name = e->name,
		.type = e->type,
		.mode = e->mode,
		.link = e->link_len > 0 ? e->link : NULL,
		.size = e->size };
	struct growing g = { .writer = { .write = growing_write, .name = "memory" } };
	struct error err = { .kind = ERROR_NONE };
	struct memory m;
	struct tar_reader t;
	struct tar_entry again;
	enum tar_event event;
	size_t len;

	if (tar_write_header(&g.writer, &h, dialect, &err) == -1)
		abort();
	memory_init(&m, g.bytes, g.len, SIZE_MAX);
	tar_reader_init(&t, &m.reader, TAR_STREAM);
	if (tar_reader_next(&t, &event, &again, &err) == -1 || event != TAR_ENTRY)
		abort();
	len = again.name_len;
	assert(len == e->name_len && memcmp(again.name, e->name, len) == 0);
	assert(again.type == e->type && again.size == e->size && again.mode == e->mode);
	assert(strcmp(again.link, e->link) == 0 && m.left == 0);
	tar_reader_release(&t);
	free(g.bytes);
}

static uint64_t
add(uint64_t sum, const void *bytes, size_t len)
{
	const uint8_t *p = bytes;
	size_t i;

	for (i = 0; i < len; i++)
		sum = (sum ^ p[i]) * 1099511628211U;
	return sum;
}

/* Reads it all; *sum is of all entries, the result whether it was right to the end. */
static int
read_all(const uint8_t *data, size_t size, enum tar_profile profile, size_t most, uint64_t *sum)
{
	struct error err = { .kind = ERROR_NONE };
	struct memory m;
	struct tar_reader t;
	struct tar_entry e;
	enum tar_event event = TAR_ARCHIVE_END;
	uint8_t buf[1000];
	size_t n;

	*sum = 0;
	memory_init(&m, data, size, most);
	tar_reader_init(&t, &m.reader, profile);
	while (event != TAR_END) {
		if (tar_reader_next(&t, &event, &e, &err) == -1)
			break;
		*sum = add(*sum, &event, sizeof(event));
		if (event != TAR_ENTRY)
			continue;
		check_entry(&e, profile);
		assert(e.offset == m.reader.offset && e.offset <= size);
		*sum = add(*sum, e.name, e.name_len + 1);
		*sum = add(*sum, e.link, e.link_len + 1);
		*sum = add(*sum, &e.size, sizeof(e.size));
		*sum = add(*sum, &e.offset, sizeof(e.offset));
		if (most != SIZE_MAX) {
			do {
				if (reader_read(&t.content, buf, sizeof(buf), &n, &err) == -1)
					break;
			} while (n > 0);
			if (err.kind != ERROR_NONE)
				break;
			assert(t.content.offset == e.size);
		}
		if (profile == TAR_STREAM && most == SIZE_MAX && e.type <= TAR_DIRECTORY) {
			check_again(&e, TAR_PLAIN);
			check_again(&e, TAR_IMGPKG);
		}
	}
	tar_reader_release(&t);
	assert(err.kind == ERROR_NONE || (err.kind == ERROR_INPUT && err.text[0] != '\0'));
	return err.kind == ERROR_NONE;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum tar_profile profiles[] = { TAR_STREAM, TAR_LAYER };
	uint64_t sought, passed;
	size_t i;

	for (i = 0; i < 2; i++) {
		const int a = read_all(data, size, profiles[i], SIZE_MAX, &sought);
		const int b = read_all(data, size, profiles[i], 100, &passed);

		assert(a == b && (a == 0 || sought == passed));
	}
	return 0;
}
