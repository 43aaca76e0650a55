/*
 * Statements at the daemon: who may put and read what.
 *
 * What is refused leaves the chains as they were; what does not exist and
 * what is not one's own are refused with the same bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "clinic/source.h"
#include "lib/acting.h"
#include "wire/leaf.h"

static const struct id16 unknown = {{0x77}};

static struct wire_chain_answer got;

static uint16_t fetch_as(const struct world_person *who,
	const struct id16 *chain, uint64_t after, uint16_t max)
{
	struct wire_message m;
	uint16_t code;

	acting_ops.request.body.chain_fetch =
		(struct wire_chain_fetch){*chain, after, max};
	code = ops_kit_run_as(&acting_ops, WIRE_OP_CHAIN_FETCH, &who->device);
	if (code != WIRE_OK)
		return code;
	m = ops_kit_answer(&acting_ops);
	assert_int_equal(wire_chain_answer_decode(&m, &got), 0);
	return code;
}

static uint16_t doubt(bool doubtful)
{
	acting_ops.ops.doubtful = doubtful;
	acting_ops.ops.sure = acting_cast.w.now;
	return 0;
}

/* The heads of both chains, which a refusal must not change. */
static void chains(struct clinic *ret, struct wire_chain_head *ret_case)
{
	struct case_state c;
	struct source source;

	source_init(&source, acting_ops.ops.view);
	assert_int_equal(source_clinic(&source, ret), 0);
	assert_int_equal(source_case(&source, &acting_cast.c->id, &c), 0);
	*ret_case = (struct wire_chain_head){c.number, c.head};
	case_wipe(&c);
	source_wipe(&source);
}

/* The store knows what the world knows, nothing more. */
static void in_step(void)
{
	struct wire_chain_head of_case;
	struct clinic clinic;

	chains(&clinic, &of_case);
	assert_int_equal(clinic.number, acting_cast.w.clinic.number);
	assert_memory_equal(&clinic.head, &acting_cast.w.clinic.head, 32);
	assert_int_equal(of_case.number, acting_cast.c->number);
	assert_memory_equal(&of_case.head, &acting_cast.c->head, 32);
}

/* ---- put ---- */

static void a_statement_takes_effect(void **state)
{
	struct id16 support = acting_cast.c->channels[0].channel;
	struct wire_statement s;

	assert_int_equal(acting_cast.c->channels[0].kind, WIRE_CHANNEL_SUPPORT);
	kit_begin(&acting_ops.kit);
	assert_int_equal(store_channel_access(acting_ops.kit.st, &support,
				 &acting_cast.officer.device),
		ROWAN_E_REFUSED);
	kit_commit(&acting_ops.kit);
	acting_assigns(&acting_cast.officer, WIRE_CHANNEL_SUPPORT, &s);
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_OK);
	assert_int_equal(acting_head.number, acting_cast.c->number);
	assert_memory_equal(&acting_head.head, &acting_cast.c->head, 32);
	kit_begin(&acting_ops.kit);
	assert_int_equal(store_channel_access(acting_ops.kit.st, &support,
				 &acting_cast.officer.device),
		0);
	kit_commit(&acting_ops.kit);
	acting_unassigns(&acting_cast.officer, WIRE_CHANNEL_SUPPORT, &s);
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_OK);
	kit_begin(&acting_ops.kit);
	assert_int_equal(store_channel_access(acting_ops.kit.st, &support,
				 &acting_cast.officer.device),
		ROWAN_E_REFUSED);
	kit_commit(&acting_ops.kit);
	in_step();
}

