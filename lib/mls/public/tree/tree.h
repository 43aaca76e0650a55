/*
 * The public ratchet tree (RFC 9420 sections 4 and 7): an array of counted,
 * immutable nodes.
 *
 * A copy shares every node with its original, so that a commit can be staged
 * on a copy and dropped. Every call either succeeds or leaves the tree as it
 * was. Trusts that the leaves put into it were validated (tree_validate.h);
 * never checks a signature, never holds a secret. Hashes are kept per node
 * and forgotten along touched paths only: see tree_hash.h.
 */
#ifndef MLS_TREE_H
#define MLS_TREE_H

#include "mls/public/object/leaf_node.h"
#include "mls/public/object/node.h"
#include "mls/public/tree/tree_math.h"

struct suite;

/* NULL is a blank node. Even places hold leaves, odd ones parents. */
union tree_slot {
	struct leaf_node *leaf;
	struct parent_node *parent;
	const void *any;
};

/* For the tree's own files; others use the calls. */
struct tree {
	const struct suite *suite;
	uint32_t leaves; /* blank ones included; a power of two */
	uint32_t members;
	union tree_slot *slots; /* tree_math_width(leaves) */
	uint8_t *hashes;	/* one tree hash a slot */
	uint8_t *hashed;	/* per slot: 1 iff the hash is current */
};

/* A list of node numbers; starts as {0}, ends with node_list_free. */
struct node_list {
	uint32_t *v;
	size_t len;
	size_t cap;
};

/* Leaf numbers in increasing order, borrowed. */
struct leaf_set {
	const uint32_t *v;
	size_t len;
};

/* The filtered direct path of a leaf, from the leaf's side to the root. */
struct filtered_path {
	unsigned len;
	uint32_t node[TREE_MATH_PATH_MAX];
	uint32_t copath[TREE_MATH_PATH_MAX]; /* the child off the path */
};

/**
 * tree_new(suite, ret):
 * Make a tree of one blank leaf. The caller owns ${ret} (tree_free).
 */
ROWAN_MUST int tree_new(const struct suite *suite, struct tree **ret);

/**
 * tree_copy(t, ret):
 * Make a copy that shares the nodes of ${t}; the two change independently.
 */
ROWAN_MUST int tree_copy(const struct tree *t, struct tree **ret);

/**
 * tree_free(t):
 * Drop the tree and its references. NULL is harmless.
 */
void tree_free(struct tree *t);

/**
 * tree_leaves(t), tree_members(t), tree_width(t):
 * Return the number of leaves, blank ones included; of leaves that are not
 * blank; of nodes.
 */
uint32_t tree_leaves(const struct tree *t);
uint32_t tree_members(const struct tree *t);
uint32_t tree_width(const struct tree *t);

/**
 * tree_leaf(t, leaf), tree_parent(t, node):
 * Return the leaf node of leaf number ${leaf}, the parent node at ${node}, or
 * NULL where it is blank or outside the tree. Borrowed until the next change;
 * take a reference to keep it.
 */
struct leaf_node *tree_leaf(const struct tree *t, uint32_t leaf);
struct parent_node *tree_parent(const struct tree *t, uint32_t node);

/**
 * tree_is_blank(t, node):
 * Return true iff node number ${node} is blank or outside the tree.
 */
bool tree_is_blank(const struct tree *t, uint32_t node);

/**
 * tree_encryption_key(t, node):
 * Return a view of the HPKE public key at ${node}, empty where it is blank.
 */
struct bytes tree_encryption_key(const struct tree *t, uint32_t node);

/**
 * tree_next_leaf(t, leaf):
 * Return the first leaf number from ${leaf} on that is not blank, or
 * tree_leaves(t) when none is left: for loops over the members.
 */
uint32_t tree_next_leaf(const struct tree *t, uint32_t leaf);

/**
 * tree_find(t, leaf_node_raw):
 * Return the number of the leaf that holds exactly these encoded bytes, or
 * tree_leaves(t): how a joiner finds its place (section 12.4.3.1).
 */
uint32_t tree_find(const struct tree *t, struct bytes leaf_node_raw);

/**
 * tree_reserve(t, ret_leaf):
 * Find the leftmost blank leaf, extending the tree when there is none, and
 * leave it blank: the place of an external committer (section 12.4.1).
 * ROWAN_E_LIMIT when the tree would outgrow MLS_LEAVES_MAX.
 */
ROWAN_MUST int tree_reserve(struct tree *t, uint32_t *ret_leaf);

/**
 * tree_add(t, leaf, ret_leaf):
 * Put ${leaf} at the leftmost blank place and list it as unmerged in every
 * parent above (section 12.1.1). Takes a reference of its own. Errors as
 * tree_reserve.
 */
ROWAN_MUST int tree_add(
	struct tree *t, struct leaf_node *leaf, uint32_t *ret_leaf);

/**
 * tree_update(t, index, leaf):
 * Replace the leaf numbered ${index} and blank the nodes above it (section
 * 12.1.2). ROWAN_E_NOT_FOUND when that leaf is blank.
 */
ROWAN_MUST int tree_update(
	struct tree *t, uint32_t index, struct leaf_node *leaf);

/**
 * tree_remove(t, index):
 * Blank the leaf numbered ${index} and the nodes above it, and truncate the
 * tree (section 12.1.3). ROWAN_E_NOT_FOUND when that leaf is blank.
 */
ROWAN_MUST int tree_remove(struct tree *t, uint32_t index);

/**
 * tree_resolution(t, node, without, ret):
 * Append the resolution of ${node} (section 4.1.1) to ${ret}, leaving out the
 * leaves in ${without} (NULL for none).
 */
ROWAN_MUST int tree_resolution(const struct tree *t, uint32_t node,
	const struct leaf_set *without, struct node_list *ret);

/**
 * tree_filtered_path(t, leaf, ret):
 * Compute the filtered direct path of leaf number ${leaf} (section 4.1.2),
 * which need not hold a node. It is empty for a leaf outside of the tree.
 */
void tree_filtered_path(
	const struct tree *t, uint32_t leaf, struct filtered_path *ret);

/**
 * leaf_set_has(set, leaf):
 * Return true iff ${leaf} is in ${set}; NULL is the empty set.
 */
bool leaf_set_has(const struct leaf_set *set, uint32_t leaf);

/**
 * node_list_add(list, node), node_list_free(list):
 * Append; drop the memory and leave the list empty.
 */
ROWAN_MUST int node_list_add(struct node_list *list, uint32_t node);
void node_list_free(struct node_list *list);

/**
 * tree_extend(t):
 * For the tree's own files: double the tree (section 7.7). ROWAN_E_LIMIT when
 * it would outgrow MLS_LEAVES_MAX.
 */
ROWAN_MUST int tree_extend(struct tree *t);

/**
 * tree_put(t, node, slot):
 * For the tree's own files: let ${slot}, whose reference moves to the tree,
 * replace what stands at ${node}, and forget the hashes from there upwards.
 */
void tree_put(struct tree *t, uint32_t node, union tree_slot slot);

#endif
