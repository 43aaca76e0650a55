/*
 * Statements given back: see given.h. Changes nothing.
 */
#include "trust/given.h"

/* One look-up at a time: what is needed of the giver is copied. */
struct giver {
	struct id16 member;
	bool coordinates, waits;
	uint64_t now;
};

static int one(const struct trust_source *source, const struct id16 *signer,
	const struct giver *giver)
{
	struct trust_card card;
	bool over;
	int rc = source->card(source->ctx, signer, CLINIC_NEWEST, &card);

	if (rc != 0)
		return rc;
	over = card.revoked != 0 ||
	       (card.card.not_after != 0 && card.card.not_after <= giver->now);
	if (over && !giver->coordinates)
		return ROWAN_E_RESTORING;
	if (giver->waits && (card.card.rights & WIRE_RIGHT_COORDINATE) == 0 &&
		id16_eq(&card.card.member, &giver->member))
		return ROWAN_E_RESTORING;
	return 0;
}

int given_check(const struct trust_source *source,
	const struct wire_statement *s, const struct given_by *by)
{
	struct giver giver = {.waits = by->waits, .now = by->now};
	struct trust_card card;
	int rc = source->card(source->ctx, &by->device, CLINIC_NEWEST, &card);

	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_RESTORING : rc;
	giver.member = card.card.member;
	giver.coordinates = (card.card.rights & WIRE_RIGHT_COORDINATE) != 0;
	for (size_t i = 0; rc == 0 && i < s->signer_count; i++)
		if (s->signers[i].kind == WIRE_SIGNER_DEVICE)
			rc = one(source, &s->signers[i].device, &giver);
	return rc;
}
