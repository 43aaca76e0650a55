/*
 * Trees a joiner must refuse (RFC 9420 sections 7.9.2 and 12.4.3.1), made
 * from a good one by changing one node; and that copies change by themselves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/pubkit.h"
#include "mls/public/tree/parent_hash.h"
#include "mls/public/tree/tree_codec.h"
#include "mls/public/tree/tree_hash.h"

/*
 * Eight leaves. Leaves 0, 5 and 2 have committed, so that there are parents
 * everywhere; leaf 7 was added since without a path and is unmerged.
 */
static int setup(void **state)
{
	static struct pubkit k;
	const struct pubkit_path none = {.none = true};
	struct pubkit_entries e = {0};

	memset(&k, 0, sizeof k);
	pubkit_init(&k, 7, bytes_of(NULL, 0));
	assert_int_equal(pubkit_process(&k, pubkit_commit(&k, pubkit_member(0),
						    NULL, NULL, NULL)),
		0);
	assert_int_equal(pubkit_process(&k, pubkit_commit(&k, pubkit_member(5),
						    NULL, NULL, NULL)),
		0);
	assert_int_equal(pubkit_process(&k, pubkit_commit(&k, pubkit_member(2),
						    NULL, NULL, NULL)),
		0);
	pubkit_by_value(&e, pubkit_add(&k, &k.client[7], NULL));
	assert_int_equal(pubkit_process(&k, pubkit_commit(&k, pubkit_member(0),
						    &e, &none, NULL)),
		0);
	*state = &k;
	return 0;
}

static int teardown(void **state)
{
	pubkit_wipe(*state);
	return 0;
}

static int judge(struct pubkit *k, const struct tree *t)
{
	const struct leaf_group group = {.tree = t,
		.group_id = k->group->context->group_id,
		.policy = &k->policy};

	return tree_validate(&group, bytes_of(NULL, 0));
}

/* A parent node of any content. */
static struct parent_node *parent(
	struct bytes key, struct bytes hash, const uint32_t *unmerged, size_t n)
{
	struct parent_node *node;
	struct reader r;
	struct writer w;
	size_t mark;

	writer_init(&w, 4096);
	writer_vec(&w, key);
	writer_vec(&w, hash);
	mark = writer_open(&w);
	for (size_t i = 0; i < n; i++)
		writer_u32(&w, unmerged[i]);
	writer_close(&w, mark);
	reader_init(&r, writer_view(&w));
	assert_int_equal(parent_node_read(&r, &node), 0);
	writer_wipe(&w);
	return node;
}

/* What the tree says with ${node} at ${place}; the group's stays as it is. */
static int with_parent(
	struct pubkit *k, uint32_t place, struct parent_node *node)
{
	union tree_slot slot = {.parent = node};
	struct tree *t;
	int rc;

	assert_int_equal(tree_copy(k->group->tree, &t), 0);
	tree_put(t, place, slot);
	rc = judge(k, t);
	tree_free(t);
	assert_int_equal(judge(k, k->group->tree), 0);
	return rc;
}

static int with_leaf(struct pubkit *k, uint32_t leaf, struct leaf_node *node)
{
	union tree_slot slot = {.leaf = node};
	struct tree *t;
	int rc;

	assert_int_equal(tree_copy(k->group->tree, &t), 0);
	tree_put(t, tree_math_node(leaf), slot);
	rc = judge(k, t);
	tree_free(t);
	assert_int_equal(judge(k, k->group->tree), 0);
	return rc;
}

static struct parent_node *root(struct pubkit *k)
{
	struct parent_node *node = tree_parent(k->group->tree, 7);

	assert_non_null(node);
	assert_int_equal(parent_node_unmerged_count(node), 1);
	return node;
}

static void test_good_tree(void **state)
{
	struct pubkit *k = *state;
	struct hash_value hash;
	struct tree *t;
	struct buf data;

	assert_int_equal(tree_members(k->group->tree), 8);
	assert_int_equal(judge(k, k->group->tree), 0);
	tree_hash(k->group->tree, &hash);
	assert_int_equal(tree_encode(k->group->tree, &data), 0);
	assert_int_equal(tree_decode(k->suite, buf_view(&data), &t), 0);
	assert_int_equal(judge(k, t), 0);
	tree_free(t);
	buf_wipe(&data);
}

