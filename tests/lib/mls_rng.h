/*
 * Randomness for tests that is the same whenever the seed is.
 */
#ifndef TESTS_LIB_MLS_RNG_H
#define TESTS_LIB_MLS_RNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mls_rng {
	uint64_t seed;
	uint64_t counter;
};

/**
 * mls_rng_bytes(rng, ret, len):
 * The next ${len} bytes.
 */
void mls_rng_bytes(struct mls_rng *rng, uint8_t *ret, size_t len);

/**
 * mls_rng_below(rng, n), mls_rng_one_in(rng, n):
 * A number below ${n}; true once in ${n} times.
 */
uint32_t mls_rng_below(struct mls_rng *rng, uint32_t n);
bool mls_rng_one_in(struct mls_rng *rng, uint32_t n);

#endif
