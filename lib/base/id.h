/*
 * A 16-byte random id as a type: of a device, member, case, channel or blob.
 * Ids are public to those they concern: comparison time depends on the bytes.
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
 * id16_cmp(a, b):
 * Order as memcmp does.
 */
static inline int id16_cmp(const struct id16 *a, const struct id16 *b)
{
	return memcmp(a->b, b->b, ID16_LEN);
}

/**
 * id16_eq(a, b):
 * Return true iff ${a} and ${b} are the same id.
 */
static inline bool id16_eq(const struct id16 *a, const struct id16 *b)
{
	return id16_cmp(a, b) == 0;
}

/**
 * id16_sort(a, b):
 * For qsort and bsearch over ids.
 */
static inline int id16_sort(const void *a, const void *b)
{
	return id16_cmp(a, b);
}

/**
 * id16_among(id, list, count):
 * Return true iff ${id} is one of the ${count} ids of ${list}.
 */
static inline bool id16_among(
	const struct id16 *id, const struct id16 *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (id16_eq(&list[i], id))
			return true;
	return false;
}

/**
 * id16_view(id):
 * Return a view of the 16 bytes of ${id}.
 */
static inline struct bytes id16_view(const struct id16 *id)
{
	return bytes_of(id->b, ID16_LEN);
}

#endif
