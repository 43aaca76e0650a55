/*
 * The public group against bad handshakes and bad GroupInfos: a typed error and
 * an unchanged state (pubkit_refuse compares it).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/pubkit.h"
#include "mls/public/object/extension.h"
#include "mls/public/tree/tree_codec.h"

/* --- Framing ----------------------------------------------------------- */

static void test_wrong_group_and_epoch(void **state)
{
	struct pubkit *k = *state;
	const struct pubkit_wrong group = {.group = true};
	const struct pubkit_wrong past = {.epoch = -1};
	const struct pubkit_wrong future = {.epoch = 1};

	assert_int_equal(
		pubkit_refuse(k, pubkit_proposal(k, pubkit_remove(2), &group)),
		ROWAN_E_MLS_WRONG_GROUP);
	assert_int_equal(
		pubkit_refuse(k, pubkit_proposal(k, pubkit_remove(2), &past)),
		ROWAN_E_MLS_WRONG_EPOCH);
	assert_int_equal(pubkit_refuse(k, pubkit_commit(k, pubkit_member(0),
						  NULL, NULL, &future)),
		ROWAN_E_MLS_WRONG_EPOCH);
}

static void test_wrong_signature(void **state)
{
	struct pubkit *k = *state;
	/* 6.1: "Recipients of an MLSMessage MUST verify the signature" */
	const struct pubkit_wrong wrongs[] = {{.signature = true},
		{.signer = &k->client[3]}, {.no_context = true},
		{.wire_format = WIRE_FORMAT_PRIVATE_MESSAGE}};

	for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++) {
		assert_int_equal(
			pubkit_refuse(k, pubkit_proposal(k, pubkit_remove(2),
						 &wrongs[i])),
			ROWAN_E_MLS_SIGNATURE);
		assert_int_equal(
			pubkit_refuse(k, pubkit_commit(k, pubkit_member(0),
						 NULL, NULL, &wrongs[i])),
			ROWAN_E_MLS_SIGNATURE);
	}
}

static void test_wrong_tags(void **state)
{
	struct pubkit *k = *state;
	const struct pubkit_wrong none = {.no_tag = true};
	const struct pubkit_wrong short_tag = {.short_tag = true};
	const struct pubkit_wrong confirmation = {.confirmation = true};
	const struct pubkit_wrong unconfirmed = {.no_confirmation = true};
	struct buf message = pubkit_proposal(k, pubkit_remove(2), NULL);

	assert_int_equal(
		pubkit_refuse(k, pubkit_proposal(k, pubkit_remove(2), &none)),
		ROWAN_E_MLS_MEMBERSHIP);
	assert_int_equal(pubkit_refuse(k, pubkit_proposal(k, pubkit_remove(2),
						  &short_tag)),
		ROWAN_E_MLS_MEMBERSHIP);
	assert_int_equal(pubkit_refuse(k, pubkit_commit(k, pubkit_member(0),
						  NULL, NULL, &confirmation)),
		ROWAN_E_MLS_CONFIRMATION);
	assert_int_equal(pubkit_refuse(k, pubkit_commit(k, pubkit_member(0),
						  NULL, NULL, &unconfirmed)),
		ROWAN_E_MLS_CONFIRMATION);
	/* the membership tag cut off altogether */
	message.len -= 33;
	assert_int_equal(pubkit_refuse(k, message), ROWAN_E_MALFORMED);
}

