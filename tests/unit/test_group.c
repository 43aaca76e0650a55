/*
 * A member's group, two and three in one process: everything a member does,
 * and that both sides always agree.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <rowan/mls.h>

#include "base/bytes.h"

struct cast {
	struct rowan_mls *alice, *bob, *carol;
	struct rowan_mls_group *a, *b, *c;
	uint64_t now;
	uint64_t state; /* of the random numbers */
};

static uint64_t cast_clock(void *ctx)
{
	return ((struct cast *)ctx)->now;
}

static int cast_random(void *ctx, uint8_t *ret, size_t len)
{
	struct cast *t = ctx;

	for (size_t i = 0; i < len; i++) {
		t->state =
			t->state * 6364136223846793005u + 1442695040888963407u;
		ret[i] = (uint8_t)(t->state >> 56);
	}
	return 0;
}

static int cast_validate(void *ctx, const struct rowan_mls_claim *claim)
{
	return claim->credential.content.len > 0 &&
			       claim->credential.content.data[0] == '!'
		       ? 1
		       : 0;
}

static int cast_psk(
	void *ctx, struct rowan_mls_bytes id, uint8_t *ret, size_t *len)
{
	if (id.len != 3 || memcmp(id.data, "psk", 3) != 0)
		return 1;
	memcpy(ret, "shared", 6);
	*len = 6;
	return 0;
}

static struct rowan_mls_bytes text(const char *s)
{
	return (struct rowan_mls_bytes){(const uint8_t *)s, strlen(s)};
}

static struct rowan_mls_bytes view(const struct rowan_mls_buf *b)
{
	return (struct rowan_mls_bytes){b->data, b->len};
}

static struct rowan_mls *client(struct cast *t, const char *name)
{
	static const uint16_t types[] = {0xf00d};
	struct rowan_mls_options o = {.host = {.ctx = t,
					      .clock = cast_clock,
					      .random = cast_random,
					      .validate = cast_validate,
					      .psk = cast_psk},
		.credential = {ROWAN_MLS_BASIC, text(name)},
		.extensions = {types, 1},
		.proposals = {types, 1},
		.keep_epochs = 2};
	struct rowan_mls *c;

	assert_int_equal(rowan_mls_new(&o, &c), 0);
	return c;
}

static struct rowan_mls_buf package(struct rowan_mls *c)
{
	struct rowan_mls_buf kp;

	assert_int_equal(rowan_mls_key_package(c, NULL, &kp, NULL), 0);
	return kp;
}

/* Add ${c}'s owner to ${g}; the others' views follow if they are given. */
static struct rowan_mls_group *add(struct rowan_mls_group *g,
	struct rowan_mls_group *other, struct rowan_mls *c)
{
	struct rowan_mls_buf kp = package(c);
	struct rowan_mls_proposal p = {
		.type = ROWAN_MLS_ADD, .key_package = view(&kp)};
	struct rowan_mls_commit_options o = {
		.proposals = &p, .n = 1, .tree = true};
	struct rowan_mls_committed made;
	struct rowan_mls_received *r;
	struct rowan_mls_group *joined;

	assert_int_equal(rowan_mls_commit(g, &o, &made), 0);
	assert_int_equal(rowan_mls_merge_commit(g), 0);
	if (other != NULL) {
		assert_int_equal(
			rowan_mls_process(other, view(&made.commit), &r), 0);
		assert_int_equal(rowan_mls_accept(other, r), 0);
		rowan_mls_received_free(r);
	}
	assert_int_equal(
		rowan_mls_join(c, view(&made.welcome), NULL, &joined), 0);
	rowan_mls_committed_free(&made);
	rowan_mls_buf_free(&kp);
	return joined;
}

static void assert_agree(
	const struct rowan_mls_group *x, const struct rowan_mls_group *y)
{
	struct rowan_mls_bytes a = rowan_mls_group_epoch_authenticator(x);
	struct rowan_mls_bytes b = rowan_mls_group_epoch_authenticator(y);

	assert_int_equal(rowan_mls_group_epoch(x), rowan_mls_group_epoch(y));
	assert_int_equal(a.len, b.len);
	assert_memory_equal(a.data, b.data, a.len);
	a = rowan_mls_group_tree_hash(x);
	b = rowan_mls_group_tree_hash(y);
	assert_memory_equal(a.data, b.data, a.len);
}

