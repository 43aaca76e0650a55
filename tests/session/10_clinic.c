/*
 * A clinic of sessions works: staff enrol by files, a case is opened and
 * assigned, a victim enrols by an invite and writes, and is answered.
 */
#include <stdio.h>

#include "session/kit.h"
#include "session/message/messages_row.h"
#include "trust/evidence.h"

static struct person coordinator, advocate, victim;

struct proving {
	struct person *who;
	struct id16 message;
	struct buf file;
};

static bool proved(void *ctx)
{
	struct proving *p = ctx;

	return proofs_get(parts_of(p->who)->proofs, &p->message, &p->file) == 0;
}

/* Its receipt comes by itself, and the authority's key alone checks it. */
static void prove(struct person *who, const struct id16 *message)
{
	struct proving p = {.who = who, .message = *message};
	struct anchor anchor;
	struct wire_key authority;
	struct evidence e;
	struct watch w;

	KIT_CHECK(sessions_until(proved, &p));
	authority_public(kit_clinic.key, &authority);
	anchor_init(&anchor);
	anchor_pin(&anchor, &authority);
	KIT_CHECK(evidence_check(&e, buf_view(&p.file), &anchor, NULL) ==
		  EVIDENCE_GOOD);
	KIT_CHECK(e.exact && e.time > 1700000000);
	KIT_CHECK(e.detail.act == WIRE_ACT_SUBMIT);
	KIT_CHECK(id16_eq(&e.detail.device, &parts_of(who)->me->device));
	proofs_watch(parts_of(who)->proofs, &w);
	KIT_CHECK(w.size > 0);
	buf_wipe(&p.file);
}

static void say(struct person *from, struct person *to,
	const struct id16 *channel, const char *text)
{
	const struct messages_draft d = {.text = bytes_of(text, strlen(text))};
	struct messages_row row;
	struct id16 id;

	KIT_CHECK(messages_write(parts_of(from)->messages, channel, &d, &id) ==
		  0);
	KIT_CHECK(session_step(from->s) == 0);
	(void)person_event(to, ROWAN_EVENT_MESSAGE);
	KIT_CHECK(messages_get(parts_of(to)->messages, &to->last.message,
			  &row) == 0);
	KIT_CHECK(bytes_eq(row.content.u.text, d.text));
	messages_row_wipe(&row);
	(void)person_event(from, ROWAN_EVENT_SENT);
	(void)person_event(from, ROWAN_EVENT_DELIVERED);
	prove(from, &id);
}

int main(void)
{
	struct id16 case_id, support, invite;

	sessions_begin(ROWAND_NO_LIMITS);
	person_create(&coordinator, "coordinator");
	person_create(&advocate, "advocate");
	person_create(&victim, "victim");
	person_carded(&coordinator, "police", WIRE_RIGHT_COORDINATE);
	person_carded(&advocate, "advocacy", WIRE_RIGHT_ENROL);
	KIT_CHECK(session_connect(victim.s) == ROWAN_E_STATE);
	sessions_run();
	sessions_settle();

	case_id = sessions_case(&coordinator);
	support =
		sessions_channel(&coordinator, &case_id, WIRE_CHANNEL_SUPPORT);
	sessions_assign(&coordinator, &support, &advocate);
	(void)person_event(&advocate, ROWAN_EVENT_ASSIGNED);

	invite = person_invites(&advocate, &case_id, &victim);
	people_compare(&advocate, &invite, &victim);
	sessions_assign(&coordinator, &support, &victim);
	(void)person_event(&victim, ROWAN_EVENT_ASSIGNED);
	(void)person_event(&victim, ROWAN_EVENT_CHANNEL);
	say(&victim, &advocate, &support, "is anybody there?");
	say(&advocate, &victim, &support, "yes.");

	/* And after everybody has started anew. */
	person_close(&victim);
	person_close(&advocate);
	person_open(&victim);
	person_open(&advocate);
	sessions_settle();
	say(&victim, &advocate, &support, "still?");
	KIT_CHECK(victim.alarms == 0 && advocate.alarms == 0 &&
		  coordinator.alarms == 0);
	return sessions_end();
}
