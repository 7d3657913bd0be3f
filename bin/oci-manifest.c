/*
 * oci-manifest - layers to an image: writes its config and manifest
 *
 * Layers pass through as they come; what is new, a config and a manifest, follows them at the
 * end. An image in the input is the base, unless -S names it as the subject; of a base for several
 * platforms -p chooses, and more than one makes a nested index.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/io.h"
#include "core/json.h"
#include "core/options.h"
#include "core/progress.h"
#include "image/config.h"
#include "image/media.h"
#include "stream/build.h"
#include "stream/images.h"
#include "stream/layout.h"
#include "stream/names.h"
#include "stream/parts.h"
#include "stream/pass.h"
#include "stream/source.h"

struct options {
	struct common_options common;
	bool bundle;
	const char *config; /* -c: path of a config to start from */
	const char *artifact_type;
	const char *subject;
	const char *media_types; /* "oci" or "docker" */
	const char *user, *workdir, *stop_signal, *author, *created;
	struct option_list labels, annotations, platforms, tags, entrypoint, cmd, env, expose,
	    volumes;
	const char *output;
	const char *const *inputs; /* borrowed from argv */
};

static const struct usage usage = { "oci-manifest",
	"[-b] [-a k=v]... [-c config.json] [-l k=v]... [-o file] [-p platform]... [-S subject] "
	"[-T artifact-type] [-t name]... [--author a] [--cmd arg]... [--created time] "
	"[--entrypoint arg]... [--env k=v]... [--expose p]... [--media-types oci|docker] "
	"[--stop-signal s] [--user u] [--volume d]... [--workdir d] [file ...]",
	layout_announce };

static int
parse(struct options *opt, int argc, char *argv[], struct error *err)
{
	const struct option_row rows[] = {
		{ 'a', "annotation", .arg = "K=V", .list = &opt->annotations,
		    .help = "annotate the manifest" },
		{ 'b', "bundle", .flag = &opt->bundle, .help = "make a Carvel bundle" },
		{ 'c', "config", .arg = "FILE", .value = &opt->config,
		    .help = "start from this config" },
		{ 'l', "label", .arg = "K=V", .list = &opt->labels, .help = "set a label" },
		{ 'o', "output", .arg = "FILE", .value = &opt->output,
		    .help = "write a file, whole or not at all" },
		{ 'p', "platform", .arg = "PLATFORM", .list = &opt->platforms,
		    .help = "of a base: choose; else what the image is for" },
		{ 'S', "subject", .arg = "SUBJECT", .value = &opt->subject,
		    .help = "name, digest or descriptor that this is about" },
		{ 'T', "artifact-type", .arg = "TYPE", .value = &opt->artifact_type,
		    .help = "make an artifact of this type" },
		{ 't', "tag", .arg = "NAME", .list = &opt->tags,
		    .help = "name it: a tag or a whole reference" },
		{ 0, "author", .arg = "TEXT", .value = &opt->author, .help = "set the author" },
		{ 0, "cmd", .arg = "ARG", .list = &opt->cmd,
		    .help = "an argument of the command, or a JSON array" },
		{ 0, "created", .arg = "TIME", .value = &opt->created,
		    .help = "RFC 3339 or seconds since 1970" },
		{ 0, "entrypoint", .arg = "ARG", .list = &opt->entrypoint,
		    .help = "an argument of the entrypoint, or a JSON array" },
		{ 0, "env", .arg = "K=V", .list = &opt->env, .help = "set a variable" },
		{ 0, "expose", .arg = "PORT", .list = &opt->expose, .help = "a port: 80, 53/udp" },
		{ 0, "media-types", .arg = "WORD", .value = &opt->media_types,
		    .help = "oci or docker" },
		{ 0, "stop-signal", .arg = "SIGNAL", .value = &opt->stop_signal,
		    .help = "set the stop signal" },
		{ 0, "user", .arg = "USER", .value = &opt->user, .help = "set the user" },
		{ 0, "volume", .arg = "DIR", .list = &opt->volumes, .help = "a volume" },
		{ 0, "workdir", .arg = "DIR", .value = &opt->workdir,
		    .help = "set the working directory" },
		{ .name = NULL },
	};

	return options_parse(&usage, rows, &opt->common, argc, argv, &opt->inputs, err);
}

static void
release(struct options *opt)
{
	option_list_release(&opt->labels);
	option_list_release(&opt->annotations);
	option_list_release(&opt->platforms);
	option_list_release(&opt->tags);
	option_list_release(&opt->entrypoint);
	option_list_release(&opt->cmd);
	option_list_release(&opt->env);
	option_list_release(&opt->expose);
	option_list_release(&opt->volumes);
}

