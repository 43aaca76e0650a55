/*
 * GroupInfo (RFC 9420 section 12.4.3): what a newcomer is told of a group.
 *
 * Decoding checks the form only. The signature needs the signer's leaf, so it
 * is checked once the tree is at hand.
 */
#ifndef MLS_GROUP_INFO_H
#define MLS_GROUP_INFO_H

#include "crypto/suite.h"
#include "mls/public/object/group_context.h"

/* Views borrow from the decoded input; the context is a reference. */
struct group_info {
	struct group_context *context;
	struct bytes extensions; /* checked list */
	struct bytes confirmation_tag;
	uint32_t signer;
	struct bytes signature;
	struct bytes tbs;
	struct bytes raw;
};

/**
 * group_info_decode(raw, ret):
 * Read one from bytes that hold nothing else. End with group_info_wipe.
 */
ROWAN_MUST int group_info_decode(struct bytes raw, struct group_info *ret);

/**
 * group_info_wipe(gi):
 * Drop the context and zero ${gi}. Zeroed is harmless.
 */
void group_info_wipe(struct group_info *gi);

/**
 * group_info_verify(suite, gi, signature_key):
 * Check the signature with the key of leaf ${signer}: 0 or
 * ROWAN_E_MLS_SIGNATURE.
 */
ROWAN_MUST int group_info_verify(const struct suite *suite,
	const struct group_info *gi, struct bytes signature_key);

/**
 * group_info_new(suite, fields, signature_priv, ret):
 * Write and sign one from the context, extensions, tag and signer in
 * ${fields}; the caller owns the encoding in ${ret}.
 */
ROWAN_MUST int group_info_new(const struct suite *suite,
	const struct group_info *fields, struct bytes signature_priv,
	struct buf *ret);

#endif
