/*
 * The rules of section 12.1 against a malicious member: single proposals that
 * are well signed and break one rule each. Whatever is refused leaves the
 * group's saved state as it was (see forge_receive).
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

static void honest_commits_are_taken(void **state)
{
	struct scene s;

	scene_begin(&s);
	assert_int_equal(scene_commit(&s, 1, &scene_honest), 0);
	assert_int_equal(
		scene_commit_one(&s, scene_add(&s, SCENE_STRANGER)), 0);
	assert_int_equal(scene_commit_one(&s, scene_remove(&s, 2)), 0);
	scene_by_reference(&s, 3, scene_update(&s, 3));
	scene_by_value(&s, scene_psk(&s, 'p', 1));
	scene_by_value(&s, scene_psk(&s, 'q', 1));
	scene_by_value(&s, scene_custom(&s, 0xf002));
	scene_by_value(&s, scene_extensions(&s, 0xf001, bytes_of("x", 1)));
	assert_int_equal(scene_commit(&s, 4, &scene_honest), 0);
	assert_int_equal(scene_commit_one(&s, scene_remove(&s, 4)), 0);
	scene_by_value(&s, scene_add(&s, 9));
	assert_int_equal(scene_commit(&s, 3, NULL), 0);
	scene_by_value(&s, scene_reinit(&s, 1));
	assert_int_equal(scene_commit(&s, 3, NULL), 0);
	assert_int_equal(
		scene_commit(&s, 3, &scene_honest), ROWAN_E_MLS_REINIT);
	scene_end(&s);
}

/* --- 12.1: single proposals -------------------------------------------------
 */

static const struct forge_leaf stranger = {.person = SCENE_STRANGER};

static void bad_key_packages_are_refused(void **state)
{
	static const uint8_t odd[31];
	struct forge_leaf leaf = stranger;
	struct bytes one, key;
	struct scene s;

	scene_begin(&s);
	leaf.bad_signature = true;
	assert_int_equal(
		scene_commit_one(&s, scene_add_with(&s, &leaf, scene_none)),
		ROWAN_E_MLS_SIGNATURE);
	leaf = stranger;
	leaf.source = LEAF_NODE_UPDATE;
	assert_int_equal(
		scene_commit_one(&s, scene_add_with(&s, &leaf, scene_none)),
		ROWAN_E_MLS_LEAF_NODE);
	leaf = stranger;
	leaf.key = forge_key(&s.f);
	assert_int_equal(
		scene_commit_one(&s, scene_add_with(&s, &leaf, leaf.key)),
		ROWAN_E_MLS_KEY_PACKAGE);
	assert_int_equal(scene_commit_one(&s, scene_add_with(&s, &stranger,
						      bytes_of(odd, 31))),
		ROWAN_E_MLS_KEY_PACKAGE);
	leaf = stranger;
	leaf.key = bytes_of(odd, 31);
	assert_int_equal(
		scene_commit_one(&s, scene_add_with(&s, &leaf, scene_none)),
		ROWAN_E_MLS_LEAF_NODE);
	/* Version, suite, and the package's own signature. */
	one = scene_add(&s, SCENE_STRANGER);
	((uint8_t *)(uintptr_t)one.data)[3] = 2;
	assert_int_equal(scene_commit_one(&s, one), ROWAN_E_MLS_KEY_PACKAGE);
	one = scene_add(&s, SCENE_STRANGER);
	((uint8_t *)(uintptr_t)one.data)[5] = 1;
	assert_int_equal(scene_commit_one(&s, one), ROWAN_E_MLS_SUITE);
	one = scene_add(&s, SCENE_STRANGER);
	((uint8_t *)(uintptr_t)one.data)[one.len - 1] ^= 1;
	assert_int_equal(scene_commit_one(&s, one), ROWAN_E_MLS_SIGNATURE);
	/* The encryption key of a member. */
	key = tree_leaf(s.f.group->tree, 2)->encryption_key;
	leaf = stranger;
	leaf.key = key;
	assert_int_equal(
		scene_commit_one(&s, scene_add_with(&s, &leaf, scene_none)),
		ROWAN_E_MLS_LEAF_NODE);
	/* That of a parent: no newcomer would believe the tree (12.4.3.1). */
	assert_int_equal(scene_commit(&s, 1, &scene_honest), 0);
	leaf.key = tree_encryption_key(s.f.group->tree, 1);
	scene_by_value(&s, scene_add_with(&s, &leaf, scene_none));
	assert_int_equal(scene_commit(&s, 3, NULL), ROWAN_E_MLS_LEAF_NODE);
	scene_end(&s);
}

/*
 * 7.3: leaves that do not fit the group, in an Add: required capabilities
 * "MUST be listed", among others.
 */
