/*
 * A daemon that lies about the chains to one device: replays an old
 * assignment, hides an unassignment or a revocation, reorders, goes back,
 * invents, puts a card in. Each is an alarm in the next exchange, nothing of
 * it is believed, and the truth is taken in when it is told again.
 *
 * The daemon is the real one; what it answers one officer is changed on the
 * way by whoever has its key.
 */
#include <stdio.h>

#include "session/forge.h"
#include "trust/chain.h"
#include "wire/chain.h"

static const struct id16 of_clinic = {{0}};
static struct id16 stranger; /* whose device was never connected */

static struct person *officer(void)
{
	return &scene.officer;
}

static void assign(const struct id16 *member)
{
	scene_assign(&scene.coordinator, &scene.team, member);
}

static void unassign(const struct id16 *member)
{
	scene_unassign(&scene.coordinator, &scene.team, member);
}

static uint64_t number_of(struct person *p, const struct id16 *chain)
{
	struct follow *f = parts_of(p)->follow;

	return id16_eq(chain, &of_clinic) ? follow_clinic(f)->number
					  : follow_case(f, chain)->number;
}

static void forget(struct person *p)
{
	person_drain(p);
	p->alarms = 0;
	memset(p->alarm, 0, sizeof p->alarm);
}

/* The officer knows all there is, and hears of nothing by itself from now. */
static void quiet(void)
{
	liar.lie = NULL;
	liar.deaf = false;
	sessions_settle();
	forge_ask(officer());
	forget(officer());
	liar.deaf = true;
}

/* A lie about a chain: an alarm, once; nothing believed; then the truth. */
static void caught(
	const char *what, forge_lie *lie, const struct id16 *chain, int alarm)
{
	uint64_t before = number_of(officer(), chain);

	liar.lie = lie;
	liar.chain = *chain;
	liar.told = 0;
	forge_ask(officer());
	if (liar.told == 0 || officer()->alarm[alarm] != 1 ||
		officer()->alarms != 1) {
		fprintf(stderr, "%s: told %u, alarms %u of %u\n", what,
			liar.told, officer()->alarm[alarm], officer()->alarms);
		KIT_CHECK(!"one alarm of the right kind");
	}
	KIT_CHECK(number_of(officer(), chain) == before);
	liar.lie = NULL;
	forge_ask(officer());
	KIT_CHECK(officer()->alarms == 1);
	KIT_CHECK(number_of(officer(), chain) ==
		  number_of(&scene.coordinator, chain));
	quiet();
}

/* ---- a case ---------------------------------------------------------------
 */

static struct bytes old;

static void replay(struct wire_chain_answer *a)
{
	if (a->count > 0)
		a->items[0].statement = old;
}

static void an_old_assignment(void)
{
	struct buf raw;

	assign(&stranger);
	KIT_CHECK(follow_statement(parts_of(&scene.coordinator)->follow,
			  &scene.case_id,
			  number_of(&scene.coordinator, &scene.case_id),
			  &raw) == 0);
	old = forge_keep(buf_view(&raw));
	buf_wipe(&raw);
	unassign(&stranger);
	quiet();
	assign(&stranger);
	caught("an old assignment", replay, &scene.case_id, ROWAN_ALARM_FORK);
}

static void leave_out(struct wire_chain_answer *a)
{
	if (a->count == 0)
		return;
	memmove(a->items, a->items + 1, --a->count * sizeof *a->items);
	a->newest.number--;
}

static void an_unassignment_left_out(void)
{
	unassign(&stranger);
	assign(&stranger);
	caught("an unassignment left out", leave_out, &scene.case_id,
		ROWAN_ALARM_FORK);
}

static void exchange(struct wire_chain_answer *a)
{
	struct wire_chain_item item = a->items[0];

	if (a->count < 2)
		return;
	a->items[0] = a->items[1];
	a->items[1] = item;
}

static void another_order(void)
{
	unassign(&stranger);
	assign(&stranger);
	caught("another order", exchange, &scene.case_id, ROWAN_ALARM_FORK);
}

static void say_less(struct wire_chain_answer *a)
{
	memset(a, 0, sizeof *a);
	a->newest.number = number_of(officer(), &liar.chain) - 1;
	KIT_CHECK(follow_head(parts_of(officer())->follow, &liar.chain,
			  a->newest.number, &a->newest.head) == 0);
}

static void say_another(struct wire_chain_answer *a)
{
	memset(a, 0, sizeof *a);
	a->newest.number = number_of(officer(), &liar.chain);
	a->newest.head.b[3] = 1;
}

static void forge_assignment(
	struct wire_chain_answer *a, struct person *by, const uint8_t *seed)
{
	struct wire_statement s;
	struct buf raw;

	forge_statement(&scene.case_id, WIRE_ST_ASSIGN, &s);
	s.u.assign.member = stranger;
	s.u.assign.channel = WIRE_CHANNEL_SUPPORT;
	s.u.assign.from = s.time;
	forge_sign(by, seed, &s, &raw);
	memset(a, 0, sizeof *a);
	a->first = s.number;
	a->count = 1;
	a->items[0].statement = forge_keep(buf_view(&raw));
	a->newest.number = s.number;
	buf_wipe(&raw);
}

