/*
 * oci-pack - the last filter before a file: what is wanted of the input, once, in canonical order
 *
 * Reads anything that is recognised and drops what nothing refers to. The result is the same bytes
 * whatever the order of the input, and whether it comes from files or pipes.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/io.h"
#include "core/options.h"
#include "core/progress.h"
#include "image/platform.h"
#include "stream/arrange.h"
#include "stream/diffids.h"
#include "stream/docker_manifest.h"
#include "stream/graph.h"
#include "stream/layout.h"
#include "stream/layout_dir.h"
#include "stream/names.h"
#include "stream/pass.h"
#include "stream/select.h"
#include "stream/source.h"

struct options {
	struct common_options common;
	const char *format; /* "oci" (default) or "dir" */
	const char *have;   /* -H: an archive that the receiver has */
	const char *output;
	struct option_list wanted, platforms, tags, from;
	bool replace;
	bool verify;
	const char *const *inputs; /* borrowed from argv */
};

/* What the input comes to. */
struct work {
	const struct options *opt;
	struct platform_list platforms;
	struct progress progress;
	struct source *have; /* NULL without -H */
	struct source *source;
	struct graph *graph;
	struct selection selection;
	struct mislabelled mislabelled;
};

static const struct usage usage = { "oci-pack",
	"[-F oci|dir] [-H have] [-o file] [-p platform]... [-s name]... [-t name]... "
	"[--from file]... [--replace] [--verify] [file ...]",
	layout_announce };

static int
parse(struct options *opt, int argc, char *argv[], struct error *err)
{
	const struct option_row rows[] = {
		{ 'F', "format", .arg = "WORD", .value = &opt->format,
		    .help = "oci (a tar, the default) or dir" },
		{ 'H', "have", .arg = "FILE", .value = &opt->have,
		    .help = "leave out the layers that this one has" },
		{ 'o', "output", .arg = "FILE", .value = &opt->output,
		    .help = "write a file, whole or not at all" },
		{ 'p', "platform", .arg = "PLATFORM", .list = &opt->platforms,
		    .help = "choose inside indexes: linux/arm64, linux/*, local" },
		{ 's', "select", .arg = "NAME", .list = &opt->wanted,
		    .help = "keep the images of this name, tag or digest" },
		{ 't', "tag", .arg = "NAME", .list = &opt->tags,
		    .help = "name the one image: a tag or a whole reference" },
		{ 0, "from", .arg = "FILE", .list = &opt->from,
		    .help = "take missing layers from this one" },
		{ 0, "replace", .flag = &opt->replace,
		    .help = "of two images of one name keep the later" },
		{ 0, "verify", .flag = &opt->verify,
		    .help = "open each layer and compare its DiffID" },
		{ .name = NULL },
	};

	return options_parse(&usage, rows, &opt->common, argc, argv, &opt->inputs, err);
}

static void
release(struct options *opt)
{
	option_list_release(&opt->wanted);
	option_list_release(&opt->platforms);
	option_list_release(&opt->tags);
	option_list_release(&opt->from);
}

static bool
is_dir_format(const struct options *opt)
{
	return opt->format != NULL && strcmp(opt->format, "dir") == 0;
}

/* Standard input can be one of all that is read. */
static int
check_dashes(const struct options *opt, struct error *err)
{
	size_t i, n = opt->inputs[0] == NULL ? 1 : 0;

	for (i = 0; opt->inputs[i] != NULL; i++)
		if (strcmp(opt->inputs[i], "-") == 0)
			n++;
	for (i = 0; i < opt->from.n; i++)
		if (strcmp(opt->from.items[i], "-") == 0)
			n++;
	if (opt->have != NULL && strcmp(opt->have, "-") == 0)
		n++;
	return n < 2 ? 0 : error_set(err, ERROR_USAGE, "-: standard input twice");
}

