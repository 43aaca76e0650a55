/*
 * What anybody who follows a group knows of its current epoch. Borrowed from
 * a group for the length of a call; both halves of the library judge
 * proposals and commits through it.
 */
#ifndef MLS_EPOCH_VIEW_H
#define MLS_EPOCH_VIEW_H

#include "mls/public/object/group_context.h"
#include "mls/public/tree/tree_validate.h"

struct epoch_view {
	const struct suite *suite;
	const struct group_context *context;
	const struct tree *tree;
	const struct leaf_policy *policy; /* never NULL; may be zeroed */
	/* The first commit of a reinitialized or branched group: PSKs with
	 * usage reinit or branch are allowed (section 12.1.4). */
	bool allow_reinit_psk;
	bool allow_branch_psk;
};

/**
 * epoch_extensions_check(policy, extensions):
 * Check the extensions of a GroupContext as far as this library knows them:
 * well formed, and external senders accepted by the application.
 * ROWAN_E_MLS_EXTENSION, ROWAN_E_MLS_CREDENTIAL.
 */
ROWAN_MUST int epoch_extensions_check(
	const struct leaf_policy *policy, struct bytes extensions);

#endif
