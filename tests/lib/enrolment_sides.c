/*
 * Both sides of an enrolment: see enrolment_sides.h.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "lib/double_line.h"
#include "lib/enrolment_sides.h"
#include "lib/faulty_vault.h"
#include "wire/armour.h"
#include "wire/servers.h"

struct sides sides;

/* ---- sides ---- */

static void nothing(void *ctx)
{
}

static void called(void *ctx)
{
	((struct guest *)ctx)->called++;
}

void sides_open_desk(void)
{
	const struct enrolment_options o = {.vault = sides.d.kit.vault,
		.events = sides.d.events,
		.me = &sides.d.me,
		.enrolled = nothing};
	const struct enrolment_parts parts = {
		sides.d.q, sides.d.follow, sides.d.acts};

	assert_int_equal(enrolment_new(&sides.desk, &o), 0);
	enrolment_attach(sides.desk, &parts);
}

static void open_guest(struct guest *x)
{
	struct enrolment_options o = {.me = &x->me,
		.events = x->events,
		.vault = x->kit.vault,
		.enrolled = called,
		.ctx = x};
	struct wire_key key;

	assert_int_equal(identity_get(x->kit.vault, &x->me), 0);
	assert_int_equal(events_new(&x->events, x->kit.vault), 0);
	o.events = x->events;
	assert_int_equal(
		crypto_scalarmult_base(key.b, x->me.transport_secret.b), 0);
	o.transport =
		relay_double_stranger(sides.clinic.d, &x->me.device, key.b);
	relay_double_cut(sides.clinic.d, &x->me.device);
	assert_int_equal(enrolment_new(&x->e, &o), 0);
}

static void close_guest(struct guest *x)
{
	enrolment_free(x->e);
	events_free(x->events);
	identity_wipe(&x->me);
	x->e = NULL;
}

void sides_guest(struct guest *x)
{
	memset(x, 0, sizeof *x);
	vault_kit_begin(&x->kit);
	assert_int_equal(identity_make(&x->me, NULL), 0);
	assert_int_equal(vault_begin(x->kit.vault), 0);
	assert_int_equal(identity_put(x->kit.vault, &x->me), 0);
	assert_int_equal(vault_commit(x->kit.vault), 0);
	identity_wipe(&x->me);
	open_guest(x);
}

void sides_guest_end(struct guest *x)
{
	close_guest(x);
	vault_kit_end(&x->kit);
}

void sides_restart(void)
{
	enrolment_free(sides.desk);
	device_kit_again(&sides.d);
	sides_open_desk();
	close_guest(&sides.g);
	vault_kit_again(&sides.g.kit);
	open_guest(&sides.g);
}

/* ---- files ---- */

void sides_add(struct writer *w, uint8_t kind, struct bytes object)
{
	assert_int_equal(armour_write(kind, object, w), 0);
}

void sides_add_servers(struct writer *w, const struct wire_key *key)
{
	struct wire_servers s = {.main_count = 1, .enrol_count = 1};
	struct writer raw;

	s.main[0] = (struct wire_server){
		bytes_of("tcp://clinic.example:7410", 25), *key};
	s.enrol[0] = (struct wire_server){
		bytes_of("tcp://[2001:db8::1]:7411", 24), {{7}}};
	writer_init(&raw, WIRE_SERVERS_MAX);
	assert_int_equal(wire_servers_encode(&s, &raw), 0);
	sides_add(w, ARMOUR_SERVERS, writer_view(&raw));
	writer_wipe(&raw);
}

void sides_add_daemon(struct writer *w)
{
	struct wire_card card;
	struct buf raw;

	world_card(&sides.t->w, &sides.daemon_person, WIRE_ROLE_DAEMON,
		"clinic", &card);
	world_issue(&sides.t->w, &sides.daemon_person, NULL, &card, &raw);
	sides_add(w, ARMOUR_CARD, buf_view(&raw));
	buf_wipe(&raw);
}

