#include "layer/convert.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/digest.h"
#include "core/error.h"
#include "core/tar.h"
#include "layer/entry_name.h"
#include "layer/path_set.h"

/* What a path in the set is; from FIRST_GROUP on the file with several links that it names. */
enum { PATH_DIRECTORY, PATH_FILE, PATH_OTHER, FIRST_GROUP };

/* Names of a cpio's file that came before its content. */
struct waiting {
	char *name;
	unsigned int mode;
	struct waiting *next;
};

/* A file of several names. */
struct group {
	char *first;	      /* the name that later ones refer to */
	char *file;	      /* the name that has the content in the tar; NULL: none yet */
	struct digest digest; /* of that content */
	struct waiting *waiting, **last;
};

struct conversion {
	const struct foreign_input *in;
	const struct stamp *stamp;
	struct writer *to;
	struct foreign *archive;
	struct path_set paths;
	struct group *groups;
	size_t n_groups, groups_cap;
	unsigned char *buf; /* IO_CHUNK bytes */
};

static int
fail(const struct conversion *c, const char *name, const char *what, struct error *err)
{
	return error_set(err, ERROR_INPUT, "%s: %s: %s", c->in->reader->name, name, what);
}

static int
write_header(struct conversion *c, const char *name, enum tar_type type, unsigned int mode,
    const char *link, uint64_t size, struct error *err)
{
	const struct tar_header h = { .name = name,
		.link = link,
		.type = type,
		.mode = mode,
		.uid = c->stamp->uid,
		.gid = c->stamp->gid,
		.size = size,
		.mtime = c->stamp->mtime };

	return tar_write_header(c->to, &h, TAR_PLAIN, err);
}

/* The content in hand, size bytes of it, to to (NULL: nowhere), and its digest. */
static int
copy_content(struct conversion *c, const char *name, uint64_t size, struct writer *to,
    struct digest *digest, struct error *err)
{
	struct hasher hasher;
	size_t len;

	hasher_init(&hasher);
	for (;;) {
		if (foreign_read(c->archive, c->buf, IO_CHUNK, &len, err) == -1)
			return -1;
		if (len > size)
			return fail(c, name, "more content than its size says", err);
		if (len == 0)
			break;
		size -= len;
		if (digest != NULL)
			hasher_update(&hasher, c->buf, len);
		if (to != NULL && writer_write(to, c->buf, len, err) == -1)
			return -1;
	}
	if (size > 0)
		return fail(c, name, "less content than its size says", err);
	if (digest != NULL)
		hasher_digest(&hasher, digest);
	return 0;
}

static int
write_file(struct conversion *c, const char *name, unsigned int mode, uint64_t size,
    struct digest *digest, struct error *err)
{
	if (write_header(c, name, TAR_FILE, mode, NULL, size, err) == -1 ||
	    copy_content(c, name, size, c->to, digest, err) == -1)
		return -1;
	return tar_write_padding(c->to, size, err);
}

/* --- files of several names --- */

