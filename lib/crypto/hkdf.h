/*
 * HKDF (RFC 5869) over the suite's HMAC. Wipes what it derives on the way.
 */
#ifndef CRYPTO_HKDF_H
#define CRYPTO_HKDF_H

#include "crypto/suite.h"

/**
 * hkdf_extract(s, salt, ikm, ret):
 * HKDF-Extract; the result is as long as the suite's hash.
 */
void hkdf_extract(const struct suite *s, struct bytes salt, struct bytes ikm,
	struct secret *ret);

/**
 * hkdf_expand(s, prk, info, ret, len):
 * HKDF-Expand to ${len} bytes at ${ret}; ROWAN_E_INVAL for more than 255
 * times the hash.
 */
ROWAN_MUST int hkdf_expand(const struct suite *s, struct bytes prk,
	struct bytes info, uint8_t *ret, size_t len);

/**
 * hkdf_key(s, prk, ret), hkdf_expand_keyed(s, keyed, info, ret, len):
 * The same in two steps, for a key that several things are expanded from:
 * the HMAC is keyed once. The caller wipes ${keyed}, which is as secret as
 * the key.
 */
void hkdf_key(const struct suite *s, struct bytes prk, struct hash_state *ret);
ROWAN_MUST int hkdf_expand_keyed(const struct suite *s,
	const struct hash_state *keyed, struct bytes info, uint8_t *ret,
	size_t len);

#endif
