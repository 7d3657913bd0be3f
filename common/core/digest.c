#include "core/digest.h"

#include <assert.h>
#include <bearssl.h>
#include <stdlib.h>
#include <string.h>

#include "core/error.h"
#include "core/sha256.h"

#define SHA256_HEX (2 * SHA256_SIZE)
#define SHA512_HEX 128

/* Descriptor.md: algorithm is runs of [a-z0-9]+ joined by one of "+._-". */
static bool
is_lower_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool
is_joiner(char c)
{
	return c == '+' || c == '.' || c == '_' || c == '-';
}

static bool
is_encoded(char c)
{
	return is_lower_alnum(c) || (c >= 'A' && c <= 'Z') || c == '=' || c == '_' || c == '-';
}

static bool
is_hex(const char *s, size_t len, size_t want)
{
	size_t i;

	if (len != want)
		return false;
	for (i = 0; i < len; i++)
		if (!((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f')))
			return false;
	return true;
}

static bool
is_grammatical(const char *text, size_t len, size_t *colon)
{
	size_t i;
	bool joined = true; /* at the start as after a joiner, a letter must come */

	for (i = 0; i < len && text[i] != ':'; i++) {
		if (is_joiner(text[i])) {
			if (joined)
				return false;
			joined = true;
		} else if (is_lower_alnum(text[i])) {
			joined = false;
		} else {
			return false;
		}
	}
	if (i == len || joined || i + 1 == len)
		return false;
	*colon = i;
	for (i++; i < len; i++)
		if (!is_encoded(text[i]))
			return false;
	return true;
}

int
digest_parse(struct digest *d, const char *text, size_t len, struct error *err)
{
	enum digest_algorithm algorithm = DIGEST_UNREGISTERED;
	size_t colon = 0;
	bool good;

	good = len <= MAX_DIGEST_TEXT && is_grammatical(text, len, &colon);
	if (good && colon == 6 && memcmp(text, "sha256", 6) == 0) {
		algorithm = DIGEST_SHA256;
		good = is_hex(text + 7, len - 7, SHA256_HEX);
	} else if (good && colon == 6 && memcmp(text, "sha512", 6) == 0) {
		algorithm = DIGEST_SHA512;
		good = is_hex(text + 7, len - 7, SHA512_HEX);
	}
	if (!good)
		return error_set(err, ERROR_INPUT, "not a digest: \"%.*s\"",
		    (int)(len < 200 ? len : 200), text);
	d->algorithm = algorithm;
	memcpy(d->text, text, len);
	d->text[len] = '\0';
	return 0;
}

bool
digest_equal(const struct digest *a, const struct digest *b)
{
	return strcmp(a->text, b->text) == 0;
}

int
digest_compare(const struct digest *a, const struct digest *b)
{
	return strcmp(a->text, b->text);
}

const char *
digest_hex(const struct digest *d)
{
	return strchr(d->text, ':') + 1;
}

static uint8_t
nibble(char c)
{
	return (uint8_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

int
digest_raw(const struct digest *d, uint8_t raw[SHA256_SIZE], struct error *err)
{
	const char *hex;
	size_t i;

	if (d->algorithm != DIGEST_SHA256)
		return error_set(err, ERROR_INPUT, "%s: only sha256 is supported", d->text);
	hex = digest_hex(d);
	for (i = 0; i < SHA256_SIZE; i++)
		raw[i] = (uint8_t)(nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]));
	return 0;
}

void
digest_from_raw(struct digest *d, const uint8_t raw[SHA256_SIZE])
{
	static const char hex[] = "0123456789abcdef";
	size_t i;

	d->algorithm = DIGEST_SHA256;
	memcpy(d->text, "sha256:", 7);
	for (i = 0; i < SHA256_SIZE; i++) {
		d->text[7 + 2 * i] = hex[raw[i] >> 4];
		d->text[8 + 2 * i] = hex[raw[i] & 15];
	}
	d->text[7 + SHA256_HEX] = '\0';
}

/* BearSSL's convention: a context begins with the pointer to its class. */
static const br_hash_class **
context(struct hasher *h)
{
	_Static_assert(sizeof(h->context) >= sizeof(br_sha256_context), "room for a context");
	return (const br_hash_class **)(void *)h->context;
}

void
hasher_init(struct hasher *h)
{
	const br_hash_class *class = NULL;
	const char *force = getenv("OCIPIPE_SHA256");

	if (force == NULL || strcmp(force, "portable") != 0)
		class = sha256_hardware();
	if (class == NULL)
		class = &br_sha256_vtable;
	class->init(context(h));
}

void
hasher_update(struct hasher *h, const void *buf, size_t len)
{
	const br_hash_class **c = context(h);

	(*c)->update(c, buf, len);
}

void
hasher_digest(const struct hasher *h, struct digest *d)
{
	const br_hash_class *const *c = (const br_hash_class *const *)(const void *)h->context;
	uint8_t raw[SHA256_SIZE];

	(*c)->out(c, raw);
	digest_from_raw(d, raw);
}

void
digest_of(struct digest *d, const void *buf, size_t len)
{
	struct hasher h;

	hasher_init(&h);
	hasher_update(&h, buf, len);
	hasher_digest(&h, d);
}

static int
verify_digest(const struct reader_verify *r, struct error *err)
{
	struct digest got;

	hasher_digest(&r->hasher, &got);
	if (!digest_equal(&got, &r->expected))
		return error_set(err, ERROR_DIGEST, "%s: content has digest %s", r->expected.text,
		    got.text);
	return 0;
}

static int
verify_read(struct reader *reader, void *buf, size_t cap, size_t *len, struct error *err)
{
	struct reader_verify *r = (struct reader_verify *)(void *)reader;
	char more;

	if (r->left == 0) {
		/* An empty blob never comes to the check below. */
		if (r->reader.offset == 0 && verify_digest(r, err) == -1)
			return -1;
		if (reader_read(r->below, &more, 1, len, err) == -1)
			return -1;
		if (*len > 0)
			return error_set(err, ERROR_DIGEST, "%s: longer than its descriptor says",
			    r->expected.text);
		return 0;
	}
	if (cap > r->left)
		cap = (size_t)r->left;
	if (reader_read(r->below, buf, cap, len, err) == -1)
		return -1;
	if (*len == 0)
		return error_set(err, ERROR_DIGEST, "%s: shorter than its descriptor says",
		    r->expected.text);
	hasher_update(&r->hasher, buf, *len);
	r->left -= *len;
	return r->left > 0 ? 0 : verify_digest(r, err);
}

void
reader_verify_init(struct reader_verify *r, struct reader *below, const struct digest *expected,
    uint64_t size)
{
	assert(expected->algorithm == DIGEST_SHA256);
	*r = (struct reader_verify){ .reader = { .read = verify_read, .name = below->name },
		.below = below,
		.expected = *expected,
		.left = size };
	hasher_init(&r->hasher);
}

static int
hash_write(struct writer *writer, const void *buf, size_t len, struct error *err)
{
	struct writer_hash *w = (struct writer_hash *)(void *)writer;

	hasher_update(&w->hasher, buf, len);
	return w->below == NULL ? 0 : writer_write(w->below, buf, len, err);
}

void
writer_hash_init(struct writer_hash *w, struct writer *below, const char *name)
{
	*w =
	    (struct writer_hash){ .writer = { .write = hash_write, .name = name }, .below = below };
	hasher_init(&w->hasher);
}
