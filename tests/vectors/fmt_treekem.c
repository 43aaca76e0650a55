/*
 * Format "treekem": private states fit their tree; every update path of the
 * case is merged and opened by every other member; then each sender makes a
 * path of its own, which every other member opens.
 */
#include <stdlib.h>

#include <sodium.h>

#include "mls/member/treekem/treekem_path.h"
#include "mls/public/tree/tree_codec.h"
#include "mls/public/tree/tree_hash.h"
#include "vectors/vec.h"

struct members {
	struct tree *tree;
	size_t n;
	struct treekem *private;
	struct bytes *signature_priv;
};

/* A path that every member is to open. */
struct round {
	uint32_t sender;
	struct bytes path;
	struct bytes commit_secret;
	const json_t *path_secrets; /* NULL: not known */
};

static void load_member(struct vec *v, struct members *m, const json_t *json)
{
	const json_t *secrets = vec_array(v, json, "path_secrets");
	struct treekem *tk = &m->private[m->n];
	struct secret path_secret;
	uint32_t leaf = (uint32_t)vec_uint(v, json, "index");

	(void)vec_zero(v,
		treekem_init(tk, leaf, vec_hex(v, json, "encryption_priv")),
		"encryption_priv");
	for (size_t i = 0; i < json_array_size(secrets); i++) {
		const json_t *o = json_array_get(secrets, i);

		(void)vec_zero(v,
			secret_set(&path_secret, vec_hex(v, o, "path_secret")),
			"path_secret");
		(void)vec_zero(v,
			treekem_set_path_secret(tk, m->tree,
				(uint32_t)vec_uint(v, o, "node"), &path_secret),
			"private key of a node");
	}
	(void)vec_zero(v, treekem_verify(tk, m->tree), "private state");
	m->signature_priv[m->n] = vec_hex(v, json, "signature_priv");
	m->n++;
}

/* The GroupContext of the case, with ${t}'s tree hash; the caller drops it. */
static struct group_context *context(struct vec *v, const struct tree *t)
{
	struct hash_value hash;
	struct group_context *gc;
	struct group_context fields = {
		.cipher_suite = v->suite->id,
		.group_id = vec_hex(v, v->json, "group_id"),
		.epoch = vec_uint(v, v->json, "epoch"),
		.confirmed_transcript_hash =
			vec_hex(v, v->json, "confirmed_transcript_hash"),
	};

	tree_hash(t, &hash);
	fields.tree_hash = hash_view(&hash);
	(void)vec_zero(v, group_context_new(&fields, &gc), "group context");
	return gc;
}

/* The node of the path that stands above both ${sender} and ${leaf}. */
static uint32_t shared_node(
	const struct tree *t, uint32_t sender, uint32_t leaf)
{
	struct filtered_path path;
	unsigned i = 0;

	tree_filtered_path(t, sender, &path);
	while (i + 1 < path.len && !tree_math_covers(path.node[i], leaf))
		i++;
	return path.node[i];
}

/* ${want} is the secret behind the key ${tk} now has above the sender. */
static void check_secret(struct vec *v, const struct tree *t, uint32_t sender,
	const struct treekem *tk, struct bytes want)
{
	uint32_t node = shared_node(t, sender, tk->leaf);
	const struct secret *got = treekem_key(tk, node);
	struct secret path_secret, sk;
	uint8_t pk[4096];

	(void)vec_zero(v, secret_set(&path_secret, want), "path secret");
	(void)vec_zero(v, treekem_derive(v->suite, &path_secret, &sk, pk),
		"derived key");
	(void)vec_want(v,
		got != NULL && bytes_eq(secret_view(got), secret_view(&sk)),
		"decrypted path secret differs");
}

static void open_all(struct vec *v, const struct members *m,
	const struct treekem_opening *o, const struct round *r)
{
	struct secret commit;

	for (size_t i = 0; i < m->n; i++) {
		struct treekem tk = m->private[i];

		if (tk.leaf == r->sender)
			continue;
		(void)vec_zero(v, treekem_open(o, &tk, &commit), "open path");
		(void)vec_same(v, secret_view(&commit), r->commit_secret,
			"commit secret");
		(void)vec_zero(v, treekem_verify(&tk, o->tree), "state after");
		if (r->path_secrets != NULL)
			check_secret(v, o->tree, r->sender, &tk,
				vec_hex_value(v, json_array_get(r->path_secrets,
							 tk.leaf)));
		treekem_wipe(&tk);
	}
}

