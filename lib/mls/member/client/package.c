/*
 * Own key packages (RFC 9420 section 10): made, kept, found, forgotten.
 */
#include <stdlib.h>

#include <sodium.h>

#include "crypto/hpke.h"
#include "mls/member/client/client.h"
#include "mls/public/object/extension.h"
#include "mls/public/framing/mls_message.h"

static struct stored_package *find(const struct rowan_mls *c, struct bytes ref)
{
	for (struct stored_package *p = c->packages; p != NULL; p = p->next)
		if (bytes_eq(hash_view(&p->ref), ref))
			return p;
	return NULL;
}

void package_free(struct stored_package *p)
{
	if (p == NULL)
		return;
	buf_wipe(&p->raw);
	mem_free(p, sizeof *p);
}

static void forget(struct rowan_mls *c, struct stored_package *p)
{
	struct stored_package **at = &c->packages;

	while (*at != NULL && *at != p)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	*at = p->next;
	package_free(p);
}

void package_used(struct rowan_mls *c, struct stored_package *p)
{
	if (!p->last_resort)
		forget(c, p);
}

/* The oldest stand first, so that saving is stable. */
void package_put(struct rowan_mls *c, struct stored_package *p)
{
	struct stored_package **at = &c->packages;

	while (*at != NULL)
		at = &(*at)->next;
	p->next = NULL;
	*at = p;
}

/* A fresh HPKE key pair. */
static int fresh_pair(
	const struct rowan_mls *c, struct secret *ret_sk, uint8_t *ret_pk)
{
	uint8_t seed[HPKE_SEED_LEN];
	int rc = client_random(c, seed, sizeof seed);

	if (rc == 0)
		rc = hpke_key_pair(
			c->suite, bytes_of(seed, sizeof seed), ret_sk, ret_pk);
	sodium_memzero(seed, sizeof seed);
	return rc;
}

/*
 * 10: "Extensions included in the extensions or leaf_node.extensions fields
 * MUST be included in" the capabilities: a last resort says so there, too.
 */
static int last_resort_types(const struct capabilities *caps, struct buf *ret)
{
	struct writer w;

	writer_init(&w, MLS_TYPE_LIST_MAX);
	writer_raw(&w, caps->extensions.data, caps->extensions.len);
	if (!type_list_has(caps->extensions, EXTENSION_LAST_RESORT))
		writer_u16(&w, EXTENSION_LAST_RESORT);
	return writer_finish(&w, ret);
}

/* The lifetime that was asked for; of one end alone, the other follows. */
static void ask_lifetime(const struct rowan_mls_key_package_options *o,
	struct leaf_node_params *params)
{
	uint64_t span = params->not_after - params->not_before;

	if (o->not_before != 0) {
		params->not_before = o->not_before;
		params->not_after = o->not_before <= UINT64_MAX - span
					    ? o->not_before + span
					    : UINT64_MAX;
	}
	if (o->not_after != 0) {
		params->not_after = o->not_after;
		if (o->not_before == 0 && o->not_after < params->not_before)
			params->not_before = o->not_after;
	}
}

static int make_leaf(const struct rowan_mls *c,
	const struct rowan_mls_key_package_options *o, struct bytes pk,
	struct leaf_node **ret)
{
	struct rowan_mls_extensions none = {NULL, 0};
	struct client_capabilities caps;
	struct leaf_node_params params;
	struct buf extensions, types = {0};
	int rc = client_extensions(
		o != NULL ? o->leaf_extensions : none, &extensions);

	*ret = NULL;
	if (rc != 0)
		return rc;
	client_capabilities(c, &caps);
	client_leaf_params(c, &caps, &params);
	params.encryption_key = pk;
	params.source = LEAF_NODE_KEY_PACKAGE;
	client_lifetime(c, &params);
	if (o != NULL)
		ask_lifetime(o, &params);
	params.extensions = buf_view(&extensions);
	if (params.not_after < params.not_before)
		rc = ROWAN_E_INVAL;
	else if (o != NULL && o->last_resort &&
		 (rc = last_resort_types(&caps.lists, &types)) == 0)
		caps.lists.extensions = buf_view(&types);
	if (rc == 0)
		rc = leaf_node_new(c->suite, &params, client_sk(c), ret);
	buf_wipe(&types);
	buf_wipe(&extensions);
	return rc;
}

/* Everything but handing it out. */
static int make(struct rowan_mls *c,
	const struct rowan_mls_key_package_options *o, struct stored_package *p)
{
	uint8_t init_pk[HPKE_PK_MAX], leaf_pk[HPKE_PK_MAX], mark[8];
	struct key_package_params params = {0};
	struct key_package kp = {0};
	struct leaf_node *leaf = NULL;
	struct writer w;
	int rc;

	p->last_resort = o != NULL && o->last_resort;
	writer_init_fixed(&w, mark, sizeof mark);
	if (p->last_resort)
		extension_write(&w, EXTENSION_LAST_RESORT, bytes_of(NULL, 0));
	if ((rc = fresh_pair(c, &p->init_sk, init_pk)) != 0 ||
		(rc = fresh_pair(c, &p->leaf_sk, leaf_pk)) != 0 ||
		(rc = make_leaf(c, o, bytes_of(leaf_pk, c->suite->kem_pk_len),
			 &leaf)) != 0)
		return rc;
	params.init_key = bytes_of(init_pk, c->suite->kem_pk_len);
	params.leaf_node = leaf;
	params.extensions = writer_view(&w);
	rc = key_package_new(c->suite, &params, client_sk(c), &p->raw);
	if (rc == 0)
		rc = key_package_decode(buf_view(&p->raw), &kp);
	if (rc == 0)
		key_package_ref(c->suite, &kp, &p->ref);
	key_package_wipe(&kp);
	leaf_node_unref(leaf);
	return rc;
}

