/*
 * oci-push - the images of a stream to a registry
 *
 * The input is read to its end before anything is asked of the registry, so a stream that was
 * cut short sends nothing. Blobs go first, tags last. One record for each image goes to
 * standard output when all is done.
 */
#include <stdbool.h>
#include <string.h>

#include "core/error.h"
#include "core/io.h"
#include "core/json.h"
#include "core/options.h"
#include "core/output.h"
#include "core/progress.h"
#include "image/descriptor.h"
#include "image/reference.h"
#include "registry/client.h"
#include "registry/plan.h"
#include "registry/push.h"
#include "stream/images.h"
#include "stream/source.h"

struct options {
	struct common_options common;
	struct registry_options registry;
	struct option_list tags; /* -t, beside those of the target or the images */
	bool dry_run;		 /* -n */
	bool no_clobber;	 /* --no-clobber */
	struct reference to;
	const char *const *inputs; /* borrowed from argv */
};

/* Where common/ says what it cannot print. */
struct listener {
	struct registry_listener listener;
	struct progress *progress;
	const struct options *opt;
};

static const struct usage usage = { "oci-push",
	"[-n] [-t tag]... [--anonymous] [--authfile file] [--cacert file] [--no-clobber] "
	"[--plain-http] [--timeout seconds] ref [file ...]",
	NULL };

static int
parse(struct options *opt, int argc, char *argv[], struct error *err)
{
	const struct option_row rows[] = {
		{ 'n', "dry-run", .flag = &opt->dry_run,
		    .help = "ask the registry, say what would be sent, send nothing" },
		{ 't', "tag", .arg = "TAG", .list = &opt->tags, .help = "add this tag" },
		{ .name = "anonymous",
		    .flag = &opt->registry.anonymous,
		    .help = "look for no credentials" },
		{ .name = "authfile",
		    .arg = "FILE",
		    .value = &opt->registry.authfile,
		    .help = "take credentials from this file only" },
		{ .name = "cacert",
		    .arg = "FILE",
		    .value = &opt->registry.cacert,
		    .help = "trust the authorities in this file only" },
		{ .name = "no-clobber",
		    .flag = &opt->no_clobber,
		    .help = "leave a tag that is on another image" },
		{ .name = "plain-http", .flag = &opt->registry.plain_http, .help = "speak http" },
		{ .name = "timeout",
		    .arg = "SECONDS",
		    .number = &opt->registry.seconds,
		    .min = 1,
		    .max = MAX_TIMEOUT,
		    .help = "wait so long for an answer" },
		{ .name = NULL },
	};
	size_t i;

	if (options_parse(&usage, rows, &opt->common, argc, argv, &opt->inputs, err) == -1)
		return -1;
	if (opt->inputs[0] == NULL)
		return error_set(err, ERROR_USAGE, "no ref given; see oci-push --help");
	if (reference_parse(&opt->to, opt->inputs[0], err) == -1) {
		err->kind = ERROR_USAGE;
		return -1;
	}
	opt->inputs++;
	for (i = 0; i < opt->tags.n; i++)
		if (!reference_is_tag(opt->tags.items[i]))
			return error_set(err, ERROR_USAGE, "-t %s: not a tag", opt->tags.items[i]);
	if (opt->registry.anonymous && opt->registry.authfile != NULL)
		return error_set(err, ERROR_USAGE, "--anonymous and --authfile exclude each other");
	return 0;
}

static void
say(const struct listener *l, const char *text)
{
	struct error note;

	progress_done(l->progress);
	(void)error_set(&note, ERROR_OTHER, "%s", text);
	(void)error_report(&note, usage.prog, stderr);
}

static void
on_warn(struct registry_listener *listener, const char *text)
{
	const struct listener *l = (const struct listener *)listener;

	if (!l->opt->common.quiet)
		say(l, text);
}

static void
on_trace(struct registry_listener *listener, const char *text)
{
	const struct listener *l = (const struct listener *)listener;

	if (l->opt->common.verbose)
		say(l, text);
}

/* What several images without a tag are called by from now on. */
static void
notice_untagged(const struct plan *plan, struct listener *l)
{
	char text[MAX_ERROR_TEXT];
	size_t i;

	for (i = 0; i < plan->n_images && plan->n_images > 1; i++) {
		if (plan->images[i].n_tags > 0)
			continue;
		(void)snprintf(text, sizeof(text), "%s: has no tag, and goes by its digest",
		    plan->images[i].root->digest.text);
		l->listener.warn(&l->listener, text);
	}
}

