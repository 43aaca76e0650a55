/*
 * Transcript hashes (RFC 9420 section 8.2) and proposal references (5.2).
 */
#ifndef MLS_TRANSCRIPT_H
#define MLS_TRANSCRIPT_H

#include "crypto/suite.h"
#include "mls/public/framing/framing.h"

/**
 * transcript_confirmed(suite, interim, signed_raw, ret):
 * Set ${ret} to the confirmed transcript hash after a Commit: ${interim} is
 * the interim hash of the epoch before, ${signed_raw} as in
 * authenticated_content.
 */
void transcript_confirmed(const struct suite *suite, struct bytes interim,
	struct bytes signed_raw, struct hash_value *ret);

/**
 * transcript_interim(suite, confirmed, confirmation_tag, ret):
 * Set ${ret} to the interim transcript hash. ROWAN_E_LIMIT for a tag that is
 * longer than MLS_MAC_MAX.
 */
ROWAN_MUST int transcript_interim(const struct suite *suite,
	struct bytes confirmed, struct bytes confirmation_tag,
	struct hash_value *ret);

/**
 * transcript_proposal_ref(suite, ac, ret):
 * Set ${ret} to the ProposalRef of a content that carries a proposal.
 */
void transcript_proposal_ref(const struct suite *suite,
	const struct authenticated_content *ac, struct hash_value *ret);

#endif
