/*
 * The writer of layouts and the table of blobs, by TAP.
 *
 *	layout shift >FILE	an output of 300 KB, of which all but 1000 bytes are moved by 1536
 *	layout blobs [FILE]	a layout of a document and two equal layers of 5 MB
 *	layout large SIZE [FILE]	one of a layer of SIZE bytes
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/digest.h"
#include "core/error.h"
#include "core/io.h"
#include "core/output.h"
#include "image/manifest.h"
#include "stream/blobset.h"
#include "stream/layout.h"
#include "stream/source.h"

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

/* The n-th of many digests; those of one group have all bytes but the last four in common. */
static void
make_raw(uint8_t raw[SHA256_SIZE], uint32_t n, bool group)
{
	struct digest d;

	memset(raw, 0x5a, SHA256_SIZE);
	if (!group) {
		digest_of(&d, &n, sizeof(n));
		(void)digest_raw(&d, raw, &(struct error){ .kind = ERROR_NONE });
	}
	memcpy(raw + SHA256_SIZE - sizeof(n), &n, sizeof(n));
}

static void
test_table(bool group)
{
	struct error err = { .kind = ERROR_NONE };
	struct blob_set *b = blob_set_new(&err);
	struct blob_entry *entry;
	uint8_t raw[SHA256_SIZE];
	bool right = b != NULL;
	uint32_t i;

	for (i = 0; right && i < MAX_BLOBS; i++) {
		make_raw(raw, i, group);
		right =
		    blob_set_find(b, raw) == NULL && (entry = blob_set_add(b, raw, &err)) != NULL;
		if (right)
			entry->size = i;
	}
	for (i = 0; right && i < MAX_BLOBS; i++) {
		make_raw(raw, i, group);
		entry = blob_set_find(b, raw);
		right = entry != NULL && entry->size == i && blob_set_at(b, i) == entry;
	}
	ok(right && blob_set_count(b) == MAX_BLOBS,
	    group ? "digests that differ in their last bytes alone" : "as many blobs as may be");
	make_raw(raw, MAX_BLOBS, group);
	right = right && blob_set_add(b, raw, &err) == NULL && err.kind == ERROR_INPUT;
	ok(right && strstr(err.text, "65536") != NULL, "one more is an error that names the limit");
	blob_set_free(b);
}

static int
shift(struct error *err)
{
	char block[1000];
	struct output o;
	int i;

	if (output_open(&o, NULL, false, 0, err) == -1)
		return -1;
	for (i = 0; i < 300; i++) {
		memset(block, 'a' + i % 26, sizeof(block));
		if (writer_write(&o.writer, block, sizeof(block), err) == -1)
			return -1;
	}
	memset(block, '-', sizeof(block));
	if (output_shift(&o, 1000, 1536, err) == -1 ||
	    output_patch(&o, 1000, block, 1000, err) == -1 ||
	    output_patch(&o, 2000, block, 536, err) == -1 ||
	    writer_write(&o.writer, "end\n", 4, err) == -1)
		return -1;
	return output_commit(&o, err);
}

/* Blobs of size bytes, as many as wanted, whose digest comes out at their end. */
static int
write_layers(struct layout *l, int n, uint64_t size, struct error *err)
{
	char block[10000];
	struct digest digest;
	struct writer *to;
	uint64_t left, given;

	memset(block, 'x', sizeof(block));
	while (n-- > 0) {
		if (layout_blob_open(l, &to, err) == -1)
			return -1;
		for (left = size; left > 0; left -= given) {
			given = left < sizeof(block) ? left : sizeof(block);
			if (writer_write(to, block, (size_t)given, err) == -1)
				return -1;
		}
		if (layout_blob_close(l, &digest, &given, err) == -1)
			return -1;
		if (given != size || !layout_has(l, &digest))
			return error_set(err, ERROR_OTHER, "not there");
	}
	return 0;
}

static int
blobs(const char *path, int n, uint64_t size, struct error *err)
{
	struct index x = { .n_manifests = 0 };
	struct digest digest;
	struct layout l;
	int rc = -1;

	if ((path == NULL && layout_announce(err) == -1) || layout_open(&l, path, err) == -1)
		return -1;
	if (layout_put_document(&l, "{}", 2, &digest, err) == 0 &&
	    write_layers(&l, n, size, err) == 0 &&
	    layout_put_document(&l, "{\"a\":1}", 7, &digest, err) == 0)
		rc = layout_commit(&l, &x, NULL, err);
	layout_discard(&l);
	return rc;
}

int
main(int argc, char *argv[])
{
	struct error err = { .kind = ERROR_NONE };

	io_start();
	if (argc > 1 && strcmp(argv[1], "shift") == 0) {
		(void)shift(&err);
		return error_report(&err, "layout", stderr);
	}
	if (argc > 1 && strcmp(argv[1], "blobs") == 0) {
		(void)blobs(argv[2], 2, 5000000, &err);
		return error_report(&err, "layout", stderr);
	}
	if (argc > 2 && strcmp(argv[1], "large") == 0) {
		(void)blobs(argv[3], 1, strtoull(argv[2], NULL, 10), &err);
		return error_report(&err, "layout", stderr);
	}
	test_table(false);
	test_table(true);
	printf("1..%d\n", cases);
	return failures > 0;
}
