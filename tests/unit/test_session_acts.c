/*
 * What a device does to the clinic, at the daemon's double: acts are made,
 * brought and made anew, each happens once, whatever is lost or killed on the
 * way, and whoever may not is refused before anything is kept.
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
#include "lib/faulty_vault.h"
#include "wire/op.h"

static struct double_clinic clinic;
static struct cast *t;
static struct device_kit d;
static struct world_person second; /* coordinator */

static const struct id16 zero;

static struct id16 channel(uint8_t kind)
{
	return case_channel(t->c, kind)->channel;
}

static int setup(void **state)
{
	struct wire_card card;

	faulty_vault_revive();
	double_clinic_begin(&clinic);
	t = &clinic.cast;
	world_person(&second, "second");
	world_card(&t->w, &second, WIRE_ROLE_CASEWORKER, "police", &card);
	card.rights = WIRE_RIGHT_COORDINATE;
	assert_int_equal(world_enrol(&t->w, &second, NULL, &card), 0);
	device_kit_begin(&d, &clinic, &t->coordinator, true);
	device_kit_settle(&d);
	follow_catch_up(d.follow, &t->c->id);
	device_kit_settle(&d);
	return 0;
}

static int teardown(void **state)
{
	device_kit_end(&d);
	double_clinic_end(&clinic);
	return 0;
}

/* The end of an act: its code. */
static int outcome(uint64_t act)
{
	struct event e;

	while (device_kit_event(&d, 0, &e))
		if ((e.type == ROWAN_EVENT_DONE ||
			    e.type == ROWAN_EVENT_FAILED) &&
			e.count == act)
			return e.code;
	return ROWAN_E_NOT_FOUND;
}

static int finish(uint64_t act)
{
	device_kit_settle(&d);
	return outcome(act);
}

static const struct case_state *the_case(void)
{
	return follow_case(d.follow, &t->c->id);
}

static int assign(const struct world_person *who, uint64_t *ret)
{
	const struct acts_assignment a = {
		.channel = channel(WIRE_CHANNEL_TEAM), .member = who->member};

	return acts_assign(d.acts, &a, ret);
}

static bool assigned(const struct world_person *who)
{
	return case_assigned(the_case(), &who->member, WIRE_CHANNEL_TEAM,
		follow_now(d.follow));
}

/* Somebody else's statement, by the second coordinator. */
static void other(uint8_t kind, const struct world_person *who)
{
	struct wire_statement s;

	world_statement(&t->w, t->c, kind, &s);
	s.u.assign.member = who->member;
	s.u.assign.channel = WIRE_CHANNEL_TEAM;
	if (kind == WIRE_ST_UNASSIGN) {
		s.u.unassign.member = who->member;
		s.u.unassign.channel = WIRE_CHANNEL_TEAM;
	}
	assert_int_equal(world_act(&t->w, t->c, &s, &second), 0);
}

/* ---- every act ---- */

static void a_case_from_beginning_to_end(void **state)
{
	struct acts_assignment a = {.member = t->officer.member};
	const struct case_state *c;
	struct id16 id, team;
	uint64_t act;

	assert_int_equal(
		acts_open(d.acts, bytes_of("probation", 9), 20500, &id, &act),
		0);
	assert_int_equal(finish(act), 0);
	c = follow_case(d.follow, &id);
	assert_non_null(c);
	assert_string_equal(c->agency, "probation");
	assert_int_equal(c->channel_count, 3);
	a.channel = team = case_channel(c, WIRE_CHANNEL_TEAM)->channel;
	assert_int_equal(acts_assign(d.acts, &a, &act), 0);
	assert_int_equal(finish(act), 0);
	assert_int_equal(
		acts_unassign(d.acts, &team, &t->officer.member, &act), 0);
	assert_int_equal(finish(act), 0);
	assert_int_equal(acts_close(d.acts, &id, WIRE_CLOSE_RESOLVED, &act), 0);
	assert_int_equal(finish(act), 0);
	assert_int_equal(follow_case(d.follow, &id)->status, CASE_CLOSED);
	assert_int_equal(acts_reopen(d.acts, &id, &act), 0);
	assert_int_equal(finish(act), 0);
	assert_int_equal(follow_case(d.follow, &id)->number, 5);
	assert_int_equal(acts_pending(d.acts, 0, NULL), 0);
}

