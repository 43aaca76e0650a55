/*
 * Whom a verifier believes: the authority's key that a person handed in, and
 * those that followed it.
 *
 * A record promises the next key by its hash, so whoever believes a record
 * believes what follows from it. The other way round nothing follows: anybody
 * can write a record that promises somebody else's key. Whoever has a later
 * key alone believes nothing earlier; whoever has a file with all records
 * believes all of it.
 *
 * Trusts what is pinned, and no byte of what is followed.
 */
#ifndef TRUST_ANCHOR_H
#define TRUST_ANCHOR_H

#include "wire/card.h"

#define ANCHOR_KEYS_MAX 8

struct anchor {
	size_t count, pinned; /* the pinned ones stand first */
	struct wire_key key[ANCHOR_KEYS_MAX];
};

/**
 * anchor_init(a), anchor_pin(a, key):
 * Believe nobody; believe ${key}. More than there is room for are left out.
 */
void anchor_init(struct anchor *a);
void anchor_pin(struct anchor *a, const struct wire_key *key);

/**
 * anchor_follow(a, records, count):
 * Believe the keys of the records that come after one whose key is believed,
 * if they are a clinic's, from an earlier to a later one: each signed by
 * itself and promised by the one before. ROWAN_E_CRYPTO, ROWAN_E_CHAIN when
 * they are not; then nobody more is believed.
 */
ROWAN_MUST int anchor_follow(
	struct anchor *a, const struct wire_record *records, size_t count);

/**
 * anchor_signed(a, card, ret):
 * Return 0 iff ${card} is signed by an authority that is believed, and set
 * ${ret}, unless NULL, to which of the keys. ROWAN_E_SIGNER for a card that
 * is not an authority's to sign, else ROWAN_E_CRYPTO.
 */
ROWAN_MUST int anchor_signed(
	const struct anchor *a, const struct wire_card *card, size_t *ret);

#endif
