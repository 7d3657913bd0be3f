/*
 * oci-manifest - layers to an image: writes its config and manifest
 *
 * Layers pass through as they come; what is new, a config and a manifest, follows them at the
 * end. An image in the input is the base, unless -S names it as the subject; of a base for several
 * platforms -p chooses, and more than one makes a nested index.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/io.h"
#include "core/json.h"
#include "core/options.h"
#include "core/progress.h"
#include "image/config.h"
#include "image/config_value.h"
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
	/* what they mean, set by check() */
	struct annotations notes;
	struct platform_list wanted;
	char *start_text; /* of -c */
	struct json *start;
	const char *epoch; /* SOURCE_DATE_EPOCH, or 0 */
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
	annotations_release(&opt->notes);
	platform_list_release(&opt->wanted);
	json_free(opt->start);
	free(opt->start_text);
}

static bool
changes_config(const struct options *opt)
{
	return opt->bundle || opt->config != NULL || opt->user != NULL || opt->workdir != NULL ||
	    opt->stop_signal != NULL || opt->author != NULL || opt->created != NULL ||
	    opt->labels.n + opt->entrypoint.n + opt->cmd.n + opt->env.n + opt->expose.n +
		opt->volumes.n >
	    0;
}

/* -p alone is no change: it chooses, as oci-pack's does. */
static bool
changes_image(const struct options *opt)
{
	return changes_config(opt) || opt->annotations.n > 0 || opt->subject != NULL ||
	    opt->media_types != NULL;
}

/* -c: bounded, and as good as the options' values. */
static int
read_config(struct options *opt, struct error *err)
{
	struct reader_fd in;
	size_t len;
	int rc = -1;

	opt->start_text = malloc(MAX_DOCUMENT + 1);
	if (opt->start_text == NULL)
		return error_memory(err);
	if (reader_fd_open(&in, opt->config, err) == -1)
		return -1;
	if (reader_fill(&in.reader, opt->start_text, MAX_DOCUMENT + 1, &len, err) == 0)
		opt->start = json_parse(opt->start_text, len, opt->config, err);
	if (opt->start != NULL)
		rc = config_check(opt->start, err);
	reader_fd_close(&in);
	return rc;
}

static int
read_epoch(struct options *opt, struct error *err)
{
	uint64_t ignored;

	opt->epoch = getenv("SOURCE_DATE_EPOCH");
	if (opt->epoch == NULL || opt->epoch[0] == '\0')
		opt->epoch = "0";
	if (opt->created == NULL && !options_number(opt->epoch, 0, MAX_TIME_SECONDS, &ignored))
		return error_set(err, ERROR_USAGE,
		    "SOURCE_DATE_EPOCH: not a number of seconds since 1970: %s", opt->epoch);
	return 0;
}

static int
check_types(const struct options *opt, struct error *err)
{
	const bool docker = opt->media_types != NULL && strcmp(opt->media_types, "docker") == 0;

	if (opt->media_types != NULL && !docker && strcmp(opt->media_types, "oci") != 0)
		return error_set(err, ERROR_USAGE, "--media-types: oci or docker: %s",
		    opt->media_types);
	if (docker &&
	    (opt->annotations.n > 0 || opt->artifact_type != NULL || opt->subject != NULL))
		return error_set(err, ERROR_USAGE,
		    "Docker's manifests have no annotations, artifact types or subjects");
	if (opt->artifact_type == NULL)
		return 0;
	if (!media_is_valid(opt->artifact_type))
		return error_set(err, ERROR_USAGE, "-T: not a media type: %s", opt->artifact_type);
	if (changes_config(opt) || opt->platforms.n > 0)
		return error_set(err, ERROR_USAGE,
		    "-T: an artifact has no config: only -a, -S and -t go with it");
	return 0;
}

/* What argv, the environment and -c say, before any input is read. */
static int
check(struct options *opt, struct error *err)
{
	if (names_check(opt->tags.items, opt->tags.n, err) == -1 || check_types(opt, err) == -1 ||
	    annotations_add(&opt->notes, opt->annotations.items, opt->annotations.n, err) == -1 ||
	    platform_list_parse(&opt->wanted, opt->platforms.items, opt->platforms.n, err) == -1 ||
	    read_epoch(opt, err) == -1)
		return -1;
	return opt->config != NULL ? read_config(opt, err) : 0;
}

/* Do these parts and options make an image at all? */
static int
check_parts(const struct parts *p, const struct options *opt, struct error *err)
{
	if (opt->artifact_type != NULL && p->base != NULL)
		return error_set(err, ERROR_INPUT,
		    "%s: an artifact has no base; name its subject with -S", p->base->digest.text);
	if (opt->artifact_type != NULL && p->bundle)
		return error_set(err, ERROR_INPUT, "a bundle's layer makes no artifact");
	if (p->base != NULL && opt->config != NULL)
		return error_set(err, ERROR_INPUT, "-c: the base has a config of its own: %s",
		    p->base->digest.text);
	if (p->n_layers > 0 || opt->artifact_type != NULL)
		return 0;
	if (p->base == NULL)
		return error_set(err, ERROR_INPUT, "the input: no layer in it%s",
		    opt->subject != NULL ? "; what -S names is no base" : "");
	if (!changes_image(opt))
		return error_set(err, ERROR_INPUT, "the input: no layer and nothing to change; %s",
		    opt->wanted.n > 0 ? "oci-pack -p chooses" : "oci-index -t names an image");
	return 0;
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

static struct config_edit
edit_of(const struct options *opt, const struct parts *parts)
{
	return (struct config_edit){
		/* Of a base -p chooses. */
		.platform = parts->base == NULL && opt->wanted.n > 0 ? &opt->wanted.items[0] : NULL,
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
		.created = opt->created,
		.bundle = opt->bundle || parts->bundle,
	};
}

static int
build(const struct options *opt, struct source *s, struct layout *out, const struct parts *parts,
    struct descriptor *made, bool *thin, struct error *err)
{
	const bool docker = opt->media_types != NULL && strcmp(opt->media_types, "docker") == 0;
	const struct config_edit edit = edit_of(opt, parts);
	const struct build b = { .source = s,
		.layout = out,
		.layers = parts->layers,
		.n_layers = parts->n_layers,
		.start = opt->start,
		.edit = &edit,
		.created = opt->epoch,
		.family = docker ? FAMILY_DOCKER : FAMILY_OCI,
		.artifact_type = opt->artifact_type,
		.subject = parts->subject,
		.annotations = &opt->notes };
	struct images images = { .n = 0 };
	bool single = true;
	int rc = -1;

	if (parts->base != NULL) {
		if (choose_bases(&images, s, parts->base, &opt->wanted, &single, err) == 0)
			rc = build_all(&b, &images, single, made, thin, err);
		images_release(&images);
		return rc;
	}
	if (opt->wanted.n > 0 && !platform_list_is_single(&opt->wanted))
		return error_set(err, ERROR_USAGE,
		    "-p: one platform; a list chooses from a base, and there is none");
	return build_image(&b, NULL, made, thin, err);
}

static int
run(struct options *opt, struct error *err)
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
	s = pass_read(&pass, &out, opt->inputs, &progress, err);
	if (s != NULL && parts_sort(&parts, s, opt->subject, err) == 0 &&
	    check_parts(&parts, opt, err) == 0 &&
	    build(opt, s, &out, &parts, &made, &thin, err) == 0 &&
	    names_add(&index, &made, opt->tags.items, opt->tags.n, err) == 0)
		rc = pass_commit(&out, &index, thin, err);
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
