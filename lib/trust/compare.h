/*
 * The short code that two people compare when a device is enrolled, and the
 * commitment that makes it safe to be short.
 *
 *	commitment = SHA-256(<"Rowan 1.0 enrolment commitment">, <request>,
 *			     device's nonce)
 *	transcript = SHA-256(<"Rowan 1.0 enrolment code">, invite,
 *			     SHA-256(bundle), SHA-256(request), commitment,
 *			     device's nonce, registrar's nonce)
 *	code	   = the first 8 bytes as a number, modulo 10^10
 *
 * < > is a vector. The bundle is everything the device learned from the
 * invite: authority, daemon, registrar, case. The registrar gives its nonce
 * after the commitment, the device reveals its own after that: whoever sits
 * between the two must fix everything on one side before the code of the
 * other can be known, and so has one guess, right once in 10^10 (33 bits).
 *
 * Digits, because they are read aloud in any language and typed on any phone.
 */
#ifndef TRUST_COMPARE_H
#define TRUST_COMPARE_H

#include "wire/invite.h"

#define COMPARE_DIGITS	 10
#define COMPARE_CODE_LEN (COMPARE_DIGITS + 2) /* a blank in the middle, end */

/**
 * compare_commit(request, nonce, ret):
 * The commitment to an encoded card request. ROWAN_E_LIMIT when it is longer
 * than WIRE_REQUEST_MAX.
 */
ROWAN_MUST int compare_commit(struct bytes request,
	const struct wire_nonce *nonce, struct wire_hash *ret);

/* All that was said. */
struct compare {
	struct id16 invite;
	struct bytes bundle; /* opened */
	struct bytes request;
	struct wire_hash commitment;
	struct wire_nonce device, registrar;
};

/**
 * compare_transcript(c, ret):
 * The hash of all of it.
 */
void compare_transcript(const struct compare *c, struct wire_hash *ret);

/**
 * compare_code(transcript, ret):
 * The code as people see it: "12345 67890".
 */
void compare_code(
	const struct wire_hash *transcript, char ret[COMPARE_CODE_LEN]);

#endif
