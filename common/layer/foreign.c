#include "layer/foreign.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"

struct foreign {
	const struct foreign_input *in;
	struct archive *archive;
	locale_t utf8;	      /* (locale_t)0: there is none */
	unsigned char *block; /* what libarchive was given last */
	size_t block_len;
	uint64_t given;	     /* bytes up to the end of block */
	uint64_t at;	     /* in a file: where block ends */
	uint64_t volume;     /* an ISO image's length, as it says itself */
	bool ended;	     /* the reader gave its end */
	struct error failed; /* of the reader, while libarchive was calling us */
};

/* --- what libarchive calls --- */

/*
 * ECMA-119, 8.4.8 and 8.4.12: sectors of the volume, and their size, in the first descriptor. What
 * ends before is cut, even if no file was in the rest. 0: not an ISO image.
 */
static uint64_t
volume_size(const struct foreign *f)
{
	const unsigned char *p = f->block + INTAKE_HEAD - 2048;

	if (f->in->kind != INTAKE_ISO || f->block_len < INTAKE_HEAD)
		return 0;
	return ((uint64_t)p[83] << 24 | (uint64_t)p[82] << 16 | (uint64_t)p[81] << 8 | p[80]) *
	    ((uint64_t)p[129] << 8 | p[128]);
}

static la_ssize_t
give_from_reader(struct archive *a, void *client, const void **block)
{
	struct foreign *f = client;

	f->block_len = 0;
	*block = f->block;
	if (!f->ended &&
	    reader_read(f->in->reader, f->block, IO_CHUNK, &f->block_len, &f->failed) == -1) {
		f->ended = true;
		archive_set_error(a, EIO, "read error");
		return ARCHIVE_FATAL;
	}
	f->ended = f->block_len == 0;
	if (f->given == 0)
		f->volume = volume_size(f);
	f->given += f->block_len;
	return (la_ssize_t)f->block_len;
}

static la_ssize_t
give_from_file(struct archive *a, void *client, const void **block)
{
	struct foreign *f = client;
	uint64_t left = f->in->size - f->at;
	ssize_t n;

	*block = f->block;
	n = io_pread(f->in->fd, f->block, left < IO_CHUNK ? (size_t)left : IO_CHUNK,
	    (off_t)(f->in->start + f->at));
	if (n == -1) {
		(void)error_system(&f->failed, errno, "%s", f->in->reader->name);
		archive_set_error(a, EIO, "read error");
		return ARCHIVE_FATAL;
	}
	f->at += (uint64_t)n;
	return n;
}

static la_int64_t
skip_in_file(struct archive *a, void *client, la_int64_t n)
{
	struct foreign *f = client;
	uint64_t left = f->in->size - f->at;

	(void)a;
	if (n <= 0)
		return 0;
	if ((uint64_t)n > left)
		n = (la_int64_t)left;
	f->at += (uint64_t)n;
	return n;
}

static la_int64_t
seek_in_file(struct archive *a, void *client, la_int64_t offset, int whence)
{
	struct foreign *f = client;
	const int64_t from = whence == SEEK_SET ? 0 :
	    whence == SEEK_CUR			? (int64_t)f->at :
						  (int64_t)f->in->size;
	int64_t to;

	if (__builtin_add_overflow(from, offset, &to) || to < 0 || (uint64_t)to > f->in->size) {
		archive_set_error(a, EIO, "a place outside the archive");
		return ARCHIVE_FATAL;
	}
	f->at = (uint64_t)to;
	return to;
}

/* --- what we call --- */

static int
fail(struct foreign *f, struct error *err)
{
	const char *why = archive_error_string(f->archive);

	if (f->failed.kind != ERROR_NONE) {
		*err = f->failed;
		return -1;
	}
	return error_set(err, ERROR_INPUT, "%s: %s", f->in->reader->name,
	    why != NULL ? why : "damaged");
}

static int
enable(struct archive *a, enum intake_kind kind)
{
	switch (kind) {
	case INTAKE_ZIP:
		return archive_read_support_format_zip_seekable(a);
	case INTAKE_7Z:
		return archive_read_support_format_7zip(a);
	case INTAKE_ISO:
		return archive_read_support_format_iso9660(a);
	case INTAKE_RPM:
		if (archive_read_support_filter_rpm(a) != ARCHIVE_OK ||
		    archive_read_support_filter_gzip(a) != ARCHIVE_OK ||
		    archive_read_support_filter_bzip2(a) != ARCHIVE_OK ||
		    archive_read_support_filter_lzma(a) != ARCHIVE_OK ||
		    archive_read_support_filter_xz(a) != ARCHIVE_OK ||
		    archive_read_support_filter_zstd(a) != ARCHIVE_OK)
			return ARCHIVE_FATAL;
		return archive_read_support_format_cpio(a);
	case INTAKE_CPIO:
		return archive_read_support_format_cpio(a);
	case INTAKE_OTHER:
	case INTAKE_TAR:
		break;
	}
	return ARCHIVE_FATAL;
}

static int
open_archive(struct foreign *f)
{
	struct archive *a = f->archive;

	if (enable(a, f->in->kind) != ARCHIVE_OK ||
	    archive_read_set_callback_data(a, f) != ARCHIVE_OK)
		return ARCHIVE_FATAL;
	if (f->in->kind != INTAKE_ZIP && f->in->kind != INTAKE_7Z) {
		(void)archive_read_set_read_callback(a, give_from_reader);
		return archive_read_open1(a);
	}
	(void)archive_read_set_read_callback(a, give_from_file);
	(void)archive_read_set_skip_callback(a, skip_in_file);
	(void)archive_read_set_seek_callback(a, seek_in_file);
	return archive_read_open1(a);
}

