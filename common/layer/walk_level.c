#include "layer/walk_private.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "layer/beneath.h"

/* Directories that are open at a time: with all else that a program opens, "ulimit -n 12" does. */
#define MAX_OPEN 4
/* Ours, of one directory: four million names of the greatest length, with what we note of each. */
#define MAX_NAMES_SIZE ((size_t)1024 * 1024 * 1024)

/* --- names for messages --- */

const char *
walk_show(struct walk *w, size_t operand)
{
	const char *first = w->opt->operands[operand];
	size_t len = strlen(first), path_len = strlen(w->path);

	while (path_len > 0 && w->path[path_len - 1] == '/')
		path_len--;
	if (w->operands[operand].file || path_len == 0 || strcmp(w->path, ".") == 0)
		return first;
	while (len > 1 && first[len - 1] == '/')
		len--;
	free(w->shown);
	w->shown = malloc(len + 1 + path_len + 1);
	if (w->shown == NULL)
		return w->path;
	memcpy(w->shown, first, len);
	w->shown[len] = '/';
	memcpy(w->shown + len + 1, w->path, path_len);
	w->shown[len + 1 + path_len] = '\0';
	return w->shown;
}

int
walk_fail(struct walk *w, size_t operand, int errnum, struct error *err)
{
	return error_system(err, errnum, "%s", walk_show(w, operand));
}

int
walk_fail_replaced(struct walk *w, size_t operand, struct error *err)
{
	return error_set(err, ERROR_IO, "%s: replaced while it was read", walk_show(w, operand));
}

/* --- directories, open or not --- */

static void
source_close(struct walk *w, struct source *s)
{
	if (s->fd == -1)
		return;
	(void)close(s->fd);
	s->fd = -1;
	w->n_open--;
}

void
level_release(struct walk *w, struct level *l)
{
	size_t i;

	for (i = 0; i < l->n_sources; i++)
		source_close(w, &l->sources[i]);
	free(l->sources);
	free(l->names);
	free(l->text);
	*l = (struct level){ .n_sources = 0 };
}

void
level_make_room(struct walk *w, struct level *child)
{
	size_t i, k;

	for (i = 0; i < w->depth && w->n_open >= MAX_OPEN; i++)
		for (k = 0; k < w->levels[i].n_sources && w->n_open >= MAX_OPEN; k++)
			source_close(w, &w->levels[i].sources[k]);
	for (i = 0; child != NULL && i < child->n_sources; i++)
		if (w->n_open >= MAX_OPEN)
			source_close(w, &child->sources[i]);
}

static bool
is_source(const struct source *s, const struct stat *st)
{
	return S_ISDIR(st->st_mode) && st->st_dev == s->dev && st->st_ino == s->ino;
}

/* Opens the directories of path, len bytes of names each with a "/" behind, from *fd on. */
static int
descend(int *fd, const char *path, size_t len)
{
	char name[NAME_MAX + 1];
	size_t n;
	int next;

	for (; len > 0; path += n + 1, len -= n + 1) {
		n = (size_t)((const char *)memchr(path, '/', len) - path);
		assert(n <= NAME_MAX);
		memcpy(name, path, n);
		name[n] = '\0';
		next = openat(*fd, name, OPEN_DIRECTORY | O_NOFOLLOW);
		if (next == -1)
			return -1;
		(void)close(*fd);
		*fd = next;
	}
	return 0;
}

/* With follow: a path below the operand's directory, links in it resolved. */
int
walk_open_beneath(struct walk *w, size_t operand, const char *path, int *fd, struct stat *st,
    struct error *err)
{
	int root, rc;

	root = open(w->opt->operands[operand], OPEN_DIRECTORY);
	if (root == -1)
		return walk_fail(w, operand, errno, err);
	rc = beneath_open(root, path, fd, st, err);
	(void)close(root);
	return rc == -1 ? error_context(err, "%s", walk_show(w, operand)) : 0;
}

/* Opens again, from the operand on, a directory that was closed to make room. */
static int
reopen(struct walk *w, const struct level *l, struct source *s, struct error *err)
{
	struct stat st;
	char *path;
	int fd = -1, rc;

	if (w->opt->follow && l->path_len > 0) {
		path = strndup(w->path, l->path_len - 1);
		if (path == NULL)
			return error_memory(err);
		rc = walk_open_beneath(w, s->operand, path, &fd, &st, err);
		free(path);
		if (rc == -1)
			return -1;
	} else {
		fd = open(w->opt->operands[s->operand], OPEN_DIRECTORY);
		if (fd == -1 || descend(&fd, w->path, l->path_len) == -1 || fstat(fd, &st) == -1) {
			(void)walk_fail(w, s->operand, errno, err);
			if (fd != -1)
				(void)close(fd);
			return -1;
		}
	}
	if (!is_source(s, &st)) {
		(void)close(fd);
		return walk_fail_replaced(w, s->operand, err);
	}
	s->fd = fd;
	w->n_open++;
	return 0;
}

int
level_open_source(struct walk *w, const struct level *l, struct source *s, struct error *err)
{
	if (s->fd != -1)
		return 0;
	level_make_room(w, NULL);
	return reopen(w, l, s, err);
}

/* --- levels --- */

int
level_add_source(struct level *l, const struct source *s, struct error *err)
{
	struct source *sources = realloc(l->sources, (l->n_sources + 1) * sizeof(*sources));

	if (sources == NULL)
		return error_memory(err);
	l->sources = sources;
	sources[l->n_sources++] = *s;
	return 0;
}

