/*
 * What leaves and trees must fulfil (RFC 9420 sections 7.3, 7.9.2, 12.4.3.1):
 * one table of rules each.
 *
 * Trusts the application's answer about credentials and its clock, nothing
 * else; never changes a tree.
 */
#ifndef MLS_TREE_VALIDATE_H
#define MLS_TREE_VALIDATE_H

#include "crypto/suite.h"
#include "mls/public/object/external_sender.h"
#include "mls/public/tree/tree.h"

/* What the application decides. All of it may be left zero. */
struct leaf_policy {
	/*
	 * Asked last, about a credential and its signature key (section
	 * 5.3.1); ${replaced} is the leaf it succeeds, or NULL. Anything but
	 * 0 refuses. NULL accepts every credential.
	 */
	int (*credential)(void *cookie, const struct leaf_node *leaf,
		const struct leaf_node *replaced);
	/* The same about an entry of external_senders. */
	int (*external_sender)(
		void *cookie, const struct external_sender *sender);
	void *cookie;
	bool check_time;       /* compare key packages' lifetimes with now */
	bool check_tree_time;  /* and those of leaves in a whole tree */
	uint64_t now;	       /* Unix seconds */
	uint64_t lifetime_max; /* longest lifetime accepted; 0 for any */
};

/* The group a leaf is held against. */
struct leaf_group {
	const struct tree *tree;
	struct bytes group_id;
	struct bytes extensions; /* of the GroupContext, a checked list */
	const struct leaf_policy *policy;
};

/* Where a leaf node appeared. */
enum leaf_origin {
	LEAF_IN_KEY_PACKAGE = 1, /* to be added; its index is not known */
	LEAF_IN_UPDATE = 2,
	LEAF_IN_PATH = 4,
	LEAF_IN_TREE = 8
};

/**
 * leaf_check(group, leaf, origin, index):
 * Apply the rules of section 7.3 to ${leaf}, meant for leaf number ${index}
 * of the group's tree (what stands there now is what it replaces; ${index}
 * is not looked at for key packages):
 *
 *   ROWAN_E_MLS_LEAF_NODE   source, capabilities, extensions, key length,
 *                           key of another member, or the replaced key again
 *   ROWAN_E_MLS_LIFETIME    outside its lifetime, or that is too long
 *   ROWAN_E_MLS_SIGNATURE   not signed by its own key for this place
 *   ROWAN_E_MLS_CREDENTIAL  refused by the application
 */
ROWAN_MUST int leaf_check(const struct leaf_group *group,
	const struct leaf_node *leaf, enum leaf_origin origin, uint32_t index);

/**
 * tree_validate(group, hash):
 * Apply to the group's tree everything a joiner must check: the tree hash is
 * ${hash} (an empty view skips that), unmerged leaves, unique encryption and
 * signature keys, parent hashes, and the leaf rules for every leaf.
 * Errors as leaf_check, and:
 *
 *   ROWAN_E_MLS_TREE         tree hash, unmerged leaves, keys not unique
 *   ROWAN_E_MLS_PARENT_HASH
 */
ROWAN_MUST int tree_validate(const struct leaf_group *group, struct bytes hash);

/**
 * tree_supports(t, extensions):
 * Return true iff every member supports every extension in the checked list
 * ${extensions} and meets the required_capabilities in it (sections 12.1.7
 * and 13.4).
 */
bool tree_supports(const struct tree *t, struct bytes extensions);

#endif
