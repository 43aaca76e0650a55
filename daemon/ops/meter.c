/*
 * Histograms: see meter.h.
 */
#include <time.h>

#include "ops/meter.h"

const uint64_t meter_times[METER_BUCKETS - 1] = {100, 250, 500, 1000, 2500,
	5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000,
	10000000};
const uint64_t meter_sizes[METER_BUCKETS - 1] = {
	1, 2, 4, 8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096};

void meter_read(const struct meter *m, struct meter_view *ret)
{
	for (size_t i = 0; i < METER_BUCKETS; i++)
		ret->bucket[i] = atomic_load_explicit(
			&m->bucket[i], memory_order_relaxed);
	ret->sum = atomic_load_explicit(&m->sum, memory_order_relaxed);
}

uint64_t meter_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}