static void test_wrong_senders(void **state)
{
	const struct sender outside = {SENDER_EXTERNAL, 0};
	const struct sender newcomer = {SENDER_NEW_MEMBER_PROPOSAL, 0};
	const struct sender joiner = {SENDER_NEW_MEMBER_COMMIT, 0};
	struct pubkit *k = *state;
	const struct pubkit_wrong as = {.signer = &k->client[9]};
	const struct pubkit_path none = {.none = true};
	struct pubkit_entries e = {0};
	struct buf remove = pubkit_remove(1);
	struct buf message;

	/* 12.1.8: no external_senders extension in the group */
	assert_int_equal(
		pubkit_refuse(k, pubkit_message(k, outside, CONTENT_PROPOSAL,
					 buf_view(&remove), &as)),
		ROWAN_E_MLS_SENDER);
	/* 6.1: new_member_proposal: "the proposal_type of the Proposal MUST
	 * be add" */
	assert_int_equal(
		pubkit_refuse(k, pubkit_message(k, newcomer, CONTENT_PROPOSAL,
					 buf_view(&remove), &as)),
		ROWAN_E_MLS_SENDER);
	/* 6.1: new_member_commit: "content_type of the message MUST be
	 * commit" */
	assert_int_equal(
		pubkit_refuse(k, pubkit_message(k, joiner, CONTENT_PROPOSAL,
					 buf_view(&remove), &as)),
		ROWAN_E_MLS_SENDER);
	/* a leaf that is blank, and one outside the tree */
	assert_int_equal(pubkit_refuse(k, pubkit_message(k, pubkit_member(7),
						  CONTENT_PROPOSAL,
						  buf_view(&remove), &as)),
		ROWAN_E_MLS_SENDER);
	assert_int_equal(
		pubkit_refuse(
			k, pubkit_message(k, pubkit_member(UINT32_MAX),
				   CONTENT_PROPOSAL, buf_view(&remove), &as)),
		ROWAN_E_MLS_SENDER);
	/* 6: application messages "MUST use PrivateMessage" */
	message = pubkit_message(k, pubkit_member(1), CONTENT_APPLICATION,
		bytes_of("hello", 5), NULL);
	assert_int_equal(pubkit_refuse(k, message), ROWAN_E_MLS_SENDER);
	/* 12.4.3.2: external Commits "MUST contain a path" */
	pubkit_by_value(&e, pubkit_external_init(k));
	assert_int_equal(
		pubkit_refuse(k, pubkit_commit(k, joiner, &e, &none, &as)),
		ROWAN_E_MLS_PATH_REQUIRED);
	buf_wipe(&remove);
}

/* --- External senders -------------------------------------------------- */

static struct buf senders_list(struct pubkit *k, const struct pubkit_client *c)
{
	const struct external_sender sender = {
		.signature_key = bytes_of(c->pk, k->suite->sig->pk_len),
		.credential = {.type = CREDENTIAL_BASIC,
			.content = bytes_of(c->name, sizeof c->name)}};
	struct writer inner;
	struct writer w;
	struct buf list;
	size_t mark;

	writer_init(&inner, 1024);
	mark = writer_open(&inner);
	external_sender_write(&inner, &sender);
	writer_close(&inner, mark);
	writer_init(&w, 1024);
	extension_write(&w, EXTENSION_EXTERNAL_SENDERS, writer_view(&inner));
	writer_wipe(&inner);
	assert_int_equal(writer_finish(&w, &list), 0);
	return list;
}