int rowan_mls_key_package(struct rowan_mls *client,
	const struct rowan_mls_key_package_options *options,
	struct rowan_mls_buf *ret, struct rowan_mls_buf *ret_ref)
{
	struct stored_package *p = calloc(1, sizeof *p);
	struct buf message = {0}, ref = {0};
	int rc;

	*ret = (struct rowan_mls_buf){NULL, 0};
	if (ret_ref != NULL)
		*ret_ref = (struct rowan_mls_buf){NULL, 0};
	if (p == NULL)
		return ROWAN_E_NOMEM;
	if ((rc = make(client, options, p)) != 0 ||
		(rc = mls_message_wrap(WIRE_FORMAT_KEY_PACKAGE,
			 buf_view(&p->raw), &message)) != 0 ||
		(rc = buf_copy(&ref, hash_view(&p->ref))) != 0) {
		buf_wipe(&message);
		package_free(p);
		return rc;
	}
	package_put(client, p);
	*ret = client_give(message);
	if (ret_ref != NULL)
		*ret_ref = client_give(ref);
	else
		buf_wipe(&ref);
	return 0;
}

/* Does ${sk} belong to ${pk}? */
static int pair_check(const struct suite *s, struct bytes sk, struct bytes pk)
{
	uint8_t derived[HPKE_PK_MAX];
	int rc;

	if (sk.len != s->kem_sk_len || pk.len != s->kem_pk_len)
		return ROWAN_E_CRYPTO;
	rc = hpke_public(s, sk, derived);
	if (rc != 0)
		return rc;
	return bytes_eq(bytes_of(derived, pk.len), pk) ? 0 : ROWAN_E_CRYPTO;
}

int package_check_keys(const struct rowan_mls *c,
	const struct stored_package *p, const struct key_package *kp)
{
	int rc = pair_check(c->suite, secret_view(&p->init_sk), kp->init_key);

	if (rc == 0)
		rc = pair_check(c->suite, secret_view(&p->leaf_sk),
			kp->leaf_node->encryption_key);
	if (rc == 0 && !bytes_eq(kp->leaf_node->signature_key,
			       buf_view(&c->signature_key)))
		rc = ROWAN_E_CRYPTO;
	return rc;
}

int rowan_mls_key_package_import(struct rowan_mls *client,
	struct rowan_mls_bytes key_package, struct rowan_mls_bytes init_priv,
	struct rowan_mls_bytes leaf_priv)
{
	struct stored_package *p = NULL;
	struct mls_message m = {0};
	const struct key_package *kp = &m.key_package;
	struct bytes unused;
	int rc = mls_message_decode(host_in(key_package), &m);

	if (rc != 0)
		return rc;
	if (m.wire_format != WIRE_FORMAT_KEY_PACKAGE) {
		rc = ROWAN_E_INVAL;
		goto out;
	}
	if (kp->cipher_suite != client->suite->id) {
		rc = ROWAN_E_MLS_SUITE;
		goto out;
	}
	if ((p = calloc(1, sizeof *p)) == NULL) {
		rc = ROWAN_E_NOMEM;
		goto out;
	}
	if (secret_set(&p->init_sk, host_in(init_priv)) != 0 ||
		secret_set(&p->leaf_sk, host_in(leaf_priv)) != 0) {
		rc = ROWAN_E_CRYPTO;
		goto out;
	}
	if ((rc = package_check_keys(client, p, kp)) != 0 ||
		(rc = buf_copy(&p->raw, kp->raw)) != 0)
		goto out;
	p->last_resort =
		extension_find(kp->extensions, EXTENSION_LAST_RESORT, &unused);
	key_package_ref(client->suite, kp, &p->ref);
	package_put(client, p);
	p = NULL;
out:
	package_free(p);
	mls_message_wipe(&m);
	return rc;
}

int rowan_mls_key_package_forget(
	struct rowan_mls *client, struct rowan_mls_bytes ref)
{
	struct stored_package *p = find(client, host_in(ref));

	if (p == NULL)
		return ROWAN_E_NOT_FOUND;
	forget(client, p);
	return 0;
}

/* As an Add is judged, in a group that has nobody and asks for nothing. */
static int check(const struct rowan_mls *c, const struct key_package *kp)
{
	struct leaf_policy policy;
	struct leaf_group group = {.policy = &policy};
	struct tree *empty;
	int rc;

	client_policy(c, &policy);
	if ((rc = key_package_check(c->suite, kp)) != 0 ||
		(rc = tree_new(c->suite, &empty)) != 0)
		return rc;
	group.tree = empty;
	rc = leaf_check(&group, kp->leaf_node, LEAF_IN_KEY_PACKAGE, 0);
	tree_free(empty);
	return rc;
}

int rowan_mls_key_package_check(const struct rowan_mls *client,
	struct rowan_mls_bytes message, struct rowan_mls_buf *ret_ref)
{
	struct mls_message m = {0};
	struct hash_value ref;
	struct buf copy;
	int rc = mls_message_decode(host_in(message), &m);

	if (ret_ref != NULL)
		*ret_ref = (struct rowan_mls_buf){NULL, 0};
	if (rc == 0 && m.wire_format != WIRE_FORMAT_KEY_PACKAGE)
		rc = ROWAN_E_MLS_KEY_PACKAGE;
	if (rc == 0)
		rc = check(client, &m.key_package);
	if (rc == 0 && ret_ref != NULL) {
		key_package_ref(client->suite, &m.key_package, &ref);
		rc = buf_copy(&copy, hash_view(&ref));
		if (rc == 0)
			*ret_ref = client_give(copy);
	}
	mls_message_wipe(&m);
	return rc;
}
