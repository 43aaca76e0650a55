/*
 * What was lost in a restore and came back too late: the waiting is over, a
 * coordinator whose vault is as old as the backup has gone on, and only then
 * come those who know more. A case that nobody has touched since is given back
 * all the same; one that was opened on what is lost is lost. Of the rest they
 * are told what is lost, one by one, and go on without an alarm; but whoever
 * was shut out by it stays out at their devices, and everywhere once a
 * coordinator has signed it again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sys/wait.h>

#include <sys/stat.h>

#include "session/loss.h"
#include "session/message/messages_row.h"

static struct person coordinator, deputy, advocate, officer, thief, nurse,
	newcomer;
/* Who they are, while they are away. */
static struct who {
	struct id16 member, device;
} the_officer, the_thief, the_nurse, the_advocate;

static struct id16 case_id, team, support, second, third;
static struct clinic then; /* when the backup was made */
static unsigned loss;	   /* statements that are to be told of */
static struct buf card;	   /* of the newcomer */

/* ---- people -------------------------------------------------------------- */

static void done(struct person *p, uint64_t act)
{
	KIT_CHECK(session_step(p->s) == 0);
	KIT_CHECK(person_act(p, act) == 0);
}

static size_t in_it(struct person *p)
{
	struct id16 in[CHANNEL_DEVICES_MAX];
	size_t n = 0;

	return channels_devices(parts_of(p)->channels, &team, in,
		       CHANNEL_DEVICES_MAX, &n) == 0
		       ? n
		       : 0;
}

static bool five_in(void *ctx)
{
	return in_it(&coordinator) == 5 && in_it(&deputy) == 5 &&
	       in_it(&advocate) == 5 && in_it(&officer) == 5 &&
	       in_it(&thief) == 5;
}

static bool four_in(void *ctx)
{
	return in_it(&coordinator) == 4 && in_it(&nurse) == 4 &&
	       in_it(&advocate) == 4;
}

static bool three_in(void *ctx)
{
	return in_it(&coordinator) == 3 && in_it(&deputy) == 3 &&
	       in_it(&advocate) == 3;
}

static bool is_heard(void *ctx)
{
	return messages_unread(parts_of(ctx)->messages, &team) > 0;
}

static int may(struct person *at, const struct who *who)
{
	return follow_may(parts_of(at)->follow, &team, &who->device);
}

static struct who who_is(struct person *p)
{
	const struct identity *me = parts_of(p)->me;