static void a_repeat_is_answered_like_the_first(void **state)
{
	struct wire_chain_head first;
	struct wire_statement s;
	struct buf raw, other;

	acting_assigns(&acting_cast.officer, WIRE_CHANNEL_SUPPORT, &s);
	world_sign(&acting_cast.w, &acting_cast.coordinator, &s, &raw);
	acting_assigns(&acting_cast.stranger, WIRE_CHANNEL_SUPPORT, &s);
	world_sign(&acting_cast.w, &acting_cast.coordinator, &s, &other);
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_OK);
	first = acting_head;
	assert_int_equal(
		acting_put_as(&acting_cast.coordinator, buf_view(&raw)),
		WIRE_STALE);
	memset(&acting_head, 0, sizeof acting_head);
	assert_int_equal(
		acting_put_as(&acting_cast.coordinator, buf_view(&other)),
		WIRE_OK);
	assert_memory_equal(&acting_head, &first, sizeof acting_head);
	/* Long after, and by another who may read it. */
	acting_unassigns(&acting_cast.stranger, WIRE_CHANNEL_SUPPORT, &s);
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_OK);
	assert_int_equal(acting_put_as(&acting_cast.advocate, buf_view(&other)),
		WIRE_OK);
	assert_memory_equal(&acting_head, &first, sizeof acting_head);
	/* It was not done twice. */
	assert_false(case_assigned(acting_cast.c, &acting_cast.stranger.member,
		WIRE_CHANNEL_SUPPORT, acting_cast.w.now));
	in_step();
	buf_wipe(&raw);
	buf_wipe(&other);
}

/* Nothing tells a stranger whether the case exists, or how far it is. */
static void strangers_learn_nothing_by_putting(void **state)
{
	const uint64_t numbers[] = {
		1, 3, acting_cast.c->number, acting_cast.c->number + 1, 99};
	struct case_state none;
	struct wire_statement s;

	case_init(&none, &acting_cast.w.clinic.id, &unknown);
	for (size_t i = 0; i < 5; i++)
		for (int known = 0; known < 2; known++)
			for (int doubtful = 0; doubtful < 2; doubtful++) {
				acting_assigns(&acting_cast.stranger,
					WIRE_CHANNEL_TEAM, &s);
				s.case_id = known ? acting_cast.c->id : unknown;
				s.number = numbers[i];
				doubt(doubtful != 0);
				assert_int_equal(
					acting_act_as(&acting_cast.stranger,
						acting_cast.c, &s),
					WIRE_REFUSED);
			}
	doubt(false);
	case_wipe(&none);
	in_step();
}

static void what_the_rules_refuse_changes_nothing(void **state)
{
	struct wire_statement s;
	struct buf raw;

	/* Not their place, not their turn, no signature, no case. */
	acting_assigns(&acting_cast.stranger, WIRE_CHANNEL_SUPPORT, &s);
	assert_int_equal(
		acting_act_as(&acting_cast.advocate, acting_cast.c, &s),
		WIRE_REFUSED);
	acting_assigns(&acting_cast.stranger, WIRE_CHANNEL_SUPPORT, &s);
	s.number += 1;
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_REFUSED);
	acting_assigns(&acting_cast.stranger, WIRE_CHANNEL_SUPPORT, &s);
	s.previous.b[0] ^= 1;
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_REFUSED);
	acting_assigns(&acting_cast.stranger, WIRE_CHANNEL_SUPPORT, &s);
	s.time -= 2 * RULES_CLOCK_SKEW;
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_REFUSED);
	acting_assigns(&acting_cast.stranger, WIRE_CHANNEL_SUPPORT, &s);
	world_sign(&acting_cast.w, &acting_cast.coordinator, &s, &raw);
	raw.data[raw.len - 1] ^= 1;
	assert_int_equal(
		acting_put_as(&acting_cast.coordinator, buf_view(&raw)),
		WIRE_REFUSED);
	assert_int_equal(acting_put_as(&acting_cast.coordinator,
				 bytes_of(raw.data, raw.len - 1)),
		WIRE_MALFORMED);
	buf_wipe(&raw);
	in_step();
}

static void a_doubtful_clock_begins_nothing(void **state)
{
	struct wire_statement s;

	doubt(true);
	acting_assigns(&acting_cast.stranger, WIRE_CHANNEL_SUPPORT, &s);
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_AGAIN);
	in_step();
	/* What ends, ends. */
	acting_unassigns(&acting_cast.officer, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_OK);
	doubt(false);
	acting_assigns(&acting_cast.stranger, WIRE_CHANNEL_SUPPORT, &s);
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_OK);
	in_step();
}

