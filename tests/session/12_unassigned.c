/*
 * Who is unassigned while connected is refused at once, is out of the
 * channel's next epoch without a human's doing, and reads nothing more; and
 * what time ends, ends.
 */
#include <stdio.h>
#include <time.h>

#include "session/pace.h"

static struct person coordinator, advocate, officer;
static struct id16 case_id, team;

static struct id16 say(struct person *from, const char *text)
{
	const struct messages_draft d = {.text = bytes_of(text, strlen(text))};
	struct id16 id;

	KIT_CHECK(
		messages_write(parts_of(from)->messages, &team, &d, &id) == 0);
	KIT_CHECK(session_step(from->s) == 0);
	return id;
}

static bool has(struct person *p, const struct id16 *message)
{
	struct messages_row row;
	int rc = messages_get(parts_of(p)->messages, message, &row);

	if (rc == 0)
		messages_row_wipe(&row);
	return rc == 0;
}

static bool out(void *ctx)
{
	struct person *p = ctx;
	struct id16 devices[4];
	size_t len;

	return channels_devices(
		       parts_of(p)->channels, &team, devices, 4, &len) == 0 &&
	       len == 1;
}

int main(void)
{
	const struct messages_draft d = {.text = bytes_of("late", 4)};
	struct acts_assignment cover = {.from = 0};
	struct id16 before, after, id;
	uint64_t act;

	sessions_begin(ROWAND_NO_LIMITS);
	pace_begin();
	person_create(&coordinator, "coordinator");
	person_create(&advocate, "advocate");
	person_create(&officer, "officer");
	person_carded(&coordinator, "police", WIRE_RIGHT_COORDINATE);
	person_carded(&advocate, "advocacy", WIRE_RIGHT_ENROL);
	person_carded(&officer, "police", 0);
	sessions_run();
	sessions_settle();
	case_id = sessions_case(&coordinator);
	team = sessions_channel(&coordinator, &case_id, WIRE_CHANNEL_TEAM);
	sessions_assign(&coordinator, &team, &advocate);
	sessions_assign(&coordinator, &team, &officer);
	(void)person_event(&officer, ROWAN_EVENT_CHANNEL);
	before = say(&advocate, "before");
	(void)person_event(&officer, ROWAN_EVENT_MESSAGE);
	KIT_CHECK(has(&officer, &before));

	KIT_CHECK(acts_unassign(parts_of(&coordinator)->acts, &team,
			  &parts_of(&officer)->me->member, &act) == 0);
	KIT_CHECK(session_step(coordinator.s) == 0);
	KIT_CHECK(person_act(&coordinator, act) == 0);
	/* Nobody does anything, and the advocate writes. */
	after = say(&advocate, "after");
	(void)person_event(&advocate, ROWAN_EVENT_SENT);
	(void)person_event(&officer, ROWAN_EVENT_SHUT_OUT);
	(void)person_event(&advocate, ROWAN_EVENT_UNASSIGNED);
	sessions_settle();
	KIT_CHECK(!has(&officer, &after));
	KIT_CHECK(out(&advocate));
	KIT_CHECK(messages_write(parts_of(&officer)->messages, &team, &d,
			  &id) == ROWAN_E_REFUSED);

	/* A cover that ends by itself. */
	cover.channel = team;
	cover.member = parts_of(&officer)->me->member;
	cover.until = session_now(coordinator.s) + 8;
	KIT_CHECK(acts_assign(parts_of(&coordinator)->acts, &cover, &act) == 0);
	KIT_CHECK(session_step(coordinator.s) == 0);
	KIT_CHECK(person_act(&coordinator, act) == 0);
	(void)person_event(&officer, ROWAN_EVENT_CHANNEL);
	(void)person_event(&advocate, ROWAN_EVENT_UNASSIGNED);
	KIT_CHECK(session_now(advocate.s) >= cover.until);
	after = say(&advocate, "after the cover");
	(void)person_event(&advocate, ROWAN_EVENT_SENT);
	sessions_settle();
	KIT_CHECK(!has(&officer, &after));
	KIT_CHECK(out(&advocate));
	KIT_CHECK(advocate.alarms == 0 && officer.alarms == 0 &&
		  coordinator.alarms == 0);
	return sessions_end();
}
