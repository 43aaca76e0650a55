/*
 * What was saved comes back, or is refused as damaged or as too new: clients
 * and groups, cut off anywhere, with more behind them, with any byte changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "mls/member/group/group.h"

#define VERSION_AT 0 /* uint16 */
#define SUITE_AT   2 /* uint16 */

/* Ann has everything a client and a group can have; Bob is the other. */
struct cast {
	struct rowan_mls_options options;
	struct rowan_mls *ann, *bob;
	struct rowan_mls_group *a, *b;
	struct rowan_mls_buf client, group; /* Ann's, saved */
};

static struct rowan_mls_bytes view(const struct rowan_mls_buf *b)
{
	return (struct rowan_mls_bytes){b->data, b->len};
}

static void client(struct cast *t, const char *name, struct rowan_mls **ret)
{
	static const uint16_t types[] = {0x0a0a, 0xfff1};

	rowan_mls_host_init(&t->options.host);
	t->options.credential = (struct rowan_mls_credential){
		ROWAN_MLS_BASIC, {(const uint8_t *)name, strlen(name)}};
	t->options.extensions = (struct rowan_mls_types){types, 2};
	t->options.proposals = (struct rowan_mls_types){types + 1, 1};
	t->options.keep_epochs = 2;
	assert_int_equal(rowan_mls_new(&t->options, ret), 0);
}

static void follow(struct rowan_mls_group *g, const struct rowan_mls_buf *m)
{
	struct rowan_mls_received *r;

	assert_int_equal(rowan_mls_process(g, view(m), &r), 0);
	assert_int_equal(rowan_mls_accept(g, r), 0);
	rowan_mls_received_free(r);
}

static void add_bob(struct cast *t)
{
	struct rowan_mls_proposal p = {.type = ROWAN_MLS_ADD};
	const struct rowan_mls_commit_options o = {
		.proposals = &p, .n = 1, .tree = true};
	struct rowan_mls_committed made;
	struct rowan_mls_buf package;

	assert_int_equal(
		rowan_mls_key_package(t->bob, NULL, &package, NULL), 0);
	p.key_package = view(&package);
	assert_int_equal(rowan_mls_commit(t->a, &o, &made), 0);
	assert_int_equal(rowan_mls_merge_commit(t->a), 0);
	assert_int_equal(
		rowan_mls_join(t->bob, view(&made.welcome), NULL, &t->b), 0);
	rowan_mls_committed_free(&made);
	rowan_mls_buf_free(&package);
}

/* A past epoch, a proposal of each, an own update, a staged commit. */
static void fill(struct cast *t)
{
	const struct rowan_mls_proposal update = {.type = ROWAN_MLS_UPDATE};
	const struct rowan_mls_proposal custom = {
		.type = 0xfff1, .data = {(const uint8_t *)"odd", 3}};
	struct rowan_mls_committed made;
	struct rowan_mls_buf m;

	assert_int_equal(rowan_mls_commit(t->a, NULL, &made), 0);
	assert_int_equal(rowan_mls_merge_commit(t->a), 0);
	follow(t->b, &made.commit);
	rowan_mls_committed_free(&made);
	assert_int_equal(rowan_mls_propose(t->a, &update, NULL, &m, NULL), 0);
	follow(t->b, &m);
	rowan_mls_buf_free(&m);
	assert_int_equal(rowan_mls_propose(t->b, &custom, NULL, &m, NULL), 0);
	follow(t->a, &m);
	rowan_mls_buf_free(&m);
	assert_int_equal(rowan_mls_commit(t->a, NULL, &made), 0);
	rowan_mls_committed_free(&made);
}

static int setup(void **state)
{
	static struct cast t;
	const struct rowan_mls_key_package_options last = {.last_resort = true};
	struct rowan_mls_buf package;

	memset(&t, 0, sizeof t);
	client(&t, "ann", &t.ann);
	client(&t, "bob", &t.bob);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(rowan_mls_key_package(t.ann,
					 i == 0 ? NULL : &last, &package, NULL),
			0);
		rowan_mls_buf_free(&package);
	}
	assert_int_equal(
		rowan_mls_group_create(t.ann, (struct rowan_mls_bytes){NULL, 0},
			(struct rowan_mls_extensions){NULL, 0}, &t.a),
		0);
	add_bob(&t);
	fill(&t);
	assert_int_equal(rowan_mls_save(t.ann, &t.client), 0);
	assert_int_equal(rowan_mls_group_save(t.a, &t.group), 0);
	*state = &t;
	return 0;
}

static int teardown(void **state)
{
	struct cast *t = *state;

	rowan_mls_buf_free(&t->client);
	rowan_mls_buf_free(&t->group);
	rowan_mls_group_free(t->a);
	rowan_mls_group_free(t->b);
	rowan_mls_free(t->ann);
	rowan_mls_free(t->bob);
	return 0;
}

/* Load and, if that works, save: ${ret} is the caller's then. */
typedef int reload(
	struct cast *t, struct rowan_mls_bytes blob, struct rowan_mls_buf *ret);

