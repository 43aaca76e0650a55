/*
 * Enrolment by an invite at the daemon's double: killed anywhere, and against
 * a daemon and strangers who cheat.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/double_line.h"
#include "lib/enrolment_sides.h"
#include "lib/faulty_vault.h"
#include "wire/invite.h"
#include "wire/op.h"

static const struct id16 zero;

static void enrol(const struct id16 *case_id)
{
	struct id16 id = sides_meet(case_id);

	assert_int_equal(sides.ours.compares, 1);
	assert_int_equal(sides.theirs.compares, 1);
	assert_string_equal(sides.ours.code, sides.theirs.code);
	assert_int_equal(enrolment_confirm(sides.desk, &id, true), 0);
	assert_int_equal(
		enrolment_confirm(sides.desk, &id, true), ROWAN_E_STATE);
	for (int i = 0; i < 60 && sides.theirs.enrolled == 0; i++)
		sides_step(NULL);
	for (int i = 0; i < 4; i++)
		sides_step(NULL);
	assert_int_equal(sides.ours.enrolled, 1);
	assert_int_equal(sides.theirs.enrolled, 1);
	assert_true(id16_eq(&sides.ours.device, &sides.g.me.device));
	assert_int_equal(sides.g.called, 1);
}

static void a_victims_device(void **state)
{
	struct trust_card card;
	struct wire_card own;
	struct buf raw;

	enrol(&sides.t->c->id);
	assert_int_equal(identity_card(&sides.g.me, &own), 0);
	assert_int_equal(own.role, WIRE_ROLE_VICTIM);
	assert_int_equal(own.not_after, 0);
	/* The victim had a device: this is another one of hers. */
	assert_true(id16_eq(&own.member, &sides.t->victim.member));
	assert_true(id16_eq(&sides.g.me.member, &own.member));
	assert_int_equal(sides.g.me.server_count, 1);
	assert_string_equal(
		sides.g.me.servers[0].endpoint, "tcp://clinic.example:7410");
	assert_int_equal(
		follow_card(sides.d.follow, &own.device, &card, &raw), 0);
	assert_true(bytes_eq(card.card.raw, own.raw));
	buf_wipe(&raw);
	assert_int_equal(
		enrolment_redeem(sides.g.e, bytes_of("x", 1)), ROWAN_E_EXISTS);
	/* It all stands after a restart. */
	sides_restart();
	assert_int_equal(identity_card(&sides.g.me, &own), 0);
	assert_int_equal(
		sides.ours.failed + sides.theirs.failed + sides.ours.alarms, 0);
}

static void a_colleagues_first_device(void **state)
{
	struct wire_card own;

	enrol(NULL);
	assert_int_equal(identity_card(&sides.g.me, &own), 0);
	assert_int_equal(own.role, WIRE_ROLE_CASEWORKER);
	assert_int_equal(own.rights, 0);
	assert_true(own.not_after > own.not_before);
	assert_true(id16_eq(&own.case_id, &zero));
}

static void the_codes_differ(void **state)
{
	struct id16 id = sides_meet(&sides.t->c->id);

	assert_int_equal(enrolment_confirm(sides.desk, &id, false), 0);
	for (int i = 0; i < 10; i++)
		sides_step(NULL);
	assert_int_equal(sides.ours.failed, 1);
	assert_int_equal(sides.theirs.failed, 1);
	assert_int_equal(sides.theirs.why, ROWAN_E_REFUSED);
	assert_int_equal(sides.ours.enrolled + sides.theirs.enrolled, 0);
	assert_int_equal(
		enrolment_confirm(sides.desk, &id, true), ROWAN_E_STATE);
	assert_int_equal(sides.g.me.chain.len, 0);
}

