/*
 * What a channel accepts of a commit that is valid as MLS goes: who may come
 * in, who may go, and nothing else.
 *
 * Inside daemon/clinic: groups.h is the door.
 */
#ifndef CLINIC_GROUP_POLICY_H
#define CLINIC_GROUP_POLICY_H

#include <rowan/mls_public.h>

#include "clinic/groups.h"

/* Judges credentials for lib/mls/public; must outlive what was made with it.
 */
struct group_judge {
	struct store *st;
	uint64_t now;
	const struct id16 *channel;
};

/**
 * group_judge_options(judge, ret):
 * Options whose credentials must be the card chain the store has of a device
 * that may take part in the channel.
 */
void group_judge_options(
	struct group_judge *judge, struct rowan_mls_public_options *ret);

/**
 * group_identity(credential, ret):
 * The device that a leaf's credential names. ROWAN_E_REFUSED.
 */
ROWAN_MUST int group_identity(
	const struct rowan_mls_credential *credential, struct id16 *ret);

/**
 * group_as_logged(view, identity, key):
 * 0 iff ${identity} is a chain of cards as they were logged, of a device with
 * the signature ${key}. ROWAN_E_REFUSED.
 */
ROWAN_MUST int group_as_logged(
	struct store_reader *view, struct bytes identity, struct bytes key);

/* Who a commit adds. */
struct group_added {
	struct id16 device[GROUP_ROW_LEAVES_MAX];
	struct wire_hash ref[GROUP_ROW_LEAVES_MAX]; /* KeyPackageRef */
	size_t count;
};

/**
 * group_policy(judge, row, committer, commit, ret):
 * Judge a checked commit against the group's row. ROWAN_E_REFUSED; or a
 * failure of the store.
 */
ROWAN_MUST int group_policy(const struct group_judge *judge,
	struct group_row *row, const struct id16 *committer,
	const struct rowan_mls_public_received *commit,
	struct group_added *ret);

/**
 * group_heads(view, channel, aad):
 * 0 iff a commit's authenticated data is where the two chains stood at some
 * time, as they are kept here: every member refuses anything else.
 * ROWAN_E_REFUSED.
 */
ROWAN_MUST int group_heads(struct store_reader *view,
	const struct id16 *channel, struct bytes aad);

/**
 * group_welcome_fits(welcome, added):
 * 0 iff the MLSMessage is a Welcome for exactly those who were added; with
 * nobody added, iff it is empty. ROWAN_E_REFUSED, or the decoder's code.
 */
ROWAN_MUST int group_welcome_fits(
	struct bytes welcome, const struct group_added *added);

#endif
