/*
 * RFC 6962 hashes and tree state: see merkle.h.
 *
 * Trusts its caller to append hashes; never allocates.
 */
#include <string.h>

#include <sodium.h>

#include "tlog/merkle.h"

void merkle_leaf(struct bytes data, struct merkle_hash *ret)
{
	crypto_hash_sha256_state state;
	const uint8_t prefix = 0x00;

	(void)crypto_hash_sha256_init(&state);
	(void)crypto_hash_sha256_update(&state, &prefix, 1);
	(void)crypto_hash_sha256_update(&state, data.data, data.len);
	(void)crypto_hash_sha256_final(&state, ret->b);
}

void merkle_parent(const struct merkle_hash *left,
	const struct merkle_hash *right, struct merkle_hash *ret)
{
	uint8_t input[1 + 2 * MERKLE_HASH_LEN];

	input[0] = 0x01;
	memcpy(input + 1, left->b, MERKLE_HASH_LEN);
	memcpy(input + 1 + MERKLE_HASH_LEN, right->b, MERKLE_HASH_LEN);
	(void)crypto_hash_sha256(ret->b, input, sizeof input);
}

bool merkle_eq(const struct merkle_hash *a, const struct merkle_hash *b)
{
	return memcmp(a->b, b->b, MERKLE_HASH_LEN) == 0;
}

void merkle_init(struct merkle *m)
{
	memset(m, 0, sizeof *m);
}

int merkle_append(struct merkle *m, const struct merkle_hash *leaf,
	struct merkle_node *ret_nodes, size_t *ret_count)
{
	struct merkle_hash hash = *leaf;
	uint8_t level = 0;

	*ret_count = 0;
	if (m->size >= UINT64_C(1) << 63)
		return ROWAN_E_LIMIT;
	ret_nodes[0] = (struct merkle_node){m->size, 0, hash};

	/* Like a binary counter: every carry completes a larger subtree. */
	while (m->size >> level & 1) {
		merkle_parent(&m->roots[level], &hash, &hash);
		level++;
		ret_nodes[level] =
			(struct merkle_node){m->size >> level, level, hash};
	}
	m->roots[level] = hash;
	m->size++;
	*ret_count = (size_t)level + 1;
	return 0;
}

void merkle_root(const struct merkle *m, struct merkle_hash *ret)
{
	bool first = true;

	if (m->size == 0) {
		(void)crypto_hash_sha256(ret->b, NULL, 0);
		return;
	}
	for (uint8_t level = 0; level < MERKLE_LEVELS; level++) {
		if (!(m->size >> level & 1))
			continue;
		if (first)
			*ret = m->roots[level];
		else
			merkle_parent(&m->roots[level], ret, ret);
		first = false;
	}
}
