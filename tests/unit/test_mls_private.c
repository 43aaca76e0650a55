/*
 * PrivateMessages of a malicious member who knows all the group's secrets and
 * says they come from somebody else (RFC 9420 section 6.3): a typed error,
 * and the group saved as before, byte for byte. Also: what was opened before
 * the group moved on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "mls/member/group.h"
#include "mls/member/message_protect.h"

#define PEOPLE	4
#define WIDTH	4 /* leaves, of which number 2 is blank */
#define BLANK	2
#define OUTSIDE 77

/* Person 0 is the malicious one, person 1 the victim. */
struct cast {
	struct rowan_mls *client[PEOPLE];
	struct rowan_mls_group *group[PEOPLE];
};

static struct rowan_mls_bytes view(const struct rowan_mls_buf *b)
{
	return (struct rowan_mls_bytes){b->data, b->len};
}

static void take(struct rowan_mls_group *g, const struct rowan_mls_buf *m)
{
	struct rowan_mls_received *r;

	assert_int_equal(rowan_mls_process(g, view(m), &r), 0);
	assert_int_equal(rowan_mls_accept(g, r), 0);
	rowan_mls_received_free(r);
}

/* Person 0 commits one proposal; all who are in follow. */
static void commit(struct cast *t, const struct rowan_mls_proposal *p,
	struct rowan_mls_committed *ret)
{
	const struct rowan_mls_commit_options o = {
		.proposals = p, .n = 1, .tree = true};

	assert_int_equal(rowan_mls_commit(t->group[0], &o, ret), 0);
	assert_int_equal(rowan_mls_merge_commit(t->group[0]), 0);
	for (unsigned i = 1; i < PEOPLE; i++)
		if (t->group[i] != NULL)
			take(t->group[i], &ret->commit);
}

static void add(struct cast *t, unsigned i)
{
	struct rowan_mls_proposal p = {.type = ROWAN_MLS_ADD};
	struct rowan_mls_committed made;
	struct rowan_mls_buf package;

	assert_int_equal(
		rowan_mls_key_package(t->client[i], NULL, &package, NULL), 0);
	p.key_package = view(&package);
	commit(t, &p, &made);
	assert_int_equal(rowan_mls_join(t->client[i], view(&made.welcome), NULL,
				 &t->group[i]),
		0);
	rowan_mls_committed_free(&made);
	rowan_mls_buf_free(&package);
}

static int setup(void **state)
{
	static struct cast t;
	const struct rowan_mls_proposal leave = {
		.type = ROWAN_MLS_REMOVE, .leaf = BLANK};
	struct rowan_mls_committed made;

	memset(&t, 0, sizeof t);
	for (unsigned i = 0; i < PEOPLE; i++) {
		char name = (char)('a' + (int)i);
		struct rowan_mls_options o = {
			.credential = {
				ROWAN_MLS_BASIC, {(const uint8_t *)&name, 1}}};

		rowan_mls_host_init(&o.host);
		assert_int_equal(rowan_mls_new(&o, &t.client[i]), 0);
	}
	assert_int_equal(
		rowan_mls_group_create(t.client[0],
			(struct rowan_mls_bytes){NULL, 0},
			(struct rowan_mls_extensions){NULL, 0}, &t.group[0]),
		0);
	for (unsigned i = 1; i < PEOPLE; i++)
		add(&t, i);
	commit(&t, &leave, &made);
	rowan_mls_committed_free(&made);
	*state = &t;
	return 0;
}

static int teardown(void **state)
{
	struct cast *t = *state;

	for (unsigned i = 0; i < PEOPLE; i++) {
		rowan_mls_group_free(t->group[i]);
		rowan_mls_free(t->client[i]);
	}
	return 0;
}

/* What one says to a message; saved as before, if it is refused. */
static int hear(struct rowan_mls_group *g, struct bytes message)
{
	struct rowan_mls_received *r;
	struct rowan_mls_buf before, after;
	int rc;

	assert_int_equal(rowan_mls_group_save(g, &before), 0);
	rc = rowan_mls_process(g, host_out(message), &r);
	assert_int_equal(rc == 0, r != NULL);
	rowan_mls_received_free(r);
	assert_int_equal(rowan_mls_group_save(g, &after), 0);
	if (rc != 0) {
		assert_int_equal(before.len, after.len);
		assert_memory_equal(before.data, after.data, before.len);
	}
	rowan_mls_buf_free(&before);
	rowan_mls_buf_free(&after);
	return rc;
}

