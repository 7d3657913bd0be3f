#include "stream/docker_layer.h"

#include "codec/decompress.h"
#include "core/error.h"
#include "stream/sniff.h"
#include "stream/source_private.h"

static int
detect(struct docker_layer *l, const struct input *in, struct error *err)
{
	unsigned char magic[COMPRESSION_MAGIC];
	struct reader_region region;
	size_t len;

	input_region(in, l->entry->offset, l->entry->size, &region);
	if (reader_fill(&region.reader, magic, sizeof(magic), &len, err) == -1)
		return -1;
	switch (compression_detect(magic, len)) {
	case MAGIC_GZIP:
		l->compression = COMPRESSION_GZIP;
		return 0;
	case MAGIC_ZSTD:
		l->compression = COMPRESSION_ZSTD;
		return 0;
	case MAGIC_XZ:
	case MAGIC_BZIP2:
		return error_set(err, ERROR_INPUT, "%s: %s: %s, not supported", in->name,
		    l->entry->name, sniff_looks(magic, len));
	case MAGIC_NONE:
		break;
	}
	l->compression = COMPRESSION_NONE;
	return 0;
}

static int
hash_compressed(struct docker_layer *l, struct reader *stored, struct error *err)
{
	struct decompressor *inflate = decompressor_new(l->compression, stored, err);
	struct writer_hash plain;
	int rc;

	if (inflate == NULL)
		return -1;
	writer_hash_init(&plain, NULL, stored->name);
	rc = reader_copy(decompressor_reader(inflate), &plain.writer, NULL, err);
	decompressor_free(inflate);
	hasher_digest(&plain.hasher, &l->diffid);
	return rc;
}

/* Both digests in one pass: nothing but the config's DiffIDs vouches for these bytes. */
int
docker_layer_hash(struct docker_layer *l, const struct input *in, struct progress *progress,
    struct error *err)
{
	struct reader_progress counted;
	struct reader_region region;
	struct writer_hash stored;
	struct reader_tee tee;
	struct reader *r = &region.reader;
	int rc;

	if (detect(l, in, err) == -1)
		return -1;
	input_region(in, l->entry->offset, l->entry->size, &region);
	if (progress != NULL) {
		reader_progress_init(&counted, r, progress);
		r = &counted.reader;
	}
	writer_hash_init(&stored, NULL, in->name);
	reader_tee_init(&tee, r, &stored.writer);
	if (l->compression == COMPRESSION_NONE)
		rc = reader_drain(&tee.reader, err);
	else
		rc = hash_compressed(l, &tee.reader, err);
	hasher_digest(&stored.hasher, &l->digest);
	if (l->compression == COMPRESSION_NONE)
		l->diffid = l->digest;
	return rc;
}
