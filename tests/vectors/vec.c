/*
 * One case of a test vector file: see vec.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "vectors/vec.h"

struct vec_block {
	struct vec_block *next;
	size_t len;
	uint8_t data[];
};

bool vec_want(struct vec *v, bool ok, const char *what)
{
	v->checks++;
	if (!ok && !v->failed) {
		v->failed = true;
		snprintf(v->why, sizeof v->why, "%s", what);
	}
	return ok;
}

bool vec_zero(struct vec *v, int rc, const char *what)
{
	char text[160];

	if (rc == 0)
		return vec_want(v, true, what);
	snprintf(
		text, sizeof text, "%s: %s (%d)", what, rowan_strerror(rc), rc);
	return vec_want(v, false, text);
}

bool vec_same(
	struct vec *v, struct bytes got, struct bytes want, const char *what)
{
	return vec_want(v, bytes_eq(got, want), what);
}

/* The member, if ${ok}; else the case fails and the result is NULL. */
static const json_t *member(
	struct vec *v, const json_t *value, bool ok, const char *key)
{
	char text[100];

	if (ok)
		return value;
	snprintf(text, sizeof text, "field %s is missing or misshapen", key);
	(void)vec_want(v, false, text);
	return NULL;
}

struct bytes vec_hex_value(struct vec *v, const json_t *value)
{
	const char *hex = json_string_value(value);
	size_t digits = json_string_length(value), len = 0;
	struct vec_block *b;

	if (hex == NULL || digits % 2 != 0) {
		(void)vec_want(v, false, "not a hex string");
		return bytes_of(NULL, 0);
	}
	b = malloc(sizeof *b + digits / 2 + 1);
	if (b == NULL)
		abort();
	b->len = digits / 2;
	b->next = v->blocks;
	v->blocks = b;
	if (digits > 0 && (sodium_hex2bin(b->data, b->len, hex, digits, NULL,
				   &len, NULL) != 0 ||
				  len != b->len)) {
		(void)vec_want(v, false, "not a hex string");
		return bytes_of(NULL, 0);
	}
	return bytes_of(b->data, b->len);
}

struct bytes vec_hex(struct vec *v, const json_t *obj, const char *key)
{
	const json_t *value = json_object_get(obj, key);

	value = member(v, value, json_is_string(value), key);
	return value == NULL ? bytes_of(NULL, 0) : vec_hex_value(v, value);
}

struct bytes vec_text(struct vec *v, const json_t *obj, const char *key)
{
	const json_t *value = json_object_get(obj, key);

	value = member(v, value, json_is_string(value), key);
	return bytes_of(json_string_value(value), json_string_length(value));
}

uint64_t vec_uint(struct vec *v, const json_t *obj, const char *key)
{
	const json_t *value = json_object_get(obj, key);

	value = member(v, value,
		json_is_integer(value) && json_integer_value(value) >= 0, key);
	return (uint64_t)json_integer_value(value);
}

const json_t *vec_array(struct vec *v, const json_t *obj, const char *key)
{
	const json_t *value = json_object_get(obj, key);

	return member(v, value, json_is_array(value), key);
}

const json_t *vec_object(struct vec *v, const json_t *obj, const char *key)
{
	const json_t *value = json_object_get(obj, key);

	return member(v, value, json_is_object(value), key);
}

bool vec_is_null(const json_t *obj, const char *key)
{
	const json_t *value = json_object_get(obj, key);

	return value == NULL || json_is_null(value);
}

void vec_reset(struct vec *v)
{
	while (v->blocks != NULL) {
		struct vec_block *b = v->blocks;

		v->blocks = b->next;
		free(b);
	}
}
