/*
 * Format "tree-operations": one add, update or remove, and the tree and its
 * hash before and after.
 */
#include "mls/public/object/proposal.h"
#include "mls/public/tree/tree_codec.h"
#include "mls/public/tree/tree_hash.h"
#include "vectors/vec.h"

static int apply(struct tree *t, struct proposal *p, uint32_t sender)
{
	uint32_t leaf;

	switch (p->type) {
	case PROPOSAL_ADD: return tree_add(t, p->add.leaf_node, &leaf);
	case PROPOSAL_UPDATE: return tree_update(t, sender, p->update);
	case PROPOSAL_REMOVE: return tree_remove(t, p->removed);
	default: return ROWAN_E_MLS_PROPOSAL;
	}
}

/* The tree is the one the case names, in bytes and in hash. */
static void same_tree(
	struct vec *v, const struct tree *t, const char *tree, const char *hash)
{
	struct hash_value got;
	struct buf raw;

	tree_hash(t, &got);
	(void)vec_same(v, hash_view(&got), vec_hex(v, v->json, hash), hash);
	(void)vec_zero(v, tree_encode(t, &raw), tree);
	(void)vec_same(v, buf_view(&raw), vec_hex(v, v->json, tree), tree);
	buf_wipe(&raw);
}

void fmt_tree_operations(struct vec *v)
{
	struct bytes raw = vec_hex(v, v->json, "tree_before");
	uint32_t sender = (uint32_t)vec_uint(v, v->json, "proposal_sender");
	struct tree *before = NULL, *after = NULL;
	struct proposal p = {0};

	if (vec_zero(v, tree_decode(v->suite, raw, &before), "tree_before") &&
		vec_zero(v,
			proposal_decode(vec_hex(v, v->json, "proposal"), &p),
			"proposal") &&
		vec_zero(v, tree_copy(before, &after), "copy")) {
		same_tree(v, before, "tree_before", "tree_hash_before");
		(void)vec_zero(v, apply(after, &p, sender), "apply");
		same_tree(v, after, "tree_after", "tree_hash_after");
		/* What was staged on a copy has not touched the original. */
		same_tree(v, before, "tree_before", "tree_hash_before");
	}
	proposal_wipe(&p);
	tree_free(after);
	tree_free(before);
}
