/*
 * The public ratchet tree: see tree.h.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/suite.h"
#include "mls/public/object/limits.h"
#include "mls/public/tree/tree.h"

/* Reading */

uint32_t tree_leaves(const struct tree *t)
{
	return t->leaves;
}

uint32_t tree_members(const struct tree *t)
{
	return t->members;
}

uint32_t tree_width(const struct tree *t)
{
	return tree_math_width(t->leaves);
}

struct leaf_node *tree_leaf(const struct tree *t, uint32_t leaf)
{
	if (leaf >= t->leaves)
		return NULL;
	return t->slots[tree_math_node(leaf)].leaf;
}

struct parent_node *tree_parent(const struct tree *t, uint32_t node)
{
	if (node >= tree_width(t) || tree_math_is_leaf(node))
		return NULL;
	return t->slots[node].parent;
}

bool tree_is_blank(const struct tree *t, uint32_t node)
{
	return node >= tree_width(t) || t->slots[node].any == NULL;
}

struct bytes tree_encryption_key(const struct tree *t, uint32_t node)
{
	if (tree_is_blank(t, node))
		return bytes_of(NULL, 0);
	if (tree_math_is_leaf(node))
		return t->slots[node].leaf->encryption_key;
	return t->slots[node].parent->encryption_key;
}

uint32_t tree_next_leaf(const struct tree *t, uint32_t leaf)
{
	while (leaf < t->leaves && t->slots[tree_math_node(leaf)].any == NULL)
		leaf++;
	return leaf < t->leaves ? leaf : t->leaves;
}

uint32_t tree_find(const struct tree *t, struct bytes leaf_node_raw)
{
	uint32_t i;

	for (i = tree_next_leaf(t, 0); i < t->leaves;
		i = tree_next_leaf(t, i + 1))
		if (bytes_eq(tree_leaf(t, i)->raw, leaf_node_raw))
			break;
	return i;
}

/* Memory */

static union tree_slot slot_ref(union tree_slot slot, uint32_t node)
{
	if (tree_math_is_leaf(node))
		leaf_node_ref(slot.leaf);
	else
		parent_node_ref(slot.parent);
	return slot;
}

static void slot_unref(union tree_slot slot, uint32_t node)
{
	if (tree_math_is_leaf(node))
		leaf_node_unref(slot.leaf);
	else
		parent_node_unref(slot.parent);
}

/* Give ${t}, which has none, blank room for ${leaves} leaves. */
static int alloc_room(struct tree *t, uint32_t leaves)
{
	size_t width = tree_math_width(leaves);

	t->leaves = leaves;
	t->slots = calloc(width, sizeof *t->slots);
	t->hashes = malloc(width * t->suite->hash->len);
	t->hashed = calloc(width, 1);
	if (t->slots == NULL || t->hashes == NULL || t->hashed == NULL)
		return ROWAN_E_NOMEM;
	return 0;
}

static void free_room(struct tree *t)
{
	free(t->slots);
	free(t->hashes);
	free(t->hashed);
}

int tree_new(const struct suite *suite, struct tree **ret)
{
	struct tree *t = calloc(1, sizeof *t);
	int rc = ROWAN_E_NOMEM;

	*ret = NULL;
	if (t == NULL)
		return ROWAN_E_NOMEM;
	t->suite = suite;
	rc = alloc_room(t, 1);
	if (rc != 0) {
		free_room(t);
		free(t);
		return rc;
	}
	*ret = t;
	return 0;
}

int tree_copy(const struct tree *t, struct tree **ret)
{
	struct tree *copy = calloc(1, sizeof *copy);
	size_t width = tree_width(t);
	int rc;

	*ret = NULL;
	if (copy == NULL)
		return ROWAN_E_NOMEM;
	copy->suite = t->suite;
	copy->members = t->members;
	rc = alloc_room(copy, t->leaves);
	if (rc != 0) {
		free_room(copy);
		free(copy);
		return rc;
	}
	for (uint32_t i = 0; i < width; i++)
		copy->slots[i] = slot_ref(t->slots[i], i);
	memcpy(copy->hashes, t->hashes, width * t->suite->hash->len);
	memcpy(copy->hashed, t->hashed, width);
	*ret = copy;
	return 0;
}

void tree_free(struct tree *t)
{
	if (t == NULL)
		return;
	for (uint32_t i = 0; i < tree_width(t); i++)
		slot_unref(t->slots[i], i);
	free_room(t);
	free(t);
}

