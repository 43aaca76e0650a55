/*
 * What a witness is asked, as a file: the body of "add-checkpoint" in C2SP
 * tlog-witness.
 *
 *	old SIZE
 *	HASH...			consistency proof, base64, a line each
 *
 *	the checkpoint
 *
 * Trusts no byte of it. Keeps nothing: whoever asks witness_judge keeps what
 * it says before they sign.
 */
#ifndef TLOG_WITNESS_H
#define TLOG_WITNESS_H

#include "tlog/watch.h"

#define WITNESS_REQUEST_MAX (NOTE_MAX + 8192) /* bytes */

struct witness_request {
	uint64_t old;
	struct merkle_proof proof;
	struct bytes checkpoint; /* the whole note; borrowed */
};

/* The answers of tlog-witness, by what they mean. */
enum witness_verdict {
	WITNESS_GOOD = 0,
	WITNESS_MALFORMED = 1,	  /* 400 */
	WITNESS_UNSIGNED = 2,	  /* 403 */
	WITNESS_UNKNOWN = 3,	  /* 404: another log */
	WITNESS_CONFLICT = 4,	  /* 409: it knows another size */
	WITNESS_INCONSISTENT = 5, /* 422: a fork, or smaller */
};

/**
 * witness_request_parse(r, input):
 * ROWAN_E_MALFORMED for any other form; borrows.
 */
ROWAN_MUST int witness_request_parse(
	struct witness_request *r, struct bytes input);

/**
 * witness_judge(r, key, w, ret_note, ret):
 * May a witness that has verified ${w} of the log ${key} sign? With
 * WITNESS_GOOD ${ret} is what it has verified then and ${ret_note} the note,
 * whose text is to be signed. A request that begins elsewhere and shows that
 * the log does not begin with ${w} is WITNESS_INCONSISTENT, too.
 */
enum witness_verdict witness_judge(const struct witness_request *r,
	const struct note_key *key, const struct watch *w,
	struct note *ret_note, struct watch *ret);

#endif
