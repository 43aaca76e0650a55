/*
 * Update paths of a member: see treekem_path.h.
 */
#include "crypto/hpke.h"
#include "mls/member/treekem/treekem_path.h"
#include "mls/public/tree/tree_hash.h"

static const char path_label[] = "UpdatePathNode";

/* A path in the making. Ends with maker_wipe. */
struct maker {
	const struct treekem_making *in;
	struct tree *t;
	struct treekem tk; /* becomes the member's on success */
	struct treekem_made out;
	struct tree_path plan;
	struct leaf_node *leaf_node;
	struct group_context *context;
	struct secret leaf_sk;
	uint8_t leaf_pk[HPKE_PK_MAX];
	struct secret sk[TREEKEM_KEYS_MAX]; /* of the nodes */
	struct buf pks;			    /* one after the other */
};

static void maker_wipe(struct maker *m)
{
	treekem_wipe(&m->tk);
	treekem_made_wipe(&m->out);
	tree_path_free(&m->plan);
	leaf_node_unref(m->leaf_node);
	group_context_unref(m->context);
	secret_wipe(&m->leaf_sk);
	for (size_t k = 0; k < TREEKEM_KEYS_MAX; k++)
		secret_wipe(&m->sk[k]);
	buf_wipe(&m->pks);
}

static struct bytes node_pk(const struct maker *m, unsigned k)
{
	size_t len = m->t->suite->kem_pk_len;

	return bytes_of(m->pks.data + k * len, len);
}

static int draw(const struct maker *m, struct secret *ret, size_t len)
{
	const struct rowan_mls_host *host = m->in->host;

	ret->len = len;
	return host->random(host->ctx, ret->b, len) == 0 ? 0 : ROWAN_E_INTERNAL;
}

/* 7.5: the leaf's key is "the public key of a freshly sampled key pair". */
static int make_leaf_key(struct maker *m)
{
	struct secret seed = {.len = 0};
	int rc = draw(m, &seed, HPKE_SEED_LEN);

	if (rc == 0)
		rc = hpke_key_pair(m->t->suite, secret_view(&seed), &m->leaf_sk,
			m->leaf_pk);
	secret_wipe(&seed);
	return rc;
}

/* 7.4: a path secret and a key pair for each node, then the commit secret. */
static int make_node_keys(struct maker *m)
{
	const struct suite *suite = m->t->suite;
	struct filtered_path *nodes = &m->out.nodes;
	struct secret secret = {.len = 0};
	int rc;

	tree_filtered_path(m->t, m->in->leaf, nodes);
	rc = buf_alloc(&m->pks, nodes->len * suite->kem_pk_len);
	if (rc == 0)
		rc = draw(m, &secret, suite->hash->len);
	for (unsigned k = 0; k < nodes->len && rc == 0; k++) {
		m->out.path_secrets[k] = secret;
		rc = treekem_derive(suite, &secret, &m->sk[k],
			m->pks.data + k * suite->kem_pk_len);
		if (rc == 0)
			rc = treekem_next_secret(suite, &secret);
	}
	m->out.commit_secret = secret;
	secret_wipe(&secret);
	return rc;
}

/* Parent hashes, the signed leaf, and all of it into the tree. */
static int apply_path(struct maker *m)
{
	struct leaf_node_params params = *m->in->params;
	struct bytes keys[TREEKEM_KEYS_MAX];
	unsigned n = m->out.nodes.len;
	int rc;

	for (unsigned k = 0; k < n; k++)
		keys[k] = node_pk(m, k);
	rc = tree_path_plan(m->t, m->in->leaf, keys, n, &m->plan);
	if (rc != 0)
		return rc;
	params.encryption_key = bytes_of(m->leaf_pk, m->t->suite->kem_pk_len);
	params.source = LEAF_NODE_COMMIT;
	params.parent_hash = hash_view(&m->plan.leaf_parent_hash);
	params.place.group_id = m->in->context->group_id;
	params.place.leaf_index = m->in->leaf;
	rc = leaf_node_new(
		m->t->suite, &params, m->in->signature_priv, &m->leaf_node);
	if (rc == 0)
		tree_path_apply(m->t, &m->plan, m->leaf_node);
	return rc;
}

