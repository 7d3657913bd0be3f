#include "image/media.h"

#include <stddef.h>
#include <string.h>

#define OCI_FOREIGN "application/vnd.oci.image.layer.nondistributable.v1.tar"
#define DOCKER_FOREIGN "application/vnd.docker.image.rootfs.foreign.diff.tar"

struct row {
	const char *type;
	enum media_kind kind;
	enum compression compression; /* layers only, as the members below */
	bool nondistributable;
	const char *counterpart; /* in the other family; NULL: there is none */
};

/* Docker's zstd type is no standard, but some builders write it, so it is read and never made. */
static const struct row rows[] = {
	{ MEDIA_OCI_MANIFEST, .kind = MEDIA_MANIFEST },
	{ MEDIA_DOCKER_MANIFEST, .kind = MEDIA_MANIFEST },
	{ MEDIA_OCI_INDEX, .kind = MEDIA_INDEX },
	{ MEDIA_DOCKER_LIST, .kind = MEDIA_INDEX },
	{ MEDIA_OCI_CONFIG, .kind = MEDIA_CONFIG },
	{ MEDIA_DOCKER_CONFIG, .kind = MEDIA_CONFIG },
	{ MEDIA_OCI_EMPTY, .kind = MEDIA_EMPTY },
	{ MEDIA_OCI_LAYER, MEDIA_LAYER, COMPRESSION_NONE, false, MEDIA_DOCKER_LAYER },
	{ MEDIA_OCI_LAYER "+gzip", MEDIA_LAYER, COMPRESSION_GZIP, false, MEDIA_DOCKER_LAYER_GZIP },
	{ MEDIA_OCI_LAYER "+zstd", MEDIA_LAYER, COMPRESSION_ZSTD, false, NULL },
	{ MEDIA_DOCKER_LAYER, MEDIA_LAYER, COMPRESSION_NONE, false, MEDIA_OCI_LAYER },
	{ MEDIA_DOCKER_LAYER_GZIP, MEDIA_LAYER, COMPRESSION_GZIP, false, MEDIA_OCI_LAYER "+gzip" },
	{ MEDIA_DOCKER_LAYER ".zstd", MEDIA_LAYER, COMPRESSION_ZSTD, false,
	    MEDIA_OCI_LAYER "+zstd" },
	{ OCI_FOREIGN, MEDIA_LAYER, COMPRESSION_NONE, true, DOCKER_FOREIGN },
	{ OCI_FOREIGN "+gzip", MEDIA_LAYER, COMPRESSION_GZIP, true, DOCKER_FOREIGN ".gzip" },
	{ OCI_FOREIGN "+zstd", MEDIA_LAYER, COMPRESSION_ZSTD, true, NULL },
	{ DOCKER_FOREIGN, MEDIA_LAYER, COMPRESSION_NONE, true, OCI_FOREIGN },
	{ DOCKER_FOREIGN ".gzip", MEDIA_LAYER, COMPRESSION_GZIP, true, OCI_FOREIGN "+gzip" },
	{ DOCKER_FOREIGN ".zstd", MEDIA_LAYER, COMPRESSION_ZSTD, true, OCI_FOREIGN "+zstd" },
};

static const struct row *
find(const char *type)
{
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].type, type) == 0)
			return &rows[i];
	return NULL;
}

enum media_kind
media_kind(const char *type)
{
	const struct row *row = find(type);

	return row == NULL ? MEDIA_OTHER : row->kind;
}

enum media_family
media_family(const char *type)
{
	static const char docker[] = "application/vnd.docker.";

	return strncmp(type, docker, sizeof(docker) - 1) == 0 ? FAMILY_DOCKER : FAMILY_OCI;
}

bool
media_is_nondistributable(const char *type)
{
	const struct row *row = find(type);

	return row != NULL && row->nondistributable;
}

const char *
media_layer(enum media_family family, enum compression c)
{
	switch (c) {
	case COMPRESSION_GZIP:
		return family == FAMILY_DOCKER ? MEDIA_DOCKER_LAYER_GZIP : MEDIA_OCI_LAYER "+gzip";
	case COMPRESSION_ZSTD:
		return MEDIA_OCI_LAYER "+zstd";
	case COMPRESSION_NONE:
		break;
	}
	return family == FAMILY_DOCKER ? MEDIA_DOCKER_LAYER : MEDIA_OCI_LAYER;
}

enum compression
media_compression(const char *type)
{
	const struct row *row = find(type);

	return row == NULL ? COMPRESSION_NONE : row->compression;
}

const char *
media_layer_in(const char *type, enum media_family family)
{
	const struct row *row = find(type);

	if (media_family(type) == family || row == NULL || row->counterpart == NULL)
		return type;
	return row->counterpart;
}

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* RFC 6838, 4.2: restricted-name. Gives the length of the one at s, 0 if there is none. */
static size_t
restricted_name(const char *s)
{
	size_t n;

	if (!is_alnum(s[0]))
		return 0;
	for (n = 1; s[n] != '\0' && (is_alnum(s[n]) || strchr("!#$&-^_.+", s[n]) != NULL); n++)
		if (n == 127)
			return 0;
	return n;
}

bool
media_is_valid(const char *type)
{
	size_t n = restricted_name(type), m;

	if (n == 0 || type[n] != '/')
		return false;
	m = restricted_name(type + n + 1);
	return m > 0 && type[n + 1 + m] == '\0';
}
