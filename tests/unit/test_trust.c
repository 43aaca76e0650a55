/*
 * Statements: the table of who may sign what, their chains, and that a refusal
 * changes nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/trust_cast.h"
#include "trust/attest.h"

/* ---- the table ---------------------------------------------------------- */

static void the_table_admits_exactly_these(void **state)
{
	/* A authority, C coordinator, R registrar, a advocate, o officer of
	   the team, s stranger, v victim, d the advocate, in the diary too;
	   & both together */
	static const struct {
		uint8_t kind, channel;
		const char *admitted;
	} expect[] = {
		{WIRE_ST_REVOKE, 0, "ACRav"},
		{WIRE_ST_RESTORE, 0, "A"},
		{WIRE_ST_CLOSE, 0, "C"},
		{WIRE_ST_ASSIGN, WIRE_CHANNEL_SUPPORT, "C"},
		{WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, "C"},
		{WIRE_ST_ASSIGN, WIRE_CHANNEL_DIARY, "v"},
		{WIRE_ST_UNASSIGN, WIRE_CHANNEL_SUPPORT, "Cv"},
		{WIRE_ST_UNASSIGN, WIRE_CHANNEL_TEAM, "C"},
		{WIRE_ST_UNASSIGN, WIRE_CHANNEL_DIARY, "v"},
		{WIRE_ST_RECUSE, 0, "Rao"},
		{WIRE_ST_READMIT, 0, "Raov"},
		{WIRE_ST_RESET, WIRE_CHANNEL_SUPPORT, "Ra"},
		{WIRE_ST_RESET, WIRE_CHANNEL_TEAM, "ao"},
		{WIRE_ST_RESET, WIRE_CHANNEL_DIARY, "v"},
		{WIRE_ST_HOLD, 0, ""},
		{WIRE_ST_ERASE, 0, ""},
	};
	struct cast *t = *state;
	const struct {
		char letter;
		const struct world_person *p;
	} people[] = {{'A', NULL}, {'C', &t->coordinator}, {'R', &t->registrar},
		{'a', &t->advocate}, {'o', &t->officer}, {'s', &t->stranger},
		{'v', &t->victim}};
	struct rules_context ctx = {
		&t->w.clinic, &t->w.source, t->c, true, t->w.now};
	struct wire_statement s, got;
	struct buf before, raw;

	assert_int_equal(world_assign(&t->w, t->c, WIRE_CHANNEL_DIARY,
				 &t->advocate, &t->victim),
		0);
	cast_snapshot(t, &before);
	for (size_t i = 0; i < sizeof expect / sizeof *expect; i++) {
		for (size_t k = 0; k < sizeof people / sizeof *people; k++) {
			bool may = strchr(expect[i].admitted,
					   people[k].letter) != NULL;

			cast_fill(t, expect[i].kind, expect[i].channel, &s);
			world_sign(&t->w, people[k].p, &s, &raw);
			assert_int_equal(
				wire_statement_decode(buf_view(&raw), &got), 0);
			assert_int_equal(rules_check(&ctx, &got),
				may ? 0 : ROWAN_E_SIGNER);
			buf_wipe(&raw);
		}
	}
	cast_unchanged(t, &before);
}

static void what_is_signed_must_be_possible(void **state)
{
	struct cast *t = *state;
	struct world_person p;
	struct wire_statement s;
	struct wire_card card;
	struct buf before;

	cast_snapshot(t, &before);
	/* an advocate revokes the victim's devices, nobody else's */
	cast_fill(t, WIRE_ST_REVOKE, 0, &s);
	s.u.revoke.device = t->officer.device;
	assert_int_equal(
		world_act(&t->w, NULL, &s, &t->advocate), ROWAN_E_SIGNER);
	cast_fill(t, WIRE_ST_REVOKE, 0, &s);
	s.u.revoke.device.b[0] ^= 1;
	assert_int_equal(
		world_act(&t->w, NULL, &s, &t->coordinator), ROWAN_E_UNKNOWN);
	/* a card issued in the future */
	world_person(&p, "p");
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	card.issued_at++;
	assert_int_equal(world_enrol(&t->w, &p, NULL, &card), ROWAN_E_RULE);
	/* a cover that is over, a person unknown */
	cast_fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	s.u.assign.from = t->w.now - 2;
	s.u.assign.until = t->w.now;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_RULE);
	cast_fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	s.u.assign.member = p.member;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_UNKNOWN);
	/* a reset onto the group that is there */
	cast_fill(t, WIRE_ST_RESET, WIRE_CHANNEL_TEAM, &s);
	s.u.reset.group_id = case_channel(t->c, WIRE_CHANNEL_TEAM)->group_id;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->officer), ROWAN_E_RULE);
	cast_unchanged(t, &before);

	/* signed before one's card was: the signer is nobody yet */
	cast_fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "police", &card);
	card.rights = WIRE_RIGHT_COORDINATE;
	assert_int_equal(world_enrol(&t->w, &p, NULL, &card), 0);
	cast_snapshot(t, &before);
	assert_int_equal(world_act(&t->w, t->c, &s, &p), ROWAN_E_UNKNOWN);
	cast_unchanged(t, &before);
	cast_fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(world_act(&t->w, t->c, &s, &p), 0);
}

