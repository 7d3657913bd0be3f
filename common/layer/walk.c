#include "layer/walk.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "layer/pattern.h"
#include "layer/walk_private.h"

/* Ours: a tree without a loop can still say so in few links that double with each level. */
#define MAX_LINKED ((size_t)65536)

/* What one name of one source is. */
struct opened {
	struct stat st;
	int fd;
	int unreadable;
	bool excluded;
	bool linked;
};

/* The root level of operands from up to to. */
static int
push_root(struct walk *w, size_t from, size_t to, struct error *err)
{
	struct level root = { .n_sources = 0 };
	size_t i;

	for (i = from; i < to; i++)
		if (level_add_source(&root, &w->operands[i], err) == -1)
			goto failed;
	w->path[0] = '\0';
	if (walk_push(w, &root, err) == 0)
		return 0;
failed:
	level_release(w, &root);
	return -1;
}

/* --- entries --- */

static int
set_path(struct walk *w, size_t at, const char *name, struct error *err)
{
	size_t len = strlen(name), need = at + len + 2; /* a "/" may follow */
	char *longer;

	if (need > w->path_cap) {
		longer = realloc(w->path, 2 * need);
		if (longer == NULL)
			return error_memory(err);
		w->path = longer;
		w->path_cap = 2 * need;
	}
	memcpy(w->path + at, name, len + 1);
	return 0;
}

/* What the file system will not let us read; the caller may want to know of all of them. */
static bool
is_unreadable(int errnum)
{
	return errnum == EACCES || errnum == EPERM || errnum == EIO;
}

/* Opens what is of that type, and takes its status. */
static int
open_typed(struct walk *w, size_t operand, int at, const char *name, mode_t type, int flags,
    struct opened *o, struct error *err)
{
	o->fd = openat(at, name, flags);
	if (o->fd == -1 && is_unreadable(errno)) {
		o->unreadable = errno;
		o->st.st_mode = type;
		return 0;
	}
	if (o->fd == -1)
		return errno == ENOTDIR || errno == ELOOP || errno == ENXIO ?
		    walk_fail_replaced(w, operand, err) :
		    walk_fail(w, operand, errno, err);
	if (fstat(o->fd, &o->st) == -1)
		(void)walk_fail(w, operand, errno, err);
	else if ((o->st.st_mode & S_IFMT) == type)
		return 0;
	else
		(void)walk_fail_replaced(w, operand, err);
	(void)close(o->fd);
	o->fd = -1;
	return -1;
}

/* Opens what o->st was taken of, and takes its status again. */
static int
open_seen(struct walk *w, size_t operand, int at, const char *name, int flags, struct opened *o,
    struct error *err)
{
	const struct stat seen = o->st;

	if (open_typed(w, operand, at, name, seen.st_mode & S_IFMT, flags, o, err) == -1)
		return -1;
	if (o->fd == -1 || (o->st.st_dev == seen.st_dev && o->st.st_ino == seen.st_ino))
		return 0;
	(void)close(o->fd);
	o->fd = -1;
	return walk_fail_replaced(w, operand, err);
}

static int
read_link(struct walk *w, size_t operand, int at, const char *name, struct error *err)
{
	ssize_t n = readlinkat(at, name, w->link, sizeof(w->link));

	if (n == -1)
		return walk_fail(w, operand, errno, err);
	if (n == 0 || (size_t)n == sizeof(w->link))
		return error_set(err, ERROR_INPUT, "%s: a link's target of more than %d bytes",
		    walk_show(w, operand), PATH_MAX);
	w->link[n] = '\0';
	return 0;
}

static bool
is_excluded(const struct walk *w, mode_t mode)
{
	return w->opt->exclude != NULL && patterns_match(w->opt->exclude, w->path, S_ISDIR(mode));
}

/* Looks at the path in hand in one source, and opens it if it is a file or a directory. */
static int
open_one(struct walk *w, const struct level *l, const char *name, struct opened *o,
    struct error *err)
{
	struct source *s = level_source_of(l, name);
	const enum hint hint = level_hint_of(name);
	const bool through = s->file && w->opt->follow_operands;
	const char *last = s->file ? w->opt->operands[s->operand] : name;
	int at = AT_FDCWD;

