/*
 * Statements at the daemon: who may put and read what, and who is told.
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

#include "clinic/acts.h"
#include "clinic/source.h"
#include "lib/ops_kit.h"
#include "lib/trust_cast.h"

static struct ops_kit w;
static struct cast t;
static const struct id16 clinic_chain, unknown = {{0x77}};

/* What the world accepts the store accepts too. */
static void sink(void *ctx, struct bytes statement)
{
	struct acts_result result;

	w.kit.now = t.w.now;
	kit_begin(&w.kit);
	assert_int_equal(store_mark(w.kit.st), 0);
	assert_int_equal(acts_put(w.kit.st, statement, t.w.now, &result), 0);
	assert_int_equal(store_keep(w.kit.st), 0);
	kit_commit(&w.kit);
}

static int setup(void **state)
{
	memset(&w, 0, sizeof w);
	memset(&t, 0, sizeof t);
	config_defaults(&w.config);
	ops_kit_start(&w, 100);
	world_init(&t.w);
	w.kit.now = t.w.now;
	kit_begin(&w.kit);
	assert_int_equal(acts_begin(w.kit.st, buf_view(&t.w.record)), 0);
	kit_commit(&w.kit);
	t.w.sink = sink;
	cast_enter(&t);
	return 0;
}

static int teardown(void **state)
{
	kit_check(&w.kit);
	world_wipe(&t.w);
	ops_kit_stop(&w);
	return 0;
}

/* ---- requests ---- */

static struct wire_chain_head head;

static uint16_t put_as(const struct world_person *who, struct bytes raw)
{
	struct wire_message m;
	uint16_t code;

	w.request.body.statement_put.statement = raw;
	code = ops_kit_run_as(&w, WIRE_OP_STATEMENT_PUT, &who->device);
	if (code != WIRE_OK)
		return code;
	m = ops_kit_answer(&w);
	assert_int_equal(wire_chain_head_decode(&m, &head), 0);
	return code;
}

/* Sign, put over the wire, and keep the world in step. */
static uint16_t act_as(const struct world_person *who, struct case_state *c,
	struct wire_statement *s)
{
	struct buf raw;
	uint16_t code;

	world_sign(&t.w, who, s, &raw);
	code = put_as(who, buf_view(&raw));
	t.w.sink = NULL;
	if (code == WIRE_OK)
		assert_int_equal(world_submit(&t.w, c, buf_view(&raw)), 0);
	t.w.sink = sink;
	buf_wipe(&raw);
	return code;
}

static void assigns(const struct world_person *member, uint8_t channel,
	struct wire_statement *ret)
{
	world_statement(&t.w, t.c, WIRE_ST_ASSIGN, ret);
	ret->u.assign.member = member->member;
	ret->u.assign.channel = channel;
	ret->u.assign.from = t.w.now;
}

static void unassigns(const struct world_person *member, uint8_t channel,
	struct wire_statement *ret)
{
	world_statement(&t.w, t.c, WIRE_ST_UNASSIGN, ret);
	ret->u.unassign.member = member->member;
	ret->u.unassign.channel = channel;
}

static struct wire_chain_answer got;

static uint16_t fetch_as(const struct world_person *who,
	const struct id16 *chain, uint64_t after, uint16_t max)
{
	struct wire_message m;
	uint16_t code;

	w.request.body.chain_fetch =
		(struct wire_chain_fetch){*chain, after, max};
	code = ops_kit_run_as(&w, WIRE_OP_CHAIN_FETCH, &who->device);
	if (code != WIRE_OK)
		return code;
	m = ops_kit_answer(&w);
	assert_int_equal(wire_chain_answer_decode(&m, &got), 0);
	return code;
}

static uint16_t doubt(bool doubtful)
{
	w.ops.doubtful = doubtful;
	w.ops.sure = t.w.now;
	return 0;
}

