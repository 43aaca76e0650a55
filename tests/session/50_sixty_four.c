/*
 * Many devices commit on one epoch at once, at the real daemon: one wins, all
 * end in the same epoch, and no losing Welcome is ever delivered.
 *
 *	50_sixty_four [DEVICES]	64 is all a channel holds (make hold)
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "session/scene.h"
#include "wire/envelope.h"
#include "wire/group.h"

#define MANY 64
#define FEW  12

static struct person people[MANY + 1];
static char names[MANY + 1][40];
static size_t many = FEW;
static bool holding, deaf;
static unsigned held, won, stale, other, welcomes;

static enum middle_fate gather(void *ctx, struct middle_message *m)
{
	static struct wire_push p;
	struct wire_error e;
	struct wire_message w;

	if (m->op == WIRE_OP_COMMIT && m->way == MIDDLE_REQUEST && holding) {
		held++;
		return MIDDLE_HOLD;
	}
	/* Of one of two changes a commit could be made, and then another. */
	if (m->way == MIDDLE_PUSH && m->op == WIRE_OP_NOTICE && deaf)
		return MIDDLE_DROP;
	if (!middle_view(m, &w))
		return MIDDLE_PASS;
	if (m->op == WIRE_OP_COMMIT && m->way == MIDDLE_ANSWER && held > 0) {
		if (m->header.op != WIRE_OP_ERROR)
			won++;
		else if (wire_error_decode(&w, &e) == 0)
			*(e.code == WIRE_STALE ? &stale : &other) += 1;
	}
	if (m->way == MIDDLE_PUSH && m->op == WIRE_OP_PUSH && held > 0 &&
		m->person == &people[many] && wire_push_decode(&w, &p) == 0)
		for (size_t i = 0; i < p.count; i++)
			welcomes += p.items[i].kind == WIRE_KIND_WELCOME;
	return MIDDLE_PASS;
}

static void enter(void)
{
	for (size_t i = 0; i <= many; i++) {
		snprintf(names[i], sizeof names[i], "colleague%zu", i);
		person_create(&people[i], names[i]);
		person_carded(&people[i], "police", 0);
	}
}

static bool all_in(void *ctx)
{
	for (size_t i = 0; i < many; i++)
		if (scene_in(&people[i], &scene.team) != many)
			return false;
	return true;
}

static bool enough(void *ctx)
{
	return held + 1 >= many;
}

/* In one epoch, and it is not the old one. */
static bool all_moved(void *ctx)
{
	const uint64_t *epoch = ctx;
	uint64_t now = scene_info(&people[many], &scene.team).epoch;

	for (size_t i = 1; i <= many; i++)
		if (scene_info(&people[i], &scene.team).epoch != now ||
			scene_in(&people[i], &scene.team) != many)
			return false;
	return now > *epoch;
}

static bool all_answered(void *ctx)
{
	return won + stale + other >= held;
}

int main(int argc, char **argv)
{
	struct rlimit files;
	uint64_t epoch;
	struct id16 id;

	if (argc > 1)
		many = (size_t)atoi(argv[1]);
	KIT_CHECK(many > 2 && many <= MANY);
	KIT_CHECK(getrlimit(RLIMIT_NOFILE, &files) == 0);
	files.rlim_cur = files.rlim_max;
	KIT_CHECK(setrlimit(RLIMIT_NOFILE, &files) == 0);
	middle_set(gather, NULL);
	scene_early = enter;
	scene_begin(0, "claims_by = 1000000; claims_of = 1000000;\n");
	for (size_t i = 0; i < many; i++)
		scene_assign(
			&scene.coordinator, &scene.team, member_of(&people[i]));
	/* However long a busy machine takes. */
	for (int i = 0; i < 30 && !sessions_until(all_in, NULL); i++)
		continue;
	KIT_CHECK(sessions_until(all_in, NULL));
	sessions_settle();
	epoch = scene_info(&people[0], &scene.team).epoch;

	/* One goes and one comes: everybody who stays makes a commit of it. */
	holding = deaf = true;
	scene_unassign(&scene.coordinator, &scene.team, member_of(&people[0]));
	scene_assign(&scene.coordinator, &scene.team, member_of(&people[many]));
	/* They hear of both at once. */
	deaf = false;
	for (size_t i = 0; i <= many; i++) {
		follow_catch_up(parts_of(&people[i])->follow, &scene.case_id);
		KIT_CHECK(session_step(people[i].s) == 0);
	}
	KIT_CHECK(sessions_until(enough, NULL));
	KIT_CHECK(scene_info(&people[1], &scene.team).epoch == epoch);
	holding = false;
	middle_release();
	KIT_CHECK(sessions_until(all_answered, NULL));
	KIT_CHECK(sessions_until(all_moved, &epoch));
	KIT_CHECK(won == 1 && other == 0 && stale + 1 == held);
	KIT_CHECK(welcomes == 1);

	id = scene_say(&people[many], &scene.team, "hello all");
	for (size_t i = 1; i < many; i++)
		scene_heard(&people[i], &id);
	KIT_CHECK(!scene_has(&people[0], &id));
	scene_quiet();
	if (many > FEW)
		printf("  session: %u commits at once, one won\n", held);
	return scene_end();
}
