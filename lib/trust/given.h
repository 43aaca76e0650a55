/*
 * Statements that were lost and are given back after a restore: whose hand
 * they may come from.
 *
 * They are judged as of when they were signed (rules.h, without accept), so
 * whoever has lost a right since could sign today what looks as if it were
 * lost. The chain's hashes leave room for one successor only: who comes first
 * with a false one shuts out the true one. Therefore:
 *
 *	a signer who is revoked by now, or whose card has ended: it counts out
 *	of a coordinator's hand, who could have signed it
 *	a signer who does not coordinate: not out of their own, while there are
 *	others to be waited for
 *
 * In the chain of the clinic the place says it all: there what a signer did
 * stands before their revocation or not at all.
 */
#ifndef TRUST_GIVEN_H
#define TRUST_GIVEN_H

#include "trust/clinic.h"

struct given_by {
	struct id16 device;
	uint64_t now; /* seconds since 1970 */
	bool waits;   /* others may still have another */
};

/**
 * given_check(source, s, by):
 * Whether ${s}, a checked statement of a case, counts out of that hand. 0,
 * ROWAN_E_RESTORING, or the source's failure.
 */
ROWAN_MUST int given_check(const struct trust_source *source,
	const struct wire_statement *s, const struct given_by *by);

#endif
