/*
 * What auditors and witnesses do with the log: read it, cosign it,
 * and keep what a restore must not bring back.
 */
#ifndef OPS_AUDITS_H
#define OPS_AUDITS_H

#include "ops/request.h"
#include "tlog/note.h"

struct ops;

int audits_entries(struct ops *o, struct request *r);
int audits_details(struct ops *o, struct request *r);
int audits_cosign(struct ops *o, struct request *r);
int audits_erased(struct ops *o, struct request *r);

/* A witness's key is in its card. */
ROWAN_MUST int audits_witness_key(
	struct ops *o, const struct id16 *device, struct note_key *ret);

#endif
