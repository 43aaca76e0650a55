/*
 * Randomness fails: the Nth time it is asked for, for every N, of everything
 * a member makes. Nothing is made then, nothing is changed, and no key is
 * derived from bytes nobody has drawn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include <rowan/mls.h>

#define ENOUGH UINT32_MAX

/* Ann acts. Bob's key packages are there; Cat comes from outside. */
struct cast {
	struct rowan_mls *ann, *cat;
	struct rowan_mls_group *a;
	struct rowan_mls_buf package; /* Bob's */
	struct rowan_mls_buf info;
};

static struct {
	uint32_t left, asked;
} luck;

static uint64_t host_clock(void *ctx)
{
	return 1000000;
}

static int host_random(void *ctx, uint8_t *ret, size_t len)
{
	luck.asked++;
	if (luck.left == 0)
		return 1;
	if (luck.left != ENOUGH)
		luck.left--;
	randombytes_buf(ret, len);
	return 0;
}

static int host_validate(void *ctx, const struct rowan_mls_claim *claim)
{
	return 0;
}

static int host_psk(
	void *ctx, struct rowan_mls_bytes id, uint8_t *ret, size_t *len)
{
	memset(ret, 7, 32);
	*len = 32;
	return 0;
}

static struct rowan_mls_bytes view(const struct rowan_mls_buf *b)
{
	return (struct rowan_mls_bytes){b->data, b->len};
}

static int new_client(const char *name, struct rowan_mls **ret)
{
	const struct rowan_mls_options o = {.host = {.clock = host_clock,
						    .random = host_random,
						    .validate = host_validate,
						    .psk = host_psk},
		.credential = {ROWAN_MLS_BASIC, {(const uint8_t *)name, 3}}};

	return rowan_mls_new(&o, ret);
}

static int add_bob(struct cast *t, struct rowan_mls_committed *ret)
{
	const struct rowan_mls_proposal p = {
		.type = ROWAN_MLS_ADD, .key_package = view(&t->package)};
	const struct rowan_mls_commit_options o = {
		.proposals = &p, .n = 1, .tree = true};

	return rowan_mls_commit(t->a, &o, ret);
}

static int setup(void **state)
{
	static struct cast t;
	const struct rowan_mls_group_info_options all = {
		.tree = true, .external_pub = true};
	struct rowan_mls_committed made;
	struct rowan_mls *bob;

	luck.left = ENOUGH;
	assert_int_equal(new_client("ann", &t.ann), 0);
	assert_int_equal(new_client("bob", &bob), 0);
	assert_int_equal(new_client("cat", &t.cat), 0);
	assert_int_equal(
		rowan_mls_group_create(t.ann, (struct rowan_mls_bytes){NULL, 0},
			(struct rowan_mls_extensions){NULL, 0}, &t.a),
		0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
			rowan_mls_key_package(bob, NULL, &t.package, NULL), 0);
		if (i == 1)
			break;
		/* Bob is a member; and he could join another group. */
		assert_int_equal(add_bob(&t, &made), 0);
		assert_int_equal(rowan_mls_merge_commit(t.a), 0);
		rowan_mls_committed_free(&made);
		rowan_mls_buf_free(&t.package);
	}
	assert_int_equal(rowan_mls_group_info(t.a, &all, &t.info), 0);
	rowan_mls_free(bob);
	*state = &t;
	return 0;
}

static int teardown(void **state)
{
	struct cast *t = *state;

	rowan_mls_buf_free(&t->package);
	rowan_mls_buf_free(&t->info);
	rowan_mls_group_free(t->a);
	rowan_mls_free(t->ann);
	rowan_mls_free(t->cat);
	return 0;
}

/* ---- what is made -------------------------------------------------------- */

static int make_client(struct cast *t)
{
	struct rowan_mls *c;
	int rc = new_client("dan", &c);

	assert_int_equal(rc == 0, c != NULL);
	rowan_mls_free(c);
	return rc;
}

static int make_package(struct cast *t)
{
	struct rowan_mls_buf m, ref;
	int rc = rowan_mls_key_package(t->ann, NULL, &m, &ref);

	assert_int_equal(rc == 0, m.len > 0);
	rowan_mls_buf_free(&m);
	rowan_mls_buf_free(&ref);
	return rc;
}

static int make_group(struct cast *t)
{
	struct rowan_mls_group *g;
	int rc = rowan_mls_group_create(t->ann,
		(struct rowan_mls_bytes){NULL, 0},
		(struct rowan_mls_extensions){NULL, 0}, &g);

	assert_int_equal(rc == 0, g != NULL);
	rowan_mls_group_free(g);
	return rc;
}

static int propose(struct cast *t, const struct rowan_mls_proposal *p)
{
	struct rowan_mls_buf m;
	int rc = rowan_mls_propose(t->a, p, NULL, &m, NULL);

	assert_int_equal(rc == 0, m.len > 0);
	rowan_mls_buf_free(&m);
	return rc;
}

static int make_update(struct cast *t)
{
	return propose(
		t, &(struct rowan_mls_proposal){.type = ROWAN_MLS_UPDATE});
}

static int make_psk(struct cast *t)
{
	return propose(t, &(struct rowan_mls_proposal){.type = ROWAN_MLS_PSK,
				  .psk = {ROWAN_MLS_PSK_EXTERNAL,
					  {(const uint8_t *)"x", 1}, 0}});
}

static int make_reinit(struct cast *t)
{
	return propose(
		t, &(struct rowan_mls_proposal){.type = ROWAN_MLS_REINIT});
}

