/*
 * The clinic of trust_cast.h in a daemon's store: everything that is stated
 * while the store is open is put into both.
 *
 * The store is the daemon's while it runs: open it before, or in between. For
 * tests only: failures end the program.
 */
#ifndef TESTS_CLINIC_SEED_H
#define TESTS_CLINIC_SEED_H

#include "lib/seed.h"
#include "lib/trust_cast.h"

struct clinic_seed {
	struct cast cast;
	struct store *st;
};

/**
 * clinic_seed_begin(c, path, now):
 * Make the store at ${path} and let the people of the cast enter at ${now}.
 * It is left open.
 */
void clinic_seed_begin(struct clinic_seed *c, const char *path, uint64_t now);

/**
 * clinic_seed_open(c, path), clinic_seed_close(c):
 * Open the store again, to state more; close it.
 */
void clinic_seed_open(struct clinic_seed *c, const char *path);
void clinic_seed_close(struct clinic_seed *c);

/**
 * clinic_seed_wipe(c):
 * The end, with the store closed.
 */
void clinic_seed_wipe(struct clinic_seed *c);

/**
 * clinic_seed_device(p, ret):
 * A person's device as the clients of tests take it.
 */
void clinic_seed_device(const struct world_person *p, struct seed_device *ret);

#endif
