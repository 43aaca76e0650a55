/*
 * Parent hashes: see parent_hash.h.
 */
#include <string.h>

#include "base/writer.h"
#include "mls/public/tree/parent_hash.h"
#include "mls/public/tree/tree_hash.h"

/* No node: outside every tree. */
#define NONE UINT32_MAX

static void update_vec(
	const struct suite *suite, struct hash_state *st, struct bytes data)
{
	uint8_t mem[8];
	struct writer w;

	writer_init_fixed(&w, mem, sizeof mem);
	writer_header(&w, data.len);
	suite_hash_update(suite, st, writer_view(&w));
	suite_hash_update(suite, st, data);
}

void parent_hash(const struct suite *suite,
	const struct parent_hash_input *input, struct hash_value *ret)
{
	struct hash_state st;

	suite_hash_init(suite, &st);
	update_vec(suite, &st, input->encryption_key);
	update_vec(suite, &st, input->parent_hash);
	update_vec(suite, &st, input->original_sibling_tree_hash);
	suite_hash_final(suite, &st, ret);
}

/* The resolution of a subtree, seen from a parent above it. */
struct survey {
	const struct tree *t;
	const struct parent_node *parent;
	size_t unmerged; /* entries that are unmerged at ${parent} */
	size_t others;	 /* the rest */
	uint32_t other;	 /* the last of the rest */
};

static void count(struct survey *s, uint32_t node)
{
	if (tree_math_is_leaf(node) &&
		parent_node_is_unmerged(s->parent, tree_math_leaf(node))) {
		s->unmerged++;
	} else {
		s->others++;
		s->other = node;
	}
}

/* Count over the resolution of ${node}; enough is known at two others. */
static void survey(struct survey *s, uint32_t node)
{
	const struct parent_node *here = tree_parent(s->t, node);

	if (s->others > 1)
		return;
	if (tree_math_is_leaf(node)) {
		if (!tree_is_blank(s->t, node))
			count(s, node);
		return;
	}
	if (here == NULL) {
		survey(s, tree_math_left(node));
		survey(s, tree_math_right(node));
		return;
	}
	count(s, node);
	for (size_t i = 0; i < parent_node_unmerged_count(here); i++)
		count(s, tree_math_node(parent_node_unmerged(here, i)));
}

/*
 * 7.9.2: "D is in the resolution of C, and the intersection of P's
 * unmerged_leaves with the subtree under C is equal to the resolution of C
 * with D removed". So D is the one entry that is not unmerged at P, and all
 * of P's unmerged leaves under C are entries.
 */
static uint32_t find_child(
	const struct tree *t, const struct parent_node *parent, uint32_t c)
{
	struct survey s = {.t = t, .parent = parent};
	size_t below =
		parent_node_unmerged_from(parent, tree_math_last_leaf(c) + 1) -
		parent_node_unmerged_from(parent, tree_math_first_leaf(c));

	survey(&s, c);
	return s.others == 1 && s.unmerged == below ? s.other : NONE;
}

static struct bytes own_parent_hash(const struct tree *t, uint32_t node)
{
	if (!tree_math_is_leaf(node))
		return tree_parent(t, node)->parent_hash;
	return tree_leaf(t, tree_math_leaf(node))->parent_hash;
}

/* Return true iff ${node} and something under its child ${c} are one path. */
static bool links(const struct tree *t, uint32_t node, uint32_t c, uint32_t s)
{
	const struct parent_node *parent = tree_parent(t, node);
	uint32_t d = find_child(t, parent, c);
	struct hash_value sibling, want;

	if (d == NONE)
		return false;
	tree_hash_without(t, s, parent, &sibling);
	parent_hash(t->suite,
		&(struct parent_hash_input){parent->encryption_key,
			parent->parent_hash, hash_view(&sibling)},
		&want);
	return bytes_eq(own_parent_hash(t, d), hash_view(&want));
}

/*
 * Top down: every parent is linked to exactly one node below it. By induction
 * each ends at a leaf.
 */
int parent_hash_verify(const struct tree *t)
{
	for (uint32_t node = 1; node < tree_width(t); node += 2) {
		uint32_t left = tree_math_left(node);
		uint32_t right = tree_math_right(node);

		if (tree_is_blank(t, node))
			continue;
		/* 7.9.2: "the new member MUST authenticate that each
		 * non-blank parent node P is parent-hash valid" */
		if (links(t, node, left, right) == links(t, node, right, left))
			return ROWAN_E_MLS_PARENT_HASH;
	}
	return 0;
}
