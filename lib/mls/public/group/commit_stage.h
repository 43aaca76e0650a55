/*
 * The state a commit leads to, made beside the current one (RFC 9420 sections
 * 12.3, 12.4.1, 12.4.2).
 *
 * Public and member groups, committer and receiver go through the same steps:
 *
 *     begin ------> path ------> provisional -> confirm -> interim
 *       (rules,       (optional)   (tree hash)    (new       (transcript
 *        new tree)                                 context)   hash)
 *
 * commit_stage_receive goes through all of them for a Commit from the wire;
 * a committer puts its own path into ${tree} (tree_path.h) instead of the
 * path step. The epoch a stage is built on is never changed. Nothing secret
 * is in a stage; confirmation tag and key schedule are the member's work.
 */
#ifndef MLS_COMMIT_STAGE_H
#define MLS_COMMIT_STAGE_H

#include "mls/public/group/proposal_rules.h"

/* Read-only for others but for ${tree}, into which a committer merges. */
struct commit_stage {
	const struct suite *suite;
	struct proposal_list list; /* what the commit covers */
	struct sender committer;
	uint32_t leaf;		     /* the committer's, in the new tree */
	bool path_required;	     /* by the proposals */
	struct tree *tree;	     /* the new tree */
	struct bytes extensions;     /* of the new GroupContext */
	struct node_list removed;    /* leaf numbers, in the old tree */
	struct node_list updated;    /* leaf numbers, in both */
	struct node_list added;	     /* leaf numbers in the new tree, in the
				      * order of the Adds: increasing */
	const struct reinit *reinit; /* NULL when there is none */
	struct bytes kem_output;     /* of the ExternalInit, else empty */
	struct group_context *old;   /* the epoch this is built on */
	struct group_context *provisional; /* encrypts path secrets */
	struct group_context *context;	   /* the new epoch's */
	struct hash_value interim;	   /* transcript hash of the new */
};

/**
 * commit_stage_begin(view, committer, list, ret):
 * Judge ${list} and apply it to a copy of the tree. ${list} moves into the
 * stage, whatever comes of it. ${committer} is a member, or a new member that
 * commits and is assigned its leaf here. Errors of proposal_rules_check, and
 * those of leaf_check for added and updated leaves; ROWAN_E_MLS_PROPOSAL when
 * new extensions are not supported by every member.
 */
ROWAN_MUST int commit_stage_begin(const struct epoch_view *view,
	struct sender committer, struct proposal_list *list,
	struct commit_stage **ret);

/**
 * commit_stage_provisional(stage):
 * Set ${provisional} from the new tree as it is now. ROWAN_E_LIMIT for a tree
 * past MLS_TREE_MAX, and after the last epoch there can be.
 */
ROWAN_MUST int commit_stage_provisional(struct commit_stage *stage);

/**
 * commit_stage_confirm(stage, interim, signed_raw):
 * Set ${context}: ${interim} is the interim transcript hash of the old epoch,
 * ${signed_raw} the signed Commit as in authenticated_content.
 */
ROWAN_MUST int commit_stage_confirm(struct commit_stage *stage,
	struct bytes interim, struct bytes signed_raw);

/**
 * commit_stage_interim(stage, confirmation_tag):
 * Set ${interim}. ROWAN_E_MLS_CONFIRMATION for a tag that is not as long as
 * the hash; whether it is right only a member can tell.
 */
ROWAN_MUST int commit_stage_interim(
	struct commit_stage *stage, struct bytes confirmation_tag);

/**
 * commit_stage_receive(view, interim, ac, cache, ret):
 * All steps for the Commit in ${ac}, whose sender and signature are checked
 * already (message_check.h). Errors of the steps; ROWAN_E_MLS_PATH_REQUIRED.
 */
ROWAN_MUST int commit_stage_receive(const struct epoch_view *view,
	struct bytes interim, struct authenticated_content *ac,
	const struct proposal_cache *cache, struct commit_stage **ret);

/**
 * commit_stage_free(stage):
 * Drop everything. NULL is harmless.
 */
void commit_stage_free(struct commit_stage *stage);

#endif
