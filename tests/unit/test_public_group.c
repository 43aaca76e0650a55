/*
 * The public group through its life: follows good handshakes, says what they
 * change, merges once, saves and loads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/pubkit.h"

/* A commit of member 0 that covers one proposal by value. */
static struct buf commit_of(struct pubkit *k, struct buf body)
{
	struct pubkit_entries e = {0};

	pubkit_by_value(&e, body);
	return pubkit_commit(k, pubkit_member(0), &e, NULL, NULL);
}

static void test_follows_a_group(void **state)
{
	struct pubkit *k = *state;
	struct pubkit_entries e = {0};
	const struct pubkit_path none = {.none = true};
	struct buf update =
		pubkit_proposal(k, pubkit_update(k, &k->client[1], NULL), NULL);

	/* empty commit, update by reference with remove and add, add alone */
	assert_int_equal(pubkit_process(k, pubkit_commit(k, pubkit_member(2),
						   NULL, NULL, NULL)),
		0);
	assert_int_equal(k->group->context->epoch, 2);
	buf_wipe(&update);
	update =
		pubkit_proposal(k, pubkit_update(k, &k->client[1], NULL), NULL);
	pubkit_by_ref(k, &e, buf_view(&update));
	assert_int_equal(pubkit_process(k, update), 0);
	assert_int_equal(k->group->cache.n, 1);
	pubkit_by_value(&e, pubkit_remove(4));
	pubkit_by_value(&e, pubkit_add(k, &k->client[6], NULL));
	pubkit_by_value(&e, pubkit_add(k, &k->client[7], NULL));
	assert_int_equal(pubkit_process(k, pubkit_commit(k, pubkit_member(0),
						   &e, NULL, NULL)),
		0);
	assert_int_equal(k->group->context->epoch, 3);
	assert_int_equal(k->group->cache.n, 0);
	assert_int_equal(tree_members(k->group->tree), 6);
	pubkit_by_value(&e, pubkit_add(k, &k->client[8], NULL));
	assert_int_equal(pubkit_process(k, pubkit_commit(k, pubkit_member(3),
						   &e, &none, NULL)),
		0);
	assert_int_equal(tree_members(k->group->tree), 7);
}

static void test_says_what_changes(void **state)
{
	struct pubkit *k = *state;
	struct pubkit_entries e = {0};
	struct public_staged *staged;
	struct buf update =
		pubkit_proposal(k, pubkit_update(k, &k->client[1], NULL), NULL);
	struct buf message;

	pubkit_by_ref(k, &e, buf_view(&update));
	assert_int_equal(pubkit_process(k, update), 0);
	pubkit_by_value(&e, pubkit_remove(3));
	pubkit_by_value(&e, pubkit_add(k, &k->client[6], NULL));
	message = pubkit_commit(k, pubkit_member(0), &e, NULL, NULL);
	assert_int_equal(public_group_process(k->group, &k->policy,
				 buf_view(&message), &staged),
		0);
	buf_wipe(&message);
	assert_int_equal(staged->committer, 0);
	assert_int_equal(staged->changes_n, 4);
	assert_int_equal(staged->changes[0].kind, LEAF_UPDATED);
	assert_int_equal(staged->changes[0].leaf, 1);
	assert_int_equal(staged->changes[1].kind, LEAF_REMOVED);
	assert_int_equal(staged->changes[1].leaf, 3);
	assert_null(staged->changes[1].after);
	/* the Add takes the place of the removed leaf */
	assert_int_equal(staged->changes[2].kind, LEAF_ADDED);
	assert_int_equal(staged->changes[2].leaf, 3);
	assert_null(staged->changes[2].before);
	assert_memory_equal(staged->changes[2].after->signature_key.data,
		k->client[6].pk, 32);
	assert_int_equal(staged->changes[3].kind, LEAF_COMMITTED);
	assert_int_equal(staged->changes[3].leaf, 0);
	assert_int_equal(
		proposal_list_count(&staged->proposals, PROPOSAL_UPDATE), 1);
	assert_int_equal(
		proposal_list_count(&staged->proposals, PROPOSAL_PSK), 0);
	assert_int_equal(staged->next->context->epoch, 2);
	public_staged_free(staged);
	assert_int_equal(k->group->context->epoch, 1);
}

