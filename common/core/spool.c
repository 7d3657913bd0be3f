#include "core/spool.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"

/* The first allocation; it doubles up to the limit. */
#define FIRST_CAP ((size_t)16 * 1024)
/* Bytes given back at a time: a call each 4 MiB is not seen beside their copying. */
#define GIVE_BACK ((uint64_t)4 * 1024 * 1024)

static const char *
directory(void)
{
	const char *dir = getenv("TMPDIR");

	return dir == NULL || dir[0] == '\0' ? "/tmp" : dir;
}

int
spool_file(int *fd, struct error *err)
{
	const char *dir = directory();
	char *name;
	size_t len;

#ifdef O_TMPFILE
	*fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC | O_EXCL, 0600);
	if (*fd != -1)
		return 0;
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)
		return error_system(err, errno, "TMPDIR %s", dir);
#endif
	len = strlen(dir) + sizeof("/ocipipe-XXXXXX");
	name = malloc(len);
	if (name == NULL)
		return error_memory(err);
	(void)snprintf(name, len, "%s/ocipipe-XXXXXX", dir);
	*fd = mkstemp(name);
	if (*fd == -1) {
		(void)error_system(err, errno, "TMPDIR %s", dir);
	} else {
		(void)unlink(name);
		(void)fcntl(*fd, F_SETFD, FD_CLOEXEC);
	}
	free(name);
	return *fd == -1 ? -1 : 0;
}

static int
grow(struct spool *s, size_t need, struct error *err)
{
	size_t cap = s->memory_cap == 0 ? FIRST_CAP : s->memory_cap;
	unsigned char *p;

	while (cap < need)
		cap *= 2;
	if (cap > s->memory_max)
		cap = s->memory_max;
	p = realloc(s->memory, cap);
	if (p == NULL)
		return error_memory(err);
	s->memory = p;
	s->memory_cap = cap;
	return 0;
}

static int
spool_write(struct writer *w, const void *buf, size_t len, struct error *err)
{
	struct spool *s = (struct spool *)(void *)w;
	size_t used;

	if (s->fd == -1 && w->offset <= s->memory_max && len <= s->memory_max - w->offset) {
		used = (size_t)w->offset;
		if (used + len > s->memory_cap && grow(s, used + len, err) == -1)
			return -1;
		memcpy(s->memory + used, buf, len);
		return 0;
	}
	if (spool_to_file(s, err) == -1)
		return -1;
	if (io_write(s->fd, buf, len) == -1)
		return error_system(err, errno, "TMPDIR %s: %s", directory(), w->name);
	return 0;
}

void
spool_init(struct spool *s, size_t memory_max, const char *name)
{
	*s = (struct spool){ .writer = { .write = spool_write, .name = name },
		.memory_max = memory_max,
		.fd = -1 };
}

int
spool_to_file(struct spool *s, struct error *err)
{
	if (s->fd != -1)
		return 0;
	if (spool_file(&s->fd, err) == -1)
		return -1;
	if (io_write(s->fd, s->memory, (size_t)s->writer.offset) == -1)
		return error_system(err, errno, "TMPDIR %s: %s", directory(), s->writer.name);
	free(s->memory);
	s->memory = NULL;
	s->memory_cap = 0;
	return 0;
}

int
spool_read_at(const struct spool *s, uint64_t offset, void *buf, size_t len, struct error *err)
{
	char *to = buf;
	ssize_t n;

	assert(offset <= s->writer.offset && len <= s->writer.offset - offset);
	if (s->fd == -1) {
		if (len > 0)
			memcpy(buf, s->memory + offset, len);
		return 0;
	}
	while (len > 0) {
		n = io_pread(s->fd, to, len, (off_t)offset);
		if (n == -1)
			return error_system(err, errno, "%s", s->writer.name);
		if (n == 0)
			return error_set(err, ERROR_IO, "%s: became shorter", s->writer.name);
		to += n;
		offset += (uint64_t)n;
		len -= (size_t)n;
	}
	return 0;
}

/*
 * Gives back what was read, up to offset. What is given back soon is never written to the disk,
 * and its pages go straight to whoever writes next: 1.1 GB through pipes into a file took 6.8 s,
 * without this 7.3, by splice(), which needs the pages left alone, 7.0; on a machine that must
 * first ask its host for memory 8 s, against 14 for both.
 */
static void
give_back(const struct spool *s, uint64_t *from, uint64_t offset)
{
#ifdef FALLOC_FL_PUNCH_HOLE
	if (offset - *from < GIVE_BACK)
		return;
	/* Where it cannot be done the file stays as it is. */
	(void)fallocate(s->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)*from,
	    (off_t)(offset - *from));
	*from = offset;
#else
	(void)s;
	(void)from;
	(void)offset;
#endif
}

int
spool_drain(struct spool *s, struct writer *to, struct error *err)
{
	const uint64_t end = s->writer.offset;
	uint64_t at = 0, kept = 0;
	char buf[IO_CHUNK];
	size_t n;

	if (s->fd == -1)
		return writer_write(to, s->memory, (size_t)end, err);
	for (; at < end; at += n) {
		n = end - at < sizeof(buf) ? (size_t)(end - at) : sizeof(buf);
		if (spool_read_at(s, at, buf, n, err) == -1 || writer_write(to, buf, n, err) == -1)
			return -1;
		give_back(s, &kept, at + n);
	}
	return 0;
}

void
spool_release(struct spool *s)
{
	free(s->memory);
	if (s->fd != -1)
		(void)close(s->fd);
	s->memory = NULL;
	s->fd = -1;
}

static int
read_spool(struct reader *reader, void *buf, size_t cap, size_t *len, struct error *err)
{
	struct reader_spool *r = (struct reader_spool *)(void *)reader;

	*len = cap < r->left ? cap : (size_t)r->left;
	if (*len == 0)
		return 0;
	if (spool_read_at(r->spool, r->at, buf, *len, err) == -1)
		return -1;
	r->at += *len;
	r->left -= *len;
	return 0;
}

void
reader_spool_init(struct reader_spool *r, const struct spool *s, uint64_t offset, uint64_t len)
{
	*r = (struct reader_spool){ .reader = { .read = read_spool, .name = s->writer.name },
		.spool = s,
		.at = offset,
		.left = len };
}
