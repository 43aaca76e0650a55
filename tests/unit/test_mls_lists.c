/*
 * The rules of sections 6.1, 12.2, 12.3 and 12.4 against a malicious member:
 * lists, commits and senders, well signed, that break one rule each. Whatever
 * is refused leaves the group's saved state as it was (see forge_receive).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/mls_scene.h"
#include "mls/public/object/extension.h"
#include "mls/public/object/external_sender.h"

static const struct forge_leaf stranger = {.person = SCENE_STRANGER};

/* --- 12.2: lists of regular commits ------------------------------------------
 */

static void committers_do_not_propose_for_themselves(void **state)
{
	struct scene s;

	scene_begin(&s);
	assert_int_equal(scene_commit_one(&s, scene_update(&s, 1)),
		ROWAN_E_MLS_PROPOSAL_LIST);
	scene_by_reference(&s, 1, scene_update(&s, 1));
	assert_int_equal(
		scene_commit(&s, 1, &scene_honest), ROWAN_E_MLS_PROPOSAL_LIST);
	assert_int_equal(scene_commit_one(&s, scene_remove(&s, 1)),
		ROWAN_E_MLS_PROPOSAL_LIST);
	scene_by_reference(&s, 2, scene_remove(&s, 1));
	assert_int_equal(
		scene_commit(&s, 1, &scene_honest), ROWAN_E_MLS_PROPOSAL_LIST);
	scene_end(&s);
}

static void one_change_a_leaf(void **state)
{
	struct scene s;

	scene_begin(&s);
	scene_by_value(&s, scene_remove(&s, 2));
	scene_by_value(&s, scene_remove(&s, 2));
	assert_int_equal(
		scene_commit(&s, 1, &scene_honest), ROWAN_E_MLS_PROPOSAL_LIST);
	scene_by_reference(&s, 2, scene_update(&s, 2));
	scene_by_value(&s, scene_remove(&s, 2));
	assert_int_equal(
		scene_commit(&s, 1, &scene_honest), ROWAN_E_MLS_PROPOSAL_LIST);
	scene_by_reference(&s, 2, scene_update(&s, 2));
	scene_by_reference(&s, 2, scene_update(&s, 2));
	assert_int_equal(
		scene_commit(&s, 1, &scene_honest), ROWAN_E_MLS_PROPOSAL_LIST);
	/* The same reference twice is the same. */
	scene_by_reference(&s, 3, scene_update(&s, 3));
	commit_write_reference(&s.list, hash_view(&s.f.group->cache.last->ref));
	assert_int_equal(
		scene_commit(&s, 1, &scene_honest), ROWAN_E_MLS_PROPOSAL_LIST);
	scene_end(&s);
}

static void one_leaf_a_client(void **state)
{
	struct scene s;

	scene_begin(&s);
	scene_by_value(&s, scene_add(&s, SCENE_STRANGER));
	scene_by_value(&s, scene_add(&s, SCENE_STRANGER));
	assert_int_equal(
		scene_commit(&s, 1, &scene_honest), ROWAN_E_MLS_PROPOSAL_LIST);
	assert_int_equal(scene_commit_one(&s, scene_add(&s, 3)),
		ROWAN_E_MLS_PROPOSAL_LIST);
	assert_int_equal(scene_commit_one(&s, scene_add(&s, 1)),
		ROWAN_E_MLS_PROPOSAL_LIST);
	scene_by_value(&s, scene_add(&s, 3));
	scene_by_value(&s, scene_remove(&s, 3));
	assert_int_equal(scene_commit(&s, 1, &scene_honest), 0);
	scene_end(&s);
}

static void one_of_a_kind(void **state)
{
	struct scene s;

	scene_begin(&s);
	scene_by_value(&s, scene_psk(&s, 'p', 1));
	scene_by_value(&s, scene_psk(&s, 'p', 1));
	assert_int_equal(
		scene_commit(&s, 1, &scene_honest), ROWAN_E_MLS_PROPOSAL_LIST);
	scene_by_value(&s, scene_extensions(&s, 0xf001, scene_none));
	scene_by_value(&s, scene_extensions(&s, 0xf001, scene_none));
	assert_int_equal(
		scene_commit(&s, 1, &scene_honest), ROWAN_E_MLS_PROPOSAL_LIST);
	scene_by_value(&s, scene_reinit(&s, 1));
	scene_by_value(&s, scene_psk(&s, 'p', 1));
	assert_int_equal(
		scene_commit(&s, 1, &scene_honest), ROWAN_E_MLS_PROPOSAL_LIST);
	scene_by_value(&s, scene_reinit(&s, 1));
	scene_by_value(&s, scene_reinit(&s, 1));
	assert_int_equal(scene_commit(&s, 1, NULL), ROWAN_E_MLS_PROPOSAL_LIST);
	assert_int_equal(scene_commit_one(&s, scene_external_init(&s, 32)),
		ROWAN_E_MLS_PROPOSAL_LIST);
	scene_end(&s);
}

