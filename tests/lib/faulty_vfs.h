/*
 * A disk that fails: an SQLite VFS over the usual one that can refuse the Nth
 * write or sync, and lose at a power cut what was not synced.
 *
 * Reads see every write, as a page cache would show them. Each file has a
 * durable image beside: a sync moves writes into it, a power cut puts it back,
 * with any of the later writes whole, torn at sectors, or not at all. After a
 * sync that failed, its writes may be lost though the next sync succeeds.
 *
 * Needs one thread at a time. For tests only.
 */
#ifndef TESTS_LIB_FAULTY_VFS_H
#define TESTS_LIB_FAULTY_VFS_H

#include <stdbool.h>
#include <stdint.h>

#define FAULTY_VFS "faulty"

enum faulty_kind {
	FAULTY_IO,   /* that call fails */
	FAULTY_FULL, /* it fails for want of room */
	FAULTY_POWER /* it and everything after fails: the power is off */
};

/**
 * faulty_install(), faulty_clear():
 * Register the VFS; forget all images (no file may be open).
 */
void faulty_install(void);
void faulty_clear(void);

/**
 * faulty_default(on):
 * Whether databases that are opened from now on are on it without asking.
 */
void faulty_default(bool on);

/**
 * faulty_seed(seed):
 * What is lost is random, and the same for the same seed.
 */
void faulty_seed(uint64_t seed);

/**
 * faulty_after(n, kind):
 * Fail the ${n}th write, sync or truncation from now (from 1); 0: none.
 */
void faulty_after(uint64_t n, enum faulty_kind kind);

/**
 * faulty_full(full):
 * While true every write that makes a file longer finds no room.
 */
void faulty_full(bool full);

/**
 * faulty_left():
 * How many calls from now the failure is: 1, the next one; 0: none is to come.
 */
uint64_t faulty_left(void);

/**
 * faulty_hit():
 * Return true iff the failure that was asked for has happened.
 */
bool faulty_hit(void);

/**
 * faulty_power_off(), faulty_power_on():
 * From now on every write fails; then, with every file closed, put back what
 * survived.
 */
void faulty_power_off(void);
void faulty_power_on(void);

#endif
