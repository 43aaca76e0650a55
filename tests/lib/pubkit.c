/*
 * A group seen from outside: see pubkit.h.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/label.h"
#include "lib/pubkit.h"
#include "lib/pubkit_internal.h"
#include "mls/public/object/extension.h"
#include "mls/public/tree/tree_codec.h"
#include "mls/public/tree/tree_hash.h"

const uint8_t pubkit_zeros[HASH_MAX];

void pubkit_must(int rc, const char *what)
{
	if (rc == 0)
		return;
	fprintf(stderr, "pubkit: %s: %d\n", what, rc);
	abort();
}

void pubkit_bytes(struct pubkit *k, uint8_t ret[32])
{
	k->counter++;
	(void)crypto_generichash(ret, 32, (const uint8_t *)&k->counter,
		sizeof k->counter, NULL, 0);
}

static void make_client(struct pubkit *k, struct pubkit_client *c, unsigned i)
{
	uint8_t seed[32];

	pubkit_bytes(k, seed);
	MUST(suite_sign_keys(
		k->suite, bytes_of(seed, sizeof seed), c->sk, c->pk));
	(void)snprintf((char *)c->name, sizeof c->name, "user%02u", i);
}

static struct bytes key_of(
	const struct pubkit *k, const struct pubkit_client *c)
{
	return bytes_of(c->pk, k->suite->sig->pk_len);
}

struct bytes pubkit_priv(const struct pubkit *k, const struct pubkit_client *c)
{
	return bytes_of(c->sk, k->suite->sig->sk_len);
}

/* The five lists of a client's capabilities, in one buffer. */
struct lists {
	uint8_t bytes[64];
	struct capabilities c;
};

static void lists_of(const struct pubkit *k, struct lists *ret)
{
	const uint16_t version = MLS_VERSION_10;
	const uint16_t basic = CREDENTIAL_BASIC;
	struct reader r;
	struct writer w;

	writer_init_fixed(&w, ret->bytes, sizeof ret->bytes);
	type_list_write(&w, &version, 1);
	type_list_write(&w, &k->suite->id, 1);
	type_list_write(&w, k->extension_types, k->extension_types_n);
	type_list_write(&w, k->proposal_types, k->proposal_types_n);
	if (k->credential_types_n == 0)
		type_list_write(&w, &basic, 1);
	else
		type_list_write(&w, k->credential_types, k->credential_types_n);
	MUST(writer_status(&w));
	reader_init(&r, writer_view(&w));
	MUST(capabilities_read(&r, &ret->c));
}

struct leaf_node *pubkit_leaf(struct pubkit *k,
	const struct pubkit_client *client, const struct pubkit_leaf *o)
{
	static const struct pubkit_leaf usual;
	const struct pubkit_client *signer;
	struct leaf_node_params p = {0};
	struct leaf_node *leaf;
	struct lists lists;
	uint8_t fresh[32];

	o = o == NULL ? &usual : o;
	signer = o->signer == NULL ? client : o->signer;
	lists_of(k, &lists);
	pubkit_bytes(k, fresh);
	p.encryption_key =
		o->encryption.len > 0 ? o->encryption : bytes_of(fresh, 32);
	p.signature_key = key_of(k, client);
	p.credential_type =
		o->credential == 0 ? CREDENTIAL_BASIC : o->credential;
	p.credential = bytes_of(client->name, sizeof client->name);
	p.capabilities = &lists.c;
	p.source = o->source == 0 ? LEAF_NODE_KEY_PACKAGE : o->source;
	p.not_after = o->expired ? 1 : UINT64_MAX;
	p.parent_hash = o->parent_hash;
	p.extensions = o->extensions;
	if (k->group != NULL)
		p.place.group_id = k->group->context->group_id;
	if (o->other_group)
		p.place.group_id = bytes_of("another", 7);
	p.place.leaf_index = o->index;
	MUST(leaf_node_new(k->suite, &p, pubkit_priv(k, signer), &leaf));
	return leaf;
}

