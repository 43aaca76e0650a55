/*
 * Tree hashes: see tree_hash.h.
 *
 * Recursion over the tree, no deeper than its height.
 */
#include <string.h>

#include "base/writer.h"
#include "mls/public/tree/tree_hash.h"

/* The largest variable-length header. */
#define HEADER_MAX 4

/* TreeHashInput with a LeafNodeHashInput; ${leaf} is NULL where blank. */
static void hash_leaf(const struct tree *t, uint32_t index,
	const struct leaf_node *leaf, struct hash_value *ret)
{
	const uint8_t head[] = {NODE_LEAF, (uint8_t)(index >> 24),
		(uint8_t)(index >> 16), (uint8_t)(index >> 8), (uint8_t)index,
		leaf != NULL};
	const struct bytes parts[] = {bytes_of(head, sizeof head),
		leaf == NULL ? bytes_of(NULL, 0) : leaf->raw};

	suite_hash(t->suite, parts, 2, ret);
}

static void update_header(
	const struct tree *t, struct hash_state *st, size_t len)
{
	uint8_t mem[HEADER_MAX + 1];
	struct writer w;

	writer_init_fixed(&w, mem, sizeof mem);
	writer_header(&w, len);
	suite_hash_update(t->suite, st, writer_view(&w));
}

static void update_vec(
	const struct tree *t, struct hash_state *st, struct bytes data)
{
	update_header(t, st, data.len);
	suite_hash_update(t->suite, st, data);
}

/*
 * ${parent} with the unmerged leaves of ${less} taken from its own. Entry by
 * entry: no memory is needed that could be lacking.
 */
static void update_parent_without(const struct tree *t, struct hash_state *st,
	const struct parent_node *parent, const struct parent_node *less)
{
	size_t n = parent_node_unmerged_count(parent), kept = 0;
	struct bytes entry = bytes_of(parent->unmerged_leaves.data, 4);

	update_vec(t, st, parent->encryption_key);
	update_vec(t, st, parent->parent_hash);
	for (size_t i = 0; i < n; i++)
		kept += !parent_node_is_unmerged(
			less, parent_node_unmerged(parent, i));
	update_header(t, st, kept * entry.len);
	for (size_t i = 0; i < n; i++, entry.data += entry.len)
		if (!parent_node_is_unmerged(
			    less, parent_node_unmerged(parent, i)))
			suite_hash_update(t->suite, st, entry);
}

/* TreeHashInput with a ParentNodeHashInput; ${less} as above, or NULL. */
static void hash_parent(const struct tree *t, uint32_t node,
	const struct parent_node *less, const struct hash_value child[2],
	struct hash_value *ret)
{
	const struct parent_node *parent = tree_parent(t, node);
	const uint8_t head[] = {NODE_PARENT, parent != NULL};
	struct hash_state st;

	suite_hash_init(t->suite, &st);
	suite_hash_update(t->suite, &st, bytes_of(head, sizeof head));
	if (parent != NULL && less != NULL)
		update_parent_without(t, &st, parent, less);
	else if (parent != NULL)
		suite_hash_update(t->suite, &st, parent->raw);
	update_vec(t, &st, hash_view(&child[0]));
	update_vec(t, &st, hash_view(&child[1]));
	suite_hash_final(t->suite, &st, ret);
}

static uint8_t *cached(const struct tree *t, uint32_t node)
{
	return t->hashes + (size_t)node * t->suite->hash->len;
}

void tree_hash_node(const struct tree *t, uint32_t node, struct hash_value *ret)
{
	struct hash_value child[2];

	if (t->hashed[node]) {
		ret->len = t->suite->hash->len;
		memcpy(ret->b, cached(t, node), ret->len);
		return;
	}
	if (tree_math_is_leaf(node)) {
		uint32_t index = tree_math_leaf(node);

		hash_leaf(t, index, tree_leaf(t, index), ret);
	} else {
		tree_hash_node(t, tree_math_left(node), &child[0]);
		tree_hash_node(t, tree_math_right(node), &child[1]);
		hash_parent(t, node, NULL, child, ret);
	}
	memcpy(cached(t, node), ret->b, ret->len);
	t->hashed[node] = 1;
}

void tree_hash(const struct tree *t, struct hash_value *ret)
{
	tree_hash_node(t, tree_math_root(tree_leaves(t)), ret);
}

/* Return true iff an unmerged leaf of ${parent} is under ${node}. */
static bool concerns(const struct parent_node *parent, uint32_t node)
{
	uint32_t first = tree_math_first_leaf(node);
	uint32_t last = tree_math_last_leaf(node);

	return parent_node_unmerged_from(parent, first) <
	       parent_node_unmerged_from(parent, last + 1);
}

void tree_hash_without(const struct tree *t, uint32_t node,
	const struct parent_node *parent, struct hash_value *ret)
{
	struct hash_value child[2];

	/* "if no leaves were blanked", it is the current hash. */
	if (!concerns(parent, node)) {
		tree_hash_node(t, node, ret);
		return;
	}
	if (tree_math_is_leaf(node)) {
		hash_leaf(t, tree_math_leaf(node), NULL, ret);
		return;
	}
	tree_hash_without(t, tree_math_left(node), parent, &child[0]);
	tree_hash_without(t, tree_math_right(node), parent, &child[1]);
	hash_parent(t, node, parent, child, ret);
}