static void test_external_senders(void **state)
{
	static struct pubkit k;
	struct pubkit_wrong as = {0};
	struct sender outside = {SENDER_EXTERNAL, 0};
	struct pubkit_entries e = {0};
	struct buf body = pubkit_remove(1);
	struct buf list;
	struct buf message;

	memset(&k, 0, sizeof k);
	k.suite = suite_default[0];
	/* the keys of a kit are always the same */
	pubkit_init(&k, 3, bytes_of(NULL, 0));
	list = senders_list(&k, &k.client[20]);
	pubkit_wipe(&k);
	pubkit_init(&k, 3, buf_view(&list));
	as.signer = &k.client[20];
	message = pubkit_message(
		&k, outside, CONTENT_PROPOSAL, buf_view(&body), &as);
	pubkit_by_ref(&k, &e, buf_view(&message));
	assert_int_equal(pubkit_process(&k, message), 0);
	/* stale */
	as.epoch = -1;
	assert_int_equal(
		pubkit_refuse(&k, pubkit_message(&k, outside, CONTENT_PROPOSAL,
					  buf_view(&body), &as)),
		ROWAN_E_MLS_WRONG_EPOCH);
	as.epoch = 0;
	/* not in the context */
	outside.index = 1;
	assert_int_equal(
		pubkit_refuse(&k, pubkit_message(&k, outside, CONTENT_PROPOSAL,
					  buf_view(&body), &as)),
		ROWAN_E_MLS_SENDER);
	outside.index = 0;
	/* another key */
	as.signer = &k.client[21];
	assert_int_equal(
		pubkit_refuse(&k, pubkit_message(&k, outside, CONTENT_PROPOSAL,
					  buf_view(&body), &as)),
		ROWAN_E_MLS_SIGNATURE);
	as.signer = &k.client[20];
	buf_wipe(&body);
	/* 12.1.8: other types "MUST be rejected as malformed" */
	body = pubkit_update(&k, &k.client[1], NULL);
	assert_int_equal(
		pubkit_refuse(&k, pubkit_message(&k, outside, CONTENT_PROPOSAL,
					  buf_view(&body), &as)),
		ROWAN_E_MLS_SENDER);
	buf_wipe(&body);
	body = pubkit_other(0xf001);
	assert_int_equal(
		pubkit_refuse(&k, pubkit_message(&k, outside, CONTENT_PROPOSAL,
					  buf_view(&body), &as)),
		ROWAN_E_MLS_SENDER);
	buf_wipe(&body);
	/* 6.1: external: "The content_type of the message MUST be proposal" */
	assert_int_equal(
		pubkit_refuse(&k, pubkit_commit(&k, outside, NULL, NULL, &as)),
		ROWAN_E_MLS_SENDER);
	/* and a member commits the good one */
	assert_int_equal(pubkit_process(&k, pubkit_commit(&k, pubkit_member(0),
						    &e, NULL, NULL)),
		0);
	assert_int_equal(tree_members(k.group->tree), 2);
	pubkit_wipe(&k);
	buf_wipe(&list);
}

static void test_newcomer_asks(void **state)
{
	const struct sender newcomer = {SENDER_NEW_MEMBER_PROPOSAL, 0};
	struct pubkit *k = *state;
	struct pubkit_wrong as = {.signer = &k->client[9]};
	struct buf body = pubkit_add(k, &k->client[9], NULL);
	struct pubkit_entries e = {0};
	struct buf message = pubkit_message(
		k, newcomer, CONTENT_PROPOSAL, buf_view(&body), &as);

	pubkit_by_ref(k, &e, buf_view(&message));
	assert_int_equal(pubkit_process(k, message), 0);
	/* signed by somebody else than the key package */
	as.signer = &k->client[10];
	assert_int_equal(
		pubkit_refuse(k, pubkit_message(k, newcomer, CONTENT_PROPOSAL,
					 buf_view(&body), &as)),
		ROWAN_E_MLS_SIGNATURE);
	assert_int_equal(pubkit_process(k, pubkit_commit(k, pubkit_member(0),
						   &e, NULL, NULL)),
		0);
	assert_int_equal(tree_members(k->group->tree), PUBKIT_MEMBERS + 1);
	buf_wipe(&body);
}

/* --- Paths ------------------------------------------------------------- */

static void refuse_path(
	struct pubkit *k, const struct pubkit_path *path, int code)
{
	assert_int_equal(pubkit_refuse(k, pubkit_commit(k, pubkit_member(0),
						  NULL, path, NULL)),
		code);
}

