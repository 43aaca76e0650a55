/*
 * The parts of a session, made when the device has a card: see
 * session_inner.h. What they ask of each other is session_glue.c.
 */
#include <string.h>

#include "session/session_inner.h"

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
		.changed = glue_changed,
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
		.barred = glue_barred,
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
		.forget = glue_forget,
		.aborted = glue_aborted,
		.ctx = s};

	return readmit_new(&s->parts.readmit, &o);
}

static int make_transfer(struct session *s)
{
	const struct transfer_options o = {.vault = s->parts.vault,
		.events = s->parts.events,
		.requests = s->requests,
		.sent = glue_blob_sent,
		.got = glue_blob_got,
		.ctx = s};

	return transfer_new(&s->parts.transfer, &o);
}

static int make_channels(struct session *s)
{
	const struct channels_options o = {.vault = s->parts.vault,
		.events = s->parts.events,
		.requests = s->requests,
		.follow = s->parts.follow,
		.me = &s->me,
		.reset = glue_reset,
		.readmit = glue_readmit,
		.moved = glue_moved,
		.replaced = glue_replaced,
		.ctx = s};

	return channels_new(&s->parts.channels, &o);
}

static int make_messages(struct session *s)
{
	const struct messages_options o = {.vault = s->parts.vault,
		.events = s->parts.events,
		.transfer = s->parts.transfer,
		.post = glue_post,
		.unpost = glue_unpost,
		.channel = glue_channel,
		.delivered = glue_delivered,
		.aborted = glue_messages_aborted,
		.ctx = s};
	struct wire_card card;
	int rc = identity_card(&s->me, &card);

	if (rc == 0)
		rc = messages_new(&s->parts.messages, &o);
	if (rc == 0)
		messages_self(s->parts.messages, &s->me.member, &s->me.device,
			(enum rowan_role)card.role);
	return rc;
}

static int make_mail(struct session *s)
{
	const struct mailbox_options m = {.vault = s->parts.vault,
		.events = s->parts.events,
		.requests = s->requests,
		.channels = s->parts.channels,
		.opened = glue_opened,
		.unreadable = glue_unreadable,
		.joined = glue_joined,
		.aborted = glue_mail_aborted,
		.ctx = s};
	const struct outbox_options o = {.vault = s->parts.vault,
		.requests = s->requests,
		.channels = s->parts.channels,
		.transfer = s->parts.transfer,
		.sent = glue_sent,
		.unsent = glue_unsent,
		.unreached = glue_unreached,
		.logged = glue_logged,
		.aborted = glue_mail_aborted,
		.ctx = s};
	int rc = mailbox_new(&s->mailbox, &m);

	return rc == 0 ? outbox_new(&s->parts.outbox, &o) : rc;
}

static int make_proofs(struct session *s)
{
	const struct proofs_options o = {.vault = s->parts.vault,
		.events = s->parts.events,
		.requests = s->requests,
		.follow = s->parts.follow,
		.me = &s->me,
		.aborted = glue_aborted,
		.ctx = s};

	return proofs_new(&s->parts.proofs, &o);
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
		(rc = make_channels(s)) || (rc = make_messages(s)) ||
		(rc = make_mail(s)) || (rc = make_proofs(s)) ||
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
	/* Whoever asks goes before whom they ask. */
	mailbox_free(s->mailbox);
	proofs_free(p->proofs);
	messages_free(p->messages);
	outbox_free(p->outbox);
	channels_free(p->channels);
	transfer_free(p->transfer);
	readmit_free(p->readmit);
	acts_free(p->acts);
	follow_free(p->follow);
	requests_free(s->requests);
	link_free(s->link);
	s->self = NULL;
	s->mailbox = NULL;
	p->messages = NULL;
	p->outbox = NULL;
	p->proofs = NULL;
	p->channels = NULL;
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