static void hold_and_erase_need_two(void **state)
{
	struct cast *t = *state;
	struct wire_statement s;
	struct buf before;
	const struct world_person *second[] = {&t->advocate, &t->coordinator};

	cast_snapshot(t, &before);
	cast_fill(t, WIRE_ST_HOLD, 0, &s);
	for (size_t i = 0; i < 2; i++) {
		if (i == 1)
			cast_unchanged(t, &before);
		s.signer_count = 2;
		s.signers[0].kind = WIRE_SIGNER_AUTHORITY;
		s.signers[1].kind = WIRE_SIGNER_DEVICE;
		s.signers[1].device = second[i]->device;
		assert_int_equal(world_act(&t->w, t->c, &s, second[i]),
			i == 0 ? ROWAN_E_SIGNER : 0);
	}
	assert_true(t->c->hold);
	/* kept: nothing that is held is erased */
	world_statement(&t->w, t->c, WIRE_ST_ERASE, &s);
	s.signer_count = 2;
	s.signers[0].kind = WIRE_SIGNER_AUTHORITY;
	s.signers[1].kind = WIRE_SIGNER_DEVICE;
	s.signers[1].device = t->coordinator.device;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_RULE);
	cast_fill(t, WIRE_ST_HOLD, 0, &s);
	s.u.hold.on = 0;
	s.signer_count = 2;
	s.signers[0].kind = WIRE_SIGNER_AUTHORITY;
	s.signers[1].kind = WIRE_SIGNER_DEVICE;
	s.signers[1].device = t->coordinator.device;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	world_statement(&t->w, t->c, WIRE_ST_ERASE, &s);
	s.signer_count = 2;
	s.signers[0].kind = WIRE_SIGNER_AUTHORITY;
	s.signers[1].kind = WIRE_SIGNER_DEVICE;
	s.signers[1].device = t->coordinator.device;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	assert_int_equal(t->c->status, CASE_ERASED);
	assert_int_equal(
		cast_entitled(t, &t->victim, WIRE_CHANNEL_SUPPORT, t->w.now),
		ROWAN_E_RULE);
}

static void by_both(struct cast *t, uint8_t kind, const struct world_person *p,
	struct wire_statement *ret)
{
	if (kind == WIRE_ST_HOLD)
		cast_fill(t, kind, 0, ret);
	else
		world_statement(&t->w, t->c, kind, ret);
	ret->signer_count = 2;
	ret->signers[0].kind = WIRE_SIGNER_AUTHORITY;
	ret->signers[1].kind = WIRE_SIGNER_DEVICE;
	ret->signers[1].device = p->device;
}

/* The authority's file is carried: 7 days, where others have minutes. */
static void hold_and_erase_may_be_carried(void **state)
{
	struct cast *t = *state;
	uint64_t now = t->w.now;
	struct wire_statement s;

	by_both(t, WIRE_ST_HOLD, &t->coordinator, &s);
	t->w.now = now + RULES_CARRIED_AGE + 1;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_RULE);
	t->w.now = now - RULES_CLOCK_SKEW - 1;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_RULE);
	t->w.now = now + RULES_CARRIED_AGE;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	t->w.now = now;
	cast_fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	t->w.now = now + RULES_CLOCK_SKEW + 1;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_RULE);
}

