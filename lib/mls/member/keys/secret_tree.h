/*
 * The secret tree and its ratchets (RFC 9420 section 9): the message keys of
 * one epoch.
 *
 * Derived lazily. Finding a key changes nothing: it makes a step, which is
 * taken once the message has proved good and wiped otherwise. What a taken
 * step has consumed is gone: node secrets on the way to the leaf, ratchet
 * secrets before the next generation, the key itself. Keys that were skipped
 * are kept within a bounded window behind the newest generation.
 */
#ifndef MLS_SECRET_TREE_H
#define MLS_SECRET_TREE_H

#include "base/reader.h"
#include "base/writer.h"
#include "crypto/suite.h"

enum ratchet_kind { RATCHET_HANDSHAKE = 0, RATCHET_APPLICATION = 1 };

struct secret_tree;
struct secret_tree_step;

struct secret_tree_limits {
	uint32_t keep_generations; /* size of the window, in generations */
	uint32_t max_forward;	   /* longest jump */
};

/* Which key. */
struct secret_tree_place {
	uint32_t leaf;
	enum ratchet_kind kind;
	uint32_t generation;
};

struct message_key {
	uint8_t key[AEAD_KEY_MAX];
	uint8_t nonce[AEAD_NONCE_MAX];
};

/**
 * secret_tree_new(s, encryption, leaves, ret):
 * A tree of ${leaves} leaves (a power of two) from the encryption secret,
 * which the caller wipes. The caller owns ${ret}.
 */
ROWAN_MUST int secret_tree_new(const struct suite *s,
	const struct secret *encryption, uint32_t leaves,
	struct secret_tree **ret);

/**
 * secret_tree_free(t):
 * Wipe everything. NULL is harmless.
 */
void secret_tree_free(struct secret_tree *t);

/**
 * secret_tree_leaves(t):
 * Return the number of leaves, blank ones included.
 */
uint32_t secret_tree_leaves(const struct secret_tree *t);

/**
 * secret_tree_find(t, limits, place, ret):
 * Derive the key of ${place}; the tree is unchanged. End the step with
 * secret_tree_take or secret_tree_drop, before anything else is taken.
 * ROWAN_E_MLS_REPLAY when that key was used or has left the window,
 * ROWAN_E_MLS_TOO_FAR past limits->max_forward, ROWAN_E_MLS_SENDER for a leaf
 * outside the tree.
 */
ROWAN_MUST int secret_tree_find(const struct secret_tree *t,
	const struct secret_tree_limits *limits,
	const struct secret_tree_place *place, struct secret_tree_step **ret);

/**
 * secret_tree_find_next(t, leaf, kind, ret):
 * The same for the next unused generation: for sending.
 */
ROWAN_MUST int secret_tree_find_next(const struct secret_tree *t, uint32_t leaf,
	enum ratchet_kind kind, struct secret_tree_step **ret);

/**
 * secret_tree_step_key(step), secret_tree_step_place(step):
 * Borrow what was found.
 */
const struct message_key *secret_tree_step_key(
	const struct secret_tree_step *step);
const struct secret_tree_place *secret_tree_step_place(
	const struct secret_tree_step *step);

/**
 * secret_tree_take(t, step):
 * Consume the key: cannot fail. Frees the step.
 */
void secret_tree_take(struct secret_tree *t, struct secret_tree_step *step);

/**
 * secret_tree_drop(step):
 * Wipe a step that was not taken. NULL is harmless.
 */
void secret_tree_drop(struct secret_tree_step *step);

/**
 * secret_tree_write(w, t), secret_tree_read(r, s, ret):
 * Save and load, for our own storage. What was consumed is not written.
 * ROWAN_E_CORRUPT for what was never written by this.
 */
void secret_tree_write(struct writer *w, const struct secret_tree *t);
ROWAN_MUST int secret_tree_read(
	struct reader *r, const struct suite *s, struct secret_tree **ret);

#endif