static int reload_client(
	struct cast *t, struct rowan_mls_bytes blob, struct rowan_mls_buf *ret)
{
	struct rowan_mls *c;
	int rc = rowan_mls_load(&t->options, blob, &c);

	*ret = (struct rowan_mls_buf){NULL, 0};
	assert_int_equal(rc == 0, c != NULL);
	if (rc == 0)
		assert_int_equal(rowan_mls_save(c, ret), 0);
	rowan_mls_free(c);
	return rc;
}

static int reload_group(
	struct cast *t, struct rowan_mls_bytes blob, struct rowan_mls_buf *ret)
{
	struct rowan_mls_group *g;
	int rc = rowan_mls_group_load(t->ann, blob, &g);

	*ret = (struct rowan_mls_buf){NULL, 0};
	assert_int_equal(rc == 0, g != NULL);
	if (rc == 0)
		assert_int_equal(rowan_mls_group_save(g, ret), 0);
	rowan_mls_group_free(g);
	return rc;
}

static void must(
	reload *again, struct cast *t, struct rowan_mls_bytes blob, int want)
{
	struct rowan_mls_buf out;

	assert_int_equal(again(t, blob, &out), want);
	rowan_mls_buf_free(&out);
}

static void try_all(
	reload *again, struct cast *t, const struct rowan_mls_buf *saved)
{
	uint8_t *copy = malloc(saved->len + 1);
	struct rowan_mls_buf out;

	assert_non_null(copy);
	memcpy(copy, saved->data, saved->len);
	copy[saved->len] = 0;
	assert_int_equal(again(t, view(saved), &out), 0);
	assert_int_equal(out.len, saved->len);
	assert_memory_equal(out.data, saved->data, out.len);
	rowan_mls_buf_free(&out);

	for (size_t len = 0; len < saved->len; len++)
		must(again, t, (struct rowan_mls_bytes){copy, len},
			ROWAN_E_CORRUPT);
	must(again, t, (struct rowan_mls_bytes){copy, saved->len + 1},
		ROWAN_E_CORRUPT);
	copy[VERSION_AT + 1]++;
	must(again, t, (struct rowan_mls_bytes){copy, saved->len},
		ROWAN_E_TOO_NEW);
	copy[VERSION_AT + 1] = 0;
	must(again, t, (struct rowan_mls_bytes){copy, saved->len},
		ROWAN_E_CORRUPT);
	copy[VERSION_AT + 1] = saved->data[VERSION_AT + 1];

	/* Any byte changed: refused as damaged, or another sound state. */
	for (size_t i = SUITE_AT + 2; i < saved->len; i++)
		for (unsigned bit = 0; bit < 8; bit += 7) {
			int rc;

			copy[i] ^= (uint8_t)(1U << bit);
			rc = again(t,
				(struct rowan_mls_bytes){copy, saved->len},
				&out);
			rowan_mls_buf_free(&out);
			assert_true(rc == 0 || rc == ROWAN_E_CORRUPT);
			copy[i] ^= (uint8_t)(1U << bit);
		}
	sodium_memzero(copy, saved->len);
	free(copy);
}

static void clients_are_whole(void **state)
{
	struct cast *t = *state;
	struct rowan_mls_buf out;

	try_all(reload_client, t, &t->client);
	t->client.data[SUITE_AT]++;
	assert_int_equal(
		reload_client(t, view(&t->client), &out), ROWAN_E_MLS_SUITE);
	t->client.data[SUITE_AT]--;
}

static void groups_are_whole(void **state)
{
	struct cast *t = *state;
	struct rowan_mls_buf out;

	try_all(reload_group, t, &t->group);
	t->group.data[SUITE_AT]++;
	assert_int_equal(
		reload_group(t, view(&t->group), &out), ROWAN_E_CORRUPT);
	t->group.data[SUITE_AT]--;
}

/* What Ann's group would be as it stands is refused. */
static void refused_as_is(struct cast *t)
{
	struct rowan_mls_buf blob;

	assert_int_equal(rowan_mls_group_save(t->a, &blob), 0);
	must(reload_group, t, view(&blob), ROWAN_E_CORRUPT);
	rowan_mls_buf_free(&blob);
}

static void accepted_as_is(struct cast *t)
{
	struct rowan_mls_buf blob;

	assert_int_equal(rowan_mls_group_save(t->a, &blob), 0);
	must(reload_group, t, view(&blob), 0);
	rowan_mls_buf_free(&blob);
}

