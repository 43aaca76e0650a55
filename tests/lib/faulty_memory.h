/*
 * A machine that runs out of memory: the Nth allocation fails, SQLite's
 * included.
 *
 * A test that uses this is linked with FAULTY_MEMORY_LDFLAGS (see
 * tests/lib/memory.mk), so that every object of ours goes through here.
 */
#ifndef TESTS_LIB_FAULTY_MEMORY_H
#define TESTS_LIB_FAULTY_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

/**
 * faulty_memory_install():
 * Take SQLite's allocations too. Before SQLite is used at all.
 */
void faulty_memory_install(void);

/**
 * faulty_memory_after(n):
 * Fail the ${n}th allocation from now (from 1), once; 0: none.
 */
void faulty_memory_after(uint64_t n);

/**
 * faulty_memory_hit():
 * Return true iff that allocation was reached.
 */
bool faulty_memory_hit(void);

#endif
