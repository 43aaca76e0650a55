/*
 * A daemon that drops a message in the middle, delivers two in another order,
 * delivers one again, or one that was changed: each is noticed by whoever
 * gets it, and nothing is shown twice or in another's name.
 */
#include <stdio.h>

#include "session/scene.h"
#include "wire/envelope.h"

static struct {
	struct person *whom;
	enum { NOTHING, DROP, SWAP, KEEP, ALTER } what;
	unsigned times, seen;
	struct middle_message *first; /* held */
	struct wire_delivery kept;
	struct buf envelope;
} aim;

static bool aimed(struct middle_message *m, struct wire_push *p)
{
	struct wire_message w;

	return aim.times > 0 && m->way == MIDDLE_PUSH &&
	       m->op == WIRE_OP_PUSH && m->person == aim.whom &&
	       middle_view(m, &w) && wire_push_decode(&w, p) == 0 &&
	       p->items[0].kind == WIRE_KIND_APPLICATION &&
	       id16_eq(&p->items[0].channel, &scene.support);
}

static enum middle_fate lie(void *ctx, struct middle_message *m)
{
	static struct wire_push p;
	struct buf mem;

	if (!aimed(m, &p))
		return MIDDLE_PASS;
	KIT_CHECK(p.count == 1);
	aim.times--;
	aim.seen++;
	switch (aim.what) {
	case DROP: return MIDDLE_DROP;
	case SWAP:
		if (aim.first == NULL) {
			aim.first = m;
			return MIDDLE_HOLD;
		}
		/* The places stay; what lies in them is exchanged. */
		mem = m->frame[2];
		m->frame[2] = aim.first->frame[2];
		aim.first->frame[2] = mem;
		return MIDDLE_HOLD;
	case KEEP:
		aim.kept = p.items[0];
		KIT_CHECK(buf_set(&aim.envelope, buf_view(&m->frame[2])) == 0);
		return MIDDLE_PASS;
	case ALTER: m->frame[2].data[m->frame[2].len - 9] ^= 4; break;
	case NOTHING: break;
	}
	return MIDDLE_PASS;
}

static void take_aim(struct person *whom, int what, unsigned times)
{
	aim.whom = whom;
	aim.what = what;
	aim.times = times;
	aim.seen = 0;
}

static bool is_seen(void *ctx)
{
	return aim.times == 0;
}

static struct id16 say(const char *text)
{
	return scene_say(&scene.victim, &scene.support, text);
}

/* The daemon loses one for good: what comes after it tells. */
static void dropped(void)
{
	struct person *a = &scene.advocate;
	struct id16 one, two, three;

	one = say("one");
	scene_heard(a, &one);
	take_aim(a, DROP, 1);
	two = say("two");
	KIT_CHECK(sessions_until(is_seen, NULL));
	KIT_CHECK(a->alarms == 0);
	three = say("three");
	scene_heard(a, &three);
	scene_alarm(a, ROWAN_ALARM_DROPPED);
	KIT_CHECK(a->event[ROWAN_EVENT_MISSING] == 1);
	KIT_CHECK(!scene_has(a, &two));
	KIT_CHECK(a->alarms == 1);
}

/* Two in another order: the gap is seen, and each is there once. */
static void reordered(void)
{
	struct person *a = &scene.advocate;
	struct id16 four, five;

	a->alarms = 0;
	take_aim(a, SWAP, 2);
	four = say("four");
	(void)person_event(&scene.victim, ROWAN_EVENT_SENT);
	five = say("five");
	KIT_CHECK(sessions_until(is_seen, NULL));
	middle_release();
	scene_heard(a, &five);
	scene_heard(a, &four);
	person_drain(a);
	KIT_CHECK(a->alarm[ROWAN_ALARM_DROPPED] == 2 && a->alarms == 1);
	KIT_CHECK(scene_count(a, &scene.support, "four") == 1);
	KIT_CHECK(scene_count(a, &scene.support, "five") == 1);
}

/* As the daemon could: the same envelope in a new place. */
static void again(struct person *p, uint64_t ahead)
{
	static struct wire_push push;
	struct bytes envelope = buf_view(&aim.envelope);
	struct writer w;

	push.count = 1;
	push.items[0] = aim.kept;
	push.items[0].sequence += ahead;
	push.items[0].envelope = envelope;
	writer_init(&w, WIRE_FRAME_MAX);
	KIT_CHECK(wire_push_encode(&push, &w) == 0);
	middle_say(p, WIRE_OP_PUSH, &w, &envelope);
}

static void replayed(void)
{
	struct person *a = &scene.advocate;
	struct id16 id;

	a->alarms = 0;
	take_aim(a, KEEP, 1);
	id = say("once");
	scene_heard(a, &id);
	KIT_CHECK(aim.seen == 1);
	again(a, 1000);
	scene_alarm(a, ROWAN_ALARM_REPLAYED);
	KIT_CHECK(a->alarms == 1);
	KIT_CHECK(scene_count(a, &scene.support, "once") == 1);
	/* And after a commit: a key of an epoch that is over. */
	scene_assign(
		&scene.coordinator, &scene.support, member_of(&scene.officer));
	scene_together(&scene.officer, &scene.support, 3);
}

/* What was changed on its way cannot be read; the channel goes on. */
static void altered(void)
{
	struct person *o = &scene.officer;
	struct id16 bad, good;

	take_aim(o, ALTER, 1);
	bad = say("words");
	(void)person_event(o, ROWAN_EVENT_UNREADABLE);
	KIT_CHECK(!scene_has(o, &bad));
	take_aim(o, KEEP, 1);
	good = say("go on");
	scene_heard(o, &good);
	KIT_CHECK(o->alarm[ROWAN_ALARM_FORK] == 1);
	/* The good one again, after the epoch it belongs to. */
	scene_assign(&scene.coordinator, &scene.support,
		member_of(&scene.coordinator));
	scene_together(o, &scene.support, 4);
	again(o, 1000);
	scene_alarm(o, ROWAN_ALARM_REPLAYED);
	KIT_CHECK(scene_count(o, &scene.support, "go on") == 1);
}

int main(void)
{
	middle_set(lie, NULL);
	scene_begin(SCENE_SUPPORT, NULL);
	dropped();
	reordered();
	replayed();
	altered();
	KIT_CHECK(scene.victim.alarms == 0 && scene.coordinator.alarms == 0);
	buf_wipe(&aim.envelope);
	return scene_end();
}
