/*
 * The database is lost, a backup comes back, and everybody is there at once,
 * all of them with the same to give back: two statements, one of which shut
 * somebody out, a revocation and a card. Each is in its chain once, in its
 * order; the channel begins anew once; all end in one epoch, without those who
 * were shut out and without an alarm; and what had not reached everybody
 * before reaches them now, once. The daemon's limits are as it comes.
 *
 *	65_all_come_back [COLLEAGUES]
 */
#include <stdio.h>
#include <stdlib.h>

#include "session/loss.h"

#define MANY 60
#define FEW  16
#define AWAY 4 /* of them, in the hour before the loss */

static struct person colleague[MANY], newcomer;
static char names[MANY][40];
static size_t many = FEW;
static struct loss_who the_officer, the_thief;

/* Who is in the team at the end; the coordinator first. */
static struct person *in[MANY + 4];
static size_t in_count;

static void enter(struct person *p)
{
	in[in_count++] = p;
}

static uint32_t generation = 1;

/* They see each other and nobody else, in one epoch of one group. */
static bool is_one(void *ctx)
{
	const struct channel_info a = scene_info(in[0], &loss.team);

	for (size_t i = 0; i < in_count; i++) {
		const struct channel_info b = scene_info(in[i], &loss.team);

		if (b.frozen || !b.joined || b.epoch != a.epoch ||
			b.generation != generation ||
			scene_in(in[i], &loss.team) != in_count)
			return false;
	}
	return true;
}

static void be_one(void)
{
	/* However long a busy machine takes. */
	for (int i = 0; i < 5 && !sessions_until(is_one, NULL); i++)
		continue;
	KIT_CHECK(is_one(NULL));
}

struct saying {
	const char *text;
	size_t from; /* of those in it */
};

static bool is_heard(void *ctx)
{
	const struct saying *s = ctx;

	for (size_t i = s->from; i < in_count; i++)
		if (scene_count(in[i], &loss.team, s->text) == 0)
			return false;
	return true;
}

static void heard(const char *text, size_t from)
{
	struct saying s = {text, from};

	KIT_CHECK(sessions_until(is_heard, &s));
}

static void set_up(void)
{
	loss_begin("# as it comes\n");
	for (size_t i = 0; i < many; i++) {
		snprintf(names[i], sizeof names[i], "colleague%zu", i);
		person_create(&colleague[i], names[i]);
		person_carded(&colleague[i], "police", 0);
	}
	loss_run(NULL);
	enter(&loss.coordinator);
	enter(&loss.advocate);
	enter(&loss.officer);
	enter(&loss.thief);
	for (size_t i = 0; i < many; i++) {
		scene_assign(&loss.coordinator, &loss.team,
			member_of(&colleague[i]));
		enter(&colleague[i]);
	}
	be_one();
	sessions_settle();
	the_officer = loss_who(&loss.officer);
	the_thief = loss_who(&loss.thief);
}

/* Younger than the backup. */
static void week(void)
{
	struct wire_card card;

	loss_take_out(&the_officer);
	loss_revoke(&the_thief);
	person_close(&loss.thief);
	person_create(&newcomer, "newcomer");
	person_carded(&newcomer, "health", 0);
	KIT_CHECK(identity_card(parts_of(&newcomer)->me, &card) == 0);
	loss_log_card(card.raw);
	person_close(&newcomer);
	scene_assign(&loss.coordinator, &loss.team, member_of(&loss.nurse));
	in[2] = &loss.nurse;
	in[3] = &colleague[many - 1];
	in_count--;
	be_one();
	sessions_settle();
	(void)scene_say(&loss.nurse, &loss.team, "to all of them");
	heard("to all of them", 0);
	sessions_settle();
	/* The last of those in it hear nothing of this. */
	for (size_t i = 0; i < AWAY; i++)
		person_close(in[in_count - 1 - i]);
	in_count -= AWAY;
	(void)scene_say(&loss.advocate, &loss.team, "to some of them");
	heard("to some of them", 0);
	sessions_settle();
	in_count += AWAY;
}

static bool same_chains(const struct clinic *clinic, uint64_t of_case)
{
	const struct case_state *a, *b;
	const struct clinic *c;

	a = follow_case(parts_of(in[0])->follow, &loss.case_id);
	for (size_t i = 0; i < in_count; i++) {
		c = follow_clinic(parts_of(in[i])->follow);
		b = follow_case(parts_of(in[i])->follow, &loss.case_id);
		if (c->number != clinic->number + 1 || b == NULL ||
			b->number != of_case ||
			memcmp(&a->head, &b->head, sizeof a->head) != 0)
			return false;
	}
	return true;
}

static void all_at_once(void)
{
	for (size_t i = 0; i < in_count; i++)
		person_open(in[i]);
	person_open(&loss.officer);
	person_open(&loss.thief);
	person_open(&newcomer);
}

static void nobody_is_alarmed(void)
{
	for (size_t i = 0; i < kit_clinic.count; i++) {
		struct person *p = kit_clinic.people[i];

		person_drain(p);
		for (unsigned k = 0; k < PERSON_ALARMS; k++)
			if (p->alarm[k] > 0)
				fprintf(stderr, "%s: alarm %u\n", p->name, k);
		KIT_CHECK(p->alarms == 0);
		KIT_CHECK(p->event[ROWAN_EVENT_LOST] == 0);
	}
}

int main(int argc, char **argv)
{
	struct clinic then, now;
	uint64_t of_case;

	if (argc > 1)
		many = (size_t)atoi(argv[1]);
	KIT_CHECK(many > AWAY + 1 && many <= MANY);
	set_up();
	then = *follow_clinic(parts_of(&loss.coordinator)->follow);
	loss_ctl("backup now");
	week();
	now = *follow_clinic(parts_of(&loss.coordinator)->follow);
	KIT_CHECK(now.number == then.number + 2);
	of_case =
		follow_case(parts_of(&loss.coordinator)->follow, &loss.case_id)
			->number;
	while (kit_clinic.count > 0)
		person_close(kit_clinic.people[0]);
	loss_restore(&then);

	/* It begins anew behind what was given back. */
	generation++;
	all_at_once();
	be_one();
	KIT_CHECK(same_chains(&now, of_case + 1));
	KIT_CHECK(loss_may(&loss.nurse, &the_officer) == ROWAN_E_RULE);
	KIT_CHECK(loss_may(&loss.nurse, &the_thief) == ROWAN_E_REVOKED);
	heard("to some of them", 0);
	for (size_t i = 0; i < in_count; i++) {
		char text[32];

		snprintf(text, sizeof text, "here is %zu", i);
		(void)scene_say(in[i], &loss.team, text);
	}
	for (size_t i = 0; i < in_count; i++) {
		char text[32];

		snprintf(text, sizeof text, "here is %zu", i);
		heard(text, 0);
	}
	for (size_t i = 0; i < in_count; i++) {
		KIT_CHECK(
			scene_count(in[i], &loss.team, "to all of them") == 1);
		KIT_CHECK(
			scene_count(in[i], &loss.team, "to some of them") == 1);
		KIT_CHECK(scene_count(in[i], &loss.team, "here is 0") == 1);
	}
	KIT_CHECK(scene_count(&loss.officer, &loss.team, "here is 0") == 0);
	KIT_CHECK(scene_count(&loss.thief, &loss.team, "here is 0") == 0);
	nobody_is_alarmed();
	return sessions_end();
}
