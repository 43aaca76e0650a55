/*
 * Signatures and hashes of cards and statements, each for one purpose.
 *
 * What is signed is the purpose and the content, so that no signature of ours
 * can be taken for another, nor for one of MLS or of the log.
 */
#ifndef TRUST_ATTEST_H
#define TRUST_ATTEST_H

#include "wire/statement.h"

#define ATTEST_SEED_LEN 32 /* Ed25519 seed */

enum attest_purpose {
	ATTEST_RECORD = 1,     /* an authority record, by its own key */
	ATTEST_CARD = 2,       /* a card, by its issuer */
	ATTEST_POSSESSION = 3, /* a card request, by the device's key */
	ATTEST_CONSENT = 4,    /* a card request, by the member's device */
	ATTEST_STATEMENT = 5,  /* a statement, by each signer */
	ATTEST_NACK = 6,       /* a commit that cannot be applied */
	ATTEST_DISCLOSURE = 7, /* what a victim lets out, by her device */
	ATTEST_BUNDLE = 8      /* an export's list, by who made it */
};

/**
 * attest_sign(purpose, content, seed, ret):
 * Sign ${content}, at most WIRE_STATEMENT_MAX bytes, with the Ed25519 key of
 * ${seed}. ROWAN_E_LIMIT for more.
 */
ROWAN_MUST int attest_sign(enum attest_purpose purpose, struct bytes content,
	const uint8_t seed[ATTEST_SEED_LEN], struct wire_sig *ret);

/**
 * attest_verify(purpose, content, key, sig):
 * Return 0 iff ${sig} is ${key}'s over ${content}, else ROWAN_E_CRYPTO.
 */
ROWAN_MUST int attest_verify(enum attest_purpose purpose, struct bytes content,
	const struct wire_key *key, const struct wire_sig *sig);

/**
 * attest_hash(content, ret):
 * SHA-256 of ${content}: of a whole card, record or key.
 */
void attest_hash(struct bytes content, struct wire_hash *ret);

/**
 * attest_key(seed, ret):
 * The public key of ${seed}.
 */
void attest_key(const uint8_t seed[ATTEST_SEED_LEN], struct wire_key *ret);

#endif
