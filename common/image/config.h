/*
 * config.h - image configs: what programs need of them, and edits that keep the rest
 *
 * Source:  OCI image-spec 1.1, config.md.
 * Memory:  struct config owns what it holds; config_release frees it.
 * Errors:  ERROR_INPUT naming the document and member; ERROR_USAGE for values from argv.
 */
#ifndef IMAGE_CONFIG_H
#define IMAGE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "core/digest.h"
#include "core/json.h"
#include "image/platform.h"

struct error;

/* An image that has it, whatever its value, is a bundle to imgpkg. */
#define CONFIG_BUNDLE_LABEL "dev.carvel.imgpkg.bundle"

struct config {
	struct platform platform; /* normalised; "" where the document has none */
	struct digest *diffids;
	size_t n_diffids;
	size_t n_history;	    /* entries whose empty_layer is not true */
	bool is_bundle;		    /* has imgpkg's label, whatever its value */
	struct json_object members; /* the whole document, editable */
};

/* ERROR_INPUT: no object, rootfs.type not "layers", a diff_id that is no digest; more than
 * MAX_LAYERS of them. A rootfs that is not there has no layers. */
int config_parse(struct config *c, const struct json *doc, struct error *err);
/* An empty config to start from: no layers, os and architecture "". */
int config_init(struct config *c, struct error *err);
void config_release(struct config *c);
/* For a config to start from: as config_parse, and each value must be one that config_edit would
 * take, or "" where it sets a text; base images need not be so good. ERROR_INPUT. */
int config_check(const struct json *doc, struct error *err);

/* Adds a layer: its DiffID and, if not NULL, the created_by of its history entry (created is
 * the text of the config's created, 1970-01-01T00:00:00Z unless set). A history that does not
 * tell of every layer so far gets none: its entries would be taken for other layers'. */
int config_add_layer(struct config *c, const struct digest *diffid, const char *created_by,
    struct error *err);
/* Forgets all diff_ids and history: -c gives a config "to start from". */
int config_drop_layers(struct config *c, struct error *err);

/* What oci-manifest's options change; NULL and 0 leave a member as it is. Texts are argv's. */
struct config_edit {
	const struct platform *platform;
	const char *const *labels; /* "k=v" */
	size_t n_labels;
	const char *const *entrypoint; /* each one argument, or a JSON array if '[' is first */
	size_t n_entrypoint;
	const char *const *cmd;
	size_t n_cmd;
	const char *const *env; /* "K=v": replaces an entry of the same K */
	size_t n_env;
	const char *user;
	const char *workdir;
	const char *const *expose; /* "80", "80/tcp", "53/udp" */
	size_t n_expose;
	const char *const *volumes;
	size_t n_volumes;
	const char *stop_signal;
	const char *author;
	const char *created; /* RFC 3339, or seconds since 1970 */
	bool bundle;	     /* imgpkg's label */
};
/* ERROR_USAGE: a value that the spec does not allow; *c may then be changed in part. An
 * Entrypoint that is set without a Cmd removes the base's Cmd, as docker build does. */
int config_edit(struct config *c, const struct config_edit *e, struct error *err);

/* The whole document, keys sorted, diff_ids and history as they are now. */
int config_write(const struct config *c, struct json_writer *w, struct error *err);

#endif
