/*
 * The writer without a network: what one group of requests does when a device
 * is revoked in it, when it fails, and when the clock is in doubt.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/turn_kit.h"
#include "lib/store_kit.h"

static int notice(void *cookie, struct ops *o)
{
	return subs_notice(&o->subs, cookie);
}

/* As when the disk does not take what was written. */
static int lose(void *cookie, struct ops *o)
{
	o->lost = true;
	return 0;
}

static int leaves(void *cookie, struct ops *o)
{
	*(uint64_t *)cookie = store_log_next(o->store);
	return 0;
}

/* ---- revocation ---- */

/* It came before the revocation: others get it, the revoked device does not. */
static void a_revoked_device_gets_nothing_of_its_group(void **state)
{
	struct id16 gone = kit_id('d', 2);
	uint64_t before;

	turn_all_subscribe(5);
	before = turn_leaves();
	turn_begin();
	turn_submit(1, 1);
	turn_job(turn_revoke, &gone);
	turn_end();
	assert_int_equal(turn_submitted(&turn_at[1]), WIRE_OK);
	assert_int_equal(turn_pushed(3), 1);
	assert_int_equal(turn_last->push_count, 1);
	assert_int_equal(turn_last->revoked_count, 1);
	assert_memory_equal(&turn_last->revoked[0], &gone, sizeof gone);
	/* The submission's, and that 3 was given it; not that 2 was. */
	assert_int_equal(turn_leaves(), before + 2);
}

/* Nor is what waits in its mailbox handed to it, nor any news. */
static void a_revoked_device_gets_nothing_that_waits(void **state)
{
	struct id16 gone = kit_id('d', 2);
	struct notice n = {.chain = kit_id('s', 1), .all = true};
	struct request *r;

	turn_all_subscribe(0);
	turn_begin();
	turn_submit(1, 1);
	turn_job(notice, &n);
	turn_end();
	assert_int_equal(turn_last->push_count, 0);
	turn_begin();
	r = turn_ask(WIRE_OP_CREDIT, 2);
	r->body.credit.credit = 5;
	turn_put(r);
	turn_job(turn_revoke, &gone);
	turn_end();
	assert_int_equal(turn_last->push_count, 0);
	assert_int_equal(turn_last->revoked_count, 1);
	/* Others get theirs with the next. */
	turn_begin();
	r = turn_ask(WIRE_OP_CREDIT, 3);
	r->body.credit.credit = 5;
	turn_put(r);
	turn_end();
	assert_int_equal(turn_pushed(3), 2);
	assert_int_equal(turn_last->push_count, 2);
}

/* Its connection may live on for a moment: it has no subscription. */
static void a_revoked_device_hears_nothing_after(void **state)
{
	struct id16 gone = kit_id('d', 2);
	struct notice n = {.chain = kit_id('s', 1), .all = true};

	turn_all_subscribe(5);
	turn_begin();
	turn_job(notice, &n);
	turn_job(turn_revoke, &gone);
	turn_end();
	assert_int_equal(turn_pushed(2), 0);
	assert_int_equal(turn_last->push_count, 2);
	turn_begin();
	turn_job(notice, &n);
	turn_end();
	assert_int_equal(turn_pushed(2), 0);
	assert_int_equal(turn_last->push_count, 2);
}

static void pass(uint64_t seconds)
{
	turn_wall.wall += seconds * 1000;
	turn_wall.boot += seconds * 1000;
	assert_int_equal(clock_tick(turn_clock), 0);
}

/* ---- what waits ---- */

/* Members of staff are given what waits, and the log says so. */
static void what_waits_is_told(void **state)
{
	uint64_t before;

	turn_begin();
	turn_submit(1, 1);
	turn_end();
	before = turn_leaves();
	turn_begin();
	turn_subscribe(2, 5);
	turn_end();
	assert_int_equal(turn_pushed(2), 1);
	assert_int_equal(turn_leaves(), before + 1);
}

static int spend(void *cookie, struct ops *o)
{
	while (claims_some_leaves(o->claims, cookie, 1000, o->now) > 0)
		;
	return 0;
}

/* Whose reading has filled the log waits; then it comes by itself. */
static void what_waits_may_wait_longer(void **state)
{
	struct id16 reader = kit_id('d', 2);

	turn_begin();
	turn_submit(1, 1);
	turn_end();
	turn_begin();
	turn_job(spend, &reader);
	turn_end();
	turn_begin();
	turn_subscribe(2, 5);
	turn_end();
	assert_int_equal(turn_pushed(2), 0);
	pass(60);
	assert_true(ring_put(&turn_lanes.used, turn_last));
	turn_last = turn_next();
	assert_int_equal(turn_last->request_count, 0);
	assert_int_equal(turn_pushed(2), 1);
}

