/*
 * Secret values as types, so that no array of bytes is mistaken for a key.
 *
 * A secret lives in the struct that owns it and is wiped with it. Long-lived
 * private keys are allocated with secret_new, in guarded and locked memory.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/bytes.h"

#define KEY32_LEN 32

struct key32 {
	uint8_t b[KEY32_LEN];
};

/**
 * key32_view(k):
 * Return a view of the 32 bytes of ${k}.
 */
static inline struct bytes key32_view(const struct key32 *k)
{
	return (struct bytes){k->b, KEY32_LEN};
}

/**
 * key32_wipe(k):
 * Overwrite ${k} with zeros in a way the compiler keeps.
 */
void key32_wipe(struct key32 *k);

/**
 * secret_eq(a, b):
 * Compare in time that depends on the lengths only.
 */
bool secret_eq(struct bytes a, struct bytes b);

/**
 * secret_new(len), secret_free(p):
 * ${len} zero bytes in memory with guard pages that is not swapped or dumped;
 * NULL when none can be had. secret_free wipes; NULL is harmless.
 */
void *secret_new(size_t len);
void secret_free(void *p);

#endif
