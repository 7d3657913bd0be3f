/* The words for formats, and how an answer is given its reason. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/error.h"
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
