#include "layer/folder.h"

#include <sys/stat.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/output.h"
#include "core/progress.h"
#include "core/tar.h"
#include "layer/entry_name.h"
#include "layer/hardlinks.h"
#include "layer/walk.h"
#include "layer/xattrs.h"

struct builder {
	const struct folder_options *opt;
	struct writer *to;
	struct walk *walk;
	struct hardlinks *links; /* NULL until a file has several */
	struct xattrs xattrs;
	unsigned char *buf; /* IO_CHUNK bytes */
	char *name;	    /* of the entry in the layer */
	size_t name_cap;
	size_t n_unreadable;
	struct error unreadable; /* the first */
};

static int
fail(struct builder *b, const struct walk_entry *e, const char *what, struct error *err)
{
	return error_set(err, ERROR_INPUT, "%s: %s", walk_shown(b->walk, e), what);
}

static int
fail_changed(struct builder *b, const struct walk_entry *e, struct error *err)
{
	return error_set(err, ERROR_IO, "%s: changed while it was read", walk_shown(b->walk, e));
}

/* Takes note and goes on, so that all are named; a single one is the call's own error. */
static void
take_unreadable(struct builder *b, const char *shown, int errnum)
{
	struct folder_watch *watch = b->opt->watch;
	struct error why;

	(void)error_system(&why, errnum, "%s", shown);
	if (b->n_unreadable == 0)
		b->unreadable = why;
	b->n_unreadable++;
	if (watch == NULL || watch->unreadable == NULL || b->n_unreadable == 1)
		return;
	if (b->n_unreadable == 2)
		watch->unreadable(watch, &b->unreadable);
	watch->unreadable(watch, &why);
}

/* Content of exactly the size in the header, or an error: never padded, never cut. */
static int
write_content(struct builder *b, const struct walk_entry *e, struct error *err)
{
	uint64_t left = (uint64_t)e->st.st_size;
	struct stat after;
	size_t cap;
	ssize_t n;

	/* A byte more is asked for, so that one read tells a small file's end. */
	do {
		cap = left < IO_CHUNK ? (size_t)left + 1 : IO_CHUNK;
		n = io_read(e->fd, b->buf, cap);
		if (n == -1)
			return error_system(err, errno, "%s", walk_shown(b->walk, e));
		if ((uint64_t)n > left)
			return fail_changed(b, e, err);
		if (n == 0)
			break;
		left -= (uint64_t)n;
		if (b->opt->progress != NULL)
			progress_add(b->opt->progress, (uint64_t)n);
		if (writer_write(b->to, b->buf, (size_t)n, err) == -1)
			return -1;
	} while (left > 0 || (size_t)n == cap);
	if (left > 0 || fstat(e->fd, &after) == -1 || after.st_size != e->st.st_size ||
	    after.st_mtim.tv_sec != e->st.st_mtim.tv_sec ||
	    after.st_mtim.tv_nsec != e->st.st_mtim.tv_nsec ||
	    after.st_ctim.tv_sec != e->st.st_ctim.tv_sec ||
	    after.st_ctim.tv_nsec != e->st.st_ctim.tv_nsec)
		return fail_changed(b, e, err);
	return tar_write_padding(b->to, (uint64_t)e->st.st_size, err);
}

/* The name in the layer: below the prefix. */
static int
set_name(struct builder *b, const char *path, struct error *err)
{
	size_t prefix_len = strlen(b->opt->prefix), path_len = strlen(path);
	char *longer;

	if (b->name == NULL || prefix_len + 1 + path_len + 1 > b->name_cap) {
		longer = realloc(b->name, 2 * (prefix_len + 1 + path_len + 1));
		if (longer == NULL)
			return error_memory(err);
		b->name = longer;
		b->name_cap = 2 * (prefix_len + 1 + path_len + 1);
	}
	memcpy(b->name, b->opt->prefix, prefix_len);
	if (prefix_len > 0)
		b->name[prefix_len++] = '/';
	memcpy(b->name + prefix_len, path, path_len + 1);
	return 0;
}

static int
write_imgpkg_entry(struct builder *b, const struct walk_entry *e, struct error *err)
{
	struct tar_header h = { .name = e->path };

	if (S_ISLNK(e->st.st_mode))
		return fail(b, e,
		    "a symbolic link: imgpkg refuses them; --follow stores what it "
		    "leads to",
		    err);
	if (S_ISDIR(e->st.st_mode)) {
		h.type = TAR_DIRECTORY;
		h.mode = 0700;
		return tar_write_header(b->to, &h, TAR_IMGPKG, err);
	}
	h.type = TAR_FILE;
	h.mode = e->st.st_mode & 0700;
	h.size = (uint64_t)e->st.st_size;
	if (tar_write_header(b->to, &h, TAR_IMGPKG, err) == -1)
		return -1;
	return write_content(b, e, err);
}

/* If this file was met before, makes h a hard link to it. */
static int
meet(struct builder *b, const struct walk_entry *e, struct tar_header *h, struct error *err)
{
	if (e->st.st_nlink < 2)
		return 0;
	if (b->links == NULL)
		b->links = hardlinks_new(err);
	if (b->links == NULL ||
	    hardlinks_meet(b->links, e->st.st_dev, e->st.st_ino, b->name, &h->link, err) == -1)
		return -1;
	if (h->link != NULL)
		h->type = TAR_HARDLINK;
	return 0;
}

