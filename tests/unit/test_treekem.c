/*
 * TreeKEM (RFC 9420 sections 7.4 to 7.6, 12.4.2, 12.4.3.1): members that
 * come, go, update and commit at random always agree; a path that does not
 * fit is refused with its own error and nobody's keys change.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "crypto/hpke.h"
#include "lib/mls_rng.h"
#include "mls/member/treekem/treekem_path.h"
#include "mls/public/tree/parent_hash.h"
#include "mls/public/tree/tree_codec.h"
#include "mls/public/tree/tree_hash.h"

#define MEMBERS_MAX 40
#define ROUNDS	    60

static const uint8_t group_id[] = {'g'};

struct member {
	bool in;
	struct treekem tk;
	uint8_t sig_sk[SIG_SK_MAX];
	uint8_t sig_pk[SIG_PK_MAX];
};

/* A tree, and the private half of everybody in it by leaf number. */
struct world {
	const struct suite *suite;
	struct mls_rng rng;
	struct rowan_mls_host host;
	bool no_random;
	struct tree *t;
	struct member m[MEMBERS_MAX];
};

static int draw(void *ctx, uint8_t *ret, size_t len)
{
	struct world *w = ctx;

	if (w->no_random)
		return -1;
	mls_rng_bytes(&w->rng, ret, len);
	return 0;
}

static const struct capabilities *capabilities(void)
{
	static const uint8_t one[] = {0, 1}, three[] = {0, 3};
	static struct capabilities c;

	c.versions = bytes_of(one, 2);
	c.cipher_suites = bytes_of(three, 2);
	c.credentials = bytes_of(one, 2);
	return &c;
}

static struct leaf_node_params params_of(const struct world *w,
	const struct member *m, uint8_t source, uint32_t index)
{
	return (struct leaf_node_params){
		.signature_key = bytes_of(m->sig_pk, w->suite->sig->pk_len),
		.credential_type = CREDENTIAL_BASIC,
		.credential = bytes_of("member", 6),
		.capabilities = capabilities(),
		.source = source,
		.not_after = UINT64_MAX,
		.place = {bytes_of(group_id, sizeof group_id), index}};
}

static struct bytes sig_sk(const struct world *w, const struct member *m)
{
	return bytes_of(m->sig_sk, w->suite->sig->sk_len);
}

/* A leaf with a fresh encryption key, whose private half goes to ${sk}. */
static struct leaf_node *new_leaf(struct world *w, struct member *m,
	uint8_t source, uint32_t index, struct secret *sk)
{
	struct leaf_node_params p = params_of(w, m, source, index);
	uint8_t seed[HPKE_SEED_LEN], pk[HPKE_PK_MAX];
	struct leaf_node *leaf;

	mls_rng_bytes(&w->rng, seed, sizeof seed);
	assert_int_equal(
		hpke_key_pair(w->suite, bytes_of(seed, sizeof seed), sk, pk),
		0);
	p.encryption_key = bytes_of(pk, w->suite->kem_pk_len);
	assert_int_equal(leaf_node_new(w->suite, &p, sig_sk(w, m), &leaf), 0);
	return leaf;
}

/* A new member in the leftmost place of ${t}. */
static uint32_t add(struct world *w, struct tree *t)
{
	struct member m = {.in = true};
	uint8_t seed[SIG_SEED_MAX];
	struct leaf_node *leaf;
	struct secret sk;
	uint32_t index;

	mls_rng_bytes(&w->rng, seed, sizeof seed);
	assert_int_equal(suite_sign_keys(w->suite,
				 bytes_of(seed, w->suite->sig->seed_len),
				 m.sig_sk, m.sig_pk),
		0);
	leaf = new_leaf(w, &m, LEAF_NODE_KEY_PACKAGE, 0, &sk);
	assert_int_equal(tree_add(t, leaf, &index), 0);
	leaf_node_unref(leaf);
	assert_true(index < MEMBERS_MAX);
	assert_int_equal(treekem_init(&m.tk, index, secret_view(&sk)), 0);
	w->m[index] = m;
	return index;
}