static void a_revocation_ends_connections(void **state)
{
	struct wire_statement_put why;
	struct wire_message answer;
	struct wire_statement s;

	world_statement(&acting_cast.w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = acting_cast.officer.device;
	s.u.revoke.reason = WIRE_REVOKE_LEFT;
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, NULL, &s), WIRE_OK);
	assert_int_equal(acting_ops.ops.revoked_count, 1);
	assert_true(id16_eq(
		&acting_ops.ops.revoked[0], &acting_cast.officer.device));
	assert_int_equal(ops_kit_run_as(&acting_ops, WIRE_OP_PING,
				 &acting_cast.officer.device),
		WIRE_REVOKED);
	/* It may know why; nobody else may ask. */
	assert_int_equal(ops_kit_run_as(&acting_ops, WIRE_OP_REVOCATION,
				 &acting_cast.advocate.device),
		WIRE_REFUSED);
	assert_int_equal(ops_kit_run_as(&acting_ops, WIRE_OP_REVOCATION,
				 &acting_cast.officer.device),
		WIRE_OK);
	answer = ops_kit_answer(&acting_ops);
	assert_int_equal(wire_statement_put_decode(&answer, &why), 0);
	assert_int_equal(wire_statement_decode(why.statement, &s), 0);
	assert_int_equal(s.kind, WIRE_ST_REVOKE);
	assert_true(id16_eq(&s.u.revoke.device, &acting_cast.officer.device));
	/* Nor does what it signed before count, when it comes now. */
	acting_unassigns(&acting_cast.officer, WIRE_CHANNEL_TEAM, &s);
	s.kind = WIRE_ST_RECUSE;
	assert_int_equal(acting_act_as(&acting_cast.officer, acting_cast.c, &s),
		WIRE_REVOKED);
	in_step();
}

/* ---- fetch ---- */

/*
 * Follow the clinic's chain as ${who} gets it, ${max} at a time: every link
 * must lead to the acting_head. Sets ${ret_whole} for each card by its place.
 */
static void follow_as(const struct world_person *who, uint16_t max,
	bool ret_whole[WORLD_CARDS])
{
	struct wire_hash at = acting_cast.w.head[0];
	uint64_t number = 0;

	memset(ret_whole, 0, WORLD_CARDS);
	while (number < acting_cast.w.clinic.number) {
		assert_int_equal(
			fetch_as(who, &acting_clinic, number, max), WIRE_OK);
		assert_int_equal(got.first, number + 1);
		assert_true(got.count > 0 && got.count <= max);
		assert_int_equal(
			got.newest.number, acting_cast.w.clinic.number);
		for (size_t i = 0; i < got.count; i++) {
			const struct wire_chain_item *item = &got.items[i];
			struct chain_link link = {item->subject, item->content};
			struct wire_statement s;

			if (!item->withheld) {
				assert_int_equal(wire_statement_decode(
							 item->statement, &s),
					0);
				assert_int_equal(chain_link(&s, &link), 0);
				if (number < WORLD_CARDS)
					ret_whole[number] = true;
			}
			chain_next(&at, &link, &at);
			number++;
		}
	}
	assert_memory_equal(&at, &acting_cast.w.clinic.head, sizeof at);
	assert_int_equal(fetch_as(who, &acting_clinic, number, max), WIRE_OK);
	assert_int_equal(got.count, 0);
}

static bool sees(const bool *whole, const struct world_person *p)
{
	for (size_t i = 0; i < acting_cast.w.card_count; i++)
		if (id16_eq(&acting_cast.w.card[i].card.device, &p->device))
			return whole[acting_cast.w.card[i].logged - 1];
	fail();
	return false;
}