static void leaves_that_do_not_fit_are_refused(void **state)
{
	static const uint8_t other[] = {0, 2}, basic[] = {0, 1};
	static const uint8_t fourth[] = {0, 1, 0, 4};
	struct capabilities caps;
	struct forge_leaf leaf = stranger;
	struct writer ext;
	struct scene s;

	scene_begin(&s);
	caps = s.f.caps;
	leaf.caps = &caps;
	caps.cipher_suites = bytes_of(other, 2);
	assert_int_equal(
		scene_commit_one(&s, scene_add_with(&s, &leaf, scene_none)),
		ROWAN_E_MLS_LEAF_NODE);
	caps = s.f.caps;
	caps.versions = bytes_of(other, 2);
	assert_int_equal(
		scene_commit_one(&s, scene_add_with(&s, &leaf, scene_none)),
		ROWAN_E_MLS_LEAF_NODE);
	/* 7.2: "the credential type used in the LeafNode MUST be included" */
	caps = s.f.caps;
	caps.credentials = bytes_of(basic, 2);
	leaf.credential_type = 3;
	assert_int_equal(
		scene_commit_one(&s, scene_add_with(&s, &leaf, scene_none)),
		ROWAN_E_MLS_LEAF_NODE);
	/* A type the others do not support. */
	caps.credentials = bytes_of(fourth, 4);
	leaf.credential_type = 4;
	assert_int_equal(
		scene_commit_one(&s, scene_add_with(&s, &leaf, scene_none)),
		ROWAN_E_MLS_LEAF_NODE);
	/* The same without a path, whose leaf would be asked, too. */
	scene_by_value(&s, scene_add_with(&s, &leaf, scene_none));
	assert_int_equal(scene_commit(&s, 1, NULL), ROWAN_E_MLS_LEAF_NODE);
	/* A type in use that it does not support itself. */
	leaf = stranger;
	leaf.credential_type = 3;
	scene_by_value(&s, scene_add_with(&s, &leaf, scene_none));
	assert_int_equal(scene_commit(&s, 1, NULL), 0);
	leaf = (struct forge_leaf){.person = SCENE_STRANGER + 1, .caps = &caps};
	caps.credentials = bytes_of(basic, 2);
	scene_by_value(&s, scene_add_with(&s, &leaf, scene_none));
	assert_int_equal(scene_commit(&s, 1, NULL), ROWAN_E_MLS_LEAF_NODE);
	scene_end(&s);
	scene_begin(&s);
	/* An extension of the leaf that it does not list. */
	leaf = stranger;
	writer_init(&ext, 100);
	extension_write(&ext, 0xf00f, bytes_of("x", 1));
	leaf.extensions = writer_view(&ext);
	assert_int_equal(
		scene_commit_one(&s, scene_add_with(&s, &leaf, scene_none)),
		ROWAN_E_MLS_LEAF_NODE);
	writer_wipe(&ext);
	/* One that every client supports without listing it (7.2). */
	writer_init(&ext, 100);
	extension_write(&ext, EXTENSION_APPLICATION_ID, bytes_of("\1x", 2));
	leaf.extensions = writer_view(&ext);
	scene_by_value(&s, scene_add_with(&s, &leaf, scene_none));
	assert_int_equal(scene_commit(&s, 1, NULL), 0);
	assert_int_equal(
		scene_commit_one(&s, scene_remove(&s, SCENE_MEMBERS)), 0);
	writer_wipe(&ext);
	/* 13.4: "The capabilities field MUST indicate support for each
	 * extension in the GroupContext". */
	assert_int_equal(
		scene_commit_one(&s, scene_extensions(&s, 0xf001, scene_none)),
		0);
	leaf = stranger;
	leaf.caps = &caps;
	caps = s.f.caps;
	caps.extensions = scene_none;
	assert_int_equal(
		scene_commit_one(&s, scene_add_with(&s, &leaf, scene_none)),
		ROWAN_E_MLS_LEAF_NODE);
	scene_end(&s);
}

/* 7.2: applications "MUST define a maximum total lifetime". */
static void lifetimes_are_judged(void **state)
{
	struct forge_leaf leaf = stranger;
	struct scene s;

	scene_begin(&s);
	s.f.policy.check_time = true;
	s.f.policy.now = 1000;
	s.f.policy.lifetime_max = 500;
	leaf.not_before = 900;
	leaf.not_after = 999;
	assert_int_equal(
		scene_commit_one(&s, scene_add_with(&s, &leaf, scene_none)),
		ROWAN_E_MLS_LIFETIME);
	leaf.not_before = 1001;
	leaf.not_after = 1100;
	assert_int_equal(
		scene_commit_one(&s, scene_add_with(&s, &leaf, scene_none)),
		ROWAN_E_MLS_LIFETIME);
	leaf.not_before = 900;
	leaf.not_after = 1401;
	assert_int_equal(
		scene_commit_one(&s, scene_add_with(&s, &leaf, scene_none)),
		ROWAN_E_MLS_LIFETIME);
	leaf.not_before = 1100;
	leaf.not_after = 900;
	assert_int_equal(
		scene_commit_one(&s, scene_add_with(&s, &leaf, scene_none)),
		ROWAN_E_MLS_LIFETIME);
	leaf.not_before = 1000;
	leaf.not_after = 1000;
	assert_int_equal(
		scene_commit_one(&s, scene_add_with(&s, &leaf, scene_none)), 0);
	scene_end(&s);
}