static void too_late(void **state)
{
	struct id16 id = sides_meet(&sides.t->c->id);

	relay_double_pass(sides.clinic.d, 3700 * 1000);
	for (int i = 0; i < 10; i++)
		sides_step(NULL);
	assert_int_equal(sides.ours.failed, 1);
	assert_int_equal(sides.ours.why, ROWAN_E_EXPIRED);
	assert_int_equal(sides.theirs.failed, 1);
	assert_int_equal(
		enrolment_confirm(sides.desk, &id, true), ROWAN_E_STATE);
}

static void who_may_not_invite(void **state)
{
	struct enrolment_offer o = {.role = WIRE_ROLE_VICTIM, .lifetime = 60};
	struct wire_statement s;
	struct writer w;
	struct id16 id;

	writer_init(&w, 1 << 16);
	assert_int_equal(
		enrolment_invite(sides.desk, &o, &id, &w), ROWAN_E_INVAL);
	o.case_id.b[0] = 9;
	assert_int_equal(
		enrolment_invite(sides.desk, &o, &id, &w), ROWAN_E_UNKNOWN);
	o.case_id = sides.t->c->id;
	o.role = WIRE_ROLE_DAEMON;
	assert_int_equal(
		enrolment_invite(sides.desk, &o, &id, &w), ROWAN_E_INVAL);
	o.role = WIRE_ROLE_VICTIM;
	o.lifetime = 0;
	assert_int_equal(
		enrolment_invite(sides.desk, &o, &id, &w), ROWAN_E_INVAL);
	o.lifetime = WIRE_INVITE_LIFE_MAX + 1;
	assert_int_equal(
		enrolment_invite(sides.desk, &o, &id, &w), ROWAN_E_INVAL);
	/* Off the case. */
	world_statement(&sides.t->w, sides.t->c, WIRE_ST_UNASSIGN, &s);
	s.u.unassign.member = sides.t->registrar.member;
	s.u.unassign.channel = WIRE_CHANNEL_SUPPORT;
	assert_int_equal(
		world_act(&sides.t->w, sides.t->c, &s, &sides.t->coordinator),
		0);
	device_kit_catch_up(&sides.d);
	assert_int_equal(sides_invite(&sides.t->c->id, &id, &w), ROWAN_E_RULE);
	/* Without the right. */
	enrolment_free(sides.desk);
	device_kit_end(&sides.d);
	device_kit_begin(&sides.d, &sides.clinic, &sides.t->advocate, true);
	device_kit_settle(&sides.d);
	sides_open_desk();
	assert_int_equal(sides_invite(NULL, &id, &w), ROWAN_E_NOT_FOUND);
	sides_add_daemon(&w);
	sides_add_servers(&w, &sides.daemon_person.transport_key);
	assert_int_equal(enrolment_install(sides.desk, writer_view(&w)), 0);
	w.len = 0;
	assert_int_equal(sides_invite(NULL, &id, &w), ROWAN_E_SIGNER);
	assert_int_equal(w.len, 0);
	assert_int_equal(enrolment_confirm(sides.desk, &sides.t->c->id, true),
		ROWAN_E_NOT_FOUND);
	writer_wipe(&w);
}

static void not_more_than_so_many(void **state)
{
	struct writer w;
	struct id16 id;
	int rc = 0;
	size_t n = 0;

	writer_init(&w, 1024);
	for (; rc == 0 && n <= ENROLMENT_INVITES_MAX; n++) {
		w.len = 0;
		rc = sides_invite(NULL, &id, &w);
	}
	assert_int_equal(rc, ROWAN_E_QUOTA);
	assert_int_equal(n, ENROLMENT_INVITES_MAX + 1);
	writer_wipe(&w);
}

/* ---- somebody else has the text ---- */

