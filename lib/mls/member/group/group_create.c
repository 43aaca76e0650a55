/*
 * New groups and their GroupInfo (RFC 9420 sections 11, 12.4.3). See group.h.
 */
#include <sodium.h>

#include "crypto/hpke.h"
#include "mls/member/group/group.h"
#include "mls/public/object/extension.h"
#include "mls/public/tree/tree_codec.h"
#include "mls/public/tree/tree_hash.h"

#define RANDOM_ID_LEN 16

/* Our leaf, the only one, with a fresh key. */
static int first_leaf(struct rowan_mls_group *g)
{
	uint8_t seed[HPKE_SEED_LEN], pk[HPKE_PK_MAX];
	struct client_capabilities caps;
	struct leaf_node_params params;
	struct leaf_node *leaf = NULL;
	struct secret sk = {.len = 0};
	int rc = client_random(g->client, seed, sizeof seed);

	if (rc == 0)
		rc = hpke_key_pair(
			g->suite, bytes_of(seed, sizeof seed), &sk, pk);
	if (rc != 0)
		goto out;
	client_capabilities(g->client, &caps);
	client_leaf_params(g->client, &caps, &params);
	params.encryption_key = bytes_of(pk, g->suite->kem_pk_len);
	params.source = LEAF_NODE_KEY_PACKAGE;
	client_lifetime(g->client, &params);
	if ((rc = leaf_node_new(
		     g->suite, &params, client_sk(g->client), &leaf)) != 0 ||
		(rc = tree_new(g->suite, &g->tree)) != 0 ||
		(rc = tree_add(g->tree, leaf, &g->leaf)) != 0)
		goto out;
	rc = treekem_init(g->keys, g->leaf, secret_view(&sk));
out:
	leaf_node_unref(leaf);
	secret_wipe(&sk);
	sodium_memzero(seed, sizeof seed);
	return rc;
}

/* 11: "a uniformly random value of size KDF.Nh" starts the key schedule. */
static int first_epoch(struct rowan_mls_group *g)
{
	struct epoch_start start;
	struct secret epoch = {.len = g->suite->hash->len};
	int rc = client_random(g->client, epoch.b, epoch.len);

	if (rc == 0)
		rc = key_schedule_first(g->suite, &epoch, &g->secrets, &start);
	secret_wipe(&epoch);
	if (rc != 0)
		return rc;
	rc = secret_tree_new(g->suite, &start.encryption, tree_leaves(g->tree),
		&g->message_keys);
	epoch_start_wipe(&start);
	if (rc != 0)
		return rc;
	group_tag(g, &g->confirmation_tag);
	return transcript_interim(g->suite,
		g->context->confirmed_transcript_hash,
		hash_view(&g->confirmation_tag), &g->interim);
}

static int create(struct rowan_mls_group *g, struct bytes group_id,
	struct bytes extensions)
{
	struct group_context fields = {.cipher_suite = g->suite->id,
		.group_id = group_id,
		.extensions = extensions};
	struct leaf_policy policy;
	struct hash_value hash;
	int rc = first_leaf(g);

	if (rc != 0)
		return rc;
	/* 13.4: the creator must support what the group asks for */
	if (!tree_supports(g->tree, extensions))
		return ROWAN_E_MLS_EXTENSION;
	client_policy(g->client, &policy);
	if ((rc = epoch_extensions_check(&policy, extensions)) != 0)
		return rc;
	tree_hash(g->tree, &hash);
	fields.tree_hash = hash_view(&hash);
	rc = group_context_new(&fields, &g->context);
	return rc == 0 ? first_epoch(g) : rc;
}

int rowan_mls_group_create(struct rowan_mls *client,
	struct rowan_mls_bytes group_id, struct rowan_mls_extensions extensions,
	struct rowan_mls_group **ret)
{
	uint8_t random_id[RANDOM_ID_LEN];
	struct bytes id = host_in(group_id);
	struct rowan_mls_group *g = NULL;
	struct buf list = {0};
	int rc = client_extensions(extensions, &list);

	*ret = NULL;
	if (rc == 0 && id.len > MLS_GROUP_ID_MAX)
		rc = ROWAN_E_INVAL;
	if (rc == 0 && id.len == 0) {
		rc = client_random(client, random_id, sizeof random_id);
		id = bytes_of(random_id, sizeof random_id);
	}
	if (rc == 0)
		rc = group_new(client, &g);
	if (rc == 0)
		rc = create(g, id, buf_view(&list));
	buf_wipe(&list);
	if (rc != 0)
		rowan_mls_group_free(g);
	else
		*ret = g;
	return rc;
}

/* ---- GroupInfo ---------------------------------------------------------- */

/* 12.4.3.2: external_pub carries the public half of the external key pair. */
static int write_external_pub(const struct rowan_mls_group *g, struct writer *w)
{
	uint8_t pk[HPKE_PK_MAX], data[HPKE_PK_MAX + 4];
	struct secret sk;
	struct writer inner;
	int rc = key_schedule_external(g->suite, &g->secrets.external, &sk, pk);

	secret_wipe(&sk);
	if (rc != 0)
		return rc;
	writer_init_fixed(&inner, data, sizeof data);
	writer_vec(&inner, bytes_of(pk, g->suite->kem_pk_len));
	extension_write(w, EXTENSION_EXTERNAL_PUB, writer_view(&inner));
	return writer_status(&inner);
}

int group_info_make(const struct rowan_mls_group *g, bool tree,
	bool external_pub, struct buf *ret)
{
	struct group_info fields = {.context = g->context,
		.confirmation_tag = hash_view(&g->confirmation_tag),
		.signer = g->leaf};
	struct buf encoded = {0};
	struct writer w;
	int rc = 0;

	*ret = (struct buf){0};
	writer_init(&w, MLS_MESSAGE_MAX);
	if (tree && (rc = tree_encode(g->tree, &encoded)) == 0)
		extension_write(&w, EXTENSION_RATCHET_TREE, buf_view(&encoded));
	if (rc == 0 && external_pub)
		rc = write_external_pub(g, &w);
	if (rc == 0)
		rc = writer_status(&w);
	fields.extensions = writer_view(&w);
	if (rc == 0)
		rc = group_info_new(
			g->suite, &fields, client_sk(g->client), ret);
	writer_wipe(&w);
	buf_wipe(&encoded);
	return rc;
}

int rowan_mls_group_info(const struct rowan_mls_group *group,
	const struct rowan_mls_group_info_options *options,
	struct rowan_mls_buf *ret)
{
	struct buf info, message = {0};
	int rc = group_usable(group);

	*ret = (struct rowan_mls_buf){NULL, 0};
	if (rc != 0)
		return rc;
	rc = group_info_make(group, options != NULL && options->tree,
		options != NULL && options->external_pub, &info);
	if (rc == 0)
		rc = mls_message_wrap(
			WIRE_FORMAT_GROUP_INFO, buf_view(&info), &message);
	buf_wipe(&info);
	if (rc == 0)
		*ret = client_give(message);
	return rc;
}
