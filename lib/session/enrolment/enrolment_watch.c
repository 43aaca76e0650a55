/*
 * What the daemon says of the invites that were made: see enrolment.h.
 *
 * One question at a time: first what must be said (put, answer, confirm,
 * withdraw), then a watch over those that wait, and every half a minute over
 * those that ended: a second redemption shows there.
 */
#include <stdlib.h>
#include <string.h>

#include "session/enrolment/enrolment_inner.h"
#include "wire/op.h"

#define PAUSE_MS  5000
#define LIVELY_MS (10 * 60 * 1000)    /* after something has happened */
#define QUIET_MS  15000		      /* between two looks, else */
#define ENDED_MS  30000		      /* at those that ended */
#define REMEMBER  (30ull * 24 * 3600) /* seconds after the end */

/* ---- one transaction ----------------------------------------------------- */

static int save(
	struct enrolment *e, const struct offer *x, const struct event *v)
{
	bool own;
	int rc = enrolment_open(e, &own);

	if (rc != 0)
		return rc;
	rc = offer_put(e, x);
	if (rc == 0 && v != NULL)
		rc = events_add(e->o.events, v);
	return enrolment_close(e, own, rc);
}

static int end(struct enrolment *e, struct offer *x, int code)
{
	bool own;
	int rc = enrolment_open(e, &own);

	return rc == 0 ? enrolment_close(e, own, offer_end(e, x, code)) : rc;
}

/* Not as it was invited to: nobody is to have it. */
static int spoil(struct enrolment *e, struct offer *x, int code)
{
	x->phase = OFFER_WITHDRAWING;
	x->code = code;
	return save(e, x, NULL);
}

/* ---- a watch's answer ---------------------------------------------------- */

static int alarm(struct enrolment *e, struct offer *x)
{
	const struct event v = {.type = ROWAN_EVENT_ALARM,
		.code = ROWAN_ALARM_REDEEMED,
		.time = enrolment_now(e),
		.case_id = x->case_id,
		.message = x->id};

	x->alarmed = true;
	return save(e, x, &v);
}

static int compare(struct enrolment *e, struct offer *x)
{
	struct event v = {.type = ROWAN_EVENT_COMPARE,
		.time = enrolment_now(e),
		.case_id = x->case_id,
		.message = x->id};
	char code[COMPARE_CODE_LEN];
	int rc = enrol_code(&x->enrol, code);

	v.text = bytes_of(code, strlen(code));
	return rc == 0 ? save(e, x, &v) : rc;
}

/* How far the device has come. */
static int follow_device(struct enrolment *e, struct offer *x,
	const struct wire_invite_seen *seen)
{
	uint64_t now = enrolment_now(e);
	uint8_t was = x->enrol.step;
	int rc;

	if (seen->state == WIRE_INVITE_OPEN)
		return 0;
	rc = enrol_registrar_commitment(&x->enrol, &seen->commitment, now);
	if (rc == 0 && seen->state == WIRE_INVITE_REVEALED)
		rc = enrol_registrar_reveal(
			&x->enrol, seen->request, &seen->nonce, now);
	if (rc == ROWAN_E_NOMEM)
		return rc;
	if (rc != 0)
		return spoil(e, x, rc);
	if (x->enrol.step == was)
		return 0;
	x->lively_until = 0;
	e->looks = 0;
	return x->enrol.step == ENROL_REVEALED ? compare(e, x)
					       : save(e, x, NULL);
}

static int look_at(struct enrolment *e, struct offer *x,
	const struct wire_invite_seen *seen)
{
	int rc = 0;

	x->looked = true;
	if (seen->error.code != WIRE_OK) {
		if (x->phase == OFFER_WATCH)
			rc = end(e, x, wire_code_error(seen->error.code));
		return rc;
	}
	if ((seen->flags & WIRE_INVITE_ALARM) != 0 && !x->alarmed)
		rc = alarm(e, x);
	if (rc != 0 || x->phase != OFFER_WATCH)
		return rc;
	switch (seen->state) {
	case WIRE_INVITE_EXPIRED: return end(e, x, ROWAN_E_EXPIRED);
	case WIRE_INVITE_DONE:
	case WIRE_INVITE_WITHDRAWN:
	case WIRE_INVITE_BURNT: return end(e, x, ROWAN_E_REFUSED);
	default: return follow_device(e, x, seen);
	}
}

static int take_watch(struct enrolment *e, const struct wire_message *m)
{
	struct wire_invite_watch_answer *a = malloc(sizeof *a);
	int rc;

	if (a == NULL)
		return ROWAN_E_NOMEM;
	rc = wire_invite_watch_answer_decode(m, a);
	/* An answer to something else is none. */
	if (rc != 0 || a->count != e->watched_len) {
		free(a);
		e->pause = true;
		return 0;
	}
	for (size_t i = 0; rc == 0 && i < a->count; i++) {
		struct offer *x = offer_numbered(e, e->watched[i]);

		if (x != NULL)
			rc = look_at(e, x, &a->seen[i]);
	}
	free(a);
	return rc;
}