static void redeemed_by_two(void **state)
{
	struct guest thief;
	struct writer w;
	struct id16 id;

	sides_guest(&thief);
	writer_init(&w, 1024);
	assert_int_equal(sides_invite(&sides.t->c->id, &id, &w), 0);
	assert_int_equal(enrolment_redeem(sides.g.e, writer_view(&w)), 0);
	for (int i = 0; i < 4; i++)
		sides_step(NULL);
	assert_int_equal(enrolment_redeem(thief.e, writer_view(&w)), 0);
	for (int i = 0; i < 20; i++)
		sides_step(&thief);
	assert_int_equal(sides.ours.alarms, 1);
	assert_int_equal(sides.ours.failed, 1);
	assert_int_equal(sides.theirs.failed, 1);
	assert_int_equal(sides.ours.enrolled + sides.theirs.enrolled, 0);
	assert_int_equal(thief.me.chain.len, 0);
	writer_wipe(&w);
	sides_guest_end(&thief);
}

/* Found later, when it is used up: it only tells. */
static void found_afterwards(void **state)
{
	struct guest thief;
	struct writer w;
	struct id16 id;

	writer_init(&w, 1024);
	assert_int_equal(sides_invite(NULL, &id, &w), 0);
	assert_int_equal(enrolment_redeem(sides.g.e, writer_view(&w)), 0);
	for (int i = 0; i < 120 && sides.ours.compares == 0; i++)
		sides_step(NULL);
	assert_int_equal(enrolment_confirm(sides.desk, &id, true), 0);
	for (int i = 0; i < 20; i++)
		sides_step(NULL);
	assert_int_equal(sides.ours.enrolled, 1);
	assert_int_equal(sides.ours.alarms, 0);
	sides_guest(&thief);
	assert_int_equal(enrolment_redeem(thief.e, writer_view(&w)), 0);
	for (int i = 0; i < 10; i++)
		sides_step(&thief);
	assert_int_equal(sides.ours.alarms, 0);
	/* On the same connection, a moment later. */
	for (int i = 0; i < 70 && sides.ours.alarms == 0; i++)
		sides_step(&thief);
	assert_int_equal(sides.ours.alarms, 1);
	/* It is said once. */
	enrolment_free(sides.desk);
	device_kit_again(&sides.d);
	sides_open_desk();
	for (int i = 0; i < 10; i++)
		sides_step(&thief);
	assert_int_equal(sides.ours.alarms, 1);
	assert_int_equal(thief.me.chain.len, 0);
	/* And after a month not any more. */
	for (int i = 0; i < 31; i++)
		relay_double_pass(sides.clinic.d, 86400 * 1000);
	for (int i = 0; i < 10; i++)
		sides_step(&thief);
	assert_int_equal(
		enrolment_confirm(sides.desk, &id, false), ROWAN_E_NOT_FOUND);
	assert_int_equal(sides.ours.alarms, 1);
	writer_wipe(&w);
	sides_guest_end(&thief);
}

/* ---- a daemon that cheats ---- */

enum cheat {
	CHEAT_NONCE = 1, /* the device gets another nonce */
	CHEAT_NONCE_LATER,
	CHEAT_COMMITMENT, /* the registrar another commitment, later */
	CHEAT_REQUEST,	  /* ... another request */
	CHEAT_CARD	  /* the device another card, at first */
};

static struct {
	enum cheat how;
	unsigned times;
} cheat;

static void again(struct double_message *m, const struct writer *w)
{
	assert_int_equal(buf_set(&m->frame[1], writer_view(w)), 0);
	cheat.times++;
}

static void cheat_device(struct double_message *m)
{
	const struct wire_message msg = {
		.header = m->header, .body = buf_view(&m->frame[1])};
	struct wire_redeem_result a;
	struct buf chain = {0};
	struct writer w;

	assert_int_equal(wire_redeem_result_decode(&msg, &a), 0);
	writer_init(&w, 1 << 16);
	if ((cheat.how == CHEAT_NONCE && a.state <= WIRE_INVITE_REVEALED) ||
		(cheat.how == CHEAT_NONCE_LATER &&
			a.state == WIRE_INVITE_REVEALED))
		a.nonce.b[0] ^= 1;
	if (cheat.how == CHEAT_CARD && a.state == WIRE_INVITE_DONE &&
		cheat.times < 3) {
		assert_int_equal(buf_copy(&chain, a.chain), 0);
		chain.data[chain.len / 4] ^= 1;
		a.chain = buf_view(&chain);
	}
	if (a.state >= WIRE_INVITE_ANSWERED) {
		assert_int_equal(wire_redeem_result_encode(&a, &w), 0);
		again(m, &w);
	}
	writer_wipe(&w);
	buf_wipe(&chain);
}

