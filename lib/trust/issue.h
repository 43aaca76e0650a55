/*
 * Requests and cards: asking for a card, checking what was asked, signing it.
 * The same for the offline authority, for a registrar and for tests.
 *
 * Signs what it is told to; whether the card counts is rules_card, which an
 * issuer who is online asks before it signs.
 */
#ifndef TRUST_ISSUE_H
#define TRUST_ISSUE_H

#include "trust/attest.h"
#include "wire/request.h"

/* Text of 128 bits in hex, in groups of four. */
#define ISSUE_FINGERPRINT_LEN 40

/**
 * issue_request(q, seed, w):
 * Write the request ${q}, whose signature key and possession are filled in
 * from the device's Ed25519 ${seed}.
 */
ROWAN_MUST int issue_request(struct wire_request *q,
	const uint8_t seed[ATTEST_SEED_LEN], struct writer *w);

/**
 * issue_check(q):
 * Return 0 iff whoever made the request has its signature key, else
 * ROWAN_E_CRYPTO. Requests that came by file are compared by fingerprint too.
 */
ROWAN_MUST int issue_check(const struct wire_request *q);

/**
 * issue_fingerprint(raw, ret):
 * What two people compare when a request travelled by file: long enough that
 * nobody can make another request with the same one.
 */
void issue_fingerprint(struct bytes raw, char ret[ISSUE_FINGERPRINT_LEN]);

/**
 * issue_consent(q, device, seed, ret):
 * The consent of ${device}, a live device of the same member.
 */
ROWAN_MUST int issue_consent(const struct wire_request *q,
	const struct id16 *device, const uint8_t seed[ATTEST_SEED_LEN],
	struct wire_consent *ret);

/* Whose signature a card gets. */
struct issuer {
	uint8_t kind;	       /* enum wire_signer_kind: authority or device */
	struct id16 device;    /* of a registrar; else zero */
	struct wire_hash hash; /* of its card; of the authority's record */
	const uint8_t *seed;   /* ATTEST_SEED_LEN bytes */
};

/**
 * issue_begin(q, ret):
 * The card as it was asked for; the caller sets times, scope and consent, and
 * lowers what it does not give.
 */
void issue_begin(const struct wire_request *q, struct wire_card *ret);

/**
 * issue_sign(by, card, w):
 * Fill in the issuer and its signature, and write the card. ROWAN_E_INVAL for
 * a card that would not decode.
 */
ROWAN_MUST int issue_sign(
	const struct issuer *by, struct wire_card *card, struct writer *w);

#endif
