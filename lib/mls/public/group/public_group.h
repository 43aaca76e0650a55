/*
 * The public group: a group followed from outside, from a GroupInfo and the
 * ratchet tree on, by handshakes sent as PublicMessage (for a delivery
 * service).
 *
 * Holds no secret. Verifies signatures, tree and parent hashes, the rules for
 * leaves, proposals and commits. Cannot verify membership tags, confirmation
 * tags and path secrets: a member can make a commit that a public group
 * accepts and other members refuse.
 *
 *     process -> staged --> merge    (the group is the next one)
 *                      `--> free     (the group stays as it is)
 */
#ifndef MLS_PUBLIC_GROUP_H
#define MLS_PUBLIC_GROUP_H

#include "mls/public/group/commit_stage.h"
#include "mls/public/framing/mls_message.h"

/* Fields are read-only; change a group with public_group_merge only. */
struct public_group {
	const struct suite *suite;
	struct group_context *context; /* epoch, tree hash, extensions ... */
	struct tree *tree;	       /* the members */
	struct hash_value interim;     /* interim transcript hash */
	bool closed;		       /* a ReInit was committed */
	struct proposal_cache cache;   /* proposals of this epoch */
};

enum leaf_change_kind {
	LEAF_REMOVED = 1,  /* ${after} is NULL */
	LEAF_UPDATED = 2,  /* by an Update proposal */
	LEAF_ADDED = 3,	   /* ${before} is NULL */
	LEAF_COMMITTED = 4 /* by the path; ${before} is NULL for a new member */
};

/* What a commit does to one leaf. The same leaf may be removed and added. */
struct leaf_change {
	enum leaf_change_kind kind;
	uint32_t leaf;
	struct leaf_node *before;
	struct leaf_node *after;
};

/* A message that was checked, not yet accepted. Fields are read-only. */
struct public_staged {
	struct authenticated_content *content;
	struct group_context *base;	/* the epoch it belongs to */
	struct cached_proposal *entry;	/* of a proposal */
	struct public_group *next;	/* of a commit: the group after it */
	struct proposal_list proposals; /* of a commit: what it covers */
	uint32_t committer;		/* of a commit: leaf in the new tree */
	struct leaf_change *changes;	/* of a commit */
	size_t changes_n;
};

/* What a public group is made from. */
struct public_group_params {
	const struct suite *const *suites; /* NULL-terminated */
	const struct leaf_policy *policy;
	struct bytes group_info; /* an MLSMessage */
	struct bytes tree;	 /* empty: inside the GroupInfo */
};

/**
 * public_group_new(params, ret):
 * Check GroupInfo and tree as a joiner does (section 12.4.3.1) and start
 * following. Errors of tree_validate, and:
 *
 *   ROWAN_E_MALFORMED, ROWAN_E_LIMIT, ROWAN_E_VERSION
 *   ROWAN_E_MLS_SUITE, ROWAN_E_MLS_NO_TREE, ROWAN_E_MLS_EXTENSION
 *   ROWAN_E_MLS_SENDER        the signer's leaf is blank
 *   ROWAN_E_MLS_SIGNATURE
 *   ROWAN_E_MLS_CONFIRMATION  the tag is not as long as the hash
 */
ROWAN_MUST int public_group_new(
	const struct public_group_params *params, struct public_group **ret);

/**
 * public_group_free(group):
 * Drop everything. NULL is harmless.
 */
void public_group_free(struct public_group *group);

/**
 * public_group_process(group, policy, message, ret):
 * Check an MLSMessage that holds a PublicMessage with a proposal or commit;
 * the group is unchanged. The caller owns ${ret} (public_staged_free). Errors
 * of message_check, proposal_check and commit_stage_receive, and:
 *
 *   ROWAN_E_MALFORMED, ROWAN_E_LIMIT, ROWAN_E_VERSION
 *   ROWAN_E_REFUSED           not a PublicMessage
 *   ROWAN_E_MLS_REINIT        the group is closed
 *   ROWAN_E_MLS_MEMBERSHIP, ROWAN_E_MLS_CONFIRMATION
 *                             a tag that is not as long as the hash
 *   ROWAN_E_EXISTS            this proposal was merged already
 */
ROWAN_MUST int public_group_process(const struct public_group *group,
	const struct leaf_policy *policy, struct bytes message,
	struct public_staged **ret);

/**
 * public_group_merge(group, staged):
 * Accept a staged proposal or commit, at most once. Fails only with
 * ROWAN_E_STATE, when the group's epoch is not the one ${staged} belongs to
 * or it was merged before; then nothing is changed. ${staged} stays the
 * caller's to free; its next group is gone.
 */
ROWAN_MUST int public_group_merge(
	struct public_group *group, struct public_staged *staged);

/**
 * public_staged_free(staged):
 * Drop it; not merged, it is discarded. NULL is harmless.
 */
void public_staged_free(struct public_staged *staged);

/**
 * public_group_save(group, ret):
 * Write the whole state, pending proposals included; the same bytes while
 * nothing changed. The caller owns ${ret}.
 */
ROWAN_MUST int public_group_save(
	const struct public_group *group, struct buf *ret);

/**
 * public_group_load(suites, saved, ret):
 * Make a group from what public_group_save wrote. ROWAN_E_TOO_NEW for a later
 * format, ROWAN_E_MLS_SUITE, ROWAN_E_CORRUPT for anything else that is wrong.
 */
ROWAN_MUST int public_group_load(const struct suite *const *suites,
	struct bytes saved, struct public_group **ret);

#endif
