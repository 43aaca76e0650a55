/*
 * Proofs of what this device submitted, and the watch over the log they are
 * from: for each message a file that anybody can check offline
 * (trust/evidence.h), and an alarm when the log forks, shrinks or goes stale.
 *
 *	submitted ---> WAITING (for the leaf) ---> LEAF ---> the file
 *	   |            log-find, after a lost answer  receipt   ^
 *	   +------------------ the answer named a leaf ----------+
 *
 * What was taken and is in no leaf is an alarm: receipts.c says when.
 *
 * Trusts the daemon's card, which the clinic's chain bears out, for the key of
 * the log, and nothing else the daemon says. What it verified last is in the
 * vault; a witness's device keeps it before it cosigns. What contradicts that
 * is kept there, too, for others to judge.
 *
 * Belongs to the session's thread. Changes the vault in transactions of its
 * own, but for proofs_keep.
 */
#ifndef SESSION_PROOFS_H
#define SESSION_PROOFS_H

#include "session/vault/events.h"
#include "session/follow/follow.h"
#include "session/vault/identity.h"
#include "tlog/policy.h"
#include "tlog/watch.h"
#include "wire/envelope.h"

#define PROOFS_LOOK_MS (10 * 60 * 1000) /* between two looks at the log */
#define PROOFS_STALE_S (24 * 3600)	/* a log that does not grow is stale */

struct proofs;

struct proofs_options {
	struct vault *vault;
	struct events *events;
	struct requests *requests;
	struct follow *follow;
	const struct identity *me;
	void (*aborted)(void *ctx); /* a transaction did not happen */
	void *ctx;
};

/**
 * proofs_new(ret, options), proofs_free(x):
 * Go on with what the vault has.
 */
ROWAN_MUST int proofs_new(
	struct proofs **ret, const struct proofs_options *options);
void proofs_free(struct proofs *x);

/* What was accepted. */
struct proofs_submitted {
	struct id16 message, channel;
	uint64_t counter;
	struct bytes envelope; /* as it was submitted */
	struct wire_logged logged;
};

/**
 * proofs_keep(x, s):
 * The daemon has it: its receipt is to be fetched and kept. Inside the
 * caller's transaction.
 */
ROWAN_MUST int proofs_keep(struct proofs *x, const struct proofs_submitted *s);

/**
 * proofs_get(x, message, ret):
 * The file that proves a message; the caller owns ${ret}. ROWAN_E_AGAIN while
 * it is being fetched, ROWAN_E_NOT_FOUND when there is none.
 */
ROWAN_MUST int proofs_get(
	struct proofs *x, const struct id16 *message, struct buf *ret);

/**
 * proofs_policy(x, text):
 * Which cosignatures the log must have from now on, a policy file; empty:
 * none. Kept. ROWAN_E_MALFORMED, ROWAN_E_LIMIT; ROWAN_E_SIGNER on a witness,
 * which waits for no other.
 */
ROWAN_MUST int proofs_policy(struct proofs *x, struct bytes text);

/**
 * proofs_watch(x, ret):
 * What was verified of the log last; all zero before.
 */
void proofs_watch(const struct proofs *x, struct watch *ret);

/**
 * proofs_conflicts(x, n, ret):
 * Of the files that show a log which contradicts itself (trust/conflict.h) the
 * one number ${n}, from 0; the caller owns ${ret}. ROWAN_E_NOT_FOUND.
 */
ROWAN_MUST int proofs_conflicts(struct proofs *x, uint64_t n, struct buf *ret);

/**
 * proofs_look(x):
 * Look at the log at the next step.
 */
void proofs_look(struct proofs *x);

/**
 * proofs_witness(x, request, ret):
 * Answer a request by file (tlog/witness.h) with a signature line; the caller
 * owns ${ret}. What it vouches for is in the vault first. ROWAN_E_SIGNER for
 * a device that is no witness's, ROWAN_E_MALFORMED, ROWAN_E_UNKNOWN for
 * another log, ROWAN_E_CRYPTO, ROWAN_E_STALE when it begins elsewhere than
 * what is known here, ROWAN_E_CHAIN and an alarm for a fork or a smaller log.
 */
ROWAN_MUST int proofs_witness(
	struct proofs *x, struct bytes request, struct buf *ret);

/**
 * proofs_witness_key(x, w):
 * Write this witness's verifier key. ROWAN_E_SIGNER.
 */
ROWAN_MUST int proofs_witness_key(const struct proofs *x, struct writer *w);

/**
 * proofs_erased(x, w):
 * The statements, armoured, that erased cases as far as this witness has seen
 * them: for the restore of a daemon that may have forgotten. ROWAN_E_SIGNER.
 */
ROWAN_MUST int proofs_erased(struct proofs *x, struct writer *w);

/**
 * proofs_online(x, online), proofs_step(x, now_ms), proofs_wait(x, now_ms):
 * May ask the daemon; do a piece; milliseconds until there is more to do
 * without being woken. Errors are the vault's.
 */
void proofs_online(struct proofs *x, bool online);
ROWAN_MUST int proofs_step(struct proofs *x, uint64_t now_ms);
uint64_t proofs_wait(const struct proofs *x, uint64_t now_ms);

#endif
