/*
 * First safe contact, then the phone is taken: the advocate revokes it, it is
 * refused, the next message cannot be read on it; a new phone comes by a new
 * invite and reads on; the old invite is noticed when it is used.
 */
#include <stdio.h>

#include "session/pace.h"

static struct person coordinator, advocate, victim, phone, thief;
static struct id16 case_id, support;

static struct id16 say(struct person *from, const char *text)
{
	const struct messages_draft d = {.text = bytes_of(text, strlen(text))};
	struct id16 id;

	KIT_CHECK(messages_write(parts_of(from)->messages, &support, &d, &id) ==
		  0);
	KIT_CHECK(session_step(from->s) == 0);
	return id;
}

static bool refused(void *ctx)
{
	return session_link(((struct person *)ctx)->s) == SESSION_REFUSED;
}

static bool failed(void *ctx)
{
	struct person *p = ctx;
	struct event e;
	struct buf text;
	int rc = events_next(parts_of(p)->events, &e, &text);

	buf_wipe(&text);
	return rc == 0 && e.type == ROWAN_EVENT_ENROL_FAILED;
}

int main(void)
{
	const struct acts_revocation *r;
	struct acts_revocation lost = {.reason = WIRE_REVOKE_LOST};
	struct messages_row row;
	struct id16 id;
	uint64_t act;

	sessions_begin(ROWAND_NO_LIMITS);
	pace_begin();
	person_create(&coordinator, "coordinator");
	person_create(&advocate, "advocate");
	person_create(&victim, "victim");
	person_create(&phone, "phone");
	person_create(&thief, "thief");
	person_carded(&coordinator, "police", WIRE_RIGHT_COORDINATE);
	person_carded(&advocate, "advocacy", WIRE_RIGHT_ENROL);
	sessions_run();
	sessions_settle();
	case_id = sessions_case(&coordinator);
	support =
		sessions_channel(&coordinator, &case_id, WIRE_CHANNEL_SUPPORT);
	sessions_assign(&coordinator, &support, &advocate);
	sessions_victim(&coordinator, &advocate, &case_id, &victim);
	(void)person_event(&victim, ROWAN_EVENT_CHANNEL);
	(void)say(&victim, "from the first phone");
	(void)person_event(&advocate, ROWAN_EVENT_MESSAGE);

	/* Taken. */
	lost.device = parts_of(&victim)->me->device;
	lost.case_id = case_id;
	r = &lost;
	KIT_CHECK(acts_revoke(parts_of(&advocate)->acts, r, &act) == 0);
	KIT_CHECK(session_step(advocate.s) == 0);
	KIT_CHECK(person_act(&advocate, act) == 0);
	KIT_CHECK(sessions_until(refused, &victim));
	(void)person_event(&victim, ROWAN_EVENT_SELF_REVOKED);
	/* Shown by the statement, not only said. */
	KIT_CHECK(victim.last.code == ROWAN_E_REVOKED);
	id = say(&advocate, "not for that phone");
	(void)person_event(&advocate, ROWAN_EVENT_SENT);
	KIT_CHECK(messages_get(parts_of(&victim)->messages, &id, &row) ==
		  ROWAN_E_NOT_FOUND);

	/* A new one: the same member, hence nothing to be assigned. */
	id = person_invites(&advocate, &case_id, &phone);
	people_compare(&advocate, &id, &phone);
	KIT_CHECK(id16_eq(
		&parts_of(&phone)->me->member, &parts_of(&victim)->me->member));
	(void)person_event(&phone, ROWAN_EVENT_CHANNEL);
	id = say(&phone, "it is me");
	(void)person_event(&advocate, ROWAN_EVENT_MESSAGE);
	id = say(&advocate, "good");
	(void)person_event(&phone, ROWAN_EVENT_MESSAGE);
	KIT_CHECK(messages_get(parts_of(&victim)->messages, &id, &row) ==
		  ROWAN_E_NOT_FOUND);
	KIT_CHECK(advocate.alarms == 0);

	/* Who has found the paper uses it: too late, and noticed. */
	KIT_CHECK(enrolment_redeem(parts_of(&thief)->enrolment,
			  bytes_of(kit_clinic.invite,
				  strlen(kit_clinic.invite))) == 0);
	KIT_CHECK(session_step(thief.s) == 0);
	KIT_CHECK(sessions_until(failed, &thief));
	(void)person_event(&advocate, ROWAN_EVENT_ALARM);
	KIT_CHECK(advocate.last.code == ROWAN_ALARM_REDEEMED);
	return sessions_end();
}