static int requested(struct cast *t, const struct world_person *p, uint8_t kind,
	unsigned change)
{
	const struct rules_context ctx = {.clinic = &t->w.clinic,
		.source = &t->w.source,
		.of_case = t->c,
		.accept = true,
		.now = t->w.now};
	struct wire_statement s;
	struct buf raw;
	int rc;

	by_both(t, kind, p, &s);
	if (change == 3) {
		s.signer_count = 1;
		s.signers[0] = s.signers[1];
	}
	s.number += change == 4;
	world_sign(&t->w, p, &s, &raw);
	assert_int_equal(wire_statement_decode(buf_view(&raw), &s), 0);
	/* The authority's signature is not there yet; theirs must be right. */
	if (change < 2)
		memset(&s.signatures[0], 0, sizeof s.signatures[0]);
	if (change == 1)
		s.signatures[1].b[0] ^= 1;
	rc = rules_requested(&ctx, &s);
	buf_wipe(&raw);
	return rc;
}

static void half_of_two_signatures(void **state)
{
	struct cast *t = *state;

	assert_int_equal(requested(t, &t->coordinator, WIRE_ST_ERASE, 0), 0);
	assert_int_equal(requested(t, &t->coordinator, WIRE_ST_HOLD, 0), 0);
	assert_int_equal(requested(t, &t->coordinator, WIRE_ST_ERASE, 1),
		ROWAN_E_CRYPTO);
	assert_int_equal(
		requested(t, &t->advocate, WIRE_ST_ERASE, 0), ROWAN_E_SIGNER);
	assert_int_equal(
		requested(t, &t->coordinator, WIRE_ST_ERASE, 3), ROWAN_E_INVAL);
	assert_int_equal(
		requested(t, &t->coordinator, WIRE_ST_ERASE, 4), ROWAN_E_CHAIN);
	t->c->hold = true;
	assert_int_equal(
		requested(t, &t->coordinator, WIRE_ST_ERASE, 0), ROWAN_E_RULE);
}

static void statements_change_what_they_say(void **state)
{
	struct cast *t = *state;
	struct wire_statement s;

	/* the victim removes somebody from support */
	world_statement(&t->w, t->c, WIRE_ST_UNASSIGN, &s);
	s.u.unassign.member = t->registrar.member;
	s.u.unassign.channel = WIRE_CHANNEL_SUPPORT;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->victim), 0);
	assert_int_equal(
		cast_entitled(t, &t->registrar, WIRE_CHANNEL_SUPPORT, t->w.now),
		ROWAN_E_RULE);
	/* who is not assigned cannot be unassigned */
	world_statement(&t->w, t->c, WIRE_ST_UNASSIGN, &s);
	s.u.unassign.member = t->registrar.member;
	s.u.unassign.channel = WIRE_CHANNEL_SUPPORT;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_RULE);

	/* recusal leaves every channel of the case */
	world_statement(&t->w, t->c, WIRE_ST_RECUSE, &s);
	assert_int_equal(world_act(&t->w, t->c, &s, &t->advocate), 0);
	assert_false(case_assigned(t->c, &t->advocate.member, 0, t->w.now));

	/* a new generation of the team, once */
	cast_fill(t, WIRE_ST_RESET, WIRE_CHANNEL_TEAM, &s);
	s.u.reset.generation = 3;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->officer), ROWAN_E_RULE);
	cast_fill(t, WIRE_ST_RESET, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(world_act(&t->w, t->c, &s, &t->officer), 0);
	assert_int_equal(case_channel(t->c, WIRE_CHANNEL_TEAM)->generation, 2);

	/* closed: nobody takes part, nothing but reopening is possible */
	cast_fill(t, WIRE_ST_CLOSE, 0, &s);
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	assert_int_equal(
		cast_entitled(t, &t->victim, WIRE_CHANNEL_SUPPORT, t->w.now),
		ROWAN_E_RULE);
	cast_fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_RULE);
	world_statement(&t->w, t->c, WIRE_ST_REOPEN, &s);
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	assert_int_equal(
		cast_entitled(t, &t->victim, WIRE_CHANNEL_SUPPORT, t->w.now),
		0);
	world_statement(&t->w, t->c, WIRE_ST_REOPEN, &s);
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_RULE);
}

static void assign_from(struct cast *t, uint64_t from, uint64_t until)
{
	struct wire_statement s;

	world_statement(&t->w, t->c, WIRE_ST_ASSIGN, &s);
	s.u.assign.member = t->advocate.member;
	s.u.assign.channel = WIRE_CHANNEL_SUPPORT;
	s.u.assign.from = from;
	s.u.assign.until = until;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
}

static bool is_on(const struct cast *t, uint64_t time)
{
	return case_assigned(
		t->c, &t->advocate.member, WIRE_CHANNEL_SUPPORT, time);
}

