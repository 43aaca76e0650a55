/*
 * What others have proposed and what of it gets into a commit (RFC 9420
 * section 12.2): nobody's proposal may stop one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include <rowan/mls.h>

#define PEOPLE	4
#define MEMBERS 3

/* Person 0 commits, 1 and 2 propose, 3 is outside. */
struct person {
	struct rowan_mls *client;
	struct rowan_mls_group *group;
	bool knows_psk;
};

static struct person person[PEOPLE];
static uint64_t now;

static uint64_t host_clock(void *ctx)
{
	return now;
}

static int host_random(void *ctx, uint8_t *ret, size_t len)
{
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
	const struct person *p = ctx;

	if (!p->knows_psk)
		return 1;
	memcpy(ret, "secret", 6);
	*len = 6;
	return 0;
}

static struct rowan_mls_bytes view(const struct rowan_mls_buf *b)
{
	return (struct rowan_mls_bytes){b->data, b->len};
}

static void take(struct person *p, struct rowan_mls_bytes message)
{
	struct rowan_mls_received *r;

	assert_int_equal(rowan_mls_process(p->group, message, &r), 0);
	assert_int_equal(rowan_mls_accept(p->group, r), 0);
	rowan_mls_received_free(r);
}

/* Person 0 adds person ${i}, who joins; the others follow. */
static void add(unsigned i)
{
	struct rowan_mls_buf package;
	struct rowan_mls_proposal p = {.type = ROWAN_MLS_ADD};
	const struct rowan_mls_commit_options o = {
		.proposals = &p, .n = 1, .tree = true};
	struct rowan_mls_committed made;

	assert_int_equal(
		rowan_mls_key_package(person[i].client, NULL, &package, NULL),
		0);
	p.key_package = view(&package);
	assert_int_equal(rowan_mls_commit(person[0].group, &o, &made), 0);
	assert_int_equal(rowan_mls_merge_commit(person[0].group), 0);
	for (unsigned k = 1; k < i; k++)
		take(&person[k], view(&made.commit));
	assert_int_equal(rowan_mls_join(person[i].client, view(&made.welcome),
				 NULL, &person[i].group),
		0);
	rowan_mls_committed_free(&made);
	rowan_mls_buf_free(&package);
}

static int setup(void **state)
{
	now = 1000000;
	memset(person, 0, sizeof person);
	for (unsigned i = 0; i < PEOPLE; i++) {
		const uint8_t name = (uint8_t)('a' + i);
		const struct rowan_mls_options o = {
			.host = {.ctx = &person[i],
				.clock = host_clock,
				.random = host_random,
				.validate = host_validate,
				.psk = host_psk},
			.credential = {ROWAN_MLS_BASIC, {&name, 1}}};

		assert_int_equal(rowan_mls_new(&o, &person[i].client), 0);
	}
	assert_int_equal(rowan_mls_group_create(person[0].client,
				 (struct rowan_mls_bytes){NULL, 0},
				 (struct rowan_mls_extensions){NULL, 0},
				 &person[0].group),
		0);
	for (unsigned i = 1; i < MEMBERS; i++)
		add(i);
	return 0;
}

static int teardown(void **state)
{
	for (unsigned i = 0; i < PEOPLE; i++) {
		rowan_mls_group_free(person[i].group);
		rowan_mls_free(person[i].client);
	}
	return 0;
}

/* Person ${i} proposes, and all members hear of it. */
static void propose(unsigned i, const struct rowan_mls_proposal *p)
{
	struct rowan_mls_buf message;

	assert_int_equal(
		rowan_mls_propose(person[i].group, p, NULL, &message, NULL), 0);
	for (unsigned k = 0; k < MEMBERS; k++) {
		if (k != i)
			take(&person[k], view(&message));
	}
	rowan_mls_buf_free(&message);
}