/* The heads of both chains, which a refusal must not change. */
static void chains(struct clinic *ret, struct wire_chain_head *ret_case)
{
	struct case_state c;
	struct source source;

	source_init(&source, w.ops.view);
	assert_int_equal(source_clinic(&source, ret), 0);
	assert_int_equal(source_case(&source, &t.c->id, &c), 0);
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
	assert_int_equal(clinic.number, t.w.clinic.number);
	assert_memory_equal(&clinic.head, &t.w.clinic.head, 32);
	assert_int_equal(of_case.number, t.c->number);
	assert_memory_equal(&of_case.head, &t.c->head, 32);
}

/* ---- put ---- */

static void a_statement_takes_effect(void **state)
{
	struct id16 support = t.c->channels[0].channel;
	struct wire_statement s;

	assert_int_equal(t.c->channels[0].kind, WIRE_CHANNEL_SUPPORT);
	kit_begin(&w.kit);
	assert_int_equal(
		store_channel_access(w.kit.st, &support, &t.officer.device),
		ROWAN_E_REFUSED);
	kit_commit(&w.kit);
	assigns(&t.officer, WIRE_CHANNEL_SUPPORT, &s);
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_OK);
	assert_int_equal(head.number, t.c->number);
	assert_memory_equal(&head.head, &t.c->head, 32);
	kit_begin(&w.kit);
	assert_int_equal(
		store_channel_access(w.kit.st, &support, &t.officer.device), 0);
	kit_commit(&w.kit);
	unassigns(&t.officer, WIRE_CHANNEL_SUPPORT, &s);
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_OK);
	kit_begin(&w.kit);
	assert_int_equal(
		store_channel_access(w.kit.st, &support, &t.officer.device),
		ROWAN_E_REFUSED);
	kit_commit(&w.kit);
	in_step();
}

static void a_repeat_is_answered_like_the_first(void **state)
{
	struct wire_chain_head first;
	struct wire_statement s;
	struct buf raw, other;

	assigns(&t.officer, WIRE_CHANNEL_SUPPORT, &s);
	world_sign(&t.w, &t.coordinator, &s, &raw);
	assigns(&t.stranger, WIRE_CHANNEL_SUPPORT, &s);
	world_sign(&t.w, &t.coordinator, &s, &other);
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_OK);
	first = head;
	assert_int_equal(put_as(&t.coordinator, buf_view(&raw)), WIRE_STALE);
	memset(&head, 0, sizeof head);
	assert_int_equal(put_as(&t.coordinator, buf_view(&other)), WIRE_OK);
	assert_memory_equal(&head, &first, sizeof head);
	/* Long after, and by another who may read it. */
	unassigns(&t.stranger, WIRE_CHANNEL_SUPPORT, &s);
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_OK);
	assert_int_equal(put_as(&t.advocate, buf_view(&other)), WIRE_OK);
	assert_memory_equal(&head, &first, sizeof head);
	/* It was not done twice. */
	assert_false(case_assigned(
		t.c, &t.stranger.member, WIRE_CHANNEL_SUPPORT, t.w.now));
	in_step();
	buf_wipe(&raw);
	buf_wipe(&other);
}

/* Nothing tells a stranger whether the case exists, or how far it is. */
static void strangers_learn_nothing_by_putting(void **state)
{
	const uint64_t numbers[] = {1, 3, t.c->number, t.c->number + 1, 99};
	struct case_state none;
	struct wire_statement s;

	case_init(&none, &t.w.clinic.id, &unknown);
	for (size_t i = 0; i < 5; i++)
		for (int known = 0; known < 2; known++)
			for (int doubtful = 0; doubtful < 2; doubtful++) {
				assigns(&t.stranger, WIRE_CHANNEL_TEAM, &s);
				s.case_id = known ? t.c->id : unknown;
				s.number = numbers[i];
				doubt(doubtful != 0);
				assert_int_equal(act_as(&t.stranger, t.c, &s),
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
	assigns(&t.stranger, WIRE_CHANNEL_SUPPORT, &s);
	assert_int_equal(act_as(&t.advocate, t.c, &s), WIRE_REFUSED);
	assigns(&t.stranger, WIRE_CHANNEL_SUPPORT, &s);
	s.number += 1;
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_REFUSED);
	assigns(&t.stranger, WIRE_CHANNEL_SUPPORT, &s);
	s.previous.b[0] ^= 1;
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_REFUSED);
	assigns(&t.stranger, WIRE_CHANNEL_SUPPORT, &s);
	s.time -= 2 * RULES_CLOCK_SKEW;
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_REFUSED);
	assigns(&t.stranger, WIRE_CHANNEL_SUPPORT, &s);
	world_sign(&t.w, &t.coordinator, &s, &raw);
	raw.data[raw.len - 1] ^= 1;
	assert_int_equal(put_as(&t.coordinator, buf_view(&raw)), WIRE_REFUSED);
	assert_int_equal(
		put_as(&t.coordinator, bytes_of(raw.data, raw.len - 1)),
		WIRE_MALFORMED);
	buf_wipe(&raw);
	in_step();
}

