/*
 * The private half of a member's ratchet tree (RFC 9420 sections 4.2, 7.4):
 * the keys of its own leaf and of those nodes above it that it knows.
 *
 * A plain value: stage a commit on a copy (by assignment), wipe what is not
 * kept. Node numbers never change while a member is in the group, so that
 * growing and truncating the tree needs no work here. Trusts the public tree
 * it is given; stores no key that does not match its public key.
 */
#ifndef MLS_TREEKEM_H
#define MLS_TREEKEM_H

#include "base/secret.h"
#include "mls/public/object/limits.h"
#include "mls/public/tree/tree.h"

/* A leaf and the nodes above it, up to the root of the largest tree. */
#define TREEKEM_KEYS_MAX 15
_Static_assert(1u << (TREEKEM_KEYS_MAX - 1) >= MLS_LEAVES_MAX,
	"a direct path is longer than TREEKEM_KEYS_MAX");

struct treekem_key {
	uint32_t node;
	struct secret sk;
};

struct treekem {
	uint32_t leaf;
	size_t n;
	struct treekem_key keys[TREEKEM_KEYS_MAX]; /* by rising level */
};

/**
 * treekem_init(tk, leaf, leaf_sk):
 * Start as a member that knows nothing but the private key ${leaf_sk} of leaf
 * number ${leaf}. ROWAN_E_INVAL for a key too long. Ends with treekem_wipe.
 */
ROWAN_MUST int treekem_init(
	struct treekem *tk, uint32_t leaf, struct bytes leaf_sk);

/**
 * treekem_wipe(tk):
 * Overwrite everything with zeros.
 */
void treekem_wipe(struct treekem *tk);

/**
 * treekem_key(tk, node):
 * Return the private key of ${node}, borrowed, or NULL when it is not known.
 */
const struct secret *treekem_key(const struct treekem *tk, uint32_t node);

/**
 * treekem_set(tk, t, node, sk):
 * Know ${sk} as the private key of ${node}, the own leaf or a node above it.
 * ROWAN_E_MLS_PATH, and nothing is stored, unless it belongs to the public
 * key that ${t} has there.
 */
ROWAN_MUST int treekem_set(struct treekem *tk, const struct tree *t,
	uint32_t node, struct bytes sk);

/**
 * treekem_put(tk, node, sk):
 * Know ${sk} as the private key of ${node} without asking the tree: a key
 * just made for it. ROWAN_E_INVAL for a node that is not above the leaf.
 */
ROWAN_MUST int treekem_put(
	struct treekem *tk, uint32_t node, const struct secret *sk);

/**
 * treekem_set_path_secret(tk, t, node, path_secret):
 * As treekem_set with the key derived from ${path_secret} (section 7.4).
 */
ROWAN_MUST int treekem_set_path_secret(struct treekem *tk, const struct tree *t,
	uint32_t node, const struct secret *path_secret);

/**
 * treekem_set_path(tk, t, node, path_secret, ret_commit_secret):
 * Know the keys of ${node}, from ${path_secret}, and of all nodes above it
 * that are not blank, from the path secrets derived from it (section 7.5);
 * ${ret_commit_secret}, which may be NULL, is derived from the last. Errors
 * as treekem_set; on failure nothing is stored.
 */
ROWAN_MUST int treekem_set_path(struct treekem *tk, const struct tree *t,
	uint32_t node, const struct secret *path_secret,
	struct secret *ret_commit_secret);

/**
 * treekem_join(tk, t, committer, path_secret):
 * What a Welcome adds (section 12.4.3.1): ${path_secret} belongs to the lowest
 * common ancestor of the own leaf and leaf number ${committer}. Errors as
 * treekem_set.
 */
ROWAN_MUST int treekem_join(struct treekem *tk, const struct tree *t,
	uint32_t committer, const struct secret *path_secret);

/**
 * treekem_forget(tk, t):
 * Wipe the keys of nodes that are blank in, or not part of, ${t}: "each
 * outdated node key pair" (section 7.5) that proposals have blanked.
 */
void treekem_forget(struct treekem *tk, const struct tree *t);

/**
 * treekem_derive(suite, path_secret, ret_sk, ret_pk):
 * Derive a node's key pair (section 7.4); room for HPKE_PK_MAX bytes at
 * ${ret_pk}.
 */
ROWAN_MUST int treekem_derive(const struct suite *suite,
	const struct secret *path_secret, struct secret *ret_sk,
	uint8_t *ret_pk);

/**
 * treekem_next_secret(suite, path_secret):
 * Replace ${path_secret} by the one of the next node up. After the last node
 * that is the commit secret.
 */
ROWAN_MUST int treekem_next_secret(
	const struct suite *suite, struct secret *path_secret);

/**
 * treekem_verify(tk, t):
 * Check that the own leaf's key comes first and nodes above it follow, each
 * higher than the last, and that every private key belongs to the public key
 * ${t} has at its node: 0 or ROWAN_E_MLS_PATH.
 */
ROWAN_MUST int treekem_verify(const struct treekem *tk, const struct tree *t);

#endif
