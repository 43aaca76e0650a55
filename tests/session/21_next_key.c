/*
 * The daemon's next transport key: whoever is connected learns where it is
 * served, because the authority has carded it, and goes on there when the
 * present one serves no more. A key that nobody carded is not taken. An invite
 * that is made after that has the enrolment port's key of then, or waits until
 * that is known.
 */
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include <sodium.h>

#include "session/enrolment/enrolment_inner.h"
#include "session/kit.h"
#include "trust/issue.h"
#include "wire/armour.h"

#define NEXT	2
#define VALID	(300 * 86400)
#define AHEAD	300 /* seconds */
#define SERVERS 3

static struct person coordinator, advocate;
static struct person newcomer;
static int next_port;
static size_t settings; /* in front of the next key's */

static void append(uint8_t kind, struct bytes raw)
{
	FILE *f = fopen(kit_clinic.import, "ae");
	struct writer w;

	KIT_CHECK(f != NULL);
	writer_init(&w, 1 << 16);
	KIT_CHECK(armour_write(kind, raw, &w) == 0);
	KIT_CHECK(fwrite(w.data, 1, w.len, f) == w.len && fclose(f) == 0);
	writer_wipe(&w);
}

/* The card of the key after the present one, with a log key of its own. */
static void card_next(void)
{
	struct wire_request q = {.clinic = kit_clinic.clinic.id,
		.role = WIRE_ROLE_DAEMON,
		.agency = bytes_of("clinic", 6)};
	struct wire_statement s;
	struct seed_server server;
	struct wire_card card;
	struct writer raw, w;
	uint8_t seed[32];
	/* The authority's clock is ahead of the daemon's. */
	uint64_t now = (uint64_t)time(NULL) + AHEAD;

	randombytes_buf(q.member.b, ID16_LEN);
	randombytes_buf(q.device.b, ID16_LEN);
	randombytes_buf(seed, sizeof seed);
	seed_server(NEXT, &server);
	memcpy(q.transport_key.b, server.public, sizeof q.transport_key.b);
	writer_init(&w, WIRE_REQUEST_MAX);
	KIT_CHECK(issue_request(&q, seed, &w) == 0);
	writer_wipe(&w);
	issue_begin(&q, &card);
	card.not_before = card.issued_at = now;
	card.not_after = now + VALID;
	writer_init(&raw, WIRE_CARD_MAX);
	KIT_CHECK(authority_card(kit_clinic.key, buf_view(&kit_clinic.record),
			  &card, &raw) == 0);
	authority_begin(&kit_clinic.clinic, WIRE_ST_CARD, now, &s);
	s.u.card = writer_view(&raw);
	writer_init(&w, WIRE_STATEMENT_MAX);
	KIT_CHECK(authority_sign(kit_clinic.key, NULL, &s, &w) == 0);
	KIT_CHECK(wire_statement_decode(writer_view(&w), &s) == 0);
	KIT_CHECK(rules_apply_clinic(&kit_clinic.clinic, &s) == 0);
	append(ARMOUR_STATEMENT, writer_view(&w));
	writer_wipe(&w);
	writer_wipe(&raw);
}

static bool knows(struct person *p, size_t i, int port, int key)
{
	const struct identity *me = parts_of(p)->me;
	struct seed_server server;
	char endpoint[64];

	seed_server(key, &server);
	snprintf(endpoint, sizeof endpoint, "tcp://127.0.0.1:%d", port);
	return i < me->server_count &&
	       strcmp(me->servers[i].endpoint, endpoint) == 0 &&
	       memcmp(me->servers[i].key.b, server.public, KEY32_LEN) == 0;
}

static bool learned(void *ctx)
{
	return parts_of(ctx)->me->server_count == SERVERS;
}

static bool over_there(void *ctx)
{
	return session_link(((struct person *)ctx)->s) == SESSION_CURRENT &&
	       knows(ctx, 0, next_port, NEXT);
}

static void begin(bool carded)
{
	char text[ROWAND_PATH_MAX];

	sessions_begin(ROWAND_NO_LIMITS);
	next_port = kit_free_port();
	/* The enrolment port has the main one's key, as it is by itself. */
	kit_daemon.enrol_key = 0;
	settings = strlen(kit_daemon.settings);
	snprintf(text, sizeof text,
		"listen_next = [ \"tcp://127.0.0.1:%d\" ];\n"
		"transport_key_next = \"%.1000s/next.key\";\n",
		next_port, kit_daemon.dir);
	rowand_set(&kit_daemon, text);
	kit_key("next.key", NEXT);
	person_create(&coordinator, "coordinator");
	person_create(&advocate, "advocate");
	person_carded(&coordinator, "police",
		WIRE_RIGHT_COORDINATE | WIRE_RIGHT_ENROL);
	person_carded(&advocate, "advocacy", 0);
	if (carded)
		card_next();
	sessions_run();
	sessions_settle();
}

