/*
 * Histograms for the metrics: fixed buckets, one writer each, read by anybody.
 *
 * Adding costs a few plain stores; nothing is locked, nothing waits. A reader
 * may see a value in the sum that it does not yet see in a bucket.
 */
#ifndef OPS_METER_H
#define OPS_METER_H

#include <stdatomic.h>

#include "base/bytes.h"

#define METER_BUCKETS 16 /* the last one has no bound */

struct meter {
	_Atomic uint64_t bucket[METER_BUCKETS];
	_Atomic uint64_t sum;
};

/* A copy. */
struct meter_view {
	uint64_t bucket[METER_BUCKETS], sum;
};

/* Upper bounds of the buckets but the last: microseconds, and operations. */
extern const uint64_t meter_times[METER_BUCKETS - 1];
extern const uint64_t meter_sizes[METER_BUCKETS - 1];

/**
 * meter_add(m, bounds, value):
 * Count one value. From one thread only.
 */
static inline void meter_add(
	struct meter *m, const uint64_t *bounds, uint64_t value)
{
	size_t i = 0;

	while (i < METER_BUCKETS - 1 && value > bounds[i])
		i++;
	atomic_store_explicit(&m->bucket[i],
		atomic_load_explicit(&m->bucket[i], memory_order_relaxed) + 1,
		memory_order_relaxed);
	atomic_store_explicit(&m->sum,
		atomic_load_explicit(&m->sum, memory_order_relaxed) + value,
		memory_order_relaxed);
}

/**
 * meter_read(m, ret):
 * Copy. From any thread.
 */
void meter_read(const struct meter *m, struct meter_view *ret);

/**
 * meter_now():
 * Microseconds of the monotonic clock.
 */
uint64_t meter_now(void);

#endif
