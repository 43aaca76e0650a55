/*
 * Statements made, checked and recognised: see acts_inner.h.
 *
 * Signs nothing that the rules of lib/trust would refuse at this moment.
 */
#include <string.h>

#include "session/acts/acts_inner.h"
#include "trust/attest.h"
#include "trust/chain.h"

static const struct id16 clinic_chain;

/* ---- views --------------------------------------------------------------- */

int act_view_now(struct acts *a, const struct id16 *chain, struct act_view *ret)
{
	const struct case_state *c;

	memset(ret, 0, sizeof *ret);
	ret->clinic = *follow_clinic(a->o.follow);
	ret->of_case = !id16_eq(chain, &clinic_chain);
	if (!ret->of_case)
		return 0;
	c = follow_case(a->o.follow, chain);
	if (c != NULL)
		return case_copy(&ret->c, c);
	case_init(&ret->c, &ret->clinic.id, chain);
	return 0;
}

void act_view_wipe(struct act_view *v)
{
	case_wipe(&v->c);
	memset(v, 0, sizeof *v);
}

uint64_t act_view_number(const struct act_view *v)
{
	return v->of_case ? v->c.number : v->clinic.number;
}

static int apply(struct acts *a, struct act_view *v, struct bytes raw)
{
	struct wire_statement s;
	int rc = wire_statement_decode(raw, &s);

	if (rc != 0)
		return rc;
	return v->of_case
		       ? rules_apply_case(&v->c, follow_source(a->o.follow), &s)
		       : rules_apply_clinic(&v->clinic, &s);
}

int act_view_later(
	struct acts *a, const struct id16 *chain, struct act_view *ret)
{
	int rc = act_view_now(a, chain, ret);

	for (size_t i = 0; rc == 0 && i < a->count; i++) {
		const struct act *t = a->act[i];
		struct buf raw = {0};

		if (t->state == ACT_ENDED || !id16_eq(&t->chain, chain))
			continue;
		rc = (t->flags & ACT_FOREIGN) != 0
			     ? act_check(a, ret, buf_view(&t->raw))
			     : act_make(a, ret, buf_view(&t->want), &raw);
		if (rc == 0)
			rc = apply(
				a, ret, buf_view(raw.len > 0 ? &raw : &t->raw));
		/* It will fail by itself; what follows may still be right. */
		else if (rc == ROWAN_E_STALE || rc <= -300)
			rc = 0;
		buf_wipe(&raw);
	}
	if (rc != 0)
		act_view_wipe(ret);
	return rc;
}

/* ---- making -------------------------------------------------------------- */

static uint64_t later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* The clinic's time; never before the chain's. */
static uint64_t time_for(const struct acts *a, const struct act_view *v)
{
	return later(follow_now(a->o.follow),
		v->of_case ? v->c.time : v->clinic.time);
}

/*
 * Nor before that of the case which gives the right to it: whoever was assigned
 * a moment ago, by a clock a second ahead of ours, may revoke at once.
 */
static uint64_t time_of(const struct acts *a, const struct act_view *v,
	const struct wire_statement *s)
{
	const struct case_state *c =
		s->kind == WIRE_ST_REVOKE
			? follow_case(a->o.follow, &s->u.revoke.case_id)
			: NULL;

	return later(time_for(a, v), c != NULL ? c->time : 0);
}

/* This device is the last of the signers. */
static int sign(struct acts *a, struct wire_statement *s, struct buf *ret_raw)
{
	struct writer w;
	int rc;

	writer_init(&w, WIRE_STATEMENT_MAX);
	rc = wire_statement_encode_tbs(s, &w);
	if (rc == 0)
		rc = attest_sign(ATTEST_STATEMENT, writer_view(&w),
			a->o.me->signature_seed.b,
			&s->signatures[s->signer_count - 1]);
	writer_wipe(&w);
	writer_init(&w, WIRE_STATEMENT_MAX);
	if (rc == 0)
		rc = wire_statement_encode(s, &w);
	if (rc == 0)
		rc = writer_finish(&w, ret_raw);
	writer_wipe(&w);
	return rc;
}

