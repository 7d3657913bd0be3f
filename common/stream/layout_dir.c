#include "stream/layout_dir.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/json.h"
#include "core/signals.h"
#include "stream/layout.h"

/* Names tried beside the target before giving up. */
#define MAX_ATTEMPTS 1000

struct file {
	struct writer writer;
	int fd;
};

static int
file_write(struct writer *w, const void *buf, size_t len, struct error *err)
{
	struct file *f = (struct file *)(void *)w;

	if (signals_wait())
		return error_set(err, ERROR_IO, "%s: interrupted", w->name);
	if (io_write(f->fd, buf, len) == -1)
		return error_system(err, errno, "%s: write error", w->name);
	return 0;
}

/* A new file in dir with all of content. */
static int
write_file(const struct layout_dir *l, int dir, const char *name, struct reader *content,
    struct error *err)
{
	struct file f = { .writer = { .write = file_write, .name = l->path } };
	int rc;

	f.fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY,
	    0644);
	if (f.fd == -1)
		return error_system(err, errno, "%s: %s", l->path, name);
	rc = reader_copy(content, &f.writer, NULL, err);
	if (rc == 0 && fsync(f.fd) == -1)
		rc = error_system(err, errno, "%s: write error", l->path);
	if (close(f.fd) == -1 && rc == 0)
		rc = error_system(err, errno, "%s: write error", l->path);
	return rc;
}

static int
write_text(const struct layout_dir *l, const char *name, const char *text, struct error *err)
{
	struct reader_prefix content;

	reader_prefix_init(&content, text, strlen(text), NULL, name);
	return write_file(l, l->dir, name, &content.reader, err);
}

/* Cuts path into its parent, opened, and its last part. */
static int
find_parent(struct layout_dir *l, const char *path, struct error *err)
{
	size_t len = strlen(path);
	const char *parent;
	char *slash;

	*l = (struct layout_dir){ .path = path, .parent = -1, .dir = -1, .blobs = -1 };
	while (len > 1 && path[len - 1] == '/')
		len--;
	l->target = malloc(len + 1);
	if (l->target == NULL)
		return error_memory(err);
	memcpy(l->target, path, len);
	l->target[len] = '\0';
	slash = strrchr(l->target, '/');
	l->base = slash == NULL ? l->target : slash + 1;
	if (*l->base == '\0' || strcmp(l->base, ".") == 0 || strcmp(l->base, "..") == 0)
		return error_set(err, ERROR_IO, "%s: not the name of a new directory", path);
	if (slash != NULL)
		*slash = '\0';
	if (slash == NULL)
		parent = ".";
	else if (slash == l->target)
		parent = "/";
	else
		parent = l->target;
	l->parent = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (slash != NULL)
		*slash = '/';
	if (l->parent == -1)
		return error_system(err, errno, "%s: open its directory", path);
	return 0;
}

/* Has the directory fd, which is closed, nothing but "." and ".."? */
static int
is_empty(int fd, bool *empty)
{
	const struct dirent *e;
	DIR *d = fdopendir(fd);

	if (d == NULL) {
		(void)close(fd);
		return -1;
	}
	*empty = true;
	while (*empty && (e = readdir(d)) != NULL)
		*empty = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
	return closedir(d);
}

static int
check_place(const struct layout_dir *l, struct error *err)
{
	struct stat st;
	bool empty;
	int fd;

	if (fstatat(l->parent, l->base, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno != ENOENT)
			return error_system(err, errno, "%s", l->path);
		if (faccessat(l->parent, ".", W_OK | X_OK, 0) == -1)
			return error_system(err, errno, "%s: its directory", l->path);
		return 0;
	}
	if (!S_ISDIR(st.st_mode))
		return error_set(err, ERROR_IO, "%s: exists, and is no directory", l->path);
	fd = openat(l->parent, l->base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 || is_empty(fd, &empty) == -1)
		return error_system(err, errno, "%s", l->path);
	if (!empty)
		return error_set(err, ERROR_IO, "%s: exists, and is not empty", l->path);
	return 0;
}

