/*
 * Which card counts: issuer, scope, consent, newness; and which device may
 * take part in a channel. See rules.h and docs/statements.md section 3.
 *
 * Trusts nothing in a card before its signature.
 */
#include <string.h>

#include "trust/attest.h"
#include "trust/signer.h"

#define REQUEST_MAX 256

/* The keys' owner asked for this card. */
static int possession_check(const struct wire_card *card)
{
	uint8_t mem[REQUEST_MAX];
	struct writer w;
	int rc;

	writer_init_fixed(&w, mem, sizeof mem);
	rc = wire_card_request(card, &w);
	if (rc == 0)
		rc = attest_verify(ATTEST_POSSESSION, writer_view(&w),
			&card->signature_key, &card->possession);
	return rc;
}

/* The member has devices: one that is alive agreed to this one. */
static int consent_check(const struct rules_context *ctx,
	const struct wire_card *card, uint64_t number, uint64_t time)
{
	uint8_t mem[REQUEST_MAX];
	struct trust_card other;
	struct writer w;
	int rc;

	if (!card->has_consent)
		return ROWAN_E_SIGNER;
	rc = ctx->source->card(
		ctx->source->ctx, &card->consent.device, number, &other);
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_UNKNOWN : rc;
	if (!id16_eq(&other.card.member, &card->member))
		return ROWAN_E_SIGNER;
	rc = signer_alive(ctx, &other, number, time);
	if (rc != 0)
		return rc;
	writer_init_fixed(&w, mem, sizeof mem);
	rc = wire_card_request(card, &w);
	if (rc == 0)
		rc = attest_verify(ATTEST_CONSENT, writer_view(&w),
			&other.card.signature_key, &card->consent.signature);
	return rc;
}

/* Has the member a device that lives, before this card? */
static int has_living(const struct rules_context *ctx,
	const struct wire_card *card, uint64_t number, uint64_t time, bool *ret)
{
	const struct trust_source *src = ctx->source;
	struct trust_card other;
	struct id16 device;
	int rc;

	*ret = false;
	for (size_t i = 0; !*ret; i++) {
		rc = src->device_of(src->ctx, &card->member, i, &device);
		if (rc != 0)
			return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
		rc = src->card(src->ctx, &device, number, &other);
		if (rc != 0 && rc != ROWAN_E_NOT_FOUND)
			return rc;
		*ret = rc == 0 && signer_alive(ctx, &other, number, time) == 0;
	}
	return 0;
}

/*
 * A registrar alone gives nobody who has a device another one: it could be the
 * registrar's own. A victim who has lost all of them needs only the registrar;
 * they are revoked first, which everybody sees.
 */
static int further_check(const struct rules_context *ctx,
	const struct wire_card *card, uint64_t number, uint64_t time)
{
	bool living = true;
	int rc = 0;

	if (card->role == WIRE_ROLE_VICTIM)
		rc = has_living(ctx, card, number, time, &living);
	return rc != 0 || !living ? rc : consent_check(ctx, card, number, time);
}

/* The first device of a member that had a card by then. */
static int first_card(const struct rules_context *ctx,
	const struct id16 *member, struct trust_card *ret)
{
	const struct trust_source *src = ctx->source;
	struct id16 device;
	int rc;

	for (size_t i = 0;; i++) {
		rc = src->device_of(src->ctx, member, i, &device);
		if (rc == 0)
			rc = src->card(
				src->ctx, &device, ctx->clinic->number, ret);
		else
			return rc;
		/* Shown to us earlier than it was logged. */
		if (rc != ROWAN_E_NOT_FOUND)
			return rc;
	}
}

/* A member keeps role, agency and case; ${ret_known}: has devices. */
static int member_check(const struct rules_context *ctx,
	const struct wire_card *card, bool *ret_known)
{
	struct trust_card first;
	int rc = first_card(ctx, &card->member, &first);

	*ret_known = false;
	if (rc == ROWAN_E_NOT_FOUND)
		return 0;
	if (rc != 0)
		return rc;
	*ret_known = true;
	if (first.card.role != card->role ||
		!bytes_eq(first.card.agency, card->agency) ||
		!id16_eq(&first.card.case_id, &card->case_id))
		return ROWAN_E_RULE;
	return 0;
}

/*
 * The device has a card: this one must be the same for longer. Role, agency
 * and case are member_check's.
 */
