/*
 * The ratchet tree under random adds, updates, removals and paths: hashes
 * kept along the way equal hashes computed afresh, decoding what was encoded
 * gives the same tree, parent hashes hold, and what a resolution must be is
 * what it is. Refused changes change nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/mls_rng.h"
#include "mls/public/object/limits.h"
#include "mls/public/tree/parent_hash.h"
#include "mls/public/tree/tree_codec.h"
#include "mls/public/tree/tree_hash.h"
#include "mls/public/tree/tree_path.h"
#include "mls/public/tree/tree_validate.h"
#include "mls/public/object/update_path.h"

#define STEPS 250

struct world {
	const struct suite *suite;
	struct mls_rng rng;
	uint8_t sk[SIG_SK_MAX];
	uint8_t pk[SIG_PK_MAX];
	struct tree *t;
};

static int setup(void **state)
{
	static struct world w;
	const uint8_t seed[32] = {7};

	w = (struct world){.suite = &suite_0003, .rng = {.seed = 11}};
	assert_int_equal(suite_sign_keys(w.suite, bytes_of(seed, sizeof seed),
				 w.sk, w.pk),
		0);
	assert_int_equal(tree_new(w.suite, &w.t), 0);
	*state = &w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	tree_free(w->t);
	return 0;
}

/* A leaf with a random key; a tree does not ask whose it is. */
static struct leaf_node *leaf(struct world *w, struct bytes parent_hash)
{
	static const uint8_t one[] = {0, 1};
	struct capabilities caps = {.credentials = bytes_of(one, 2)};
	uint8_t key[32];
	struct leaf_node_params p = {.encryption_key = bytes_of(key, 32),
		.signature_key = bytes_of(w->pk, w->suite->sig->pk_len),
		.credential_type = CREDENTIAL_BASIC,
		.capabilities = &caps,
		.source = parent_hash.len > 0 ? LEAF_NODE_COMMIT
					      : LEAF_NODE_UPDATE,
		.parent_hash = parent_hash};
	struct leaf_node *ret;

	mls_rng_bytes(&w->rng, key, sizeof key);
	assert_int_equal(leaf_node_new(w->suite, &p,
				 bytes_of(w->sk, w->suite->sig->sk_len), &ret),
		0);
	return ret;
}

static void add(struct world *w)
{
	struct leaf_node *l = leaf(w, bytes_of(NULL, 0));
	uint32_t want = 0, index;

	while (tree_leaf(w->t, want) != NULL)
		want++;
	assert_int_equal(tree_add(w->t, l, &index), 0);
	assert_int_equal(index, want);
	leaf_node_unref(l);
}

static uint32_t member(struct world *w)
{
	uint32_t i;

	do
		i = mls_rng_below(&w->rng, tree_leaves(w->t));
	while (tree_leaf(w->t, i) == NULL);
	return i;
}

static void commit(struct world *w, uint32_t i)
{
	uint8_t mem[TREE_MATH_PATH_MAX][32];
	struct bytes keys[TREE_MATH_PATH_MAX];
	struct filtered_path fp;
	struct tree_path plan;
	struct leaf_node *l;

	tree_filtered_path(w->t, i, &fp);
	for (unsigned k = 0; k < fp.len; k++) {
		mls_rng_bytes(&w->rng, mem[k], 32);
		keys[k] = bytes_of(mem[k], 32);
	}
	assert_int_equal(tree_path_plan(w->t, i, keys, fp.len, &plan), 0);
	l = leaf(w, hash_view(&plan.leaf_parent_hash));
	tree_path_apply(w->t, &plan, l);
	tree_path_free(&plan);
	leaf_node_unref(l);
}

static void update(struct world *w, uint32_t i)
{
	struct leaf_node *l = leaf(w, bytes_of(NULL, 0));

	assert_int_equal(tree_update(w->t, i, l), 0);
	leaf_node_unref(l);
}

/* One random change, growing or shrinking by turns. */
static void step(struct world *w, unsigned n)
{
	unsigned dice = mls_rng_below(&w->rng, 8);
	bool grow = n / 60 % 2 == 0;

	if (tree_members(w->t) < 2 || dice < (grow ? 3u : 1u))
		add(w);
	else if (dice < 4)
		assert_int_equal(tree_remove(w->t, member(w)), 0);
	else if (dice < 5)
		update(w, member(w));
	else
		commit(w, member(w));
}

static struct buf encoded(const struct tree *t)
{
	struct buf b;

