/*
 * A clinic is restored twice while somebody is away: the second backup holds
 * the first restore and what came after it, of which this device has never
 * heard. It comes back without an alarm, is told what of its own is lost, goes
 * on with everybody, and whoever was shut out before the first loss stays out
 * at it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sys/stat.h>

#include "session/loss.h"
#include "session/message/messages_row.h"

static struct person coordinator, advocate, officer, thief, nurse;
static struct id16 case_id, team;

static struct who {
	struct id16 member, device;
} the_officer, the_thief, the_nurse;

static struct who who_is(struct person *p)
{
	const struct identity *me = parts_of(p)->me;

	return (struct who){me->member, me->device};
}

static size_t in_it(struct person *p, struct channel_info *ret)
{
	struct id16 in[CHANNEL_DEVICES_MAX];
	size_t n = 0;

	return channels_info(parts_of(p)->channels, &team, ret) == 0 &&
			       !ret->frozen &&
			       channels_devices(parts_of(p)->channels, &team,
				       in, CHANNEL_DEVICES_MAX, &n) == 0
		       ? n
		       : 0;
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

static void done(struct person *p, uint64_t act)
{
	KIT_CHECK(session_step(p->s) == 0);
	KIT_CHECK(person_act(p, act) == 0);
}

static void take_out(const struct who *who)
{
	uint64_t act;

	KIT_CHECK(acts_unassign(parts_of(&coordinator)->acts, &team,
			  &who->member, &act) == 0);
	done(&coordinator, act);
}

static void end_device(const struct who *who)
{
	struct acts_revocation lost = {
		.device = who->device, .reason = WIRE_REVOKE_LOST};
	uint64_t act;

	KIT_CHECK(acts_revoke(parts_of(&coordinator)->acts, &lost, &act) == 0);
	done(&coordinator, act);
}

static void log_card(struct person *p)
{
	struct wire_card c;
	uint64_t act;

	KIT_CHECK(identity_card(parts_of(p)->me, &c) == 0);
	KIT_CHECK(
		acts_log_card(parts_of(&coordinator)->acts, c.raw, &act) == 0);
	done(&coordinator, act);
}

static int may(struct person *at, const struct who *who)
{
	return follow_may(parts_of(at)->follow, &team, &who->device);
}

/* A backup that the coordinator's vault knows no more than. */
static struct clinic back_up(void)
{
	char old[ROWAND_PATH_MAX + 8];

	loss_ctl("backup now");
	person_close(&coordinator);
	snprintf(old, sizeof old, "%s.old", coordinator.path);
	kit_copy_file(coordinator.path, old);
	person_open(&coordinator);
	sessions_settle();
	return *follow_clinic(parts_of(&coordinator)->follow);
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
	return follow_clinic(parts_of(&coordinator)->follow)->number ==
	       *(uint64_t *)ctx;
}

/* Back to it, and the coordinator with it; nobody else is there. */
static void lose(const struct clinic *then)
{
	char old[ROWAND_PATH_MAX + 8];
	uint64_t number = then->number + 1;

	while (kit_clinic.count > 0)
		person_close(kit_clinic.people[0]);
	snprintf(old, sizeof old, "%s.old", coordinator.path);
	kit_copy_file(old, coordinator.path);
	loss_restore(then);
	person_open(&coordinator);
	KIT_CHECK(sessions_until(knows, &number));
}

static void set_up(void)
{
	struct person *in[] = {&coordinator, &advocate, &officer, &thief};

	person_create(&coordinator, "coordinator");
	person_create(&advocate, "advocate");
	person_create(&officer, "officer");
	person_create(&thief, "thief");
	person_create(&nurse, "nurse");
	person_carded(&coordinator, "clinic", WIRE_RIGHT_COORDINATE);
	person_carded(&advocate, "advocacy", 0);
	person_carded(&officer, "police", 0);
	person_carded(&thief, "police", 0);
	person_carded(&nurse, "health", 0);
	sessions_run();
	loss_ctl("backup keygen backup.key backup.pub");
	sessions_settle();
	case_id = sessions_case(&coordinator);
	team = sessions_channel(&coordinator, &case_id, WIRE_CHANNEL_TEAM);
	for (size_t i = 0; i < 4; i++)
		sessions_assign(&coordinator, &team, in[i]);
	the_officer = who_is(&officer);
	the_thief = who_is(&thief);
	person_close(&nurse);
	together(4);
}

/* Lost, and known to the advocate alone. */
static void first_week(void)
{
	take_out(&the_officer);
	end_device(&the_thief);
	person_close(&officer);
	person_close(&thief);
	together(2);
}