/* ---- answers ------------------------------------------------------------- */

static void heard(struct enrolment *e, int rc)
{
	if (rc != 0) {
		e->fault = rc;
		e->pause = true;
	}
}

/* False: nothing was said, it is to be asked again. */
static bool said(struct enrolment *e, const struct requests_outcome *o)
{
	e->asking = false;
	if (o->rc != ROWAN_E_AGAIN && o->rc != ROWAN_E_STATE)
		return true;
	e->pause = true;
	return false;
}

static void watched(void *ctx, const struct requests_outcome *o)
{
	struct enrolment *e = ctx;

	if (!said(e, o))
		return;
	if (o->rc == 0)
		heard(e, take_watch(e, o->answer));
	else
		e->pause = true;
}

static void was_put(void *ctx, const struct requests_outcome *o)
{
	struct enrolment *e = ctx;
	struct offer *x = offer_numbered(e, e->asked);

	if (!said(e, o) || x == NULL || x->phase != OFFER_PUT)
		return;
	if (o->rc != 0) {
		heard(e, end(e, x, o->rc));
		return;
	}
	x->phase = OFFER_WATCH;
	e->watch_at = 0;
	e->looks = 0;
	buf_wipe(&x->sealed);
	heard(e, save(e, x, NULL));
}

static void was_answered(void *ctx, const struct requests_outcome *o)
{
	struct enrolment *e = ctx;
	struct offer *x = offer_numbered(e, e->asked);

	if (!said(e, o) || x == NULL)
		return;
	/* The next look tells; one that is over says so there. */
	x->answered = true;
	e->watch_at = 0;
	e->looks = 0;
}

static void was_confirmed(void *ctx, const struct requests_outcome *o)
{
	struct enrolment *e = ctx;
	struct offer *x = offer_numbered(e, e->asked);

	if (!said(e, o) || x == NULL)
		return;
	if (x->phase == OFFER_CONFIRMING)
		heard(e, end(e, x, o->rc));
	else if (x->phase == OFFER_WITHDRAWING)
		heard(e, end(e, x, x->code));
}

/* ---- questions ----------------------------------------------------------- */

static int start(struct enrolment *e, uint16_t op, requests_done *done,
	const struct writer *body)
{
	const struct requests_new n = {
		.op = op, .body = writer_view(body), .done = done, .ctx = e};
	int rc = requests_start(e->parts.requests, &n);

	e->asking = rc == 0;
	if (rc == ROWAN_E_AGAIN) {
		e->pause = true;
		rc = 0;
	}
	return rc;
}

static int put(struct enrolment *e, const struct offer *x)
{
	const struct wire_invite_put q = {.invite = x->id,
		.case_id = x->case_id,
		.lifetime = x->lifetime,
		.bundle = buf_view(&x->sealed)};
	struct writer w;
	int rc;

	writer_init(&w, WIRE_BUNDLE_MAX + 64);
	rc = wire_invite_put_encode(&q, &w);
	if (rc == 0)
		rc = start(e, WIRE_OP_INVITE_PUT, was_put, &w);
	writer_wipe(&w);
	return rc;
}

static int answer(struct enrolment *e, const struct offer *x)
{
	struct wire_invite_answer q;
	uint8_t mem[96];
	struct writer w;
	int rc = enrol_registrar_answer(&x->enrol, &q);

	writer_init_fixed(&w, mem, sizeof mem);
	if (rc == 0)
		rc = wire_invite_answer_encode(&q, &w);
	return rc == 0 ? start(e, WIRE_OP_INVITE_ANSWER, was_answered, &w) : rc;
}

static int confirm(struct enrolment *e, const struct offer *x, bool accepted)
{
	const struct wire_invite_confirm q = {x->id, accepted};
	uint8_t mem[32];
	struct writer w;
	int rc;

	writer_init_fixed(&w, mem, sizeof mem);
	rc = wire_invite_confirm_encode(&q, &w);
	return rc == 0 ? start(e, WIRE_OP_INVITE_CONFIRM, was_confirmed, &w)
		       : rc;
}

/* The card is in the chain, or it never will be. */
static int logging(struct enrolment *e, struct offer *x)
{
	int code = acts_outcome(e->parts.acts, x->act);
	bool own;
	int rc;

	if (code == ROWAN_E_AGAIN)
		return 0;
	rc = enrolment_open(e, &own);
	if (rc != 0)
		return rc;
	x->phase = code == 0 ? OFFER_CONFIRMING : OFFER_WITHDRAWING;
	x->code = code;
	rc = acts_forget(e->parts.acts, x->act);
	if (rc == 0)
		rc = offer_put(e, x);
	return enrolment_close(e, own, rc);
}

/* What must be said about one, if anything. */
static int speak(struct enrolment *e, struct offer *x)
{
	e->asked = x->number;
	switch (x->phase) {
	case OFFER_PUT: return put(e, x);
	case OFFER_WATCH:
		return x->enrol.step == ENROL_COMMITTED && !x->answered
			       ? answer(e, x)
			       : 0;
	case OFFER_LOGGING: return logging(e, x);
	case OFFER_CONFIRMING: return confirm(e, x, true);
	case OFFER_WITHDRAWING: return confirm(e, x, false);
	default: return 0;
	}
}

