/*
 * The labelled functions of RFC 9420: signatures (section 5.1.2), references
 * (5.2), key derivation (8). Labels are given without the "MLS 1.0 " prefix.
 *
 * Trusts its callers' labels. EncryptWithLabel is in hpke.h.
 */
#ifndef CRYPTO_LABEL_H
#define CRYPTO_LABEL_H

#include "crypto/suite.h"

/**
 * label_sign(s, sk, label, content, ret):
 * SignWithLabel: sig->sig_len bytes go to ${ret}.
 */
ROWAN_MUST int label_sign(const struct suite *s, struct bytes sk,
	const char *label, struct bytes content, uint8_t *ret);

/**
 * label_verify(s, pk, label, content, sig):
 * VerifyWithLabel: 0, or ROWAN_E_MLS_SIGNATURE, whatever is wrong with key or
 * signature.
 */
ROWAN_MUST int label_verify(const struct suite *s, struct bytes pk,
	const char *label, struct bytes content, struct bytes sig);

/**
 * label_ref_hash(s, label, value, ret):
 * RefHash. Here ${label} is the whole one, as in "MLS 1.0 Proposal Reference":
 * section 5.2 gives it so.
 */
void label_ref_hash(const struct suite *s, const char *label,
	struct bytes value, struct hash_value *ret);

/**
 * label_expand(s, secret, label, context, ret, len):
 * ExpandWithLabel to ${len} bytes at ${ret}. ROWAN_E_INVAL for more than 255
 * times the hash.
 */
ROWAN_MUST int label_expand(const struct suite *s, struct bytes secret,
	const char *label, struct bytes context, uint8_t *ret, size_t len);

/*
 * A secret that several things are derived from. Its HMAC is keyed once,
 * which is half of what deriving one thing costs.
 */
struct label_source {
	const struct suite *suite;
	struct hash_state keyed;
};

/**
 * label_source_init(src, s, secret), label_source_wipe(src):
 * Key it; forget it.
 */
void label_source_init(
	struct label_source *src, const struct suite *s, struct bytes secret);
void label_source_wipe(struct label_source *src);

/**
 * label_source_expand(src, label, context, ret, len),
 * label_source_derive(src, label, ret):
 * label_expand, label_derive_secret.
 */
ROWAN_MUST int label_source_expand(const struct label_source *src,
	const char *label, struct bytes context, uint8_t *ret, size_t len);
ROWAN_MUST int label_source_derive(
	const struct label_source *src, const char *label, struct secret *ret);

/**
 * label_expand_secret(s, secret, label, context, ret):
 * ExpandWithLabel to a secret as long as the hash.
 */
ROWAN_MUST int label_expand_secret(const struct suite *s, struct bytes secret,
	const char *label, struct bytes context, struct secret *ret);

/**
 * label_derive_secret(s, secret, label, ret):
 * DeriveSecret: the same with an empty context.
 */
ROWAN_MUST int label_derive_secret(const struct suite *s, struct bytes secret,
	const char *label, struct secret *ret);

/**
 * label_derive_secret_of(s, secret, label, ret):
 * The same with a label that is an application's.
 */
ROWAN_MUST int label_derive_secret_of(const struct suite *s,
	struct bytes secret, struct bytes label, struct secret *ret);

#endif
