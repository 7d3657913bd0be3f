#include "core/output.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"

/* Written before the disk is set to work: smaller files are not worth the call. */
#define SYNC_CHUNK ((uint64_t)8 * 1024 * 1024)
/* Linux's default limit for who is not root (proc(5), pipe-max-size): 16 times the usual size. */
#define PIPE_SIZE 1048576

static void
enlarge(int fd)
{
#ifdef F_SETPIPE_SZ
	int size = fcntl(fd, F_GETPIPE_SZ);

	/* Fails past the limit for one user's pipes: then it is small. */
	if (size != -1 && size < PIPE_SIZE)
		(void)fcntl(fd, F_SETPIPE_SZ, PIPE_SIZE);
#else
	(void)fd;
#endif
}

/*
 * Much is being written. A file that will be synced starts on its way to the disk, so that the sync
 * at the end has little left to wait for. A pipe becomes larger, so that both its ends sleep less;
 * not sooner, as who writes little should meet a reader that has left while it still writes.
 */
static void
take_note(struct output *o, size_t len)
{
	o->noted += len;
	if (o->file.linkable && o->noted >= SYNC_CHUNK) {
		o->noted = 0;
#ifdef SYNC_FILE_RANGE_WRITE
		/* Only begins what fsync completes: what fails here fails there too. */
		(void)sync_file_range(o->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
#endif
	}
	if (o->pipe && o->noted >= PIPE_SIZE) {
		enlarge(o->fd);
		o->pipe = false;
	}
}

static int
write_file(struct output *o, const void *buf, size_t len, struct error *err)
{
	if (io_write(o->fd, buf, len) == -1)
		return error_system(err, errno, "%s: write error", o->writer.name);
	take_note(o, len);
	return 0;
}

static int
flush(struct output *o, struct error *err)
{
	size_t held = o->held;

	o->held = 0;
	return held > 0 ? write_file(o, o->buf, held, err) : 0;
}

static int
output_write(struct writer *w, const void *buf, size_t len, struct error *err)
{
	struct output *o = (struct output *)(void *)w;

	if (len > OUTPUT_BUFFER - o->held && flush(o, err) == -1)
		return -1;
	if (len >= OUTPUT_BUFFER / 4 && o->held == 0)
		return write_file(o, buf, len, err);
	if (len > OUTPUT_BUFFER - o->held && flush(o, err) == -1)
		return -1;
	memcpy(o->buf + o->held, buf, len);
	o->held += len;
	return 0;
}

static void
take_identity(struct output *o, const struct stat *st)
{
	o->known = S_ISREG(st->st_mode);
	o->dev = st->st_dev;
	o->ino = st->st_ino;
}

/* Is path one of the names for the standard output that we have anyway? */
static bool
names_stdout(const char *path, const struct stat *st)
{
	struct stat out;

	return strncmp(path, "/dev/", 5) == 0 && fstat(STDOUT_FILENO, &out) == 0 &&
	    out.st_dev == st->st_dev && out.st_ino == st->st_ino;
}

static int
open_stdout(struct output *o, bool text, uint64_t announced, struct error *err)
{
	struct stat st;
	off_t at;
	int flags;

	o->fd = STDOUT_FILENO;
	o->writer.name = "standard output";
	o->writer.offset = announced;
	if (!text && isatty(o->fd) != 0)
		return error_set(err, ERROR_USAGE,
		    "standard output is a terminal: use a pipe, > or -o FILE");
	flags = fcntl(o->fd, F_GETFL);
	if (flags == -1 || fstat(o->fd, &st) == -1)
		return error_system(err, errno, "%s", o->writer.name);
	/* What io_start puts in the place of one that is closed. */
	if ((flags & O_ACCMODE) == O_RDONLY)
		return error_system(err, EBADF, "%s", o->writer.name);
	o->pipe = S_ISFIFO(st.st_mode);
	take_identity(o, &st);
	at = S_ISREG(st.st_mode) && (flags & O_APPEND) == 0 ? lseek(o->fd, 0, SEEK_CUR) : -1;
	if (at != -1 && (uint64_t)at >= announced) {
		o->seekable = true;
		o->start = (uint64_t)at - announced;
	}
	return 0;
}

static int
open_path(struct output *o, const char *path, bool text, uint64_t announced, struct error *err)
{
	struct stat st;
	bool exists;

	if (path == NULL || strcmp(path, "-") == 0)
		return open_stdout(o, text, announced, err);
	exists = stat(path, &st) == 0;
	if (exists && names_stdout(path, &st))
		return open_stdout(o, text, 0, err);
	if (exists)
		take_identity(o, &st);
	if (!exists || S_ISREG(st.st_mode)) {
		if (nameless_open(&o->file, path, err) == -1)
			return -1;
		o->fd = o->file.fd;
		o->temporary = true;
		o->seekable = true;
		return 0;
	}
	if (S_ISDIR(st.st_mode))
		return error_system(err, EISDIR, "%s", path);
	o->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (o->fd == -1)
		return error_system(err, errno, "%s", path);
	return 0;
}

int
output_open(struct output *o, const char *path, bool text, uint64_t announced, struct error *err)
{
	*o = (struct output){ .writer = { .write = output_write, .name = path }, .fd = -1 };
	o->buf = malloc(OUTPUT_BUFFER);
	if (o->buf == NULL)
		return error_memory(err);
	if (open_path(o, path, text, announced, err) == 0)
		return 0;
	output_discard(o);
	return -1;
}

bool
output_is(const struct output *o, const struct stat *st)
{
	return o->known && st->st_dev == o->dev && st->st_ino == o->ino;
}

bool
output_can_patch(const struct output *o)
{
	return o->seekable;
}

int
output_patch(struct output *o, uint64_t offset, const void *buf, size_t len, struct error *err)
{
	if (o->writer.failed || flush(o, err) == -1)
		return -1;
	if (io_pwrite(o->fd, buf, len, (off_t)(o->start + offset)) == -1) {
		o->writer.failed = true;
		return error_system(err, errno, "%s: write error", o->writer.name);
	}
	return 0;
}

int
output_truncate(struct output *o, uint64_t offset, struct error *err)
{
	off_t at = (off_t)(o->start + offset);

	if (o->writer.failed || flush(o, err) == -1)
		return -1;
	if (ftruncate(o->fd, at) == -1 || lseek(o->fd, at, SEEK_SET) == -1) {
		o->writer.failed = true;
		return error_system(err, errno, "%s: write error", o->writer.name);
	}
	o->writer.offset = offset;
	return 0;
}

/* The file of o for reading; fd is closed by the caller, if *opened. */
static int
open_back(const struct output *o, int *fd, bool *opened, struct error *err)
{
	char self[64];
	int flags = fcntl(o->fd, F_GETFL);

	*fd = o->fd;
	*opened = flags != -1 && (flags & O_ACCMODE) == O_WRONLY;
	if (!*opened)
		return 0;
	/* A shell's > opens for writing only. */
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", o->fd);
	*fd = open(self, O_RDONLY | O_CLOEXEC);
	if (*fd == -1)
		return error_system(err, errno, "%s: read back (use -o FILE)", o->writer.name);
	return 0;
}

/* Moves [from, end) of the file by that many bytes, the last ones first. */
static int
move_up(const struct output *o, int fd, uint64_t from, uint64_t end, size_t by, struct error *err)
{
	char buf[IO_CHUNK];
	ssize_t n;
	size_t len;

	while (end > from) {
		len = end - from < sizeof(buf) ? (size_t)(end - from) : sizeof(buf);
		end -= len;
		n = io_pread(fd, buf, len, (off_t)end);
		if (n == -1 || io_pwrite(o->fd, buf, len, (off_t)(end + by)) == -1)
			return error_system(err, errno, "%s: write error", o->writer.name);
		if ((size_t)n != len)
			return error_set(err, ERROR_IO, "%s: became shorter", o->writer.name);
	}
	return 0;
}

int
output_shift(struct output *o, uint64_t offset, size_t by, struct error *err)
{
	uint64_t end = o->start + o->writer.offset;
	bool opened;
	int fd, rc;

	if (o->writer.failed || flush(o, err) == -1 || open_back(o, &fd, &opened, err) == -1)
		return -1;
	rc = move_up(o, fd, o->start + offset, end, by, err);
	if (opened)
		(void)close(fd);
	if (rc == 0 && lseek(o->fd, (off_t)(end + by), SEEK_SET) == -1)
		rc = error_system(err, errno, "%s", o->writer.name);
	if (rc == -1)
		o->writer.failed = true;
	else
		o->writer.offset += by;
	return rc;
}

int
output_fd(struct output *o, struct error *err)
{
	return o->temporary && flush(o, err) == 0 ? o->fd : -1;
}

int
output_commit(struct output *o, struct error *err)
{
	int rc = -1, fd;

	if (o->writer.failed)
		(void)error_set(err, ERROR_IO, "%s: an earlier write failed", o->writer.name);
	else if (flush(o, err) == 0)
		rc = o->temporary ? nameless_place(&o->file, err) : 0;
	fd = o->fd;
	o->fd = -1;
	if (fd != -1 && close(fd) == -1 && rc == 0)
		rc = error_system(err, errno, "%s: write error", o->writer.name);
	output_discard(o);
	return rc;
}

void
output_discard(struct output *o)
{
	if (o->fd != -1 && o->fd != STDOUT_FILENO)
		(void)close(o->fd);
	o->fd = -1;
	free(o->buf);
	o->buf = NULL;
}
