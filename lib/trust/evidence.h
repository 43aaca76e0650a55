/*
 * A receipt as a file: the offline proof that the daemon of a clinic took in
 * something of a device at a time. To be checked with the authority's public
 * key alone, on a machine without a network.
 *
 * The file is a C2SP tlog-proof; its extra data are
 *
 *	struct {
 *		uint8 version;		2 if there are records
 *		opaque opening<V>;	wire/leaf.h
 *		opaque card<V>;		of the daemon, by the authority
 *		OneRecord records<V>;	version 2: of the authority, once it
 *					was succeeded, from the first one on
 *	} ReceiptExtra;
 *
 *	struct { opaque record<V>; } OneRecord;
 *
 * Trusts the authority's key that the caller hands in, and no byte of a file.
 */
#ifndef TRUST_EVIDENCE_H
#define TRUST_EVIDENCE_H

#include "tlog/leaf.h"
#include "tlog/tlog_proof.h"
#include "trust/anchor.h"
#include "wire/card.h"

#define EVIDENCE_MAX	     (32 * 1024) /* bytes of a file */
#define EVIDENCE_RECORDS_MAX 4

/* What is wrong: each kind of tampering has its name. */
enum evidence_fault {
	EVIDENCE_GOOD = 0,
	EVIDENCE_FORM = 1,	 /* no receipt, or a damaged one */
	EVIDENCE_CARD = 2,	 /* the card is no daemon's of this authority */
	EVIDENCE_CHECKPOINT = 3, /* not signed by that daemon's log */
	EVIDENCE_OPENING = 4,	 /* the opening contradicts itself */
	EVIDENCE_TIME = 5,	 /* the exact time is not the one logged */
	EVIDENCE_LEAF = 6,	 /* the log has no such entry at its place */
	EVIDENCE_CONTENT = 7,	 /* it is about something else */
	EVIDENCE_EARLIER = 8,	 /* card by one who promised to be followed by
				    whom we believe; so anybody can claim */
	EVIDENCE_BACKDATED = 9	 /* entered later than the checkpoint says */
};

struct evidence_parts {
	uint64_t leaf;
	struct bytes opening; /* encoded */
	const struct merkle_proof *path;
	struct bytes note;
	struct bytes card;	     /* encoded */
	const struct bytes *records; /* encoded, when there are several */
	size_t record_count;
};

/**
 * evidence_write(p, w):
 * Write a receipt. ROWAN_E_LIMIT when opening and card are too long for one.
 */
ROWAN_MUST int evidence_write(const struct evidence_parts *p, struct writer *w);

struct evidence {
	struct tlog_proof proof;     /* its checkpoint borrows from the file */
	struct wire_opening opening; /* these borrow from ${proof} */
	struct wire_card card;
	size_t record_count;
	struct wire_record record[EVIDENCE_RECORDS_MAX];
	struct anchor anchor;	/* with whom the records add */
	struct wire_key issuer; /* the authority that signed ${card} */
	bool succeeded;		/* it is not the latest that is believed */
	struct wire_detail detail;
	uint8_t leaf[WIRE_LEAF_LEN];
	uint64_t time; /* the exact one if it is told, else the leaf's */
	bool exact;    /* it is the second */
	uint64_t size; /* of the tree */
	struct merkle_hash root;
	uint64_t signed_at; /* when the checkpoint was; 0: it does not say */
};

/**
 * evidence_check(e, file, anchor, content):
 * Check the receipt in ${file} against whom the caller believes and, unless
 * ${content} is NULL, that it is about those bytes: the envelope as it was
 * submitted. Returns what is wrong first; the fields of ${e} that were
 * reached by then are set, everything with EVIDENCE_GOOD. ${e} must not move.
 */
enum evidence_fault evidence_check(struct evidence *e, struct bytes file,
	const struct anchor *anchor, const struct bytes *content);

/**
 * evidence_note(e, ret):
 * The checkpoint's note of a checked receipt, for a policy.
 */
ROWAN_MUST int evidence_note(const struct evidence *e, struct note *ret);

/**
 * evidence_fault_name(fault):
 * A sentence for people. Static.
 */
const char *evidence_fault_name(enum evidence_fault fault);

#endif
