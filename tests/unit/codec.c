/*
 * The codecs, by TAP; and as commands, so that 0030-codec.t can hold them against other tools:
 *
 *	codec compress gzip|zstd|none level jobs chunk <in >out
 *	codec decompress gzip|zstd chunk <in >out
 *	codec detect <in
 *
 * chunk is how many bytes are written or asked for at once. A further "peak" has the most memory
 * that the process held, in KiB, written to standard error.
 */
#include <sys/resource.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codec/compress.h"
#include "codec/decompress.h"
#include "codec/processors.h"
#include "core/error.h"
#include "core/io.h"

static int cases;
static int failures;
static const char *const words[] = { "none", "gzip", "zstd" };

static void
ok(bool pass, const char *name)
{
	cases++;
	if (!pass)
		failures++;
	printf("%sok %d - %s\n", pass ? "" : "not ", cases, name);
}

/* A writer that keeps everything, and fails once more than limit bytes came. */
struct memory {
	struct writer writer;
	unsigned char *buf;
	size_t len;
	size_t cap;
	size_t limit;
};

static int
memory_write(struct writer *w, const void *buf, size_t len, struct error *err)
{
	struct memory *m = (struct memory *)(void *)w;
	unsigned char *p;

	if (len > m->limit - m->len)
		return error_set(err, ERROR_IO, "%s: full", w->name);
	if (len > m->cap - m->len) {
		p = realloc(m->buf, m->len + len);
		if (p == NULL)
			return error_memory(err);
		m->buf = p;
		m->cap = m->len + len;
	}
	memcpy(m->buf + m->len, buf, len);
	m->len += len;
	return 0;
}

static void
memory_init(struct memory *m)
{
	*m = (struct memory){ .writer = { .write = memory_write, .name = "memory" },
		.limit = SIZE_MAX };
}

/* A reader of bytes in memory that gives at most step of them at once. */
struct steps {
	struct reader reader;
	const unsigned char *buf;
	size_t left;
	size_t step;
	bool ended;
};

static int
steps_read(struct reader *r, void *buf, size_t cap, size_t *len, struct error *err)
{
	struct steps *s = (struct steps *)(void *)r;

	if (s->ended)
		return error_set(err, ERROR_OTHER, "%s: read after its end", r->name);
	*len = cap < s->step ? cap : s->step;
	if (*len > s->left)
		*len = s->left;
	memcpy(buf, s->buf, *len);
	s->buf += *len;
	s->left -= *len;
	s->ended = *len == 0;
	return 0;
}

static int
compress(const struct compress_options *opt, const unsigned char *buf, size_t len, size_t chunk,
    struct memory *m, struct error *err)
{
	struct compressor *c;
	size_t n;
	int rc = 0;

	memory_init(m);
	c = compressor_new(opt, &m->writer, err);
	if (c == NULL)
		return -1;
	for (; len > 0 && rc == 0; buf += n, len -= n) {
		n = len < chunk ? len : chunk;
		rc = writer_write(compressor_writer(c), buf, n, err);
	}
	if (rc == 0)
		rc = compressor_finish(c, err);
	compressor_free(c);
	return rc;
}

/* At most step bytes come from below at once, at most chunk are asked for. */
static int
decompress(enum compression format, const unsigned char *buf, size_t len, size_t step, size_t chunk,
    struct memory *m, struct error *err)
{
	struct steps in = { .reader = { .read = steps_read, .name = "steps" },
		.buf = buf,
		.left = len,
		.step = step };
	struct decompressor *d;
	unsigned char *room;
	size_t n = 1;
	int rc = 0;

	memory_init(m);
	room = malloc(chunk);
	d = decompressor_new(format, &in.reader, err);
	if (room == NULL || d == NULL)
		rc = -1;
	while (rc == 0 && n > 0) {
		rc = reader_read(decompressor_reader(d), room, chunk, &n, err);
		if (rc == 0)
			rc = writer_write(&m->writer, room, n, err);
	}
	if (rc == 0 && in.left > 0)
		rc = error_set(err, ERROR_OTHER, "stopped before the end of its input");
	decompressor_free(d);
	free(room);
	return rc;
}

static bool
same(const struct memory *m, const unsigned char *buf, size_t len)
{
	return m->len == len && (len == 0 || memcmp(m->buf, buf, len) == 0);
}

