/*
 * Any bytes as a manifest, an index, a config, and as the text of a name. What is read is
 * written, and what was written must read as the same again.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/json.h"
#include "image/config.h"
#include "image/manifest.h"
#include "image/media.h"
#include "image/platform.h"
#include "image/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* abort() is how a fuzzer says that it found something. */
static void
check(bool good)
{
	if (!good)
		abort();
}

static struct json *
reread(const struct json_writer *w, struct error *err)
{
	struct json *doc = json_parse(w->text, w->len, "written", err);

	/* Escapes may make a document too large, sorted keys can't make it wrong. */
	check(doc != NULL || w->len > MAX_DOCUMENT);
	return doc;
}

static void
try_manifest(const struct json *doc)
{
	struct json_writer first, second;
	struct error err = { .kind = ERROR_NONE };
	struct json *again;
	struct manifest m;

	if (manifest_parse(&m, doc, MEDIA_OCI_MANIFEST, &err) == -1)
		return;
	json_writer_init(&first);
	json_writer_init(&second);
	manifest_write(&m, &first);
	manifest_release(&m);
	if ((again = reread(&first, &err)) != NULL) {
		check(manifest_parse(&m, again, MEDIA_OCI_MANIFEST, &err) == 0);
		manifest_write(&m, &second);
		manifest_release(&m);
		check(strcmp(first.text, second.text) == 0);
	}
	json_free(again);
	json_writer_release(&first);
	json_writer_release(&second);
}

static void
try_data(const struct index *x)
{
	struct error err = { .kind = ERROR_NONE };
	struct descriptor copy;
	unsigned char *buf;
	size_t len, i;

	for (i = 0; i < x->n_manifests; i++) {
		check(descriptor_dup(&copy, &x->manifests[i], &err) == 0);
		(void)descriptor_is_attestation(&copy);
		if (descriptor_data(&copy, &buf, &len, &err) == 0)
			free(buf);
		descriptor_release(&copy);
	}
}

static void
try_index(const struct json *doc)
{
	struct json_writer first, second;
	struct error err = { .kind = ERROR_NONE };
	struct json *again;
	struct index x;

	if (index_parse(&x, doc, MEDIA_OCI_INDEX, &err) == -1)
		return;
	try_data(&x);
	json_writer_init(&first);
	json_writer_init(&second);
	index_write(&x, &first);
	index_release(&x);
	if ((again = reread(&first, &err)) != NULL) {
		check(index_parse(&x, again, MEDIA_OCI_INDEX, &err) == 0);
		index_write(&x, &second);
		index_release(&x);
		check(strcmp(first.text, second.text) == 0);
	}
	json_free(again);
	json_writer_release(&first);
	json_writer_release(&second);
}

/* An edit of every kind, so that what the document holds meets what we add. */
static bool
edit(struct config *c, struct error *err)
{
	static const char *const pairs[] = { "A=1", "k=v" };
	static const char *const words[] = { "x", "[\"y\"]" };
	static const char *const ports[] = { "80" };
	static const char *const paths[] = { "/v" };
	const struct config_edit e = { .labels = pairs,
		.n_labels = 2,
		.env = pairs,
		.n_env = 2,
		.entrypoint = words,
		.n_entrypoint = 2,
		.cmd = words,
		.n_cmd = 1,
		.expose = ports,
		.n_expose = 1,
		.volumes = paths,
		.n_volumes = 1,
		.user = "u",
		.author = "a",
		.created = "1",
		.bundle = true };
	struct digest diffid;

	digest_of(&diffid, "x", 1);
	return config_edit(c, &e, err) == 0 && config_add_layer(c, &diffid, "fuzz", err) == 0;
}

static void
try_config(const struct json *doc)
{
	struct error err = { .kind = ERROR_NONE }, ignored;
	struct json_writer w;
	struct config c, again;
	struct json *written;
	bool edited;

	if (config_parse(&c, doc, &err) == -1)
		return;
	json_writer_init(&w);
	edited = edit(&c, &err);
	/* What is good enough to start from can be edited; err is of the edit, or of a limit. */
	check(edited || config_check(doc, &ignored) == -1 || c.n_diffids == MAX_LAYERS);
	if (edited) {
		check(config_write(&c, &w, &err) == 0);
		if ((written = reread(&w, &err)) != NULL) {
			check(config_parse(&again, written, &err) == 0);
			check(again.n_diffids == c.n_diffids && again.n_history == c.n_history &&
			    again.is_bundle && platform_equal(&again.platform, &c.platform));
			config_release(&again);
		}
		json_free(written);
	}
	json_writer_release(&w);
	config_release(&c);
}

static void
try_reference(const char *text)
{
	char first[MAX_REFERENCE_TEXT + 1], second[MAX_REFERENCE_TEXT + 1];
	struct error err = { .kind = ERROR_NONE };
	struct reference r;
	struct name n;

	if (reference_parse(&r, text, &err) == 0) {
		reference_format(&r, first, sizeof(first));
		check(reference_parse(&r, first, &err) == 0);
		reference_format(&r, second, sizeof(second));
		check(strcmp(first, second) == 0);
	}
	if (name_parse(&n, text, &err) == 0)
		check(reference_is_tag(n.tag));
}

static void
try_platform(const char *text)
{
	char first[MAX_PLATFORM_TEXT + 1], second[MAX_PLATFORM_TEXT + 1];
	struct error err = { .kind = ERROR_NONE };
	struct platform_list l;
	struct platform p;

	if (platform_parse_text(&p, text, &err) == 0) {
		platform_format(&p, first, sizeof(first));
		check(platform_match(&p, &p) > 0);
		platform_release(&p);
		check(platform_parse_text(&p, first, &err) == 0);
		platform_format(&p, second, sizeof(second));
		platform_release(&p);
		check(strcmp(first, second) == 0);
	}
	if (platform_list_parse(&l, &text, 1, &err) == 0)
		platform_list_release(&l);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct error err = { .kind = ERROR_NONE };
	struct json *doc;
	char *text;

	if ((text = malloc(len + 1)) == NULL)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	(void)media_is_valid(text);
	(void)media_kind(text);
	try_reference(text);
	try_platform(text);
	if ((doc = json_parse(text, len, "fuzz", &err)) != NULL) {
		try_manifest(doc);
		try_index(doc);
		try_config(doc);
		json_free(doc);
	}
	free(text);
	return 0;
}