static int setup(void **state)
{
	static struct cast t;

	memset(&t, 0, sizeof t);
	t.now = 1800000000;
	t.alice = client(&t, "alice");
	t.bob = client(&t, "bob");
	t.carol = client(&t, "carol");
	assert_int_equal(rowan_mls_group_create(t.alice, text("group"),
				 (struct rowan_mls_extensions){NULL, 0}, &t.a),
		0);
	t.b = add(t.a, NULL, t.bob);
	assert_agree(t.a, t.b);
	*state = &t;
	return 0;
}

static int teardown(void **state)
{
	struct cast *t = *state;

	rowan_mls_group_free(t->a);
	rowan_mls_group_free(t->b);
	rowan_mls_group_free(t->c);
	rowan_mls_free(t->alice);
	rowan_mls_free(t->bob);
	rowan_mls_free(t->carol);
	return 0;
}

static void tell(struct rowan_mls_group *from, struct rowan_mls_group *to,
	const char *words)
{
	struct rowan_mls_received *r;
	struct rowan_mls_buf m;
	struct rowan_mls_bytes got;

	assert_int_equal(rowan_mls_send(from, text(words), NULL, &m), 0);
	assert_int_equal(rowan_mls_process(to, view(&m), &r), 0);
	assert_int_equal(
		rowan_mls_received_kind(r), ROWAN_MLS_KIND_APPLICATION);
	assert_int_equal(
		rowan_mls_received_sender(r), rowan_mls_group_leaf(from));
	got = rowan_mls_received_data(r);
	assert_int_equal(got.len, strlen(words));
	assert_memory_equal(got.data, words, got.len);
	rowan_mls_received_free(r);
	assert_int_equal(
		rowan_mls_process(to, view(&m), &r), ROWAN_E_MLS_REPLAY);
	rowan_mls_buf_free(&m);
}

static void take(struct rowan_mls_group *g, const struct rowan_mls_buf *m)
{
	struct rowan_mls_received *r;

	assert_int_equal(rowan_mls_process(g, view(m), &r), 0);
	assert_int_equal(rowan_mls_accept(g, r), 0);
	rowan_mls_received_free(r);
}

/* Commit in ${from}, follow in ${to} (and ${also}), and agree. */
static void commit(struct rowan_mls_group *from, struct rowan_mls_group *to,
	struct rowan_mls_group *also, const struct rowan_mls_commit_options *o)
{
	struct rowan_mls_committed made;

	assert_int_equal(rowan_mls_commit(from, o, &made), 0);
	assert_int_equal(rowan_mls_merge_commit(from), 0);
	if (to != NULL) {
		take(to, &made.commit);
		assert_agree(from, to);
	}
	if (also != NULL) {
		take(also, &made.commit);
		assert_agree(from, also);
	}
	rowan_mls_committed_free(&made);
}

static void two_talk(void **state)
{
	struct cast *t = *state;

	tell(t->a, t->b, "Are you safe to talk?");
	tell(t->b, t->a, "Yes, until four.");
	tell(t->b, t->a, "");
	for (int i = 0; i < 20; i++)
		tell(t->a, t->b, "again");
}

static void commits_move_everybody(void **state)
{
	struct cast *t = *state;
	struct rowan_mls_commit_options o = {.wire = {.is_public = true}};

	commit(t->a, t->b, NULL, NULL);
	commit(t->b, t->a, NULL, &o);
	t->c = add(t->b, t->a, t->carol);
	assert_agree(t->a, t->c);
	commit(t->c, t->a, t->b, NULL);
	tell(t->c, t->a, "I am new here.");
	tell(t->a, t->c, "Welcome.");
	tell(t->b, t->c, "Hello.");
}

