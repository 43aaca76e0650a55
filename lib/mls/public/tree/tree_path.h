/*
 * Putting an update path into the public tree (RFC 9420 sections 7.5, 7.9).
 *
 * Used by whoever follows a commit and by the committer: plan, then apply,
 * so that nothing changes before every check has passed. Knows public keys
 * only.
 */
#ifndef MLS_TREE_PATH_H
#define MLS_TREE_PATH_H

#include "crypto/suite.h"
#include "mls/public/tree/tree.h"

struct update_path;

/* New parents along a leaf's filtered direct path, parent hashes done. */
struct tree_path {
	uint32_t leaf;
	struct filtered_path path;
	struct parent_node *parent[TREE_MATH_PATH_MAX]; /* one reference each */
	struct hash_value leaf_parent_hash; /* for the committer's leaf */
};

/**
 * tree_path_plan(t, leaf, keys, n, ret):
 * Make the parent nodes an update path of leaf number ${leaf} with the public
 * keys ${keys}[0..n) sets, and the parent hash its new leaf node must carry.
 * ROWAN_E_MLS_PATH unless ${n} is the length of the filtered direct path. The
 * tree is unchanged and must not change before tree_path_apply. Ends with
 * tree_path_free.
 */
ROWAN_MUST int tree_path_plan(const struct tree *t, uint32_t leaf,
	const struct bytes *keys, size_t n, struct tree_path *ret);

/**
 * tree_path_apply(t, plan, leaf_node):
 * Blank the direct path, set the planned parents and the leaf (section 7.5).
 * The references of the plan move to the tree; takes one of ${leaf_node}.
 */
void tree_path_apply(
	struct tree *t, struct tree_path *plan, struct leaf_node *leaf_node);

/**
 * tree_path_free(plan):
 * Drop what a plan still holds. A zeroed plan is harmless.
 */
void tree_path_free(struct tree_path *plan);

/**
 * tree_path_merge(t, leaf, path, added):
 * Check a received update path of leaf number ${leaf} against the tree as it
 * stands after the commit's proposals, ${added} being the leaves these added,
 * and put it in (section 12.4.2):
 *
 *   ROWAN_E_MLS_PATH         not as many nodes as the filtered direct path
 *                            has, not as many ciphertexts as a resolution
 *                            has, or a public key that is in the tree
 *   ROWAN_E_MLS_PARENT_HASH  the leaf's parent hash is not the path's
 *
 * On failure the tree is unchanged. The leaf node itself is validated by the
 * caller (leaf_check in tree_validate.h).
 */
ROWAN_MUST int tree_path_merge(struct tree *t, uint32_t leaf,
	const struct update_path *path, const struct leaf_set *added);

#endif
