/*
 * Which statement counts: one table of statement by signer, used by the
 * daemon before it accepts and by every client before it believes.
 *
 * A check changes nothing; applying a checked statement cannot be refused by
 * any rule. Trusts struct trust_source to return what was applied before.
 */
#ifndef TRUST_RULES_H
#define TRUST_RULES_H

#include "trust/case_state.h"
#include "trust/clinic.h"

/* How far a signer's clock may be from the daemon's when it accepts. */
#define RULES_CLOCK_SKEW 600 /* seconds */

/*
 * How old a legal hold or an erasure may be then: the authority, who signs it
 * too, is offline, and its file is carried by hand.
 */
#define RULES_CARRIED_AGE (7 * 86400) /* seconds */

struct rules_context {
	const struct clinic *clinic;
	const struct trust_source *source;
	const struct case_state *of_case; /* case statements: their case */
	/*
	 * True where a new statement is accepted: the signer must be alive
	 * now, at ${now}. False where history is replayed: the signer must
	 * have been alive at the statement's place in the chains.
	 */
	bool accept;
	uint64_t now; /* seconds since 1970; looked at when accepting */
};

/**
 * rules_check(ctx, s):
 * Check everything about a decoded statement: its place in its chain, the
 * signatures, the signer's card and right, and whether it is possible.
 *
 *	ROWAN_E_STALE	its number is taken: catch up and sign anew
 *	ROWAN_E_CHAIN	it follows another history, or time runs backwards
 *	ROWAN_E_CRYPTO	a signature is wrong
 *	ROWAN_E_UNKNOWN	signer, member, device or case not known
 *	ROWAN_E_REVOKED, ROWAN_E_EXPIRED   the signer's card
 *	ROWAN_E_SIGNER	whoever signed may not sign this
 *	ROWAN_E_RULE	may, but it is not possible: a closed case, a card
 *			beyond its registrar's scope, no such assignment
 *	ROWAN_E_LIMIT	accepting: the channel has no place for the devices of
 *			who is assigned
 *	ROWAN_E_MALFORMED  a card or record inside does not decode
 *
 * A restore may stand at any place behind the head it names; its number is
 * the lowest of them, not the one it gets.
 */
ROWAN_MUST int rules_check(
	const struct rules_context *ctx, const struct wire_statement *s);

/**
 * rules_requested(ctx, s):
 * Whether a legal hold or an erasure that a coordinator alone has signed would
 * count with the authority's signature, which is not looked at. Codes of
 * rules_check; ROWAN_E_INVAL for any other statement.
 */
ROWAN_MUST int rules_requested(
	const struct rules_context *ctx, const struct wire_statement *s);

/**
 * rules_erased(ctx, s):
 * Whether ${s} erases the case, whatever stands between it and what is known:
 * of an erased case this last statement is all there is. Signatures, signers
 * and the clinic's head are checked; its own chain, and a legal hold that may
 * be in what is gone, are not. Codes of rules_check.
 */
ROWAN_MUST int rules_erased(
	const struct rules_context *ctx, const struct wire_statement *s);

/**
 * rules_witnessed(ctx, s):
 * As rules_erased, where the end of the clinic's chain may be lost, too: a
 * head behind what is known is not checked.
 */
ROWAN_MUST int rules_witnessed(
	const struct rules_context *ctx, const struct wire_statement *s);

/**
 * rules_apply_clinic(c, s), rules_apply_case(c, source, s):
 * Take a checked statement into the state. Cards and revocations change what
 * struct trust_source finds; that is the keeper's part, in the same
 * transaction. rules_apply_case can fail for want of memory or room
 * (ROWAN_E_NOMEM, ROWAN_E_LIMIT) or in a look-up, and then has changed
 * nothing.
 */
ROWAN_MUST int rules_apply_clinic(
	struct clinic *c, const struct wire_statement *s);
ROWAN_MUST int rules_apply_case(struct case_state *c,
	const struct trust_source *source, const struct wire_statement *s);

/**
 * rules_card(ctx, card, time):
 * Check a card by itself, as issued at ${time}: signatures, issuer, scope,
 * consent, that its device and keys are new, or that it renews the device's
 * present card. Part of rules_check; registrars and the offline authority use
 * it before they sign.
 */
ROWAN_MUST int rules_card(const struct rules_context *ctx,
	const struct wire_card *card, uint64_t time);

/**
 * rules_further(ctx, card, time):
 * Whether a registrar's card still stands when cards of its member that were
 * logged before it have become known since: role, agency and case are theirs,
 * and for a caseworker, or a victim of whom one was alive, a device that was
 * alive has consented. ctx->clinic is the clinic before the card.
 * ROWAN_E_RULE, ROWAN_E_SIGNER, ROWAN_E_CRYPTO, the codes of an earlier device
 * that could not consent.
 */
ROWAN_MUST int rules_further(const struct rules_context *ctx,
	const struct wire_card *card, uint64_t time);

/**
 * rules_logged(source, chain):
 * Return 0 iff the cards of ${chain} were logged as they are, be it that they
 * were renewed since: what a device may is judged by its newest card. Else
 * ROWAN_E_NOT_FOUND for a device, ROWAN_E_UNKNOWN for an issuer without a
 * card; ROWAN_E_CHAIN for another card than was logged.
 */
ROWAN_MUST int rules_logged(
	const struct trust_source *source, const struct wire_chain *chain);

/**
 * rules_entitled(ctx, device, channel, time, ret):
 * Whether ${device} may take part in ${channel} of the case ctx->of_case at
 * ${time}: newest card logged, not revoked, valid; role fits the channel;
 * member assigned; case open. Returns 0, ROWAN_E_UNKNOWN, ROWAN_E_REVOKED,
 * ROWAN_E_EXPIRED or ROWAN_E_RULE. ${ret}, unless NULL, gets the card.
 */
ROWAN_MUST int rules_entitled(const struct rules_context *ctx,
	const struct id16 *device, uint8_t channel, uint64_t time,
	struct trust_card *ret);

#endif
