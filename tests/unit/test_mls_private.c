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

#include "mls/member/group/group.h"
#include "mls/member/keys/message_protect.h"

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
		struct rowan_mls_options o = {.keep_epochs = 1,
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

/* ---- sender data of any form ------------------------------------------------
 */

/* An honest message of person 0, taken apart; both are the caller's. */
static void honest(
	struct cast *t, struct rowan_mls_buf *ret_raw, struct mls_message *ret)
{
	assert_int_equal(
		rowan_mls_send(t->group[0],
			(struct rowan_mls_bytes){(const uint8_t *)"hello", 5},
			NULL, ret_raw),
		0);
	assert_int_equal(
		mls_message_decode(bytes_of(ret_raw->data, ret_raw->len), ret),
		0);
	assert_int_equal(ret->wire_format, WIRE_FORMAT_PRIVATE_MESSAGE);
}

/* The message with these bytes as sender data, sealed as it should be. */
static int hear_sender(
	struct cast *t, struct private_message m, struct bytes sender)
{
	const struct rowan_mls_group *g = t->group[0];
	struct message_key k;
	struct writer aad, all;
	struct buf sealed;
	int rc;

	writer_init(&aad, 1000);
	sender_data_aad_write(&aad, &m);
	assert_int_equal(message_sender_key(g->suite, &g->secrets.sender_data,
				 m.ciphertext, &k),
		0);
	assert_int_equal(
		buf_alloc(&sealed, sender.len + g->suite->aead->tag_len), 0);
	assert_int_equal(g->suite->aead->seal(k.key, k.nonce, writer_view(&aad),
				 sender, sealed.data),
		0);
	m.encrypted_sender_data = buf_view(&sealed);
	writer_init(&all, MLS_MESSAGE_MAX);
	mls_message_open(&all, WIRE_FORMAT_PRIVATE_MESSAGE);
	private_message_write(&all, &m);
	rc = hear(t->group[1], writer_view(&all));
	writer_wipe(&aad);
	writer_wipe(&all);
	buf_wipe(&sealed);
	return rc;
}

#define SENDER_LEN 12 /* uint32 leaf, uint32 generation, 4 bytes of guard */

static void sender_data_has_its_length(void **state)
{
	static const uint8_t plain[600];
	struct cast *t = *state;
	struct rowan_mls_buf raw;
	struct mls_message m;

	honest(t, &raw, &m);
	for (size_t len = 0; len <= sizeof plain; len++)
		assert_int_equal(
			hear_sender(t, m.private_message, bytes_of(plain, len)),
			ROWAN_E_MLS_DECRYPT);
	mls_message_wipe(&m);
	rowan_mls_buf_free(&raw);
}

/* Content shorter than a tag, down to nothing, with sender data that fits. */
static void content_has_its_tag(void **state)
{
	static const uint8_t plain[SENDER_LEN];
	struct cast *t = *state;
	struct private_message cut;
	struct rowan_mls_buf raw;
	struct mls_message m;

	honest(t, &raw, &m);
	for (size_t len = 0; len < m.private_message.ciphertext.len; len++) {
		cut = m.private_message;
		cut.ciphertext.len = len;
		assert_int_equal(
			hear_sender(t, cut, bytes_of(plain, sizeof plain)),
			ROWAN_E_MLS_DECRYPT);
	}
	mls_message_wipe(&m);
	rowan_mls_buf_free(&raw);
}

static void other_groups_are_not_ours(void **state)
{
	static const uint8_t plain[SENDER_LEN];
	struct cast *t = *state;
	struct rowan_mls_buf raw;
	struct mls_message m;

	honest(t, &raw, &m);
	m.private_message.group_id = bytes_of("other", 5);
	assert_int_equal(hear_sender(t, m.private_message,
				 bytes_of(plain, sizeof plain)),
		ROWAN_E_MLS_WRONG_GROUP);
	mls_message_wipe(&m);
	rowan_mls_buf_free(&raw);
}

/* ---- a member whose state is older than what they did ----------------------
 */

/* Person 1 as they were when ${saved} was. */
static void set_back(struct cast *t, const struct rowan_mls_buf *saved)
{
	rowan_mls_group_free(t->group[1]);
	assert_int_equal(
		rowan_mls_group_load(t->client[1], view(saved), &t->group[1]),
		0);
}

static void own_commits_that_were_lost(void **state)
{
	const struct rowan_mls_commit_options open = {.wire.is_public = true};
	struct cast *t = *state;
	struct rowan_mls_committed made;
	struct rowan_mls_buf saved;

	assert_int_equal(rowan_mls_group_save(t->group[1], &saved), 0);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(rowan_mls_commit(t->group[1],
					 i == 0 ? &open : NULL, &made),
			0);
		set_back(t, &saved);
		assert_int_equal(hear(t->group[1], bytes_of(made.commit.data,
							   made.commit.len)),
			ROWAN_E_MLS_SENDER);
		rowan_mls_committed_free(&made);
	}
	rowan_mls_buf_free(&saved);
}

