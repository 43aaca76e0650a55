/*
 * Checkpoints of C2SP tlog-checkpoint: a signed note that names a log, the
 * number of its leaves and their Merkle root.
 */
#ifndef TLOG_CHECKPOINT_H
#define TLOG_CHECKPOINT_H

#include "tlog/merkle.h"
#include "tlog/note.h"

struct checkpoint {
	struct bytes origin; /* borrowed; not empty */
	uint64_t size;
	struct merkle_hash root;
	struct bytes extension; /* whole lines, as a rule none; borrowed */
};

/**
 * checkpoint_parse(c, text):
 * Read the text of a note (note.text) as a checkpoint; views borrow from it.
 * ROWAN_E_MALFORMED for any other form. Says nothing about signatures.
 */
ROWAN_MUST int checkpoint_parse(struct checkpoint *c, struct bytes text);

/**
 * checkpoint_open(c, n, input, k):
 * Parse the note ${input} to ${n}, verify the log's signature by ${k} and
 * read its text to ${c}. The origin must be the name of ${k}: ROWAN_E_CRYPTO
 * when it is not or when the signature is missing or wrong.
 */
ROWAN_MUST int checkpoint_open(struct checkpoint *c, struct note *n,
	struct bytes input, const struct note_key *k);

/**
 * checkpoint_sign(w, c, k, sk):
 * Write ${c} as a note signed by the log's key ${k}, ${sk}.
 */
ROWAN_MUST int checkpoint_sign(struct writer *w, const struct checkpoint *c,
	const struct note_key *k, const uint8_t sk[crypto_sign_SECRETKEYBYTES]);

#endif
