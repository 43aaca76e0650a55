/*
 * Unassigned while the connection is open: the real daemon refuses whatever
 * is asked over it next, by a client that does not care what it was told, and
 * a word of whoever has not taken the person out; and the next message of
 * anybody else is in an epoch that the person, who has kept all keys and is
 * given the message, cannot read.
 */
#include "session/scene.h"
#include "wire/blob.h"
#include "wire/chain.h"
#include "wire/envelope.h"
#include "wire/group.h"
#include "wire/key.h"

static bool deaf; /* the officer's patched client takes in nothing more */
static struct wire_delivery next; /* the next message to the coordinator */
static struct buf envelope;
static bool slow;	  /* nobody's commit reaches the daemon yet */
static struct buf before; /* what the advocate wrote in the epoch before */

static enum middle_fate watch(void *ctx, struct middle_message *m)
{
	static struct wire_push p;
	struct wire_message w;

	if (m->way == MIDDLE_REQUEST && m->op == WIRE_OP_COMMIT && slow)
		return MIDDLE_HOLD;
	if (m->way == MIDDLE_REQUEST && m->op == WIRE_OP_SUBMIT &&
		m->person == &scene.advocate && !deaf)
		KIT_CHECK(buf_set(&before, buf_view(&m->frame[2])) == 0);
	if (m->way != MIDDLE_PUSH)
		return MIDDLE_PASS;
	if (m->person == &scene.officer && deaf)
		return MIDDLE_DROP;
	if (m->person != &scene.coordinator || m->op != WIRE_OP_PUSH || !deaf ||
		!middle_view(m, &w) || wire_push_decode(&w, &p) != 0)
		return MIDDLE_PASS;
	for (size_t i = 0; i < p.count; i++)
		if (p.items[i].kind == WIRE_KIND_APPLICATION) {
			next = p.items[i];
			KIT_CHECK(buf_set(&envelope, p.items[i].envelope) == 0);
		}
	return MIDDLE_PASS;
}

#define ASK(OP, name, ...)                                                     \
	do {                                                                   \
		const struct wire_##name q = {__VA_ARGS__};                    \
		struct writer w;                                               \
                                                                               \
		writer_init(&w, WIRE_FRAME_MAX);                               \
		KIT_CHECK(wire_##name##_encode(&q, &w) == 0);                  \
		KIT_CHECK(middle_ask(&scene.officer, OP, &w, NULL, 0).code ==  \
			  expected);                                           \
	} while (0)

/* By the connection that was open before. */
static void ask_all(uint16_t expected)
{
	ASK(WIRE_OP_GROUP_STATE, group_id, scene.team);
	ASK(WIRE_OP_BLOB_BEGIN, blob_begin, .blob = {{7, (uint8_t)expected}},
		.channel = scene.team, .size = 10);
}

static uint16_t submit(struct person *by, struct bytes frame)
{
	static struct wire_submit s;
	static struct wire_submit_answer a;
	struct wire_message m;
	struct wire_error e;
	static uint64_t counter = 1000;
	struct writer w;

	counter++;
	s.count = 1;
	s.items[0] = (struct wire_submit_item){
		.channel = scene.team, .counter = counter, .envelope = frame};
	writer_init(&w, WIRE_FRAME_MAX);
	KIT_CHECK(wire_submit_encode(&s, &w) == 0);
	e = middle_ask(by, WIRE_OP_SUBMIT, &w, &frame, 1);
	if (e.code != WIRE_OK)
		return e.code;
	m = middle_answer(WIRE_OP_SUBMIT);
	KIT_CHECK(wire_submit_answer_decode(&m, &a) == 0 && a.count == 1);
	return a.results[0].code;
}

/* All that it would need was kept: its group, and now the message too. */
static void give(struct person *p)
{
	static struct wire_push push;
	const struct bytes frame = buf_view(&envelope);
	struct writer w;

	push.count = 1;
	push.items[0] = next;
	push.items[0].sequence = 1000000;
	push.items[0].envelope = frame;
	writer_init(&w, WIRE_FRAME_MAX);
	KIT_CHECK(wire_push_encode(&push, &w) == 0);
	middle_say(p, WIRE_OP_PUSH, &w, &frame);
	pace_live(5);
}

int main(void)
{
	static const uint8_t mem[1024];
	const struct bytes noise = bytes_of(mem, sizeof mem);
	struct scene *s = &scene;
	struct rowan_mls_peeked peek;
	uint64_t epoch;
	struct id16 id;

	middle_set(watch, NULL);
	scene_begin(SCENE_TEAM, NULL);
	scene_assign(&s->coordinator, &s->team, member_of(&s->coordinator));
	scene_together(&s->officer, &s->team, 3);
	sessions_settle();
	id = scene_say(&s->advocate, &s->team, "with the officer");
	scene_heard(&s->officer, &id);
	sessions_settle();
	ask_all(WIRE_OK);
	/* what is wrong is the envelope */
	KIT_CHECK(submit(&s->officer, noise) != WIRE_REFUSED);

	deaf = slow = true;
	scene_unassign(&s->coordinator, &s->team, member_of(&s->officer));
	ask_all(WIRE_REFUSED);
	KIT_CHECK(submit(&s->officer, noise) == WIRE_REFUSED);
	/* Nor is a colleague heard who takes nobody out. */
	KIT_CHECK(submit(&s->advocate, buf_view(&before)) == WIRE_MEMBERSHIP);
	epoch = scene_info(&s->officer, &s->team).epoch;
	KIT_CHECK(scene_in(&s->officer, &s->team) == 3);

	/* Nobody does anything but to write. */
	slow = false;
	middle_release();
	id = scene_say(&s->advocate, &s->team, "without the officer");
	scene_heard(&s->coordinator, &id);
	KIT_CHECK(envelope.len > 0);
	KIT_CHECK(rowan_mls_peek(
			  (struct rowan_mls_bytes){envelope.data, envelope.len},
			  &peek) == 0);
	KIT_CHECK(peek.epoch > epoch);
	KIT_CHECK(scene_in(&s->advocate, &s->team) == 2);
	give(&s->officer);
	KIT_CHECK(!scene_has(&s->officer, &id));
	buf_wipe(&envelope);
	buf_wipe(&before);
	return scene_end();
}