static int refuse_credential(void *cookie, const struct leaf_node *leaf,
	const struct leaf_node *replaced)
{
	/* Refuses person ${cookie} unless it succeeds itself. */
	unsigned person =
		leaf->credential.content.data[leaf->credential.content.len - 1];

	if (person != *(const unsigned *)cookie)
		return 0;
	return replaced != NULL && bytes_eq(replaced->credential.content,
					   leaf->credential.content)
		       ? 0
		       : -1;
}

/* 5.3.1: a new credential "MUST be validated with the AS". */
/*
 * 5.3.1: a credential "MUST be validated with the AS" when a member "receives
 * an Add proposal" or "an Update proposal".
 */
static void credentials_are_put_to_the_application(void **state)
{
	unsigned person = SCENE_STRANGER;
	struct scene s;

	scene_begin(&s);
	s.f.policy.credential = refuse_credential;
	s.f.policy.cookie = &person;
	assert_int_equal(scene_commit_one(&s, scene_add(&s, SCENE_STRANGER)),
		ROWAN_E_MLS_CREDENTIAL);
	assert_int_equal(scene_propose(&s, 2, scene_add(&s, SCENE_STRANGER)),
		ROWAN_E_MLS_CREDENTIAL);
	scene_by_value(&s, scene_external_init(&s, 32));
	assert_int_equal(scene_external(&s, SCENE_STRANGER, &scene_honest),
		ROWAN_E_MLS_CREDENTIAL);
	/* In somebody else's name. */
	assert_int_equal(
		scene_propose(&s, 2,
			scene_update_with(&s,
				&(struct forge_leaf){.person = SCENE_STRANGER,
					.source = LEAF_NODE_UPDATE,
					.index = 2})),
		ROWAN_E_MLS_CREDENTIAL);
	/* 12.2, external: the leaf "MUST meet the same criteria as would the
	 * LeafNode in an Update for the removed leaf". */
	scene_by_value(&s, scene_external_init(&s, 32));
	scene_by_value(&s, scene_remove(&s, 2));
	assert_int_equal(scene_external(&s, SCENE_STRANGER, &scene_honest),
		ROWAN_E_MLS_CREDENTIAL);
	person = 2;
	scene_by_value(&s, scene_external_init(&s, 32));
	scene_by_value(&s, scene_remove(&s, 2));
	assert_int_equal(scene_external(&s, 2, &scene_honest), 0);
	scene_end(&s);
}

static void bad_updates_are_refused(void **state)
{
	struct forge_leaf leaf = {
		.person = 2, .source = LEAF_NODE_UPDATE, .index = 2};
	struct forge_leaf bad;
	struct scene s;

	scene_begin(&s);
	bad = leaf;
	bad.source = LEAF_NODE_COMMIT;
	assert_int_equal(scene_propose(&s, 2, scene_update_with(&s, &bad)),
		ROWAN_E_MLS_LEAF_NODE);
	bad = leaf;
	bad.key = tree_leaf(s.f.group->tree, 2)->encryption_key;
	assert_int_equal(scene_propose(&s, 2, scene_update_with(&s, &bad)),
		ROWAN_E_MLS_LEAF_NODE);
	bad = leaf;
	bad.bad_signature = true;
	assert_int_equal(scene_propose(&s, 2, scene_update_with(&s, &bad)),
		ROWAN_E_MLS_SIGNATURE);
	bad = leaf;
	bad.index = 3;
	assert_int_equal(scene_propose(&s, 2, scene_update_with(&s, &bad)),
		ROWAN_E_MLS_SIGNATURE);
	bad = leaf;
	bad.group_id = bytes_of("other", 5);
	assert_int_equal(scene_propose(&s, 2, scene_update_with(&s, &bad)),
		ROWAN_E_MLS_SIGNATURE);
	/* The keys of others, which show once it is committed. */
	bad = leaf;
	bad.key = tree_leaf(s.f.group->tree, 3)->encryption_key;
	scene_by_reference(&s, 2, scene_update_with(&s, &bad));
	assert_int_equal(
		scene_commit(&s, 1, &scene_honest), ROWAN_E_MLS_LEAF_NODE);
	bad = leaf;
	bad.person = 3;
	scene_by_reference(&s, 2, scene_update_with(&s, &bad));
	assert_int_equal(
		scene_commit(&s, 1, &scene_honest), ROWAN_E_MLS_LEAF_NODE);
	scene_end(&s);
}