static void proposals_are_committed_by_others(void **state)
{
	struct cast *t = *state;
	const struct rowan_mls_proposal update = {.type = ROWAN_MLS_UPDATE};
	const struct rowan_mls_proposal psk = {.type = ROWAN_MLS_PSK,
		.psk = {ROWAN_MLS_PSK_EXTERNAL, text("psk"), 0}};
	const struct rowan_mls_proposal unknown = {.type = ROWAN_MLS_PSK,
		.psk = {ROWAN_MLS_PSK_EXTERNAL, text("no such"), 0}};
	struct rowan_mls_proposal_view v;
	struct rowan_mls_committed made;
	struct rowan_mls_buf m;

	t->c = add(t->a, t->b, t->carol);
	assert_int_equal(rowan_mls_propose(t->b, &update, NULL, &m, NULL), 0);
	take(t->a, &m);
	take(t->c, &m);
	rowan_mls_buf_free(&m);
	assert_int_equal(rowan_mls_propose(t->c, &psk, NULL, &m, NULL), 0);
	take(t->a, &m);
	take(t->b, &m);
	rowan_mls_buf_free(&m);
	assert_int_equal(rowan_mls_pending_count(t->a), 2);
	assert_int_equal(rowan_mls_pending(t->a, 0, &v), 0);
	assert_int_equal(v.type, ROWAN_MLS_UPDATE);
	assert_int_equal(rowan_mls_pending(t->a, 2, &v), ROWAN_E_NOT_FOUND);
	/* commit before more is said */
	assert_int_equal(
		rowan_mls_send(t->a, text("x"), NULL, &m), ROWAN_E_MLS_PENDING);
	commit(t->a, t->b, t->c, NULL);
	assert_int_equal(rowan_mls_pending_count(t->b), 0);
	tell(t->b, t->c, "my key is new");
	/* one's own update is left out of one's own commit */
	assert_int_equal(rowan_mls_propose(t->b, &update, NULL, &m, NULL), 0);
	take(t->a, &m);
	take(t->c, &m);
	rowan_mls_buf_free(&m);
	commit(t->b, t->a, t->c, NULL);
	/* a PSK nobody has */
	assert_int_equal(rowan_mls_commit(t->a,
				 &(struct rowan_mls_commit_options){
					 .proposals = &unknown, .n = 1},
				 &made),
		ROWAN_E_MLS_PSK);
}

static void the_removed_are_told_and_shut_out(void **state)
{
	struct cast *t = *state;
	struct rowan_mls_proposal remove = {.type = ROWAN_MLS_REMOVE};
	struct rowan_mls_bytes authenticator;
	struct rowan_mls_received *r;
	struct rowan_mls_committed made;
	struct rowan_mls_buf m;
	uint8_t secret[32];

	t->c = add(t->a, t->b, t->carol);
	remove.leaf = rowan_mls_group_leaf(t->b);
	assert_int_equal(rowan_mls_commit(t->a,
				 &(struct rowan_mls_commit_options){
					 .proposals = &remove, .n = 1},
				 &made),
		0);
	assert_int_equal(rowan_mls_merge_commit(t->a), 0);
	take(t->c, &made.commit);
	assert_agree(t->a, t->c);
	authenticator = rowan_mls_group_epoch_authenticator(t->b);
	assert_int_equal(authenticator.len, sizeof secret);
	memcpy(secret, authenticator.data, sizeof secret);
	assert_int_equal(rowan_mls_process(t->b, view(&made.commit), &r), 0);
	assert_true(rowan_mls_received_removed(r));
	assert_null(rowan_mls_received_next(r));
	assert_int_equal(rowan_mls_accept(t->b, r), 0);
	rowan_mls_received_free(r);
	assert_int_equal(rowan_mls_send(t->b, text("still here?"), NULL, &m),
		ROWAN_E_MLS_REMOVED);
	/* 12.4.2: "SHOULD promptly delete its group state": no secret is in
	 * what is saved, and it loads again as what it is */
	assert_int_equal(rowan_mls_group_save(t->b, &m), 0);
	assert_null(memmem(m.data, m.len, secret, sizeof secret));
	rowan_mls_group_free(t->b);
	assert_int_equal(rowan_mls_group_load(t->bob, view(&m), &t->b), 0);
	rowan_mls_buf_free(&m);
	assert_int_equal(rowan_mls_send(t->b, text("still here?"), NULL, &m),
		ROWAN_E_MLS_REMOVED);
	assert_int_equal(rowan_mls_send(t->a, text("gone"), NULL, &m), 0);
	assert_int_equal(
		rowan_mls_process(t->b, view(&m), &r), ROWAN_E_MLS_REMOVED);
	rowan_mls_buf_free(&m);
	rowan_mls_committed_free(&made);
}

