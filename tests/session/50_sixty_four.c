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
static bool holding;
static unsigned held, welcomes;

/* Of each: a question that is asked again has the same answer. */
static struct {
	bool held, won, stale, other;
} commits[MANY + 1];

static enum middle_fate gather(void *ctx, struct middle_message *m)
{
	static struct wire_push p;
	struct wire_error e;
	struct wire_message w;
	size_t i = many + 1;

	if (m->person >= people && m->person <= &people[many])
		i = (size_t)(m->person - people);
	if (m->op == WIRE_OP_COMMIT && m->way == MIDDLE_REQUEST && holding) {
		KIT_CHECK(i <= many);
		if (commits[i].held)
			return MIDDLE_DROP;
		commits[i].held = true;
		held++;
		return MIDDLE_HOLD;
	}
	if (!middle_view(m, &w))
		return MIDDLE_PASS;
	if (m->op == WIRE_OP_COMMIT && m->way == MIDDLE_ANSWER && held > 0 &&
		i <= many) {
		if (m->header.op != WIRE_OP_ERROR)
			commits[i].won = true;
		else if (wire_error_decode(&w, &e) == 0)
			*(e.code == WIRE_STALE ? &commits[i].stale
					       : &commits[i].other) = true;
	}
	if (m->way == MIDDLE_PUSH && m->op == WIRE_OP_PUSH && held > 0 &&
		m->person == &people[many] && wire_push_decode(&w, &p) == 0)
		for (size_t k = 0; k < p.count; k++)
			welcomes += p.items[k].kind == WIRE_KIND_WELCOME;
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

static bool all_moved(void *ctx)
{
	const uint64_t *epoch = ctx;

	for (size_t i = 1; i <= many; i++)
		if (scene_info(&people[i], &scene.team).epoch != *epoch + 1 ||
			scene_in(&people[i], &scene.team) != many)
			return false;
	return true;
}

static bool all_answered(void *ctx)
{
	for (size_t i = 0; i <= many; i++)
		if (commits[i].held && !commits[i].won && !commits[i].stale &&
			!commits[i].other)
			return false;
	return true;
}

int main(int argc, char **argv)
{
	struct rlimit files;
	unsigned won = 0;
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
	KIT_CHECK(sessions_until(all_in, NULL));
	sessions_settle();
	epoch = scene_info(&people[0], &scene.team).epoch;

	/* One goes and one comes: everybody who stays makes a commit of it. */
	holding = true;
	scene_unassign(&scene.coordinator, &scene.team, member_of(&people[0]));
	scene_assign(&scene.coordinator, &scene.team, member_of(&people[many]));
	KIT_CHECK(sessions_until(enough, NULL));
	KIT_CHECK(scene_info(&people[1], &scene.team).epoch == epoch);
	holding = false;
	middle_release();
	KIT_CHECK(sessions_until(all_answered, NULL));
	KIT_CHECK(sessions_until(all_moved, &epoch));
	for (size_t i = 0; i <= many; i++) {
		won += commits[i].won;
		KIT_CHECK(!commits[i].other);
		KIT_CHECK(!(commits[i].won && commits[i].stale));
	}
	KIT_CHECK(won == 1);
	KIT_CHECK(welcomes == 1);

	id = scene_say(&people[many], &scene.team, "hello all");
	for (size_t i = 1; i < many; i++)
		scene_heard(&people[i], &id);
	KIT_CHECK(!scene_has(&people[0], &id));
	KIT_CHECK(scene_info(&people[1], &scene.team).epoch == epoch + 1);
	scene_quiet();
	if (many > FEW)
		printf("  session: %u commits at once, one won\n", held);
	return scene_end();
}