/* Asked for in one go, before the first has happened. */
static void acts_that_stand_on_each_other(void **state)
{
	struct acts_assignment a = {.member = t->officer.member};
	struct id16 id;
	uint64_t act[4];
	struct event e;

	relay_double_offline(clinic.d, &d.me.device, true);
	assert_int_equal(
		acts_open(d.acts, bytes_of("police", 6), 20000, &id, &act[0]),
		0);
	/* Not known to follow, and yet its channels are. */
	assert_null(follow_case(d.follow, &id));
	assert_int_equal(acts_close(d.acts, &id, WIRE_CLOSE_OTHER, &act[1]), 0);
	assert_int_equal(
		acts_close(d.acts, &id, WIRE_CLOSE_OTHER, NULL), ROWAN_E_RULE);
	assert_int_equal(acts_reopen(d.acts, &id, &act[2]), 0);
	assert_int_equal(acts_pending(d.acts, 0, &id), 3);
	assert_int_equal(acts_pending(d.acts, WIRE_ST_OPEN, NULL), 1);
	a.channel = zero;
	assert_int_equal(acts_assign(d.acts, &a, NULL), ROWAN_E_UNKNOWN);
	device_kit_again(&d);
	assert_int_equal(acts_pending(d.acts, 0, &id), 3);
	relay_double_offline(clinic.d, &d.me.device, false);
	device_kit_settle(&d);
	for (int i = 0; i < 3; i++) {
		while (device_kit_event(&d, 0, &e) &&
			e.type != ROWAN_EVENT_DONE)
			;
		assert_int_equal(e.type, ROWAN_EVENT_DONE);
		assert_int_equal(e.count, act[i]);
	}
	assert_int_equal(follow_case(d.follow, &id)->number, 3);
}

static void revoke_recuse_reset_readmit(void **state)
{
	struct acts_revocation r = {
		.device = t->stranger.device, .reason = WIRE_REVOKE_LEFT};
	struct id16 support = channel(WIRE_CHANNEL_SUPPORT);
	struct trust_card card;
	struct buf raw;
	uint64_t act;

	assert_int_equal(acts_revoke(d.acts, &r, &act), 0);
	assert_int_equal(finish(act), 0);
	assert_int_equal(
		follow_card(d.follow, &t->stranger.device, &card, &raw), 0);
	assert_true(card.revoked > 0);
	buf_wipe(&raw);
	assert_int_equal(acts_revoke(d.acts, &r, &act), ROWAN_E_RULE);
	/* The coordinator is not assigned. */
	assert_int_equal(acts_reset(d.acts, &support, NULL), ROWAN_E_SIGNER);
	assert_int_equal(acts_recuse(d.acts, &t->c->id, NULL), ROWAN_E_SIGNER);

	device_kit_end(&d);
	device_kit_begin(&d, &clinic, &t->advocate, true);
	device_kit_settle(&d);
	assert_int_equal(acts_reset(d.acts, &support, &act), 0);
	assert_int_equal(finish(act), 0);
	assert_int_equal(
		case_channel(the_case(), WIRE_CHANNEL_SUPPORT)->generation, 2);
	assert_int_equal(acts_readmit(d.acts, &t->c->id, &act), 0);
	assert_int_equal(finish(act), 0);
	assert_int_equal(acts_recuse(d.acts, &t->c->id, &act), 0);
	assert_int_equal(finish(act), 0);
	assert_false(case_assigned(
		the_case(), &t->advocate.member, 0, follow_now(d.follow)));
}

static void what_one_may_not(void **state)
{
	struct acts_revocation r = {
		.device = t->victim.device, .reason = WIRE_REVOKE_LOST};
	struct id16 id;

	device_kit_end(&d);
	device_kit_begin(&d, &clinic, &t->officer, true);
	device_kit_settle(&d);
	assert_int_equal(
		acts_open(d.acts, bytes_of("police", 6), 20000, &id, NULL),
		ROWAN_E_SIGNER);
	assert_int_equal(assign(&t->stranger, NULL), ROWAN_E_SIGNER);
	assert_int_equal(acts_close(d.acts, &t->c->id, WIRE_CLOSE_OTHER, NULL),
		ROWAN_E_SIGNER);
	assert_int_equal(acts_revoke(d.acts, &r, NULL), ROWAN_E_SIGNER);
	r.case_id = t->c->id;
	assert_int_equal(acts_revoke(d.acts, &r, NULL), ROWAN_E_SIGNER);
	assert_int_equal(acts_pending(d.acts, 0, NULL), 0);
	assert_int_equal(
		relay_double_requests(clinic.d, WIRE_OP_STATEMENT_PUT), 0);
}

