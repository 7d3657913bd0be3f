#include <inttypes.h>
#include <stdint.h>
#include <string.h>

#include "core/error.h"
#include "core/tar.h"
#include "stream/sniff_private.h"

#define BLOBS "blobs/sha256/"
#define HEX_LEN 64

/* Headers that a word may cost: 48 KiB, but for docker archives, whose list comes last. */
#define MAX_WORD_HEADERS 96
/* Ours: entries of a docker archive; one of 127 layers has 510. */
#define MAX_DOCKER_HEADERS 65536
/* An ISO image begins with 32 KiB of zeros, as an empty tar does with less. */
#define ZEROS_AHEAD ((size_t)64 * 1024)

/* What the entries so far are, and why the look at them ended. */
struct census {
	bool layout, index, blob;
	bool manifest;	    /* manifest.json is there */
	enum format listed; /* by its content */
	bool docker;	    /* a name that only a docker archive has */
	bool many_manifests;
	uint64_t n;	     /* entries */
	bool whole;	     /* the archive's end was seen */
	struct error broken; /* else what is malformed, or ERROR_NONE: it was enough */
	const char *why;     /* broken without the name of the input */
};

static bool
is_hex(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f')))
			return false;
	return true;
}

static bool
ends(const char *name, const char *with)
{
	size_t len = strlen(name), n = strlen(with);

	return len > n && strcmp(name + len - n, with) == 0;
}

/*
 * docker save before 25: HEX/, HEX/layer.tar, HEX.json; skopeo and podman: HEX.tar; crane and
 * kaniko: sha256:HEX and HEX.tar.gz. Nothing else has such names.
 */
static bool
is_docker_own(const char *name)
{
	return strncmp(name, "sha256:", 7) == 0 ||
	    (strcspn(name, "/.") == HEX_LEN && is_hex(name, HEX_LEN));
}

/* Any name will do that manifest.json lists; these are the endings in use. */
static bool
is_docker(const char *name)
{
	return is_docker_own(name) || strcmp(name, "repositories") == 0 || ends(name, ".json") ||
	    ends(name, ".tar") || ends(name, ".tar.gz") || ends(name, ".tgz");
}

const char *
sniff_member_hex(const char *name)
{
	return name + sizeof(BLOBS) - 1;
}

enum member
sniff_member(const char *name)
{
	const char *hex = sniff_member_hex(name);

	if (strcmp(name, "oci-layout") == 0)
		return MEMBER_OCI_LAYOUT;
	if (strcmp(name, "index.json") == 0)
		return MEMBER_INDEX;
	if (strcmp(name, "manifest.json") == 0)
		return MEMBER_MANIFEST;
	if (strncmp(name, BLOBS, sizeof(BLOBS) - 1) == 0)
		return strlen(hex) == HEX_LEN && is_hex(hex, HEX_LEN) ? MEMBER_BLOB : MEMBER_OTHER;
	return is_docker(name) ? MEMBER_DOCKER : MEMBER_OTHER;
}

static int
count_manifest(struct census *c, struct tar_reader *t, const struct tar_entry *e, struct error *err)
{
	char text[MANIFEST_AHEAD];
	size_t len;

	c->many_manifests = c->manifest;
	c->manifest = true;
	if (e->type != TAR_FILE)
		return 0;
	if (reader_fill(&t->content, text, sizeof(text), &len, err) == -1)
		return -1;
	c->listed = sniff_manifest(text, len);
	return 0;
}

static int
count_entry(struct census *c, struct tar_reader *t, const struct tar_entry *e, struct error *err)
{
	c->n++;
	switch (sniff_member(e->name)) {
	case MEMBER_OCI_LAYOUT:
		c->layout = true;
		break;
	case MEMBER_INDEX:
		c->index = true;
		break;
	case MEMBER_BLOB:
		c->blob = true;
		break;
	case MEMBER_MANIFEST:
		return count_manifest(c, t, e, err);
	case MEMBER_DOCKER:
		c->docker = c->docker || is_docker_own(e->name);
		break;
	case MEMBER_OTHER:
		break;
	}
	return 0;
}

/* Is what was seen enough for a word? */
static bool
is_enough(const struct census *c, const struct tar_entry *e, enum sniff_depth depth, bool seekable)
{
	/* What follows the mark of a layout may be gigabytes on a pipe. */
	if (!seekable && (c->layout || e->offset + e->size > SNIFF_AHEAD))
		return true;
	if (depth == SNIFF_WHOLE)
		return false;
	if (c->layout && c->index)
		return true;
	if (c->docker && !c->manifest && !c->layout && !c->index)
		return c->n >= MAX_DOCKER_HEADERS;
	return c->n >= MAX_WORD_HEADERS;
}

