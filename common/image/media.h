/*
 * media.h - media types of the OCI image model and Docker's, and what each is
 *
 * Source:  OCI image-spec 1.1, media-types.md; Docker image manifest v2 schema 2.
 * Memory:  strings handed out are constants.
 */
#ifndef IMAGE_MEDIA_H
#define IMAGE_MEDIA_H

#include <stdbool.h>

#include "codec/compress.h"

#define MEDIA_OCI_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define MEDIA_OCI_INDEX "application/vnd.oci.image.index.v1+json"
#define MEDIA_OCI_CONFIG "application/vnd.oci.image.config.v1+json"
#define MEDIA_OCI_EMPTY "application/vnd.oci.empty.v1+json"
#define MEDIA_OCI_LAYER "application/vnd.oci.image.layer.v1.tar"
#define MEDIA_DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define MEDIA_DOCKER_LIST "application/vnd.docker.distribution.manifest.list.v2+json"
#define MEDIA_DOCKER_CONFIG "application/vnd.docker.container.image.v1+json"
#define MEDIA_DOCKER_LAYER "application/vnd.docker.image.rootfs.diff.tar"
#define MEDIA_DOCKER_LAYER_GZIP "application/vnd.docker.image.rootfs.diff.tar.gzip"

enum media_kind {
	MEDIA_MANIFEST,
	MEDIA_INDEX,
	MEDIA_CONFIG, /* an image config, OCI or Docker */
	MEDIA_EMPTY,
	MEDIA_LAYER, /* every layer type, the nondistributable and foreign ones too */
	MEDIA_OTHER
};

enum media_family { FAMILY_OCI, FAMILY_DOCKER };

enum media_kind media_kind(const char *type);
enum media_family media_family(const char *type);
bool media_is_nondistributable(const char *type);

/* The type of a layer. Docker has none for zstd: FAMILY_DOCKER with it gives OCI's. */
const char *media_layer(enum media_family family, enum compression c);
/* What a layer type says of its bytes; MEDIA_LAYER kinds only. */
enum compression media_compression(const char *type);
/* The same layer in another family: "…diff.tar.gzip" to "…layer.v1.tar+gzip". Types that have
 * no counterpart are returned as they are (type itself, borrowed). */
const char *media_layer_in(const char *type, enum media_family family);

/* RFC 6838, section 4.2: type/subtype of restricted names, at most 127 each. */
bool media_is_valid(const char *type);

#endif