/* What can be said before any input is read. */
static int
check(const struct options *opt, struct platform_list *platforms, struct error *err)
{
	if (opt->format != NULL && strcmp(opt->format, "oci") != 0 && !is_dir_format(opt))
		return error_set(err, ERROR_USAGE, "-F: oci or dir: %s", opt->format);
	if (check_dashes(opt, err) == -1 || names_check(opt->tags.items, opt->tags.n, err) == -1)
		return -1;
	return platform_list_parse(platforms, opt->platforms.items, opt->platforms.n, err);
}

/* -H: read whole, and verified, before its layers are left out. */
static int
read_have(struct work *w, struct error *err)
{
	if (w->opt->have == NULL)
		return 0;
	w->have = source_new(&(struct source_options){ .progress = &w->progress }, err);
	if (w->have == NULL || source_read(w->have, w->opt->have, err) == -1 ||
	    source_verify_rest(w->have, err) == -1)
		return -1;
	source_forget(w->have);
	return 0;
}

static int
add_roots(struct work *w, struct error *err)
{
	const struct index *x = &w->selection.index;
	size_t i;

	w->graph = graph_new(w->source, err);
	if (w->graph == NULL)
		return -1;
	for (i = 0; i < x->n_manifests; i++)
		if (graph_add(w->graph, &x->manifests[i], err) == -1)
			return -1;
	if (w->have != NULL)
		graph_leave_out(w->graph, w->have);
	return graph_check_whole(w->graph, err);
}

/* Said before the graph goes, whose the type is. */
static void
warn_of_types(const struct work *w)
{
	static const char *const words[] = {
		[COMPRESSION_NONE] = "not compressed",
		[COMPRESSION_GZIP] = "gzip",
		[COMPRESSION_ZSTD] = "zstd",
	};
	const struct mislabelled *m = &w->mislabelled;
	char text[MAX_ERROR_TEXT], line[4 * MAX_ERROR_TEXT + 1];

	if (m->n == 0 || w->opt->common.quiet)
		return;
	(void)snprintf(text, sizeof(text), "%s: %.200s, but its bytes are %s", m->first.text,
	    m->media_type, words[m->compressed]);
	(void)error_escape(line, sizeof(line), text, strlen(text));
	(void)fprintf(stderr, "%s: warning: %s", usage.prog, line);
	if (m->n > 1)
		(void)fprintf(stderr, "; %zu more are not what they say", m->n - 1);
	(void)fputc('\n', stderr);
}

/* Everything is read and judged, and what the output consists of is known then. */
static int
read_inputs(struct work *w, struct blob_sink *sink, struct error *err)
{
	const struct options *opt = w->opt;
	const struct source_options reading = {
		.sink = sink,
		.progress = &w->progress,
		.replace = opt->replace,
	};
	const struct select_options select = {
		.wanted = opt->wanted.items,
		.n_wanted = opt->wanted.n,
		.platforms = &w->platforms,
		.names = opt->tags.items,
		.n_names = opt->tags.n,
	};
	size_t i;

	w->source = source_new(&reading, err);
	if (w->source == NULL || source_read_all(w->source, opt->inputs, err) == -1 ||
	    source_merge(w->source, err) == -1)
		return -1;
	source_end_roots(w->source);
	for (i = 0; i < opt->from.n; i++)
		if (source_read(w->source, opt->from.items[i], err) == -1)
			return -1;
	if (select_images(&w->selection, w->source, &select, err) == -1 ||
	    add_roots(w, err) == -1 ||
	    pass_mark_thin(&w->selection.index, graph_is_thin(w->graph), err) == -1)
		return -1;
	if (opt->verify &&
	    diffids_verify(w->graph, &w->selection.index, &w->mislabelled, err) == -1)
		return -1;
	progress_done(&w->progress);
	warn_of_types(w);
	return 0;
}

/* All operands and --from as one list; released with free. */
static const char **
list_operands(const struct options *opt, struct error *err)
{
	const char **list;
	size_t i, n = 0;

	while (opt->inputs[n] != NULL)
		n++;
	list = calloc(n + opt->from.n + 2, sizeof(*list));
	if (list == NULL) {
		(void)error_memory(err);
		return NULL;
	}
	memcpy(list, opt->inputs, n * sizeof(*list));
	if (n == 0)
		list[n++] = "-";
	for (i = 0; i < opt->from.n; i++)
		list[n + i] = opt->from.items[i];
	return list;
}

