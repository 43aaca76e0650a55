/*
 * Giving back what a restored daemon has lost: see follow.h.
 *
 *	told of a restore -> each chain that is behind ours, the clinic's
 *	first: from its newest on, one statement after the other -> said that
 *	everything was given
 *
 * Trusts a restore for what the authority signed: that the daemon came back
 * from a backup whose chain is the beginning of ours. Gives nothing but what
 * was checked when it was followed, and what the daemon showed us itself
 * before. Takes nothing back: what ended here stays ended, also where a chain
 * goes on without what was never given back (follow_anew.c).
 */
#include "session/follow/follow_inner.h"
#include "wire/op.h"

#define PAUSE_MS     5000
#define PAUSE_MAX_MS 300000

/* What is not back by then was not lost, but is hidden from us. */
#define COVER_S (7 * 24 * 3600)
/* The authority's clock, offline, against that of who signed last. */
#define SKEW_S 3600

/* ---- the restore -------------------------------------------------------- */

/* By the authority, and behind a head that is in our chain. */
static bool is_restore(struct follow *f, const struct wire_statement *s)
{
	const struct rules_context ctx = {
		.clinic = &f->clinic, .source = &f->source};

	return s->kind == WIRE_ST_RESTORE && rules_check(&ctx, s) == 0;
}

/* The one that the daemon tells of. */
static bool is_ours(struct follow *f, struct wire_statement *ret)
{
	return wire_statement_decode(buf_view(&f->back.raw), ret) == 0 &&
	       is_restore(f, ret);
}

/* When our newest statement of a chain was signed; 0: it is not ours to see. */
static int newest_time(
	struct follow *f, const struct id16 *chain, uint64_t *ret)
{
	const struct known_case *k = follow_find(f, chain);
	uint64_t newest = k != NULL ? k->c.number : f->clinic.number;
	struct wire_statement s = {0};
	struct buf raw;
	int rc = follow_statement(f, chain, newest, &raw);

