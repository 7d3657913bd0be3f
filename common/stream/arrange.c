#include "stream/arrange.h"

#include <sys/stat.h>

#include <assert.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "codec/decompress.h"
#include "core/error.h"

static int
take_blob(struct blob_sink *sink, const struct digest *digest, uint64_t size,
    struct reader *content, struct error *err)
{
	struct arrange *a =
	    (struct arrange *)(void *)((char *)sink - offsetof(struct arrange, sink));

	if (a->have != NULL && source_find(a->have, digest, NULL) != BLOB_ABSENT)
		return reader_drain(content, err);
	return layout_put(&a->layout, digest, size, content, err);
}

int
arrange_open(struct arrange *a, const char *path, const struct source *have, struct error *err)
{
	*a = (struct arrange){ .sink = { .blob = take_blob }, .path = path, .have = have };
	return layout_open(&a->layout, path, err);
}

/* Is what fd, a regular file, still has to give an archive without compression around it? */
static bool
is_plain(int fd)
{
	unsigned char magic[COMPRESSION_MAGIC];
	off_t at = lseek(fd, 0, SEEK_CUR);
	ssize_t n = at == -1 ? -1 : io_pread(fd, magic, sizeof(magic), at);

	return n >= 0 && compression_detect(magic, (size_t)n) == MAGIC_NONE;
}

/* Can the blobs of an operand be read at any time, from where they are? */
static bool
lies_in_files(const char *path)
{
	bool is_stdin = strcmp(path, "-") == 0, plain;
	struct stat st;
	int fd = STDIN_FILENO;

	/* What is not there is the reader's to report. A fifo must not be opened twice. */
	if ((is_stdin ? fstat(fd, &st) : stat(path, &st)) == -1 || S_ISDIR(st.st_mode))
		return true;
	if (!S_ISREG(st.st_mode))
		return false;
	if (is_stdin)
		return is_plain(fd);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd == -1)
		return true;
	plain = is_plain(fd);
	(void)close(fd);
	return plain;
}

struct blob_sink *
arrange_sink(struct arrange *a, const char *const *operands)
{
	struct error ignored;
	bool in_files = operands[0] != NULL || lies_in_files("-");

	for (; *operands != NULL; operands++)
		in_files = in_files && lies_in_files(*operands);
	/* In order they might not be: then they must be read back. */
	return in_files || output_fd(&a->layout.output, &ignored) == -1 ? NULL : &a->sink;
}

static bool
is_written(const struct graph_item *item)
{
	return item->state != BLOB_ABSENT && !item->left_out;
}

/* Are the blobs of the layout those of items, in the same order? Documents follow anyway. */
static bool
is_in_order(const struct layout *l, const struct graph_item *items, size_t n)
{
	struct digest wanted, digest;
	size_t i, k = 0;

	for (i = 0; i < n && items[i].state != BLOB_DOCUMENT; i++) {
		if (!is_written(&items[i]))
			continue;
		digest_from_raw(&wanted, items[i].raw);
		/* One from a data member comes in where it belongs. */
		if (items[i].state != BLOB_PASSED)
			return false;
		if (k == layout_count(l))
			return false;
		layout_digest(l, k++, &digest);
		if (!digest_equal(&digest, &wanted))
			return false;
	}
	return k == layout_count(l);
}

/* From the first output, where it was verified on its way in and nobody else can write. */
static int
copy_blob(struct arrange *a, const struct graph_item *item, struct error *err)
{
	struct reader_region content;
	struct digest digest;
	uint64_t offset;
	int fd = output_fd(&a->first.output, err);

	digest_from_raw(&digest, item->raw);
	if (fd == -1)
		return -1;
	if (!layout_where(&a->first, &digest, &offset))
		return error_set(err, ERROR_NOTFOUND, "%s: missing", digest.text);
	reader_region_init(&content, fd, offset, item->size, a->first.output.writer.name);
	return layout_put(&a->layout, &digest, item->size, &content.reader, err);
}

static int
put_item(struct arrange *a, struct graph *g, const struct graph_item *item, struct error *err)
{
	struct reader *content;
	struct digest digest;
	int rc;

	digest_from_raw(&digest, item->raw);
	if (graph_open(g, item, &content, err) == -1)
		return -1;
	rc = layout_put(&a->layout, &digest, item->size, content, err);
	graph_close(g);
	return rc;
}

int
arrange_write(struct arrange *a, struct graph *g, struct error *err)
{
	const struct graph_item *items;
	size_t i, n;
	int rc = 0;

	items = graph_items(g, &n);
	if (layout_count(&a->layout) > 0 && !is_in_order(&a->layout, items, n)) {
		a->first = a->layout;
		a->rearranged = true;
		if (layout_open(&a->layout, a->path, err) == -1)
			return -1;
	}
	for (i = 0; rc == 0 && i < n; i++) {
		if (!is_written(&items[i]))
			continue;
		if (items[i].state != BLOB_PASSED)
			rc = put_item(a, g, &items[i], err);
		else if (a->rearranged)
			rc = copy_blob(a, &items[i], err);
	}
	return rc;
}

void
arrange_discard(struct arrange *a)
{
	layout_discard(&a->layout);
	if (a->rearranged)
		layout_discard(&a->first);
	a->rearranged = false;
}
