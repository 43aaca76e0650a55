/*
 * Who signed a statement, and in which capacities.
 *
 * Inside lib/trust: rules.h is the door.
 */
#ifndef TRUST_SIGNER_H
#define TRUST_SIGNER_H

#include "trust/rules.h"

/* What a signer can be towards a statement; a statement needs some of them. */
enum capacity {
	CAN_AUTHORITY = 0x0001,
	CAN_SUCCESSOR = 0x0002, /* of the authority */
	CAN_COORDINATOR = 0x0004,
	CAN_ISSUER = 0x0008,   /* of the card inside */
	CAN_SELF = 0x0010,     /* the device concerned */
	CAN_MEMBER = 0x0020,   /* a device of the member concerned */
	CAN_ADVOCATE = 0x0040, /* assigned to the case of a victim device */
	CAN_VICTIM = 0x0080,   /* of the case */
	CAN_ASSIGNED = 0x0100  /* staff assigned to the channel, or case */
};

/**
 * signer_check(ctx, s, ret):
 * Verify every signature of ${s} and every signer's card, and set ${ret} to
 * the capacities of all signers together. Returns the codes of rules_check.
 */
ROWAN_MUST int signer_check(const struct rules_context *ctx,
	const struct wire_statement *s, unsigned *ret);

/**
 * signer_begun(card, time):
 * Whether ${card} counts by a clock that shows ${time}. One that had begun when
 * it was logged counts from there on: only a clock that is behind its issuer's,
 * by at most RULES_CLOCK_SKEW, makes that later, and it shuts nobody out.
 */
bool signer_begun(const struct trust_card *card, uint64_t time);

/**
 * signer_alive(ctx, card, number, time):
 * Check that ${card} could act at ${time} and at statement ${number} of the
 * clinic's chain: ROWAN_E_UNKNOWN, ROWAN_E_REVOKED or ROWAN_E_EXPIRED.
 */
ROWAN_MUST int signer_alive(const struct rules_context *ctx,
	const struct trust_card *card, uint64_t number, uint64_t time);

#endif