	assert_int_equal(tree_encode(t, &b), 0);
	return b;
}

/* Written out from section 4.1.1 alone: is ${node} in the resolution? */
static bool resolves(const struct tree *t, uint32_t top, uint32_t node)
{
	uint32_t at = node;

	if (tree_is_blank(t, node))
		return false;
	while (at != top) {
		const struct parent_node *p;

		at = tree_math_parent(at);
		p = tree_parent(t, at);
		if (p != NULL && !(tree_math_is_leaf(node) &&
					 parent_node_is_unmerged(
						 p, tree_math_leaf(node))))
			return false;
	}
	return true;
}

static void check_resolutions(const struct tree *t)
{
	for (uint32_t top = 0; top < tree_width(t); top++) {
		uint32_t first = tree_math_node(tree_math_first_leaf(top));
		uint32_t last = tree_math_node(tree_math_last_leaf(top));
		struct node_list res = {0};
		size_t n = 0;

		assert_int_equal(tree_resolution(t, top, NULL, &res), 0);
		for (uint32_t i = first; i <= last; i++)
			n += resolves(t, top, i);
		assert_int_equal(res.len, n);
		for (size_t k = 0; k < res.len; k++)
			assert_true(resolves(t, top, res.v[k]));
		node_list_free(&res);
	}
}

/* Truncated as far as it goes: somebody is in the right half. */
static void check_shape(const struct tree *t)
{
	uint32_t half = tree_leaves(t) / 2, members = 0;

	for (uint32_t i = 0; i < tree_leaves(t); i++)
		members += tree_leaf(t, i) != NULL;
	assert_int_equal(members, tree_members(t));
	if (half > 0)
		assert_true(tree_next_leaf(t, half) < tree_leaves(t));
}

/* ${t} holds the same as a tree read from its encoding, hashes and all. */
static void check_same_afresh(const struct tree *t)
{
	struct buf one = encoded(t), two;
	struct tree *fresh;

	assert_int_equal(tree_decode(t->suite, buf_view(&one), &fresh), 0);
	assert_int_equal(tree_leaves(fresh), tree_leaves(t));
	for (uint32_t i = 0; i < tree_width(t); i++) {
		struct hash_value kept, computed;

		tree_hash_node(t, i, &kept);
		tree_hash_node(fresh, i, &computed);
		assert_true(bytes_eq(hash_view(&kept), hash_view(&computed)));
	}
	two = encoded(fresh);
	assert_true(bytes_eq(buf_view(&one), buf_view(&two)));
	buf_wipe(&one);
	buf_wipe(&two);
	tree_free(fresh);
}

static void random_changes(void **state)
{
	struct world *w = *state;

	add(w);
	for (unsigned n = 0; n < STEPS; n++) {
		struct buf before = encoded(w->t), after;
		struct tree *old;

		/* A staged change leaves the tree it was copied from. */
		assert_int_equal(tree_copy(w->t, &old), 0);
		step(w, n);
		after = encoded(old);
		assert_true(bytes_eq(buf_view(&before), buf_view(&after)));
		check_same_afresh(old);
		check_same_afresh(w->t);
		check_resolutions(w->t);
		check_shape(w->t);
		assert_int_equal(parent_hash_verify(w->t), 0);
		buf_wipe(&before);
		buf_wipe(&after);
		tree_free(old);
	}
}

/*
 * 7.9: the original sibling tree hash leaves out what is unmerged at the
 * parent, and only that: leaf 13 was there before the root's last path.
 */
static void some_of_the_unmerged(void **state)
{
	struct world *w = *state;
	const struct parent_node *q, *root;

	for (unsigned i = 0; i < 13; i++)
		add(w);
	commit(w, 8);
	add(w);
	commit(w, 0);
	add(w);
	q = tree_parent(w->t, 23);
	root = tree_parent(w->t, 15);
	assert_int_equal(parent_node_unmerged_count(q), 2);
	assert_int_equal(parent_node_unmerged_count(root), 1);
	assert_int_equal(parent_hash_verify(w->t), 0);
	check_same_afresh(w->t);
}

/*
 * 7.9.2: P's unmerged leaves under C "equal to the resolution of C with D
 * removed": leaf 1 is merged at node 1, so it cannot be unmerged above.
 */
