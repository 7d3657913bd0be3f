/*
 * The room image, by TAP without arguments; and as commands, so that 0040-image.t can ask what
 * becomes of one text. JSON is an argument, or "-" for standard input.
 *
 *	image media TYPE		what it is, and its counterparts
 *	image layer COMPRESSION		the types of a layer, OCI's and Docker's
 *	image reference TEXT, name TEXT, platform TEXT
 *	image best WANTED PLATFORM...	the platform of those that serves -p WANTED best
 *	image descriptor|record|data|platform-json JSON
 *	image manifest|index TYPE JSON	parsed by this type, and written
 *	image config JSON|new [EDIT]...	parsed, edited and written: "label=k=v", "layer=BY", "drop"
 *	image facts JSON		what a config says
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/io.h"
#include "image/config.h"
#include "image/manifest.h"
#include "image/media.h"
#include "image/platform.h"
#include "image/reference.h"

#define MAX_EDITS 16

static int cases;
static int failures;

static void
ok(bool pass, const char *name)
{
	cases++;
	if (!pass)
		failures++;
	printf("%sok %d - %s\n", pass ? "" : "not ", cases, name);
}

static bool
same(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

/* What a writer has, compared and thrown away. */
static bool
wrote(struct json_writer *w, const char *expected)
{
	struct error err;
	bool equal = json_writer_check(w, &err) == 0 && same(w->text, expected);

	if (!equal)
		printf("# %s\n", w->text == NULL ? "nothing" : w->text);
	json_writer_release(w);
	return equal;
}

static void
test_annotations(void)
{
	const char *const good[] = { "k=v", "a=", "k=w=x" };
	const char *const bad[] = { "ok=1", "novalue" };
	const char *const not_utf8[] = { "k=\xff" };
	struct annotations a = { .n = 0 }, b = { .n = 0 };
	struct error err = { .kind = ERROR_NONE };
	struct json_writer w;

	ok(annotations_get(&a, "x") == NULL, "no annotations have no value");
	ok(annotations_set(&a, "m", "1", &err) == 0 && annotations_set(&a, "z", "2", &err) == 0 &&
		annotations_set(&a, "b", "3", &err) == 0 &&
		annotations_set(&a, "m", "4", &err) == 0,
	    "annotations are set, and set again");
	json_writer_init(&w);
	annotations_write(&a, &w);
	ok(wrote(&w, "{\"b\":\"3\",\"m\":\"4\",\"z\":\"2\"}"), "they are sorted, and there once");
	ok(annotations_dup(&b, &a, &err) == 0 && annotations_set(&a, "m", NULL, &err) == 0 &&
		annotations_set(&a, "absent", NULL, &err) == 0 && a.n == 2 && b.n == 3,
	    "one that is removed stays in a copy");
	ok(annotations_get(&a, "m") == NULL && same(annotations_get(&b, "m"), "4"),
	    "and is found there alone");
	annotations_release(&b);
	ok(annotations_add(&b, good, 3, &err) == 0 && same(annotations_get(&b, "k"), "w=x") &&
		same(annotations_get(&b, "a"), ""),
	    "texts k=v are added, the last of a key stays");
	ok(annotations_add(&b, bad, 2, &err) == -1 && err.kind == ERROR_USAGE,
	    "a text without = is a usage error");
	ok(annotations_add(&b, not_utf8, 1, &err) == -1 && err.kind == ERROR_USAGE,
	    "so is one that is not UTF-8");
	annotations_release(&a);
	annotations_release(&b);
}

static bool
fill(struct descriptor *d, const char *json, struct error *err)
{
	struct json *doc = json_parse(json, strlen(json), "test", err);
	bool good = doc != NULL && descriptor_parse(d, json_root(doc), "test", err) == 0;

	json_free(doc);
	return good;
}

static void
test_index(void)
{
	static const char full[] =
	    "{\"annotations\":{\"a\":\"b\"},\"artifactType\":\"application/x\",\"data\":\"e30=\","
	    "\"digest\":"
	    "\"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\","
	    "\"mediaType\":\"application/vnd.oci.empty.v1+json\",\"platform\":{\"architecture\":"
	    "\"arm\",\"os\":\"windows\",\"os.features\":[\"a\",\"b\"],\"os.version\":\"10\","
	    "\"variant\":\"v6\"},\"size\":2,\"urls\":[\"http://a/\"]}";
	struct index x = { .n_manifests = 0 };
	struct error err = { .kind = ERROR_NONE };
	struct descriptor d, copy;
	struct json_writer w;
	size_t i;
	bool good = true;

	ok(fill(&d, full, &err), "a descriptor with every member is read");
	ok(descriptor_dup(&copy, &d, &err) == 0, "and copied");
	descriptor_release(&d);
	json_writer_init(&w);
	descriptor_write(&copy, &w);
	ok(wrote(&w, full), "the copy lives on and is written as it was read");
	ok(descriptor_has_platform(&copy) && !descriptor_is_attestation(&copy),
	    "it has a platform, and is no attestation");
	x.media_type = strdup(MEDIA_OCI_INDEX);
	for (i = 0; good && i < 1000; i++)
		good = descriptor_dup(&d, &copy, &err) == 0 && index_add(&x, &d, &err) == 0 &&
		    d.media_type == NULL;
	ok(good && x.n_manifests == 1000, "index_add takes the members over");
	descriptor_release(&copy);
	index_release(&x);
	ok(x.n_manifests == 0, "and index_release frees them");
}

