/*
 * Statements: put one, follow a chain, ask for one's cases.
 */
#ifndef OPS_STATEMENTS_H
#define OPS_STATEMENTS_H

#include "ops/table.h"

/**
 * statements_put(o, r):
 * Handler. The rules of lib/trust judge the signers; whoever brings the
 * statement needs no right of its own. Whether another came first is told to
 * those only who may read the chain.
 */
ROWAN_MUST int statements_put(struct ops *o, struct request *r);

/**
 * statements_fetch(o, r), statements_cases(o, r):
 * Handlers. What of a chain a device may read stands in docs/protocol.md.
 */
ROWAN_MUST int statements_fetch(struct ops *o, struct request *r);
ROWAN_MUST int statements_cases(struct ops *o, struct request *r);

/**
 * statements_all(o, r):
 * Handler. For coordinators, who may read the chain of any case.
 */
ROWAN_MUST int statements_all(struct ops *o, struct request *r);

/**
 * statements_revocation(o, r):
 * Handler. The statement that revoked the sender, for nobody else.
 */
ROWAN_MUST int statements_revocation(struct ops *o, struct request *r);

#endif