static int
write_plain_entry(struct builder *b, const struct walk_entry *e, struct error *err)
{
	struct tar_header h = { .type = TAR_FILE,
		.mode = e->st.st_mode & 07777,
		.uid = b->opt->stamp.uid,
		.gid = b->opt->stamp.gid,
		.mtime = b->opt->stamp.mtime };

	if (set_name(b, e->path, err) == -1)
		return -1;
	h.name = b->name;
	if (S_ISDIR(e->st.st_mode)) {
		h.type = TAR_DIRECTORY;
	} else if (S_ISLNK(e->st.st_mode)) {
		h.type = TAR_SYMLINK;
		h.link = e->link;
	} else if (meet(b, e, &h, err) == -1) {
		return -1;
	}
	if (h.type == TAR_FILE)
		h.size = (uint64_t)e->st.st_size;
	if (b->opt->xattrs && (h.type == TAR_FILE || h.type == TAR_DIRECTORY)) {
		if (xattrs_read(&b->xattrs, e->fd, err) == -1)
			return error_context(err, "%s", walk_shown(b->walk, e));
		h.xattrs = b->xattrs.items;
		h.n_xattrs = b->xattrs.n;
		if (h.n_xattrs > 0)
			h.shown = walk_shown(b->walk, e);
	}
	if (tar_write_header(b->to, &h, TAR_PLAIN, err) == -1)
		return -1;
	return h.type == TAR_FILE ? write_content(b, e, err) : 0;
}

static int
take_entry(struct builder *b, const struct walk_entry *e, struct error *err)
{
	struct folder_watch *watch = b->opt->watch;

	if (e->unreadable != 0) {
		take_unreadable(b, walk_shown(b->walk, e), e->unreadable);
		return 0;
	}
	if (b->opt->output != NULL && output_is(b->opt->output, &e->st)) {
		if (watch != NULL && watch->output != NULL)
			watch->output(watch, walk_shown(b->walk, e));
		return 0;
	}
	if (entry_name_is_whiteout(e->path))
		return fail(b, e,
		    "a name that begins with .wh. would delete files in layers below; "
		    "-x leaves it out",
		    err);
	if (!S_ISREG(e->st.st_mode) && !S_ISDIR(e->st.st_mode) && !S_ISLNK(e->st.st_mode))
		return fail(b, e,
		    S_ISSOCK(e->st.st_mode)	? "a socket: no layer holds one" :
			S_ISFIFO(e->st.st_mode) ? "a fifo: no layer holds one" :
						  "a device: no layer holds one",
		    err);
	if (watch != NULL && watch->entry != NULL && strcmp(e->path, ".") != 0 &&
	    watch->entry(watch, e->path, walk_shown(b->walk, e), S_ISDIR(e->st.st_mode), err) == -1)
		return -1;
	if (b->n_unreadable > 0)
		return 0;
	return b->opt->imgpkg ? write_imgpkg_entry(b, e, err) : write_plain_entry(b, e, err);
}

/* The directories that the prefix names, each before what is in it. */
static int
write_prefix(struct builder *b, struct error *err)
{
	struct tar_header h = { .type = TAR_DIRECTORY,
		.mode = 0755,
		.uid = b->opt->stamp.uid,
		.gid = b->opt->stamp.gid,
		.mtime = b->opt->stamp.mtime };
	size_t len;
	char *name;
	int rc = 0;

	for (len = 0; rc == 0 && b->opt->prefix[len] != '\0';) {
		len += strspn(b->opt->prefix + len, "/");
		len += strcspn(b->opt->prefix + len, "/");
		name = strndup(b->opt->prefix, len);
		if (name == NULL)
			return error_memory(err);
		h.name = name;
		rc = tar_write_header(b->to, &h, TAR_PLAIN, err);
		free(name);
	}
	return rc;
}

/* The call's own error, where files could not be read. */
static int
judge_unreadable(const struct builder *b, struct error *err)
{
	if (b->n_unreadable == 0)
		return 0;
	if (b->n_unreadable == 1)
		*err = b->unreadable;
	else
		(void)error_set(err, ERROR_IO, "%zu files or directories cannot be read",
		    b->n_unreadable);
	return -1;
}

static int
build(struct builder *b, struct error *err)
{
	struct walk_entry e;
	size_t i;
	int errnum;

	for (i = 0; b->opt->operands[i] != NULL; i++) {
		errnum = walk_missing(b->walk, i);
		if (errnum != 0)
			take_unreadable(b, b->opt->operands[i], errnum);
	}
	if (judge_unreadable(b, err) == -1)
		return -1;
	if (!b->opt->imgpkg && write_prefix(b, err) == -1)
		return -1;
	for (;;) {
		if (walk_next(b->walk, &e, err) == -1)
			return -1;
		if (e.path == NULL)
			break;
		if (take_entry(b, &e, err) == -1)
			return -1;
	}
	return judge_unreadable(b, err) == -1 ? -1 : tar_write_end(b->to, err);
}

int
folder_write(const struct folder_options *opt, struct writer *to, struct error *err)
{
	const struct walk_options walk = { .operands = opt->operands,
		.exclude = opt->exclude,
		.follow = opt->follow,
		.follow_operands = opt->follow || opt->imgpkg,
		.separate = opt->imgpkg };
	struct builder b = { .opt = opt, .to = to };
	int rc = -1;

	b.buf = malloc(IO_CHUNK);
	if (b.buf == NULL)
		(void)error_memory(err);
	else
		b.walk = walk_new(&walk, err);
	if (b.walk != NULL)
		rc = build(&b, err);
	walk_free(b.walk);
	hardlinks_free(b.links);
	xattrs_release(&b.xattrs);
	free(b.name);
	free(b.buf);
	return rc;
}
