/*
 * A case that was erased, as its members' devices learn of it: the daemon has
 * one statement of it left, and that is believed by its signatures alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/device_kit.h"
#include "wire/chain.h"
#include "wire/op.h"

static struct double_clinic clinic;
static struct cast *t;
static struct device_kit d;

static int setup(void **state)
{
	double_clinic_begin(&clinic);
	t = &clinic.cast;
	device_kit_begin(&d, &clinic, &t->advocate, false);
	return 0;
}

static int teardown(void **state)
{
	device_kit_end(&d);
	double_clinic_end(&clinic);
	return 0;
}

/* Statements that our device does not see before the case is erased. */
static void meanwhile(void)
{
	for (int i = 0; i < 3; i++) {
		struct wire_statement s;

		assert_int_equal(world_assign(&t->w, t->c, WIRE_CHANNEL_TEAM,
					 &t->stranger, &t->coordinator),
			0);
		world_statement(&t->w, t->c, WIRE_ST_UNASSIGN, &s);
		s.u.unassign.member = t->stranger.member;
		s.u.unassign.channel = WIRE_CHANNEL_TEAM;
		assert_int_equal(
			world_act(&t->w, t->c, &s, &t->coordinator), 0);
	}
}

static void erasure(struct wire_statement *ret)
{
	world_statement(&t->w, t->c, WIRE_ST_ERASE, ret);
	ret->signer_count = 2;
	ret->signers[0].kind = WIRE_SIGNER_AUTHORITY;
	ret->signers[1].kind = WIRE_SIGNER_DEVICE;
	ret->signers[1].device = t->coordinator.device;
}

static void erase(void)
{
	struct wire_statement s;

	erasure(&s);
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
}

/* It is told once, and nothing of it is an alarm. */
static void check_told(void)
{
	const struct case_state *c = follow_case(d.follow, &t->c->id);
	unsigned told = 0, alarms = 0;
	struct event e;

	assert_non_null(c);
	assert_int_equal(c->status, CASE_ERASED);
	assert_int_equal(c->number, t->c->number);
	assert_memory_equal(&c->head, &t->c->head, sizeof c->head);
	while (device_kit_event(&d, 0, &e)) {
		alarms += e.type == ROWAN_EVENT_ALARM;
		told += e.type == ROWAN_EVENT_CASE && e.code == CASE_ERASED;
	}
	assert_int_equal(alarms, 0);
	assert_int_equal(told, 1);
	assert_false(follow_busy(d.follow));
}

static void whoever_was_away_learns_of_it(void **state)
{
	device_kit_settle(&d);
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	meanwhile();
	erase();
	device_kit_catch_up(&d);
	check_told();
	/* Kept, and not asked for again. */
	device_kit_again(&d);
	device_kit_catch_up(&d);
	assert_int_equal(follow_case(d.follow, &t->c->id)->status, CASE_ERASED);
	assert_int_equal(device_kit_alarms(&d, 0), 0);
}

static void whoever_never_knew_it_learns_that_alone(void **state)
{
	meanwhile();
	erase();
	device_kit_catch_up(&d);
	check_told();
	assert_int_equal(follow_case(d.follow, &t->c->id)->assignment_count, 0);
}

/* Unassigned before: up to there they saw it, and are told its end. */
static void whoever_was_taken_off_it_is_told(void **state)
{
	struct wire_statement s;

	device_kit_settle(&d);
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	for (uint8_t kind = 1; kind <= 2; kind++) {
		world_statement(&t->w, t->c, WIRE_ST_UNASSIGN, &s);
		s.u.unassign.member = t->advocate.member;
		s.u.unassign.channel = kind;
		(void)world_act(&t->w, t->c, &s, &t->coordinator);
	}
	device_kit_catch_up(&d);
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	meanwhile();
	erase();
	device_kit_catch_up(&d);
	check_told();
}