static void cards_of_strangers_are_withheld(void **state)
{
	struct world_person auditor;
	bool whole[WORLD_CARDS];
	struct wire_card card;

	world_person(&auditor, "auditor");
	world_card(&acting_cast.w, &auditor, WIRE_ROLE_CASEWORKER, "health",
		&card);
	card.rights = WIRE_RIGHT_AUDIT;
	assert_int_equal(world_enrol(&acting_cast.w, &auditor, NULL, &card), 0);

	follow_as(&acting_cast.stranger, 3, whole);
	assert_true(sees(whole, &acting_cast.stranger));
	assert_true(sees(whole, &acting_cast.coordinator));
	assert_true(sees(whole, &acting_cast.registrar));
	assert_false(sees(whole, &acting_cast.advocate));
	assert_false(sees(whole, &acting_cast.officer));
	assert_false(sees(whole, &acting_cast.victim));

	follow_as(&acting_cast.victim, 1, whole);
	assert_true(sees(whole, &acting_cast.victim));
	assert_true(sees(whole, &acting_cast.advocate));
	assert_true(sees(whole, &acting_cast.officer));
	assert_false(sees(whole, &acting_cast.stranger));
	assert_false(sees(whole, &auditor));

	follow_as(&acting_cast.coordinator, 256, whole);
	assert_true(sees(whole, &acting_cast.victim) &&
		    sees(whole, &acting_cast.stranger));
	follow_as(&acting_cast.registrar, 256, whole);
	assert_true(sees(whole, &acting_cast.victim) &&
		    sees(whole, &acting_cast.stranger));
	follow_as(&auditor, 256, whole);
	assert_true(sees(whole, &acting_cast.victim) &&
		    sees(whole, &acting_cast.stranger));
}

/* A new colleague's card can be had once the case brings them. */
static void who_comes_to_the_case_is_shown(void **state)
{
	bool whole[WORLD_CARDS];
	struct wire_statement s;

	follow_as(&acting_cast.victim, 256, whole);
	assert_false(sees(whole, &acting_cast.stranger));
	acting_assigns(&acting_cast.stranger, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_OK);
	follow_as(&acting_cast.victim, 256, whole);
	assert_true(sees(whole, &acting_cast.stranger));
	follow_as(&acting_cast.stranger, 256, whole);
	assert_true(sees(whole, &acting_cast.victim));
}

static void revocations_are_shown_to_those_concerned(void **state)
{
	struct wire_statement s;
	bool whole[WORLD_CARDS];

	world_statement(&acting_cast.w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = acting_cast.officer.device;
	s.u.revoke.reason = WIRE_REVOKE_LEFT;
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, NULL, &s), WIRE_OK);
	follow_as(&acting_cast.victim, 256, whole);
	assert_true(whole[acting_cast.w.clinic.number - 1]);
	follow_as(&acting_cast.stranger, 256, whole);
	assert_false(whole[acting_cast.w.clinic.number - 1]);
}

static void a_case_is_for_those_on_it(void **state)
{
	const struct world_person *may[] = {&acting_cast.advocate,
		&acting_cast.officer, &acting_cast.victim,
		&acting_cast.coordinator};

	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(
			fetch_as(may[i], &acting_cast.c->id, 0, 100), WIRE_OK);
		assert_int_equal(got.count, acting_cast.c->number);
		assert_memory_equal(&got.newest.head, &acting_cast.c->head,
			sizeof acting_cast.c->head);
		for (size_t k = 0; k < got.count; k++)
			assert_false(got.items[k].withheld);
	}
	assert_int_equal(
		fetch_as(&acting_cast.stranger, &acting_cast.c->id, 0, 100),
		WIRE_REFUSED);
	assert_int_equal(fetch_as(&acting_cast.stranger, &unknown, 0, 100),
		WIRE_REFUSED);
	assert_int_equal(fetch_as(&acting_cast.coordinator, &unknown, 0, 100),
		WIRE_REFUSED);
	assert_int_equal(
		fetch_as(&acting_cast.officer, &acting_cast.c->id, 1, 1),
		WIRE_OK);
	assert_int_equal(got.first, 2);
	assert_int_equal(got.count, 1);
	assert_int_equal(fetch_as(&acting_cast.officer, &acting_cast.c->id,
				 UINT64_MAX, 1),
		WIRE_OK);
	assert_int_equal(got.count, 0);
}

