/*
 * A backup of a time when the case was open and nobody had made a group of its
 * support channel yet comes back when there was one. Whoever comes first and
 * was never in it makes none of the same name; the others are not alarmed, and
 * all of them talk.
 */
#include <stdio.h>

#include "session/loss.h"

static struct id16 support;
static struct clinic then;

static bool two_in(void *ctx)
{
	return scene_in(&loss.advocate, &support) == 2 &&
	       scene_in(&loss.officer, &support) == 2;
}

static bool three_in(void *ctx)
{
	return scene_in(&loss.advocate, &support) == 3 &&
	       scene_in(&loss.officer, &support) == 3 &&
	       scene_in(&loss.nurse, &support) == 3;
}

/* In the daemon's sight, whoever is there alone. */
static bool is_alone(void *ctx)
{
	return scene_in(&loss.nurse, &support) == 1;
}

/* What the coordinator has lost and given back is known to her. */
static bool is_given(void *ctx)
{
	return follow_may(parts_of(&loss.nurse)->follow, &support,
		       &parts_of(&loss.nurse)->me->device) == 0;
}

/* Nobody is waited for any more. */
static void wait_no_more(void)
{
	FILE *f = fopen(loss_at("rowand.conf"), "a");

	KIT_CHECK(f != NULL && fputs("restore_wait = \"0 s\";\n", f) >= 0 &&
		  fclose(f) == 0);
	loss_ctl("reload --wait");
}

int main(void)
{
	struct person *all[] = {&loss.coordinator, &loss.advocate,
		&loss.officer, &loss.thief, &loss.nurse};
	struct id16 id, nurse;

	loss_begin(ROWAND_NO_LIMITS);
	loss_run(NULL);
	support = sessions_channel(
		&loss.coordinator, &loss.case_id, WIRE_CHANNEL_SUPPORT);
	sessions_settle();
	then = *follow_clinic(parts_of(&loss.coordinator)->follow);
	loss_ctl("backup now");

	nurse = *member_of(&loss.nurse);
	person_close(&loss.nurse);
	scene_assign(&loss.coordinator, &support, member_of(&loss.advocate));
	scene_assign(&loss.coordinator, &support, member_of(&loss.officer));
	KIT_CHECK(sessions_until(two_in, NULL));
	id = scene_say(&loss.advocate, &support, "before it was lost");
	scene_heard(&loss.officer, &id);
	sessions_settle();
	person_close(&loss.advocate);
	person_close(&loss.officer);
	scene_assign(&loss.coordinator, &support, &nurse);
	for (size_t i = 0; i < 4; i++)
		if (i == 0 || i == 3)
			person_close(all[i]);
	loss_restore(&then);

	/* She was never in the one that is lost. */
	person_open(&loss.coordinator);
	person_open(&loss.thief);
	person_open(&loss.nurse);
	KIT_CHECK(sessions_until(is_given, NULL));
	wait_no_more();
	KIT_CHECK(sessions_until(is_alone, NULL));
	person_open(&loss.advocate);
	person_open(&loss.officer);
	KIT_CHECK(sessions_until(three_in, NULL));
	id = scene_say(&loss.nurse, &support, "all of you");
	scene_heard(&loss.advocate, &id);
	scene_heard(&loss.officer, &id);
	id = scene_say(&loss.officer, &support, "and back");
	scene_heard(&loss.nurse, &id);
	scene_heard(&loss.advocate, &id);
	scene_quiet();
	return sessions_end();
}