/* Hers is lost: whoever is invited for the case gets her another one. */
static void lose_hers(struct cast *t)
{
	struct wire_statement s;

	world_statement(&t->w, NULL, WIRE_ST_REVOKE, &s);
	s.u.revoke.device = t->victim.device;
	s.u.revoke.reason = WIRE_REVOKE_LOST;
	assert_int_equal(world_act(&t->w, NULL, &s, &t->coordinator), 0);
}

int sides_setup(void **state)
{
	struct writer w;

	faulty_vault_revive();
	double_clinic_begin(&sides.clinic);
	sides.t = &sides.clinic.cast;
	lose_hers(sides.t);
	world_person(&sides.daemon_person, "daemon");
	device_kit_begin(&sides.d, &sides.clinic, &sides.t->registrar, true);
	sides_open_desk();
	writer_init(&w, 1 << 16);
	sides_add_daemon(&w);
	sides_add_servers(&w, &sides.daemon_person.transport_key);
	assert_int_equal(enrolment_install(sides.desk, writer_view(&w)), 0);
	writer_wipe(&w);
	device_kit_settle(&sides.d);
	sides_guest(&sides.g);
	memset(&sides.ours, 0, sizeof sides.ours);
	memset(&sides.theirs, 0, sizeof sides.theirs);
	return 0;
}

int sides_teardown(void **state)
{
	sides_guest_end(&sides.g);
	enrolment_free(sides.desk);
	device_kit_end(&sides.d);
	double_clinic_end(&sides.clinic);
	return 0;
}

/* ---- working ---- */

void sides_hear(struct events *x, struct news *n)
{
	struct event e;
	struct buf text;

	/* Seen is seen, though it comes again when that was not kept. */
	while (!faulty_vault_hit() && events_next(x, &e, &text) == 0) {
		if (e.number <= n->last)
			e.type = 0;
		n->last = e.number;
		switch (e.type) {
		case ROWAN_EVENT_COMPARE:
			n->compares++;
			assert_int_equal(text.len, 11);
			memcpy(n->code, text.data, text.len);
			break;
		case ROWAN_EVENT_ENROLLED:
			n->enrolled++;
			n->device = e.device;
			break;
		case ROWAN_EVENT_ENROL_FAILED:
			n->failed++;
			n->why = e.code;
			break;
		case ROWAN_EVENT_ALARM:
			n->alarms += e.code == ROWAN_ALARM_REDEEMED;
			break;
		}
		buf_wipe(&text);
		if (events_done(x, e.number) != 0)
			break;
	}
}

void sides_step(struct guest *also)
{
	uint64_t ms = relay_double_ms(sides.clinic.d);

	for (int i = 0; i < 8; i++) {
		(void)device_kit_step(&sides.d);
		enrolment_online(sides.desk, sides.d.up);
		(void)!enrolment_step(sides.desk, ms);
		(void)!enrolment_step(sides.g.e, ms);
		if (also != NULL)
			(void)!enrolment_step(also->e, ms);
	}
	relay_double_pass(sides.clinic.d, 500);
	follow_time(sides.d.follow, relay_double_now(sides.clinic.d), false);
	sides_hear(sides.d.events, &sides.ours);
	sides_hear(sides.g.events, &sides.theirs);
}

int sides_invite(const struct id16 *case_id, struct id16 *ret, struct writer *w)
{
	struct enrolment_offer o = {
		.role = WIRE_ROLE_CASEWORKER, .lifetime = 3600};

	if (case_id != NULL) {
		o.case_id = *case_id;
		o.role = WIRE_ROLE_VICTIM;
	}
	return enrolment_invite(sides.desk, &o, ret, w);
}

/* Invite, and let them come as far as they do in a minute. */
struct id16 sides_meet(const struct id16 *case_id)
{
	struct writer w;
	struct id16 id;

	writer_init(&w, 1024);
	assert_int_equal(sides_invite(case_id, &id, &w), 0);
	assert_int_equal(enrolment_redeem(sides.g.e, writer_view(&w)), 0);
	assert_int_equal(enrolment_redeem(sides.g.e, writer_view(&w)), 0);
	for (int i = 0; i < 120 && sides.ours.compares == 0; i++)
		sides_step(NULL);
	for (int i = 0; i < 8; i++)
		sides_step(NULL);
	writer_wipe(&w);
	return id;
}