static void a_doubtful_clock_begins_nothing(void **state)
{
	struct wire_statement s;

	doubt(true);
	assigns(&t.stranger, WIRE_CHANNEL_SUPPORT, &s);
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_AGAIN);
	in_step();
	/* What ends, ends. */
	unassigns(&t.officer, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_OK);
	doubt(false);
	assigns(&t.stranger, WIRE_CHANNEL_SUPPORT, &s);
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_OK);
	in_step();
}

static void a_revocation_ends_connections(void **state)
{
	struct wire_statement s;

	world_statement(&t.w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = t.officer.device;
	s.u.revoke.reason = WIRE_REVOKE_LEFT;
	assert_int_equal(act_as(&t.coordinator, NULL, &s), WIRE_OK);
	assert_int_equal(w.ops.revoked_count, 1);
	assert_true(id16_eq(&w.ops.revoked[0], &t.officer.device));
	assert_int_equal(ops_kit_run_as(&w, WIRE_OP_PING, &t.officer.device),
		WIRE_REFUSED);
	/* Nor does what it signed before count, when it comes now. */
	unassigns(&t.officer, WIRE_CHANNEL_TEAM, &s);
	s.kind = WIRE_ST_RECUSE;
	assert_int_equal(act_as(&t.officer, t.c, &s), WIRE_REFUSED);
	in_step();
}

/* ---- fetch ---- */

/*
 * Follow the clinic's chain as ${who} gets it, ${max} at a time: every link
 * must lead to the head. Sets ${ret_whole} for each card by its place.
 */
static void follow_as(const struct world_person *who, uint16_t max,
	bool ret_whole[WORLD_CARDS])
{
	struct wire_hash at = t.w.head[0];
	uint64_t number = 0;

	memset(ret_whole, 0, WORLD_CARDS);
	while (number < t.w.clinic.number) {
		assert_int_equal(
			fetch_as(who, &clinic_chain, number, max), WIRE_OK);
		assert_int_equal(got.first, number + 1);
		assert_true(got.count > 0 && got.count <= max);
		assert_int_equal(got.newest.number, t.w.clinic.number);
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
	assert_memory_equal(&at, &t.w.clinic.head, sizeof at);
	assert_int_equal(fetch_as(who, &clinic_chain, number, max), WIRE_OK);
	assert_int_equal(got.count, 0);
}

static bool sees(const bool *whole, const struct world_person *p)
{
	for (size_t i = 0; i < t.w.card_count; i++)
		if (id16_eq(&t.w.card[i].card.device, &p->device))
			return whole[t.w.card[i].logged - 1];
	fail();
	return false;
}

static void cards_of_strangers_are_withheld(void **state)
{
	struct world_person auditor;
	bool whole[WORLD_CARDS];
	struct wire_card card;

	world_person(&auditor, "auditor");
	world_card(&t.w, &auditor, WIRE_ROLE_CASEWORKER, "health", &card);
	card.rights = WIRE_RIGHT_AUDIT;
	assert_int_equal(world_enrol(&t.w, &auditor, NULL, &card), 0);

	follow_as(&t.stranger, 3, whole);
	assert_true(sees(whole, &t.stranger));
	assert_true(sees(whole, &t.coordinator));
	assert_true(sees(whole, &t.registrar));
	assert_false(sees(whole, &t.advocate));
	assert_false(sees(whole, &t.officer));
	assert_false(sees(whole, &t.victim));

	follow_as(&t.victim, 1, whole);
	assert_true(sees(whole, &t.victim));
	assert_true(sees(whole, &t.advocate));
	assert_true(sees(whole, &t.officer));
	assert_false(sees(whole, &t.stranger));
	assert_false(sees(whole, &auditor));

	follow_as(&t.coordinator, 256, whole);
	assert_true(sees(whole, &t.victim) && sees(whole, &t.stranger));
	follow_as(&t.registrar, 256, whole);
	assert_true(sees(whole, &t.victim) && sees(whole, &t.stranger));
	follow_as(&auditor, 256, whole);
	assert_true(sees(whole, &t.victim) && sees(whole, &t.stranger));
}

/* A new colleague's card can be had once the case brings them. */
static void who_comes_to_the_case_is_shown(void **state)
{
	bool whole[WORLD_CARDS];
	struct wire_statement s;

	follow_as(&t.victim, 256, whole);
	assert_false(sees(whole, &t.stranger));
	assigns(&t.stranger, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_OK);
	follow_as(&t.victim, 256, whole);
	assert_true(sees(whole, &t.stranger));
	follow_as(&t.stranger, 256, whole);
	assert_true(sees(whole, &t.victim));
}

static void revocations_are_shown_to_those_concerned(void **state)
{
	struct wire_statement s;
	bool whole[WORLD_CARDS];

	world_statement(&t.w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = t.officer.device;
	s.u.revoke.reason = WIRE_REVOKE_LEFT;
	assert_int_equal(act_as(&t.coordinator, NULL, &s), WIRE_OK);
	follow_as(&t.victim, 256, whole);
	assert_true(whole[t.w.clinic.number - 1]);
	follow_as(&t.stranger, 256, whole);
	assert_false(whole[t.w.clinic.number - 1]);
}

static void a_case_is_for_those_on_it(void **state)
{
	const struct world_person *may[] = {
		&t.advocate, &t.officer, &t.victim, &t.coordinator};

	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(fetch_as(may[i], &t.c->id, 0, 100), WIRE_OK);
		assert_int_equal(got.count, t.c->number);
		assert_memory_equal(
			&got.newest.head, &t.c->head, sizeof t.c->head);
		for (size_t k = 0; k < got.count; k++)
			assert_false(got.items[k].withheld);
	}
	assert_int_equal(fetch_as(&t.stranger, &t.c->id, 0, 100), WIRE_REFUSED);
	assert_int_equal(fetch_as(&t.stranger, &unknown, 0, 100), WIRE_REFUSED);
	assert_int_equal(
		fetch_as(&t.coordinator, &unknown, 0, 100), WIRE_REFUSED);
	assert_int_equal(fetch_as(&t.officer, &t.c->id, 1, 1), WIRE_OK);
	assert_int_equal(got.first, 2);
	assert_int_equal(got.count, 1);
	assert_int_equal(
		fetch_as(&t.officer, &t.c->id, UINT64_MAX, 1), WIRE_OK);
	assert_int_equal(got.count, 0);
}

static void who_was_on_it_sees_up_to_their_end(void **state)
{
	struct wire_chain_head end;
	struct wire_statement s;
	struct buf raw;

	unassigns(&t.officer, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_OK);
	end = head;
	assigns(&t.stranger, WIRE_CHANNEL_TEAM, &s);
	world_sign(&t.w, &t.coordinator, &s, &raw);
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_OK);
	assert_int_equal(fetch_as(&t.officer, &t.c->id, 0, 100), WIRE_OK);
	assert_int_equal(got.count, end.number);
	assert_memory_equal(&got.newest, &end, sizeof end);
	assert_int_equal(
		fetch_as(&t.officer, &t.c->id, end.number, 100), WIRE_OK);
	assert_int_equal(got.count, 0);
	/* Nor is what came later confirmed to them. */
	assert_int_equal(put_as(&t.officer, buf_view(&raw)), WIRE_REFUSED);
	buf_wipe(&raw);
}

static void cases_are_ones_own(void **state)
{
	const struct wire_message *m;
	struct wire_cases_answer a;
	struct wire_message answer;
	struct wire_statement s;

	w.request.body.cases_fetch = (struct wire_cases_fetch){{{0}}};
	assert_int_equal(
		ops_kit_run_as(&w, WIRE_OP_CASES_FETCH, &t.stranger.device),
		WIRE_OK);
	answer = ops_kit_answer(&w);
	m = &answer;
	assert_int_equal(wire_cases_answer_decode(m, &a), 0);
	assert_int_equal(a.count, 0);
	assert_int_equal(
		ops_kit_run_as(&w, WIRE_OP_CASES_FETCH, &t.officer.device),
		WIRE_OK);
	answer = ops_kit_answer(&w);
	assert_int_equal(wire_cases_answer_decode(m, &a), 0);
	assert_int_equal(a.count, 1);
	assert_true(id16_eq(&a.cases[0].case_id, &t.c->id));
	assert_int_equal(a.cases[0].number, t.c->number);

	unassigns(&t.officer, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_OK);
	assigns(&t.stranger, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_OK);
	w.request.body.cases_fetch = (struct wire_cases_fetch){{{0}}};
	assert_int_equal(
		ops_kit_run_as(&w, WIRE_OP_CASES_FETCH, &t.officer.device),
		WIRE_OK);
	answer = ops_kit_answer(&w);
	assert_int_equal(wire_cases_answer_decode(m, &a), 0);
	assert_int_equal(a.cases[0].number, t.c->number - 1);
	w.request.body.cases_fetch.after = t.c->id;
	assert_int_equal(
		ops_kit_run_as(&w, WIRE_OP_CASES_FETCH, &t.officer.device),
		WIRE_OK);
	answer = ops_kit_answer(&w);
	assert_int_equal(wire_cases_answer_decode(m, &a), 0);
	assert_int_equal(a.count, 0);
}

/* ---- time ---- */

/* May they act in the channel: begin a blob there. */
static uint16_t use_as(const struct world_person *who, uint8_t channel)
{
	static uint8_t counter;
	struct wire_blob_begin *b = &w.request.body.blob_begin;

	w.kit.now = t.w.now;
	*b = (struct wire_blob_begin){
		.channel = case_channel(t.c, channel)->channel, .size = 1};
	b->blob.b[0] = ++counter;
	return ops_kit_run_as(&w, WIRE_OP_BLOB_BEGIN, &who->device);
}

/* What the officer says in the team's channel, past all groups. */
static void say(void)
{
	static uint64_t counter;
	struct store_envelope e = {.counter = ++counter,
		.channel = case_channel(t.c, WIRE_CHANNEL_TEAM)->channel,
		.body = bytes_of("x", 1)};
	struct store_submitted done;

	w.kit.now = t.w.now;
	kit_begin(&w.kit);
	if (w.ops.doubtful)
		store_doubt(w.kit.st, w.ops.sure);
	assert_int_equal(
		store_submit(w.kit.st, &t.officer.device, &e, &done), 0);
	kit_commit(&w.kit);
}

static uint64_t waiting_of(const struct world_person *who)
{
	uint64_t n;

	assert_int_equal(store_waiting(w.ops.view, &who->device, &n), 0);
	return n;
}

/* From an hour from now, for an hour. */
static void cover(const struct world_person *who)
{
	struct wire_statement s;

	assigns(who, WIRE_CHANNEL_TEAM, &s);
	s.u.assign.from = t.w.now + 3600;
	s.u.assign.until = t.w.now + 7200;
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_OK);
}

