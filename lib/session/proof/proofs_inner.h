/*
 * The inside of proofs.h.
 *
 *	proofs.c	what is kept, receipts
 *	proofs_log.c	the log's key, watching, cosigning
 */
#ifndef SESSION_PROOFS_INNER_H
#define SESSION_PROOFS_INNER_H

#include "session/proof/proofs.h"

struct proofs {
	struct proofs_options o;
	struct watch watch;
	struct policy policy;
	bool has_policy;
	struct checkpoint grown; /* to be proved, under ${extension} */
	struct buf extension;
	struct buf cosign; /* the text a witness is to cosign */
	uint64_t cosigned; /* size of the tree it cosigned last */
	bool online, busy; /* a request is open */
	bool looking;
	bool waiting;		    /* receipts are to be fetched */
	uint64_t look_ms, later_ms; /* not before */
	unsigned alarmed; /* bit per watch verdict, until there is news */
	int fault;
	/* the receipt that is being fetched */
	uint64_t n;
	uint64_t below;
};

/* Finish a transaction of our own. */
ROWAN_MUST int proofs_finish(struct proofs *x, int rc);

/* A checkpoint signed by the daemon of the clinic; ${ret_card}: its card. */
ROWAN_MUST int proofs_open(struct proofs *x, struct bytes note,
	struct checkpoint *ret, struct note *ret_note, struct buf *ret_card);

/* proofs_log.c: one piece of watching. */
ROWAN_MUST int proofs_log_load(struct proofs *x);
ROWAN_MUST int proofs_log_step(struct proofs *x);
ROWAN_MUST int proofs_alarm(struct proofs *x, enum watch_verdict verdict);

#endif