/* By clocks behind the signer's they would have to go for a moment. */
static void who_is_on_stays_on(void **state)
{
	struct cast *t = *state;

	t->w.now += 3600;
	assign_from(t, t->w.now, t->w.now + 1000);
	assert_true(is_on(t, t->w.now - 1));
	assert_false(is_on(t, t->w.now + 1000));
	/* The signer's own clock may have run ahead, and was put right. */
	assign_from(t, t->w.now + RULES_CLOCK_SKEW, t->w.now + 2000);
	assert_true(is_on(t, t->w.now));
	/* After an end it is a new beginning, */
	t->w.now += 2000;
	assign_from(t, t->w.now, 0);
	assert_false(is_on(t, t->w.now - 1));
	assert_true(is_on(t, t->w.now));
	/* and what begins later is meant to. */
	assign_from(t, t->w.now + 3600, 0);
	assert_false(is_on(t, t->w.now));
	assert_true(is_on(t, t->w.now + 3600));
}

/* ---- the chains --------------------------------------------------------- */

/* Whatever year it is on the authority's machine: what follows must fit. */
static void a_restore_is_not_of_tomorrow(void **state)
{
	struct cast *t = *state;
	struct wire_statement s;
	struct buf before;

	cast_snapshot(t, &before);
	world_statement(&t->w, NULL, WIRE_ST_RESTORE, &s);
	s.time = t->w.now + RULES_CLOCK_SKEW + 1;
	assert_int_equal(world_act(&t->w, NULL, &s, NULL), ROWAN_E_RULE);
	cast_unchanged(t, &before);
	s.time = t->w.now - 365 * 86400;
	assert_int_equal(world_act(&t->w, NULL, &s, NULL), 0);
	world_statement(&t->w, NULL, WIRE_ST_RESTORE, &s);
	s.time = t->w.now + RULES_CLOCK_SKEW;
	assert_int_equal(world_act(&t->w, NULL, &s, NULL), 0);
}

static void the_first_successor_wins(void **state)
{
	struct cast *t = *state;
	struct wire_statement s, late;
	struct buf before, raw, lost;

	cast_fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	cast_fill(t, WIRE_ST_CLOSE, 0, &late);
	world_sign(&t->w, &t->coordinator, &s, &raw);
	world_sign(&t->w, &t->coordinator, &late, &lost);
	assert_int_equal(world_submit(&t->w, t->c, buf_view(&raw)), 0);
	cast_snapshot(t, &before);
	assert_int_equal(
		world_submit(&t->w, t->c, buf_view(&lost)), ROWAN_E_STALE);
	/* the same again is no second statement */
	assert_int_equal(
		world_submit(&t->w, t->c, buf_view(&raw)), ROWAN_E_STALE);
	cast_unchanged(t, &before);
	buf_wipe(&raw);
	buf_wipe(&lost);
}

static void another_history_is_found_out(void **state)
{
	struct cast *t = *state;
	struct wire_statement s;
	struct buf before;

	cast_snapshot(t, &before);
	cast_fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	s.previous.b[3] ^= 1;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_CHAIN);
	cast_fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	s.number++;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_CHAIN);
	/* the clinic as it never was, as it will be, as it was before */
	cast_fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	s.clinic_head.b[31] ^= 1;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_CHAIN);
	cast_fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	s.clinic_number++;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_CHAIN);
	cast_fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	s.clinic_number--;
	s.clinic_head = t->w.head[s.clinic_number];
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_CHAIN);
	/* time that runs backwards, and a clock that is off */
	cast_fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	s.time--;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_CHAIN);
	cast_fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	s.time += RULES_CLOCK_SKEW + 1;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_RULE);
	/* another clinic, another case */
	cast_fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	s.clinic.b[0] ^= 1;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_UNKNOWN);
	cast_fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	s.case_id.b[0] ^= 1;
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->coordinator), ROWAN_E_UNKNOWN);
	cast_unchanged(t, &before);
}

