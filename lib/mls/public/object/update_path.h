/*
 * Update paths and HPKE ciphertexts (RFC 9420 section 7.6).
 *
 * Decoding checks the form only; whether the path fits the tree is asked when
 * it is applied. Nothing here can decrypt.
 */
#ifndef MLS_UPDATE_PATH_H
#define MLS_UPDATE_PATH_H

#include "crypto/hpke_ciphertext.h"
#include "mls/public/object/leaf_node.h"
#include "mls/public/object/limits.h"

struct update_path_node {
	struct bytes encryption_key;
	struct bytes encrypted; /* checked list of HPKECiphertext */
	size_t encrypted_n;	/* entries of it */
};

/* Views borrow from the decoded input; the leaf node is a reference. */
struct update_path {
	struct leaf_node *leaf_node;
	struct update_path_node nodes[MLS_PATH_MAX];
	size_t n;
	struct bytes raw;
};

/**
 * hpke_ciphertext_read(r, ret), hpke_ciphertext_write(w, c):
 * One ciphertext; views borrow from the input of ${r}.
 */
ROWAN_MUST int hpke_ciphertext_read(
	struct reader *r, struct hpke_ciphertext *ret);
void hpke_ciphertext_write(struct writer *w, const struct hpke_ciphertext *c);

/**
 * hpke_ciphertext_at(node, i, ret):
 * Set ${ret} to entry ${i} of the node's ciphertexts; ROWAN_E_NOT_FOUND past
 * the last.
 */
ROWAN_MUST int hpke_ciphertext_at(const struct update_path_node *node, size_t i,
	struct hpke_ciphertext *ret);

/**
 * update_path_read(r, ret), update_path_decode(raw, ret):
 * Read one from a stream, or from bytes that hold nothing else. End with
 * update_path_wipe.
 */
ROWAN_MUST int update_path_read(struct reader *r, struct update_path *ret);
ROWAN_MUST int update_path_decode(struct bytes raw, struct update_path *ret);

/**
 * update_path_wipe(path):
 * Drop the leaf and zero ${path}. Zeroed is harmless.
 */
void update_path_wipe(struct update_path *path);

/**
 * update_path_write(w, leaf_node, nodes, n):
 * Append a path of ${n} nodes from the fields of its parts.
 */
void update_path_write(struct writer *w, const struct leaf_node *leaf_node,
	const struct update_path_node *nodes, size_t n);

#endif