/* Assigned by a clock that is a second ahead of the time we were told. */
static void assigned_a_moment_ago(void **state)
{
	struct acts_revocation r = {.device = t->victim.device,
		.reason = WIRE_REVOKE_LOST,
		.case_id = t->c->id};
	struct wire_statement s;
	uint64_t act;

	device_kit_end(&d);
	t->w.now = relay_double_now(clinic.d) + 1;
	world_statement(&t->w, t->c, WIRE_ST_UNASSIGN, &s);
	s.u.unassign.member = t->advocate.member;
	s.u.unassign.channel = WIRE_CHANNEL_SUPPORT;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	assert_int_equal(world_assign(&t->w, t->c, WIRE_CHANNEL_SUPPORT,
				 &t->advocate, &t->coordinator),
		0);
	device_kit_begin(&d, &clinic, &t->advocate, true);
	device_kit_catch_up(&d);
	assert_int_equal(acts_revoke(d.acts, &r, &act), 0);
	assert_int_equal(finish(act), 0);
}

static bool is_barred(
	void *ctx, const struct id16 *case_id, const struct id16 *member)
{
	return id16_eq(case_id, &t->c->id) &&
	       id16_eq(member, &t->stranger.member);
}

static void whom_the_bar_list_names(void **state)
{
	uint64_t act;

	relay_double_offline(clinic.d, &d.me.device, true);
	assert_int_equal(assign(&t->stranger, &act), 0);
	/* Named only after it was asked for: looked at when it is signed. */
	d.barred = is_barred;
	device_kit_again(&d);
	relay_double_offline(clinic.d, &d.me.device, false);
	assert_int_equal(finish(act), ROWAN_E_RULE);
	assert_false(assigned(&t->stranger));
	assert_int_equal(assign(&t->stranger, NULL), ROWAN_E_RULE);
	assert_int_equal(assign(&t->registrar, &act), 0);
	assert_int_equal(finish(act), 0);
}

/* ---- others come first ---- */

/* Somebody's statement takes the number; the act is signed anew. */
static void another_came_first(void **state)
{
	uint64_t act, before;

	relay_double_offline(clinic.d, &d.me.device, true);
	device_kit_settle(&d);
	assert_int_equal(assign(&t->stranger, &act), 0);
	other(WIRE_ST_ASSIGN, &t->registrar);
	before = t->c->number;
	relay_double_offline(clinic.d, &d.me.device, false);
	assert_int_equal(finish(act), 0);
	assert_true(assigned(&t->stranger));
	assert_true(assigned(&t->registrar));
	assert_int_equal(the_case()->number, before + 1);
}

static struct {
	unsigned times;
	const struct world_person *who;
} race;

/* In the moment in which ours is on its way. */
static enum double_fate overtake(void *ctx, struct double_message *m)
{
	if (m->way == DOUBLE_REQUEST && race.times > 0 &&
		m->header.op == WIRE_OP_STATEMENT_PUT) {
		race.times--;
		other(race.times % 2 == 0 ? WIRE_ST_ASSIGN : WIRE_ST_UNASSIGN,
			race.who);
	}
	return DOUBLE_PASS;
}

static void again_and_again(void **state)
{
	uint64_t act, before = the_case()->number;

	race.times = 9;
	race.who = &t->registrar;
	relay_double_hook(clinic.d, overtake, NULL);
	assert_int_equal(assign(&t->stranger, &act), 0);
	assert_int_equal(finish(act), 0);
	assert_int_equal(the_case()->number, before + 10);
	assert_true(assigned(&t->stranger));
}

