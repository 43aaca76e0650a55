/*
 * One case with its people: see scene.h.
 */
#include <stdio.h>
#include <stdlib.h>

#include "session/scene.h"

struct scene scene;
void (*scene_early)(void);

void scene_begin(unsigned with, const char *settings)
{
	struct scene *s = &scene;

	sessions_begin(ROWAND_NO_LIMITS);
	if (settings != NULL)
		rowand_set(&kit_daemon, settings);
	pace_begin();
	person_create(&s->coordinator, "coordinator");
	person_create(&s->advocate, "advocate");
	person_create(&s->officer, "officer");
	person_create(&s->victim, "victim");
	person_carded(&s->coordinator, "police", WIRE_RIGHT_COORDINATE);
	person_carded(&s->advocate, "advocacy", WIRE_RIGHT_ENROL);
	person_carded(&s->officer, "police", 0);
	if (scene_early != NULL)
		scene_early();
	sessions_run();
	sessions_settle();
	s->case_id = sessions_case(&s->coordinator);
	s->support = sessions_channel(
		&s->coordinator, &s->case_id, WIRE_CHANNEL_SUPPORT);
	s->team = sessions_channel(
		&s->coordinator, &s->case_id, WIRE_CHANNEL_TEAM);
	s->diary = sessions_channel(
		&s->coordinator, &s->case_id, WIRE_CHANNEL_DIARY);
	if (with & SCENE_SUPPORT) {
		sessions_assign(&s->coordinator, &s->support, &s->advocate);
		sessions_victim(
			&s->coordinator, &s->advocate, &s->case_id, &s->victim);
		scene_together(&s->victim, &s->support, 2);
		scene_together(&s->advocate, &s->support, 2);
	}
	if (with & SCENE_TEAM) {
		sessions_assign(&s->coordinator, &s->team, &s->advocate);
		sessions_assign(&s->coordinator, &s->team, &s->officer);
		scene_together(&s->advocate, &s->team, 2);
		scene_together(&s->officer, &s->team, 2);
	}
	if (with & SCENE_DIARY) {
		scene_assign(&s->victim, &s->diary, member_of(&s->victim));
		scene_together(&s->victim, &s->diary, 1);
	}
	sessions_settle();
}

int scene_end(void)
{
	middle_set(NULL, NULL);
	return sessions_end();
}

struct id16 scene_say(
	struct person *p, const struct id16 *channel, const char *text)
{
	const struct messages_draft d = {.text = bytes_of(text, strlen(text))};
	struct id16 id;

	KIT_CHECK(messages_write(parts_of(p)->messages, channel, &d, &id) == 0);
	KIT_CHECK(session_step(p->s) == 0);
	return id;
}

bool scene_has(struct person *p, const struct id16 *message)
{
	struct messages_row row;
	int rc = messages_get(parts_of(p)->messages, message, &row);

	if (rc == 0)
		messages_row_wipe(&row);
	return rc == 0;
}

size_t scene_count(
	struct person *p, const struct id16 *channel, const char *text)
{
	struct messages_row row;
	uint64_t place = 0;
	size_t n = 0;

	while (messages_next(parts_of(p)->messages, channel, place, &row) ==
		0) {
		place = row.place;
		n += row.content.type == ROWAN_MESSAGE_TEXT &&
		     bytes_eq(row.content.u.text, bytes_of(text, strlen(text)));
		messages_row_wipe(&row);
	}
	return n;
}

bool scene_owns(struct person *p, const struct rowan_mls_group *group)
{
	uint32_t leaf = rowan_mls_group_leaf(group);
	struct rowan_mls_member m;
	struct wire_chain chain;

	return rowan_mls_group_next_member(group, &leaf, &m) &&
	       wire_chain_decode(bytes_of(m.credential.content.data,
					 m.credential.content.len),
		       &chain) == 0 &&
	       id16_eq(&chain.card[0].device, &parts_of(p)->me->device);
}

struct hearing {
	struct person *p;
	struct id16 message;
};

