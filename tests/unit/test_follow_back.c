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
#include "clinic/acts.h"
#include "clinic/returning.h"
#include "lib/device_kit.h"
#include "lib/double_line.h"
#include "wire/chain.h"
#include "wire/op.h"

#define DAY (24 * 3600)

static struct double_clinic clinic;
static struct cast *t;
static struct device_kit d;
static struct buf restore;   /* that the daemon tells of */
static bool waiting;	     /* it takes what was lost */
static struct clinic backup; /* as the daemon's copy has them */
static struct case_state backup_case;
static unsigned alarms[32], lost;
static uint64_t early; /* a restore was signed so long before */

/* "restored" is asked of a daemon that says it was. */
static enum double_fate hook(void *ctx, struct double_message *m)
{
	struct wire_restored_answer a = {
		.on = waiting, .statement = buf_view(&restore)};
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
	waiting = true;
	early = 0;
	backup = t->w.clinic;
	assert_int_equal(case_copy(&backup_case, t->c), 0);
	return 0;
}

static int teardown(void **state)
{
	device_kit_end(&d);
	double_clinic_end(&clinic);
	buf_wipe(&restore);
	case_wipe(&backup_case);
	return 0;
}

/* The authority's restore, behind the chain of the copy. */
static void sign_restore(void)
{
	struct wire_statement s;

	buf_wipe(&restore);
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

/* ---- the waiting is over ------------------------------------------------- */

/* Signers know no more than the copy does. */
static void forget(void)
{
	t->w.clinic = backup;
	case_wipe(t->c);
	assert_int_equal(case_copy(t->c, &backup_case), 0);
	for (size_t i = 0; i < t->w.card_count; i++)
		t->w.card[i].revoked = t->w.card[i].revoked_at = 0;
}

/* The restore stands in the chain, and nobody waits any more. */
static void over(bool placed)
{
	forget();
	t->w.now -= early;
	sign_restore();
	t->w.now += early;
	relay_double_rollback(clinic.d);
	if (placed)
		assert_int_equal(
			world_submit(&t->w, NULL, buf_view(&restore)), 0);
	waiting = false;
	relay_double_hook(clinic.d, hook, NULL);
}

static void look(void)
{
	struct event e;

	memset(alarms, 0, sizeof alarms);
	lost = 0;
	device_kit_catch_up(&d);
	while (device_kit_event(&d, 0, &e)) {
		lost += e.type == ROWAN_EVENT_LOST;
		if (e.type == ROWAN_EVENT_ALARM) {
			alarms[0]++;
			alarms[e.code]++;
		}
	}
}

static void lose(void)
{
	unassign(&t->officer);
	look();
	pass(DAY);
	over(true);
}

static void assign(const struct world_person *who)
{
	struct wire_statement s;

	world_statement(&t->w, t->c, WIRE_ST_ASSIGN, &s);
	s.u.assign.member = who->member;
	s.u.assign.channel = WIRE_CHANNEL_TEAM;
	s.u.assign.from = s.time;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
}

static int may(const struct world_person *who)
{
	return follow_may(d.follow,
		&case_channel(&backup_case, WIRE_CHANNEL_TEAM)->channel,
		&who->device);
}

static bool goes_on(void)
{
	return follow_clinic(d.follow)->number == t->w.clinic.number &&
	       memcmp(&follow_clinic(d.follow)->head, &t->w.clinic.head,
		       sizeof t->w.clinic.head) == 0 &&
	       memcmp(&follow_case(d.follow, &t->c->id)->head, &t->c->head,
		       sizeof t->c->head) == 0;
}

static void who_was_shut_out_stays_out(void **state)
{
	assert_int_equal(may(&t->officer), 0);
	lose();
	assign(&t->stranger);
	look();
	assert_int_equal(alarms[0], 0);
	assert_int_equal(lost, 1);
	assert_true(goes_on());
	assert_int_equal(may(&t->officer), ROWAN_E_RULE);
	assert_int_equal(may(&t->stranger), 0);
	/* told once; and the vault knows */
	device_kit_again(&d);
	look();
	assert_int_equal(alarms[0] + lost, 0);
	assert_int_equal(may(&t->officer), ROWAN_E_RULE);
	/* a coordinator decides anew */
	unassign(&t->officer);
	look();
	assert_int_equal(may(&t->officer), ROWAN_E_RULE);
	assign(&t->officer);
	look();
	assert_int_equal(may(&t->officer), 0);
	assert_int_equal(alarms[0], 0);
}

/* Closed, and the close is lost: whoever opens it again has to say so. */
static void what_was_closed_stays_closed(void **state)
{
	struct wire_statement s;

	world_statement(&t->w, t->c, WIRE_ST_CLOSE, &s);
	s.u.close.reason = WIRE_CLOSE_RESOLVED;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	look();
	pass(DAY);
	over(true);
	assign(&t->stranger);
	look();
	assert_int_equal(alarms[0], 0);
	assert_int_equal(lost, 1);
	assert_true(goes_on());
	assert_int_equal(may(&t->officer), ROWAN_E_RULE);
	assert_int_equal(may(&t->stranger), ROWAN_E_RULE);
	world_statement(&t->w, t->c, WIRE_ST_CLOSE, &s);
	s.u.close.reason = WIRE_CLOSE_RESOLVED;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	world_statement(&t->w, t->c, WIRE_ST_REOPEN, &s);
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	look();
	assert_int_equal(may(&t->officer), 0);
	assert_int_equal(alarms[0], 0);
}

static void a_revoked_device_stays_out(void **state)
{
	revoke(&t->officer);
	look();
	pass(DAY);
	over(true);
	look();
	assert_int_equal(alarms[0], 0);
	assert_int_equal(lost, 1);
	assert_true(goes_on());
	assert_int_equal(may(&t->officer), ROWAN_E_REVOKED);
	assign(&t->officer);
	look();
	assert_int_equal(may(&t->officer), ROWAN_E_REVOKED);
	revoke(&t->officer);
	look();
	assert_int_equal(alarms[0], 0);
	assert_true(goes_on());
	assert_int_equal(may(&t->officer), ROWAN_E_REVOKED);
}

/* Whoever signs for others might sign what is to be forgotten. */
static void the_end_of_a_right_to_sign_is_signed_again(void **state)
{
	uint64_t ours;

	revoke(&t->registrar);
	look();
	ours = follow_clinic(d.follow)->number;
	pass(DAY);
	over(true);
	revoke(&t->stranger);
	look();
	assert_int_equal(alarms[ROWAN_ALARM_FORK], 1);
	assert_int_equal(lost, 0);
	assert_int_equal(follow_clinic(d.follow)->number, ours);
	revoke(&t->registrar);
	look();
	assert_int_equal(alarms[0], 0);
	assert_int_equal(lost, 1);
	assert_true(goes_on());
}

/* An unassignment, and the daemon says it was lost: nobody signed that. */
static void nothing_is_lost_by_the_daemons_word(void **state)
{
	unassign(&t->officer);
	revoke(&t->officer);
	look();
	pass(DAY);
	over(false);
	look();
	assert_true(alarms[ROWAN_ALARM_ROLLBACK] > 0);
	assert_int_equal(lost, 0);
	assert_false(goes_on());
}

static void nor_what_was_signed_after_the_restore(void **state)
{
	unassign(&t->officer);
	revoke(&t->officer);
	look();
	/* signed, says the authority, two hours before that */
	early = 2 * 3600;
	over(true);
	look();
	assert_true(alarms[0] > 0);
	assert_int_equal(lost, 0);
	assert_false(goes_on());
}

/* It would fit, and is offered; this daemon takes nothing so old. */
static void what_is_not_taken_back_is_lost(void **state)
{
	lose();
	look();
	assert_int_equal(alarms[0], 0);
	assert_int_equal(lost, 1);
	assert_int_equal(may(&t->officer), ROWAN_E_RULE);
	assert_true(goes_on());
}

/* Where nothing came since, an old one fits; "later" is not "never". */
static void what_fits_is_given_back_late(void **state)
{
	lose();
	clinic.d->ops.returning.phase = RETURNING_OVER;
	clinic.d->ops.returning.before = t->w.now;
	claims_leaf_rate(clinic.d->ops.claims, 60, 0);
	(void)claims_leaves(clinic.d->ops.claims, &t->advocate.device, 4096,
		relay_double_now(clinic.d));
	for (int i = 0; i < 60; pass(1), i++)
		device_kit_settle(&d);
	look();
	assert_int_equal(alarms[0] + lost, 0);
	assert_int_equal(follow_case(d.follow, &t->c->id)->number,
		backup_case.number + 1);
	assert_int_equal(may(&t->officer), ROWAN_E_RULE);
}

/* ---- what the lost undid, brought up again ------------------------------- */

/* Signed, and lost, before the unassignment that this device knows. */
static void assign_before(const struct world_person *who)
{
	t->w.now -= 200;
	assign(who);
	t->w.now += 200;
}

/* In one piece, behind two restores. */
static void an_older_assignment_lets_nobody_in(void **state)
{
	pass(300);
	unassign(&t->officer);
	look();
	forget();
	relay_double_rollback(clinic.d);
	assign_before(&t->officer);
	relay_double_save(clinic.d);
	case_wipe(&backup_case);
	assert_int_equal(case_copy(&backup_case, t->c), 0);
	pass(DAY);
	over(true);
	look();
	assert_int_equal(alarms[0], 0);
	assert_int_equal(lost, 1);
	assert_true(goes_on());
	assert_int_equal(may(&t->officer), ROWAN_E_RULE);
	device_kit_again(&d);
	look();
	assert_int_equal(may(&t->officer), ROWAN_E_RULE);
	assign(&t->officer);
	look();
	assert_int_equal(may(&t->officer), 0);
}

/* This daemon takes what is so old, and has it in the case's chain. */
static void show_again(struct bytes raw)
{
	world_sink *sink = t->w.sink;
	struct acts_result done;

	t->w.sink = NULL;
	t->w.now -= DAY;
	assert_int_equal(world_submit(&t->w, t->c, raw), 0);
	assert_int_equal(
		acts_put(relay_double_begin(clinic.d), raw, t->w.now, &done),
		0);
	relay_double_commit(clinic.d);
	t->w.now += DAY;
	t->w.sink = sink;
}

/* First what stood before it alone, and then that. */
static void nor_does_it_afterwards(void **state)
{
	struct wire_statement s;
	struct buf older = {0};

	world_statement(&t->w, t->c, WIRE_ST_ASSIGN, &s);
	s.u.assign.member = t->officer.member;
	s.u.assign.channel = WIRE_CHANNEL_TEAM;
	s.u.assign.from = s.time;
	world_sign(&t->w, &t->coordinator, &s, &older);
	pass(300);
	lose();
	look();
	assert_int_equal(lost, 1);
	assert_int_equal(may(&t->officer), ROWAN_E_RULE);
	show_again(buf_view(&older));
	buf_wipe(&older);
	look();
	assert_int_equal(alarms[0], 0);
	assert_true(goes_on());
	assert_int_equal(may(&t->officer), ROWAN_E_RULE);
	assign(&t->officer);
	look();
	assert_int_equal(may(&t->officer), 0);
}

/* A second one who coordinates, whose device is stolen. */
static void enrol_another(struct world_person *ret)
{
	struct wire_card card;

	world_person(ret, "another");
	world_card(&t->w, ret, WIRE_ROLE_CASEWORKER, "police", &card);
	card.rights = WIRE_RIGHT_COORDINATE;
	assert_int_equal(world_enrol(&t->w, ret, NULL, &card), 0);
	relay_double_save(clinic.d);
	backup = t->w.clinic;
}

static void assign_as(
	const struct world_person *who, const struct world_person *signer)
{
	struct wire_statement s;

	world_statement(&t->w, t->c, WIRE_ST_ASSIGN, &s);
	s.u.assign.member = who->member;
	s.u.assign.channel = WIRE_CHANNEL_TEAM;
	s.u.assign.from = s.time;
	assert_int_equal(world_act(&t->w, t->c, &s, signer), 0);
}

/* Whoever was shut out signs, until that is signed again: it lets nobody in. */
static void who_was_shut_out_lets_nobody_in(void **state)
{
	struct world_person thief;

	enrol_another(&thief);
	unassign(&t->officer);
	revoke(&thief);
	look();
	pass(DAY);
	over(true);
	assign_as(&t->officer, &thief);
	assign_as(&t->stranger, &thief);
	revoke(&thief);
	look();
	assert_int_equal(alarms[0], 0);
	assert_int_equal(lost, 2);
	assert_true(goes_on());
	assert_int_equal(may(&t->officer), ROWAN_E_RULE);
	assert_int_equal(may(&t->stranger), ROWAN_E_RULE);
	assign(&t->officer);
	look();
	assert_int_equal(may(&t->officer), 0);
	assert_int_equal(may(&t->stranger), ROWAN_E_RULE);
}

/* ---- and then a second one ----------------------------------------------- */

/* Not revoked any more, as the world has it. */
static void person_back(const struct world_person *who)
{
	for (size_t i = 0; i < t->w.card_count; i++)
		if (id16_eq(&t->w.card[i].card.device, &who->device))
			t->w.card[i].revoked = t->w.card[i].revoked_at = 0;
}

/*
 * What the first restore lost; the clinic goes on, is backed up and lost once
 * more: the second one stands on a head that this device never saw.
 */
static void lost_twice(bool placed)
{
	struct case_state then_case;
	struct clinic then;

	over(true);
	revoke(&t->victim);
	assign(&t->stranger);
	relay_double_save(clinic.d);
	then = t->w.clinic;
	memset(&then_case, 0, sizeof then_case);
	assert_int_equal(case_copy(&then_case, t->c), 0);
	pass(DAY);
	revoke(&t->stranger);
	unassign(&t->stranger);
	/* lost as well, and nobody here knew of it */
	t->w.clinic = then;
	case_wipe(t->c);
	*t->c = then_case;
	person_back(&t->stranger);
	pass(DAY);
	sign_restore();
	relay_double_rollback(clinic.d);
	if (placed)
		assert_int_equal(
			world_submit(&t->w, NULL, buf_view(&restore)), 0);
	waiting = !placed;
	relay_double_hook(clinic.d, hook, NULL);
}

static void away_for_two_restores(void **state)
{
	revoke(&t->officer);
	unassign(&t->officer);
	look();
	pass(DAY);
	lost_twice(true);
	look();
	assert_int_equal(alarms[0], 0);
	assert_int_equal(lost, 2);
	assert_true(goes_on());
	assert_int_equal(may(&t->officer), ROWAN_E_REVOKED);
	assert_int_equal(may(&t->stranger), 0);
	/* told once; and the vault knows */
	device_kit_again(&d);
	look();
	assert_int_equal(alarms[0] + lost, 0);
	assert_int_equal(may(&t->officer), ROWAN_E_REVOKED);
}

/* The second one still waits: what the first has lost is lost all the same. */
static void while_the_second_waits(void **state)
{
	revoke(&t->officer);
	unassign(&t->officer);
	look();
	pass(DAY);
	lost_twice(false);
	look();
	assert_int_equal(alarms[0], 0);
	assert_int_equal(lost, 2);
	assert_true(goes_on());
	assert_int_equal(may(&t->officer), ROWAN_E_REVOKED);
}

/* Neither excuses what was signed after the first. */
static void nor_do_two(void **state)
{
	uint64_t ours;

	pass(DAY);
	over(true);
	revoke(&t->victim);
	relay_double_save(clinic.d);
	relay_double_rollback(clinic.d);
	look();
	assert_int_equal(alarms[0], 0);
	/* behind the same restore another history */
	backup = t->w.clinic;
	case_wipe(&backup_case);
	assert_int_equal(case_copy(&backup_case, t->c), 0);
	revoke(&t->officer);
	revoke(&t->stranger);
	look();
	ours = follow_clinic(d.follow)->number;
	forget();
	relay_double_rollback(clinic.d);
	revoke(&t->registrar);
	look();
	assert_int_equal(alarms[ROWAN_ALARM_FORK], 1);
	assert_int_equal(lost, 0);
	assert_int_equal(follow_clinic(d.follow)->number, ours);
}

/* Signed before what it would undo, and a second one on top of it. */
static void nor_is_it_older_than_what_is_lost(void **state)
{
	uint64_t ours;

	pass(3 * 3600);
	revoke(&t->officer);
	look();
	ours = follow_clinic(d.follow)->number;
	early = 2 * 3600;
	lost_twice(true);
	look();
	assert_true(alarms[ROWAN_ALARM_FORK] > 0);
	assert_int_equal(lost, 0);
	assert_int_equal(follow_clinic(d.follow)->number, ours);
	assert_int_equal(may(&t->officer), ROWAN_E_REVOKED);
}

/* ---- in one order ---------------------------------------------------------
 */

/* The copy, and behind it what was signed then. */
static void comes_again(struct bytes of_clinic, struct bytes of_case)
{
	forget();
	relay_double_rollback(clinic.d);
	assert_int_equal(buf_set(&restore, of_clinic), 0);
	assert_int_equal(world_submit(&t->w, NULL, of_clinic), 0);
	if (of_case.len > 0)
		assert_int_equal(world_submit(&t->w, t->c, of_case), 0);
	relay_double_hook(clinic.d, hook, NULL);
}

/* Of one hour, and a daemon that has kept both chains. */
static void of_two_restores_the_later_stays(void **state)
{
	struct buf first = {0};
	struct wire_hash head;

	revoke(&t->officer);
	look();
	over(true);
	assert_int_equal(buf_set(&first, buf_view(&restore)), 0);
	look();
	assert_true(goes_on());
	pass(600);
	over(true);
	look();
	assert_int_equal(alarms[0], 0);
	assert_true(goes_on());
	head = follow_clinic(d.follow)->head;
	comes_again(buf_view(&first), bytes_of(NULL, 0));
	look();
	assert_int_equal(alarms[ROWAN_ALARM_FORK], 1);
	assert_int_equal(lost, 0);
	assert_memory_equal(&follow_clinic(d.follow)->head, &head, sizeof head);
	buf_wipe(&first);
}

/* One restore, and two chains of a case that were signed about then. */
static void a_case_goes_on_once(void **state)
{
	struct buf ours = {0}, signed_then = {0};
	struct wire_statement s;
	struct wire_hash head;

	world_statement(&t->w, t->c, WIRE_ST_UNASSIGN, &s);
	s.u.unassign.member = t->victim.member;
	s.u.unassign.channel = WIRE_CHANNEL_SUPPORT;
	world_sign(&t->w, &t->coordinator, &s, &ours);
	assert_int_equal(world_submit(&t->w, t->c, buf_view(&ours)), 0);
	look();
	over(true);
	assert_int_equal(buf_set(&signed_then, buf_view(&restore)), 0);
	assign(&t->stranger);
	look();
	assert_int_equal(alarms[0] + 1, lost);
	assert_true(goes_on());
	head = follow_case(d.follow, &t->c->id)->head;
	comes_again(buf_view(&signed_then), buf_view(&ours));
	assign(&t->stranger);
	look();
	assert_int_equal(alarms[ROWAN_ALARM_FORK], 1);
	assert_int_equal(lost, 0);
	assert_memory_equal(
		&follow_case(d.follow, &t->c->id)->head, &head, sizeof head);
	buf_wipe(&ours);
	buf_wipe(&signed_then);
}

/* Anew, but not from now on; and that is lost a day later. */
static void put_off(uint64_t seconds)
{
	struct wire_statement s;

	world_statement(&t->w, t->c, WIRE_ST_ASSIGN, &s);
	s.u.assign.member = t->officer.member;
	s.u.assign.channel = WIRE_CHANNEL_TEAM;
	s.u.assign.from = s.time + seconds;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	look();
	assert_int_equal(may(&t->officer), ROWAN_E_RULE);
	pass(DAY);
	over(true);
	assign(&t->stranger);
	look();
	assert_int_equal(alarms[0] + 1, lost);
}

static void who_was_to_begin_later_stays_out(void **state)
{
	put_off(3 * DAY);
	assert_int_equal(may(&t->officer), ROWAN_E_RULE);
	assign(&t->officer);
	look();
	assert_int_equal(may(&t->officer), 0);
}

static void who_has_begun_is_in(void **state)
{
	put_off(3600);
	assert_int_equal(may(&t->officer), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_was_lost_is_missed_in_the_end),
		TEST(a_restore_excuses_nothing_after_it),
		TEST(nor_in_the_clinics_chain),
		TEST(nor_does_somebody_elses),
		TEST(who_was_shut_out_stays_out),
		TEST(what_was_closed_stays_closed),
		TEST(a_revoked_device_stays_out),
		TEST(the_end_of_a_right_to_sign_is_signed_again),
		TEST(nothing_is_lost_by_the_daemons_word),
		TEST(nor_what_was_signed_after_the_restore),
		TEST(what_is_not_taken_back_is_lost),
		TEST(what_fits_is_given_back_late),
		TEST(an_older_assignment_lets_nobody_in),
		TEST(nor_does_it_afterwards),
		TEST(who_was_shut_out_lets_nobody_in),
		TEST(away_for_two_restores),
		TEST(while_the_second_waits),
		TEST(nor_do_two),
		TEST(nor_is_it_older_than_what_is_lost),
		TEST(of_two_restores_the_later_stays),
		TEST(a_case_goes_on_once),
		TEST(who_was_to_begin_later_stays_out),
		TEST(who_has_begun_is_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
