/*
 * Whether a card that counts was rightly issued, as far as everything is
 * known by now.
 *
 * The daemon checks all of it when a card is logged. A client that replays
 * the clinic's chain cannot: cards of strangers are withheld from it, and
 * cases come after the clinic. A registrar and a daemon together could use
 * that to give somebody a false second device; so it is judged again, when
 * such a device would take part in something.
 *
 * Trusts nothing but statements and cards that were checked. Changes nothing.
 */
#include "session/follow/follow_inner.h"

static struct vouched *slot_of(struct follow *f, const struct id16 *device)
{
	return &f->vouched[device->b[0] % FOLLOW_VOUCHED];
}

void follow_vouch_again(struct follow *f)
{
	memset(f->vouched, 0, sizeof f->vouched);
}

/* ---- a further device ---------------------------------------------------- */

/* The card that made it a device; its renewals need no consent. */
static int first_of(struct follow *f, const struct id16 *device,
	struct trust_card *ret, struct buf *ret_raw)
{
	const struct trust_source *src = &f->source;
	uint64_t number = CLINIC_NEWEST;
	struct trust_card t;
	int rc;

	*ret_raw = (struct buf){0};
	while ((rc = src->card(src->ctx, device, number, &t)) == 0) {
		*ret = t;
		rc = buf_set(ret_raw, t.card.raw);
		if (rc != 0 || t.logged <= 1)
			break;
		number = t.logged - 1;
	}
	if (rc == ROWAN_E_NOT_FOUND && ret_raw->len > 0)
		rc = 0;
	if (rc == 0)
		rc = wire_card_decode(buf_view(ret_raw), &ret->card);
	return rc;
}

static int stands_beside(struct follow *f, const struct id16 *device)
{
	struct clinic before = f->clinic;
	const struct rules_context ctx = {
		.clinic = &before, .source = &f->source};
	struct trust_card first;
	struct buf raw;
	int rc = first_of(f, device, &first, &raw);

	before.number = first.logged - 1;
	if (rc == 0 && first.card.issuer_kind == WIRE_SIGNER_DEVICE)
		rc = rules_further(&ctx, &first.card, first.logged_at);
	buf_wipe(&raw);
	return rc;
}

/* ---- a victim's device --------------------------------------------------- */

/* Where a member was in a case at a time, read from its statements. */
struct presence {
	struct follow *f;
	struct id16 member;
	uint64_t time;
	bool in[WIRE_CASE_CHANNELS_MAX + 1]; /* by kind */
};

static bool is_member(struct presence *p, const struct id16 *device)
{
	const struct trust_source *src = &p->f->source;
	struct trust_card t;

	return src->card(src->ctx, device, CLINIC_NEWEST, &t) == 0 &&
	       id16_eq(&t.card.member, &p->member);
}

/* What ended in the very second did not end before. */
static void take(struct presence *p, const struct wire_statement *s)
{
	const struct wire_st_assign *a = &s->u.assign;
	bool covers, earlier = s->time < p->time;

	switch (s->kind) {
	case WIRE_ST_ASSIGN:
		if (!id16_eq(&a->member, &p->member) ||
			a->channel > WIRE_CASE_CHANNELS_MAX)
			break;
		covers = a->from <= p->time &&
			 (a->until == 0 || p->time < a->until);
		p->in[a->channel] = covers || (p->in[a->channel] && !earlier);
		break;
	case WIRE_ST_UNASSIGN:
		if (earlier && id16_eq(&s->u.unassign.member, &p->member) &&
			s->u.unassign.channel <= WIRE_CASE_CHANNELS_MAX)
			p->in[s->u.unassign.channel] = false;
		break;
	case WIRE_ST_RECUSE:
		if (earlier && is_member(p, &s->signers[0].device))
			memset(p->in, 0, sizeof p->in);
		break;
	default: break;
	}
}

/* A victim's card counts for a case to which its registrar was assigned. */
static int was_on_the_case(
	struct follow *f, const struct case_state *c, struct presence *p)
{
	for (uint64_t n = 1; n <= c->number; n++) {
		struct wire_statement s;
		struct buf raw;
		int rc = follow_statement(f, &c->id, n, &raw);

		if (rc == ROWAN_E_NOT_FOUND)
			continue;
		if (rc == 0)
			rc = wire_statement_decode(buf_view(&raw), &s);
		if (rc == 0)
			take(p, &s);
		buf_wipe(&raw);
		if (rc != 0)
			return rc;
	}
	for (size_t i = 0; i <= WIRE_CASE_CHANNELS_MAX; i++)
		if (p->in[i])
			return 0;
	return ROWAN_E_SIGNER;
}

static int of_the_case(struct follow *f, const struct case_state *c,
	const struct id16 *issuer, uint64_t logged_at)
{
	struct presence p = {.f = f, .time = logged_at};
	struct trust_card registrar;
	int rc = f->source.card(
		f->source.ctx, issuer, CLINIC_NEWEST, &registrar);

	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_UNKNOWN : rc;
	p.member = registrar.card.member;
	return was_on_the_case(f, c, &p);
}

/* ---- both -----------------------------------------------------------------
 */

int follow_vouch(struct follow *f, const struct case_state *c,
	const struct trust_card *card)
{
	const struct id16 device = card->card.device,
			  issuer = card->card.issuer;
	const bool victim = card->card.role == WIRE_ROLE_VICTIM;
	const uint64_t logged_at = card->logged_at;
	struct vouched *slot = slot_of(f, &device);
	int rc;

	if (card->card.issuer_kind == WIRE_SIGNER_AUTHORITY)
		return 0;
	if (id16_eq(&slot->device, &device) && id16_eq(&slot->case_id, &c->id))
		return 0;
	rc = stands_beside(f, &device);
	if (rc == 0 && victim)
		rc = of_the_case(f, c, &issuer, logged_at);
	/* Unknown is who consented: perhaps not shown to us yet. */
	if (rc != 0 && rc != ROWAN_E_UNKNOWN && follow_verdict(rc))
		return ROWAN_E_SIGNER;
	if (rc == 0)
		*slot = (struct vouched){device, c->id};
	return rc;
}
