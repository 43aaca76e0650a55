/*
 * Sealing what lies on disk. See seal.h.
 *
 * Nonces come from the kernel in pools, so that a system call is paid once
 * for POOL values; each is used once and wiped by the next filling.
 */
#include "crypto/seal.h"

#include <assert.h>
#include <string.h>

#include <sodium.h>

#define NONCE_LEN crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_LEN	  crypto_aead_xchacha20poly1305_ietf_ABYTES
#define POOL	  128
#define PLACE_LEN 10

static_assert(SEAL_OVERHEAD == NONCE_LEN + TAG_LEN, "overhead");
static_assert(KEY32_LEN == crypto_kdf_KEYBYTES, "master key");
static_assert(
	KEY32_LEN == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "table key");
static_assert(SEAL_HASH_LEN >= crypto_generichash_BYTES_MIN, "hash");

struct seal {
	struct key32 table[SEAL_TABLES];
	struct key32 hash[SEAL_TABLES];
	uint8_t pool[POOL][NONCE_LEN];
	unsigned left;
};

static void place_encode(struct seal_place p, uint8_t ret[PLACE_LEN])
{
	ret[0] = p.table;
	ret[1] = p.column;
	for (int i = 0; i < 8; i++)
		ret[2 + i] = (uint8_t)(p.row >> (56 - 8 * i));
}

int seal_new(struct seal **ret, const struct key32 *master)
{
	struct seal *s = secret_new(sizeof(*s));

	*ret = NULL;
	if (s == NULL)
		return ROWAN_E_NOMEM;
	for (uint64_t i = 0; i < SEAL_TABLES; i++) {
		crypto_kdf_derive_from_key(
			s->table[i].b, KEY32_LEN, i, "rwn-seal", master->b);
		crypto_kdf_derive_from_key(
			s->hash[i].b, KEY32_LEN, i, "rwn-hash", master->b);
	}
	*ret = s;
	return 0;
}

void seal_free(struct seal *s)
{
	secret_free(s);
}

void seal_put(struct seal *s, struct seal_place place, struct bytes plain,
	uint8_t *ret)
{
	uint8_t ad[PLACE_LEN];

	if (s->left == 0) {
		randombytes_buf(s->pool, sizeof(s->pool));
		s->left = POOL;
	}
	memcpy(ret, s->pool[--s->left], NONCE_LEN);
	place_encode(place, ad);
	crypto_aead_xchacha20poly1305_ietf_encrypt(ret + NONCE_LEN, NULL,
		plain.data, plain.len, ad, sizeof(ad), NULL, ret,
		s->table[place.table % SEAL_TABLES].b);
}

int seal_get(const struct seal *s, struct seal_place place, struct bytes sealed,
	uint8_t *ret)
{
	uint8_t ad[PLACE_LEN];

	if (sealed.len < SEAL_OVERHEAD)
		return ROWAN_E_CRYPTO;
	place_encode(place, ad);
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(ret, NULL, NULL,
		    sealed.data + NONCE_LEN, sealed.len - NONCE_LEN, ad,
		    sizeof(ad), sealed.data,
		    s->table[place.table % SEAL_TABLES].b) != 0) {
		memset(ret, 0, sealed.len - SEAL_OVERHEAD);
		return ROWAN_E_CRYPTO;
	}
	return 0;
}

void seal_hash(const struct seal *s, uint8_t table, uint8_t column,
	struct bytes value, uint8_t *ret)
{
	crypto_generichash_state state;

	crypto_generichash_init(&state, s->hash[table % SEAL_TABLES].b,
		KEY32_LEN, SEAL_HASH_LEN);
	crypto_generichash_update(&state, &column, 1);
	crypto_generichash_update(&state, value.data, value.len);
	crypto_generichash_final(&state, ret, SEAL_HASH_LEN);
	sodium_memzero(&state, sizeof(state));
}