static void who_was_on_it_sees_up_to_their_end(void **state)
{
	struct wire_chain_head end;
	struct wire_statement s;
	struct buf raw;

	acting_unassigns(&acting_cast.officer, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_OK);
	end = acting_head;
	acting_assigns(&acting_cast.stranger, WIRE_CHANNEL_TEAM, &s);
	world_sign(&acting_cast.w, &acting_cast.coordinator, &s, &raw);
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_OK);
	assert_int_equal(
		fetch_as(&acting_cast.officer, &acting_cast.c->id, 0, 100),
		WIRE_OK);
	assert_int_equal(got.count, end.number);
	assert_memory_equal(&got.newest, &end, sizeof end);
	assert_int_equal(fetch_as(&acting_cast.officer, &acting_cast.c->id,
				 end.number, 100),
		WIRE_OK);
	assert_int_equal(got.count, 0);
	/* Nor is what came later confirmed to them. */
	assert_int_equal(acting_put_as(&acting_cast.officer, buf_view(&raw)),
		WIRE_REFUSED);
	buf_wipe(&raw);
}

/* For coordinators; everybody else gets the one refusal. */
static void coordinators_see_all_cases(void **state)
{
	const struct world_person *others[] = {&acting_cast.stranger,
		&acting_cast.officer, &acting_cast.registrar,
		&acting_cast.advocate, &acting_cast.victim};
	struct wire_cases_all_answer a;
	struct wire_message answer;
	struct wire_detail detail;
	struct buf raw;
	uint64_t leaves = store_log_next(acting_ops.ops.store);

	acting_ops.request.body.cases_all = (struct wire_cases_all){0};
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(ops_kit_run_as(&acting_ops, WIRE_OP_CASES_ALL,
					 &others[i]->device),
			WIRE_REFUSED);
	leaves = store_log_next(acting_ops.ops.store);
	assert_int_equal(ops_kit_run_as(&acting_ops, WIRE_OP_CASES_ALL,
				 &acting_cast.coordinator.device),
		WIRE_OK);
	/* Looking is in the log, and how much was seen. */
	assert_int_equal(store_log_next(acting_ops.ops.store), leaves + 1);
	assert_int_equal(
		store_log_detail(acting_ops.ops.view, leaves, &raw), 0);
	assert_int_equal(wire_detail_read(buf_view(&raw), &detail), 0);
	assert_int_equal(detail.act, WIRE_ACT_CARDS);
	assert_int_equal(detail.number, 1);
	buf_wipe(&raw);
	answer = ops_kit_answer(&acting_ops);
	assert_int_equal(wire_cases_all_answer_decode(&answer, &a), 0);
	assert_int_equal(a.page.count, 1);
	assert_false(a.page.more);
	assert_int_equal(a.next, 0);
	assert_true(id16_eq(&a.page.cases[0].case_id, &acting_cast.c->id));
	assert_int_equal(a.page.cases[0].number, acting_cast.c->number);
	/* Past the end. */
	acting_ops.request.body.cases_all.from = 1000;
	assert_int_equal(ops_kit_run_as(&acting_ops, WIRE_OP_CASES_ALL,
				 &acting_cast.coordinator.device),
		WIRE_OK);
	acting_ops.request.body.cases_all.from = UINT64_MAX;
	assert_int_equal(ops_kit_run_as(&acting_ops, WIRE_OP_CASES_ALL,
				 &acting_cast.coordinator.device),
		WIRE_OK);
	answer = ops_kit_answer(&acting_ops);
	assert_int_equal(wire_cases_all_answer_decode(&answer, &a), 0);
	assert_int_equal(a.page.count, 0);
	assert_int_equal(store_log_next(acting_ops.ops.store), leaves + 1);
}