	if (rc == 0)
		rc = wire_statement_decode(buf_view(&raw), &s);
	*ret = s.time;
	buf_wipe(&raw);
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

/*
 * A daemon may bring up an old restore for ever. It can have lost what was
 * signed before it, and devices give that back within days.
 */
bool follow_back_covers(struct follow *f, const struct id16 *chain)
{
	struct wire_statement s;
	uint64_t newest;

	return f->back.on && is_ours(f, &s) &&
	       newest_time(f, chain, &newest) == 0 &&
	       newest <= s.time + SKEW_S && follow_now(f) <= s.time + COVER_S;
}

/* Whether it stands in our chain: the clinic's part is over then. */
static bool stands(struct follow *f, const struct wire_statement *s)
{
	bool found = false;

	for (uint64_t n = s->number; !found && n <= f->clinic.number; n++) {
		struct buf raw;

		found = follow_statement(f, &follow_clinic_chain, n, &raw) ==
				0 &&
			bytes_eq(buf_view(&raw), s->raw);
		buf_wipe(&raw);
	}
	return found;
}

static bool is_placed(struct follow *f)
{
	struct wire_statement s;

	return is_ours(f, &s) && stands(f, &s);
}

/*
 * When the newest of the clinic's that we were shown was signed: the time of
 * what was withheld is the daemon's word.
 */
static uint64_t clinic_time(struct follow *f)
{
	uint64_t n = f->clinic.number, time = 0;
	int rc = ROWAN_E_NOT_FOUND;

	for (; n > 0 && rc == ROWAN_E_NOT_FOUND; n--) {
		struct wire_statement s;
		struct buf raw;

		rc = follow_statement(f, &follow_clinic_chain, n, &raw);
		if (rc == 0 && wire_statement_decode(buf_view(&raw), &s) == 0)
			time = s.time;
		buf_wipe(&raw);
	}
	return rc == 0 || rc == ROWAN_E_NOT_FOUND ? time : UINT64_MAX - SKEW_S;
}

bool follow_back_late(struct follow *f, const struct id16 *chain)
{
	const struct known_case *k = follow_find(f, chain);
	struct wire_statement s;

	return !f->back.on && !f->back.wanted && is_ours(f, &s) &&
	       (k != NULL ? k->c.time : clinic_time(f)) <= s.time + SKEW_S &&
	       stands(f, &s) == (k != NULL);
}

/* The newest in our chain: what it has lost may be missing for ever. */
bool follow_back_earlier(struct follow *f, const struct id16 *chain)
{
	const struct known_case *k = follow_find(f, chain);
	uint64_t n = f->clinic.number;
	bool found = false, says = false;

	for (; f->back.on && k != NULL && !found && n > 0; n--) {
		struct wire_statement s;
		struct buf raw;

		found = follow_statement(f, &follow_clinic_chain, n, &raw) ==
				0 &&
			wire_statement_decode(buf_view(&raw), &s) == 0 &&
			s.kind == WIRE_ST_RESTORE;
		says = found && k->c.time <= s.time + SKEW_S;
		buf_wipe(&raw);
	}
	return says;
}

bool follow_back_opens(struct follow *f, const struct wire_statement *s)
{
	return is_restore(f, s) && !stands(f, s) &&
	       clinic_time(f) <= s->time + SKEW_S;
}

/* ---- what is behind ----------------------------------------------------- */

void follow_back_behind(
	struct follow *f, struct follow_chain *c, uint64_t number)
{
	c->behind = true;
	c->stuck = c->took = false;
	c->give = number + 1;
}

/* The chain to be given back next, the clinic's before all. */
static struct follow_chain *next_chain(struct follow *f, struct id16 *ret)
{
	*ret = follow_clinic_chain;
	if (f->chain.behind)
		return f->chain.stuck ? NULL : &f->chain;
	for (size_t i = 0; i < f->case_count; i++) {
		struct follow_chain *c = &f->cases[i]->chain;

		*ret = f->cases[i]->c.id;
		if (c->behind && !c->stuck)
			return c;
	}
	return NULL;
}

static bool any_behind(const struct follow *f)
{
	bool any = f->chain.behind;

	for (size_t i = 0; i < f->case_count; i++)
		any = any || f->cases[i]->chain.behind;
	return any;
}

/*
 * What we may say: that of the clinic's chain nothing is missing that we have.
 * Of a case that what is missing is not taken out of our hand.
 */
static uint8_t given(struct follow *f)
{
	if (f->chain.behind)
		return WIRE_GIVEN_NOTHING;
	if (!any_behind(f))
		return WIRE_GIVEN_ALL;
	for (size_t i = 0; i < f->case_count; i++)
		if (f->cases[i]->chain.behind && !f->cases[i]->chain.stuck)
			return WIRE_GIVEN_CLINIC;
	return is_placed(f) ? WIRE_GIVEN_ALL : WIRE_GIVEN_CLINIC;
}

/* ---- asking ------------------------------------------------------------- */

bool follow_back_due(struct follow *f, uint64_t now_ms)
{
	struct id16 id;

	if (f->back.wanted)
		return true;
	if (!f->back.on)
		return next_chain(f, &id) != NULL;
	return next_chain(f, &id) != NULL || given(f) > f->back.told ||
	       (any_behind(f) && now_ms >= f->back.again_at);
}

uint64_t follow_back_wait(const struct follow *f, uint64_t now_ms)
{
	if (!f->back.on || !any_behind(f))
		return UINT64_MAX;
	return f->back.again_at > now_ms ? f->back.again_at - now_ms : 0;
}

static int tell(struct follow *f, uint8_t what)
{
	const struct wire_restored q = {.given = what};
	uint8_t mem[8];
	struct writer w;
	int rc;

	writer_init_fixed(&w, mem, sizeof mem);
	rc = wire_restored_encode(&q, &w);
	if (rc == 0)
		rc = follow_start(f, WIRE_OP_RESTORED, &w);
	if (rc == 0)
		f->asked = ASK_RESTORED;
	f->back.telling = what;
	return rc;
}

/* What we were not shown, nobody can expect of us. */
static int give(struct follow *f, struct follow_chain *c, const struct id16 *id)
{
	struct wire_statement_put p;
	struct writer w;
	struct buf raw;
	int rc = follow_statement(f, id, c->give, &raw);

	if (rc == ROWAN_E_NOT_FOUND) {
		c->stuck = true;
		return 0;
	}
	if (rc != 0)
		return rc;
	p.statement = buf_view(&raw);
	writer_init(&w, WIRE_STATEMENT_MAX + 16);
	rc = wire_statement_put_encode(&p, &w);
	if (rc == 0)
		rc = follow_start(f, WIRE_OP_STATEMENT_PUT, &w);
	if (rc == 0)
		f->asked = ASK_GIVE;
	f->asked_chain = *id;
	writer_wipe(&w);
	buf_wipe(&raw);
	return rc;
}

/* Somebody else may have given what we could not. */
static void look_again(struct follow *f, uint64_t now_ms)
{
	struct follow_back *b = &f->back;

	b->pause = b->pause == 0 ? PAUSE_MS : 2 * b->pause;
	if (b->pause > PAUSE_MAX_MS)
		b->pause = PAUSE_MAX_MS;
	b->again_at = now_ms + b->pause;
	b->wanted = true;
	if (f->chain.behind)
		f->chain.wanted = true;
	for (size_t i = 0; i < f->case_count; i++)
		if (f->cases[i]->chain.behind)
			f->cases[i]->chain.wanted = true;
}

int follow_back_ask(struct follow *f, uint64_t now_ms)
{
	struct follow_chain *c;
	struct id16 id;
	int rc = 0;

	if (f->back.wanted)
		rc = tell(f, f->back.told);
	else if ((c = next_chain(f, &id)) != NULL)
		rc = give(f, c, &id);
	else if (given(f) > f->back.told)
		rc = tell(f, given(f));
	else
		look_again(f, now_ms);
	if (rc == ROWAN_E_AGAIN) {
		f->pause = true;
		rc = 0;
	}
	return rc;
}

/* ---- answers ------------------------------------------------------------ */

static struct bytes row_name(void)
{
	static const uint8_t name[] = "restore";

