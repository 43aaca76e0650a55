/*
 * Counting fsync and fdatasync of a server: a library preloaded into it adds
 * to a page of shared memory that the bench reads.
 */
#ifndef TESTS_BENCH_SYNC_COUNT_H
#define TESTS_BENCH_SYNC_COUNT_H

#include <stdint.h>

/* Environment variable that names the file both sides map. */
#define SYNC_COUNT_ENV "ROWAN_SYNC_COUNT"

/**
 * sync_count_open(path):
 * Create and map ${path}. Returns 0 or ROWAN_E_IO; without it every count
 * is 0.
 */
int sync_count_open(const char *path);

/**
 * sync_count():
 * Return how many syncs the server has made.
 */
uint64_t sync_count(void);

#endif
