/*
 * The log alone: what a leaf costs in a short log and in a long one, what a
 * proof costs, and what computing the whole tree anew does.
 */
#ifndef TESTS_BENCH_LOG_RUN_H
#define TESTS_BENCH_LOG_RUN_H

struct log_run {
	double short_per_s, long_per_s;	    /* leaves appended, 64 a commit */
	double short_cpu_us, long_cpu_us;   /* processor time of a leaf */
	double proof_mean_us, proof_max_us; /* inclusion, in the long one */
	double open_us;			    /* the store with the long one */
	double verify_s;
	long verify_kib; /* memory it took */
};

/**
 * log_run(dir, leaves, ret):
 * Fill a log to ${leaves}. Rates are measured in rounds that alternate between
 * a log of a thousand leaves and the long one. Exits on failure.
 */
void log_run(const char *dir, long leaves, struct log_run *ret);

#endif
