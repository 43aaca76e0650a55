/*
 * Cipher suites (RFC 9420 section 5.1): tables of functions and lengths.
 *
 * Trusts libsodium. Holds no state and draws no randomness: whatever is random
 * comes from the caller as a seed. The KEM functions are not here but in
 * hpke.h, so that a program without HPKE can decrypt nothing by accident.
 */
#ifndef CRYPTO_SUITE_H
#define CRYPTO_SUITE_H

#include "base/secret.h"

#define HASH_MAX       64 /* output of any hash, bytes */
#define HASH_STATE     256
#define SIG_SEED_MAX   64
#define SIG_SK_MAX     128
#define SIG_PK_MAX     128
#define SIG_MAX	       128
#define AEAD_KEY_MAX   32
#define AEAD_NONCE_MAX 12

/* A public hash or MAC: the length is part of the value. */
struct hash_value {
	uint8_t b[HASH_MAX];
	size_t len;
};

static inline struct bytes hash_view(const struct hash_value *h)
{
	return (struct bytes){h->b, h->len};
}

/*
 * Authenticated encryption. seal writes ${plain}.len + tag_len bytes to
 * ${ret}; open writes ${sealed}.len - tag_len bytes, or ROWAN_E_CRYPTO and
 * leaves them zero. Input and output must not overlap. ${key} and ${nonce}
 * have the lengths of the table.
 */
struct aead {
	uint16_t id; /* RFC 9180 section 7.3 */
	size_t key_len;
	size_t nonce_len;
	size_t tag_len;
	int (*seal)(const uint8_t *key, const uint8_t *nonce, struct bytes aad,
		struct bytes plain, uint8_t *ret);
	int (*open)(const uint8_t *key, const uint8_t *nonce, struct bytes aad,
		struct bytes sealed, uint8_t *ret);
};

/* A running hash or HMAC; wipe it where its input is secret. */
struct hash_state {
	_Alignas(16) uint8_t opaque[HASH_STATE];
};

struct hash_algorithm {
	size_t len; /* output, bytes */
	void (*init)(struct hash_state *st);
	void (*update)(struct hash_state *st, struct bytes data);
	void (*final)(struct hash_state *st, uint8_t *ret);
	void (*hmac_init)(struct hash_state *st, struct bytes key);
	void (*hmac_update)(struct hash_state *st, struct bytes data);
	void (*hmac_final)(struct hash_state *st, uint8_t *ret);
};

/*
 * Signatures. key_pair expands a seed; sign takes the expanded private key,
 * verify returns 0 or ROWAN_E_CRYPTO. Lengths as in the table, checked by
 * suite_sign and suite_verify.
 */
struct signature {
	size_t seed_len;
	size_t sk_len;
	size_t pk_len;
	size_t sig_len;
	int (*key_pair)(const uint8_t *seed, uint8_t *sk, uint8_t *pk);
	int (*sign)(const uint8_t *sk, struct bytes content, uint8_t *ret);
	int (*verify)(
		const uint8_t *pk, struct bytes content, const uint8_t *sig);
};

struct suite {
	uint16_t id;	 /* RFC 9420 section 17.1 */
	uint16_t kem_id; /* RFC 9180 section 7.1; functions in hpke.h */
	uint16_t kdf_id; /* RFC 9180 section 7.2 */
	size_t kem_pk_len;
	size_t kem_sk_len;
	size_t kem_enc_len;
	const struct hash_algorithm *hash;
	const struct signature *sig;
	const struct aead *aead;
};

/* MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519. */
extern const struct suite suite_0003;

/* NULL-terminated: what an application offers that names nothing else. */
extern const struct suite *const suite_default[];

/**
 * suite_find(table, id):
 * Return the suite numbered ${id} of the NULL-terminated ${table}, or NULL.
 */
const struct suite *suite_find(const struct suite *const *table, uint16_t id);

/**
 * suite_kem_key(s, pk):
 * Return true iff ${pk} is a public key somebody can encrypt to: of the
 * suite's length and, for X25519, not of small order. One bad key in a tree
 * would stop every path that has to be encrypted to it.
 */
bool suite_kem_key(const struct suite *s, struct bytes pk);

/**
 * suite_hash(s, parts, n, ret):
 * Hash the ${n} parts, one after the other.
 */
void suite_hash(const struct suite *s, const struct bytes *parts, size_t n,
	struct hash_value *ret);

/**
 * suite_hash_init, suite_hash_update, suite_hash_final(s, st, ...):
 * The same, piece by piece. final wipes ${st}.
 */
void suite_hash_init(const struct suite *s, struct hash_state *st);
void suite_hash_update(
	const struct suite *s, struct hash_state *st, struct bytes data);
void suite_hash_final(
	const struct suite *s, struct hash_state *st, struct hash_value *ret);

/**
 * suite_hmac(s, key, data, ret):
 * HMAC (RFC 2104) with the suite's hash; ${key} of any length.
 */
void suite_hmac(const struct suite *s, struct bytes key, struct bytes data,
	struct hash_value *ret);

/**
 * suite_sign_keys(s, seed, sk, pk):
 * Derive a signature key pair from ${seed}, sig->seed_len random bytes, into
 * sig->sk_len bytes at ${sk} and sig->pk_len bytes at ${pk}. ROWAN_E_INVAL on
 * a seed of another length.
 */
ROWAN_MUST int suite_sign_keys(
	const struct suite *s, struct bytes seed, uint8_t *sk, uint8_t *pk);

/**
 * suite_sign(s, sk, content, ret):
 * Sign ${content}; sig->sig_len bytes go to ${ret}.
 */
ROWAN_MUST int suite_sign(const struct suite *s, struct bytes sk,
	struct bytes content, uint8_t *ret);

/**
 * suite_verify(s, pk, content, sig):
 * Return 0 iff ${sig} is ${pk}'s signature of ${content}, else
 * ROWAN_E_CRYPTO (a key or signature of the wrong length included).
 */
ROWAN_MUST int suite_verify(const struct suite *s, struct bytes pk,
	struct bytes content, struct bytes sig);

#endif