static void unmerged_above_but_not_below(void **state)
{
	struct world *w = *state;
	struct parent_node *root;

	for (unsigned i = 0; i < 4; i++)
		add(w);
	commit(w, 0);
	assert_int_equal(parent_hash_verify(w->t), 0);
	assert_int_equal(
		parent_node_with_unmerged(tree_parent(w->t, 3), 1, &root), 0);
	tree_put(w->t, 3, (union tree_slot){.parent = root});
	assert_int_equal(parent_hash_verify(w->t), ROWAN_E_MLS_PARENT_HASH);
}

/* 7.5: every node of the direct path is blanked, also those not set again. */
static void path_over_a_stray_parent(void **state)
{
	struct world *w = *state;
	struct parent_node *stray;

	for (unsigned i = 0; i < 3; i++)
		add(w);
	assert_int_equal(
		parent_node_new(bytes_of(w->pk, 32), bytes_of(NULL, 0), &stray),
		0);
	tree_put(w->t, 5, (union tree_slot){.parent = stray});
	commit(w, 2);
	assert_null(tree_parent(w->t, 5));
	assert_non_null(tree_parent(w->t, 3));
}

/* 12.4.2: no key of a path is in the tree, in a leaf or in a parent. */
static void path_keys_of_the_tree(void **state)
{
	struct world *w = *state;
	uint8_t fresh[2][32];
	struct update_path path = {.n = 2};
	struct buf before, after;

	for (unsigned i = 0; i < 4; i++)
		add(w);
	commit(w, 3);
	before = encoded(w->t);
	path.leaf_node = leaf(w, bytes_of(w->pk, 32));
	for (unsigned k = 0; k < 2; k++) {
		mls_rng_bytes(&w->rng, fresh[k], 32);
		path.nodes[k].encryption_key = bytes_of(fresh[k], 32);
		path.nodes[k].encrypted_n = 1;
	}
	/* Only the parent hash is wrong; then a key is, and is seen first. */
	assert_int_equal(
		tree_path_merge(w->t, 0, &path, NULL), ROWAN_E_MLS_PARENT_HASH);
	for (uint32_t node = 0; node < tree_width(w->t); node++) {
		if (tree_is_blank(w->t, node))
			continue;
		path.nodes[1].encryption_key = tree_encryption_key(w->t, node);
		assert_int_equal(tree_path_merge(w->t, 0, &path, NULL),
			ROWAN_E_MLS_PATH);
	}
	after = encoded(w->t);
	assert_true(bytes_eq(buf_view(&before), buf_view(&after)));
	buf_wipe(&before);
	buf_wipe(&after);
	leaf_node_unref(path.leaf_node);
}

static int judge_lifetime(struct world *w, uint64_t not_before,
	uint64_t not_after, enum leaf_origin origin,
	const struct leaf_policy *policy)
{
	static const uint8_t one[] = {0, 1}, three[] = {0, 3};
	const struct capabilities caps = {.versions = bytes_of(one, 2),
		.cipher_suites = bytes_of(three, 2),
		.credentials = bytes_of(one, 2)};
	struct leaf_node_params p = {.encryption_key = bytes_of(w->pk, 32),
		.signature_key = bytes_of(w->pk, w->suite->sig->pk_len),
		.credential_type = CREDENTIAL_BASIC,
		.capabilities = &caps,
		.source = LEAF_NODE_KEY_PACKAGE,
		.not_before = not_before,
		.not_after = not_after};
	const struct leaf_group group = {.tree = w->t, .policy = policy};
	struct leaf_node *l;
	int rc;

	assert_int_equal(leaf_node_new(w->suite, &p,
				 bytes_of(w->sk, w->suite->sig->sk_len), &l),
		0);
	rc = leaf_check(&group, l, origin, 0);
	leaf_node_unref(l);
	return rc;
}

/* 7.3: who joins is not shut out by somebody's old leaf, unless asked to. */
static void lifetimes(void **state)
{
	const struct leaf_policy never = {0};
	const struct leaf_policy adds = {.check_time = true, .now = 100};
	const struct leaf_policy trees = {.check_tree_time = true, .now = 100};
	const struct leaf_policy brief = {.lifetime_max = 20};
	const enum leaf_origin kp = LEAF_IN_KEY_PACKAGE, in = LEAF_IN_TREE;
	const int no = ROWAN_E_MLS_LIFETIME;
	struct world *w = *state;

	assert_int_equal(judge_lifetime(w, 10, 99, kp, &adds), no);
	assert_int_equal(judge_lifetime(w, 101, 110, kp, &adds), no);
	assert_int_equal(judge_lifetime(w, 100, 100, kp, &adds), 0);
	assert_int_equal(judge_lifetime(w, 10, 99, in, &adds), 0);
	assert_int_equal(judge_lifetime(w, 10, 99, in, &trees), no);
	assert_int_equal(judge_lifetime(w, 10, 99, kp, &trees), 0);
	assert_int_equal(judge_lifetime(w, 10, 9, kp, &never), no);
	assert_int_equal(judge_lifetime(w, 10, 10, kp, &never), 0);
	assert_int_equal(judge_lifetime(w, 10, 30, kp, &brief), 0);
	assert_int_equal(judge_lifetime(w, 10, 31, kp, &brief), no);
	assert_int_equal(judge_lifetime(w, 0, UINT64_MAX, in, &brief), no);
}

