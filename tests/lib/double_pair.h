/*
 * Two devices in one channel at the daemon's double, as seed.h makes them:
 * enough for tests of whatever carries messages.
 */
#ifndef TESTS_LIB_DOUBLE_PAIR_H
#define TESTS_LIB_DOUBLE_PAIR_H

#include "lib/relay_double.h"
#include "lib/seed.h"

struct double_pair {
	struct relay_double *d;
	struct seed_device alice; /* a caseworker */
	struct seed_device bob;	  /* a victim, whose reading is not logged */
	struct id16 channel;
};

/**
 * double_pair_begin(p, config), double_pair_end(p):
 * A double with the two in it; its end.
 */
void double_pair_begin(struct double_pair *p, const struct config *config);
void double_pair_end(struct double_pair *p);

#endif
