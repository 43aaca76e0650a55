/*
 * The hash chains of statements.
 *
 * A head covers its predecessor, the subject and the hash of a statement:
 *
 *	head[0] = hash of the authority's first record (clinic), zero (case)
 *	head[n] = SHA-256("Rowan 1.0 head" || head[n-1] || subject[n] ||
 *		  SHA-256(statement[n]))
 *
 * So whoever may not read a statement about somebody else's device still
 * follows the chain: they get its subject, a hash of the device's id, and its
 * hash, and see by the subject that no device they know is concerned. A
 * statement of the whole clinic has subject zero and is shown to everybody.
 */
#ifndef TRUST_CHAIN_H
#define TRUST_CHAIN_H

#include "wire/statement.h"

struct chain_link {
	struct wire_hash subject;
	struct wire_hash content;
};

/**
 * chain_subject(device, ret):
 * The subject of cards and revocations of ${device}.
 */
void chain_subject(const struct id16 *device, struct wire_hash *ret);

/**
 * chain_link(s, ret):
 * The link of a decoded statement. ROWAN_E_MALFORMED for a card statement
 * whose card does not decode.
 */
ROWAN_MUST int chain_link(
	const struct wire_statement *s, struct chain_link *ret);

/**
 * chain_next(head, link, ret):
 * The head after ${link}. ${ret} may be ${head}.
 */
void chain_next(const struct wire_hash *head, const struct chain_link *link,
	struct wire_hash *ret);

#endif