struct foreign *
foreign_new(const struct foreign_input *in, struct error *err)
{
	struct foreign *f = calloc(1, sizeof(*f));
	locale_t old;
	int rc;

	if (f == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	f->in = in;
	f->block = malloc(IO_CHUNK);
	f->archive = archive_read_new();
	if (f->block == NULL || f->archive == NULL) {
		(void)error_memory(err);
		goto failed;
	}
	f->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	old = uselocale(f->utf8);
	rc = open_archive(f);
	(void)uselocale(old);
	if (rc == ARCHIVE_OK)
		return f;
	(void)fail(f, err);
failed:
	foreign_free(f);
	return NULL;
}

static enum tar_type
type_of(struct archive_entry *entry)
{
	switch (archive_entry_filetype(entry)) {
	case AE_IFREG:
		return TAR_FILE;
	case AE_IFDIR:
		return TAR_DIRECTORY;
	case AE_IFLNK:
		return TAR_SYMLINK;
	case AE_IFCHR:
		return TAR_CHARACTER;
	case AE_IFBLK:
		return TAR_BLOCKDEVICE;
	case AE_IFIFO:
		return TAR_FIFO;
	default:
		return TAR_UNKNOWN;
	}
}

/* What libarchive says of an entry, checked. */
static int
take_entry(struct foreign *f, struct archive_entry *entry, struct foreign_entry *e,
    struct error *err)
{
	const la_int64_t size = archive_entry_size_is_set(entry) ? archive_entry_size(entry) : 0;
	const char *first = archive_entry_hardlink(entry);

	*e = (struct foreign_entry){ .name = archive_entry_pathname(entry),
		.first = first,
		.link = archive_entry_symlink(entry),
		.type = first != NULL ? TAR_FILE : type_of(entry),
		.mode = archive_entry_perm(entry) & 07777,
		.n_links = archive_entry_nlink(entry) };
	if (e->name == NULL)
		return error_set(err, ERROR_INPUT, "%s: an entry without a name",
		    f->in->reader->name);
	if (size < 0 || (e->type == TAR_FILE && first == NULL && !archive_entry_size_is_set(entry)))
		return error_set(err, ERROR_INPUT, "%s: %s: its size is not said",
		    f->in->reader->name, e->name);
	if (e->type == TAR_SYMLINK && (e->link == NULL || e->link[0] == '\0'))
		return error_set(err, ERROR_INPUT, "%s: %s: a link to nothing", f->in->reader->name,
		    e->name);
	if (e->type == TAR_FILE)
		e->size = (uint64_t)size;
	return 0;
}

int
foreign_next(struct foreign *f, struct foreign_entry *e, bool *end, struct error *err)
{
	struct archive_entry *entry;
	locale_t old = uselocale(f->utf8);
	int rc = archive_read_next_header(f->archive, &entry);

	*end = rc == ARCHIVE_EOF;
	if (rc == ARCHIVE_OK)
		rc = take_entry(f, entry, e, err);
	else
		rc = *end && f->failed.kind == ERROR_NONE ? 0 : fail(f, err);
	(void)uselocale(old);
	/* rpm, the compression in it, and the reading itself: nothing within that. */
	if (rc == 0 && archive_filter_count(f->archive) > 3)
		return error_set(err, ERROR_INPUT, "%s: compressed more than once",
		    f->in->reader->name);
	return rc;
}

int
foreign_read(struct foreign *f, void *buf, size_t cap, size_t *len, struct error *err)
{
	la_ssize_t n = archive_read_data(f->archive, buf, cap);

	*len = 0;
	if (n < 0 || f->failed.kind != ERROR_NONE)
		return fail(f, err);
	*len = (size_t)n;
	return 0;
}

static bool
is_zero(const unsigned char *p, size_t len)
{
	return len == 0 || (p[0] == '\0' && memcmp(p, p + 1, len - 1) == 0);
}

int
foreign_finish(struct foreign *f, struct error *err)
{
	const uint64_t used = (uint64_t)archive_filter_bytes(f->archive, 0);
	bool zeros = true;

	if (f->in->kind == INTAKE_ZIP || f->in->kind == INTAKE_7Z)
		return 0;
	/* libarchive stops at the last entry: what else it was given lies in the last block. */
	if (f->given > used && f->given - used <= f->block_len)
		zeros = is_zero(f->block + f->block_len - (size_t)(f->given - used),
		    (size_t)(f->given - used));
	while (!f->ended) {
		if (reader_read(f->in->reader, f->block, IO_CHUNK, &f->block_len, err) == -1)
			return -1;
		f->ended = f->block_len == 0;
		f->given += f->block_len;
		zeros = zeros && is_zero(f->block, f->block_len);
	}
	if (f->given < f->volume)
		return error_set(err, ERROR_INPUT, "%s: ends before its volume does: truncated",
		    f->in->reader->name);
	return zeros || f->in->kind != INTAKE_CPIO ?
	    0 :
	    error_set(err, ERROR_INPUT, "%s: another archive or junk behind the cpio archive",
		f->in->reader->name);
}

void
foreign_free(struct foreign *f)
{
	if (f == NULL)
		return;
	if (f->archive != NULL)
		(void)archive_read_free(f->archive);
	if (f->utf8 != (locale_t)0)
		freelocale(f->utf8);
	free(f->block);
	free(f);
}
