/*
 * Names of our logs and witnesses in notes: an origin that follows from the
 * clinic, a witness's name from its device, so that keys need no list.
 */
#ifndef TLOG_ORIGIN_H
#define TLOG_ORIGIN_H

#include "base/id.h"
#include "tlog/note.h"

#define ORIGIN_LOG     "rowan-log/"
#define ORIGIN_WITNESS "rowan-witness/"

/**
 * origin_log(clinic, pk, ret):
 * The verifier key of a clinic's log: ORIGIN_LOG and the clinic's id in
 * hexadecimal, and the signature key of the daemon's card.
 */
ROWAN_MUST int origin_log(const struct id16 *clinic,
	const uint8_t pk[crypto_sign_PUBLICKEYBYTES], struct note_key *ret);

/**
 * origin_witness(device, pk, ret):
 * The verifier key of a witness: ORIGIN_WITNESS and its device's id, and the
 * signature key of its card.
 */
ROWAN_MUST int origin_witness(const struct id16 *device,
	const uint8_t pk[crypto_sign_PUBLICKEYBYTES], struct note_key *ret);

#endif
