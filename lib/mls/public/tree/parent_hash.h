/*
 * Parent hashes (RFC 9420 section 7.9): who set which keys of the tree.
 *
 * Trusts nothing in the tree but its shape.
 */
#ifndef MLS_PARENT_HASH_H
#define MLS_PARENT_HASH_H

#include "crypto/suite.h"
#include "mls/public/tree/tree.h"

/* The fields of ParentHashInput. */
struct parent_hash_input {
	struct bytes encryption_key;
	struct bytes parent_hash;
	struct bytes original_sibling_tree_hash;
};

/**
 * parent_hash(suite, input, ret):
 * Hash ${input}.
 */
void parent_hash(const struct suite *suite,
	const struct parent_hash_input *input, struct hash_value *ret);

/**
 * parent_hash_verify(t):
 * Check that every non-blank parent is parent-hash valid, as a joiner must
 * (section 7.9.2): 0 or ROWAN_E_MLS_PARENT_HASH.
 */
ROWAN_MUST int parent_hash_verify(const struct tree *t);

#endif