static void no_bit_of_a_statement_can_be_changed(void **state)
{
	struct cast *t = *state;
	struct rules_context ctx = {
		&t->w.clinic, &t->w.source, t->c, true, t->w.now};
	struct wire_statement s, got;
	struct buf raw;

	cast_fill(t, WIRE_ST_ASSIGN, WIRE_CHANNEL_TEAM, &s);
	world_sign(&t->w, &t->coordinator, &s, &raw);
	assert_int_equal(wire_statement_decode(buf_view(&raw), &got), 0);
	assert_int_equal(rules_check(&ctx, &got), 0);
	for (size_t i = 0; i < raw.len * 8; i++) {
		raw.data[i / 8] ^= (uint8_t)(1 << i % 8);
		assert_true(wire_statement_decode(buf_view(&raw), &got) != 0 ||
			    rules_check(&ctx, &got) != 0);
		raw.data[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	for (size_t len = 0; len < raw.len; len++)
		assert_int_equal(
			wire_statement_decode(bytes_of(raw.data, len), &got),
			ROWAN_E_MALFORMED);
	buf_wipe(&raw);
}

static void the_revoked_and_expired_sign_nothing(void **state)
{
	struct cast *t = *state;
	struct rules_context replay = {
		&t->w.clinic, &t->w.source, t->c, false, 0};
	struct wire_statement s, old;
	struct buf before, raw;

	/* signed in time, seen after the revocation */
	cast_fill(t, WIRE_ST_RECUSE, 0, &s);
	world_sign(&t->w, &t->officer, &s, &raw);
	assert_int_equal(wire_statement_decode(buf_view(&raw), &old), 0);

	world_statement(&t->w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = t->officer.device;
	s.u.revoke.reason = WIRE_REVOKE_LEFT;
	assert_int_equal(world_act(&t->w, NULL, &s, &t->coordinator), 0);
	cast_snapshot(t, &before);
	/* new statements are judged by what is known now */
	assert_int_equal(
		world_submit(&t->w, t->c, buf_view(&raw)), ROWAN_E_REVOKED);
	/* history by what was known then */
	assert_int_equal(rules_check(&replay, &old), 0);
	buf_wipe(&raw);
	cast_fill(t, WIRE_ST_RECUSE, 0, &s);
	world_sign(&t->w, &t->officer, &s, &raw);
	assert_int_equal(wire_statement_decode(buf_view(&raw), &old), 0);
	assert_int_equal(rules_check(&replay, &old), ROWAN_E_REVOKED);
	buf_wipe(&raw);
	assert_int_equal(
		cast_entitled(t, &t->officer, WIRE_CHANNEL_TEAM, t->w.now),
		ROWAN_E_REVOKED);
	/* twice revoked is once too often */
	world_statement(&t->w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = t->officer.device;
	s.u.revoke.reason = WIRE_REVOKE_LEFT;
	assert_int_equal(
		world_act(&t->w, NULL, &s, &t->coordinator), ROWAN_E_RULE);
	cast_unchanged(t, &before);

	t->w.now += 86400 * 300;
	cast_fill(t, WIRE_ST_RECUSE, 0, &s);
	assert_int_equal(
		world_act(&t->w, t->c, &s, &t->advocate), ROWAN_E_EXPIRED);
}

static void the_authority_is_succeeded(void **state)
{
	struct cast *t = *state;
	struct wire_record r = {0};
	struct wire_statement s;
	struct world_person p;
	struct wire_card card;
	struct buf before, raw;
	struct writer w;

	cast_snapshot(t, &before);
	r.clinic = t->w.clinic.id;
	r.created_at = t->w.now;
	attest_key(t->w.successor, &r.key);
	writer_init(&w, 4096);
	assert_int_equal(wire_record_encode_tbs(&r, &w), 0);
	assert_int_equal(attest_sign(ATTEST_RECORD, writer_view(&w),
				 t->w.successor, &r.signature),
		0);
	writer_wipe(&w);
	writer_init(&w, 4096);
	assert_int_equal(wire_record_encode(&r, &w), 0);
	assert_int_equal(writer_finish(&w, &raw), 0);

	/* the promised key, but for another clinic */
	world_statement(&t->w, NULL, WIRE_ST_SUCCEED, &s);
	s.u.succeed = buf_view(&raw);
	s.signer_count = 1;
	s.signers[0] = (struct wire_signer){WIRE_SIGNER_SUCCESSOR, {{0}}};
	raw.data[2] ^= 1;
	assert_int_equal(world_act(&t->w, NULL, &s, NULL), ROWAN_E_RULE);
	raw.data[2] ^= 1;

	/* the authority alone cannot choose another successor */
	world_statement(&t->w, NULL, WIRE_ST_SUCCEED, &s);
	s.u.succeed = buf_view(&raw);
	assert_int_equal(world_act(&t->w, NULL, &s, NULL), ROWAN_E_SIGNER);
	assert_int_equal(
		world_act(&t->w, NULL, &s, &t->coordinator), ROWAN_E_SIGNER);
	/* nor somebody who is not the promised one */
	t->w.successor[0] ^= 1;
	s.signer_count = 1;
	s.signers[0] = (struct wire_signer){WIRE_SIGNER_SUCCESSOR, {{0}}};
	assert_int_equal(world_act(&t->w, NULL, &s, NULL), ROWAN_E_CRYPTO);
	t->w.successor[0] ^= 1;
	cast_unchanged(t, &before);

	assert_int_equal(world_act(&t->w, NULL, &s, NULL), 0);
	buf_wipe(&raw);
	/* the old key is nobody now; its cards remain */
	world_person(&p, "p");
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "health", &card);
	assert_int_equal(world_enrol(&t->w, &p, NULL, &card), ROWAN_E_CRYPTO);
	memcpy(t->w.authority, t->w.successor, 32);
	assert_int_equal(world_enrol(&t->w, &p, NULL, &card), 0);
	assert_int_equal(
		cast_entitled(t, &t->officer, WIRE_CHANNEL_TEAM, t->w.now), 0);
}

static void what_is_withheld_is_still_followed(void **state)
{
	struct cast *t = *state;
	struct clinic before = t->w.clinic, follower = before;
	struct wire_hash subject;
	struct chain_link link;
	struct wire_statement s, got;
	struct buf raw;

	world_statement(&t->w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = t->stranger.device;
	s.u.revoke.reason = WIRE_REVOKE_LEFT;
	world_sign(&t->w, &t->coordinator, &s, &raw);
	assert_int_equal(wire_statement_decode(buf_view(&raw), &got), 0);
	assert_int_equal(chain_link(&got, &link), 0);
	assert_int_equal(world_submit(&t->w, NULL, buf_view(&raw)), 0);

	clinic_follow(&follower, &link, t->w.now);
	assert_memory_equal(&follower, &t->w.clinic, sizeof follower);
	/* the subject tells whose it is to those who know the device */
	chain_subject(&t->stranger.device, &subject);
	assert_memory_equal(&subject, &link.subject, sizeof subject);
	chain_subject(&t->officer.device, &subject);
	assert_memory_not_equal(&subject, &link.subject, sizeof subject);
	/* passing it off as somebody else's changes the head */
	follower = before;
	link.subject = subject;
	clinic_follow(&follower, &link, t->w.now);
	assert_memory_not_equal(
		&follower.head, &t->w.clinic.head, sizeof follower.head);
	buf_wipe(&raw);
}

/* ---- forms -------------------------------------------------------------- */

static void saved_states_come_back(void **state)
{
	struct cast *t = *state;
	struct case_state c;
	struct clinic clinic;
	struct writer w, again;
	struct bytes saved;

	writer_init(&w, CASE_SAVED_MAX);
	case_save(t->c, &w);
	assert_int_equal(writer_status(&w), 0);
	saved = writer_view(&w);
	assert_int_equal(case_load(&c, saved), 0);
	writer_init(&again, CASE_SAVED_MAX);
	case_save(&c, &again);
	assert_true(bytes_eq(saved, writer_view(&again)));
	case_wipe(&c);
	writer_wipe(&again);
	for (size_t len = 0; len < saved.len; len++)
		assert_int_equal(case_load(&c, bytes_of(saved.data, len)),
			ROWAN_E_CORRUPT);
	w.data[1]++;
	assert_int_equal(case_load(&c, saved), ROWAN_E_TOO_NEW);
	writer_wipe(&w);

	writer_init(&w, CLINIC_SAVED_LEN);
	clinic_save(&t->w.clinic, &w);
	assert_int_equal(w.len, CLINIC_SAVED_LEN);
	assert_int_equal(clinic_load(&clinic, writer_view(&w)), 0);
	assert_memory_equal(&clinic, &t->w.clinic, sizeof clinic);
	for (size_t len = 0; len < w.len; len++)
		assert_int_equal(clinic_load(&clinic, bytes_of(w.data, len)),
			ROWAN_E_CORRUPT);
	writer_wipe(&w);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, cast_setup, cast_teardown)
	const struct CMUnitTest tests[] = {
		T(the_table_admits_exactly_these),
		T(what_is_signed_must_be_possible),
		T(hold_and_erase_need_two),
		T(hold_and_erase_may_be_carried),
		T(half_of_two_signatures),
		T(statements_change_what_they_say),
		T(who_is_on_stays_on),
		T(a_restore_is_not_of_tomorrow),
		T(the_first_successor_wins),
		T(another_history_is_found_out),
		T(no_bit_of_a_statement_can_be_changed),
		T(the_revoked_and_expired_sign_nothing),
		T(the_authority_is_succeeded),
		T(what_is_withheld_is_still_followed),
		T(saved_states_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
