/*
 * A phone is restored from last week's backup: it locks itself and puts
 * nothing on the wire that needs a key, whatever it is told, asks to be
 * readmitted in everybody's sight, and of all that ever left it no two
 * messages have the same key: read from the sender data, as members see it.
 */
#include <stdio.h>

#include "session/channel/channel_inner.h"
#include "session/scene.h"
#include "session/sniff.h"
#include "trust/attest.h"
#include "wire/envelope.h"

#define LEFT_MAX 256

/* What left the victim's device. */
static struct left {
	struct buf envelope;
	struct id16 group;
	struct sniffed at;
	bool known;
} left[LEFT_MAX];
static size_t left_count;
static bool locked;
static unsigned while_locked;

static void note(struct bytes envelope)
{
	for (size_t i = 0; i < left_count; i++)
		if (bytes_eq(buf_view(&left[i].envelope), envelope))
			return; /* the same once more */
	KIT_CHECK(left_count < LEFT_MAX);
	KIT_CHECK(buf_copy(&left[left_count++].envelope, envelope) == 0);
}

/* By a member in the epoch that it is of: the one who has just sealed it. */
static void look(struct person *p)
{
	struct rowan_mls_peeked peek;
	struct sniffer now;
	struct channel *c;

	KIT_CHECK(channel_find(parts_of(p)->channels, &scene.support, &c) == 0);
	KIT_CHECK(channel_load(c) == 0 && c->group != NULL);
	now = sniffer_of(c->group);
	for (size_t i = 0; i < left_count; i++) {
		struct left *l = &left[i];
		const struct bytes e = buf_view(&l->envelope);

		if (l->known || !sniff(&now, e, &l->at))
			continue;
		KIT_CHECK(
			rowan_mls_peek((struct rowan_mls_bytes){e.data, e.len},
				&peek) == 0);
		KIT_CHECK(peek.group_id.len == ID16_LEN);
		memcpy(l->group.b, peek.group_id.data, ID16_LEN);
		l->known = true;
	}
}

static enum middle_fate watch(void *ctx, struct middle_message *m)
{
	static struct wire_submit s;
	struct wire_message w;

	if (m->way != MIDDLE_REQUEST || m->person != &scene.victim)
		return MIDDLE_PASS;
	switch (m->op) {
	case WIRE_OP_SUBMIT:
		if (middle_view(m, &w) && wire_submit_decode(&w, &s) == 0)
			for (size_t i = 0; i < s.count; i++)
				note(s.items[i].envelope);
		look(m->person);
	/* FALLTHROUGH */
	case WIRE_OP_COMMIT:
	case WIRE_OP_GROUP_CREATE:
	case WIRE_OP_KEY_PUBLISH:
	case WIRE_OP_NACK:
	case WIRE_OP_SUBSCRIBE:
	case WIRE_OP_ACK: while_locked += locked; break;
	default: break;
	}
	return MIDDLE_PASS;
}

static void no_two_alike(void)
{
	for (size_t i = 0; i < left_count; i++) {
		KIT_CHECK(left[i].known);
		for (size_t k = 0; k < i; k++)
			KIT_CHECK(!(id16_eq(&left[i].group, &left[k].group) &&
				    left[i].at.epoch == left[k].at.epoch &&
				    left[i].at.leaf == left[k].at.leaf &&
				    left[i].at.generation ==
					    left[k].at.generation));
	}
}

static void talk(const char *text)
{
	struct id16 id = scene_say(&scene.victim, &scene.support, text);

	scene_heard(&scene.advocate, &id);
	id = scene_say(&scene.advocate, &scene.support, "yes");
	scene_heard(&scene.victim, &id);
}

static bool is_locked(void *ctx)
{
	return readmit_locked(parts_of(&scene.victim)->readmit) &&
	       !follow_busy(parts_of(&scene.victim)->follow);
}

static bool may_ask(void *ctx)
{
	return readmit_ask(parts_of(&scene.victim)->readmit) == 0;
}

int main(void)
{
	struct person *v = &scene.victim;
	struct id16 id;
	size_t before;

	middle_set(watch, NULL);
	scene_begin(SCENE_SUPPORT, NULL);
	for (int i = 0; i < 3; i++)
		talk("before the backup");
	person_keep(v);

	/* A week: words, and leaves that are renewed. */
	for (int i = 0; i < 3; i++)
		talk("in this epoch");
	for (int day = 0; day < 8; day++) {
		pace_pass(86400);
		talk("day after day");
	}
	KIT_CHECK(scene_info(v, &scene.support).epoch > 1);

	/* The copy of last week comes back, and is told to talk. */
	person_close(v);
	person_put_back(v);
	person_open(v);
	(void)person_event(v, ROWAN_EVENT_READMIT_NEEDED);
	locked = true;
	KIT_CHECK(sessions_until(is_locked, NULL));
	before = left_count;
	id = scene_say(v, &scene.support, "with an old key?");
	pace_live(3600);
	KIT_CHECK(left_count == before && while_locked == 0);
	KIT_CHECK(!scene_has(&scene.advocate, &id));

	/* Readmitted where all see it; what waited is said with a new key. */
	KIT_CHECK(sessions_until(may_ask, NULL));
	locked = false;
	scene_heard(&scene.advocate, &id);
	scene_alarm(&scene.advocate, ROWAN_ALARM_RETURNED);
	KIT_CHECK(scene.advocate.event[ROWAN_EVENT_READMITTED] == 1);
	for (int i = 0; i < 3; i++)
		talk("there you are");
	KIT_CHECK(left_count > before && left_count > 20);
	no_two_alike();
	for (size_t i = 0; i < left_count; i++)
		buf_wipe(&left[i].envelope);
	return scene_end();
}