/* Double the tree: it becomes the left subtree of a new blank root. */
int tree_extend(struct tree *t)
{
	struct tree wide = *t;
	size_t width = tree_width(t);
	int rc;

	if (t->leaves > MLS_LEAVES_MAX / 2)
		return ROWAN_E_LIMIT;
	rc = alloc_room(&wide, t->leaves * 2);
	if (rc != 0) {
		free_room(&wide);
		return rc;
	}
	memcpy(wide.slots, t->slots, width * sizeof *t->slots);
	memcpy(wide.hashes, t->hashes, width * t->suite->hash->len);
	memcpy(wide.hashed, t->hashed, width);
	free_room(t);
	*t = wide;
	return 0;
}

/*
 * Halve the tree while its right half has no member. The left half's hashes
 * stay as they are. The room stays too: the next copy is as small as it can
 * be, and nothing here can fail.
 */
static void truncate_tree(struct tree *t)
{
	uint32_t leaves = t->leaves, last = t->leaves - 1;

	while (last > 0 && t->slots[tree_math_node(last)].any == NULL)
		last--;
	while (leaves > 1 && last < leaves / 2)
		leaves /= 2;
	for (uint32_t i = tree_math_width(leaves); i < tree_width(t); i++)
		slot_unref(t->slots[i], i);
	t->leaves = leaves;
}

/* Changing */

/* Where a node has no current hash, none above it has. */
static void forget_hashes(struct tree *t, uint32_t node)
{
	uint32_t root = tree_math_root(t->leaves);

	while (t->hashed[node]) {
		t->hashed[node] = 0;
		if (node == root)
			return;
		node = tree_math_parent(node);
	}
}

void tree_put(struct tree *t, uint32_t node, union tree_slot slot)
{
	union tree_slot old = t->slots[node];

	if (tree_math_is_leaf(node)) {
		t->members += slot.any != NULL;
		t->members -= old.any != NULL;
	}
	t->slots[node] = slot;
	slot_unref(old, node);
	forget_hashes(t, node);
}

static void blank_path(struct tree *t, uint32_t leaf)
{
	uint32_t path[TREE_MATH_PATH_MAX];
	unsigned n = tree_math_path(leaf, t->leaves, path);

	for (unsigned i = 0; i < n; i++)
		if (t->slots[path[i]].any != NULL)
			tree_put(t, path[i], (union tree_slot){0});
}

int tree_reserve(struct tree *t, uint32_t *ret_leaf)
{
	uint32_t leaf = 0;
	int rc;

	while (leaf < t->leaves && t->slots[tree_math_node(leaf)].any != NULL)
		leaf++;
	if (leaf == t->leaves && (rc = tree_extend(t)) != 0)
		return rc;
	*ret_leaf = leaf;
	return 0;
}

int tree_add(struct tree *t, struct leaf_node *leaf, uint32_t *ret_leaf)
{
	struct parent_node *fresh[TREE_MATH_PATH_MAX] = {0};
	uint32_t path[TREE_MATH_PATH_MAX], index = 0;
	unsigned n = 0;
	int rc;

	rc = tree_reserve(t, &index);
	if (rc == 0)
		n = tree_math_path(index, t->leaves, path);
	/* Make everything before anything changes. */
	for (unsigned i = 0; i < n && rc == 0; i++)
		if (t->slots[path[i]].parent != NULL)
			rc = parent_node_with_unmerged(
				t->slots[path[i]].parent, index, &fresh[i]);
	if (rc != 0)
		goto out;
	for (unsigned i = 0; i < n; i++) {
		if (fresh[i] == NULL)
			continue;
		tree_put(t, path[i], (union tree_slot){.parent = fresh[i]});
		fresh[i] = NULL;
	}
	tree_put(t, tree_math_node(index),
		(union tree_slot){.leaf = leaf_node_ref(leaf)});
	*ret_leaf = index;
out:
	for (unsigned i = 0; i < n; i++)
		parent_node_unref(fresh[i]);
	if (rc != 0)
		truncate_tree(t);
	return rc;
}

int tree_update(struct tree *t, uint32_t index, struct leaf_node *leaf)
{
	if (tree_leaf(t, index) == NULL)
		return ROWAN_E_NOT_FOUND;
	tree_put(t, tree_math_node(index),
		(union tree_slot){.leaf = leaf_node_ref(leaf)});
	blank_path(t, index);
	return 0;
}

int tree_remove(struct tree *t, uint32_t index)
{
	if (tree_leaf(t, index) == NULL)
		return ROWAN_E_NOT_FOUND;
	tree_put(t, tree_math_node(index), (union tree_slot){0});
	blank_path(t, index);
	truncate_tree(t);
	return 0;
}
