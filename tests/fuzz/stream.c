/* A whole input: what it is, and all that a stream reader makes of it, in passing and kept. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/json.h"
#include "stream/describe.h"
#include "stream/sniff.h"
#include "stream/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
drain(struct reader *r, struct error *err)
{
	char buf[4096];
	size_t n;

	while (reader_read(r, buf, sizeof(buf), &n, err) == 0 && n > 0)
		continue;
}

static int
take(struct blob_sink *sink, const struct digest *digest, uint64_t size, struct reader *content,
    struct error *err)
{
	(void)sink;
	(void)digest;
	(void)size;
	drain(content, err);
	return err->kind == ERROR_NONE ? 0 : -1;
}

/* What was read is what its roots say: every blob that can be opened verifies. */
static void
open_roots(struct source *s)
{
	struct error err = { .kind = ERROR_NONE };
	struct reader *r;
	size_t i;

	for (i = 0; i < source_n_roots(s); i++) {
		if (source_open(s, &source_root(s, i)->digest, &r, &err) == 0) {
			err.kind = ERROR_NONE;
			drain(r, &err);
			if (err.kind != ERROR_NONE)
				abort();
			source_close(s);
		}
	}
}

static void
read_all(const uint8_t *data, size_t len, const struct sniff *found, struct blob_sink *sink)
{
	struct error err = { .kind = ERROR_NONE };
	struct json_writer w;
	struct reader_prefix in;
	struct source *s;

	s = source_new(&(struct source_options){ .sink = sink, .replace = sink == NULL }, &err);
	if (s == NULL)
		return;
	reader_prefix_init(&in, data, len, NULL, "input");
	if (source_read_reader(s, &in.reader, &err) == 0 && source_merge(s, &err) == 0) {
		if (sink == NULL)
			open_roots(s);
		json_writer_init(&w);
		(void)describe_input(&w, "input", found, s, NULL, &err);
		json_writer_release(&w);
	} else if (err.kind == ERROR_NONE) {
		abort();
	}
	source_free(s);
}

/* Chance finds no right checksum; headers with wrong ones are the tar fuzzer's. */
static void
mend_headers(uint8_t *data, size_t len)
{
	unsigned int sum;
	size_t at, i;

	for (at = 0; at + 512 <= len; at += 512) {
		if (memcmp(data + at + 257, "ustar", 5) != 0)
			continue;
		memset(data + at + 148, ' ', 8);
		for (sum = 0, i = 0; i < 512; i++)
			sum += data[at + i];
		(void)snprintf((char *)data + at + 148, 8, "%06o", sum);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct error err = { .kind = ERROR_NONE };
	struct blob_sink sink = { .blob = take };
	struct reader_prefix in;
	struct sniff word, whole;
	uint8_t *data;

	data = malloc(len + 1);
	if (data == NULL)
		return 0;
	if (len > 0)
		memcpy(data, bytes, len);
	mend_headers(data, len);

	reader_prefix_init(&in, data, len, NULL, "input");
	if (sniff_reader(&word, &in.reader, SNIFF_WORD, true, &err) == -1)
		abort();
	reader_prefix_init(&in, data, len, NULL, "input");
	if (sniff_reader(&whole, &in.reader, SNIFF_WHOLE, false, &err) == -1)
		abort();
	read_all(data, len, &whole, &sink);
	read_all(data, len, &whole, NULL);
	free(data);
	return 0;
}