/* After the first restore: nothing of it at the advocate's. */
static void second_week(void)
{
	static struct person later[3];
	static const char *const name[] = {"first", "second", "third"};

	for (size_t i = 0; i < 3; i++) {
		person_create(&later[i], name[i]);
		person_carded(&later[i], "health", 0);
		log_card(&later[i]);
		person_close(&later[i]);
	}
	person_open(&nurse);
	the_nurse = who_is(&nurse);
	sessions_assign(&coordinator, &team, &nurse);
	together(2);
}

/* The generation is lost, and the word with it, which nobody has yet. */
static void say_in_vain(const char *text)
{
	const struct messages_draft d = {.text = bytes_of(text, strlen(text))};
	uint64_t act;
	struct id16 id;

	KIT_CHECK(acts_reset(parts_of(&coordinator)->acts, &team, &act) == 0);
	done(&coordinator, act);
	together(2);
	person_close(&coordinator);
	KIT_CHECK(messages_write(parts_of(&nurse)->messages, &team, &d, &id) ==
		  0);
	(void)person_event(&nurse, ROWAN_EVENT_SENT);
}

struct hearing {
	struct person *p;
	const char *text;
};

static bool is_heard(void *ctx)
{
	const struct hearing *h = ctx;
	struct messages_row row;
	uint64_t place = 0;
	bool found = false;

	while (!found && messages_next(parts_of(h->p)->messages, &team, place,
				 &row) == 0) {
		place = row.place;
		found = row.content.type == ROWAN_MESSAGE_TEXT &&
			bytes_eq(row.content.u.text,
				bytes_of(h->text, strlen(h->text)));
		messages_row_wipe(&row);
	}
	return found;
}

static void heard(struct person *p, const char *text)
{
	struct hearing h = {p, text};

	KIT_CHECK(sessions_until(is_heard, &h));
}

static bool has_lost_it(void *ctx)
{
	struct channel_info info;

	return channels_info(parts_of(ctx)->channels, &team, &info) == 0 &&
	       !info.joined && info.epoch == 0;
}

/*
 * Where it said that, nobody is any more: it has no group, until the next reset
 * gives another one the number of that which is lost.
 */
static void nurse_comes_between(void)
{
	const struct acts_assignment again = {
		.channel = team, .member = the_nurse.member};
	uint64_t act;

	/* What was said of the case since cannot be given back. */
	KIT_CHECK(acts_assign(parts_of(&coordinator)->acts, &again, &act) == 0);
	done(&coordinator, act);
	person_close(&coordinator);
	person_open(&nurse);
	KIT_CHECK(sessions_until(has_lost_it, &nurse));
	person_open(&coordinator);
	together(2);
	heard(&coordinator, "in what is lost");
}

static bool has_followed(void *ctx)
{
	const struct clinic *a = follow_clinic(parts_of(&coordinator)->follow);
	const struct clinic *b = follow_clinic(parts_of(&advocate)->follow);

	person_drain(&advocate);
	return a->number == b->number &&
	       memcmp(&a->head, &b->head, sizeof a->head) == 0 &&
	       advocate.event[ROWAN_EVENT_LOST] == 2;
}

int main(void)
{
	const struct messages_draft d = {.text = bytes_of("on we go", 8)};
	struct clinic then;
	struct id16 id;

	sessions_begin(ROWAND_NO_LIMITS "restore_wait = \"0 s\";\n");
	KIT_CHECK(mkdir(loss_at("backups"), 0700) == 0);
	set_up();
	then = back_up();
	first_week();
	lose(&then);
	sessions_settle();

	second_week();
	drop_backup();
	then = back_up();
	end_device(&the_thief);
	say_in_vain("in what is lost");
	lose(&then);
	nurse_comes_between();

	person_open(&advocate);
	KIT_CHECK(sessions_until(has_followed, NULL));
	KIT_CHECK(may(&advocate, &the_officer) == ROWAN_E_RULE);
	KIT_CHECK(may(&advocate, &the_thief) == ROWAN_E_REVOKED);
	take_out(&the_officer);
	end_device(&the_thief);
	together(3);
	KIT_CHECK(messages_write(
			  parts_of(&advocate)->messages, &team, &d, &id) == 0);
	heard(&coordinator, "on we go");
	heard(&nurse, "on we go");
	heard(&advocate, "in what is lost");
	for (size_t i = 0; i < kit_clinic.count; i++) {
		person_drain(kit_clinic.people[i]);
		KIT_CHECK(kit_clinic.people[i]->alarms == 0);
	}
	return sessions_end();
}
