/*
 * HKDF: see hkdf.h.
 */
#include <string.h>

#include <sodium.h>

#include "crypto/hkdf.h"

void hkdf_extract(const struct suite *s, struct bytes salt, struct bytes ikm,
	struct secret *ret)
{
	struct hash_value prk;

	suite_hmac(s, salt, ikm, &prk);
	memcpy(ret->b, prk.b, prk.len);
	ret->len = prk.len;
	sodium_memzero(&prk, sizeof prk);
}

void hkdf_key(const struct suite *s, struct bytes prk, struct hash_state *ret)
{
	s->hash->hmac_init(ret, prk);
}

int hkdf_expand_keyed(const struct suite *s, const struct hash_state *keyed,
	struct bytes info, uint8_t *ret, size_t len)
{
	const struct hash_algorithm *h = s->hash;
	struct hash_state st;
	uint8_t block[HASH_MAX];
	uint8_t counter = 0;
	size_t n;

	if (len > 255 * h->len)
		return ROWAN_E_INVAL;
	while (len > 0) {
		st = *keyed;
		if (counter > 0)
			h->hmac_update(&st, bytes_of(block, h->len));
		counter++;
		h->hmac_update(&st, info);
		h->hmac_update(&st, bytes_of(&counter, 1));
		h->hmac_final(&st, block);
		n = len < h->len ? len : h->len;
		memcpy(ret, block, n);
		ret += n;
		len -= n;
	}
	sodium_memzero(block, sizeof block);
	sodium_memzero(&st, sizeof st);
	return 0;
}

int hkdf_expand(const struct suite *s, struct bytes prk, struct bytes info,
	uint8_t *ret, size_t len)
{
	struct hash_state keyed;
	int rc;

	hkdf_key(s, prk, &keyed);
	rc = hkdf_expand_keyed(s, &keyed, info, ret, len);
	sodium_memzero(&keyed, sizeof keyed);
	return rc;
}