/*
 * Person 0's words under the key of leaf ${from}, which all members can
 * derive, with sender data that names it; what the victim says.
 */
static int say_as(struct cast *t, uint32_t from)
{
	const struct rowan_mls_wire wire = {0};
	const struct secret_tree_place place = {
		from < WIDTH ? from : 0, RATCHET_APPLICATION, 0};
	struct rowan_mls_group *g = t->group[0];
	const struct secret_tree_limits limits = group_limits(g);
	struct message_sealing seal = {.suite = g->suite,
		.sender_data = &g->secrets.sender_data,
		.sender = {.leaf = from}};
	struct authenticated_content *ac;
	struct secret_tree_step *step;
	struct buf signed_raw, message;
	int rc;

	assert_int_equal(group_sign(g, &wire, CONTENT_APPLICATION,
				 bytes_of("hello", 5), &signed_raw),
		0);
	assert_int_equal(framing_finish(buf_view(&signed_raw), NULL, &ac), 0);
	assert_int_equal(
		secret_tree_find(g->message_keys, &limits, &place, &step), 0);
	seal.key = secret_tree_step_key(step);
	assert_int_equal(message_protect(&seal, ac, &message), 0);
	rc = hear(t->group[1], buf_view(&message));
	secret_tree_drop(step);
	authenticated_content_unref(ac);
	buf_wipe(&signed_raw);
	buf_wipe(&message);
	return rc;
}

/*
 * 6.3.2: the leaf "MUST" be one that "is not blank". Nor is it the reader's:
 * nobody else has the words of one's own leaf.
 */
static void senders_are_members(void **state)
{
	struct cast *t = *state;

	assert_int_equal(say_as(t, BLANK), ROWAN_E_MLS_SENDER);
	assert_int_equal(say_as(t, OUTSIDE), ROWAN_E_MLS_SENDER);
	assert_int_equal(say_as(t, UINT32_MAX), ROWAN_E_MLS_SENDER);
	assert_int_equal(say_as(t, 1), ROWAN_E_MLS_SENDER);
	/* a member's leaf, but not their signature */
	assert_int_equal(say_as(t, 3), ROWAN_E_MLS_SIGNATURE);
	/* what is forged here is sound but for the sender */
	assert_int_equal(say_as(t, 0), 0);
}

/* What was checked against a group that has changed is checked no more. */
static void what_is_opened_ages(void **state)
{
	const struct rowan_mls_proposal gone = {
		.type = ROWAN_MLS_REMOVE, .leaf = 3};
	struct cast *t = *state;
	struct rowan_mls_received *proposal, *commit_of_3;
	struct rowan_mls_buf proposed, before, after;
	struct rowan_mls_committed first, second;

	assert_int_equal(
		rowan_mls_propose(t->group[0], &gone, NULL, &proposed, NULL),
		0);
	assert_int_equal(rowan_mls_commit(t->group[3], NULL, &second), 0);
	assert_int_equal(
		rowan_mls_process(t->group[1], view(&proposed), &proposal), 0);
	assert_int_equal(rowan_mls_process(t->group[1], view(&second.commit),
				 &commit_of_3),
		0);
	/* another commit wins */
	assert_int_equal(rowan_mls_commit(t->group[0], NULL, &first), 0);
	take(t->group[1], &proposed);
	take(t->group[1], &first.commit);
	assert_int_equal(rowan_mls_group_save(t->group[1], &before), 0);
	assert_int_equal(
		rowan_mls_accept(t->group[1], commit_of_3), ROWAN_E_STATE);
	assert_int_equal(
		rowan_mls_accept(t->group[1], proposal), ROWAN_E_STATE);
	assert_int_equal(rowan_mls_group_save(t->group[1], &after), 0);
	assert_int_equal(before.len, after.len);
	assert_memory_equal(before.data, after.data, before.len);
	rowan_mls_received_free(proposal);
	rowan_mls_received_free(commit_of_3);
	rowan_mls_buf_free(&before);
	rowan_mls_buf_free(&after);
	rowan_mls_buf_free(&proposed);
	rowan_mls_committed_free(&first);
	rowan_mls_committed_free(&second);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(senders_are_members),
		TEST(what_is_opened_ages),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