static void
close_all(struct layout_dir *l)
{
	if (l->blobs != -1)
		(void)close(l->blobs);
	if (l->dir != -1)
		(void)close(l->dir);
	if (l->parent != -1)
		(void)close(l->parent);
	l->blobs = l->dir = l->parent = -1;
	free(l->target);
	l->target = NULL;
	if (l->held)
		signals_release(&l->signals);
	l->held = false;
}

int
layout_dir_check(const char *path, struct error *err)
{
	struct layout_dir l;
	int rc = find_parent(&l, path, err);

	if (rc == 0)
		rc = check_place(&l, err);
	close_all(&l);
	return rc;
}

/* Made and opened, or not there. -1 with errno. */
static int
make_directory(int parent, const char *name, int *fd)
{
	int errnum;

	if (mkdirat(parent, name, 0755) == -1)
		return -1;
	*fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*fd != -1)
		return 0;
	errnum = errno;
	(void)unlinkat(parent, name, AT_REMOVEDIR);
	errno = errnum;
	return -1;
}

/* A directory beside the target, under a name that nobody has. */
static int
make_temporary(struct layout_dir *l, struct error *err)
{
	int i;

	for (i = 0; i < MAX_ATTEMPTS; i++) {
		(void)snprintf(l->name, sizeof(l->name), ".ocipipe-%ld-%d", (long)getpid(), i);
		if (make_directory(l->parent, l->name, &l->dir) == 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	return error_system(err, errno, "%s: a directory beside it", l->path);
}

int
layout_dir_open(struct layout_dir *l, const char *path, struct error *err)
{
	int outer = -1, rc = -1;

	if (find_parent(l, path, err) == -1 || check_place(l, err) == -1)
		return -1;
	signals_hold(&l->signals);
	l->held = true;
	if (make_temporary(l, err) == -1)
		return -1;
	if (make_directory(l->dir, "blobs", &outer) == -1 ||
	    make_directory(outer, "sha256", &l->blobs) == -1)
		(void)error_system(err, errno, "%s", path);
	else
		rc = write_text(l, "oci-layout", LAYOUT_MARK, err);
	if (outer != -1)
		(void)close(outer);
	return rc;
}

int
layout_dir_put(struct layout_dir *l, const struct digest *digest, struct reader *content,
    struct error *err)
{
	uint8_t raw[SHA256_SIZE];

	/* It becomes a file's name: of this algorithm it is all hex. */
	if (digest_raw(digest, raw, err) == -1)
		return -1;
	return write_file(l, l->blobs, digest_hex(digest), content, err);
}

int
layout_dir_commit(struct layout_dir *l, const struct index *x, struct error *err)
{
	struct json_writer json;
	int rc = -1;

	json_writer_init(&json);
	if (layout_format_index(x, &json, err) == -1 ||
	    write_text(l, "index.json", json.text, err) == -1)
		goto done;
	/* Some file systems cannot sync a directory; the files are safe. */
	(void)fsync(l->blobs);
	(void)fsync(l->dir);
	if (renameat(l->parent, l->name, l->parent, l->base) == -1) {
		(void)error_system(err, errno, "%s", l->path);
		goto done;
	}
	(void)fsync(l->parent);
	close_all(l);
	rc = 0;
done:
	json_writer_release(&json);
	return rc;
}

/* Unlinks all files in the directory fd, which is closed. */
static void
empty_directory(int fd)
{
	const struct dirent *e;
	DIR *d = fdopendir(fd);

	if (d == NULL) {
		(void)close(fd);
		return;
	}
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			(void)unlinkat(fd, e->d_name, 0);
	(void)closedir(d);
}

void
layout_dir_discard(struct layout_dir *l)
{
	if (l->dir != -1) {
		if (l->blobs != -1)
			empty_directory(l->blobs);
		l->blobs = -1;
		(void)unlinkat(l->dir, "blobs/sha256", AT_REMOVEDIR);
		(void)unlinkat(l->dir, "blobs", AT_REMOVEDIR);
		(void)unlinkat(l->dir, "oci-layout", 0);
		(void)unlinkat(l->dir, "index.json", 0);
		(void)unlinkat(l->parent, l->name, AT_REMOVEDIR);
	}
	close_all(l);
}
