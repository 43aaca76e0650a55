/*
 * What a member sees of a handshake before accepting it, and what accepting
 * does: to this group only, and with the key of this message only.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "mls/member/group/group.h"

#define CUSTOM 0xfff1

static const uint16_t custom = CUSTOM;
static const struct rowan_mls_wire in_private = {.is_public = false};
static const struct rowan_mls_wire in_public = {.is_public = true};

struct cast {
	struct rowan_mls *ann, *bob;
	struct rowan_mls_group *a, *b;
};

static struct rowan_mls_bytes view(const struct rowan_mls_buf *b)
{
	return (struct rowan_mls_bytes){b->data, b->len};
}

/* Everybody has every external PSK: its name, twice as long. */
static int host_psk(
	void *ctx, struct rowan_mls_bytes id, uint8_t *ret, size_t *len)
{
	memset(ret, (int)id.len, 2 * id.len);
	*len = 2 * id.len;
	return 0;
}

static struct rowan_mls *client(const char *name)
{
	struct rowan_mls_options o = {
		.credential = {ROWAN_MLS_BASIC, {(const uint8_t *)name, 3}},
		.proposals = {&custom, 1},
		.keep_epochs = 1};
	struct rowan_mls *c;

	rowan_mls_host_init(&o.host);
	o.host.psk = host_psk;
	assert_int_equal(rowan_mls_new(&o, &c), 0);
	return c;
}

static struct rowan_mls_group *group(struct rowan_mls *c)
{
	struct rowan_mls_group *ret;

	assert_int_equal(
		rowan_mls_group_create(c, (struct rowan_mls_bytes){NULL, 0},
			(struct rowan_mls_extensions){NULL, 0}, &ret),
		0);
	return ret;
}

/* ${by} adds ${c}, with a path or without; who was there follows. */
static struct rowan_mls_group *invite(struct rowan_mls_group *by,
	struct rowan_mls_group *beside, struct rowan_mls *c, bool no_path)
{
	struct rowan_mls_proposal p = {.type = ROWAN_MLS_ADD};
	const struct rowan_mls_commit_options o = {
		.proposals = &p, .n = 1, .tree = true, .no_path = no_path};
	struct rowan_mls_committed made;
	struct rowan_mls_received *r;
	struct rowan_mls_group *ret;
	struct rowan_mls_buf package;

	assert_int_equal(rowan_mls_key_package(c, NULL, &package, NULL), 0);
	p.key_package = view(&package);
	assert_int_equal(rowan_mls_commit(by, &o, &made), 0);
	assert_int_equal(rowan_mls_merge_commit(by), 0);
	if (beside != NULL) {
		assert_int_equal(
			rowan_mls_process(beside, view(&made.commit), &r), 0);
		assert_int_equal(rowan_mls_accept(beside, r), 0);
		rowan_mls_received_free(r);
	}
	assert_int_equal(rowan_mls_join(c, view(&made.welcome), NULL, &ret), 0);
	rowan_mls_committed_free(&made);
	rowan_mls_buf_free(&package);
	return ret;
}

static int setup(void **state)
{
	static struct cast t;

	t.ann = client("ann");
	t.bob = client("bob");
	t.a = group(t.ann);
	t.b = invite(t.a, NULL, t.bob, false);
	*state = &t;
	return 0;
}

static int teardown(void **state)
{
	struct cast *t = *state;

	rowan_mls_group_free(t->a);
	rowan_mls_group_free(t->b);
	rowan_mls_free(t->ann);
	rowan_mls_free(t->bob);
	return 0;
}

static void assert_agree(
	const struct rowan_mls_group *x, const struct rowan_mls_group *y)
{
	assert_true(bytes_eq(host_in(rowan_mls_group_epoch_authenticator(x)),
		host_in(rowan_mls_group_epoch_authenticator(y))));
}

/* A proposal of another type; ${word} makes it one of its own. */
static struct rowan_mls_buf propose(struct rowan_mls_group *g, const char *word,
	const struct rowan_mls_wire *wire)
{
	const struct rowan_mls_proposal p = {
		.type = CUSTOM, .data = {(const uint8_t *)word, strlen(word)}};
	struct rowan_mls_buf m;

	assert_int_equal(rowan_mls_propose(g, &p, wire, &m, NULL), 0);
	return m;
}

