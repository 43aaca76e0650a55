/*
 * What one device may use up of what others need: key packages, claimed by it
 * and of it, and places in the log for what it neither submits nor takes.
 *
 * Memory is fixed: a table forgets first whoever has the most left. One who
 * is forgotten starts with a full allowance.
 */
#ifndef OPS_CLAIMS_H
#define OPS_CLAIMS_H

#include "base/id.h"

struct claims;

/**
 * claims_new(by, of, ret):
 * So many claims an hour by each claimer and of each target, and as many at
 * once after an hour without. ROWAN_E_NOMEM. Ends with claims_free.
 */
ROWAN_MUST int claims_new(uint64_t by, uint64_t of, struct claims **ret);
void claims_free(struct claims *c);

/**
 * claims_kept(c), claims_undone(c):
 * What was counted since the last call of either: it has happened, or not, and
 * then is given back (so much as is remembered: some thousands).
 */
void claims_kept(struct claims *c);
void claims_undone(struct claims *c);

/**
 * claims_rates(c, by, of):
 * Other numbers from now on.
 */
void claims_rates(struct claims *c, uint64_t by, uint64_t of);

/**
 * claims_take(c, by, of, now):
 * Count one claim at ${now} (seconds, not backwards). Returns 0, or in how
 * many seconds it would be allowed; then nothing is counted.
 */
uint64_t claims_take(struct claims *c, const struct id16 *by,
	const struct id16 *of, uint64_t now);

/**
 * claims_leaf_rate(c, per_minute, mailbox):
 * So many leaves a minute for each device; at once what two mailboxes of
 * ${mailbox} envelopes and a first look at the clinic take. Before the first
 * call there is no limit.
 */
void claims_leaf_rate(struct claims *c, uint64_t per_minute, uint64_t mailbox);

/**
 * claims_leaves(c, device, n, now):
 * Count ${n} leaves that ${device} is the cause of. Returns 0, or in how many
 * milliseconds they would be allowed; then nothing is counted.
 */
uint64_t claims_leaves(
	struct claims *c, const struct id16 *device, uint64_t n, uint64_t now);

/**
 * claims_some_leaves(c, device, n, now):
 * Count as many of ${n} as are allowed now, from none to all, and return it.
 */
uint64_t claims_some_leaves(
	struct claims *c, const struct id16 *device, uint64_t n, uint64_t now);

#endif
