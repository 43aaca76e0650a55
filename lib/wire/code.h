/*
 * Answer codes, and the error object that carries one.
 *
 * The group tells a client that does not know a code what to do:
 *
 *	0x01xx	try again, not before the time the answer names
 *	0x02xx	catch up first, then do it anew
 *	0x03xx	refused: the same request will never succeed
 *
 * "Unknown" and "not yours" are one code and the same bytes.
 */
#ifndef WIRE_CODE_H
#define WIRE_CODE_H

#include "base/reader.h"
#include "base/writer.h"
#include "wire/message.h"

enum wire_code {
	WIRE_OK = 0,

	WIRE_AGAIN = 0x0101,	 /* not now: busy, draining, a failed commit */
	WIRE_QUOTA = 0x0102,	 /* a limit of this device is used up */
	WIRE_FULL = 0x0103,	 /* no room: mailbox of a recipient, or disk */
	WIRE_HELD = 0x0104,	 /* the blob is withheld until a time */
	WIRE_RESTORING = 0x0105, /* after a restore: statements only */

	WIRE_STALE = 0x0201,	  /* another came first */
	WIRE_MEMBERSHIP = 0x0202, /* a leaf of the group must go first */
	WIRE_COUNTER = 0x0203,	  /* counter used before, answer forgotten */

	WIRE_MALFORMED = 0x0301, /* not the canonical form of the operation */
	WIRE_LIMIT = 0x0302,	 /* well formed, larger than allowed */
	WIRE_VERSION = 0x0303,	 /* no common protocol version */
	WIRE_OPERATION = 0x0304, /* no such operation, or not on this port */
	WIRE_REFUSED = 0x0305,	 /* unknown, or not yours */
	WIRE_EXISTS = 0x0306,	 /* the id is taken by something else */
	WIRE_REVOKED = 0x0307	 /* to a device that was revoked, only */
};

/* A refusal, or the result of one item of several. */
struct wire_error {
	uint16_t code;
	uint32_t retry_ms; /* 0 unless ${code} is in the group 0x01xx */
};

#define WIRE_ERROR_LEN 6

/**
 * wire_code_retryable(code):
 * Return true iff the same request may succeed later.
 */
static inline bool wire_code_retryable(uint16_t code)
{
	return code >> 8 == 0x01;
}

/**
 * wire_code_name(code):
 * Return the name of ${code} in lower case, or "unknown". Static.
 */
const char *wire_code_name(uint16_t code);

/**
 * wire_code_of(error), wire_code_error(code):
 * Translate between our error codes (rowan/error.h) and those of the wire.
 * What has no counterpart becomes WIRE_AGAIN (our own fault: nothing was
 * done) and ROWAN_E_REFUSED or ROWAN_E_AGAIN by group. Nothing becomes
 * WIRE_REVOKED: that is said to the device itself by whoever knows it.
 */
uint16_t wire_code_of(int error);
int wire_code_error(uint16_t code);

/**
 * wire_error_read(r, ok, ret), wire_error_write(e, ok, w):
 * One error inside another object; ${ok} says whether WIRE_OK is allowed.
 * ROWAN_E_MALFORMED, or ROWAN_E_INVAL when writing, for a code of no group
 * and for a retry time where the code has none.
 */
ROWAN_MUST int wire_error_read(
	struct reader *r, bool ok, struct wire_error *ret);
ROWAN_MUST int wire_error_write(
	const struct wire_error *e, bool ok, struct writer *w);

/**
 * wire_error_decode(m, ret), wire_error_encode(e, w):
 * The body of an error answer. Its form is frozen for all versions.
 */
ROWAN_MUST int wire_error_decode(
	const struct wire_message *m, struct wire_error *ret);
ROWAN_MUST int wire_error_encode(const struct wire_error *e, struct writer *w);

#endif
