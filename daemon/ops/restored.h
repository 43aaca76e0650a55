/*
 * After a restore: who has given back what, and what waits for it
 * (clinic/returning.h).
 */
#ifndef OPS_RESTORED_H
#define OPS_RESTORED_H

#include "ops/ops.h"

struct wire_statement;

/**
 * restored_tell(o, r):
 * Handler. Anybody may know of a restore; what a device says it has given back
 * counts for itself only.
 */
ROWAN_MUST int restored_tell(struct ops *o, struct request *r);

/**
 * restored_channel(o, channel):
 * 0, or ROWAN_E_RESTORING while the case of ${channel} waits.
 */
ROWAN_MUST int restored_channel(struct ops *o, const struct id16 *channel);

/**
 * restored_put(o, r, s, done):
 * acts_put, or acts_give for a statement that was lost; ROWAN_E_RESTORING for
 * a new one where old ones are waited for.
 */
ROWAN_MUST int restored_put(struct ops *o, const struct request *r,
	const struct wire_statement *s, struct acts_result *done);

/**
 * restored_step(o):
 * What is due, once a second, in the open transaction.
 */
void restored_step(struct ops *o);

/**
 * restored_again(o):
 * The transaction was taken back: it stands as it is stored, and what was told
 * meanwhile is told still.
 */
ROWAN_MUST int restored_again(struct ops *o);

/**
 * restored_first(ctx, items, len):
 * A subs_first whose ${ctx} is the struct ops: how many of a mailbox's items
 * come before the first whose case waits.
 */
size_t restored_first(void *ctx, const struct store_item *items, size_t len);

#endif
