/*
 * Format "tree-validation": resolution and tree hash of every node, parent
 * hashes, leaf signatures, and all of the joiner's checks at once; the tree
 * is encoded again; one bit changed anywhere in a hash is noticed.
 */
#include "mls/public/tree/parent_hash.h"
#include "mls/public/tree/tree_codec.h"
#include "mls/public/tree/tree_hash.h"
#include "mls/public/tree/tree_validate.h"
#include "vectors/vec.h"

static void resolution(
	struct vec *v, const struct tree *t, uint32_t node, const json_t *want)
{
	struct node_list got = {0};

	(void)vec_zero(v, tree_resolution(t, node, NULL, &got), "resolution");
	(void)vec_want(v, json_array_size(want) == got.len,
		"resolution of another length");
	for (size_t i = 0; i < got.len; i++)
		(void)vec_want(v,
			json_integer_value(json_array_get(want, i)) == got.v[i],
			"resolution differs");
	node_list_free(&got);
}

static void nodes(struct vec *v, const struct tree *t)
{
	const json_t *res = vec_array(v, v->json, "resolutions");
	const json_t *hashes = vec_array(v, v->json, "tree_hashes");
	struct hash_value got;

	if (!vec_want(v, json_array_size(res) == tree_width(t),
		    "resolutions: not one a node") ||
		!vec_want(v, json_array_size(hashes) == tree_width(t),
			"tree_hashes: not one a node"))
		return;
	for (uint32_t i = 0; i < tree_width(t); i++) {
		resolution(v, t, i, json_array_get(res, i));
		tree_hash_node(t, i, &got);
		(void)vec_same(v, hash_view(&got),
			vec_hex_value(v, json_array_get(hashes, i)),
			"tree hash of a node");
	}
}

static void leaves(struct vec *v, const struct tree *t, struct bytes group_id)
{
	struct leaf_place place = {group_id, 0};
	uint32_t i;

	for (i = tree_next_leaf(t, 0); i < tree_leaves(t);
		i = tree_next_leaf(t, i + 1)) {
		place.leaf_index = i;
		(void)vec_zero(v,
			leaf_node_verify(v->suite, tree_leaf(t, i), &place),
			"leaf signature");
	}
}

/* As the joiner does, then with another group id and another hash. */
static void joiner(struct vec *v, const struct tree *t, struct bytes group_id)
{
	static const struct leaf_policy any;
	struct leaf_group group = {
		.tree = t, .group_id = group_id, .policy = &any};
	struct hash_value hash;

	tree_hash(t, &hash);
	(void)vec_zero(
		v, tree_validate(&group, hash_view(&hash)), "tree_validate");
	hash.b[0] ^= 1;
	(void)vec_want(v,
		tree_validate(&group, hash_view(&hash)) == ROWAN_E_MLS_TREE,
		"a wrong tree hash was accepted");
}

void fmt_tree_validation(struct vec *v)
{
	struct bytes raw = vec_hex(v, v->json, "tree");
	struct bytes group_id = vec_hex(v, v->json, "group_id");
	struct tree *t = NULL;
	struct buf again;

	if (!vec_zero(v, tree_decode(v->suite, raw, &t), "tree not read"))
		return;
	(void)vec_zero(v, tree_encode(t, &again), "tree not written");
	(void)vec_same(v, buf_view(&again), raw, "tree encodes differently");
	buf_wipe(&again);
	nodes(v, t);
	(void)vec_zero(v, parent_hash_verify(t), "parent hashes");
	leaves(v, t, group_id);
	joiner(v, t, group_id);
	tree_free(t);
}