static int take(struct rowan_mls_group *g, const struct rowan_mls_buf *m)
{
	struct rowan_mls_received *r;
	int rc = rowan_mls_process(g, view(m), &r);

	if (rc == 0)
		rc = rowan_mls_accept(g, r);
	rowan_mls_received_free(r);
	return rc;
}

static void a_commit_shows_its_proposals(void **state)
{
	const struct rowan_mls_proposal own = {
		.type = CUSTOM, .data = {(const uint8_t *)"hers", 4}};
	const struct rowan_mls_commit_options o = {.proposals = &own, .n = 1};
	struct cast *t = *state;
	struct rowan_mls_buf m = propose(t->b, "his", &in_private);
	struct rowan_mls_proposal_view p;
	struct rowan_mls_committed made;
	struct rowan_mls_received *r;

	assert_int_equal(take(t->a, &m), 0);
	assert_int_equal(rowan_mls_commit(t->a, &o, &made), 0);
	assert_int_equal(rowan_mls_process(t->b, view(&made.commit), &r), 0);
	assert_int_equal(rowan_mls_received_sender(r), 0);
	assert_int_equal(rowan_mls_received_proposal(r, 0, &p), 0);
	assert_int_equal(p.type, CUSTOM);
	assert_true(p.by_reference);
	assert_int_equal(p.sender, 1);
	assert_int_equal(rowan_mls_received_proposal(r, 1, &p), 0);
	assert_int_equal(p.type, CUSTOM);
	assert_false(p.by_reference);
	assert_int_equal(p.sender, 0);
	assert_int_equal(
		rowan_mls_received_proposal(r, 2, &p), ROWAN_E_NOT_FOUND);
	assert_int_equal(rowan_mls_accept(t->b, r), 0);
	assert_int_equal(rowan_mls_merge_commit(t->a), 0);
	assert_agree(t->a, t->b);
	rowan_mls_received_free(r);
	rowan_mls_committed_free(&made);
	rowan_mls_buf_free(&m);
}

/*
 * 12.4: an Add alone needs no path; the commit secret is then all zeros. What
 * the committer's leaf was it still is, and with a path it is another.
 */
static void a_commit_without_a_path(void **state)
{
	struct cast *t = *state;
	struct rowan_mls *cat = client("cat");
	struct leaf_node *leaf = leaf_node_ref(tree_leaf(t->a->tree, 0));
	struct rowan_mls_group *c = invite(t->a, t->b, cat, true);

	assert_agree(t->a, t->b);
	assert_agree(t->a, c);
	assert_true(bytes_eq(leaf->raw, tree_leaf(t->b->tree, 0)->raw));
	leaf_node_unref(leaf);
	rowan_mls_group_free(c);
	rowan_mls_free(cat);
}

/* Ann commits two PSKs, and if she can, Bob follows. */
static int commit_psks(struct cast *t, const struct rowan_mls_psk_id *x,
	const struct rowan_mls_psk_id *y)
{
	const struct rowan_mls_proposal p[] = {
		{.type = ROWAN_MLS_PSK, .psk = *x},
		{.type = ROWAN_MLS_PSK, .psk = *y}};
	const struct rowan_mls_commit_options o = {.proposals = p, .n = 2};
	struct rowan_mls_committed made;
	int rc = rowan_mls_commit(t->a, &o, &made);

	if (rc == 0) {
		assert_int_equal(take(t->b, &made.commit), 0);
		assert_int_equal(rowan_mls_merge_commit(t->a), 0);
		assert_agree(t->a, t->b);
	}
	rowan_mls_committed_free(&made);
	return rc;
}

