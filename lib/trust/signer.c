/*
 * Signers and their capacities: see signer.h.
 *
 * Trusts no field of a statement before its signature; never decides which
 * capacity is enough, that is the table in rules.c.
 */
#include <string.h>

#include "trust/attest.h"
#include "trust/signer.h"

/* Up to which statement of the clinic's chain this one was signed. */
static uint64_t place(const struct wire_statement *s)
{
	return wire_statement_of_case(s->kind) ? s->clinic_number
					       : s->number - 1;
}

bool signer_begun(const struct trust_card *card, uint64_t time)
{
	uint64_t from = card->card.not_before;

	return time >= from ||
	       (from <= card->logged_at && from - time <= RULES_CLOCK_SKEW);
}

int signer_alive(const struct rules_context *ctx, const struct trust_card *card,
	uint64_t number, uint64_t time)
{
	const struct wire_card *c = &card->card;

	if (card->logged > number)
		return ROWAN_E_UNKNOWN;
	/* Accepting: dead now is dead, whatever the statement refers to. */
	if (card->revoked != 0 && (ctx->accept || card->revoked <= number))
		return ROWAN_E_REVOKED;
	if (!signer_begun(card, time) ||
		(c->not_after != 0 && time >= c->not_after))
		return ROWAN_E_EXPIRED;
	return 0;
}

/* The case that gives an advocate or a victim their right. */
static int case_for(const struct rules_context *ctx,
	const struct wire_statement *s, const struct case_state **ret)
{
	*ret = ctx->of_case;
	if (wire_statement_of_case(s->kind))
		return 0;
	*ret = NULL;
	if (s->kind != WIRE_ST_REVOKE)
		return 0;
	return ctx->source->case_of(
		ctx->source->ctx, &s->u.revoke.case_id, ret);
}

/* The channel a statement of a case is about; 0: the case. */
static uint8_t channel_of(const struct wire_statement *s)
{
	switch (s->kind) {
	case WIRE_ST_ASSIGN: return s->u.assign.channel;
	case WIRE_ST_UNASSIGN: return s->u.unassign.channel;
	case WIRE_ST_RESET: return s->u.reset.channel;
	default: return 0;
	}
}

static bool is_victim_of(
	const struct wire_card *card, const struct case_state *c)
{
	return card->role == WIRE_ROLE_VICTIM &&
	       id16_eq(&card->case_id, &c->id) &&
	       id16_eq(&card->member, &c->victim);
}

/* What the statement's case makes of a device. */
static unsigned case_capacities(const struct wire_card *card,
	const struct case_state *c, const struct wire_statement *s)
{
	unsigned can = 0;

	if (is_victim_of(card, c) &&
		case_assigned(c, &card->member, 0, s->time))
		can |= CAN_VICTIM;
	if (card->role == WIRE_ROLE_CASEWORKER &&
		case_assigned(c, &card->member, channel_of(s), s->time))
		can |= CAN_ASSIGNED;
	if (case_assigned(c, &card->member, 0, s->time))
		can |= CAN_MEMBER;
	return can;
}

/* What a revocation makes of a device. */
static int revoke_capacities(const struct rules_context *ctx,
	const struct wire_card *card, const struct case_state *c,
	const struct wire_statement *s, unsigned *can)
{
	static const uint8_t advocacy[] = "advocacy";
	struct id16 signer = card->device, member = card->member;
	struct trust_card target;
	bool advocate, assigned;
	int rc;

	advocate =
		card->role == WIRE_ROLE_CASEWORKER &&
		bytes_eq(card->agency, bytes_of(advocacy, sizeof advocacy - 1));
	assigned = c != NULL && case_assigned(c, &card->member,
					WIRE_CHANNEL_SUPPORT, s->time);
	/* ${card} is not to be looked at any more: one look-up at a time. */
	rc = ctx->source->card(
		ctx->source->ctx, &s->u.revoke.device, place(s), &target);
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_UNKNOWN : rc;
	if (id16_eq(&target.card.member, &member))
		*can |= CAN_MEMBER;
	if (id16_eq(&target.card.device, &signer))
		*can |= CAN_SELF;
	/*
	 * History is replayed also by those who do not know the case, or know
	 * it as it is now; that an advocate was on it is the daemon's to see.
	 */
	if (advocate && !ctx->accept && target.card.role == WIRE_ROLE_VICTIM &&
		id16_eq(&target.card.case_id, &s->u.revoke.case_id))
		*can |= CAN_ADVOCATE;
	if (advocate && assigned && is_victim_of(&target.card, c))
		*can |= CAN_ADVOCATE;
	return 0;
}

