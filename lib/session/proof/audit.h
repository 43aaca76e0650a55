/*
 * Questions to the log, of people who check it: is the tree what was signed,
 * who did what in a case, where does this receipt stand today.
 *
 *	LOOK ---> ASK ---> PROVE ---> an item ---> ... ---> the end
 *	 |         ^                    |
 *	 |         +--------------------+
 *	 a checkpoint that is signed, cosigned as the policy asks, and grown
 *	 out of the one this device verified last
 *
 * Every answer is held against that one checkpoint: an opening counts when
 * the leaf it opens is proved to stand there. Trusts the daemon for nothing
 * but what it leaves out: an opening that is withheld looks like one of an
 * erased case, and is counted as such.
 *
 * What the daemon tells is decided there, by the right to audit, and each
 * answer to an auditor is a leaf of the log itself. Changes nothing in the
 * vault but what proofs.h verified.
 */
#ifndef SESSION_AUDIT_H
#define SESSION_AUDIT_H

#include "session/proof/proofs.h"
#include "tlog/leaf.h"

enum audit_kind {
	AUDIT_TREE = 1,	    /* all leaves from ${from} on, hashed anew */
	AUDIT_OPENINGS = 2, /* what those who may audit see */
	AUDIT_RENEW = 3,    /* a receipt, led to the present checkpoint */
	AUDIT_REQUEST = 4,  /* what a witness that knows ${from} is to sign */
	AUDIT_COSIGNED = 5  /* a checkpoint that came back, into the daemon */
};

struct audit_question {
	enum audit_kind kind;
	uint64_t from;
	struct id16 case_id; /* AUDIT_OPENINGS: zero for any */
	struct id16 device;
	struct bytes receipt; /* AUDIT_RENEW; AUDIT_COSIGNED: the note */
	/* AUDIT_RENEW: to this one, of what was verified; empty: the newest */
	struct bytes checkpoint;
};

struct audit;

/**
 * audit_new(ret, x, q), audit_free(a):
 * Begin; it goes on in audit_next. ROWAN_E_MALFORMED for no receipt. Outlives
 * ${x}, and then is in error.
 */
ROWAN_MUST int audit_new(
	struct audit **ret, struct proofs *x, const struct audit_question *q);
void audit_free(struct audit *a);

/* Borrowed until the next call. */
struct audit_item {
	uint64_t leaf;
	struct wire_detail detail; /* AUDIT_OPENINGS, AUDIT_RENEW */
	struct bytes text;	   /* the file that proves it; AUDIT_REQUEST:
				    * the request; AUDIT_TREE: none */
};

/**
 * audit_next(a, ret):
 * The next item; of AUDIT_TREE one for each piece that was hashed, with how
 * far in ${ret}->leaf. ROWAN_E_AGAIN: it is being asked for, call again after
 * the session has worked; ROWAN_E_NOT_FOUND: that was all, and all was well;
 * ROWAN_E_CHAIN: the daemon contradicts what it signed; ROWAN_E_STATE: there
 * is no checkpoint that may be believed; ROWAN_E_RULE: AUDIT_TREE is what was
 * signed, and ${ret}->leaf says an earlier time than a leaf before it (one past
 * the last: the checkpoint does); ROWAN_E_SIGNER: this device may not
 * audit; ROWAN_E_STALE: AUDIT_COSIGNED is of another log; ROWAN_E_MALFORMED: no
 * witness of this clinic has signed it. After an error only that error.
 */
ROWAN_MUST int audit_next(struct audit *a, struct audit_item *ret);

/**
 * audit_asked(a):
 * Whether audit_next has put something before the daemon since the last call:
 * then the session has work.
 */
bool audit_asked(struct audit *a);

/**
 * audit_checkpoint(a, ret_size, ret_note):
 * What the answers are held against; empty before the first item.
 */
void audit_checkpoint(
	const struct audit *a, uint64_t *ret_size, struct bytes *ret_note);

/**
 * audit_gone(x):
 * For proofs.c: ${x} ends.
 */
void audit_gone(struct proofs *x);

/**
 * audit_look_again(x):
 * The look that was under way has come to nothing: those that wait for it wait
 * for the next one.
 */
void audit_look_again(struct proofs *x);

#endif
