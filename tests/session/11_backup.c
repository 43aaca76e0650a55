/*
 * A phone that is restored from an old backup locks itself, is readmitted
 * where everybody sees it, and uses no key and no number again.
 */
#include "session/scene.h"

/* The old copy in the place of the vault. */
static uint64_t restore_old(void)
{
	uint64_t used = outbox_counter(parts_of(&scene.victim)->outbox);

	person_close(&scene.victim);
	person_put_back(&scene.victim);
	person_open(&scene.victim);
	KIT_CHECK(outbox_counter(parts_of(&scene.victim)->outbox) < used);
	return used;
}

static bool current(void *ctx)
{
	struct person *p = ctx;

	return session_link(p->s) >= SESSION_UP &&
	       readmit_locked(parts_of(p)->readmit) &&
	       !follow_busy(parts_of(p)->follow);
}

int main(void)
{
	struct person *v = &scene.victim;
	uint64_t used;

	scene_begin(SCENE_SUPPORT, NULL);
	(void)scene_say(v, &scene.support, "before the backup");
	(void)person_event(v, ROWAN_EVENT_SENT);
	(void)person_event(&scene.advocate, ROWAN_EVENT_MESSAGE);

	/* Last week's backup, and what happened since. */
	person_keep(v);
	for (int i = 0; i < 5; i++) {
		(void)scene_say(v, &scene.support, "since the backup");
		(void)person_event(v, ROWAN_EVENT_SENT);
		(void)person_event(&scene.advocate, ROWAN_EVENT_MESSAGE);
	}
	sessions_settle();
	used = restore_old();

	/* It says nothing more, whatever it is told. */
	(void)person_event(v, ROWAN_EVENT_READMIT_NEEDED);
	KIT_CHECK(sessions_until(current, v));
	KIT_CHECK(v->last.count >= used);
	(void)scene_say(v, &scene.support, "with an old key?");
	person_close(v);
	person_open(v);
	KIT_CHECK(sessions_until(current, v));
	KIT_CHECK(readmit_locked(parts_of(v)->readmit));

	/* The person asks; everybody sees it. */
	KIT_CHECK(readmit_ask(parts_of(v)->readmit) == 0);
	KIT_CHECK(readmit_ask(parts_of(v)->readmit) == ROWAN_E_STATE);
	KIT_CHECK(outbox_counter(parts_of(v)->outbox) >= used);
	KIT_CHECK(session_step(v->s) == 0);
	(void)person_event(&scene.advocate, ROWAN_EVENT_READMITTED);
	(void)person_event(&scene.advocate, ROWAN_EVENT_ALARM);
	KIT_CHECK(scene.advocate.last.code == ROWAN_ALARM_RETURNED);
	(void)person_event(v, ROWAN_EVENT_CHANNEL);
	(void)person_event(&scene.advocate, ROWAN_EVENT_MESSAGE);
	(void)scene_say(&scene.advocate, &scene.support, "there you are");
	(void)person_event(v, ROWAN_EVENT_MESSAGE);
	KIT_CHECK(outbox_counter(parts_of(v)->outbox) > used);
	/* Nothing but the return was alarming. */
	KIT_CHECK(scene.advocate.alarms == 1 && v->alarms == 0 &&
		  scene.coordinator.alarms <= 1);
	return scene_end();
}