static void world_init(struct world *w, unsigned members, uint64_t seed)
{
	*w = (struct world){.suite = &suite_0003, .rng = {.seed = seed}};
	w->host.ctx = w;
	w->host.random = draw;
	assert_int_equal(tree_new(w->suite, &w->t), 0);
	for (unsigned i = 0; i < members; i++)
		add(w, w->t);
}

static struct tree *copy_of(const struct tree *t)
{
	struct tree *copy;

	assert_int_equal(tree_copy(t, &copy), 0);
	return copy;
}

/* The provisional context without its tree hash. */
static struct group_context fields_of(const struct world *w)
{
	return (struct group_context){.cipher_suite = w->suite->id,
		.group_id = bytes_of(group_id, sizeof group_id),
		.epoch = 7};
}

static struct group_context *context_of(
	const struct world *w, const struct tree *t)
{
	struct group_context fields = fields_of(w), *gc;
	struct hash_value hash;

	tree_hash(t, &hash);
	fields.tree_hash = hash_view(&hash);
	assert_int_equal(group_context_new(&fields, &gc), 0);
	return gc;
}

static int make(struct world *w, uint32_t leaf, const struct leaf_set *added,
	struct tree *t, struct treekem_made *ret)
{
	struct leaf_node_params p =
		params_of(w, &w->m[leaf], LEAF_NODE_COMMIT, leaf);
	struct group_context fields = fields_of(w);
	struct treekem_making making = {.host = &w->host,
		.leaf = leaf,
		.added = added,
		.params = &p,
		.signature_priv = sig_sk(w, &w->m[leaf]),
		.context = &fields};

	return treekem_make(&making, t, &w->m[leaf].tk, ret);
}

/* One commit of a path, and who is to open it. */
struct shot {
	struct tree *before; /* proposals applied */
	struct tree *after;
	struct treekem_made made;
	struct update_path path;
	struct group_context *context;
	struct treekem_opening opening;
};

static void shot_make(struct world *w, uint32_t leaf, struct tree *before,
	const struct leaf_set *added, struct shot *ret)
{
	struct tree *mine = copy_of(before);
	struct hash_value a, b;

	*ret = (struct shot){.before = before, .after = copy_of(before)};
	assert_int_equal(make(w, leaf, added, mine, &ret->made), 0);
	assert_int_equal(
		update_path_decode(buf_view(&ret->made.path), &ret->path), 0);
	assert_int_equal(
		tree_path_merge(ret->after, leaf, &ret->path, added), 0);
	tree_hash(mine, &a);
	tree_hash(ret->after, &b);
	assert_true(bytes_eq(hash_view(&a), hash_view(&b)));
	tree_free(mine);
	ret->context = context_of(w, ret->after);
	ret->opening = (struct treekem_opening){.tree = ret->after,
		.sender = leaf,
		.path = &ret->path,
		.added = added,
		.group_context = ret->context->raw};
}

static void shot_wipe(struct shot *s)
{
	tree_free(s->before);
	tree_free(s->after);
	treekem_made_wipe(&s->made);
	update_path_wipe(&s->path);
	group_context_unref(s->context);
}

static bool set_has(const struct leaf_set *set, uint32_t leaf)
{
	return leaf_set_has(set, leaf);
}

/* Everybody opens or joins, knows what the sender knows, and no more. */
static void follow(struct world *w, struct shot *s, uint32_t sender,
	const struct leaf_set *added)
{
	for (uint32_t i = 0; i < MEMBERS_MAX; i++) {
		struct member *m = &w->m[i];
		struct secret commit;

		if (!m->in)
			continue;
		if (set_has(added, i)) {
			const struct secret *secret =
				treekem_made_secret(&s->made, i);

			assert_non_null(secret);
			assert_int_equal(
				treekem_join(&m->tk, s->after, sender, secret),
				0);
		} else if (i != sender) {
			assert_int_equal(
				treekem_open(&s->opening, &m->tk, &commit), 0);
			assert_true(secret_eq(secret_view(&commit),
				secret_view(&s->made.commit_secret)));
		}
		assert_int_equal(treekem_verify(&m->tk, s->after), 0);
		assert_non_null(treekem_key(
			&m->tk, tree_math_root(tree_leaves(s->after))));
	}
}