static void a_staged_commit_waits(void **state)
{
	struct cast *t = *state;
	struct rowan_mls_committed mine, theirs;
	struct rowan_mls_received *r;

	assert_int_equal(rowan_mls_commit(t->a, NULL, &mine), 0);
	assert_int_equal(rowan_mls_commit(t->a, NULL, &theirs), ROWAN_E_STATE);
	assert_int_equal(rowan_mls_group_epoch(rowan_mls_staged_commit(t->a)),
		rowan_mls_group_epoch(t->a) + 1);
	/* ours comes back: recognised */
	assert_int_equal(rowan_mls_process(t->a, view(&mine.commit), &r), 0);
	assert_true(rowan_mls_received_own(r));
	rowan_mls_received_free(r);
	/* theirs came first */
	assert_int_equal(rowan_mls_commit(t->b, NULL, &theirs), 0);
	assert_int_equal(rowan_mls_process(t->a, view(&theirs.commit), &r), 0);
	assert_false(rowan_mls_received_own(r));
	rowan_mls_discard_commit(t->a);
	assert_int_equal(rowan_mls_accept(t->a, r), 0);
	rowan_mls_received_free(r);
	assert_int_equal(rowan_mls_process(t->b, view(&theirs.commit), &r), 0);
	assert_true(rowan_mls_received_own(r));
	assert_int_equal(rowan_mls_accept(t->b, r), 0);
	rowan_mls_received_free(r);
	assert_agree(t->a, t->b);
	assert_int_equal(rowan_mls_merge_commit(t->a), ROWAN_E_STATE);
	assert_int_equal(rowan_mls_process(t->b, view(&mine.commit), &r),
		ROWAN_E_MLS_WRONG_EPOCH);
	rowan_mls_committed_free(&mine);
	rowan_mls_committed_free(&theirs);
}

static void late_words_are_read_in_their_own_epoch(void **state)
{
	struct cast *t = *state;
	struct rowan_mls_received *r;
	struct rowan_mls_buf late;

	assert_int_equal(rowan_mls_send(t->b, text("late"), NULL, &late), 0);
	commit(t->a, t->b, NULL, NULL);
	commit(t->a, t->b, NULL, NULL);
	assert_int_equal(rowan_mls_process(t->a, view(&late), &r), 0);
	assert_int_equal(
		rowan_mls_received_epoch(r), rowan_mls_group_epoch(t->a) - 2);
	rowan_mls_received_free(r);
	rowan_mls_buf_free(&late);
	assert_int_equal(rowan_mls_send(t->b, text("too"), NULL, &late), 0);
	for (int i = 0; i < 3; i++)
		commit(t->a, t->b, NULL, NULL);
	assert_int_equal(rowan_mls_process(t->a, view(&late), &r),
		ROWAN_E_MLS_WRONG_EPOCH);
	rowan_mls_buf_free(&late);
}

