#include "stream/sniff.h"

#include <string.h>

#include "core/tar.h"

/* Where every tar since 1988 has "ustar", right checksum or not. */
#define USTAR_MAGIC 257

struct magic_row {
	const char *bytes;
	size_t len;
	const char *looks;
};

/* What people and pipes hand over by mistake, and what oci-layer makes layers of. */
static const struct magic_row rows[] = {
	{ "\x7f"
	  "ELF",
	    4, "an ELF program" },
	{ "PK\x03\x04", 4, "a zip archive" },
	{ "PK\x05\x06", 4, "an empty zip archive" },
	{ "%PDF-", 5, "a PDF document" },
	{ "7z\xbc\xaf\x27\x1c", 6, "a 7z archive" },
	{ "\xed\xab\xee\xdb", 4, "an rpm package" },
	{ "!<arch>\n", 8, "an ar archive (a Debian package?)" },
	{ "070701", 6, "a cpio archive" },
	{ "070702", 6, "a cpio archive" },
	{ "070707", 6, "a cpio archive" },
	{ "\xc7\x71", 2, "a cpio archive" },
	{ "Rar!\x1a\x07", 6, "a rar archive" },
	{ "hsqs", 4, "a squashfs file system" },
	{ "\x89PNG\r\n", 6, "a PNG picture" },
	{ "\xff\xd8\xff", 3, "a JPEG picture" },
	{ "GIF8", 4, "a GIF picture" },
	{ "SQLite format 3", 15, "an SQLite database" },
	{ "\xcf\xfa\xed\xfe", 4, "a Mach-O program" },
	{ "MZ", 2, "a Windows program" },
	{ "\x04\x22\x4d\x18", 4, "compressed with lz4" },
	{ "\x1f\x9d", 2, "compressed with compress" },
	{ "LZIP", 4, "compressed with lzip" },
	{ "\xef\xbb\xbf", 3, "text with a byte order mark" },
	{ "#!", 2, "a script" },
	{ "-----BEGIN ", 11, "a PEM file" },
};

static bool
is_space(unsigned char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static size_t
skip_space(const unsigned char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len && is_space(p[i]); i++)
		continue;
	return i;
}

static bool
is_text(const unsigned char *p, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((p[i] < 0x20 && !is_space(p[i]) && p[i] != '\f' && p[i] != '\b' &&
			p[i] != 0x1b) ||
		    p[i] == 0x7f)
			return false;
	return true;
}

static bool
is_zero(const unsigned char *p, size_t len)
{
	return len > 0 && p[0] == 0 && memcmp(p, p + 1, len - 1) == 0;
}

static bool
is_tar(const unsigned char *p, size_t len)
{
	if (len >= TAR_BLOCK)
		return tar_looks_like(p) || is_zero(p, TAR_BLOCK) ||
		    memcmp(p + USTAR_MAGIC, "ustar", 5) == 0;
	/* Our own stream, cut short in its first header. */
	return len > sizeof("oci-layout") && memcmp(p, "oci-layout", sizeof("oci-layout")) == 0;
}

enum head
sniff_head(const void *buf, size_t len)
{
	const unsigned char *p = buf;
	size_t at;

	if (len == 0)
		return HEAD_EMPTY;
	if (compression_detect(p, len) != MAGIC_NONE)
		return HEAD_COMPRESSED;
	if (is_tar(p, len))
		return HEAD_TAR;
	if (!is_text(p, len))
		return HEAD_OTHER;
	at = skip_space(p, len);
	return at < len && (p[at] == '{' || p[at] == '[') ? HEAD_JSON : HEAD_TEXT;
}

/* word in lower case; HTML's names are of no case. */
static bool
begins(const unsigned char *p, size_t len, const char *word)
{
	size_t i;

	for (i = 0; word[i] != '\0'; i++)
		if (i == len || (p[i] >= 'A' && p[i] <= 'Z' ? p[i] + 32 : p[i]) != word[i])
			return false;
	return true;
}

const char *
sniff_looks(const void *buf, size_t len)
{
	const unsigned char *p = buf;
	size_t i, at;

	switch (compression_detect(p, len)) {
	case MAGIC_GZIP:
		return "compressed with gzip";
	case MAGIC_ZSTD:
		return "compressed with zstd";
	case MAGIC_XZ:
		return "compressed with xz";
	case MAGIC_BZIP2:
		return "compressed with bzip2";
	case MAGIC_NONE:
		break;
	}
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (rows[i].len <= len && memcmp(p, rows[i].bytes, rows[i].len) == 0)
			return rows[i].looks;
	if (!is_text(p, len))
		return "binary data";
	at = skip_space(p, len);
	if (begins(p + at, len - at, "<!doctype html") || begins(p + at, len - at, "<html"))
		return "an HTML page";
	if (begins(p + at, len - at, "<?xml"))
		return "an XML document";
	if (at < len && (p[at] == '{' || p[at] == '['))
		return "a JSON document";
	return "text";
}
