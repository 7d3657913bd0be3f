#include "core/output.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/signals.h"
#include "core/spool.h"

/* Names tried beside the target before giving up. */
#define MAX_ATTEMPTS 1000
/* "." and a name of ours; the target's own name may already be as long as names can be. */
#define TEMPORARY_SIZE 64
/* Linux's own limit on the symbolic links of one path. */
#define MAX_LINKS 40
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
	if (o->linkable && o->noted >= SYNC_CHUNK) {
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

	o->path = NULL;
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

/* What a symbolic link at path says, from where path is (malloc'ed). NULL with errno. */
static char *
follow(const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t dir_len = slash == NULL ? 0 : (size_t)(slash - path) + 1;
	char link[PATH_MAX], *joined;
	ssize_t n = readlink(path, link, sizeof(link));

	if (n == -1)
		return NULL;
	if (n == 0 || (size_t)n == sizeof(link)) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	if (link[0] == '/')
		dir_len = 0;
	joined = malloc(dir_len + (size_t)n + 1);
	if (joined == NULL)
		return NULL;
	memcpy(joined, path, dir_len);
	memcpy(joined + dir_len, link, (size_t)n);
	joined[dir_len + (size_t)n] = '\0';
	return joined;
}

/*
 * Fills target (malloc'ed) with where the file will be: past symbolic links, if path is one. A link
 * to nothing leads to where the file will be made, as with the shell's >.
 */
static int
resolve(const char *path, char **target, struct error *err)
{
	struct stat st;
	char *next;
	int links = 0;

	*target = strdup(path);
	if (*target == NULL)
		return error_memory(err);
	while (lstat(*target, &st) == 0 && S_ISLNK(st.st_mode)) {
		errno = ELOOP;
		next = ++links > MAX_LINKS ? NULL : follow(*target);
		free(*target);
		*target = next;
		if (next == NULL)
			return error_system(err, errno, "%s: follow the symbolic link", path);
	}
	return 0;
}

/* Cuts target into its directory, opened, and the last name within it. */
static int
open_directory(char *target, const char **base, int *dir, struct error *err)
{
	char *slash = strrchr(target, '/');

	*base = slash == NULL ? target : slash + 1;
	if (**base == '\0' || strcmp(*base, ".") == 0 || strcmp(*base, "..") == 0)
		return error_system(err, EISDIR, "%s", target);
	if (slash == NULL) {
		*dir = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	} else if (slash == target) {
		*dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	} else {
		*slash = '\0';
		*dir = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		*slash = '/';
	}
	if (*dir == -1)
		return error_system(err, errno, "%s: open its directory", target);
	return 0;
}

/* A file without a name, in the target's own file system where the kernel can. */
static int
open_nameless(struct output *o, int dir, struct error *err)
{
#ifdef O_TMPFILE
	o->fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
	if (o->fd != -1) {
		o->linkable = true;
		return 0;
	}
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT)
		return error_system(err, errno, "%s", o->path);
#endif
	if (faccessat(dir, ".", W_OK | X_OK, 0) == -1)
		return error_system(err, errno, "%s", o->path);
	return spool_file(&o->fd, err);
}

static int
open_named(struct output *o, const char *path, struct error *err)
{
	const char *base;
	char *target = NULL;
	int dir = -1, rc = -1;

	if (resolve(path, &target, err) == -1)
		return -1;
	if (open_directory(target, &base, &dir, err) == 0 && open_nameless(o, dir, err) == 0) {
		o->temporary = true;
		o->seekable = true;
		rc = 0;
	}
	if (dir != -1)
		(void)close(dir);
	free(target);
	return rc;
}

