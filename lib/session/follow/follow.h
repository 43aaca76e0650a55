/*
 * What this device knows of the clinic: the authority, the chains, cards and
 * cases, each statement checked by lib/trust before it counts, kept in the
 * vault, and caught up from the daemon.
 *
 * Trusts the authority record that was pinned, and nothing the daemon says
 * that no statement bears out. Raises an alarm (events.h) when the daemon
 * shows another history, hides a statement that concerns a device we know,
 * or goes back.
 *
 * Belongs to the session's thread. Changes the vault in transactions of its
 * own while catching up.
 */
#ifndef SESSION_FOLLOW_H
#define SESSION_FOLLOW_H

#include "session/vault/events.h"
#include "session/link/requests.h"
#include "trust/case_state.h"
#include "trust/clinic.h"

struct follow;

struct follow_heads {
	uint64_t number;
	struct wire_hash head;
};

/* Called after something changed: a case, or the zero id for the clinic. */
typedef void follow_changed(void *ctx, const struct id16 *case_id);

struct follow_options {
	struct vault *vault;
	struct events *events;
	struct requests *requests;
	follow_changed *changed;
	void *ctx;
};

/**
 * follow_begin(vault, record):
 * Pin an encoded authority record in a vault that has none, inside the
 * caller's transaction. ROWAN_E_EXISTS when another is pinned.
 */
ROWAN_MUST int follow_begin(struct vault *vault, struct bytes record);

/**
 * follow_new(ret, options), follow_free(f):
 * Load from the vault. ROWAN_E_NOT_FOUND before follow_begin.
 */
ROWAN_MUST int follow_new(
	struct follow **ret, const struct follow_options *options);
void follow_free(struct follow *f);

/**
 * follow_catch_up(f, case_id):
 * Ask the daemon for what is new: of one case, of the clinic's chain (the
 * zero id), or with NULL of everything, the list of cases included. Several
 * calls melt into one. follow_busy tells whether answers are awaited.
 */
void follow_catch_up(struct follow *f, const struct id16 *case_id);

/**
 * follow_restore(f, i, ret):
 * The ${i}-th restore that the application was told of, in the authority's
 * words; the caller owns ${ret}. ROWAN_E_NOT_FOUND.
 */
ROWAN_MUST int follow_restore(struct follow *f, size_t i, struct buf *ret);

/**
 * follow_revoked(f, statement, ret):
 * Whether an encoded statement, which we may not follow up to any more, revokes
 * this very device under signatures of the authority or of devices we know.
 * Whether those had the right to is the daemon's word. ROWAN_E_REFUSED,
 * ROWAN_E_UNKNOWN, ROWAN_E_CRYPTO and the decoder's codes.
 */
ROWAN_MUST int follow_revoked(
	struct follow *f, struct bytes statement, struct wire_statement *ret);

/**
 * follow_everything(f):
 * On a coordinator's device: as follow_catch_up of everything, and of every
 * case of the clinic, assigned or not. They are known from then on, and kept
 * current like one's own. ROWAN_E_SIGNER without the right to coordinate.
 */
ROWAN_MUST int follow_everything(struct follow *f);
bool follow_busy(const struct follow *f);

/**
 * follow_looked(f):
 * How often all that is withheld of the clinic's chain has been looked at
 * anew, from the first to the last: what is still unknown behind the second
 * time that began since is not ours to know.
 */
uint64_t follow_looked(const struct follow *f);

/**
 * follow_refused(f):
 * The daemon did not show the clinic's chain, which every device may read: it
 * does not know this one, not yet or not any more. Until follow_catch_up
 * nothing is asked.
 */
bool follow_refused(const struct follow *f);
void follow_notice(struct follow *f, const struct wire_message *m);

/**
 * follow_time(f, now, doubtful):
 * The daemon's time, told by the session whenever it learns it; entitlement
 * is judged by it. Calls changed when an assignment began or ended.
 */
void follow_time(struct follow *f, uint64_t now, bool doubtful);

/**
 * follow_now(f), follow_next(f):
 * The latest time told; when an assignment or a card begins or ends next,
 * UINT64_MAX: never.
 */
uint64_t follow_now(const struct follow *f);
uint64_t follow_next(const struct follow *f);

/**
 * follow_our_now(f, c):
 * The time by which this device judges what it may do itself in a case: a
 * second later, and not before that of its newest statement. The daemon tells
 * whole seconds, and what was told is as old as its way to here was long, so
 * this device may be seconds behind whoever assigned it "from now on", and
 * would refuse its own first word. What is too early the daemon refuses.
 */
uint64_t follow_our_now(const struct follow *f, const struct case_state *c);

/**
 * follow_case(f, case_id), follow_case_of(f, channel, ret_kind):
 * The state of a case, borrowed until follow changes; NULL for none.
 */
const struct case_state *follow_case(
	struct follow *f, const struct id16 *case_id);
const struct case_state *follow_case_of(
	struct follow *f, const struct id16 *channel, uint8_t *ret_kind);
