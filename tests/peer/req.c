/*
 * Arguments and results of one request: see req.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "peer/req.h"

static const struct {
	int code;
	const char *kind;
} kinds[] = {
	{ROWAN_E_INVAL, "invalid"},
	{ROWAN_E_STATE, "state"},
	{ROWAN_E_NOMEM, "no-memory"},
	{ROWAN_E_CORRUPT, "corrupt"},
	{ROWAN_E_TOO_NEW, "too-new"},
	{ROWAN_E_MALFORMED, "malformed"},
	{ROWAN_E_LIMIT, "limit"},
	{ROWAN_E_VERSION, "version"},
	{ROWAN_E_CRYPTO, "crypto"},
	{ROWAN_E_EXISTS, "exists"},
	{ROWAN_E_NOT_FOUND, "not-found"},
	{ROWAN_E_REFUSED, "wrong-format"},
	{ROWAN_E_MLS_SUITE, "suite"},
	{ROWAN_E_MLS_WRONG_GROUP, "wrong-group"},
	{ROWAN_E_MLS_WRONG_EPOCH, "wrong-epoch"},
	{ROWAN_E_MLS_SENDER, "sender"},
	{ROWAN_E_MLS_SIGNATURE, "signature"},
	{ROWAN_E_MLS_MEMBERSHIP, "membership-tag"},
	{ROWAN_E_MLS_CONFIRMATION, "confirmation-tag"},
	{ROWAN_E_MLS_DECRYPT, "decrypt"},
	{ROWAN_E_MLS_REPLAY, "replay"},
	{ROWAN_E_MLS_TOO_FAR, "too-far"},
	{ROWAN_E_MLS_LEAF_NODE, "leaf-node"},
	{ROWAN_E_MLS_CREDENTIAL, "credential"},
	{ROWAN_E_MLS_LIFETIME, "lifetime"},
	{ROWAN_E_MLS_TREE, "tree"},
	{ROWAN_E_MLS_PARENT_HASH, "parent-hash"},
	{ROWAN_E_MLS_KEY_PACKAGE, "key-package"},
	{ROWAN_E_MLS_PROPOSAL, "proposal"},
	{ROWAN_E_MLS_PROPOSAL_LIST, "proposal-list"},
	{ROWAN_E_MLS_UNKNOWN_PROPOSAL, "unknown-proposal"},
	{ROWAN_E_MLS_PATH_REQUIRED, "path-required"},
	{ROWAN_E_MLS_PATH, "path"},
	{ROWAN_E_MLS_PSK, "psk"},
	{ROWAN_E_MLS_PENDING, "pending"},
	{ROWAN_E_MLS_EXTENSION, "extension"},
	{ROWAN_E_MLS_NOT_FOR_US, "not-for-us"},
	{ROWAN_E_MLS_NO_TREE, "no-tree"},
	{ROWAN_E_MLS_REINIT, "reinit"},
	{ROWAN_E_MLS_REMOVED, "removed"},
};

const char *req_kind(int rc)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (kinds[i].code == rc)
			return kinds[i].kind;
	return "internal";
}

void req_fail(struct req *r, const char *kind, const char *format, ...)
{
	va_list ap;

	if (r->kind != NULL)
		return;
	r->kind = kind;
	va_start(ap, format);
	vsnprintf(r->error, sizeof r->error, format, ap);
	va_end(ap);
}

bool req_code(struct req *r, int rc)
{
	if (rc != 0)
		req_fail(r, req_kind(rc), "%s", rowan_strerror(rc));
	return req_ok(r);
}

bool req_has(const struct req *r, const char *key)
{
	const json_t *value = json_object_get(r->in, key);

	return value != NULL && !json_is_null(value);
}

struct bytes req_hex_of(struct req *r, const json_t *obj, const char *key)
{
	const json_t *value = json_object_get(obj, key);
	struct bytes ret;

	if (!arena_hex(&r->arena, value, &ret))
		req_fail(r, "bad-request", "%s must be a string of hex digits",
			key);
	return ret;
}

struct bytes req_hex(struct req *r, const char *key)
{
	return req_hex_of(r, r->in, key);
}

struct bytes req_hex_opt(struct req *r, const char *key)
{
	return req_has(r, key) ? req_hex(r, key) : bytes_of(NULL, 0);
}

const char *req_text_opt(struct req *r, const char *key, const char *missing)
{
	const json_t *value = json_object_get(r->in, key);

	if (!req_has(r, key))
		return missing;
	if (!json_is_string(value) ||
		strlen(json_string_value(value)) != json_string_length(value)) {
		req_fail(r, "bad-request",
			"%s must be a text without a zero character", key);
		return missing;
	}
	return json_string_value(value);
}

uint64_t req_uint_of(
	struct req *r, const json_t *obj, const char *key, uint64_t max)
{
	const json_t *value = json_object_get(obj, key);

	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
		(uint64_t)json_integer_value(value) > max) {
		req_fail(r, "bad-request",
			"%s must be a whole number from 0 to %llu", key,
			(unsigned long long)max);
		return 0;
	}
	return (uint64_t)json_integer_value(value);
}

uint64_t req_uint_opt(
	struct req *r, const char *key, uint64_t missing, uint64_t max)
{
	return req_has(r, key) ? req_uint_of(r, r->in, key, max) : missing;
}

bool req_bool_opt(struct req *r, const char *key, bool missing)
{
	const json_t *value = json_object_get(r->in, key);

	if (!req_has(r, key))
		return missing;
	if (!json_is_boolean(value))
		req_fail(r, "bad-request", "%s must be true or false", key);
	return json_is_true(value);
}

const json_t *req_list_opt(struct req *r, const json_t *obj, const char *key)
{
	const json_t *value = json_object_get(obj, key);

	if (value == NULL || json_is_null(value))
		return NULL;
	if (!json_is_array(value)) {
		req_fail(r, "bad-request", "%s must be a list", key);
		return NULL;
	}
	return value;
}

const uint16_t *req_types(struct req *r, const char *key, size_t *ret)
{
	const json_t *list = req_list_opt(r, r->in, key);
	uint16_t *types;

	*ret = 0;
	if (list == NULL)
		return NULL;
	types = arena_alloc(&r->arena, json_array_size(list) * sizeof *types);
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_int_t n = json_integer_value(json_array_get(list, i));

		if (!json_is_integer(json_array_get(list, i)) || n < 0 ||
			n > UINT16_MAX)
			req_fail(r, "bad-request",
				"%s must hold numbers of 16 bits", key);
		types[i] = (uint16_t)n;
	}
	*ret = json_array_size(list);
	return types;
}

void req_put(struct req *r, const char *key, json_t *value)
{
	if (json_object_set_new(r->out, key, value) != 0)
		req_fail(r, "internal", "no memory for the answer");
}

void req_put_hex(struct req *r, const char *key, struct bytes value)
{
	req_put(r, key, arena_json_hex(value));
}

void req_put_uint(struct req *r, const char *key, uint64_t value)
{
	req_put(r, key, json_integer((json_int_t)value));
}
