/*
 * One case of a test vector file: see vec.h.
 */
#include <stdio.h>

#include "vectors/vec.h"

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
	struct bytes ret;

	(void)vec_want(
		v, arena_hex(&v->arena, value, &ret), "not a hex string");
	return ret;
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