static struct group *
add_group(struct conversion *c, const char *first, struct error *err)
{
	size_t cap = c->groups_cap == 0 ? 64 : 2 * c->groups_cap;
	struct group *groups;

	if (c->n_groups == c->groups_cap) {
		groups = realloc(c->groups, cap * sizeof(*groups));
		if (groups == NULL) {
			(void)error_memory(err);
			return NULL;
		}
		c->groups = groups;
		c->groups_cap = cap;
	}
	groups = &c->groups[c->n_groups];
	*groups = (struct group){ .first = strdup(first) };
	if (groups->first == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	c->n_groups++;
	return groups;
}

static int
wait_for_content(struct group *g, const char *name, unsigned int mode, struct error *err)
{
	struct waiting *w = calloc(1, sizeof(*w)), **last = &g->waiting;

	if (w == NULL || (w->name = strdup(name)) == NULL) {
		free(w);
		return error_memory(err);
	}
	w->mode = mode;
	/* At the end of the list; but for the first it is known where that is. */
	if (g->waiting != NULL)
		last = g->last;
	*last = w;
	g->last = &w->next;
	return 0;
}

/* The names that waited become links to the one that has the content. */
static int
write_waiting(struct conversion *c, struct group *g, struct error *err)
{
	struct waiting *w;

	while ((w = g->waiting) != NULL) {
		if (strcmp(w->name, g->file) != 0 &&
		    write_header(c, w->name, TAR_HARDLINK, w->mode, g->file, 0, err) == -1)
			return -1;
		g->waiting = w->next;
		free(w->name);
		free(w);
	}
	return 0;
}

/* One more name of a file whose names may come without, and before, the content. */
static int
take_link(struct conversion *c, struct group *g, const char *name, const struct foreign_entry *e,
    struct error *err)
{
	struct digest digest;

	if (g->file == NULL && e->size == 0)
		return wait_for_content(g, name, e->mode, err);
	if (g->file == NULL) {
		g->file = strdup(name);
		if (g->file == NULL)
			return error_memory(err);
		if (write_file(c, name, e->mode, e->size, &g->digest, err) == -1)
			return -1;
		return write_waiting(c, g, err);
	}
	/* The old formats repeat the content with every name. */
	if (e->size > 0) {
		if (copy_content(c, name, e->size, NULL, &digest, err) == -1)
			return -1;
		if (!digest_equal(&digest, &g->digest))
			return fail(c, name, "a link to a file of another content", err);
	}
	return write_header(c, name, TAR_HARDLINK, e->mode, g->file, 0, err);
}

/* At the end: files whose names all came without content are empty. */
static int
write_empty_groups(struct conversion *c, struct error *err)
{
	struct group *g;
	size_t i;

	for (i = 0; i < c->n_groups; i++) {
		g = &c->groups[i];
		if (g->file != NULL)
			continue;
		assert(g->waiting != NULL);
		g->file = strdup(g->waiting->name);
		if (g->file == NULL)
			return error_memory(err);
		if (write_header(c, g->file, TAR_FILE, g->waiting->mode, NULL, 0, err) == -1 ||
		    write_waiting(c, g, err) == -1)
			return -1;
	}
	return 0;
}

/* --- entries --- */

/* Two entries for one path are refused (image-spec, layer.md), and so is a path through a file. */
static int
check_path(struct conversion *c, const char *name, struct error *err)
{
	uint32_t value;
	size_t i;

	for (i = 0; name[i] != '\0'; i++)
		if (name[i] == '/' && path_set_find(&c->paths, name, i, &value) &&
		    value != PATH_DIRECTORY)
			return fail(c, name, "below what is no directory", err);
	if (path_set_find(&c->paths, name, strlen(name), NULL))
		return fail(c, name, "one path twice", err);
	return 0;
}

/* A file that came before under the name first. */
static int
take_repeated(struct conversion *c, const char *name, const struct foreign_entry *e,
    struct error *err)
{
	char *first = strdup(e->first);
	uint32_t value = PATH_OTHER;
	bool known;
	int rc;

	if (first == NULL)
		return error_memory(err);
	known = entry_name_clean(first) && path_set_find(&c->paths, first, strlen(first), &value);
	assert(value < FIRST_GROUP || c->groups != NULL);
	if (known && value >= FIRST_GROUP &&
	    strcmp(c->groups[value - FIRST_GROUP].first, first) == 0)
		rc = take_link(c, &c->groups[value - FIRST_GROUP], name, e, err);
	else if (known && value == PATH_FILE && e->size == 0)
		rc = write_header(c, name, TAR_HARDLINK, e->mode, first, 0, err);
	else
		rc = fail(c, name, "a link to no file before it", err);
	free(first);
	return rc == -1 ? -1 : path_set_add(&c->paths, name, PATH_FILE, err);
}

static int
take_file(struct conversion *c, const char *name, const struct foreign_entry *e, struct error *err)
{
	const bool cpio = c->in->kind == INTAKE_CPIO || c->in->kind == INTAKE_RPM;
	struct group *g;

	if (e->first != NULL)
		return take_repeated(c, name, e, err);
	if (!cpio || e->n_links < 2) {
		if (path_set_add(&c->paths, name, PATH_FILE, err) == -1)
			return -1;
		return write_file(c, name, e->mode, e->size, NULL, err);
	}
	if (path_set_add(&c->paths, name, (uint32_t)(FIRST_GROUP + c->n_groups), err) == -1)
		return -1;
	g = add_group(c, name, err);
	return g == NULL ? -1 : take_link(c, g, name, e, err);
}

static int
take_named(struct conversion *c, const char *name, const struct foreign_entry *e, struct error *err)
{
	if (check_path(c, name, err) == -1)
		return -1;
	if (entry_name_is_whiteout(name))
		return fail(c, name,
		    "a name that begins with .wh. would delete files in layers below", err);
	switch (e->type) {
	case TAR_FILE:
		return take_file(c, name, e, err);
	case TAR_DIRECTORY:
		if (path_set_add(&c->paths, name, PATH_DIRECTORY, err) == -1)
			return -1;
		return write_header(c, name, TAR_DIRECTORY, e->mode, NULL, 0, err);
	case TAR_SYMLINK:
		if (path_set_add(&c->paths, name, PATH_OTHER, err) == -1)
			return -1;
		return write_header(c, name, TAR_SYMLINK, e->mode, e->link, 0, err);
	case TAR_CHARACTER:
	case TAR_BLOCKDEVICE:
		return fail(c, name, "a device: no layer holds one", err);
	case TAR_FIFO:
		return fail(c, name, "a fifo: no layer holds one", err);
	case TAR_HARDLINK:
	case TAR_SPARSE:
	case TAR_UNKNOWN:
		break;
	}
	return fail(c, name, "of a type that no layer holds", err);
}

static int
take_entry(struct conversion *c, const struct foreign_entry *e, struct error *err)
{
	char *name = strdup(e->name);
	int rc;

	if (name == NULL)
		return error_memory(err);
	if (!entry_name_clean(name))
		rc = fail(c, e->name, "a name with \"..\"", err);
	else if (name[0] != '\0')
		rc = take_named(c, name, e, err);
	else /* the root itself has no entry */
		rc = e->type == TAR_DIRECTORY ? 0 : fail(c, e->name, "no name of a file", err);
	free(name);
	return rc;
}

static void
release(struct conversion *c)
{
	struct waiting *w;
	size_t i;

	for (i = 0; i < c->n_groups; i++) {
		while ((w = c->groups[i].waiting) != NULL) {
			c->groups[i].waiting = w->next;
			free(w->name);
			free(w);
		}
		free(c->groups[i].first);
		free(c->groups[i].file);
	}
	free(c->groups);
	path_set_release(&c->paths);
	foreign_free(c->archive);
	free(c->buf);
}

int
convert_write(const struct foreign_input *in, const struct stamp *stamp, struct writer *to,
    struct error *err)
{
	struct conversion c = { .in = in, .stamp = stamp, .to = to };
	struct foreign_entry e;
	bool end = false;
	int rc = -1;

	c.buf = malloc(IO_CHUNK);
	if (c.buf == NULL)
		(void)error_memory(err);
	else
		c.archive = foreign_new(in, err);
	if (c.archive != NULL)
		rc = 0;
	while (rc == 0 && !end) {
		rc = foreign_next(c.archive, &e, &end, err);
		if (rc == 0 && !end)
			rc = take_entry(&c, &e, err);
	}
	if (rc == 0 &&
	    (write_empty_groups(&c, err) == -1 || foreign_finish(c.archive, err) == -1 ||
		tar_write_end(to, err) == -1))
		rc = -1;
	release(&c);
	return rc;
}
