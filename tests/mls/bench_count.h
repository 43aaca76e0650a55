/*
 * Counting what a call costs at least: its X25519, Ed25519 and hash
 * operations, and the memory it keeps.
 *
 * The benchmark is linked so that every call of ours into libsodium's
 * primitives and into the allocator is counted here.
 */
#ifndef TESTS_MLS_BENCH_COUNT_H
#define TESTS_MLS_BENCH_COUNT_H

#include <stddef.h>
#include <stdint.h>

struct bench_count {
	uint64_t dh;   /* X25519 with another's key */
	uint64_t base; /* X25519 with the base point */
	uint64_t sign;
	uint64_t sign_bytes;
	uint64_t verify;
	uint64_t verify_bytes;
	uint64_t keys; /* Ed25519 key pairs */
	uint64_t hash; /* SHA-256, each begun once */
	uint64_t hash_bytes;
	uint64_t mac_keys; /* HMAC-SHA-256 keyed */
	uint64_t mac;	   /* ... and ended, perhaps several from one key */
	uint64_t mac_bytes;
};

/**
 * bench_now():
 * Nanoseconds of processor time.
 */
uint64_t bench_now(void);

/**
 * bench_count_reset(), bench_count_get(ret, n):
 * Start counting at nothing; what was counted since, divided by ${n}.
 */
void bench_count_reset(void);
void bench_count_get(struct bench_count *ret, uint64_t n);

/**
 * bench_units_measure():
 * Measure what each primitive costs here and now.
 */
void bench_units_measure(void);

/**
 * bench_units_print():
 * Print them.
 */
void bench_units_print(void);

/**
 * bench_bare(c):
 * Return what the counted primitives cost, in nanoseconds.
 */
double bench_bare(const struct bench_count *c);

/**
 * bench_live():
 * Return the bytes that are allocated now, as the allocator rounds them.
 */
long bench_live(void);

#endif
