/*
 * digest.h - content digests: read them, compute them, compare them
 *
 * Format:  OCI image-spec 1.1, descriptor.md, "Digests". As it asks, a well-formed
 *          digest of an algorithm we lack parses; only hashing with it is refused.
 * Memory:  struct digest is a value: copy it freely, there is nothing to free.
 *          A struct hasher is a value too, in its owner's storage; nothing to free.
 * Errors:  int functions return 0, or -1 with *err set to the kind named at the function.
 * Threads: nothing is shared; one hasher serves one thread at a time.
 */
#ifndef CORE_DIGEST_H
#define CORE_DIGEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/io.h"

struct error;

/* Bytes of text, NUL not counted: sha512, the longest registered form. */
#define MAX_DIGEST_TEXT 135
#define SHA256_SIZE 32

enum digest_algorithm { DIGEST_UNREGISTERED, DIGEST_SHA256, DIGEST_SHA512 };

struct digest {
	enum digest_algorithm algorithm;
	char text[MAX_DIGEST_TEXT + 1]; /* "sha256:6c3c...", as it was read */
};

/*
 * Reads exactly len bytes at text, which need no NUL and may hold none.
 * ERROR_INPUT: longer than MAX_DIGEST_TEXT, outside the grammar, or not the lower-case
 * hex length that its algorithm has. *d is written only on success.
 */
int digest_parse(struct digest *d, const char *text, size_t len, struct error *err);

bool digest_equal(const struct digest *a, const struct digest *b);
/* memcmp order of the texts. */
int digest_compare(const struct digest *a, const struct digest *b);

/* The part after the colon, borrowed from d: the blob's file name. */
const char *digest_hex(const struct digest *d);

/* The 32 raw bytes of a sha256 digest, for tables; ERROR_INPUT for another algorithm:
 * "sha512 is not supported", with the digest. */
int digest_raw(const struct digest *d, uint8_t raw[SHA256_SIZE], struct error *err);
void digest_from_raw(struct digest *d, const uint8_t raw[SHA256_SIZE]);

/* SHA-256 in progress: x86 SHA extensions or ARMv8 crypto where the processor has them,
 * else BearSSL's. The environment OCIPIPE_SHA256=portable forces the latter (for tests). */
struct hasher {
	uint64_t context[15]; /* a br_sha256_context, which begins with its br_hash_class */
};

void hasher_init(struct hasher *h);
/* len may be 0; buf is not kept. */
void hasher_update(struct hasher *h, const void *buf, size_t len);
/* The digest of all bytes so far; more may follow. */
void hasher_digest(const struct hasher *h, struct digest *d);

/* One call for bytes in memory. */
void digest_of(struct digest *d, const void *buf, size_t len);

/*
 * Reads below and hashes; at the end of below compares with what is expected.
 * ERROR_DIGEST: size or digest differs (both digests named); set at the read that would
 * have given the last bytes, so nobody gets all of a bad blob.
 * Too long a below is an error at the first byte too many.
 */
struct reader_verify {
	struct reader reader;
	struct reader *below;
	struct hasher hasher;
	struct digest expected;
	uint64_t left;
};
void reader_verify_init(struct reader_verify *r, struct reader *below,
    const struct digest *expected, uint64_t size);

/* Passes bytes on to below (NULL: nowhere) and hashes them. */
struct writer_hash {
	struct writer writer;
	struct writer *below;
	struct hasher hasher;
};
void writer_hash_init(struct writer_hash *w, struct writer *below, const char *name);

#endif
