/*
 * Nobody is silenced when nobody is left to let them in: a diary's only
 * device is lost, the last of the staff leave, the only member is revoked.
 */
#include "session/scene.h"

static struct person again;

static void invite_again(void)
{
	struct id16 id;

	person_create(&again, "victim again");
	id = person_invites(&scene.advocate, &scene.case_id, &again);
	people_compare(&scene.advocate, &id, &again);
}

/* Her phone is lost; the new one opens the diary, and reads are given anew. */
static void her_diary(void)
{
	struct id16 first, second;

	first = scene_say(&scene.victim, &scene.diary, "he was there again");
	(void)person_event(&scene.victim, ROWAN_EVENT_SENT);
	scene_revoke(&scene.advocate, &scene.victim);
	person_close(&scene.victim);
	invite_again();
	scene_together(&again, &scene.diary, 1);
	KIT_CHECK(scene_info(&again, &scene.diary).generation == 2);
	KIT_CHECK(!scene_has(&again, &first));
	scene_assign(&again, &scene.diary, member_of(&scene.advocate));
	scene_together(&again, &scene.diary, 2);
	second = scene_say(&again, &scene.diary, "and again");
	scene_heard(&scene.advocate, &second);
	/* Nor is she silenced in support. */
	scene_together(&again, &scene.support, 2);
	second = scene_say(&again, &scene.support, "it is me");
	scene_heard(&scene.advocate, &second);
}

/* Both of the team leave; whoever comes next has a channel. */
static void the_last_leave(void)
{
	struct id16 before, after;

	before = scene_say(&scene.officer, &scene.team, "a word");
	scene_heard(&scene.advocate, &before);
	(void)person_event(&scene.officer, ROWAN_EVENT_DELIVERED);
	scene_unassign(
		&scene.coordinator, &scene.team, member_of(&scene.officer));
	scene_unassign(
		&scene.coordinator, &scene.team, member_of(&scene.advocate));
	sessions_settle();
	scene_assign(
		&scene.coordinator, &scene.team, member_of(&scene.coordinator));
	scene_together(&scene.coordinator, &scene.team, 1);
	KIT_CHECK(scene_info(&scene.coordinator, &scene.team).generation == 2);
	scene_assign(
		&scene.coordinator, &scene.team, member_of(&scene.officer));
	scene_together(&scene.officer, &scene.team, 2);
	after = scene_say(&scene.coordinator, &scene.team, "a new team");
	scene_heard(&scene.officer, &after);
	sessions_settle();
	KIT_CHECK(!scene_has(&scene.advocate, &after));
	KIT_CHECK(!scene_has(&scene.coordinator, &before));
}

/* The officer alone is in it, and is revoked while nobody else is. */
static void the_only_one_is_revoked(void)
{
	struct id16 id;

	scene_unassign(
		&scene.coordinator, &scene.team, member_of(&scene.coordinator));
	scene_together(&scene.officer, &scene.team, 1);
	sessions_settle();
	scene_revoke(&scene.coordinator, &scene.officer);
	scene_assign(
		&scene.coordinator, &scene.team, member_of(&scene.advocate));
	scene_assign(
		&scene.coordinator, &scene.team, member_of(&scene.coordinator));
	scene_together(&scene.advocate, &scene.team, 2);
	/* Whoever has waited for long on a slow machine begins it once more. */
	KIT_CHECK(scene_info(&scene.advocate, &scene.team).generation >= 3);
	id = scene_say(&scene.advocate, &scene.team, "without the officer");
	scene_heard(&scene.coordinator, &id);
	KIT_CHECK(!scene_has(&scene.officer, &id));
}

int main(void)
{
	scene_begin(SCENE_SUPPORT | SCENE_TEAM | SCENE_DIARY, NULL);
	her_diary();
	the_last_leave();
	the_only_one_is_revoked();
	scene_quiet();
	return scene_end();
}
