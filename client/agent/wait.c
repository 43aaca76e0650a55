/*
 * Requests that wait for an event: see inner.h. What is waited for is in the
 * vault already: a command that goes away, or time that is up, loses nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "agent/inner.h"
#include "ui/mem.h"

#define SECONDS_MAX 86400
#define PATIENCE_MS 60000
#define ENTRIES_MAX 64 /* of the log, in one turn */

int wait_for(struct request *q, enum wait_kind kind, uint64_t number,
	const struct id16 *id)
{
	struct agent *a = q->agent;
	enum rowan_link_state link = rowan_link(a->rowan);
	bool connected = link == ROWAN_LINK_CURRENT || link == ROWAN_LINK_UP;
	/* Without a connection the answer will be that it is kept. */
	json_int_t otherwise = connected ? 10 : 3;
	json_int_t seconds = arg_number(q, "wait", otherwise);
	struct wait *w = mem_get(sizeof *w);

	if (seconds < 0 || seconds > SECONDS_MAX)
		seconds = SECONDS_MAX;
	*w = (struct wait){.kind = kind,
		.number = number,
		.peer = q->peer,
		.request = q->id,
		.out = q->out,
		.deadline = agent_ms() + (uint64_t)seconds * 1000,
		.next = a->waits};
	if (id != NULL)
		w->id = *id;
	q->out = NULL;
	a->waits = w;
	return AGENT_WAITS;
}

int wait_audit(struct request *q, struct rowan_audit *audit, bool proofs)
{
	int rc = wait_for(q, WAIT_AUDIT, 0, NULL);

	q->agent->waits->audit = audit;
	q->agent->waits->proofs = proofs;
	return rc;
}

static void drop(struct wait **at)
{
	struct wait *w = *at;

	*at = w->next;
	rowan_audit_free(w->audit);
	json_decref(w->out);
	free(w);
}

static void finish(struct wait **at)
{
	serve_answer((*at)->peer, (*at)->request, (*at)->out);
	(*at)->out = NULL;
	drop(at);
}

/* What has come of the log; true when that was the end of it. */
static bool feed_audit(struct agent *a, struct wait **at)
{
	struct wait *w = *at;
	int rc = 0;

	/* No more than the peer takes: the log may be long. */
	for (int i = 0; rc == 0 && i < ENTRIES_MAX; i++) {
		if (line_waits(&w->peer->line) && i == 0)
			return false;
		rc = rowan_audit_next(w->audit);
		if (rc == 0)
			serve_event(w->peer, w->request, audit_entry(a, w));
	}
	/* Something moves: it is not late. */
	if (rc == 0)
		w->deadline = agent_ms() + PATIENCE_MS;
	if (rc == 0 || rc == ROWAN_E_AGAIN)
		return false;
	if (rc == ROWAN_E_NOT_FOUND || rc == ROWAN_E_RULE) {
		audit_done(w, rc == ROWAN_E_RULE);
		finish(at);
	} else {
		audit_failed(w, rc);
		drop(at);
	}
	return true;
}

void wait_peer_gone(struct agent *a, const struct peer *p)
{
	for (struct wait **at = &a->waits; *at != NULL;)
		if ((*at)->peer == p)
			drop(at);
		else
			at = &(*at)->next;
}

void wait_lock(struct agent *a)
{
	while (a->waits != NULL) {
		(void)json_object_set_new(
			a->waits->out, "pending", json_true());
		finish(&a->waits);
	}
}

int wait_due(struct agent *a)
{
	uint64_t now = agent_ms(), next = 0;

	for (struct wait **at = &a->waits; *at != NULL;) {
		struct wait *w = *at;

		if (w->kind == WAIT_CURRENT && a->rowan != NULL &&
			rowan_link(a->rowan) == ROWAN_LINK_CURRENT) {
			finish(at);
			continue;
		}
		if (w->kind == WAIT_AUDIT && feed_audit(a, at))
			continue;
		if (w->deadline <= now) {
			(void)json_object_set_new(
				w->out, "pending", json_true());
			finish(at);
			continue;
		}
		if (next == 0 || w->deadline < next)
			next = w->deadline;
		at = &w->next;
	}
	if (next == 0)
		return -1;
	return next - now > 60000 ? 60000 : (int)(next - now);
}

