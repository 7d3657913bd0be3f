/*
 * SHA-256 by the processor's own instructions: 1.4 GB/s a core where BearSSL's portable
 * code runs at 0.2. Everything but the rounds is in digest.c.
 */
#include "core/sha256.h"

#include <bearssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) || (defined(__aarch64__) && defined(__linux__))
#define HARDWARE 1

/* n blocks of 64 bytes into the eight words of the state; FIPS 180-4, section 6.2.2 */
static void compress(uint32_t state[8], const unsigned char *p, size_t n);
static bool supported(void);

/* FIPS 180-4, section 4.2.2 */
static const uint32_t K[64] __attribute__((aligned(16))) = { 0x428a2f98, 0x71374491, 0xb5c0fbcf,
	0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
	0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1,
	0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351,
	0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb,
	0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
	0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
	0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814,
	0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2 };
#endif

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>

#if __has_include(<sys/platform/x86.h>)
#include <sys/platform/x86.h>
#define KNOWN_PROCESSOR 1
#endif

/* The instructions want the state as two words ABEF and CDGH (Intel SDM, SHA256RNDS2). */
__attribute__((target("sha,sse4.1,ssse3"))) static void
compress(uint32_t state[8], const unsigned char *p, size_t n)
{
	const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
	__m128i t, abef, cdgh, abef0, cdgh0, m[4], k;
	int i;

	t = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)state), 0xb1);
	cdgh = _mm_shuffle_epi32(_mm_loadu_si128((const __m128i *)(const void *)(state + 4)), 0x1b);
	abef = _mm_alignr_epi8(t, cdgh, 8);
	cdgh = _mm_blend_epi16(cdgh, t, 0xf0);
	for (; n > 0; n--, p += 64) {
		abef0 = abef;
		cdgh0 = cdgh;
		for (i = 0; i < 4; i++)
			m[i] = _mm_shuffle_epi8(_mm_loadu_si128(
						    (const __m128i *)(const void *)(p + 16 * i)),
			    swap);
#pragma GCC unroll 16
		for (i = 0; i < 16; i++) {
			k = _mm_add_epi32(m[i & 3],
			    _mm_load_si128((const __m128i *)(const void *)(K + 4 * i)));
			cdgh = _mm_sha256rnds2_epu32(cdgh, abef, k);
			abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(k, 0x0e));
			if (i < 12) {
				/* W[t+16..t+19] from the four words that the window holds */
				t = _mm_sha256msg1_epu32(m[i & 3], m[(i + 1) & 3]);
				t = _mm_add_epi32(t,
				    _mm_alignr_epi8(m[(i + 3) & 3], m[(i + 2) & 3], 4));
				m[i & 3] = _mm_sha256msg2_epu32(t, m[(i + 3) & 3]);
			}
		}
		abef = _mm_add_epi32(abef, abef0);
		cdgh = _mm_add_epi32(cdgh, cdgh0);
	}
	t = _mm_shuffle_epi32(abef, 0x1b);
	cdgh = _mm_shuffle_epi32(cdgh, 0xb1);
	_mm_storeu_si128((__m128i *)(void *)state, _mm_blend_epi16(t, cdgh, 0xf0));
	_mm_storeu_si128((__m128i *)(void *)(state + 4), _mm_alignr_epi8(cdgh, t, 8));
}

/* Under a hypervisor each question to the processor traps and costs 10 us and more, and every
 * digest asks: so the C library's own answer is taken where it keeps one (glibc 2.33). */
#ifdef KNOWN_PROCESSOR
static bool
supported(void)
{
	return x86_cpu_present(x86_cpu_SHA) && x86_cpu_present(x86_cpu_SSE4_1) &&
	    x86_cpu_present(x86_cpu_SSSE3);
}
#else
static bool
supported(void)
{
	unsigned int a, b, c, d;

	/* Asked as seldom as can be: under a hypervisor each question costs 10 us. */
	if (__get_cpuid_max(0, NULL) < 7)
		return false;
	__cpuid_count(7, 0, a, b, c, d);
	if ((b & bit_SHA) == 0)
		return false;
	__cpuid(1, a, b, c, d);
	return (c & bit_SSE4_1) != 0 && (c & bit_SSSE3) != 0;
}
#endif

#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>

#include <arm_neon.h>

/* HWCAP_SHA2 in the kernel's asm/hwcap.h */
#define CAP_SHA2 (1UL << 6)

