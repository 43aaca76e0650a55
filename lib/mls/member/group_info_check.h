/*
 * What a newcomer checks of a group before it believes it: GroupInfo, tree,
 * and, for a resumed group, what the old one demands.
 *
 * Inside lib/mls/member.
 */
#ifndef MLS_GROUP_INFO_CHECK_H
#define MLS_GROUP_INFO_CHECK_H

#include "mls/member/group.h"

/**
 * group_info_check(client, info, tree, ret):
 * Find the tree in ${tree} or, when that is empty, inside the GroupInfo, and
 * check both (section 12.4.3.1): ROWAN_E_MLS_NO_TREE, ROWAN_E_MLS_SENDER for
 * a blank signer, ROWAN_E_MLS_SIGNATURE, ROWAN_E_MLS_EXTENSION when we do not
 * support what the group asks for, and errors of tree_validate. The caller
 * owns ${ret}.
 */
ROWAN_MUST int group_info_check(const struct rowan_mls *client,
	const struct group_info *info, struct bytes tree, struct tree **ret);

/**
 * group_reinit_check(old, now), group_branch_check(old, now):
 * 0 iff ${now} is what the ReInit that closed ${old} announced; or may be a
 * branch of ${old}. ROWAN_E_MLS_PSK otherwise.
 */
ROWAN_MUST int group_reinit_check(
	const struct rowan_mls_group *old, const struct group_context *now);
ROWAN_MUST int group_branch_check(
	const struct rowan_mls_group *old, const struct group_context *now);

#endif