/* Merge the path into a copy of the tree; everybody opens it. */
static void follow(struct vec *v, const struct members *m,
	const struct round *r, struct bytes hash_after)
{
	struct leaf_place place = {vec_hex(v, v->json, "group_id"), r->sender};
	struct update_path path = {0};
	struct group_context *gc;
	struct tree *t = NULL;
	struct hash_value hash;

	if (!vec_zero(v, tree_copy(m->tree, &t), "copy") ||
		!vec_zero(v, update_path_decode(r->path, &path), "path") ||
		!vec_zero(v, tree_path_merge(t, r->sender, &path, NULL),
			"merge")) {
		update_path_wipe(&path);
		tree_free(t);
		return;
	}
	(void)vec_zero(v, leaf_node_verify(v->suite, path.leaf_node, &place),
		"leaf signature");
	tree_hash(t, &hash);
	if (hash_after.len > 0)
		(void)vec_same(
			v, hash_view(&hash), hash_after, "tree_hash_after");
	gc = context(v, t);
	if (gc != NULL)
		open_all(v, m,
			&(struct treekem_opening){.tree = t,
				.sender = r->sender,
				.path = &path,
				.group_context = gc->raw},
			r);
	group_context_unref(gc);
	update_path_wipe(&path);
	tree_free(t);
}

static int host_random(void *ctx, uint8_t *ret, size_t len)
{
	randombytes_buf(ret, len);
	return 0;
}

/* Member number ${i} makes a new path; everybody opens that. */
static void make(struct vec *v, const struct members *m, size_t i)
{
	uint32_t leaf = m->private[i].leaf;
	const struct leaf_node *old = tree_leaf(m->tree, leaf);
	struct leaf_node_params params = {
		.signature_key = old->signature_key,
		.credential_type = old->credential.type,
		.credential = old->credential.content,
		.capabilities = &old->capabilities,
		.extensions = old->extensions,
		.place = {vec_hex(v, v->json, "group_id"), leaf},
	};
	struct group_context *gc = context(v, m->tree);
	uint8_t sk[SIG_SK_MAX], pk[SIG_PK_MAX];
	struct treekem tk = m->private[i];
	struct treekem_made made = {0};
	struct rowan_mls_host host = {.random = host_random};
	struct tree *t = NULL;

	(void)vec_zero(v,
		suite_sign_keys(v->suite, m->signature_priv[i], sk, pk),
		"signature_priv");
	(void)vec_same(v, bytes_of(pk, v->suite->sig->pk_len),
		old->signature_key, "signature key");
	if (gc != NULL && vec_zero(v, tree_copy(m->tree, &t), "copy") &&
		vec_zero(v,
			treekem_make(&(struct treekem_making){.host = &host,
					     .leaf = leaf,
					     .params = &params,
					     .signature_priv = bytes_of(
						     sk, v->suite->sig->sk_len),
					     .context = gc},
				t, &tk, &made),
			"make path")) {
		struct hash_value hash;

		(void)vec_zero(v, treekem_verify(&tk, t), "maker's state");
		tree_hash(t, &hash);
		follow(v, m,
			&(struct round){leaf, buf_view(&made.path),
				secret_view(&made.commit_secret), NULL},
			hash_view(&hash));
	}
	treekem_made_wipe(&made);
	treekem_wipe(&tk);
	group_context_unref(gc);
	tree_free(t);
}

static void paths(struct vec *v, const struct members *m)
{
	const json_t *list = vec_array(v, v->json, "update_paths");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *o = json_array_get(list, i);
		struct round r = {
			(uint32_t)vec_uint(v, o, "sender"),
			vec_hex(v, o, "update_path"),
			vec_hex(v, o, "commit_secret"),
			vec_array(v, o, "path_secrets"),
		};

		follow(v, m, &r, vec_hex(v, o, "tree_hash_after"));
		for (size_t k = 0; k < m->n; k++)
			if (m->private[k].leaf == r.sender)
				make(v, m, k);
	}
}

void fmt_treekem(struct vec *v)
{
	const json_t *list = vec_array(v, v->json, "leaves_private");
	size_t n = json_array_size(list);
	struct members m = {0};

	m.private = calloc(n + 1, sizeof *m.private);
	m.signature_priv = calloc(n + 1, sizeof *m.signature_priv);
	if (m.private == NULL || m.signature_priv == NULL)
		abort();
	if (vec_zero(v,
		    tree_decode(v->suite, vec_hex(v, v->json, "ratchet_tree"),
			    &m.tree),
		    "tree")) {
		for (size_t i = 0; i < n; i++)
			load_member(v, &m, json_array_get(list, i));
		paths(v, &m);
	}
	tree_free(m.tree);
	free(m.private);
	free(m.signature_priv);
}