/* "a non-default proposal type that is not supported by some members". */
static void custom_types_need_support(void **state)
{
	struct capabilities caps;
	struct forge_leaf leaf = stranger;
	struct scene s;

	scene_begin(&s);
	assert_int_equal(scene_commit_one(&s, scene_custom(&s, 0xf00f)),
		ROWAN_E_MLS_PROPOSAL_LIST);
	assert_int_equal(scene_commit_one(&s, scene_custom(&s, 0xf002)), 0);
	caps = s.f.caps;
	caps.proposals = scene_none;
	leaf.caps = &caps;
	/* Who is added or removed need not support it. */
	scene_by_value(&s, scene_custom(&s, 0xf002));
	scene_by_value(&s, scene_add_with(&s, &leaf, scene_none));
	assert_int_equal(scene_commit(&s, 1, &scene_honest), 0);
	assert_int_equal(scene_commit_one(&s, scene_custom(&s, 0xf002)),
		ROWAN_E_MLS_PROPOSAL_LIST);
	scene_by_value(&s, scene_custom(&s, 0xf002));
	scene_by_value(&s, scene_remove(&s, SCENE_MEMBERS));
	assert_int_equal(scene_commit(&s, 1, &scene_honest), 0);
	scene_end(&s);
}

/* ---- 12.2, 12.4.3.2: external commits ----------------------------------- */

static void external_commits_hold_what_they_may(void **state)
{
	struct scene s;

	scene_begin(&s);
	assert_int_equal(scene_external(&s, SCENE_STRANGER, &scene_honest),
		ROWAN_E_MLS_PROPOSAL_LIST);
	scene_by_value(&s, scene_external_init(&s, 32));
	scene_by_value(&s, scene_external_init(&s, 32));
	assert_int_equal(scene_external(&s, SCENE_STRANGER, &scene_honest),
		ROWAN_E_MLS_PROPOSAL_LIST);
	scene_by_value(&s, scene_external_init(&s, 32));
	scene_by_value(&s, scene_remove(&s, 2));
	scene_by_value(&s, scene_remove(&s, 3));
	assert_int_equal(scene_external(&s, SCENE_STRANGER, &scene_honest),
		ROWAN_E_MLS_PROPOSAL_LIST);
	for (int i = 0; i < 5; i++) {
		struct bytes others[] = {scene_add(&s, 9), scene_update(&s, 2),
			scene_extensions(&s, 0xf001, scene_none),
			scene_reinit(&s, 1), scene_custom(&s, 0xf002)};

		scene_by_value(&s, scene_external_init(&s, 32));
		scene_by_value(&s, others[i]);
		assert_int_equal(
			scene_external(&s, SCENE_STRANGER, &scene_honest),
			ROWAN_E_MLS_PROPOSAL_LIST);
	}
	scene_by_value(&s, scene_external_init(&s, 31));
	assert_int_equal(scene_external(&s, SCENE_STRANGER, &scene_honest),
		ROWAN_E_MLS_PROPOSAL);
	scene_by_value(&s, scene_external_init(&s, 32));
	scene_by_value(&s, scene_psk(&s, 'p', 1));
	scene_by_value(&s, scene_psk(&s, 'p', 1));
	assert_int_equal(scene_external(&s, SCENE_STRANGER, &scene_honest),
		ROWAN_E_MLS_PROPOSAL_LIST);
	scene_by_value(&s, scene_external_init(&s, 32));
	scene_by_value(&s, scene_psk(&s, 'p', 1));
	assert_int_equal(scene_external(&s, SCENE_STRANGER, &scene_honest), 0);
	scene_end(&s);
}

