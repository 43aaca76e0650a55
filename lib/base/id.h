/*
 * The 16 random bytes that name members, devices, cases, channels and blobs.
 *
 * A type, so that an id is never mistaken for other bytes. Ids are no
 * secrets, yet they never reach a log line.
 */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <string.h>

#include "base/bytes.h"

#define ID16_LEN 16

struct id16 {
	uint8_t b[ID16_LEN];
};

/**
 * id16_view(id):
 * Return a view of the 16 bytes of ${id}.
 */
static inline struct bytes id16_view(const struct id16 *id)
{
	return (struct bytes){id->b, ID16_LEN};
}

/**
 * id16_eq(a, b):
 * Return true iff ${a} and ${b} are the same id.
 */
static inline bool id16_eq(const struct id16 *a, const struct id16 *b)
{
	return memcmp(a->b, b->b, ID16_LEN) == 0;
}

#endif
