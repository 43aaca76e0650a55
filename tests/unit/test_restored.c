/*
 * The operations after a restore: which statement is taken as a lost one, which
 * as a new one, which waits, and what is taken back with a transaction.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "clinic/acts.h"
#include "lib/acting.h"
#include "ops/restored.h"
#include "trust/rules.h"

#define WAIT 3600u /* seconds */

static struct ops_kit *const w = &acting_ops;
static struct cast *const t = &acting_cast;
static struct returning *const b = &acting_ops.ops.returning;

static int setup(void **state)
{
	(void)acting_setup(state);
	w->config.restore_wait = WAIT * 1000;
	return 0;
}

static int teardown(void **state)
{
	returning_wipe(b);
	return acting_teardown(state);
}

/* It is restored, and stands there; what was lost was signed until now. */
static void restored_to(uint8_t phase)
{
	struct wire_statement s;
	struct buf raw;

	returning_wipe(b);
	world_statement(&t->w, NULL, WIRE_ST_RESTORE, &s);
	s.u.restore = (struct wire_st_restore){3, {{1}}, 5, {{2}}};
	world_sign(&t->w, NULL, &s, &raw);
	kit_begin(&w->kit);
	assert_int_equal(
		returning_begin(w->kit.st, buf_view(&raw), t->w.now), 0);
	kit_commit(&w->kit);
	assert_int_equal(returning_load(b, w->ops.view), 0);
	b->phase = phase;
	buf_wipe(&raw);
}

/* Whoever is asked has given all. */
static void all_gave(void)
{
	const struct world_person *all[] = {&t->coordinator, &t->registrar,
		&t->advocate, &t->officer, &t->victim};

	for (size_t i = 0; i < 5; i++)
		assert_int_equal(
			returning_tell(b, &all[i]->device, WIRE_GIVEN_ALL), 0);
	b->desk = WIRE_GIVEN_ALL;
}

/* A statement of the case, or the clinic's, that is signed now. */
static void signed_now(
	uint8_t kind, const struct world_person *signer, struct buf *ret)
{
	struct wire_statement s;
	bool of_case = wire_statement_of_case(kind);

	world_statement(&t->w, of_case ? t->c : NULL, kind, &s);
	if (kind == WIRE_ST_ASSIGN) {
		s.u.assign.member = t->stranger.member;
		s.u.assign.channel = WIRE_CHANNEL_TEAM;
		s.u.assign.from = t->w.now;
	} else if (kind == WIRE_ST_REVOKE) {
		s.u.revoke.device = t->stranger.device;
		s.u.revoke.reason = WIRE_REVOKE_LOST;
	}
	world_sign(&t->w, signer, &s, ret);
}

/* What becomes of it so many seconds later, out of the hand of ${by}. */
static int tried(
	const struct buf *raw, uint64_t later, const struct world_person *by)
{
	struct acts_result done;
	struct wire_statement s;
	int rc;

	w->ops.now = t->w.now + later;
	w->request.device = by->device;
	assert_int_equal(wire_statement_decode(buf_view(raw), &s), 0);
	assert_int_equal(store_begin(w->kit.st, w->ops.now), 0);
	assert_int_equal(store_mark(w->kit.st), 0);
	rc = restored_put(&w->ops, &w->request, &s, &done);
	assert_int_equal(store_undo(w->kit.st), 0);
	store_abort(w->kit.st);
	return rc;
}

/* The clinic's chain comes first, and nothing new with it. */
static void while_the_clinic_is_waited_for(void **state)
{
	const struct world_person *c = &t->coordinator;
	struct buf assign, revoke, restore;

	restored_to(RETURNING_CLINIC);
	signed_now(WIRE_ST_ASSIGN, c, &assign);
	signed_now(WIRE_ST_REVOKE, c, &revoke);
	assert_int_equal(tried(&assign, 0, c), ROWAN_E_RESTORING);
	/* Though all that can be waited for in a case has come. */
	all_gave();
	assert_int_equal(tried(&assign, 0, c), ROWAN_E_RESTORING);
	assert_int_equal(buf_copy(&restore, buf_view(&b->restore)), 0);
	assert_int_equal(tried(&restore, 0, c), ROWAN_E_RESTORING);
	/* What was lost: signed until then, whenever it is given. */
	assert_int_equal(tried(&revoke, 0, c), 0);
	assert_int_equal(tried(&revoke, 3 * RULES_CLOCK_SKEW, c), 0);
	b->before--;
	assert_int_equal(tried(&revoke, 0, c), ROWAN_E_RESTORING);
	/* Without a restore it is new, or too old. */
	b->before++;
	b->phase = RETURNING_NOT;
	assert_int_equal(tried(&revoke, 0, c), 0);
	assert_int_equal(tried(&assign, 0, c), 0);
	assert_int_equal(tried(&revoke, 3 * RULES_CLOCK_SKEW, c), ROWAN_E_RULE);
	assert_int_equal(tried(&assign, 3 * RULES_CLOCK_SKEW, c), ROWAN_E_RULE);
	buf_wipe(&assign);
	buf_wipe(&revoke);
	buf_wipe(&restore);
}