/*
 * 12.4.3.2: external Commits "MUST contain a path"; 12.4.3.2: an external
 * Commit "MUST NOT include any proposals by reference"; it "MUST be signed by
 * the new member".
 */
static void external_commits_have_their_form(void **state)
{
	struct forge_message m = {.sender = {SENDER_NEW_MEMBER_COMMIT, 0},
		.signer = 9,
		FORGE_TAGS};
	struct forge_path path = {.leaf = {.person = SCENE_STRANGER}};
	struct scene s;

	scene_begin(&s);
	scene_by_value(&s, scene_external_init(&s, 32));
	assert_int_equal(scene_external(&s, SCENE_STRANGER, NULL),
		ROWAN_E_MLS_PATH_REQUIRED);
	scene_by_value(&s, scene_external_init(&s, 32));
	scene_by_reference(&s, 2, scene_remove(&s, 3));
	assert_int_equal(scene_external(&s, SCENE_STRANGER, &scene_honest),
		ROWAN_E_MLS_PROPOSAL_LIST);
	scene_by_value(&s, scene_external_init(&s, 32));
	assert_int_equal(
		scene_send_commit(&s, &m, &path), ROWAN_E_MLS_SIGNATURE);
	/* A member may not sit in two places. */
	scene_by_value(&s, scene_external_init(&s, 32));
	assert_int_equal(
		scene_external(&s, 2, &scene_honest), ROWAN_E_MLS_LEAF_NODE);
	/* Its new leaf is not the old one. */
	scene_by_value(&s, scene_external_init(&s, 32));
	scene_by_value(&s, scene_remove(&s, 2));
	path.leaf.key = tree_leaf(s.f.group->tree, 2)->encryption_key;
	assert_int_equal(scene_external(&s, 2, &path), ROWAN_E_MLS_LEAF_NODE);
	scene_end(&s);
}

/* ---- 12.4: commits ------------------------------------------------------ */

/* 12.4: "By default, the path field of a Commit MUST be populated." */
static void paths_are_required(void **state)
{
	struct scene s;

	scene_begin(&s);
	assert_int_equal(scene_commit(&s, 1, NULL), ROWAN_E_MLS_PATH_REQUIRED);
	scene_by_value(&s, scene_remove(&s, 2));
	assert_int_equal(scene_commit(&s, 1, NULL), ROWAN_E_MLS_PATH_REQUIRED);
	scene_by_value(&s, scene_extensions(&s, 0xf001, scene_none));
	assert_int_equal(scene_commit(&s, 1, NULL), ROWAN_E_MLS_PATH_REQUIRED);
	scene_by_reference(&s, 2, scene_update(&s, 2));
	assert_int_equal(scene_commit(&s, 1, NULL), ROWAN_E_MLS_PATH_REQUIRED);
	scene_by_value(&s, scene_custom(&s, 0xf002));
	assert_int_equal(scene_commit(&s, 1, NULL), ROWAN_E_MLS_PATH_REQUIRED);
	scene_by_value(&s, scene_add(&s, SCENE_STRANGER));
	scene_by_value(&s, scene_remove(&s, 2));
	assert_int_equal(scene_commit(&s, 1, NULL), ROWAN_E_MLS_PATH_REQUIRED);
	scene_by_value(&s, scene_add(&s, SCENE_STRANGER));
	scene_by_value(&s, scene_psk(&s, 'p', 1));
	assert_int_equal(scene_commit(&s, 1, NULL), 0);
	scene_end(&s);
}

static void unknown_references_are_refused(void **state)
{
	static const uint8_t made_up[32] = {1};
	struct scene s;

	scene_begin(&s);
	commit_write_reference(&s.list, bytes_of(made_up, 32));
	assert_int_equal(scene_commit(&s, 1, &scene_honest),
		ROWAN_E_MLS_UNKNOWN_PROPOSAL);
	/* Of the epoch before. */
	scene_by_reference(&s, 2, scene_update(&s, 2));
	writer_wipe(&s.list);
	writer_init(&s.list, MLS_MESSAGE_MAX);
	commit_write_reference(&s.list, hash_view(&s.f.group->cache.last->ref));
	{
		struct buf stale;

		assert_int_equal(buf_copy(&stale, writer_view(&s.list)), 0);
		writer_wipe(&s.list);
		writer_init(&s.list, MLS_MESSAGE_MAX);
		assert_int_equal(scene_commit(&s, 1, &scene_honest), 0);
		writer_raw(&s.list, stale.data, stale.len);
		buf_wipe(&stale);
	}
	assert_int_equal(scene_commit(&s, 1, &scene_honest),
		ROWAN_E_MLS_UNKNOWN_PROPOSAL);
	scene_end(&s);
}