static void cheat_registrar(struct double_message *m)
{
	static struct wire_invite_watch_answer a;
	const struct wire_message msg = {
		.header = m->header, .body = buf_view(&m->frame[1])};
	struct wire_invite_seen *seen = &a.seen[0];
	struct buf request = {0};
	struct writer w;

	assert_int_equal(wire_invite_watch_answer_decode(&msg, &a), 0);
	writer_init(&w, 1 << 16);
	if (seen->state == WIRE_INVITE_REVEALED) {
		if (cheat.how == CHEAT_COMMITMENT)
			seen->commitment.b[0] ^= 1;
		if (cheat.how == CHEAT_REQUEST) {
			assert_int_equal(buf_copy(&request, seen->request), 0);
			request.data[request.len - 1] ^= 1;
			seen->request = buf_view(&request);
		}
		assert_int_equal(wire_invite_watch_answer_encode(&a, &w), 0);
		again(m, &w);
	}
	writer_wipe(&w);
	buf_wipe(&request);
}

static enum double_fate cheating(void *ctx, struct double_message *m)
{
	if (m->way != DOUBLE_ANSWER)
		return DOUBLE_PASS;
	if (m->header.op == (WIRE_OP_REDEEM_RESULT | WIRE_ANSWER) &&
		(cheat.how == CHEAT_NONCE || cheat.how == CHEAT_NONCE_LATER ||
			cheat.how == CHEAT_CARD))
		cheat_device(m);
	if (m->header.op == (WIRE_OP_INVITE_WATCH | WIRE_ANSWER) &&
		(cheat.how == CHEAT_COMMITMENT || cheat.how == CHEAT_REQUEST))
		cheat_registrar(m);
	return DOUBLE_PASS;
}

static struct id16 cheated(enum cheat how)
{
	cheat.how = how;
	cheat.times = 0;
	relay_double_hook(sides.clinic.d, cheating, NULL);
	return sides_meet(&sides.t->c->id);
}

static void another_nonce(void **state)
{
	(void)cheated(CHEAT_NONCE);
	assert_int_equal(sides.ours.compares, 1);
	assert_int_equal(sides.theirs.compares, 1);
	assert_string_not_equal(sides.ours.code, sides.theirs.code);
}

static void a_nonce_that_changes(void **state)
{
	(void)cheated(CHEAT_NONCE_LATER);
	assert_int_equal(sides.theirs.compares, 1);
	assert_int_equal(sides.theirs.failed, 1);
	assert_int_equal(sides.theirs.why, ROWAN_E_REFUSED);
}

static void another_commitment(void **state)
{
	struct id16 id = cheated(CHEAT_COMMITMENT);

	for (int i = 0; i < 10; i++)
		sides_step(NULL);
	assert_int_equal(sides.ours.compares, 0);
	assert_int_equal(sides.ours.failed, 1);
	assert_int_equal(
		enrolment_confirm(sides.desk, &id, true), ROWAN_E_STATE);
}

static void another_request(void **state)
{
	struct id16 id = cheated(CHEAT_REQUEST);

	for (int i = 0; i < 10; i++)
		sides_step(NULL);
	assert_int_equal(sides.ours.compares, 0);
	assert_int_equal(sides.ours.failed, 1);
	assert_int_equal(sides.ours.why, ROWAN_E_CRYPTO);
	assert_int_equal(
		enrolment_confirm(sides.desk, &id, true), ROWAN_E_STATE);
}

static void another_card_first(void **state)
{
	cheat.how = CHEAT_CARD;
	cheat.times = 0;
	relay_double_hook(sides.clinic.d, cheating, NULL);
	enrol(&sides.t->c->id);
	assert_true(cheat.times >= 3);
}

