/*
 * Who is unassigned while connected is refused at once, is out of the
 * channel's next epoch without a human's doing, and reads nothing more; and
 * what time ends, ends.
 */
#include "session/scene.h"

static bool is_out(void *ctx)
{
	return !scene_info(&scene.officer, &scene.team).joined;
}

static struct id16 say(const char *text)
{
	return scene_say(&scene.advocate, &scene.team, text);
}

int main(void)
{
	const struct messages_draft d = {.text = bytes_of("late", 4)};
	struct acts_assignment cover = {.from = 0};
	struct id16 before, after, id;
	uint64_t act, epoch;

	scene_begin(SCENE_TEAM, NULL);
	epoch = scene_info(&scene.advocate, &scene.team).epoch;
	before = say("before");
	(void)person_event(&scene.officer, ROWAN_EVENT_MESSAGE);
	KIT_CHECK(scene_has(&scene.officer, &before));

	KIT_CHECK(acts_unassign(parts_of(&scene.coordinator)->acts, &scene.team,
			  &parts_of(&scene.officer)->me->member, &act) == 0);
	person_done(&scene.coordinator, act);
	/* Nobody does anything, and the advocate writes. */
	after = say("after");
	(void)person_event(&scene.advocate, ROWAN_EVENT_SENT);
	(void)person_event(&scene.officer, ROWAN_EVENT_SHUT_OUT);
	(void)person_event(&scene.advocate, ROWAN_EVENT_UNASSIGNED);
	sessions_settle();
	KIT_CHECK(!scene_has(&scene.officer, &after));
	KIT_CHECK(scene_in(&scene.advocate, &scene.team) == 1);
	KIT_CHECK(scene_info(&scene.advocate, &scene.team).epoch > epoch);
	KIT_CHECK(sessions_until(is_out, NULL));
	KIT_CHECK(messages_write(parts_of(&scene.officer)->messages,
			  &scene.team, &d, &id) == ROWAN_E_REFUSED);

	/* A cover that ends by itself. */
	cover.channel = scene.team;
	cover.member = parts_of(&scene.officer)->me->member;
	cover.until = session_now(scene.coordinator.s) + 120;
	KIT_CHECK(acts_assign(parts_of(&scene.coordinator)->acts, &cover,
			  &act) == 0);
	person_done(&scene.coordinator, act);
	(void)person_event(&scene.officer, ROWAN_EVENT_CHANNEL);
	(void)person_event(&scene.advocate, ROWAN_EVENT_UNASSIGNED);
	KIT_CHECK(session_now(scene.advocate.s) >= cover.until);
	after = say("after the cover");
	(void)person_event(&scene.advocate, ROWAN_EVENT_SENT);
	sessions_settle();
	KIT_CHECK(!scene_has(&scene.officer, &after));
	KIT_CHECK(scene_in(&scene.advocate, &scene.team) == 1);
	KIT_CHECK(scene_info(&scene.advocate, &scene.team).epoch > epoch);
	KIT_CHECK(sessions_until(is_out, NULL));
	KIT_CHECK(scene.advocate.alarms == 0 && scene.officer.alarms == 0 &&
		  scene.coordinator.alarms == 0);
	return scene_end();
}
