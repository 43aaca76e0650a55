/*
 * HPKE (RFC 9180), base mode, and MLS's EncryptWithLabel over it (RFC 9420
 * section 5.1.3).
 *
 * Trusts no public key and no ciphertext. Draws no randomness: ephemeral keys
 * come from seeds. Only lib/mls/member may refer to it: what follows a group
 * without being in it must not be able to decrypt.
 */
#ifndef CRYPTO_HPKE_H
#define CRYPTO_HPKE_H

#include "base/writer.h"
#include "crypto/hpke_ciphertext.h"
#include "crypto/suite.h"

#define HPKE_SEED_LEN 32   /* random bytes behind one key pair */
#define HPKE_PK_MAX   2048 /* KEM public key */
#define HPKE_ENC_MAX  2048 /* KEM output */

/* To whom, and bound to what. */
struct hpke_to {
	const struct suite *suite;
	struct bytes pk;
	const char *label;    /* without "MLS 1.0 " */
	struct bytes context; /* as the RFC names it for this label */
	struct bytes seed;    /* HPKE_SEED_LEN fresh random bytes */
};

/* Whose ciphertext this should be. */
struct hpke_from {
	const struct suite *suite;
	struct bytes sk;
	struct bytes pk; /* ${sk}'s own; empty: derive it */
	const char *label;
	struct bytes context;
};

/**
 * hpke_key_pair(s, ikm, ret_sk, ret_pk):
 * DeriveKeyPair from ${ikm}, at least HPKE_SEED_LEN bytes; kem_pk_len bytes
 * go to ${ret_pk}. ROWAN_E_MLS_SUITE for a KEM that is not built in.
 */
ROWAN_MUST int hpke_key_pair(const struct suite *s, struct bytes ikm,
	struct secret *ret_sk, uint8_t *ret_pk);

/**
 * hpke_public(s, sk, ret_pk):
 * The public key of ${sk}.
 */
ROWAN_MUST int hpke_public(
	const struct suite *s, struct bytes sk, uint8_t *ret_pk);

/**
 * hpke_encrypt_label(to, plain, w):
 * EncryptWithLabel: append the encoded HPKECiphertext to ${w}. ROWAN_E_CRYPTO
 * when the public key is of no use (wrong length, or of small order).
 */
ROWAN_MUST int hpke_encrypt_label(
	const struct hpke_to *to, struct bytes plain, struct writer *w);

/**
 * hpke_decrypt_label(from, sealed, ret):
 * DecryptWithLabel: ${ret} is the caller's to wipe. ROWAN_E_MLS_DECRYPT
 * whatever is wrong with the ciphertext.
 */
ROWAN_MUST int hpke_decrypt_label(const struct hpke_from *from,
	const struct hpke_ciphertext *sealed, struct buf *ret);

/**
 * hpke_export_to(s, pk, seed, ret_enc, ret):
 * The sender's half of external initialisation (RFC 9420 section 8.3):
 * kem_enc_len bytes to ${ret_enc}, the exported init secret to ${ret}.
 */
ROWAN_MUST int hpke_export_to(const struct suite *s, struct bytes pk,
	struct bytes seed, uint8_t *ret_enc, struct secret *ret);

/**
 * hpke_export_from(s, sk, enc, ret):
 * The group's half. ROWAN_E_MLS_DECRYPT when ${enc} is of no use.
 */
ROWAN_MUST int hpke_export_from(const struct suite *s, struct bytes sk,
	struct bytes enc, struct secret *ret);

#endif
