/*
 * What stands between an application message and its channel: the group's
 * epoch, and whether somebody must leave first. Remembered from the stored
 * group, because it is asked for every message.
 *
 * Belongs to the writer's thread. Trusts the store, which counts what changes
 * groups and seats (store_group_changes, store_seat_changes), so nobody can
 * forget to say so. When a transaction is taken back everything is forgotten.
 */
#ifndef OPS_GATES_H
#define OPS_GATES_H

#include "base/idmap.h"
#include "clinic/group_row.h"
#include "store/store.h"

#define GATES_MAX 32768 /* channels remembered, as many as the store does */

struct gates {
	struct idmap map;
	size_t count;
	uint64_t changes; /* of groups, that this knows of */
	struct id16 to[GROUP_ROW_LEAVES_MAX];
};

/**
 * gates_init(g), gates_wipe(g):
 * Remember nothing; the same at the end.
 */
void gates_init(struct gates *g);
void gates_wipe(struct gates *g);

/**
 * gates_forget(g):
 * Something was taken back.
 */
void gates_forget(struct gates *g);

/**
 * gates_moved(g, st, channel):
 * Of groups only this channel's has changed, once: the others need not be
 * read again. Not to be called when that is not so; calling it is never
 * needed.
 */
void gates_moved(
	struct gates *g, const struct store *st, const struct id16 *channel);

/* A submission at its gate. */
struct gates_message {
	uint64_t now;
	const struct id16 *sender;
	/* Whom it is for: members of the group. NULL: those assigned. */
	const struct id16 *to;
	size_t to_len;
};

/**
 * gates_pass(g, st, channel, envelope, m):
 * May this be submitted to the channel now? 0, and ${m} says to whom, borrowed
 * until the next call; ROWAN_E_MALFORMED for what is
 * no MLSMessage, ROWAN_E_REFUSED for what is not application data encrypted to
 * a group; ROWAN_E_STALE for another group or epoch, or none yet;
 * ROWAN_E_MEMBERSHIP while somebody must leave.
 *
 * A channel that no statement opened has no group and lets everything pass:
 * there are such in stores that were filled by hand, for tests of the relay.
 */
ROWAN_MUST int gates_pass(struct gates *g, struct store *st,
	const struct id16 *channel, struct bytes envelope,
	struct gates_message *m);

/**
 * gates_claim(g, st, channel, claimer, target):
 * May ${claimer} have a key package of ${target}, who may take part: only from
 * inside the group, for somebody who is not in it or is to be replaced.
 * ROWAN_E_REFUSED.
 */
ROWAN_MUST int gates_claim(struct gates *g, struct store *st,
	const struct id16 *channel, const struct id16 *claimer,
	const struct id16 *target);

#endif
