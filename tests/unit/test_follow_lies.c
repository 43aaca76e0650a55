/*
 * A daemon that lies about the chains: each lie is an alarm within one
 * exchange, and nothing of it is believed.
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
#include "trust/attest.h"
#include "wire/op.h"

static struct double_clinic clinic;
static struct cast *t;
static struct device_kit d;

/* What the daemon does to an answer about one chain. */
typedef void lie(struct wire_chain_answer *a);

static struct {
	lie *lie;
	struct id16 chain, asked;
	unsigned told;
} liar;

/* Views into this live as long as the test. */
static struct buf kept[8];
static size_t kept_len;

static struct bytes keep(struct bytes b)
{
	assert_true(kept_len < 8);
	assert_int_equal(buf_copy(&kept[kept_len], b), 0);
	return buf_view(&kept[kept_len++]);
}

/* The question is remembered, and an answer about the chain is changed. */
static enum double_fate hook(void *ctx, struct double_message *m)
{
	static struct wire_chain_answer a;
	struct wire_message msg = {.header = m->header};
	struct wire_chain_fetch q;
	struct writer w;

	if (m->count != 2)
		return DOUBLE_PASS;
	msg.body = buf_view(&m->frame[1]);
	if (m->way == DOUBLE_REQUEST && m->header.op == WIRE_OP_CHAIN_FETCH &&
		wire_chain_fetch_decode(&msg, &q) == 0)
		liar.asked = q.chain;
	if (m->way != DOUBLE_ANSWER || liar.lie == NULL ||
		m->header.op != (WIRE_OP_CHAIN_FETCH | WIRE_ANSWER) ||
		!id16_eq(&liar.asked, &liar.chain))
		return DOUBLE_PASS;
	assert_int_equal(wire_chain_answer_decode(&msg, &a), 0);
	liar.lie(&a);
	liar.told++;
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
	device_kit_begin(&d, &clinic, &t->advocate, false);
	memset(&liar, 0, sizeof liar);
	relay_double_hook(clinic.d, hook, NULL);
	return 0;
}

static int teardown(void **state)
{
	device_kit_end(&d);
	double_clinic_end(&clinic);
	while (kept_len > 0)
		buf_wipe(&kept[--kept_len]);
	return 0;
}

static void assign(const struct world_person *who)
{
	assert_int_equal(world_assign(&t->w, t->c, WIRE_CHANNEL_TEAM, who,
				 &t->coordinator),
		0);
}

static void unassign(const struct world_person *who)
{
	struct wire_statement s;

	world_statement(&t->w, t->c, WIRE_ST_UNASSIGN, &s);
	s.u.unassign.member = who->member;
	s.u.unassign.channel = WIRE_CHANNEL_TEAM;
	assert_int_equal(world_act(&t->w, t->c, &s, &t->coordinator), 0);
}

/* The honest past, then a lie about the case, then the truth. */
static void caught(lie *how, const struct id16 *chain, int alarm)
{
	uint64_t before;

	liar.lie = how;
	liar.chain = *chain;
	before = id16_eq(chain, &(struct id16){{0}})
			 ? follow_clinic(d.follow)->number
			 : follow_case(d.follow, chain)->number;
	follow_catch_up(d.follow, &t->c->id);
	device_kit_catch_up(&d);
	assert_true(liar.told > 0);
	assert_int_equal(device_kit_alarms(&d, alarm), 1);
	assert_false(follow_busy(d.follow));
	/* The same lie again is not told again. */
	follow_catch_up(d.follow, &t->c->id);
	device_kit_catch_up(&d);
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	if (id16_eq(chain, &(struct id16){{0}}))
		assert_int_equal(follow_clinic(d.follow)->number, before);
	else
		assert_int_equal(follow_case(d.follow, chain)->number, before);
	liar.lie = NULL;
	device_kit_catch_up(&d);
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	assert_int_equal(follow_clinic(d.follow)->number, t->w.clinic.number);
	assert_int_equal(
		follow_case(d.follow, &t->c->id)->number, t->c->number);
}

