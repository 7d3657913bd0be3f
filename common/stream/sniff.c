#include "stream/sniff.h"

#include <sys/stat.h>

#include <fcntl.h>

#include "stream/sniff_private.h"

/* What is inside of the compression, if any. */
static int
sniff_plain(struct sniff *s, struct reader *r, enum sniff_depth depth, bool seekable,
    struct error *err)
{
	unsigned char buf[SNIFF_HEAD];
	struct reader_prefix whole;
	enum head head;
	size_t len;

	if (reader_fill(r, buf, sizeof(buf), &len, err) == -1)
		return -1;
	/* After its end a reader is not asked again. */
	reader_prefix_init(&whole, buf, len, len < sizeof(buf) ? NULL : r, r->name);
	head = sniff_head(buf, len);
	switch (head) {
	case HEAD_EMPTY:
		sniff_answer(s, FORMAT_EMPTY, "not a byte");
		return 0;
	case HEAD_COMPRESSED:
		sniff_answer(s, FORMAT_UNKNOWN, "%s inside of another compression",
		    sniff_looks(buf, len));
		return 0;
	case HEAD_TAR:
		return sniff_tar(s, &whole.reader, depth, seekable, err);
	case HEAD_JSON:
	case HEAD_TEXT:
		return sniff_document(s, &whole.reader, head, err);
	case HEAD_OTHER:
		break;
	}
	sniff_answer(s, FORMAT_UNKNOWN, "%s", sniff_looks(buf, len));
	return 0;
}

static int
sniff_compressed(struct sniff *s, struct reader *r, enum sniff_depth depth, struct error *err)
{
	struct decompressor *d;
	int rc;

	d = decompressor_new(s->compression == MAGIC_GZIP ? COMPRESSION_GZIP : COMPRESSION_ZSTD, r,
	    err);
	if (d == NULL)
		return -1;
	rc = sniff_plain(s, decompressor_reader(d), depth, false, err);
	decompressor_free(d);
	if (rc == -1 && err->kind == ERROR_INPUT) {
		sniff_answer(s, FORMAT_UNKNOWN, "%s", sniff_reason(err, r->name));
		*err = (struct error){ .kind = ERROR_NONE };
		rc = 0;
	}
	return rc;
}

int
sniff_reader(struct sniff *s, struct reader *r, enum sniff_depth depth, bool seekable,
    struct error *err)
{
	unsigned char magic[COMPRESSION_MAGIC];
	struct reader_prefix whole;
	size_t len;

	*s = (struct sniff){ .format = FORMAT_UNKNOWN };
	if (reader_fill(r, magic, sizeof(magic), &len, err) == -1)
		return -1;
	reader_prefix_init(&whole, magic, len, len < sizeof(magic) ? NULL : r, r->name);
	s->compression = compression_detect(magic, len);
	switch (s->compression) {
	case MAGIC_NONE:
		return sniff_plain(s, &whole.reader, depth, seekable, err);
	case MAGIC_GZIP:
	case MAGIC_ZSTD:
		return sniff_compressed(s, &whole.reader, depth, err);
	case MAGIC_XZ:
	case MAGIC_BZIP2:
		break;
	}
	sniff_answer(s, FORMAT_UNKNOWN, "%s, not supported", sniff_looks(magic, len));
	return 0;
}

static bool
is_regular_at(int fd, const char *name)
{
	struct stat st;

	return fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode);
}

void
sniff_directory(struct sniff *s, int fd)
{
	*s = (struct sniff){ .format = FORMAT_UNKNOWN };
	if (is_regular_at(fd, "oci-layout") && is_regular_at(fd, "index.json"))
		sniff_answer(s, FORMAT_OCI_DIR, "has oci-layout and index.json");
	else if (is_regular_at(fd, "oci-layout"))
		sniff_answer(s, FORMAT_UNKNOWN, "a directory with oci-layout, but no index.json");
	else if (is_regular_at(fd, "index.json"))
		sniff_answer(s, FORMAT_UNKNOWN, "a directory with index.json, but no oci-layout");
	else
		sniff_answer(s, FORMAT_UNKNOWN, "a directory, but no OCI layout");
}
