#include "core/io.h"

#include <sys/stat.h>

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"

/* One failed with errno; is it to be made again? */
static bool
again(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };
	const int errnum = errno;

	if (errnum == EINTR)
		return true;
	if (errnum != EAGAIN)
		return false;
	/* An inherited O_NONBLOCK is not ours to clear: others share the open file. So wait. */
	(void)poll(&p, 1, -1);
	return true;
}

ssize_t
io_read(int fd, void *buf, size_t len)
{
	ssize_t n;

	do {
		n = read(fd, buf, len);
	} while (n == -1 && again(fd, POLLIN));
	return n;
}

ssize_t
io_pread(int fd, void *buf, size_t len, off_t offset)
{
	ssize_t n;

	do {
		n = pread(fd, buf, len, offset);
	} while (n == -1 && again(fd, POLLIN));
	return n;
}

int
io_write(int fd, const void *buf, size_t len)
{
	const char *p = buf;
	ssize_t n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n == -1) {
			if (!again(fd, POLLOUT))
				return -1;
			continue;
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
io_pwrite(int fd, const void *buf, size_t len, off_t offset)
{
	const char *p = buf;
	ssize_t n;

	while (len > 0) {
		n = pwrite(fd, p, len, offset);
		if (n == -1) {
			if (!again(fd, POLLOUT))
				return -1;
			continue;
		}
		p += n;
		offset += n;
		len -= (size_t)n;
	}
	return 0;
}

void
io_start(void)
{
	static const int way[3] = { O_WRONLY, O_RDONLY, O_RDONLY };
	struct sigaction sa;
	int fd;

	for (fd = 0; fd < 3; fd++) {
		/* Lowest free number first, so open() gives exactly fd. */
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF &&
		    open("/dev/null", way[fd] | O_NOCTTY) == -1)
			return;
	}
	memset(&sa, 0, sizeof(sa));
	(void)sigemptyset(&sa.sa_mask);
	sa.sa_handler = SIG_DFL;
	(void)sigaction(SIGPIPE, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	(void)sigaction(SIGXFSZ, &sa, NULL);
}

int
reader_read(struct reader *r, void *buf, size_t cap, size_t *len, struct error *err)
{
	assert(cap > 0);
	*len = 0;
	if (r->read(r, buf, cap, len, err) == -1)
		return -1;
	assert(*len <= cap);
	r->offset += *len;
	return 0;
}

int
writer_write(struct writer *w, const void *buf, size_t len, struct error *err)
{
	if (w->failed)
		return error_set(err, ERROR_IO, "%s: an earlier write failed", w->name);
	if (len == 0)
		return 0;
	if (w->write(w, buf, len, err) == -1) {
		w->failed = true;
		return -1;
	}
	w->offset += len;
	return 0;
}

int
reader_fill(struct reader *r, void *buf, size_t cap, size_t *len, struct error *err)
{
	size_t n;

	*len = 0;
	while (*len < cap) {
		if (reader_read(r, (char *)buf + *len, cap - *len, &n, err) == -1)
			return -1;
		if (n == 0)
			break;
		*len += n;
	}
	return 0;
}

static int
ended_early(const struct reader *r, struct error *err)
{
	return error_set(err, ERROR_INPUT, "%s: offset %" PRIu64 ": ended early", r->name,
	    r->offset);
}

int
reader_skip(struct reader *r, uint64_t n, struct error *err)
{
	char buf[16 * 1024];
	size_t got;

	if (n == 0)
		return 0;
	if (r->skip != NULL) {
		if (r->skip(r, n, err) == -1)
			return -1;
		r->offset += n;
		return 0;
	}
	while (n > 0) {
		if (reader_read(r, buf, n < sizeof(buf) ? (size_t)n : sizeof(buf), &got, err) == -1)
			return -1;
		if (got == 0)
			return ended_early(r, err);
		n -= got;
	}
	return 0;
}

int
reader_copy(struct reader *r, struct writer *w, uint64_t *n, struct error *err)
{
	char buf[IO_CHUNK];
	size_t got;

	if (n != NULL)
		*n = 0;
	for (;;) {
		if (reader_read(r, buf, sizeof(buf), &got, err) == -1)
			return -1;
		if (got == 0)
			return 0;
		if (writer_write(w, buf, got, err) == -1)
			return -1;
		if (n != NULL)
			*n += got;
	}
}

int
reader_drain(struct reader *r, struct error *err)
{
	char buf[IO_CHUNK / 2];
	size_t len;

	do {
		if (reader_read(r, buf, sizeof(buf), &len, err) == -1)
			return -1;
	} while (len > 0);
	return 0;
}

static int
fd_read(struct reader *reader, void *buf, size_t cap, size_t *len, struct error *err)
{
	struct reader_fd *r = (struct reader_fd *)(void *)reader;
	ssize_t n;

	n = io_read(r->fd, buf, cap);
	if (n == -1)
		return error_system(err, errno, "%s", reader->name);
	*len = (size_t)n;
	return 0;
}

static int
fd_skip(struct reader *reader, uint64_t n, struct error *err)
{
	struct reader_fd *r = (struct reader_fd *)(void *)reader;

	if (n > r->size || reader->offset > r->size - n)
		return ended_early(reader, err);
	/* n fits: it is no larger than a file's size. */
	if (lseek(r->fd, (off_t)n, SEEK_CUR) == -1)
		return error_system(err, errno, "%s", reader->name);
	return 0;
}

int
reader_fd_init(struct reader_fd *r, int fd, const char *name, struct error *err)
{
	struct stat st;
	off_t at;
	int flags;

	*r = (struct reader_fd){ .reader = { .read = fd_read, .name = name }, .fd = fd };
	flags = fcntl(fd, F_GETFL);
	if (flags == -1 || fstat(fd, &st) == -1)
		return error_system(err, errno, "%s", name);
	/* A write-only file of no bytes would pass for an empty input. */
	if ((flags & O_ACCMODE) == O_WRONLY)
		return error_system(err, EBADF, "%s", name);
	if (S_ISDIR(st.st_mode))
		return error_system(err, EISDIR, "%s", name);
	/* Nobody types a tar; who sees nothing happen wants to be told. */
	if (S_ISCHR(st.st_mode) && isatty(fd) != 0)
		return error_set(err, ERROR_USAGE,
		    "%s is a terminal: name a file, or use a pipe or <", name);
	at = S_ISREG(st.st_mode) ? lseek(fd, 0, SEEK_CUR) : -1;
	if (at != -1 && at <= st.st_size) {
		r->regular = true;
		r->start = (uint64_t)at;
		r->size = (uint64_t)(st.st_size - at);
		r->reader.skip = fd_skip;
	}
	return 0;
}

int
reader_fd_open(struct reader_fd *r, const char *path, struct error *err)
{
	int fd;

	if (strcmp(path, "-") == 0)
		return reader_fd_init(r, STDIN_FILENO, "standard input", err);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd == -1)
		return error_system(err, errno, "%s", path);
	if (reader_fd_init(r, fd, path, err) == -1) {
		(void)close(fd);
		return -1;
	}
	r->owned = true;
	return 0;
}

