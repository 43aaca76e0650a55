/*
 * A vault that is older than what the daemon has seen of this device: a
 * backup that was put back, a copy on a second phone. To go on would use keys
 * twice. So it locks, says so, and after the person has asked for it comes
 * back as a device that has lost its state: nothing of the old groups is ever
 * used again.
 *
 *	FINE --- marks differ ---> LOCKED
 *	  ^                          |
 *	  +------ readmit_ask -------+
 *
 * Asking forgets, unlocks and keeps the readmits that are to be brought in one
 * transaction; until the members have replaced the leaf there is no group to
 * send in. LOCKED is in the vault. Belongs to the session's thread.
 */
#ifndef SESSION_READMIT_H
#define SESSION_READMIT_H

#include "session/acts/acts.h"

#define READMIT_CASES_MAX 16384

struct readmit;

struct readmit_options {
	struct vault *vault;
	struct events *events;
	struct follow *follow;
	struct acts *acts;
	const struct identity *me;
	/*
	 * Inside the open transaction: forget all groups, keys and key
	 * packages, and never use a submission counter up to ${counter}.
	 */
	int (*forget)(void *ctx, uint64_t counter);
	/* That transaction did not happen. */
	void (*aborted)(void *ctx);
	void *ctx;
};

ROWAN_MUST int readmit_new(
	struct readmit **ret, const struct readmit_options *options);
void readmit_free(struct readmit *r);

/**
 * readmit_greeted(r, daemon, own):
 * Compare the submission counter the daemon knows with the highest one of
 * ours. Locks when the daemon's is higher. Errors are the vault's.
 */
ROWAN_MUST int readmit_greeted(
	struct readmit *r, uint64_t daemon, uint64_t own);

/**
 * readmit_locked(r):
 * While true nothing may be sent, opened, acknowledged or committed.
 */
bool readmit_locked(const struct readmit *r);

/**
 * readmit_ask(r):
 * Forget the old state and sign a readmit in every case this device takes
 * part in. ROWAN_E_STATE unless locked; ROWAN_E_AGAIN before the daemon has
 * been heard and the chains followed.
 */
ROWAN_MUST int readmit_ask(struct readmit *r);

#endif
