/*
 * A clinic is restored twice while somebody is away: the second backup holds
 * the first restore and what came after it, of which this device has never
 * heard. It comes back without an alarm, is told what of its own is lost, goes
 * on with everybody, and whoever was shut out before the first loss stays out
 * at it.
 */
#include <stdio.h>
#include <stdlib.h>

#include "session/loss.h"

static struct loss_who the_officer, the_thief, the_nurse;

static size_t in_it(struct person *p, struct channel_info *ret)
{
	*ret = scene_info(p, &loss.team);
	return ret->frozen ? 0 : scene_in(p, &loss.team);
}

/* Everybody who is here sees so many, in the same epoch. */
static bool are_in(void *ctx)
{
	struct channel_info first, info;

	for (size_t i = 0; i < kit_clinic.count; i++)
		if (in_it(kit_clinic.people[i], i == 0 ? &first : &info) !=
				*(size_t *)ctx ||
			(i > 0 && (first.generation != info.generation ||
					  first.epoch != info.epoch)))
			return false;
	return true;
}

static void together(size_t n)
{
	KIT_CHECK(sessions_until(are_in, &n));
	sessions_settle();
}

/* A backup that the coordinator's vault knows no more than. */
static struct clinic back_up(void)
{
	loss_ctl("backup now");
	person_keep(&loss.coordinator);
	sessions_settle();
	return *follow_clinic(parts_of(&loss.coordinator)->follow);
}

/* The newest one comes back; this test has one at a time. */
static void drop_backup(void)
{
	char command[ROWAND_PATH_MAX + 32];

	snprintf(command, sizeof command, "rm '%s'/*", loss_at("backups"));
	KIT_CHECK(system(command) == 0);
}

static bool knows(void *ctx)
{
	return follow_clinic(parts_of(&loss.coordinator)->follow)->number ==
	       *(uint64_t *)ctx;
}

/* Back to it, and the coordinator with it; nobody else is there. */
static void lose(const struct clinic *then)
{
	uint64_t number = then->number + 1;

	while (kit_clinic.count > 0)
		person_close(kit_clinic.people[0]);
	person_put_back(&loss.coordinator);
	loss_restore(then);
	person_open(&loss.coordinator);
	KIT_CHECK(sessions_until(knows, &number));
}

static void set_up(void)
{
	loss_begin(ROWAND_NO_LIMITS "restore_wait = \"0 s\";\n");
	loss_run(NULL);
	the_officer = loss_who(&loss.officer);
	the_thief = loss_who(&loss.thief);
	person_close(&loss.nurse);
	together(4);
}

/* Lost, and known to the advocate alone. */
static void first_week(void)
{
	loss_take_out(&the_officer);
	loss_revoke(&the_thief);
	person_close(&loss.officer);
	person_close(&loss.thief);
	together(2);
}

/* After the first restore: nothing of it at the advocate's. */
static void second_week(void)
{
	static struct person later[3];
	static const char *const name[] = {"first", "second", "third"};
	struct wire_card c;

	for (size_t i = 0; i < 3; i++) {
		person_create(&later[i], name[i]);
		person_carded(&later[i], "health", 0);
		KIT_CHECK(identity_card(parts_of(&later[i])->me, &c) == 0);
		loss_log_card(c.raw);
		person_close(&later[i]);
	}
	person_open(&loss.nurse);
	the_nurse = loss_who(&loss.nurse);
	sessions_assign(&loss.coordinator, &loss.team, &loss.nurse);
	together(2);
}

/* The generation is lost, and the word with it, which nobody has yet. */
static void say_in_vain(const char *text)
{
	scene_reset(&loss.coordinator, &loss.team);
	together(2);
	person_close(&loss.coordinator);
	(void)scene_say(&loss.nurse, &loss.team, text);
	(void)person_event(&loss.nurse, ROWAN_EVENT_SENT);
}

struct hearing {
	struct person *p;
	const char *text;
};

static bool is_heard(void *ctx)
{
	const struct hearing *h = ctx;

	return scene_count(h->p, &loss.team, h->text) > 0;
}

static void heard(struct person *p, const char *text)
{
	struct hearing h = {p, text};

	KIT_CHECK(sessions_until(is_heard, &h));
}

static bool has_lost_it(void *ctx)
{
	struct channel_info info;

	return channels_info(parts_of(ctx)->channels, &loss.team, &info) == 0 &&
	       !info.joined && info.epoch == 0;
}

/*
 * Where it said that, nobody is any more: it has no group, until the next reset
 * gives another one the number of that which is lost.
 */
static void nurse_comes_between(void)
{
	/* What was said of the case since cannot be given back. */
	scene_assign(&loss.coordinator, &loss.team, &the_nurse.member);
	person_close(&loss.coordinator);
	person_open(&loss.nurse);
	KIT_CHECK(sessions_until(has_lost_it, &loss.nurse));
	person_open(&loss.coordinator);
	together(2);
	heard(&loss.coordinator, "in what is lost");
}

static bool has_followed(void *ctx)
{
	const struct clinic *a =
		follow_clinic(parts_of(&loss.coordinator)->follow);
	const struct clinic *b =
		follow_clinic(parts_of(&loss.advocate)->follow);

	person_drain(&loss.advocate);
	return a->number == b->number &&
	       memcmp(&a->head, &b->head, sizeof a->head) == 0 &&
	       loss.advocate.event[ROWAN_EVENT_LOST] == 2;
}

int main(void)
{
	struct clinic then;

	set_up();
	then = back_up();
	first_week();
	lose(&then);
	sessions_settle();

	second_week();
	drop_backup();
	then = back_up();
	loss_revoke(&the_thief);
	say_in_vain("in what is lost");
	lose(&then);
	nurse_comes_between();

	person_open(&loss.advocate);
	KIT_CHECK(sessions_until(has_followed, NULL));
	KIT_CHECK(loss_may(&loss.advocate, &the_officer) == ROWAN_E_RULE);
	KIT_CHECK(loss_may(&loss.advocate, &the_thief) == ROWAN_E_REVOKED);
	loss_take_out(&the_officer);
	loss_revoke(&the_thief);
	together(3);
	(void)scene_say(&loss.advocate, &loss.team, "on we go");
	heard(&loss.coordinator, "on we go");
	heard(&loss.nurse, "on we go");
	heard(&loss.advocate, "in what is lost");
	for (size_t i = 0; i < kit_clinic.count; i++) {
		person_drain(kit_clinic.people[i]);
		KIT_CHECK(kit_clinic.people[i]->alarms == 0);
	}
	return sessions_end();
}