static int make_commit(struct cast *t)
{
	const struct rowan_mls_proposal p = {.type = ROWAN_MLS_PSK,
		.psk = {ROWAN_MLS_PSK_EXTERNAL, {(const uint8_t *)"y", 1}, 0}};
	const struct rowan_mls_commit_options o = {
		.proposals = &p, .n = 1, .ignore_pending = true};
	struct rowan_mls_committed made;
	int rc = rowan_mls_commit(t->a, &o, &made);

	assert_int_equal(rc == 0, made.commit.len > 0);
	rowan_mls_committed_free(&made);
	rowan_mls_discard_commit(t->a);
	return rc;
}

/* A Welcome, and one more node in the path. */
static int make_welcome(struct cast *t)
{
	const struct rowan_mls_proposal p[] = {
		{.type = ROWAN_MLS_REMOVE, .leaf = 1},
		{.type = ROWAN_MLS_ADD, .key_package = view(&t->package)}};
	const struct rowan_mls_commit_options o = {.proposals = p,
		.n = 2,
		.tree = true,
		.ignore_pending = true,
		.wire = {.is_public = true}};
	struct rowan_mls_committed made;
	int rc = rowan_mls_commit(t->a, &o, &made);

	assert_int_equal(rc == 0, made.welcome.len > 0);
	rowan_mls_committed_free(&made);
	rowan_mls_discard_commit(t->a);
	return rc;
}

static int make_word(struct cast *t)
{
	struct rowan_mls_buf m;
	int rc;

	rowan_mls_pending_forget(t->a);
	rc = rowan_mls_send(t->a,
		(struct rowan_mls_bytes){(const uint8_t *)"x", 1}, NULL, &m);
	assert_int_equal(rc == 0, m.len > 0);
	rowan_mls_buf_free(&m);
	return rc;
}

static int make_entry(struct cast *t)
{
	const struct rowan_mls_psk_id psk = {
		ROWAN_MLS_PSK_EXTERNAL, {(const uint8_t *)"z", 1}, 0};
	const struct rowan_mls_external_join_options o = {
		.psks = &psk, .psks_n = 1};
	struct rowan_mls_group *g;
	struct rowan_mls_buf m;
	int rc = rowan_mls_external_join(t->cat, view(&t->info), &o, &g, &m);

	assert_int_equal(rc == 0, g != NULL);
	assert_int_equal(rc == 0, m.len > 0);
	rowan_mls_group_free(g);
	rowan_mls_buf_free(&m);
	return rc;
}

static int make_branch(struct cast *t)
{
	const struct rowan_mls_bytes package = view(&t->package);
	const struct rowan_mls_resume_options o = {
		.kind = ROWAN_MLS_RESUME_BRANCH,
		.key_packages = &package,
		.n = 1};
	struct rowan_mls_group *g;
	struct rowan_mls_buf m;
	int rc = rowan_mls_resume(t->a, &o, &g, &m);

	assert_int_equal(rc == 0, g != NULL);
	assert_int_equal(rc == 0, m.len > 0);
	rowan_mls_group_free(g);
	rowan_mls_buf_free(&m);
	return rc;
}

/* ---- and how often it asks ----------------------------------------------- */

static void assert_same(struct rowan_mls_buf *was, struct rowan_mls_buf *is)
{
	assert_int_equal(is->len, was->len);
	assert_memory_equal(is->data, was->data, is->len);
	rowan_mls_buf_free(was);
	rowan_mls_buf_free(is);
}

static void failing_at_every_time(void **state)
{
	static const struct {
		int (*make)(struct cast *t);
		uint32_t times;
	} acts[] = {
		{make_client, 1},  /* seed */
		{make_package, 2}, /* init key, leaf key */
		{make_group, 3},   /* id, leaf key, first epoch secret */
		{make_update, 2},  /* leaf key, reuse guard */
		{make_psk, 2},	   /* nonce, reuse guard */
		{make_reinit, 2},  /* group id, reuse guard */
		{make_commit, 5},  /* nonce, leaf key, path secret, one
				    * ciphertext, reuse guard */
		{make_welcome, 3}, /* leaf key, path secret, Welcome */
		{make_word, 1},	   /* reuse guard */
		{make_entry, 5},   /* init, PSK nonce, leaf key, path secret,
				    * one ciphertext */
		{make_branch, 8},  /* link, group's three, commit's four */
	};
	struct cast *t = *state;

	for (size_t i = 0; i < sizeof acts / sizeof *acts; i++) {
		for (uint32_t n = 0; n < acts[i].times; n++) {
			struct rowan_mls_buf c[2], g[2];

			rowan_mls_pending_forget(t->a);
			assert_int_equal(rowan_mls_save(t->ann, &c[0]), 0);
			assert_int_equal(rowan_mls_group_save(t->a, &g[0]), 0);
			luck.left = n;
			luck.asked = 0;
			assert_int_equal(acts[i].make(t), ROWAN_E_INTERNAL);
			/* the first refusal ends it */
			assert_int_equal(luck.asked, n + 1);
			luck.left = ENOUGH;
			assert_int_equal(rowan_mls_save(t->ann, &c[1]), 0);
			assert_int_equal(rowan_mls_group_save(t->a, &g[1]), 0);
			assert_same(&c[0], &c[1]);
			assert_same(&g[0], &g[1]);
		}
		luck.asked = 0;
		assert_int_equal(acts[i].make(t), 0);
		assert_int_equal(luck.asked, acts[i].times);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			failing_at_every_time, setup, teardown),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