/* 12.4.2, 7.6, 7.9: what a path must be. */
static void bad_paths_are_refused(void **state)
{
	struct forge_path path = {0};
	struct scene s;

	scene_begin(&s);
	path.nodes = 1;
	assert_int_equal(scene_commit(&s, 1, &path), ROWAN_E_MLS_PATH);
	path.nodes = -1;
	assert_int_equal(scene_commit(&s, 1, &path), ROWAN_E_MLS_PATH);
	/* 7.6: "The length of the encrypted_path_secret vector MUST be equal
	 * to the length of the resolution". */
	path = (struct forge_path){.ciphertexts = 1};
	assert_int_equal(scene_commit(&s, 1, &path), ROWAN_E_MLS_PATH);
	path.ciphertexts = -1;
	assert_int_equal(scene_commit(&s, 1, &path), ROWAN_E_MLS_PATH);
	path = (struct forge_path){
		.first_key = tree_leaf(s.f.group->tree, 3)->encryption_key};
	assert_int_equal(scene_commit(&s, 1, &path), ROWAN_E_MLS_PATH);
	/* 7.9.2: clients "MUST recompute the expected value of parent_hash
	 * for the committer's new leaf and verify that it matches". */
	path = (struct forge_path){.bad_parent_hash = true};
	assert_int_equal(scene_commit(&s, 1, &path), ROWAN_E_MLS_PARENT_HASH);
	path = (struct forge_path){.no_parent_hash = true};
	assert_int_equal(scene_commit(&s, 1, &path), ROWAN_E_MLS_PARENT_HASH);
	/* 7.5: a new member "MUST be excluded from this resolution". */
	scene_by_value(&s, scene_add(&s, SCENE_STRANGER));
	path = (struct forge_path){.for_added = true};
	assert_int_equal(scene_commit(&s, 1, &path), ROWAN_E_MLS_PATH);
	scene_by_value(&s, scene_add(&s, SCENE_STRANGER));
	assert_int_equal(scene_commit(&s, 1, &scene_honest), 0);
	scene_end(&s);
}

/* 12.4.2: the source "MUST be set to commit"; the leaf is validated. */
static void bad_path_leaves_are_refused(void **state)
{
	struct forge_path path = {.leaf = {.source = LEAF_NODE_UPDATE}};
	static const uint8_t other[] = {0, 2};
	struct capabilities caps;
	struct scene s;

	scene_begin(&s);
	assert_int_equal(scene_commit(&s, 1, &path), ROWAN_E_MLS_LEAF_NODE);
	path = (struct forge_path){.leaf = {.source = LEAF_NODE_KEY_PACKAGE}};
	assert_int_equal(scene_commit(&s, 1, &path), ROWAN_E_MLS_LEAF_NODE);
	path = (struct forge_path){
		.leaf = {.key = tree_leaf(s.f.group->tree, 1)->encryption_key}};
	assert_int_equal(scene_commit(&s, 1, &path), ROWAN_E_MLS_LEAF_NODE);
	path.leaf.key = tree_leaf(s.f.group->tree, 3)->encryption_key;
	assert_int_equal(scene_commit(&s, 1, &path), ROWAN_E_MLS_LEAF_NODE);
	path = (struct forge_path){.leaf = {.person = 3}};
	assert_int_equal(scene_commit(&s, 1, &path), ROWAN_E_MLS_LEAF_NODE);
	path = (struct forge_path){.leaf = {.index = 3}};
	assert_int_equal(scene_commit(&s, 1, &path), ROWAN_E_MLS_SIGNATURE);
	path = (struct forge_path){.leaf = {.bad_signature = true}};
	assert_int_equal(scene_commit(&s, 1, &path), ROWAN_E_MLS_SIGNATURE);
	caps = s.f.caps;
	caps.cipher_suites = bytes_of(other, 2);
	path = (struct forge_path){.leaf = {.caps = &caps}};
	assert_int_equal(scene_commit(&s, 1, &path), ROWAN_E_MLS_LEAF_NODE);
	scene_end(&s);
}