/* Then a case takes what was lost of it, and nothing new. */
static void while_a_case_is_waited_for(void **state)
{
	const struct world_person *c = &t->coordinator;
	const uint64_t late = 3 * RULES_CLOCK_SKEW;
	struct buf assign, revoke, recuse;

	restored_to(RETURNING_CASES);
	signed_now(WIRE_ST_ASSIGN, c, &assign);
	signed_now(WIRE_ST_REVOKE, c, &revoke);
	signed_now(WIRE_ST_RECUSE, &t->officer, &recuse);
	assert_int_equal(tried(&assign, late, c), 0);
	/* Out of their own hand it counts when nobody is waited for. */
	assert_int_equal(tried(&recuse, late, &t->officer), ROWAN_E_RESTORING);
	assert_int_equal(tried(&recuse, late, c), 0);
	b->before--;
	assert_int_equal(tried(&assign, 0, c), ROWAN_E_RESTORING);
	/* The clinic's chain is whole: what is old is too old, new is new. */
	assert_int_equal(tried(&revoke, 0, c), 0);
	b->before++;
	assert_int_equal(tried(&revoke, 0, c), 0);
	assert_int_equal(tried(&revoke, late, c), ROWAN_E_RULE);
	all_gave();
	assert_int_equal(tried(&recuse, late, &t->officer), 0);
	assert_int_equal(tried(&assign, late, c), 0);
	b->before--;
	assert_int_equal(tried(&assign, 0, c), 0);
	assert_int_equal(tried(&assign, late, c), ROWAN_E_RULE);
	buf_wipe(&assign);
	buf_wipe(&revoke);
	buf_wipe(&recuse);
}

