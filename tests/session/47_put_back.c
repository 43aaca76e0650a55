/*
 * The daemon's files are copied and put back later, as an operator with a
 * disk could: the real daemon does not start beside its newer record; and
 * when the record was put back with them, it starts, and every client sees
 * that it knows less than it did. Who was taken out meanwhile stays out.
 */
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "session/scene.h"

static char state[ROWAND_PATH_MAX], copy[ROWAND_PATH_MAX];
static const char *from, *to;

static int copy_one(
	const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	char target[ROWAND_PATH_MAX];

	KIT_CHECK(snprintf(target, sizeof target, "%s%s", to,
			  path + strlen(from)) < (int)sizeof target);
	if (kind == FTW_D)
		(void)mkdir(target, 0700);
	else if (kind == FTW_F)
		kit_copy_file(path, target);
	return 0;
}

static int remove_one(
	const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	return ftw->level == 0 ? 0 : remove(path);
}

static void copy_all(const char *source, const char *target)
{
	from = source;
	to = target;
	(void)mkdir(target, 0700);
	KIT_CHECK(nftw(target, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
	KIT_CHECK(nftw(source, copy_one, 16, FTW_PHYS) == 0);
}

static void stop(void)
{
	KIT_CHECK(rowand_kill(&kit_daemon, SIGTERM) == 0);
}

/* Everything but the record of what was signed last. */
static void put_back_without_guard(void)
{
	char guard[ROWAND_PATH_MAX + 16], kept[ROWAND_PATH_MAX + 16];

	snprintf(guard, sizeof guard, "%s/log-guard", state);
	snprintf(kept, sizeof kept, "%s/guard.kept", kit_daemon.dir);
	kit_copy_file(guard, kept);
	copy_all(copy, state);
	kit_copy_file(kept, guard);
}

/* Less than it knew; or by now as much, and something else. */
static bool is_found_out(void *ctx)
{
	struct person *p = ctx;

	person_drain(p);
	return p->alarm[ROWAN_ALARM_ROLLBACK] + p->alarm[ROWAN_ALARM_FORK] > 0;
}

int main(void)
{
	struct scene *s = &scene;
	struct id16 id;

	scene_begin(SCENE_SUPPORT | SCENE_TEAM, NULL);
	KIT_CHECK(
		snprintf(state, sizeof state, "%s/state", kit_daemon.dir) > 0);
	KIT_CHECK(snprintf(copy, sizeof copy, "%s/copy", kit_daemon.dir) > 0);
	stop();
	copy_all(state, copy);
	kit_run();
	sessions_settle();

	/* What happens meanwhile. */
	scene_unassign(&s->coordinator, &s->team, member_of(&s->officer));
	scene_assign(&s->coordinator, &s->team, member_of(&s->coordinator));
	scene_together(&s->coordinator, &s->team, 2);
	id = scene_say(&s->victim, &s->support, "since the copy");
	scene_heard(&s->advocate, &id);
	sessions_settle();
	scene_quiet();
	stop();

	/* Beside its newer record it does not start. */
	put_back_without_guard();
	KIT_CHECK(rowand_start(&kit_daemon) == ROWAN_E_IO);
	/* With an old record it cannot know; the clients do. */
	copy_all(copy, state);
	kit_run();
	KIT_CHECK(sessions_until(is_found_out, &s->coordinator));
	KIT_CHECK(sessions_until(is_found_out, &s->advocate));
	KIT_CHECK(sessions_until(is_found_out, &s->officer));
	/* In her case nothing was stated: her log of the daemon tells. */
	id = scene_say(&s->victim, &s->support, "is this still she?");
	KIT_CHECK(sessions_until(is_found_out, &s->victim));

	id = scene_say(&s->advocate, &s->team, "not for the officer");
	pace_live(3600);
	KIT_CHECK(!scene_has(&s->officer, &id));
	KIT_CHECK(
		scene_count(&s->advocate, &s->support, "since the copy") == 1);
	return scene_end();
}