/* About the same person: who asked decides again. */
static void somebody_decided_otherwise(void **state)
{
	uint64_t act;

	race.times = 1;
	race.who = &t->stranger;
	relay_double_hook(clinic.d, overtake, NULL);
	assert_int_equal(assign(&t->stranger, &act), 0);
	assert_int_equal(finish(act), ROWAN_E_STALE);
	assert_int_equal(the_case()->number, t->c->number);
}

/* ---- what is lost ---- */

static unsigned losses;
static enum double_fate loss;

static enum double_fate lose(void *ctx, struct double_message *m)
{
	if (m->way != DOUBLE_ANSWER || losses == 0 ||
		m->header.op != (WIRE_OP_STATEMENT_PUT | WIRE_ANSWER))
		return DOUBLE_PASS;
	losses--;
	return loss;
}

/* The daemon took it, and nobody heard. */
static void an_answer_is_lost(void **state)
{
	uint64_t act, before = the_case()->number;
	struct event e;

	losses = 3;
	loss = DOUBLE_CUT;
	relay_double_hook(clinic.d, lose, NULL);
	assert_int_equal(assign(&t->stranger, &act), 0);
	for (int i = 0; i < 5; i++) {
		device_kit_settle(&d);
		relay_double_pass(clinic.d, 1000);
	}
	assert_int_equal(outcome(act), 0);
	assert_false(device_kit_event(&d, 0, &e));
	assert_int_equal(the_case()->number, before + 1);
}

static void a_restart_in_between(void **state)
{
	uint64_t act, before = the_case()->number;

	losses = 1;
	loss = DOUBLE_DROP;
	relay_double_hook(clinic.d, lose, NULL);
	assert_int_equal(assign(&t->stranger, &act), 0);
	device_kit_settle(&d);
	device_kit_again(&d);
	assert_int_equal(finish(act), 0);
	assert_int_equal(the_case()->number, before + 1);
	assert_int_equal(acts_pending(d.acts, 0, NULL), 0);
}

/* Signed long ago, never brought: it is signed anew. */
static void after_a_week_without_a_connection(void **state)
{
	uint64_t act;

	assert_int_equal(assign(&t->stranger, &act), 0);
	acts_online(d.acts, true);
	assert_int_equal(acts_step(d.acts, relay_double_ms(clinic.d)), 0);
	relay_double_offline(clinic.d, &d.me.device, true);
	device_kit_settle(&d);
	for (int i = 0; i < 7; i++)
		relay_double_pass(clinic.d, 86400 * 1000);
	relay_double_offline(clinic.d, &d.me.device, false);
	device_kit_again(&d);
	assert_int_equal(finish(act), 0);
	assert_true(assigned(&t->stranger));
}

/* ---- a daemon that lies ---- */

static enum double_fate swallow(void *ctx, struct double_message *m)
{
	const struct id16 *id = &t->c->id;
	struct wire_chain_head head = {
		.number = follow_case(d.follow, id)->number + 1};
	struct wire_header h = m->header;
	uint8_t raw[WIRE_HEADER_LEN];
	struct bytes frames[2];
	struct writer w;

	if (m->way != DOUBLE_REQUEST || h.op != WIRE_OP_STATEMENT_PUT)
		return DOUBLE_PASS;
	writer_init(&w, 64);
	assert_int_equal(wire_chain_head_encode(&head, &w), 0);
	h.op |= WIRE_ANSWER;
	wire_header_encode(&h, raw);
	frames[0] = bytes_of(raw, sizeof raw);
	frames[1] = writer_view(&w);
	relay_double_say(clinic.d, &d.me.device, frames, 2);
	writer_wipe(&w);
	return DOUBLE_DROP;
}

/* "It stands", and it is nowhere. */
static void a_statement_is_swallowed(void **state)
{
	struct event e;
	uint64_t act;
	bool alarm = false;

	relay_double_hook(clinic.d, swallow, NULL);
	assert_int_equal(assign(&t->stranger, &act), 0);
	device_kit_settle(&d);
	while (device_kit_event(&d, 0, &e)) {
		alarm |= e.type == ROWAN_EVENT_ALARM &&
			 e.code == ROWAN_ALARM_HIDDEN;
		if (e.type == ROWAN_EVENT_FAILED)
			assert_int_equal(e.code, ROWAN_E_CHAIN);
		assert_int_not_equal(e.type, ROWAN_EVENT_DONE);
	}
	assert_true(alarm);
	assert_false(assigned(&t->stranger));
}

