/*
 * oci-layer - a folder, files or an archive to a layer
 *
 * Writes a stream of one layer that is in no image yet. With -A the stream on standard input is
 * passed on first, and both have one index.json. Without a path standard input is the layer: a tar
 * as it is, an archive of another kind turned into one.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bundle/contents.h"
#include "codec/compress.h"
#include "core/error.h"
#include "core/io.h"
#include "core/options.h"
#include "core/progress.h"
#include "image/descriptor.h"
#include "image/media.h"
#include "layer/entry_name.h"
#include "layer/folder.h"
#include "layer/intake.h"
#include "layer/pattern.h"
#include "layer/stamp.h"
#include "stream/layout.h"
#include "stream/pass.h"
#include "stream/sniff.h"
#include "stream/source.h"

struct options {
	struct common_options common;
	bool bundle, imgpkg, append, follow, no_xattrs;
	struct option_list excludes, exclude_files, annotations;
	const char *prefix, *owner, *mtime, *format, *output;
	uint64_t jobs, level;
	const char *const *paths; /* borrowed from argv */
	/* what they mean, set by check() */
	struct folder_options folder;
	struct compress_options compress;
	struct patterns patterns;
	char *prefix_clean;
};

/* Wants to know of entries: whether they make a bundle, and what cannot be read or is left out. */
struct watch {
	struct folder_watch folder;
	struct bundle_contents contents;
	struct progress *progress;
	bool quiet;
	bool told; /* of the output */
};

static const struct usage usage = { "oci-layer",
	"[-A] [-b | --imgpkg] [-a k=v]... [-j jobs] [-L level] [-m epoch] [-o file] [-X file]... "
	"[-x pattern]... [-z gzip|zstd|none] [--follow] [--no-xattrs] [--owner uid[:gid]] "
	"[--prefix dir] [path ...]",
	layout_announce };

static int
parse(struct options *opt, int argc, char *argv[], struct error *err)
{
	const struct option_row rows[] = {
		{ 'A', "append", .flag = &opt->append,
		    .help = "pass the stream on standard input on, and add this layer" },
		{ 'a', "annotation", .arg = "K=V", .list = &opt->annotations,
		    .help = "annotate the layer's descriptor" },
		{ 'b', "bundle", .flag = &opt->bundle,
		    .help = "a Carvel bundle, to the bit as imgpkg makes it" },
		{ 'j', "jobs", .arg = "N", .number = &opt->jobs, .min = 1, .max = 1024,
		    .help = "threads that compress (the processors there are)" },
		{ 'L', "level", .arg = "N", .number = &opt->level, .min = 1, .max = 19,
		    .help = "how hard: gzip 1 to 12 (1), zstd 1 to 19 (3)" },
		{ 'm', "mtime", .arg = "EPOCH", .value = &opt->mtime,
		    .help = "time of all files, seconds since 1970 (SOURCE_DATE_EPOCH, or 0)" },
		{ 'o', "output", .arg = "FILE", .value = &opt->output,
		    .help = "write a file, whole or not at all" },
		{ 'X', "exclude-from", .arg = "FILE", .list = &opt->exclude_files,
		    .help = "patterns from a file, one a line" },
		{ 'x', "exclude", .arg = "PATTERN", .list = &opt->excludes,
		    .help = "leave out what matches" },
		{ 'z', "compress", .arg = "FORMAT", .value = &opt->format,
		    .help = "gzip (default), zstd or none" },
		{ 0, "follow", .flag = &opt->follow,
		    .help = "store what symbolic links lead to in the folder" },
		{ 0, "imgpkg", .flag = &opt->imgpkg,
		    .help = "to the bit as imgpkg makes an image's layer" },
		{ 0, "no-xattrs", .flag = &opt->no_xattrs,
		    .help = "leave extended attributes out" },
		{ 0, "owner", .arg = "UID[:GID]", .value = &opt->owner,
		    .help = "owner of all files (0:0)" },
		{ 0, "prefix", .arg = "DIR", .value = &opt->prefix,
		    .help = "put all below this directory" },
		{ .name = NULL },
	};

	return options_parse(&usage, rows, &opt->common, argc, argv, &opt->paths, err);
}

static void
release(struct options *opt)
{
	option_list_release(&opt->excludes);
	option_list_release(&opt->exclude_files);
	option_list_release(&opt->annotations);
	patterns_release(&opt->patterns);
	free(opt->prefix_clean);
}

/* An option given that is about files, or NULL. */
static const char *
needs_path(const struct options *opt)
{
	const char *files = opt->excludes.n > 0 ? "-x" : opt->exclude_files.n > 0 ? "-X" : NULL;
	const char *entries = opt->owner != NULL ? "--owner" :
	    opt->prefix != NULL			 ? "--prefix" :
						   files;
	const char *content = opt->no_xattrs ? "--no-xattrs" : opt->follow ? "--follow" : entries;

	return opt->bundle ? "-b" : opt->imgpkg ? "--imgpkg" : content;
}

