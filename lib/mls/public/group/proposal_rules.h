/*
 * Which proposals are valid (RFC 9420 sections 12.1 and 12.2): one table of
 * rules for regular and for external commits.
 *
 * Both halves of the library, committer and receiver alike, judge with it.
 * Looks at the old tree only; what the new tree must fulfil is checked while
 * it is made (commit_stage.h).
 */
#ifndef MLS_PROPOSAL_RULES_H
#define MLS_PROPOSAL_RULES_H

#include "mls/public/group/epoch_view.h"
#include "mls/public/group/proposal_list.h"

/**
 * proposal_check(view, item):
 * Judge one proposal (section 12.1) as far as it needs no other: for what
 * arrives by itself, and as the first rule of every list.
 *
 *   ROWAN_E_MLS_KEY_PACKAGE, ROWAN_E_MLS_SUITE, ROWAN_E_MLS_SIGNATURE  Add
 *   ROWAN_E_MLS_LEAF_NODE   wrong source, key length or encryption key again
 *   ROWAN_E_MLS_PSK         usage not allowed here, nonce length
 *   ROWAN_E_MLS_CREDENTIAL  the application refused it
 *   ROWAN_E_MLS_SENDER      not from such a sender
 *   ROWAN_E_MLS_EXTENSION   GroupContextExtensions: malformed
 *   ROWAN_E_MLS_PROPOSAL    everything else
 */
ROWAN_MUST int proposal_check(
	const struct epoch_view *view, const struct proposal_item *item);

/**
 * proposal_rules_check(view, committer, list):
 * Judge a list: ROWAN_E_MLS_PROPOSAL_LIST, or as proposal_check.
 */
ROWAN_MUST int proposal_rules_check(const struct epoch_view *view,
	struct sender committer, const struct proposal_list *list);

/**
 * proposal_rules_path_required(list):
 * Return true iff a Commit that covers ${list} must have a path (section
 * 12.4).
 */
bool proposal_rules_path_required(const struct proposal_list *list);

#endif