static void by_nobody(struct wire_chain_answer *a)
{
	static const uint8_t seed[ATTEST_SEED_LEN] = {9};

	forge_assignment(a, &scene.coordinator, seed);
}

static void by_the_wrong_one(struct wire_chain_answer *a)
{
	forge_assignment(a, &scene.advocate, NULL);
}

/* ---- the clinic ------------------------------------------------------------
 */

/* A revocation shown as if it were a stranger's device. */
static void withhold(struct wire_chain_answer *a)
{
	struct wire_statement s;
	struct chain_link link;

	for (size_t i = 0; i < a->count; i++) {
		if (a->items[i].withheld)
			continue;
		KIT_CHECK(
			wire_statement_decode(a->items[i].statement, &s) == 0);
		KIT_CHECK(chain_link(&s, &link) == 0);
		a->items[i] = (struct wire_chain_item){.withheld = true,
			.subject = link.subject,
			.content = link.content,
			.time = s.time};
	}
}

static void put_in(struct wire_chain_answer *a)
{
	struct wire_statement s;
	struct wire_card card;
	struct forged d;
	struct buf raw, raw_card;

	forge_device(&d);
	forge_card(&d, WIRE_ROLE_CASEWORKER, "police", &card);
	/* By an officer, who is no registrar. */
	forge_issue(officer(), &d, &card, &raw_card);
	forge_statement(NULL, WIRE_ST_CARD, &s);
	s.u.card = buf_view(&raw_card);
	forge_sign(officer(), NULL, &s, &raw);
	memset(a, 0, sizeof *a);
	a->first = s.number;
	a->count = 1;
	a->items[0].statement = forge_keep(buf_view(&raw));
	a->newest.number = s.number;
	buf_wipe(&raw_card);
	buf_wipe(&raw);
}

/* ---- what a member says ----------------------------------------------------
 */

/* The officer was shown this much, and is shown no more. */
static void nothing_new(struct wire_chain_answer *a)
{
	struct follow *f = parts_of(officer())->follow;

	memset(a, 0, sizeof *a);
	a->newest.number = number_of(officer(), &liar.chain);
	KIT_CHECK(follow_head(f, &liar.chain, a->newest.number,
			  &a->newest.head) == 0);
}

/*
 * An unassignment that the daemon says nothing of at all: a member's next
 * word tells of it.
 */
static void hidden_from_one(void)
{
	struct id16 id;

	assign(&stranger);
	quiet();
	liar.lie = nothing_new;
	liar.chain = scene.case_id;
	unassign(&stranger);
	forge_ask(officer());
	KIT_CHECK(officer()->alarms == 0);
	id = scene_say(&scene.advocate, &scene.team, "she is out of it");
	scene_heard(officer(), &id);
	scene_alarm(officer(), ROWAN_ALARM_HIDDEN);
	KIT_CHECK(officer()->alarms == 1);
	quiet();
}

/* The same with a revocation in the clinic's chain. */
static void a_revocation_hidden_from_one(struct person *who)
{
	struct id16 id;

	liar.lie = nothing_new;
	liar.chain = of_clinic;
	scene_revoke(&scene.coordinator, who);
	person_close(who);
	id = scene_say(&scene.advocate, &scene.team, "her phone is lost");
	scene_heard(officer(), &id);
	scene_alarm(officer(), ROWAN_ALARM_HIDDEN);
	quiet();
}

int main(void)
{
	static struct person other, third;

	middle_set(forge_hook, NULL);
	scene_begin(SCENE_TEAM, NULL);
	liar.whom = officer();
	person_create(&other, "somebody else");
	person_create(&third, "a third");
	{
		struct id16 id = person_invites(&scene.advocate, NULL, &third);

		people_compare(&scene.advocate, &id, &third);
		id = person_invites(&scene.advocate, NULL, &other);
		people_compare(&scene.advocate, &id, &other);
	}
	/* No key packages yet: no commit follows what is stated of them. */
	stranger = *member_of(&other);
	person_close(&other);
	quiet();
	an_old_assignment();
	an_unassignment_left_out();
	another_order();
	caught("less", say_less, &scene.case_id, ROWAN_ALARM_ROLLBACK);
	caught("another head", say_another, &scene.case_id, ROWAN_ALARM_FORK);
	caught("by nobody", by_nobody, &scene.case_id, ROWAN_ALARM_UNSIGNED);
	/* Of one place in a chain one alarm is enough. */
	unassign(&stranger);
	quiet();
	caught("by the wrong one", by_the_wrong_one, &scene.case_id,
		ROWAN_ALARM_UNSIGNED);
	caught("a card put in", put_in, &of_clinic, ROWAN_ALARM_UNSIGNED);
	caught("the clinic less", say_less, &of_clinic, ROWAN_ALARM_ROLLBACK);
	hidden_from_one();
	a_revocation_hidden_from_one(&third);
	/* Her card is known to the officer: she is on the case. */
	person_open(&other);
	scene_assign(&scene.coordinator, &scene.team, &stranger);
	scene_together(officer(), &scene.team, 3);
	quiet();
	scene_revoke(&scene.coordinator, &other);
	person_close(&other);
	caught("a revocation withheld", withhold, &of_clinic,
		ROWAN_ALARM_HIDDEN);
	liar.whom = NULL;
	KIT_CHECK(scene.advocate.alarms == 0 && scene.coordinator.alarms == 0);
	return scene_end();
}