/* Options that contradict each other. */
static int
check_together(const struct options *opt, struct error *err)
{
	const bool imgpkg = opt->bundle || opt->imgpkg, has_path = opt->paths[0] != NULL;

	if (imgpkg && (opt->mtime != NULL || opt->owner != NULL || opt->prefix != NULL))
		return error_set(err, ERROR_USAGE,
		    "imgpkg's layers have no -m, --owner or --prefix: time and owner are 0");
	if (opt->bundle && opt->compress.format != COMPRESSION_GZIP)
		return error_set(err, ERROR_USAGE, "-z: a bundle's layer is compressed with gzip");
	if (!has_path && opt->append)
		return error_set(err, ERROR_USAGE,
		    "-A: adds a path to the stream on standard input");
	if (!has_path && needs_path(opt) != NULL)
		return error_set(err, ERROR_USAGE,
		    "%s needs a path: what comes on standard input is a layer as it is",
		    needs_path(opt));
	return 0;
}

/* What argv and the environment say, before any input is read. */
static int
check(struct options *opt, struct error *err)
{
	struct folder_options *f = &opt->folder;

	opt->compress = (struct compress_options){ .format = COMPRESSION_GZIP,
		.level = (int)opt->level,
		.jobs = (unsigned int)opt->jobs };
	if (opt->format != NULL && !compression_parse(opt->format, &opt->compress.format))
		return error_set(err, ERROR_USAGE, "-z: gzip, zstd or none: %s", opt->format);
	opt->prefix_clean = strdup(opt->prefix != NULL ? opt->prefix : "");
	if (opt->prefix_clean == NULL)
		return error_memory(err);
	*f = (struct folder_options){ .operands = opt->paths,
		.exclude = &opt->patterns,
		.prefix = opt->prefix_clean,
		.follow = opt->follow,
		.xattrs = !opt->no_xattrs,
		.imgpkg = opt->bundle || opt->imgpkg };
	if (check_together(opt, err) == -1 ||
	    patterns_take(&opt->patterns, &opt->excludes, &opt->exclude_files, err) == -1)
		return -1;
	/* imgpkg's only default: ".git" of the folder itself, not of one below. */
	if (f->imgpkg && patterns_add(&opt->patterns, "/.git", err) == -1)
		return -1;
	if (!entry_name_clean(opt->prefix_clean) || entry_name_is_whiteout(opt->prefix_clean))
		return error_set(err, ERROR_USAGE, "--prefix: no folder of a layer: %s",
		    opt->prefix);
	if (!f->imgpkg && stamp_parse_mtime(&f->stamp, opt->mtime, err) == -1)
		return -1;
	if (opt->owner != NULL && stamp_parse_owner(&f->stamp, opt->owner, err) == -1)
		return -1;
	return opt->bundle ? bundle_contents_look(opt->paths, err) : 0;
}

static int
watch_entry(struct folder_watch *folder, const char *path, const char *shown, bool directory,
    struct error *err)
{
	struct watch *w = (struct watch *)(void *)folder;

	return bundle_contents_entry(&w->contents, path, shown, directory, err);
}

static void
watch_report(struct folder_watch *folder, const struct error *why)
{
	struct watch *w = (struct watch *)(void *)folder;

	progress_done(w->progress);
	(void)error_report(why, usage.prog, stderr);
}

/* Once: it may have several names. */
static void
watch_output(struct folder_watch *folder, const char *shown)
{
	struct watch *w = (struct watch *)(void *)folder;
	struct error notice;

	if (w->quiet || w->told)
		return;
	w->told = true;
	(void)error_set(&notice, ERROR_OTHER, "notice: %s: left out, it is the output", shown);
	watch_report(folder, &notice);
}

static int
write_folder(struct options *opt, struct progress *progress, const struct output *out,
    struct writer *to, struct error *err)
{
	struct watch watch = { .folder = { .entry = opt->folder.imgpkg ? watch_entry : NULL,
				   .unreadable = watch_report,
				   .output = watch_output },
		.progress = progress,
		.quiet = opt->common.quiet };
	int rc;

	bundle_contents_init(&watch.contents, opt->bundle);
	opt->folder.watch = &watch.folder;
	opt->folder.progress = progress;
	opt->folder.output = out;
	rc = folder_write(&opt->folder, to, err);
	if (rc == 0 && opt->folder.imgpkg)
		rc = bundle_contents_judge(&watch.contents, err);
	bundle_contents_release(&watch.contents);
	return rc;
}

/* Sees whether a tar on standard input has what a stream has. */
struct members {
	struct intake_watch watch;
	bool mark, index;
};

static void
note_member(struct intake_watch *watch, const char *name)
{
	struct members *m = (struct members *)(void *)watch;

	while (strncmp(name, "./", 2) == 0)
		name += 2;
	m->mark = m->mark || sniff_member(name) == MEMBER_OCI_LAYOUT;
	m->index = m->index || sniff_member(name) == MEMBER_INDEX;
}

