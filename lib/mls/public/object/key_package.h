/*
 * Key packages (RFC 9420 section 10): what a client publishes so that others
 * can add it.
 *
 * Decoding checks the form only; key_package_verify checks the signatures of
 * package and leaf and what section 10.1 says without a group.
 */
#ifndef MLS_KEY_PACKAGE_H
#define MLS_KEY_PACKAGE_H

#include "crypto/suite.h"
#include "mls/public/object/leaf_node.h"

/* Views borrow from the decoded input; the leaf node is a reference. */
struct key_package {
	uint16_t version;
	uint16_t cipher_suite;
	struct bytes init_key;
	struct leaf_node *leaf_node;
	struct bytes extensions; /* checked list */
	struct bytes signature;
	struct bytes tbs;
	struct bytes raw;
};

/**
 * key_package_read(r, ret), key_package_decode(raw, ret):
 * Read one from a stream, or from bytes that hold nothing else. End with
 * key_package_wipe.
 */
ROWAN_MUST int key_package_read(struct reader *r, struct key_package *ret);
ROWAN_MUST int key_package_decode(struct bytes raw, struct key_package *ret);

/**
 * key_package_wipe(kp):
 * Drop the leaf and zero ${kp}. Zeroed is harmless.
 */
void key_package_wipe(struct key_package *kp);

/**
 * key_package_check(suite, kp):
 * Section 10.1 as far as it needs no group: version, suite, signature of the
 * package, source of the leaf, distinct keys. The leaf itself is leaf_check's.
 * ROWAN_E_MLS_KEY_PACKAGE, ROWAN_E_MLS_SUITE, ROWAN_E_MLS_LEAF_NODE,
 * ROWAN_E_MLS_SIGNATURE.
 */
ROWAN_MUST int key_package_check(
	const struct suite *suite, const struct key_package *kp);

/**
 * key_package_ref(suite, kp, ret):
 * Set ${ret} to the KeyPackageRef (section 5.2).
 */
void key_package_ref(const struct suite *suite, const struct key_package *kp,
	struct hash_value *ret);

/* What a new package is made from. */
struct key_package_params {
	struct bytes init_key;
	const struct leaf_node *leaf_node;
	struct bytes extensions; /* content of the list */
};

/**
 * key_package_new(suite, params, signature_priv, ret):
 * Write and sign a package; the caller owns the encoding in ${ret}.
 */
ROWAN_MUST int key_package_new(const struct suite *suite,
	const struct key_package_params *params, struct bytes signature_priv,
	struct buf *ret);

#endif
