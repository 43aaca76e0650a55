/*
 * What a newcomer checks of a group before it believes it: GroupInfo, tree,
 * and, for a resumed group, what the old one demands.
 *
 * Inside lib/mls/member.
 */
#ifndef MLS_GROUP_INFO_CHECK_H
#define MLS_GROUP_INFO_CHECK_H

#include "mls/member/group/group.h"

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
 * group_knows(t, leaf), group_knows_all(t, others):
 * Return true iff somebody in ${t} has the credential of ${leaf}; of each of
 * ${others}. Who is the same person is the application's to say: its
 * credentials say it.
 */
bool group_knows(const struct tree *t, const struct leaf_node *leaf);
bool group_knows_all(const struct tree *t, const struct tree *others);

/**
 * group_resumed_check(old, link, now, tree):
 * 0 iff the group of ${now} and ${tree}, linked to ${old} by the resumption
 * PSK ${link}, is what the ReInit that closed ${old} announced, with all its
 * members; or a branch of ${old} with nobody else in it (sections 11.2, 11.3,
 * 12.4.3.1). ROWAN_E_MLS_PSK otherwise.
 */
ROWAN_MUST int group_resumed_check(const struct rowan_mls_group *old,
	const struct psk_id *link, const struct group_context *now,
	const struct tree *tree);

#endif