void
reader_fd_close(struct reader_fd *r)
{
	if (r->owned)
		(void)close(r->fd);
	r->owned = false;
	r->fd = -1;
}

static int
region_read(struct reader *reader, void *buf, size_t cap, size_t *len, struct error *err)
{
	struct reader_region *r = (struct reader_region *)(void *)reader;
	ssize_t n;

	if (r->left == 0)
		return 0;
	if (cap > r->left)
		cap = (size_t)r->left;
	n = io_pread(r->fd, buf, cap, (off_t)r->at);
	if (n == -1)
		return error_system(err, errno, "%s", reader->name);
	if (n == 0)
		return error_set(err, ERROR_IO, "%s: became shorter while it was read",
		    reader->name);
	r->at += (uint64_t)n;
	r->left -= (uint64_t)n;
	*len = (size_t)n;
	return 0;
}

static int
region_skip(struct reader *reader, uint64_t n, struct error *err)
{
	struct reader_region *r = (struct reader_region *)(void *)reader;

	if (n > r->left)
		return ended_early(reader, err);
	r->at += n;
	r->left -= n;
	return 0;
}

void
reader_region_init(struct reader_region *r, int fd, uint64_t offset, uint64_t len, const char *name)
{
	assert(offset <= (uint64_t)INT64_MAX && len <= (uint64_t)INT64_MAX - offset);
	*r = (struct reader_region){
		.reader = { .read = region_read, .skip = region_skip, .name = name },
		.fd = fd,
		.at = offset,
		.left = len
	};
}

static int
prefix_read(struct reader *reader, void *buf, size_t cap, size_t *len, struct error *err)
{
	struct reader_prefix *r = (struct reader_prefix *)(void *)reader;

	if (r->left > 0) {
		*len = cap < r->left ? cap : r->left;
		memcpy(buf, r->buf, *len);
		r->buf += *len;
		r->left -= *len;
		return 0;
	}
	if (r->below == NULL)
		return 0;
	return reader_read(r->below, buf, cap, len, err);
}

static int
prefix_skip(struct reader *reader, uint64_t n, struct error *err)
{
	struct reader_prefix *r = (struct reader_prefix *)(void *)reader;
	size_t here = n < r->left ? (size_t)n : r->left;

	r->buf += here;
	r->left -= here;
	if (n == here)
		return 0;
	if (r->below == NULL)
		return ended_early(reader, err);
	return reader_skip(r->below, n - here, err);
}

void
reader_prefix_init(struct reader_prefix *r, const void *buf, size_t len, struct reader *below,
    const char *name)
{
	*r = (struct reader_prefix){
		.reader = { .read = prefix_read, .skip = prefix_skip, .name = name },
		.buf = buf,
		.left = len,
		.below = below
	};
}

static int
tee_read(struct reader *reader, void *buf, size_t cap, size_t *len, struct error *err)
{
	struct reader_tee *r = (struct reader_tee *)(void *)reader;

	if (reader_read(r->below, buf, cap, len, err) == -1)
		return -1;
	return writer_write(r->to, buf, *len, err);
}

void
reader_tee_init(struct reader_tee *r, struct reader *below, struct writer *to)
{
	*r = (struct reader_tee){ .reader = { .read = tee_read, .name = below->name },
		.below = below,
		.to = to };
}
