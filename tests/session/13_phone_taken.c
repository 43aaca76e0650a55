/*
 * First safe contact, then the phone is taken: the advocate revokes it, it is
 * refused, the next message cannot be read on it; a new phone comes by a new
 * invite and reads on; the old invite is noticed when it is used.
 */
#include "session/scene.h"

static struct person phone, thief;

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
	struct id16 id;

	scene_begin(SCENE_SUPPORT, NULL);
	person_create(&phone, "phone");
	person_create(&thief, "thief");
	(void)scene_say(&scene.victim, &scene.support, "from the first phone");
	(void)person_event(&scene.advocate, ROWAN_EVENT_MESSAGE);

	/* Taken. */
	scene_revoke(&scene.advocate, &scene.victim);
	KIT_CHECK(sessions_until(refused, &scene.victim));
	(void)person_event(&scene.victim, ROWAN_EVENT_SELF_REVOKED);
	/* Shown by the statement, not only said. */
	KIT_CHECK(scene.victim.last.code == ROWAN_E_REVOKED);
	id = scene_say(&scene.advocate, &scene.support, "not for that phone");
	/* She has no other yet: nobody it was for can get it. */
	(void)person_event(&scene.advocate, ROWAN_EVENT_UNREACHED);
	KIT_CHECK(id16_eq(&scene.advocate.last.message, &id));
	KIT_CHECK(
		id16_eq(&scene.advocate.last.member, member_of(&scene.victim)));
	(void)person_event(&scene.advocate, ROWAN_EVENT_UNSENT);
	KIT_CHECK(scene.advocate.last.code == ROWAN_E_UNKNOWN);
	KIT_CHECK(scene.advocate.event[ROWAN_EVENT_SENT] == 0);
	KIT_CHECK(!scene_has(&scene.victim, &id));

	/* A new one: the same member, hence nothing to be assigned. */
	id = person_invites(&scene.advocate, &scene.case_id, &phone);
	people_compare(&scene.advocate, &id, &phone);
	KIT_CHECK(id16_eq(&parts_of(&phone)->me->member,
		&parts_of(&scene.victim)->me->member));
	(void)person_event(&phone, ROWAN_EVENT_CHANNEL);
	id = scene_say(&phone, &scene.support, "it is me");
	(void)person_event(&scene.advocate, ROWAN_EVENT_MESSAGE);
	id = scene_say(&scene.advocate, &scene.support, "good");
	(void)person_event(&phone, ROWAN_EVENT_MESSAGE);
	KIT_CHECK(!scene_has(&scene.victim, &id));
	KIT_CHECK(scene.advocate.alarms == 0);

	/* Who has found the paper uses it: too late, and noticed. */
	KIT_CHECK(enrolment_redeem(parts_of(&thief)->enrolment,
			  bytes_of(kit_clinic.invite,
				  strlen(kit_clinic.invite))) == 0);
	KIT_CHECK(session_step(thief.s) == 0);
	KIT_CHECK(sessions_until(failed, &thief));
	(void)person_event(&scene.advocate, ROWAN_EVENT_ALARM);
	KIT_CHECK(scene.advocate.last.code == ROWAN_ALARM_REDEEMED);
	return scene_end();
}
