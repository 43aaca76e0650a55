/*
 * A registrar who signs what they may not, and a daemon that lets it through:
 * every client refuses it and says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/device_kit.h"
#include "lib/double_line.h"
#include "wire/op.h"

static struct double_clinic clinic;
static struct cast *t;
static struct device_kit d;

/* The statement that the daemon shows as the clinic's next. */
static struct buf smuggled;
static struct id16 asked;

static enum double_fate smuggle(void *ctx, struct double_message *m)
{
	static struct wire_chain_answer a;
	const struct wire_message msg = {
		.header = m->header, .body = buf_view(&m->frame[1])};
	struct wire_chain_fetch q;
	struct writer w;

	if (m->way == DOUBLE_REQUEST && m->header.op == WIRE_OP_CHAIN_FETCH &&
		wire_chain_fetch_decode(&msg, &q) == 0)
		asked = q.chain;
	if (m->way != DOUBLE_ANSWER || !id16_eq(&asked, &(struct id16){{0}}) ||
		m->header.op != (WIRE_OP_CHAIN_FETCH | WIRE_ANSWER))
		return DOUBLE_PASS;
	assert_int_equal(wire_chain_answer_decode(&msg, &a), 0);
	a = (struct wire_chain_answer){.first = t->w.clinic.number + 1,
		.count = 1,
		.newest = {.number = t->w.clinic.number + 1}};
	a.items[0].statement = buf_view(&smuggled);
	writer_init(&w, WIRE_FRAME_MAX);
	assert_int_equal(wire_chain_answer_encode(&a, &w), 0);
	assert_int_equal(buf_set(&m->frame[1], writer_view(&w)), 0);
	writer_wipe(&w);
	return DOUBLE_PASS;
}

static int setup(void **state)
{
	double_clinic_begin(&clinic);
	t = &clinic.cast;
	return 0;
}

static int teardown(void **state)
{
	double_clinic_end(&clinic);
	return 0;
}

/* A card by the registrar in a statement by the registrar. */
static void make(struct world_person *p, struct wire_card *card,
	const struct world_person *consents)
{
	struct wire_statement s;
	struct buf raw;
	struct writer w;

	if (consents != NULL) {
		card->has_consent = true;
		card->consent.device = consents->device;
		writer_init(&w, 512);
		assert_int_equal(wire_card_request(card, &w), 0);
		memset(&card->consent.signature, 7, 64);
		writer_wipe(&w);
	}
	world_issue(&t->w, p, &t->registrar, card, &raw);
	world_statement(&t->w, NULL, WIRE_ST_CARD, &s);
	s.u.card = buf_view(&raw);
	world_sign(&t->w, &t->registrar, &s, &smuggled);
	buf_wipe(&raw);
}

/* Nobody takes it: neither who sees all of the chain nor who sees a part. */
static void refused_by_all(const struct world_person *p)
{
	const struct world_person *all[] = {
		&t->coordinator, &t->advocate, &t->victim};
	struct trust_card card;
	struct buf raw;

	for (size_t i = 0; i < 3; i++) {
		relay_double_hook(clinic.d, NULL, NULL);
		device_kit_begin(&d, &clinic, all[i], false);
		device_kit_settle(&d);
		assert_int_equal(device_kit_alarms(&d, 0), 0);
		relay_double_hook(clinic.d, smuggle, NULL);
		device_kit_catch_up(&d);
		assert_int_equal(
			device_kit_alarms(&d, ROWAN_ALARM_UNSIGNED), 1);
		assert_int_equal(follow_card(d.follow, &p->device, &card, &raw),
			ROWAN_E_NOT_FOUND);
		assert_int_equal(
			follow_clinic(d.follow)->number, t->w.clinic.number);
		device_kit_end(&d);
	}
	buf_wipe(&smuggled);
}

static void a_coordinator(void **state)
{
	struct world_person p;
	struct wire_card card;

	world_person(&p, "crony");
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	card.rights = WIRE_RIGHT_COORDINATE;
	make(&p, &card, NULL);
	refused_by_all(&p);
}

static void another_registrar(void **state)
{
	struct world_person p;
	struct wire_card card;

	world_person(&p, "crony");
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	card.rights = WIRE_RIGHT_ENROL;
	card.scope.roles = 1 << WIRE_ROLE_CASEWORKER;
	card.scope.validity_max = 86400;
	make(&p, &card, NULL);
	refused_by_all(&p);
}

static void a_daemon(void **state)
{
	struct world_person p;
	struct wire_card card;

	world_person(&p, "crony");
	world_card(&t->w, &p, WIRE_ROLE_DAEMON, "advocacy", &card);
	make(&p, &card, NULL);
	refused_by_all(&p);
}

static void a_witness(void **state)
{
	struct world_person p;
	struct wire_card card;

	world_person(&p, "crony");
	world_card(&t->w, &p, WIRE_ROLE_WITNESS, "advocacy", &card);
	make(&p, &card, NULL);
	refused_by_all(&p);
}

static void a_card_of_another_agency(void **state)
{
	struct world_person p;
	struct wire_card card;

	world_person(&p, "crony");
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "police", &card);
	make(&p, &card, NULL);
	refused_by_all(&p);
}

static void a_card_for_longer_than_the_scope(void **state)
{
	struct world_person p;
	struct wire_card card;

	world_person(&p, "crony");
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	card.not_after = card.not_before + 366ull * 86400;
	make(&p, &card, NULL);
	refused_by_all(&p);
}

static void a_colleagues_second_device(void **state)
{
	struct world_person p;
	struct wire_card card;

	world_person(&p, "crony");
	p.member = t->advocate.member;
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	make(&p, &card, NULL);
	refused_by_all(&p);
	/* Nor with a consent that nobody gave. */
	world_card(&t->w, &p, WIRE_ROLE_CASEWORKER, "advocacy", &card);
	make(&p, &card, &t->advocate);
	refused_by_all(&p);
}

/*
 * A victim's card alone gives nothing: without an assignment, which only a
 * coordinator signs, the device takes part in no channel.
 */
static void a_victims_card_without_an_assignment(void **state)
{
	struct world_person p;
	struct wire_card card;
	struct id16 id;

	world_person(&p, "crony");
	cast_victim_card(t, &p, &card);
	assert_int_equal(world_enrol(&t->w, &p, &t->registrar, &card), 0);
	device_kit_begin(&d, &clinic, &t->advocate, false);
	device_kit_settle(&d);
	for (uint8_t kind = 1; kind <= 3; kind++) {
		id = case_channel(t->c, kind)->channel;
		assert_int_not_equal(follow_may(d.follow, &id, &p.device), 0);
	}
	assert_int_equal(device_kit_alarms(&d, 0), 0);
	device_kit_end(&d);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_coordinator),
		TEST(another_registrar),
		TEST(a_daemon),
		TEST(a_witness),
		TEST(a_card_of_another_agency),
		TEST(a_card_for_longer_than_the_scope),
		TEST(a_colleagues_second_device),
		TEST(a_victims_card_without_an_assignment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
