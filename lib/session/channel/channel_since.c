/*
 * Who might take part, at a place in the chains that lies behind us: see
 * channel_inner.h.
 *
 * What is read from the mailbox was said a while ago. Whoever was unassigned
 * since was right to say it then; so a device counts if it may take part now,
 * or if what ended its right stands after that place.
 */
#include "session/channel/channel_inner.h"
#include "trust/rules.h"

#define HOUR_S	 3600 /* the daemon says no more of when something came */
#define CLOCKS_S 900  /* ours is told the time every ten minutes */

/* Looks at one statement; returns true when it is the one. */
typedef bool since_fn(
	void *ctx, struct channel *c, const struct wire_statement *s);

/* From the newest back to the one after ${after}. */
static int find(struct channel *c, uint64_t after, since_fn *fn, void *ctx)
{
	struct follow *f = c->x->o.follow;
	const struct case_state *of = follow_case(f, &c->row.case_id);
	uint64_t n = of == NULL ? 0 : of->number;

	for (; n > after; n--) {
		struct wire_statement s;
		struct buf raw = {0};
		bool found = false;
		int rc = follow_statement(f, &c->row.case_id, n, &raw);

		if (rc == 0 && wire_statement_decode(buf_view(&raw), &s) == 0)
			found = fn(ctx, c, &s);
		buf_wipe(&raw);
		if (rc != 0 && rc != ROWAN_E_NOT_FOUND)
			return rc;
		if (found)
			return 0;
	}
	return ROWAN_E_NOT_FOUND;
}

/* ---- readmit ---- */

static bool is_readmit(
	void *ctx, struct channel *c, const struct wire_statement *s)
{
	const struct id16 *device = ctx;

	return s->kind == WIRE_ST_READMIT &&
	       id16_eq(&s->signers[0].device, device);
}

int channel_readmitted(
	struct channel *c, const struct id16 *device, uint64_t after)
{
	struct id16 copy = *device;

	return find(c, after, is_readmit, &copy);
}

/* ---- generations ---- */

static bool began(void *ctx, struct channel *c, const struct wire_statement *s)
{
	const struct bytes *group_id = ctx;

	if (s->kind == WIRE_ST_RESET)
		return s->u.reset.channel == c->row.kind &&
		       bytes_eq(id16_view(&s->u.reset.group_id), *group_id);
	for (size_t i = 0; s->kind == WIRE_ST_OPEN && i < s->u.open.count; i++)
		if (s->u.open.channels[i].kind == c->row.kind &&
			bytes_eq(id16_view(&s->u.open.channels[i].group_id),
				*group_id))
			return true;
	return false;
}

int channel_began(struct channel *c, struct bytes group_id)
{
	return find(c, 0, began, &group_id);
}

struct stating {
	struct bytes group_id;
	uint64_t clinic_number;
};

static bool began_at(
	void *ctx, struct channel *c, const struct wire_statement *s)
{
	struct stating *x = ctx;

	x->clinic_number = s->clinic_number;
	return began(&x->group_id, c, s);
}

int channel_unsure(
	struct channel *c, const struct case_channel *stated, bool *ret)
{
	struct stating x = {.group_id = id16_view(&stated->group_id)};
	uint64_t restored;
	int rc = find(c, 0, began_at, &x);

	*ret = false;
	if (rc == 0)
		rc = follow_restored_at(c->x->o.follow, &restored);
	if (rc == 0)
		*ret = x.clinic_number < restored;
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

/* ---- taking part ---- */

/* Statements after which the member had a right no more. */
static bool ends(void *ctx, struct channel *c, const struct wire_statement *s)
{
	const struct wire_card *card = ctx;
	struct id16 signer;

	switch (s->kind) {
	case WIRE_ST_UNASSIGN:
		return s->u.unassign.channel == c->row.kind &&
		       id16_eq(&s->u.unassign.member, &card->member);
	case WIRE_ST_ASSIGN:
		/* another period instead of the one that was */
		return s->u.assign.channel == c->row.kind &&
		       id16_eq(&s->u.assign.member, &card->member);
	case WIRE_ST_RECUSE:
		signer = channel_member_of(c->x, &s->signers[0].device);
		return id16_eq(&signer, &card->member);
	case WIRE_ST_CLOSE:
	case WIRE_ST_ERASE: return true;
	default: return false;
	}
}

static bool role_fits(const struct wire_card *card, uint8_t kind)
{
	return card->role == WIRE_ROLE_CASEWORKER ||
	       (card->role == WIRE_ROLE_VICTIM && kind != WIRE_CHANNEL_TEAM);
}

/*
 * Now, or when it came. Whoever was assigned a moment ago may be spoken of by
 * those whose clocks are ahead of ours.
 */
static bool was_assigned(struct channel *c, const struct id16 *member,
	const struct channel_place *at)
{
	const struct case_state *of =
		follow_case(c->x->o.follow, &c->row.case_id);
	const uint64_t last = c->x->now + CLOCKS_S;
	const uint64_t first =
		at->time != 0 && at->time < c->x->now ? at->time : c->x->now;
	const uint64_t end =
		at->time != 0 && first + HOUR_S < last ? first + HOUR_S : last;

	for (size_t i = 0; of != NULL && i < of->assignment_count; i++) {
		const struct case_assignment *a = &of->assignments[i];

		if (a->channel != c->row.kind || !id16_eq(&a->member, member))
			continue;
		if ((a->from <= end && (a->until == 0 || first < a->until)) ||
			(a->from <= last &&
				(a->until == 0 || c->x->now < a->until)))
			return true;
	}
	return false;
}

int channel_might(struct channel *c, const struct id16 *device,
	const struct channel_place *at)
{
	struct follow *f = c->x->o.follow;
	struct trust_card card;
	struct buf raw = {0};
	int rc = follow_may(f, &c->id, device);

	if (rc == 0 || rc == ROWAN_E_NOMEM || rc == ROWAN_E_IO)
		return rc;
	/* Its card was nobody's to issue: it never had a right. */
	if (rc == ROWAN_E_SIGNER)
		return rc;
	rc = follow_card(f, device, &card, &raw);
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_UNKNOWN : rc;
	if ((card.revoked != 0 && card.revoked <= at->clinic_number) ||
		!role_fits(&card.card, c->row.kind))
		rc = ROWAN_E_REVOKED;
	else if (!was_assigned(c, &card.card.member, at))
		rc = find(c, at->case_number, ends, &card.card);
	else if (card.revoked == 0 && card.card.not_after != 0 &&
		 card.card.not_after <= at->time)
		rc = ROWAN_E_EXPIRED;
	buf_wipe(&raw);
	return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_RULE : rc;
}

bool channel_ends(struct channel *c, const struct id16 *device)
{
	const struct case_state *of =
		follow_case(c->x->o.follow, &c->row.case_id);
	const uint64_t soon = c->x->now + CLOCKS_S;
	struct trust_card card;
	struct buf raw = {0};
	int rc = follow_card(c->x->o.follow, device, &card, &raw);
	const bool ends =
		rc == 0 && of != NULL &&
		(!case_assigned(of, &card.card.member, c->row.kind, soon) ||
			(card.card.not_after != 0 &&
				card.card.not_after <= soon));

	buf_wipe(&raw);
	return ends;
}