/* ---- cases ---- */

static struct bytes old;

static void replay(struct wire_chain_answer *a)
{
	a->items[0].statement = old;
}

/* An assignment that was ended is shown again in the place of what is new. */
static void an_old_assignment_again(void **state)
{
	struct buf raw;

	assign(&t->stranger);
	unassign(&t->stranger);
	device_kit_settle(&d);
	assert_int_equal(
		follow_statement(d.follow, &t->c->id, t->c->number - 1, &raw),
		0);
	old = keep(buf_view(&raw));
	buf_wipe(&raw);
	assign(&t->officer);
	caught(replay, &t->c->id, ROWAN_ALARM_FORK);
}

static void leave_out(struct wire_chain_answer *a)
{
	memmove(a->items, a->items + 1, --a->count * sizeof *a->items);
	a->newest.number--;
}

/* An unassignment is left out, as if it had not been. */
static void an_unassignment_is_hidden(void **state)
{
	device_kit_settle(&d);
	unassign(&t->officer);
	assign(&t->stranger);
	caught(leave_out, &t->c->id, ROWAN_ALARM_FORK);
}

static void exchange(struct wire_chain_answer *a)
{
	struct wire_chain_item item = a->items[0];

	a->items[0] = a->items[1];
	a->items[1] = item;
}

static void statements_in_another_order(void **state)
{
	device_kit_settle(&d);
	assign(&t->stranger);
	unassign(&t->stranger);
	caught(exchange, &t->c->id, ROWAN_ALARM_FORK);
}

static void say_less(struct wire_chain_answer *a)
{
	struct buf raw;
	struct wire_statement s;

	memset(a, 0, sizeof *a);
	assert_int_equal(
		follow_statement(d.follow, &t->c->id, t->c->number, &raw), 0);
	assert_int_equal(wire_statement_decode(buf_view(&raw), &s), 0);
	a->newest.number = s.number - 1;
	a->newest.head = s.previous;
	buf_wipe(&raw);
}

static void the_past_is_rolled_back(void **state)
{
	device_kit_settle(&d);
	caught(say_less, &t->c->id, ROWAN_ALARM_ROLLBACK);
}

static void say_another(struct wire_chain_answer *a)
{
	memset(a, 0, sizeof *a);
	a->newest.number = t->c->number;
	a->newest.head.b[3] = 1;
}

static void two_histories(void **state)
{
	device_kit_settle(&d);
	caught(say_another, &t->c->id, ROWAN_ALARM_FORK);
}

static void say_nothing(struct wire_chain_answer *a)
{
	a->count = 0;
	a->first = 0;
}

static void what_is_there_is_kept_back(void **state)
{
	device_kit_settle(&d);
	assign(&t->stranger);
	caught(say_nothing, &t->c->id, ROWAN_ALARM_HIDDEN);
}

/* The next statement of the case, by somebody who may not make it. */
static void forge_as(struct wire_chain_answer *a, struct world_person *by)
{
	struct wire_statement s;
	struct buf raw;

	world_statement(&t->w, t->c, WIRE_ST_ASSIGN, &s);
	s.number = a->first;
	s.previous = follow_case(d.follow, &t->c->id)->head;
	s.u.assign.member = t->stranger.member;
	s.u.assign.channel = WIRE_CHANNEL_SUPPORT;
	world_sign(&t->w, by, &s, &raw);
	a->items[0].statement = keep(buf_view(&raw));
	a->count = 1;
	a->newest.number = a->first;
	buf_wipe(&raw);
}

static void forge(struct wire_chain_answer *a)
{
	struct world_person false_coordinator = t->coordinator;

	memset(false_coordinator.seed, 9, 32);
	forge_as(a, &false_coordinator);
}

