/*
 * The daemon's card ends, is renewed, and is revoked. While it has ended
 * nobody subscribes or says a word; once it is renewed everything goes on by
 * itself. Under a revoked one the daemon is not even greeted, and people are
 * told.
 */
#include <signal.h>
#include <stdio.h>

#include "session/scene.h"
#include "wire/armour.h"
#include "wire/op.h"

#define DAY 86400

static unsigned greeted, worked;

static enum middle_fate count(void *ctx, struct middle_message *m)
{
	if (m->way != MIDDLE_REQUEST)
		return MIDDLE_PASS;
	greeted += m->op == WIRE_OP_HELLO;
	worked += m->op == WIRE_OP_SUBMIT || m->op == WIRE_OP_SUBSCRIBE ||
		  m->op == WIRE_OP_STATEMENT_PUT || m->op == WIRE_OP_COMMIT;
	return MIDDLE_PASS;
}

static bool refuse(void *ctx)
{
	const int *code = ctx;

	return session_refuses(scene.coordinator.s) == *code &&
	       session_refuses(scene.advocate.s) == *code &&
	       session_refuses(scene.victim.s) == *code;
}

/* Everybody has left it alone, and still does a while later. */
static void refused(int code, uint64_t seconds)
{
	KIT_CHECK(sessions_until(refuse, &code));
	greeted = worked = 0;
	pace_live(seconds);
	KIT_CHECK(sessions_until(refuse, &code));
	KIT_CHECK(worked == 0);
	KIT_CHECK(session_link(scene.victim.s) == SESSION_TRYING);
}

/* The same card for longer: its keys stay. */
static void renew(void)
{
	struct clinic_of_sessions *k = &kit_clinic;
	/* As rowanctl cards export would tell the authority. */
	const struct clinic *c =
		follow_clinic(parts_of(&scene.coordinator)->follow);
	struct wire_statement s;
	struct wire_card card;
	struct writer raw, w;
	FILE *f;

	KIT_CHECK(wire_card_decode(buf_view(&k->daemon_card), &card) == 0);
	card.not_after += 300ull * DAY;
	card.issued_at = card.not_before = pace_now() - 5;
	writer_init(&raw, WIRE_CARD_MAX);
	KIT_CHECK(
		authority_card(k->key, buf_view(&k->record), &card, &raw) == 0);
	authority_begin(c, WIRE_ST_CARD, pace_now() - 5, &s);
	s.u.card = writer_view(&raw);
	writer_init(&w, WIRE_STATEMENT_MAX);
	KIT_CHECK(authority_sign(k->key, NULL, &s, &w) == 0);
	KIT_CHECK(snprintf(k->import, sizeof k->import, "%s/renewed.txt",
			  kit_daemon.dir) > 0);
	f = fopen(k->import, "we");
	KIT_CHECK(f != NULL);
	raw.len = 0;
	KIT_CHECK(armour_write(ARMOUR_STATEMENT, writer_view(&w), &raw) == 0);
	KIT_CHECK(fwrite(raw.data, 1, raw.len, f) == raw.len && fclose(f) == 0);
	writer_wipe(&raw);
	writer_wipe(&w);
	KIT_CHECK(rowand_kill(&kit_daemon, SIGTERM) == 0);
	KIT_CHECK(rowand_import(&kit_daemon, k->import) == 0);
	kit_run();
}

static void end_it(void)
{
	struct acts_revocation r = {.reason = WIRE_REVOKE_LOST};
	struct wire_card card;
	uint64_t act;

	KIT_CHECK(wire_card_decode(buf_view(&kit_clinic.daemon_card), &card) ==
		  0);
	r.device = card.device;
	KIT_CHECK(
		acts_revoke(parts_of(&scene.coordinator)->acts, &r, &act) == 0);
	KIT_CHECK(session_step(scene.coordinator.s) == 0);
	(void)person_event(&scene.coordinator, ROWAN_EVENT_REVOKED);
}

int main(void)
{
	struct id16 kept;

	kit_clinic.daemon_valid = 20 * DAY;
	scene_begin(SCENE_SUPPORT, NULL);
	middle_set(count, NULL);
	scene_together(&scene.victim, &scene.support, 2);
	sessions_settle();

	/* On an open connection; and it is asked for its renewal. */
	pace_pass(21 * DAY);
	refused(ROWAN_E_EXPIRED, 600);
	KIT_CHECK(greeted > 0);
	kept = scene_say(&scene.victim, &scene.support, "are you there");
	refused(ROWAN_E_EXPIRED, 10);
	person_close(&scene.advocate);
	person_open(&scene.advocate);
	refused(ROWAN_E_EXPIRED, 10);
	KIT_CHECK(!scene_has(&scene.advocate, &kept));
	scene_leapt();
	scene_quiet();

	renew();
	scene_heard(&scene.advocate, &kept);
	KIT_CHECK(session_refuses(scene.victim.s) == 0);
	sessions_settle();
	scene_leapt();
	scene_quiet();

	end_it();
	(void)scene_say(&scene.victim, &scene.support, "and now");
	refused(ROWAN_E_REVOKED, 10);
	KIT_CHECK(greeted == 0);
	scene_alarm(&scene.advocate, ROWAN_ALARM_DAEMON);
	scene_alarm(&scene.victim, ROWAN_ALARM_DAEMON);
	person_close(&scene.victim);
	person_open(&scene.victim);
	refused(ROWAN_E_REVOKED, 10);
	KIT_CHECK(greeted == 0);
	return scene_end();
}