static void outsiders_come_in_by_external_commit(void **state)
{
	struct cast *t = *state;
	const struct rowan_mls_group_info_options all = {true, true};
	const struct rowan_mls_external_join_options resync = {.resync = true};
	struct rowan_mls_buf info, m;

	assert_int_equal(rowan_mls_group_info(t->a, &all, &info), 0);
	assert_int_equal(
		rowan_mls_external_join(t->carol, view(&info), NULL, &t->c, &m),
		0);
	take(t->a, &m);
	take(t->b, &m);
	assert_agree(t->a, t->c);
	assert_agree(t->b, t->c);
	tell(t->c, t->b, "I let myself in.");
	rowan_mls_buf_free(&m);
	rowan_mls_buf_free(&info);
	/* lost it all, and back again */
	assert_int_equal(rowan_mls_group_info(t->b, &all, &info), 0);
	rowan_mls_group_free(t->c);
	t->c = NULL;
	assert_int_equal(rowan_mls_external_join(
				 t->carol, view(&info), &resync, &t->c, &m),
		0);
	take(t->a, &m);
	take(t->b, &m);
	assert_agree(t->a, t->c);
	assert_int_equal(rowan_mls_group_member_count(t->a), 3);
	rowan_mls_buf_free(&m);
	rowan_mls_buf_free(&info);
}

static void groups_are_saved_and_loaded(void **state)
{
	struct cast *t = *state;
	const struct rowan_mls_proposal update = {.type = ROWAN_MLS_UPDATE};
	struct rowan_mls_buf one, two, m;
	struct rowan_mls_group *g;
	struct rowan_mls_committed made;

	tell(t->a, t->b, "one");
	assert_int_equal(rowan_mls_propose(t->b, &update, NULL, &m, NULL), 0);
	assert_int_equal(rowan_mls_group_save(t->b, &one), 0);
	assert_int_equal(rowan_mls_group_save(t->b, &two), 0);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.data, two.data, one.len);
	rowan_mls_buf_free(&two);
	assert_int_equal(rowan_mls_group_load(t->bob, view(&one), &g), 0);
	assert_int_equal(rowan_mls_group_save(g, &two), 0);
	assert_int_equal(one.len, two.len);
	assert_memory_equal(one.data, two.data, one.len);
	rowan_mls_group_free(t->b);
	t->b = g;
	/* the update whose key was saved can be committed by others */
	take(t->a, &m);
	commit(t->a, t->b, NULL, NULL);
	tell(t->b, t->a, "loaded");
	rowan_mls_buf_free(&m);
	rowan_mls_buf_free(&two);
	/* a staged commit survives */
	assert_int_equal(rowan_mls_commit(t->b, NULL, &made), 0);
	assert_int_equal(rowan_mls_group_save(t->b, &two), 0);
	rowan_mls_group_free(t->b);
	assert_int_equal(rowan_mls_group_load(t->bob, view(&two), &t->b), 0);
	take(t->a, &made.commit);
	assert_int_equal(rowan_mls_merge_commit(t->b), 0);
	assert_agree(t->a, t->b);
	rowan_mls_committed_free(&made);
	rowan_mls_buf_free(&two);
	/* torn and changed blobs are damage, never a crash */
	for (size_t len = 0; len < one.len; len += 1 + len / 37)
		assert_int_equal(
			rowan_mls_group_load(t->bob,
				(struct rowan_mls_bytes){one.data, len}, &g),
			ROWAN_E_CORRUPT);
	one.data[1]++;
	assert_int_equal(
		rowan_mls_group_load(t->bob, view(&one), &g), ROWAN_E_TOO_NEW);
	rowan_mls_buf_free(&one);
}

static void a_reinit_closes_and_goes_on(void **state)
{
	struct cast *t = *state;
	const struct rowan_mls_proposal reinit = {
		.type = ROWAN_MLS_REINIT, .group_id = text("the next")};
	struct rowan_mls_buf kp, welcome, m;
	struct rowan_mls_bytes v;
	struct rowan_mls_group *na, *nb;
	struct rowan_mls_resume_options o = {
		.kind = ROWAN_MLS_RESUME_REINIT, .n = 1, .tree = true};
	struct rowan_mls_join_options j = {0};

	commit(t->a, t->b, NULL,
		&(struct rowan_mls_commit_options){
			.proposals = &reinit, .n = 1});
	assert_false(rowan_mls_group_active(t->a));
	assert_int_equal(
		rowan_mls_send(t->b, text("x"), NULL, &m), ROWAN_E_MLS_REINIT);
	kp = package(t->bob);
	v = view(&kp);
	o.key_packages = &v;
	/* 12.4.1: "with the same members as the original group" */
	o.n = 0;
	assert_int_equal(
		rowan_mls_resume(t->a, &o, &na, &welcome), ROWAN_E_INVAL);
	assert_null(na);
	o.n = 1;
	assert_int_equal(rowan_mls_resume(t->a, &o, &na, &welcome), 0);
	assert_int_equal(rowan_mls_join(t->bob, view(&welcome), NULL, &nb),
		ROWAN_E_MLS_PSK);
	j.resuming = t->b;
	assert_int_equal(rowan_mls_join(t->bob, view(&welcome), &j, &nb), 0);
	assert_agree(na, nb);
	tell(na, nb, "here again");
	rowan_mls_group_free(na);
	rowan_mls_group_free(nb);
	rowan_mls_buf_free(&kp);
	rowan_mls_buf_free(&welcome);
}