static int
walk(struct census *c, struct reader *r, enum sniff_depth depth, bool seekable, struct error *err)
{
	struct tar_reader t;
	struct tar_entry entry;
	enum tar_event event;
	int rc;

	tar_reader_init(&t, r, TAR_STREAM);
	do {
		rc = tar_reader_next(&t, &event, &entry, err);
		if (rc == 0 && event != TAR_ENTRY)
			c->whole = true;
		else if (rc == 0)
			rc = count_entry(c, &t, &entry, err);
	} while (rc == 0 && !c->whole && !is_enough(c, &entry, depth, seekable));
	tar_reader_release(&t);
	if (rc == -1 && err->kind == ERROR_INPUT) {
		c->broken = *err;
		c->why = sniff_reason(&c->broken, r->name);
		*err = (struct error){ .kind = ERROR_NONE };
		rc = 0;
	}
	return rc;
}

static void
resemble(struct sniff *s, enum format f, const struct census *c, const char *lack)
{
	sniff_answer(s, FORMAT_TAR, "%s%s%s", lack, c->broken.kind == ERROR_NONE ? "" : ": ",
	    c->broken.kind == ERROR_NONE ? "" : c->why);
	s->resembles = f;
}

/* A layout by its entries, whole as far as one looked, or the reason against it. */
static void
judge_layout(struct sniff *s, const struct census *c)
{
	bool open = !c->whole && c->broken.kind == ERROR_NONE;

	if (c->layout && c->index) {
		sniff_answer(s, FORMAT_OCI_LAYOUT, "has oci-layout and index.json");
		if (c->listed == FORMAT_DOCKER_ARCHIVE)
			s->also = FORMAT_DOCKER_ARCHIVE;
	} else if (open) {
		sniff_answer(s, FORMAT_OCI_LAYOUT, "its first entries are a layout's");
	} else if (!c->index) {
		resemble(s, FORMAT_OCI_LAYOUT, c, "like an OCI layout, but has no index.json");
	} else {
		resemble(s, FORMAT_OCI_LAYOUT, c, "like an OCI layout, but has no oci-layout");
	}
}

static void
judge_listed(struct sniff *s, const struct census *c)
{
	if (c->many_manifests)
		resemble(s, FORMAT_DOCKER_ARCHIVE, c, "has manifest.json twice");
	else if (c->listed == FORMAT_DOCKER_ARCHIVE)
		sniff_answer(s, c->listed, "its manifest.json lists Config and Layers");
	else if (c->listed == FORMAT_IMGPKG)
		sniff_answer(s, c->listed, "its manifest.json lists Image and ImageIndex");
	else
		sniff_answer(s, FORMAT_TAR, "its manifest.json is neither docker's nor imgpkg's");
}

static void
judge(struct sniff *s, const struct census *c)
{
	if (c->manifest && !c->layout && !c->index && (c->listed != FORMAT_UNKNOWN || !c->blob))
		judge_listed(s, c);
	else if (c->layout || c->index || c->blob)
		judge_layout(s, c);
	else if (c->broken.kind != ERROR_NONE)
		sniff_answer(s, c->n == 0 ? FORMAT_UNKNOWN : FORMAT_TAR, "%s", c->why);
	else if (c->docker && !c->whole)
		sniff_answer(s, FORMAT_DOCKER_ARCHIVE, "its first entries are a docker archive's");
	else if (c->n == 0)
		sniff_answer(s, FORMAT_TAR, "an empty archive");
	else
		sniff_answer(s, FORMAT_TAR,
		    "entries of neither layout nor docker archive: a layer");
}

/* After two zero blocks and nothing else: an empty tar has only zeros after them. */
static int
check_zeros(struct sniff *s, struct reader *r, struct error *err)
{
	static const char zeros[4096];
	char buf[sizeof(zeros)];
	size_t len, seen;

	for (seen = 0; seen < ZEROS_AHEAD; seen += len) {
		if (reader_fill(r, buf, sizeof(buf), &len, err) == -1)
			return -1;
		if (memcmp(buf, zeros, len) != 0) {
			sniff_answer(s, FORMAT_UNKNOWN, "zeros, then binary data (a disk image?)");
			return 0;
		}
		if (len < sizeof(buf))
			return 0;
	}
	return 0;
}

int
sniff_tar(struct sniff *s, struct reader *r, enum sniff_depth depth, bool seekable,
    struct error *err)
{
	struct census c = { .listed = FORMAT_UNKNOWN };

	if (walk(&c, r, depth, seekable, err) == -1)
		return -1;
	judge(s, &c);
	return c.whole && c.n == 0 ? check_zeros(s, r, err) : 0;
}
