/*
 * Her phone lies in a drawer for two months: its leaf goes, the others talk
 * on, and when it is back it is readmitted by itself, in sight of her
 * advocate, with what she had written meanwhile.
 */
#include "session/scene.h"

#define DAY 86400

int main(void)
{
	struct id16 without, back, again, her;

	scene_begin(SCENE_SUPPORT, NULL);
	scene_assign(
		&scene.coordinator, &scene.support, member_of(&scene.officer));
	scene_together(&scene.advocate, &scene.support, 3);
	scene_together(&scene.victim, &scene.support, 3);
	sessions_settle();
	her = *member_of(&scene.victim);
	person_close(&scene.victim);
	pace_pass(58 * DAY);
	pace_live(600);
	KIT_CHECK(scene_in(&scene.advocate, &scene.support) == 3);
	pace_pass(3 * DAY);
	/*
	 * Who is away is asked once a day, and the daemon may be asked before
	 * it has noticed the leap: then the next day's question finds her.
	 */
	pace_live(600);
	for (int i = 0; i < 2 && scene_in(&scene.advocate, &scene.support) != 2;
		i++) {
		pace_pass(DAY);
		pace_live(600);
	}
	scene_together(&scene.advocate, &scene.support, 2);
	scene_together(&scene.officer, &scene.support, 2);
	scene_leapt();
	scene_quiet();
	without = scene_say(&scene.advocate, &scene.support, "without her");
	scene_heard(&scene.officer, &without);
	/* And its writer knows whom it does not reach. */
	(void)person_event(&scene.advocate, ROWAN_EVENT_UNREACHED);
	KIT_CHECK(id16_eq(&scene.advocate.last.message, &without));
	KIT_CHECK(id16_eq(&scene.advocate.last.member, &her));
	KIT_CHECK(scene.advocate.last.code == ROWAN_E_UNKNOWN);

	person_open(&scene.victim);
	back = scene_say(&scene.victim, &scene.support, "I am back");
	scene_heard(&scene.advocate, &back);
	scene_heard(&scene.officer, &back);
	scene_together(&scene.victim, &scene.support, 3);
	scene_alarm(&scene.advocate, ROWAN_ALARM_RETURNED);
	again = scene_say(&scene.advocate, &scene.support, "welcome");
	scene_heard(&scene.victim, &again);
	KIT_CHECK(!scene_has(&scene.victim, &without));
	KIT_CHECK(scene_info(&scene.advocate, &scene.support).generation == 1);
	scene_leapt();
	KIT_CHECK(scene.victim.alarms == 0);
	return scene_end();
}
