/* Layout directories. No name in one is followed: a link there could lead anywhere. */
#include "stream/source_private.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "stream/sniff.h"

#define HEX_LEN ((size_t)2 * SHA256_SIZE)

/* The blobs of one folder, sorted: the order of readdir is the file system's. */
struct names {
	char (*items)[2 * SHA256_SIZE + 1];
	size_t n, cap;
};

/*
 * Opens a part of the folder dir, which must be of the type that mode says; *fd is -1 where it is
 * not there. Looked at before it is opened: opening a device may do something.
 */
static int
open_part(int dir, const char *part, mode_t mode, const char *operand, int *fd, struct error *err)
{
	struct stat st;

	*fd = -1;
	if (fstatat(dir, part, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return errno == ENOENT ? 0 : error_system(err, errno, "%s: %s", operand, part);
	if ((st.st_mode & S_IFMT) != mode)
		return error_set(err, ERROR_INPUT, "%s: %s: not a %s", operand, part,
		    mode == S_IFDIR ? "directory" : "regular file");
	*fd = openat(dir, part,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY |
		(mode == S_IFDIR ? O_DIRECTORY : 0));
	if (*fd == -1)
		return error_system(err, errno, "%s: %s", operand, part);
	return 0;
}

/* A file of the layout's root, whole; it must be there. */
static int
read_part(int dir, const char *part, const char *operand, char **text, size_t *len,
    struct error *err)
{
	struct reader_fd r;
	int fd, rc;

	if (open_part(dir, part, S_IFREG, operand, &fd, err) == -1)
		return -1;
	if (fd == -1)
		return error_set(err, ERROR_INPUT, "%s: not an OCI layout directory: no %s",
		    operand, part);
	rc = reader_fd_init(&r, fd, operand, err);
	if (rc == 0) {
		rc = source_read_text(&r.reader, r.size, operand, part, text, err);
		*len = (size_t)r.size;
	}
	(void)close(fd);
	return rc;
}

static int
names_add(struct names *n, const char *hex, const char *operand, struct error *err)
{
	void *items;
	size_t cap;

	if (n->n == MAX_BLOBS)
		return error_set(err, ERROR_INPUT, "%s: more than %zu blobs", operand, MAX_BLOBS);
	if (n->n == n->cap) {
		cap = n->cap == 0 ? 64 : 2 * n->cap;
		items = realloc(n->items, cap * sizeof(*n->items));
		if (items == NULL)
			return error_memory(err);
		n->items = items;
		n->cap = cap;
	}
	memcpy(n->items[n->n++], hex, HEX_LEN + 1);
	return 0;
}

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, HEX_LEN);
}

static bool
is_blob(const char *name)
{
	char path[sizeof("blobs/sha256/") + 2 * SHA256_SIZE] = "blobs/sha256/";

	if (strlen(name) != HEX_LEN)
		return false;
	memcpy(path + strlen(path), name, HEX_LEN + 1);
	return sniff_member(path) == MEMBER_BLOB;
}

static int
list_blobs(int folder, struct names *names, const char *operand, struct error *err)
{
	const struct dirent *e;
	DIR *d = NULL;
	int fd, rc = -1;

	/* readdir's position is that of the open file, and folder is kept. */
	fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || (d = fdopendir(fd)) == NULL) {
		(void)error_system(err, errno, "%s: blobs/sha256", operand);
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	for (;;) {
		errno = 0;
		e = readdir(d);
		if (e == NULL)
			break;
		if (is_blob(e->d_name) && names_add(names, e->d_name, operand, err) == -1)
			goto done;
	}
	if (errno != 0) {
		(void)error_system(err, errno, "%s: blobs/sha256", operand);
		goto done;
	}
	if (names->n > 1)
		qsort(names->items, names->n, sizeof(*names->items), compare);
	rc = 0;
done:
	(void)closedir(d);
	return rc;
}

static int
take_blob(struct source *s, int folder, const char *hex, uint32_t place, const char *operand,
    struct error *err)
{
	struct incoming b = { .place = place, .name = operand };
	char text[MAX_DIGEST_TEXT + 1] = "sha256:";
	struct reader_fd r;
	int fd, rc;

	memcpy(text + 7, hex, HEX_LEN);
	if (digest_parse(&b.digest, text, 7 + HEX_LEN, err) == -1)
		return -1;
	if (open_part(folder, hex, S_IFREG, operand, &fd, err) == -1)
		return -1;
	if (fd == -1)
		return error_system(err, ENOENT, "%s: %s", operand, b.digest.text);
	rc = reader_fd_init(&r, fd, operand, err);
	if (rc == 0) {
		b.size = r.size;
		b.content = &r.reader;
		rc = source_take(s, &b, err);
	}
	(void)close(fd);
	return rc;
}

/* folder is blobs/sha256, and owned by s from here on if blobs are kept. */
static int
take_folder(struct source *s, int folder, const char *operand, struct error *err)
{
	struct names names = { .items = NULL };
	uint32_t place = 0;
	size_t i;
	int rc;

	if (s->opt.sink == NULL &&
	    source_add_place(s, folder, true, true, operand, &place, err) == -1)
		return -1;
	rc = list_blobs(folder, &names, operand, err);
	for (i = 0; rc == 0 && i < names.n; i++)
		rc = take_blob(s, folder, names.items[i], place, operand, err);
	free(names.items);
	if (place == 0)
		(void)close(folder);
	return rc;
}

/* A layout need not have blobs: all may be elsewhere. */
static int
take_blobs(struct source *s, int dir, const char *operand, struct error *err)
{
	int blobs, folder, rc;

	if (open_part(dir, "blobs", S_IFDIR, operand, &blobs, err) == -1)
		return -1;
	if (blobs == -1)
		return 0;
	rc = open_part(blobs, "sha256", S_IFDIR, operand, &folder, err);
	(void)close(blobs);
	return folder == -1 ? rc : take_folder(s, folder, operand, err);
}

int
source_read_directory(struct source *s, int fd, const char *name, struct error *err)
{
	char *text = NULL;
	size_t len = 0;
	int rc;

	rc = read_part(fd, "oci-layout", name, &text, &len, err);
	if (rc == 0)
		rc = source_check_layout(text, len, name, err);
	free(text);
	text = NULL;
	if (rc == 0)
		rc = read_part(fd, "index.json", name, &text, &len, err);
	if (rc == 0)
		rc = source_take_index(s, text, len, name, err);
	free(text);
	if (rc == 0)
		rc = take_blobs(s, fd, name, err);
	(void)close(fd);
	return rc;
}
