/*
 * Following the clinic at the daemon's double: everything is verified, kept
 * and told; and a daemon that lies about the chains is found out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/device_kit.h"
#include "lib/double_line.h"
#include "wire/op.h"

static struct double_clinic clinic;
static struct cast *t;
static struct device_kit d;

static const struct id16 zero;

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

/* Somebody else, instead of the advocate. */
static void as(const struct world_person *p)
{
	device_kit_end(&d);
	device_kit_begin(&d, &clinic, p, false);
}

static void same_as_world(void)
{
	const struct clinic *c = follow_clinic(d.follow);
	const struct case_state *of = follow_case(d.follow, &t->c->id);

	assert_int_equal(c->number, t->w.clinic.number);
	assert_memory_equal(&c->head, &t->w.clinic.head, sizeof c->head);
	assert_non_null(of);
	assert_int_equal(of->number, t->c->number);
	assert_memory_equal(&of->head, &t->c->head, sizeof of->head);
	assert_int_equal(of->assignment_count, t->c->assignment_count);
}

static unsigned count(uint16_t type)
{
	struct event e;
	unsigned n = 0;

	while (device_kit_event(&d, 0, &e))
		n += e.type == type;
	return n;
}

/* ---- an honest daemon ---- */

static void everybody_follows(void **state)
{
	const struct world_person *all[] = {&t->coordinator, &t->registrar,
		&t->advocate, &t->officer, &t->victim};

	for (size_t i = 0; i < 5; i++) {
		as(all[i]);
		device_kit_settle(&d);
		if (i == 0)
			follow_catch_up(d.follow, &t->c->id);
		device_kit_settle(&d);
		same_as_world();
		assert_int_equal(device_kit_alarms(&d, 0), 0);
		assert_false(follow_busy(d.follow));
		/* And knows it all again after a restart. */
		device_kit_again(&d);
		same_as_world();
	}
}

/* On none of them, and yet there: how else would anybody be assigned? */
static void coordinators_may_follow_all(void **state)
{
	struct case_state *other;
	int rc;

	assert_int_equal(follow_everything(d.follow), ROWAN_E_SIGNER);
	as(&t->coordinator);
	device_kit_settle(&d);
	assert_null(follow_case(d.follow, &t->c->id));
	assert_int_equal(follow_everything(d.follow), 0);
	device_kit_settle(&d);
	same_as_world();
	assert_int_equal(count(ROWAN_EVENT_CASE), 1);
	/* A case of somebody else's turns up with the next connection. */
	other = world_open(&t->w, "opened by another", &t->coordinator, &rc);
	assert_int_equal(rc, 0);
	device_kit_again(&d);
	same_as_world();
	device_kit_catch_up(&d);
	device_kit_settle(&d);
	assert_non_null(follow_case(d.follow, &other->id));
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	assert_false(follow_busy(d.follow));
}

static void who_is_on_no_case_sees_none(void **state)
{
	as(&t->stranger);
	device_kit_settle(&d);
	assert_null(follow_case(d.follow, &t->c->id));
	assert_int_equal(follow_clinic(d.follow)->number, t->w.clinic.number);
	/* What is not theirs to see is only a link. */
	assert_int_equal(
		follow_identity(d.follow, (struct bytes){0}, NULL, NULL),
		ROWAN_E_MALFORMED);
	follow_catch_up(d.follow, &t->c->id);
	device_kit_settle(&d);
	assert_null(follow_case(d.follow, &t->c->id));
	assert_int_equal(device_kit_alarms(&d, 0), 0);
}

static void first_what_is_then_what_happens(void **state)
{
	struct event e;

	device_kit_settle(&d);
	assert_true(device_kit_event(&d, 0, &e));
	assert_int_equal(e.type, ROWAN_EVENT_CASE);
	assert_true(id16_eq(&e.case_id, &t->c->id));
	assert_int_equal(count(ROWAN_EVENT_ASSIGNED), t->c->assignment_count);

	assert_int_equal(world_assign(&t->w, t->c, WIRE_CHANNEL_TEAM,
				 &t->stranger, &t->coordinator),
		0);
	device_kit_catch_up(&d);
	assert_true(device_kit_event(&d, 0, &e));
	assert_int_equal(e.type, ROWAN_EVENT_ASSIGNED);
	assert_true(id16_eq(&e.member, &t->stranger.member));
	assert_false(device_kit_event(&d, 0, &e));
	device_kit_catch_up(&d);
	assert_false(device_kit_event(&d, 0, &e));
	same_as_world();
}

static void unassign(const struct world_person *who, uint8_t channel)
{
	struct wire_statement s;

	world_statement(&t->w, t->c, WIRE_ST_UNASSIGN, &s);
	s.u.unassign.member = who->member;
	s.u.unassign.channel = channel;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
}

static struct id16 channel(uint8_t kind)
{
	return case_channel(t->c, kind)->channel;
}

