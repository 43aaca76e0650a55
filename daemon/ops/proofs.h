/*
 * What any device may ask of the log: checkpoints, proofs, and receipts of
 * its own acts.
 */
#ifndef OPS_PROOFS_H
#define OPS_PROOFS_H

#include "ops/request.h"

struct ops;

int proofs_checkpoint(struct ops *o, struct request *r);
int proofs_inclusion(struct ops *o, struct request *r);
int proofs_consistency(struct ops *o, struct request *r);
int proofs_receipt(struct ops *o, struct request *r);
int proofs_find(struct ops *o, struct request *r);

#endif
