/*
 * What auditors and witnesses do with the log: read it, and cosign it.
 */
#ifndef OPS_AUDITS_H
#define OPS_AUDITS_H

#include "ops/request.h"

struct ops;

int audits_entries(struct ops *o, struct request *r);
int audits_details(struct ops *o, struct request *r);
int audits_cosign(struct ops *o, struct request *r);

#endif