/* Another commits our update, whose key we no longer have. */
static void own_updates_that_were_lost(void **state)
{
	const struct rowan_mls_proposal update = {.type = ROWAN_MLS_UPDATE};
	const struct rowan_mls_wire open = {.is_public = true};
	struct cast *t = *state;
	struct rowan_mls_committed made;
	struct rowan_mls_buf saved, proposed;

	assert_int_equal(rowan_mls_group_save(t->group[1], &saved), 0);
	assert_int_equal(
		rowan_mls_propose(t->group[1], &update, &open, &proposed, NULL),
		0);
	take(t->group[0], &proposed);
	assert_int_equal(rowan_mls_commit(t->group[0], NULL, &made), 0);
	set_back(t, &saved);
	assert_int_equal(
		hear(t->group[1], bytes_of(made.commit.data, made.commit.len)),
		ROWAN_E_MLS_UNKNOWN_PROPOSAL);
	take(t->group[1], &proposed);
	assert_int_equal(
		hear(t->group[1], bytes_of(made.commit.data, made.commit.len)),
		ROWAN_E_MLS_PATH);
	rowan_mls_buf_free(&saved);
	rowan_mls_buf_free(&proposed);
	rowan_mls_committed_free(&made);
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

/* Two commits of ours: what comes back is the one that came back. */
static void what_comes_back_is_what_was_staged(void **state)
{
	struct cast *t = *state;
	struct rowan_mls_group *g = t->group[1];
	struct rowan_mls_received *r;
	struct rowan_mls_committed first, second;

	assert_int_equal(rowan_mls_commit(g, NULL, &first), 0);
	assert_int_equal(rowan_mls_process(g, view(&first.commit), &r), 0);
	assert_ptr_equal(
		rowan_mls_received_next(r), rowan_mls_staged_commit(g));
	rowan_mls_discard_commit(g);
	assert_null(rowan_mls_received_next(r));
	assert_int_equal(rowan_mls_accept(g, r), ROWAN_E_STATE);
	assert_int_equal(rowan_mls_commit(g, NULL, &second), 0);
	assert_int_equal(rowan_mls_accept(g, r), ROWAN_E_STATE);
	assert_non_null(rowan_mls_staged_commit(g));
	rowan_mls_received_free(r);
	take(g, &second.commit);
	assert_null(rowan_mls_staged_commit(g));
	rowan_mls_committed_free(&first);
	rowan_mls_committed_free(&second);
}

/*
 * 9.2: members "MUST immediately delete" what they have consumed: the key of
 * a private commit is not in the epoch it ended, though that is kept.
 */
static void kept_epochs_keep_no_used_keys(void **state)
{
	struct cast *t = *state;
	struct rowan_mls_group *g = t->group[1];
	const struct secret_tree_limits limits = group_limits(g);
	struct secret_tree_place place = {0, RATCHET_HANDSHAKE, 0};
	struct secret_tree_step *step;
	struct rowan_mls_committed made;

	/* there, while it is not accepted */
	assert_int_equal(rowan_mls_commit(t->group[0], NULL, &made), 0);
	assert_int_equal(
		hear(g, bytes_of(made.commit.data, made.commit.len)), 0);
	assert_int_equal(
		secret_tree_find(g->message_keys, &limits, &place, &step), 0);
	secret_tree_drop(step);
	take(g, &made.commit);
	assert_non_null(g->past);
	assert_int_equal(
		secret_tree_find(g->past->message_keys, &limits, &place, &step),
		ROWAN_E_MLS_REPLAY);
	place.kind = RATCHET_APPLICATION;
	assert_int_equal(
		secret_tree_find(g->past->message_keys, &limits, &place, &step),
		0);
	secret_tree_drop(step);
	rowan_mls_committed_free(&made);
}

/* Words of leaf 3, under its key ${generation}, signed with ${signer}'s. */
static struct buf words_of_3(
	struct cast *t, const struct rowan_mls *signer, uint32_t generation)
{
	struct rowan_mls_group *g = t->group[0];
	const struct secret_tree_limits limits = group_limits(g);
	const struct secret_tree_place place = {
		3, RATCHET_APPLICATION, generation};
	const struct framing_params params = {
		.wire_format = WIRE_FORMAT_PRIVATE_MESSAGE,
		.sender = {SENDER_MEMBER, 3},
		.content_type = CONTENT_APPLICATION,
		.body = bytes_of("hello", 5),
		.group_id = g->context->group_id,
		.epoch = g->context->epoch,
		.context = g->context};
	struct message_sealing seal = {.suite = g->suite,
		.sender_data = &g->secrets.sender_data,
		.sender = {.leaf = 3, .generation = generation}};
	struct authenticated_content *ac;
	struct secret_tree_step *step;
	struct buf signed_raw, message;

	assert_int_equal(
		framing_sign(g->suite, &params, client_sk(signer), &signed_raw),
		0);
	assert_int_equal(framing_finish(buf_view(&signed_raw), NULL, &ac), 0);
	assert_int_equal(
		secret_tree_find(g->message_keys, &limits, &place, &step), 0);
	seal.key = secret_tree_step_key(step);
	assert_int_equal(message_protect(&seal, ac, &message), 0);
	secret_tree_drop(step);
	authenticated_content_unref(ac);
	buf_wipe(&signed_raw);
	return message;
}

/*
 * Somebody else has the leaf now. What was said in the past epoch is still
 * its owner's of then, and nothing the new one signs is.
 */
static void past_words_are_judged_by_the_tree_of_then(void **state)
{
	struct rowan_mls_options o = {
		.credential = {ROWAN_MLS_BASIC, {(const uint8_t *)"new", 3}}};
	struct rowan_mls_proposal p[3] = {{.type = ROWAN_MLS_REMOVE, .leaf = 3},
		{.type = ROWAN_MLS_ADD}, {.type = ROWAN_MLS_ADD}};
	const struct rowan_mls_commit_options all = {.proposals = p, .n = 3};
	struct cast *t = *state;
	struct rowan_mls_buf package[2];
	struct rowan_mls_committed made;
	struct rowan_mls *fresh[2];
	struct buf theirs, forged;

	rowan_mls_host_init(&o.host);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(rowan_mls_new(&o, &fresh[i]), 0);
		assert_int_equal(rowan_mls_key_package(
					 fresh[i], NULL, &package[i], NULL),
			0);
		p[i + 1].key_package = view(&package[i]);
	}
	theirs = words_of_3(t, t->client[3], 0);
	forged = words_of_3(t, fresh[1], 1);
	assert_int_equal(
		hear(t->group[1], buf_view(&forged)), ROWAN_E_MLS_SIGNATURE);
	assert_int_equal(rowan_mls_commit(t->group[0], &all, &made), 0);
	take(t->group[1], &made.commit);
	/* leaf 2 was free, so the second newcomer is number 3 */
	assert_true(bytes_eq(tree_leaf(t->group[1]->tree, 3)->signature_key,
		host_in(rowan_mls_signature_key(fresh[1]))));
	assert_int_equal(
		hear(t->group[1], buf_view(&forged)), ROWAN_E_MLS_SIGNATURE);
	assert_int_equal(hear(t->group[1], buf_view(&theirs)), 0);
	assert_int_equal(
		hear(t->group[1], buf_view(&theirs)), ROWAN_E_MLS_REPLAY);
	for (int i = 0; i < 2; i++) {
		rowan_mls_buf_free(&package[i]);
		rowan_mls_free(fresh[i]);
	}
	rowan_mls_committed_free(&made);
	buf_wipe(&theirs);
	buf_wipe(&forged);
}

