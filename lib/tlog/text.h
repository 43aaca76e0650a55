/*
 * Pieces of the C2SP text formats: lines, decimal numbers, base64.
 *
 * Reads untrusted text; accepts one spelling of everything.
 */
#ifndef TLOG_TEXT_H
#define TLOG_TEXT_H

#include "base/bytes.h"
#include "base/writer.h"

/**
 * text_line(rest, ret):
 * Take the first line, without its newline, off ${rest}. ROWAN_E_MALFORMED
 * when there is no newline left.
 */
ROWAN_MUST int text_line(struct bytes *rest, struct bytes *ret);

/**
 * text_skip(view, prefix):
 * Take the words ${prefix} off the beginning of ${view}; ROWAN_E_MALFORMED
 * when it begins otherwise.
 */
ROWAN_MUST int text_skip(struct bytes *view, const char *prefix);

/**
 * text_u64(view, ret), text_write_u64(w, value):
 * A decimal number below 2^63 without sign or leading zeros.
 */
ROWAN_MUST int text_u64(struct bytes view, uint64_t *ret);
void text_write_u64(struct writer *w, uint64_t value);

/**
 * text_base64(view, ret, size, ret_len):
 * Decode standard padded base64 into the ${size} bytes at ${ret}.
 * ROWAN_E_MALFORMED when it is not that, ROWAN_E_LIMIT when it does not fit.
 */
ROWAN_MUST int text_base64(
	struct bytes view, uint8_t *ret, size_t size, size_t *ret_len);

/**
 * text_write_base64(w, data):
 * Append the base64 of ${data}, at most TEXT_BASE64_MAX bytes.
 */
#define TEXT_BASE64_MAX 2048
void text_write_base64(struct writer *w, struct bytes data);

/**
 * text_write(w, string):
 * Append ${string} without its final zero.
 */
void text_write(struct writer *w, const char *string);

#endif
