/*
 * The inside of audit.h.
 *
 *	audit.c		questions, the checkpoint, items
 *	audit_ask.c	what is asked of the daemon, and its answers
 */
#ifndef SESSION_AUDIT_INNER_H
#define SESSION_AUDIT_INNER_H

#include "session/proof/audit.h"
#include "session/proof/proofs_inner.h"
#include "wire/log.h"

#define AUDIT_ASKED 16 /* proofs that are asked for at a time */

/* One that was told: where it lies, and whether it is proved. */
struct audit_told {
	uint64_t leaf;
	uint32_t at, len; /* of the opening, in ${bytes} */
	bool asked, proved;
	struct buf path; /* hashes, bottom up */
};

/* A proof that is being asked for. */
struct audit_slot {
	struct audit *a;
	bool used;
	size_t i;
};

struct audit {
	struct proofs *x; /* NULL: gone */
	struct audit *next;
	struct audit_question q;
	int rc; /* how it ended; 0: it goes on */
	bool looked, busy, given, asked;
	uint64_t look; /* the look after this one counts */
	/* the checkpoint */
	struct buf note, card;
	uint64_t size;
	struct merkle_hash root;
	/* what was told and not given yet */
	uint64_t from; /* to be asked from here */
	struct audit_told *told;
	size_t count, next_told;
	struct writer bytes;
	struct audit_slot slot[AUDIT_ASKED];
	/* AUDIT_TREE */
	struct merkle tree;
	struct leaf_times times;
	bool resumed;
	/* AUDIT_RENEW */
	struct buf opening;
	struct writer text;
};

/* Ask what is to be asked next; 0 or an error that ends it. */
ROWAN_MUST int audit_ask(struct audit *a);

/* The answers are over: whatever is open is given up. */
void audit_quiet(struct audit *a);

#endif
