/*
 * oci-index - images to one multi-platform image: a nested index around them
 *
 * A single image is just named, unless -i. Indexes in the input are flattened; the names of the
 * inputs are consumed, but for those that all inputs share. The index is the same whatever the
 * order of the operands: images stand in it sorted by platform.
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/io.h"
#include "core/options.h"
#include "core/progress.h"
#include "image/media.h"
#include "stream/graph.h"
#include "stream/images.h"
#include "stream/layout.h"
#include "stream/names.h"
#include "stream/pass.h"
#include "stream/source.h"

struct options {
	struct common_options common;
	bool index; /* -i: also around a single image */
	struct option_list tags, annotations;
	const char *output;
	const char *const *inputs; /* borrowed from argv */
};

static const struct usage usage = { "oci-index",
	"[-i] [-a k=v]... [-o file] [-t name]... [file ...]", layout_announce };

static int
parse(struct options *opt, int argc, char *argv[], struct error *err)
{
	const struct option_row rows[] = {
		{ 'a', "annotation", .arg = "K=V", .list = &opt->annotations,
		    .help = "annotate the index" },
		{ 'i', "index", .flag = &opt->index,
		    .help = "make an index of a single image too" },
		{ 'o', "output", .arg = "FILE", .value = &opt->output,
		    .help = "write a file, whole or not at all" },
		{ 't', "tag", .arg = "NAME", .list = &opt->tags,
		    .help = "name it: a tag or a whole reference" },
		{ .name = NULL },
	};

	return options_parse(&usage, rows, &opt->common, argc, argv, &opt->inputs, err);
}

/* How many different images the entries of the input are; each must be one. */
static int
count_roots(struct source *s, size_t *n, struct error *err)
{
	const struct descriptor *root;
	enum media_kind kind;
	size_t i;

	*n = 0;
	for (i = 0; i < source_n_roots(s); i++) {
		root = source_root(s, i);
		kind = media_kind(root->media_type);
		if (kind != MEDIA_MANIFEST && kind != MEDIA_INDEX)
			return error_set(err, ERROR_INPUT,
			    "%s: a layer in no image: oci-manifest missing?", root->digest.text);
		if (i == 0 || !digest_equal(&root->digest, &source_root(s, 0)->digest))
			*n = *n == 0 ? 1 : 2; /* one, or several: no more is asked */
	}
	if (source_n_roots(s) > 0 && *n == 0)
		*n = 1;
	if (*n == 0)
		return error_set(err, ERROR_INPUT, "the input: no image in it");
	return 0;
}

/* Has an entry of this digest this name? */
static bool
digest_has_name(struct source *s, const struct digest *d, const char *name)
{
	const char *other;
	size_t i;

	for (i = 0; i < source_n_roots(s); i++) {
		other = names_of(source_root(s, i));
		if (other != NULL && digest_equal(&source_root(s, i)->digest, d) &&
		    strcmp(other, name) == 0)
			return true;
	}
	return false;
}

static bool
all_have_name(struct source *s, const char *name)
{
	size_t i;

	for (i = 0; i < source_n_roots(s); i++)
		if (!digest_has_name(s, &source_root(s, i)->digest, name))
			return false;
	return true;
}

static bool
is_name_in(const struct index *x, const char *name)
{
	size_t i;

	for (i = 0; i < x->n_manifests; i++)
		if (names_of(&x->manifests[i]) != NULL &&
		    strcmp(names_of(&x->manifests[i]), name) == 0)
			return true;
	return false;
}

/* The entries of made: under the names of -t, else under those that all inputs share. */
static int
name_it(struct index *x, struct source *s, const struct descriptor *made,
    const struct option_list *tags, struct error *err)
{
	const struct annotations *a;
	struct descriptor entry;
	const char *name;
	size_t i;

	for (i = 0; tags->n == 0 && i < source_n_roots(s); i++) {
		a = &source_root(s, i)->annotations;
		name = names_of(source_root(s, i));
		if (name == NULL || is_name_in(x, name) || !all_have_name(s, name))
			continue;
		if (descriptor_dup(&entry, made, err) == -1)
			return -1;
		if (annotations_set(&entry.annotations, ANNOTATION_REF_NAME,
			annotations_get(a, ANNOTATION_REF_NAME), err) == -1 ||
		    annotations_set(&entry.annotations, ANNOTATION_IMAGE_NAME,
			annotations_get(a, ANNOTATION_IMAGE_NAME), err) == -1 ||
		    index_add(x, &entry, err) == -1) {
			descriptor_release(&entry);
			return -1;
		}
	}
	return x->n_manifests > 0 ? 0 : names_add(x, made, tags->items, tags->n, err);
}

