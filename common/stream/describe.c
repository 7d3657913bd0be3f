#include "stream/describe.h"

#include "core/error.h"
#include "image/descriptor.h"
#include "image/media.h"
#include "stream/images.h"
#include "stream/names.h"

static const char *const compressions[] = {
	[MAGIC_NONE] = "none",
	[MAGIC_GZIP] = "gzip",
	[MAGIC_ZSTD] = "zstd",
	[MAGIC_XZ] = "xz",
	[MAGIC_BZIP2] = "bzip2",
};

/* The records of one entry. */
static int
write_root(struct json_writer *w, struct source *s, const struct descriptor *root,
    struct error *err)
{
	const enum media_kind kind = media_kind(root->media_type);
	struct images images = { .n = 0 };
	struct descriptor own = { .media_type = NULL };
	size_t i;
	int rc;

	rc = images_entry(s, root, &own, err);
	if (rc == 0 && kind == MEDIA_INDEX)
		rc = images_add(&images, s, root, err);
	if (rc == 0)
		descriptor_write_record(&own, names_of(&own), w);
	for (i = 0; rc == 0 && kind == MEDIA_INDEX && i < images.n; i++)
		descriptor_write_record(&images.items[i].descriptor, NULL, w);
	images_release(&images);
	descriptor_release(&own);
	return rc;
}

/* *broken is set by what an entry leads to; the others are written nevertheless. */
static int
write_images(struct json_writer *w, struct source *s, struct error *broken, struct error *err)
{
	struct error one = { .kind = ERROR_NONE };
	uint64_t bytes;
	size_t i, n;

	json_key(w, "images");
	json_open(w, '[');
	for (i = 0; i < source_n_roots(s); i++) {
		if (write_root(w, s, source_root(s, i), &one) == 0)
			continue;
		if (one.kind == ERROR_IO || one.kind == ERROR_OTHER) {
			*err = one;
			return -1;
		}
		*broken = one;
	}
	json_close(w, ']');
	n = source_n_blobs(s, &bytes);
	json_key(w, "blobs");
	json_put_integer(w, n);
	json_key(w, "bytes");
	json_put_integer(w, bytes);
	return 0;
}

int
describe_input(struct json_writer *w, const char *name, const struct sniff *found, struct source *s,
    const struct error *broken, struct error *err)
{
	struct error wrong = { .kind = ERROR_NONE };

	if (broken != NULL)
		wrong = *broken;
	json_open(w, '{');
	json_key(w, "name");
	json_put_string(w, name);
	json_key(w, "format");
	json_put_string(w, format_word(found->format));
	if (found->also != FORMAT_UNKNOWN) {
		json_key(w, "also");
		json_open(w, '[');
		json_put_string(w, format_word(found->also));
		json_close(w, ']');
	}
	json_key(w, "compression");
	json_put_string(w, compressions[found->compression]);
	if (s != NULL && broken == NULL && write_images(w, s, &wrong, err) == -1)
		return -1;
	json_key(w, "why");
	json_put_string(w, found->why);
	if (wrong.kind != ERROR_NONE) {
		json_key(w, "error");
		json_put_string(w, wrong.text);
	}
	json_close(w, '}');
	return json_writer_check(w, err);
}