static void bad_removes_and_reinits_are_refused(void **state)
{
	struct scene s;

	scene_begin(&s);
	/* 12.1.3: "does not identify a non-blank leaf node". */
	assert_int_equal(scene_commit_one(&s, scene_remove(&s, SCENE_MEMBERS)),
		ROWAN_E_MLS_PROPOSAL);
	assert_int_equal(scene_commit_one(&s, scene_remove(&s, 1u << 20)),
		ROWAN_E_MLS_PROPOSAL);
	assert_int_equal(scene_commit_one(&s, scene_remove(&s, UINT32_MAX)),
		ROWAN_E_MLS_PROPOSAL);
	/* 12.1.5: the version "is less than" the group's. */
	scene_by_value(&s, scene_reinit(&s, 0));
	assert_int_equal(scene_commit(&s, 1, NULL), ROWAN_E_MLS_PROPOSAL);
	scene_end(&s);
}

/*
 * 11.2: usage reinit "MUST NOT be used in other contexts"; 11.3: usage branch
 * "MUST NOT be used in other contexts"; 12.1.4: "psk_nonce is not of length
 * KDF.Nh".
 */
static void bad_psks_are_refused(void **state)
{
	static const uint8_t nonce[64];
	struct psk_id id = {.type = PSK_RESUMPTION,
		.id = bytes_of("forged", 7),
		.nonce = bytes_of(nonce, 32)};
	static const size_t lengths[] = {0, 16, 31, 33, 64};
	struct scene s;

	scene_begin(&s);
	id.usage = PSK_USAGE_REINIT;
	assert_int_equal(
		scene_commit_one(&s, scene_psk_with(&s, &id)), ROWAN_E_MLS_PSK);
	id.usage = PSK_USAGE_BRANCH;
	assert_int_equal(
		scene_commit_one(&s, scene_psk_with(&s, &id)), ROWAN_E_MLS_PSK);
	id.usage = PSK_USAGE_APPLICATION;
	for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
		id.nonce = bytes_of(nonce, lengths[i]);
		assert_int_equal(scene_commit_one(&s, scene_psk_with(&s, &id)),
			ROWAN_E_MLS_PSK);
	}
	id.nonce = bytes_of(nonce, 32);
	assert_int_equal(scene_commit_one(&s, scene_psk_with(&s, &id)), 0);
	scene_end(&s);
}

/*
 * 12.1.7, 12.3: what new extensions require all members must support, "The
 * new extensions MUST be used when evaluating other proposals in this list".
 */
static void bad_extensions_are_refused(void **state)
{
	struct capabilities caps;
	struct forge_leaf leaf = stranger;
	struct scene s;

	scene_begin(&s);
	assert_int_equal(
		scene_commit_one(&s, scene_extensions(&s, 0xf00f, scene_none)),
		ROWAN_E_MLS_PROPOSAL);
	assert_int_equal(scene_commit_one(&s, scene_require(&s, 0xf00f)),
		ROWAN_E_MLS_PROPOSAL);
	assert_int_equal(
		scene_commit_one(&s,
			scene_extensions(&s, EXTENSION_REQUIRED_CAPABILITIES,
				bytes_of("\1\0\0", 3))),
		ROWAN_E_MLS_EXTENSION);
	assert_int_equal(
		scene_commit_one(
			&s, scene_extensions(&s, EXTENSION_EXTERNAL_SENDERS,
				    bytes_of("\3abc", 4))),
		ROWAN_E_MLS_EXTENSION);
	caps = s.f.caps;
	caps.extensions = scene_none;
	leaf.caps = &caps;
	scene_by_value(&s, scene_add_with(&s, &leaf, scene_none));
	scene_by_value(&s, scene_require(&s, 0xf001));
	assert_int_equal(
		scene_commit(&s, 1, &scene_honest), ROWAN_E_MLS_LEAF_NODE);
	scene_by_value(&s, scene_add(&s, SCENE_STRANGER));
	scene_by_value(&s, scene_require(&s, 0xf001));
	assert_int_equal(scene_commit(&s, 1, &scene_honest), 0);
	scene_end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest_commits_are_taken),
		cmocka_unit_test(bad_key_packages_are_refused),
		cmocka_unit_test(leaves_that_do_not_fit_are_refused),
		cmocka_unit_test(lifetimes_are_judged),
		cmocka_unit_test(credentials_are_put_to_the_application),
		cmocka_unit_test(bad_updates_are_refused),
		cmocka_unit_test(bad_removes_and_reinits_are_refused),
		cmocka_unit_test(bad_psks_are_refused),
		cmocka_unit_test(bad_extensions_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