static void a_branch_is_a_group_of_its_own(void **state)
{
	struct cast *t = *state;
	struct rowan_mls_buf kp, welcome;
	struct rowan_mls_bytes v;
	struct rowan_mls_group *na, *nb;
	struct rowan_mls_resume_options o = {.kind = ROWAN_MLS_RESUME_BRANCH,
		.group_id = text("branch"),
		.n = 1,
		.tree = true};
	struct rowan_mls_join_options j = {.resuming = t->b};

	kp = package(t->carol);
	v = view(&kp);
	o.key_packages = &v;
	assert_int_equal(
		rowan_mls_resume(t->a, &o, &na, &welcome), ROWAN_E_MLS_SENDER);
	rowan_mls_buf_free(&kp);
	kp = package(t->bob);
	v = view(&kp);
	assert_int_equal(rowan_mls_resume(t->a, &o, &na, &welcome), 0);
	assert_int_equal(rowan_mls_join(t->bob, view(&welcome), &j, &nb), 0);
	assert_agree(na, nb);
	tell(t->a, t->b, "the old one goes on");
	rowan_mls_group_free(na);
	rowan_mls_group_free(nb);
	rowan_mls_buf_free(&kp);
	rowan_mls_buf_free(&welcome);
}

/*
 * 7.3: a leaf "might have expired in the time between when the message was
 * sent and when it was received". Who comes back late follows all the same.
 */
static void key_packages_expire_on_the_way(void **state)
{
	struct cast *t = *state;
	struct rowan_mls_buf kp = package(t->carol);
	struct rowan_mls_proposal p = {
		.type = ROWAN_MLS_ADD, .key_package = view(&kp)};
	struct rowan_mls_commit_options o = {
		.proposals = &p, .n = 1, .tree = true};
	struct rowan_mls_committed made;
	struct rowan_mls_received *r;
	struct rowan_mls *dave;

	assert_int_equal(rowan_mls_commit(t->a, &o, &made), 0);
	assert_int_equal(rowan_mls_merge_commit(t->a), 0);
	t->now += UINT64_C(50) * 365 * 86400;
	assert_int_equal(rowan_mls_process(t->b, view(&made.commit), &r), 0);
	assert_int_equal(rowan_mls_accept(t->b, r), 0);
	rowan_mls_received_free(r);
	assert_agree(t->a, t->b);
	rowan_mls_committed_free(&made);
	rowan_mls_buf_free(&kp);

	/* Adding with an old one is another matter: the sender MUST check. */
	dave = client(t, "dave");
	kp = package(dave);
	p.key_package = view(&kp);
	t->now += UINT64_C(50) * 365 * 86400;
	assert_int_equal(
		rowan_mls_commit(t->a, &o, &made), ROWAN_E_MLS_LIFETIME);
	rowan_mls_free(dave);
	rowan_mls_buf_free(&kp);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(two_talk),
		T(commits_move_everybody),
		T(proposals_are_committed_by_others),
		T(the_removed_are_told_and_shut_out),
		T(a_staged_commit_waits),
		T(late_words_are_read_in_their_own_epoch),
		T(outsiders_come_in_by_external_commit),
		T(groups_are_saved_and_loaded),
		T(a_reinit_closes_and_goes_on),
		T(a_branch_is_a_group_of_its_own),
		T(key_packages_expire_on_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
