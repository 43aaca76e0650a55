/*
 * The store alone: what submit, delivery and acknowledgement cost behind
 * store.h without a socket.
 */
#ifndef TESTS_BENCH_STORE_RUN_H
#define TESTS_BENCH_STORE_RUN_H

/* What one run of the store gave. */
struct store_run {
	double msgs_per_s;
	double cpu_s_per_1k;
	double commit_p50_us, commit_p99_us;
	double disk_b_per_msg;
};

/**
 * store_run(dir, size, batch, secs, ret):
 * Submit envelopes of ${size} bytes to 64 mailboxes, ${batch} to a commit, and
 * acknowledge in the same commit those of the one before. Exits on failure.
 */
void store_run(const char *dir, int size, int batch, double secs,
	struct store_run *ret);

#endif
