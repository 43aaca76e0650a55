/*
 * Inclusion and consistency proofs of the tree in merkle.h.
 *
 * Made from the hashes of complete subtrees, which the maker fetches; checked
 * with nothing but the proof and two roots. A checker trusts no byte of a
 * proof.
 */
#ifndef TLOG_MERKLE_PROOF_H
#define TLOG_MERKLE_PROOF_H

#include "tlog/merkle.h"

/* RFC 6962 proofs in a tree of at most 2^63 leaves have at most 64 hashes. */
#define MERKLE_PROOF_MAX 64

struct merkle_proof {
	size_t len;
	struct merkle_hash hash[MERKLE_PROOF_MAX];
};

/*
 * How a proof maker gets at complete subtrees: fetch(ctx, level, index, ret)
 * returns 0, or an error that the maker passes on.
 */
struct merkle_source {
	int (*fetch)(void *ctx, uint8_t level, uint64_t index,
		struct merkle_hash *ret);
	void *ctx;
};

/**
 * merkle_proof_root(src, size, ret):
 * The root of the first ${size} leaves. Fetches about log2(size) hashes.
 */
ROWAN_MUST int merkle_proof_root(const struct merkle_source *src, uint64_t size,
	struct merkle_hash *ret);

/**
 * merkle_proof_inclusion(src, index, size, ret):
 * Make the proof that leaf ${index} is in the tree of the first ${size}
 * leaves. RFC 6962 section 2.1.1. ROWAN_E_INVAL when there is no such leaf;
 * fetches about 2 * log2(size) hashes.
 */
ROWAN_MUST int merkle_proof_inclusion(const struct merkle_source *src,
	uint64_t index, uint64_t size, struct merkle_proof *ret);

/**
 * merkle_proof_consistency(src, old_size, size, ret):
 * Make the proof that the tree of ${size} leaves begins with that of
 * ${old_size}. RFC 6962 section 2.1.2. Empty when the sizes are equal or
 * ${old_size} is 0; ROWAN_E_INVAL when ${old_size} is the larger.
 */
ROWAN_MUST int merkle_proof_consistency(const struct merkle_source *src,
	uint64_t old_size, uint64_t size, struct merkle_proof *ret);

/**
 * merkle_proof_check_inclusion(proof, leaf, index, size, root):
 * Return 0 iff ${proof} shows that the leaf hash ${leaf} stands at ${index}
 * of the tree of ${size} leaves whose root is ${root}, else ROWAN_E_CRYPTO.
 */
ROWAN_MUST int merkle_proof_check_inclusion(const struct merkle_proof *proof,
	const struct merkle_hash *leaf, uint64_t index, uint64_t size,
	const struct merkle_hash *root);

/**
 * merkle_proof_resume(proof, index, size, ret):
 * The state of the tree of the first ${index} leaves, out of an inclusion
 * proof of leaf ${index} in a tree of ${size}: what is appended to it from
 * there on and comes to that tree's root bears it out, and until then nothing
 * does. ROWAN_E_CRYPTO for a proof of another shape.
 */
ROWAN_MUST int merkle_proof_resume(const struct merkle_proof *proof,
	uint64_t index, uint64_t size, struct merkle *ret);

/**
 * merkle_proof_check_consistency(proof, old_size, old_root, size, root):
 * Return 0 iff ${proof} shows that the tree of ${size} leaves under ${root}
 * begins with that of ${old_size} leaves under ${old_root}, else
 * ROWAN_E_CRYPTO. The root of a tree of size 0 must be that of the empty
 * tree.
 */
ROWAN_MUST int merkle_proof_check_consistency(const struct merkle_proof *proof,
	uint64_t old_size, const struct merkle_hash *old_root, uint64_t size,
	const struct merkle_hash *root);

/**
 * merkle_proof_begins(proof, old_size, size, root, ret):
 * The root of the first ${old_size} leaves of the tree of ${size} under
 * ${root}, as a consistency proof tells it: of one ${root} nobody can tell
 * two. Where ${old_size} is a power of two that root is not in it: then
 * ${proof} is the one for merkle_proof_told(${old_size}). ROWAN_E_CRYPTO when
 * it does not lead to ${root}, or there is none that tells.
 */
ROWAN_MUST int merkle_proof_begins(const struct merkle_proof *proof,
	uint64_t old_size, uint64_t size, const struct merkle_hash *root,
	struct merkle_hash *ret);

/**
 * merkle_proof_told(old_size):
 * The size whose consistency proof tells the root of the first ${old_size}
 * leaves: the same, or of a power of two the next. 0: none does, for there is
 * a single leaf.
 */
uint64_t merkle_proof_told(uint64_t old_size);

#endif
