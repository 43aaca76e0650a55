/*
 * One request of the message driver and its answer: arguments out of JSON,
 * results into JSON.
 *
 * Trusts nothing in the request. The first thing wrong with it sticks:
 * handlers read all their arguments, ask req_ok once, and only then act.
 */
#ifndef TESTS_PEER_REQ_H
#define TESTS_PEER_REQ_H

#include <jansson.h>

#include "base/bytes.h"
#include "lib/arena.h"

struct req {
	const json_t *in;
	json_t *out; /* the answer's object */
	struct arena arena;
	const char *kind; /* what went wrong first, a word; NULL: nothing */
	char error[200];  /* the same as a sentence */
};

/**
 * req_ok(r):
 * Return true iff nothing went wrong so far.
 */
static inline bool req_ok(const struct req *r)
{
	return r->kind == NULL;
}

/**
 * req_fail(r, kind, ...):
 * Note that the request failed, unless it has already.
 */
__attribute__((format(printf, 3, 4))) void req_fail(
	struct req *r, const char *kind, const char *format, ...);

/**
 * req_code(r, rc):
 * As req_fail for a library code; 0 is no failure. Returns req_ok(r).
 */
bool req_code(struct req *r, int rc);

/**
 * req_has(r, key):
 * Return true iff the request has a member ${key} that is not null.
 */
bool req_has(const struct req *r, const char *key);

/**
 * req_hex, req_hex_of(r, ...):
 * Return a byte string given in hex: a member of the request, or of ${obj}.
 * Missing or misshapen, the request fails and the result is empty.
 */
struct bytes req_hex(struct req *r, const char *key);
struct bytes req_hex_of(struct req *r, const json_t *obj, const char *key);

/**
 * req_hex_opt(r, key):
 * As req_hex; absent gives the empty string.
 */
struct bytes req_hex_opt(struct req *r, const char *key);

/**
 * req_text_opt(r, key, missing):
 * Return a text member, or ${missing}.
 */
const char *req_text_opt(struct req *r, const char *key, const char *missing);

/**
 * req_uint_of(r, obj, key, max), req_uint_opt(r, key, missing, max):
 * Return a number between 0 and ${max}.
 */
uint64_t req_uint_of(
	struct req *r, const json_t *obj, const char *key, uint64_t max);
uint64_t req_uint_opt(
	struct req *r, const char *key, uint64_t missing, uint64_t max);

/**
 * req_bool_opt(r, key, missing):
 * Return a truth value.
 */
bool req_bool_opt(struct req *r, const char *key, bool missing);

/**
 * req_list_opt(r, obj, key):
 * Return an array member of ${obj}, or NULL when it is absent.
 */
const json_t *req_list_opt(struct req *r, const json_t *obj, const char *key);

/**
 * req_types(r, key, ret):
 * Read a list of 16-bit numbers; ${ret} gets their count. NULL when absent.
 */
const uint16_t *req_types(struct req *r, const char *key, size_t *ret);

/**
 * req_put(r, key, value), req_put_hex, req_put_uint(r, key, value):
 * Add to the answer; req_put takes over the reference.
 */
void req_put(struct req *r, const char *key, json_t *value);
void req_put_hex(struct req *r, const char *key, struct bytes value);
void req_put_uint(struct req *r, const char *key, uint64_t value);

/**
 * req_kind(rc):
 * Return the word for a library code, as in "wrong-epoch".
 */
const char *req_kind(int rc);

#endif
