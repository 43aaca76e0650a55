/*
 * The offline proof of C2SP tlog-proof: that a leaf is in a log, in one text
 * file with the log's checkpoint.
 */
#ifndef TLOG_PROOF_H
#define TLOG_PROOF_H

#include "tlog/checkpoint.h"
#include "tlog/merkle_proof.h"

#define TLOG_PROOF_EXTRA_MAX 2048 /* bytes */

struct tlog_proof {
	uint64_t index;
	struct merkle_proof path;
	struct bytes checkpoint;	     /* the whole note; borrowed */
	uint8_t extra[TLOG_PROOF_EXTRA_MAX]; /* unauthenticated, application
						data */
	size_t extra_len;
};

/**
 * tlog_proof_parse(p, input), tlog_proof_write(w, p):
 * Read and write the text form; the checkpoint borrows from ${input}.
 * ROWAN_E_MALFORMED for any other form. Says nothing about validity.
 */
ROWAN_MUST int tlog_proof_parse(struct tlog_proof *p, struct bytes input);
ROWAN_MUST int tlog_proof_write(struct writer *w, const struct tlog_proof *p);

#endif