static bool
changes_image(const struct options *opt)
{
	return opt->bundle || opt->config != NULL || opt->artifact_type != NULL ||
	    opt->subject != NULL || opt->media_types != NULL || opt->user != NULL ||
	    opt->workdir != NULL || opt->stop_signal != NULL || opt->author != NULL ||
	    opt->created != NULL ||
	    opt->labels.n + opt->annotations.n + opt->platforms.n + opt->entrypoint.n + opt->cmd.n +
		opt->env.n + opt->expose.n + opt->volumes.n >
	    0;
}

/* Do these parts and options make an image at all? */
static int
check_parts(const struct parts *p, const struct options *opt, struct error *err)
{
	if (opt->artifact_type != NULL && p->base != NULL)
		return error_set(err, ERROR_INPUT,
		    "%s: an artifact has no base; name its subject with -S", p->base->digest.text);
	if (p->n_layers > 0 || changes_image(opt))
		return 0;
	return error_set(err, ERROR_INPUT,
	    p->base != NULL ? "no layer and nothing to change; oci-index -t names an image" :
			      "no layer in the input");
}

/* -c: the text of the file, bounded. */
static int
read_config(const char *path, char **text, struct json **doc, struct error *err)
{
	struct reader_fd in;
	size_t len;
	int rc = -1;

	*text = malloc(MAX_DOCUMENT + 1);
	if (*text == NULL)
		return error_memory(err);
	if (reader_fd_open(&in, path, err) == -1)
		return -1;
	if (reader_fill(&in.reader, *text, MAX_DOCUMENT + 1, &len, err) == 0) {
		*doc = json_parse(*text, len, path, err);
		rc = *doc == NULL ? -1 : 0;
	}
	reader_fd_close(&in);
	return rc;
}

/* Builds on each image of m, and an index around them if that was asked for. */
static int
build_all(const struct build *b, const struct images *m, bool single, struct descriptor *made,
    bool *thin, struct error *err)
{
	struct index index = { .n_manifests = 0 };
	struct descriptor d;
	size_t i;
	int rc = -1;

	if (single)
		return build_image(b, &m->items[0].descriptor, made, thin, err);
	index.media_type = strdup(b->family == FAMILY_DOCKER ? MEDIA_DOCKER_LIST : MEDIA_OCI_INDEX);
	if (index.media_type == NULL)
		return error_memory(err);
	for (i = 0; i < m->n; i++) {
		if (build_image(b, &m->items[i].descriptor, &d, thin, err) == -1)
			goto done;
		if (index_add(&index, &d, err) == -1) {
			descriptor_release(&d);
			goto done;
		}
	}
	rc = pass_index(b->layout, &index, made, err);
done:
	index_release(&index);
	return rc;
}

/* The images of the base that -p leaves: one, or several for an index. */
static int
choose_bases(struct images *m, struct source *s, const struct descriptor *base,
    const struct platform_list *wanted, bool *single, struct error *err)
{
	if (images_add(m, s, base, err) == -1)
		return -1;
	images_drop_attestations(m);
	if (wanted->n > 0 && images_choose(m, wanted, err) == -1)
		return -1;
	*single = wanted->n == 0 || platform_list_is_single(wanted);
	if (wanted->n == 0 && m->n != 1)
		return error_set(err, ERROR_INPUT, "%s: an index of %zu images: choose with -p",
		    base->digest.text, m->n);
	return 0;
}

/* The platform of an image without a base: -p's, a bundle's, or this machine's. */
static int
new_platform(struct platform *p, const struct platform_list *wanted, bool bundle, struct error *err)
{
	if (wanted->n == 0)
		return bundle ? platform_parse_text(p, "linux/amd64", err) : platform_local(p, err);
	if (!platform_list_is_single(wanted))
		return error_set(err, ERROR_USAGE,
		    "-p: one platform; a list chooses from a base, and there is none");
	return platform_dup(p, &wanted->items[0], err);
}

