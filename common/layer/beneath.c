#include "layer/beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"

struct place {
	int root;     /* borrowed */
	int fd;	      /* where we are; owned */
	char *walked; /* how we came here: names without links, "/" behind each */
	char *rest;   /* what is still to be walked */
	int links;
};

static int
enter(struct place *p, const char *name, struct error *err)
{
	int fd = openat(p->fd, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd == -1)
		return error_system(err, errno, "%s", name);
	(void)close(p->fd);
	p->fd = fd;
	return 0;
}

static int
reopen_root(struct place *p, struct error *err)
{
	if (p->fd != -1)
		(void)close(p->fd);
	p->fd = openat(p->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return p->fd == -1 ? error_system(err, errno, ".") : 0;
}

/* "..": one name back, from the folder's root on; the kernel's ".." may be elsewhere by now. */
static int
go_up(struct place *p, struct error *err)
{
	size_t len = strlen(p->walked);
	char *name, *end;

	if (len == 0)
		return error_set(err, ERROR_INPUT, "a link that leads out of the folder");
	for (len--; len > 0 && p->walked[len - 1] != '/'; len--)
		;
	p->walked[len] = '\0';
	if (reopen_root(p, err) == -1)
		return -1;
	for (name = p->walked; *name != '\0'; name = end + 1) {
		end = strchr(name, '/');
		*end = '\0';
		if (enter(p, name, err) == -1)
			return -1;
		*end = '/';
	}
	return 0;
}

/* The link called name: its target stands before what is left to walk. */
static int
follow(struct place *p, const char *name, struct error *err)
{
	char target[PATH_MAX];
	size_t rest_len = strlen(p->rest);
	ssize_t n;
	char *joined;

	if (++p->links > MAX_LINKS_FOLLOWED)
		return error_set(err, ERROR_INPUT, "a loop of symbolic links");
	n = readlinkat(p->fd, name, target, sizeof(target));
	if (n == -1)
		return error_system(err, errno, "%s", name);
	if (n == 0 || (size_t)n == sizeof(target) || target[0] == '/')
		return error_set(err, ERROR_INPUT, "a link that leads out of the folder");
	joined = malloc((size_t)n + 1 + rest_len + 1);
	if (joined == NULL)
		return error_memory(err);
	memcpy(joined, target, (size_t)n);
	joined[n] = '/';
	memcpy(joined + n + 1, p->rest, rest_len + 1);
	free(p->rest);
	p->rest = joined;
	return 0;
}

static int
walked_add(struct place *p, const char *name, struct error *err)
{
	size_t len = strlen(p->walked), name_len = strlen(name);
	char *longer = realloc(p->walked, len + name_len + 2);

	if (longer == NULL)
		return error_memory(err);
	memcpy(longer + len, name, name_len);
	memcpy(longer + len + name_len, "/", 2);
	p->walked = longer;
	return 0;
}

/* Opens the file called name, where the path ends. */
static int
open_file(struct place *p, const char *name, const struct stat *seen, int *fd, struct stat *st,
    struct error *err)
{
	if (!S_ISREG(seen->st_mode))
		return error_set(err, ERROR_INPUT,
		    "a link to a socket, device or fifo, which no layer holds");
	*fd = openat(p->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (*fd == -1)
		return error_system(err, errno, "%s", name);
	if (fstat(*fd, st) == -1)
		return error_system(err, errno, "%s", name);
	if (st->st_dev != seen->st_dev || st->st_ino != seen->st_ino)
		return error_set(err, ERROR_IO, "replaced while it was read");
	return 0;
}

/* The first name of the rest, cut off it; names are at most NAME_MAX bytes on any file system. */
static int
next_name(struct place *p, char name[NAME_MAX + 1], bool *last, struct error *err)
{
	size_t start = strspn(p->rest, "/"), len = strcspn(p->rest + start, "/"), after;

	if (len > NAME_MAX)
		return error_system(err, ENAMETOOLONG, "%s", p->rest);
	memcpy(name, p->rest + start, len);
	name[len] = '\0';
	after = start + len + strspn(p->rest + start + len, "/");
	*last = p->rest[after] == '\0';
	memmove(p->rest, p->rest + after, strlen(p->rest + after) + 1);
	return 0;
}

static int
walk_to_end(struct place *p, int *fd, struct stat *st, struct error *err)
{
	char name[NAME_MAX + 1];
	struct stat seen;
	bool last = false;

	while (p->rest[0] != '\0') {
		if (next_name(p, name, &last, err) == -1)
			return -1;
		if (name[0] == '\0' || strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			if (go_up(p, err) == -1)
				return -1;
			continue;
		}
		if (fstatat(p->fd, name, &seen, AT_SYMLINK_NOFOLLOW) == -1)
			return errno == ENOENT ? error_set(err, ERROR_INPUT, "a link to nothing") :
						 error_system(err, errno, "%s", name);
		if (S_ISLNK(seen.st_mode)) {
			if (follow(p, name, err) == -1)
				return -1;
		} else if (S_ISDIR(seen.st_mode)) {
			if (enter(p, name, err) == -1 || walked_add(p, name, err) == -1)
				return -1;
		} else if (last) {
			return open_file(p, name, &seen, fd, st, err);
		} else {
			return error_set(err, ERROR_INPUT, "a link to nothing");
		}
	}
	if (fstat(p->fd, st) == -1)
		return error_system(err, errno, ".");
	*fd = p->fd;
	p->fd = -1;
	return 0;
}

int
beneath_open(int root, const char *path, int *fd, struct stat *st, struct error *err)
{
	struct place p = { .root = root, .fd = -1, .walked = strdup(""), .rest = strdup(path) };
	int rc = -1;

	*fd = -1;
	if (p.walked == NULL || p.rest == NULL)
		(void)error_memory(err);
	else if (reopen_root(&p, err) == 0)
		rc = walk_to_end(&p, fd, st, err);
	if (p.fd != -1)
		(void)close(p.fd);
	if (rc == -1 && *fd != -1) {
		(void)close(*fd);
		*fd = -1;
	}
	free(p.walked);
	free(p.rest);
	return rc;
}