/* When it is over what fits is given back late; of a case, no more. */
static void when_it_is_over(void **state)
{
	const struct world_person *c = &t->coordinator;
	const uint64_t late = 3 * RULES_CLOCK_SKEW;
	struct buf assign, revoke, recuse;
	struct wire_statement s;

	signed_now(WIRE_ST_ASSIGN, c, &assign);
	signed_now(WIRE_ST_REVOKE, c, &revoke);
	signed_now(WIRE_ST_RECUSE, &t->officer, &recuse);
	restored_to(RETURNING_OVER);
	assert_int_equal(tried(&assign, late, c), 0);
	assert_int_equal(tried(&revoke, late, c), ROWAN_E_RULE);
	b->before--;
	assert_int_equal(tried(&assign, late, c), ROWAN_E_RULE);
	b->before++;
	/* What could be new is judged as new: the officer's card is gone. */
	world_statement(&t->w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = t->officer.device;
	s.u.revoke.reason = WIRE_REVOKE_LOST;
	assert_int_equal(world_act(&t->w, NULL, &s, c), 0);
	assert_int_equal(tried(&recuse, RULES_CLOCK_SKEW, c), ROWAN_E_REVOKED);
	assert_int_equal(tried(&recuse, RULES_CLOCK_SKEW + 1, c), 0);
	buf_wipe(&assign);
	buf_wipe(&revoke);
	buf_wipe(&recuse);
}

/* Among what came back is the card of a victim whose case is erased. */
static void it_stands_behind_what_is_withheld(void **state)
{
	struct wire_statement s;
	struct acts_result done;
	struct wire_card card;
	struct world_person p;

	restored_to(RETURNING_CLINIC);
	world_person(&p, "another device of hers");
	cast_victim_card(t, &p, &card);
	memcpy(&card.member, &t->victim.member, sizeof card.member);
	card.has_consent = false;
	assert_int_equal(world_enrol(&t->w, &p, NULL, &card), 0);
	world_statement(&t->w, NULL, WIRE_ST_RESTORE, &s);
	s.u.restore = (struct wire_st_restore){3, {{1}}, 5, {{2}}};
	assert_int_equal(world_act(&t->w, NULL, &s, NULL), 0);
	kit_begin(&w->kit);
	assert_int_equal(acts_erase(w->kit.st, &t->c->id), 0);
	kit_commit(&w->kit);
	kit_begin(&w->kit);
	assert_int_equal(returning_step(b, w->kit.st, t->w.now, 0, &done), 0);
	kit_commit(&w->kit);
	assert_false(b->refused);
	assert_int_not_equal(b->phase, RETURNING_CLINIC);
}

/* More devices than can be remembered are told to come again. */
static void one_too_many_is_told_so(void **state)
{
	restored_to(RETURNING_CASES);
	for (uint32_t i = 0; i < 65536; i++)
		assert_int_equal(
			returning_tell(b, kit_at('x', i), WIRE_GIVEN_ALL), 0);
	w->request.body.restored = (struct wire_restored){WIRE_GIVEN_ALL};
	assert_int_equal(
		ops_kit_run_as(w, WIRE_OP_RESTORED, &t->officer.device),
		WIRE_AGAIN);
	w->request.body.restored = (struct wire_restored){WIRE_GIVEN_NOTHING};
	assert_int_equal(
		ops_kit_run_as(w, WIRE_OP_RESTORED, &t->officer.device),
		WIRE_OK);
}

/* ---- channels ---- */

static int served(uint8_t channel)
{
	int rc;

	w->ops.now = t->w.now;
	kit_begin(&w->kit);
	rc = restored_channel(&w->ops, &case_channel(t->c, channel)->channel);
	kit_commit(&w->kit);
	return rc;
}

static void a_channel_waits_for_its_case(void **state)
{
	struct store_item items[3] = {0};

	items[0].channel = kit_id('c', 1);
	for (size_t i = 1; i < 3; i++)
		items[i].channel =
			case_channel(t->c, WIRE_CHANNEL_TEAM)->channel;
	assert_int_equal(served(WIRE_CHANNEL_TEAM), 0);
	restored_to(RETURNING_CASES);
	b->desk = WIRE_GIVEN_ALL;
	assert_int_equal(served(WIRE_CHANNEL_TEAM), ROWAN_E_RESTORING);
	for (uint32_t i = 1; i <= 2; i++)
		assert_int_equal(
			returning_tell(b, kit_at('d', i), WIRE_GIVEN_ALL), 0);
	kit_begin(&w->kit);
	assert_int_equal(restored_first(&w->ops, items, 3), 1);
	assert_int_equal(restored_first(&w->ops, items + 1, 2), 0);
	assert_int_equal(restored_first(&w->ops, items, 1), 1);
	kit_commit(&w->kit);
	all_gave();
	assert_int_equal(served(WIRE_CHANNEL_TEAM), 0);
	kit_begin(&w->kit);
	assert_int_equal(restored_first(&w->ops, items, 3), 3);
	kit_commit(&w->kit);
	b->phase = RETURNING_OVER;
	b->desk = WIRE_GIVEN_NOTHING;
	assert_int_equal(served(WIRE_CHANNEL_TEAM), 0);
}

/* ---- time ---- */

/* One turn of the clock at ${after} seconds from the first one. */
static void turn(uint64_t after)
{
	w->ops.now = t->w.now + after;
	w->ops.lost = false;
	assert_int_equal(store_begin(w->kit.st, w->ops.now), 0);
	restored_step(&w->ops);
	assert_false(w->ops.damaged);
	if (w->ops.lost)
		store_abort(w->kit.st);
	else
		assert_int_equal(store_commit(w->kit.st), 0);
}

/* What ${rc}'s waiting looks like from outside. */
static void looks(uint8_t phase, uint64_t missing, bool refused)
{
	assert_int_equal(atomic_load(&w->counters.restoring), phase);
	assert_int_equal(atomic_load(&w->counters.restoring_missing), missing);
	assert_int_equal(atomic_load(&w->counters.restoring_since),
		phase != 0 ? t->w.now : 0);
	assert_int_equal(atomic_load(&w->counters.restore_refused), refused);
}

static size_t notices(void)
{
	batch_clear(w->batch);
	subs_push(&w->ops.subs, w->batch);
	return w->batch->push_count;
}

static void the_relay_says_how_it_stands(void **state)
{
	w->request.body.subscribe = (struct wire_subscribe){0, 10};
	assert_int_equal(
		ops_kit_run_as(w, WIRE_OP_SUBSCRIBE, &t->officer.device),
		WIRE_OK);
	ops_kit_serve(w);
	turn(0);
	looks(0, 0, false);
	restored_to(RETURNING_CLINIC);
	/* Nothing passes while nobody knows the time. */
	w->ops.doubtful = true;
	turn(0);
	assert_int_equal(b->since, 0);
	turn(WAIT);
	w->ops.doubtful = false;
	turn(0);
	looks(RETURNING_CLINIC, 1, false);
	assert_int_equal(notices(), 0);
	assert_int_equal(
		returning_tell(b, &t->coordinator.device, WIRE_GIVEN_CLINIC),
		0);
	turn(1);
	assert_int_equal(b->phase, RETURNING_CASES);
	assert_int_equal(atomic_load(&w->counters.restoring), RETURNING_CASES);
	/* Its place is news for everybody, once. */
	assert_int_equal(notices(), 1);
	turn(2);
	assert_int_equal(notices(), 0);
	/* Nobody is waited for any more, though it is not over. */
	all_gave();
	for (uint32_t i = 1; i <= 3; i++)
		assert_int_equal(
			returning_tell(b, kit_at('d', i), WIRE_GIVEN_ALL), 0);
	assert_int_equal(
		returning_tell(b, &t->stranger.device, WIRE_GIVEN_ALL), 0);
	turn(3);
	assert_true(returning_on(b));
	looks(0, 0, false);
	turn(WAIT);
	assert_int_equal(b->phase, RETURNING_OVER);
	looks(0, 0, false);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(while_the_clinic_is_waited_for),
		T(while_a_case_is_waited_for),
		T(when_it_is_over),
		T(it_stands_behind_what_is_withheld),
		T(one_too_many_is_told_so),
		T(a_channel_waits_for_its_case),
		T(the_relay_says_how_it_stands),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