/* Members update their leaves, as an Update proposal of theirs would. */
static void update(struct world *w, struct tree *t, uint32_t i)
{
	struct member *m = &w->m[i];
	struct leaf_node *leaf;
	struct secret sk;

	leaf = new_leaf(w, m, LEAF_NODE_UPDATE, i, &sk);
	assert_int_equal(tree_update(t, i, leaf), 0);
	leaf_node_unref(leaf);
	assert_int_equal(
		treekem_set(&m->tk, t, tree_math_node(i), secret_view(&sk)), 0);
}

static uint32_t any_member(struct world *w, const struct leaf_set *but)
{
	uint32_t i;

	do
		i = mls_rng_below(&w->rng, MEMBERS_MAX);
	while (!w->m[i].in || set_has(but, i));
	return i;
}

static void one_round(struct world *w)
{
	struct tree *t = copy_of(w->t);
	uint32_t fresh[3], sender = any_member(w, NULL);
	struct leaf_set added = {.v = fresh};
	struct shot s;

	for (unsigned k = mls_rng_below(&w->rng, 3); k-- > 0;) {
		uint32_t i = any_member(w, NULL);

		if (i != sender)
			update(w, t, i);
	}
	for (unsigned k = mls_rng_below(&w->rng, 3); k-- > 0;) {
		uint32_t i = any_member(w, NULL);

		if (i == sender)
			continue;
		assert_int_equal(tree_remove(t, i), 0);
		treekem_wipe(&w->m[i].tk);
		w->m[i].in = false;
	}
	for (unsigned k = mls_rng_below(&w->rng, 4); k-- > 0;)
		if (tree_members(t) < MEMBERS_MAX - 8)
			fresh[added.len++] = add(w, t);
	shot_make(w, sender, t, &added, &s);
	follow(w, &s, sender, &added);
	assert_int_equal(parent_hash_verify(s.after), 0);
	tree_free(w->t);
	w->t = copy_of(s.after);
	shot_wipe(&s);
}

/* Adds, removals, updates and paths in any order; all agree every time. */
static void everybody_agrees(void **state)
{
	for (uint64_t seed = 1; seed <= 3; seed++) {
		struct world w;

		world_init(&w, 1 + (unsigned)seed * 4, seed);
		for (unsigned i = 0; i < ROUNDS; i++)
			one_round(&w);
		tree_free(w.t);
	}
}

/* Hostile paths: leaf 0 commits in a group of eight, leaf 5 receives. */

#define SENDER	 0
#define RECEIVER 5

static void duel_init(struct world *w, struct shot *s)
{
	world_init(w, 8, 99);
	/* Parents everywhere, so that resolutions are not only leaves. */
	for (uint32_t i = 0; i < 8; i += 3) {
		shot_make(w, i, copy_of(w->t), NULL, s);
		follow(w, s, i, NULL);
		tree_free(w->t);
		w->t = copy_of(s->after);
		shot_wipe(s);
	}
	shot_make(w, SENDER, copy_of(w->t), NULL, s);
}

static void duel_end(struct world *w, struct shot *s)
{
	shot_wipe(s);
	tree_free(w->t);
}

/* What the receiver says; its keys are as they were. */
static void refuse(struct world *w, const struct shot *s, int want)
{
	struct treekem *tk = &w->m[RECEIVER].tk, was = *tk;
	struct secret commit = {.len = 3};

	assert_int_equal(treekem_open(&s->opening, tk, &commit), want);
	assert_memory_equal(tk, &was, sizeof was);
	assert_int_equal(commit.len, 0);
}

/* Nodes of the sender's filtered path above the receiver. */
static unsigned branch(const struct shot *s)
{
	unsigned k = 0;

	while (!tree_math_covers(s->made.nodes.copath[k], RECEIVER))
		k++;
	return k;
}