/* 12.4.3.3: "MUST verify that the root hash" of the tree matches */
static void test_other_tree_hash(void **state)
{
	struct pubkit *k = *state;
	const struct leaf_group group = {.tree = k->group->tree,
		.group_id = k->group->context->group_id,
		.policy = &k->policy};
	struct hash_value hash;

	tree_hash(k->group->tree, &hash);
	assert_int_equal(tree_validate(&group, hash_view(&hash)), 0);
	hash.b[0] ^= 1;
	assert_int_equal(
		tree_validate(&group, hash_view(&hash)), ROWAN_E_MLS_TREE);
	hash.b[0] ^= 1;
	hash.len--;
	assert_int_equal(
		tree_validate(&group, hash_view(&hash)), ROWAN_E_MLS_TREE);
}

/* 7.9.2: "MUST authenticate that each non-blank parent node P is parent-hash
 * valid" */
static void test_parent_hashes(void **state)
{
	struct pubkit *k = *state;
	const uint32_t seven = 7;
	struct parent_node *below = tree_parent(k->group->tree, 3);
	uint8_t hash[32];
	uint8_t key[32];

	assert_non_null(below);
	assert_true(below->parent_hash.len == sizeof hash);
	memcpy(hash, below->parent_hash.data, sizeof hash);
	/* nulled, wrong */
	assert_int_equal(with_parent(k, 3,
				 parent(below->encryption_key,
					 bytes_of(NULL, 0), NULL, 0)),
		ROWAN_E_MLS_PARENT_HASH);
	hash[31] ^= 1;
	assert_int_equal(with_parent(k, 3,
				 parent(below->encryption_key,
					 bytes_of(hash, sizeof hash), NULL, 0)),
		ROWAN_E_MLS_PARENT_HASH);
	/* another key at the root: nothing below was hashed with it */
	pubkit_bytes(k, key);
	assert_int_equal(with_parent(k, 7,
				 parent(bytes_of(key, sizeof key),
					 root(k)->parent_hash, &seven, 1)),
		ROWAN_E_MLS_PARENT_HASH);
	/* a parent where nobody has committed */
	assert_null(tree_parent(k->group->tree, 13));
	assert_int_equal(
		with_parent(k, 13,
			parent(bytes_of(key, sizeof key),
				bytes_of(hash, sizeof hash), &seven, 1)),
		ROWAN_E_MLS_PARENT_HASH);
}

/* The leaf of a committer says what it committed to. */
static void test_leaf_parent_hash(void **state)
{
	struct pubkit *k = *state;
	uint8_t hash[32] = {0};
	const struct pubkit_leaf wrong = {.source = LEAF_NODE_COMMIT,
		.index = 2,
		.parent_hash = bytes_of(hash, sizeof hash)};
	const struct pubkit_leaf update = {
		.source = LEAF_NODE_UPDATE, .index = 2};

	assert_int_equal(with_leaf(k, 2, pubkit_leaf(k, &k->client[2], &wrong)),
		ROWAN_E_MLS_PARENT_HASH);
	/* an Update would have blanked the parents */
	assert_int_equal(
		with_leaf(k, 2, pubkit_leaf(k, &k->client[2], &update)),
		ROWAN_E_MLS_PARENT_HASH);
}

static int with_unmerged(
	struct pubkit *k, uint32_t place, const uint32_t *list, size_t n)
{
	struct parent_node *node = tree_parent(k->group->tree, place);

	assert_non_null(node);
	return with_parent(k, place,
		parent(node->encryption_key, node->parent_hash, list, n));
}

