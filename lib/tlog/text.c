/*
 * Pieces of the C2SP text formats: see text.h.
 */
#include <string.h>

#include <sodium.h>

#include "tlog/text.h"

int text_line(struct bytes *rest, struct bytes *ret)
{
	const uint8_t *newline = NULL;

	*ret = (struct bytes){0};
	if (rest->len > 0)
		newline = memchr(rest->data, '\n', rest->len);
	if (newline == NULL)
		return ROWAN_E_MALFORMED;
	*ret = bytes_of(rest->data, (size_t)(newline - rest->data));
	rest->len -= ret->len + 1;
	rest->data = newline + 1;
	return 0;
}

int text_skip(struct bytes *view, const char *prefix)
{
	size_t len = strlen(prefix);

	if (view->len < len || memcmp(view->data, prefix, len) != 0)
		return ROWAN_E_MALFORMED;
	view->data += len;
	view->len -= len;
	return 0;
}

int text_u64(struct bytes view, uint64_t *ret)
{
	uint64_t value = 0;

	*ret = 0;
	/* 2^63 - 1 has 19 digits, so nothing below can overflow. */
	if (view.len == 0 || view.len > 19 ||
		(view.data[0] == '0' && view.len > 1))
		return ROWAN_E_MALFORMED;
	for (size_t i = 0; i < view.len; i++) {
		if (view.data[i] < '0' || view.data[i] > '9')
			return ROWAN_E_MALFORMED;
		value = value * 10 + (uint64_t)(view.data[i] - '0');
	}
	if (value > INT64_MAX)
		return ROWAN_E_MALFORMED;
	*ret = value;
	return 0;
}

void text_write_u64(struct writer *w, uint64_t value)
{
	char digits[20];
	size_t at = sizeof digits;

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	writer_raw(w, digits + at, sizeof digits - at);
}

int text_base64(struct bytes view, uint8_t *ret, size_t size, size_t *ret_len)
{
	*ret_len = 0;
	memset(ret, 0, size);
	if (view.len == 0 || view.len % 4 != 0)
		return ROWAN_E_MALFORMED;
	if (view.len / 4 * 3 > size + 2)
		return ROWAN_E_LIMIT;
	/* libsodium 1.0.18 takes some bytes past ASCII, 0xaf for '/'. */
	for (size_t i = 0; i < view.len; i++)
		if (view.data[i] >= 0x80)
			return ROWAN_E_MALFORMED;
	if (sodium_base642bin(ret, size, (const char *)view.data, view.len,
		    NULL, ret_len, NULL, sodium_base64_VARIANT_ORIGINAL) == 0)
		return 0;
	memset(ret, 0, size);
	*ret_len = 0;
	return ROWAN_E_MALFORMED;
}

void text_write_base64(struct writer *w, struct bytes data)
{
	char out[sodium_base64_ENCODED_LEN(
		TEXT_BASE64_MAX, sodium_base64_VARIANT_ORIGINAL)];

	if (data.len > TEXT_BASE64_MAX) {
		w->error = w->error != 0 ? w->error : ROWAN_E_LIMIT;
		return;
	}
	sodium_bin2base64(out, sizeof out, data.data, data.len,
		sodium_base64_VARIANT_ORIGINAL);
	text_write(w, out);
}

void text_write(struct writer *w, const char *string)
{
	writer_raw(w, string, strlen(string));
}