static int
build(const struct options *opt, struct source *s, struct layout *out, const struct parts *parts,
    struct descriptor *made, bool *thin, struct error *err)
{
	struct annotations annotations = { .n = 0 };
	struct platform_list wanted = { .n = 0 }, none = { .n = 0 };
	struct platform platform = { .os = NULL };
	struct images images = { .n = 0 };
	struct json *start = NULL;
	char *start_text = NULL;
	const char *epoch = getenv("SOURCE_DATE_EPOCH");
	bool single = true, docker;
	int rc = -1;
	struct config_edit edit = {
		.platform = &platform,
		.labels = opt->labels.items,
		.n_labels = opt->labels.n,
		.entrypoint = opt->entrypoint.items,
		.n_entrypoint = opt->entrypoint.n,
		.cmd = opt->cmd.items,
		.n_cmd = opt->cmd.n,
		.env = opt->env.items,
		.n_env = opt->env.n,
		.user = opt->user,
		.workdir = opt->workdir,
		.expose = opt->expose.items,
		.n_expose = opt->expose.n,
		.volumes = opt->volumes.items,
		.n_volumes = opt->volumes.n,
		.stop_signal = opt->stop_signal,
		.author = opt->author,
		.created = opt->created != NULL	      ? opt->created :
		    epoch != NULL && epoch[0] != '\0' ? epoch :
							"0",
		.bundle = opt->bundle || parts->bundle,
	};
	struct build b = { .source = s,
		.layout = out,
		.layers = parts->layers,
		.n_layers = parts->n_layers,
		.edit = &edit,
		.force_created = opt->created != NULL,
		.bundle = edit.bundle,
		.artifact_type = opt->artifact_type,
		.subject = parts->subject,
		.annotations = &annotations };

	docker = opt->media_types != NULL && strcmp(opt->media_types, "docker") == 0;
	b.family = docker ? FAMILY_DOCKER : FAMILY_OCI;
	if (annotations_add(&annotations, opt->annotations.items, opt->annotations.n, err) == -1 ||
	    platform_list_parse(&wanted, opt->platforms.items, opt->platforms.n, err) == -1)
		goto done;
	if (opt->config != NULL && read_config(opt->config, &start_text, &start, err) == -1)
		goto done;
	b.start = start;
	b.force_platform = parts->base == NULL && wanted.n > 0;
	if (new_platform(&platform, b.force_platform ? &wanted : &none, b.bundle, err) == -1)
		goto done;
	if (parts->base == NULL)
		rc = build_image(&b, NULL, made, thin, err);
	else if (choose_bases(&images, s, parts->base, &wanted, &single, err) == 0)
		rc = build_all(&b, &images, single, made, thin, err);
done:
	images_release(&images);
	json_free(start);
	free(start_text);
	platform_release(&platform);
	platform_list_release(&wanted);
	annotations_release(&annotations);
	return rc;
}

/* What argv alone shows to be wrong, before any input is read. */
static int
check(const struct options *opt, struct error *err)
{
	if (names_check(opt->tags.items, opt->tags.n, err) == -1)
		return -1;
	if (opt->media_types != NULL && strcmp(opt->media_types, "oci") != 0 &&
	    strcmp(opt->media_types, "docker") != 0)
		return error_set(err, ERROR_USAGE, "--media-types: oci or docker: %s",
		    opt->media_types);
	if (opt->media_types != NULL && strcmp(opt->media_types, "docker") == 0 &&
	    (opt->annotations.n > 0 || opt->artifact_type != NULL || opt->subject != NULL))
		return error_set(err, ERROR_USAGE,
		    "Docker's manifests have no annotations, artifact types or subjects");
	if (opt->artifact_type != NULL && !media_is_valid(opt->artifact_type))
		return error_set(err, ERROR_USAGE, "-T: not a media type: %s", opt->artifact_type);
	return 0;
}

static int
run(const struct options *opt, struct error *err)
{
	struct parts parts = { .n_layers = 0 };
	struct index index = { .n_manifests = 0 };
	struct descriptor made = { .size = 0 };
	struct progress progress;
	struct layout out;
	struct pass pass;
	struct source *s = NULL;
	bool thin = false;
	int rc = -1;

	progress_init(&progress, usage.prog, &opt->common);
	progress_step(&progress, "layers");
	if (layout_open(&out, opt->output, err) == -1 || check(opt, err) == -1)
		goto done;
	pass_init(&pass, &out);
	s = source_new(&(struct source_options){ .sink = &pass.sink, .progress = &progress }, err);
	if (s == NULL || source_read_all(s, opt->inputs, err) == -1)
		goto done;
	if (parts_sort(&parts, s, opt->subject, err) == 0 && check_parts(&parts, opt, err) == 0 &&
	    build(opt, s, &out, &parts, &made, &thin, err) == 0 &&
	    names_add(&index, &made, opt->tags.items, opt->tags.n, err) == 0 &&
	    names_settle(&index, err) == 0 && pass_mark_thin(&index, thin, err) == 0)
		rc = layout_commit(&out, &index, NULL, err);
done:
	progress_done(&progress);
	descriptor_release(&made);
	parts_release(&parts);
	index_release(&index);
	source_free(s);
	layout_discard(&out);
	return rc;
}

int
main(int argc, char *argv[])
{
	struct options opt = { .bundle = false };
	struct error err = { .kind = ERROR_NONE };

	io_start();
	if (parse(&opt, argc, argv, &err) == 0)
		(void)run(&opt, &err); /* its failure is in err */
	release(&opt);
	return error_report(&err, usage.prog, stderr);
}
