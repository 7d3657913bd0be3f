/* Operands: opened, unwrapped from compression, and given to the reader of their shape. */
#include "stream/source_private.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "codec/decompress.h"
#include "core/error.h"
#include "stream/sniff.h"

/* Says what an input looks like that holds no images. r has its first bytes too. */
static int
refuse(const struct input *in, struct reader *r, struct error *err)
{
	struct sniff found;

	if (sniff_reader(&found, r, SNIFF_WORD, false, err) == -1)
		return -1;
	if (found.format == FORMAT_UNKNOWN)
		return error_set(err, ERROR_INPUT,
		    "%s: neither an OCI layout nor a docker archive: %s", in->name, found.why);
	return error_set(err, ERROR_INPUT,
	    "%s: neither an OCI layout nor a docker archive: a document alone (%s)", in->name,
	    format_word(found.format));
}

/* What is inside of the compression, if any. */
static int
read_plain(struct source *s, struct input *in, struct reader *r, struct error *err)
{
	unsigned char head[SNIFF_HEAD];
	struct reader_prefix whole;
	size_t len;

	if (reader_fill(r, head, sizeof(head), &len, err) == -1)
		return -1;
	/* After its end a reader is not asked again. */
	reader_prefix_init(&whole, head, len, len < sizeof(head) ? NULL : r, in->name);
	switch (sniff_head(head, len)) {
	case HEAD_EMPTY:
		return error_set(err, ERROR_INPUT, "%s: empty%s", in->name,
		    in->seekable ? "" : ": the command before this one failed");
	case HEAD_TAR:
		return source_read_tar(s, in, &whole.reader, err);
	case HEAD_COMPRESSED:
		return error_set(err, ERROR_INPUT, "%s: %s inside of another compression", in->name,
		    sniff_looks(head, len));
	case HEAD_JSON:
	case HEAD_TEXT:
	case HEAD_OTHER:
		break;
	}
	return refuse(in, &whole.reader, err);
}

static int
read_compressed(struct source *s, struct input *in, struct reader *compressed, enum compression c,
    struct error *err)
{
	struct decompressor *d = decompressor_new(c, compressed, err);
	struct input inside = { .name = in->name };
	int rc;

	if (d == NULL)
		return -1;
	rc = read_plain(s, &inside, decompressor_reader(d), err);
	decompressor_free(d);
	return rc;
}

/* r gives the bytes of in. */
static int
read_input(struct source *s, struct input *in, struct reader *r, struct error *err)
{
	unsigned char magic[COMPRESSION_MAGIC];
	struct reader_prefix whole;
	size_t len;

	if (reader_fill(r, magic, sizeof(magic), &len, err) == -1)
		return -1;
	reader_prefix_init(&whole, magic, len, len < sizeof(magic) ? NULL : r, in->name);
	switch (compression_detect(magic, len)) {
	case MAGIC_NONE:
		return read_plain(s, in, &whole.reader, err);
	case MAGIC_GZIP:
		return read_compressed(s, in, &whole.reader, COMPRESSION_GZIP, err);
	case MAGIC_ZSTD:
		return read_compressed(s, in, &whole.reader, COMPRESSION_ZSTD, err);
	case MAGIC_XZ:
	case MAGIC_BZIP2:
		break;
	}
	return error_set(err, ERROR_INPUT, "%s: %s, not supported", in->name,
	    sniff_looks(magic, len));
}

int
source_read_reader(struct source *s, struct reader *r, struct error *err)
{
	struct input in = { .name = r->name, .fd = -1 };

	return read_input(s, &in, r, err);
}

/* in->fd is open, and closed here if it is owned and did not become a place. */
static int
read_open(struct source *s, struct input *in, struct error *err)
{
	struct reader_region region;
	struct reader_fd file;
	struct reader *r = &file.reader;
	int rc;

	rc = reader_fd_init(&file, in->fd, in->name, err);
	if (rc == 0) {
		in->seekable = file.regular;
		in->start = file.start;
		in->size = file.size;
		if (in->seekable) {
			input_region(in, 0, in->size, &region);
			r = &region.reader;
		}
		rc = read_input(s, in, r, err);
	}
	if (in->owned)
		(void)close(in->fd);
	return rc;
}

int
source_read(struct source *s, const char *path, struct error *err)
{
	struct input in = { .name = path, .fd = STDIN_FILENO };
	struct stat st;

	if (strcmp(path, "-") == 0) {
		in.name = "standard input";
	} else {
		in.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (in.fd == -1)
			return error_system(err, errno, "%s", path);
		in.owned = true;
	}
	if (s->opt.progress != NULL)
		progress_step(s->opt.progress, in.name);
	/* Standard input is no directory for us, a directory there is read_open's error. */
	if (in.owned && fstat(in.fd, &st) == 0 && S_ISDIR(st.st_mode))
		return source_read_directory(s, in.fd, path, err);
	return read_open(s, &in, err);
}

int
source_read_all(struct source *s, const char *const *paths, struct error *err)
{
	if (paths[0] == NULL && source_read(s, "-", err) == -1)
		return -1;
	for (; *paths != NULL; paths++)
		if (source_read(s, *paths, err) == -1)
			return -1;
	if (s->n_others > 0 && s->opt.progress != NULL)
		progress_tell(s->opt.progress,
		    "notice: %zu of index.json's entries are neither image nor layer: left out",
		    s->n_others);
	return 0;
}
