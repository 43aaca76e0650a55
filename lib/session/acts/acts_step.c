/*
 * Bringing acts to the daemon, and what becomes of them: see acts.h.
 *
 * What the daemon answers is only a reason to look: an act is done when the
 * chain, followed and verified here, shows it.
 */
#include <string.h>

#include "session/acts/acts_inner.h"
#include "wire/chain.h"
#include "wire/op.h"

#define PAUSE_MS     5000
#define FRESH	     (RULES_CLOCK_SKEW / 2) /* seconds */
#define REFUSALS_MAX 3
#define TRIES_MAX    100 /* another was first so often */

/* ---- the end of one ------------------------------------------------------ */

static int end_row(struct act *t, int code)
{
	struct acts *a = t->acts;
	struct wire_statement want;
	struct event e = {
		.type = code == 0 ? ROWAN_EVENT_DONE : ROWAN_EVENT_FAILED,
		.code = code,
		.time = follow_now(a->o.follow),
		.case_id = t->chain,
		.count = t->number};
	int rc = 0;

	if ((t->flags & ACT_QUIET) == 0) {
		rc = wire_statement_decode(
			buf_view(t->want.len > 0 ? &t->want : &t->raw), &want);
		if (rc == 0)
			rc = events_add(a->o.events, &e);
	}
	if (rc != 0 || (t->flags & ACT_KEEP) == 0)
		return rc == 0 ? act_delete(t) : rc;
	t->state = ACT_ENDED;
	t->code = code;
	buf_wipe(&t->raw);
	return act_put(t);
}

static int end(struct act *t, int code)
{
	struct acts *a = t->acts;
	bool own;
	int rc = act_open(a, &own);

	if (rc == 0)
		rc = act_close(a, own, end_row(t, code));
	return rc;
}

/* The daemon took it, and shows a chain without it. */
static int hidden(struct act *t)
{
	struct acts *a = t->acts;
	const struct event e = {.type = ROWAN_EVENT_ALARM,
		.code = ROWAN_ALARM_HIDDEN,
		.time = follow_now(a->o.follow),
		.case_id = t->chain};
	bool own;
	int rc = act_open(a, &own);

	if (rc != 0)
		return rc;
	rc = events_add(a->o.events, &e);
	return act_close(a, own, rc == 0 ? end_row(t, ROWAN_E_CHAIN) : rc);
}

/* ---- asking -------------------------------------------------------------- */

static void answered(void *ctx, const struct requests_outcome *o)
{
	struct act *t = ctx;

	t->asking = false;
	if (o->rc == ROWAN_E_AGAIN) {
		t->pause = true;
		return;
	}
	if (o->rc == ROWAN_E_STATE)
		return;
	if (o->rc == 0)
		t->accepted = true;
	else if (o->rc != ROWAN_E_STALE) {
		t->anew = true;
		t->refused++;
	}
	/* Whatever it says: what does the chain show now? */
	follow_catch_up(t->acts->o.follow, &(struct id16){{0}});
	follow_catch_up(t->acts->o.follow, &t->chain);
}

static int bring(struct act *t)
{
	const struct wire_statement_put p = {buf_view(&t->raw)};
	struct requests_new n = {
		.op = WIRE_OP_STATEMENT_PUT, .done = answered, .ctx = t};
	struct writer w;
	int rc;

	writer_init(&w, WIRE_STATEMENT_MAX + 16);
	rc = wire_statement_put_encode(&p, &w);
	n.body = writer_view(&w);
	if (rc == 0)
		rc = requests_start(t->acts->o.requests, &n);
	writer_wipe(&w);
	t->asking = rc == 0;
	if (rc == ROWAN_E_AGAIN) {
		t->pause = true;
		rc = 0;
	}
	return rc;
}

/* ---- one act ------------------------------------------------------------- */

static int keep_signed(struct act *t, struct buf *raw)
{
	struct acts *a = t->acts;
	struct buf old = t->raw;
	bool own;
	int rc = act_open(a, &own);

	if (rc != 0)
		return rc;
	t->raw = *raw;
	t->state = ACT_SIGNED;
	rc = act_put(t);
	*raw = (struct buf){0};
	buf_wipe(&old);
	/* Not kept: loaded again as it was. */
	return act_close(a, own, rc);
}