static void a_statement_nobody_signed(void **state)
{
	device_kit_settle(&d);
	assign(&t->stranger);
	caught(forge, &t->c->id, ROWAN_ALARM_UNSIGNED);
}

static void forge_by_member(struct wire_chain_answer *a)
{
	forge_as(a, &t->officer);
}

static void a_statement_by_the_wrong_person(void **state)
{
	device_kit_settle(&d);
	assign(&t->stranger);
	caught(forge_by_member, &t->c->id, ROWAN_ALARM_UNSIGNED);
}

static void garbage(struct wire_chain_answer *a)
{
	a->items[0].statement = bytes_of("what is this", 12);
}

static void what_is_no_statement(void **state)
{
	device_kit_settle(&d);
	assign(&t->stranger);
	caught(garbage, &t->c->id, ROWAN_ALARM_UNSIGNED);
}

static void withhold_first(struct wire_chain_answer *a)
{
	a->items[0] =
		(struct wire_chain_item){.withheld = true, .time = t->w.now};
}

static void a_case_has_nothing_withheld(void **state)
{
	device_kit_settle(&d);
	assign(&t->stranger);
	caught(withhold_first, &t->c->id, ROWAN_ALARM_FORK);
}

/* ---- the clinic ---- */

static void revoke(const struct world_person *who)
{
	struct wire_statement s;

	world_statement(&t->w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = who->device;
	s.u.revoke.reason = WIRE_REVOKE_LOST;
	assert_int_equal(world_act(&t->w, NULL, &s, &t->coordinator), 0);
}

/* A revocation of somebody we know, shown as that of a stranger's device. */
static void withhold(struct wire_chain_answer *a)
{
	struct wire_statement s;
	struct chain_link link;

	for (size_t i = 0; i < a->count; i++) {
		if (a->items[i].withheld)
			continue;
		assert_int_equal(
			wire_statement_decode(a->items[i].statement, &s), 0);
		assert_int_equal(chain_link(&s, &link), 0);
		a->items[i] = (struct wire_chain_item){.withheld = true,
			.subject = link.subject,
			.content = link.content,
			.time = s.time};
	}
}

static void a_revocation_is_hidden(void **state)
{
	device_kit_settle(&d);
	revoke(&t->officer);
	caught(withhold, &(struct id16){{0}}, ROWAN_ALARM_HIDDEN);
}

static void alter_subject(struct wire_chain_answer *a)
{
	withhold(a);
	a->items[0].subject.b[0] ^= 1;
}

/* Under a false subject the chain comes to another head. */
static void a_revocation_under_a_false_subject(void **state)
{
	device_kit_settle(&d);
	revoke(&t->officer);
	liar.lie = alter_subject;
	device_kit_catch_up(&d);
	assert_int_equal(device_kit_alarms(&d, ROWAN_ALARM_FORK), 1);
}

static void a_card_is_put_in(struct wire_chain_answer *a)
{
	struct world_person intruder;
	struct wire_statement s;
	struct wire_card card;
	struct buf raw, raw_card;

	/* By the daemon itself, which is no registrar. */
	world_person(&intruder, "intruder");
	world_card(&t->w, &intruder, WIRE_ROLE_CASEWORKER, "police", &card);
	world_issue(&t->w, &intruder, &intruder, &card, &raw_card);
	world_statement(&t->w, NULL, WIRE_ST_CARD, &s);
	s.u.card = buf_view(&raw_card);
	world_sign(&t->w, &intruder, &s, &raw);
	*a = (struct wire_chain_answer){
		.first = s.number, .count = 1, .newest = {.number = s.number}};
	a->items[0].statement = keep(buf_view(&raw));
	buf_wipe(&raw_card);
	buf_wipe(&raw);
}

static void a_card_nobody_issued(void **state)
{
	device_kit_settle(&d);
	caught(a_card_is_put_in, &(struct id16){{0}}, ROWAN_ALARM_UNSIGNED);
}

static void clinic_less(struct wire_chain_answer *a)
{
	memset(a, 0, sizeof *a);
	a->newest.number = t->w.clinic.number - 1;
	a->newest.head = t->w.head[t->w.clinic.number - 1];
}

static void the_clinic_is_rolled_back(void **state)
{
	device_kit_settle(&d);
	caught(clinic_less, &(struct id16){{0}}, ROWAN_ALARM_ROLLBACK);
}

/* The clinic's chain stops in front of what a case's statement stands on. */
static void a_case_ahead_of_its_clinic(void **state)
{
	device_kit_settle(&d);
	revoke(&t->stranger);
	assign(&t->officer);
	liar.lie = clinic_less;
	device_kit_catch_up(&d);
	assert_int_equal(device_kit_alarms(&d, ROWAN_ALARM_HIDDEN), 1);
	liar.lie = NULL;
	device_kit_catch_up(&d);
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	assert_int_equal(
		follow_case(d.follow, &t->c->id)->number, t->c->number);
}

/* The whole store is an old copy. */
static void an_old_database(void **state)
{
	relay_double_save(clinic.d);
	assign(&t->stranger);
	revoke(&t->officer);
	device_kit_settle(&d);
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	relay_double_rollback(clinic.d);
	device_kit_settle(&d);
	/* The clinic's chain and the case's. */
	assert_int_equal(device_kit_alarms(&d, ROWAN_ALARM_ROLLBACK), 2);
}

static enum double_fate refuse(void *ctx, struct double_message *m)
{
	struct wire_message msg = {.header = m->header};
	struct wire_chain_fetch q;

	if (m->way != DOUBLE_REQUEST || m->header.op != WIRE_OP_CHAIN_FETCH)
		return DOUBLE_PASS;
	msg.body = buf_view(&m->frame[1]);
	assert_int_equal(wire_chain_fetch_decode(&msg, &q), 0);
	if (id16_eq(&q.chain, &t->c->id))
		memset(m->frame[1].data, 7, ID16_LEN);
	return DOUBLE_PASS;
}

/* A case that was there is denied, and left out of the list. */
static void a_case_is_denied(void **state)
{
	device_kit_settle(&d);
	relay_double_hook(clinic.d, refuse, NULL);
	follow_catch_up(d.follow, &t->c->id);
	device_kit_settle(&d);
	assert_int_equal(device_kit_alarms(&d, ROWAN_ALARM_ROLLBACK), 1);
}

/* ---- what others say ---- */

static void heads(struct follow_heads *of_clinic, struct follow_heads *of_case)
{
	*of_clinic =
		(struct follow_heads){t->w.clinic.number, t->w.clinic.head};
	*of_case = (struct follow_heads){t->c->number, t->c->head};
}

static void a_members_word(void **state)
{
	struct follow_heads c, k;

	device_kit_settle(&d);
	heads(&c, &k);
	assert_int_equal(follow_heard(d.follow, &t->c->id, &c, &k), 0);
	k.head.b[0] ^= 1;
	assert_int_equal(
		follow_heard(d.follow, &t->c->id, &c, &k), ROWAN_E_CHAIN);
	assert_int_equal(device_kit_alarms(&d, ROWAN_ALARM_FORK), 1);
	/* Ahead of us, and there it is. */
	assign(&t->stranger);
	heads(&c, &k);
	assert_int_equal(
		follow_heard(d.follow, &t->c->id, &c, &k), ROWAN_E_AGAIN);
	device_kit_settle(&d);
	assert_int_equal(follow_heard(d.follow, &t->c->id, &c, &k), 0);
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	/* Ahead of us, and it is not there. */
	c.number++;
	assert_int_equal(
		follow_heard(d.follow, &t->c->id, &c, &k), ROWAN_E_AGAIN);
	device_kit_settle(&d);
	assert_int_equal(
		follow_heard(d.follow, &t->c->id, &c, &k), ROWAN_E_CHAIN);
	assert_int_equal(device_kit_alarms(&d, ROWAN_ALARM_HIDDEN), 1);
	c.number--;
	assert_int_equal(follow_heard(d.follow, &(struct id16){{9}}, &c, &k),
		ROWAN_E_UNKNOWN);
}

static void expect(const struct id16 *chain, const struct follow_heads *at)
{
	assert_int_equal(vault_begin(d.kit.vault), 0);
	assert_int_equal(follow_expect(d.kit.vault, chain, at), 0);
	assert_int_equal(vault_commit(d.kit.vault), 0);
}

/* What the registrar knew must be found. */
static void what_the_invite_said(void **state)
{
	struct follow_heads c, k;

	heads(&c, &k);
	expect(&(struct id16){{0}}, &c);
	expect(&t->c->id, &k);
	device_kit_settle(&d);
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	c.number++;
	expect(&(struct id16){{0}}, &c);
	k.number++;
	expect(&t->c->id, &k);
	device_kit_catch_up(&d);
	assert_true(device_kit_alarms(&d, ROWAN_ALARM_HIDDEN) >= 1);
	assign(&t->stranger);
	device_kit_catch_up(&d);
	assert_int_equal(device_kit_alarms(&d, ROWAN_ALARM_FORK), 1);
}

/* ---- any bytes ---- */

static unsigned seed;

static enum double_fate scramble(void *ctx, struct double_message *m)
{
	struct buf *b = &m->frame[1];

	if (m->way != DOUBLE_ANSWER || b->len < 8 ||
		m->header.op == WIRE_OP_HELLO)
		return DOUBLE_PASS;
	seed = seed * 1103515245 + 12345;
	b->data[(seed >> 8) % b->len] ^= (uint8_t)(1u << (seed >> 4) % 8);
	return DOUBLE_PASS;
}

/* Whatever one bit does, nothing is believed that is not so. */
static void any_bit(void **state)
{
	const struct clinic *c;
	const struct case_state *k;

	for (seed = 1; seed < 60000; seed = seed / 7 + seed * 3 + 1) {
		unsigned was = seed;

		relay_double_hook(clinic.d, scramble, NULL);
		device_kit_again(&d);
		for (int i = 0; i < 50 && device_kit_step(&d); i++)
			;
		c = follow_clinic(d.follow);
		k = follow_case(d.follow, &t->c->id);
		assert_true(c->number <= t->w.clinic.number);
		assert_memory_equal(&c->head, &t->w.head[c->number], 32);
		assert_true(k == NULL || k->number <= t->c->number);
		seed = was;
	}
	relay_double_hook(clinic.d, NULL, NULL);
	relay_double_pass(clinic.d, 600000);
	device_kit_again(&d);
	device_kit_settle(&d);
	assert_int_equal(follow_clinic(d.follow)->number, t->w.clinic.number);
	assert_memory_equal(
		&follow_case(d.follow, &t->c->id)->head, &t->c->head, 32);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(an_old_assignment_again),
		TEST(an_unassignment_is_hidden),
		TEST(statements_in_another_order),
		TEST(the_past_is_rolled_back),
		TEST(two_histories),
		TEST(what_is_there_is_kept_back),
		TEST(a_statement_nobody_signed),
		TEST(a_statement_by_the_wrong_person),
		TEST(what_is_no_statement),
		TEST(a_case_has_nothing_withheld),
		TEST(a_revocation_is_hidden),
		TEST(a_revocation_under_a_false_subject),
		TEST(a_card_nobody_issued),
		TEST(the_clinic_is_rolled_back),
		TEST(a_case_ahead_of_its_clinic),
		TEST(an_old_database),
		TEST(a_case_is_denied),
		TEST(a_members_word),
		TEST(what_the_invite_said),
		TEST(any_bit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