/* A restore waits for the people of all cases. */
static int restore(void *cookie, struct ops *o)
{
	int rc = returning_begin(o->store, bytes_of("a restore", 9), o->now);

	if (rc == 0)
		rc = returning_load(&o->returning, o->view);
	o->returning.phase = RETURNING_CASES;
	o->returning.desk = WIRE_GIVEN_ALL;
	return rc;
}

static int give_back(void *cookie, struct ops *o)
{
	int rc = 0;

	for (uint32_t i = 1; rc == 0 && i <= 3; i++)
		rc = returning_tell(
			&o->returning, kit_at('d', i), WIRE_GIVEN_ALL);
	return rc;
}

/* What waits for its case comes by itself once the case is served. */
static void what_waits_for_its_case_comes_then(void **state)
{
	turn_begin();
	turn_submit(1, 1);
	turn_end();
	turn_begin();
	turn_job(restore, NULL);
	turn_subscribe(2, 5);
	turn_end();
	assert_int_equal(turn_at[1].result, 0);
	assert_int_equal(turn_pushed(2), 0);
	turn_begin();
	turn_job(give_back, NULL);
	turn_end();
	while (turn_pushed(2) == 0) {
		assert_true(ring_put(&turn_lanes.used, turn_last));
		turn_last = turn_next();
	}
	assert_int_equal(turn_last->request_count, 0);
	assert_int_equal(turn_pushed(2), 1);
}

/* ---- the end of a card ---- */

static int give_card(void *cookie, struct ops *o)
{
	struct id16 id = kit_id('d', 2);
	struct store_device d;
	int rc = store_device_by_id(o->view, &id, &d);

	d.until = *(const uint64_t *)cookie;
	return rc == 0 ? store_device_put(o->store, &d, bytes_of("card", 4))
		       : rc;
}

static void card_until(uint64_t time)
{
	turn_begin();
	turn_job(give_card, &time);
	turn_end();
	assert_int_equal(turn_at[1].result, 0);
}

static size_t pushed_one(uint64_t counter)
{
	turn_begin();
	turn_submit(1, counter);
	turn_end();
	assert_int_equal(turn_submitted(&turn_at[1]), WIRE_OK);
	assert_int_equal(turn_pushed(3), 1);
	return turn_pushed(2);
}

/* On the connection that subscribed with it; renewed in time it goes on. */
static void an_ended_card_gets_nothing(void **state)
{
	struct notice n = {.chain = kit_id('s', 1), .all = true};

	card_until(KIT_NOW + 10);
	turn_all_subscribe(9);
	pass(9);
	assert_int_equal(pushed_one(1), 1);
	card_until(KIT_NOW + 20);
	pass(1);
	assert_int_equal(pushed_one(2), 1);
	pass(10);
	assert_int_equal(pushed_one(3), 0);
	turn_begin();
	turn_job(notice, &n);
	turn_end();
	assert_int_equal(turn_pushed(2), 0);
	assert_int_equal(turn_pushed(3), 1);
	/* It was not for a card that had ended. */
	card_until(KIT_NOW + 30);
	pass(1);
	/* The news, and this. */
	assert_int_equal(pushed_one(4), 2);
}

/* ---- a transaction that fails ---- */

static void what_failed_revokes_and_erases_nothing(void **state)
{
	struct id16 here = kit_id('d', 2), gone = kit_id('s', 1);

	turn_all_subscribe(5);
	turn_begin();
	turn_job(turn_revoke, &here);
	turn_job(turn_erase, &gone);
	turn_job(lose, NULL);
	turn_end();
	assert_int_equal(turn_at[1].result, ROWAN_E_AGAIN);
	assert_int_equal(turn_last->revoked_count, 0);
	turn_begin();
	turn_submit(1, 1);
	turn_end();
	assert_int_equal(turn_submitted(&turn_at[1]), WIRE_OK);
	assert_int_equal(turn_last->revoked_count, 0);
	assert_int_equal(turn_pushed(2), 1);
	assert_int_equal(atomic_load(&turn_counters.erasures), 0);
}

static void what_failed_is_pushed_to_nobody(void **state)
{
	struct notice n = {.chain = kit_id('s', 1), .all = true};

	turn_all_subscribe(5);
	turn_begin();
	turn_submit(1, 1);
	turn_job(notice, &n);
	turn_job(lose, NULL);
	turn_end();
	assert_int_equal(turn_submitted(&turn_at[1]), WIRE_AGAIN);
	assert_int_equal(turn_last->push_count, 0);
	turn_begin();
	turn_put(turn_ask(WIRE_OP_PING, 1));
	turn_end();
	assert_int_equal(turn_last->push_count, 0);
	turn_begin();
	turn_submit(1, 1);
	turn_end();
	assert_int_equal(turn_submitted(&turn_at[1]), WIRE_OK);
	assert_int_equal(turn_pushed(2), 1);
	assert_int_equal(turn_pushed(3), 1);
}

