/*
 * A writer whose commit fails, and one whose store is damaged: what was done in
 * memory is undone, and nobody is served from what cannot be read.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/turn_kit.h"
#include "lib/store_harm.h"
#include "lib/store_kit.h"

/* ---- a commit that fails ---- */

/* All went well until the very last. */
static int lose_commit(void *cookie, struct ops *o)
{
	store_harm_commit(o->store);
	return 0;
}

static void what_was_not_committed_was_not_done(void **state)
{
	struct id16 here = kit_id('d', 2), gone = kit_id('s', 1);
	uint64_t failed = atomic_load(&turn_counters.failed_commits);
	uint64_t before;

	turn_all_subscribe(5);
	before = turn_leaves();
	turn_begin();
	turn_submit(1, 1);
	turn_job(turn_revoke, &here);
	turn_job(turn_erase, &gone);
	turn_put(turn_ask(WIRE_OP_PING, 3));
	turn_job(lose_commit, NULL);
	turn_end();
	assert_int_equal(turn_submitted(&turn_at[1]), WIRE_AGAIN);
	assert_true(turn_at[1].error.retry_ms > 0);
	assert_int_equal(turn_at[2].result, ROWAN_E_AGAIN);
	assert_int_equal(turn_at[4].error.code, WIRE_AGAIN);
	assert_int_equal(turn_at[4].out.len, 0);
	assert_int_equal(turn_at[5].result, ROWAN_E_AGAIN);
	assert_int_equal(turn_last->push_count, 0);
	assert_int_equal(turn_last->revoked_count, 0);
	assert_int_equal(
		atomic_load(&turn_counters.failed_commits), failed + 1);
	assert_int_equal(turn_leaves(), before);
	assert_int_equal(atomic_load(&turn_counters.erasures), 0);
	turn_begin();
	turn_submit(1, 1);
	turn_end();
	assert_int_equal(turn_submitted(&turn_at[1]), WIRE_OK);
	assert_int_equal(turn_last->revoked_count, 0);
	assert_int_equal(turn_pushed(2), 1);
	assert_int_equal(turn_pushed(3), 1);
	assert_int_equal(
		atomic_load(&turn_counters.failed_commits), failed + 1);
}

static int lose(void *cookie, struct ops *o)
{
	o->lost = true;
	return 0;
}

/* Whoever is gone is, and so it is with what is not sent, or the end. */
static void what_touches_no_store_goes_on(void **state)
{
	struct request *r;

	turn_all_subscribe(5);
	turn_begin();
	turn_job(lose, NULL);
	r = turn_say(REQUEST_GONE);
	r->from = (struct peer_ref){2, 1};
	r->device = kit_id('d', 2);
	turn_put(r);
	turn_end();
	turn_begin();
	turn_submit(1, 1);
	turn_end();
	assert_int_equal(turn_pushed(2), 0);
	assert_int_equal(turn_pushed(3), 1);
	turn_begin();
	turn_job(lose, NULL);
	turn_put(turn_say(REQUEST_STOP));
	turn_end();
	assert_false(turn_last->fatal);
	turn_over();
}

/* How many key packages of device 2 device 1 may claim. */
static int claim_all(void *cookie, struct ops *o)
{
	size_t *n = cookie;

	*n = 0;
	while (claims_take(o->claims, kit_at('d', 1), kit_at('d', 2), o->now) ==
		0)
		(*n)++;
	return 0;
}

static void what_was_claimed_in_vain_may_be_claimed(void **state)
{
	size_t n, again;

	turn_begin();
	turn_job(claim_all, &n);
	turn_job(lose_commit, NULL);
	turn_end();
	turn_begin();
	turn_job(claim_all, &again);
	turn_end();
	assert_true(n > 0);
	assert_int_equal(again, n);
	turn_begin();
	turn_job(claim_all, &again);
	turn_end();
	assert_int_equal(again, 0);
	/* What was claimed before is not given back by a later failure. */
	turn_begin();
	turn_job(lose_commit, NULL);
	turn_end();
	turn_begin();
	turn_job(claim_all, &again);
	turn_end();
	assert_int_equal(again, 0);
}

/* Of a restore, what the transaction changed in memory too. */
static int restore(void *cookie, struct ops *o)
{
	struct acts_result none;
	int rc = returning_begin(o->store, bytes_of("a restore", 9), o->now);

	if (rc == 0)
		rc = returning_load(&o->returning, o->view);
	return rc == 0 ? returning_step(&o->returning, o->store, o->now,
				 UINT32_MAX, &none)
		       : rc;
}

static int go_on(void *cookie, struct ops *o)
{
	struct returning *b = &o->returning;

	int rc = returning_tell(b, kit_at('d', 3), WIRE_GIVEN_ALL);

	b->phase = *(const uint8_t *)cookie;
	b->since = 1;
	/* As a step leaves it that has stored it. */
	b->news = false;
	return rc;
}

static int look_at(void *cookie, struct ops *o)
{
	*(struct returning *)cookie = o->returning;
	return 0;
}

