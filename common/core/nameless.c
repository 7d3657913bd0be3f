#include "core/nameless.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/io.h"
#include "core/signals.h"
#include "core/spool.h"

/* Names tried beside the target before giving up. */
#define MAX_ATTEMPTS 1000
/* "." and a name of ours; the target's own name may already be as long as names can be. */
#define TEMPORARY_SIZE 64
/* Linux's own limit on the symbolic links of one path. */
#define MAX_LINKS 40

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
open_in(struct nameless *n, int dir, struct error *err)
{
#ifdef O_TMPFILE
	n->fd = openat(dir, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
	if (n->fd != -1) {
		n->linkable = true;
		return 0;
	}
	if (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL && errno != ENOENT)
		return error_system(err, errno, "%s", n->path);
#endif
	if (faccessat(dir, ".", W_OK | X_OK, 0) == -1)
		return error_system(err, errno, "%s", n->path);
	return spool_file(&n->fd, err);
}

int
nameless_open(struct nameless *n, const char *path, struct error *err)
{
	const char *base;
	char *target = NULL;
	int dir = -1, rc = -1;

	*n = (struct nameless){ .path = path, .fd = -1 };
	if (resolve(path, &target, err) == -1)
		return -1;
	if (open_directory(target, &base, &dir, err) == 0)
		rc = open_in(n, dir, err);
	if (dir != -1)
		(void)close(dir);
	free(target);
	return rc;
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
copy_nameless(const struct nameless *n, int dir, const char *name, struct error *err)
{
	char buf[IO_CHUNK];
	off_t at = 0;
	ssize_t got;
	int to, rc = -1;

	to = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (to == -1)
		return error_system(err, errno, "%s", n->path);
	for (;;) {
		got = io_pread(n->fd, buf, sizeof(buf), at);
		if (got <= 0)
			break;
		at += got;
		if (io_write(to, buf, (size_t)got) == -1 || signals_wait()) {
			got = -1;
			break;
		}
	}
	if (got == -1 || fsync(to) == -1)
		(void)error_system(err, errno, "%s: write error", n->path);
	else
		rc = 0;
	if (close(to) == -1 && rc == 0)
		rc = error_system(err, errno, "%s: write error", n->path);
	if (rc == -1)
		(void)unlinkat(dir, name, 0);
	return rc;
}

/* A name in dir for the finished file, in name. */
static int
name_beside(const struct nameless *n, int dir, char name[TEMPORARY_SIZE], struct error *err)
{
	struct stat st;
	int i;

	for (i = 0; i < MAX_ATTEMPTS; i++) {
		(void)snprintf(name, TEMPORARY_SIZE, ".ocipipe-%ld-%d", (long)getpid(), i);
		if (n->linkable && link_nameless(n->fd, dir, name) == 0)
			return 0;
		if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
			continue;
		return copy_nameless(n, dir, name, err);
	}
	return error_system(err, EEXIST, "%s: a name beside it", n->path);
}

static int
put_in_place(struct nameless *n, const char *base, int dir, struct error *err)
{
	char name[TEMPORARY_SIZE];
	sigset_t old;
	int rc;

	/* Where nothing has that name yet, one step does it. */
	if (n->linkable && link_nameless(n->fd, dir, base) == 0)
		return 0;
	/* Taken only while no temporary name exists. */
	signals_hold(&old);
	rc = name_beside(n, dir, name, err);
	if (rc == 0 && renameat(dir, name, dir, base) == -1) {
		rc = error_system(err, errno, "%s", n->path);
		(void)unlinkat(dir, name, 0);
	}
	signals_release(&old);
	return rc;
}

int
nameless_place(struct nameless *n, struct error *err)
{
	const char *base;
	char *target = NULL;
	int dir = -1, rc = -1;

	if (n->linkable && fsync(n->fd) == -1)
		return error_system(err, errno, "%s: write error", n->path);
	if (resolve(n->path, &target, err) == -1)
		return -1;
	if (open_directory(target, &base, &dir, err) == 0 && put_in_place(n, base, dir, err) == 0) {
		/* Some file systems cannot sync a directory: the file itself is safe by now. */
		(void)fsync(dir);
		rc = 0;
	}
	if (dir != -1)
		(void)close(dir);
	free(target);
	return rc;
}
