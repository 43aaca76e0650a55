/*
 * The ratchet_tree extension (RFC 9420 section 12.4.3.3).
 *
 * Trusts nothing it reads; decoding checks form and shape only. What a tree
 * must fulfil beyond that is the work of tree_validate.h.
 */
#ifndef MLS_TREE_CODEC_H
#define MLS_TREE_CODEC_H

#include "base/writer.h"
#include "mls/public/tree/tree.h"

/**
 * tree_decode(suite, data, ret):
 * Read the extension's data. ROWAN_E_MALFORMED, ROWAN_E_LIMIT past
 * MLS_LEAVES_MAX, ROWAN_E_MLS_TREE when the last node is blank or a node is
 * not of the type its place demands. The caller owns ${ret} (tree_free).
 */
ROWAN_MUST int tree_decode(
	const struct suite *suite, struct bytes data, struct tree **ret);

/**
 * tree_encoded_len(t):
 * Return how many bytes the nodes of ${t} take, those left blank at the end
 * included: never less than what tree_encode puts into its vector.
 */
size_t tree_encoded_len(const struct tree *t);

/**
 * tree_encode(t, ret):
 * Write the extension's data; the caller owns ${ret}. ROWAN_E_STATE for a
 * tree without any node.
 */
ROWAN_MUST int tree_encode(const struct tree *t, struct buf *ret);

#endif