static void cases_are_ones_own(void **state)
{
	const struct wire_message *m;
	struct wire_cases_answer a;
	struct wire_message answer;
	struct wire_statement s;

	acting_ops.request.body.cases_fetch = (struct wire_cases_fetch){{{0}}};
	assert_int_equal(ops_kit_run_as(&acting_ops, WIRE_OP_CASES_FETCH,
				 &acting_cast.stranger.device),
		WIRE_OK);
	answer = ops_kit_answer(&acting_ops);
	m = &answer;
	assert_int_equal(wire_cases_answer_decode(m, &a), 0);
	assert_int_equal(a.count, 0);
	assert_int_equal(ops_kit_run_as(&acting_ops, WIRE_OP_CASES_FETCH,
				 &acting_cast.officer.device),
		WIRE_OK);
	answer = ops_kit_answer(&acting_ops);
	assert_int_equal(wire_cases_answer_decode(m, &a), 0);
	assert_int_equal(a.count, 1);
	assert_true(id16_eq(&a.cases[0].case_id, &acting_cast.c->id));
	assert_int_equal(a.cases[0].number, acting_cast.c->number);

	acting_unassigns(&acting_cast.officer, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_OK);
	acting_assigns(&acting_cast.stranger, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_OK);
	acting_ops.request.body.cases_fetch = (struct wire_cases_fetch){{{0}}};
	assert_int_equal(ops_kit_run_as(&acting_ops, WIRE_OP_CASES_FETCH,
				 &acting_cast.officer.device),
		WIRE_OK);
	answer = ops_kit_answer(&acting_ops);
	assert_int_equal(wire_cases_answer_decode(m, &a), 0);
	assert_int_equal(a.cases[0].number, acting_cast.c->number - 1);
	acting_ops.request.body.cases_fetch.after = acting_cast.c->id;
	assert_int_equal(ops_kit_run_as(&acting_ops, WIRE_OP_CASES_FETCH,
				 &acting_cast.officer.device),
		WIRE_OK);
	answer = ops_kit_answer(&acting_ops);
	assert_int_equal(wire_cases_answer_decode(m, &a), 0);
	assert_int_equal(a.count, 0);
}

/* ---- time ---- */

/* May they act in the channel: begin a blob there. */
static uint16_t use_as(const struct world_person *who, uint8_t channel)
{
	static uint8_t counter;
	struct wire_blob_begin *b = &acting_ops.request.body.blob_begin;

	acting_ops.kit.now = acting_cast.w.now;
	*b = (struct wire_blob_begin){
		.channel = case_channel(acting_cast.c, channel)->channel,
		.size = 1};
	b->blob.b[0] = ++counter;
	return ops_kit_run_as(&acting_ops, WIRE_OP_BLOB_BEGIN, &who->device);
}

/* What the officer says in the team's channel, past all groups. */
static void say(void)
{
	static uint64_t counter;
	struct store_envelope e = {.counter = counter + 1,
		.channel =
			case_channel(acting_cast.c, WIRE_CHANNEL_TEAM)->channel,
		.body = bytes_of("x", 1)};
	struct store_submitted done;

	counter++;
	acting_ops.kit.now = acting_cast.w.now;
	kit_begin(&acting_ops.kit);
	if (acting_ops.ops.doubtful)
		store_doubt(acting_ops.kit.st, acting_ops.ops.sure);
	assert_int_equal(store_submit(acting_ops.kit.st,
				 &acting_cast.officer.device, &e, &done),
		0);
	kit_commit(&acting_ops.kit);
}

static uint64_t waiting_of(const struct world_person *who)
{
	uint64_t n;

	assert_int_equal(
		store_waiting(acting_ops.ops.view, &who->device, &n), 0);
	return n;
}

/* From an hour from now, for an hour. */
static void cover(const struct world_person *who)
{
	struct wire_statement s;

	acting_assigns(who, WIRE_CHANNEL_TEAM, &s);
	s.u.assign.from = acting_cast.w.now + 3600;
	s.u.assign.until = acting_cast.w.now + 7200;
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_OK);
}