/* A device as signer. */
static int device_capacities(const struct rules_context *ctx,
	const struct wire_statement *s, size_t i, unsigned *can)
{
	const struct case_state *c;
	struct trust_card card;
	struct wire_card inner;
	int rc;

	rc = case_for(ctx, s, &c);
	if (rc != 0 && rc != ROWAN_E_NOT_FOUND)
		return rc;
	rc = ctx->source->card(
		ctx->source->ctx, &s->signers[i].device, place(s), &card);
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_UNKNOWN : rc;
	rc = attest_verify(ATTEST_STATEMENT, s->tbs, &card.card.signature_key,
		&s->signatures[i]);
	if (rc == 0)
		rc = signer_alive(ctx, &card, place(s), s->time);
	if (rc != 0)
		return rc;

	if (card.card.rights & WIRE_RIGHT_COORDINATE)
		*can |= CAN_COORDINATOR;
	if (s->kind == WIRE_ST_READMIT)
		*can |= CAN_SELF;
	if (s->kind == WIRE_ST_CARD) {
		if (wire_card_decode(s->u.card, &inner) != 0)
			return ROWAN_E_MALFORMED;
		if (inner.issuer_kind == WIRE_SIGNER_DEVICE &&
			id16_eq(&inner.issuer, &s->signers[i].device))
			*can |= CAN_ISSUER;
	}
	if (s->kind == WIRE_ST_REVOKE)
		return revoke_capacities(ctx, &card.card, c, s, can);
	if (c != NULL)
		*can |= case_capacities(&card.card, c, s);
	return 0;
}

/* The next authority: its key is in the record it brings. */
static int successor_capacity(const struct rules_context *ctx,
	const struct wire_statement *s, size_t i, unsigned *can)
{
	struct wire_record r;
	struct wire_hash hash;

	if (s->kind != WIRE_ST_SUCCEED)
		return ROWAN_E_SIGNER;
	if (wire_record_decode(s->u.succeed, &r) != 0)
		return ROWAN_E_MALFORMED;
	attest_hash(bytes_of(r.key.b, sizeof r.key.b), &hash);
	if (memcmp(&hash, &ctx->clinic->successor, sizeof hash) != 0)
		return ROWAN_E_SIGNER;
	*can |= CAN_SUCCESSOR;
	return attest_verify(
		ATTEST_STATEMENT, s->tbs, &r.key, &s->signatures[i]);
}

int signer_check(const struct rules_context *ctx,
	const struct wire_statement *s, unsigned *ret)
{
	unsigned can = 0;
	int rc = 0;

	*ret = 0;
	for (size_t i = 0; rc == 0 && i < s->signer_count; i++) {
		switch (s->signers[i].kind) {
		case WIRE_SIGNER_AUTHORITY:
			rc = attest_verify(ATTEST_STATEMENT, s->tbs,
				&ctx->clinic->authority, &s->signatures[i]);
			can |= CAN_AUTHORITY;
			break;
		case WIRE_SIGNER_DEVICE:
			rc = device_capacities(ctx, s, i, &can);
			break;
		case WIRE_SIGNER_SUCCESSOR:
			rc = successor_capacity(ctx, s, i, &can);
			break;
		default: rc = ROWAN_E_MALFORMED; break;
		}
	}
	if (rc == 0)
		*ret = can;
	return rc;
}
