/*
 * A daemon that takes a victim's message and leaves it out of its log: after a
 * lost answer the entry is found and proved; when it says that there is none,
 * she hears of it, once and by the message's name, and nobody else does.
 */
#include <stdio.h>

#include "session/scene.h"
#include "wire/envelope.h"
#include "wire/log.h"

static bool lost, hidden;
static unsigned asked;

/* As after a repeat: where it stands in the log is not told. */
static void forget_leaves(struct middle_message *m, struct wire_message *in)
{
	static struct wire_submit_answer a;
	struct writer w;

	KIT_CHECK(wire_submit_answer_decode(in, &a) == 0);
	for (size_t i = 0; i < a.count; i++)
		if (a.results[i].code == WIRE_OK)
			a.logged[i] =
				(struct wire_logged){.leaf = WIRE_LEAF_NONE};
	writer_init(&w, WIRE_FRAME_MAX);
	KIT_CHECK(wire_submit_answer_encode(&a, &w) == 0);
	middle_body(m, &w);
}

static void hide(struct middle_message *m)
{
	const struct wire_log_find_answer none = {WIRE_LEAF_NONE, 0};
	struct writer w;

	asked++;
	writer_init(&w, 64);
	KIT_CHECK(wire_log_find_answer_encode(&none, &w) == 0);
	middle_body(m, &w);
}

static enum middle_fate lie(void *ctx, struct middle_message *m)
{
	struct wire_message in;

	if (m->way != MIDDLE_ANSWER || m->person != &scene.victim ||
		!middle_view(m, &in))
		return MIDDLE_PASS;
	if (lost && m->header.op == (WIRE_OP_SUBMIT | WIRE_ANSWER))
		forget_leaves(m, &in);
	if (hidden && m->header.op == (WIRE_OP_LOG_FIND | WIRE_ANSWER))
		hide(m);
	return MIDDLE_PASS;
}

static bool is_proved(void *ctx)
{
	const struct id16 *id = ctx;
	struct buf file = {NULL, 0};
	int rc = proofs_get(parts_of(&scene.victim)->proofs, id, &file);

	buf_wipe(&file);
	return rc == 0;
}

static bool was_asked(void *ctx)
{
	return asked > 0;
}

int main(void)
{
	struct id16 one, two;
	struct buf file;

	middle_set(lie, NULL);
	scene_begin(SCENE_SUPPORT, "");
	lost = true;
	one = scene_say(&scene.victim, &scene.support, "the gate at noon");
	scene_heard(&scene.advocate, &one);
	KIT_CHECK(sessions_until(is_proved, &one));
	pace_live(3600);
	scene_quiet();

	hidden = true;
	two = scene_say(&scene.victim, &scene.support, "he was there again");
	scene_heard(&scene.advocate, &two);
	KIT_CHECK(sessions_until(was_asked, NULL));
	person_drain(&scene.victim);
	KIT_CHECK(scene.victim.alarms == 0);
	scene_alarm(&scene.victim, ROWAN_ALARM_UNLOGGED);
	KIT_CHECK(asked == 2);
	KIT_CHECK(proofs_get(parts_of(&scene.victim)->proofs, &two, &file) ==
		  ROWAN_E_NOT_FOUND);
	pace_live(3600);
	person_drain(&scene.victim);
	KIT_CHECK(scene.victim.alarms == 1 && asked == 2);
	scene.victim.alarms = scene.victim.alarm[ROWAN_ALARM_UNLOGGED] = 0;
	scene_quiet();
	return scene_end();
}