/* xorshift64* (Vigna): the same bytes everywhere. */
static void
fill_random(unsigned char *p, size_t len, uint64_t seed)
{
	uint64_t x = seed * 2 + 1;
	size_t i;

	for (i = 0; i < len; i++) {
		x ^= x >> 12;
		x ^= x << 25;
		x ^= x >> 27;
		p[i] = (unsigned char)((x * 0x2545f4914f6cdd1dU) >> 56);
	}
}

/* Words of a few letters, some more frequent: what text is to a compressor. */
static void
fill_text(unsigned char *p, size_t len, uint64_t seed)
{
	unsigned char noise[4096];
	size_t i;

	fill_random(noise, sizeof(noise), seed);
	for (i = 0; i < len; i++) {
		p[i] = (unsigned char)("etaoin shrdlu\ncm"[noise[(i * 7 + i / 4096) % 4096] & 15]);
		if (i % 4096 == 0)
			fill_random(noise, sizeof(noise), seed + i);
	}
}

/* Changes between text, noise and zeros every 300,000 bytes or so. */
static void
fill_mixed(unsigned char *p, size_t len)
{
	size_t i, n, turn;

	for (i = 0, turn = 0; i < len; i += n, turn++) {
		n = len - i < 300007 ? len - i : 300007;
		if (turn % 3 == 0)
			fill_text(p + i, n, turn);
		else if (turn % 3 == 1)
			fill_random(p + i, n, turn);
		else
			memset(p + i, 0, n);
	}
}

static void
test_words(void)
{
	enum compression c = COMPRESSION_NONE;

	ok(compression_parse("gzip", &c) && c == COMPRESSION_GZIP, "gzip is a format");
	ok(compression_parse("zstd", &c) && c == COMPRESSION_ZSTD, "zstd is a format");
	ok(compression_parse("none", &c) && c == COMPRESSION_NONE, "none is a format");
	ok(!compression_parse("xz", &c) && !compression_parse("", &c) &&
		!compression_parse("gzip ", &c),
	    "other words are not");
}

static void
test_detect(void)
{
	static const struct {
		unsigned char bytes[COMPRESSION_MAGIC];
		size_t len;
		enum magic magic;
	} rows[] = {
		{ { 0x1f, 0x8b, 8, 0, 0, 0 }, 2, MAGIC_GZIP },
		{ { 0x28, 0xb5, 0x2f, 0xfd, 0, 0 }, 4, MAGIC_ZSTD },
		{ { 0x50, 0x2a, 0x4d, 0x18, 0, 0 }, 4, MAGIC_ZSTD },
		{ { 0x5f, 0x2a, 0x4d, 0x18, 0, 0 }, 4, MAGIC_ZSTD },
		{ { 0xfd, '7', 'z', 'X', 'Z', 0 }, 6, MAGIC_XZ },
		{ { 'B', 'Z', 'h', '9', 0x31, 0x41 }, 6, MAGIC_BZIP2 },
		{ { 'B', 'Z', 'h', '1', 0x17, 0x72 }, 6, MAGIC_BZIP2 },
	};
	static const unsigned char none[][COMPRESSION_MAGIC] = { "BZh.c", "BZh9.", "\x1f\x8c\x08",
		"\x60\x2a\x4d\x18", "7zXZ" };
	bool pass = true, short_pass = true;
	size_t i, n;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		pass =
		    pass && compression_detect(rows[i].bytes, COMPRESSION_MAGIC) == rows[i].magic;
		for (n = 0; n < rows[i].len; n++)
			short_pass =
			    short_pass && compression_detect(rows[i].bytes, n) == MAGIC_NONE;
		pass = pass && compression_detect(rows[i].bytes, rows[i].len) == rows[i].magic;
	}
	ok(pass, "gzip, zstd, skippable frames, xz and bzip2 are known by their first bytes");
	ok(short_pass, "fewer bytes than a magic has are none");
	pass = true;
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		pass = pass && compression_detect(none[i], COMPRESSION_MAGIC) == MAGIC_NONE;
	ok(pass, "what only resembles a magic is none");
}

