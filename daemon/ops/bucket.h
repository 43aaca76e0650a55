/*
 * Token buckets: how much one sender may do, and when again.
 *
 * Times are milliseconds of a clock that never jumps. A bucket starts full.
 */
#ifndef OPS_BUCKET_H
#define OPS_BUCKET_H

#include "base/bytes.h"

struct bucket_rate {
	uint64_t per_minute; /* 0: no limit */
	uint64_t burst;	     /* tokens that fit in, above 0 */
};

struct bucket {
	uint64_t level; /* 60,000ths of a token */
	uint64_t at;	/* when it was that */
};

/**
 * bucket_init(b, rate, now):
 * Make ${b} full.
 */
void bucket_init(
	struct bucket *b, const struct bucket_rate *rate, uint64_t now);

/**
 * bucket_wait(b, rate, n, now):
 * Return 0 iff ${n} tokens are there, else in how many milliseconds they will
 * be, at least 1. Takes nothing. More tokens than the burst are counted as the
 * burst.
 */
uint64_t bucket_wait(struct bucket *b, const struct bucket_rate *rate,
	uint64_t n, uint64_t now);

/**
 * bucket_take(b, rate, n):
 * Take ${n} tokens, after bucket_wait said that they are there.
 */
void bucket_take(struct bucket *b, const struct bucket_rate *rate, uint64_t n);

/**
 * bucket_give(b, rate, n):
 * Give ${n} tokens back, never more than fit in.
 */
void bucket_give(struct bucket *b, const struct bucket_rate *rate, uint64_t n);

#endif
