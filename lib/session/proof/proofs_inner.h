/*
 * The inside of proofs.h.
 *
 *	proofs.c	the part
 *	receipts.c	what is kept, receipts
 *	proofs_log.c	the log's key, watching, cosigning
 *	conflicts.c	what contradicts what was verified
 *	erased.c	what a witness keeps of erased cases
 */
#ifndef SESSION_PROOFS_INNER_H
#define SESSION_PROOFS_INNER_H

#include "session/proof/proofs.h"
#include "trust/conflict.h"
#include "trust/evidence.h"

struct audit;

/* The receipt that is being fetched, or the leaf that is being looked for. */
struct fetch {
	struct proofs *x;
	bool open;  /* a request is */
	bool begun; /* what follows is about it */
	bool leaf;  /* ${n} is a leaf; else a counter */
	uint64_t n;
	uint64_t below, answers; /* of the search */
	unsigned put_off;
	uint64_t leaves, counters; /* in this turn those from here on */
};

struct proofs {
	struct proofs_options o;
	struct watch watch;
	struct policy policy;
	bool has_policy;
	struct checkpoint grown; /* to be proved, under ${extension} */
	struct buf extension;
	struct buf cosign;     /* the text a witness is to cosign */
	struct buf given;      /* the checkpoint that is being looked at */
	struct buf given_card; /* of the daemon that signed it */
	bool noted;	       /* what was verified is kept as it was signed */
	struct buf note; /* the newest that was verified; empty: none yet */
	uint64_t looks;	 /* that have ended */
	bool shown;	 /* the last of them ended with what is believed */
	bool showing;	 /* so will the one under way */
	int broken;	 /* why this machine could not end the last one, or 0 */
	bool in_look, proving; /* an answer to it is still to come */
	size_t need;	       /* as in struct wire_checkpoint; asked for */
	struct audit *audits;
	uint64_t cosigned; /* size of the tree it cosigned last */
	bool again;	   /* it cosigns that once more */
	bool online, busy; /* a request is open */
	bool looking;
	bool erasing;		    /* erased cases are to be asked for */
	uint64_t erased_from;	    /* where the next page begins */
	bool waiting;		    /* receipts are to be fetched */
	uint64_t look_ms, later_ms; /* not before */
	uint64_t stale;		    /* since when at each look, or 0 */
	unsigned alarmed;    /* bit per watch verdict, until there is news */
	unsigned conflicted; /* the same of what was kept, by its verdict */
	int fault;
	uint64_t now_ms;   /* of the last step */
	uint64_t asked_ms; /* when the look under way began; 0: unknown */
	struct fetch fetch;
};

/* Finish a transaction of our own. */
ROWAN_MUST int proofs_finish(struct proofs *x, int rc);

/* A checkpoint signed by the daemon of the clinic; ${ret_card}: its card. */
ROWAN_MUST int proofs_open(struct proofs *x, struct bytes note,
	struct checkpoint *ret, struct note *ret_note, struct buf *ret_card);

/* Of a log that the policy names and cosigned as it asks; ROWAN_E_NOT_FOUND. */
ROWAN_MUST int proofs_cosigned(
	const struct proofs *x, struct bytes daemon, const struct note *n);

/* The authority's records as this device followed them, and their keys. */
struct proofs_records {
	struct buf raw[EVIDENCE_RECORDS_MAX];
	struct bytes view[EVIDENCE_RECORDS_MAX];
	size_t count;
	struct anchor anchor;
};
ROWAN_MUST int proofs_records(struct proofs *x, struct proofs_records *ret);
void proofs_records_wipe(struct proofs_records *r);
void proofs_records_put(
	const struct proofs_records *r, struct evidence_parts *p);

/* A witness's key, and its word: kept first, then said. */
bool proofs_is_witness(const struct proofs *x);
ROWAN_MUST int proofs_key(const struct proofs *x, struct note_key *ret,
	uint8_t ret_sk[crypto_sign_SECRETKEYBYTES]);
ROWAN_MUST int proofs_cosign(struct proofs *x, const struct watch *verified,
	const struct conflict_side *by, struct bytes text, struct writer *w);

/*
 * receipts.c: a new turn, and a piece of it; the connection is gone; inside
 * the caller's transaction: leaves from ${size} on, if they were promised
 * until ${time}, were lost in a restore.
 */
void receipts_turn(struct proofs *x);
ROWAN_MUST int receipts_step(struct proofs *x);
void receipts_offline(struct proofs *x);
ROWAN_MUST int receipts_restored(
	struct proofs *x, uint64_t size, uint64_t time);

/* erased.c: the next page of what was erased. */
ROWAN_MUST int proofs_erased_step(struct proofs *x);

/* proofs_log.c: one piece of watching. */
/* A restore, if there is a new one, is taken for what it says. */
ROWAN_MUST int proofs_restored(struct proofs *x);
ROWAN_MUST int proofs_log_load(struct proofs *x);
ROWAN_MUST int proofs_log_step(struct proofs *x);
ROWAN_MUST int proofs_alarm(struct proofs *x, enum watch_verdict verdict);

/*
 * conflicts.c: the note that says what was verified, inside the caller's
 * transaction (NULL: none does); and the alarm about another one that
 * contradicts it, with a file of both kept. ${proof}: what was to show that
 * they go together, or NULL.
 */
ROWAN_MUST int conflicts_load(struct proofs *x);
ROWAN_MUST int conflicts_note(struct proofs *x, const struct conflict_side *by);
ROWAN_MUST int proofs_conflict(struct proofs *x, enum watch_verdict verdict,
	const struct conflict_side *other, const struct merkle_proof *proof);

#endif
