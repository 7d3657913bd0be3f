#include "layer/hardlinks.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/spool.h"

/* Paths up to here stay in memory. */
#define PATHS_MEMORY ((size_t)1024 * 1024)
/* Ours: far more than trees have; the tables then take 128 MiB. */
#define MAX_FILES ((uint32_t)4 * 1024 * 1024)
/* Ours: mounted below one folder. */
#define MAX_DEVICES 65536
#define NONE UINT32_MAX

struct file {
	uint64_t ino;
	uint64_t path;	 /* its offset in the spool */
	uint32_t device; /* index */
	uint32_t next;	 /* in the bucket, or NONE */
};

struct hardlinks {
	struct spool paths; /* each with its NUL */
	struct file *files;
	uint32_t *buckets; /* a power of two, at least the files */
	uint32_t n, cap, n_buckets;
	dev_t *devices;
	uint32_t n_devices;
	char *path; /* the one lent */
	size_t path_cap;
};

struct hardlinks *
hardlinks_new(struct error *err)
{
	struct hardlinks *h = calloc(1, sizeof(*h));

	if (h == NULL)
		(void)error_memory(err);
	else
		spool_init(&h->paths, PATHS_MEMORY, "paths of hard links");
	return h;
}

void
hardlinks_free(struct hardlinks *h)
{
	if (h == NULL)
		return;
	spool_release(&h->paths);
	free(h->files);
	free(h->buckets);
	free(h->devices);
	free(h->path);
	free(h);
}

/* The last one first: a tree is nearly always one file system, or one after another. */
static int
find_device(struct hardlinks *h, dev_t dev, uint32_t *index, struct error *err)
{
	dev_t *devices;

	for (*index = h->n_devices; *index > 0; (*index)--)
		if (h->devices[*index - 1] == dev)
			return 0;
	if (h->n_devices == MAX_DEVICES)
		return error_set(err, ERROR_INPUT, "more than %d file systems", MAX_DEVICES);
	devices = realloc(h->devices, (h->n_devices + 1) * sizeof(*devices));
	if (devices == NULL)
		return error_memory(err);
	h->devices = devices;
	devices[h->n_devices++] = dev;
	*index = h->n_devices;
	return 0;
}

/* Inode numbers come in runs: they are spread by multiplication (Knuth, 6.4). */
static uint32_t
bucket_of(const struct hardlinks *h, uint64_t ino, uint32_t device)
{
	return (uint32_t)((ino + device) * 0x9e3779b97f4a7c15u >> 32) & (h->n_buckets - 1);
}

static int
grow(struct hardlinks *h, struct error *err)
{
	uint32_t cap = h->cap == 0 ? 256 : h->cap + h->cap / 2, n_buckets, i, b;
	struct file *files;
	uint32_t *buckets;

	if (h->n == MAX_FILES)
		return error_set(err, ERROR_INPUT, "more than %u files with several links",
		    (unsigned int)MAX_FILES);
	files = realloc(h->files, cap * sizeof(*files));
	if (files == NULL)
		return error_memory(err);
	h->files = files;
	h->cap = cap;
	for (n_buckets = 256; n_buckets < cap; n_buckets *= 2)
		;
	if (n_buckets == h->n_buckets)
		return 0;
	buckets = malloc(n_buckets * sizeof(*buckets));
	if (buckets == NULL)
		return error_memory(err);
	free(h->buckets);
	h->buckets = buckets;
	h->n_buckets = n_buckets;
	for (i = 0; i < n_buckets; i++)
		buckets[i] = NONE;
	for (i = 0; i < h->n; i++) {
		b = bucket_of(h, files[i].ino, files[i].device);
		files[i].next = buckets[b];
		buckets[b] = i;
	}
	return 0;
}

static int
lend_path(struct hardlinks *h, uint64_t offset, const char **path, struct error *err)
{
	uint64_t left = h->paths.writer.offset - offset;
	size_t len = 0, n;
	char *longer;

	/* Paths are short: a piece at a time, up to the NUL. */
	do {
		n = left < 256 ? (size_t)left : 256;
		if (len + n > h->path_cap) {
			longer = realloc(h->path, len + n);
			if (longer == NULL)
				return error_memory(err);
			h->path = longer;
			h->path_cap = len + n;
		}
		if (spool_read_at(&h->paths, offset, h->path + len, n, err) == -1)
			return -1;
		len += n;
		offset += n;
		left -= n;
	} while (memchr(h->path + len - n, '\0', n) == NULL);
	*path = h->path;
	return 0;
}

int
hardlinks_meet(struct hardlinks *h, dev_t dev, ino_t ino, const char *path, const char **first,
    struct error *err)
{
	uint32_t device, i, b;

	*first = NULL;
	if (find_device(h, dev, &device, err) == -1)
		return -1;
	if (h->n_buckets > 0)
		for (i = h->buckets[bucket_of(h, ino, device)]; i != NONE; i = h->files[i].next)
			if (h->files[i].ino == ino && h->files[i].device == device)
				return lend_path(h, h->files[i].path, first, err);
	if (h->n == h->cap && grow(h, err) == -1)
		return -1;
	b = bucket_of(h, ino, device);
	h->files[h->n] = (struct file){ .ino = ino,
		.path = h->paths.writer.offset,
		.device = device,
		.next = h->buckets[b] };
	h->buckets[b] = h->n++;
	return writer_write(&h->paths.writer, path, strlen(path) + 1, err);
}