/* Nobody is at a keyboard when it begins, nor when it ends. */
static void assignments_begin_and_end_by_themselves(void **state)
{
	struct wire_statement s;
	uint64_t number;

	cover(&acting_cast.stranger);
	assert_int_equal(
		use_as(&acting_cast.stranger, WIRE_CHANNEL_TEAM), WIRE_REFUSED);
	say();
	assert_int_equal(waiting_of(&acting_cast.stranger), 0);
	acting_cast.w.now += 3600;
	assert_int_equal(
		use_as(&acting_cast.stranger, WIRE_CHANNEL_TEAM), WIRE_OK);
	say();
	assert_int_equal(waiting_of(&acting_cast.stranger), 1);
	acting_unassigns(&acting_cast.advocate, WIRE_CHANNEL_SUPPORT, &s);
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_OK);
	number = acting_cast.c->number;
	acting_cast.w.now += 3599;
	say();
	assert_int_equal(waiting_of(&acting_cast.stranger), 2);
	acting_cast.w.now += 1;
	assert_int_equal(
		use_as(&acting_cast.stranger, WIRE_CHANNEL_TEAM), WIRE_REFUSED);
	say();
	assert_int_equal(waiting_of(&acting_cast.stranger), 2);
	/* What is stated after the end is not theirs to read. */
	acting_cast.w.now += 1;
	acting_ops.kit.now = acting_cast.w.now;
	acting_assigns(&acting_cast.advocate, WIRE_CHANNEL_SUPPORT, &s);
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_OK);
	assert_int_equal(
		fetch_as(&acting_cast.stranger, &acting_cast.c->id, 0, 100),
		WIRE_OK);
	assert_int_equal(got.newest.number, number);
	assert_int_equal(got.count, number);
	assert_int_equal(
		fetch_as(&acting_cast.officer, &acting_cast.c->id, 0, 100),
		WIRE_OK);
	assert_int_equal(got.newest.number, number + 1);
}

/* While the clock is doubtful ends happen and beginnings do not. */
static void doubt_only_ends(void **state)
{
	struct wire_statement s;
	uint64_t begun = acting_cast.w.now;

	cover(&acting_cast.stranger);
	acting_assigns(&acting_cast.registrar, WIRE_CHANNEL_TEAM, &s);
	s.u.assign.until = acting_cast.w.now + 1800;
	assert_int_equal(
		acting_act_as(&acting_cast.coordinator, acting_cast.c, &s),
		WIRE_OK);
	assert_int_equal(
		use_as(&acting_cast.registrar, WIRE_CHANNEL_TEAM), WIRE_OK);
	acting_ops.ops.doubtful = true;
	acting_ops.ops.sure = begun;
	acting_cast.w.now += 4000;
	assert_int_equal(use_as(&acting_cast.registrar, WIRE_CHANNEL_TEAM),
		WIRE_REFUSED);
	assert_int_equal(
		use_as(&acting_cast.stranger, WIRE_CHANNEL_TEAM), WIRE_REFUSED);
	say();
	assert_int_equal(waiting_of(&acting_cast.stranger), 0);
	acting_ops.ops.doubtful = false;
	assert_int_equal(
		use_as(&acting_cast.stranger, WIRE_CHANNEL_TEAM), WIRE_OK);
}

#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(f, acting_setup, acting_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_statement_takes_effect),
		TEST(a_repeat_is_answered_like_the_first),
		TEST(strangers_learn_nothing_by_putting),
		TEST(what_the_rules_refuse_changes_nothing),
		TEST(a_doubtful_clock_begins_nothing),
		TEST(a_revocation_ends_connections),
		TEST(cards_of_strangers_are_withheld),
		TEST(who_comes_to_the_case_is_shown),
		TEST(revocations_are_shown_to_those_concerned),
		TEST(a_case_is_for_those_on_it),
		TEST(who_was_on_it_sees_up_to_their_end),
		TEST(cases_are_ones_own),
		TEST(coordinators_see_all_cases),
		TEST(assignments_begin_and_end_by_themselves),
		TEST(doubt_only_ends),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
