/*
 * A registrar's card that could not be judged in whole when it was taken in
 * is judged when more is known: who enrolled a victim and left later did well;
 * who had left before, or was never there, did not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/device_kit.h"
#include "lib/double_line.h"
#include "trust/chain.h"
#include "trust/issue.h"
#include "wire/op.h"

static struct double_clinic clinic;
static struct cast *t;
static struct device_kit d;
static struct id16 support;

/* What the daemon shows as the clinic's next, with a head that is right. */
static struct buf smuggled;
static struct wire_chain_head head;
static struct id16 asked;

static enum double_fate smuggle(void *ctx, struct double_message *m)
{
	static struct wire_chain_answer a;
	const struct wire_message msg = {
		.header = m->header, .body = buf_view(&m->frame[1])};
	struct wire_chain_fetch q;
	struct writer w;

	if (m->way == DOUBLE_REQUEST && m->header.op == WIRE_OP_CHAIN_FETCH &&
		wire_chain_fetch_decode(&msg, &q) == 0)
		asked = q.chain;
	if (m->way != DOUBLE_ANSWER || !id16_eq(&asked, &(struct id16){{0}}) ||
		m->header.op != (WIRE_OP_CHAIN_FETCH | WIRE_ANSWER))
		return DOUBLE_PASS;
	assert_int_equal(wire_chain_answer_decode(&msg, &a), 0);
	a.newest = head;
	if (a.count == 0 && follow_clinic(d.follow)->number < head.number) {
		a.first = head.number;
		a.count = 1;
		a.items[0] = (struct wire_chain_item){
			.statement = buf_view(&smuggled)};
	}
	writer_init(&w, WIRE_FRAME_MAX);
	assert_int_equal(wire_chain_answer_encode(&a, &w), 0);
	assert_int_equal(buf_set(&m->frame[1], writer_view(&w)), 0);
	writer_wipe(&w);
	return DOUBLE_PASS;
}

static int setup(void **state)
{
	double_clinic_begin(&clinic);
	t = &clinic.cast;
	support = case_channel(t->c, WIRE_CHANNEL_SUPPORT)->channel;
	return 0;
}

static int teardown(void **state)
{
	relay_double_hook(clinic.d, NULL, NULL);
	device_kit_end(&d);
	buf_wipe(&smuggled);
	double_clinic_end(&clinic);
	return 0;
}

static void later(void)
{
	relay_double_pass(clinic.d, 20000);
	t->w.now = relay_double_now(clinic.d);
}

static void unassign(const struct world_person *who)
{
	struct wire_statement s;

	later();
	world_statement(&t->w, t->c, WIRE_ST_UNASSIGN, &s);
	s.u.unassign.member = who->member;
	s.u.unassign.channel = WIRE_CHANNEL_SUPPORT;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
	later();
}

/* A card that the daemon should not have logged, logged. */
static void show(const struct world_person *p,
	const struct world_person *registrar, struct wire_card *card)
{
	struct clinic c = t->w.clinic;
	struct wire_statement s;
	struct chain_link link;
	struct buf raw;

	world_issue(&t->w, p, registrar, card, &raw);
	world_statement(&t->w, NULL, WIRE_ST_CARD, &s);
	s.u.card = buf_view(&raw);
	world_sign(&t->w, registrar, &s, &smuggled);
	buf_wipe(&raw);
	assert_int_equal(wire_statement_decode(buf_view(&smuggled), &s), 0);
	assert_int_equal(chain_link(&s, &link), 0);
	clinic_follow(&c, &link, s.time);
	head = (struct wire_chain_head){c.number, c.head};
	relay_double_hook(clinic.d, smuggle, NULL);
	device_kit_catch_up(&d);
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	assert_int_equal(follow_clinic(d.follow)->number, head.number);
}

static int may(const struct world_person *p)
{
	return follow_may(d.follow, &support, &p->device);
}