/* Person 0 commits; ${left} persons of the members stay and agree. */
static void commit(unsigned stay)
{
	struct rowan_mls_committed made;

	assert_int_equal(rowan_mls_commit(person[0].group, NULL, &made), 0);
	assert_int_equal(rowan_mls_merge_commit(person[0].group), 0);
	for (unsigned k = 1; k < MEMBERS; k++) {
		struct rowan_mls_bytes mine;
		struct rowan_mls_bytes theirs;

		take(&person[k], view(&made.commit));
		if ((stay & 1u << k) == 0)
			continue;
		mine = rowan_mls_group_epoch_authenticator(person[0].group);
		theirs = rowan_mls_group_epoch_authenticator(person[k].group);
		assert_int_equal(mine.len, theirs.len);
		assert_memory_equal(mine.data, theirs.data, mine.len);
	}
	rowan_mls_committed_free(&made);
}

#define EVERYBODY 6u /* persons 1 and 2 */

/* "prefer any Remove received", though the Update came first */
static void test_remove_before_update(void **state)
{
	const struct rowan_mls_proposal update = {.type = ROWAN_MLS_UPDATE};
	const struct rowan_mls_proposal remove = {
		.type = ROWAN_MLS_REMOVE, .leaf = 1};

	propose(1, &update);
	propose(2, &remove);
	commit(EVERYBODY & ~2u);
	assert_int_equal(rowan_mls_group_member_count(person[0].group), 2);
}

/* "or the most recent Update" */
static void test_latest_update(void **state)
{
	const struct rowan_mls_proposal update = {.type = ROWAN_MLS_UPDATE};
	struct rowan_mls_proposal_view last;
	struct rowan_mls_member member;
	uint8_t key[32];
	uint32_t leaf = 1;

	propose(1, &update);
	propose(1, &update);
	assert_int_equal(rowan_mls_pending(person[0].group, 1, &last), 0);
	assert_int_equal(last.member.encryption_key.len, sizeof key);
	memcpy(key, last.member.encryption_key.data, sizeof key);
	commit(EVERYBODY);
	assert_true(
		rowan_mls_group_next_member(person[0].group, &leaf, &member));
	assert_int_equal(member.leaf, 1);
	assert_memory_equal(member.encryption_key.data, key, sizeof key);
}

/* A key package that has run out since it was proposed. */
static void test_stale_add(void **state)
{
	const struct rowan_mls_key_package_options soon = {
		.not_before = now - 10, .not_after = now + 10};
	const struct rowan_mls_proposal remove = {
		.type = ROWAN_MLS_REMOVE, .leaf = 2};
	struct rowan_mls_proposal add = {.type = ROWAN_MLS_ADD};
	struct rowan_mls_buf package;

	assert_int_equal(
		rowan_mls_key_package(person[3].client, &soon, &package, NULL),
		0);
	add.key_package = view(&package);
	propose(1, &add);
	propose(1, &remove);
	now += 20;
	commit(EVERYBODY & ~4u);
	assert_int_equal(rowan_mls_group_member_count(person[0].group), 2);
	rowan_mls_buf_free(&package);
}

/* A PSK the committer has never heard of. */
static void test_unknown_psk(void **state)
{
	const struct rowan_mls_proposal psk = {.type = ROWAN_MLS_PSK,
		.psk = {ROWAN_MLS_PSK_EXTERNAL, {(const uint8_t *)"x", 1}, 0}};
	uint64_t epoch = rowan_mls_group_epoch(person[0].group);

	person[1].knows_psk = true;
	propose(1, &psk);
	commit(EVERYBODY);
	assert_int_equal(rowan_mls_group_epoch(person[0].group), epoch + 1);
	/* and one that all know */
	person[0].knows_psk = person[2].knows_psk = true;
	propose(1, &psk);
	commit(EVERYBODY);
}