/*
 * 12.4: who has observed a proposal "MUST send a Commit message before
 * sending application data". Refused, nothing is used up.
 */
static void nothing_is_said_before_the_commit(void **state)
{
	const struct rowan_mls_proposal update = {.type = ROWAN_MLS_UPDATE};
	const struct rowan_mls_bytes word = {(const uint8_t *)"x", 1};
	struct cast *t = *state;
	struct rowan_mls_buf proposed, said, before, after;

	assert_int_equal(
		rowan_mls_propose(t->group[0], &update, NULL, &proposed, NULL),
		0);
	take(t->group[1], &proposed);
	for (int i = 0; i < 2; i++) {
		struct rowan_mls_group *g = t->group[i];

		assert_int_equal(rowan_mls_group_save(g, &before), 0);
		assert_int_equal(rowan_mls_send(g, word, NULL, &said),
			ROWAN_E_MLS_PENDING);
		assert_null(said.data);
		assert_int_equal(rowan_mls_group_save(g, &after), 0);
		assert_int_equal(before.len, after.len);
		assert_memory_equal(before.data, after.data, before.len);
		rowan_mls_buf_free(&before);
		rowan_mls_buf_free(&after);
	}
	rowan_mls_buf_free(&proposed);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(senders_are_members),
		TEST(sender_data_has_its_length),
		TEST(content_has_its_tag),
		TEST(other_groups_are_not_ours),
		TEST(own_commits_that_were_lost),
		TEST(own_updates_that_were_lost),
		TEST(what_is_opened_ages),
		TEST(what_comes_back_is_what_was_staged),
		TEST(kept_epochs_keep_no_used_keys),
		TEST(past_words_are_judged_by_the_tree_of_then),
		TEST(nothing_is_said_before_the_commit),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
