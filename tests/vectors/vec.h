/*
 * One case of a test vector file: its JSON, the memory its byte strings live
 * in, and what went wrong first.
 *
 * Trusts nothing in the file: a missing or misshapen field fails the case
 * and yields an empty value, so that a format can be read without checking
 * every step. Never passes a case that a check has failed.
 */
#ifndef TESTS_VECTORS_VEC_H
#define TESTS_VECTORS_VEC_H

#include <stdbool.h>

#include <jansson.h>

#include "base/bytes.h"
#include "lib/arena.h"

struct suite;

struct vec {
	const json_t *json;	   /* the case */
	const struct suite *suite; /* NULL where the format has none */
	struct arena arena;	   /* what vec_hex handed out */
	unsigned checks;	   /* how many were made */
	bool failed;
	char why[160]; /* of the first failure */
};

/**
 * vec_hex, vec_text, vec_uint, vec_array, vec_object(v, obj, key):
 * Return the member ${key} of ${obj}. When it is absent or of another type
 * the case fails and an empty value is returned. Views live as long as the
 * case does.
 */
struct bytes vec_hex(struct vec *v, const json_t *obj, const char *key);
struct bytes vec_text(struct vec *v, const json_t *obj, const char *key);
uint64_t vec_uint(struct vec *v, const json_t *obj, const char *key);
const json_t *vec_array(struct vec *v, const json_t *obj, const char *key);
const json_t *vec_object(struct vec *v, const json_t *obj, const char *key);

/**
 * vec_hex_value(v, value):
 * As vec_hex for an element of an array.
 */
struct bytes vec_hex_value(struct vec *v, const json_t *value);

/**
 * vec_is_null(obj, key):
 * Return true iff ${key} of ${obj} is absent or null.
 */
bool vec_is_null(const json_t *obj, const char *key);

/**
 * vec_want(v, ok, what):
 * Count a check; unless ${ok} the case fails because of ${what}. Returns
 * ${ok}.
 */
bool vec_want(struct vec *v, bool ok, const char *what);

/**
 * vec_zero(v, rc, what):
 * As vec_want, for a return code that must be 0; the code is named.
 */
bool vec_zero(struct vec *v, int rc, const char *what);

/**
 * vec_same(v, got, want, what):
 * As vec_want, for two byte strings that must be equal.
 */
bool vec_same(
	struct vec *v, struct bytes got, struct bytes want, const char *what);

/*
 * The formats. Each runs one case; the verdict is in ${v}.
 */
void fmt_tree_math(struct vec *v);
void fmt_deserialization(struct vec *v);
void fmt_crypto_basics(struct vec *v);
void fmt_key_schedule(struct vec *v);
void fmt_psk_secret(struct vec *v);
void fmt_transcript(struct vec *v);
void fmt_secret_tree(struct vec *v);
void fmt_messages(struct vec *v);
void fmt_protection(struct vec *v);
void fmt_tree_operations(struct vec *v);
void fmt_tree_validation(struct vec *v);
void fmt_treekem(struct vec *v);
void fmt_welcome(struct vec *v);
void fmt_passive(struct vec *v);

#endif