static void unreadable_ciphertexts(void **state)
{
	struct update_path_node *node;
	struct world w;
	struct shot s;

	duel_init(&w, &s);
	node = &s.path.nodes[branch(&s)];
	/* Every part of it counts: KEM output, ciphertext, tag. */
	for (size_t i = 4; i < node->encrypted.len; i += 7) {
		struct buf bad;
		struct bytes good = node->encrypted;
		struct hpke_ciphertext c;

		assert_int_equal(buf_copy(&bad, good), 0);
		bad.data[i] ^= 0x10;
		node->encrypted = buf_view(&bad);
		if (hpke_ciphertext_at(node, 0, &c) == 0 &&
			c.kem_output.len == 32)
			refuse(&w, &s, ROWAN_E_MLS_DECRYPT);
		node->encrypted = good;
		buf_wipe(&bad);
	}
	/* A ciphertext is bound to the provisional group context. */
	s.opening.group_context = bytes_of("another", 7);
	refuse(&w, &s, ROWAN_E_MLS_DECRYPT);
	s.opening.group_context = s.context->raw;
	/* Another node's ciphertexts are not for us. */
	*node = s.path.nodes[0];
	refuse(&w, &s, ROWAN_E_MLS_DECRYPT);
	duel_end(&w, &s);
}

static void wrong_ciphertext_counts(void **state)
{
	struct tree *t;
	struct world w;
	struct shot s;
	struct buf was, is;
	unsigned k;

	duel_init(&w, &s);
	k = branch(&s);
	t = copy_of(s.before);
	assert_int_equal(tree_encode(t, &was), 0);
	s.path.nodes[k].encrypted_n++;
	assert_int_equal(
		tree_path_merge(t, SENDER, &s.path, NULL), ROWAN_E_MLS_PATH);
	s.path.nodes[k].encrypted_n -= 2;
	assert_int_equal(
		tree_path_merge(t, SENDER, &s.path, NULL), ROWAN_E_MLS_PATH);
	assert_int_equal(tree_encode(t, &is), 0);
	assert_true(bytes_eq(buf_view(&was), buf_view(&is)));
	buf_wipe(&was);
	buf_wipe(&is);
	tree_free(t);
	/* Nothing there where ours should be: refused here as well. */
	s.path.nodes[k].encrypted = bytes_of(NULL, 0);
	s.path.nodes[k].encrypted_n = 0;
	refuse(&w, &s, ROWAN_E_MLS_PATH);
	s.path.n = k;
	refuse(&w, &s, ROWAN_E_MLS_PATH);
	duel_end(&w, &s);
}

/*
 * 7.5: "Verify that the derived public keys are the same"; 12.4.3.1: a private
 * key "MUST be the private key that corresponds to the public key in the node"
 */
static void keys_that_are_not_their_secrets(void **state)
{
	struct world w;
	struct shot s;

	duel_init(&w, &s);
	for (unsigned bad = branch(&s); bad < s.made.nodes.len; bad++) {
		struct bytes keys[MLS_PATH_MAX];
		struct tree_path plan;
		struct tree *t = copy_of(s.before);

		for (size_t k = 0; k < s.path.n; k++)
			keys[k] = s.path.nodes[k].encryption_key;
		/* A key somebody has, but not this node's. */
		keys[bad] = tree_encryption_key(s.before, 2);
		assert_int_equal(
			tree_path_plan(t, SENDER, keys, s.path.n, &plan), 0);
		tree_path_apply(t, &plan, s.path.leaf_node);
		tree_path_free(&plan);
		s.opening.tree = t;
		refuse(&w, &s, ROWAN_E_MLS_PATH);
		tree_free(t);
	}
	duel_end(&w, &s);
}

/* Well encrypted, but no path secret: a byte less or more than the hash. */
static void secrets_of_another_length(void **state)
{
	static const size_t lens[] = {0, 31, 33, 64, 65};
	struct update_path_node *node;
	struct node_list res = {0};
	uint8_t plain[65] = {0}, seed[HPKE_SEED_LEN] = {1};
	struct world w;
	struct shot s;
	unsigned k;

	duel_init(&w, &s);
	k = branch(&s);
	node = &s.path.nodes[k];
	assert_int_equal(
		tree_resolution(s.after, s.made.nodes.copath[k], NULL, &res),
		0);
	assert_int_equal(res.len, 1);
	for (size_t i = 0; i < sizeof lens / sizeof *lens; i++) {
		struct hpke_to to = {.suite = w.suite,
			.pk = tree_encryption_key(s.after, res.v[0]),
			.label = "UpdatePathNode",
			.context = s.context->raw,
			.seed = bytes_of(seed, sizeof seed)};
		struct writer out;

		writer_init(&out, 4096);
		assert_int_equal(
			hpke_encrypt_label(&to, bytes_of(plain, lens[i]), &out),
			0);
		node->encrypted = writer_view(&out);
		refuse(&w, &s, ROWAN_E_MLS_PATH);
		writer_wipe(&out);
	}
	node_list_free(&res);
	duel_end(&w, &s);
}