/* A channel that nobody knows, when it is to be said what was read. */
static int muddle(void *cookie, struct ops *o)
{
	struct request *r = cookie;

	r->body.submit.items[0].channel = kit_id('c', 99);
	return 0;
}

/* Members of staff get nothing that the log does not say they got. */
static void what_cannot_be_told_is_handed_to_nobody(void **state)
{
	turn_all_subscribe(5);
	turn_begin();
	turn_job(muddle, turn_submit(1, 1));
	turn_end();
	assert_int_equal(turn_submitted(&turn_at[1]), WIRE_AGAIN);
	assert_int_equal(turn_last->push_count, 0);
	turn_begin();
	turn_submit(1, 1);
	turn_end();
	assert_int_equal(turn_submitted(&turn_at[1]), WIRE_OK);
	assert_int_equal(turn_pushed(2), 1);
}

/* Once it has failed nothing more is begun in it. */
static void what_failed_goes_no_further(void **state)
{
	uint64_t n = UINT64_MAX;

	turn_begin();
	turn_job(lose, NULL);
	turn_job(leaves, &n);
	turn_subscribe(2, 5);
	turn_end();
	assert_true(n == UINT64_MAX);
	assert_int_equal(turn_at[3].error.code, WIRE_AGAIN);
	assert_true(turn_at[3].error.retry_ms > 0);
	turn_begin();
	turn_submit(1, 1);
	turn_end();
	assert_int_equal(turn_last->push_count, 0);
}

static int give_chain(void *cookie, struct ops *o)
{
	return store_chain_begin(o->store, cookie, bytes_of("state", 5));
}

/* A channel of statements takes messages of its group alone. */
static void what_failed_closes_no_gate(void **state)
{
	struct id16 of = kit_id('s', 1);

	turn_begin();
	turn_job(give_chain, &of);
	turn_submit(1, 1);
	turn_job(lose, NULL);
	turn_end();
	turn_begin();
	turn_submit(1, 1);
	turn_end();
	assert_int_equal(turn_submitted(&turn_at[1]), WIRE_OK);
}

/* ---- doubt ---- */

static int access_of(void *cookie, struct ops *o)
{
	return store_channel_access(o->store, kit_at('c', 1), cookie);
}

static int assign(void *cookie, struct ops *o)
{
	return store_assign(o->store, kit_at('c', 1), cookie);
}

/* What has not begun while the clock was sure begins when it is again. */
static void in_doubt_nothing_begins(void **state)
{
	struct store_assignment a = {
		.member = kit_id('m', 2), .from = KIT_NOW + 10};
	struct id16 device = kit_id('d', 2);

	turn_begin();
	turn_job(assign, &a);
	turn_end();
	assert_int_equal(turn_at[1].result, 0);
	turn_wall.wall += 86400000;
	turn_wall.boot += 20000;
	assert_int_equal(clock_tick(turn_clock), 0);
	assert_true(clock_read(turn_clock).doubtful);
	assert_true(clock_read(turn_clock).now >= (KIT_NOW + 10) * 1000);
	turn_begin();
	turn_job(access_of, &device);
	turn_end();
	assert_int_equal(turn_at[1].result, ROWAN_E_REFUSED);
	assert_int_equal(clock_accept(turn_clock), 0);
	turn_begin();
	turn_job(access_of, &device);
	turn_end();
	assert_int_equal(turn_at[1].result, 0);
}

/* Nor does anything expire. */
static void in_doubt_what_is_over_is_given(void **state)
{
	turn_begin();
	turn_submit(1, 1)->body.submit.items[0].lifetime = 1;
	turn_end();
	assert_int_equal(turn_submitted(&turn_at[1]), WIRE_OK);
	turn_wall.wall += 86400000;
	turn_wall.boot += 20000;
	assert_int_equal(clock_tick(turn_clock), 0);
	assert_true(clock_read(turn_clock).doubtful);
	turn_begin();
	turn_subscribe(2, 5);
	turn_end();
	assert_int_equal(turn_pushed(2), 1);
	assert_int_equal(clock_accept(turn_clock), 0);
	turn_begin();
	turn_subscribe(3, 5);
	turn_end();
	assert_int_equal(turn_pushed(3), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, turn_setup, turn_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_revoked_device_gets_nothing_of_its_group),
		TEST(a_revoked_device_gets_nothing_that_waits),
		TEST(a_revoked_device_hears_nothing_after),
		TEST(what_waits_is_told),
		TEST(what_waits_may_wait_longer),
		TEST(what_waits_for_its_case_comes_then),
		TEST(an_ended_card_gets_nothing),
		TEST(what_failed_revokes_and_erases_nothing),
		TEST(what_failed_is_pushed_to_nobody),
		TEST(what_cannot_be_told_is_handed_to_nobody),
		TEST(what_failed_goes_no_further),
		TEST(what_failed_closes_no_gate),
		TEST(in_doubt_nothing_begins),
		TEST(in_doubt_what_is_over_is_given),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
