/*
 * Cipher suite 0x0003 over libsodium: see suite.h.
 */
#include <string.h>

#include <sodium.h>

#include "crypto/suite.h"

_Static_assert(sizeof(crypto_hash_sha256_state) <= HASH_STATE, "state");
_Static_assert(sizeof(crypto_auth_hmacsha256_state) <= HASH_STATE, "state");

static void sha256_init(struct hash_state *st)
{
	(void)crypto_hash_sha256_init((void *)st->opaque);
}

static void sha256_update(struct hash_state *st, struct bytes data)
{
	if (data.len > 0)
		(void)crypto_hash_sha256_update(
			(void *)st->opaque, data.data, data.len);
}

static void sha256_final(struct hash_state *st, uint8_t *ret)
{
	(void)crypto_hash_sha256_final((void *)st->opaque, ret);
}

static void hmac256_init(struct hash_state *st, struct bytes key)
{
	static const uint8_t none[1];

	(void)crypto_auth_hmacsha256_init(
		(void *)st->opaque, key.len > 0 ? key.data : none, key.len);
}

static void hmac256_update(struct hash_state *st, struct bytes data)
{
	if (data.len > 0)
		(void)crypto_auth_hmacsha256_update(
			(void *)st->opaque, data.data, data.len);
}

static void hmac256_final(struct hash_state *st, uint8_t *ret)
{
	(void)crypto_auth_hmacsha256_final((void *)st->opaque, ret);
}

static const struct hash_algorithm sha256 = {
	.len = crypto_hash_sha256_BYTES,
	.init = sha256_init,
	.update = sha256_update,
	.final = sha256_final,
	.hmac_init = hmac256_init,
	.hmac_update = hmac256_update,
	.hmac_final = hmac256_final,
};

static int ed25519_key_pair(const uint8_t *seed, uint8_t *sk, uint8_t *pk)
{
	return crypto_sign_seed_keypair(pk, sk, seed) == 0 ? 0
							   : ROWAN_E_INTERNAL;
}

static int ed25519_sign(const uint8_t *sk, struct bytes content, uint8_t *ret)
{
	return crypto_sign_detached(ret, NULL, content.data, content.len, sk) ==
			       0
		       ? 0
		       : ROWAN_E_INTERNAL;
}

static int ed25519_verify(
	const uint8_t *pk, struct bytes content, const uint8_t *sig)
{
	return crypto_sign_verify_detached(
		       sig, content.data, content.len, pk) == 0
		       ? 0
		       : ROWAN_E_CRYPTO;
}

static const struct signature ed25519 = {
	.seed_len = crypto_sign_SEEDBYTES,
	.sk_len = crypto_sign_SECRETKEYBYTES,
	.pk_len = crypto_sign_PUBLICKEYBYTES,
	.sig_len = crypto_sign_BYTES,
	.key_pair = ed25519_key_pair,
	.sign = ed25519_sign,
	.verify = ed25519_verify,
};

static int chacha_seal(const uint8_t *key, const uint8_t *nonce,
	struct bytes aad, struct bytes plain, uint8_t *ret)
{
	return crypto_aead_chacha20poly1305_ietf_encrypt(ret, NULL, plain.data,
		       plain.len, aad.data, aad.len, NULL, nonce, key) == 0
		       ? 0
		       : ROWAN_E_INTERNAL;
}

static int chacha_open(const uint8_t *key, const uint8_t *nonce,
	struct bytes aad, struct bytes sealed, uint8_t *ret)
{
	if (sealed.len < crypto_aead_chacha20poly1305_IETF_ABYTES)
		return ROWAN_E_CRYPTO;
	return crypto_aead_chacha20poly1305_ietf_decrypt(ret, NULL, NULL,
		       sealed.data, sealed.len, aad.data, aad.len, nonce,
		       key) == 0
		       ? 0
		       : ROWAN_E_CRYPTO;
}

static const struct aead chacha20poly1305 = {
	.id = 0x0003,
	.key_len = crypto_aead_chacha20poly1305_IETF_KEYBYTES,
	.nonce_len = crypto_aead_chacha20poly1305_IETF_NPUBBYTES,
	.tag_len = crypto_aead_chacha20poly1305_IETF_ABYTES,
	.seal = chacha_seal,
	.open = chacha_open,
};

