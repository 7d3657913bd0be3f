#include "stream/docker_names.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"

static char *
copy(const char *s, size_t len)
{
	char *to = malloc(len + 1);

	if (to != NULL) {
		memcpy(to, s, len);
		to[len] = '\0';
	}
	return to;
}

static int
grow(struct docker_names *d, struct error *err)
{
	const size_t cap = d->cap == 0 ? 64 : 2 * d->cap;
	struct docker_entry *items = realloc(d->items, cap * sizeof(*items));

	if (items == NULL)
		return error_memory(err);
	d->items = items;
	d->cap = cap;
	return 0;
}

static int
add(struct docker_names *d, const struct tar_entry *e, struct error *err)
{
	struct docker_entry *item;

	if (e->type == TAR_DIRECTORY)
		return 0;
	d->bytes += e->name_len + e->link_len;
	if (d->n == MAX_DOCKER_ENTRIES || d->bytes > MAX_DOCKER_NAMES)
		return error_set(err, ERROR_INPUT,
		    "%s: a docker archive of more than %zu entries, or %zu bytes of names",
		    d->archive, MAX_DOCKER_ENTRIES, MAX_DOCKER_NAMES);
	if (d->n == d->cap && grow(d, err) == -1)
		return -1;
	item = &d->items[d->n];
	*item = (struct docker_entry){ .type = e->type, .offset = e->offset, .size = e->size };
	item->name = copy(e->name, e->name_len);
	item->link = copy(e->link, e->link_len);
	d->n++;
	return item->name == NULL || item->link == NULL ? error_memory(err) : 0;
}

static int
compare(const void *a, const void *b)
{
	const struct docker_entry *x = a, *y = b;
	const int order = strcmp(x->name, y->name);

	if (order != 0)
		return order;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

int
docker_names_list(struct docker_names *d, struct reader *r, struct error *err)
{
	struct tar_reader tar;
	struct tar_entry entry;
	enum tar_event event;
	bool ended = false;
	int rc;

	*d = (struct docker_names){ .archive = r->name };
	tar_reader_init(&tar, r, TAR_STREAM);
	do {
		rc = tar_reader_next(&tar, &event, &entry, err);
		if (rc == 0 && event == TAR_ENTRY && ended)
			rc = error_set(err, ERROR_INPUT,
			    "%s: another archive after a docker archive", r->name);
		else if (rc == 0 && event == TAR_ENTRY)
			rc = add(d, &entry, err);
		else if (rc == 0)
			ended = true;
	} while (rc == 0 && event != TAR_END);
	tar_reader_release(&tar);
	if (rc == 0 && d->n > 1)
		qsort(d->items, d->n, sizeof(*d->items), compare);
	return rc;
}

/* Takes the last part off a path of len bytes; what is left has no slash at its end. */
static size_t
parent(const char *path, size_t len)
{
	while (len > 0 && path[len - 1] != '/')
		len--;
	return len > 0 ? len - 1 : 0;
}

/*
 * Joins what with the first *len bytes of path. False if it is absolute, too long, or leads out
 * of the archive; with up false also for any "..".
 */
static bool
join(char path[MAX_TAR_NAME + 1], size_t *len, const char *what, bool up)
{
	size_t n;

	if (what[0] == '/' || what[0] == '\0')
		return false;
	for (;; what += n + 1) {
		n = strcspn(what, "/");
		if (n == 2 && memcmp(what, "..", 2) == 0) {
			if (!up || *len == 0)
				return false;
			*len = parent(path, *len);
		} else if (n > 0 && !(n == 1 && what[0] == '.')) {
			if (n > MAX_TAR_NAME - 1 - *len)
				return false;
			if (*len > 0)
				path[(*len)++] = '/';
			memcpy(path + *len, what, n);
			*len += n;
		}
		if (what[n] == '\0')
			break;
	}
	path[*len] = '\0';
	return true;
}

static const struct docker_entry *
find(const struct docker_names *d, const char *name, struct error *err)
{
	size_t low = 0, high = d->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (strcmp(d->items[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == d->n || strcmp(d->items[low].name, name) != 0) {
		(void)error_set(err, ERROR_NOTFOUND, "%s: %s: not in the archive", d->archive,
		    name);
		return NULL;
	}
	/* Some readers take the first, some the last. */
	if (low + 1 < d->n && strcmp(d->items[low + 1].name, name) == 0) {
		(void)error_set(err, ERROR_INPUT, "%s: %s: twice in the archive", d->archive, name);
		return NULL;
	}
	return &d->items[low];
}

const struct docker_entry *
docker_names_resolve(const struct docker_names *d, const char *path, struct error *err)
{
	char at[MAX_TAR_NAME + 1];
	const struct docker_entry *e;
	size_t len = 0;
	int hops;

	if (!join(at, &len, path, false)) {
		(void)error_set(err, ERROR_INPUT,
		    "%s: manifest.json: not a name in the archive: %s", d->archive, path);
		return NULL;
	}
	for (hops = 0; hops <= MAX_DOCKER_LINKS; hops++) {
		e = find(d, at, err);
		if (e == NULL || e->type == TAR_FILE)
			return e;
		if (e->type != TAR_SYMLINK && e->type != TAR_HARDLINK) {
			(void)error_set(err, ERROR_INPUT, "%s: %s: not a regular file", d->archive,
			    e->name);
			return NULL;
		}
		/* A symbolic link begins at its own folder, a hard link at the archive's root. */
		len = e->type == TAR_SYMLINK ? parent(at, len) : 0;
		if (!join(at, &len, e->link, true)) {
			(void)error_set(err, ERROR_INPUT, "%s: %s: a link out of the archive: %s",
			    d->archive, e->name, e->link);
			return NULL;
		}
	}
	(void)error_set(err, ERROR_INPUT, "%s: %s: more than %d links, or a cycle", d->archive,
	    path, MAX_DOCKER_LINKS);
	return NULL;
}

void
docker_names_release(struct docker_names *d)
{
	size_t i;

	for (i = 0; i < d->n; i++) {
		free(d->items[i].name);
		free(d->items[i].link);
	}
	free(d->items);
	*d = (struct docker_names){ .n = 0 };
}