static void
test_options(void)
{
	static const struct {
		enum compression format;
		int level;
		bool good;
	} rows[] = {
		{ COMPRESSION_GZIP, -1, false },
		{ COMPRESSION_GZIP, 1, true },
		{ COMPRESSION_GZIP, 12, true },
		{ COMPRESSION_GZIP, 13, false },
		{ COMPRESSION_ZSTD, -1, false },
		{ COMPRESSION_ZSTD, 19, true },
		{ COMPRESSION_ZSTD, 20, false },
		{ COMPRESSION_NONE, 1, false },
	};
	unsigned char buf[1000] = { 0 };
	struct compress_options opt;
	struct error err = { .kind = ERROR_NONE };
	struct memory m, back;
	bool pass = true;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		opt = (struct compress_options){ .format = rows[i].format,
			.level = rows[i].level,
			.jobs = 1 };
		err.kind = ERROR_NONE;
		if (compress(&opt, buf, sizeof(buf), sizeof(buf), &m, &err) == -1) {
			pass = pass && !rows[i].good && err.kind == ERROR_USAGE;
		} else {
			pass = pass && rows[i].good &&
			    decompress(opt.format, m.buf, m.len, m.len, 512, &back, &err) == 0 &&
			    same(&back, buf, sizeof(buf));
			free(back.buf);
		}
		free(m.buf);
	}
	ok(pass, "a level that the format lacks is a usage error");
	ok(processors_usable() >= 1 && processors_online() >= 1 &&
		(processors_affine() == 0 || processors_affine() == processors_usable()),
	    "there is a processor to use, counted one way or the other");
}

/* One input through every format and number of jobs, in every kind of piece, and back. */
static void
test_size(const unsigned char *data, size_t len)
{
	static const unsigned int jobs[] = { 1, 2, 16, 0 };
	static const size_t chunks[] = { 7777, COMPRESS_BLOCK, 2 * COMPRESS_BLOCK + 3 };
	struct error err = { .kind = ERROR_NONE };
	struct compress_options opt = { .level = 0 };
	enum compression format;
	struct memory first, m, back;
	bool equal, returns;
	char name[128];
	size_t j, k;

	for (format = COMPRESSION_NONE; format <= COMPRESSION_ZSTD; format++) {
		opt.format = format;
		opt.jobs = 1;
		equal = compress(&opt, data, len, len, &first, &err) == 0;
		for (j = 0; equal && j < sizeof(jobs) / sizeof(jobs[0]); j++) {
			for (k = 0; equal && k < sizeof(chunks) / sizeof(chunks[0]); k++) {
				opt.jobs = jobs[j];
				equal = compress(&opt, data, len, chunks[k], &m, &err) == 0 &&
				    same(&m, first.buf, first.len);
				free(m.buf);
			}
		}
		(void)snprintf(name, sizeof(name), "%s, %zu bytes: the same for any number of jobs",
		    words[format], len);
		ok(equal, name);
		if (format == COMPRESSION_NONE) {
			ok(same(&first, data, len), "without compression bytes pass as they are");
		} else {
			returns = decompress(format, first.buf, first.len, 4099, 70001, &back,
				      &err) == 0 &&
			    same(&back, data, len);
			free(back.buf);
			(void)snprintf(name, sizeof(name), "%s, %zu bytes: come back",
			    words[format], len);
			ok(returns, name);
		}
		free(first.buf);
	}
	if (err.kind != ERROR_NONE)
		printf("# %s\n", err.text);
}

static void
test_round_trip(unsigned char *data)
{
	static const size_t sizes[] = { 0, 1, 65535, 65536, COMPRESS_BLOCK - 1, COMPRESS_BLOCK,
		COMPRESS_BLOCK + 1, 3 * COMPRESS_BLOCK, 5 * COMPRESS_BLOCK + 12345 };
	size_t i;

	fill_mixed(data, 6 * COMPRESS_BLOCK);
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		test_size(data, sizes[i]);
}

/* How long len bytes of data become as one gzip member, 0 on failure. */
static size_t
member_size(const unsigned char *data, size_t len, bool *stored)
{
	struct compress_options opt = { .format = COMPRESSION_GZIP, .jobs = 1 };
	struct error err = { .kind = ERROR_NONE };
	struct memory m;
	size_t n = 0;

	*stored = false;
	if (compress(&opt, data, len, len, &m, &err) == 0) {
		n = m.len;
		*stored = (m.buf[10] & 6) == 0; /* BTYPE of the first deflate block */
	}
	free(m.buf);
	return n;
}

