/*
 * What this device does to the clinic: statements made, signed, kept, brought
 * to the daemon, and made anew when another came first.
 *
 *	            make, sign                     the chain shows it
 *	WANTED ------------------> SIGNED -------------------------> DONE
 *	   ^  |                      |  |
 *	   |  | not possible         |  | another has its number, or it is
 *	   |  v                      |  | too old: the chain has been followed
 *	   | FAILED <---- refused ---+  |
 *	   +----------------------------+
 *
 * An act is in the vault before its number is given, signed in the vault
 * before it is sent, and DONE only once the chain, followed and verified
 * here, has it. So it may be interrupted anywhere and happens once: a
 * statement of ours with the same content that the chain has got is that act.
 *
 * In one chain acts happen in the order in which they were asked for. One
 * that another statement has made pointless meanwhile (the same member was
 * assigned or unassigned by somebody else) is FAILED with ROWAN_E_STALE: who
 * asked decides again.
 *
 * Trusts the daemon for nothing but to carry. Belongs to the session's
 * thread.
 */
#ifndef SESSION_ACTS_H
#define SESSION_ACTS_H

#include "session/follow/follow.h"
#include "session/vault/identity.h"

#define ACTS_MAX 1024 /* waiting at a time; ROWAN_E_QUOTA */

struct acts;

struct acts_options {
	struct vault *vault;
	struct events *events;
	struct requests *requests;
	struct follow *follow;
	const struct identity *me;
	/* Whether the case's bar list names a member; NULL: nobody is. */
	bool (*barred)(void *ctx, const struct id16 *case_id,
		const struct id16 *member);
	void *ctx;
};

/**
 * acts_new(ret, options), acts_free(a):
 * Go on with what the vault has; everything in ${options} is borrowed.
 */
ROWAN_MUST int acts_new(struct acts **ret, const struct acts_options *options);
void acts_free(struct acts *a);

/*
 * What can be asked for. Each checks by the rules of lib/trust, as after all
 * acts that wait before it: what cannot be right is refused at once and
 * nothing is kept. Else it is kept, in the transaction that is open or in one
 * of its own, and ${ret}, unless NULL, is its number. Codes of rules_check,
 * ROWAN_E_QUOTA, and those of the vault.
 */

/* ${ret_case}: of the new case, which has all three channels. */
ROWAN_MUST int acts_open(struct acts *a, struct bytes agency, uint32_t day,
	struct id16 *ret_case, uint64_t *ret);
/* ${reason}: enum wire_close_reason. */
ROWAN_MUST int acts_close(struct acts *a, const struct id16 *case_id,
	uint8_t reason, uint64_t *ret);
ROWAN_MUST int acts_reopen(
	struct acts *a, const struct id16 *case_id, uint64_t *ret);

struct acts_assignment {
	struct id16 channel;
	struct id16 member;
	uint64_t from;	/* seconds since 1970; 0: now */
	uint64_t until; /* 0: until unassigned */
};

/* ROWAN_E_RULE, too, for whom the bar list names, now or when it is signed. */
ROWAN_MUST int acts_assign(
	struct acts *a, const struct acts_assignment *what, uint64_t *ret);
ROWAN_MUST int acts_unassign(struct acts *a, const struct id16 *channel,
	const struct id16 *member, uint64_t *ret);
ROWAN_MUST int acts_recuse(
	struct acts *a, const struct id16 *case_id, uint64_t *ret);
ROWAN_MUST int acts_reset(
	struct acts *a, const struct id16 *channel, uint64_t *ret);
ROWAN_MUST int acts_readmit(
	struct acts *a, const struct id16 *case_id, uint64_t *ret);

struct acts_revocation {
	struct id16 device;
	uint8_t reason;	     /* enum wire_revoke_reason */
	struct id16 case_id; /* an advocate's; else zero */
};
ROWAN_MUST int acts_revoke(
	struct acts *a, const struct acts_revocation *what, uint64_t *ret);

/* Log a card: one of this device's own signing, or the authority's. */
ROWAN_MUST int acts_log_card(struct acts *a, struct bytes card, uint64_t *ret);

/*
 * Bring a statement that was signed elsewhere. It cannot be made anew: when
 * another has its number it is FAILED with ROWAN_E_STALE.
 */
ROWAN_MUST int acts_submit(
	struct acts *a, struct bytes statement, uint64_t *ret);

/**
 * acts_request(a, s, ret_raw):
 * Sign the legal hold or the erasure of ${s}, of which case, kind and body
 * count, as the next statement of its case; the authority's signature is still
 * missing, and nothing is kept. The caller owns ${ret_raw}. ROWAN_E_AGAIN while
 * an act of this device waits in the case, else codes of rules_requested.
 */
ROWAN_MUST int acts_request(
	struct acts *a, struct wire_statement *s, struct buf *ret_raw);

/**
 * acts_quiet(a, act, keep):
 * Raise no event for ${act}; with ${keep} remember how it ended until
 * acts_forget. In the open transaction or in one of its own.
 */
ROWAN_MUST int acts_quiet(struct acts *a, uint64_t act, bool keep);

/**
 * acts_outcome(a, act), acts_forget(a, act):
 * How a quiet act ended: ROWAN_E_AGAIN while it has not, 0, or why it failed;
 * ROWAN_E_NOT_FOUND for no such act. Forget it, inside the open transaction.
 */
ROWAN_MUST int acts_outcome(struct acts *a, uint64_t act);
ROWAN_MUST int acts_forget(struct acts *a, uint64_t act);

/**
 * acts_pending(a, kind, case_id):
 * How many wait, of a kind (0: any) in a chain (NULL: any).
 */
size_t acts_pending(
	const struct acts *a, uint8_t kind, const struct id16 *case_id);

/**
 * acts_online(a, online):
 * Whether there is a connection over which to bring them, and the chains are
 * current.
 */
void acts_online(struct acts *a, bool online);

/**
 * acts_aborted(a):
 * The transaction that one of the above was called in did not happen.
 */
void acts_aborted(struct acts *a);

/**
 * acts_step(a, now_ms), acts_wait(a, now_ms):
 * Do what is due; milliseconds until there is more to do without being
 * woken. Errors are the vault's.
 */
ROWAN_MUST int acts_step(struct acts *a, uint64_t now_ms);
uint64_t acts_wait(const struct acts *a, uint64_t now_ms);

#endif