/* Private keys of ${g}, of Ann, that belong to nobody or to somebody else. */
static void wrong_keys(struct cast *t, struct rowan_mls_group *g)
{
	struct treekem *tk = g->keys, was = *g->keys;

	assert_int_equal(tk->n, 2); /* her leaf and the root */
	tk->keys[0].sk.b[3] ^= 1;
	refused_as_is(t);
	*tk = was;
	tk->keys[1].sk.b[3] ^= 1;
	refused_as_is(t);
	/* none for her leaf */
	tk->keys[0] = was.keys[1];
	tk->n = 1;
	refused_as_is(t);
	/* not by rising level, or one twice */
	*tk = was;
	tk->keys[1] = was.keys[0];
	refused_as_is(t);
	tk->keys[0] = was.keys[1];
	refused_as_is(t);
	/* one of a place that is not hers */
	*tk = was;
	tk->keys[1] = t->b->keys->keys[0];
	refused_as_is(t);
	/* all of Bob's */
	*tk = *t->b->keys;
	refused_as_is(t);
	/* Bob's leaf, his keys: she signs with another */
	g->leaf = t->b->leaf;
	refused_as_is(t);
	g->leaf = was.leaf;
	*tk = was;
	accepted_as_is(t);
	treekem_wipe(&was);
}

/* A secret or a hash of another length, message keys of another tree. */
static void wrong_lengths(struct cast *t, struct rowan_mls_group *g)
{
	struct epoch_secrets *e = &g->secrets;
	struct secret *const secrets[] = {&e->init, &e->sender_data,
		&e->exporter, &e->external, &e->confirmation, &e->membership,
		&e->resumption, &e->authenticator};
	struct hash_value *const hashes[] = {
		&g->confirmation_tag, &g->interim, &t->a->staged_message};
	struct secret_tree *own = g->message_keys, *small;
	const struct secret root = {.len = 32};

	for (size_t i = 0; i < sizeof secrets / sizeof *secrets; i++)
		for (int k = 0; k < 2; k++) {
			secrets[i]->len += k == 0 ? 1 : SIZE_MAX;
			refused_as_is(t);
			secrets[i]->len -= k == 0 ? 1 : SIZE_MAX;
		}
	for (size_t i = 0; i < sizeof hashes / sizeof *hashes; i++)
		for (int k = 0; k < 2; k++) {
			hashes[i]->len += k == 0 ? 1 : SIZE_MAX;
			refused_as_is(t);
			hashes[i]->len -= k == 0 ? 1 : SIZE_MAX;
		}
	for (uint32_t leaves = 1; leaves <= 4; leaves *= 2) {
		assert_int_equal(
			secret_tree_new(&suite_0003, &root, leaves, &small), 0);
		g->message_keys = small;
		if (leaves == 2)
			accepted_as_is(t);
		else
			refused_as_is(t);
		secret_tree_free(small);
	}
	g->message_keys = own;
	accepted_as_is(t);
}

static void everything_has_its_length(void **state)
{
	struct cast *t = *state;

	wrong_lengths(t, t->a);
	wrong_lengths(t, t->a->staged);
}

static void keys_belong_to_the_leaf(void **state)
{
	struct cast *t = *state;
	struct rowan_mls_group *g;

	wrong_keys(t, t->a);
	wrong_keys(t, t->a->staged);
	/* Bob is not the client whose group that was. */
	assert_int_equal(rowan_mls_group_load(t->bob, view(&t->group), &g),
		ROWAN_E_CORRUPT);
	assert_null(g);
}

static void keys_belong_to_the_update(void **state)
{
	struct cast *t = *state;
	struct own_update *u = t->a->updates;
	struct leaf_node *own = u->leaf;

	u->sk.b[3] ^= 1;
	refused_as_is(t);
	u->sk.len--;
	refused_as_is(t);
	u->sk.len++;
	u->sk.b[3] ^= 1;
	accepted_as_is(t);
	/* Bob's leaf, with his key */
	u->leaf = tree_leaf(t->a->tree, 1);
	u->sk = t->b->keys->keys[0].sk;
	refused_as_is(t);
	u->leaf = own;
}

static void client_refused_as_is(struct cast *t)
{
	struct rowan_mls_buf blob;

	assert_int_equal(rowan_mls_save(t->ann, &blob), 0);
	must(reload_client, t, view(&blob), ROWAN_E_CORRUPT);
	rowan_mls_buf_free(&blob);
}

static void keys_belong_to_the_package(void **state)
{
	struct cast *t = *state;
	struct stored_package *p = t->ann->packages;
	struct rowan_mls_buf package;

	p->init_sk.b[3] ^= 1;
	client_refused_as_is(t);
	p->init_sk.b[3] ^= 1;
	p->leaf_sk.b[3] ^= 1;
	client_refused_as_is(t);
	p->leaf_sk.b[3] ^= 1;
	must(reload_client, t, view(&t->client), 0);
	/* a package of Bob's, with its keys */
	assert_int_equal(
		rowan_mls_key_package(t->bob, NULL, &package, NULL), 0);
	t->ann->packages = t->bob->packages;
	client_refused_as_is(t);
	t->ann->packages = p;
	rowan_mls_buf_free(&package);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(clients_are_whole),
		TEST(groups_are_whole),
		TEST(everything_has_its_length),
		TEST(keys_belong_to_the_leaf),
		TEST(keys_belong_to_the_update),
		TEST(keys_belong_to_the_package),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