	return (struct who){me->member, me->device};
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

static void log_card(void)
{
	uint64_t act;

	KIT_CHECK(acts_log_card(parts_of(&coordinator)->acts, buf_view(&card),
			  &act) == 0);
	done(&coordinator, act);
}

static void week(void)
{
	struct wire_card c;
	struct id16 channel;

	second = sessions_case(&coordinator);
	channel = sessions_channel(&coordinator, &second, WIRE_CHANNEL_TEAM);
	sessions_assign(&coordinator, &channel, &advocate);
	take_out(&the_officer);
	end_device(&the_thief);
	person_create(&newcomer, "newcomer");
	person_carded(&newcomer, "health", 0);
	KIT_CHECK(identity_card(parts_of(&newcomer)->me, &c) == 0);
	KIT_CHECK(buf_copy(&card, c.raw) == 0);
	log_card();
	/* It stands on what will be lost of the clinic. */
	third = sessions_case(&coordinator);
	sessions_assign(&coordinator, &team, &nurse);
	KIT_CHECK(sessions_until(four_in, NULL));
}

static bool knows_more(void *ctx)
{
	struct person *p = ctx;

	return follow_clinic(parts_of(p)->follow)->number > then.number;
}

/* The deputy knows nothing of the week, and is the first to act after it. */
static void goes_on(void)
{
	struct acts_assignment assign = {.channel = support, .from = 0};
	uint64_t act;

	person_open(&deputy);
	KIT_CHECK(sessions_until(knows_more, &deputy));
	sessions_settle();
	assign.member = the_nurse.member;
	KIT_CHECK(acts_assign(parts_of(&deputy)->acts, &assign, &act) == 0);
	done(&deputy, act);
	KIT_CHECK(follow_case(parts_of(&deputy)->follow, &second) == NULL);
}

static bool knows_the_loss(void *ctx)
{
	struct person *p = ctx;
	const struct case_state *c = follow_case(parts_of(p)->follow, &case_id);

	person_drain(p);
	return p->event[ROWAN_EVENT_LOST] >= loss &&
	       case_assigned(c, &the_nurse.member, WIRE_CHANNEL_SUPPORT,
		       (uint64_t)time(NULL));
}

/* Told what is lost, and who was shut out is. */
static void comes_late(struct person *p, unsigned lost)
{
	struct follow *f;

	loss = lost;
	KIT_CHECK(sessions_until(knows_the_loss, p));
	sessions_settle();
	person_drain(p);
	KIT_CHECK(p->event[ROWAN_EVENT_LOST] == lost);
	KIT_CHECK(p->alarms == 0);
	f = parts_of(p)->follow;
	KIT_CHECK(follow_clinic(f)->number == then.number + 1);
	KIT_CHECK(may(p, &the_officer) == ROWAN_E_RULE);
	KIT_CHECK(may(p, &the_thief) == ROWAN_E_REVOKED);
	KIT_CHECK(may(p, &the_nurse) == ROWAN_E_RULE);
	KIT_CHECK(may(p, &the_advocate) == 0);
}

static bool second_is_back(void *ctx)
{
	const struct case_state *c =
		follow_case(parts_of(ctx)->follow, &second);

	return c != NULL && c->number == 2;
}

static bool signed_again(void *ctx)
{
	return may(&deputy, &the_officer) == ROWAN_E_RULE &&
	       may(&deputy, &the_thief) == ROWAN_E_REVOKED &&
	       may(&advocate, &the_officer) == ROWAN_E_RULE && three_in(NULL);
}

static void set_up(void)
{
	struct person *in[] = {
		&coordinator, &deputy, &advocate, &officer, &thief};

	person_create(&coordinator, "coordinator");
	person_create(&deputy, "deputy");
	person_create(&advocate, "advocate");
	person_create(&officer, "officer");
	person_create(&thief, "thief");
	person_create(&nurse, "nurse");
	person_carded(&coordinator, "clinic", WIRE_RIGHT_COORDINATE);
	person_carded(&deputy, "clinic", WIRE_RIGHT_COORDINATE);
	person_carded(&advocate, "advocacy", 0);
	person_carded(&officer, "police", 0);
	person_carded(&thief, "police", 0);
	person_carded(&nurse, "health", 0);
	sessions_run();
	loss_ctl("backup keygen backup.key backup.pub");
	sessions_settle();
	case_id = sessions_case(&coordinator);
	team = sessions_channel(&coordinator, &case_id, WIRE_CHANNEL_TEAM);
	support =
		sessions_channel(&coordinator, &case_id, WIRE_CHANNEL_SUPPORT);
	for (size_t i = 0; i < 5; i++)
		sessions_assign(&coordinator, &team, in[i]);
	KIT_CHECK(sessions_until(five_in, NULL));
	sessions_settle();
	the_officer = who_is(&officer);
	the_thief = who_is(&thief);
	the_nurse = who_is(&nurse);
	the_advocate = who_is(&advocate);
	then = *follow_clinic(parts_of(&coordinator)->follow);
	loss_ctl("backup now");
}

int main(void)
{
	struct person *all[] = {&coordinator, &deputy, &advocate, &officer,
		&thief, &nurse, &newcomer};
	const struct messages_draft d = {.text = bytes_of("on we go", 8)};
	char old[ROWAND_PATH_MAX + 8];
	struct id16 id;

	sessions_begin(ROWAND_NO_LIMITS "restore_wait = \"0 s\";\n");
	KIT_CHECK(mkdir(loss_at("backups"), 0700) == 0);
	set_up();
	person_close(&deputy);
	snprintf(old, sizeof old, "%s.old", deputy.path);
	kit_copy_file(deputy.path, old);
	person_open(&deputy);
	week();
	for (size_t i = 0; i < 7; i++)
		person_close(all[i]);
	kit_copy_file(old, deputy.path);
	loss_restore(&then);

	goes_on();
	person_open(&coordinator);
	comes_late(&coordinator, 5);
	KIT_CHECK(follow_case(parts_of(&coordinator)->follow, &third) != NULL);
	person_open(&advocate);
	comes_late(&advocate, 3);
	KIT_CHECK(follow_everything(parts_of(&deputy)->follow) == 0);
	KIT_CHECK(sessions_until(second_is_back, &deputy));
	/* It lies in the vault like that. */
	person_close(&coordinator);
	person_open(&coordinator);
	sessions_settle();
	KIT_CHECK(may(&coordinator, &the_officer) == ROWAN_E_RULE);
	KIT_CHECK(may(&coordinator, &the_thief) == ROWAN_E_REVOKED);
	person_drain(&coordinator);
	KIT_CHECK(coordinator.event[ROWAN_EVENT_LOST] == 5);

	take_out(&the_officer);
	end_device(&the_thief);
	log_card();
	KIT_CHECK(sessions_until(signed_again, NULL));
	KIT_CHECK(messages_write(
			  parts_of(&advocate)->messages, &team, &d, &id) == 0);
	KIT_CHECK(sessions_until(is_heard, &coordinator));
	KIT_CHECK(sessions_until(is_heard, &deputy));
	for (size_t i = 0; i < 3; i++)
		KIT_CHECK(all[i]->alarms == 0);
	buf_wipe(&card);
	return sessions_end();
}
