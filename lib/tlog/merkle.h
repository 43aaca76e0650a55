/*
 * The append-only Merkle tree of RFC 6962 section 2: leaf and node hashes,
 * and a tree state that grows logarithmically.
 *
 * The state is the roots of the complete subtrees that make up the tree, so
 * appending needs neither old leaves nor a recomputation at start. A complete
 * subtree never changes once it is complete; merkle_append hands each out
 * once, to be kept under its level and index by whoever makes proofs.
 */
#ifndef TLOG_MERKLE_H
#define TLOG_MERKLE_H

#include "base/bytes.h"

#define MERKLE_HASH_LEN 32
#define MERKLE_LEVELS	64 /* the most levels a tree of 2^63 leaves has */

struct merkle_hash {
	uint8_t b[MERKLE_HASH_LEN];
};

/*
 * Names a complete subtree: the one of 2^level leaves that begins at leaf
 * index * 2^level.
 */
struct merkle_node {
	uint64_t index;
	uint8_t level;
	struct merkle_hash hash;
};

struct merkle {
	uint64_t size;
	/* roots[n]: the complete subtree of 2^n leaves, if bit n is in size */
	struct merkle_hash roots[MERKLE_LEVELS];
};

/**
 * merkle_leaf(data, ret):
 * Compute the leaf hash, SHA-256(0x00 || data). RFC 6962 section 2.1.
 */
void merkle_leaf(struct bytes data, struct merkle_hash *ret);

/**
 * merkle_parent(left, right, ret):
 * Compute the node hash, SHA-256(0x01 || left || right). ${ret} may be one of
 * the other two.
 */
void merkle_parent(const struct merkle_hash *left,
	const struct merkle_hash *right, struct merkle_hash *ret);

/**
 * merkle_eq(a, b):
 * Return true iff both hashes are the same. They are public values.
 */
bool merkle_eq(const struct merkle_hash *a, const struct merkle_hash *b);

/**
 * merkle_init(m):
 * Start with the empty tree.
 */
void merkle_init(struct merkle *m);

/**
 * merkle_append(m, leaf, ret_nodes, ret_count):
 * Append the leaf hash ${leaf}. The subtrees that became complete by it, the
 * leaf itself first, are written to ${ret_nodes} (room for MERKLE_LEVELS) and
 * counted in ${ret_count}. ROWAN_E_LIMIT when the tree has 2^63 leaves.
 */
ROWAN_MUST int merkle_append(struct merkle *m, const struct merkle_hash *leaf,
	struct merkle_node *ret_nodes, size_t *ret_count);

/**
 * merkle_root(m, ret):
 * Compute the root; of the empty tree it is SHA-256 of nothing.
 */
void merkle_root(const struct merkle *m, struct merkle_hash *ret);

#endif
