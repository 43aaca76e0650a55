/*
 * Merkle proofs: see merkle_proof.h.
 *
 * Makers walk from the root to the leaf and so find hashes in the reverse of
 * the order in which a proof lists them. Checkers climb from the leaf.
 */
#include <string.h>

#include "tlog/merkle_proof.h"

/* The largest power of two smaller than ${n}, which is at least 2. */
static uint64_t split(uint64_t n)
{
	return UINT64_C(1) << (63 - __builtin_clzll(n - 1));
}

static bool is_power_of_two(uint64_t n)
{
	return (n & (n - 1)) == 0;
}

/*
 * The root of the leaves from ${begin} up to ${end}, which begin at a
 * multiple of a power of two not smaller than their number.
 */
static int range_hash(const struct merkle_source *src, uint64_t begin,
	uint64_t end, struct merkle_hash *ret)
{
	struct merkle_hash left[MERKLE_LEVELS];
	size_t n = 0;
	uint64_t k;
	uint8_t level;
	int rc;

	/* Complete subtrees from the left; the last one is complete too. */
	while (!is_power_of_two(end - begin)) {
		k = split(end - begin);
		level = (uint8_t)__builtin_ctzll(k);
		rc = src->fetch(src->ctx, level, begin >> level, &left[n++]);
		if (rc != 0)
			return rc;
		begin += k;
	}
	level = (uint8_t)__builtin_ctzll(end - begin);
	rc = src->fetch(src->ctx, level, begin >> level, ret);
	while (rc == 0 && n > 0)
		merkle_parent(&left[--n], ret, ret);
	return rc;
}

int merkle_proof_root(
	const struct merkle_source *src, uint64_t size, struct merkle_hash *ret)
{
	struct merkle none;

	if (size > 0)
		return range_hash(src, 0, size, ret);
	merkle_init(&none);
	merkle_root(&none, ret);
	return 0;
}

static void reverse(struct merkle_proof *p)
{
	for (size_t i = 0, j = p->len; i + 1 < j; i++) {
		struct merkle_hash swap = p->hash[--j];

		p->hash[j] = p->hash[i];
		p->hash[i] = swap;
	}
}

int merkle_proof_inclusion(const struct merkle_source *src, uint64_t index,
	uint64_t size, struct merkle_proof *ret)
{
	uint64_t begin = 0, end = size;
	int rc = 0;

	ret->len = 0;
	if (index >= size)
		return ROWAN_E_INVAL;
	while (rc == 0 && end - begin > 1) {
		uint64_t mid = begin + split(end - begin);
		bool right = index >= mid;

		rc = range_hash(src, right ? begin : mid, right ? mid : end,
			&ret->hash[ret->len++]);
		if (right)
			begin = mid;
		else
			end = mid;
	}
	reverse(ret);
	if (rc != 0)
		ret->len = 0;
	return rc;
}

int merkle_proof_consistency(const struct merkle_source *src, uint64_t old_size,
	uint64_t size, struct merkle_proof *ret)
{
	uint64_t begin = 0, end = size;
	int rc = 0;

	ret->len = 0;
	if (old_size > size)
		return ROWAN_E_INVAL;
	if (old_size == size || old_size == 0)
		return 0;
	/* Down to the subtree that ends where the old tree ended. */
	while (rc == 0 && end != old_size) {
		uint64_t mid = begin + split(end - begin);
		bool right = old_size > mid;

		rc = range_hash(src, right ? begin : mid, right ? mid : end,
			&ret->hash[ret->len++]);
		if (right)
			begin = mid;
		else
			end = mid;
	}
	/* The old root itself is known to the checker. */
	if (rc == 0 && begin != 0)
		rc = range_hash(src, begin, end, &ret->hash[ret->len++]);
	reverse(ret);
	if (rc != 0)
		ret->len = 0;
	return rc;
}

int merkle_proof_check_inclusion(const struct merkle_proof *proof,
	const struct merkle_hash *leaf, uint64_t index, uint64_t size,
	const struct merkle_hash *root)
{
	struct merkle_hash hash = *leaf;
	uint64_t node = index, last = size - 1;

	if (index >= size || proof->len > MERKLE_PROOF_MAX)
		return ROWAN_E_CRYPTO;
	for (size_t i = 0; i < proof->len; i++) {
		if (last == 0)
			return ROWAN_E_CRYPTO;
		if (node & 1 || node == last) {
			merkle_parent(&proof->hash[i], &hash, &hash);
			/* Levels where the last node has no sibling. */
			while (!(node & 1) && node != 0) {
				node >>= 1;
				last >>= 1;
			}
		} else {
			merkle_parent(&hash, &proof->hash[i], &hash);
		}
		node >>= 1;
		last >>= 1;
	}
	return last == 0 && merkle_eq(&hash, root) ? 0 : ROWAN_E_CRYPTO;
}

