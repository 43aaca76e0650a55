/*
 * Randomness from a seed: see mls_rng.h.
 */
#include <string.h>

#include <sodium.h>

#include "lib/mls_rng.h"

void mls_rng_bytes(struct mls_rng *rng, uint8_t *ret, size_t len)
{
	uint8_t seed[randombytes_SEEDBYTES] = {0};

	memcpy(seed, &rng->seed, sizeof rng->seed);
	memcpy(seed + sizeof rng->seed, &rng->counter, sizeof rng->counter);
	rng->counter++;
	randombytes_buf_deterministic(ret, len, seed);
}

uint32_t mls_rng_below(struct mls_rng *rng, uint32_t n)
{
	uint64_t r;

	/* The bias of 64 bits over a small n is of no account here. */
	mls_rng_bytes(rng, (uint8_t *)&r, sizeof r);
	return (uint32_t)(r % n);
}

bool mls_rng_one_in(struct mls_rng *rng, uint32_t n)
{
	return mls_rng_below(rng, n) == 0;
}