/* ---- watching ------------------------------------------------------------ */

static bool is_waiting(const struct offer *x)
{
	return x->phase == OFFER_WATCH;
}

static bool is_watched(const struct offer *x)
{
	return is_waiting(x) || (x->phase == OFFER_ENDED && !x->looked);
}

/* Ascending by id, as the wire wants them. */
static void add_watched(
	struct enrolment *e, struct wire_invite_watch *q, const struct offer *x)
{
	size_t at = q->count++;

	while (at > 0 && id16_cmp(&q->invites[at - 1], &x->id) > 0) {
		q->invites[at] = q->invites[at - 1];
		e->watched[at] = e->watched[at - 1];
		at--;
	}
	q->invites[at] = x->id;
	e->watched[at] = x->number;
	e->watched_len = q->count;
}

/* All of them are to be looked at once more. */
static void look_again(struct enrolment *e, uint64_t now_ms)
{
	if (now_ms < e->again_at)
		return;
	e->again_at = now_ms + ENDED_MS;
	for (size_t i = 0; i < e->count; i++)
		e->offer[i]->looked = false;
}

static int watch(struct enrolment *e, uint64_t now_ms)
{
	struct wire_invite_watch q = {.count = 0};
	uint64_t next = QUIET_MS;
	uint8_t mem[WIRE_INVITES_MAX * ID16_LEN + 8];
	struct writer w;
	int rc;

	look_again(e, now_ms);
	/* Those that were looked at longest ago first. */
	for (size_t i = 0; i < e->count && q.count < WIRE_INVITES_MAX; i++) {
		struct offer *x = e->offer[(e->watch_from + i) % e->count];

		if (!is_watched(x))
			continue;
		if (x->lively_until == 0)
			x->lively_until = now_ms + LIVELY_MS;
		if (is_waiting(x) && x->lively_until > now_ms)
			next = enrolment_pause(e->looks);
		add_watched(e, &q, x);
		if (q.count == WIRE_INVITES_MAX)
			e->watch_from = (e->watch_from + i + 1) % e->count;
	}
	if (q.count == 0)
		return 0;
	e->watch_at = now_ms + next;
	if (next < ENROLMENT_POLL_MS)
		e->looks++;
	writer_init_fixed(&w, mem, sizeof mem);
	rc = wire_invite_watch_encode(&q, &w);
	return rc == 0 ? start(e, WIRE_OP_INVITE_WATCH, watched, &w) : rc;
}

/* What the daemon does not remember any more we need not either. */
static int forget_old(struct enrolment *e)
{
	uint64_t now = enrolment_now(e);
	bool own;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < e->count;) {
		struct offer *x = e->offer[i];

		if (x->phase != OFFER_ENDED || x->ended + REMEMBER > now) {
			i++;
			continue;
		}
		rc = enrolment_open(e, &own);
		if (rc == 0)
			rc = enrolment_close(e, own, offer_delete(e, x));
	}
	return rc;
}

/* ---- a step -------------------------------------------------------------- */

int offers_step(struct enrolment *e, uint64_t now_ms)
{
	int rc;

	if (e->pause) {
		e->pause = false;
		e->not_before = now_ms + PAUSE_MS;
	}
	if (!e->online || e->parts.follow == NULL || e->asking ||
		now_ms < e->not_before)
		return 0;
	rc = forget_old(e);
	for (size_t i = 0; rc == 0 && !e->asking && !e->pause && i < e->count;
		i++)
		rc = speak(e, e->offer[i]);
	if (rc == 0 && !e->asking && !e->pause && now_ms >= e->watch_at)
		rc = watch(e, now_ms);
	return rc;
}

static bool has_to_speak(const struct enrolment *e, const struct offer *x)
{
	switch (x->phase) {
	case OFFER_WATCH:
		return x->enrol.step == ENROL_COMMITTED && !x->answered;
	case OFFER_LOGGING:
		return acts_outcome(e->parts.acts, x->act) != ROWAN_E_AGAIN;
	case OFFER_ENDED: return false;
	default: return true;
	}
}

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

uint64_t offers_wait(const struct enrolment *e, uint64_t now_ms)
{
	uint64_t at = UINT64_MAX;

	if (e->pause)
		return 0;
	if (!e->online || e->parts.follow == NULL || e->asking)
		return UINT64_MAX;
	for (size_t i = 0; i < e->count; i++) {
		if (has_to_speak(e, e->offer[i]))
			at = 0;
		else if (is_watched(e->offer[i]) && e->watch_at < at)
			at = e->watch_at;
		else if (e->offer[i]->phase == OFFER_ENDED && e->again_at < at)
			at = later(e->again_at, e->watch_at);
	}
	if (at == UINT64_MAX)
		return at;
	at = at < e->not_before ? e->not_before : at;
	return at > now_ms ? at - now_ms : 0;
}