/* What lies left of the way down to a leaf is the tree before it. */
int merkle_proof_resume(const struct merkle_proof *proof, uint64_t index,
	uint64_t size, struct merkle *ret)
{
	uint64_t begin = 0, end = size;
	size_t i = proof->len;

	merkle_init(ret);
	if (index >= size || i > MERKLE_PROOF_MAX)
		return ROWAN_E_CRYPTO;
	while (i > 0 && end - begin > 1) {
		uint64_t half = split(end - begin);
		unsigned level = 0;

		i--;
		if (index < begin + half) {
			end = begin + half;
			continue;
		}
		while (half >> (level + 1) != 0)
			level++;
		ret->roots[level] = proof->hash[i];
		begin += half;
	}
	if (i != 0 || end - begin != 1) {
		merkle_init(ret);
		return ROWAN_E_CRYPTO;
	}
	ret->size = index;
	return 0;
}

/* As above for both trees at once, from the first hash in common. */
static int climb(const struct merkle_proof *proof, size_t i, uint64_t node,
	uint64_t last, struct merkle_hash *old_hash, struct merkle_hash *hash)
{
	for (; i < proof->len; i++) {
		if (last == 0)
			return ROWAN_E_CRYPTO;
		if (node & 1 || node == last) {
			merkle_parent(&proof->hash[i], old_hash, old_hash);
			merkle_parent(&proof->hash[i], hash, hash);
			while (!(node & 1) && node != 0) {
				node >>= 1;
				last >>= 1;
			}
		} else {
			merkle_parent(hash, &proof->hash[i], hash);
		}
		node >>= 1;
		last >>= 1;
	}
	return last == 0 ? 0 : ROWAN_E_CRYPTO;
}

/*
 * From both trees' hashes of the subtree that ends the old one up to their
 * roots. An old tree of a power of two leaves is itself the first hash, and
 * comes in ${old_hash}.
 */
static int lead(const struct merkle_proof *proof, uint64_t old_size,
	uint64_t size, struct merkle_hash *old_hash, struct merkle_hash *hash)
{
	uint64_t node = old_size - 1, last = size - 1;
	size_t i = 0;

	if (proof->len == 0)
		return ROWAN_E_CRYPTO;
	while (node & 1) {
		node >>= 1;
		last >>= 1;
	}
	if (node != 0)
		*old_hash = proof->hash[i++];
	*hash = *old_hash;
	return climb(proof, i, node, last, old_hash, hash);
}

int merkle_proof_check_consistency(const struct merkle_proof *proof,
	uint64_t old_size, const struct merkle_hash *old_root, uint64_t size,
	const struct merkle_hash *root)
{
	struct merkle_hash old_hash, hash, empty;
	struct merkle none;

	if (old_size > size || proof->len > MERKLE_PROOF_MAX)
		return ROWAN_E_CRYPTO;
	merkle_init(&none);
	merkle_root(&none, &empty);
	if (size == 0 && !merkle_eq(root, &empty))
		return ROWAN_E_CRYPTO;
	if (old_size == 0)
		return proof->len == 0 && merkle_eq(old_root, &empty)
			       ? 0
			       : ROWAN_E_CRYPTO;
	if (old_size == size)
		return proof->len == 0 && merkle_eq(old_root, root)
			       ? 0
			       : ROWAN_E_CRYPTO;
	old_hash = *old_root;
	if (lead(proof, old_size, size, &old_hash, &hash) != 0)
		return ROWAN_E_CRYPTO;
	return merkle_eq(&old_hash, old_root) && merkle_eq(&hash, root)
		       ? 0
		       : ROWAN_E_CRYPTO;
}

uint64_t merkle_proof_told(uint64_t old_size)
{
	if (old_size == 1)
		return 0;
	return is_power_of_two(old_size) ? old_size + 1 : old_size;
}

/*
 * Of a power of two leaves and one more: the one is the first hash of the
 * proof, and the others' root is what makes the whole with it.
 */
static int without_last(const struct merkle_proof *proof,
	const struct merkle_hash *whole, struct merkle_hash *ret)
{
	struct merkle_hash made;

	for (size_t i = 1; i < proof->len; i++) {
		merkle_parent(&proof->hash[i], &proof->hash[0], &made);
		if (!merkle_eq(&made, whole))
			continue;
		*ret = proof->hash[i];
		return 0;
	}
	return ROWAN_E_CRYPTO;
}

int merkle_proof_begins(const struct merkle_proof *proof, uint64_t old_size,
	uint64_t size, const struct merkle_hash *root, struct merkle_hash *ret)
{
	struct merkle_hash old_hash = {{0}}, hash;
	uint64_t told = merkle_proof_told(old_size);

	memset(ret, 0, sizeof *ret);
	if (proof->len > MERKLE_PROOF_MAX || told == 0 || told >= size ||
		lead(proof, told, size, &old_hash, &hash) != 0 ||
		!merkle_eq(&hash, root))
		return ROWAN_E_CRYPTO;
	if (told != old_size)
		return without_last(proof, &old_hash, ret);
	*ret = old_hash;
	return 0;
}
