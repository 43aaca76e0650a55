/*
 * Notices of statements: who is told that a chain has grown, and when.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/acting.h"
#include "ops/batch.h"
#include "ops/subs_inner.h"

static void subscribe(
	const struct world_person *who, uint32_t peer, uint32_t credit)
{
	uint32_t before = acting_ops.peer;

	acting_ops.peer = peer;
	acting_ops.request.body.subscribe = (struct wire_subscribe){0, credit};
	assert_int_equal(
		ops_kit_run_as(&acting_ops, WIRE_OP_SUBSCRIBE, &who->device),
		WIRE_OK);
	ops_kit_serve(&acting_ops);
	acting_ops.peer = before;
}

/* How many notices of ${chain} the last run pushed to ${peer}. */
static size_t notices(uint32_t peer, const struct id16 *chain, uint64_t number)
{
	size_t n = 0;

	for (size_t i = 0; i < acting_ops.batch->push_count; i++) {
		const struct push *p = &acting_ops.batch->pushes[i];
		struct wire_message m = {
			.body = bytes_of(
				acting_ops.batch->bytes.data + p->body_at,
				p->body_len)};
		struct wire_notice notice;

		assert_int_equal(p->op, WIRE_OP_NOTICE);
		assert_int_equal(p->frame_count, 0);
		assert_int_equal(wire_notice_decode(&m, &notice), 0);
		if (p->to.slot != peer || !id16_eq(&notice.chain, chain))
			continue;
		assert_int_equal(notice.newest.number, number);
		n++;
	}
	return n;
}

static void give_credit(
	const struct world_person *who, uint32_t peer, uint32_t credit)
{
	uint32_t before = acting_ops.peer;

	acting_ops.peer = peer;
	acting_ops.request.body.credit.credit = credit;
	assert_int_equal(
		ops_kit_run_as(&acting_ops, WIRE_OP_CREDIT, &who->device),
		WIRE_OK);
	ops_kit_serve(&acting_ops);
	acting_ops.peer = before;
}

static void those_concerned_are_told(void **state)
{
	struct wire_statement s;

	subscribe(&acting_cast.advocate, 11, 5);
	subscribe(&acting_cast.officer, 12, 5);
	subscribe(&acting_cast.stranger, 13, 5);
	subscribe(
		&acting_cast.coordinator, 1, 5); /* the connection that acts */
	acting_unassigns(&acting_cast.officer, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_OK);
	assert_int_equal(acting_ops.batch->push_count, 2);
	assert_int_equal(
		notices(11, &acting_cast.c->id, acting_cast.c->number), 1);
	assert_int_equal(
		notices(12, &acting_cast.c->id, acting_cast.c->number), 1);
	/* Off it: not told any more. */
	acting_assigns(&acting_cast.stranger, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_OK);
	assert_int_equal(acting_ops.batch->push_count, 2);
	assert_int_equal(
		notices(11, &acting_cast.c->id, acting_cast.c->number), 1);
	assert_int_equal(
		notices(13, &acting_cast.c->id, acting_cast.c->number), 1);
	/* The clinic's chain is everybody's. */
	world_statement(&acting_cast.w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = acting_cast.victim.device;
	s.u.revoke.reason = WIRE_REVOKE_LOST;
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, NULL, &s), WIRE_OK);
	assert_int_equal(acting_ops.batch->push_count, 3);
	assert_int_equal(
		notices(12, &acting_clinic, acting_cast.w.clinic.number), 1);
	/* What is refused is no news. */
	acting_assigns(&acting_cast.stranger, WIRE_CHANNEL_TEAM, &s);
	s.number++;
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_REFUSED);
	assert_int_equal(acting_ops.batch->push_count, 0);
}

