/*
 * Envelopes: submit, subscribe, credit, fetch, acknowledge.
 */
#ifndef OPS_ENVELOPES_H
#define OPS_ENVELOPES_H

#include "ops/table.h"

/**
 * envelopes_submit(o, r), ...:
 * Handlers of the operations of wire/envelope.h. Submission judges and marks
 * each item by itself; one refused leaves the others accepted.
 */
ROWAN_MUST int envelopes_submit(struct ops *o, struct request *r);
ROWAN_MUST int envelopes_subscribe(struct ops *o, struct request *r);
ROWAN_MUST int envelopes_credit(struct ops *o, struct request *r);
ROWAN_MUST int envelopes_fetch(struct ops *o, struct request *r);
ROWAN_MUST int envelopes_ack(struct ops *o, struct request *r);

/**
 * envelopes_hash(r):
 * Of a decoded submission: hash its envelopes for the log, before it is the
 * writer's. Of anything else: nothing. From the network thread.
 */
void envelopes_hash(struct request *r);

#endif