static void entitlement_follows_the_chain(void **state)
{
	struct id16 team = channel(WIRE_CHANNEL_TEAM), got[8];
	size_t len;

	device_kit_settle(&d);
	assert_int_equal(follow_may(d.follow, &team, &t->officer.device), 0);
	assert_int_equal(follow_entitled(d.follow, &team, got, 8, &len), 0);
	assert_int_equal(len, 2);
	assert_true(id16_cmp(&got[0], &got[1]) < 0);
	assert_int_equal(
		follow_may(d.follow, &team, &t->victim.device), ROWAN_E_RULE);
	unassign(&t->officer, WIRE_CHANNEL_TEAM);
	device_kit_catch_up(&d);
	assert_int_equal(
		follow_may(d.follow, &team, &t->officer.device), ROWAN_E_RULE);
	assert_int_equal(follow_entitled(d.follow, &team, got, 8, &len), 0);
	assert_int_equal(len, 1);
	assert_int_equal(
		follow_entitled(d.follow, &team, got, 0, &len), ROWAN_E_LIMIT);
	assert_int_equal(count(ROWAN_EVENT_UNASSIGNED), 1);
}

static void what_time_ends_is_told_once(void **state)
{
	struct wire_statement s;
	struct id16 team = channel(WIRE_CHANNEL_TEAM);
	unsigned before;

	world_statement(&t->w, t->c, WIRE_ST_ASSIGN, &s);
	s.u.assign.member = t->stranger.member;
	s.u.assign.channel = WIRE_CHANNEL_TEAM;
	s.u.assign.from = t->w.now;
	s.u.assign.until = t->w.now + 3600;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	device_kit_settle(&d);
	(void)count(0);
	assert_int_equal(follow_may(d.follow, &team, &t->stranger.device), 0);
	before = d.changes;
	follow_time(d.follow, t->w.now + 3599, false);
	assert_int_equal(d.changes, before);
	follow_time(d.follow, t->w.now + 3600, false);
	assert_int_equal(d.changes, before + 1);
	assert_int_equal(
		follow_may(d.follow, &team, &t->stranger.device), ROWAN_E_RULE);
	follow_time(d.follow, t->w.now + 3601, false);
	assert_int_equal(count(ROWAN_EVENT_UNASSIGNED), 1);
	device_kit_again(&d);
	follow_time(d.follow, t->w.now + 9999, false);
	assert_int_equal(count(ROWAN_EVENT_UNASSIGNED), 0);
	/* The daemon's time does not run back for us. */
	follow_time(d.follow, t->w.now, false);
	assert_int_equal(
		follow_may(d.follow, &team, &t->stranger.device), ROWAN_E_RULE);
}

/* Assigned from "now on" by somebody whose clock is up to a second ahead. */
static void a_second_behind_is_not_too_early(void **state)
{
	struct wire_statement s;
	struct id16 team = channel(WIRE_CHANNEL_TEAM);
	const struct world_person *own = &t->advocate;
	uint64_t from = t->w.now + 100;

	world_statement(&t->w, t->c, WIRE_ST_UNASSIGN, &s);
	s.u.unassign.member = own->member;
	s.u.unassign.channel = WIRE_CHANNEL_TEAM;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	for (int i = 0; i < 2; i++) {
		world_statement(&t->w, t->c, WIRE_ST_ASSIGN, &s);
		s.u.assign.member = i == 0 ? own->member : t->stranger.member;
		s.u.assign.channel = WIRE_CHANNEL_TEAM;
		s.u.assign.from = from;
		assert_int_equal(
			world_act(&t->w, t->c, &s, &t->coordinator), 0);
	}
	device_kit_settle(&d);
	follow_time(d.follow, from - 2, false);
	assert_int_equal(
		follow_may(d.follow, &team, &own->device), ROWAN_E_RULE);
	follow_time(d.follow, from - 1, false);
	assert_int_equal(follow_may(d.follow, &team, &own->device), 0);
	/* For others it is what it is. */
	assert_int_equal(
		follow_may(d.follow, &team, &t->stranger.device), ROWAN_E_RULE);
	follow_time(d.follow, from, false);
	assert_int_equal(follow_may(d.follow, &team, &t->stranger.device), 0);
}

