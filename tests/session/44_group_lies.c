/*
 * A daemon that swaps a Welcome, gives another device's key package, keeps a
 * commit back, or leads members into different histories of one channel: an
 * alarm, and nobody talks to whom they cannot see.
 */
#include <stdio.h>

#include "session/scene.h"
#include "wire/envelope.h"
#include "wire/group.h"
#include "wire/key.h"

static struct {
	struct person *whom;
	uint8_t kind;  /* of a push */
	unsigned drop; /* so many */
	unsigned swap; /* by what was kept */
	bool keep;     /* every one of that kind */
	struct buf kept;
	bool keep_package, give_package;
	struct buf package;
	bool other_history;
	/* fork: the commit of one goes to whom alone, the daemon's to others */
	struct person *forker;
	struct buf forked;
	unsigned packages, lies;
} aim;

/* The claimed package, kept or exchanged. */
static void packages(struct middle_message *m)
{
	struct wire_key_claim_answer a;
	struct wire_message w;
	struct writer out;

	KIT_CHECK(middle_view(m, &w));
	KIT_CHECK(wire_key_claim_answer_decode(&w, &a) == 0);
	for (size_t i = 0; i < a.count; i++) {
		if (a.results[i].error.code != WIRE_OK)
			continue;
		if (aim.keep_package)
			KIT_CHECK(
				buf_set(&aim.package, a.results[i].data) == 0);
		if (aim.give_package)
			a.results[i].data = buf_view(&aim.package);
		aim.packages++;
	}
	if (!aim.give_package)
		return;
	writer_init(&out, WIRE_FRAME_MAX);
	KIT_CHECK(wire_key_claim_answer_encode(&a, &out) == 0);
	middle_body(m, &out);
}

/* The epoch stays, the transcript is another. */
static void history(struct middle_message *m)
{
	struct wire_group_state s;
	struct wire_message w;
	struct writer out;

	KIT_CHECK(middle_view(m, &w));
	KIT_CHECK(wire_group_state_decode(&w, &s) == 0);
	if (!s.exists || s.epoch == 0)
		return;
	s.confirmed.b[7] ^= 1;
	aim.lies++;
	writer_init(&out, WIRE_FRAME_MAX);
	KIT_CHECK(wire_group_state_encode(&s, &out) == 0);
	middle_body(m, &out);
}

/* A push with one envelope of the kind aimed at. */
static enum middle_fate pushed(struct middle_message *m)
{
	static struct wire_push p;
	struct wire_message w;

	if (!middle_view(m, &w) || wire_push_decode(&w, &p) != 0 ||
		p.items[0].kind != aim.kind)
		return MIDDLE_PASS;
	if (aim.keep)
		KIT_CHECK(buf_set(&aim.kept, buf_view(&m->frame[2])) == 0);
	if (m->person != aim.whom)
		return MIDDLE_PASS;
	if (aim.drop > 0) {
		aim.drop--;
		aim.lies++;
		return MIDDLE_DROP;
	}
	if (aim.swap > 0 && aim.kept.len > 0) {
		aim.swap--;
		aim.lies++;
		KIT_CHECK(buf_set(&m->frame[2], buf_view(&aim.kept)) == 0);
	}
	return MIDDLE_PASS;
}

/*
 * The forker's commit never reaches the daemon, nor does one of whoever is
 * led on by it; the others' do, but not before it was made.
 */
static enum middle_fate fork_it(struct middle_message *m)
{
	bool made = aim.forked.len > 0;

	if (m->person == aim.forker && !made)
		KIT_CHECK(buf_set(&aim.forked, buf_view(&m->frame[2])) == 0);
	return m->person == aim.forker || m->person == aim.whom || !made
		       ? MIDDLE_DROP
		       : MIDDLE_PASS;
}

static enum middle_fate lie(void *ctx, struct middle_message *m)
{
	bool answer = m->way == MIDDLE_ANSWER && m->header.op != WIRE_OP_ERROR;

	if (m->way == MIDDLE_REQUEST && m->op == WIRE_OP_COMMIT &&
		aim.forker != NULL)
		return fork_it(m);
	if (answer && m->op == WIRE_OP_KEY_CLAIM)
		packages(m);
	if (answer && m->op == WIRE_OP_GROUP_STATE && aim.other_history &&
		m->person == aim.whom)
		history(m);
	return m->way == MIDDLE_PUSH && m->op == WIRE_OP_PUSH ? pushed(m)
							      : MIDDLE_PASS;
}

static bool has_lied(void *ctx)
{
	return aim.lies > 0;
}

static void begin(struct person *whom, uint8_t kind)
{
	struct buf kept = aim.kept, package = aim.package, forked = aim.forked;

	memset(&aim, 0, sizeof aim);
	aim.whom = whom;
	aim.kind = kind;
	aim.kept = kept;
	aim.package = package;
	aim.forked = forked;
	for (size_t i = 0; i < kit_clinic.count; i++) {
		struct person *p = kit_clinic.people[i];

		person_drain(p);
		p->alarms = 0;
		memset(p->alarm, 0, sizeof p->alarm);
	}
}

/* The officer gets the Welcome that was made for the coordinator. */
static void a_swapped_welcome(void)
{
	struct scene *s = &scene;

	begin(NULL, WIRE_KIND_WELCOME);
	aim.keep = aim.keep_package = true;
	scene_assign(&s->coordinator, &s->support, member_of(&s->coordinator));
	scene_together(&s->coordinator, &s->support, 3);
	KIT_CHECK(aim.kept.len > 0 && aim.package.len > 0);
	begin(&s->officer, WIRE_KIND_WELCOME);
	aim.swap = 1;
	scene_assign(&s->coordinator, &s->support, member_of(&s->officer));
	scene_alarm(&s->officer, ROWAN_ALARM_WELCOME);
	KIT_CHECK(aim.lies == 1 && s->officer.alarms == 1);
	/* And comes in all the same, by asking, in everybody's sight. */
	scene_together(&s->officer, &s->support, 4);
	scene_together(&s->victim, &s->support, 4);
	KIT_CHECK(s->victim.alarms == 0);
}

