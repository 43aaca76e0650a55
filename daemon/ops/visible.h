/*
 * What of the chains a device may read.
 *
 * The chain of a case: whoever takes part or took part, up to the statement
 * that ended it; and coordinators, who sign in it. The clinic's chain: all of
 * its links, and those statements that concern somebody one has to do with.
 */
#ifndef OPS_VISIBLE_H
#define OPS_VISIBLE_H

#include "ops/ops.h"
#include "wire/statement.h"

/**
 * visible_case(o, case_id, ret_last):
 * Whether the sender may read the chain of a case, and the last number of it
 * (UINT64_MAX: all that come). ROWAN_E_REFUSED, known case or not.
 */
ROWAN_MUST int visible_case(
	struct ops *o, const struct id16 *case_id, uint64_t *ret_last);

struct visible {
	struct ops *o;
	bool all; /* by right */
	struct store_part *mine, *theirs;
	size_t mine_len;
};

/**
 * visible_init(v, o), visible_wipe(v):
 * Begin and end with the clinic's chain, for the sender of ${o}.
 * ROWAN_E_NOMEM, or the store's failure; to be wiped in any case.
 */
ROWAN_MUST int visible_init(struct visible *v, struct ops *o);
void visible_wipe(struct visible *v);

/**
 * visible_act(v, act, ret):
 * Whether a statement of the clinic's chain is given as a whole.
 */
ROWAN_MUST int visible_act(
	struct visible *v, const struct store_act *act, bool *ret);

#endif
