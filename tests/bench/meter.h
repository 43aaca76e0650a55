/*
 * Instruments: histogram, clocks, and what the kernel says about a process.
 *
 * Linux only. A figure that cannot be had is 0, never invented.
 */
#ifndef TESTS_BENCH_METER_H
#define TESTS_BENCH_METER_H

#include <stdint.h>

#define HIST_BUCKETS 4096

/* 64 linear buckets for each power of two, so about 1.6 % wide. */
struct hist {
	uint64_t n;
	uint64_t bucket[HIST_BUCKETS];
};

void hist_add(struct hist *h, uint64_t ns);

/**
 * hist_quantile_us(h, q):
 * Return the value in microseconds below which the share ${q} lies.
 */
double hist_quantile_us(const struct hist *h, double q);

/**
 * meter_cpu_s(pid):
 * Return user and system seconds of all threads of ${pid}.
 */
double meter_cpu_s(int pid);

/**
 * meter_rss_kib(pid):
 * Return resident memory now.
 */
long meter_rss_kib(int pid);

/**
 * meter_self_cpu_s():
 * The same seconds of this process.
 */
double meter_self_cpu_s(void);

/**
 * meter_disk_bytes(dir):
 * Return bytes written so far to the device that holds ${dir}: the whole
 * device, so keep the machine quiet.
 */
double meter_disk_bytes(const char *dir);

#endif