/* Whoever adds is given a package of somebody else, or one used before. */
static void another_package(void)
{
	struct scene *s = &scene;
	unsigned alarms = 0;

	scene_unassign(&s->coordinator, &s->support, member_of(&s->officer));
	scene_together(&s->victim, &s->support, 3);
	begin(NULL, 0);
	aim.give_package = true;
	scene_assign(&s->coordinator, &s->support, member_of(&s->officer));
	while (alarms == 0) {
		pace_live(1);
		alarms = 0;
		for (size_t i = 0; i < kit_clinic.count; i++) {
			person_drain(kit_clinic.people[i]);
			alarms += kit_clinic.people[i]
					  ->alarm[ROWAN_ALARM_KEY_PACKAGE];
		}
	}
	KIT_CHECK(aim.packages > 0);
	pace_live(60);
	KIT_CHECK(scene_in(&s->victim, &s->support) == 3);
	aim.give_package = false;
	scene_together(&s->officer, &s->support, 4);
	sessions_settle();
}

/* Asked how the channel stands, it tells one device another history. */
static void another_history(void)
{
	struct scene *s = &scene;

	begin(&s->victim, 0);
	aim.other_history = true;
	scene_unassign(&s->coordinator, &s->support, member_of(&s->officer));
	scene_alarm(&s->victim, ROWAN_ALARM_FORK);
	KIT_CHECK(aim.lies > 0);
	KIT_CHECK(s->advocate.alarms == 0 && s->coordinator.alarms == 0);
	aim.other_history = false;
	scene_together(&s->victim, &s->support, 3);
	sessions_settle();
}

/* A commit that never comes: what follows it tells. */
static void a_dropped_commit(void)
{
	struct scene *s = &scene;
	struct id16 id;

	begin(&s->advocate, WIRE_KIND_HANDSHAKE);
	aim.drop = 1;
	scene_assign(&s->coordinator, &s->support, member_of(&s->officer));
	KIT_CHECK(sessions_until(has_lied, NULL));
	scene_together(&s->victim, &s->support, 4);
	id = scene_say(&s->victim, &s->support, "after it");
	scene_alarm(&s->advocate, ROWAN_ALARM_DROPPED);
	/* The device asks to come back, and reads on. */
	scene_together(&s->advocate, &s->support, 4);
	id = scene_say(&s->victim, &s->support, "still there?");
	scene_heard(&s->advocate, &id);
	sessions_settle();
}

/*
 * Two histories: the coordinator's commit is kept from the daemon and shown
 * to the officer alone; the others go on with another. The officer's next
 * word is an alarm to all of them.
 */
static bool is_forked(void *ctx)
{
	return aim.forked.len > 0;
}

static bool is_led_on(void *ctx)
{
	const uint64_t *epoch = ctx;

	return scene_info(&scene.officer, &scene.support).epoch == *epoch + 1;
}

static void show(struct person *p, uint64_t sequence)
{
	static struct wire_push push;
	const struct bytes envelope = buf_view(&aim.forked);
	struct writer w;

	push.count = 1;
	push.items[0] = (struct wire_delivery){.sequence = sequence,
		.channel = scene.support,
		.kind = WIRE_KIND_HANDSHAKE,
		.received = pace_now(),
		.envelope = envelope};
	writer_init(&w, WIRE_FRAME_MAX);
	KIT_CHECK(wire_push_encode(&push, &w) == 0);
	middle_say(p, WIRE_OP_PUSH, &w, &envelope);
}

static bool is_found_out(void *ctx)
{
	struct person *p = ctx;

	person_drain(p);
	return p->alarm[ROWAN_ALARM_FORK] + p->alarm[ROWAN_ALARM_DROPPED] > 0;
}

static void two_histories(void)
{
	struct scene *s = &scene;
	uint64_t epoch = scene_info(&s->officer, &s->support).epoch;
	struct id16 id;

	buf_wipe(&aim.forked);
	begin(&s->officer, WIRE_KIND_HANDSHAKE);
	aim.forker = &s->coordinator;
	aim.drop = 100;
	/* All are due to renew their leaves. */
	pace_pass(CHANNEL_UPDATE_S + 3600);
	KIT_CHECK(sessions_until(is_forked, NULL));
	show(&s->officer, 100000);
	KIT_CHECK(sessions_until(is_led_on, &epoch));
	/* The others go to that epoch by another way. */
	while (scene_info(&s->advocate, &s->support).epoch <= epoch)
		pace_live(1);
	id = scene_say(&s->victim, &s->support, "do you read this?");
	scene_heard(&s->advocate, &id);
	KIT_CHECK(!scene_has(&s->officer, &id));
	/* The same epoch and other keys, or by now a later one. */
	KIT_CHECK(sessions_until(is_found_out, &s->officer));
	aim.forker = NULL;
}

int main(void)
{
	middle_set(lie, NULL);
	scene_begin(SCENE_SUPPORT, NULL);
	a_swapped_welcome();
	another_package();
	another_history();
	a_dropped_commit();
	two_histories();
	buf_wipe(&aim.kept);
	buf_wipe(&aim.package);
	buf_wipe(&aim.forked);
	return scene_end();
}