static void test_merges_once_and_in_its_epoch(void **state)
{
	struct pubkit *k = *state;
	struct public_staged *late;
	struct public_staged *first;
	struct buf message =
		pubkit_proposal(k, pubkit_update(k, &k->client[1], NULL), NULL);
	struct buf commit =
		pubkit_commit(k, pubkit_member(0), NULL, NULL, NULL);

	assert_int_equal(public_group_process(k->group, &k->policy,
				 buf_view(&message), &late),
		0);
	assert_int_equal(public_group_process(k->group, &k->policy,
				 buf_view(&commit), &first),
		0);
	assert_int_equal(public_group_merge(k->group, first), 0);
	assert_int_equal(public_group_merge(k->group, first), ROWAN_E_STATE);
	assert_int_equal(public_group_merge(k->group, late), ROWAN_E_STATE);
	assert_int_equal(k->group->cache.n, 0);
	public_staged_free(late);
	public_staged_free(first);
	buf_wipe(&commit);
	buf_wipe(&message);
}

/* Staged twice from the same bytes, it is merged once. */
static void test_staged_twice(void **state)
{
	struct pubkit *k = *state;
	struct public_staged *first;
	struct public_staged *second;
	struct buf message = pubkit_proposal(k, pubkit_remove(2), NULL);

	assert_int_equal(public_group_process(k->group, &k->policy,
				 buf_view(&message), &first),
		0);
	assert_int_equal(public_group_process(k->group, &k->policy,
				 buf_view(&message), &second),
		0);
	assert_int_equal(public_group_merge(k->group, first), 0);
	assert_int_equal(public_group_merge(k->group, first), ROWAN_E_STATE);
	assert_int_equal(public_group_merge(k->group, second), ROWAN_E_STATE);
	assert_int_equal(k->group->cache.n, 1);
	public_staged_free(first);
	public_staged_free(second);
	buf_wipe(&message);
}

static void test_same_proposal_twice(void **state)
{
	struct pubkit *k = *state;
	struct buf message = pubkit_proposal(k, pubkit_remove(2), NULL);
	struct buf again;

	assert_int_equal(buf_copy(&again, buf_view(&message)), 0);
	assert_int_equal(pubkit_process(k, message), 0);
	assert_int_equal(pubkit_refuse(k, again), ROWAN_E_EXISTS);
}

static void test_external_join_and_resync(void **state)
{
	const struct sender joiner = {SENDER_NEW_MEMBER_COMMIT, 0};
	struct pubkit *k = *state;
	struct pubkit_path path = {.client = &k->client[9]};
	struct pubkit_wrong as = {.signer = &k->client[9]};
	struct pubkit_entries e = {0};

	pubkit_by_value(&e, pubkit_external_init(k));
	assert_int_equal(
		pubkit_process(k, pubkit_commit(k, joiner, &e, &path, &as)), 0);
	assert_int_equal(tree_members(k->group->tree), PUBKIT_MEMBERS + 1);
	/* the member of leaf 2 comes back under the same key */
	path.client = &k->client[2];
	as.signer = &k->client[2];
	pubkit_by_value(&e, pubkit_external_init(k));
	pubkit_by_value(&e, pubkit_remove(2));
	assert_int_equal(
		pubkit_process(k, pubkit_commit(k, joiner, &e, &path, &as)), 0);
	assert_int_equal(tree_members(k->group->tree), PUBKIT_MEMBERS + 1);
}

/* 12.4.3.2: an external Commit "MUST NOT include any proposals by
 * reference" */
static void test_external_join_by_reference(void **state)
{
	const struct sender joiner = {SENDER_NEW_MEMBER_COMMIT, 0};
	struct pubkit *k = *state;
	const struct pubkit_path path = {.client = &k->client[9]};
	const struct pubkit_wrong as = {.signer = &k->client[9]};
	struct pubkit_entries e = {0};
	struct buf remove = pubkit_proposal(k, pubkit_remove(2), NULL);

	pubkit_by_value(&e, pubkit_external_init(k));
	pubkit_by_ref(k, &e, buf_view(&remove));
	assert_int_equal(pubkit_process(k, remove), 0);
	assert_int_equal(
		pubkit_refuse(k, pubkit_commit(k, joiner, &e, &path, &as)),
		ROWAN_E_MLS_PROPOSAL_LIST);
}

static void test_reinit_closes(void **state)
{
	struct pubkit *k = *state;

	assert_int_equal(pubkit_process(k, commit_of(k, pubkit_reinit())), 0);
	assert_true(k->group->closed);
	/* 12.4.2: "MUST NOT use the group to send messages anymore" */
	assert_int_equal(pubkit_refuse(k, pubkit_commit(k, pubkit_member(0),
						  NULL, NULL, NULL)),
		ROWAN_E_MLS_REINIT);
}

