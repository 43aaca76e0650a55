/*
 * Statements given back after a restore: whose hand they count out of; and
 * that a restore stands behind the head it names, wherever that is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/trust_cast.h"
#include "trust/given.h"

/* A statement of the case by ${signer}, out of the hand of ${giver}. */
static int give(struct cast *t, uint8_t kind, uint8_t channel,
	const struct world_person *signer, const struct world_person *giver,
	bool waits)
{
	struct wire_statement s, got;
	struct buf raw;
	int rc;

	cast_fill(t, kind, channel, &s);
	world_sign(&t->w, signer, &s, &raw);
	assert_int_equal(wire_statement_decode(buf_view(&raw), &got), 0);
	rc = given_check(&t->w.source, &got,
		&(struct given_by){giver->device, t->w.now, waits});
	buf_wipe(&raw);
	return rc;
}

static void nobody_takes_a_place_by_themselves(void **state)
{
	struct cast *t = *state;
	const uint8_t team = WIRE_CHANNEL_TEAM;

	/* a caseworker's own hand, while others are waited for */
	assert_int_equal(
		give(t, WIRE_ST_RESET, team, &t->officer, &t->officer, true),
		ROWAN_E_RESTORING);
	assert_int_equal(
		give(t, WIRE_ST_RECUSE, 0, &t->officer, &t->officer, true),
		ROWAN_E_RESTORING);
	assert_int_equal(give(t, WIRE_ST_UNASSIGN, WIRE_CHANNEL_SUPPORT,
				 &t->victim, &t->victim, true),
		ROWAN_E_RESTORING);
	/* and when nobody is any more; or out of another's */
	assert_int_equal(
		give(t, WIRE_ST_RESET, team, &t->officer, &t->officer, false),
		0);
	assert_int_equal(
		give(t, WIRE_ST_RESET, team, &t->officer, &t->advocate, true),
		0);
	/* who coordinates may have been the only one who saw it */
	assert_int_equal(give(t, WIRE_ST_UNASSIGN, team, &t->coordinator,
				 &t->coordinator, true),
		0);
}

static void a_revoked_signer_needs_a_coordinator(void **state)
{
	struct cast *t = *state;
	struct wire_statement s;

	cast_fill(t, WIRE_ST_REVOKE, 0, &s);
	s.u.revoke.device = t->officer.device;
	assert_int_equal(world_act(&t->w, NULL, &s, &t->coordinator), 0);
	assert_int_equal(give(t, WIRE_ST_RESET, WIRE_CHANNEL_TEAM, &t->officer,
				 &t->advocate, false),
		ROWAN_E_RESTORING);
	assert_int_equal(give(t, WIRE_ST_RESET, WIRE_CHANNEL_TEAM, &t->officer,
				 &t->coordinator, true),
		0);
}

static void nor_does_a_card_that_ended_sign_for_itself(void **state)
{
	struct cast *t = *state;
	struct trust_card card;

	assert_int_equal(t->w.source.card(t->w.source.ctx, &t->officer.device,
				 CLINIC_NEWEST, &card),
		0);
	t->w.now = card.card.not_after - 1;
	assert_int_equal(give(t, WIRE_ST_RESET, WIRE_CHANNEL_TEAM, &t->officer,
				 &t->advocate, false),
		0);
	t->w.now = card.card.not_after;
	assert_int_equal(give(t, WIRE_ST_RESET, WIRE_CHANNEL_TEAM, &t->officer,
				 &t->advocate, false),
		ROWAN_E_RESTORING);
}

static int place(struct cast *t, const struct wire_statement *s)
{
	const struct rules_context ctx = {
		.clinic = &t->w.clinic, .source = &t->w.source};
	struct wire_statement copy = *s, got;
	struct buf raw;
	int rc;

	world_sign(&t->w, NULL, &copy, &raw);
	assert_int_equal(wire_statement_decode(buf_view(&raw), &got), 0);
	rc = rules_check(&ctx, &got);
	buf_wipe(&raw);
	return rc;
}

static void a_restore_stands_behind_the_head_it_names(void **state)
{
	struct cast *t = *state;
	struct wire_statement restore, s;
	uint64_t time;

	cast_fill(t, WIRE_ST_RESTORE, 0, &restore);
	assert_int_equal(place(t, &restore), 0);
	/* what was lost comes first */
	t->w.now += 5;
	cast_fill(t, WIRE_ST_REVOKE, 0, &s);
	s.u.revoke.device = t->officer.device;
	assert_int_equal(world_act(&t->w, NULL, &s, &t->coordinator), 0);
	assert_int_equal(place(t, &restore), 0);
	time = t->w.clinic.time;
	/* before the head, behind another, in another history */
	s = restore;
	s.number--;
	assert_int_equal(place(t, &s), ROWAN_E_CHAIN);
	s = restore;
	s.number++;
	assert_int_equal(place(t, &s), ROWAN_E_CHAIN);
	s = restore;
	s.number += 2;
	assert_int_equal(place(t, &s), ROWAN_E_CHAIN);
	s = restore;
	s.previous.b[0] ^= 1;
	assert_int_equal(place(t, &s), ROWAN_E_CHAIN);
	/* it is older than what stands before it, and time does not go back */
	assert_true(restore.time < time);
	assert_int_equal(rules_apply_clinic(&t->w.clinic, &restore), 0);
	assert_int_equal(t->w.clinic.time, time);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			nobody_takes_a_place_by_themselves, cast_setup,
			cast_teardown),
		cmocka_unit_test_setup_teardown(
			a_revoked_signer_needs_a_coordinator, cast_setup,
			cast_teardown),
		cmocka_unit_test_setup_teardown(
			nor_does_a_card_that_ended_sign_for_itself, cast_setup,
			cast_teardown),
		cmocka_unit_test_setup_teardown(
			a_restore_stands_behind_the_head_it_names, cast_setup,
			cast_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