static unsigned brought;

static enum double_fate refuse(void *ctx, struct double_message *m)
{
	if (m->way == DOUBLE_REQUEST && m->header.op == WIRE_OP_STATEMENT_PUT) {
		brought++;
		m->frame[1].data[m->frame[1].len - 1] ^= 1;
	}
	return DOUBLE_PASS;
}

/* Refused though it is right: it is not tried for ever. */
static void a_daemon_that_refuses(void **state)
{
	uint64_t act;

	brought = 0;
	relay_double_hook(clinic.d, refuse, NULL);
	assert_int_equal(assign(&t->stranger, &act), 0);
	assert_int_equal(finish(act), ROWAN_E_REFUSED);
	assert_true(brought > 0 && brought < 10);
}

/* ---- quiet ones, foreign ones ---- */

static void a_quiet_act(void **state)
{
	struct event e;
	uint64_t act;

	assert_int_equal(assign(&t->stranger, &act), 0);
	assert_int_equal(acts_quiet(d.acts, act, true), 0);
	assert_int_equal(acts_outcome(d.acts, act), ROWAN_E_AGAIN);
	device_kit_settle(&d);
	assert_int_equal(acts_outcome(d.acts, act), 0);
	assert_int_equal(acts_pending(d.acts, 0, NULL), 0);
	while (device_kit_event(&d, 0, &e))
		assert_int_not_equal(e.type, ROWAN_EVENT_DONE);
	device_kit_again(&d);
	assert_int_equal(acts_outcome(d.acts, act), 0);
	assert_int_equal(vault_begin(d.kit.vault), 0);
	assert_int_equal(acts_forget(d.acts, act), 0);
	assert_int_equal(vault_commit(d.kit.vault), 0);
	assert_int_equal(acts_outcome(d.acts, act), ROWAN_E_NOT_FOUND);
	device_kit_again(&d);
	assert_int_equal(acts_outcome(d.acts, act), ROWAN_E_NOT_FOUND);
	assert_int_equal(acts_quiet(d.acts, 99, true), ROWAN_E_NOT_FOUND);
}

static void hold_raw(struct buf *ret)
{
	struct wire_statement s;

	world_statement(&t->w, t->c, WIRE_ST_HOLD, &s);
	s.u.hold.on = 1;
	s.signer_count = 2;
	s.signers[0].kind = WIRE_SIGNER_AUTHORITY;
	s.signers[1] =
		(struct wire_signer){WIRE_SIGNER_DEVICE, t->coordinator.device};
	world_sign(&t->w, &t->coordinator, &s, ret);
}

static void a_statement_signed_elsewhere(void **state)
{
	struct buf raw;
	uint64_t act;

	hold_raw(&raw);
	raw.data[raw.len - 1] ^= 1;
	assert_int_equal(
		acts_submit(d.acts, buf_view(&raw), &act), ROWAN_E_CRYPTO);
	raw.data[raw.len - 1] ^= 1;
	assert_int_equal(acts_submit(d.acts, buf_view(&raw), &act), 0);
	assert_int_equal(finish(act), 0);
	assert_true(the_case()->hold);
	assert_int_equal(
		acts_submit(d.acts, buf_view(&raw), &act), ROWAN_E_STALE);
	buf_wipe(&raw);
}

/* What this device signs is the second half of it, and is kept nowhere. */
static void a_request_of_this_device(void **state)
{
	struct wire_statement s = {.kind = WIRE_ST_ERASE, .case_id = t->c->id};
	struct buf raw;
	uint64_t act;

	assert_int_equal(acts_request(d.acts, &s, &raw), 0);
	assert_int_equal(acts_pending(d.acts, 0, NULL), 0);
	/* The authority's half is missing. */
	assert_int_equal(
		acts_submit(d.acts, buf_view(&raw), &act), ROWAN_E_CRYPTO);
	buf_wipe(&raw);
	relay_double_offline(clinic.d, &d.me.device, true);
	assert_int_equal(
		acts_close(d.acts, &t->c->id, WIRE_CLOSE_OTHER, &act), 0);
	assert_int_equal(acts_request(d.acts, &s, &raw), ROWAN_E_AGAIN);
	assert_null(raw.data);
	relay_double_offline(clinic.d, &d.me.device, false);
	assert_int_equal(finish(act), 0);
	s = (struct wire_statement){.kind = WIRE_ST_CLOSE, .case_id = t->c->id};
	s.u.close.reason = WIRE_CLOSE_OTHER;
	assert_int_equal(acts_request(d.acts, &s, &raw), ROWAN_E_INVAL);
	assert_null(raw.data);
}

