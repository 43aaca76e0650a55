/*
 * Operations into the log: who calls, what it was, and what the handler says
 * of it become leaves in the operation's own transaction.
 *
 * Every entry of the operation table with an act is written down here, not by
 * its handler, so none can be forgotten.
 */
#ifndef OPS_RECORD_H
#define OPS_RECORD_H

#include "log/entry.h"
#include "ops/ops.h"

/**
 * record_channel(o, channel):
 * The request is about a channel, and so about its case.
 */
ROWAN_MUST int record_channel(struct ops *o, const struct id16 *channel);

/**
 * record_home(o, device, ret):
 * The case to which a device's own doings belong: a victim's; zero for all
 * others.
 */
ROWAN_MUST int record_home(
	struct ops *o, const struct id16 *device, struct id16 *ret);

/**
 * record_entry(o, r, ret):
 * What is known of any act of the request's device: to be completed and given
 * to entry_add by handlers whose requests are several acts.
 */
ROWAN_MUST int record_entry(
	struct ops *o, const struct request *r, struct log_entry *ret);

/**
 * record_done(o, r), record_refused(o, r, code):
 * The request was done; or an authenticated device was refused, of which only
 * so many a minute have a leaf.
 */
ROWAN_MUST int record_done(struct ops *o, const struct request *r);
ROWAN_MUST int record_refused(
	struct ops *o, const struct request *r, uint16_t code);

/**
 * record_may(o, r), record_may_read(o, r, n):
 * The request may have its leaf; the device may be handed ${n} envelopes, each
 * of which has one if it is a member of staff's. Else false, and the answer is
 * a refusal that says when. Submissions and acknowledgements have limits of
 * their own: those of what is submitted.
 */
bool record_may(struct ops *o, struct request *r);
bool record_may_read(struct ops *o, struct request *r, uint64_t n);

/**
 * record_may_push(ctx, device, n):
 * A subs_may whose ${ctx} is the struct ops.
 */
size_t record_may_push(void *ctx, const struct id16 *device, size_t n);

/**
 * record_read(ctx, reading), record_fetched(ctx, reading):
 * A subs_read whose ${ctx} is the struct ops: of pushes, and of an answer.
 */
int record_read(void *ctx, const struct sub_reading *reading);
int record_fetched(void *ctx, const struct sub_reading *reading);

/**
 * record_is_staff(o):
 * Return true iff the request's device is a member of staff's, of whose
 * reading the log tells.
 */
bool record_is_staff(const struct ops *o);

/**
 * record_expired(o, count):
 * Time has deleted ${count} things.
 */
ROWAN_MUST int record_expired(struct ops *o, size_t count);

/**
 * record_admin(o, number, text):
 * The operator did something: its number in daemon/ctl and a text, of which
 * the leaf has the hash.
 */
ROWAN_MUST int record_admin(struct ops *o, uint16_t number, struct bytes text);

#endif
