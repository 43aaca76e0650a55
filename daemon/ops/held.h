/*
 * An invite as the daemon holds it: read from the store and written back, and
 * what its end does.
 *
 *	          redeem-commit     invite-answer     redeem-reveal
 *	  open ---------------> committed ----> answered ----> revealed
 *	   |                        |              |              |
 *	   +------------------------+--------------+--------------+
 *	   |  confirm: not accepted |  second redemption, overuse |  confirm
 *	   v                        v                             v
 *	withdrawn                 burnt                         done
 *
 * From any of the upper states time leads to expired, and so does the end of
 * its maker's card. What has ended holds no bundle and no request.
 */
#ifndef OPS_HELD_H
#define OPS_HELD_H

#include "ops/ops.h"
#include "wire/invite.h"

#define HELD_ATTEMPTS_MAX 64 /* fetched, committed to, revealed, by anybody */

struct held {
	struct id16 id;
	struct id16 owner;
	uint8_t state; /* enum wire_invite_state */
	uint8_t flags; /* enum wire_invite_flags */
	uint16_t attempts;
	uint64_t expires;
	bool redeemed;	  /* committed to, by ${key} */
	struct key32 key; /* transport key of who redeems it */
	struct wire_hash commitment;
	struct wire_nonce registrar; /* once answered */
	struct wire_nonce device;    /* once revealed */
	struct bytes bundle;	     /* borrowed, from ${raw} or a request */
	struct bytes request;
	struct buf raw[2];
};

/**
 * held_get(o, id, ret), held_wipe(h):
 * Read an invite as it stands now; ROWAN_E_NOT_FOUND. held_wipe after every
 * call, a failed one too.
 */
ROWAN_MUST int held_get(struct ops *o, const struct id16 *id, struct held *ret);
void held_wipe(struct held *h);

/**
 * held_live(h):
 * Return true iff it has not ended.
 */
bool held_live(const struct held *h);

/**
 * held_put(o, h), held_end(o, h, state):
 * Write it; write it with its end. What is ended already keeps its state.
 */
ROWAN_MUST int held_put(struct ops *o, const struct held *h);
ROWAN_MUST int held_end(struct ops *o, struct held *h, uint8_t state);

#endif