/* The whole store is an older copy; what is erased stays so. */
static void it_does_not_come_back(void **state)
{
	device_kit_settle(&d);
	relay_double_save(clinic.d);
	erase();
	device_kit_catch_up(&d);
	check_told();
	relay_double_rollback(clinic.d);
	device_kit_settle(&d);
	assert_int_equal(follow_case(d.follow, &t->c->id)->status, CASE_ERASED);
	assert_int_equal(device_kit_alarms(&d, 0), 0);
}

/* ---- a daemon that only says so ------------------------------------------ */

static struct {
	struct buf fake;
	uint64_t number;
	unsigned told;
} liar;

static enum double_fate hook(void *ctx, struct double_message *m)
{
	static struct wire_chain_answer a;
	struct wire_message msg = {.header = m->header};
	static struct id16 asked;
	struct wire_chain_fetch q;
	struct writer w;

	if (m->count != 2)
		return DOUBLE_PASS;
	msg.body = buf_view(&m->frame[1]);
	if (m->way == DOUBLE_REQUEST && m->header.op == WIRE_OP_CHAIN_FETCH &&
		wire_chain_fetch_decode(&msg, &q) == 0)
		asked = q.chain;
	if (m->way != DOUBLE_ANSWER || liar.fake.len == 0 ||
		m->header.op != (WIRE_OP_CHAIN_FETCH | WIRE_ANSWER) ||
		!id16_eq(&asked, &t->c->id))
		return DOUBLE_PASS;
	assert_int_equal(wire_chain_answer_decode(&msg, &a), 0);
	a.first = a.newest.number = liar.number;
	a.count = 1;
	a.items[0] =
		(struct wire_chain_item){.statement = buf_view(&liar.fake)};
	liar.told++;
	writer_init(&w, WIRE_FRAME_MAX);
	assert_int_equal(wire_chain_answer_encode(&a, &w), 0);
	assert_int_equal(buf_set(&m->frame[1], writer_view(&w)), 0);
	writer_wipe(&w);
	return DOUBLE_PASS;
}

/* ${signers} bit 0: the authority, bit 1: a coordinator, or ${by}. */
static void lie(unsigned signers, const struct world_person *by, bool of_other)
{
	struct wire_statement s;

	erasure(&s);
	s.number += 5;
	liar.number = s.number;
	if (of_other)
		s.case_id.b[0] ^= 1;
	s.signers[1].device = by->device;
	if (signers == 2)
		s.signers[0] = s.signers[1];
	s.signer_count = signers == 3 ? 2 : 1;
	world_sign(&t->w, by, &s, &liar.fake);
	liar.told = 0;
	follow_catch_up(d.follow, &t->c->id);
	device_kit_catch_up(&d);
	assert_true(liar.told > 0);
	assert_int_equal(follow_case(d.follow, &t->c->id)->status, CASE_OPEN);
	assert_int_equal(device_kit_alarms(&d, 0), 1);
	buf_wipe(&liar.fake);
	/* The truth takes the alarm away. */
	assert_int_equal(world_assign(&t->w, t->c, WIRE_CHANNEL_TEAM,
				 &t->officer, &t->coordinator),
		0);
	device_kit_catch_up(&d);
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	assert_int_equal(
		follow_case(d.follow, &t->c->id)->number, t->c->number);
}

static void nobody_erases_alone(void **state)
{
	struct world_person false_coordinator = t->coordinator;

	device_kit_settle(&d);
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	relay_double_hook(clinic.d, hook, NULL);
	lie(1, &t->coordinator, false);
	lie(2, &t->coordinator, false);
	lie(3, &t->officer, false);
	lie(3, &t->coordinator, true);
	memset(false_coordinator.seed, 9, 32);
	lie(3, &false_coordinator, false);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(whoever_was_away_learns_of_it),
		TEST(whoever_never_knew_it_learns_that_alone),
		TEST(whoever_was_taken_off_it_is_told),
		TEST(it_does_not_come_back),
		TEST(nobody_erases_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
