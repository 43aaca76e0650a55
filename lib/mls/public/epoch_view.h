/*
 * What anybody who follows a group knows of its current epoch. Borrowed from
 * a group for the length of a call; both halves of the library judge
 * proposals and commits through it.
 */
#ifndef MLS_EPOCH_VIEW_H
#define MLS_EPOCH_VIEW_H

#include "mls/public/group_context.h"
#include "mls/public/tree_validate.h"

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

#endif