	*o = (struct opened){ .fd = -1 };
	if (!s->file) {
		if (level_open_source(w, l, s, err) == -1)
			return -1;
		at = s->fd;
	}
	/* What the directory lists as a file or a directory is opened as such without a look. */
	if (hint != HINT_NONE) {
		const bool directory = hint == HINT_DIRECTORY;
		const mode_t type = directory ? S_IFDIR : S_IFREG;

		o->excluded = is_excluded(w, type);
		return o->excluded ?
		    0 :
		    open_typed(w, s->operand, at, last, type,
			(directory ? OPEN_DIRECTORY : OPEN_FILE) | O_NOFOLLOW, o, err);
	}
	if (fstatat(at, last, &o->st, through ? 0 : AT_SYMLINK_NOFOLLOW) == -1) {
		if (!is_unreadable(errno))
			return walk_fail(w, s->operand, errno, err);
		o->unreadable = errno;
		return 0;
	}
	o->excluded = is_excluded(w, o->st.st_mode);
	if (o->excluded)
		return 0;
	if (S_ISLNK(o->st.st_mode) && w->opt->follow) {
		o->linked = true;
		if (walk_open_beneath(w, s->operand, w->path, &o->fd, &o->st, err) == -1)
			return -1;
		o->excluded = is_excluded(w, o->st.st_mode);
		if (!S_ISDIR(o->st.st_mode) || o->excluded || ++w->n_linked <= MAX_LINKED)
			return 0;
		return error_set(err, ERROR_INPUT,
		    "%s: more than %zu links to directories followed", walk_show(w, s->operand),
		    MAX_LINKED);
	}
	if (S_ISLNK(o->st.st_mode))
		return read_link(w, s->operand, at, last, err);
	if (S_ISDIR(o->st.st_mode) && s->file)
		return walk_fail_replaced(w, s->operand, err);
	if (S_ISDIR(o->st.st_mode))
		return open_seen(w, s->operand, at, last, OPEN_DIRECTORY | O_NOFOLLOW, o, err);
	if (S_ISREG(o->st.st_mode))
		return open_seen(w, s->operand, at, last, OPEN_FILE | (through ? 0 : O_NOFOLLOW), o,
		    err);
	return 0;
}

static int
check_loop(struct walk *w, const struct source *s, struct error *err)
{
	size_t i, k;

	for (i = 0; i < w->depth; i++)
		for (k = 0; k < w->levels[i].n_sources; k++)
			if (!w->levels[i].sources[k].file &&
			    w->levels[i].sources[k].dev == s->dev &&
			    w->levels[i].sources[k].ino == s->ino)
				return error_set(err, ERROR_INPUT,
				    "%s: a link to a directory that it is in: a loop",
				    walk_show(w, s->operand));
	return 0;
}

/* Makes o one of the directories of the level below; o's descriptor is then child's. */
static int
add_child(struct walk *w, struct level *child, size_t operand, struct opened *o, struct error *err)
{
	struct source s = { .operand = operand,
		.dev = o->st.st_dev,
		.ino = o->st.st_ino,
		.fd = o->fd,
		.linked = o->linked };

	if (w->opt->follow && check_loop(w, &s, err) == -1)
		return -1;
	/* Of many, the descriptors of the first few are closed again. */
	level_make_room(w, child);
	if (level_add_source(child, &s, err) == -1)
		return -1;
	o->fd = -1;
	w->n_open++;
	return 0;
}

static int
fail_twice(struct walk *w, size_t first, size_t second, struct error *err)
{
	char *other = strdup(walk_show(w, first));

	if (other == NULL)
		return error_memory(err);
	(void)error_set(err, ERROR_INPUT, "%s, %s: one path twice in the layer", other,
	    walk_show(w, second));
	free(other);
	return -1;
}

/* The path in hand, n equal names of the level; e->path stays NULL if all are excluded. */
static int
visit(struct walk *w, const char *const *names, size_t n, struct walk_entry *e, struct error *err)
{
	const size_t in = w->depth - 1;
	struct level child = { .n_sources = 0 };
	struct opened o = { .fd = -1 };
	struct level *l;
	size_t i, operand;
	int rc;

	for (i = 0; i < n; i++) {
		operand = level_source_of(&w->levels[in], names[i])->operand;
		if (open_one(w, &w->levels[in], names[i], &o, err) == -1)
			goto failed;
		if (o.excluded) {
			if (o.fd != -1)
				(void)close(o.fd);
			o.fd = -1;
			continue;
		}
		if (e->path != NULL &&
		    (w->opt->separate || !S_ISDIR(o.st.st_mode) || !S_ISDIR(e->st.st_mode))) {
			(void)fail_twice(w, e->operand, operand, err);
			goto failed;
		}
		if (e->path == NULL || (o.unreadable != 0 && e->unreadable == 0)) {
			e->path = w->path;
			e->operand = operand;
			e->st = o.st;
			e->unreadable = o.unreadable;
			e->link = S_ISLNK(o.st.st_mode) ? w->link : NULL;
		}
		if (S_ISDIR(o.st.st_mode) && o.fd != -1) {
			if (add_child(w, &child, operand, &o, err) == -1)
				goto failed;
		} else {
			e->fd = w->file = o.fd;
			o.fd = -1;
		}
	}
	if (child.n_sources == 0)
		return 0;
	child.path_len = strlen(w->path) + 1;
	if (walk_push(w, &child, err) == -1)
		goto failed;
	l = &w->levels[w->depth - 1];
	memcpy(w->path + l->path_len - 1, "/", 2); /* it may have to be opened again by its path */
	rc = level_open_source(w, l, &l->sources[0], err);
	w->path[l->path_len - 1] = '\0';
	e->fd = l->sources[0].fd;
	return rc;
failed:
	if (o.fd != -1)
		(void)close(o.fd);
	level_release(w, &child);
	return -1;
}

