#include "stream/sniff.h"

#include <sys/stat.h>

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "stream/sniff_private.h"

static const char *const words[] = {
	[FORMAT_UNKNOWN] = "unknown",
	[FORMAT_EMPTY] = "empty",
	[FORMAT_OCI_LAYOUT] = "oci-layout",
	[FORMAT_OCI_DIR] = "oci-dir",
	[FORMAT_DOCKER_ARCHIVE] = "docker-archive",
	[FORMAT_IMGPKG] = "imgpkg",
	[FORMAT_TAR] = "tar",
	[FORMAT_OCI_INDEX] = "oci-index",
	[FORMAT_OCI_MANIFEST] = "oci-manifest",
	[FORMAT_OCI_CONFIG] = "oci-config",
	[FORMAT_DOCKER_MANIFEST] = "docker-manifest",
	[FORMAT_DOCKER_MANIFEST_LIST] = "docker-manifest-list",
	[FORMAT_IMAGES_LOCK] = "images-lock",
	[FORMAT_BUNDLE_LOCK] = "bundle-lock",
};

const char *
format_word(enum format f)
{
	return words[f];
}

bool
format_parse(const char *word, enum format *f)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(word, words[i]) == 0) {
			*f = (enum format)i;
			return true;
		}
	}
	return false;
}

void
sniff_answer(struct sniff *s, enum format f, const char *fmt, ...)
{
	va_list ap;

	s->format = f;
	va_start(ap, fmt);
	(void)vsnprintf(s->why, sizeof(s->why), fmt, ap);
	va_end(ap);
}

const char *
sniff_reason(const struct error *err, const char *name)
{
	const size_t len = strlen(name);

	if (strncmp(err->text, name, len) == 0 && strncmp(err->text + len, ": ", 2) == 0)
		return err->text + len + 2;
	return err->text;
}

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
