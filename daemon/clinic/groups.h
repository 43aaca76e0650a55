/*
 * Channels' groups as the daemon follows them (RFC 9750 section 5.3: a
 * delivery service that sees handshakes): made, moved by commits, frozen by a
 * NACK, forgotten by a reset.
 *
 * Holds no secret of any group and cannot open a message. Checks what can be
 * checked from outside: signatures, tree, the rules of RFC 9420 section 12.2,
 * and the channel's own: only devices that may take part come in, only those
 * that may not go out. Whoever asks must have been judged before
 * (ops_allow_channel); everything happens in the caller's open transaction,
 * inside a mark where something changes.
 */
#ifndef CLINIC_GROUPS_H
#define CLINIC_GROUPS_H

#include "clinic/group_row.h"
#include "store/store.h"
#include "wire/group.h"

/* Who asks, and when. */
struct groups_at {
	struct store *st;
	uint64_t now;
	struct id16 device;
};

/* Devices in whose mailboxes something was put; may name one twice. */
struct groups_told {
	struct id16 device[2 * GROUP_ROW_LEAVES_MAX];
	size_t count;
};

/**
 * groups_create(at, create, ret):
 * Begin to follow a generation's group, whose only member is the asker.
 * ROWAN_E_STALE when there is another group or generation,
 * ROWAN_E_REFUSED for one that is not what it should be, and what
 * rowan_mls_public_new gives.
 */
ROWAN_MUST int groups_create(const struct groups_at *at,
	const struct wire_group_create *create, struct wire_group_state *ret);

/**
 * groups_commit(at, commit, ret, ret_told):
 * Accept the first valid commit of an epoch: the group moves, the commit goes
 * to those who were in it, the Welcome to those who were added. The newest
 * commit again is a repeat. ROWAN_E_STALE for another epoch,
 * ROWAN_E_MEMBERSHIP while frozen, ROWAN_E_REFUSED and the codes of
 * rowan_mls_public_process for what is against the rules.
 */
ROWAN_MUST int groups_commit(const struct groups_at *at,
	const struct wire_commit *commit, struct wire_group_state *ret,
	struct groups_told *ret_told);

/**
 * groups_state(at, channel, ret):
 * How the channel's group stands.
 */
ROWAN_MUST int groups_state(const struct groups_at *at,
	const struct id16 *channel, struct wire_group_state *ret);

/**
 * groups_nack(at, nack, ret):
 * A member of the group cannot apply its newest commit: no other is accepted
 * until a reset, and the other members are told. ROWAN_E_STALE,
 * ROWAN_E_REFUSED, ROWAN_E_CRYPTO.
 */
ROWAN_MUST int groups_nack(const struct groups_at *at,
	const struct wire_nack *nack, struct wire_group_state *ret,
	struct groups_told *ret_told);

/**
 * groups_replace(st, channel, device):
 * The device has lost its state, or was away for long: its leaf, if it has
 * one, is to be replaced, and it is parked no more.
 */
ROWAN_MUST int groups_replace(struct store *st, const struct id16 *channel,
	const struct id16 *device);

/**
 * groups_awaited(st, row, device):
 * 0, or ROWAN_E_REFUSED for a device that is not awaited in the group: it is
 * parked, or has been away for STORE_AWAY_DAYS and would be.
 */
ROWAN_MUST int groups_awaited(struct store *st, const struct group_row *row,
	const struct id16 *device);

/**
 * groups_load(view, channel, ret, ret_raw):
 * The stored row; views borrow from ${ret_raw}, which the caller owns.
 * ROWAN_E_NOT_FOUND when the channel has no group.
 */
ROWAN_MUST int groups_load(struct store_reader *view,
	const struct id16 *channel, struct group_row *ret, struct buf *ret_raw);

/**
 * groups_flags(st, channel, row, ret):
 * enum wire_group_flags of a group now.
 */
ROWAN_MUST int groups_flags(struct store *st, const struct id16 *channel,
	const struct group_row *row, uint8_t *ret);

#endif
