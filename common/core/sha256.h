/*
 * sha256.h - SHA-256 (FIPS 180-4) by the processor's own instructions, as a BearSSL hash class
 *
 * Its context is BearSSL's br_sha256_context. For core/digest.c, and core alone.
 */
#ifndef CORE_SHA256_H
#define CORE_SHA256_H

#include <bearssl.h>

/* NULL where this processor has no such instructions. */
const br_hash_class *sha256_hardware(void);

#endif
