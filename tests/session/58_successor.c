/*
 * A daemon that lies about who the clinic's authority is: a successor that
 * nobody promised, one that was promised with something else in its record,
 * what the former authority signs or once signed after it was followed, and a
 * succession that is kept from one device. Each is an alarm in the next
 * exchange or with a member's next word, and none is believed; the daemon
 * refuses what the former authority signs, too.
 *
 * The forgers have every key but the one that was promised, or the one that
 * follows: the worst a thief of the authority's safe could have.
 */
#include <stdio.h>

#include "session/forge.h"
#include "wire/chain.h"

static const struct id16 of_clinic = {{0}};
static struct buf forged;

static const struct clinic *clinic_of(struct person *p)
{
	return follow_clinic(parts_of(p)->follow);
}

/* Nothing but what was forged, in the place that comes next. */
static void show_forged(struct wire_chain_answer *a)
{
	memset(a, 0, sizeof *a);
	a->first = clinic_of(liar.whom)->number + 1;
	a->count = 1;
	a->items[0].statement = buf_view(&forged);
	a->newest.number = a->first;
}

/* What it was shown before, and no more. */
static void show_nothing(struct wire_chain_answer *a)
{
	memset(a, 0, sizeof *a);
	a->newest.number = clinic_of(liar.whom)->number;
	a->newest.head = clinic_of(liar.whom)->head;
}

static void quiet(struct person *p)
{
	liar.lie = NULL;
	liar.deaf = false;
	sessions_settle();
	liar.whom = p;
	liar.chain = of_clinic;
	forge_ask(p);
	p->alarms = 0;
	memset(p->alarm, 0, sizeof p->alarm);
	liar.deaf = true;
}

/* One alarm of the right kind, the same authority as before; then the truth. */
static void caught(const char *what, int alarm)
{
	struct person *p = liar.whom;
	struct clinic before = *clinic_of(p);

	liar.told = 0;
	liar.lie = show_forged;
	forge_ask(p);
	if (liar.told == 0 || p->alarm[alarm] != 1 || p->alarms != 1) {
		fprintf(stderr, "%s: told %u, alarms %u of %u\n", what,
			liar.told, p->alarm[alarm], p->alarms);
		KIT_CHECK(!"one alarm of the right kind");
	}
	KIT_CHECK(clinic_of(p)->number == before.number);
	KIT_CHECK(memcmp(&clinic_of(p)->authority, &before.authority,
			  sizeof before.authority) == 0);
	liar.lie = NULL;
	forge_ask(p);
	KIT_CHECK(p->alarms == 1);
	KIT_CHECK(
		clinic_of(p)->number == clinic_of(&scene.coordinator)->number);
	buf_wipe(&forged);
}

/* ---- a successor ----------------------------------------------------------
 */

/* Of a key that nobody promised; with ${old} the authority has signed, too. */
static void an_unpromised_one(const struct authority_key *old)
{
	struct clinic c = *clinic_of(&scene.coordinator);
	struct authority_key *key;
	struct wire_key public;
	struct authority_succession s = {
		.clinic = &c, .old = old, .next = &public, .time = pace_now()};
	struct writer record, raw;

	KIT_CHECK(authority_new(&c.id, &key) == 0);
	authority_public(key, &public);
	s.fresh = key;
	/* As if it had been. */
	attest_hash(bytes_of(public.b, sizeof public.b), &c.successor);
	writer_init(&record, 1024);
	writer_init(&raw, WIRE_STATEMENT_MAX);
	KIT_CHECK(authority_succeed(&s, &record, &raw) == 0);
	KIT_CHECK(buf_copy(&forged, writer_view(&raw)) == 0);
	KIT_CHECK(forge_put(&scene.coordinator, writer_view(&raw)) != WIRE_OK);
	authority_free(key);
	writer_wipe(&record);
	writer_wipe(&raw);
}

/* The true record of the promised key, with another promise in it. */
static void another_promise(struct bytes true_one)
{
	struct wire_statement s;
	struct wire_record r;
	size_t at;

	KIT_CHECK(buf_copy(&forged, true_one) == 0);
	KIT_CHECK(wire_statement_decode(buf_view(&forged), &s) == 0);
	KIT_CHECK(wire_record_decode(s.u.succeed, &r) == 0);
	for (at = 0; at + sizeof r.successor_hash <= forged.len; at++)
		if (memcmp(forged.data + at, &r.successor_hash,
			    sizeof r.successor_hash) == 0)
			break;
	KIT_CHECK(at + sizeof r.successor_hash <= forged.len);
	forged.data[at] ^= 1;
	KIT_CHECK(wire_statement_decode(buf_view(&forged), &s) == 0);
}