/* A nested index around the images that the roots lead to. */
static int
make_index(const struct options *opt, struct layout *out, const struct images *images,
    struct descriptor *made, struct error *err)
{
	struct index nested = { .n_manifests = 0 };
	size_t i;
	int rc = -1;

	nested.media_type = strdup(MEDIA_OCI_INDEX);
	if (nested.media_type == NULL)
		return error_memory(err);
	for (i = 0; i < images->n; i++)
		if (index_add_copy(&nested, &images->items[i].descriptor, err) == -1)
			goto done;
	if (annotations_add(&nested.annotations, opt->annotations.items, opt->annotations.n, err) ==
	    0)
		rc = pass_index(out, &nested, made, err);
done:
	index_release(&nested);
	return rc;
}

/* One image: as it is, with the platform that its index or config says. */
static int
name_single(struct source *s, const struct images *images, struct descriptor *made,
    struct error *err)
{
	const struct descriptor *root = source_root(s, 0);

	if (media_kind(root->media_type) == MEDIA_MANIFEST)
		return descriptor_dup(made, &images->items[0].descriptor, err);
	if (descriptor_dup(made, root, err) == -1)
		return -1;
	annotations_release(&made->annotations);
	return 0;
}

static int
gather(const struct options *opt, struct source *s, struct layout *out, struct descriptor *made,
    bool *thin, struct error *err)
{
	struct images images = { .n = 0 };
	struct graph *graph = NULL;
	bool single;
	size_t i, n;
	int rc = -1;

	if (count_roots(s, &n, err) == -1)
		return -1;
	single = n == 1 && !opt->index;
	if (single && opt->annotations.n > 0)
		return error_set(err, ERROR_USAGE,
		    "-a: a single image is only named; -i makes an index of it");
	graph = graph_new(s, err);
	if (graph == NULL)
		return -1;
	for (i = 0; i < source_n_roots(s); i++)
		if (images_add(&images, s, source_root(s, i), err) == -1)
			goto done;
	for (i = 0; i < images.n; i++)
		if (graph_add(graph, &images.items[i].descriptor, err) == -1)
			goto done;
	if (single && graph_add(graph, source_root(s, 0), err) == -1)
		goto done;
	images_sort(&images);
	if (!single && images_check_platforms(&images, err) == -1)
		goto done;
	*thin = graph_is_thin(graph);
	if (pass_documents(out, graph, err) == 0)
		rc = single ? name_single(s, &images, made, err) :
			      make_index(opt, out, &images, made, err);
done:
	graph_free(graph);
	images_release(&images);
	return rc;
}

static int
run(const struct options *opt, struct error *err)
{
	struct descriptor made = { .size = 0 };
	struct index index = { .n_manifests = 0 };
	struct progress progress;
	struct layout out;
	struct pass pass;
	struct source *s = NULL;
	bool thin = false;
	int rc = -1;

	progress_init(&progress, usage.prog, &opt->common);
	progress_step(&progress, "images");
	if (layout_open(&out, opt->output, err) == -1 ||
	    names_check(opt->tags.items, opt->tags.n, err) == -1)
		goto done;
	s = pass_read(&pass, &out, opt->inputs, &progress, err);
	if (s != NULL && gather(opt, s, &out, &made, &thin, err) == 0 &&
	    name_it(&index, s, &made, &opt->tags, err) == 0)
		rc = pass_commit(&out, &index, thin, err);
done:
	progress_done(&progress);
	descriptor_release(&made);
	index_release(&index);
	source_free(s);
	layout_discard(&out);
	return rc;
}

int
main(int argc, char *argv[])
{
	struct options opt = { .index = false };
	struct error err = { .kind = ERROR_NONE };

	io_start();
	if (parse(&opt, argc, argv, &err) == 0)
		(void)run(&opt, &err); /* its failure is in err */
	option_list_release(&opt.tags);
	option_list_release(&opt.annotations);
	return error_report(&err, usage.prog, stderr);
}