static void notices_wait_for_credit_and_are_one(void **state)
{
	struct wire_statement s;

	subscribe(&acting_cast.advocate, 11, 1);
	acting_assigns(&acting_cast.stranger, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_OK);
	assert_int_equal(
		notices(11, &acting_cast.c->id, acting_cast.c->number), 1);
	acting_unassigns(&acting_cast.stranger, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_OK);
	assert_int_equal(acting_ops.batch->push_count, 0);
	acting_assigns(&acting_cast.stranger, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_OK);
	assert_int_equal(acting_ops.batch->push_count, 0);
	give_credit(&acting_cast.advocate, 11, 2);
	assert_int_equal(acting_ops.batch->push_count, 1);
	assert_int_equal(
		notices(11, &acting_cast.c->id, acting_cast.c->number), 1);
	/* Nothing more is due. */
	ops_kit_serve(&acting_ops);
	assert_int_equal(acting_ops.batch->push_count, 0);
	/* An envelope takes what is left, as ever. */
	acting_unassigns(&acting_cast.stranger, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_OK);
	assert_int_equal(acting_ops.batch->push_count, 1);
	acting_assigns(&acting_cast.stranger, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_OK);
	assert_int_equal(acting_ops.batch->push_count, 0);
}

/* A connection that took nothing gets it again. */
static void notices_that_did_not_leave_come_again(void **state)
{
	struct request back = {.kind = REQUEST_UNSENT,
		.from = {11, 1},
		.device = acting_cast.advocate.device,
		.header.id = 7,
		.credit = 1};
	struct wire_statement s;

	subscribe(&acting_cast.advocate, 11, 1);
	acting_assigns(&acting_cast.stranger, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_OK);
	assert_int_equal(acting_ops.batch->push_count, 1);
	subs_back(&acting_ops.ops.subs, &back);
	ops_kit_serve(&acting_ops);
	assert_int_equal(acting_ops.batch->push_count, 1);
	assert_int_equal(
		notices(11, &acting_cast.c->id, acting_cast.c->number), 1);
}

/* The transaction fails: nobody hears of what did not happen. */
static void a_failed_commit_is_no_news(void **state)
{
	struct notice n = {
		.chain = acting_cast.c->id, .all = true, .but = {9, 9}};

	subscribe(&acting_cast.advocate, 11, 5);
	assert_int_equal(subs_notice(&acting_ops.ops.subs, &n), 0);
	subs_forget(&acting_ops.ops.subs, acting_ops.batch);
	assert_int_equal(ops_kit_run_as(&acting_ops, WIRE_OP_PING,
				 &acting_cast.officer.device),
		WIRE_OK);
	assert_int_equal(acting_ops.batch->push_count, 0);
	ops_kit_serve(&acting_ops);
	assert_int_equal(acting_ops.batch->push_count, 0);
}

static int says_ended(void *ctx, const struct id16 *device, bool *ret)
{
	*ret = true;
	return 0;
}

/* Whoever's card has ended while they were connected hears nothing more. */
static void an_ended_card_hears_nothing(void **state)
{
	struct notice n = {
		.chain = acting_cast.c->id, .all = true, .but = {9, 9}};
	struct subs *subs = &acting_ops.ops.subs;
	struct sub *ended;
	uint64_t end = acting_ops.kit.now + 10;

	subscribe(&acting_cast.advocate, 11, 5);
	subscribe(&acting_cast.officer, 12, 5);
	ended = idmap_get(&subs->map, &acting_cast.advocate.device);
	assert_non_null(ended);
	ended->o.until = end;
	batch_clear(acting_ops.batch);
	assert_int_equal(subs_notice(subs, &n), 0);
	assert_int_equal(subs_cards(subs, end - 1, says_ended, NULL), 0);
	subs_push(subs, acting_ops.batch);
	assert_int_equal(acting_ops.batch->push_count, 2);
	batch_clear(acting_ops.batch);
	assert_int_equal(subs_notice(subs, &n), 0);
	assert_int_equal(subs_cards(subs, end, says_ended, NULL), 0);
	subs_push(subs, acting_ops.batch);
	assert_int_equal(acting_ops.batch->push_count, 1);
	assert_int_equal(acting_ops.batch->pushes[0].to.slot, 12);
	/* Nor does a slice of the mailbox bring it. */
	acting_ops.ops.now = end;
	subs_behind(subs, &acting_cast.advocate.device);
	ops_kit_serve(&acting_ops);
	assert_int_equal(acting_ops.batch->push_count, 0);
}

#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(f, acting_setup, acting_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(those_concerned_are_told),
		TEST(notices_wait_for_credit_and_are_one),
		TEST(notices_that_did_not_leave_come_again),
		TEST(a_failed_commit_is_no_news),
		TEST(an_ended_card_hears_nothing),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