static void
test_stored(unsigned char *data)
{
	const size_t len = COMPRESS_BLOCK;
	const size_t stored_len = len + 17 * 5 + 18; /* 17 stored blocks, header, trailer */
	bool stored;
	size_t i, n;

	fill_random(data, len, 1);
	n = member_size(data, len, &stored);
	ok(stored && n == stored_len, "random bytes are stored");

	fill_text(data, len / 50, 2);
	n = member_size(data, len, &stored);
	ok(stored && n == stored_len, "so they are with 2% of text among them");
	fill_text(data, len / 10, 2);
	n = member_size(data, len, &stored);
	ok(!stored && n < len - len / 30, "and not with 10% of it");
	fill_random(data, len, 1);
	memset(data + len / 2, 0, len / 50);
	n = member_size(data, len, &stored);
	ok(n < len - len / 60, "nor with 2% of zeros");

	fill_random(data, len, 3);
	memcpy(data + 512 * 1024, data, 16 * 1024);
	n = member_size(data, len, &stored);
	ok(stored, "a repetition out of deflate's reach does not matter");
	for (i = 0; i + 60000 <= len; i += 60000)
		memcpy(data + i + 30000, data + i, 30000);
	n = member_size(data, len, &stored);
	ok(!stored && n < len * 6 / 10, "random bytes that repeat within 32 KiB are compressed");
	for (i = 0; i < len; i++)
		data[i] = (unsigned char)i;
	n = member_size(data, len, &stored);
	ok(!stored && n < len / 50, "so are all byte values again and again");

	fill_random(data, len, 4);
	n = member_size(data, 1000, &stored);
	ok(stored && n == 1000 + 5 + 18, "few random bytes are stored since they don't shrink");
	n = member_size(data, 65535 * 2, &stored);
	ok(stored && n <= 65535 * 2 + 3 * 5 + 18, "stored blocks that are full to the last byte");
	(void)member_size(data, 0, &stored);
	fill_text(data, len, 5);
	n = member_size(data, len, &stored);
	ok(!stored && n < len * 7 / 10, "text is compressed");
}

static void
test_header(unsigned char *data)
{
	static const unsigned char head[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0 };
	static const struct {
		int level;
		unsigned char xfl;
	} rows[] = { { 0, 4 }, { 1, 4 }, { 2, 0 }, { 7, 0 }, { 8, 2 }, { 12, 2 } };
	struct compress_options opt = { .format = COMPRESSION_GZIP, .jobs = 1 };
	struct error err = { .kind = ERROR_NONE };
	struct memory m;
	bool pass = true;
	size_t i, n;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		opt.level = rows[i].level;
		pass = pass && compress(&opt, (const unsigned char *)"x", 1, 1, &m, &err) == 0 &&
		    memcmp(m.buf, head, sizeof(head)) == 0 && m.buf[8] == rows[i].xfl &&
		    m.buf[9] == 255;
		free(m.buf);
	}
	ok(pass, "a gzip header has no name, no time, the level's XFL, and OS 255");
	opt.level = 0;
	pass = compress(&opt, data, 0, 1, &m, &err) == 0 && m.len > 18 && m.len < 30;
	free(m.buf);
	ok(pass, "no input gives one empty member");
	fill_random(data, 3 * COMPRESS_BLOCK, 9);
	pass = compress(&opt, data, 2 * COMPRESS_BLOCK + 1, 5, &m, &err) == 0;
	n = COMPRESS_BLOCK + 17 * 5 + 18;
	pass = pass && m.len > 2 * n && memcmp(m.buf + n, head, sizeof(head)) == 0 &&
	    memcmp(m.buf + 2 * n, head, sizeof(head)) == 0;
	free(m.buf);
	ok(pass, "each MiB of input is a member of its own");
}

