/*
 * The parts of a session, made when the device has a card, and what they ask
 * of each other: see session_inner.h.
 */
#include <string.h>

#include "session/session_inner.h"

/* ---- between the parts --------------------------------------------------- */

void session_aborted(struct session *s)
{
	events_aborted(s->parts.events);
	if (s->parts.follow == NULL)
		return;
	acts_aborted(s->parts.acts);
	transfer_aborted(s->parts.transfer);
}

static void aborted(void *ctx)
{
	session_aborted(ctx);
}

static void changed(void *ctx, const struct id16 *case_id)
{
	/* Whoever depends on it looks again at the next step. */
}

static int forget(void *ctx, uint64_t counter)
{
	return 0;
}

static void sent(void *ctx, const struct id16 *blob, int rc)
{
}

static void got(
	void *ctx, const struct transfer_what *what, int rc, struct bytes data)
{
}

/* ---- making -------------------------------------------------------------- */

static int make_link(struct session *s)
{
	struct link_options o = {.secret = &s->me.transport_secret,
		.servers = s->me.servers,
		.server_count = s->me.server_count,
		.wake = s->wake,
		.proxy = s->proxy};
	struct identity_server at;
	int rc;

	if (s->given != NULL) {
		s->transport = s->given;
		return 0;
	}
	if (s->endpoint != NULL && s->me.server_count > 0) {
		at = s->me.servers[0];
		if (strlen(s->endpoint) > IDENTITY_ENDPOINT_MAX)
			return ROWAN_E_INVAL;
		memcpy(at.endpoint, s->endpoint, strlen(s->endpoint) + 1);
		o.servers = &at;
		o.server_count = 1;
	}
	rc = link_new(&s->link, &o);
	if (rc == 0)
		s->transport = link_transport(s->link);
	return rc;
}

static int make_follow(struct session *s)
{
	const struct follow_options o = {.vault = s->parts.vault,
		.events = s->parts.events,
		.requests = s->requests,
		.changed = changed,
		.ctx = s};

	return follow_new(&s->parts.follow, &o);
}

static int make_acts(struct session *s)
{
	const struct acts_options o = {.vault = s->parts.vault,
		.events = s->parts.events,
		.requests = s->requests,
		.follow = s->parts.follow,
		.me = &s->me,
		.ctx = s};

	return acts_new(&s->parts.acts, &o);
}

static int make_readmit(struct session *s)
{
	const struct readmit_options o = {.vault = s->parts.vault,
		.events = s->parts.events,
		.follow = s->parts.follow,
		.acts = s->parts.acts,
		.me = &s->me,
		.forget = forget,
		.aborted = aborted,
		.ctx = s};

	return readmit_new(&s->parts.readmit, &o);
}

static int make_transfer(struct session *s)
{
	const struct transfer_options o = {.vault = s->parts.vault,
		.events = s->parts.events,
		.requests = s->requests,
		.sent = sent,
		.got = got,
		.ctx = s};

	return transfer_new(&s->parts.transfer, &o);
}

int session_compose(struct session *s)
{
	struct enrolment_parts e;
	int rc;

	if ((rc = make_link(s)) ||
		(rc = requests_new(
			 &s->requests, s->transport, session_pushed, s)) ||
		(rc = make_follow(s)) || (rc = make_acts(s)) ||
		(rc = make_readmit(s)) || (rc = make_transfer(s)) ||
		(rc = self_new(&s->self, s))) {
		session_decompose(s);
		return rc;
	}
	e = (struct enrolment_parts){
		s->requests, s->parts.follow, s->parts.acts};
	enrolment_attach(s->parts.enrolment, &e);
	return 0;
}

void session_decompose(struct session *s)
{
	struct session_parts *p = &s->parts;

	if (p->enrolment != NULL)
		enrolment_attach(p->enrolment, NULL);
	self_free(s->self);
	transfer_free(p->transfer);
	readmit_free(p->readmit);
	acts_free(p->acts);
	follow_free(p->follow);
	requests_free(s->requests);
	link_free(s->link);
	s->self = NULL;
	p->transfer = NULL;
	p->readmit = NULL;
	p->acts = NULL;
	p->follow = NULL;
	s->requests = NULL;
	s->link = NULL;
	s->transport = NULL;
	s->phase = PHASE_NONE;
	s->connection = 0;
	s->state = TRANSPORT_DOWN;
}