/* ---- killed ---- */

static bool killed_at(uint64_t n, enum faulty_vault_kind kind)
{
	struct writer w;
	struct id16 id;
	bool hit = false, invited = false, confirmed = false;

	writer_init(&w, 1024);
	faulty_vault_after(n, kind);
	for (int i = 0;
		i < 400 && (!sides.ours.enrolled || !sides.theirs.enrolled);
		i++) {
		if (!invited) {
			w.len = 0;
			invited = sides_invite(&sides.t->c->id, &id, &w) == 0;
		}
		/* The text goes over as long as it is not taken. */
		if (invited && sides.g.me.chain.len == 0 &&
			sides.theirs.compares == 0)
			(void)!enrolment_redeem(sides.g.e, writer_view(&w));
		sides_step(NULL);
		if (faulty_vault_hit()) {
			hit = true;
			faulty_vault_revive();
			sides_restart();
			/* Made, or not: who does not know makes another. */
			if (kind == KILLED_BEFORE && !invited)
				continue;
		}
		if (sides.ours.compares > 0 && sides.theirs.compares > 0 &&
			!confirmed) {
			int rc;

			assert_string_equal(sides.ours.code, sides.theirs.code);
			rc = enrolment_confirm(sides.desk, &id, true);
			confirmed = rc == 0 || rc == ROWAN_E_STATE;
		}
	}
	assert_int_equal(sides.ours.enrolled, 1);
	assert_int_equal(sides.theirs.enrolled, 1);
	assert_int_equal(
		sides.ours.failed + sides.theirs.failed + sides.ours.alarms, 0);
	/* Asked again after it had died it tells the code again. */
	assert_in_range(sides.theirs.compares, 1, hit ? 2 : 1);
	writer_wipe(&w);
	return hit;
}

static void killed_at_any_commit(enum faulty_vault_kind kind)
{
	bool hit = true;
	uint64_t n;

	for (n = 1; hit; n++) {
		sides_setup(NULL);
		hit = killed_at(n, kind);
		sides_teardown(NULL);
	}
	assert_true(n > 12);
}

static void killed_before(void **state)
{
	killed_at_any_commit(KILLED_BEFORE);
}

static void killed_after(void **state)
{
	killed_at_any_commit(KILLED_AFTER);
}

static void given_up(void **state)
{
	struct writer w, other;
	struct id16 id;

	writer_init(&w, 1024);
	writer_init(&other, 1024);
	assert_int_equal(sides_invite(NULL, &id, &w), 0);
	assert_int_equal(sides_invite(NULL, &id, &other), 0);
	assert_int_equal(enrolment_redeem(sides.g.e, writer_view(&w)), 0);
	assert_int_equal(enrolment_redeem(sides.g.e, writer_view(&other)),
		ROWAN_E_STATE);
	sides_step(NULL);
	assert_int_equal(enrolment_cancel(sides.g.e), 0);
	sides_step(NULL);
	sides_restart();
	sides_step(NULL);
	assert_int_equal(enrolment_redeem(sides.g.e, writer_view(&other)), 0);
	for (int i = 0; i < 40; i++)
		sides_step(NULL);
	assert_int_equal(sides.theirs.compares, 1);
	writer_wipe(&w);
	writer_wipe(&other);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, sides_setup, sides_teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_victims_device),
		TEST(a_colleagues_first_device),
		TEST(the_codes_differ),
		TEST(too_late),
		TEST(who_may_not_invite),
		TEST(not_more_than_so_many),
		TEST(redeemed_by_two),
		TEST(found_afterwards),
		TEST(another_nonce),
		TEST(a_nonce_that_changes),
		TEST(another_commitment),
		TEST(another_request),
		TEST(another_card_first),
		cmocka_unit_test(killed_before),
		cmocka_unit_test(killed_after),
		TEST(given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
