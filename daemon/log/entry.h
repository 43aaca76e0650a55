/*
 * Acts into leaves: what the daemon knows of an act becomes a detail, its
 * commitment and a leaf, in the open transaction of the store.
 *
 * Trusts its caller to say what happened. Never puts anything into a leaf but
 * the kind of the act, its time as coarse as it may be, and a commitment.
 */
#ifndef LOG_ENTRY_H
#define LOG_ENTRY_H

#include "store/store.h"

struct log_entry {
	uint8_t act;   /* enum wire_act */
	uint16_t op;   /* enum wire_op; 0: none */
	uint16_t code; /* enum wire_code of a refusal */
	bool hour;     /* a victim's act, or a stranger's */
	uint64_t time;
	struct id16 device;
	struct id16 case_id; /* zero: of none; then without a channel */
	struct id16 channel;
	uint64_t number;
	struct wire_hash content;
	const uint64_t *leaves; /* ascending, at most WIRE_READS_MAX */
	size_t leaf_count;
};

/* The leaf that was made. */
struct entry_made {
	uint64_t leaf;
	struct wire_salt time_salt; /* of a leaf by the hour */
};

/**
 * entry_add(st, e, ret):
 * Append the leaf of an act; ${ret} may be NULL. Of an
 * act in an erased case the leaf says neither case nor channel, nor who it
 * was if it may have been the victim. Codes of store_log_append; a failure
 * costs the transaction: what cannot be logged does not happen.
 */
ROWAN_MUST int entry_add(
	struct store *st, const struct log_entry *e, struct entry_made *ret);

/**
 * entry_admin(st, now, number, text):
 * The leaf of an act of administration: ${number} as in ctl/form.h, ${text}
 * says who and what. No earlier than the leaf before it.
 */
ROWAN_MUST int entry_admin(
	struct store *st, uint64_t now, uint16_t number, struct bytes text);

/**
 * entry_erased(st, now, slice):
 * After store_sweep: of an erased case nothing opens any more. The leaf that
 * says how many leaves of the log that is in all, so that whoever counts what
 * is not opened knows what it should be; none when there is nothing to say.
 */
ROWAN_MUST int entry_erased(
	struct store *st, uint64_t now, const struct store_slice *slice);

/**
 * entry_next(st):
 * The number the next leaf will have, UINT64_MAX in a build without a log.
 */
uint64_t entry_next(const struct store *st);

/**
 * entry_content(data, ret):
 * leaf_content, left out in a build without a log.
 */
void entry_content(struct bytes data, struct wire_hash *ret);

#endif