static void test_wrong_paths(void **state)
{
	struct pubkit *k = *state;
	const uint8_t small[32] = {0};
	struct bytes own = tree_leaf(k->group->tree, 0)->encryption_key;

	/* 12.4: "By default, the path field of a Commit MUST be populated" */
	refuse_path(k, &(struct pubkit_path){.none = true},
		ROWAN_E_MLS_PATH_REQUIRED);
	refuse_path(k, &(struct pubkit_path){.missing_node = true},
		ROWAN_E_MLS_PATH);
	refuse_path(
		k, &(struct pubkit_path){.extra_node = true}, ROWAN_E_MLS_PATH);
	refuse_path(k, &(struct pubkit_path){.missing_secret = true},
		ROWAN_E_MLS_PATH);
	refuse_path(
		k, &(struct pubkit_path){.taken_key = true}, ROWAN_E_MLS_PATH);
	refuse_path(
		k, &(struct pubkit_path){.twin_nodes = true}, ROWAN_E_MLS_PATH);
	refuse_path(k, &(struct pubkit_path){.leaf_is_node = true},
		ROWAN_E_MLS_PATH);
	refuse_path(k, &(struct pubkit_path){.parent_hash = true},
		ROWAN_E_MLS_PARENT_HASH);
	/* 12.4.2: leaf_node_source "MUST be set to commit" */
	refuse_path(k,
		&(struct pubkit_path){
			.leaf_source = true, .leaf.source = LEAF_NODE_UPDATE},
		ROWAN_E_MLS_LEAF_NODE);
	/* 12.4.2: encryption_key "different from the committer's current" */
	refuse_path(k, &(struct pubkit_path){.leaf.encryption = own},
		ROWAN_E_MLS_LEAF_NODE);
	refuse_path(k, &(struct pubkit_path){.leaf.other_group = true},
		ROWAN_E_MLS_SIGNATURE);
	refuse_path(k, &(struct pubkit_path){.leaf.signer = &k->client[9]},
		ROWAN_E_MLS_SIGNATURE);
	/* a key of small order: no path would reach this member again */
	refuse_path(k,
		&(struct pubkit_path){.leaf.encryption = bytes_of(small, 32)},
		ROWAN_E_MLS_LEAF_NODE);
	/* the key of another member */
	refuse_path(k, &(struct pubkit_path){.client = &k->client[1]},
		ROWAN_E_MLS_LEAF_NODE);
}

static void test_path_required(void **state)
{
	struct pubkit *k = *state;
	const struct pubkit_path none = {.none = true};
	struct buf update =
		pubkit_proposal(k, pubkit_update(k, &k->client[1], NULL), NULL);
	struct buf update_ref;
	struct buf needy[2];
	struct pubkit_entries e = {0};

	assert_int_equal(buf_copy(&update_ref, buf_view(&update)), 0);
	assert_int_equal(pubkit_process(k, update), 0);
	/* 12.4: update, remove, external_init, group_context_extensions */
	needy[0] = pubkit_remove(2);
	needy[1] = pubkit_extensions(bytes_of(NULL, 0));
	for (size_t i = 0; i < 2; i++) {
		pubkit_by_value(&e, needy[i]);
		assert_int_equal(
			pubkit_refuse(k, pubkit_commit(k, pubkit_member(0), &e,
						 &none, NULL)),
			ROWAN_E_MLS_PATH_REQUIRED);
	}
	pubkit_by_ref(k, &e, buf_view(&update_ref));
	assert_int_equal(pubkit_refuse(k, pubkit_commit(k, pubkit_member(0), &e,
						  &none, NULL)),
		ROWAN_E_MLS_PATH_REQUIRED);
	buf_wipe(&update_ref);
}

/* --- GroupInfo --------------------------------------------------------- */

/* What is wrong with a GroupInfo; zero means nothing. */
struct info_wrong {
	struct bytes tree_hash;
	struct bytes extensions;
	uint16_t suite;
	uint64_t epoch;
	uint32_t signer;
	size_t tag_less; /* bytes missing from the confirmation tag */
	bool no_tree;
	uint16_t wire_format;
};