int
output_open(struct output *o, const char *path, bool text, uint64_t announced, struct error *err)
{
	struct stat st;
	bool exists;

	*o = (struct output){ .writer = { .write = output_write, .name = path },
		.path = path,
		.fd = -1 };
	o->buf = malloc(OUTPUT_BUFFER);
	if (o->buf == NULL)
		return error_memory(err);
	if (path == NULL || strcmp(path, "-") == 0)
		return open_stdout(o, text, announced, err);
	exists = stat(path, &st) == 0;
	if (exists && names_stdout(path, &st))
		return open_stdout(o, text, 0, err);
	if (exists)
		take_identity(o, &st);
	if (!exists || S_ISREG(st.st_mode))
		return open_named(o, path, err);
	if (S_ISDIR(st.st_mode))
		return error_system(err, EISDIR, "%s", path);
	o->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	if (o->fd == -1)
		return error_system(err, errno, "%s", path);
	return 0;
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

/* Gives the nameless file a name in dir. -1 with errno. */
static int
link_nameless(int fd, int dir, const char *name)
{
#ifdef O_TMPFILE
	char self[64];

	/* The first form asks for a privilege on older kernels, the second for /proc. */
	if (linkat(fd, "", dir, name, AT_EMPTY_PATH) == 0)
		return 0;
	if (errno == EEXIST)
		return -1;
	(void)snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, self, dir, name, AT_SYMLINK_FOLLOW);
#else
	(void)fd;
	(void)dir;
	(void)name;
	errno = ENOSYS;
	return -1;
#endif
}

/* Copies the nameless file into a new one called name in dir: where it cannot be linked. */
static int
copy_nameless(const struct output *o, int dir, const char *name, struct error *err)
{
	char buf[IO_CHUNK];
	off_t at = 0;
	ssize_t n;
	int to, rc = -1;

	to = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (to == -1)
		return error_system(err, errno, "%s", o->path);
	for (;;) {
		n = io_pread(o->fd, buf, sizeof(buf), at);
		if (n <= 0)
			break;
		at += n;
		if (io_write(to, buf, (size_t)n) == -1 || signals_wait()) {
			n = -1;
			break;
		}
	}
	if (n == -1 || fsync(to) == -1)
		(void)error_system(err, errno, "%s: write error", o->path);
	else
		rc = 0;
	if (close(to) == -1 && rc == 0)
		rc = error_system(err, errno, "%s: write error", o->path);
	if (rc == -1)
		(void)unlinkat(dir, name, 0);
	return rc;
}

/* A name in dir for the finished file, in name. */
static int
name_beside(const struct output *o, int dir, char name[TEMPORARY_SIZE], struct error *err)
{
	struct stat st;
	int i;

	for (i = 0; i < MAX_ATTEMPTS; i++) {
		(void)snprintf(name, TEMPORARY_SIZE, ".ocipipe-%ld-%d", (long)getpid(), i);
		if (o->linkable && link_nameless(o->fd, dir, name) == 0)
			return 0;
		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		return copy_nameless(o, dir, name, err);
	}
	return error_system(err, EEXIST, "%s: a name beside it", o->path);
}

static int
put_in_place(struct output *o, const char *base, int dir, struct error *err)
{
	char name[TEMPORARY_SIZE];
	sigset_t old;
	int rc;

	/* Where nothing has that name yet, one step does it. */
	if (o->linkable && link_nameless(o->fd, dir, base) == 0)
		return 0;
	/* Taken only while no temporary name exists. */
	signals_hold(&old);
	rc = name_beside(o, dir, name, err);
	if (rc == 0 && renameat(dir, name, dir, base) == -1) {
		rc = error_system(err, errno, "%s", o->path);
		(void)unlinkat(dir, name, 0);
	}
	signals_release(&old);
	return rc;
}

static int
commit_named(struct output *o, struct error *err)
{
	const char *base;
	char *target = NULL;
	int dir = -1, rc = -1;

	if (o->linkable && fsync(o->fd) == -1)
		return error_system(err, errno, "%s: write error", o->path);
	if (resolve(o->path, &target, err) == -1)
		return -1;
	if (open_directory(target, &base, &dir, err) == 0 && put_in_place(o, base, dir, err) == 0) {
		/* Some file systems cannot sync a directory: the file itself is safe by now. */
		(void)fsync(dir);
		rc = 0;
	}
	if (dir != -1)
		(void)close(dir);
	free(target);
	return rc;
}

int
output_commit(struct output *o, struct error *err)
{
	int rc = -1, fd;

	if (o->writer.failed)
		(void)error_set(err, ERROR_IO, "%s: an earlier write failed", o->writer.name);
	else if (flush(o, err) == 0)
		rc = o->temporary ? commit_named(o, err) : 0;
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
