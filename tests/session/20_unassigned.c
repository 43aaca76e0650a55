/*
 * Somebody is unassigned while their connection is open: what they ask next
 * is refused, and the next word of anybody else is in an epoch that they
 * cannot read, though no human did anything.
 */
#include <stdio.h>

#include "session/kit.h"
#include "session/message/messages_row.h"

static struct person coordinator, advocate, officer;
static struct id16 case_id, team;

static void assign(struct person *who)
{
	const struct acts_assignment a = {
		.channel = team, .member = parts_of(who)->me->member};
	uint64_t act;

	KIT_CHECK(acts_assign(parts_of(&coordinator)->acts, &a, &act) == 0);
	KIT_CHECK(session_step(coordinator.s) == 0);
	KIT_CHECK(person_act(&coordinator, act) == 0);
}

static size_t in_it(struct person *p)
{
	struct id16 in[CHANNEL_DEVICES_MAX];
	size_t n = 0;

	if (channels_devices(parts_of(p)->channels, &team, in,
		    CHANNEL_DEVICES_MAX, &n) != 0)
		return 0;
	return n;
}

static bool all_in(void *ctx)
{
	return in_it(&coordinator) == 3 && in_it(&advocate) == 3 &&
	       in_it(&officer) == 3;
}

static bool is_heard(void *ctx)
{
	return messages_unread(parts_of(ctx)->messages, &team) > 0;
}

static bool is_out(void *ctx)
{
	struct channel_info info;

	return channels_info(parts_of(ctx)->channels, &team, &info) == 0 &&
	       !info.joined;
}

static uint64_t epoch_of(struct person *p)
{
	struct channel_info info;

	KIT_CHECK(channels_info(parts_of(p)->channels, &team, &info) == 0);
	return info.epoch;
}

static int write_to(struct person *p, const char *text)
{
	const struct messages_draft d = {.text = bytes_of(text, strlen(text))};
	struct id16 id;

	return messages_write(parts_of(p)->messages, &team, &d, &id);
}

int main(void)
{
	const struct case_state *c;
	uint64_t act, epoch;

	sessions_begin(ROWAND_NO_LIMITS);
	person_create(&coordinator, "coordinator");
	person_create(&advocate, "advocate");
	person_create(&officer, "officer");
	person_carded(&coordinator, "police", WIRE_RIGHT_COORDINATE);
	person_carded(&advocate, "advocacy", 0);
	person_carded(&officer, "police", 0);
	sessions_run();
	sessions_settle();
	KIT_CHECK(acts_open(parts_of(&coordinator)->acts, bytes_of("police", 6),
			  20000, &case_id, &act) == 0);
	KIT_CHECK(session_step(coordinator.s) == 0);
	KIT_CHECK(person_act(&coordinator, act) == 0);
	c = follow_case(parts_of(&coordinator)->follow, &case_id);
	team = case_channel(c, WIRE_CHANNEL_TEAM)->channel;
	assign(&coordinator);
	assign(&advocate);
	assign(&officer);
	KIT_CHECK(sessions_until(all_in, NULL));
	sessions_settle();
	epoch = epoch_of(&advocate);

	KIT_CHECK(acts_unassign(parts_of(&coordinator)->acts, &team,
			  &parts_of(&officer)->me->member, &act) == 0);
	KIT_CHECK(session_step(coordinator.s) == 0);
	KIT_CHECK(person_act(&coordinator, act) == 0);
	/* The advocate may not have heard of it yet. */
	KIT_CHECK(write_to(&advocate, "not for the officer") == 0);
	KIT_CHECK(sessions_until(is_heard, &coordinator));
	KIT_CHECK(epoch_of(&advocate) > epoch);
	KIT_CHECK(in_it(&advocate) == 2 && in_it(&coordinator) == 2);
	KIT_CHECK(sessions_until(is_out, &officer));
	sessions_settle();
	KIT_CHECK(messages_unread(parts_of(&officer)->messages, &team) == 0);
	KIT_CHECK(write_to(&officer, "but") == ROWAN_E_REFUSED);
	KIT_CHECK(coordinator.alarms == 0 && advocate.alarms == 0 &&
		  officer.alarms == 0);
	return sessions_end();
}