/* Another one in the place of hers, which is lost. */
static void further(struct world_person *p, struct wire_card *card)
{
	struct wire_statement s;

	world_statement(&t->w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = t->victim.device;
	s.u.revoke.reason = WIRE_REVOKE_LOST;
	assert_int_equal(world_act(&t->w, NULL, &s, &t->coordinator), 0);
	later();
	device_kit_catch_up(&d);
	assert_int_equal(may(&t->victim), ROWAN_E_REVOKED);
	world_person(p, "victim again");
	p->member = t->victim.member;
	cast_victim_card(t, p, card);
}

static void watch_as(const struct world_person *who)
{
	device_kit_begin(&d, &clinic, who, false);
	device_kit_settle(&d);
	assert_int_equal(may(&t->victim), 0);
}

/* Nobody is silenced because the colleague who enrolled them has gone. */
static void who_enrolled_her_may_leave(void **state)
{
	watch_as(&t->advocate);
	unassign(&t->registrar);
	device_kit_catch_up(&d);
	assert_int_equal(may(&t->registrar), ROWAN_E_RULE);
	assert_int_equal(may(&t->victim), 0);
	/* Nor for somebody who comes later and reads all of it. */
	device_kit_end(&d);
	watch_as(&t->victim);
}

static void who_had_left_before_enrols_nobody(void **state)
{
	struct world_person p;
	struct wire_card card;

	watch_as(&t->advocate);
	unassign(&t->registrar);
	device_kit_catch_up(&d);
	further(&p, &card);
	show(&p, &t->registrar, &card);
	assert_int_equal(may(&p), ROWAN_E_SIGNER);
}

static void who_recused_themselves_enrols_nobody(void **state)
{
	struct world_person p;
	struct wire_card card;
	struct wire_statement s;

	watch_as(&t->advocate);
	later();
	world_statement(&t->w, t->c, WIRE_ST_RECUSE, &s);
	assert_int_equal(world_act(&t->w, t->c, &s, &t->registrar), 0);
	later();
	device_kit_catch_up(&d);
	further(&p, &card);
	show(&p, &t->registrar, &card);
	assert_int_equal(may(&p), ROWAN_E_SIGNER);
}

static void who_has_come_back_enrols_again(void **state)
{
	struct world_person p;
	struct wire_card card;

	watch_as(&t->advocate);
	unassign(&t->registrar);
	assert_int_equal(world_assign(&t->w, t->c, WIRE_CHANNEL_SUPPORT,
				 &t->registrar, &t->coordinator),
		0);
	later();
	further(&p, &card);
	assert_int_equal(world_enrol(&t->w, &p, &t->registrar, &card), 0);
	device_kit_catch_up(&d);
	assert_int_equal(may(&p), 0);
}

/* With the consent of a device that lives. */
static void a_colleagues_further_device(void **state)
{
	struct world_person p;
	struct wire_card card;
	struct writer w;

	watch_as(&t->victim);
	later();
	world_person(&p, "advocate again");
	p.member = t->advocate.member;
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	card.has_consent = true;
	card.consent.device = t->advocate.device;
	writer_init(&w, 512);
	assert_int_equal(wire_card_request(&card, &w), 0);
	assert_int_equal(attest_sign(ATTEST_CONSENT, writer_view(&w),
				 t->advocate.seed, &card.consent.signature),
		0);
	writer_wipe(&w);
	assert_int_equal(world_enrol(&t->w, &p, &t->registrar, &card), 0);
	device_kit_catch_up(&d);
	assert_int_equal(may(&p), 0);
	assert_int_equal(may(&t->advocate), 0);
	/* Whoever comes later finds the same. */
	device_kit_end(&d);
	watch_as(&t->registrar);
	assert_int_equal(may(&p), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(who_enrolled_her_may_leave),
		TEST(who_had_left_before_enrols_nobody),
		TEST(who_recused_themselves_enrols_nobody),
		TEST(who_has_come_back_enrols_again),
		TEST(a_colleagues_further_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