/* Start again from the group's own tree; *ret may be NULL. */
static int start(struct pubkit *k, const struct info_wrong *wrong,
	struct public_group **ret)
{
	struct group_context fields = *k->group->context;
	struct group_info info = {.signer = wrong->signer,
		.confirmation_tag = bytes_of(k->client, 32 - wrong->tag_less)};
	struct public_group_params params = {
		.suites = suite_default, .policy = &k->policy};
	struct public_group *group;
	struct buf inner;
	struct buf whole;
	struct buf tree;
	int rc;

	if (wrong->tree_hash.data != NULL)
		fields.tree_hash = wrong->tree_hash;
	if (wrong->suite != 0)
		fields.cipher_suite = wrong->suite;
	if (wrong->epoch != 0)
		fields.epoch = wrong->epoch;
	fields.extensions = wrong->extensions;
	assert_int_equal(group_context_new(&fields, &info.context), 0);
	assert_int_equal(
		group_info_new(k->suite, &info,
			bytes_of(k->client[0].sk, k->suite->sig->sk_len),
			&inner),
		0);
	assert_int_equal(mls_message_wrap(WIRE_FORMAT_GROUP_INFO,
				 buf_view(&inner), &whole),
		0);
	assert_int_equal(tree_encode(k->group->tree, &tree), 0);
	params.group_info = buf_view(&whole);
	if (!wrong->no_tree)
		params.tree = buf_view(&tree);
	rc = public_group_new(&params, &group);
	if (rc != 0)
		assert_null(group);
	if (ret != NULL)
		*ret = group;
	else
		public_group_free(group);
	group_context_unref(info.context);
	buf_wipe(&inner);
	buf_wipe(&whole);
	buf_wipe(&tree);
	return rc;
}

static int start_without(struct pubkit *k, struct info_wrong wrong)
{
	return start(k, &wrong, NULL);
}

static int no_senders(void *cookie, const struct external_sender *sender)
{
	return 1;
}

static void test_wrong_group_info(void **state)
{
	struct pubkit *k = *state;
	struct buf list = senders_list(k, &k->client[20]);
	struct pubkit_entries e = {0};

	assert_int_equal(start_without(k, (struct info_wrong){0}), 0);
	assert_int_equal(start_without(k, (struct info_wrong){.no_tree = true}),
		ROWAN_E_MLS_NO_TREE);
	assert_int_equal(start_without(k, (struct info_wrong){.signer = 7}),
		ROWAN_E_MLS_SENDER);
	assert_int_equal(start_without(k, (struct info_wrong){.signer = 1}),
		ROWAN_E_MLS_SIGNATURE);
	assert_int_equal(start_without(k, (struct info_wrong){.suite = 0x1a1a}),
		ROWAN_E_MLS_SUITE);
	assert_int_equal(start_without(k, (struct info_wrong){.tag_less = 1}),
		ROWAN_E_MLS_CONFIRMATION);
	assert_int_equal(
		start_without(k, (struct info_wrong){.tree_hash = bytes_of(
							     k->client, 32)}),
		ROWAN_E_MLS_TREE);
	/* an empty tree hash is not "do not check" */
	assert_int_equal(
		start_without(k, (struct info_wrong){.tree_hash = bytes_of(
							     k->client, 0)}),
		ROWAN_E_MLS_TREE);
	/* external senders that are none */
	assert_int_equal(start_without(k,
				 (struct info_wrong){
					 .extensions = bytes_of(
						 "\x00\x05\x02\x01\x05", 5)}),
		ROWAN_E_MLS_EXTENSION);
	/* 5.3.1: when external_senders is added, its credentials "MUST be
	 * validated with the AS" */
	assert_int_equal(
		start_without(
			k, (struct info_wrong){.extensions = buf_view(&list)}),
		0);
	k->policy.external_sender = no_senders;
	assert_int_equal(
		start_without(
			k, (struct info_wrong){.extensions = buf_view(&list)}),
		ROWAN_E_MLS_CREDENTIAL);
	pubkit_by_value(&e, pubkit_extensions(buf_view(&list)));
	assert_int_equal(pubkit_refuse(k, pubkit_commit(k, pubkit_member(0), &e,
						  NULL, NULL)),
		ROWAN_E_MLS_CREDENTIAL);
	buf_wipe(&list);
}