/* Tags that are shorter or longer than the hash, or empty. */
static void tags_have_their_length(void **state)
{
	static const size_t lengths[] = {0, 1, 31, 33};
	struct forge_path path = {.leaf = {.person = 1}};
	struct scene s;

	scene_begin(&s);
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		struct forge_message m = {
			.sender = {SENDER_MEMBER, 1}, .signer = 1, FORGE_TAGS};

		m.confirmation = lengths[i];
		assert_int_equal(scene_send_commit(&s, &m, &path),
			ROWAN_E_MLS_CONFIRMATION);
		m.confirmation = SIZE_MAX;
		m.membership = lengths[i];
		assert_int_equal(scene_send_commit(&s, &m, &path),
			ROWAN_E_MLS_MEMBERSHIP);
	}
	scene_end(&s);
}

/* ---- 6.1, 12.1.8: who may send what ------------------------------------- */

static int application_as(struct scene *s, struct sender sender)
{
	struct forge_message m = {.sender = sender,
		.content_type = CONTENT_APPLICATION,
		.body = bytes_of("text", 4),
		.signer = 1,
		FORGE_TAGS};
	struct buf message;
	int rc;

	forge_message(&s->f, &m, &message);
	rc = forge_receive(&s->f, buf_view(&message));
	buf_wipe(&message);
	return rc;
}

/*
 * 6: application messages "MUST use PrivateMessage"; 6.1: "content_type of
 * the message MUST be proposal and the proposal_type MUST be a value that is
 * allowed for external senders"; 6.1: for a new member "MUST be proposal and
 * the proposal_type of the Proposal MUST be add"; 6.1: "content_type of the
 * message MUST be commit".
 */
static void senders_send_what_they_may(void **state)
{
	static const struct sender external_sender = {SENDER_EXTERNAL, 0};
	static const struct sender joiner = {SENDER_NEW_MEMBER_PROPOSAL, 0};
	struct forge_message m = {.sender = {SENDER_EXTERNAL, 0},
		.signer = SCENE_WARDEN,
		FORGE_TAGS};
	struct scene s;

	scene_begin(&s);
	assert_int_equal(application_as(&s, (struct sender){SENDER_MEMBER, 1}),
		ROWAN_E_MLS_SENDER);
	assert_int_equal(
		application_as(&s, external_sender), ROWAN_E_MLS_SENDER);
	assert_int_equal(application_as(&s, joiner), ROWAN_E_MLS_SENDER);
	assert_int_equal(application_as(&s,
				 (struct sender){SENDER_NEW_MEMBER_COMMIT, 0}),
		ROWAN_E_MLS_SENDER);
	assert_int_equal(scene_propose(&s, SCENE_MEMBERS, scene_remove(&s, 1)),
		ROWAN_E_MLS_SENDER);
	assert_int_equal(scene_propose_as(&s, external_sender, SCENE_WARDEN,
				 scene_update(&s, 2)),
		ROWAN_E_MLS_SENDER);
	assert_int_equal(scene_propose_as(&s, external_sender, SCENE_WARDEN,
				 scene_external_init(&s, 32)),
		ROWAN_E_MLS_SENDER);
	assert_int_equal(scene_propose_as(&s, external_sender, SCENE_WARDEN,
				 scene_custom(&s, 0xf002)),
		ROWAN_E_MLS_SENDER);
	assert_int_equal(
		scene_send_commit(&s, &m, &scene_honest), ROWAN_E_MLS_SENDER);
	assert_int_equal(scene_propose_as(&s, joiner, 9, scene_remove(&s, 2)),
		ROWAN_E_MLS_SENDER);
	assert_int_equal(scene_propose_as(&s,
				 (struct sender){SENDER_NEW_MEMBER_COMMIT, 0},
				 9, scene_add(&s, 9)),
		ROWAN_E_MLS_SENDER);
	assert_int_equal(scene_propose_as(&s, external_sender, SCENE_WARDEN,
				 scene_remove(&s, 2)),
		0);
	assert_int_equal(scene_propose_as(&s, joiner, 9, scene_add(&s, 9)), 0);
	scene_end(&s);
}

static int refuse_warden(void *cookie, const struct external_sender *sender)
{
	return -1;
}

