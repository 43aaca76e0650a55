/*
 * The rules for whole trees, RFC 9420 sections 7.9.2 and 12.4.3.1: see
 * tree_validate.h. The rules for one leaf are in leaf_check.c.
 */
#include <stdlib.h>

#include "mls/public/object/limits.h"
#include "mls/public/tree/parent_hash.h"
#include "mls/public/tree/tree_hash.h"
#include "mls/public/tree/tree_validate.h"

/* 12.4.3.3: the client "MUST verify that the root hash ... matches" */
static int rule_hash(const struct leaf_group *group, struct bytes hash)
{
	struct hash_value own;

	if (hash.len == 0)
		return 0;
	tree_hash(group->tree, &own);
	return bytes_eq(hash_view(&own), hash) ? 0 : ROWAN_E_MLS_TREE;
}

/* One entry of the unmerged leaves of ${node}. */
static bool unmerged_fits(const struct tree *t, uint32_t node, uint32_t leaf)
{
	uint32_t at;

	/* "a non-blank leaf node that is a descendant of the parent" */
	if (!tree_math_covers(node, leaf) || tree_leaf(t, leaf) == NULL)
		return false;
	/* "every non-blank intermediate node between ... also has an entry" */
	at = tree_math_parent(tree_math_node(leaf));
	while (at != node) {
		const struct parent_node *between = tree_parent(t, at);

		if (between != NULL && !parent_node_is_unmerged(between, leaf))
			return false;
		at = tree_math_parent(at);
	}
	return true;
}

static int rule_unmerged(const struct leaf_group *group, struct bytes hash)
{
	const struct tree *t = group->tree;

	for (uint32_t node = 1; node < tree_width(t); node += 2) {
		const struct parent_node *parent = tree_parent(t, node);
		size_t n = 0;

		if (parent != NULL)
			n = parent_node_unmerged_count(parent);
		for (size_t i = 0; i < n; i++)
			if (!unmerged_fits(
				    t, node, parent_node_unmerged(parent, i)))
				return ROWAN_E_MLS_TREE;
	}
	return 0;
}

/* Parents' keys are of the group's algorithm; leaves have a rule for that. */
static int rule_parent_keys(const struct leaf_group *group, struct bytes hash)
{
	const struct tree *t = group->tree;

	for (uint32_t node = 1; node < tree_width(t); node += 2)
		if (!tree_is_blank(t, node) &&
			!suite_kem_key(t->suite, tree_encryption_key(t, node)))
			return ROWAN_E_MLS_TREE;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return bytes_cmp(*(const struct bytes *)a, *(const struct bytes *)b);
}

static bool all_differ(struct bytes *keys, size_t n)
{
	qsort(keys, n, sizeof *keys, compare);
	for (size_t i = 1; i < n; i++)
		if (bytes_eq(keys[i - 1], keys[i]))
			return false;
	return true;
}

/* 12.4.3.1, 7.3: no encryption key twice, no signature key twice. */
static int rule_unique_keys(const struct leaf_group *group, struct bytes hash)
{
	const struct tree *t = group->tree;
	struct bytes *keys = calloc(tree_width(t), sizeof *keys);
	size_t n = 0;
	int rc = 0;

	if (keys == NULL)
		return ROWAN_E_NOMEM;
	for (uint32_t node = 0; node < tree_width(t); node++)
		if (!tree_is_blank(t, node))
			keys[n++] = tree_encryption_key(t, node);
	if (!all_differ(keys, n))
		rc = ROWAN_E_MLS_TREE;
	n = 0;
	for (uint32_t i = tree_next_leaf(t, 0); i < tree_leaves(t);
		i = tree_next_leaf(t, i + 1))
		keys[n++] = tree_leaf(t, i)->signature_key;
	if (!all_differ(keys, n))
		rc = ROWAN_E_MLS_TREE;
	free(keys);
	return rc;
}

static int rule_parent_hash(const struct leaf_group *group, struct bytes hash)
{
	return parent_hash_verify(group->tree);
}

/* The distinct credential types of the members; -1 when they are too many. */
static int credential_types(const struct tree *t, uint16_t *ret)
{
	int n = 0;

	for (uint32_t i = tree_next_leaf(t, 0); i < tree_leaves(t);
		i = tree_next_leaf(t, i + 1)) {
		uint16_t type = tree_leaf(t, i)->credential.type;
		int k = 0;

		while (k < n && ret[k] != type)
			k++;
		if (k < n)
			continue;
		if (n == MLS_CREDENTIAL_TYPES_MAX)
			return -1;
		ret[n++] = type;
	}
	return n;
}

/* 7.3: every member supports every credential type in use. */
static int rule_credential_types(
	const struct leaf_group *group, struct bytes hash)
{
	const struct tree *t = group->tree;
	uint16_t type[MLS_CREDENTIAL_TYPES_MAX];
	int n = credential_types(t, type);

	if (n < 0)
		return ROWAN_E_LIMIT;
	for (uint32_t i = tree_next_leaf(t, 0); i < tree_leaves(t);
		i = tree_next_leaf(t, i + 1))
		for (int k = 0; k < n; k++)
			if (!capabilities_credential(
				    &tree_leaf(t, i)->capabilities, type[k]))
				return ROWAN_E_MLS_LEAF_NODE;
	return 0;
}

/* 12.4.3.1: "For each non-empty leaf node, validate the LeafNode" */
static int rule_leaves(const struct leaf_group *group, struct bytes hash)
{
	const struct tree *t = group->tree;
	int rc = 0;

	for (uint32_t i = tree_next_leaf(t, 0); i < tree_leaves(t) && rc == 0;
		i = tree_next_leaf(t, i + 1))
		rc = leaf_check(group, tree_leaf(t, i), LEAF_IN_TREE, i);
	return rc;
}

/* The unmerged leaves before what relies on them; signatures last. */
static int (*const tree_rules[])(
	const struct leaf_group *group, struct bytes hash) = {
	rule_hash,
	rule_unmerged,
	rule_parent_keys,
	rule_unique_keys,
	rule_parent_hash,
	rule_credential_types,
	rule_leaves,
};

int tree_validate(const struct leaf_group *group, struct bytes hash)
{
	int rc = 0;

	for (size_t i = 0; i < sizeof tree_rules / sizeof *tree_rules; i++) {
		rc = tree_rules[i](group, hash);
		if (rc != 0)
			break;
	}
	return rc;
}