const struct suite suite_0003 = {
	.id = 0x0003,
	.kem_id = 0x0020,
	.kdf_id = 0x0001,
	.kem_pk_len = crypto_scalarmult_BYTES,
	.kem_sk_len = crypto_scalarmult_SCALARBYTES,
	.kem_enc_len = crypto_scalarmult_BYTES,
	.hash = &sha256,
	.sig = &ed25519,
	.aead = &chacha20poly1305,
};

const struct suite *const suite_default[] = {&suite_0003, NULL};

/*
 * The u-coordinates of small order, the highest bit off as X25519 reads them
 * (RFC 7748 section 5, RFC 9180 section 7.1.4).
 */
static const uint8_t small_order[][crypto_scalarmult_BYTES] = {
	{0},
	{1},
	{0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa,
		0xf1, 0x9f, 0xc4, 0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32,
		0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49, 0xb8, 0x00},
	{0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55,
		0x9c, 0x83, 0xef, 0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c,
		0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f, 0x11, 0x57},
	/* p - 1, p, p + 1 */
	{0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
	{0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
	{0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
};

bool suite_kem_key(const struct suite *s, struct bytes pk)
{
	uint8_t u[crypto_scalarmult_BYTES];

	if (pk.len != s->kem_pk_len)
		return false;
	if (s->kem_id != 0x0020 || pk.len != sizeof u)
		return true;
	memcpy(u, pk.data, sizeof u);
	u[sizeof u - 1] &= 0x7f;
	for (size_t i = 0; i < sizeof small_order / sizeof *small_order; i++) {
		if (memcmp(u, small_order[i], sizeof u) == 0)
			return false;
	}
	return true;
}

const struct suite *suite_find(const struct suite *const *table, uint16_t id)
{
	for (; *table != NULL; table++) {
		if ((*table)->id == id)
			return *table;
	}
	return NULL;
}

void suite_hash_init(const struct suite *s, struct hash_state *st)
{
	s->hash->init(st);
}

void suite_hash_update(
	const struct suite *s, struct hash_state *st, struct bytes data)
{
	s->hash->update(st, data);
}

void suite_hash_final(
	const struct suite *s, struct hash_state *st, struct hash_value *ret)
{
	s->hash->final(st, ret->b);
	ret->len = s->hash->len;
	sodium_memzero(st, sizeof *st);
}

void suite_hash(const struct suite *s, const struct bytes *parts, size_t n,
	struct hash_value *ret)
{
	struct hash_state st;
	size_t i;

	suite_hash_init(s, &st);
	for (i = 0; i < n; i++)
		suite_hash_update(s, &st, parts[i]);
	suite_hash_final(s, &st, ret);
}

void suite_hmac(const struct suite *s, struct bytes key, struct bytes data,
	struct hash_value *ret)
{
	struct hash_state st;

	s->hash->hmac_init(&st, key);
	s->hash->hmac_update(&st, data);
	s->hash->hmac_final(&st, ret->b);
	ret->len = s->hash->len;
	sodium_memzero(&st, sizeof st);
}

int suite_sign_keys(
	const struct suite *s, struct bytes seed, uint8_t *sk, uint8_t *pk)
{
	if (seed.len != s->sig->seed_len)
		return ROWAN_E_INVAL;
	return s->sig->key_pair(seed.data, sk, pk);
}

int suite_sign(const struct suite *s, struct bytes sk, struct bytes content,
	uint8_t *ret)
{
	if (sk.len != s->sig->sk_len)
		return ROWAN_E_INVAL;
	return s->sig->sign(sk.data, content, ret);
}

int suite_verify(const struct suite *s, struct bytes pk, struct bytes content,
	struct bytes sig)
{
	if (pk.len != s->sig->pk_len || sig.len != s->sig->sig_len)
		return ROWAN_E_CRYPTO;
	return s->sig->verify(pk.data, content, sig.data);
}