/* How many devices' word is stored after another step. */
static int told(void *cookie, struct ops *o)
{
	struct acts_result none;
	struct returning stored;
	int rc = returning_step(
		&o->returning, o->store, o->now, UINT32_MAX, &none);

	if (rc == 0)
		rc = returning_load(&stored, o->view);
	if (rc == 0)
		*(size_t *)cookie = stored.told_count;
	if (rc == 0)
		returning_wipe(&stored);
	return rc;
}

static void what_is_back_is_as_it_is_stored(void **state)
{
	static const uint8_t phases[] = {RETURNING_CASES, RETURNING_OVER};
	struct returning seen;
	size_t count = 0;

	turn_begin();
	turn_job(restore, NULL);
	turn_end();
	assert_int_equal(turn_at[1].result, 0);
	for (size_t i = 0; i < 2; i++) {
		uint8_t phase = phases[i];

		turn_begin();
		turn_job(go_on, &phase);
		turn_job(lose_commit, NULL);
		turn_end();
		assert_int_equal(turn_at[1].result, ROWAN_E_AGAIN);
		turn_begin();
		turn_job(look_at, &seen);
		turn_end();
		assert_int_equal(seen.phase, RETURNING_CLINIC);
		assert_int_equal(seen.since, KIT_NOW);
		/* What was told is told, and stored with the next. */
		assert_int_equal(seen.told_count, 1);
		turn_begin();
		turn_job(told, &count);
		turn_end();
		assert_int_equal(count, 1);
	}
}

/* ---- a damaged store ---- */

static void ends(void)
{
	assert_true(turn_last->fatal);
	turn_over();
}

static int find_damage(void *cookie, struct ops *o)
{
	return ROWAN_E_CORRUPT;
}

static void who_finds_damage_ends_it(void **state)
{
	turn_begin();
	turn_job(find_damage, NULL);
	turn_submit(1, 1);
	turn_end();
	assert_int_equal(turn_at[1].result, ROWAN_E_CORRUPT);
	ends();
}

static uint64_t signed_size(void)
{
	uint64_t size;

	(void)head_note(turn_head, &size);
	return size;
}

/* What was done in the last second is signed, but by nobody who is damaged. */
static void only_a_sound_end_is_signed(void **state)
{
	uint64_t before, size;

	before = turn_leaves();
	turn_begin();
	turn_submit(1, 1);
	if (*state != NULL)
		turn_job(find_damage, NULL);
	else
		turn_put(turn_say(REQUEST_STOP));
	turn_end();
	assert_int_equal(turn_submitted(&turn_at[1]), WIRE_OK);
	turn_over();
	size = signed_size();
	assert_int_equal(size, *state != NULL ? before : before + 1);
}

/* What a disk makes of it. */
static int do_damage(void *cookie, struct ops *o)
{
	store_harm(o->store, cookie);
	return 0;
}

/* What waits cannot be read: nobody is told that it was given. */
static void what_is_damaged_is_handed_to_nobody(void **state)
{
	static char envelopes[] =
		"UPDATE envelope SET body=zeroblob(length(body))";

	turn_begin();
	turn_submit(1, 1);
	turn_job(do_damage, envelopes);
	turn_end();
	assert_int_equal(turn_at[2].result, 0);
	assert_false(turn_last->fatal);
	turn_begin();
	turn_subscribe(2, 5);
	turn_end();
	assert_int_equal(turn_last->push_count, 0);
	assert_int_equal(turn_at[1].error.code, WIRE_AGAIN);
	ends();
}

/* Nor is anything done by whose card cannot be read. */
static void who_is_damaged_does_nothing(void **state)
{
	static char cards[] = "UPDATE device SET detail=(SELECT d2.detail"
			      " FROM device d2 WHERE d2.id<>device.id)";

	turn_begin();
	turn_job(do_damage, cards);
	turn_end();
	turn_begin();
	turn_put(turn_ask(WIRE_OP_PING, 1));
	turn_end();
	assert_int_equal(turn_at[1].error.code, WIRE_AGAIN);
	ends();
}

static int muddle_restore(void *cookie, struct ops *o)
{
	return store_meta_put(
		o->store, STORE_META_RETURNING, bytes_of("\0\1\377", 3));
}

/* How it stood cannot be read when it must be. */
static void a_restore_that_is_damaged_ends_it(void **state)
{
	turn_begin();
	turn_job(restore, NULL);
	turn_end();
	turn_begin();
	turn_job(muddle_restore, NULL);
	turn_end();
	assert_false(turn_last->fatal);
	turn_begin();
	turn_job(lose_commit, NULL);
	turn_end();
	ends();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, turn_setup, turn_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_not_committed_was_not_done),
		TEST(what_touches_no_store_goes_on),
		TEST(what_was_claimed_in_vain_may_be_claimed),
		TEST(what_is_back_is_as_it_is_stored),
		TEST(who_finds_damage_ends_it),
		TEST(only_a_sound_end_is_signed),
		cmocka_unit_test_prestate_setup_teardown(
			only_a_sound_end_is_signed, turn_setup, turn_teardown,
			&turn_head),
		TEST(what_is_damaged_is_handed_to_nobody),
		TEST(who_is_damaged_does_nothing),
		TEST(a_restore_that_is_damaged_ends_it),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
