/*
 * The store by itself: who takes part and who is delivered to, whatever was
 * asked before it was called.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/store_kit.h"

/* Channel 1: members 1, 2, 3 with devices 1, 2, 3; 31 is member 3's other. */
static int setup(void **state)
{
	static struct kit kit;

	kit_start(&kit, NULL);
	kit_people(&kit, 4, 3);
	kit_begin(&kit);
	kit_device(&kit, 31, 3);
	kit_commit(&kit);
	*state = &kit;
	return 0;
}

static int access_of(struct kit *k, uint32_t device)
{
	return store_channel_access(k->st, kit_at('c', 1), kit_at('d', device));
}

/* Who may take part: these, in this order, and no other. */
static void entitled(struct kit *k, const uint32_t *devices, size_t len)
{
	struct id16 ids[8];
	size_t n = 0;

	assert_int_equal(
		store_channel_entitled(k->st, kit_at('c', 1), ids, 8, &n), 0);
	assert_int_equal(n, len);
	for (size_t i = 0; i < n; i++)
		assert_memory_equal(
			&ids[i], kit_at('d', devices[i]), sizeof ids[i]);
}

/* Device 1 submits to channel 1; how many are delivered to. */
static size_t submit(struct kit *k, uint64_t counter)
{
	struct store_envelope e = kit_envelope(1, counter, "sealed");
	struct id16 from = kit_id('d', 1);
	struct store_submitted done;

	assert_int_equal(store_submit(k->st, &from, &e, &done), 0);
	return done.deliveries_len;
}

static void test_revoked_is_left_out(void **state)
{
	struct kit *k = *state;
	struct id16 to[] = {kit_id('d', 3), kit_id('d', 2)};
	struct store_envelope e = kit_envelope(1, 2, "named");
	struct id16 from = kit_id('d', 1);
	const uint32_t rest[] = {1, 2, 31};
	struct store_submitted done;

	kit_begin(k);
	assert_int_equal(store_device_revoke(k->st, &to[0]), 0);
	entitled(k, rest, 3);
	assert_int_equal(submit(k, 1), 2);
	e.to = to;
	e.to_len = 2;
	assert_int_equal(store_submit(k->st, &from, &e, &done), 0);
	assert_int_equal(done.deliveries_len, 1);
	e.counter = 0;
	assert_int_equal(store_post(k->st, &e, &done), 0);
	assert_int_equal(done.deliveries_len, 1);
	kit_commit(k);
	assert_int_equal(kit_waiting(k, 3), 0);
	assert_int_equal(kit_waiting(k, 2), 3);
	assert_int_equal(kit_waiting(k, 31), 1);
}

static void card(struct kit *k, uint64_t from, uint64_t until)
{
	struct id16 id = kit_id('d', 2);
	struct store_device d;

	assert_int_equal(store_device_by_id(store_view(k->st), &id, &d), 0);
	d.from = from;
	d.until = until;
	assert_int_equal(store_device_put(k->st, &d, bytes_of("a card", 6)), 0);
}

static void test_a_card_begins_and_ends(void **state)
{
	const uint32_t all[] = {1, 2, 3, 31}, rest[] = {1, 3, 31};
	struct kit *k = *state;

	kit_begin(k);
	card(k, k->now + 1, 0);
	assert_int_equal(access_of(k, 2), ROWAN_E_REFUSED);
	entitled(k, rest, 3);
	assert_int_equal(submit(k, 1), 2);
	card(k, k->now, k->now + 1);
	assert_int_equal(access_of(k, 2), 0);
	entitled(k, all, 4);
	assert_int_equal(submit(k, 2), 3);
	/* Not begun while the clock was sure. */
	store_doubt(k->st, k->now - 1);
	assert_int_equal(access_of(k, 2), ROWAN_E_REFUSED);
	assert_int_equal(submit(k, 3), 2);
	store_doubt(k->st, k->now);
	card(k, 0, k->now);
	assert_int_equal(access_of(k, 2), ROWAN_E_REFUSED);
	entitled(k, rest, 3);
	assert_int_equal(submit(k, 4), 2);
	kit_commit(k);
	assert_int_equal(kit_waiting(k, 2), 1);
}

static void seat(struct kit *k, uint64_t from, uint64_t until)
{
	struct store_assignment a = {kit_id('m', 2), from, until};

	assert_int_equal(store_assign(k->st, kit_at('c', 1), &a), 0);
}