/* ---- the former ------------------------------------------------------------
 */

/* It revokes the advocate's device, in the next place. */
static void the_former_speaks(const struct authority_key *former)
{
	struct wire_statement s;
	struct writer raw;

	authority_begin(
		clinic_of(&scene.coordinator), WIRE_ST_REVOKE, pace_now(), &s);
	s.u.revoke.device = parts_of(&scene.advocate)->me->device;
	s.u.revoke.reason = ROWAN_REVOKE_LOST;
	writer_init(&raw, WIRE_STATEMENT_MAX);
	KIT_CHECK(authority_sign(former, NULL, &s, &raw) == 0);
	KIT_CHECK(forge_put(&scene.coordinator, writer_view(&raw)) != WIRE_OK);
	KIT_CHECK(buf_copy(&forged, writer_view(&raw)) == 0);
	writer_wipe(&raw);
}

/* What it did say, while it was the authority, once more. */
static void the_former_again(void)
{
	KIT_CHECK(follow_statement(parts_of(&scene.coordinator)->follow,
			  &of_clinic, 1, &forged) == 0);
}

static void hidden(struct bytes true_one)
{
	struct person *p = &scene.officer;
	uint64_t before = clinic_of(p)->number;
	struct id16 id;

	KIT_CHECK(clinic_of(&scene.advocate)->number > before);
	KIT_CHECK(p->event[ROWAN_EVENT_CLINIC] == 0 && p->alarms == 0);
	id = scene_say(&scene.advocate, &scene.team, "another signs for us");
	scene_heard(p, &id);
	scene_alarm(p, ROWAN_ALARM_HIDDEN);
	KIT_CHECK(p->alarms == 1);
	KIT_CHECK(clinic_of(p)->number == before);
	p->alarms = 0;
	another_promise(true_one);
	caught("another promise", ROWAN_ALARM_UNSIGNED);
	KIT_CHECK(p->event[ROWAN_EVENT_CLINIC] == 1);
}

/* Of one place in a chain an alarm is raised once: there is another now. */
static void go_on(void)
{
	static struct person other;
	struct id16 id;

	liar.whom = NULL;
	person_create(&other, "somebody else");
	id = person_invites(&scene.advocate, NULL, &other);
	people_compare(&scene.advocate, &id, &other);
	person_close(&other);
}

static void keep_key(const struct authority_key *k, struct authority_key **ret)
{
	static const struct passphrase_cost least = {1, 8192};
	struct writer w;

	writer_init(&w, 4096);
	KIT_CHECK(authority_seal(k, bytes_of("x", 1), &least, &w) == 0);
	KIT_CHECK(authority_open(writer_view(&w), bytes_of("x", 1), ret) == 0);
	writer_wipe(&w);
}

int main(void)
{
	struct authority_key *former;
	struct buf true_one;

	middle_set(forge_hook, NULL);
	scene_begin(SCENE_TEAM, NULL);
	quiet(&scene.officer);
	an_unpromised_one(NULL);
	caught("nobody promised it", ROWAN_ALARM_UNSIGNED);
	quiet(&scene.advocate);
	an_unpromised_one(kit_clinic.key);
	caught("the authority itself", ROWAN_ALARM_UNSIGNED);

	go_on();
	quiet(&scene.officer);
	liar.lie = show_nothing;
	keep_key(kit_clinic.key, &former);
	/* The authority follows the chain before it goes on with it. */
	kit_clinic.clinic = *clinic_of(&scene.coordinator);
	forge_fresh_import("second");
	forge_succeed(false, &true_one);
	forge_import();
	/* Not all are current: one is lied to. */
	(void)person_event(&scene.advocate, ROWAN_EVENT_CLINIC);
	(void)person_event(&scene.coordinator, ROWAN_EVENT_CLINIC);
	forge_ask(&scene.officer);
	hidden(buf_view(&true_one));

	quiet(&scene.officer);
	the_former_speaks(former);
	caught("the former authority", ROWAN_ALARM_UNSIGNED);
	quiet(&scene.advocate);
	the_former_again();
	caught("what the former said", ROWAN_ALARM_FORK);
	KIT_CHECK(scene.coordinator.alarms == 0);
	liar.whom = NULL;
	authority_free(former);
	buf_wipe(&true_one);
	return scene_end();
}