	return bytes_of(name, sizeof name - 1);
}

int follow_restore(struct follow *f, size_t i, struct buf *ret)
{
	return vault_get(f->o.vault, VAULT_CLINIC, row_name(), i, ret);
}

int follow_back_heard(struct follow *f, struct bytes raw, bool *ret_known)
{
	struct buf old;
	size_t i = 0;
	int rc = 0;

	*ret_known = false;
	while (!*ret_known && (rc = follow_restore(f, i, &old)) == 0) {
		*ret_known = bytes_eq(buf_view(&old), raw);
		buf_wipe(&old);
		i++;
	}
	if (*ret_known)
		return 0;
	return rc == ROWAN_E_NOT_FOUND
		       ? vault_put(f->o.vault, VAULT_CLINIC, row_name(), i, raw)
		       : rc;
}

/* Everybody is shown it, wherever it stands as yet. */
static int show(struct follow *f, const struct wire_statement *s)
{
	const struct event e = {.type = ROWAN_EVENT_CLINIC,
		.code = s->kind,
		.time = s->time,
		.count = s->number};
	bool known;
	int rc = follow_open(f);

	if (rc != 0)
		return rc;
	rc = follow_back_heard(f, s->raw, &known);
	if (rc == 0 && !known)
		rc = events_add(f->o.events, &e);
	return follow_close(f, rc);
}

static void restored(struct follow *f, const struct requests_outcome *o)
{
	struct wire_restored_answer a = {0};
	struct wire_statement s;
	int rc = o->rc;

	if (rc == 0)
		rc = wire_restored_answer_decode(o->answer, &a);
	/* A daemon that does not know the question was not restored. */
	f->back.on = rc == 0 && a.on;
	if (rc == ROWAN_E_AGAIN || rc == ROWAN_E_STATE) {
		f->pause = true;
		return;
	}
	f->back.wanted = false;
	if (rc != 0)
		return;
	f->back.told = f->back.telling;
	rc = buf_set(&f->back.raw, a.statement);
	/* What stands in our chain is no news, whoever brings it up again. */
	if (rc == 0 && a.on && f->current && is_ours(f, &s) && !stands(f, &s))
		rc = show(f, &s);
	if (rc != 0)
		f->fault = rc;
}

/* Nothing more is taken: later, or never again. */
static void stuck(struct follow *f, struct follow_chain *c)
{
	const struct follow_finding what = {.alarm = ROWAN_ALARM_ROLLBACK,
		.case_id = f->asked_chain,
		.number = c->give - 1};
	int rc;

	c->stuck = true;
	if (f->back.on || follow_anew(f, &f->asked_chain, c))
		return;
	rc = follow_alarm(f, c, &what);
	if (rc != 0)
		f->fault = rc;
}

static void gave(struct follow *f, const struct requests_outcome *o)
{
	struct known_case *k = follow_find(f, &f->asked_chain);
	struct follow_chain *c = k != NULL ? &k->chain : &f->chain;
	uint64_t last = k != NULL ? k->c.number : f->clinic.number;

	if (o->rc == ROWAN_E_STATE || !c->behind)
		return;
	if (o->rc == ROWAN_E_AGAIN || o->rc == ROWAN_E_QUOTA ||
		o->rc == ROWAN_E_FULL) {
		f->pause = true;
		return;
	}
	/* Not out of this hand, or not yet. */
	if (o->rc == ROWAN_E_RESTORING && f->back.on) {
		c->stuck = true;
		return;
	}
	if (o->rc == 0) {
		c->took = true;
		f->back.pause = 0;
	}
	/* Refused: it is there, or its place is not known to us. */
	if (c->give++ < last)
		return;
	if (c->took)
		follow_catch_up(f, &f->asked_chain);
	else
		stuck(f, c);
	c->took = false;
}

void follow_back_answer(struct follow *f, enum follow_ask asked,
	const struct requests_outcome *o)
{
	if (asked == ASK_GIVE)
		gave(f, o);
	else
		restored(f, o);
}