static void test_an_assignment_begins_and_ends(void **state)
{
	const uint32_t all[] = {1, 2, 3, 31}, rest[] = {1, 3, 31};
	struct kit *k = *state;

	kit_begin(k);
	/* The rows come in the order of the assignments. */
	seat(k, k->now + 1, 0);
	entitled(k, rest, 3);
	assert_int_equal(submit(k, 1), 2);
	seat(k, k->now, k->now + 1);
	entitled(k, all, 4);
	assert_int_equal(submit(k, 2), 3);
	store_doubt(k->st, k->now - 1);
	assert_int_equal(access_of(k, 2), ROWAN_E_REFUSED);
	assert_int_equal(submit(k, 3), 2);
	store_doubt(k->st, k->now);
	seat(k, 0, k->now);
	entitled(k, rest, 3);
	assert_int_equal(submit(k, 4), 2);
	kit_commit(k);
	assert_int_equal(kit_waiting(k, 2), 1);
}

/* Of each of the two. */
static void test_what_is_over_is_not_shared(void **state)
{
	struct kit *k = *state;
	struct id16 a = kit_id('d', 1), b = kit_id('d', 2);
	struct store_reader *rd = store_view(k->st);

	kit_begin(k);
	seat(k, 0, k->now);
	assert_int_equal(
		store_device_shares(rd, &a, &b, k->now), ROWAN_E_REFUSED);
	assert_int_equal(
		store_device_shares(rd, &b, &a, k->now), ROWAN_E_REFUSED);
	seat(k, k->now + 1, 0);
	assert_int_equal(
		store_device_shares(rd, &a, &b, k->now), ROWAN_E_REFUSED);
	assert_int_equal(
		store_device_shares(rd, &b, &a, k->now), ROWAN_E_REFUSED);
	assert_int_equal(store_device_shares(rd, &a, &b, k->now + 1), 0);
	kit_commit(k);
}

static void test_a_closed_channel_is_nobody_s(void **state)
{
	struct kit *k = *state;
	struct store_channel c = {
		.id = kit_id('c', 1), .case_id = kit_id('s', 1), .kind = 1};
	struct store_envelope e = kit_envelope(1, 1, "sealed");
	struct id16 from = kit_id('d', 1), to = kit_id('d', 2), ids[8];
	struct store_submitted done;
	size_t n;

	c.closed = true;
	kit_begin(k);
	assert_int_equal(store_channel_put(k->st, &c), 0);
	assert_int_equal(access_of(k, 1), ROWAN_E_REFUSED);
	assert_int_equal(store_channel_entitled(k->st, &c.id, ids, 8, &n),
		ROWAN_E_REFUSED);
	assert_int_equal(n, 0);
	assert_int_equal(
		store_submit(k->st, &from, &e, &done), ROWAN_E_REFUSED);
	e.counter = 0;
	e.to = &to;
	e.to_len = 1;
	assert_int_equal(store_post(k->st, &e, &done), ROWAN_E_REFUSED);
	kit_commit(k);
}

static void test_entitled_has_its_room(void **state)
{
	struct kit *k = *state;
	struct id16 ids[4];
	size_t n = 9;

	kit_begin(k);
	assert_int_equal(
		store_channel_entitled(k->st, kit_at('c', 1), ids, 3, &n),
		ROWAN_E_LIMIT);
	assert_int_equal(n, 4);
	kit_commit(k);
}

/* What the daemon posts has no counter and says to whom. */
static void test_post_refused(void **state)
{
	struct kit *k = *state;
	struct store_envelope e = kit_envelope(1, 0, "welcome"), good;
	struct id16 to = kit_id('d', 2);
	struct store_submitted done;

	e.to = &to;
	e.to_len = 1;
	good = e;
	kit_begin(k);
	e.counter = 1;
	assert_int_equal(store_post(k->st, &e, &done), ROWAN_E_INVAL);
	e = good;
	e.to = NULL;
	e.to_len = 0;
	assert_int_equal(store_post(k->st, &e, &done), ROWAN_E_INVAL);
	e = good;
	e.body.len = 0;
	assert_int_equal(store_post(k->st, &e, &done), ROWAN_E_INVAL);
	e.body.len = STORE_ENVELOPE_MAX + 1;
	assert_int_equal(store_post(k->st, &e, &done), ROWAN_E_INVAL);
	e = good;
	e.to_len = STORE_RECIPIENT_MAX + 1;
	assert_int_equal(store_post(k->st, &e, &done), ROWAN_E_INVAL);
	assert_int_equal(store_post(k->st, &good, &done), 0);
	kit_commit(k);
	assert_int_equal(kit_waiting(k, 2), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, kit_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_revoked_is_left_out),
		TEST(test_a_card_begins_and_ends),
		TEST(test_an_assignment_begins_and_ends),
		TEST(test_what_is_over_is_not_shared),
		TEST(test_a_closed_channel_is_nobody_s),
		TEST(test_entitled_has_its_room),
		TEST(test_post_refused),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
