/*
 * oci-sniff - say what kind of tar, document or lock file each input is
 *
 * One word an input, or a line of JSON. What a format looks like is known to stream/sniff.c
 * alone. With -e it is a guard in a pipeline: nothing is written before the input is told, so
 * that a program behind it gets all of it or nothing.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error.h"
#include "core/io.h"
#include "core/json.h"
#include "core/options.h"
#include "core/output.h"
#include "core/progress.h"
#include "stream/describe.h"
#include "stream/peek.h"
#include "stream/sniff.h"
#include "stream/source.h"

struct options {
	struct common_options common;
	bool json;
	struct option_list expect;
	const char *const *inputs; /* borrowed from argv */
};

/* One operand: a directory, a file that is read where it lies, or a pipe. */
struct operand {
	const char *path;
	int dir; /* -1: not a directory */
	struct reader_fd file;
	struct reader_region region;
	struct peek peek; /* of a pipe */
};

static const struct usage usage = { "oci-sniff", "[--json] [-e format]... [file ...]", NULL };

static int
parse(struct options *opt, int argc, char *argv[], struct error *err)
{
	const struct option_row rows[] = {
		{ 'e', "expect", .arg = "FORMAT", .list = &opt->expect,
		    .help = "pass the input on if it is that, else fail" },
		{ .name = "json",
		    .flag = &opt->json,
		    .help = "write a line of JSON for each input" },
		{ .name = NULL },
	};

	return options_parse(&usage, rows, &opt->common, argc, argv, &opt->inputs, err);
}

static int
check(const struct options *opt, struct error *err)
{
	enum format f;
	size_t i;

	for (i = 0; i < opt->expect.n; i++)
		if (!format_parse(opt->expect.items[i], &f))
			return error_set(err, ERROR_USAGE, "-e: not a format: %s; see oci-sniff(1)",
			    opt->expect.items[i]);
	if (opt->expect.n > 0 && opt->json)
		return error_set(err, ERROR_USAGE, "-e passes its input on: not with --json");
	if (opt->expect.n > 0 && opt->inputs[0] != NULL && opt->inputs[1] != NULL)
		return error_set(err, ERROR_USAGE, "-e passes one input on: too many: %s",
		    opt->inputs[1]);
	return 0;
}

static int
operand_open(struct operand *o, const char *path, struct error *err)
{
	struct stat st;

	*o = (struct operand){ .path = path, .dir = -1 };
	if (strcmp(path, "-") != 0 && stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		o->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		return o->dir == -1 ? error_system(err, errno, "%s", path) : 0;
	}
	if (reader_fd_open(&o->file, path, err) == -1)
		return -1;
	if (o->file.regular)
		reader_region_init(&o->region, o->file.fd, o->file.start, o->file.size,
		    o->file.reader.name);
	else
		peek_init(&o->peek, &o->file.reader);
	return 0;
}

static int
operand_sniff(struct operand *o, enum sniff_depth depth, struct sniff *found, struct error *err)
{
	if (o->dir != -1) {
		sniff_directory(found, o->dir);
		return 0;
	}
	if (o->file.regular)
		return sniff_reader(found, &o->region.reader, depth, true, err);
	return sniff_reader(found, &o->peek.look.reader, depth, false, err);
}

/* Its bytes from the first on. Not for a directory. */
static struct reader *
operand_again(struct operand *o)
{
	if (!o->file.regular) {
		peek_again(&o->peek);
		return &o->peek.reader;
	}
	reader_region_init(&o->region, o->file.fd, o->file.start, o->file.size,
	    o->file.reader.name);
	return &o->region.reader;
}

static void
operand_close(struct operand *o)
{
	if (o->dir != -1) {
		(void)close(o->dir);
		return;
	}
	if (!o->file.regular)
		peek_release(&o->peek);
	reader_fd_close(&o->file);
}

/* A pipe's layers are read, since they must be, and forgotten. */
static int
forget(struct blob_sink *sink, const struct digest *digest, uint64_t size, struct reader *content,
    struct error *err)
{
	char buf[16 * 1024];
	size_t len;

	(void)sink;
	(void)digest;
	(void)size;
	do {
		if (reader_read(content, buf, sizeof(buf), &len, err) == -1)
			return -1;
	} while (len > 0);
	return 0;
}

static bool
has_images(const struct sniff *found)
{
	return found->format == FORMAT_OCI_LAYOUT || found->format == FORMAT_OCI_DIR ||
	    found->format == FORMAT_DOCKER_ARCHIVE;
}

/* The images of o; NULL with an error that is the system's or, in *broken, the input's. */
static struct source *
read_images(struct operand *o, struct error *broken, struct error *err)
{
	struct blob_sink sink = { .blob = forget };
	struct source_options how = { .sink = NULL };
	struct source *s;
	int rc;

	if (o->dir == -1 && !o->file.regular)
		how.sink = &sink;
	s = source_new(&how, err);
	if (s == NULL)
		return NULL;
	if (how.sink != NULL)
		rc = source_read_reader(s, operand_again(o), err);
	else
		rc = source_read(s, o->path, err);
	if (rc == 0)
		return s;
	source_free(s);
	if (err->kind != ERROR_IO && err->kind != ERROR_OTHER) {
		*broken = *err;
		*err = (struct error){ .kind = ERROR_NONE };
	}
	return NULL;
}