static void
test_values(void)
{
	struct error err = { .kind = ERROR_NONE };
	struct platform local, p, q;
	struct platform_list l;
	const char *const texts[] = { "linux/amd64,linux/x86_64", "linux/amd64" };
	const char *const star[] = { "linux/*" };
	char text[MAX_PLATFORM_TEXT + 1];

	ok(platform_local(&local, &err) == 0 && same(local.os, "linux"),
	    "this machine has a platform");
	platform_format(&local, text, sizeof(text));
	ok(platform_parse_text(&p, text, &err) == 0 && platform_equal(&p, &local),
	    "which its text gives back");
	platform_release(&p);
	ok(platform_parse_text(&p, "local", &err) == 0 && platform_equal(&p, &local),
	    "as does the word local");
	platform_release(&p);
	platform_release(&local);
	ok(platform_list_parse(&l, texts, 2, &err) == 0 && l.n == 1 && platform_list_is_single(&l),
	    "a platform that is asked for twice is one");
	platform_list_release(&l);
	ok(platform_list_parse(&l, star, 1, &err) == 0 && !platform_list_is_single(&l),
	    "linux/* is a list");
	platform_list_release(&l);
	ok(platform_parse_text(&p, "linux/*", &err) == -1 && err.kind == ERROR_USAGE,
	    "but no platform of an image");
	ok(platform_parse_text(&p, "linux/arm", &err) == 0 &&
		platform_parse_text(&q, "linux/amd64", &err) == 0 && platform_compare(&p, &q) > 0 &&
		platform_compare(&q, &p) < 0 && platform_compare(&p, &p) == 0,
	    "platforms have an order");
	ok(!platform_equal(&p, &q) && !platform_is_unknown(&p), "and differ");
	platform_release(&p);
	platform_release(&q);
}

static int
print(struct json_writer *w, int rc, struct error *err)
{
	if (rc == 0)
		rc = json_writer_check(w, err);
	if (rc == 0)
		(void)puts(w->text);
	json_writer_release(w);
	return rc;
}

static int
command_media(const char *type)
{
	static const char *const kinds[] = { "manifest", "index", "config", "empty", "layer",
		"other" };
	static const char *const compressions[] = { "none", "gzip", "zstd" };
	enum media_kind kind = media_kind(type);

	(void)printf("%s %s %s%s%s\n", kinds[kind],
	    media_family(type) == FAMILY_DOCKER ? "docker" : "oci",
	    media_is_valid(type) ? "valid" : "invalid", kind == MEDIA_LAYER ? " " : "",
	    kind == MEDIA_LAYER ? compressions[media_compression(type)] : "");
	if (kind == MEDIA_LAYER)
		(void)printf("oci %s\ndocker %s\n%s", media_layer_in(type, FAMILY_OCI),
		    media_layer_in(type, FAMILY_DOCKER),
		    media_is_nondistributable(type) ? "nondistributable\n" : "");
	return 0;
}

static int
command_layer(const char *word, struct error *err)
{
	enum compression c = COMPRESSION_NONE;

	if (strcmp(word, "gzip") == 0)
		c = COMPRESSION_GZIP;
	else if (strcmp(word, "zstd") == 0)
		c = COMPRESSION_ZSTD;
	else if (strcmp(word, "none") != 0)
		return error_set(err, ERROR_USAGE, "%s: no compression", word);
	(void)printf("%s\n%s\n", media_layer(FAMILY_OCI, c), media_layer(FAMILY_DOCKER, c));
	return 0;
}

static int
command_reference(const char *text, struct error *err)
{
	char buf[MAX_REFERENCE_TEXT + 1];
	struct reference r;

	if (reference_parse(&r, text, err) == -1)
		return -1;
	reference_format(&r, buf, sizeof(buf));
	(void)puts(buf);
	return 0;
}

static int
command_name(const char *text, struct error *err)
{
	struct name n;

	if (name_parse(&n, text, err) == -1)
		return -1;
	(void)printf("%s %s\n", n.tag, n.full[0] == '\0' ? "-" : n.full);
	return 0;
}

