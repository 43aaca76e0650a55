/*
 * Commitments of the log's leaves (wire/leaf.h): made by the daemon, checked
 * by whoever holds an opening.
 *
 * A commitment hides: without the salt nobody can test a guess. It binds:
 * nobody can open it to two details. Salts of a case come from its secret,
 * each by itself: one of them says nothing about another.
 *
 * The exact time of a leaf by the hour has a salt of its own, random, that
 * whoever acted gets with the answer and nobody keeps.
 *
 * BLAKE2b with 32 bytes of output: of the salt and the detail; salts as keys
 * are derived, from the secret. docs/log.md has it by the byte.
 */
#ifndef TLOG_LEAF_H
#define TLOG_LEAF_H

#include "base/secret.h"
#include "tlog/merkle.h"
#include "wire/leaf.h"

/**
 * leaf_salt(secret, number, ret):
 * Derive the salt of leaf ${number} from the secret of its case.
 */
void leaf_salt(
	const struct key32 *secret, uint64_t number, struct wire_salt *ret);

/**
 * leaf_exact(salt, time, ret):
 * Commit to the second ${time}.
 */
void leaf_exact(
	const struct wire_salt *salt, uint64_t time, struct wire_hash *ret);

/**
 * leaf_commit(salt, detail, ret):
 * Commit to an encoded detail.
 */
void leaf_commit(const struct wire_salt *salt, struct bytes detail,
	struct wire_hash *ret);

/**
 * leaf_content(data, ret):
 * The hash under which a detail names an envelope, a statement, a card.
 */
void leaf_content(struct bytes data, struct wire_hash *ret);

/**
 * leaf_rebuild(opening, ret, ret_detail):
 * The leaf of WIRE_LEAF_LEN bytes that ${opening} opens, and its detail: act,
 * grain and time are the detail's, and an exact time is the one committed to,
 * within its hour. With a Merkle path for the leaf an opening is a proof.
 * ROWAN_E_CRYPTO for one that opens none, or the decoders' codes.
 */
ROWAN_MUST int leaf_rebuild(const struct wire_opening *opening,
	uint8_t ret[WIRE_LEAF_LEN], struct wire_detail *ret_detail);

/* What the leaves that were seen say of time; all zero before the first. */
struct leaf_times {
	uint64_t latest; /* it was at least that late */
	bool backdated;	 /* some leaf says it was earlier... */
	uint64_t leaf;	 /* ...and this is the first of them */
};

/**
 * leaf_times_add(t, number, leaf):
 * The next leaf, an encoded one. The daemon's time never goes back, so a leaf
 * is no earlier than any before it: one by the hour may have been at the
 * hour's end. ROWAN_E_MALFORMED for no leaf.
 */
ROWAN_MUST int leaf_times_add(
	struct leaf_times *t, uint64_t number, struct bytes leaf);

#endif
