/*
 * Update paths in the public tree: see tree_path.h.
 */
#include "mls/public/object/limits.h"
#include "mls/public/tree/parent_hash.h"
#include "mls/public/tree/tree_hash.h"
#include "mls/public/tree/tree_path.h"
#include "mls/public/object/update_path.h"

/*
 * From the root down, each node's parent hash covering all above it. The
 * hashes of the copath are those of the tree as it is: nothing under them
 * changes (section 7.9).
 */
static int plan_parents(
	const struct tree *t, const struct bytes *keys, struct tree_path *plan)
{
	struct hash_value above = {.len = 0}, sibling;
	int rc;

	for (unsigned k = plan->path.len; k-- > 0;) {
		struct parent_hash_input input = {.encryption_key = keys[k]};

		rc = parent_node_new(
			keys[k], hash_view(&above), &plan->parent[k]);
		if (rc != 0)
			return rc;
		tree_hash_node(t, plan->path.copath[k], &sibling);
		input.parent_hash = plan->parent[k]->parent_hash;
		input.original_sibling_tree_hash = hash_view(&sibling);
		parent_hash(t->suite, &input, &above);
	}
	plan->leaf_parent_hash = above;
	return 0;
}

int tree_path_plan(const struct tree *t, uint32_t leaf,
	const struct bytes *keys, size_t n, struct tree_path *ret)
{
	int rc;

	*ret = (struct tree_path){.leaf = leaf};
	tree_filtered_path(t, leaf, &ret->path);
	if (n != ret->path.len)
		return ROWAN_E_MLS_PATH;
	rc = plan_parents(t, keys, ret);
	if (rc != 0)
		tree_path_free(ret);
	return rc;
}

void tree_path_apply(
	struct tree *t, struct tree_path *plan, struct leaf_node *leaf_node)
{
	uint32_t path[TREE_MATH_PATH_MAX];
	unsigned n = tree_math_path(plan->leaf, tree_leaves(t), path);

	for (unsigned i = 0; i < n; i++)
		tree_put(t, path[i], (union tree_slot){0});
	for (unsigned k = 0; k < plan->path.len; k++) {
		tree_put(t, plan->path.node[k],
			(union tree_slot){.parent = plan->parent[k]});
		plan->parent[k] = NULL;
	}
	tree_put(t, tree_math_node(plan->leaf),
		(union tree_slot){.leaf = leaf_node_ref(leaf_node)});
}

void tree_path_free(struct tree_path *plan)
{
	for (unsigned k = 0; k < plan->path.len; k++)
		parent_node_unref(plan->parent[k]);
	*plan = (struct tree_path){0};
}

/* 7.6: as many ciphertexts as the resolution, new leaves excluded, has. */
static int check_counts(const struct tree *t, const struct filtered_path *fp,
	const struct update_path *path, const struct leaf_set *added)
{
	struct node_list res = {0};
	int rc = 0;

	for (unsigned k = 0; k < fp->len && rc == 0; k++) {
		res.len = 0;
		rc = tree_resolution(t, fp->copath[k], added, &res);
		/* 7.6: "The length of the encrypted_path_secret vector MUST
		 * be equal to the length of the resolution" */
		if (rc == 0 && path->nodes[k].encrypted_n != res.len)
			rc = ROWAN_E_MLS_PATH;
	}
	node_list_free(&res);
	return rc;
}

/* The public keys of a path, leaf last; few of a tree's keys get past seen. */
struct path_keys {
	struct bytes v[MLS_PATH_MAX + 1];
	size_t n;
	bool seen[256]; /* by the keys' last bytes */
};

static bool has_key(const struct path_keys *keys, struct bytes key)
{
	if (key.len == 0 || !keys->seen[key.data[key.len - 1]])
		return false;
	for (size_t i = 0; i < keys->n; i++)
		if (bytes_eq(keys->v[i], key))
			return true;
	return false;
}

/* Add a key; false when it is there already or no key of this suite. */
static bool add_key(
	const struct suite *suite, struct path_keys *keys, struct bytes key)
{
	if (!suite_kem_key(suite, key) || has_key(keys, key))
		return false;
	keys->v[keys->n++] = key;
	keys->seen[key.data[key.len - 1]] = true;
	return true;
}

static int check_keys(const struct tree *t, const struct update_path *path)
{
	struct path_keys keys = {.n = 0};

	for (size_t i = 0; i < path->n; i++)
		if (!add_key(t->suite, &keys, path->nodes[i].encryption_key))
			return ROWAN_E_MLS_PATH;
	if (!add_key(t->suite, &keys, path->leaf_node->encryption_key))
		return ROWAN_E_MLS_PATH;
	/* 12.4.2: "Verify that none of the public keys in the UpdatePath
	 * appear in any node of the new ratchet tree" */
	for (uint32_t node = 0; node < tree_width(t); node++)
		if (has_key(&keys, tree_encryption_key(t, node)))
			return ROWAN_E_MLS_PATH;
	return 0;
}

int tree_path_merge(struct tree *t, uint32_t leaf,
	const struct update_path *path, const struct leaf_set *added)
{
	struct bytes keys[MLS_PATH_MAX];
	struct tree_path plan;
	int rc;

	for (size_t i = 0; i < path->n; i++)
		keys[i] = path->nodes[i].encryption_key;
	rc = tree_path_plan(t, leaf, keys, path->n, &plan);
	if (rc != 0)
		return rc;
	if ((rc = check_counts(t, &plan.path, path, added)) != 0 ||
		(rc = check_keys(t, path)) != 0)
		goto out;
	/* 7.9.2: clients "MUST recompute the expected value of parent_hash
	 * for the committer's new leaf and verify that it matches" */
	if (!bytes_eq(path->leaf_node->parent_hash,
		    hash_view(&plan.leaf_parent_hash))) {
		rc = ROWAN_E_MLS_PARENT_HASH;
		goto out;
	}
	tree_path_apply(t, &plan, path->leaf_node);
out:
	tree_path_free(&plan);
	return rc;
}