static int
level_add_name(struct walk *w, struct level *l, const struct source *s, const char *name,
    enum hint hint, struct error *err)
{
	size_t size = 1 + strlen(name) + 1, cap;
	char *longer;

	if (size > MAX_NAMES_SIZE - l->text_len)
		return error_set(err, ERROR_INPUT, "%s: a directory with more than 1 GiB of names",
		    walk_show(w, s->operand));
	if (size > l->text_cap - l->text_len) {
		/* By a half: what is too much stays until the directory is done. */
		cap = l->text_cap + l->text_cap / 2 + size + 128;
		longer = realloc(l->text, cap);
		if (longer == NULL)
			return error_memory(err);
		l->text = longer;
		l->text_cap = cap;
	}
	l->text[l->text_len] = (char)hint;
	memcpy(l->text + l->text_len + 1, name, size - 1);
	l->text_len += size;
	l->n_names++;
	return 0;
}

/* Sources are read one after another, so of equal names the place tells which is first. */
static int
compare_names(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;
	int c = strcmp(x, y);

	return c != 0 ? c : (x > y) - (x < y);
}

/* The names where they lie, sorted. */
static int
level_sort(struct level *l, struct error *err)
{
	const char *name = l->text + 1;
	size_t i;

	l->names = malloc((l->n_names + 1) * sizeof(*l->names));
	if (l->names == NULL)
		return error_memory(err);
	for (i = 0; i < l->n_names; i++) {
		l->names[i] = name;
		name += strlen(name) + 2;
	}
	if (l->n_names > 1)
		qsort(l->names, l->n_names, sizeof(*l->names), compare_names);
	return 0;
}

struct source *
level_source_of(const struct level *l, const char *name)
{
	const size_t at = (size_t)(name - l->text);
	size_t low = 0, high = l->n_sources, middle;

	/* The last that begins before the name; one without names begins where the next does. */
	while (high - low > 1) {
		middle = low + (high - low) / 2;
		if (l->sources[middle].names_at < at)
			low = middle;
		else
			high = middle;
	}
	return &l->sources[low];
}

enum hint
level_hint_of(const char *name)
{
	return (enum hint)name[-1];
}

/* Where directories tell, files and directories need not be asked what they are before they are
 * opened: a system call less for each. */
static enum hint
hint_of(const struct dirent *entry)
{
#ifdef DT_REG
	if (entry->d_type == DT_REG)
		return HINT_FILE;
	if (entry->d_type == DT_DIR)
		return HINT_DIRECTORY;
#else
	(void)entry;
#endif
	return HINT_NONE;
}

static int
read_names(struct walk *w, struct level *l, struct source *s, struct error *err)
{
	struct dirent *entry;
	DIR *dir = NULL;
	int fd, rc = -1;

	if (level_open_source(w, l, s, err) == -1)
		return -1;
	/* The DIR closes its own. The names are read once, so the position may be shared. */
	fd = fcntl(s->fd, F_DUPFD_CLOEXEC, 0);
	if (fd != -1)
		dir = fdopendir(fd);
	if (dir == NULL) {
		(void)walk_fail(w, s->operand, errno, err);
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	for (;;) {
		errno = 0;
		entry = readdir(dir);
		if (entry == NULL)
			break;
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (level_add_name(w, l, s, entry->d_name, hint_of(entry), err) == -1)
			goto done;
	}
	rc = errno == 0 ? 0 : walk_fail(w, s->operand, errno, err);
done:
	(void)closedir(dir);
	return rc;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

int
level_load(struct walk *w, struct level *l, struct error *err)
{
	const char *operand;
	struct source *s;
	size_t i;
	int rc;

	for (i = 0; i < l->n_sources; i++) {
		s = &l->sources[i];
		s->names_at = l->text_len;
		operand = w->opt->operands[s->operand];
		rc = s->file ? level_add_name(w, l, s, base_name(operand), HINT_NONE, err) :
			       read_names(w, l, s, err);
		if (rc == -1)
			return -1;
	}
	return level_sort(l, err);
}

int
walk_push(struct walk *w, const struct level *l, struct error *err)
{
	size_t cap = w->levels_cap == 0 ? 16 : 2 * w->levels_cap;
	struct level *levels;

	if (w->depth == w->levels_cap) {
		levels = realloc(w->levels, cap * sizeof(*levels));
		if (levels == NULL)
			return error_memory(err);
		w->levels = levels;
		w->levels_cap = cap;
	}
	w->levels[w->depth++] = *l;
	return 0;
}

/* Back from child: a directory above it that was closed is its "..", if it is still the same. */
static void
open_parent(struct walk *w, const struct level *parent, const struct source *child)
{
	struct source *s;
	struct stat st;
	size_t i;
	int fd;

	for (i = 0; i < parent->n_sources && parent->sources[i].operand != child->operand; i++)
		;
	s = &parent->sources[i];
	if (child->fd == -1 || child->linked || s->fd != -1)
		return;
	fd = openat(child->fd, "..", OPEN_DIRECTORY);
	if (fd != -1 && fstat(fd, &st) == 0 && is_source(s, &st)) {
		s->fd = fd;
		w->n_open++;
	} else if (fd != -1) {
		(void)close(fd);
	}
}

void
walk_pop(struct walk *w)
{
	struct level *child = &w->levels[--w->depth];
	size_t i;

	for (i = 0; w->depth > 0 && i < child->n_sources; i++)
		open_parent(w, &w->levels[w->depth - 1], &child->sources[i]);
	level_release(w, child);
}
