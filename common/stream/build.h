/*
 * build.h - a new image or artifact: layers on a base, or on nothing, with a config of its own
 *
 * Source:  OCI image-spec 1.1, manifest.md, config.md; the form of a bundle: imgpkg's readers want
 *          one layer of Docker's gzip type, under an OCI manifest too.
 * Memory:  all is borrowed while building; *made is the caller's to release.
 * Errors:  ERROR_INPUT (a layer without its DiffID, a type that the family lacks, no bundle's
 *          shape), ERROR_USAGE from config_edit, those of source and layout.
 */
#ifndef STREAM_BUILD_H
#define STREAM_BUILD_H

#include <stdbool.h>
#include <stddef.h>

#include "image/config.h"
#include "image/descriptor.h"
#include "image/media.h"
#include "stream/layout.h"
#include "stream/source.h"

struct error;

struct build {
	struct source *source;
	struct layout *layout;		  /* documents are written here */
	struct descriptor *const *layers; /* entries of no image, lowest first */
	size_t n_layers;
	const struct json *start; /* a config to start from, or NULL; never with a base */
	/* Its platform NULL: that of base or start, and for what these lack linux/amd64 of a bundle
	 * (which base and start make too, by their label), else this machine's. */
	const struct config_edit *edit;
	const char *created; /* where edit, base and start say none; as config_edit's */
	enum media_family family;
	const char *artifact_type;	       /* NULL: an image */
	const struct descriptor *subject;      /* or NULL */
	const struct annotations *annotations; /* of the manifest */
};

/*
 * Writes config and manifest, after those of the base's layers that are documents. base is a
 * manifest of the source, or NULL. *thin is set if a layer that cannot be left out is absent.
 */
int build_image(const struct build *b, const struct descriptor *base, struct descriptor *made,
    bool *thin, struct error *err);

#endif
