/*
 * What was lost in a restore and came back too late: the waiting is over, a
 * coordinator whose vault is as old as the backup has gone on, and only
 * then come those who know more. A case that nobody has touched since is given
 * back all the same; one that was opened on what is lost is lost. Of the rest
 * they are told what is lost, one by one, and go on without an alarm; but
 * whoever was shut out by it stays out at their devices, and everywhere once a
 * coordinator has signed it again.
 */
#include <time.h>

#include "session/loss.h"

static struct person deputy, newcomer;
static struct loss_who the_officer, the_thief, the_nurse, the_advocate;

static struct id16 support, second, third;
static struct clinic then;  /* when the backup was made */
static unsigned lost_count; /* statements that are to be told of */
static struct buf card;	    /* of the newcomer */

static bool four_in(void *ctx)
{
	return scene_in(&loss.coordinator, &loss.team) == 4 &&
	       scene_in(&loss.nurse, &loss.team) == 4 &&
	       scene_in(&loss.advocate, &loss.team) == 4;
}

static bool three_in(void *ctx)
{
	return scene_in(&loss.coordinator, &loss.team) == 3 &&
	       scene_in(&deputy, &loss.team) == 3 &&
	       scene_in(&loss.advocate, &loss.team) == 3;
}

static void week(void)
{
	struct wire_card c;
	struct id16 channel;

	second = sessions_case(&loss.coordinator);
	channel =
		sessions_channel(&loss.coordinator, &second, WIRE_CHANNEL_TEAM);
	sessions_assign(&loss.coordinator, &channel, &loss.advocate);
	loss_take_out(&the_officer);
	loss_revoke(&the_thief);
	person_create(&newcomer, "newcomer");
	person_carded(&newcomer, "health", 0);
	KIT_CHECK(identity_card(parts_of(&newcomer)->me, &c) == 0);
	KIT_CHECK(buf_copy(&card, c.raw) == 0);
	loss_log_card(buf_view(&card));
	/* It stands on what will be lost of the clinic. */
	third = sessions_case(&loss.coordinator);
	sessions_assign(&loss.coordinator, &loss.team, &loss.nurse);
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
	person_open(&deputy);
	KIT_CHECK(sessions_until(knows_more, &deputy));
	sessions_settle();
	scene_assign(&deputy, &support, &the_nurse.member);
	KIT_CHECK(follow_case(parts_of(&deputy)->follow, &second) == NULL);
}

static bool knows_the_loss(void *ctx)
{
	struct person *p = ctx;
	const struct case_state *c =
		follow_case(parts_of(p)->follow, &loss.case_id);

	person_drain(p);
	return p->event[ROWAN_EVENT_LOST] >= lost_count &&
	       case_assigned(c, &the_nurse.member, WIRE_CHANNEL_SUPPORT,
		       (uint64_t)time(NULL));
}

/* Told what is lost, and who was shut out is. */
static void comes_late(struct person *p, unsigned lost)
{
	struct follow *f;

	lost_count = lost;
	KIT_CHECK(sessions_until(knows_the_loss, p));
	sessions_settle();
	person_drain(p);
	KIT_CHECK(p->event[ROWAN_EVENT_LOST] == lost);
	KIT_CHECK(p->alarms == 0);
	f = parts_of(p)->follow;
	KIT_CHECK(follow_clinic(f)->number == then.number + 1);
	KIT_CHECK(loss_may(p, &the_officer) == ROWAN_E_RULE);
	KIT_CHECK(loss_may(p, &the_thief) == ROWAN_E_REVOKED);
	KIT_CHECK(loss_may(p, &the_nurse) == ROWAN_E_RULE);
	KIT_CHECK(loss_may(p, &the_advocate) == 0);
}

static bool second_is_back(void *ctx)
{
	const struct case_state *c =
		follow_case(parts_of(ctx)->follow, &second);

	return c != NULL && c->number == 2;
}

static bool signed_again(void *ctx)
{
	return loss_may(&deputy, &the_officer) == ROWAN_E_RULE &&
	       loss_may(&deputy, &the_thief) == ROWAN_E_REVOKED &&
	       loss_may(&loss.advocate, &the_officer) == ROWAN_E_RULE &&
	       three_in(NULL);
}

static void set_up(void)
{
	loss_begin(ROWAND_NO_LIMITS "restore_wait = \"0 s\";\n");
	person_create(&deputy, "deputy");
	person_carded(&deputy, "clinic", WIRE_RIGHT_COORDINATE);
	loss_run(&deputy);
	support = sessions_channel(
		&loss.coordinator, &loss.case_id, WIRE_CHANNEL_SUPPORT);
	the_officer = loss_who(&loss.officer);
	the_thief = loss_who(&loss.thief);
	the_nurse = loss_who(&loss.nurse);
	the_advocate = loss_who(&loss.advocate);
	then = *follow_clinic(parts_of(&loss.coordinator)->follow);
	loss_ctl("backup now");
}

int main(void)
{
	struct person *all[] = {&loss.coordinator, &deputy, &loss.advocate,
		&loss.officer, &loss.thief, &loss.nurse, &newcomer};

	set_up();
	person_keep(&deputy);
	week();
	for (size_t i = 0; i < 7; i++)
		person_close(all[i]);
	person_put_back(&deputy);
	loss_restore(&then);

	goes_on();
	person_open(&loss.coordinator);
	comes_late(&loss.coordinator, 5);
	KIT_CHECK(follow_case(parts_of(&loss.coordinator)->follow, &third) !=
		  NULL);
	person_open(&loss.advocate);
	comes_late(&loss.advocate, 3);
	KIT_CHECK(follow_everything(parts_of(&deputy)->follow) == 0);
	KIT_CHECK(sessions_until(second_is_back, &deputy));
	/* It lies in the vault like that. */
	person_close(&loss.coordinator);
	person_open(&loss.coordinator);
	sessions_settle();
	KIT_CHECK(loss_may(&loss.coordinator, &the_officer) == ROWAN_E_RULE);
	KIT_CHECK(loss_may(&loss.coordinator, &the_thief) == ROWAN_E_REVOKED);
	person_drain(&loss.coordinator);
	KIT_CHECK(loss.coordinator.event[ROWAN_EVENT_LOST] == 5);

	loss_take_out(&the_officer);
	loss_revoke(&the_thief);
	loss_log_card(buf_view(&card));
	KIT_CHECK(sessions_until(signed_again, NULL));
	(void)scene_say(&loss.advocate, &loss.team, "on we go");
	KIT_CHECK(sessions_until(loss_unread, &loss.coordinator));
	KIT_CHECK(sessions_until(loss_unread, &deputy));
	for (size_t i = 0; i < 3; i++)
		KIT_CHECK(all[i]->alarms == 0);
	buf_wipe(&card);
	return sessions_end();
}
