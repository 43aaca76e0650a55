/*
 * Sealing what lies on disk: each value under a key of its table, bound to its
 * place, and keyed hashes for the columns one looks things up by.
 *
 * Trusts the master key to be secret and 32 random bytes, and the kernel for
 * random nonces. A value moved to another table, column or row does not open.
 * Never hides how long a value is, nor that an older value of the same place
 * was put back.
 *
 * XChaCha20-Poly1305 with a random nonce of 24 bytes; subkeys and hashes by
 * keyed BLAKE2b.
 */
#ifndef CRYPTO_SEAL_H
#define CRYPTO_SEAL_H

#include "base/bytes.h"
#include "base/secret.h"

#define SEAL_OVERHEAD 40 /* nonce and tag */
#define SEAL_HASH_LEN 16
#define SEAL_TABLES   32 /* tables are numbered from 0 */

struct seal;

/* Where a value lies. */
struct seal_place {
	uint8_t table; /* below SEAL_TABLES */
	uint8_t column;
	uint64_t row;
};

/**
 * seal_new(ret, master):
 * Derive the keys of every table, in guarded memory. ${master} is not kept.
 * ROWAN_E_NOMEM. ${ret} is wiped and freed by seal_free.
 */
ROWAN_MUST int seal_new(struct seal **ret, const struct key32 *master);
void seal_free(struct seal *s);

/**
 * seal_put(s, place, plain, ret):
 * Write ${plain}.len + SEAL_OVERHEAD bytes to ${ret}, which may not overlap
 * ${plain}. For one thread at a time.
 */
void seal_put(struct seal *s, struct seal_place place, struct bytes plain,
	uint8_t *ret);

/**
 * seal_get(s, place, sealed, ret):
 * Open ${sealed} into ${sealed}.len - SEAL_OVERHEAD bytes at ${ret}.
 * ROWAN_E_CRYPTO when it is too short or was not sealed for this place with
 * these keys; ${ret} is then zeroed. For any number of threads.
 */
ROWAN_MUST int seal_get(const struct seal *s, struct seal_place place,
	struct bytes sealed, uint8_t *ret);

/**
 * seal_hash(s, table, column, value, ret):
 * The SEAL_HASH_LEN bytes under which ${value} is looked up in that column.
 * Equal values in other columns have other hashes.
 */
void seal_hash(const struct seal *s, uint8_t table, uint8_t column,
	struct bytes value, uint8_t *ret);

#endif