/* Nobody is at a keyboard when it begins, nor when it ends. */
static void assignments_begin_and_end_by_themselves(void **state)
{
	struct wire_statement s;
	uint64_t number;

	cover(&t.stranger);
	assert_int_equal(use_as(&t.stranger, WIRE_CHANNEL_TEAM), WIRE_REFUSED);
	say();
	assert_int_equal(waiting_of(&t.stranger), 0);
	t.w.now += 3600;
	assert_int_equal(use_as(&t.stranger, WIRE_CHANNEL_TEAM), WIRE_OK);
	say();
	assert_int_equal(waiting_of(&t.stranger), 1);
	unassigns(&t.advocate, WIRE_CHANNEL_SUPPORT, &s);
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_OK);
	number = t.c->number;
	t.w.now += 3599;
	say();
	assert_int_equal(waiting_of(&t.stranger), 2);
	t.w.now += 1;
	assert_int_equal(use_as(&t.stranger, WIRE_CHANNEL_TEAM), WIRE_REFUSED);
	say();
	assert_int_equal(waiting_of(&t.stranger), 2);
	/* What is stated after the end is not theirs to read. */
	t.w.now += 1;
	w.kit.now = t.w.now;
	assigns(&t.advocate, WIRE_CHANNEL_SUPPORT, &s);
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_OK);
	assert_int_equal(fetch_as(&t.stranger, &t.c->id, 0, 100), WIRE_OK);
	assert_int_equal(got.newest.number, number);
	assert_int_equal(got.count, number);
	assert_int_equal(fetch_as(&t.officer, &t.c->id, 0, 100), WIRE_OK);
	assert_int_equal(got.newest.number, number + 1);
}

