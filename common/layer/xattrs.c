#include "layer/xattrs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"

#ifdef __linux__
#include <sys/xattr.h>

/* Linux: XATTR_LIST_MAX and XATTR_SIZE_MAX. */
#define MAX_LIST ((size_t)65536)
#define MAX_VALUE ((size_t)65536)
/* What a list has room for at first: most files have one label or none. */
#define FIRST_LIST ((size_t)1024)

/* NULL: out of memory; buf is as it was. */
static void *
grow(void *buf, size_t *cap, size_t need, struct error *err)
{
	void *p = need <= *cap ? buf : realloc(buf, need);

	if (p == NULL)
		(void)error_memory(err);
	else if (need > *cap)
		*cap = need;
	return p;
}

static bool
is_kept(const char *name)
{
	return strcmp(name, "security.capability") == 0 || strncmp(name, "user.", 5) == 0;
}

static int
compare(const void *a, const void *b)
{
	const struct tar_xattr *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static ssize_t
list_into(struct xattrs *x, int fd, size_t room, struct error *err)
{
	char *names = grow(x->names, &x->names_cap, room, err);

	if (names == NULL)
		return -1;
	x->names = names;
	return flistxattr(fd, names, x->names_cap);
}

/* Lists the names; *len is 0 where there are none. */
static int
list(struct xattrs *x, int fd, size_t *len, struct error *err)
{
	ssize_t n;

	n = list_into(x, fd, FIRST_LIST, err);
	if (n == -1 && err->kind == ERROR_NONE && errno == ERANGE)
		n = list_into(x, fd, MAX_LIST, err);
	if (n == -1 && err->kind != ERROR_NONE)
		return -1;
	*len = n > 0 ? (size_t)n : 0;
	if (n == -1 && errno != ENOTSUP && errno != ENOSYS)
		return error_system(err, errno, "extended attributes");
	return 0;
}

static int
add(struct xattrs *x, int fd, const char *name, size_t *used, struct error *err)
{
	struct tar_xattr *items;
	unsigned char *values;
	ssize_t n;

	if (*used > MAX_PAX_BODY)
		return error_set(err, ERROR_INPUT, "extended attributes larger than 1 MiB");
	if (x->n == x->cap) {
		items = realloc(x->items, (x->cap + 8) * sizeof(*items));
		if (items == NULL)
			return error_memory(err);
		x->items = items;
		x->cap += 8;
	}
	values = grow(x->values, &x->values_cap, *used + MAX_VALUE, err);
	if (values == NULL)
		return -1;
	x->values = values;
	n = fgetxattr(fd, name, values + *used, MAX_VALUE);
	if (n == -1)
		return error_system(err, errno, "extended attribute %s", name);
	/* Where it lies is known when the buffer no longer moves. */
	x->items[x->n++] = (struct tar_xattr){ .name = name, .len = (size_t)n };
	*used += (size_t)n;
	return 0;
}

int
xattrs_read(struct xattrs *x, int fd, struct error *err)
{
	size_t len, at, i, used = 0;

	x->n = 0;
	if (list(x, fd, &len, err) == -1)
		return -1;
	for (at = 0; at < len; at += strlen(x->names + at) + 1)
		if (is_kept(x->names + at) && add(x, fd, x->names + at, &used, err) == -1)
			return -1;
	for (i = used = 0; i < x->n; used += x->items[i++].len)
		x->items[i].value = x->values + used;
	if (x->n > 1)
		qsort(x->items, x->n, sizeof(*x->items), compare);
	return 0;
}

#else

int
xattrs_read(struct xattrs *x, int fd, struct error *err)
{
	(void)fd;
	(void)err;
	x->n = 0;
	return 0;
}

#endif

void
xattrs_release(struct xattrs *x)
{
	free(x->items);
	free(x->names);
	free(x->values);
	*x = (struct xattrs){ .n = 0 };
}
