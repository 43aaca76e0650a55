/*
 * Which card counts: issuer, scope, consent, newness; and which device may
 * take part in a channel. See rules.h and DESIGN.md section 3.
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
	rc = ctx->source->card(ctx->source->ctx, &card->consent.device, &other);
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

/* A member keeps role, agency and case; ${ret_known}: has devices. */
static int member_check(const struct rules_context *ctx,
	const struct wire_card *card, bool *ret_known)
{
	const struct trust_source *src = ctx->source;
	struct trust_card first;
	struct id16 device;
	int rc = src->device_of(src->ctx, &card->member, 0, &device);

	*ret_known = false;
	if (rc == ROWAN_E_NOT_FOUND)
		return 0;
	if (rc == 0)
		rc = src->card(src->ctx, &device, &first);
	if (rc != 0)
		return rc;
	*ret_known = true;
	if (first.card.role != card->role ||
		!bytes_eq(first.card.agency, card->agency) ||
		!id16_eq(&first.card.case_id, &card->case_id))
		return ROWAN_E_RULE;
	return 0;
}

/* Device and keys are nobody else's. */
static int newness_check(
	const struct rules_context *ctx, const struct wire_card *card)
{
	const struct trust_source *src = ctx->source;
	struct trust_card other;
	int rc = src->card(src->ctx, &card->device, &other);

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

	rc = ctx->source->card(ctx->source->ctx, &card->issuer, &registrar);
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
	bool known;
	int rc;

	if (!id16_eq(&card->clinic, &ctx->clinic->id))
		return ROWAN_E_UNKNOWN;
	rc = possession_check(card);
	if (rc == 0)
		rc = newness_check(ctx, card);
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
	if (rc == 0 && known && card->role == WIRE_ROLE_CASEWORKER)
		rc = consent_check(ctx, card, ctx->clinic->number, time);
	return rc;
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
	rc = ctx->source->card(ctx->source->ctx, device, &card);
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
