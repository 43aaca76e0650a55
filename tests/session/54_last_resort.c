/*
 * The key packages of somebody who is away run out: the one of last resort
 * lets them in, again and again, and nobody is silenced; back again, they
 * read, and put fresh ones in the place of all of them.
 */
#include "session/scene.h"
#include "wire/key.h"

static bool nobody_claims; /* of those who might add */
static unsigned last, fresh, fresh_last;

static enum middle_fate watch(void *ctx, struct middle_message *m)
{
	struct wire_key_claim_answer a;
	struct wire_key_publish p;
	struct wire_message w;

	if (m->op == WIRE_OP_KEY_CLAIM && m->way == MIDDLE_REQUEST &&
		nobody_claims)
		return MIDDLE_DROP;
	if (m->op == WIRE_OP_KEY_CLAIM && m->way == MIDDLE_ANSWER &&
		m->header.op != WIRE_OP_ERROR && middle_view(m, &w) &&
		wire_key_claim_answer_decode(&w, &a) == 0)
		for (size_t i = 0; i < a.count; i++)
			last += (a.results[i].flags & WIRE_KEY_LAST_RESORT) !=
				0;
	if (m->op == WIRE_OP_KEY_PUBLISH && m->way == MIDDLE_REQUEST &&
		m->person == &scene.officer && middle_view(m, &w) &&
		wire_key_publish_decode(&w, &p) == 0)
		for (size_t i = 0; i < p.count; i++) {
			fresh++;
			fresh_last += (p.packages[i].flags &
					      WIRE_KEY_LAST_RESORT) != 0;
		}
	return MIDDLE_PASS;
}

/* One more of the officer's is taken; true when it was the last resort. */
static bool take_one(const struct id16 *device)
{
	const struct wire_key_claim q = {
		.channel = scene.team, .devices = {*device}, .count = 1};
	struct wire_key_claim_answer a;
	struct wire_message m;
	struct writer w;

	writer_init(&w, 256);
	KIT_CHECK(wire_key_claim_encode(&q, &w) == 0);
	KIT_CHECK(middle_ask(&scene.advocate, WIRE_OP_KEY_CLAIM, &w, NULL, 0)
			  .code == WIRE_OK);
	m = middle_answer(WIRE_OP_KEY_CLAIM);
	KIT_CHECK(wire_key_claim_answer_decode(&m, &a) == 0 && a.count == 1);
	KIT_CHECK(a.results[0].error.code == WIRE_OK);
	return (a.results[0].flags & WIRE_KEY_LAST_RESORT) != 0;
}

static bool is_stocked(void *ctx)
{
	return fresh > 8 && fresh_last > 0;
}

int main(void)
{
	struct scene *s = &scene;
	struct id16 officer, device, id[3];
	unsigned taken = 0;

	middle_set(watch, NULL);
	scene_begin(SCENE_TEAM, "claims_by = 1000000; claims_of = 1000000;\n");
	scene_assign(&s->coordinator, &s->team, member_of(&s->coordinator));
	scene_together(&s->officer, &s->team, 3);
	sessions_settle();
	officer = *member_of(&s->officer);
	device = parts_of(&s->officer)->me->device;
	person_close(&s->officer);
	scene_unassign(&s->coordinator, &s->team, &officer);
	scene_together(&s->advocate, &s->team, 2);
	sessions_settle();

	/* All that there were. */
	nobody_claims = true;
	scene_assign(&s->coordinator, &s->team, &officer);
	while (!take_one(&device))
		taken++;
	KIT_CHECK(taken > 8 && take_one(&device));
	nobody_claims = false;
	last = fresh = fresh_last = 0;
	scene_together(&s->advocate, &s->team, 3);
	KIT_CHECK(last > 0);
	id[0] = scene_say(&s->advocate, &s->team, "while you are away");
	scene_heard(&s->coordinator, &id[0]);

	/* Out and in once more, with the same one. */
	scene_unassign(&s->coordinator, &s->team, &officer);
	scene_together(&s->coordinator, &s->team, 2);
	last = 0;
	scene_assign(&s->coordinator, &s->team, &officer);
	scene_together(&s->coordinator, &s->team, 3);
	KIT_CHECK(last > 0);
	id[1] = scene_say(&s->coordinator, &s->team, "and longer");
	scene_heard(&s->advocate, &id[1]);

	person_open(&s->officer);
	scene_heard(&s->officer, &id[1]);
	id[2] = scene_say(&s->officer, &s->team, "here I am");
	scene_heard(&s->advocate, &id[2]);
	KIT_CHECK(sessions_until(is_stocked, NULL));
	scene_quiet();
	return scene_end();
}