static void
test_failures(unsigned char *data)
{
	static const unsigned int jobs[] = { 1, 2, 5 };
	struct compress_options opt = { .format = COMPRESSION_GZIP };
	struct error err = { .kind = ERROR_NONE };
	struct compressor *c;
	struct memory m;
	bool sticks = true, mid = true;
	size_t i, k;

	fill_random(data, COMPRESS_BLOCK, 6);
	for (i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
		opt.jobs = jobs[i];
		memory_init(&m);
		m.limit = 2 * COMPRESS_BLOCK;
		c = compressor_new(&opt, &m.writer, &err);
		err.kind = ERROR_NONE;
		for (k = 0; c != NULL && k < 40 && err.kind == ERROR_NONE; k++)
			(void)writer_write(compressor_writer(c), data, COMPRESS_BLOCK, &err);
		sticks = sticks && c != NULL && err.kind == ERROR_IO && k < 40 &&
		    strcmp(err.text, "memory: full") == 0 &&
		    writer_write(compressor_writer(c), data, 1, &err) == -1 &&
		    compressor_finish(c, &err) == -1;
		compressor_free(c);
		free(m.buf);

		memory_init(&m);
		m.limit = 100;
		c = compressor_new(&opt, &m.writer, &err);
		sticks = sticks && c != NULL &&
		    writer_write(compressor_writer(c), data, 1000, &err) == 0 &&
		    compressor_finish(c, &err) == -1 && strcmp(err.text, "memory: full") == 0;
		compressor_free(c);
		free(m.buf);

		/* Freed with blocks waiting, in work and done: nothing leaks, nothing hangs. */
		for (k = 0; k < 12; k++) {
			memory_init(&m);
			c = compressor_new(&opt, &m.writer, &err);
			mid = mid && c != NULL &&
			    (k == 0 ||
				writer_write(compressor_writer(c), data,
				    k * 300000 % COMPRESS_BLOCK + 1, &err) == 0);
			if (c != NULL && k > 4)
				mid = mid &&
				    writer_write(compressor_writer(c), data, COMPRESS_BLOCK,
					&err) == 0 &&
				    writer_write(compressor_writer(c), data, COMPRESS_BLOCK,
					&err) == 0;
			compressor_free(c);
			free(m.buf);
		}
	}
	ok(sticks, "a failure of the writer below sticks, and is told by write or by finish");
	ok(mid, "a compressor may be freed in mid-stream");
	compressor_free(NULL);
	decompressor_free(NULL);
}

/* Every cut of a small file with two members or frames is noticed, however it is read. */
static void
test_cut(enum compression format, unsigned char *data)
{
	struct compress_options opt = { .format = format, .jobs = 1 };
	struct error err = { .kind = ERROR_NONE };
	struct memory m, two, back;
	bool cut = true, whole;
	char name[128];
	size_t n, end;

	fill_text(data, 3000, 7);
	memory_init(&two);
	cut = compress(&opt, data, 1500, 1500, &m, &err) == 0 &&
	    writer_write(&two.writer, m.buf, m.len, &err) == 0;
	free(m.buf);
	end = two.len;
	cut = cut && compress(&opt, data + 1500, 1500, 1500, &m, &err) == 0 &&
	    writer_write(&two.writer, m.buf, m.len, &err) == 0;
	free(m.buf);
	whole = cut && decompress(format, two.buf, two.len, 1, 1, &back, &err) == 0 &&
	    same(&back, data, 3000);
	free(back.buf);
	for (n = 0; cut && n < two.len; n++) {
		err.kind = ERROR_NONE;
		(void)decompress(format, two.buf, n, n % 3 + 1, n % 2 + 64, &back, &err);
		free(back.buf);
		/* Where the first ends nothing is missing. */
		cut = err.kind == (n == end ? ERROR_NONE : ERROR_INPUT);
	}
	free(two.buf);
	(void)snprintf(name, sizeof(name), "%s: a byte at a time", words[format]);
	ok(whole, name);
	(void)snprintf(name, sizeof(name), "%s: cut at every byte", words[format]);
	ok(cut, name);
}

/* Padding is where looking ahead meets the end first. */
static void
test_padding(unsigned char *data)
{
	struct compress_options opt = { .format = COMPRESSION_GZIP, .jobs = 1 };
	struct error err = { .kind = ERROR_NONE };
	struct memory m, back = { .buf = NULL };
	bool pass = true;
	size_t n, step;

	for (n = 1; pass && n <= 3; n++) {
		for (step = 1; pass && step <= 3; step++) {
			pass = compress(&opt, data, 500, 500, &m, &err) == 0 &&
			    writer_write(&m.writer, "\0\0\0", n, &err) == 0;
			pass = pass &&
			    decompress(COMPRESSION_GZIP, m.buf, m.len, step, 100, &back, &err) ==
				0 &&
			    same(&back, data, 500);
			free(back.buf);
			back.buf = NULL;
			free(m.buf);
		}
	}
	ok(pass, "the reader below is not asked again after its end");
}

