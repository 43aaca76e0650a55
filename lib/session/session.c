/*
 * One device at work: see session.h.
 *
 * What is done in a step, in this order: what came, the chains, this device's
 * acts, what others enrol; each part a bounded piece.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "session/session_inner.h"

#define FAR_S (366ull * 86400) /* further ahead nobody waits */

static uint64_t boot_ms(void *ctx)
{
	struct timespec t;

	/* Goes on while the machine sleeps. */
	if (clock_gettime(CLOCK_BOOTTIME, &t) != 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t session_ms(const struct session *s)
{
	return s->monotonic_ms(s->ctx);
}

/* ---- beginning and end --------------------------------------------------- */

static int copy_text(char **ret, const char *text)
{
	*ret = text != NULL ? strdup(text) : NULL;
	return text != NULL && *ret == NULL ? ROWAN_E_NOMEM : 0;
}

static void enrolled(void *ctx)
{
	struct session *s = ctx;

	s->renewed = true;
	wake_set(s->wake, 0);
}

static int begin(struct session *s, const struct session_options *o)
{
	struct enrolment_options e = {
		.me = &s->me, .enrolled = enrolled, .ctx = s};
	int rc;

	s->given = o->transport;
	s->monotonic_ms = o->monotonic_ms != NULL ? o->monotonic_ms : boot_ms;
	s->ctx = o->ctx;
	s->parts.me = &s->me;
	if ((rc = copy_text(&s->proxy, o->proxy)) ||
		(rc = copy_text(&s->endpoint, o->endpoint)) ||
		(rc = wake_new(&s->wake)) ||
		(rc = events_new(&s->parts.events, s->parts.vault)))
		return rc;
	e.vault = s->parts.vault;
	e.events = s->parts.events;
	e.wake = s->wake;
	e.proxy = s->proxy;
	rc = enrolment_new(&s->parts.enrolment, &e);
	if (rc == 0 && s->me.chain.len > 0)
		rc = session_compose(s);
	if (rc == 0)
		wake_set(s->wake, 0);
	return rc;
}

static int make_identity(struct session *s)
{
	struct vault *v = s->parts.vault;
	int rc = identity_make(&s->me, NULL);

	if (rc == 0)
		rc = vault_begin(v);
	if (rc == 0)
		rc = identity_put(v, &s->me);
	if (rc == 0)
		rc = vault_commit(v);
	vault_abort(v);
	return rc;
}

int session_create(struct session **ret, const struct session_options *options)
{
	struct session *s = calloc(1, sizeof *s);
	int rc;

	*ret = NULL;
	if (s == NULL)
		return ROWAN_E_NOMEM;
	rc = vault_create(&s->parts.vault, options->path, &options->unlock);
	if (rc != 0) {
		free(s);
		return rc;
	}
	rc = make_identity(s);
	if (rc == 0)
		rc = begin(s, options);
	if (rc != 0) {
		session_close(s);
		/* Nothing was in it. */
		(void)!vault_destroy(options->path);
		return rc;
	}
	*ret = s;
	return 0;
}

int session_open(struct session **ret, const struct session_options *options)
{
	struct session *s = calloc(1, sizeof *s);
	int rc;

	*ret = NULL;
	if (s == NULL)
		return ROWAN_E_NOMEM;
	rc = vault_open(&s->parts.vault, options->path, &options->unlock);
	if (rc == 0)
		rc = identity_get(s->parts.vault, &s->me);
	/* A vault without an identity is one that was not finished. */
	if (rc == ROWAN_E_NOT_FOUND && s->parts.vault != NULL)
		rc = make_identity(s);
	if (rc == 0)
		rc = begin(s, options);
	if (rc != 0)
		session_close(s);
	else
		*ret = s;
	return rc;
}

void session_close(struct session *s)
{
	if (s == NULL)
		return;
	session_decompose(s);
	enrolment_free(s->parts.enrolment);
	events_free(s->parts.events);
	wake_free(s->wake);
	identity_wipe(&s->me);
	vault_close(s->parts.vault);
	free(s->proxy);
	free(s->endpoint);
	free(s);
}

/* ---- the connection ------------------------------------------------------ */

int session_connect(struct session *s)
{
	if (s->parts.follow == NULL && !s->renewed)
		return ROWAN_E_STATE;
	s->wanted = true;
	s->over = false;
	if (s->link != NULL)
		link_open(s->link);
	wake_set(s->wake, 0);
	return 0;
}

void session_disconnect(struct session *s)
{
	s->wanted = false;
	if (s->link != NULL)
		link_close(s->link);
	session_lost(s);
	s->state = TRANSPORT_DOWN;
}

enum session_link session_link(const struct session *s)
{
	if (!s->wanted || (s->state == TRANSPORT_DOWN && !s->over))
		return SESSION_DOWN;
	if (s->state == TRANSPORT_REFUSED || s->over ||
		(s->state == TRANSPORT_UP && s->put_off))
		return SESSION_REFUSED;
	if (s->state != TRANSPORT_UP || !s->trusted)
		return SESSION_TRYING;
	return s->phase == PHASE_GOING && !follow_busy(s->parts.follow) &&
			       mailbox_current(s->mailbox)
		       ? SESSION_CURRENT
		       : SESSION_UP;
}

int session_refuses(const struct session *s)
{
	return s->daemon_code;
}

/* ---- a step -------------------------------------------------------------- */

/* The card has come, or other servers: the parts begin anew. */
static int renew(struct session *s)
{
	bool wanted = s->wanted;
	int rc;

	session_decompose(s);
	rc = session_compose(s);
	if (rc != 0)
		return rc;
	s->renewed = false;
	return wanted ? session_connect(s) : 0;
}

/* Each part does its piece, also when another could not. */
static void note(int *rc, int part)
{
	if (*rc == 0)
		*rc = part;
}

static int step_parts(struct session *s, uint64_t now_ms)
{
	struct session_parts *p = &s->parts;
	int rc = s->fault;

	s->fault = 0;
	note(&rc, follow_step(p->follow, now_ms));
	note(&rc, session_greet_step(s, now_ms));
	if (!readmit_locked(p->readmit)) {
		note(&rc, mailbox_step(s->mailbox, now_ms));
		session_online(s);
		note(&rc, messages_step(p->messages, now_ms));
		note(&rc, channels_step(p->channels, now_ms));
		note(&rc, outbox_step(p->outbox, now_ms));
		note(&rc, transfer_step(p->transfer, now_ms));
	}
	note(&rc, acts_step(p->acts, now_ms));
	note(&rc, proofs_step(p->proofs, now_ms));
	note(&rc, self_step(s->self, session_now(s)));
	return rc;
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Until somebody's part in a case begins or ends. */
static uint64_t until_change(const struct session *s, uint64_t now_ms)
{
	uint64_t next = follow_next(s->parts.follow), at;

	if (s->heard == 0 || next == UINT64_MAX || next < s->heard ||
		next - s->heard > FAR_S)
		return UINT64_MAX;
	at = s->heard_at + (next - s->heard) * 1000;
	return at > now_ms ? at - now_ms : 0;
}

static uint64_t until_due(struct session *s)
{
	const struct session_parts *p = &s->parts;
	uint64_t now_ms = session_ms(s);
	uint64_t ms = enrolment_wait(p->enrolment, now_ms);

	if (s->renewed)
		return 0;
	if (p->follow == NULL || !s->wanted)
		return ms;
	ms = least(ms, requests_wait(s->requests, now_ms));
	ms = least(ms, follow_wait(p->follow, now_ms));
	ms = least(ms, until_change(s, now_ms));
	ms = least(ms, acts_wait(p->acts, now_ms));
	ms = least(ms, proofs_wait(p->proofs, now_ms));
	if (!readmit_locked(p->readmit)) {
		ms = least(ms, mailbox_wait(s->mailbox, now_ms));
		ms = least(ms, messages_wait(p->messages, now_ms));
		ms = least(ms, channels_wait(p->channels, now_ms));
		ms = least(ms, outbox_wait(p->outbox, now_ms));
		ms = least(ms, transfer_wait(p->transfer, now_ms));
	}
	if (s->phase == PHASE_GOING)
		ms = least(ms, s->ping_at > now_ms ? s->ping_at - now_ms : 0);
	if (s->state == TRANSPORT_UP && s->phase == PHASE_NONE && !s->over)
		ms = least(ms, s->greet_at > now_ms ? s->greet_at - now_ms : 0);
	/* A phase ends when what it waits for has ended. */
	if (((s->phase == PHASE_CHAINS && !readmit_locked(p->readmit)) ||
		    s->phase == PHASE_BETWEEN) &&
		!follow_busy(p->follow))
		ms = 0;
	return ms;
}

uint64_t session_wait(struct session *s)
{
	uint64_t ms = until_due(s);

	/* To ask takes what the sockets had to tell: it is kept here. */
	wake_set(s->wake, ms);
	return ms;
}

int session_step(struct session *s)
{
	uint64_t now_ms = session_ms(s);
	int rc = 0;

	if (s->renewed)
		rc = renew(s);
	note(&rc, enrolment_step(s->parts.enrolment, now_ms));
	if (rc == 0 && s->parts.follow != NULL && s->wanted) {
		s->state = requests_step(s->requests, now_ms);
		rc = step_parts(s, now_ms);
	}
	(void)session_wait(s);
	return rc;
}

/* ---- looking ------------------------------------------------------------- */

const struct session_parts *session_parts(struct session *s)
{
	/* What is said now is said now, however long nobody stepped. */
	if (s->heard != 0 && s->parts.messages != NULL)
		messages_time(s->parts.messages, session_now(s));
	return &s->parts;
}

int session_fd(const struct session *s)
{
	return wake_fd(s->wake);
}

uint64_t session_now(struct session *s)
{
	if (s->heard == 0)
		return 0;
	return s->heard + (session_ms(s) - s->heard_at) / 1000;
}
