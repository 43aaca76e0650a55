/*
 * SHA-256 of public strings: see sha256.h.
 */
#include "crypto/sha256.h"

#include <stdatomic.h>
#include <string.h>

#include <sodium.h>

#if defined(__x86_64__) && defined(__GNUC__)
#include <cpuid.h>
#include <immintrin.h>

#define BLOCK	64
#define TAIL	9 /* at least: a bit, and the length in bits */
#define GROUPS	16
#define SSSE3	(1u << 9)  /* of leaf 1, ecx */
#define SSE41	(1u << 19) /* likewise */
#define SHA_EXT (1u << 29) /* of leaf 7, ebx */

/* FIPS 180-4, section 4.2.2 and 5.3.3. */
static const uint32_t constants[4 * GROUPS] = {0x428a2f98, 0x71374491,
	0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe,
	0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
	0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d,
	0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb,
	0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3,
	0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
	0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb,
	0xbef9a3f7, 0xc67178f2};
static const uint32_t initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372,
	0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

#define FAST __attribute__((target("sha,sse4.1")))

FAST static inline __m128i load(const void *p)
{
	return _mm_loadu_si128(p);
}

/* Bytes of each word the other way round. */
FAST static inline __m128i swap(__m128i words)
{
	return _mm_shuffle_epi8(
		words, _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
}

/* Four words of the schedule out of the sixteen before them. */
FAST static inline __m128i next(__m128i a, __m128i b, __m128i c, __m128i d)
{
	__m128i sum = _mm_add_epi32(
		_mm_sha256msg1_epu32(a, b), _mm_alignr_epi8(d, c, 4));

	return _mm_sha256msg2_epu32(sum, d);
}

/* The instructions keep the state as (a, b, e, f) and (c, d, g, h). */
FAST static void blocks(uint32_t state[8], const uint8_t *p, size_t n)
{
	__m128i low = _mm_shuffle_epi32(load(&state[0]), 0xb1);
	__m128i high = _mm_shuffle_epi32(load(&state[4]), 0x1b);
	__m128i abef = _mm_alignr_epi8(low, high, 8);
	__m128i cdgh = _mm_blend_epi16(high, low, 0xf0);

	for (; n > 0; n--, p += BLOCK) {
		__m128i was_abef = abef, was_cdgh = cdgh, w[GROUPS], k;

		for (int i = 0; i < 4; i++)
			w[i] = swap(load(p + 16 * i));
#pragma GCC unroll 16
		for (int i = 0; i < GROUPS; i++) {
			if (i >= 4)
				w[i] = next(
					w[i - 4], w[i - 3], w[i - 2], w[i - 1]);
			k = _mm_add_epi32(w[i], load(&constants[4 * i]));
			cdgh = _mm_sha256rnds2_epu32(cdgh, abef, k);
			abef = _mm_sha256rnds2_epu32(
				abef, cdgh, _mm_shuffle_epi32(k, 0x0e));
		}
		abef = _mm_add_epi32(abef, was_abef);
		cdgh = _mm_add_epi32(cdgh, was_cdgh);
	}
	low = _mm_shuffle_epi32(abef, 0x1b);
	high = _mm_shuffle_epi32(cdgh, 0xb1);
	_mm_storeu_si128((void *)&state[0], _mm_blend_epi16(low, high, 0xf0));
	_mm_storeu_si128((void *)&state[4], _mm_alignr_epi8(high, low, 8));
}

static void fast(struct bytes data, uint8_t ret[SHA256_LEN])
{
	size_t whole = data.len / BLOCK, rest = data.len % BLOCK, n;
	uint8_t end[2 * BLOCK] = {0};
	uint64_t bits = (uint64_t)data.len * 8;
	uint32_t state[8];

	memcpy(state, initial, sizeof state);
	blocks(state, data.data, whole);
	if (rest > 0)
		memcpy(end, data.data + whole * BLOCK, rest);
	end[rest] = 0x80;
	n = rest + TAIL > BLOCK ? 2 : 1;
	for (int i = 0; i < 8; i++)
		end[n * BLOCK - 1 - i] = (uint8_t)(bits >> 8 * i);
	blocks(state, end, n);
	for (int i = 0; i < SHA256_LEN; i++)
		ret[i] = (uint8_t)(state[i / 4] >> (24 - 8 * (i % 4)));
}

static bool usable(void)
{
	static const uint8_t text[BLOCK + 1] = "one block and some";
	uint8_t a[SHA256_LEN], b[SHA256_LEN];
	unsigned eax, ebx, ecx, edx;

	if (!__get_cpuid(1, &eax, &ebx, &ecx, &edx) ||
		(ecx & (SSSE3 | SSE41)) != (SSSE3 | SSE41) ||
		!__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) ||
		(ebx & SHA_EXT) == 0)
		return false;
	fast(bytes_of(text, sizeof text), a);
	(void)crypto_hash_sha256(b, text, sizeof text);
	return memcmp(a, b, sizeof a) == 0;
}

#else
static void fast(struct bytes data, uint8_t ret[SHA256_LEN])
{
	(void)crypto_hash_sha256(ret, data.data, data.len);
}

static bool usable(void)
{
	return false;
}
#endif

void sha256_public(struct bytes data, uint8_t ret[SHA256_LEN])
{
	/* What the processor can do: asking it each time costs more. */
	static _Atomic int found;
	int can = atomic_load_explicit(&found, memory_order_relaxed);

	if (can == 0) {
		can = usable() ? 1 : -1;
		atomic_store_explicit(&found, can, memory_order_relaxed);
	}
	if (can > 0)
		fast(data, ret);
	else
		(void)crypto_hash_sha256(ret, data.data, data.len);
}