static int
command_platform(const char *text, struct error *err)
{
	char buf[MAX_PLATFORM_TEXT + 1];
	struct platform p;

	if (platform_parse_text(&p, text, err) == -1)
		return -1;
	platform_format(&p, buf, sizeof(buf));
	(void)puts(buf);
	platform_release(&p);
	return 0;
}

static int
command_best(const char *wanted, char *texts[], struct error *err)
{
	const char *best = "none";
	struct platform_list l;
	struct platform p;
	int match, most = 0;
	size_t i;

	if (platform_list_parse(&l, &wanted, 1, err) == -1)
		return -1;
	for (; *texts != NULL; texts++) {
		if (platform_parse_text(&p, *texts, err) == -1)
			return -1;
		for (i = 0; i < l.n; i++) {
			if ((match = platform_match(&l.items[i], &p)) > most) {
				most = match;
				best = *texts;
			}
		}
		platform_release(&p);
	}
	(void)puts(best);
	platform_list_release(&l);
	return 0;
}

static int
command_descriptor(const char *how, const struct json *doc, struct error *err)
{
	struct json_writer w;
	struct descriptor d;
	unsigned char *buf;
	size_t len;
	int rc = 0;

	if (descriptor_parse(&d, json_root(doc), "doc: layers[0]", err) == -1)
		return -1;
	json_writer_init(&w);
	if (strcmp(how, "data") == 0) {
		if ((rc = descriptor_data(&d, &buf, &len, err)) == 0) {
			json_open(&w, '[');
			json_put_raw(&w, (const char *)buf, len);
			json_close(&w, ']');
			free(buf);
		}
	} else if (strcmp(how, "record") == 0) {
		descriptor_write_record(&d, "a/b:c", &w);
	} else {
		descriptor_write(&d, &w);
	}
	descriptor_release(&d);
	return print(&w, rc, err);
}

static int
command_platform_json(const struct json *doc, struct error *err)
{
	char buf[MAX_PLATFORM_TEXT + 1];
	struct json_writer w;
	struct platform p;

	if (platform_parse(&p, json_root(doc), err) == -1)
		return -1;
	platform_format(&p, buf, sizeof(buf));
	(void)puts(buf);
	json_writer_init(&w);
	platform_write(&p, &w);
	platform_release(&p);
	return print(&w, 0, err);
}

static int
command_manifest(const char *type, const struct json *doc, struct error *err)
{
	struct json_writer w;
	struct manifest m;

	if (manifest_parse(&m, doc, type, err) == -1)
		return -1;
	json_writer_init(&w);
	manifest_write(&m, &w);
	manifest_release(&m);
	return print(&w, 0, err);
}

static int
command_index(const char *type, const struct json *doc, struct error *err)
{
	struct json_writer w;
	struct index x;

	if (index_parse(&x, doc, type, err) == -1)
		return -1;
	json_writer_init(&w);
	index_write(&x, &w);
	index_release(&x);
	return print(&w, 0, err);
}

static int
command_facts(const struct json *doc, struct error *err)
{
	char buf[MAX_PLATFORM_TEXT + 1];
	struct config c;

	if (config_parse(&c, doc, err) == -1)
		return -1;
	platform_format(&c.platform, buf, sizeof(buf));
	(void)printf("%s %zu layers %zu history%s\n", buf, c.n_diffids, c.n_history,
	    c.is_bundle ? " bundle" : "");
	config_release(&c);
	return 0;
}

/* Where the values of an option that may be given several times go. */
static bool
collect(const char *edit, const char *name, const char **to, const char *const **list, size_t *n)
{
	size_t len = strlen(name);

	if (strncmp(edit, name, len) != 0 || edit[len] != '=' || *n == MAX_EDITS)
		return false;
	to[(*n)++] = edit + len + 1;
	*list = to;
	return true;
}

static bool
single(const char *edit, const char *name, const char **to)
{
	size_t len = strlen(name);

	if (strncmp(edit, name, len) != 0 || edit[len] != '=')
		return false;
	*to = edit + len + 1;
	return true;
}