static bool same(const struct wait *w, const uint8_t *id)
{
	static const struct id16 zero;

	return id != NULL ? memcmp(w->id.b, id, ID16_LEN) == 0
			  : id16_eq(&w->id, &zero);
}

/*
 * The device that an act revokes is revoked. Of its own nobody else tells: the
 * daemon speaks with it no more.
 */
static bool revokes(const struct wait *w, const struct rowan_event *e)
{
	enum rowan_event_type type = rowan_event_type(e);
	const uint8_t *device = rowan_event_device(e);

	/* A daemon alone may say so, too. */
	if (type != ROWAN_EVENT_REVOKED &&
		(type != ROWAN_EVENT_SELF_REVOKED ||
			rowan_event_code(e) != ROWAN_E_REVOKED))
		return false;
	return device != NULL && memcmp(w->id.b, device, ID16_LEN) == 0;
}

/* 1: this is what it waits for, -1: it will not come, 0: something else. */
static int match(const struct wait *w, const struct rowan_event *e)
{
	enum rowan_event_type type = rowan_event_type(e);
	const uint8_t *message = rowan_event_message(e);

	switch (w->kind) {
	case WAIT_ACT:
		if (revokes(w, e))
			return 1;
		if (rowan_event_count(e) != w->number)
			return 0;
		return type == ROWAN_EVENT_DONE	    ? 1
		       : type == ROWAN_EVENT_FAILED ? -1
						    : 0;
	case WAIT_SENT:
		if (!same(w, message))
			return 0;
		return type == ROWAN_EVENT_SENT	    ? 1
		       : type == ROWAN_EVENT_UNSENT ? -1
						    : 0;
	case WAIT_FETCH:
		if (!same(w, message))
			return 0;
		return type == ROWAN_EVENT_FETCHED	  ? 1
		       : type == ROWAN_EVENT_FETCH_FAILED ? -1
							  : 0;
	case WAIT_COMPARE:
		if (!same(w, message))
			return 0;
		return type == ROWAN_EVENT_COMPARE	  ? 1
		       : type == ROWAN_EVENT_ENROL_FAILED ? -1
							  : 0;
	case WAIT_ENROLLED:
		if (!same(w, message))
			return 0;
		return type == ROWAN_EVENT_ENROLLED	  ? 1
		       : type == ROWAN_EVENT_ENROL_FAILED ? -1
							  : 0;
	default: return 0;
	}
}

static void progress(const struct wait *w, const struct rowan_event *e)
{
	if ((w->kind == WAIT_FETCH || w->kind == WAIT_SENT) &&
		rowan_event_type(e) == ROWAN_EVENT_PROGRESS &&
		same(w, rowan_event_message(e)))
		serve_event(w->peer, w->request,
			json_pack("{s:s,s:I,s:I}", "event", "progress", "count",
				(json_int_t)rowan_event_count(e), "total",
				(json_int_t)rowan_event_total(e)));
}

bool wait_wanted(const struct agent *a, const struct rowan_event *e)
{
	for (const struct wait *w = a->waits; w != NULL; w = w->next)
		if (match(w, e) != 0)
			return true;
	return false;
}

bool wait_sending(const struct agent *a, const uint8_t *message)
{
	for (const struct wait *w = a->waits; w != NULL; w = w->next)
		if (w->kind == WAIT_SENT && same(w, message))
			return true;
	return false;
}

void wait_event(struct agent *a, const struct rowan_event *e)
{
	for (struct wait **at = &a->waits; *at != NULL;) {
		struct wait *w = *at;
		int m = match(w, e);

		progress(w, e);
		if (m == 0) {
			at = &w->next;
			continue;
		}
		if (m < 0) {
			if (w->kind == WAIT_SENT)
				serve_unsent(w->peer, w->request,
					rowan_event_code(e));
			else
				serve_error(w->peer, w->request,
					rowan_event_code(e), NULL);
			drop(at);
			continue;
		}
		if (w->kind == WAIT_COMPARE)
			(void)json_object_set_new(w->out, "code",
				json_string(rowan_event_text(e)));
		if (w->kind == WAIT_SENT)
			show_unreached(a, &w->id, rowan_event_channel(e), NULL,
				w->out);
		finish(at);
	}
}
