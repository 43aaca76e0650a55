/*
 * The authority's key is followed by the one it promised, first with both
 * signatures, then by the successor alone because the former is lost. Those
 * who were there go on; whom the new authority cards is let in and heard.
 */
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <time.h>

#include "session/pace.h"
#include "wire/armour.h"

static struct person coordinator, advocate, officer;
static struct id16 case_id, team;
static struct writer records; /* armoured, from the first on */

static void add(struct writer *w, uint8_t kind, struct bytes object)
{
	KIT_CHECK(armour_write(kind, object, w) == 0);
}

/* What is imported from now on goes into a file of its own. */
static void fresh_import(const char *name)
{
	KIT_CHECK(snprintf(kit_clinic.import, sizeof kit_clinic.import,
			  "%s/%s.txt", kit_daemon.dir, name) > 0);
}

static void import_and_go_on(void)
{
	KIT_CHECK(rowand_kill(&kit_daemon, SIGTERM) == 0);
	KIT_CHECK(rowand_import(&kit_daemon, kit_clinic.import) == 0);
	kit_run();
}

static void keep(const char *path, const struct writer *w)
{
	FILE *f = fopen(path, "a");

	KIT_CHECK(f != NULL);
	KIT_CHECK(fwrite(w->data, 1, w->len, f) == w->len && fclose(f) == 0);
}

/* The promised key takes over, and promises another. */
static void succeed(bool lost)
{
	struct clinic_of_sessions *k = &kit_clinic;
	struct authority_succession s = {.clinic = &k->clinic,
		.old = lost ? NULL : k->key,
		.fresh = k->next,
		/* As the kit signs: a little ago, by the true clock. */
		.time = (uint64_t)time(NULL) - 5};
	struct authority_key *third;
	struct wire_statement said;
	struct wire_key next;
	struct writer record, raw, file;

	KIT_CHECK(authority_new(&k->clinic.id, &third) == 0);
	authority_public(third, &next);
	s.next = &next;
	writer_init(&record, 1024);
	writer_init(&raw, WIRE_STATEMENT_MAX);
	writer_init(&file, 1 << 14);
	KIT_CHECK(authority_succeed(&s, &record, &raw) == 0);
	KIT_CHECK(wire_statement_decode(writer_view(&raw), &said) == 0);
	KIT_CHECK(rules_apply_clinic(&k->clinic, &said) == 0);
	add(&file, ARMOUR_STATEMENT, writer_view(&raw));
	add(&records, ARMOUR_AUTHORITY_RECORD, writer_view(&record));
	keep(k->import, &file);
	KIT_CHECK(buf_set(&k->record, writer_view(&record)) == 0);
	authority_free(k->key);
	k->key = k->next;
	k->next = third;
	writer_wipe(&record);
	writer_wipe(&raw);
	writer_wipe(&file);
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
	const struct messages_draft d = {.text = bytes_of(text, strlen(text))};
	struct id16 id;

	KIT_CHECK(
		messages_write(parts_of(from)->messages, &team, &d, &id) == 0);
	KIT_CHECK(session_step(from->s) == 0);
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
		fresh_import(lost ? "third" : "second");
		succeed(lost);
		import_and_go_on();
		hear(&coordinator);
		hear(&advocate);
		say(&coordinator, &advocate, "under the next");
	}
	/* Whom the third cards. */
	fresh_import("officer");
	newcomer(&officer);
	import_and_go_on();
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