/* 12.4.1: the provisional group context has the new tree's hash. */
static int make_context(struct maker *m)
{
	struct group_context fields = *m->in->context;
	struct hash_value hash;

	tree_hash(m->t, &hash);
	fields.tree_hash = hash_view(&hash);
	return group_context_new(&fields, &m->context);
}

/* One ciphertext for each node of the resolution, new leaves left out. */
static int encrypt_node(
	struct maker *m, unsigned k, struct node_list *res, struct writer *w)
{
	struct hpke_to to = {.suite = m->t->suite,
		.label = path_label,
		.context = m->context->raw};
	struct secret seed = {.len = 0};
	int rc;

	res->len = 0;
	/* 7.5: a new member "MUST be excluded from this resolution" */
	rc = tree_resolution(m->t, m->out.nodes.copath[k], m->in->added, res);
	for (size_t i = 0; i < res->len && rc == 0; i++) {
		if ((rc = draw(m, &seed, HPKE_SEED_LEN)) != 0)
			break;
		to.pk = tree_encryption_key(m->t, res->v[i]);
		to.seed = secret_view(&seed);
		rc = hpke_encrypt_label(
			&to, secret_view(&m->out.path_secrets[k]), w);
	}
	secret_wipe(&seed);
	return rc;
}

static int write_path(struct maker *m)
{
	struct update_path_node nodes[TREEKEM_KEYS_MAX] = {0};
	size_t end[TREEKEM_KEYS_MAX];
	struct node_list res = {0};
	struct writer sealed, w;
	size_t from = 0;
	int rc = 0;

	writer_init(&sealed, MLS_MESSAGE_MAX);
	writer_init(&w, MLS_MESSAGE_MAX);
	for (unsigned k = 0; k < m->out.nodes.len; k++) {
		if ((rc = encrypt_node(m, k, &res, &sealed)) != 0 ||
			(rc = writer_status(&sealed)) != 0)
			goto out;
		end[k] = sealed.len;
	}
	/* No view before the memory has stopped growing. */
	for (unsigned k = 0; k < m->out.nodes.len; k++) {
		nodes[k].encryption_key = node_pk(m, k);
		nodes[k].encrypted =
			bytes_of(sealed.data + from, end[k] - from);
		from = end[k];
	}
	update_path_write(&w, m->leaf_node, nodes, m->out.nodes.len);
	rc = writer_finish(&w, &m->out.path);
out:
	node_list_free(&res);
	writer_wipe(&sealed);
	writer_wipe(&w);
	return rc;
}

/* The keys just made replace what we knew. */
static int keep_keys(struct maker *m)
{
	const struct tree *t = m->t;
	int rc;

	m->tk.leaf = m->in->leaf;
	treekem_forget(&m->tk, t);
	rc = treekem_put(&m->tk, tree_math_node(m->in->leaf), &m->leaf_sk);
	for (unsigned k = 0; k < m->out.nodes.len && rc == 0; k++)
		rc = treekem_put(&m->tk, m->out.nodes.node[k], &m->sk[k]);
	return rc;
}

int treekem_make(const struct treekem_making *making, struct tree *t,
	struct treekem *tk, struct treekem_made *ret)
{
	struct maker m = {.in = making, .t = t, .tk = *tk};
	int rc;

	*ret = (struct treekem_made){0};
	if ((rc = make_leaf_key(&m)) != 0 || (rc = make_node_keys(&m)) != 0 ||
		(rc = apply_path(&m)) != 0 || (rc = make_context(&m)) != 0 ||
		(rc = write_path(&m)) != 0 || (rc = keep_keys(&m)) != 0)
		goto out;
	treekem_wipe(tk);
	*tk = m.tk;
	*ret = m.out;
	m.out.path = (struct buf){0};
out:
	maker_wipe(&m);
	return rc;
}