/* The daemon has said so, on this connection. */
static bool at_next(void *ctx)
{
	return parts_of(ctx)->enrolment->which == ENROLMENT_KEY_NEXT;
}

static bool back_at_main(void *ctx)
{
	return session_link(((struct person *)ctx)->s) == SESSION_CURRENT &&
	       knows(ctx, 0, kit_daemon.port, NEXT);
}

/* One is invited and comes in. */
static void invite(const char *name)
{
	struct id16 id;

	person_create(&newcomer, name);
	id = person_invites(&coordinator, NULL, &newcomer);
	people_compare(&coordinator, &id, &newcomer);
	sessions_settle();
	person_close(&newcomer);
}

/* Right after connecting, as soon as there can be an invite at all. */
struct at_once {
	struct writer text;
	struct id16 id;
	bool waited; /* for the daemon to tell which key it is */
};

static bool invited(void *ctx)
{
	const struct enrolment_offer offer = {
		.role = WIRE_ROLE_CASEWORKER, .lifetime = 3600};
	struct enrolment *e = parts_of(&coordinator)->enrolment;
	struct at_once *x = ctx;
	int rc = enrolment_invite(e, &offer, &x->id, &x->text);

	KIT_CHECK(rc == 0 || rc == ROWAN_E_AGAIN);
	x->waited = x->waited || (rc != 0 && enrolment_now(e) != 0);
	return rc == 0;
}

static void invite_at_once(const char *name)
{
	struct at_once x = {.waited = false};

	person_close(&coordinator);
	person_open(&coordinator);
	writer_init(&x.text, 1024);
	KIT_CHECK(sessions_until(invited, &x) && x.waited);
	person_create(&newcomer, name);
	KIT_CHECK(enrolment_redeem(parts_of(&newcomer)->enrolment,
			  writer_view(&x.text)) == 0);
	KIT_CHECK(session_step(newcomer.s) == 0);
	people_compare(&coordinator, &x.id, &newcomer);
	sessions_settle();
	person_close(&newcomer);
	writer_wipe(&x.text);
}

/* The next key serves in the place of the present one, and alone. */
static void take_over(int port)
{
	KIT_CHECK(rowand_kill(&kit_daemon, SIGTERM) == 0);
	kit_daemon.settings[settings] = '\0';
	kit_daemon.main_key = kit_daemon.enrol_key = NEXT;
	kit_daemon.port = port;
	KIT_CHECK(rowand_start(&kit_daemon) == 0);
	KIT_CHECK(sessions_until(back_at_main, &coordinator));
}

int main(void)
{
	struct id16 case_id, team;
	int port;

	/* Announced, and bound by no card: the daemon's word is not enough. */
	begin(false);
	KIT_CHECK(parts_of(&advocate)->me->server_count == 1);
	KIT_CHECK(sessions_end() == 0);

	begin(true);
	port = kit_daemon.port;
	KIT_CHECK(sessions_until(learned, &advocate));
	KIT_CHECK(sessions_until(learned, &coordinator));
	KIT_CHECK(knows(&advocate, 0, port, 0));
	KIT_CHECK(knows(&advocate, 1, next_port, NEXT));
	KIT_CHECK(knows(&advocate, 2, port, NEXT));
	invite("before");

	/* The present key serves no more; nobody was told anything else. */
	KIT_CHECK(rowand_kill(&kit_daemon, SIGTERM) == 0);
	kit_daemon.port = kit_free_port();
	KIT_CHECK(rowand_start(&kit_daemon) == 0);
	KIT_CHECK(sessions_until(over_there, &advocate));
	/* Kept: a program that begins now goes there at once. */
	person_close(&coordinator);
	person_open(&coordinator);
	KIT_CHECK(sessions_until(over_there, &coordinator));
	/* Served under the next key, while enrolment is not yet. */
	KIT_CHECK(sessions_until(at_next, &coordinator));
	invite("between");
	invite_at_once("between, too");
	case_id = sessions_case(&coordinator);
	team = sessions_channel(&coordinator, &case_id, WIRE_CHANNEL_TEAM);
	sessions_assign(&coordinator, &team, &advocate);
	(void)person_event(&advocate, ROWAN_EVENT_CHANNEL);
	take_over(port);
	invite("after");
	invite_at_once("after, too");
	KIT_CHECK(advocate.alarms == 0 && coordinator.alarms == 0);
	return sessions_end();
}
