/*
 * Applying a list of proposals (RFC 9420 section 12.3): for commit_stage.c
 * only.
 */
#ifndef MLS_PROPOSAL_APPLY_H
#define MLS_PROPOSAL_APPLY_H

#include "mls/public/group/commit_stage.h"

/**
 * proposal_apply(view, stage):
 * Apply the stage's list, which follows the rules, to its copy of the tree in
 * the order of section 12.3, and judge added and updated leaves against the
 * tree and the extensions they come into. Errors of leaf_check;
 * ROWAN_E_MLS_PROPOSAL when new extensions are not supported by every member.
 * On failure the stage is of no use.
 */
ROWAN_MUST int proposal_apply(
	const struct epoch_view *view, struct commit_stage *stage);

#endif