/* One PSK under two nonces adds nothing, and is not made; two may go in. */
static void psks_that_go_together(void **state)
{
	struct cast *t = *state;
	const struct rowan_mls_psk_id x = {
		ROWAN_MLS_PSK_EXTERNAL, {(const uint8_t *)"x", 1}, 0};
	const struct rowan_mls_psk_id y = {
		ROWAN_MLS_PSK_EXTERNAL, {(const uint8_t *)"y", 1}, 0};
	struct rowan_mls_psk_id now = {ROWAN_MLS_PSK_RESUMPTION, {NULL, 0}, 1};
	struct rowan_mls_psk_id then = now;
	struct rowan_mls_psk_id named = {ROWAN_MLS_PSK_EXTERNAL, {NULL, 0}, 0};

	assert_int_equal(commit_psks(t, &x, &x), ROWAN_E_MLS_PROPOSAL_LIST);
	assert_int_equal(commit_psks(t, &x, &y), 0);
	then.epoch = rowan_mls_group_epoch(t->a);
	assert_int_equal(commit_psks(t, &now, &now), ROWAN_E_MLS_PROPOSAL_LIST);
	assert_int_equal(commit_psks(t, &now, &then), 0);
	/* an external one that is called as the group is */
	named.id = rowan_mls_group_id(t->a);
	assert_int_equal(commit_psks(t, &now, &named), 0);
	named.id = rowan_mls_group_id(t->a);
	assert_int_equal(commit_psks(t, &named, &now), 0);
}

/* Bob proposes and Ann hears of it. */
static void bob_proposes(struct cast *t, const struct rowan_mls_proposal *p)
{
	struct rowan_mls_buf m;

	assert_int_equal(rowan_mls_propose(t->b, p, NULL, &m, NULL), 0);
	assert_int_equal(take(t->a, &m), 0);
	rowan_mls_buf_free(&m);
}

/* Ann commits what is pending: how many of each type Bob sees in it. */
static size_t seen(struct cast *t, const uint16_t *types, size_t *ret, size_t n)
{
	struct rowan_mls_proposal_view p;
	struct rowan_mls_committed made;
	struct rowan_mls_received *r;
	size_t all = 0;

	memset(ret, 0, n * sizeof *ret);
	assert_int_equal(rowan_mls_commit(t->a, NULL, &made), 0);
	assert_int_equal(rowan_mls_process(t->b, view(&made.commit), &r), 0);
	for (; rowan_mls_received_proposal(r, all, &p) == 0; all++)
		for (size_t i = 0; i < n; i++)
			ret[i] += p.type == types[i];
	assert_int_equal(rowan_mls_accept(t->b, r), 0);
	assert_int_equal(rowan_mls_merge_commit(t->a), 0);
	assert_agree(t->a, t->b);
	rowan_mls_received_free(r);
	rowan_mls_committed_free(&made);
	return all;
}

/* All that goes together goes in; a ReInit when nothing else does. */
static void what_of_the_pending_goes_in(void **state)
{
	static const uint16_t types[] = {ROWAN_MLS_REMOVE, ROWAN_MLS_UPDATE,
		CUSTOM, ROWAN_MLS_PSK, ROWAN_MLS_REINIT};
	const struct rowan_mls_proposal all[] = {
		{.type = ROWAN_MLS_REINIT,
			.group_id = {(const uint8_t *)"next", 4}},
		{.type = ROWAN_MLS_PSK,
			.psk = {ROWAN_MLS_PSK_EXTERNAL,
				{(const uint8_t *)"x", 1}, 0}},
		{.type = CUSTOM, .data = {(const uint8_t *)"y", 1}},
		{.type = ROWAN_MLS_UPDATE},
		{.type = ROWAN_MLS_REMOVE, .leaf = 2}};
	const struct rowan_mls_commit_options none = {.ignore_pending = true};
	struct cast *t = *state;
	struct rowan_mls *cat = client("cat");
	struct rowan_mls_proposal_view p;
	struct rowan_mls_committed made;
	struct rowan_mls_received *r;
	size_t n[5];

	rowan_mls_group_free(invite(t->a, t->b, cat, false));
	/* nothing, if it is not to be looked at */
	bob_proposes(t, &all[2]);
	assert_int_equal(rowan_mls_commit(t->a, &none, &made), 0);
	assert_int_equal(rowan_mls_process(t->b, view(&made.commit), &r), 0);
	assert_int_equal(
		rowan_mls_received_proposal(r, 0, &p), ROWAN_E_NOT_FOUND);
	rowan_mls_received_free(r);
	rowan_mls_committed_free(&made);
	rowan_mls_discard_commit(t->a);
	rowan_mls_pending_forget(t->a);
	rowan_mls_pending_forget(t->b);
	for (size_t i = 0; i < 5; i++)
		bob_proposes(t, &all[i]);
	assert_int_equal(seen(t, types, n, 5), 4);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(n[i], i < 4);
	bob_proposes(t, &all[0]);
	assert_int_equal(seen(t, types, n, 5), 1);
	assert_int_equal(n[4], 1);
	assert_false(rowan_mls_group_active(t->a));
	assert_false(rowan_mls_group_active(t->b));
	rowan_mls_free(cat);
}

