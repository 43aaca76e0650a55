/*
 * What happens after what on a new connection: see session.h.
 *
 *	hello -> marks -> chains -> subscribe -> chains again -> going
 *
 * The chains are followed before anything of a channel is opened, and once
 * more after the subscription began: what happened in between is told by
 * nobody.
 */
#include <string.h>

#include "session/session_inner.h"
#include "wire/chain.h"
#include "wire/op.h"

#define PING_MS	     (10 * 60 * 1000)
#define GREET_MIN_MS 1000
#define GREET_MAX_MS 60000

void session_lost(struct session *s)
{
	s->phase = PHASE_NONE;
	s->connection = 0;
	s->put_off = false;
	s->greet_at = 0;
	s->greet_pause = GREET_MIN_MS;
	s->trusted = false;
	if (s->parts.follow == NULL)
		return;
	mailbox_lost(s->mailbox);
	channels_online(s->parts.channels, false);
	outbox_online(s->parts.outbox, false);
	acts_online(s->parts.acts, false);
	proofs_online(s->parts.proofs, false);
	enrolment_online(s->parts.enrolment, false);
}

void session_pushed(void *ctx, const struct wire_message *m)
{
	struct session *s = ctx;

	if (m->header.op == WIRE_OP_NOTICE) {
		follow_notice(s->parts.follow, m);
		mailbox_noticed(s->mailbox);
	} else if (m->header.op == WIRE_OP_PUSH)
		mailbox_push(s->mailbox, m);
}

/* ---- time ---------------------------------------------------------------- */

static void tell_time(struct session *s)
{
	uint64_t now = session_now(s);

	follow_time(s->parts.follow, now, s->doubtful);
	channels_time(s->parts.channels, now);
	messages_time(s->parts.messages, now);
}

static void hear_time(struct session *s, const struct wire_time *t)
{
	uint64_t now = session_now(s);

	s->doubtful = t->doubtful;
	/* The daemon's time never goes back; ours may have run ahead. */
	s->heard = t->now > now || s->heard == 0 ? t->now : now;
	s->heard_at = session_ms(s);
	tell_time(s);
}

static void ponged(void *ctx, const struct requests_outcome *o)
{
	struct session *s = ctx;
	struct wire_time t;

	if (o->rc == 0 && wire_time_decode(o->answer, &t) == 0)
		hear_time(s, &t);
}

static void ping(struct session *s, uint64_t now_ms)
{
	const struct requests_new n = {
		.op = WIRE_OP_PING, .done = ponged, .ctx = s};

	if (s->phase != PHASE_GOING || now_ms < s->ping_at)
		return;
	s->ping_at = now_ms + PING_MS;
	/* Too much is open: the next time. */
	(void)!requests_start(s->requests, &n);
}

/* ---- revoked ------------------------------------------------------------- */

/* Whatever the answer: it goes on no more until somebody connects anew. */
static void told_why(void *ctx, const struct requests_outcome *o)
{
	struct session *s = ctx;
	struct wire_statement_put a;
	struct wire_statement st;
	int rc = o->rc;

	if (rc == 0)
		rc = wire_statement_put_decode(o->answer, &a);
	if (rc == 0)
		rc = follow_revoked(s->parts.follow, a.statement, &st);
	s->over = true;
	s->fault = rc == 0 ? self_revoked(s->self, &st)
			   : self_known(s->self, false);
}

static void ask_why(struct session *s)
{
	const struct requests_new n = {
		.op = WIRE_OP_REVOCATION, .done = told_why, .ctx = s};

	/* No version was agreed on: this question is as old as the code. */
	requests_version(s->requests, WIRE_VERSION_HIGH);
	/* Too much is open: after the next hello. */
	(void)!requests_start(s->requests, &n);
}

/* ---- hello --------------------------------------------------------------- */

/*
 * What the daemon refuses now it may take later on the same connection: a card
 * that begins in a moment by its clock, and nothing would end the connection.
 */
static void greet_later(struct session *s, bool refused)
{
	s->phase = PHASE_NONE;
	s->put_off = refused;
	s->greet_at = session_ms(s) + s->greet_pause;
	s->greet_pause = s->greet_pause < GREET_MAX_MS / 2 ? 2 * s->greet_pause
							   : GREET_MAX_MS;
}

static void greeted(void *ctx, const struct requests_outcome *o)
{
	struct session *s = ctx;
	struct wire_hello_answer a;

	if (o->rc != 0 || wire_hello_answer_decode(o->answer, &a) != 0) {
		greet_later(s, o->rc != 0 && o->rc != ROWAN_E_AGAIN);
		if (o->rc == ROWAN_E_REVOKED)
			ask_why(s);
		return;
	}
	s->put_off = false;
	requests_version(s->requests, a.version);
	s->fault = self_known(s->self, true);
	if (s->fault == 0)
		s->fault = readmit_greeted(s->parts.readmit, a.counter,
			outbox_counter(s->parts.outbox));
	outbox_greeted(s->parts.outbox, &a);
	hear_time(s, &a.time);
	s->ping_at = session_ms(s) + PING_MS;
	s->phase = PHASE_CHAINS;
	follow_catch_up(s->parts.follow, NULL);
}

