/*
 * Pre-shared keys in the key schedule (RFC 9420 section 8.4). Where their
 * values come from is the caller's business.
 */
#ifndef MLS_PSK_H
#define MLS_PSK_H

#include "crypto/suite.h"
#include "mls/public/object/psk_id.h"

struct psk {
	struct psk_id id;
	struct buf value;
};

/**
 * psk_list_free(v, n):
 * Wipe the values of ${n} PSKs and free the array. NULL is harmless.
 */
void psk_list_free(struct psk *v, size_t n);

/**
 * psk_secret(s, v, n, ret):
 * Chain ${n} PSKs, in their order, into the psk_secret; all zeros for none.
 */
ROWAN_MUST int psk_secret(const struct suite *s, const struct psk *v, size_t n,
	struct secret *ret);

#endif