int act_check(struct acts *a, const struct act_view *v, struct bytes raw)
{
	const struct rules_context ctx = {.clinic = &v->clinic,
		.source = follow_source(a->o.follow),
		.of_case = v->of_case ? &v->c : NULL,
		.accept = true,
		.now = time_for(a, v)};
	struct wire_statement s;
	int rc = wire_statement_decode(raw, &s);

	if (rc == 0 && v->of_case != wire_statement_of_case(s.kind))
		rc = ROWAN_E_INVAL;
	if (rc == 0)
		rc = rules_check(&ctx, &s);
	if (rc == 0 && s.kind == WIRE_ST_ASSIGN && a->o.barred != NULL &&
		a->o.barred(a->o.ctx, &s.case_id, &s.u.assign.member))
		rc = ROWAN_E_RULE;
	return rc;
}

/* It is to be the next of ${v}. */
static void set_place(
	struct acts *a, const struct act_view *v, struct wire_statement *s)
{
	s->number = act_view_number(v) + 1;
	s->previous = v->of_case ? v->c.head : v->clinic.head;
	s->time = time_of(a, v, s);
	if (v->of_case) {
		s->clinic_number = v->clinic.number;
		s->clinic_head = v->clinic.head;
	}
}

int act_make(struct acts *a, const struct act_view *v, struct bytes want,
	struct buf *ret_raw)
{
	struct wire_statement s;
	int rc = wire_statement_decode(want, &s);

	*ret_raw = (struct buf){0};
	if (rc != 0)
		return rc;
	set_place(a, v, &s);
	rc = sign(a, &s, ret_raw);
	if (rc == 0)
		rc = act_check(a, v, buf_view(ret_raw));
	if (rc != 0)
		buf_wipe(ret_raw);
	return rc;
}

static int check_request(
	struct acts *a, const struct act_view *v, struct bytes raw)
{
	const struct rules_context ctx = {.clinic = &v->clinic,
		.source = follow_source(a->o.follow),
		.of_case = &v->c,
		.accept = true,
		.now = time_for(a, v)};
	struct wire_statement s;
	int rc = wire_statement_decode(raw, &s);

	return rc == 0 ? rules_requested(&ctx, &s) : rc;
}

int acts_request(struct acts *a, struct wire_statement *s, struct buf *ret_raw)
{
	struct act_view v;
	int rc;

	*ret_raw = (struct buf){0};
	if (acts_pending(a, 0, &s->case_id) > 0)
		return ROWAN_E_AGAIN;
	rc = act_view_now(a, &s->case_id, &v);
	if (rc != 0)
		return rc;
	s->clinic = v.clinic.id;
	s->signer_count = 2;
	s->signers[0] = (struct wire_signer){.kind = WIRE_SIGNER_AUTHORITY};
	s->signers[1] =
		(struct wire_signer){WIRE_SIGNER_DEVICE, a->o.me->device};
	set_place(a, &v, s);
	rc = sign(a, s, ret_raw);
	if (rc == 0)
		rc = check_request(a, &v, buf_view(ret_raw));
	if (rc != 0)
		buf_wipe(ret_raw);
	act_view_wipe(&v);
	return rc;
}

/* ---- recognising --------------------------------------------------------- */

/* The same content by the same signer: place and signature aside. */
static int same(struct bytes want, struct wire_statement *s, bool *ret)
{
	struct wire_statement w;
	struct writer a, b;
	int rc = wire_statement_decode(want, &w);

	*ret = false;
	if (rc != 0 || w.kind != s->kind || s->signer_count != 1)
		return rc;
	s->number = w.number;
	s->previous = w.previous;
	s->clinic_number = w.clinic_number;
	s->clinic_head = w.clinic_head;
	s->time = w.time;
	writer_init(&a, WIRE_STATEMENT_MAX);
	writer_init(&b, WIRE_STATEMENT_MAX);
	rc = wire_statement_encode_tbs(&w, &a);
	if (rc == 0)
		rc = wire_statement_encode_tbs(s, &b);
	*ret = rc == 0 && bytes_eq(writer_view(&a), writer_view(&b));
	writer_wipe(&a);
	writer_wipe(&b);
	return rc;
}