/* Sign it as the next statement of its chain. */
static int make(struct act *t)
{
	struct acts *a = t->acts;
	struct act_view v;
	struct buf raw = {0};
	int rc;

	t->anew = false;
	if (t->state == ACT_SIGNED && ++t->tries > TRIES_MAX)
		return end(t, ROWAN_E_STALE);
	rc = act_view_now(a, &t->chain, &v);
	if (rc != 0)
		return rc;
	rc = act_make(a, &v, buf_view(&t->want), &raw);
	act_view_wipe(&v);
	if (rc == ROWAN_E_STALE || rc <= -300)
		return end(t, rc);
	if (rc == 0)
		rc = keep_signed(t, &raw);
	buf_wipe(&raw);
	return rc;
}

/* It stands next in its chain, and may be brought as it is. */
static bool next_in_line(
	struct act *t, const struct wire_statement *s, uint64_t newest)
{
	uint64_t now = follow_now(t->acts->o.follow);

	return s->number == newest + 1 && s->time + FRESH >= now &&
	       s->time <= now + FRESH;
}

/* The chain has not got it. */
static int not_there(struct act *t)
{
	struct acts *a = t->acts;
	struct wire_statement s;
	struct act_view v;
	uint64_t newest;
	int rc;

	if (t->accepted)
		return hidden(t);
	if (t->refused >= REFUSALS_MAX)
		return end(t, ROWAN_E_REFUSED);
	rc = act_view_now(a, &t->chain, &v);
	newest = rc == 0 ? act_view_number(&v) : 0;
	if (rc == 0 && t->state == ACT_SIGNED) {
		rc = wire_statement_decode(buf_view(&t->raw), &s);
		if (rc == 0 && (t->flags & ACT_FOREIGN) != 0)
			rc = act_check(a, &v, buf_view(&t->raw));
		act_view_wipe(&v);
		if (rc == ROWAN_E_STALE || rc <= -300)
			return end(t, rc);
		if (rc == 0 &&
			((t->flags & ACT_FOREIGN) != 0 ||
				(!t->anew && next_in_line(t, &s, newest))))
			return bring(t);
	}
	act_view_wipe(&v);
	if (rc == 0)
		rc = make(t);
	return rc;
}

static int advance(struct act *t)
{
	int rc = act_happened(t->acts, t);

	if (rc == 0 || rc == ROWAN_E_STALE)
		return end(t, rc);
	if (rc != ROWAN_E_NOT_FOUND)
		return rc;
	return not_there(t);
}

/* ---- all of them --------------------------------------------------------- */

/* Nothing before it waits in its chain. */
static bool is_first(const struct acts *a, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (a->act[k]->state != ACT_ENDED &&
			id16_eq(&a->act[k]->chain, &a->act[i]->chain))
			return false;
	return true;
}

static bool is_due(const struct acts *a, size_t i)
{
	const struct act *t = a->act[i];

	return t->state != ACT_ENDED && !t->asking && is_first(a, i);
}

static void look_at_times(struct act *t, uint64_t now_ms)
{
	if (!t->pause)
		return;
	t->pause = false;
	t->not_before = now_ms + PAUSE_MS;
}

static int step(struct acts *a, uint64_t now_ms)
{
	int rc = 0;

	if (a->unread) {
		act_unload(a);
		rc = act_load(a);
		a->unread = rc != 0;
	}
	for (size_t i = 0; i < a->count; i++)
		look_at_times(a->act[i], now_ms);
	/* An act that ends makes way for the one behind it. */
	for (size_t i = 0; rc == 0 && i < a->count;) {
		size_t before = a->count;
		uint64_t number = a->act[i]->number;

		if (!a->online || follow_busy(a->o.follow))
			return 0;
		if (!is_due(a, i) || a->act[i]->not_before > now_ms) {
			i++;
			continue;
		}
		rc = advance(a->act[i]);
		if (rc == 0 && a->count == before &&
			a->act[i]->number == number && !is_due(a, i))
			i++;
		else if (rc == 0 && a->count == before && a->act[i]->pause)
			look_at_times(a->act[i], now_ms);
	}
	return rc;
}

int acts_step(struct acts *a, uint64_t now_ms)
{
	int rc;

	/* A vault that failed is not asked again at once. */
	if (now_ms < a->retry_at)
		return 0;
	rc = step(a, now_ms);
	if (rc != 0)
		a->retry_at = now_ms + PAUSE_MS;
	return rc;
}

uint64_t acts_wait(const struct acts *a, uint64_t now_ms)
{
	uint64_t least = UINT64_MAX;

	if (!a->online || follow_busy(a->o.follow))
		return least;
	for (size_t i = 0; i < a->count; i++) {
		uint64_t at = a->act[i]->not_before;

		if (!is_due(a, i))
			continue;
		at = at < a->retry_at ? a->retry_at : at;
		at = at > now_ms ? at - now_ms : 0;
		least = at < least ? at : least;
	}
	return least;
}