/* What one group has staged is not accepted by another. */
static void each_group_for_itself(void **state)
{
	struct cast *t = *state;
	struct rowan_mls_group *other = group(t->bob);
	struct rowan_mls_buf m = propose(t->a, "hers", &in_public);
	struct rowan_mls_received *r;

	assert_int_equal(rowan_mls_process(t->b, view(&m), &r), 0);
	assert_int_equal(t->b->changes, other->changes);
	assert_int_equal(rowan_mls_accept(other, r), ROWAN_E_STATE);
	assert_int_equal(rowan_mls_pending_count(other), 0);
	assert_int_equal(rowan_mls_accept(t->b, r), 0);
	assert_int_equal(rowan_mls_pending_count(t->b), 1);
	rowan_mls_received_free(r);
	rowan_mls_group_free(other);
	rowan_mls_buf_free(&m);
}

/* A public handshake uses up no key: the first private one still opens. */
static void public_ones_take_no_key(void **state)
{
	struct cast *t = *state;
	struct rowan_mls_buf open = propose(t->a, "open", &in_public);
	struct rowan_mls_buf sealed = propose(t->a, "sealed", &in_private);

	assert_int_equal(take(t->b, &open), 0);
	assert_int_equal(take(t->b, &sealed), 0);
	/* which it did use up */
	assert_int_equal(take(t->b, &sealed), ROWAN_E_MLS_REPLAY);
	assert_int_equal(rowan_mls_pending_count(t->b), 2);
	rowan_mls_buf_free(&open);
	rowan_mls_buf_free(&sealed);
}

/* 12.1.3: a Remove that "does not identify a non-blank leaf node" */
static void proposals_are_judged_when_they_come(void **state)
{
	static const uint32_t none[] = {7, UINT32_C(1) << 31, UINT32_MAX};
	struct cast *t = *state;

	for (size_t i = 0; i < 2 * (sizeof none / sizeof *none); i++) {
		const struct rowan_mls_wire *wire =
			i % 2 == 0 ? &in_public : &in_private;
		struct authenticated_content *ac;
		struct rowan_mls_buf before, after, m;
		struct buf raw, sealed;
		struct writer w;

		writer_init(&w, 100);
		proposal_write_remove(&w, none[i / 2]);
		assert_int_equal(group_sign(t->a, wire, CONTENT_PROPOSAL,
					 writer_view(&w), &raw),
			0);
		assert_int_equal(framing_finish(buf_view(&raw), NULL, &ac), 0);
		assert_int_equal(group_seal(t->a, wire, ac, &sealed), 0);
		m = client_give(sealed);
		assert_int_equal(rowan_mls_group_save(t->b, &before), 0);
		assert_int_equal(take(t->b, &m), ROWAN_E_MLS_PROPOSAL);
		assert_int_equal(rowan_mls_group_save(t->b, &after), 0);
		assert_int_equal(after.len, before.len);
		assert_memory_equal(after.data, before.data, after.len);
		rowan_mls_buf_free(&before);
		rowan_mls_buf_free(&after);
		rowan_mls_buf_free(&m);
		authenticated_content_unref(ac);
		buf_wipe(&raw);
		writer_wipe(&w);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_commit_shows_its_proposals),
		TEST(a_commit_without_a_path),
		TEST(psks_that_go_together),
		TEST(what_of_the_pending_goes_in),
		TEST(each_group_for_itself),
		TEST(public_ones_take_no_key),
		TEST(proposals_are_judged_when_they_come),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