/* Whose assignments somebody else's statement has changed, in which channel
 * (0: all). */
static int touched(struct acts *a, const struct wire_statement *s,
	struct id16 *ret_member, uint8_t *ret_channel)
{
	const struct trust_source *src = follow_source(a->o.follow);
	struct trust_card card;
	int rc;

	switch (s->kind) {
	case WIRE_ST_ASSIGN:
		*ret_member = s->u.assign.member;
		*ret_channel = s->u.assign.channel;
		return 0;
	case WIRE_ST_UNASSIGN:
		*ret_member = s->u.unassign.member;
		*ret_channel = s->u.unassign.channel;
		return 0;
	case WIRE_ST_RECUSE:
		rc = src->card(
			src->ctx, &s->signers[0].device, CLINIC_NEWEST, &card);
		*ret_member = card.card.member;
		*ret_channel = 0;
		return rc;
	default: return ROWAN_E_NOT_FOUND;
	}
}

/* Whether ${s}, by somebody else, is about the same thing. */
static int rivals(struct acts *a, const struct wire_statement *want,
	const struct wire_statement *s, bool *ret)
{
	struct id16 mine, theirs;
	uint8_t of_mine, of_theirs;
	int rc;

	*ret = want->kind == WIRE_ST_RESET && s->kind == WIRE_ST_RESET &&
	       want->u.reset.channel == s->u.reset.channel;
	if (*ret || want->kind == WIRE_ST_RECUSE)
		return 0;
	rc = touched(a, want, &mine, &of_mine);
	if (rc == 0)
		rc = touched(a, s, &theirs, &of_theirs);
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	*ret = id16_eq(&mine, &theirs) &&
	       (of_theirs == 0 || of_theirs == of_mine);
	return 0;
}

/* What statement ${number} is to the act. */
static int look_at(struct acts *a, const struct act *t, uint64_t number)
{
	struct wire_statement want, s;
	struct buf raw;
	bool yes = false;
	int rc = follow_statement(a->o.follow, &t->chain, number, &raw);

	if (rc == 0 && (t->flags & ACT_FOREIGN) != 0) {
		rc = bytes_eq(buf_view(&raw), buf_view(&t->raw))
			     ? 0
			     : ROWAN_E_NOT_FOUND;
		buf_wipe(&raw);
		return rc;
	}
	if (rc == 0)
		rc = wire_statement_decode(buf_view(&raw), &s);
	if (rc == 0)
		rc = wire_statement_decode(buf_view(&t->want), &want);
	if (rc == 0 && !id16_eq(&s.signers[0].device, &a->o.me->device)) {
		rc = rivals(a, &want, &s, &yes);
		rc = rc != 0 ? rc : yes ? ROWAN_E_STALE : ROWAN_E_NOT_FOUND;
	} else if (rc == 0) {
		rc = same(buf_view(&t->want), &s, &yes);
		rc = rc != 0 ? rc : yes ? 0 : ROWAN_E_NOT_FOUND;
	}
	buf_wipe(&raw);
	return rc;
}

int act_happened(struct acts *a, const struct act *t)
{
	struct act_view v;
	uint64_t newest;
	int rc = act_view_now(a, &t->chain, &v);

	if (rc != 0)
		return rc;
	newest = act_view_number(&v);
	act_view_wipe(&v);
	rc = ROWAN_E_NOT_FOUND;
	for (uint64_t n = t->base + 1; n <= newest && rc == ROWAN_E_NOT_FOUND;
		n++)
		rc = look_at(a, t, n);
	return rc;
}