const struct secret *treekem_made_secret(
	const struct treekem_made *made, uint32_t leaf)
{
	for (unsigned k = 0; k < made->nodes.len; k++)
		if (tree_math_covers(made->nodes.copath[k], leaf))
			return &made->path_secrets[k];
	return NULL;
}

void treekem_made_wipe(struct treekem_made *made)
{
	buf_wipe(&made->path);
	secret_wipe(&made->commit_secret);
	for (size_t k = 0; k < TREEKEM_KEYS_MAX; k++)
		secret_wipe(&made->path_secrets[k]);
	*made = (struct treekem_made){0};
}

/*
 * 7.5: "Identify a node in the resolution of the copath node for which the
 * recipient has a private key." Sets ${ret} to its place in the resolution.
 */
static int find_ciphertext(const struct treekem_opening *in,
	const struct treekem *tk, uint32_t copath, struct hpke_from *from,
	size_t *ret)
{
	struct node_list res = {0};
	int rc = tree_resolution(in->tree, copath, in->added, &res);

	for (size_t i = 0; i < res.len && rc == 0; i++) {
		const struct secret *sk = treekem_key(tk, res.v[i]);

		if (sk == NULL)
			continue;
		from->sk = secret_view(sk);
		from->pk = tree_encryption_key(in->tree, res.v[i]);
		*ret = i;
		goto out;
	}
	if (rc == 0)
		rc = ROWAN_E_MLS_PATH;
out:
	node_list_free(&res);
	return rc;
}

/* Decrypt the path secret of node ${k} of the filtered path. */
static int open_secret(const struct treekem_opening *in,
	const struct treekem *tk, const struct update_path_node *node,
	uint32_t copath, struct secret *ret)
{
	struct hpke_from from = {.suite = in->tree->suite,
		.label = path_label,
		.context = in->group_context};
	struct hpke_ciphertext sealed;
	struct buf plain = {0};
	size_t place = 0;
	int rc;

	if ((rc = find_ciphertext(in, tk, copath, &from, &place)) != 0)
		return rc;
	if (hpke_ciphertext_at(node, place, &sealed) != 0)
		return ROWAN_E_MLS_PATH;
	rc = hpke_decrypt_label(&from, &sealed, &plain);
	if (rc == 0 && plain.len != in->tree->suite->hash->len)
		rc = ROWAN_E_MLS_PATH;
	if (rc == 0)
		rc = secret_set(ret, buf_view(&plain));
	buf_wipe(&plain);
	return rc;
}

/* Return the place in the filtered path whose copath child holds ${leaf}. */
static unsigned find_branch(const struct filtered_path *fp, uint32_t leaf)
{
	unsigned k = 0;

	while (k < fp->len && !tree_math_covers(fp->copath[k], leaf))
		k++;
	return k;
}

int treekem_open(const struct treekem_opening *opening, struct treekem *tk,
	struct secret *ret_commit_secret)
{
	struct treekem fresh = *tk;
	struct secret secret = {.len = 0};
	struct filtered_path fp;
	unsigned k;
	int rc = ROWAN_E_MLS_PATH;

	secret_wipe(ret_commit_secret);
	treekem_forget(&fresh, opening->tree);
	tree_filtered_path(opening->tree, opening->sender, &fp);
	k = find_branch(&fp, tk->leaf);
	if (k >= fp.len || k >= opening->path->n)
		goto out;
	rc = open_secret(opening, &fresh, &opening->path->nodes[k],
		fp.copath[k], &secret);
	if (rc != 0)
		goto out;
	/* 7.5: "Verify that the derived public keys are the same" */
	rc = treekem_set_path(
		&fresh, opening->tree, fp.node[k], &secret, ret_commit_secret);
	if (rc == 0)
		*tk = fresh;
out:
	secret_wipe(&secret);
	treekem_wipe(&fresh);
	return rc;
}
