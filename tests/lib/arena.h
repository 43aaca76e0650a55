/*
 * Memory for tests that lives until a whole case or request is done, and the
 * hex strings of JSON documents, which is mostly what it holds.
 *
 * Trusts nothing in the JSON. Aborts when there is no memory: a test has
 * nothing better to do.
 */
#ifndef TESTS_LIB_ARENA_H
#define TESTS_LIB_ARENA_H

#include <jansson.h>

#include "base/bytes.h"

struct arena_block;

/* {NULL} is empty. */
struct arena {
	struct arena_block *first;
};

/**
 * arena_alloc(a, len):
 * Return ${len} zero bytes that live until arena_free.
 */
void *arena_alloc(struct arena *a, size_t len);

/**
 * arena_hex(a, value, ret):
 * Decode the JSON string ${value}; false, and an empty ${ret}, when it is not
 * an even number of hex digits.
 */
bool arena_hex(struct arena *a, const json_t *value, struct bytes *ret);

/**
 * arena_free(a):
 * Free everything; ${a} is empty and may be used again.
 */
void arena_free(struct arena *a);

/**
 * arena_json_hex(view):
 * Return a new JSON string with ${view} in hex.
 */
json_t *arena_json_hex(struct bytes view);

#endif