static int
edit_config(struct config *c, char *edits[], struct error *err)
{
	const char *lists[6][MAX_EDITS];
	const char *platform = NULL;
	struct config_edit e = { .bundle = false };
	struct platform p;
	int rc;

	for (; *edits != NULL; edits++) {
		if (collect(*edits, "label", lists[0], &e.labels, &e.n_labels) ||
		    collect(*edits, "env", lists[1], &e.env, &e.n_env) ||
		    collect(*edits, "entrypoint", lists[2], &e.entrypoint, &e.n_entrypoint) ||
		    collect(*edits, "cmd", lists[3], &e.cmd, &e.n_cmd) ||
		    collect(*edits, "expose", lists[4], &e.expose, &e.n_expose) ||
		    collect(*edits, "volume", lists[5], &e.volumes, &e.n_volumes) ||
		    single(*edits, "user", &e.user) || single(*edits, "workdir", &e.workdir) ||
		    single(*edits, "stop-signal", &e.stop_signal) ||
		    single(*edits, "author", &e.author) || single(*edits, "created", &e.created) ||
		    single(*edits, "platform", &platform))
			continue;
		if (strcmp(*edits, "bundle") != 0)
			return error_set(err, ERROR_OTHER, "%s: no edit", *edits);
		e.bundle = true;
	}
	if (platform == NULL)
		return config_edit(c, &e, err);
	if (platform_parse_text(&p, platform, err) == -1)
		return -1;
	e.platform = &p;
	rc = config_edit(c, &e, err);
	platform_release(&p);
	return rc;
}

/* Steps first, in their order, edits last. */
static int
change_config(struct config *c, char *args[], struct error *err)
{
	struct digest diffid;
	const char *by;

	for (; *args != NULL; args++) {
		if (strcmp(*args, "drop") == 0) {
			if (config_drop_layers(c, err) == -1)
				return -1;
		} else if (single(*args, "layer", &by)) {
			digest_of(&diffid, by, strlen(by));
			if (config_add_layer(c, &diffid, by[0] == '\0' ? NULL : by, err) == -1)
				return -1;
		} else {
			return edit_config(c, args, err);
		}
	}
	return 0;
}

static int
command_config(const struct json *doc, char *args[], struct error *err)
{
	struct json_writer w;
	struct config c;
	int rc;

	if ((doc == NULL ? config_init(&c, err) : config_parse(&c, doc, err)) == -1)
		return -1;
	json_writer_init(&w);
	if ((rc = change_config(&c, args, err)) == 0)
		rc = config_write(&c, &w, err);
	config_release(&c);
	return print(&w, rc, err);
}

static int
with_json(char *argv[], const struct json *doc, char *rest[], struct error *err)
{
	if (strcmp(argv[0], "manifest") == 0)
		return command_manifest(argv[1], doc, err);
	if (strcmp(argv[0], "index") == 0)
		return command_index(argv[1], doc, err);
	if (strcmp(argv[0], "config") == 0)
		return command_config(doc, rest, err);
	if (strcmp(argv[0], "facts") == 0)
		return command_facts(doc, err);
	if (strcmp(argv[0], "platform-json") == 0)
		return command_platform_json(doc, err);
	return command_descriptor(argv[0], doc, err);
}

/* argv is the command and what follows it, at least one text. */
static int
command(char *argv[], struct error *err)
{
	struct reader_fd in;
	struct json *doc;
	char **json = argv + 1;
	char *text;
	size_t len;
	int rc = -1;

	if (strcmp(argv[0], "media") == 0)
		return command_media(argv[1]);
	if (strcmp(argv[0], "layer") == 0)
		return command_layer(argv[1], err);
	if (strcmp(argv[0], "reference") == 0)
		return command_reference(argv[1], err);
	if (strcmp(argv[0], "name") == 0)
		return command_name(argv[1], err);
	if (strcmp(argv[0], "platform") == 0)
		return command_platform(argv[1], err);
	if (strcmp(argv[0], "best") == 0)
		return command_best(argv[1], argv + 2, err);
	if (strcmp(argv[0], "config") == 0 && strcmp(argv[1], "new") == 0)
		return command_config(NULL, argv + 2, err);
	if (strcmp(argv[0], "manifest") == 0 || strcmp(argv[0], "index") == 0)
		json++;
	if (*json == NULL)
		return error_set(err, ERROR_OTHER, "no JSON");
	if (strcmp(*json, "-") != 0) {
		if ((doc = json_parse(*json, strlen(*json), "doc", err)) == NULL)
			return -1;
		rc = with_json(argv, doc, json + 1, err);
		json_free(doc);
		return rc;
	}
	if ((text = malloc(MAX_DOCUMENT + 1)) == NULL)
		return error_memory(err);
	if (reader_fd_open(&in, "-", err) == 0 &&
	    reader_fill(&in.reader, text, MAX_DOCUMENT + 1, &len, err) == 0 &&
	    (doc = json_parse(text, len, "doc", err)) != NULL) {
		rc = with_json(argv, doc, json + 1, err);
		json_free(doc);
	}
	free(text);
	return rc;
}

int
main(int argc, char *argv[])
{
	struct error err = { .kind = ERROR_NONE };

	if (argc > 2) {
		(void)command(argv + 1, &err);
		return error_report(&err, "image", stderr);
	}
	test_annotations();
	test_index();
	test_values();
	(void)printf("1..%d\n", cases);
	return failures > 0;
}
