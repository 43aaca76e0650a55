/*
 * What a victim lets out of the diary (trust/disclosure.h), made by the device
 * that wrote it: it alone has the envelope as it was submitted and the receipt
 * with the exact time. And the signature under an export's list.
 *
 * Trusts the caller that the person has said so. Changes nothing.
 */
#ifndef SESSION_DISCLOSE_H
#define SESSION_DISCLOSE_H

#include "session/proof/proofs.h"
#include "trust/disclosure.h"

/**
 * proofs_disclose(x, c, said, ret):
 * The disclosure of the message ${said}; ${c} has batch, time, case, channel,
 * numbers and purpose, the rest is filled in here. The caller owns ${ret}.
 * ROWAN_E_AGAIN while the receipt is being fetched, ROWAN_E_NOT_FOUND when
 * the envelope or the receipt is not here, ROWAN_E_LIMIT.
 */
ROWAN_MUST int proofs_disclose(struct proofs *x, const struct consent *c,
	const struct said *said, struct buf *ret);

/**
 * proofs_sign(x, digest, w):
 * This device's word for an export's list, of which ${digest} is the SHA-256:
 * the signature, then its chain of cards.
 */
ROWAN_MUST int proofs_sign(
	struct proofs *x, const struct wire_hash *digest, struct writer *w);

#endif
