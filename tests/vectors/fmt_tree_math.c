/*
 * Format "tree-math": the array tree of RFC 9420 appendix C, every node.
 */
#include "mls/public/tree/tree_math.h"
#include "vectors/vec.h"

enum relative { LEFT, RIGHT, PARENT, SIBLING };

/* Whether ${node} has that relative, and then which. */
static bool relative_of(
	enum relative which, uint32_t node, uint32_t leaves, uint32_t *ret)
{
	bool root = node == tree_math_root(leaves);

	*ret = 0;
	if (which == LEFT || which == RIGHT) {
		if (tree_math_is_leaf(node))
			return false;
		*ret = which == LEFT ? tree_math_left(node)
				     : tree_math_right(node);
		return true;
	}
	if (root)
		return false;
	*ret = which == PARENT ? tree_math_parent(node)
			       : tree_math_sibling(node);
	return true;
}

static void check_nodes(
	struct vec *v, enum relative which, const char *key, uint32_t leaves)
{
	const json_t *list = vec_array(v, v->json, key);
	uint32_t width = tree_math_width(leaves), got;

	if (list == NULL || !vec_want(v, json_array_size(list) == width, key))
		return;
	for (uint32_t node = 0; node < width; node++) {
		const json_t *want = json_array_get(list, node);

		if (relative_of(which, node, leaves, &got))
			(void)vec_want(v,
				json_is_integer(want) &&
					json_integer_value(want) == got,
				key);
		else
			(void)vec_want(v, json_is_null(want), key);
	}
}

void fmt_tree_math(struct vec *v)
{
	uint64_t leaves = vec_uint(v, v->json, "n_leaves");
	uint64_t nodes = vec_uint(v, v->json, "n_nodes");
	uint64_t root = vec_uint(v, v->json, "root");

	/* Section 7.7: our trees always have a power of two of leaves. */
	if (!vec_want(v,
		    leaves > 0 && leaves <= 1u << 20 &&
			    (leaves & (leaves - 1)) == 0,
		    "n_leaves is not a power of two"))
		return;
	(void)vec_want(v, tree_math_width((uint32_t)leaves) == nodes,
		"n_nodes differs");
	(void)vec_want(
		v, tree_math_root((uint32_t)leaves) == root, "root differs");
	check_nodes(v, LEFT, "left", (uint32_t)leaves);
	check_nodes(v, RIGHT, "right", (uint32_t)leaves);
	check_nodes(v, PARENT, "parent", (uint32_t)leaves);
	check_nodes(v, SIBLING, "sibling", (uint32_t)leaves);
}