static int renewal_check(const struct rules_context *ctx,
	const struct wire_card *card, const struct trust_card *has,
	uint64_t time)
{
	const struct wire_card *old = &has->card;

	/* Revoked is the device, whatever card it gets. */
	if (has->revoked != 0 &&
		(ctx->accept || has->revoked <= ctx->clinic->number))
		return ROWAN_E_RULE;
	if (!id16_eq(&card->member, &old->member) ||
		memcmp(&card->signature_key, &old->signature_key,
			sizeof old->signature_key) != 0 ||
		memcmp(&card->transport_key, &old->transport_key,
			sizeof old->transport_key) != 0)
		return ROWAN_E_RULE;
	/*
	 * It counts from now on, so it must be in force now; one that was
	 * signed before the present one says nothing about it any more. A
	 * victim's card has no end, so there is nothing to renew.
	 */
	if (card->not_after <= old->not_after || card->not_before > time ||
		card->issued_at < old->issued_at)
		return ROWAN_E_RULE;
	/*
	 * A right ends with its device: what it has signed is checked for
	 * ever by those who see whose cards give rights.
	 */
	if ((old->rights & ~card->rights) != 0)
		return ROWAN_E_RULE;
	return card->issuer_kind == WIRE_SIGNER_AUTHORITY ||
			       card->rights == old->rights
		       ? 0
		       : ROWAN_E_SIGNER;
}

/* Device and keys are nobody else's; ${ret_renews}: but were this device's. */
static int newness_check(const struct rules_context *ctx,
	const struct wire_card *card, uint64_t time, bool *ret_renews)
{
	const struct trust_source *src = ctx->source;
	struct trust_card has;
	int rc = src->card(src->ctx, &card->device, ctx->clinic->number, &has);

	*ret_renews = rc == 0;
	if (rc == 0)
		return renewal_check(ctx, card, &has, time);
	if (rc == ROWAN_E_NOT_FOUND)
		rc = src->key(src->ctx, &card->signature_key);
	if (rc == ROWAN_E_NOT_FOUND)
		rc = src->key(src->ctx, &card->transport_key);
	if (rc == ROWAN_E_NOT_FOUND)
		return 0;
	return rc == 0 ? ROWAN_E_RULE : rc;
}

/* What a registrar may sign: its own agency, its scope, no rights. */
static int scope_check(
	const struct wire_card *card, const struct wire_card *registrar)
{
	if (!(registrar->rights & WIRE_RIGHT_ENROL))
		return ROWAN_E_SIGNER;
	if (card->role != WIRE_ROLE_CASEWORKER &&
		card->role != WIRE_ROLE_VICTIM)
		return ROWAN_E_SIGNER;
	if (card->rights != 0 || !(registrar->scope.roles >> card->role & 1) ||
		!bytes_eq(card->agency, registrar->agency))
		return ROWAN_E_SIGNER;
	/* No longer than the scope says; victims end by statement. */
	if (card->role == WIRE_ROLE_CASEWORKER &&
		(card->not_before < card->issued_at ||
			card->not_after - card->not_before >
				registrar->scope.validity_max))
		return ROWAN_E_SIGNER;
	return 0;
}

/* A victim's card: by a registrar on that case, as far as we know it. */
static int victim_check(const struct rules_context *ctx,
	const struct wire_card *card, const struct id16 *registrar,
	uint64_t time)
{
	const struct case_state *c;
	int rc;

	if (card->role != WIRE_ROLE_VICTIM)
		return 0;
	rc = ctx->source->case_of(ctx->source->ctx, &card->case_id, &c);
	/*
	 * History is replayed also by those who do not know the case; the
	 * card gives nothing before an assignment, which they would see.
	 */
	if (rc == ROWAN_E_NOT_FOUND)
		return ctx->accept ? ROWAN_E_UNKNOWN : 0;
	if (rc != 0)
		return rc;
	return !ctx->accept || case_assigned(c, registrar, 0, time)
		       ? 0
		       : ROWAN_E_SIGNER;
}

static int registrar_check(const struct rules_context *ctx,
	const struct wire_card *card, uint64_t time)
{
	struct trust_card registrar;
	struct id16 member;
	int rc;

	rc = ctx->source->card(ctx->source->ctx, &card->issuer,
		ctx->clinic->number, &registrar);
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_UNKNOWN : rc;
	/* A chain is at most authority, registrar, device. */
	if (registrar.card.issuer_kind != WIRE_SIGNER_AUTHORITY)
		return ROWAN_E_SIGNER;
	if (memcmp(&registrar.hash, &card->issuer_hash,
		    sizeof registrar.hash) != 0)
		return ROWAN_E_CHAIN;
	rc = signer_alive(ctx, &registrar, ctx->clinic->number, time);
	if (rc == 0)
		rc = attest_verify(ATTEST_CARD, card->tbs,
			&registrar.card.signature_key, &card->signature);
	if (rc == 0)
		rc = scope_check(card, &registrar.card);
	if (rc != 0)
		return rc;
	member = registrar.card.member;
	return victim_check(ctx, card, &member, time);
}