struct buf pubkit_finish(struct writer *w)
{
	struct buf ret;

	MUST(writer_finish(w, &ret));
	return ret;
}

struct buf pubkit_package(struct pubkit *k, const struct pubkit_client *client,
	const struct pubkit_package *o)
{
	static const struct pubkit_package usual;
	const struct pubkit_client *signer;
	uint8_t signature[SIG_MAX];
	struct leaf_node *leaf;
	uint8_t fresh[32];
	struct writer w;

	o = o == NULL ? &usual : o;
	signer = o->signer == NULL ? client : o->signer;
	leaf = pubkit_leaf(k, client, &o->leaf);
	pubkit_bytes(k, fresh);
	writer_init(&w, MLS_MESSAGE_MAX);
	writer_u16(&w, o->version == 0 ? MLS_VERSION_10 : o->version);
	writer_u16(&w, o->suite == 0 ? k->suite->id : o->suite);
	writer_vec(&w, o->init.len > 0 ? o->init : bytes_of(fresh, 32));
	writer_raw(&w, leaf->raw.data, leaf->raw.len);
	writer_vec(&w, bytes_of(NULL, 0));
	MUST(label_sign(k->suite, pubkit_priv(k, signer), "KeyPackageTBS",
		writer_view(&w), signature));
	writer_vec(&w, bytes_of(signature, k->suite->sig->sig_len));
	leaf_node_unref(leaf);
	return pubkit_finish(&w);
}

struct buf pubkit_add(struct pubkit *k, const struct pubkit_client *client,
	const struct pubkit_package *o)
{
	struct buf package = pubkit_package(k, client, o);
	struct writer w;

	writer_init(&w, MLS_MESSAGE_MAX);
	proposal_write_add(&w, buf_view(&package));
	buf_wipe(&package);
	return pubkit_finish(&w);
}

struct buf pubkit_update(struct pubkit *k, const struct pubkit_client *client,
	const struct pubkit_leaf *o)
{
	struct pubkit_leaf leaf = {0};
	struct leaf_node *node;
	struct writer w;

	if (o != NULL)
		leaf = *o;
	else
		leaf.index = (uint32_t)(client - k->client);
	if (leaf.source == 0)
		leaf.source = LEAF_NODE_UPDATE;
	node = pubkit_leaf(k, client, &leaf);
	writer_init(&w, MLS_MESSAGE_MAX);
	proposal_write_update(&w, node->raw);
	leaf_node_unref(node);
	return pubkit_finish(&w);
}

struct buf pubkit_remove(uint32_t leaf)
{
	struct writer w;

	writer_init(&w, MLS_MESSAGE_MAX);
	proposal_write_remove(&w, leaf);
	return pubkit_finish(&w);
}

struct buf pubkit_psk(const struct psk_id *id)
{
	struct writer w;

	writer_init(&w, MLS_MESSAGE_MAX);
	proposal_write_psk(&w, id);
	return pubkit_finish(&w);
}

struct buf pubkit_extensions(struct bytes list)
{
	struct writer w;

	writer_init(&w, MLS_MESSAGE_MAX);
	proposal_write_extensions(&w, list);
	return pubkit_finish(&w);
}

struct buf pubkit_reinit(void)
{
	const struct reinit reinit = {.group_id = bytes_of("next", 4),
		.version = MLS_VERSION_10,
		.cipher_suite = 3};
	struct writer w;

	writer_init(&w, MLS_MESSAGE_MAX);
	proposal_write_reinit(&w, &reinit);
	return pubkit_finish(&w);
}

struct buf pubkit_external_init(struct pubkit *k)
{
	uint8_t kem_output[32];
	struct writer w;

	pubkit_bytes(k, kem_output);
	writer_init(&w, MLS_MESSAGE_MAX);
	proposal_write_external_init(&w, bytes_of(kem_output, 32));
	return pubkit_finish(&w);
}

struct buf pubkit_other(uint16_t type)
{
	struct writer w;