static int
write_json(struct operand *o, struct sniff *found, struct output *out, struct error *err)
{
	struct error broken = { .kind = ERROR_NONE };
	struct source *s = NULL;
	struct json_writer w;
	int rc;

	if (has_images(found))
		s = read_images(o, &broken, err);
	if (err->kind != ERROR_NONE)
		return -1;
	/* Where nothing can be skipped only the reader of images comes as far. */
	if (s != NULL && found->format == FORMAT_OCI_LAYOUT && source_lists_docker(s))
		found->also = FORMAT_DOCKER_ARCHIVE;
	json_writer_init(&w);
	rc = describe_input(&w, o->path, found, s, broken.kind == ERROR_NONE ? NULL : &broken, err);
	if (rc == 0)
		rc = writer_write(&out->writer, w.text, w.len, err);
	if (rc == 0)
		rc = writer_write(&out->writer, "\n", 1, err);
	json_writer_release(&w);
	source_free(s);
	return rc;
}

static int
write_word(const struct sniff *found, struct output *out, struct error *err)
{
	const char *word = format_word(found->format);

	if (writer_write(&out->writer, word, strlen(word), err) == -1)
		return -1;
	return writer_write(&out->writer, "\n", 1, err);
}

/* *unknown keeps the first input that nothing is known of. */
static int
tell(const struct options *opt, const char *path, struct output *out, struct error *unknown,
    struct error *err)
{
	struct operand o;
	struct sniff found;
	int rc;

	if (operand_open(&o, path, err) == -1)
		return -1;
	rc = operand_sniff(&o, opt->json ? SNIFF_WHOLE : SNIFF_WORD, &found, err);
	if (rc == 0 && found.format == FORMAT_UNKNOWN && unknown->kind == ERROR_NONE)
		(void)error_set(unknown, ERROR_OTHER, "%s: %s",
		    o.dir == -1 ? o.file.reader.name : path, found.why);
	if (rc == 0 && opt->json)
		rc = write_json(&o, &found, out, err);
	else if (rc == 0 && !opt->common.quiet)
		rc = write_word(&found, out, err);
	operand_close(&o);
	return rc;
}

/* A negative answer is in the status, and with -q only there. */
static int
answer_no(const struct options *opt, const struct error *why, struct error *err)
{
	*err = *why;
	if (opt->common.quiet)
		err->text[0] = '\0';
	return -1;
}

static int
tell_all(const struct options *opt, struct error *err)
{
	static const char *const standard_input[] = { "-", NULL };
	const char *const *path = opt->inputs[0] == NULL ? standard_input : opt->inputs;
	struct error unknown = { .kind = ERROR_NONE };
	struct output out;
	int rc = 0;

	if (output_open(&out, NULL, true, 0, err) == -1)
		return -1;
	for (; rc == 0 && *path != NULL; path++)
		rc = tell(opt, *path, &out, &unknown, err);
	if (rc == 0)
		rc = output_commit(&out, err);
	output_discard(&out);
	if (rc == -1 || unknown.kind == ERROR_NONE)
		return rc;
	return answer_no(opt, &unknown, err);
}

static bool
is_expected(const struct options *opt, const struct sniff *found)
{
	enum format f;
	size_t i;

	for (i = 0; i < opt->expect.n; i++)
		if (format_parse(opt->expect.items[i], &f) &&
		    (f == found->format || (f == found->also && f != FORMAT_UNKNOWN)))
			return true;
	return false;
}

static int
pass(struct operand *o, struct error *err)
{
	struct output out;
	int rc;

	if (o->dir != -1)
		return error_set(err, ERROR_USAGE, "%s: a directory cannot be passed on", o->path);
	if (output_open(&out, NULL, false, 0, err) == -1)
		return -1;
	rc = reader_copy(operand_again(o), &out.writer, NULL, err);
	if (rc == 0)
		rc = output_commit(&out, err);
	output_discard(&out);
	return rc;
}

static int
guard(const struct options *opt, struct error *err)
{
	struct error no;
	struct operand o;
	struct sniff found;
	int rc;

	if (operand_open(&o, opt->inputs[0] == NULL ? "-" : opt->inputs[0], err) == -1)
		return -1;
	rc = operand_sniff(&o, SNIFF_WORD, &found, err);
	if (rc == 0 && is_expected(opt, &found)) {
		rc = pass(&o, err);
	} else if (rc == 0) {
		(void)error_set(&no, ERROR_OTHER, "%s: %s, not what is expected: %s",
		    o.dir == -1 ? o.file.reader.name : o.path, format_word(found.format),
		    found.why);
		rc = answer_no(opt, &no, err);
	}
	operand_close(&o);
	return rc;
}

int
main(int argc, char *argv[])
{
	struct options opt = { .json = false };
	struct error err = { .kind = ERROR_NONE };

	io_start();
	/* A failure is in err. */
	if (parse(&opt, argc, argv, &err) == 0 && check(&opt, &err) == 0)
		(void)(opt.expect.n > 0 ? guard(&opt, &err) : tell_all(&opt, &err));
	option_list_release(&opt.expect);
	return error_report(&err, usage.prog, stderr);
}
