/*
 * A word is for those who had a part in the channel when it was written, as
 * its writer knew it. A reset seals again what did not arrive, for the same
 * people on whatever device, and never for somebody who came later: then its
 * writer hears, and decides anew. So does one who wrote without a connection.
 */
#include "session/scene.h"

static struct person phone[2];

/* Her phone is gone; another takes its place. */
static void another_phone(struct person *lost, struct person *now)
{
	struct id16 id;

	scene_revoke(&scene.advocate, lost);
	person_close(lost);
	person_create(now, now == phone ? "second" : "third");
	id = person_invites(&scene.advocate, &scene.case_id, now);
	people_compare(&scene.advocate, &id, now);
}

/* She cannot open it any more: it was for the phone that is gone. */
static struct id16 undelivered(struct person *away, const char *text)
{
	struct id16 id;

	session_disconnect(away->s);
	id = scene_say(&scene.advocate, &scene.support, text);
	(void)person_event(&scene.advocate, ROWAN_EVENT_SENT);
	return id;
}

static void not_sent(struct person *p, const struct id16 *id)
{
	struct messages_row m;

	(void)person_event(p, ROWAN_EVENT_UNSENT);
	KIT_CHECK(id16_eq(&p->last.message, id));
	KIT_CHECK(p->last.code == ROWAN_E_STALE);
	KIT_CHECK(messages_get(parts_of(p)->messages, id, &m) == 0);
	KIT_CHECK(m.state == ROWAN_STATE_FAILED);
	messages_row_wipe(&m);
}

static void nobody_has(const char *text)
{
	for (size_t i = 0; i < kit_clinic.count; i++)
		KIT_CHECK(kit_clinic.people[i] == &scene.advocate ||
			  scene_count(kit_clinic.people[i], &scene.support,
				  text) == 0);
}

int main(void)
{
	struct scene *s = &scene;
	struct id16 word;

	scene_begin(SCENE_SUPPORT, NULL);
	sessions_settle();

	/* The same people: it arrives. */
	word = undelivered(&s->victim, "for her");
	another_phone(&s->victim, &phone[0]);
	scene_reset(&scene.advocate, &scene.support);
	scene_together(&phone[0], &s->support, 2);
	scene_heard(&phone[0], &word);
	(void)person_event(&s->advocate, ROWAN_EVENT_DELIVERED);
	sessions_settle();

	/* Somebody came since: it arrives at nobody, and that is said. */
	word = undelivered(&phone[0], "before they came");
	scene_assign(&s->coordinator, &s->support, member_of(&s->coordinator));
	scene_together(&s->coordinator, &s->support, 3);
	another_phone(&phone[0], &phone[1]);
	scene_reset(&scene.advocate, &scene.support);
	scene_together(&phone[1], &s->support, 3);
	scene_together(&s->coordinator, &s->support, 3);
	sessions_settle();
	nobody_has("before they came");
	person_drain(&s->advocate);
	KIT_CHECK(s->advocate.event[ROWAN_EVENT_UNSENT] == 0);
	pace_day();
	not_sent(&s->advocate, &word);
	pace_live(60);
	nobody_has("before they came");

	/* Written without a connection, and somebody came meanwhile. */
	session_disconnect(phone[1].s);
	word = scene_say(&phone[1], &s->support, "you two");
	scene_assign(&s->coordinator, &s->support, member_of(&s->officer));
	scene_together(&s->officer, &s->support, 4);
	KIT_CHECK(session_connect(phone[1].s) == 0);
	not_sent(&phone[1], &word);
	KIT_CHECK(!scene_has(&s->officer, &word));
	KIT_CHECK(!scene_has(&s->advocate, &word));
	word = scene_say(&phone[1], &s->support, "all of you");
	scene_heard(&s->officer, &word);
	scene_heard(&s->advocate, &word);
	scene_leapt();
	scene_quiet();
	return scene_end();
}
