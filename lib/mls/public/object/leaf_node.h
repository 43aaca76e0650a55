/*
 * Leaf nodes (RFC 9420 section 7.2): immutable, counted, one canonical
 * encoding each.
 *
 * Decoding checks the form only. Who may be a leaf of which group is the
 * work of the leaf rules (section 7.3); the signature is checked by
 * leaf_node_verify.
 */
#ifndef MLS_LEAF_NODE_H
#define MLS_LEAF_NODE_H

#include "mls/public/object/capabilities.h"
#include "mls/public/object/credential.h"

struct suite;

enum leaf_node_source {
	LEAF_NODE_KEY_PACKAGE = 1,
	LEAF_NODE_UPDATE = 2,
	LEAF_NODE_COMMIT = 3
};

/* Fields are read-only views into ${raw}, which lives as long as the node. */
struct leaf_node {
	size_t refs;
	struct bytes encryption_key;
	struct bytes signature_key;
	struct credential credential;
	struct capabilities capabilities;
	uint8_t source;		  /* enum leaf_node_source */
	uint64_t not_before;	  /* key_package only, Unix seconds */
	uint64_t not_after;	  /* key_package only */
	struct bytes parent_hash; /* commit only */
	struct bytes extensions;  /* checked list */
	struct bytes signature;
	struct bytes tbs; /* what is signed, without group and leaf index */
	struct bytes raw;
};

/* Where a leaf stands: signed into update and commit leaves. */
struct leaf_place {
	struct bytes group_id;
	uint32_t leaf_index;
};

/* What a new leaf is made from; ${credential} is a type and content. */
struct leaf_node_params {
	struct bytes encryption_key;
	struct bytes signature_key;
	uint16_t credential_type;
	struct bytes credential;
	const struct capabilities *capabilities;
	uint8_t source;
	uint64_t not_before;
	uint64_t not_after;
	struct bytes parent_hash;
	struct bytes extensions; /* content of the list */
	struct leaf_place place; /* update and commit */
};

/**
 * leaf_node_read(r, ret):
 * Read one leaf node; the caller holds one reference (leaf_node_unref).
 */
ROWAN_MUST int leaf_node_read(struct reader *r, struct leaf_node **ret);

/**
 * leaf_node_decode(raw, ret):
 * As leaf_node_read from bytes that hold a leaf node and nothing else.
 */
ROWAN_MUST int leaf_node_decode(struct bytes raw, struct leaf_node **ret);

/**
 * leaf_node_ref(node), leaf_node_unref(node):
 * Take and drop a reference. NULL is harmless. Not atomic.
 */
struct leaf_node *leaf_node_ref(struct leaf_node *node);
void leaf_node_unref(struct leaf_node *node);

/**
 * leaf_node_verify(suite, node, place):
 * Check the signature with the leaf's own key: 0 or ROWAN_E_MLS_SIGNATURE.
 * ${place} is needed for update and commit leaves and may be NULL for others.
 */
ROWAN_MUST int leaf_node_verify(const struct suite *suite,
	const struct leaf_node *node, const struct leaf_place *place);

/**
 * leaf_node_new(suite, params, signature_priv, ret):
 * Write, sign and decode a leaf node; the caller holds one reference.
 */
ROWAN_MUST int leaf_node_new(const struct suite *suite,
	const struct leaf_node_params *params, struct bytes signature_priv,
	struct leaf_node **ret);

#endif