/* 12.4.3.1: what the entries of unmerged_leaves must be. */
static void test_unmerged_leaves(void **state)
{
	struct pubkit *k = *state;
	const uint32_t outside[] = {7, 8};
	const uint32_t elsewhere = 7;
	const uint32_t between[] = {2, 7};
	struct tree *t;
	union tree_slot blank = {.any = NULL};

	/* "a non-blank leaf node that is a descendant of the parent node" */
	assert_int_equal(with_unmerged(k, 7, outside, 2), ROWAN_E_MLS_TREE);
	assert_int_equal(with_unmerged(k, 3, &elsewhere, 1), ROWAN_E_MLS_TREE);
	/* "every non-blank intermediate node between ... also has an entry" */
	assert_int_equal(with_unmerged(k, 7, between, 2), ROWAN_E_MLS_TREE);
	/* left out: leaf 7 was not there when the root was set */
	assert_int_equal(with_unmerged(k, 7, NULL, 0), ROWAN_E_MLS_PARENT_HASH);
	/* a blank one */
	assert_int_equal(tree_copy(k->group->tree, &t), 0);
	tree_put(t, tree_math_node(7), blank);
	assert_int_equal(judge(k, t), ROWAN_E_MLS_TREE);
	tree_free(t);
}

/* 7.3, 12.4.3.1: no key twice. */
static void test_keys_twice(void **state)
{
	struct pubkit *k = *state;
	const struct tree *t = k->group->tree;
	const uint32_t seven = 7;
	const struct pubkit_leaf parents = {
		.encryption = tree_encryption_key(t, 3)};
	const struct pubkit_leaf others = {
		.encryption = tree_encryption_key(t, 0)};

	/* a leaf with a parent's key, with another leaf's */
	assert_int_equal(
		with_leaf(k, 7, pubkit_leaf(k, &k->client[7], &parents)),
		ROWAN_E_MLS_TREE);
	assert_int_equal(
		with_leaf(k, 7, pubkit_leaf(k, &k->client[7], &others)),
		ROWAN_E_MLS_TREE);
	/* a parent with another parent's key */
	assert_int_equal(with_parent(k, 7,
				 parent(tree_encryption_key(t, 3),
					 root(k)->parent_hash, &seven, 1)),
		ROWAN_E_MLS_TREE);
	/* a signature key twice */
	assert_int_equal(with_leaf(k, 7, pubkit_leaf(k, &k->client[6], NULL)),
		ROWAN_E_MLS_TREE);
}

static void test_key_lengths(void **state)
{
	struct pubkit *k = *state;
	const uint32_t seven = 7;
	const uint8_t small[32] = {1};
	const struct pubkit_leaf useless = {.encryption = bytes_of(small, 32)};
	uint8_t key[33] = {1};
	const struct pubkit_leaf longer = {.encryption = bytes_of(key, 33)};

	assert_int_equal(with_parent(k, 7,
				 parent(bytes_of(key, 31), root(k)->parent_hash,
					 &seven, 1)),
		ROWAN_E_MLS_TREE);
	assert_int_equal(
		with_leaf(k, 7, pubkit_leaf(k, &k->client[7], &longer)),
		ROWAN_E_MLS_LEAF_NODE);
	/* of small order: nobody could encrypt to it */
	assert_int_equal(with_parent(k, 7,
				 parent(bytes_of(small, 32),
					 root(k)->parent_hash, &seven, 1)),
		ROWAN_E_MLS_TREE);
	assert_int_equal(
		with_leaf(k, 7, pubkit_leaf(k, &k->client[7], &useless)),
		ROWAN_E_MLS_LEAF_NODE);
}

/* 12.4.3.1: "For each non-empty leaf node, validate the LeafNode" */
static void test_leaves(void **state)
{
	struct pubkit *k = *state;
	const struct pubkit_leaf moved = {
		.source = LEAF_NODE_UPDATE, .index = 6};
	const struct pubkit_leaf stranger = {
		.source = LEAF_NODE_UPDATE, .index = 7, .other_group = true};
	const struct pubkit_leaf forged = {.signer = &k->client[6]};
	const struct pubkit_leaf foreign = {
		.extensions = bytes_of("\xff\x01\x00", 3)};

	assert_int_equal(with_leaf(k, 7, pubkit_leaf(k, &k->client[7], &moved)),
		ROWAN_E_MLS_SIGNATURE);
	assert_int_equal(
		with_leaf(k, 7, pubkit_leaf(k, &k->client[7], &stranger)),
		ROWAN_E_MLS_SIGNATURE);
	assert_int_equal(
		with_leaf(k, 7, pubkit_leaf(k, &k->client[7], &forged)),
		ROWAN_E_MLS_SIGNATURE);
	/* an extension that is not in its capabilities */
	assert_int_equal(
		with_leaf(k, 7, pubkit_leaf(k, &k->client[7], &foreign)),
		ROWAN_E_MLS_LEAF_NODE);
}

