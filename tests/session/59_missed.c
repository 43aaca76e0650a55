/*
 * A device that was meant and is not in the group when a word is sealed: no
 * key package of it is to be had after a reset, or it came into the group
 * anew. It gets the word once it is in, and nobody gets it twice; but not
 * when somebody else came meanwhile.
 */
#include <stdio.h>

#include "session/scene.h"
#include "wire/key.h"

/* Of whom no package is given out. */
static struct person *withheld;

/* The shortest that one of the advocate's was to live when it was submitted. */
static uint32_t shortest = UINT32_MAX;

static void see_submitted(struct middle_message *m)
{
	static struct wire_submit q;
	struct wire_message w;

	KIT_CHECK(middle_view(m, &w) && wire_submit_decode(&w, &q) == 0);
	for (size_t i = 0; i < q.count; i++)
		if (q.items[i].lifetime > 3600 &&
			q.items[i].lifetime < shortest)
			shortest = q.items[i].lifetime;
}

/* Whose they are, of what each of them has claimed last. */
static bool *hers(struct person *claimer)
{
	static bool of[PEOPLE_MAX][WIRE_CLAIMS_MAX];
	size_t i = 0;

	while (i < kit_clinic.count && kit_clinic.people[i] != claimer)
		i++;
	KIT_CHECK(i < kit_clinic.count);
	return of[i];
}

static enum middle_fate watch(void *ctx, struct middle_message *m)
{
	static struct wire_key_claim_answer a;
	static struct wire_key_claim q;
	struct wire_message w;
	struct writer out;

	if (m->op == WIRE_OP_SUBMIT && m->way == MIDDLE_REQUEST)
		see_submitted(m);
	if (m->op != WIRE_OP_KEY_CLAIM || withheld == NULL ||
		(m->way == MIDDLE_ANSWER && m->header.op == WIRE_OP_ERROR))
		return MIDDLE_PASS;
	KIT_CHECK(middle_view(m, &w));
	if (m->way == MIDDLE_REQUEST) {
		KIT_CHECK(wire_key_claim_decode(&w, &q) == 0);
		for (size_t i = 0; i < q.count; i++)
			hers(m->person)[i] = id16_eq(
				&q.devices[i], &parts_of(withheld)->me->device);
		return MIDDLE_PASS;
	}
	KIT_CHECK(wire_key_claim_answer_decode(&w, &a) == 0);
	for (size_t i = 0; i < a.count; i++)
		if (hers(m->person)[i] && a.results[i].error.code == WIRE_OK)
			a.results[i] = (struct wire_key_claimed){
				.error = {.code = WIRE_REFUSED}};
	writer_init(&out, WIRE_FRAME_MAX);
	KIT_CHECK(wire_key_claim_answer_encode(&a, &out) == 0);
	middle_body(m, &out);
	return MIDDLE_PASS;
}

struct standing {
	struct person *p;
	uint32_t generation;
	size_t in;
};

static bool stands(void *ctx)
{
	const struct standing *s = ctx;
	const struct channel_info i = scene_info(s->p, &scene.support);

	return i.generation == s->generation && i.joined &&
	       scene_in(s->p, &scene.support) == s->in;
}

static void in_generation(struct person *p, uint32_t generation, size_t in)
{
	struct standing s = {p, generation, in};

	KIT_CHECK(sessions_until(stands, &s));
}

/* A group without one who is away, and gives no packages. */
static uint32_t reset_without(struct person *away)
{
	uint32_t g = scene_info(&scene.advocate, &scene.support).generation + 1;

	withheld = away;
	scene_reset(&scene.advocate, &scene.support);
	in_generation(&scene.advocate, g, 2);
	in_generation(&scene.victim, g, 2);
	return g;
}

static struct id16 says(const char *text)
{
	struct id16 id = scene_say(&scene.advocate, &scene.support, text);

	(void)person_event(&scene.advocate, ROWAN_EVENT_SENT);
	return id;
}

static struct id16 says_for(const char *text, uint32_t seconds)
{
	const struct messages_draft d = {
		.text = bytes_of(text, strlen(text)), .lifetime = seconds};
	struct id16 id;

