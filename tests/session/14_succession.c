/*
 * The authority's key is followed by the one it promised, first with both
 * signatures, then by the successor alone because the former is lost. Those
 * who were there go on; whom the new authority cards is let in and heard.
 */
#include "session/forge.h"
#include "session/scene.h"
#include "wire/armour.h"

static struct person coordinator, advocate, officer;
static struct id16 case_id, team;
static struct writer records; /* armoured, from the first on */

static void add(struct writer *w, uint8_t kind, struct bytes object)
{
	KIT_CHECK(armour_write(kind, object, w) == 0);
}

/* Somebody who comes under a later authority has all of its records. */
static void newcomer(struct person *p)
{
	const struct enrolment_wish wish = {
		.role = WIRE_ROLE_CASEWORKER, .agency = bytes_of("police", 6)};
	struct enrolment *e;
	struct writer w;
	struct buf request;

	person_create(p, "officer");
	e = parts_of(p)->enrolment;
	writer_init(&w, 1 << 16);
	KIT_CHECK(enrolment_install(e, writer_view(&records)) == 0);
	KIT_CHECK(enrolment_request(e, &wish, &w) == 0);
	KIT_CHECK(armour_read(writer_view(&w), ARMOUR_CARD_REQUEST, &request) ==
		  0);
	w.len = 0;
	sessions_answer(buf_view(&request), &w);
	/* Its card is the new authority's: under the first alone it is none. */
	KIT_CHECK(enrolment_install(e, writer_view(&w)) != 0);
	writer_raw(&w, records.data, records.len);
	KIT_CHECK(enrolment_install(e, writer_view(&w)) == 0);
	KIT_CHECK(session_step(p->s) == 0);
	(void)person_event(p, ROWAN_EVENT_ENROLLED);
	writer_wipe(&w);
	buf_wipe(&request);
}

static void hear(struct person *p)
{
	(void)person_event(p, ROWAN_EVENT_CLINIC);
	KIT_CHECK(p->last.code == WIRE_ST_SUCCEED);
	KIT_CHECK(follow_clinic(parts_of(p)->follow)->number >= p->last.count);
}

static void say(struct person *from, struct person *to, const char *text)
{
	struct id16 id = scene_say(from, &team, text);

	(void)person_event(to, ROWAN_EVENT_MESSAGE);
	KIT_CHECK(id16_eq(&to->last.message, &id));
}

int main(void)
{
	sessions_begin(ROWAND_NO_LIMITS);
	pace_begin();
	writer_init(&records, 1 << 16);
	add(&records, ARMOUR_AUTHORITY_RECORD, buf_view(&kit_clinic.record));
	person_create(&coordinator, "coordinator");
	person_create(&advocate, "advocate");
	person_carded(&coordinator, "police", WIRE_RIGHT_COORDINATE);
	person_carded(&advocate, "advocacy", WIRE_RIGHT_ENROL);
	sessions_run();
	sessions_settle();
	case_id = sessions_case(&coordinator);
	team = sessions_channel(&coordinator, &case_id, WIRE_CHANNEL_TEAM);
	sessions_assign(&coordinator, &team, &advocate);
	sessions_assign(&coordinator, &team, &coordinator);
	(void)person_event(&advocate, ROWAN_EVENT_CHANNEL);
	say(&advocate, &coordinator, "under the first");

	for (int lost = 0; lost < 2; lost++) {
		forge_fresh_import(lost ? "third" : "second");
		forge_succeed(lost, NULL);
		add(&records, ARMOUR_AUTHORITY_RECORD,
			buf_view(&kit_clinic.record));
		forge_import();
		hear(&coordinator);
		hear(&advocate);
		say(&coordinator, &advocate, "under the next");
	}
	/* Whom the third cards. */
	forge_fresh_import("officer");
	newcomer(&officer);
	forge_import();
	KIT_CHECK(session_connect(officer.s) == 0);
	sessions_settle();
	sessions_assign(&coordinator, &team, &officer);
	(void)person_event(&officer, ROWAN_EVENT_CHANNEL);
	say(&officer, &advocate, "a card of the third");
	say(&advocate, &officer, "and of the first");
	KIT_CHECK(coordinator.alarms + advocate.alarms + officer.alarms == 0);
	writer_wipe(&records);
	return sessions_end();
}
