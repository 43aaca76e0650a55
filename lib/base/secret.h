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

/* A secret as long as some hash: the length is part of the value. */
#define SECRET_MAX 64

struct secret {
	uint8_t b[SECRET_MAX];
	size_t len;
};

/**
 * secret_view(s):
 * Return a view of the ${s}->len bytes of ${s}.
 */
static inline struct bytes secret_view(const struct secret *s)
{
	return (struct bytes){s->b, s->len};
}

/**
 * secret_set(ret, src):
 * Set ${ret} to a copy of ${src}; ROWAN_E_INVAL when longer than SECRET_MAX.
 */
ROWAN_MUST int secret_set(struct secret *ret, struct bytes src);

/**
 * secret_wipe(s):
 * Overwrite ${s}, and its length, with zeros in a way the compiler keeps.
 */
void secret_wipe(struct secret *s);

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
