/*
 * What this device can ask for: see acts.h.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "session/acts/acts_inner.h"

static const struct id16 clinic_chain;

int acts_new(struct acts **ret, const struct acts_options *options)
{
	struct acts *a = calloc(1, sizeof *a);
	int rc;

	*ret = NULL;
	if (a == NULL)
		return ROWAN_E_NOMEM;
	a->o = *options;
	rc = act_load(a);
	if (rc == 0)
		*ret = a;
	else
		acts_free(a);
	return rc;
}

void acts_free(struct acts *a)
{
	if (a == NULL)
		return;
	act_unload(a);
	free(a);
}

void acts_aborted(struct acts *a)
{
	act_unload(a);
	/* A vault that cannot be read now says so at the next step. */
	a->unread = act_load(a) != 0;
}

void acts_online(struct acts *a, bool online)
{
	a->online = online;
}

/* ---- keeping ------------------------------------------------------------- */

static size_t waiting(const struct acts *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->count; i++)
		n += a->act[i]->state != ACT_ENDED;
	return n;
}

static int keep(struct acts *a, const struct act *like, uint64_t *ret)
{
	bool own;
	int rc;

	if (waiting(a) >= ACTS_MAX)
		return ROWAN_E_QUOTA;
	rc = act_open(a, &own);
	if (rc == 0)
		rc = act_close(a, own, act_add(a, like, ret));
	return rc;
}

/* What the statement says; its place is found when it is signed. */
static int template_of(
	struct acts *a, struct wire_statement *s, struct buf *ret)
{
	struct writer w;
	int rc;

	s->clinic = follow_clinic(a->o.follow)->id;
	s->number = 1;
	s->clinic_number = wire_statement_of_case(s->kind) ? 1 : 0;
	s->signer_count = 1;
	s->signers[0] =
		(struct wire_signer){WIRE_SIGNER_DEVICE, a->o.me->device};
	writer_init(&w, WIRE_STATEMENT_MAX);
	rc = wire_statement_encode(s, &w);
	if (rc == 0)
		rc = writer_finish(&w, ret);
	writer_wipe(&w);
	return rc;
}

/* Possible after all that waits? Then it waits, too. */
static int ask(struct acts *a, struct wire_statement *s, uint64_t *ret)
{
	struct act t = {.state = ACT_WANTED, .chain = s->case_id};
	struct act_view now, later;
	struct buf raw = {0};
	int rc = template_of(a, s, &t.want);

	if (rc != 0)
		return rc;
	rc = act_view_now(a, &t.chain, &now);
	if (rc == 0) {
		t.base = act_view_number(&now);
		act_view_wipe(&now);
		rc = act_view_later(a, &t.chain, &later);
	}
	if (rc == 0) {
		rc = act_make(a, &later, buf_view(&t.want), &raw);
		act_view_wipe(&later);
	}
	if (rc == 0)
		rc = keep(a, &t, ret);
	buf_wipe(&raw);
	buf_wipe(&t.want);
	return rc;
}

/* A statement about a channel: its case and kind, waiting ones included. */
static int about_channel(struct acts *a, const struct id16 *channel,
	struct wire_statement *s, uint8_t *ret_kind)
{
	const struct case_state *c =
		follow_case_of(a->o.follow, channel, ret_kind);
	struct wire_statement open;

	if (c != NULL) {
		s->case_id = c->id;
		return 0;
	}
	for (size_t i = 0; i < a->count; i++) {
		const struct act *t = a->act[i];

		if (t->state == ACT_ENDED || t->want.len == 0 ||
			wire_statement_decode(buf_view(&t->want), &open) != 0 ||
			open.kind != WIRE_ST_OPEN)
			continue;
		for (size_t k = 0; k < open.u.open.count; k++) {
			if (!id16_eq(&open.u.open.channels[k].channel, channel))
				continue;
			s->case_id = open.case_id;
			*ret_kind = open.u.open.channels[k].kind;
			return 0;
		}
	}
	return ROWAN_E_UNKNOWN;
}

/* ---- cases --------------------------------------------------------------- */

int acts_open(struct acts *a, struct bytes agency, uint32_t day,
	struct id16 *ret_case, uint64_t *ret)
{
	struct wire_statement s = {.kind = WIRE_ST_OPEN};
	struct wire_st_open *open = &s.u.open;
	int rc;

	memset(ret_case, 0, sizeof *ret_case);
	randombytes_buf(s.case_id.b, ID16_LEN);
	open->agency = agency;
	open->day = day;
	open->count = WIRE_CASE_CHANNELS_MAX;
	for (uint8_t i = 0; i < WIRE_CASE_CHANNELS_MAX; i++) {
		open->channels[i].kind = i + 1;
		randombytes_buf(open->channels[i].channel.b, ID16_LEN);
		randombytes_buf(open->channels[i].group_id.b, ID16_LEN);
	}
	rc = ask(a, &s, ret);
	if (rc == 0)
		*ret_case = s.case_id;
	return rc;
}

int acts_close(struct acts *a, const struct id16 *case_id, uint8_t reason,
	uint64_t *ret)
{
	struct wire_statement s = {.kind = WIRE_ST_CLOSE, .case_id = *case_id};

	s.u.close.reason = reason;
	return ask(a, &s, ret);
}

