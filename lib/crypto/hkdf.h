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

#endif