/* Hashes still kept: of everything that was not touched. */
static void only_touched_paths_are_hashed_again(void **state)
{
	struct world *w = *state;
	struct hash_value hash;
	unsigned forgotten = 0;

	for (unsigned i = 0; i < 500; i++)
		add(w);
	for (uint32_t i = 0; i < 8; i++)
		commit(w, i * 61);
	tree_hash(w->t, &hash);
	commit(w, 77);
	for (uint32_t i = 0; i < tree_width(w->t); i++)
		forgotten += w->t->hashed[i] == 0;
	/* The leaf and the nine nodes above it. */
	assert_int_equal(forgotten, 10);
}

static void refused_changes(void **state)
{
	struct world *w = *state;
	struct bytes keys[2] = {bytes_of(w->pk, 32), bytes_of(w->sk, 32)};
	struct leaf_node *l = leaf(w, bytes_of(NULL, 0));
	struct tree_path plan;
	struct buf before, after;

	for (unsigned i = 0; i < 3; i++)
		add(w);
	before = encoded(w->t);
	assert_int_equal(tree_update(w->t, 3, l), ROWAN_E_NOT_FOUND);
	assert_int_equal(tree_update(w->t, 4, l), ROWAN_E_NOT_FOUND);
	assert_int_equal(tree_update(w->t, UINT32_MAX, l), ROWAN_E_NOT_FOUND);
	assert_int_equal(tree_remove(w->t, 3), ROWAN_E_NOT_FOUND);
	assert_int_equal(tree_remove(w->t, UINT32_MAX), ROWAN_E_NOT_FOUND);
	/* Leaf 2 is alone on its side: one node, not none and not two. */
	for (size_t n = 0; n < 3; n++)
		if (n != 1)
			assert_int_equal(
				tree_path_plan(w->t, 2, keys, n, &plan),
				ROWAN_E_MLS_PATH);
	after = encoded(w->t);
	assert_true(bytes_eq(buf_view(&before), buf_view(&after)));
	buf_wipe(&before);
	buf_wipe(&after);
	leaf_node_unref(l);
}

/* What stands outside of the tree has no path, not one without an end. */
static void leaves_outside(void **state)
{
	struct world *w = *state;
	struct filtered_path fp;

	for (unsigned i = 0; i < 3; i++)
		add(w);
	for (uint32_t leaf = tree_leaves(w->t); leaf < 64; leaf++) {
		tree_filtered_path(w->t, leaf, &fp);
		assert_int_equal(fp.len, 0);
	}
	tree_filtered_path(w->t, UINT32_MAX, &fp);
	assert_int_equal(fp.len, 0);
}

/* The cap of limits.h, whoever wants more. */
static void full_tree(void **state)
{
	struct world *w = *state;
	struct leaf_node *l = leaf(w, bytes_of(NULL, 0));
	uint32_t index = 3;

	while (tree_leaves(w->t) < MLS_LEAVES_MAX)
		assert_int_equal(tree_extend(w->t), 0);
	for (uint32_t i = 0; i < MLS_LEAVES_MAX; i++)
		tree_put(w->t, 2 * i,
			(union tree_slot){.leaf = leaf_node_ref(l)});
	assert_int_equal(tree_add(w->t, l, &index), ROWAN_E_LIMIT);
	assert_int_equal(tree_reserve(w->t, &index), ROWAN_E_LIMIT);
	assert_int_equal(index, 3);
	assert_int_equal(tree_leaves(w->t), MLS_LEAVES_MAX);
	assert_int_equal(tree_members(w->t), MLS_LEAVES_MAX);
	leaf_node_unref(l);
}

