/*
 * The text of an invite: what a QR code or a sheet of paper carries from the
 * registrar to the new device.
 *
 *	ROWAN:BASE32/HOST:PORT[/HOST:PORT]
 *
 * BASE32 (Crockford's alphabet, 84 characters) holds version, secret, the
 * transport key of the enrolment port, and 3 bytes of a hash over everything.
 * All characters are of QR's alphanumeric mode, the whole at most 178 (a code
 * of version 7 with level M). The port follows the last colon; an IPv6
 * address is written without brackets.
 *
 * Typed, the same without "ROWAN:" stands in groups of five characters and a
 * sixth that checks the group and its place, so that a slip is found where it
 * was made. 0 and O, 1 and I and L may be taken for each other in BASE32.
 */
#ifndef TRUST_INVITE_H
#define TRUST_INVITE_H

#include "trust/bundle.h"

#define INVITE_VERSION	     1
#define INVITE_ENDPOINTS_MAX 2
#define INVITE_TEXT_MAX	     178
#define INVITE_GROUP	     5
#define INVITE_CODE_LEN	     84 /* of the part in base 32 */
#define INVITE_ENDPOINT_MAX  (INVITE_TEXT_MAX - 6 - INVITE_CODE_LEN - 1)
/* Groups of a whole text, each with its check and a blank. */
#define INVITE_TYPED_MAX ((INVITE_TEXT_MAX / INVITE_GROUP + 1) * 7)

struct invite {
	struct bundle_secret secret;
	struct wire_key server; /* X25519, of the enrolment port's CURVE */
	size_t endpoint_count;
	/* "host:port" in lower case. */
	char endpoint[INVITE_ENDPOINTS_MAX][INVITE_ENDPOINT_MAX + 1];
};

/**
 * invite_wipe(i):
 * Overwrite it.
 */
void invite_wipe(struct invite *i);

/**
 * invite_write(i, ret):
 * The text for a QR code. ROWAN_E_INVAL for no endpoint or one that is not
 * HOST:PORT of letters, digits, points, colons and hyphens, ROWAN_E_LIMIT
 * when the text would be too long.
 */
ROWAN_MUST int invite_write(
	const struct invite *i, char ret[INVITE_TEXT_MAX + 1]);

/**
 * invite_write_typed(i, ret):
 * The text for people: groups, one blank between two.
 */
ROWAN_MUST int invite_write_typed(
	const struct invite *i, char ret[INVITE_TYPED_MAX + 1]);

/**
 * invite_read(text, ret, ret_group):
 * Read either form; blanks, line ends and case do not matter. ROWAN_E_VERSION
 * for a later form, ROWAN_E_MALFORMED for anything else; then ${ret_group},
 * unless NULL, is the number, from 1, of the typed group in which the mistake
 * is, 0 when that cannot be said.
 */
ROWAN_MUST int invite_read(
	struct bytes text, struct invite *ret, size_t *ret_group);

#endif