/* While the clock is doubtful ends happen and beginnings do not. */
static void doubt_only_ends(void **state)
{
	struct wire_statement s;
	uint64_t begun = t.w.now;

	cover(&t.stranger);
	assigns(&t.registrar, WIRE_CHANNEL_TEAM, &s);
	s.u.assign.until = t.w.now + 1800;
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_OK);
	assert_int_equal(use_as(&t.registrar, WIRE_CHANNEL_TEAM), WIRE_OK);
	w.ops.doubtful = true;
	w.ops.sure = begun;
	t.w.now += 4000;
	assert_int_equal(use_as(&t.registrar, WIRE_CHANNEL_TEAM), WIRE_REFUSED);
	assert_int_equal(use_as(&t.stranger, WIRE_CHANNEL_TEAM), WIRE_REFUSED);
	say();
	assert_int_equal(waiting_of(&t.stranger), 0);
	w.ops.doubtful = false;
	assert_int_equal(use_as(&t.stranger, WIRE_CHANNEL_TEAM), WIRE_OK);
}

/* ---- notices ---- */

static void subscribe(
	const struct world_person *who, uint32_t peer, uint32_t credit)
{
	uint32_t before = w.peer;

	w.peer = peer;
	w.request.body.subscribe = (struct wire_subscribe){0, credit};
	assert_int_equal(
		ops_kit_run_as(&w, WIRE_OP_SUBSCRIBE, &who->device), WIRE_OK);
	ops_kit_serve(&w);
	w.peer = before;
}