/* Where image went: the target's own tag or digest, else its first tag, else its digest. */
static void
format_place(const struct options *opt, const struct plan *plan, const struct plan_image *image,
    char *ref, size_t cap)
{
	struct reference at = opt->to;

	if (!at.has_digest && at.tag[0] == '\0') {
		if (image->n_tags > 0) {
			memcpy(at.tag, plan->tags[image->first_tag].text, sizeof(at.tag));
		} else {
			at.has_digest = true;
			at.digest = image->root->digest;
		}
	}
	reference_format(&at, ref, cap);
}

static int
write_record(const struct options *opt, struct source *source, const struct plan *plan,
    const struct plan_image *image, struct writer *out, struct error *err)
{
	char ref[MAX_REFERENCE_TEXT + 1];
	struct descriptor entry;
	struct json_writer w;
	int rc = -1;

	if (images_entry(source, image->root, &entry, err) == -1)
		return -1;
	json_writer_init(&w);
	format_place(opt, plan, image, ref, sizeof(ref));
	descriptor_write_record(&entry, ref, &w);
	if (json_writer_check(&w, err) == 0 && writer_write(out, w.text, w.len, err) == 0)
		rc = writer_write(out, "\n", 1, err);
	json_writer_release(&w);
	descriptor_release(&entry);
	return rc;
}

/* One line for each image, when all is done (records, design 1.2). */
static int
write_records(const struct options *opt, struct source *source, const struct plan *plan,
    struct output *out, struct error *err)
{
	size_t i;

	for (i = 0; i < plan->n_images; i++)
		if (write_record(opt, source, plan, &plan->images[i], &out->writer, err) == -1)
			return -1;
	return output_commit(out, err);
}

static int
push(const struct options *opt, struct source *source, const struct plan *plan, struct listener *l,
    struct error *err)
{
	struct push_options push_options = { .source = source,
		.plan = plan,
		.listener = &l->listener,
		.progress = l->progress,
		.no_clobber = opt->no_clobber,
		.dry_run = opt->dry_run };
	struct push *p;
	struct client *client;
	int rc = -1;

	p = push_new(&push_options, err);
	if (p == NULL)
		return -1;
	client = client_new(&opt->to, opt->dry_run ? "pull" : "pull,push", &opt->registry,
	    &l->listener, err);
	if (client != NULL)
		rc = push_run(p, client, err);
	client_free(client);
	push_free(p);
	return rc;
}

static int
run(const struct options *opt, struct error *err)
{
	struct progress progress;
	struct listener l = { .listener = { .warn = on_warn, .trace = on_trace },
		.progress = &progress,
		.opt = opt };
	struct source_options source_options = { .progress = &progress, .images_only = true };
	struct plan plan = { .images = NULL };
	struct source *source = NULL;
	struct output out;
	int rc = -1;

	progress_init(&progress, usage.prog, &opt->common);
	/* Before there is anything to say: nobody is to push what cannot be told of. */
	if (output_open(&out, NULL, true, 0, err) == -1)
		goto done;
	source = source_new(&source_options, err);
	if (source == NULL || source_read_all(source, opt->inputs, err) == -1 ||
	    source_merge(source, err) == -1 ||
	    plan_make(&plan, source, &opt->to, opt->tags.items, opt->tags.n, err) == -1)
		goto done;
	rc = push(opt, source, &plan, &l, err);
	progress_done(&progress);
	if (rc == 0) {
		notice_untagged(&plan, &l);
		rc = write_records(opt, source, &plan, &out, err);
	}
done:
	progress_done(&progress);
	plan_release(&plan);
	source_free(source);
	output_discard(&out);
	return rc;
}

int
main(int argc, char *argv[])
{
	struct options opt = { .dry_run = false };
	struct error err = { .kind = ERROR_NONE };

	io_start();
	if (parse(&opt, argc, argv, &err) == 0)
		(void)run(&opt, &err); /* its failure is in err */
	option_list_release(&opt.tags);
	return error_report(&err, usage.prog, stderr);
}
