/*
 * workload - the folders that every figure is measured on
 *
 *     workload S|M|N|L|T DIR
 *
 * S: 1 MB in 100 files. M: 500 MB in 866 files of 4 KiB to 4 MiB. N: 30,000 small files in
 * 300 folders. L: 2 GB in 32 files of 64 MB. T: 299,700 files of a few bytes in 300 folders. Each
 * holds by bytes 40 % text, 40 % binaries and
 * 20 % that does not compress, without holes. The bytes depend on the letter alone.
 */
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CHUNK ((size_t)1024 * 1024)
#define N_WORDS 4096
#define MAX_WORD 12
#define MIB ((uint64_t)1024 * 1024)

enum content { TEXT, BINARY, NOISE };

struct random {
	uint64_t state;
};

struct word {
	char text[MAX_WORD];
	unsigned char len;
};

struct generator {
	struct random random;
	struct word words[N_WORDS];
	unsigned char chunk[CHUNK + 64]; /* a word more than asked for may be written */
	uint64_t made[3];		 /* bytes of each content so far */
};

struct plan {
	const char *name;
	uint64_t total;		    /* bytes, or 0: n_files decides */
	unsigned int n_files;	    /* or 0: total decides */
	uint64_t smallest, largest; /* a file's size; the logarithm is uniform */
	unsigned int per_folder;
};

static const struct plan plans[] = {
	{ "S", MIB, 0, 512, 64 * 1024, 10 },
	{ "M", 500 * MIB, 0, 4 * 1024, 4 * MIB, 50 },
	{ "N", 0, 30000, 16, 8 * 1024, 100 },
	{ "L", 2048 * MIB, 0, 64 * MIB, 64 * MIB, 1 },
	{ "T", 0, 299700, 8, 64, 999 },
};

/* splitmix64: any state will do, and one step costs three multiplications. */
static uint64_t
next(struct random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15U;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

static void
init(struct generator *g, const char *name)
{
	static const char letters[] = "etaoinshrdlucmfwypvbgkjqxz_0";
	size_t i, j;

	memset(g, 0, sizeof(*g));
	g->random.state = (unsigned char)name[0];
	for (i = 0; i < N_WORDS; i++) {
		g->words[i].len = (unsigned char)(2 + next(&g->random) % (MAX_WORD - 2));
		for (j = 0; j < g->words[i].len; j++) {
			uint64_t a = next(&g->random) % (sizeof(letters) - 1);
			uint64_t b = next(&g->random) % (sizeof(letters) - 1);

			g->words[i].text[j] = letters[a < b ? a : b];
		}
	}
}

/* Frequent words first, as in any language: the smaller of two numbers, twice over. */
static void
make_text(struct generator *g, size_t len)
{
	size_t at = 0, line = 0;

	while (at < len) {
		uint64_t r = next(&g->random);
		uint64_t a = r % N_WORDS, b = (r >> 16) % N_WORDS, c = (r >> 32) % N_WORDS;
		const struct word *w;

		a = a < b ? a : b;
		w = &g->words[a < c ? a : c];
		memcpy(g->chunk + at, w->text, MAX_WORD);
		at += w->len;
		line += w->len + 1U;
		g->chunk[at++] = line > 60 ? '\n' : ' ';
		if (line > 60)
			line = 0;
	}
}

/* Records of 16 bytes as in code and tables: few operations, near addresses, small numbers. */
static void
make_binary(struct generator *g, size_t len)
{
	uint32_t address = 0x400000;
	size_t at;

	for (at = 0; at < len; at += 16) {
		uint64_t r = next(&g->random);
		unsigned char *p = g->chunk + at;
		uint32_t operand = (uint32_t)(r >> 8) & ((r & 3) != 0 ? 0x3fU : 0xffffU);

		address += 16;
		memset(p, 0, 16);
		p[0] = (unsigned char)(0x48 + (r & 7));
		p[1] = (unsigned char)(0x89 + ((r >> 3) & 1));
		memcpy(p + 4, &address, sizeof(address));
		memcpy(p + 8, &operand, sizeof(operand));
		if ((r >> 60) == 0)
			memcpy(p + 8, &r, sizeof(r));
	}
}

static void
make_noise(struct generator *g, size_t len)
{
	size_t at;

	for (at = 0; at < len; at += 8) {
		uint64_t r = next(&g->random);

		memcpy(g->chunk + at, &r, sizeof(r));
	}
}

static int
fill(struct generator *g, const char *path, enum content content, uint64_t size)
{
	uint64_t left;
	size_t n;
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, content == BINARY ? 0755 : 0644);
	if (fd == -1)
		return -1;
	for (left = size; left > 0; left -= n) {
		n = left < CHUNK ? (size_t)left : CHUNK;
		if (content == TEXT)
			make_text(g, n);
		else if (content == BINARY)
			make_binary(g, n);
		else
			make_noise(g, n);
		if (write(fd, g->chunk, n) != (ssize_t)n) {
			(void)close(fd);
			return -1;
		}
	}
	g->made[content] += size;
	return close(fd);
}

/* What is furthest behind its share of 40, 40 and 20 %. */
static enum content
choose(const struct generator *g)
{
	if (g->made[NOISE] * 2 < g->made[TEXT] && g->made[NOISE] * 2 < g->made[BINARY])
		return NOISE;
	return g->made[TEXT] <= g->made[BINARY] ? TEXT : BINARY;
}

/* Each doubling from the smallest to the largest is as likely as the others. */
static uint64_t
choose_size(struct generator *g, const struct plan *p)
{
	unsigned int doublings = 0;
	uint64_t size;

	while (p->smallest << (doublings + 1) <= p->largest)
		doublings++;
	if (doublings == 0)
		return p->largest;
	size = p->smallest << (next(&g->random) % doublings);
	return size + next(&g->random) % size;
}

static int
make(struct generator *g, const struct plan *p, const char *dir)
{
	static const char *const suffix[] = { "txt", "bin", "dat" };
	char path[4096];
	uint64_t done = 0, size;
	unsigned int i;
	enum content content;

	if (mkdir(dir, 0755) == -1)
		return -1;
	for (i = 0; p->n_files != 0 ? i < p->n_files : done < p->total; i++) {
		(void)snprintf(path, sizeof(path), "%s/d%03u", dir, i / p->per_folder);
		if (i % p->per_folder == 0 && mkdir(path, 0755) == -1)
			return -1;
		content = choose(g);
		size = choose_size(g, p);
		if (p->total != 0 && size > p->total - done)
			size = p->total - done;
		(void)snprintf(path, sizeof(path), "%s/d%03u/file%05u.%s", dir, i / p->per_folder,
		    i, suffix[content]);
		if (fill(g, path, content, size) == -1)
			return -1;
		done += size;
	}
	return 0;
}

int
main(int argc, char *argv[])
{
	static struct generator g;
	size_t i;

	for (i = 0; argc == 3 && i < sizeof(plans) / sizeof(plans[0]); i++) {
		if (strcmp(plans[i].name, argv[1]) != 0)
			continue;
		init(&g, argv[1]);
		(void)umask(022);
		if (make(&g, &plans[i], argv[2]) == 0)
			return 0;
		(void)fprintf(stderr, "workload: %s: %s\n", argv[2], strerror(errno));
		return 1;
	}
	(void)fprintf(stderr, "usage: workload S|M|N|L|T directory\n");
	return 2;
}