/* An external sender the context does not name, or that signs as another. */
static void external_senders_are_in_the_context(void **state)
{
	struct scene s;

	scene_begin(&s);
	assert_int_equal(
		scene_propose_as(&s, (struct sender){SENDER_EXTERNAL, 1},
			SCENE_WARDEN, scene_remove(&s, 2)),
		ROWAN_E_MLS_SENDER);
	assert_int_equal(
		scene_propose_as(&s, (struct sender){SENDER_EXTERNAL, 0},
			SCENE_STRANGER, scene_remove(&s, 2)),
		ROWAN_E_MLS_SIGNATURE);
	/* The joiner is the one in the key package. */
	assert_int_equal(scene_propose_as(&s,
				 (struct sender){SENDER_NEW_MEMBER_PROPOSAL, 0},
				 SCENE_STRANGER, scene_add(&s, 9)),
		ROWAN_E_MLS_SIGNATURE);
	s.f.policy.external_sender = refuse_warden;
	assert_int_equal(
		scene_commit_one(
			&s, scene_extensions(&s, EXTENSION_EXTERNAL_SENDERS,
				    bytes_of("\0", 1))),
		0);
	/* It is gone from the context. */
	assert_int_equal(
		scene_propose_as(&s, (struct sender){SENDER_EXTERNAL, 0},
			SCENE_WARDEN, scene_remove(&s, 2)),
		ROWAN_E_MLS_SENDER);
	scene_end(&s);
}

/* 6.1: "Recipients of an MLSMessage MUST verify the signature"; 12.1: epoch
 * and group are the current ones. */
static void messages_are_of_this_epoch_and_signed(void **state)
{
	struct forge_message m = {.sender = {SENDER_EXTERNAL, 0},
		.content_type = CONTENT_PROPOSAL,
		.signer = SCENE_WARDEN,
		.other_epoch = true,
		FORGE_TAGS};
	struct buf message;
	struct scene s;

	scene_begin(&s);
	m.body = scene_remove(&s, 2);
	for (uint64_t epoch = 4; epoch < 7; epoch++) {
		m.epoch = epoch;
		forge_message(&s.f, &m, &message);
		assert_int_equal(forge_receive(&s.f, buf_view(&message)),
			epoch == 5 ? 0 : ROWAN_E_MLS_WRONG_EPOCH);
		buf_wipe(&message);
	}
	m.other_epoch = false;
	m.group_id = bytes_of("other", 5);
	forge_message(&s.f, &m, &message);
	assert_int_equal(forge_receive(&s.f, buf_view(&message)),
		ROWAN_E_MLS_WRONG_GROUP);
	buf_wipe(&message);
	m.group_id = scene_none;
	m.body = scene_remove(&s, 3);
	m.bad_signature = true;
	forge_message(&s.f, &m, &message);
	assert_int_equal(
		forge_receive(&s.f, buf_view(&message)), ROWAN_E_MLS_SIGNATURE);
	buf_wipe(&message);
	m = (struct forge_message){.sender = {SENDER_MEMBER, 1},
		.content_type = CONTENT_PROPOSAL,
		.signer = 2,
		FORGE_TAGS};
	m.body = scene_remove(&s, 3);
	forge_message(&s.f, &m, &message);
	assert_int_equal(
		forge_receive(&s.f, buf_view(&message)), ROWAN_E_MLS_SIGNATURE);
	buf_wipe(&message);
	scene_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(committers_do_not_propose_for_themselves),
		cmocka_unit_test(one_change_a_leaf),
		cmocka_unit_test(one_leaf_a_client),
		cmocka_unit_test(one_of_a_kind),
		cmocka_unit_test(custom_types_need_support),
		cmocka_unit_test(external_commits_hold_what_they_may),
		cmocka_unit_test(external_commits_have_their_form),
		cmocka_unit_test(paths_are_required),
		cmocka_unit_test(unknown_references_are_refused),
		cmocka_unit_test(bad_paths_are_refused),
		cmocka_unit_test(bad_path_leaves_are_refused),
		cmocka_unit_test(tags_have_their_length),
		cmocka_unit_test(senders_send_what_they_may),
		cmocka_unit_test(external_senders_are_in_the_context),
		cmocka_unit_test(messages_are_of_this_epoch_and_signed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