	KIT_CHECK(messages_write(parts_of(&scene.advocate)->messages,
			  &scene.support, &d, &id) == 0);
	(void)person_event(&scene.advocate, ROWAN_EVENT_SENT);
	return id;
}

static void once(struct person *p, const char *text)
{
	KIT_CHECK(scene_count(p, &scene.support, text) == 1);
}

/* Away for both: the Welcome of the first comes too late, and is no alarm. */
static void two_resets(void)
{
	struct scene *s = &scene;
	uint32_t g = scene_info(&s->advocate, &s->support).generation;
	struct id16 id;

	session_disconnect(s->coordinator.s);
	scene_reset(&scene.advocate, &scene.support);
	in_generation(&s->advocate, g + 1, 3);
	in_generation(&s->victim, g + 1, 3);
	id = says("between two resets");
	scene_heard(&s->victim, &id);
	scene_reset(&scene.advocate, &scene.support);
	in_generation(&s->advocate, g + 2, 3);
	in_generation(&s->victim, g + 2, 3);
	KIT_CHECK(session_connect(s->coordinator.s) == 0);
	in_generation(&s->coordinator, g + 2, 3);
	scene_heard(&s->coordinator, &id);
	sessions_settle();
	once(&s->coordinator, "between two resets");
	scene_leapt();
	scene_quiet();
}

static void nobody_else_came(void)
{
	struct scene *s = &scene;
	struct id16 owed, missed, over, still;
	uint32_t g;

	session_disconnect(s->coordinator.s);
	owed = says("before the reset");
	scene_heard(&s->victim, &owed);
	g = reset_without(&s->coordinator);
	missed = says("after the reset");
	scene_heard(&s->victim, &missed);
	over = says_for("for an hour", 3600);
	scene_heard(&s->victim, &over);
	still = says_for("for a day", 86400);
	scene_heard(&s->victim, &still);
	KIT_CHECK(shortest == 86400);
	pace_pass(7200);
	withheld = NULL;
	KIT_CHECK(session_connect(s->coordinator.s) == 0);
	in_generation(&s->coordinator, g, 3);
	scene_heard(&s->coordinator, &owed);
	scene_heard(&s->coordinator, &missed);
	scene_heard(&s->coordinator, &still);
	KIT_CHECK(shortest <= 86400 - 7200);
	sessions_settle();
	pace_live(60);
	once(&s->coordinator, "before the reset");
	once(&s->coordinator, "after the reset");
	KIT_CHECK(!scene_has(&s->coordinator, &over));
	(void)person_event(&s->advocate, ROWAN_EVENT_UNREACHED);
	KIT_CHECK(id16_eq(&s->advocate.last.message, &over));
	KIT_CHECK(s->advocate.last.code == ROWAN_E_EXPIRED);
	once(&s->victim, "before the reset");
	once(&s->victim, "after the reset");
}

/* Its writer hears whom it does not reach: whoever has it can hand it on. */
static void somebody_came(void)
{
	struct scene *s = &scene;
	struct id16 missed;
	uint32_t g;

	session_disconnect(s->coordinator.s);
	g = reset_without(&s->coordinator);
	missed = says("she was not in it");
	scene_heard(&s->victim, &missed);
	KIT_CHECK(session_connect(s->coordinator.s) == 0);
	scene_assign(&s->coordinator, &s->support, member_of(&s->officer));
	scene_together(&s->officer, &s->support, 3);
	withheld = NULL;
	in_generation(&s->coordinator, g, 4);
	(void)person_event(&s->advocate, ROWAN_EVENT_UNREACHED);
	KIT_CHECK(id16_eq(&s->advocate.last.message, &missed));
	KIT_CHECK(s->advocate.last.code == ROWAN_E_STALE);
	KIT_CHECK(
		id16_eq(&s->advocate.last.member, member_of(&s->coordinator)));
	KIT_CHECK(id16_eq(&s->advocate.last.device,
		&parts_of(&s->coordinator)->me->device));
	pace_day();
	pace_live(60);
	person_drain(&s->advocate);
	KIT_CHECK(s->advocate.event[ROWAN_EVENT_UNREACHED] == 2);
	KIT_CHECK(s->advocate.event[ROWAN_EVENT_UNSENT] == 0);
	KIT_CHECK(!scene_has(&s->coordinator, &missed));
	KIT_CHECK(!scene_has(&s->officer, &missed));
}