/* Its number is taken, and nobody here can sign it anew. */
static void a_foreign_one_is_overtaken(void **state)
{
	struct buf raw;
	uint64_t act;

	hold_raw(&raw);
	relay_double_offline(clinic.d, &d.me.device, true);
	assert_int_equal(acts_submit(d.acts, buf_view(&raw), &act), 0);
	other(WIRE_ST_ASSIGN, &t->stranger);
	relay_double_offline(clinic.d, &d.me.device, false);
	assert_int_equal(finish(act), ROWAN_E_STALE);
	assert_false(the_case()->hold);
	buf_wipe(&raw);
}

/* ---- limits ---- */

static void not_more_than_so_many(void **state)
{
	struct id16 id;
	int rc = 0;
	size_t n = 0;

	relay_double_offline(clinic.d, &d.me.device, true);
	while (rc == 0 && n <= ACTS_MAX) {
		rc = acts_open(d.acts, bytes_of("police", 6), 20000, &id, NULL);
		n += rc == 0;
	}
	assert_int_equal(rc, ROWAN_E_QUOTA);
	assert_int_equal(n, ACTS_MAX);
}

/* ---- killed ---- */

static unsigned dones(void)
{
	unsigned n = 0;
	struct event e;

	while (device_kit_event(&d, 0, &e))
		n += e.type == ROWAN_EVENT_DONE;
	return n;
}

/* From the call to the event, killed at one commit. */
static bool killed_at(uint64_t n, enum faulty_vault_kind kind)
{
	uint64_t before = the_case()->number, act = 0;
	bool hit;
	int rc;

	faulty_vault_after(n, kind);
	rc = assign(&t->stranger, &act);
	device_kit_settle(&d);
	hit = faulty_vault_hit();
	faulty_vault_revive();
	device_kit_again(&d);
	/* Who saw it fail asks again. */
	if (rc != 0 && acts_pending(d.acts, 0, NULL) == 0)
		assert_int_equal(assign(&t->stranger, &act), 0);
	for (int i = 0; i < 3; i++) {
		device_kit_settle(&d);
		relay_double_pass(clinic.d, 6000);
	}
	assert_int_equal(acts_pending(d.acts, 0, NULL), 0);
	assert_int_equal(the_case()->number, before + 1);
	assert_true(assigned(&t->stranger));
	return hit;
}

static void killed_at_any_commit(enum faulty_vault_kind kind)
{
	bool hit = true;
	uint64_t n;

	for (n = 1; hit; n++) {
		setup(NULL);
		(void)dones();
		hit = killed_at(n, kind);
		/* Told once: it is in the same transaction. */
		assert_int_equal(dones(), 1);
		teardown(NULL);
	}
	assert_true(n > 4);
}

static void killed_before(void **state)
{
	killed_at_any_commit(KILLED_BEFORE);
}

static void killed_after(void **state)
{
	killed_at_any_commit(KILLED_AFTER);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_case_from_beginning_to_end),
		TEST(acts_that_stand_on_each_other),
		TEST(revoke_recuse_reset_readmit),
		TEST(assigned_a_moment_ago),
		TEST(what_one_may_not),
		TEST(whom_the_bar_list_names),
		TEST(another_came_first),
		TEST(again_and_again),
		TEST(somebody_decided_otherwise),
		TEST(an_answer_is_lost),
		TEST(a_restart_in_between),
		TEST(after_a_week_without_a_connection),
		TEST(a_statement_is_swallowed),
		TEST(a_daemon_that_refuses),
		TEST(a_quiet_act),
		TEST(a_statement_signed_elsewhere),
		TEST(a_request_of_this_device),
		TEST(a_foreign_one_is_overtaken),
		TEST(not_more_than_so_many),
		cmocka_unit_test(killed_before),
		cmocka_unit_test(killed_after),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