static int
refuse_stream(struct error *err)
{
	return error_set(err, ERROR_INPUT,
	    "standard input is an OCI stream, not a layer: -A passes it on and adds a path to it");
}

/* What is a stream or an image's archive is no layer; neither is what is no archive at all. */
static int
check_input(const struct intake *in, const struct options *opt, struct error *err)
{
	struct reader_prefix head;
	struct sniff found;
	const void *buf;
	size_t len;

	buf = intake_head(in, &len);
	if (len == 0)
		return error_set(err, ERROR_INPUT,
		    "standard input is empty: no path, and no archive");
	if (intake_kind(in) == INTAKE_OTHER)
		return error_set(err, ERROR_INPUT,
		    "standard input is %s, not a tar, zip, 7z, cpio, "
		    "rpm or ISO archive",
		    sniff_looks(buf, len));
	if (intake_kind(in) != INTAKE_TAR)
		return 0;
	if (opt->mtime != NULL)
		return error_set(err, ERROR_USAGE,
		    "-m: a tar on standard input passes unchanged, with its own times");
	reader_prefix_init(&head, buf, len, NULL, "standard input");
	if (sniff_reader(&found, &head.reader, SNIFF_WORD, false, err) == -1)
		return -1;
	if (found.format == FORMAT_OCI_LAYOUT)
		return refuse_stream(err);
	if (found.format != FORMAT_TAR && found.format != FORMAT_UNKNOWN)
		return error_set(err, ERROR_INPUT, "standard input is %s, not a layer",
		    format_word(found.format));
	return 0;
}

static int
write_input(struct options *opt, struct progress *progress, struct writer *to, struct error *err)
{
	struct members members = { .watch = { .entry = note_member } };
	struct reader_progress counted;
	struct reader_fd file;
	struct intake *in;
	int rc = -1;

	if (reader_fd_open(&file, "-", err) == -1)
		return -1;
	reader_progress_init(&counted, &file.reader, progress);
	in = intake_new(&counted.reader, &file, err);
	if (in != NULL && check_input(in, opt, err) == 0)
		rc = intake_write(in, &opt->folder.stamp, &members.watch, to, err);
	if (rc == 0 && members.mark && members.index)
		rc = refuse_stream(err);
	intake_free(in);
	reader_fd_close(&file);
	return rc;
}

/* Writes the layer as a blob and describes it. */
static int
write_layer(struct options *opt, struct progress *progress, struct layout *out,
    struct descriptor *d, struct error *err)
{
	struct compressor *compressor;
	struct writer_hash hash;
	struct writer *blob;
	struct digest diffid;
	int rc = -1;

	if (layout_blob_open(out, &blob, err) == -1)
		return -1;
	compressor = compressor_new(&opt->compress, blob, err);
	if (compressor == NULL)
		return -1;
	writer_hash_init(&hash, compressor_writer(compressor), "layer");
	if ((opt->paths[0] != NULL ? write_folder(opt, progress, &out->output, &hash.writer, err) :
				     write_input(opt, progress, &hash.writer, err)) == -1 ||
	    compressor_finish(compressor, err) == -1 ||
	    layout_blob_close(out, &d->digest, &d->size, err) == -1)
		goto done;
	hasher_digest(&hash.hasher, &diffid);
	d->media_type = strdup(media_layer(FAMILY_OCI, opt->compress.format));
	if (d->media_type == NULL)
		(void)error_memory(err);
	else if (annotations_set(&d->annotations, ANNOTATION_DIFFID, diffid.text, err) == 0)
		rc = opt->bundle ?
		    annotations_set(&d->annotations, ANNOTATION_BUNDLE, "true", err) :
		    0;
done:
	compressor_free(compressor);
	return rc;
}

static int
run(struct options *opt, struct error *err)
{
	struct descriptor layer = { .size = 0 };
	struct index index = { .n_manifests = 0 };
	struct progress progress;
	struct source *s = NULL;
	struct layout out;
	struct pass pass;
	int rc = -1;

	progress_init(&progress, usage.prog, &opt->common);
	progress_step(&progress, "layer");
	if (layout_open(&out, opt->output, err) == -1 ||
	    annotations_add(&layer.annotations, opt->annotations.items, opt->annotations.n, err) ==
		-1 ||
	    check(opt, err) == -1)
		goto done;
	pass_init(&pass, &out);
	if (opt->append) {
		s = source_new(&(struct source_options){ .sink = &pass.sink,
				   .progress = &progress },
		    err);
		if (s == NULL || source_read(s, "-", err) == -1)
			goto done;
	}
	if (write_layer(opt, &progress, &out, &layer, err) == 0 &&
	    (s == NULL || pass_stream(&out, s, &index, err) == 0) &&
	    index_add(&index, &layer, err) == 0)
		rc = layout_commit(&out, &index, NULL, err);
done:
	progress_done(&progress);
	descriptor_release(&layer);
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
