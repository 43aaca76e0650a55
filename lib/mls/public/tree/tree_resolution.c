/*
 * Resolutions and filtered direct paths of the ratchet tree: see tree.h.
 */
#include <stdlib.h>

#include "mls/public/tree/tree.h"

bool leaf_set_has(const struct leaf_set *set, uint32_t leaf)
{
	size_t lo = 0, hi = set == NULL ? 0 : set->len;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (set->v[mid] == leaf)
			return true;
		if (set->v[mid] < leaf)
			lo = mid + 1;
		else
			hi = mid;
	}
	return false;
}

int node_list_add(struct node_list *list, uint32_t node)
{
	if (list->len == list->cap) {
		size_t cap = list->cap == 0 ? 16 : list->cap * 2;
		uint32_t *v = realloc(list->v, cap * sizeof *v);

		if (v == NULL)
			return ROWAN_E_NOMEM;
		list->v = v;
		list->cap = cap;
	}
	list->v[list->len++] = node;
	return 0;
}

void node_list_free(struct node_list *list)
{
	free(list->v);
	*list = (struct node_list){0};
}

/* A non-blank parent stands for itself and its unmerged leaves. */
static int resolve_parent(const struct tree *t, uint32_t node,
	const struct leaf_set *without, struct node_list *ret)
{
	const struct parent_node *parent = tree_parent(t, node);
	size_t n = parent_node_unmerged_count(parent);
	int rc = node_list_add(ret, node);

	for (size_t i = 0; i < n && rc == 0; i++) {
		uint32_t leaf = parent_node_unmerged(parent, i);

		if (!leaf_set_has(without, leaf))
			rc = node_list_add(ret, tree_math_node(leaf));
	}
	return rc;
}

/* Depth first, left first; no deeper than the tree. */
int tree_resolution(const struct tree *t, uint32_t node,
	const struct leaf_set *without, struct node_list *ret)
{
	int rc;

	if (tree_math_is_leaf(node)) {
		if (tree_is_blank(t, node) ||
			leaf_set_has(without, tree_math_leaf(node)))
			return 0;
		return node_list_add(ret, node);
	}
	if (!tree_is_blank(t, node))
		return resolve_parent(t, node, without, ret);
	rc = tree_resolution(t, tree_math_left(node), without, ret);
	if (rc == 0)
		rc = tree_resolution(t, tree_math_right(node), without, ret);
	return rc;
}

/* A resolution is empty iff no node of the subtree is set. */
static bool all_blank(const struct tree *t, uint32_t node)
{
	uint32_t first = tree_math_node(tree_math_first_leaf(node));
	uint32_t last = tree_math_node(tree_math_last_leaf(node));

	if (!tree_is_blank(t, node))
		return false;
	for (uint32_t i = first; i <= last; i++)
		if (!tree_is_blank(t, i))
			return false;
	return true;
}

void tree_filtered_path(
	const struct tree *t, uint32_t leaf, struct filtered_path *ret)
{
	uint32_t root = tree_math_root(tree_leaves(t));
	uint32_t node = tree_math_node(leaf);

	ret->len = 0;
	/* From out there no way leads to the root. */
	if (leaf >= tree_leaves(t))
		return;
	while (node != root) {
		uint32_t sibling = tree_math_sibling(node);

		node = tree_math_parent(node);
		if (all_blank(t, sibling))
			continue;
		ret->node[ret->len] = node;
		ret->copath[ret->len] = sibling;
		ret->len++;
	}
}