/* How many notices of ${chain} the last run pushed to ${peer}. */
static size_t notices(uint32_t peer, const struct id16 *chain, uint64_t number)
{
	size_t n = 0;

	for (size_t i = 0; i < w.batch->push_count; i++) {
		const struct push *p = &w.batch->pushes[i];
		struct wire_message m = {
			.body = bytes_of(
				w.batch->bytes.data + p->body_at, p->body_len)};
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
	uint32_t before = w.peer;

	w.peer = peer;
	w.request.body.credit.credit = credit;
	assert_int_equal(
		ops_kit_run_as(&w, WIRE_OP_CREDIT, &who->device), WIRE_OK);
	ops_kit_serve(&w);
	w.peer = before;
}

static void those_concerned_are_told(void **state)
{
	struct wire_statement s;

	subscribe(&t.advocate, 11, 5);
	subscribe(&t.officer, 12, 5);
	subscribe(&t.stranger, 13, 5);
	subscribe(&t.coordinator, 1, 5); /* the connection that acts */
	unassigns(&t.officer, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_OK);
	assert_int_equal(w.batch->push_count, 2);
	assert_int_equal(notices(11, &t.c->id, t.c->number), 1);
	assert_int_equal(notices(12, &t.c->id, t.c->number), 1);
	/* Off it: not told any more. */
	assigns(&t.stranger, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_OK);
	assert_int_equal(w.batch->push_count, 2);
	assert_int_equal(notices(11, &t.c->id, t.c->number), 1);
	assert_int_equal(notices(13, &t.c->id, t.c->number), 1);
	/* The clinic's chain is everybody's. */
	world_statement(&t.w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = t.victim.device;
	s.u.revoke.reason = WIRE_REVOKE_LOST;
	assert_int_equal(act_as(&t.coordinator, NULL, &s), WIRE_OK);
	assert_int_equal(w.batch->push_count, 3);
	assert_int_equal(notices(12, &clinic_chain, t.w.clinic.number), 1);
	/* What is refused is no news. */
	assigns(&t.stranger, WIRE_CHANNEL_TEAM, &s);
	s.number++;
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_REFUSED);
	assert_int_equal(w.batch->push_count, 0);
}

static void notices_wait_for_credit_and_are_one(void **state)
{
	struct wire_statement s;

	subscribe(&t.advocate, 11, 1);
	assigns(&t.stranger, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_OK);
	assert_int_equal(notices(11, &t.c->id, t.c->number), 1);
	unassigns(&t.stranger, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_OK);
	assert_int_equal(w.batch->push_count, 0);
	assigns(&t.stranger, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_OK);
	assert_int_equal(w.batch->push_count, 0);
	give_credit(&t.advocate, 11, 2);
	assert_int_equal(w.batch->push_count, 1);
	assert_int_equal(notices(11, &t.c->id, t.c->number), 1);
	/* Nothing more is due. */
	ops_kit_serve(&w);
	assert_int_equal(w.batch->push_count, 0);
	/* An envelope takes what is left, as ever. */
	unassigns(&t.stranger, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_OK);
	assert_int_equal(w.batch->push_count, 1);
	assigns(&t.stranger, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_OK);
	assert_int_equal(w.batch->push_count, 0);
}

/* A connection that took nothing gets it again. */
static void notices_that_did_not_leave_come_again(void **state)
{
	struct request back = {.kind = REQUEST_UNSENT,
		.from = {11, 1},
		.device = t.advocate.device,
		.header.id = 7,
		.credit = 1};
	struct wire_statement s;

	subscribe(&t.advocate, 11, 1);
	assigns(&t.stranger, WIRE_CHANNEL_TEAM, &s);
	assert_int_equal(act_as(&t.coordinator, t.c, &s), WIRE_OK);
	assert_int_equal(w.batch->push_count, 1);
	subs_back(&w.ops.subs, &back);
	ops_kit_serve(&w);
	assert_int_equal(w.batch->push_count, 1);
	assert_int_equal(notices(11, &t.c->id, t.c->number), 1);
}

/* The transaction fails: nobody hears of what did not happen. */
static void a_failed_commit_is_no_news(void **state)
{
	struct notice n = {.chain = t.c->id, .all = true, .but = {9, 9}};

	subscribe(&t.advocate, 11, 5);
	assert_int_equal(subs_notice(&w.ops.subs, &n), 0);
	subs_forget(&w.ops.subs);
	assert_int_equal(
		ops_kit_run_as(&w, WIRE_OP_PING, &t.officer.device), WIRE_OK);
	assert_int_equal(w.batch->push_count, 0);
	ops_kit_serve(&w);
	assert_int_equal(w.batch->push_count, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

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
		TEST(assignments_begin_and_end_by_themselves),
		TEST(doubt_only_ends),
		TEST(those_concerned_are_told),
		TEST(notices_wait_for_credit_and_are_one),
		TEST(notices_that_did_not_leave_come_again),
		TEST(a_failed_commit_is_no_news),
	};

	if (sodium_init() < 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