/* 7.3: "the credential type is supported by all members" */
static void test_credential_types(void **state)
{
	struct pubkit *k = *state;
	const struct pubkit_leaf other = {.credential = 0xf00d};

	/* it lists both types, the others list theirs only */
	k->credential_types[0] = CREDENTIAL_BASIC;
	k->credential_types[1] = 0xf00d;
	k->credential_types_n = 2;
	assert_int_equal(
		with_leaf(k, 7, pubkit_leaf(k, &k->client[7], NULL)), 0);
	assert_int_equal(with_leaf(k, 7, pubkit_leaf(k, &k->client[7], &other)),
		ROWAN_E_MLS_LEAF_NODE);
}

static int refuse(void *cookie, const struct leaf_node *leaf,
	const struct leaf_node *replaced)
{
	const struct pubkit_client *c = cookie;

	return memcmp(leaf->credential.content.data, c->name, sizeof c->name) ==
	       0;
}

static void test_application_refuses(void **state)
{
	struct pubkit *k = *state;

	k->policy.credential = refuse;
	k->policy.cookie = &k->client[3];
	assert_int_equal(judge(k, k->group->tree), ROWAN_E_MLS_CREDENTIAL);
	k->policy.cookie = &k->client[9];
	assert_int_equal(judge(k, k->group->tree), 0);
}

/* Whatever byte of an encoded tree changes, it is refused or another tree. */
static void test_every_byte_counts(void **state)
{
	struct pubkit *k = *state;
	struct hash_value hash;
	struct hash_value other;
	struct buf data;

	tree_hash(k->group->tree, &hash);
	assert_int_equal(tree_encode(k->group->tree, &data), 0);
	for (size_t i = 0; i < data.len; i++) {
		struct tree *t;

		data.data[i] ^= 0x01;
		if (tree_decode(k->suite, buf_view(&data), &t) == 0) {
			tree_hash(t, &other);
			assert_false(
				bytes_eq(hash_view(&hash), hash_view(&other)));
			assert_int_not_equal(judge(k, t), 0);
			tree_free(t);
		}
		data.data[i] ^= 0x01;
	}
	buf_wipe(&data);
}

static void test_copies_change_by_themselves(void **state)
{
	struct pubkit *k = *state;
	struct hash_value before;
	struct hash_value after;
	struct hash_value copied;
	struct leaf_node *leaf = pubkit_leaf(k, &k->client[9], NULL);
	struct tree *t;
	uint32_t index;

	tree_hash(k->group->tree, &before);
	assert_int_equal(tree_copy(k->group->tree, &t), 0);
	tree_hash(t, &copied);
	assert_true(bytes_eq(hash_view(&before), hash_view(&copied)));
	/* removal truncates, the next Add extends again */
	assert_int_equal(tree_remove(t, 7), 0);
	assert_int_equal(tree_add(t, leaf, &index), 0);
	assert_int_equal(index, 7);
	for (uint32_t i = 4; i < 8; i++)
		assert_int_equal(tree_remove(t, i), 0);
	assert_int_equal(tree_leaves(t), 4);
	assert_int_equal(tree_remove(t, 7), ROWAN_E_NOT_FOUND);
	assert_int_equal(tree_update(t, 6, leaf), ROWAN_E_NOT_FOUND);
	tree_hash(t, &copied);
	assert_false(bytes_eq(hash_view(&before), hash_view(&copied)));
	tree_free(t);
	leaf_node_unref(leaf);
	tree_hash(k->group->tree, &after);
	assert_true(bytes_eq(hash_view(&before), hash_view(&after)));
	assert_int_equal(judge(k, k->group->tree), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_good_tree),
		TEST(test_other_tree_hash),
		TEST(test_parent_hashes),
		TEST(test_leaf_parent_hash),
		TEST(test_unmerged_leaves),
		TEST(test_keys_twice),
		TEST(test_key_lengths),
		TEST(test_leaves),
		TEST(test_credential_types),
		TEST(test_application_refuses),
		TEST(test_every_byte_counts),
		TEST(test_copies_change_by_themselves),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