static int
run_tests(void)
{
	unsigned char *data;

	data = malloc(6 * COMPRESS_BLOCK);
	if (data == NULL)
		return 1;
	test_words();
	test_detect();
	test_options();
	test_header(data);
	test_stored(data);
	test_round_trip(data);
	test_failures(data);
	test_cut(COMPRESSION_GZIP, data);
	test_cut(COMPRESSION_ZSTD, data);
	test_padding(data);
	free(data);
	printf("1..%d\n", cases);
	return failures != 0;
}

/* --- as commands --- */

static int
stdout_write(struct writer *w, const void *buf, size_t len, struct error *err)
{
	(void)w;
	if (io_write(STDOUT_FILENO, buf, len) == -1)
		return error_set(err, ERROR_IO, "standard output: write error");
	return 0;
}

static int
copy(struct reader *r, struct writer *w, size_t chunk, struct error *err)
{
	char *buf;
	size_t n;
	int rc;

	buf = malloc(chunk);
	if (buf == NULL)
		return error_memory(err);
	do {
		rc = reader_read(r, buf, chunk, &n, err);
		if (rc == 0)
			rc = writer_write(w, buf, n, err);
	} while (rc == 0 && n > 0);
	free(buf);
	return rc;
}

static int
command_compress(char *argv[], struct reader *in, struct writer *out, struct error *err)
{
	struct compress_options opt = { .level = atoi(argv[1]) };
	struct compressor *c;
	int rc;

	opt.jobs = (unsigned int)strtoul(argv[2], NULL, 10);
	if (!compression_parse(argv[0], &opt.format))
		return error_set(err, ERROR_USAGE, "%s: not a format", argv[0]);
	c = compressor_new(&opt, out, err);
	if (c == NULL)
		return -1;
	rc = copy(in, compressor_writer(c), strtoul(argv[3], NULL, 10), err);
	if (rc == 0)
		rc = compressor_finish(c, err);
	compressor_free(c);
	return rc;
}

static int
command_decompress(char *argv[], struct reader *in, struct writer *out, struct error *err)
{
	enum compression format;
	struct decompressor *d;
	int rc;

	if (!compression_parse(argv[0], &format))
		return error_set(err, ERROR_USAGE, "%s: not a format", argv[0]);
	d = decompressor_new(format, in, err);
	if (d == NULL)
		return -1;
	rc = copy(decompressor_reader(d), out, strtoul(argv[1], NULL, 10), err);
	decompressor_free(d);
	return rc;
}

static int
command_detect(struct reader *in, struct error *err)
{
	static const char *const magics[] = { "none", "gzip", "zstd", "xz", "bzip2" };
	unsigned char buf[COMPRESSION_MAGIC];
	size_t n;

	if (reader_fill(in, buf, sizeof(buf), &n, err) == -1)
		return -1;
	puts(magics[compression_detect(buf, n)]);
	return 0;
}

int
main(int argc, char *argv[])
{
	struct writer out = { .write = stdout_write, .name = "standard output" };
	struct error err = { .kind = ERROR_NONE };
	struct reader_fd in;
	struct rusage usage;
	bool peak;

	if (argc == 1)
		return run_tests();
	peak = strcmp(argv[argc - 1], "peak") == 0;
	if (peak)
		argc--;
	if (reader_fd_open(&in, "-", &err) == 0) {
		if (argc == 6 && strcmp(argv[1], "compress") == 0)
			(void)command_compress(argv + 2, &in.reader, &out, &err);
		else if (argc == 4 && strcmp(argv[1], "decompress") == 0)
			(void)command_decompress(argv + 2, &in.reader, &out, &err);
		else if (argc == 2 && strcmp(argv[1], "detect") == 0)
			(void)command_detect(&in.reader, &err);
		else
			(void)error_set(&err, ERROR_USAGE, "%s: not a command", argv[1]);
	}
	if (peak && getrusage(RUSAGE_SELF, &usage) == 0)
		fprintf(stderr, "%ld\n", usage.ru_maxrss);
	return error_report(&err, "codec", stderr);
}
