/*
 * The floor: what the two libraries below the relay cost on this machine
 * without a relay. Printed beside its figures so that they mean something.
 */
#ifndef TESTS_BENCH_FLOOR_H
#define TESTS_BENCH_FLOOR_H

/**
 * floor_sqlite(dir, size, batch, secs):
 * Insert and delete rows of ${size} bytes, ${batch} of them to a commit, in
 * WAL mode with synchronous=FULL. Returns rows per second, 0 on failure.
 */
double floor_sqlite(const char *dir, int size, int batch, double secs);

/**
 * floor_curve(clients, size, secs):
 * Round trips over loopback TCP with CURVE, no store: ${clients} with one
 * message of ${size} bytes outstanding each, a small answer. Returns round
 * trips per second, 0 on failure.
 */
double floor_curve(int clients, int size, double secs);

#endif