/* ---- another leaf -------------------------------------------------------- */

static bool may_ask(void *ctx)
{
	return readmit_ask(parts_of(ctx)->readmit) == 0;
}

/* What is in the mailbox is for keys that the phone has no more. */
static struct id16 sent_while_away(struct person *v, const char *text)
{
	struct id16 id;

	sessions_settle();
	person_keep(v);
	sessions_settle();
	id = scene_say(v, &scene.support, "on this phone");
	scene_heard(&scene.advocate, &id);
	person_close(v);
	return says(text);
}

static void restored(struct person *v)
{
	person_put_back(v);
	person_open(v);
	(void)person_event(v, ROWAN_EVENT_READMIT_NEEDED);
	KIT_CHECK(sessions_until(may_ask, v));
}

static void readmitted(void)
{
	struct id16 id = sent_while_away(&scene.victim, "while it is away");

	restored(&scene.victim);
	scene_heard(&scene.victim, &id);
	sessions_settle();
	pace_live(60);
	once(&scene.victim, "while it is away");
	once(&scene.coordinator, "while it is away");
}

/* Out first, and in again later, before anybody had let it in anew. */
static void readmitted_and_assigned_anew(void)
{
	struct scene *s = &scene;
	struct id16 id, officer;

	scene_assign(&s->coordinator, &s->support, member_of(&s->officer));
	scene_together(&s->officer, &s->support, 4);
	officer = *member_of(&s->officer);
	id = sent_while_away(&s->officer, "before it was out");
	withheld = &s->officer;
	restored(&s->officer);
	sessions_settle();
	scene_unassign(&s->coordinator, &s->support, &officer);
	scene_together(&s->advocate, &s->support, 3);
	withheld = NULL;
	scene_assign(&s->coordinator, &s->support, &officer);
	pace_pass(3600);
	scene_together(&s->officer, &s->support, 4);
	scene_heard(&s->officer, &id);
	sessions_settle();
	pace_live(60);
	once(&s->officer, "before it was out");
	once(&s->victim, "before it was out");
	scene_unassign(&s->coordinator, &s->support, &officer);
	scene_together(&s->advocate, &s->support, 3);
}

/* It was for her as she was then; its writer hears. */
static void readmitted_late(void)
{
	struct scene *s = &scene;
	struct id16 id = sent_while_away(&scene.victim, "for three");
	scene_assign(&s->coordinator, &s->support, member_of(&s->officer));
	scene_together(&s->officer, &s->support, 4);
	restored(&scene.victim);
	scene_together(&s->victim, &s->support, 4);
	person_drain(&s->advocate);
	KIT_CHECK(s->advocate.event[ROWAN_EVENT_UNSENT] == 0);
	pace_day();
	(void)person_event(&s->advocate, ROWAN_EVENT_UNSENT);
	KIT_CHECK(id16_eq(&s->advocate.last.message, &id));
	KIT_CHECK(s->advocate.last.code == ROWAN_E_STALE);
	KIT_CHECK(!scene_has(&s->victim, &id));
	KIT_CHECK(!scene_has(&s->officer, &id));
}

int main(void)
{
	struct scene *s = &scene;

	middle_set(watch, NULL);
	scene_begin(SCENE_SUPPORT, NULL);
	scene_assign(&s->coordinator, &s->support, member_of(&s->coordinator));
	scene_together(&s->coordinator, &s->support, 3);
	sessions_settle();
	two_resets();
	nobody_else_came();
	somebody_came();
	scene_leapt();
	scene_quiet();
	scene_unassign(&s->coordinator, &s->support, member_of(&s->officer));
	scene_together(&s->advocate, &s->support, 3);
	readmitted_and_assigned_anew();
	readmitted_late();
	readmitted();
	return scene_end();
}
