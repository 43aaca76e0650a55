/*
 * Two checkpoints of one log that contradict each other, as a file: that a
 * clinic's log has signed two histories. To be checked with the authority's
 * public key alone, on a machine without a network.
 *
 *	rowan conflict 1
 *	card BASE64		of the daemon that signed the first
 *	card BASE64		of the one that signed the second
 *	record BASE64		of the authority, once it was succeeded; from
 *				the first one on
 *	hash BASE64		the consistency proof that was given, if any:
 *				from the shorter one; of 2^n entries from the
 *				next size
 *
 *	the checkpoint that was verified first, a whole note
 *
 *	the other one
 *
 * No proof can be made against a log that is honest. What a file cannot say
 * is that the authority has signed no restore between the two.
 *
 * Trusts the authority's key that the caller hands in, and no byte of a file.
 */
#ifndef TRUST_CONFLICT_H
#define TRUST_CONFLICT_H

#include "tlog/checkpoint.h"
#include "tlog/merkle_proof.h"
#include "trust/anchor.h"
#include "trust/evidence.h"

#define CONFLICT_MAX (2 * NOTE_MAX + 32 * 1024) /* bytes of a file */

enum conflict_verdict {
	/* It is proved: */
	CONFLICT_FORK = 0, /* one size, two roots */
	CONFLICT_PAST = 1, /* the larger begins with another tree */
	CONFLICT_BACK = 2, /* signed later, and smaller */
	/* It is not: */
	CONFLICT_OPEN = 3,	 /* nothing shows that they go together */
	CONFLICT_NONE = 4,	 /* they do */
	CONFLICT_FORM = 5,	 /* no such file, or a damaged one */
	CONFLICT_CARD = 6,	 /* a card is no daemon's of this authority */
	CONFLICT_CHECKPOINT = 7, /* one is not signed by that daemon's log */
	CONFLICT_CLINICS = 8	 /* they are of two logs */
};

/* A checkpoint and the card, encoded, of the daemon that signed it. */
struct conflict_side {
	struct bytes note, card;
};

struct conflict_parts {
	struct conflict_side side[2];	  /* as they were seen */
	const struct merkle_proof *proof; /* NULL or empty: none was given */
	const struct bytes *records;	  /* encoded, when there are several */
	size_t record_count;
};

/**
 * conflict_write(p, w):
 * Write a file. ROWAN_E_LIMIT for cards that are too long for one.
 */
ROWAN_MUST int conflict_write(const struct conflict_parts *p, struct writer *w);

struct conflict {
	struct bytes note[2]; /* borrow from the file */
	struct checkpoint checkpoint[2];
	uint64_t time[2]; /* when each was signed; 0: it does not say */
	struct wire_card card[2];
	struct merkle_proof proof;
	struct wire_key issuer[2]; /* the authority that signed each card */
	/* what the views above borrow from */
	uint8_t raw[2][WIRE_CARD_MAX];
	uint8_t record_raw[EVIDENCE_RECORDS_MAX][256];
	size_t record_count;
	struct wire_record record[EVIDENCE_RECORDS_MAX];
};

/**
 * conflict_check(c, file, anchor):
 * What the file proves to whoever believes ${anchor}; NULL: to whom it is
 * their own, and the cards are taken as they stand. ${c} must not move, and
 * borrows from ${file}; what was reached before a fault is set.
 */
enum conflict_verdict conflict_check(
	struct conflict *c, struct bytes file, const struct anchor *anchor);

/**
 * conflict_proved(v):
 * Whether it is a proof.
 */
bool conflict_proved(enum conflict_verdict v);

/**
 * conflict_name(v), conflict_word(v):
 * A sentence for people, a word for programs. Static.
 */
const char *conflict_name(enum conflict_verdict v);
const char *conflict_word(enum conflict_verdict v);

#endif
