/*
 * Tree hashes (RFC 9420 section 7.8), kept with the tree.
 *
 * A hash is computed once and forgotten when something below its node
 * changes, so that a commit costs the touched paths only. The cache is
 * filled through a const tree: a tree belongs to one thread.
 */
#ifndef MLS_TREE_HASH_H
#define MLS_TREE_HASH_H

#include "crypto/suite.h"
#include "mls/public/tree/tree.h"

/**
 * tree_hash(t, ret):
 * Compute the hash of the whole tree, hash_len bytes.
 */
void tree_hash(const struct tree *t, struct hash_value *ret);

/**
 * tree_hash_node(t, node, ret):
 * Compute the tree hash of the subtree under ${node}.
 */
void tree_hash_node(
	const struct tree *t, uint32_t node, struct hash_value *ret);

/**
 * tree_hash_without(t, node, parent, ret):
 * Compute the tree hash of the subtree under ${node} as it was when ${parent}
 * was set: its unmerged leaves blank and in nobody's list of unmerged leaves
 * (the original sibling tree hash of section 7.9). Fills no cache where it
 * differs.
 */
void tree_hash_without(const struct tree *t, uint32_t node,
	const struct parent_node *parent, struct hash_value *ret);

#endif