int acts_reopen(struct acts *a, const struct id16 *case_id, uint64_t *ret)
{
	struct wire_statement s = {.kind = WIRE_ST_REOPEN, .case_id = *case_id};

	return ask(a, &s, ret);
}

int acts_assign(
	struct acts *a, const struct acts_assignment *what, uint64_t *ret)
{
	struct wire_statement s = {.kind = WIRE_ST_ASSIGN};
	int rc = about_channel(a, &what->channel, &s, &s.u.assign.channel);

	s.u.assign.member = what->member;
	s.u.assign.from =
		what->from != 0 ? what->from : follow_now(a->o.follow);
	s.u.assign.until = what->until;
	return rc == 0 ? ask(a, &s, ret) : rc;
}

int acts_unassign(struct acts *a, const struct id16 *channel,
	const struct id16 *member, uint64_t *ret)
{
	struct wire_statement s = {.kind = WIRE_ST_UNASSIGN};
	int rc = about_channel(a, channel, &s, &s.u.unassign.channel);

	s.u.unassign.member = *member;
	return rc == 0 ? ask(a, &s, ret) : rc;
}

int acts_recuse(struct acts *a, const struct id16 *case_id, uint64_t *ret)
{
	struct wire_statement s = {.kind = WIRE_ST_RECUSE, .case_id = *case_id};

	return ask(a, &s, ret);
}

int acts_readmit(struct acts *a, const struct id16 *case_id, uint64_t *ret)
{
	struct wire_statement s = {
		.kind = WIRE_ST_READMIT, .case_id = *case_id};

	return ask(a, &s, ret);
}

int acts_reset(struct acts *a, const struct id16 *channel, uint64_t *ret)
{
	struct wire_statement s = {.kind = WIRE_ST_RESET};
	const struct case_channel *ch;
	struct act_view v;
	int rc = about_channel(a, channel, &s, &s.u.reset.channel);

	if (rc == 0)
		rc = act_view_later(a, &s.case_id, &v);
	if (rc != 0)
		return rc;
	ch = case_channel(&v.c, s.u.reset.channel);
	s.u.reset.generation = ch != NULL ? ch->generation + 1 : 2;
	randombytes_buf(s.u.reset.group_id.b, ID16_LEN);
	act_view_wipe(&v);
	return ask(a, &s, ret);
}

/* ---- the clinic ---------------------------------------------------------- */

int acts_revoke(
	struct acts *a, const struct acts_revocation *what, uint64_t *ret)
{
	struct wire_statement s = {.kind = WIRE_ST_REVOKE};

	s.u.revoke.device = what->device;
	s.u.revoke.reason = what->reason;
	s.u.revoke.case_id = what->case_id;
	return ask(a, &s, ret);
}

int acts_log_card(struct acts *a, struct bytes card, uint64_t *ret)
{
	struct wire_statement s = {.kind = WIRE_ST_CARD};

	s.u.card = card;
	return ask(a, &s, ret);
}

int acts_submit(struct acts *a, struct bytes statement, uint64_t *ret)
{
	struct act t = {.state = ACT_SIGNED, .flags = ACT_FOREIGN};
	struct wire_statement s;
	struct act_view now;
	int rc = wire_statement_decode(statement, &s);

	if (rc != 0)
		return rc;
	t.chain = wire_statement_of_case(s.kind) ? s.case_id : clinic_chain;
	t.base = s.number - 1;
	rc = act_view_now(a, &t.chain, &now);
	if (rc == 0) {
		rc = act_check(a, &now, statement);
		act_view_wipe(&now);
	}
	if (rc == 0)
		rc = buf_copy(&t.raw, statement);
	if (rc == 0)
		rc = keep(a, &t, ret);
	buf_wipe(&t.raw);
	return rc;
}

/* ---- afterwards ---------------------------------------------------------- */

int acts_quiet(struct acts *a, uint64_t act, bool remember)
{
	struct act *t = act_find(a, act);
	bool own;
	int rc;

	if (t == NULL)
		return ROWAN_E_NOT_FOUND;
	rc = act_open(a, &own);
	if (rc != 0)
		return rc;
	t->flags |= ACT_QUIET | (remember ? ACT_KEEP : 0);
	return act_close(a, own, act_put(t));
}

int acts_outcome(struct acts *a, uint64_t act)
{
	const struct act *t = act_find(a, act);

	if (t == NULL)
		return ROWAN_E_NOT_FOUND;
	return t->state == ACT_ENDED ? t->code : ROWAN_E_AGAIN;
}

int acts_forget(struct acts *a, uint64_t act)
{
	struct act *t = act_find(a, act);

	return t == NULL ? 0 : act_delete(t);
}

size_t acts_pending(
	const struct acts *a, uint8_t kind, const struct id16 *case_id)
{
	struct wire_statement s;
	size_t n = 0;

	for (size_t i = 0; i < a->count; i++) {
		const struct act *t = a->act[i];

		if (t->state == ACT_ENDED ||
			(case_id != NULL && !id16_eq(&t->chain, case_id)))
			continue;
		if (kind != 0 &&
			(wire_statement_decode(
				 buf_view(t->want.len > 0 ? &t->want : &t->raw),
				 &s) != 0 ||
				s.kind != kind))
			continue;
		n++;
	}
	return n;
}
