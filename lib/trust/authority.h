/*
 * The clinic's authority: a key that lives offline, in a file sealed by a
 * passphrase (docs/statements.md section 2).
 *
 * Each record commits to the hash of the next key, so the next key is made
 * together with the first and kept elsewhere. Nothing here touches a file or
 * a network: text comes in and goes out (wire/armour.h).
 */
#ifndef TRUST_AUTHORITY_H
#define TRUST_AUTHORITY_H

#include "crypto/passphrase.h"
#include "trust/clinic.h"
#include "trust/issue.h"

/* An Ed25519 key in guarded memory, and the clinic it is for. */
struct authority_key;

/**
 * authority_new(clinic, ret), authority_free(k):
 * A fresh key for ${clinic}. ROWAN_E_NOMEM. Freeing wipes; NULL is harmless.
 */
ROWAN_MUST int authority_new(
	const struct id16 *clinic, struct authority_key **ret);
void authority_free(struct authority_key *k);

/**
 * authority_public(k, ret), authority_clinic(k, ret):
 * Its public key; its clinic.
 */
void authority_public(const struct authority_key *k, struct wire_key *ret);
void authority_clinic(const struct authority_key *k, struct id16 *ret);

/**
 * authority_seal(k, pass, cost, w):
 * Write the key as an armoured file sealed under ${pass}; the cost is stored
 * with it. Codes of passphrase_seal.
 */
ROWAN_MUST int authority_seal(const struct authority_key *k, struct bytes pass,
	const struct passphrase_cost *cost, struct writer *w);

/**
 * authority_open(text, pass, ret):
 * Open such a file. ROWAN_E_CRYPTO for another passphrase or a changed file,
 * ROWAN_E_MALFORMED, ROWAN_E_LIMIT, ROWAN_E_VERSION, ROWAN_E_NOT_FOUND when
 * ${text} has no block in it.
 */
ROWAN_MUST int authority_open(
	struct bytes text, struct bytes pass, struct authority_key **ret);

/**
 * authority_record(k, next, time, w):
 * Write the record of ${k} with the promise that the key ${next} follows.
 */
ROWAN_MUST int authority_record(const struct authority_key *k,
	const struct wire_key *next, uint64_t time, struct writer *w);

/**
 * authority_card(k, record, card, w):
 * Sign and write ${card} (issue_begin) under the key ${k}, whose encoded
 * record ${record} must be: ROWAN_E_INVAL when it is another's.
 */
ROWAN_MUST int authority_card(const struct authority_key *k,
	struct bytes record, struct wire_card *card, struct writer *w);

/**
 * authority_begin(c, kind, time, ret):
 * The next statement of the clinic's chain, to be filled in and signed; never
 * of a time before its predecessor's, whatever the authority's clock says.
 */
void authority_begin(const struct clinic *c, uint8_t kind, uint64_t time,
	struct wire_statement *ret);

/**
 * authority_sign(k, successor, s, w):
 * Sign and write ${s} as the authority ${k}, as its successor, or both; one
 * may be NULL. ROWAN_E_INVAL for none and for a statement that would not
 * decode.
 */
ROWAN_MUST int authority_sign(const struct authority_key *k,
	const struct authority_key *successor, struct wire_statement *s,
	struct writer *w);

/**
 * authority_countersign(k, s, w):
 * Put the authority's signature to the decoded statement ${s}, which names it
 * as its first signer, and write it; the others' stay. ROWAN_E_INVAL for one
 * that does not.
 */
ROWAN_MUST int authority_countersign(const struct authority_key *k,
	struct wire_statement *s, struct writer *w);

/* The next key takes over. */
struct authority_succession {
	const struct clinic *clinic;	   /* as it is before */
	const struct authority_key *old;   /* NULL: lost */
	const struct authority_key *fresh; /* the one promised */
	const struct wire_key *next;	   /* that will follow it */
	uint64_t time;
};

/**
 * authority_succeed(s, w_record, w):
 * Write the new record and the statement that brings it. ROWAN_E_INVAL when
 * ${s}->fresh is not the key that was promised, or ${s}->old not the present
 * one.
 */
ROWAN_MUST int authority_succeed(const struct authority_succession *s,
	struct writer *w_record, struct writer *w);

#endif
