/*
 * walk_private.h - a walk's way down from the operands: for walk.c and walk_level.c alone
 *
 * A level is the directory in hand or one above it, of one operand or merged from several. At most
 * MAX_OPEN of all levels' directories are open; one that was closed is opened again from the
 * directory below it, as its "..", or from the operand on, and must then be the same as before.
 */
#ifndef LAYER_WALK_PRIVATE_H
#define LAYER_WALK_PRIVATE_H

#include <sys/types.h>

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>

#include "layer/walk.h"

#define OPEN_DIRECTORY (O_RDONLY | O_DIRECTORY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
#define OPEN_FILE (O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* One of the directories that make up a level, or, at the root, a file operand. */
struct source {
	size_t operand;
	size_t names_at; /* in the level's text: where those of this source begin */
	dev_t dev;
	ino_t ino;
	int fd;	     /* -1: closed at the moment */
	int missing; /* errno: an operand that is not there; else 0 */
	bool file;
	bool linked; /* reached by a symbolic link: its ".." is elsewhere */
};

/* What the directory says that a name is, before it is opened; it may have changed since. */
enum hint { HINT_NONE, HINT_FILE, HINT_DIRECTORY };

struct level {
	struct source *sources;
	size_t n_sources;
	const char **names; /* sorted; NULL until loaded. Each into text, behind its hint. */
	char *text; /* of each name its enum hint, its bytes, and a NUL, as they were read */
	size_t n_names, text_len, text_cap;
	size_t next;
	size_t path_len; /* of the level's path with its "/"; 0 at the root */
};

struct walk {
	const struct walk_options *opt;
	struct source *operands;
	size_t n_operands;
	bool any_missing;
	size_t next_operand; /* where the next root level begins */
	struct level *levels;
	size_t depth, levels_cap;
	size_t n_linked; /* links to directories followed */
	int n_open;
	char *path; /* of the entry in hand */
	size_t path_cap;
	char *shown;
	int file; /* lent by the last entry, -1: none */
	char link[PATH_MAX + 1];
};

/* The operand and the path in hand, for messages; valid until the next call. */
const char *walk_show(struct walk *w, size_t operand);
int walk_fail(struct walk *w, size_t operand, int errnum, struct error *err);
int walk_fail_replaced(struct walk *w, size_t operand, struct error *err);

/* With follow: a path below the operand's directory, links in it resolved. */
int walk_open_beneath(struct walk *w, size_t operand, const char *path, int *fd, struct stat *st,
    struct error *err);

/* Takes s over, with its descriptor. */
int level_add_source(struct level *l, const struct source *s, struct error *err);
void level_release(struct walk *w, struct level *l);
/* Reads the names of all sources, and sorts them: equal ones in the order of their sources. w->path
 * begins with the level's path. */
int level_load(struct walk *w, struct level *l, struct error *err);
/* What is known of one of the level's names: which source it is of, and what that says it is. */
struct source *level_source_of(const struct level *l, const char *name);
enum hint level_hint_of(const char *name);
/* s->fd is open after it; w->path begins with the level's path. */
int level_open_source(struct walk *w, const struct level *l, struct source *s, struct error *err);
/* Closes directories so that one more may be opened: those that will be wanted last, nearest to the
 * root, and then child's, which is not among the levels yet (or NULL). */
void level_make_room(struct walk *w, struct level *child);

/* Takes l over. */
int walk_push(struct walk *w, const struct level *l, struct error *err);
void walk_pop(struct walk *w);

#endif
