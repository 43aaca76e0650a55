/*
 * The private half of a member's ratchet tree: see treekem.h.
 */
#include "crypto/hpke.h"
#include "crypto/label.h"
#include "mls/member/treekem/treekem.h"

int treekem_init(struct treekem *tk, uint32_t leaf, struct bytes leaf_sk)
{
	*tk = (struct treekem){.leaf = leaf, .n = 1};
	tk->keys[0].node = tree_math_node(leaf);
	return secret_set(&tk->keys[0].sk, leaf_sk);
}

void treekem_wipe(struct treekem *tk)
{
	for (size_t i = 0; i < TREEKEM_KEYS_MAX; i++)
		secret_wipe(&tk->keys[i].sk);
	*tk = (struct treekem){0};
}

const struct secret *treekem_key(const struct treekem *tk, uint32_t node)
{
	for (size_t i = 0; i < tk->n; i++)
		if (tk->keys[i].node == node)
			return &tk->keys[i].sk;
	return NULL;
}

/* Put a key in its place by level. */
int treekem_put(struct treekem *tk, uint32_t node, const struct secret *sk)
{
	unsigned level = tree_math_level(node);
	size_t i = 0;

	if (!tree_math_covers(node, tk->leaf))
		return ROWAN_E_INVAL;
	while (i < tk->n && tree_math_level(tk->keys[i].node) < level)
		i++;
	if (i == tk->n || tk->keys[i].node != node) {
		if (tk->n == TREEKEM_KEYS_MAX)
			return ROWAN_E_INVAL;
		for (size_t k = tk->n; k > i; k--)
			tk->keys[k] = tk->keys[k - 1];
		tk->n++;
	}
	tk->keys[i].node = node;
	tk->keys[i].sk = *sk;
	return 0;
}

/* Compare the public key that belongs to a private one with the tree's. */
static int match(const struct tree *t, uint32_t node, const uint8_t *pk)
{
	struct bytes own = bytes_of(pk, t->suite->kem_pk_len);

	/* 12.4.3.1: it "MUST be the private key that corresponds to the
	 * public key in the node" */
	return bytes_eq(own, tree_encryption_key(t, node)) ? 0
							   : ROWAN_E_MLS_PATH;
}

static int match_secret(
	const struct tree *t, uint32_t node, const struct secret *sk)
{
	uint8_t pk[HPKE_PK_MAX];
	int rc;

	if (tree_is_blank(t, node) || sk->len != t->suite->kem_sk_len)
		return ROWAN_E_MLS_PATH;
	rc = hpke_public(t->suite, secret_view(sk), pk);
	return rc != 0 ? rc : match(t, node, pk);
}

int treekem_set(struct treekem *tk, const struct tree *t, uint32_t node,
	struct bytes sk)
{
	struct secret copy = {.len = 0};
	int rc;

	if ((rc = secret_set(&copy, sk)) == 0 &&
		(rc = match_secret(t, node, &copy)) == 0)
		rc = treekem_put(tk, node, &copy);
	secret_wipe(&copy);
	return rc;
}

int treekem_derive(const struct suite *suite, const struct secret *path_secret,
	struct secret *ret_sk, uint8_t *ret_pk)
{
	struct secret node_secret = {.len = 0};
	int rc;

	secret_wipe(ret_sk);
	rc = label_derive_secret(
		suite, secret_view(path_secret), "node", &node_secret);
	if (rc == 0)
		rc = hpke_key_pair(
			suite, secret_view(&node_secret), ret_sk, ret_pk);
	secret_wipe(&node_secret);
	return rc;
}

int treekem_set_path_secret(struct treekem *tk, const struct tree *t,
	uint32_t node, const struct secret *path_secret)
{
	uint8_t pk[HPKE_PK_MAX];
	struct secret sk = {.len = 0};
	int rc;

	if ((rc = treekem_derive(t->suite, path_secret, &sk, pk)) == 0 &&
		(rc = match(t, node, pk)) == 0)
		rc = treekem_put(tk, node, &sk);
	secret_wipe(&sk);
	return rc;
}

int treekem_next_secret(const struct suite *suite, struct secret *path_secret)
{
	struct secret next = {.len = 0};
	int rc = label_derive_secret(
		suite, secret_view(path_secret), "path", &next);

	if (rc == 0)
		*path_secret = next;
	secret_wipe(&next);
	return rc;
}

int treekem_set_path(struct treekem *tk, const struct tree *t, uint32_t node,
	const struct secret *path_secret, struct secret *ret_commit_secret)
{
	uint32_t root = tree_math_root(tree_leaves(t));
	struct secret secret = *path_secret;
	struct treekem fresh = *tk;
	int rc = 0;

	for (;; node = tree_math_parent(node)) {
		if (!tree_is_blank(t, node) &&
			((rc = treekem_set_path_secret(
				  &fresh, t, node, &secret)) != 0 ||
				(rc = treekem_next_secret(t->suite, &secret)) !=
					0))
			goto out;
		if (node == root)
			break;
	}
	*tk = fresh;
	if (ret_commit_secret != NULL)
		*ret_commit_secret = secret;
out:
	secret_wipe(&secret);
	treekem_wipe(&fresh);
	return rc;
}

int treekem_join(struct treekem *tk, const struct tree *t, uint32_t committer,
	const struct secret *path_secret)
{
	uint32_t node;

	if (committer >= tree_leaves(t) || committer == tk->leaf)
		return ROWAN_E_MLS_PATH;
	node = tree_math_ancestor(tk->leaf, committer);
	if (tree_is_blank(t, node))
		return ROWAN_E_MLS_PATH;
	return treekem_set_path(tk, t, node, path_secret, NULL);
}

void treekem_forget(struct treekem *tk, const struct tree *t)
{
	size_t kept = 0;

	for (size_t i = 0; i < tk->n; i++) {
		if (tree_is_blank(t, tk->keys[i].node))
			continue;
		if (kept != i)
			tk->keys[kept] = tk->keys[i];
		kept++;
	}
	for (size_t i = kept; i < tk->n; i++) {
		secret_wipe(&tk->keys[i].sk);
		tk->keys[i].node = 0;
	}
	tk->n = kept;
}

int treekem_verify(const struct treekem *tk, const struct tree *t)
{
	int rc = 0;

	if (tk->n == 0 || tk->keys[0].node != tree_math_node(tk->leaf))
		return ROWAN_E_MLS_PATH;
	for (size_t i = 0; i < tk->n && rc == 0; i++) {
		uint32_t node = tk->keys[i].node;

		/* A node above the last one is above the leaf. */
		if (i > 0 &&
			(tree_math_level(node) <=
					tree_math_level(tk->keys[i - 1].node) ||
				!tree_math_covers(node, tk->leaf)))
			return ROWAN_E_MLS_PATH;
		rc = match_secret(t, node, &tk->keys[i].sk);
	}
	return rc;
}