ROWAN_MUST int follow_cases(
	struct follow *f, struct id16 *ret, size_t max, size_t *ret_len);

/**
 * follow_entitled(f, channel, ret, max, ret_len):
 * The devices that may take part in a channel now, ascending. ROWAN_E_LIMIT
 * with ${max} of them when there are more.
 */
ROWAN_MUST int follow_entitled(struct follow *f, const struct id16 *channel,
	struct id16 *ret, size_t max, size_t *ret_len);

/**
 * follow_may(f, channel, device):
 * 0 iff the device may take part in the channel now; codes of
 * rules_entitled, ROWAN_E_SIGNER when its registrar had no right to card it.
 */
ROWAN_MUST int follow_may(struct follow *f, const struct id16 *channel,
	const struct id16 *device);

/**
 * follow_identity(f, identity, key, ret):
 * Judge an MLS credential: an encoded chain of cards whose first binds
 * ${key}, as this clinic issued it and the clinic's chain knows it. ${ret},
 * unless NULL, gets the device. Says who it is, not what they may: a revoked
 * device passes (follow_may). ROWAN_E_MALFORMED; ROWAN_E_CRYPTO for another
 * key, ROWAN_E_CHAIN for another card than was logged, ROWAN_E_UNKNOWN;
 * ROWAN_E_AGAIN for a card that was logged and not shown to us yet: asked
 * for, to be tried again when changed has been called.
 */
ROWAN_MUST int follow_identity(struct follow *f, struct bytes identity,
	const struct wire_key *key, struct id16 *ret);

/**
 * follow_restored_at(f, ret):
 * The number in the clinic's chain of its last restore; 0: there is none.
 */
ROWAN_MUST int follow_restored_at(struct follow *f, uint64_t *ret);

/**
 * follow_card(f, device, ret, ret_raw):
 * A card; its views borrow from ${ret_raw}, which the caller owns.
 */
ROWAN_MUST int follow_card(struct follow *f, const struct id16 *device,
	struct trust_card *ret, struct buf *ret_raw);

/**
 * follow_devices(f, member, ret, max, ret_len):
 * The devices of a member that are known, revoked ones too, in the order in
 * which they were logged; ${member} NULL: of everybody. Beyond ${max}
 * ROWAN_E_LIMIT, with ${max} of them.
 */
ROWAN_MUST int follow_devices(struct follow *f, const struct id16 *member,
	struct id16 *ret, size_t max, size_t *ret_len);

/**
 * follow_statement(f, chain, number, ret):
 * A statement of a chain that was followed; the caller owns ${ret}.
 * ROWAN_E_NOT_FOUND for none, or one that was withheld from us.
 */
ROWAN_MUST int follow_statement(struct follow *f, const struct id16 *chain,
	uint64_t number, struct buf *ret);

/**
 * follow_record(f, i, ret):
 * The authority's ${i}-th record, from the first to the present one; the
 * caller owns ${ret}. ROWAN_E_NOT_FOUND.
 */
ROWAN_MUST int follow_record(struct follow *f, size_t i, struct buf *ret);

/**
 * follow_expect(vault, chain, at):
 * A head that somebody we trust has told us (an invite's bundle): the chain
 * must come to it. Inside the caller's transaction, before follow_new.
 */
ROWAN_MUST int follow_expect(struct vault *vault, const struct id16 *chain,
	const struct follow_heads *at);

/**
 * follow_step(f, now_ms), follow_wait(f, now_ms):
 * Ask what is to be asked; milliseconds until there is more to do without
 * being woken. Errors are the vault's.
 */
ROWAN_MUST int follow_step(struct follow *f, uint64_t now_ms);
uint64_t follow_wait(const struct follow *f, uint64_t now_ms);

/**
 * follow_clinic(f), follow_head(f, case_id, number, ret):
 * The clinic's state; the head of a chain (the zero id: the clinic's) after
 * statement ${number}: ROWAN_E_NOT_FOUND for one we have not reached.
 */
const struct clinic *follow_clinic(const struct follow *f);
ROWAN_MUST int follow_head(struct follow *f, const struct id16 *case_id,
	uint64_t number, struct wire_hash *ret);

/**
 * follow_heard(f, case_id, clinic, of_case):
 * A member's word on where both chains stand. 0: as we know it. ROWAN_E_AGAIN:
 * ahead of us, catching up was started, ask again after it; when the daemon
 * still cannot show it then: ROWAN_E_CHAIN and an alarm. ROWAN_E_CHAIN and an
 * alarm at once when it is another history. Inside the open transaction or in
 * one of its own.
 */
ROWAN_MUST int follow_heard(struct follow *f, const struct id16 *case_id,
	const struct follow_heads *clinic, const struct follow_heads *of_case);

/**
 * follow_source(f):
 * The look-ups that lib/trust asks for; valid while ${f} is.
 */
const struct trust_source *follow_source(struct follow *f);

#endif
