/*
 * Arithmetic of array-based trees: see tree_math.h.
 */
#include "mls/public/tree/tree_math.h"

uint32_t tree_math_width(uint32_t leaves)
{
	return 2 * (leaves - 1) + 1;
}

uint32_t tree_math_root(uint32_t leaves)
{
	return leaves - 1;
}

/* The level is the number of one bits at the end. */
unsigned tree_math_level(uint32_t node)
{
	unsigned level = 0;

	while ((node >> level & 1) == 1)
		level++;
	return level;
}

uint32_t tree_math_left(uint32_t node)
{
	return node ^ (UINT32_C(1) << (tree_math_level(node) - 1));
}

uint32_t tree_math_right(uint32_t node)
{
	return node ^ (UINT32_C(3) << (tree_math_level(node) - 1));
}

/* From x01..1 or x11..1 to x011..1: set one bit more, clear the next. */
uint32_t tree_math_parent(uint32_t node)
{
	uint32_t bit = UINT32_C(1) << tree_math_level(node);

	return (node | bit) & ~(bit << 1);
}

uint32_t tree_math_sibling(uint32_t node)
{
	return node ^ (UINT32_C(2) << tree_math_level(node));
}

uint32_t tree_math_first_leaf(uint32_t node)
{
	uint32_t reach = (UINT32_C(1) << tree_math_level(node)) - 1;

	return (node - reach) / 2;
}

uint32_t tree_math_last_leaf(uint32_t node)
{
	return tree_math_first_leaf(node) +
	       (UINT32_C(1) << tree_math_level(node)) - 1;
}

bool tree_math_covers(uint32_t node, uint32_t leaf)
{
	return leaf >= tree_math_first_leaf(node) &&
	       leaf <= tree_math_last_leaf(node);
}

uint32_t tree_math_ancestor(uint32_t leaf_a, uint32_t leaf_b)
{
	uint32_t node = tree_math_node(leaf_a);

	while (!tree_math_covers(node, leaf_b))
		node = tree_math_parent(node);
	return node;
}

unsigned tree_math_path(uint32_t leaf, uint32_t leaves, uint32_t *ret)
{
	uint32_t node = tree_math_node(leaf);
	uint32_t root = tree_math_root(leaves);
	unsigned n = 0;

	while (node != root) {
		node = tree_math_parent(node);
		ret[n++] = node;
	}
	return n;
}