/* Nothing in the path is for its sender, for new members, for strangers. */
static void nothing_for_us(void **state)
{
	const uint32_t fresh[] = {RECEIVER};
	const struct leaf_set added = {fresh, 1};
	struct world w;
	struct shot s;

	duel_init(&w, &s);
	s.opening.sender = RECEIVER;
	refuse(&w, &s, ROWAN_E_MLS_PATH);
	duel_end(&w, &s);

	/* Leaf 5 counted as new: excluded, and alone on its side. */
	world_init(&w, 6, 3);
	assert_int_equal(tree_remove(w.t, 4), 0);
	shot_make(&w, SENDER, copy_of(w.t), &added, &s);
	refuse(&w, &s, ROWAN_E_MLS_PATH);
	duel_end(&w, &s);

	duel_init(&w, &s);
	treekem_wipe(&w.m[RECEIVER].tk);
	w.m[RECEIVER].tk.leaf = RECEIVER;
	refuse(&w, &s, ROWAN_E_MLS_PATH);
	duel_end(&w, &s);
}

/* 12.4.3.1: a Welcome's path secret fits the tree or is refused. */
static void joining_with_a_wrong_secret(void **state)
{
	struct world w;
	struct shot s;
	struct treekem tk, was;
	struct secret good, bad;

	duel_init(&w, &s);
	good = bad = s.made.path_secrets[branch(&s)];
	bad.b[31] ^= 1;
	tk = (struct treekem){0};
	assert_int_equal(treekem_init(&tk, RECEIVER,
				 secret_view(treekem_key(
					 &w.m[RECEIVER].tk, 2 * RECEIVER))),
		0);
	was = tk;
	assert_int_equal(
		treekem_join(&tk, s.after, SENDER, &bad), ROWAN_E_MLS_PATH);
	/* The secret of another height. */
	assert_int_equal(treekem_join(&tk, s.after, RECEIVER - 1, &good),
		ROWAN_E_MLS_PATH);
	assert_int_equal(
		treekem_join(&tk, s.after, RECEIVER, &good), ROWAN_E_MLS_PATH);
	assert_int_equal(
		treekem_join(&tk, s.after, 8, &good), ROWAN_E_MLS_PATH);
	assert_int_equal(treekem_join(&tk, s.after, UINT32_MAX, &good),
		ROWAN_E_MLS_PATH);
	assert_memory_equal(&tk, &was, sizeof was);
	assert_int_equal(treekem_join(&tk, s.after, SENDER, &good), 0);
	assert_int_equal(treekem_verify(&tk, s.after), 0);
	duel_end(&w, &s);
}

static void keys_of_other_places(void **state)
{
	struct world w;
	struct shot s;
	struct treekem *tk, was;
	struct secret own;

	duel_init(&w, &s);
	tk = &w.m[RECEIVER].tk;
	was = *tk;
	own = *treekem_key(tk, 2 * RECEIVER);
	/* Right key, wrong node; a node that is not above us; none at all. */
	assert_int_equal(
		treekem_set(tk, w.t, 7, secret_view(&own)), ROWAN_E_MLS_PATH);
	assert_int_equal(
		treekem_set(tk, w.t, 99, secret_view(&own)), ROWAN_E_MLS_PATH);
	assert_int_equal(treekem_set(tk, w.t, 2 * RECEIVER,
				 bytes_of(own.b, own.len - 1)),
		ROWAN_E_MLS_PATH);
	assert_int_equal(treekem_put(tk, 1, &own), ROWAN_E_INVAL);
	assert_int_equal(treekem_set(tk, w.t, 0,
				 secret_view(treekem_key(&w.m[3].tk, 6))),
		ROWAN_E_MLS_PATH);
	assert_memory_equal(tk, &was, sizeof was);
	duel_end(&w, &s);
}

