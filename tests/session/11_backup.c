/*
 * A phone that is restored from an old backup locks itself, is readmitted
 * where everybody sees it, and uses no key and no number again.
 */
#include <stdio.h>
#include <stdlib.h>

#include "session/pace.h"

static struct person coordinator, advocate, victim;
static struct id16 case_id, support;

static void person_say(struct person *from, const char *text)
{
	const struct messages_draft d = {.text = bytes_of(text, strlen(text))};
	struct id16 id;

	KIT_CHECK(messages_write(parts_of(from)->messages, &support, &d, &id) ==
		  0);
	KIT_CHECK(session_step(from->s) == 0);
}

/* The old copy in the place of the vault. */
static uint64_t restore_old(const char *old)
{
	uint64_t used = outbox_counter(parts_of(&victim)->outbox);

	person_close(&victim);
	kit_copy_file(old, victim.path);
	person_open(&victim);
	KIT_CHECK(outbox_counter(parts_of(&victim)->outbox) < used);
	return used;
}

static bool current(void *ctx)
{
	struct person *p = ctx;

	return session_link(p->s) >= SESSION_UP &&
	       readmit_locked(parts_of(p)->readmit) &&
	       !follow_busy(parts_of(p)->follow);
}

int main(void)
{
	char old[ROWAND_PATH_MAX];
	uint64_t used;

	sessions_begin(ROWAND_NO_LIMITS);
	pace_begin();
	person_create(&coordinator, "coordinator");
	person_create(&advocate, "advocate");
	person_create(&victim, "victim");
	person_carded(&coordinator, "police", WIRE_RIGHT_COORDINATE);
	person_carded(&advocate, "advocacy", WIRE_RIGHT_ENROL);
	sessions_run();
	sessions_settle();
	case_id = sessions_case(&coordinator);
	support =
		sessions_channel(&coordinator, &case_id, WIRE_CHANNEL_SUPPORT);
	sessions_assign(&coordinator, &support, &advocate);
	sessions_victim(&coordinator, &advocate, &case_id, &victim);
	(void)person_event(&victim, ROWAN_EVENT_CHANNEL);
	person_say(&victim, "before the backup");
	(void)person_event(&victim, ROWAN_EVENT_SENT);
	(void)person_event(&advocate, ROWAN_EVENT_MESSAGE);

	/* Last week's backup, and what happened since. */
	person_close(&victim);
	KIT_CHECK(snprintf(old, sizeof old, "%s.old", victim.path) > 0);
	kit_copy_file(victim.path, old);
	person_open(&victim);
	for (int i = 0; i < 5; i++) {
		person_say(&victim, "since the backup");
		(void)person_event(&victim, ROWAN_EVENT_SENT);
		(void)person_event(&advocate, ROWAN_EVENT_MESSAGE);
	}
	sessions_settle();
	used = restore_old(old);

	/* It says nothing more, whatever it is told. */
	(void)person_event(&victim, ROWAN_EVENT_READMIT_NEEDED);
	KIT_CHECK(sessions_until(current, &victim));
	KIT_CHECK(victim.last.count >= used);
	person_say(&victim, "with an old key?");
	person_close(&victim);
	person_open(&victim);
	KIT_CHECK(sessions_until(current, &victim));
	KIT_CHECK(readmit_locked(parts_of(&victim)->readmit));

	/* The person asks; everybody sees it. */
	KIT_CHECK(readmit_ask(parts_of(&victim)->readmit) == 0);
	KIT_CHECK(readmit_ask(parts_of(&victim)->readmit) == ROWAN_E_STATE);
	KIT_CHECK(outbox_counter(parts_of(&victim)->outbox) >= used);
	KIT_CHECK(session_step(victim.s) == 0);
	(void)person_event(&advocate, ROWAN_EVENT_READMITTED);
	(void)person_event(&advocate, ROWAN_EVENT_ALARM);
	KIT_CHECK(advocate.last.code == ROWAN_ALARM_RETURNED);
	(void)person_event(&victim, ROWAN_EVENT_CHANNEL);
	(void)person_event(&advocate, ROWAN_EVENT_MESSAGE);
	person_say(&advocate, "there you are");
	(void)person_event(&victim, ROWAN_EVENT_MESSAGE);
	KIT_CHECK(outbox_counter(parts_of(&victim)->outbox) > used);
	/* Nothing but the return was alarming. */
	KIT_CHECK(advocate.alarms == 1 && victim.alarms == 0 &&
		  coordinator.alarms <= 1);
	return sessions_end();
}