/* Somebody proposes to remove the committer, or to close the group. */
static void test_against_the_committer(void **state)
{
	const struct rowan_mls_proposal remove = {
		.type = ROWAN_MLS_REMOVE, .leaf = 0};
	const struct rowan_mls_proposal reinit = {.type = ROWAN_MLS_REINIT,
		.group_id = {(const uint8_t *)"next", 4}};
	const struct rowan_mls_proposal update = {.type = ROWAN_MLS_UPDATE};

	propose(1, &remove);
	propose(2, &reinit);
	propose(2, &update);
	commit(EVERYBODY);
	assert_int_equal(rowan_mls_group_member_count(person[0].group), 3);
	assert_true(rowan_mls_group_active(person[0].group));
}

/*
 * 12.3: "The client MUST apply the proposals in the list in the following
 * order": a removal before an addition, whatever came first in the list.
 */
static void test_order(void **state)
{
	struct rowan_mls_proposal both[] = {
		{.type = ROWAN_MLS_ADD}, {.type = ROWAN_MLS_REMOVE, .leaf = 1}};
	const struct rowan_mls_commit_options o = {
		.proposals = both, .n = 2, .tree = true};
	struct rowan_mls_committed made;
	struct rowan_mls_member member;
	struct rowan_mls_buf package;
	uint32_t leaf = 1;

	assert_int_equal(
		rowan_mls_key_package(person[3].client, NULL, &package, NULL),
		0);
	both[0].key_package = view(&package);
	assert_int_equal(rowan_mls_commit(person[0].group, &o, &made), 0);
	assert_int_equal(rowan_mls_merge_commit(person[0].group), 0);
	take(&person[2], view(&made.commit));
	assert_int_equal(rowan_mls_join(person[3].client, view(&made.welcome),
				 NULL, &person[3].group),
		0);
	assert_int_equal(rowan_mls_group_leaf(person[3].group), 1);
	assert_true(
		rowan_mls_group_next_member(person[2].group, &leaf, &member));
	assert_int_equal(member.leaf, 1);
	rowan_mls_committed_free(&made);
	rowan_mls_buf_free(&package);
}

static void assert_saved(unsigned i, const struct rowan_mls_buf *before)
{
	struct rowan_mls_buf after;

	assert_int_equal(rowan_mls_group_save(person[i].group, &after), 0);
	assert_int_equal(after.len, before->len);
	assert_memory_equal(after.data, before->data, after.len);
	rowan_mls_buf_free(&after);
}

/* Word for word what is pending: by its sender again, or sent again. */
static void test_twice(void **state)
{
	const struct rowan_mls_proposal remove = {
		.type = ROWAN_MLS_REMOVE, .leaf = 2};
	const struct rowan_mls_wire open = {.is_public = true};
	struct rowan_mls_buf message, again, before[2];
	struct rowan_mls_received *r;

	assert_int_equal(rowan_mls_propose(person[1].group, &remove, &open,
				 &message, NULL),
		0);
	take(&person[0], view(&message));
	for (unsigned i = 0; i < 2; i++)
		assert_int_equal(
			rowan_mls_group_save(person[i].group, &before[i]), 0);
	assert_int_equal(rowan_mls_process(person[0].group, view(&message), &r),
		ROWAN_E_EXISTS);
	assert_null(r);
	/* its sender, to whom it is sent as well */
	assert_int_equal(rowan_mls_process(person[1].group, view(&message), &r),
		ROWAN_E_EXISTS);
	assert_int_equal(rowan_mls_propose(
				 person[1].group, &remove, &open, &again, NULL),
		ROWAN_E_EXISTS);
	assert_null(again.data);
	for (unsigned i = 0; i < 2; i++) {
		assert_saved(i, &before[i]);
		rowan_mls_buf_free(&before[i]);
	}
	rowan_mls_buf_free(&message);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_remove_before_update),
		TEST(test_latest_update),
		TEST(test_stale_add),
		TEST(test_unknown_psk),
		TEST(test_against_the_committer),
		TEST(test_twice),
		TEST(test_order),
	};

	return sodium_init() < 0 ? 1
				 : cmocka_run_group_tests(tests, NULL, NULL);
}
