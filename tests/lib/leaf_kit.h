/*
 * No act without its leaf: held against the operation table after every
 * request that any test makes of the daemon's operations.
 */
#ifndef LIB_LEAF_KIT_H
#define LIB_LEAF_KIT_H

#include "ops/ops.h"

/**
 * leaf_kit_check(o, r, before):
 * The request ${r} has been run by ${o} and committed when the log had
 * ${before} leaves: whatever changes the store has a leaf of its row's kind
 * behind them, and so has what was handed to a member of staff. Aborts.
 */
void leaf_kit_check(struct ops *o, const struct request *r, uint64_t before);

#endif
