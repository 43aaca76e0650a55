/*
 * Parent nodes of the ratchet tree (RFC 9420 section 7.1): immutable,
 * counted, one canonical encoding each.
 *
 * Decoding checks the form only, order of unmerged leaves included. Whether
 * the node fits its tree is the work of tree_validate.h.
 */
#ifndef MLS_NODE_H
#define MLS_NODE_H

#include "base/reader.h"

/* NodeType of section 7.8. */
enum node_type { NODE_LEAF = 1, NODE_PARENT = 2 };

/* Fields are read-only views into ${raw}, which lives as long as the node. */
struct parent_node {
	size_t refs;
	struct bytes encryption_key;
	struct bytes parent_hash;
	struct bytes unmerged_leaves; /* big-endian uint32, increasing */
	struct bytes raw;
};

/**
 * parent_node_read(r, ret):
 * Read one parent node; the caller holds one reference (parent_node_unref).
 */
ROWAN_MUST int parent_node_read(struct reader *r, struct parent_node **ret);

/**
 * parent_node_new(encryption_key, parent_hash, ret):
 * Make a parent node without unmerged leaves, as an update path does.
 */
ROWAN_MUST int parent_node_new(struct bytes encryption_key,
	struct bytes parent_hash, struct parent_node **ret);

/**
 * parent_node_with_unmerged(node, leaf, ret):
 * Make a copy of ${node} whose unmerged leaves contain leaf number ${leaf}
 * as well. ROWAN_E_EXISTS when they did before.
 */
ROWAN_MUST int parent_node_with_unmerged(const struct parent_node *node,
	uint32_t leaf, struct parent_node **ret);

/**
 * parent_node_unmerged(node, i), parent_node_unmerged_count(node):
 * Return the ${i}th unmerged leaf; how many there are.
 */
uint32_t parent_node_unmerged(const struct parent_node *node, size_t i);
size_t parent_node_unmerged_count(const struct parent_node *node);

/**
 * parent_node_unmerged_from(node, leaf):
 * Return how many unmerged leaves have a number below ${leaf}: the place of
 * the first that has not.
 */
size_t parent_node_unmerged_from(const struct parent_node *node, uint32_t leaf);

/**
 * parent_node_is_unmerged(node, leaf):
 * Return true iff leaf number ${leaf} is among the unmerged leaves.
 */
bool parent_node_is_unmerged(const struct parent_node *node, uint32_t leaf);

/**
 * parent_node_ref(node), parent_node_unref(node):
 * Take and drop a reference. NULL is harmless. Not atomic.
 */
struct parent_node *parent_node_ref(struct parent_node *node);
void parent_node_unref(struct parent_node *node);

#endif