/* What is no PublicMessage cannot be followed; what is no GroupInfo is not
 * where to start. */
static void test_only_handshakes(void **state)
{
	struct pubkit *k = *state;
	const struct private_message private = {
		.group_id = k->group->context->group_id,
		.epoch = k->group->context->epoch,
		.content_type = CONTENT_COMMIT};
	struct public_group_params params = {
		.suites = suite_default, .policy = &k->policy};
	struct buf package = pubkit_package(k, &k->client[9], NULL);
	struct public_group *group;
	struct buf message;
	struct writer w;

	writer_init(&w, 1024);
	mls_message_open(&w, WIRE_FORMAT_PRIVATE_MESSAGE);
	private_message_write(&w, &private);
	assert_int_equal(writer_finish(&w, &message), 0);
	assert_int_equal(pubkit_refuse(k, message), ROWAN_E_REFUSED);
	assert_int_equal(mls_message_wrap(WIRE_FORMAT_KEY_PACKAGE,
				 buf_view(&package), &message),
		0);
	params.group_info = buf_view(&message);
	assert_int_equal(public_group_new(&params, &group), ROWAN_E_MALFORMED);
	assert_null(group);
	assert_int_equal(pubkit_refuse(k, message), ROWAN_E_REFUSED);
	buf_wipe(&package);
}

static void test_too_many_proposals(void **state)
{
	struct pubkit *k = *state;
	int rc = 0;

	/* Ed25519 is deterministic: the types make them differ. */
	for (uint16_t i = 0; i < MLS_CACHE_MAX && rc == 0; i++)
		rc = pubkit_process(
			k, pubkit_proposal(k,
				   pubkit_other((uint16_t)(0x1000 + i)), NULL));
	assert_int_equal(rc, 0);
	assert_int_equal(
		pubkit_refuse(k, pubkit_proposal(k, pubkit_remove(2), NULL)),
		ROWAN_E_LIMIT);
}

static void test_too_many_psks(void **state)
{
	struct pubkit *k = *state;
	struct pubkit_entries e = {0};
	uint8_t nonce[32];

	for (size_t i = 0; i <= MLS_PSKS_MAX; i++) {
		const struct psk_id id = {.type = PSK_EXTERNAL,
			.id = bytes_of("psk", 3),
			.nonce = bytes_of(nonce, sizeof nonce)};

		pubkit_bytes(k, nonce);
		pubkit_by_value(&e, pubkit_psk(&id));
	}
	assert_int_equal(pubkit_refuse(k, pubkit_commit(k, pubkit_member(0), &e,
						  NULL, NULL)),
		ROWAN_E_LIMIT);
}

/* The counter of epochs does not go round. */
static void test_last_epoch(void **state)
{
	const struct info_wrong last = {.epoch = UINT64_MAX};
	struct pubkit *k = *state;
	struct public_group *group;

	assert_int_equal(start(k, &last, &group), 0);
	public_group_free(k->group);
	k->group = group;
	assert_int_equal(pubkit_refuse(k, pubkit_commit(k, pubkit_member(0),
						  NULL, NULL, NULL)),
		ROWAN_E_LIMIT);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, pubkit_setup, pubkit_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_only_handshakes),
		TEST(test_too_many_proposals),
		TEST(test_too_many_psks),
		TEST(test_last_epoch),
		TEST(test_wrong_group_and_epoch),
		TEST(test_wrong_signature),
		TEST(test_wrong_tags),
		TEST(test_wrong_senders),
		cmocka_unit_test(test_external_senders),
		TEST(test_newcomer_asks),
		TEST(test_wrong_paths),
		TEST(test_path_required),
		TEST(test_wrong_group_info),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