	writer_init(&w, MLS_MESSAGE_MAX);
	proposal_write_other(&w, type, bytes_of("other", 5));
	return pubkit_finish(&w);
}

static struct buf group_info(
	struct pubkit *k, const struct tree *tree, struct bytes extensions)
{
	struct group_context fields = {.cipher_suite = k->suite->id,
		.group_id = bytes_of("kit", 3),
		.epoch = 1,
		.confirmed_transcript_hash =
			bytes_of(pubkit_zeros, k->suite->hash->len),
		.extensions = extensions};
	struct group_info info = {.confirmation_tag = bytes_of(
					  pubkit_zeros, k->suite->hash->len)};
	struct hash_value hash;
	struct buf nodes;
	struct buf inner;
	struct buf ret;
	struct writer w;

	tree_hash(tree, &hash);
	fields.tree_hash = hash_view(&hash);
	MUST(group_context_new(&fields, &info.context));
	MUST(tree_encode(tree, &nodes));
	writer_init(&w, MLS_MESSAGE_MAX);
	extension_write(&w, EXTENSION_RATCHET_TREE, buf_view(&nodes));
	info.extensions = writer_view(&w);
	MUST(group_info_new(
		k->suite, &info, pubkit_priv(k, &k->client[0]), &inner));
	MUST(mls_message_wrap(WIRE_FORMAT_GROUP_INFO, buf_view(&inner), &ret));
	group_context_unref(info.context);
	writer_wipe(&w);
	buf_wipe(&inner);
	buf_wipe(&nodes);
	return ret;
}

void pubkit_init(struct pubkit *k, uint32_t members, struct bytes extensions)
{
	struct public_group_params params = {
		.suites = suite_default, .policy = &k->policy};
	struct tree *tree;
	struct buf info;

	k->suite = suite_default[0];
	for (unsigned i = 0; i < PUBKIT_CLIENTS; i++)
		make_client(k, &k->client[i], i);
	MUST(tree_new(k->suite, &tree));
	for (uint32_t i = 0; i < members; i++) {
		struct leaf_node *leaf = pubkit_leaf(k, &k->client[i], NULL);
		uint32_t at;

		MUST(tree_add(tree, leaf, &at));
		leaf_node_unref(leaf);
	}
	info = group_info(k, tree, extensions);
	params.group_info = buf_view(&info);
	MUST(public_group_new(&params, &k->group));
	buf_wipe(&info);
	tree_free(tree);
}

void pubkit_wipe(struct pubkit *k)
{
	public_group_free(k->group);
	sodium_memzero(k, sizeof *k);
}

int pubkit_process(struct pubkit *k, struct buf message)
{
	struct public_staged *staged;
	int rc = public_group_process(
		k->group, &k->policy, buf_view(&message), &staged);

	buf_wipe(&message);
	if (rc != 0)
		return rc;
	rc = public_group_merge(k->group, staged);
	public_staged_free(staged);
	return rc;
}

int pubkit_refuse(struct pubkit *k, struct buf message)
{
	struct public_staged *staged;
	struct buf before;
	struct buf after;
	int rc;

	MUST(public_group_save(k->group, &before));
	rc = public_group_process(
		k->group, &k->policy, buf_view(&message), &staged);
	MUST(public_group_save(k->group, &after));
	if (!bytes_eq(buf_view(&before), buf_view(&after))) {
		fprintf(stderr, "pubkit: the group changed\n");
		abort();
	}
	public_staged_free(staged);
	buf_wipe(&before);
	buf_wipe(&after);
	buf_wipe(&message);
	return rc;
}

int pubkit_setup(void **state)
{
	static struct pubkit k;

	memset(&k, 0, sizeof k);
	pubkit_init(&k, PUBKIT_MEMBERS, bytes_of(NULL, 0));
	*state = &k;
	return 0;
}

int pubkit_teardown(void **state)
{
	pubkit_wipe(*state);
	return 0;
}
