/*
 * Instruments: histogram, clocks, and what the kernel says about a process.
 *
 * Trusts /proc and /sys. Never invents a figure: what cannot be read is 0.
 */
#include "bench/meter.h"

#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

void hist_add(struct hist *h, uint64_t ns)
{
	int e = ns < 64 ? 0 : 63 - __builtin_clzll(ns) - 5;
	uint64_t i = e ? (uint64_t)e * 64 + (ns >> (e - 1) & 63) : ns;

	h->bucket[i < HIST_BUCKETS ? i : HIST_BUCKETS - 1]++;
	h->n++;
}

double hist_quantile_us(const struct hist *h, double q)
{
	uint64_t want = (uint64_t)(q * (double)h->n), seen = 0;

	for (uint64_t i = 0; i < HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen > want) {
			uint64_t e = i / 64;
			uint64_t v = e ? (64 | (i & 63)) << (e - 1) : i;

			return (double)v / 1000;
		}
	}
	return 0;
}

double meter_cpu_s(int pid)
{
	char path[64], line[1024], *p;
	unsigned long u = 0, s = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (f == NULL)
		return 0;
	if (fgets(line, sizeof line, f) && (p = strrchr(line, ')')) != NULL &&
		sscanf(p + 1,
			" %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
			&u, &s) != 2)
		u = s = 0;
	fclose(f);
	return (double)(u + s) / (double)sysconf(_SC_CLK_TCK);
}

long meter_rss_kib(int pid)
{
	char path[64], line[256];
	long kib = 0;
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/status", pid);
	f = fopen(path, "r");
	if (f == NULL)
		return 0;
	while (fgets(line, sizeof line, f))
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	fclose(f);
	return kib;
}

double meter_self_cpu_s(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
	       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

double meter_disk_bytes(const char *dir)
{
	unsigned long long sectors = 0;
	char path[96];
	struct stat st;
	FILE *f;

	if (dir == NULL || stat(dir, &st))
		return 0;
	snprintf(path, sizeof path, "/sys/dev/block/%u:%u/stat",
		major(st.st_dev), minor(st.st_dev));
	f = fopen(path, "r");
	if (f == NULL)
		return 0;
	if (fscanf(f, "%*u %*u %*u %*u %*u %*u %llu", &sectors) != 1)
		sectors = 0;
	fclose(f);
	return (double)sectors * 512;
}