/* 12.4.3.3: forms and shapes no ratchet_tree has. */
/* 12.4.3.3: no "blank nodes after the last non-blank node", among others. */
static void bad_encodings(void **state)
{
	struct world *w = *state;
	static const struct {
		uint8_t b[4];
		size_t len;
		int want;
	} cases[] = {
		{{0}, 0, ROWAN_E_MALFORMED},
		{{0}, 1, ROWAN_E_MLS_TREE},	     /* no node */
		{{1, 0}, 2, ROWAN_E_MLS_TREE},	     /* one, blank */
		{{1, 2}, 2, ROWAN_E_MALFORMED},	     /* no optional */
		{{2, 1, 0}, 3, ROWAN_E_MALFORMED},   /* type 0 */
		{{2, 1, 3}, 3, ROWAN_E_MALFORMED},   /* type 3 */
		{{2, 1, 2}, 3, ROWAN_E_MLS_TREE},    /* parent as leaf */
		{{3, 0, 1, 1}, 4, ROWAN_E_MLS_TREE}, /* leaf as parent */
		{{2, 1, 1}, 3, ROWAN_E_MALFORMED},   /* cut off */
		{{3, 0}, 2, ROWAN_E_MALFORMED},
		{{0x40, 1, 0}, 3, ROWAN_E_MALFORMED}, /* long header */
	};
	struct tree *t;
	struct buf b;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		t = w->t;
		assert_int_equal(
			tree_decode(w->suite,
				bytes_of(cases[i].b, cases[i].len), &t),
			cases[i].want);
		assert_null(t);
	}
	assert_int_equal(tree_encode(w->t, &b), ROWAN_E_STATE);
	/* One blank node more at the end, and one byte after the end. */
	add(w);
	b = encoded(w->t);
	for (size_t more = 0; more < 2; more++) {
		struct writer out;
		struct reader r;
		struct bytes inner;

		reader_init(&r, buf_view(&b));
		assert_int_equal(reader_vec(&r, MLS_MESSAGE_MAX, &inner), 0);
		writer_init(&out, 4096);
		writer_header(&out, inner.len + 1 - more);
		writer_raw(&out, inner.data, inner.len);
		writer_u8(&out, 0);
		assert_int_equal(tree_decode(w->suite, writer_view(&out), &t),
			more == 0 ? ROWAN_E_MLS_TREE : ROWAN_E_MALFORMED);
		writer_wipe(&out);
	}
	buf_wipe(&b);
}

/* 7.1: unmerged leaves "MUST be sorted in increasing order" */
static void unmerged_out_of_order(void **state)
{
	static const uint8_t good[] = {0, 0, 8, 0, 0, 0, 1, 0, 0, 1, 0};
	struct parent_node *node, *more;
	uint8_t bad[sizeof good];
	struct reader r;

	reader_init(&r, bytes_of(good, sizeof good));
	assert_int_equal(parent_node_read(&r, &node), 0);
	assert_int_equal(
		parent_node_with_unmerged(node, 256, &more), ROWAN_E_EXISTS);
	assert_null(more);
	assert_int_equal(parent_node_with_unmerged(node, 9, &more), 0);
	assert_int_equal(parent_node_unmerged(more, 1), 9);
	assert_int_equal(parent_node_unmerged(more, 2), 256);
	parent_node_unref(more);
	parent_node_unref(node);
	/* The same leaf twice, a falling pair, half an entry. */
	memcpy(bad, good, sizeof bad);
	memcpy(bad + 7, good + 3, 4);
	reader_init(&r, bytes_of(bad, sizeof bad));
	assert_int_equal(parent_node_read(&r, &node), ROWAN_E_MALFORMED);
	bad[6] = 2;
	assert_int_equal(parent_node_read(&r, &node), ROWAN_E_MALFORMED);
	memcpy(bad, good, sizeof bad);
	bad[2] = 6;
	assert_int_equal(parent_node_read(&r, &node), ROWAN_E_MALFORMED);
	assert_null(node);
	assert_int_equal(reader_left(&r), sizeof bad);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(random_changes),
		TEST(some_of_the_unmerged),
		TEST(unmerged_above_but_not_below),
		TEST(path_over_a_stray_parent),
		TEST(path_keys_of_the_tree),
		TEST(lifetimes),
		TEST(only_touched_paths_are_hashed_again),
		TEST(refused_changes),
		TEST(leaves_outside),
		TEST(full_tree),
		TEST(bad_encodings),
		TEST(unmerged_out_of_order),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