static int greet(struct session *s)
{
	static const struct wire_hello hello = {
		{WIRE_VERSION_LOW, WIRE_VERSION_HIGH}};
	struct requests_new n = {
		.op = WIRE_OP_HELLO, .done = greeted, .ctx = s};
	uint8_t mem[16];
	struct writer w;
	int rc;

	writer_init_fixed(&w, mem, sizeof mem);
	rc = wire_hello_encode(&hello, &w);
	n.body = writer_view(&w);
	if (rc == 0)
		rc = requests_start(s->requests, &n);
	if (rc == 0)
		s->phase = PHASE_GREETING;
	else if (rc == ROWAN_E_AGAIN)
		greet_later(s, false);
	return rc == ROWAN_E_AGAIN ? 0 : rc;
}

/* ---- phases -------------------------------------------------------------- */

/* It was greeted and is unknown now: perhaps the next hello tells why. */
static void greet_anew(struct session *s)
{
	uint64_t connection = s->connection, pause = s->greet_pause;

	session_lost(s);
	s->connection = connection;
	s->greet_pause = pause;
	greet_later(s, true);
}

static void next_phase(struct session *s)
{
	bool done = s->trusted && !follow_busy(s->parts.follow);

	if (s->phase >= PHASE_CHAINS && follow_refused(s->parts.follow)) {
		greet_anew(s);
		return;
	}
	/* An old copy opens nothing and acknowledges nothing. */
	if (s->phase == PHASE_CHAINS && done &&
		!readmit_locked(s->parts.readmit)) {
		s->phase = PHASE_BETWEEN;
		mailbox_greeted(s->mailbox);
		follow_catch_up(s->parts.follow, NULL);
	} else if (s->phase == PHASE_BETWEEN && done) {
		s->phase = PHASE_GOING;
		session_ask_next(s);
	}
}

void session_online(struct session *s)
{
	bool chains = s->trusted && !follow_busy(s->parts.follow);
	bool current = s->phase == PHASE_GOING && chains &&
		       mailbox_current(s->mailbox) &&
		       !readmit_locked(s->parts.readmit);

	channels_online(s->parts.channels, current);
	outbox_online(s->parts.outbox, current);
	/* Statements use no key of a channel. */
	acts_online(s->parts.acts, chains);
	proofs_online(s->parts.proofs, s->phase == PHASE_GOING && chains);
	enrolment_online(s->parts.enrolment, s->trusted);
}

/* ---- the daemon ---------------------------------------------------------- */

/* Nothing more is said or heard; another server, or this one later. */
static void refuse(struct session *s)
{
	uint64_t connection = s->connection;

	session_lost(s);
	s->connection = connection;
	s->greet_at = UINT64_MAX;
	if (s->link != NULL)
		link_next(s->link, session_ms(s));
}

/* With all there is to know, and again when there is news or its end. */
static int judge(struct session *s)
{
	int rc;

	if (s->phase < PHASE_CHAINS ||
		(s->trusted ? !session_daemon_due(s)
			    : follow_busy(s->parts.follow)))
		return 0;
	rc = session_daemon_judge(s, true);
	if (rc == 0 && !s->trusted)
		refuse(s);
	return rc;
}

/* A revocation that is known already is not taken back. */
static int begin(struct session *s)
{
	int rc = session_daemon_judge(s, false);

	/* Where a host names the place, nobody is asked (session_ask_next). */
	if (s->link != NULL)
		enrolment_served(s->parts.enrolment, &link_server(s->link)->key,
			s->endpoint == NULL ? ENROLMENT_KEY_UNTOLD
					    : ENROLMENT_KEY_PRESENT);
	if (rc == 0 && s->daemon_code == ROWAN_E_REVOKED)
		refuse(s);
	/* Before it was judged it is not greeted. */
	if (rc != 0)
		s->connection = 0;
	return rc;
}

int session_greet_step(struct session *s, uint64_t now_ms)
{
	const struct transport *t = s->transport;
	uint64_t connection = t->connection(t->ctx);
	int rc = 0;

	/* Time goes on without a connection, too: what ends, ends. */
	if (s->heard != 0)
		tell_time(s);
	if (s->over && s->link != NULL)
		link_close(s->link);
	if (s->state == TRANSPORT_REFUSED)
		rc = self_known(s->self, false);
	if (s->state != TRANSPORT_UP) {
		session_lost(s);
		return rc;
	}
	if (connection != s->connection) {
		session_lost(s);
		s->connection = connection;
		rc = begin(s);
	}
	if (rc == 0 && s->phase == PHASE_NONE && !s->over &&
		session_ms(s) >= s->greet_at)
		rc = greet(s);
	if (rc == 0)
		rc = judge(s);
	next_phase(s);
	ping(s, now_ms);
	session_online(s);
	return rc;
}