static bool is_heard(void *ctx)
{
	struct hearing *h = ctx;

	return scene_has(h->p, &h->message);
}

void scene_heard(struct person *p, const struct id16 *message)
{
	struct hearing h = {p, *message};

	KIT_CHECK(sessions_until(is_heard, &h));
}

void scene_assign(struct person *by, const struct id16 *channel,
	const struct id16 *member)
{
	const struct acts_assignment a = {
		.channel = *channel, .member = *member};
	uint64_t act;

	KIT_CHECK(acts_assign(parts_of(by)->acts, &a, &act) == 0);
	person_done(by, act);
}

void scene_unassign(struct person *by, const struct id16 *channel,
	const struct id16 *member)
{
	uint64_t act;

	KIT_CHECK(
		acts_unassign(parts_of(by)->acts, channel, member, &act) == 0);
	person_done(by, act);
}

void scene_revoke(struct person *by, const struct person *who)
{
	struct acts_revocation r = {
		.reason = WIRE_REVOKE_LOST, .case_id = scene.case_id};
	uint64_t act;

	r.device = parts_of((struct person *)who)->me->device;
	KIT_CHECK(acts_revoke(parts_of(by)->acts, &r, &act) == 0);
	person_done(by, act);
}

void scene_reset(struct person *by, const struct id16 *channel)
{
	uint64_t act;

	KIT_CHECK(acts_reset(parts_of(by)->acts, channel, &act) == 0);
	person_done(by, act);
}

size_t scene_in(struct person *p, const struct id16 *channel)
{
	static struct id16 in[CHANNEL_DEVICES_MAX];
	size_t n = 0;

	if (parts_of(p)->channels == NULL ||
		channels_devices(parts_of(p)->channels, channel, in,
			CHANNEL_DEVICES_MAX, &n) != 0)
		return 0;
	return n;
}

struct channel_info scene_info(struct person *p, const struct id16 *channel)
{
	struct channel_info info;

	if (channels_info(parts_of(p)->channels, channel, &info) != 0)
		memset(&info, 0, sizeof info);
	return info;
}

struct gathering {
	struct person *p;
	const struct id16 *channel;
	size_t n;
};

static bool is_together(void *ctx)
{
	const struct gathering *g = ctx;

	return scene_in(g->p, g->channel) == g->n;
}

void scene_together(struct person *p, const struct id16 *channel, size_t n)
{
	struct gathering g = {p, channel, n};

	if (sessions_until(is_together, &g))
		return;
	fprintf(stderr, "%s: %zu in it, not %zu\n", p->name,
		scene_in(p, channel), n);
	KIT_CHECK(!"all of them in the channel");
}

struct alarming {
	struct person *p;
	enum rowan_alarm alarm;
};

static bool is_alarmed(void *ctx)
{
	struct alarming *a = ctx;

	person_drain(a->p);
	return a->p->alarm[a->alarm] > 0;
}

void scene_alarm(struct person *p, enum rowan_alarm alarm)
{
	struct alarming a = {p, alarm};

	if (sessions_until(is_alarmed, &a))
		return;
	fprintf(stderr, "%s: no alarm %d\n", p->name, alarm);
	KIT_CHECK(!"the alarm");
}

void scene_leapt(void)
{
	for (size_t i = 0; i < kit_clinic.count; i++) {
		struct person *p = kit_clinic.people[i];

		person_drain(p);
		p->alarms -= p->alarm[ROWAN_ALARM_STALE];
		p->alarm[ROWAN_ALARM_STALE] = 0;
	}
}

void scene_quiet(void)
{
	for (size_t i = 0; i < kit_clinic.count; i++) {
		struct person *p = kit_clinic.people[i];

		person_drain(p);
		for (unsigned k = 0; k < PERSON_ALARMS; k++)
			if (p->alarm[k] > 0)
				fprintf(stderr, "%s: alarm %u\n", p->name, k);
		KIT_CHECK(p->alarms == 0);
	}
}