int rules_card(const struct rules_context *ctx, const struct wire_card *card,
	uint64_t time)
{
	bool known, renews;
	int rc;

	if (!id16_eq(&card->clinic, &ctx->clinic->id))
		return ROWAN_E_UNKNOWN;
	rc = possession_check(card);
	if (rc == 0)
		rc = newness_check(ctx, card, time, &renews);
	if (rc == 0)
		rc = member_check(ctx, card, &known);
	if (rc != 0)
		return rc;
	if (card->issuer_kind == WIRE_SIGNER_AUTHORITY) {
		if (memcmp(&card->issuer_hash, &ctx->clinic->record,
			    sizeof card->issuer_hash) != 0)
			return ROWAN_E_CHAIN;
		return attest_verify(ATTEST_CARD, card->tbs,
			&ctx->clinic->authority, &card->signature);
	}
	rc = registrar_check(ctx, card, time);
	if (rc == 0 && known && !renews)
		rc = further_check(ctx, card, ctx->clinic->number, time);
	return rc;
}

int rules_further(const struct rules_context *ctx, const struct wire_card *card,
	uint64_t time)
{
	bool known;
	int rc = member_check(ctx, card, &known);

	if (rc != 0 || !known)
		return rc;
	return further_check(ctx, card, ctx->clinic->number, time);
}

/* ---- who may ------------------------------------------------------------ */

/* Some card of the device, at some time; ${ret} becomes it. */
static int find_card(const struct trust_source *src, const struct id16 *device,
	const struct wire_hash *hash, struct trust_card *ret)
{
	uint64_t number = CLINIC_NEWEST;
	bool known = false;
	int rc;

	while ((rc = src->card(src->ctx, device, number, ret)) == 0) {
		known = true;
		if (memcmp(&ret->hash, hash, sizeof *hash) == 0)
			return 0;
		if (ret->logged == 0)
			break;
		number = ret->logged - 1;
	}
	return known && (rc == 0 || rc == ROWAN_E_NOT_FOUND) ? ROWAN_E_CHAIN
							     : rc;
}

int rules_logged(
	const struct trust_source *source, const struct wire_chain *chain)
{
	const struct wire_card *card = &chain->card[0];
	bool by_device = card->issuer_kind == WIRE_SIGNER_DEVICE;
	struct trust_card found;
	struct wire_hash hash;
	int rc;

	attest_hash(card->raw, &hash);
	rc = find_card(source, &card->device, &hash, &found);
	if (rc == 0 && chain->count != (by_device ? 2U : 1U))
		rc = ROWAN_E_CHAIN;
	if (rc != 0 || !by_device)
		return rc;
	/* What the card says of its issuer was checked when it was logged. */
	attest_hash(chain->card[1].raw, &hash);
	if (!id16_eq(&chain->card[1].device, &card->issuer) ||
		memcmp(&hash, &card->issuer_hash, sizeof hash) != 0)
		return ROWAN_E_CHAIN;
	rc = find_card(source, &card->issuer, &hash, &found);
	return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_UNKNOWN : rc;
}

int rules_entitled(const struct rules_context *ctx, const struct id16 *device,
	uint8_t channel, uint64_t time, struct trust_card *ret)
{
	const struct case_state *c = ctx->of_case;
	const struct rules_context now = {.clinic = ctx->clinic,
		.source = ctx->source,
		.of_case = c,
		.accept = true,
		.now = time};
	struct trust_card card;
	bool fits;
	int rc;

	if (ret != NULL)
		memset(ret, 0, sizeof *ret);
	rc = ctx->source->card(
		ctx->source->ctx, device, ctx->clinic->number, &card);
	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_UNKNOWN : rc;
	rc = signer_alive(&now, &card, ctx->clinic->number, time);
	if (rc != 0)
		return rc;
	fits = card.card.role == WIRE_ROLE_CASEWORKER ||
	       (card.card.role == WIRE_ROLE_VICTIM &&
		       channel != WIRE_CHANNEL_TEAM &&
		       id16_eq(&card.card.case_id, &c->id) &&
		       id16_eq(&card.card.member, &c->victim));
	if (!fits || c->status != CASE_OPEN ||
		!case_assigned(c, &card.card.member, channel, time))
		return ROWAN_E_RULE;
	if (ret != NULL)
		*ret = card;
	return 0;
}