/* What a member may hold: its leaf's key, and keys of nodes above it. */
static void keys_held_are_of_ones_own_path(void **state)
{
	const struct treekem none = {.leaf = SENDER};
	struct treekem odd;
	struct world w;
	struct shot s;

	duel_init(&w, &s);
	odd = w.m[RECEIVER].tk;
	assert_int_equal(treekem_verify(&odd, w.t), 0);
	odd.n = 1;
	assert_int_equal(treekem_verify(&odd, w.t), 0);
	/* leaves 6 and 7 are under it: their key, and good */
	odd.n = 2;
	odd.keys[1].node = 13;
	odd.keys[1].sk = *treekem_key(&w.m[6].tk, 13);
	assert_int_equal(treekem_verify(&odd, w.t), ROWAN_E_MLS_PATH);
	assert_int_equal(treekem_verify(&none, w.t), ROWAN_E_MLS_PATH);
	duel_end(&w, &s);
}

/* 7.5: outdated keys are deleted with the nodes they belonged to. */
static void blanked_nodes_are_forgotten(void **state)
{
	struct world w;
	struct shot s;
	struct treekem *tk;

	duel_init(&w, &s);
	tk = &w.m[RECEIVER].tk;
	assert_non_null(treekem_key(tk, 7));
	assert_non_null(treekem_key(tk, 11));
	assert_int_equal(tree_remove(w.t, 6), 0);
	treekem_forget(tk, w.t);
	assert_null(treekem_key(tk, 7));
	assert_null(treekem_key(tk, 11));
	assert_non_null(treekem_key(tk, 2 * RECEIVER));
	for (size_t i = tk->n; i < TREEKEM_KEYS_MAX; i++)
		for (size_t b = 0; b < SECRET_MAX; b++)
			assert_int_equal(tk->keys[i].sk.b[b], 0);
	duel_end(&w, &s);
}

/*
 * Making a path: a useless key in the tree (RFC 9180 section 7.1.4: a
 * "Diffie-Hellman result" of "all zeros" is an error), no randomness.
 */
static void making_fails_cleanly(void **state)
{
	struct treekem_made made;
	struct leaf_node_params p;
	struct leaf_node *leaf;
	struct treekem was;
	struct world w;
	struct tree *t;

	world_init(&w, 4, 5);
	was = w.m[0].tk;
	p = params_of(&w, &w.m[1], LEAF_NODE_UPDATE, 1);
	p.encryption_key = bytes_of((const uint8_t[32]){0}, 32);
	assert_int_equal(
		leaf_node_new(w.suite, &p, sig_sk(&w, &w.m[1]), &leaf), 0);
	t = copy_of(w.t);
	assert_int_equal(tree_update(t, 1, leaf), 0);
	leaf_node_unref(leaf);
	assert_int_equal(make(&w, 0, NULL, t, &made), ROWAN_E_CRYPTO);
	assert_null(made.path.data);
	assert_int_equal(made.commit_secret.len, 0);
	assert_memory_equal(&w.m[0].tk, &was, sizeof was);
	tree_free(t);

	t = copy_of(w.t);
	w.no_random = true;
	assert_int_equal(make(&w, 0, NULL, t, &made), ROWAN_E_INTERNAL);
	assert_memory_equal(&w.m[0].tk, &was, sizeof was);
	tree_free(t);
	tree_free(w.t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everybody_agrees),
		cmocka_unit_test(unreadable_ciphertexts),
		cmocka_unit_test(wrong_ciphertext_counts),
		cmocka_unit_test(keys_that_are_not_their_secrets),
		cmocka_unit_test(secrets_of_another_length),
		cmocka_unit_test(nothing_for_us),
		cmocka_unit_test(joining_with_a_wrong_secret),
		cmocka_unit_test(keys_of_other_places),
		cmocka_unit_test(keys_held_are_of_ones_own_path),
		cmocka_unit_test(blanked_nodes_are_forgotten),
		cmocka_unit_test(making_fails_cleanly),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
