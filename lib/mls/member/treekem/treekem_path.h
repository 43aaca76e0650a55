/*
 * Update paths of a member (RFC 9420 sections 7.4 to 7.6, 12.4): making one
 * and opening one.
 *
 * Works on trees and private states that belong to a staged commit. Draws
 * randomness from the application only; wipes every path and node secret it
 * derives.
 */
#ifndef MLS_TREEKEM_PATH_H
#define MLS_TREEKEM_PATH_H

#include <rowan/mls.h>

#include "mls/member/treekem/treekem.h"
#include "mls/public/object/group_context.h"
#include "mls/public/object/leaf_node.h"
#include "mls/public/tree/tree_path.h"
#include "mls/public/object/update_path.h"

/* What a committer starts from. */
struct treekem_making {
	const struct rowan_mls_host *host; /* for random */
	uint32_t leaf;			   /* the committer's */
	const struct leaf_set *added;	   /* by this commit; NULL for none */
	/*
	 * The new leaf. Encryption key, source, parent hash and leaf index
	 * are filled in here.
	 */
	const struct leaf_node_params *params;
	struct bytes signature_priv;
	/*
	 * The provisional group context (section 12.4.1): new epoch and
	 * extensions, old confirmed transcript hash. The tree hash is filled
	 * in here.
	 */
	const struct group_context *context;
};

/* What comes out. Zeroed is harmless; ends with treekem_made_wipe. */
struct treekem_made {
	struct buf path; /* the encoded UpdatePath */
	struct secret commit_secret;
	struct filtered_path nodes;
	struct secret path_secrets[TREEKEM_KEYS_MAX]; /* one a node */
};

/**
 * treekem_make(making, t, tk, ret):
 * Make an update path: fresh keys for leaf and filtered direct path, put into
 * ${t} and ${tk}, every path secret encrypted to the copath. ${t} is the tree
 * after the commit's proposals; for an external commit the committer's leaf
 * is still blank. On failure ${tk} is unchanged and ${t} is good for tree_free
 * only. ROWAN_E_CRYPTO when a key in the tree is of no use.
 */
ROWAN_MUST int treekem_make(const struct treekem_making *making, struct tree *t,
	struct treekem *tk, struct treekem_made *ret);

/**
 * treekem_made_secret(made, leaf):
 * Return the path secret that a member added as leaf number ${leaf} is given
 * in its Welcome, borrowed; NULL when there is none (section 12.4.3.1).
 */
const struct secret *treekem_made_secret(
	const struct treekem_made *made, uint32_t leaf);

void treekem_made_wipe(struct treekem_made *made);

/* A received update path, already merged into the tree (tree_path_merge). */
struct treekem_opening {
	const struct tree *tree;
	uint32_t sender;
	const struct update_path *path;
	const struct leaf_set *added;
	struct bytes group_context; /* the provisional one, encoded */
};

/**
 * treekem_open(opening, tk, ret_commit_secret):
 * Find the ciphertext meant for us, open it, derive everything above and
 * compare it with the path's public keys. Forgets keys of blanked nodes too.
 * ROWAN_E_MLS_DECRYPT, or ROWAN_E_MLS_PATH when there is nothing for us in
 * it, a secret has the wrong length or does not fit its public key. On
 * failure ${tk} is unchanged.
 */
ROWAN_MUST int treekem_open(const struct treekem_opening *opening,
	struct treekem *tk, struct secret *ret_commit_secret);

#endif
