/*
 * Group operations: create, commit, state, NACK. What is accepted is decided
 * in daemon/clinic.
 */
#ifndef OPS_GROUPS_H
#define OPS_GROUPS_H

#include "ops/request.h"

struct ops;

ROWAN_MUST int groups_op_create(struct ops *o, struct request *r);
ROWAN_MUST int groups_op_commit(struct ops *o, struct request *r);
ROWAN_MUST int groups_op_state(struct ops *o, struct request *r);
ROWAN_MUST int groups_op_nack(struct ops *o, struct request *r);

#endif