static int
write_archive(struct work *w, struct error *err)
{
	const char **operands = list_operands(w->opt, err);
	struct arrange a;
	struct blob_sink *sink;
	char *docker = NULL;
	int rc = -1;

	if (operands == NULL)
		return -1;
	if (arrange_open(&a, w->opt->output, NULL, err) == -1 || read_have(w, err) == -1)
		goto done;
	a.have = w->have;
	/* Layers are opened where they lie, not as they pass. */
	sink = w->opt->verify ? NULL : arrange_sink(&a, operands);
	if (read_inputs(w, sink, err) == -1 || arrange_write(&a, w->graph, err) == -1 ||
	    source_verify_rest(w->source, err) == -1)
		goto done;
	/* Of many images, manifest.json too is large. */
	graph_free(w->graph);
	w->graph = NULL;
	if (docker_manifest_format(&w->selection.index, w->source, &a.layout, &docker, err) == 0)
		rc = layout_commit(&a.layout, &w->selection.index, docker, err);
done:
	free(docker);
	arrange_discard(&a);
	free(operands);
	return rc;
}

static int
put_items(struct layout_dir *l, struct graph *g, struct error *err)
{
	const struct graph_item *items;
	struct reader *content;
	struct digest digest;
	size_t i, n;
	int rc = 0;

	items = graph_items(g, &n);
	for (i = 0; rc == 0 && i < n; i++) {
		if (items[i].state == BLOB_ABSENT || items[i].left_out)
			continue;
		digest_from_raw(&digest, items[i].raw);
		if (graph_open(g, &items[i], &content, err) == -1)
			return -1;
		rc = layout_dir_put(l, &digest, content, err);
		graph_close(g);
	}
	return rc;
}

/* A directory has a name from the start: it is made when all has been read. */
static int
write_directory(struct work *w, struct error *err)
{
	const char *path = w->opt->output;
	struct layout_dir dir;
	int rc = -1;

	if (path == NULL || strcmp(path, "-") == 0)
		return error_set(err, ERROR_USAGE, "-F dir needs -o, the directory to make");
	if (layout_dir_check(path, err) == -1 || read_have(w, err) == -1 ||
	    read_inputs(w, NULL, err) == -1)
		return -1;
	if (layout_dir_open(&dir, path, err) == 0 && put_items(&dir, w->graph, err) == 0 &&
	    source_verify_rest(w->source, err) == 0)
		rc = layout_dir_commit(&dir, &w->selection.index, err);
	layout_dir_discard(&dir);
	return rc;
}

static void
tell_changes(const struct work *w)
{
	const struct selection_change *c;
	size_t i;

	for (i = 0; i < w->selection.n_changes && !w->opt->common.quiet; i++) {
		c = &w->selection.changes[i];
		(void)fprintf(stderr, "%s: notice: %s: a new index of the platforms chosen: %s\n",
		    usage.prog, c->from.text, c->to.text);
	}
}

static int
run(const struct options *opt, struct error *err)
{
	struct work w = { .opt = opt };
	int rc = -1;

	progress_init(&w.progress, usage.prog, &opt->common);
	if (check(opt, &w.platforms, err) == 0)
		rc = is_dir_format(opt) ? write_directory(&w, err) : write_archive(&w, err);
	progress_done(&w.progress);
	if (rc == 0)
		tell_changes(&w);
	graph_free(w.graph);
	selection_release(&w.selection);
	source_free(w.source);
	source_free(w.have);
	platform_list_release(&w.platforms);
	return rc;
}

int
main(int argc, char *argv[])
{
	struct options opt = { .format = NULL };
	struct error err = { .kind = ERROR_NONE };

	io_start();
	if (parse(&opt, argc, argv, &err) == 0)
		(void)run(&opt, &err); /* its failure is in err */
	release(&opt);
	return error_report(&err, usage.prog, stderr);
}