__attribute__((target("+crypto"))) static void
compress(uint32_t state[8], const unsigned char *p, size_t n)
{
	uint32x4_t abcd = vld1q_u32(state), efgh = vld1q_u32(state + 4), abcd0, efgh0, m[4], k, t;
	int i;

	for (; n > 0; n--, p += 64) {
		abcd0 = abcd;
		efgh0 = efgh;
		for (i = 0; i < 4; i++)
			m[i] = vreinterpretq_u32_u8(vrev32q_u8(vld1q_u8(p + 16 * i)));
#pragma GCC unroll 16
		for (i = 0; i < 16; i++) {
			k = vaddq_u32(m[i & 3], vld1q_u32(K + 4 * i));
			if (i < 12)
				m[i & 3] =
				    vsha256su1q_u32(vsha256su0q_u32(m[i & 3], m[(i + 1) & 3]),
					m[(i + 2) & 3], m[(i + 3) & 3]);
			t = abcd;
			abcd = vsha256hq_u32(abcd, efgh, k);
			efgh = vsha256h2q_u32(efgh, t, k);
		}
		abcd = vaddq_u32(abcd, abcd0);
		efgh = vaddq_u32(efgh, efgh0);
	}
	vst1q_u32(state, abcd);
	vst1q_u32(state + 4, efgh);
}

static bool
supported(void)
{
	return (getauxval(AT_HWCAP) & CAP_SHA2) != 0;
}
#endif

#ifdef HARDWARE
static const br_hash_class hardware;

static void
hash_init(const br_hash_class **ctx)
{
	br_sha256_context *c = (br_sha256_context *)(void *)ctx;

	br_sha256_init(c);
	c->vtable = &hardware;
}

static void
hash_update(const br_hash_class **ctx, const void *data, size_t len)
{
	br_sha256_context *c = (br_sha256_context *)(void *)ctx;
	const unsigned char *p = data;
	size_t have = (size_t)(c->count & 63), n;

	c->count += len;
	if (have > 0) {
		n = len < 64 - have ? len : 64 - have;
		memcpy(c->buf + have, p, n);
		if (have + n < 64)
			return;
		compress(c->val, c->buf, 1);
		p += n;
		len -= n;
	}
	n = len / 64;
	compress(c->val, p, n);
	if (len % 64 > 0)
		memcpy(c->buf, p + n * 64, len % 64);
}

static void
hash_out(const br_hash_class *const *ctx, void *out)
{
	const br_sha256_context *c = (const br_sha256_context *)(const void *)ctx;
	unsigned char tail[128] = { 0 }, *to = out;
	uint32_t state[8];
	uint64_t bits = c->count << 3;
	size_t have = (size_t)(c->count & 63), n = have < 56 ? 64 : 128, i;

	/* FIPS 180-4, section 5.1.1: a one bit, zeros, the length in bits */
	memcpy(state, c->val, sizeof(state));
	memcpy(tail, c->buf, have);
	tail[have] = 0x80;
	for (i = 0; i < 8; i++)
		tail[n - 1 - i] = (unsigned char)(bits >> (8 * i));
	compress(state, tail, n / 64);
	for (i = 0; i < 32; i++)
		to[i] = (unsigned char)(state[i / 4] >> (24 - 8 * (i % 4)));
}

static uint64_t
hash_state(const br_hash_class *const *ctx, void *out)
{
	/* The same layout as BearSSL's own class: its code serves both. */
	return br_sha256_state((const br_sha256_context *)(const void *)ctx, out);
}

static void
hash_set_state(const br_hash_class **ctx, const void *state, uint64_t count)
{
	br_sha256_set_state((br_sha256_context *)(void *)ctx, state, count);
}

static const br_hash_class hardware = {
	.context_size = sizeof(br_sha256_context),
	.desc = BR_HASHDESC_ID(br_sha256_ID) | BR_HASHDESC_OUT(br_sha256_SIZE) |
	    BR_HASHDESC_STATE(br_sha256_SIZE) | BR_HASHDESC_LBLEN(6) | BR_HASHDESC_MD_PADDING |
	    BR_HASHDESC_MD_PADDING_BE,
	.init = hash_init,
	.update = hash_update,
	.out = hash_out,
	.state = hash_state,
	.set_state = hash_set_state,
};

const br_hash_class *
sha256_hardware(void)
{
	return supported() ? &hardware : NULL;
}
#else
const br_hash_class *
sha256_hardware(void)
{
	return NULL;
}
#endif