static void revoke(const struct world_person *who,
	const struct world_person *by, const struct id16 *case_id)
{
	struct wire_statement s;

	world_statement(&t->w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = who->device;
	s.u.revoke.reason = WIRE_REVOKE_LOST;
	s.u.revoke.case_id = *case_id;
	assert_int_equal(world_act(&t->w, NULL, &s, by), 0);
}

static void a_revoked_device_may_no_more(void **state)
{
	struct id16 team = channel(WIRE_CHANNEL_TEAM);

	device_kit_settle(&d);
	(void)count(0);
	revoke(&t->officer, &t->coordinator, &zero);
	device_kit_catch_up(&d);
	assert_int_equal(follow_may(d.follow, &team, &t->officer.device),
		ROWAN_E_REVOKED);
	assert_int_equal(count(ROWAN_EVENT_REVOKED), 1);
}

/* Who does not know the case follows what an advocate did in it. */
static void an_advocates_revocation_is_followed_by_all(void **state)
{
	revoke(&t->victim, &t->advocate, &t->c->id);
	unassign(&t->advocate, WIRE_CHANNEL_SUPPORT);
	as(&t->coordinator);
	device_kit_settle(&d);
	assert_int_equal(follow_clinic(d.follow)->number, t->w.clinic.number);
	assert_int_equal(device_kit_alarms(&d, 0), 0);
}

static void credential(const struct world_person *p, struct buf *ret)
{
	struct store *st = relay_double_begin(clinic.d);

	assert_int_equal(store_device_card(store_view(st), &p->device, ret), 0);
	relay_double_commit(clinic.d);
}

static void a_credential_is_a_logged_card(void **state)
{
	struct wire_chain chain;
	struct id16 device;
	struct buf id;

	credential(&t->victim, &id);
	device_kit_settle(&d);
	assert_int_equal(follow_identity(d.follow, buf_view(&id),
				 &t->victim.signature_key, &device),
		0);
	assert_true(id16_eq(&device, &t->victim.device));
	assert_int_equal(follow_identity(d.follow, buf_view(&id),
				 &t->officer.signature_key, NULL),
		ROWAN_E_CRYPTO);
	/* One bit of the card, and it is another. */
	assert_int_equal(wire_chain_decode(buf_view(&id), &chain), 0);
	id.data[chain.card[0].raw.data + chain.card[0].raw.len - 1 - id.data] ^=
		1;
	assert_int_equal(follow_identity(d.follow, buf_view(&id),
				 &t->victim.signature_key, NULL),
		ROWAN_E_CHAIN);
	buf_wipe(&id);
	/* A stranger's card was withheld: it is asked for again. */
	credential(&t->stranger, &id);
	assert_int_equal(follow_identity(d.follow, buf_view(&id),
				 &t->stranger.signature_key, NULL),
		ROWAN_E_AGAIN);
	device_kit_settle(&d);
	assert_int_equal(follow_identity(d.follow, buf_view(&id),
				 &t->stranger.signature_key, NULL),
		ROWAN_E_AGAIN);
	assert_int_equal(world_assign(&t->w, t->c, WIRE_CHANNEL_TEAM,
				 &t->stranger, &t->coordinator),
		0);
	device_kit_catch_up(&d);
	assert_int_equal(follow_identity(d.follow, buf_view(&id),
				 &t->stranger.signature_key, NULL),
		0);
	buf_wipe(&id);
	assert_int_equal(device_kit_alarms(&d, 0), 0);
}

static void many_pages(void **state)
{
	const struct world_person *p = &t->stranger;

	for (int i = 0; i < 300; i++) {
		if (i % 2 == 0)
			assert_int_equal(
				world_assign(&t->w, t->c, WIRE_CHANNEL_TEAM, p,
					&t->coordinator),
				0);
		else
			unassign(p, WIRE_CHANNEL_TEAM);
	}
	device_kit_settle(&d);
	same_as_world();
	assert_int_equal(device_kit_alarms(&d, 0), 0);
}

/* Every write of a catch-up fails once; nothing is lost or told twice. */
static void a_vault_that_fails(void **state)
{
	/* A vault that is read only: every transaction is refused. */
	assert_int_equal(vault_begin(d.kit.vault), 0);
	device_kit_settle(&d);
	assert_int_not_equal(d.fault, 0);
	assert_int_equal(follow_clinic(d.follow)->number, 0);
	vault_abort(d.kit.vault);
	relay_double_pass(clinic.d, 6000);
	device_kit_settle(&d);
	same_as_world();
	assert_int_equal(count(ROWAN_EVENT_CASE), 1);
}

static void a_statement_is_kept(void **state)
{
	struct wire_statement s;
	struct buf raw;

	device_kit_settle(&d);
	for (uint64_t n = 1; n <= t->c->number; n++) {
		assert_int_equal(
			follow_statement(d.follow, &t->c->id, n, &raw), 0);
		assert_int_equal(wire_statement_decode(buf_view(&raw), &s), 0);
		assert_int_equal(s.number, n);
		buf_wipe(&raw);
	}
	assert_int_equal(
		follow_statement(d.follow, &t->c->id, t->c->number + 1, &raw),
		ROWAN_E_NOT_FOUND);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(everybody_follows),
		TEST(who_is_on_no_case_sees_none),
		TEST(coordinators_may_follow_all),
		TEST(first_what_is_then_what_happens),
		TEST(entitlement_follows_the_chain),
		TEST(what_time_ends_is_told_once),
		TEST(a_second_behind_is_not_too_early),
		TEST(a_revoked_device_may_no_more),
		TEST(an_advocates_revocation_is_followed_by_all),
		TEST(a_credential_is_a_logged_card),
		TEST(many_pages),
		TEST(a_vault_that_fails),
		TEST(a_statement_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