/* Goes to the next operand, or the first of all; gives its "." where that is wanted. */
static int
next_root(struct walk *w, struct walk_entry *e, struct error *err)
{
	const size_t i = w->next_operand;
	struct level *root;

	w->next_operand = w->opt->separate ? i + 1 : w->n_operands;
	if (push_root(w, i, w->next_operand, err) == -1)
		return -1;
	root = &w->levels[0];
	if (!w->opt->separate || root->sources[0].file)
		return 0;
	if (set_path(w, 0, ".", err) == -1 ||
	    level_open_source(w, root, &root->sources[0], err) == -1)
		return -1;
	e->fd = root->sources[0].fd;
	if (fstat(e->fd, &e->st) == -1)
		return walk_fail(w, i, errno, err);
	e->path = w->path;
	e->operand = i;
	return 0;
}

/* How many names equal the next one. */
static size_t
equal_names(const struct level *l)
{
	const char *const *names = &l->names[l->next];
	size_t n = 1;

	while (l->next + n < l->n_names && strcmp(names[n], names[0]) == 0)
		n++;
	return n;
}

/* The next entry of the level in hand, if it is not excluded. */
static int
next_in_level(struct walk *w, struct level *l, struct walk_entry *e, struct error *err)
{
	const char *const *names = &l->names[l->next];
	const size_t n = equal_names(l);

	l->next += n;
	if (set_path(w, l->path_len, names[0], err) == -1)
		return -1;
	return visit(w, names, n, e, err);
}

int
walk_next(struct walk *w, struct walk_entry *e, struct error *err)
{
	struct level *l;

	assert(!w->any_missing);
	if (w->file != -1)
		(void)close(w->file);
	w->file = -1;
	*e = (struct walk_entry){ .fd = -1 };
	while (e->path == NULL && (w->depth > 0 || w->next_operand < w->n_operands)) {
		if (w->depth == 0) {
			if (next_root(w, e, err) == -1)
				return -1;
			continue;
		}
		assert(w->path != NULL);
		l = &w->levels[w->depth - 1];
		/* The level's own path, in which its directories can be opened again. */
		if (l->path_len > 0)
			w->path[l->path_len - 1] = '/';
		w->path[l->path_len] = '\0';
		if (l->names == NULL && level_load(w, l, err) == -1)
			return -1;
		if (l->next == l->n_names)
			walk_pop(w);
		else if (next_in_level(w, l, e, err) == -1)
			return -1;
	}
	return 0;
}

/* No two operands may share a path: then not even a first name, as directories do not merge. */
static int
check_separate(struct walk *w, struct error *err)
{
	struct walk_entry e;
	struct level *l;

	if (push_root(w, 0, w->n_operands, err) == -1 || level_load(w, &w->levels[0], err) == -1)
		return -1;
	while (w->levels[0].next < w->levels[0].n_names) {
		l = &w->levels[0];
		e = (struct walk_entry){ .fd = -1 };
		if (equal_names(l) == 1)
			l->next++;
		else if (next_in_level(w, l, &e, err) == -1)
			return -1;
		while (w->depth > 1)
			walk_pop(w);
		if (w->file != -1)
			(void)close(w->file);
		w->file = -1;
	}
	walk_pop(w);
	return 0;
}

static void
look_at_operand(struct walk *w, const char *path)
{
	struct source *s = &w->operands[w->n_operands];
	struct stat st;
	int rc = stat(path, &st);

	*s = (struct source){ .operand = w->n_operands, .fd = -1 };
	if (rc == 0 && S_ISDIR(st.st_mode)) {
		s->dev = st.st_dev;
		s->ino = st.st_ino;
	} else {
		s->file = true;
		/* A link to nothing is a link nevertheless. */
		if (rc == -1 && (w->opt->follow_operands || lstat(path, &st) == -1))
			s->missing = errno;
	}
	w->any_missing = w->any_missing || s->missing != 0;
	w->n_operands++;
}

struct walk *
walk_new(const struct walk_options *opt, struct error *err)
{
	struct walk *w = calloc(1, sizeof(*w));
	size_t n = 0;

	if (w == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	w->opt = opt;
	w->file = -1;
	while (opt->operands[n] != NULL)
		n++;
	w->operands = calloc(n + 1, sizeof(*w->operands));
	if (w->operands == NULL || (w->path = malloc(2)) == NULL) {
		(void)error_memory(err);
		goto failed;
	}
	w->path_cap = 2;
	for (n = 0; opt->operands[n] != NULL; n++)
		look_at_operand(w, opt->operands[n]);
	if (opt->separate && n > 1 && !w->any_missing && check_separate(w, err) == -1)
		goto failed;
	return w;
failed:
	walk_free(w);
	return NULL;
}

int
walk_missing(const struct walk *w, size_t operand)
{
	return w->operands[operand].missing;
}

const char *
walk_shown(struct walk *w, const struct walk_entry *e)
{
	return walk_show(w, e->operand);
}

void
walk_free(struct walk *w)
{
	if (w == NULL)
		return;
	while (w->depth > 0)
		level_release(w, &w->levels[--w->depth]);
	if (w->file != -1)
		(void)close(w->file);
	free(w->levels);
	free(w->operands);
	free(w->path);
	free(w->shown);
	free(w);
}