static void test_save_and_load(void **state)
{
	struct pubkit *k = *state;
	struct public_group *loaded;
	struct buf saved;
	struct buf again;

	assert_int_equal(
		pubkit_process(k, pubkit_proposal(k, pubkit_remove(2), NULL)),
		0);
	assert_int_equal(public_group_save(k->group, &saved), 0);
	assert_int_equal(
		public_group_load(suite_default, buf_view(&saved), &loaded), 0);
	assert_int_equal(public_group_save(loaded, &again), 0);
	assert_true(bytes_eq(buf_view(&saved), buf_view(&again)));
	buf_wipe(&again);
	public_group_free(k->group);
	k->group = loaded;
	assert_int_equal(pubkit_process(k, commit_of(k, pubkit_remove(3))), 0);
	/* every byte counts, and so does the length */
	for (size_t i = 0; i < saved.len; i++) {
		int rc;

		saved.data[i] ^= 0x40;
		rc = public_group_load(
			suite_default, buf_view(&saved), &loaded);
		saved.data[i] ^= 0x40;
		if (rc == 0)
			public_group_free(loaded);
		else
			assert_true(rc == ROWAN_E_CORRUPT ||
				    rc == ROWAN_E_TOO_NEW ||
				    rc == ROWAN_E_MLS_SUITE);
	}
	for (size_t len = 0; len < saved.len; len += 7) {
		assert_int_equal(public_group_load(suite_default,
					 bytes_of(saved.data, len), &loaded),
			ROWAN_E_CORRUPT);
		assert_null(loaded);
	}
	/* a byte of a name: the tree hash is not the context's any more */
	for (size_t i = 0; i + 6 < saved.len; i++) {
		if (memcmp(saved.data + i, "user03", 6) != 0)
			continue;
		saved.data[i] ^= 1;
		assert_int_equal(public_group_load(suite_default,
					 buf_view(&saved), &loaded),
			ROWAN_E_CORRUPT);
		saved.data[i] ^= 1;
	}
	/* an interim hash that is short, a flag that is none, another suite,
	 * format 0 */
	saved.data[1] = 0;
	assert_int_equal(
		public_group_load(suite_default, buf_view(&saved), &loaded),
		ROWAN_E_CORRUPT);
	saved.data[1] = 1;
	saved.data[6] = 0x1a;
	assert_int_equal(
		public_group_load(suite_default, buf_view(&saved), &loaded),
		ROWAN_E_MLS_SUITE);
	saved.data[6] = 3;
	saved.data[1] = 2;
	assert_int_equal(
		public_group_load(suite_default, buf_view(&saved), &loaded),
		ROWAN_E_TOO_NEW);
	buf_wipe(&saved);
}

/* The state with other proposals, or another flag, behind the hashes. */
static int load_with(struct pubkit *k, uint8_t closed, struct bytes proposals)
{
	const struct bytes interim = hash_view(&k->group->interim);
	struct public_group *group;
	struct buf saved;
	struct writer w;
	size_t at = 0;
	int rc;

	assert_int_equal(public_group_save(k->group, &saved), 0);
	while (memcmp(saved.data + at, interim.data, interim.len) != 0)
		at++;
	writer_init(&w, 1 << 16);
	writer_raw(&w, saved.data, at + interim.len);
	writer_u8(&w, closed);
	writer_raw(&w, proposals.data, proposals.len);
	rc = public_group_load(suite_default, writer_view(&w), &group);
	if (rc == 0)
		public_group_free(group);
	writer_wipe(&w);
	buf_wipe(&saved);
	return rc;
}

static void test_load_what_was_never_saved(void **state)
{
	struct pubkit *k = *state;
	struct buf commit =
		pubkit_commit(k, pubkit_member(0), NULL, NULL, NULL);
	struct writer w;
	size_t mark;

	assert_int_equal(load_with(k, 0, bytes_of("", 1)), 0);
	assert_int_equal(load_with(k, 1, bytes_of("", 1)), 0);
	assert_int_equal(load_with(k, 2, bytes_of("", 1)), ROWAN_E_CORRUPT);
	/* a commit among the proposals: its content is behind the version and
	 * before the membership tag */
	writer_init(&w, 1 << 16);
	mark = writer_open(&w);
	writer_vec(&w, bytes_of(commit.data + 2, commit.len - 2 - 33));
	writer_close(&w, mark);
	assert_int_equal(load_with(k, 0, writer_view(&w)), ROWAN_E_CORRUPT);
	writer_wipe(&w);
	buf_wipe(&commit);
}

int main(void)
{
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, pubkit_setup, pubkit_teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_follows_a_group),
		TEST(test_says_what_changes),
		TEST(test_merges_once_and_in_its_epoch),
		TEST(test_staged_twice),
		TEST(test_same_proposal_twice),
		TEST(test_external_join_and_resync),
		TEST(test_external_join_by_reference),
		TEST(test_reinit_closes),
		TEST(test_save_and_load),
		TEST(test_load_what_was_never_saved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
