/*
 * What a restore excuses, and what it does not: a daemon that brings up an old
 * one to hide what was signed since, or for ever. The rest of giving back is
 * shown at the real daemon, tests/session/60_given_back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/limits.h"
#include "lib/device_kit.h"
#include "wire/chain.h"
#include "wire/op.h"

#define DAY (24 * 3600)

static struct double_clinic clinic;
static struct cast *t;
static struct device_kit d;
static struct buf restore; /* that the daemon tells of */

/* "restored" is asked of a daemon that says it was. */
static enum double_fate hook(void *ctx, struct double_message *m)
{
	struct wire_restored_answer a = {
		.on = true, .statement = buf_view(&restore)};
	struct writer w;

	if (m->way != DOUBLE_ANSWER || m->count != 2 ||
		m->header.op != (WIRE_OP_RESTORED | WIRE_ANSWER))
		return DOUBLE_PASS;
	writer_init(&w, WIRE_FRAME_MAX);
	assert_int_equal(wire_restored_answer_encode(&a, &w), 0);
	assert_int_equal(buf_set(&m->frame[1], writer_view(&w)), 0);
	writer_wipe(&w);
	return DOUBLE_PASS;
}

static int setup(void **state)
{
	double_clinic_begin(&clinic);
	t = &clinic.cast;
	device_kit_begin(&d, &clinic, &t->advocate, false);
	device_kit_catch_up(&d);
	relay_double_save(clinic.d);
	return 0;
}

static int teardown(void **state)
{
	device_kit_end(&d);
	double_clinic_end(&clinic);
	buf_wipe(&restore);
	return 0;
}

/* The authority's restore, behind the chain of the copy. */
static void sign_restore(void)
{
	struct wire_statement s;

	world_statement(&t->w, NULL, WIRE_ST_RESTORE, &s);
	world_sign(&t->w, NULL, &s, &restore);
}

static void revoke(const struct world_person *who)
{
	struct wire_statement s;

	world_statement(&t->w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = who->device;
	s.u.revoke.reason = WIRE_REVOKE_LOST;
	assert_int_equal(world_act(&t->w, NULL, &s, &t->coordinator), 0);
}

static void unassign(const struct world_person *who)
{
	struct wire_statement s;

	world_statement(&t->w, t->c, WIRE_ST_UNASSIGN, &s);
	s.u.unassign.member = who->member;
	s.u.unassign.channel = WIRE_CHANNEL_TEAM;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
}

static void roll_back(void)
{
	relay_double_rollback(clinic.d);
	relay_double_hook(clinic.d, hook, NULL);
	device_kit_catch_up(&d);
}

/* Time goes by, for the daemon and for who signs. */
static void pass(uint64_t seconds)
{
	relay_double_pass(clinic.d, 1000 * seconds);
	t->w.now += seconds;
}

/* Lost, and given back or not: no lie for some days, but one after them. */
static void what_was_lost_is_missed_in_the_end(void **state)
{
	unassign(&t->officer);
	device_kit_catch_up(&d);
	pass(DAY);
	sign_restore();
	roll_back();
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	pass(6 * DAY);
	device_kit_catch_up(&d);
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	pass(2 * DAY);
	device_kit_catch_up(&d);
	assert_int_equal(device_kit_alarms(&d, ROWAN_ALARM_ROLLBACK), 1);
	/* what ended here stays ended */
	assert_int_equal(
		follow_case(d.follow, &t->c->id)->number, t->c->number);
}

static void a_restore_excuses_nothing_after_it(void **state)
{
	sign_restore();
	pass(2 * 3600);
	unassign(&t->officer);
	device_kit_catch_up(&d);
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	roll_back();
	assert_int_equal(device_kit_alarms(&d, ROWAN_ALARM_ROLLBACK), 1);
}

/* Each chain by itself. */
static void nor_in_the_clinics_chain(void **state)
{
	sign_restore();
	pass(2 * 3600);
	revoke(&t->officer);
	device_kit_catch_up(&d);
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	roll_back();
	assert_int_equal(device_kit_alarms(&d, ROWAN_ALARM_ROLLBACK), 1);
}

static void nor_does_somebody_elses(void **state)
{
	unassign(&t->officer);
	device_kit_catch_up(&d);
	pass(DAY);
	sign_restore();
	restore.data[restore.len - 1] ^= 1;
	roll_back();
	assert_int_equal(device_kit_alarms(&d, ROWAN_ALARM_ROLLBACK), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_lost_is_missed_in_the_end),
		TEST(a_restore_excuses_nothing_after_it),
		TEST(nor_in_the_clinics_chain),
		TEST(nor_does_somebody_elses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
