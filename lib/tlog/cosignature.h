/*
 * Cosignatures of C2SP tlog-cosignature, version 1 (Ed25519): a witness's
 * word that, at a time, it had seen no larger consistent tree of a log.
 */
#ifndef TLOG_COSIGNATURE_H
#define TLOG_COSIGNATURE_H

#include "tlog/note.h"

#define COSIGNATURE_LEN (8 + crypto_sign_BYTES)

/**
 * cosignature_sign(w, text, time, k, sk):
 * Append to ${w} the signature line of the witness ${k}, ${sk} over the
 * checkpoint text ${text}, made at ${time} (seconds since 1970, below 2^63).
 * ${k} must be of type NOTE_COSIGNATURE.
 */
ROWAN_MUST int cosignature_sign(struct writer *w, struct bytes text,
	uint64_t time, const struct note_key *k,
	const uint8_t sk[crypto_sign_SECRETKEYBYTES]);

/**
 * cosignature_verify(n, k, ret_time):
 * Return 0 iff the note ${n} carries a valid cosignature of the witness ${k},
 * and set ${ret_time} to when it was made; ROWAN_E_NOT_FOUND when it carries
 * none, ROWAN_E_CRYPTO when it is wrong.
 */
ROWAN_MUST int cosignature_verify(
	const struct note *n, const struct note_key *k, uint64_t *ret_time);

#endif
