/*
 * Proposals (RFC 9420 section 12.1): encoding, sending, showing. See group.h.
 */
#include <stdlib.h>

#include <sodium.h>

#include "crypto/hpke.h"
#include "mls/member/group/group.h"
#include "mls/public/object/extension.h"
#include "mls/public/group/proposal_rules.h"

/* ---- encoding ----------------------------------------------------------- */

static int write_add(struct writer *w, struct bytes message)
{
	struct mls_message m = {0};
	int rc = mls_message_decode(message, &m);

	if (rc == 0 && m.wire_format != WIRE_FORMAT_KEY_PACKAGE)
		rc = ROWAN_E_MLS_KEY_PACKAGE;
	if (rc == 0)
		proposal_write_add(w, m.key_package.raw);
	mls_message_wipe(&m);
	return rc;
}

/* 8.4: the nonce is "a fresh random value of length KDF.Nh". */
static int write_psk(const struct rowan_mls_group *g,
	const struct rowan_mls_psk_id *in, struct writer *w)
{
	uint8_t nonce[HASH_MAX];
	struct psk_id id = {.type = in->type,
		.nonce = bytes_of(nonce, g->suite->hash->len)};
	int rc = client_random(g->client, nonce, g->suite->hash->len);

	if (rc != 0)
		return rc;
	if (in->type == ROWAN_MLS_PSK_EXTERNAL) {
		id.id = host_in(in->id);
	} else if (in->type == ROWAN_MLS_PSK_RESUMPTION) {
		id.usage = PSK_USAGE_APPLICATION;
		id.id = g->context->group_id;
		id.psk_epoch = in->epoch;
	} else {
		return ROWAN_E_INVAL;
	}
	proposal_write_psk(w, &id);
	return 0;
}

static int write_extensions(
	const struct rowan_mls_proposal *in, struct writer *w)
{
	struct buf list;
	int rc = client_extensions(in->extensions, &list);

	if (rc == 0)
		proposal_write_extensions(w, buf_view(&list));
	buf_wipe(&list);
	return rc;
}

static int write_reinit(const struct rowan_mls_group *g,
	const struct rowan_mls_proposal *in, struct writer *w)
{
	uint8_t random_id[16];
	struct reinit reinit = {.group_id = host_in(in->group_id),
		.version = MLS_VERSION_10,
		.cipher_suite = in->suite != 0 ? in->suite : g->suite->id};
	struct buf list;
	int rc = client_extensions(in->extensions, &list);

	if (rc == 0 && reinit.group_id.len == 0) {
		rc = client_random(g->client, random_id, sizeof random_id);
		reinit.group_id = bytes_of(random_id, sizeof random_id);
	}
	reinit.extensions = buf_view(&list);
	if (rc == 0)
		proposal_write_reinit(w, &reinit);
	buf_wipe(&list);
	return rc;
}

int group_encode_proposal(const struct rowan_mls_group *g,
	const struct rowan_mls_proposal *in, struct buf *ret)
{
	struct writer w;
	int rc = 0;

	*ret = (struct buf){0};
	writer_init(&w, MLS_MESSAGE_MAX);
	switch (in->type) {
	case ROWAN_MLS_ADD: rc = write_add(&w, host_in(in->key_package)); break;
	case ROWAN_MLS_REMOVE: proposal_write_remove(&w, in->leaf); break;
	case ROWAN_MLS_PSK: rc = write_psk(g, &in->psk, &w); break;
	case ROWAN_MLS_REINIT: rc = write_reinit(g, in, &w); break;
	case ROWAN_MLS_GROUP_CONTEXT_EXTENSIONS:
		rc = write_extensions(in, &w);
		break;
	case ROWAN_MLS_UPDATE:
	case ROWAN_MLS_EXTERNAL_INIT:
	case 0: rc = ROWAN_E_MLS_PROPOSAL; break;
	default: proposal_write_other(&w, in->type, host_in(in->data)); break;
	}
	if (rc == 0)
		return writer_finish(&w, ret);
	writer_wipe(&w);
	return rc;
}

/* ---- our own updates ---------------------------------------------------- */

/* A leaf like the one we have, with a fresh key and our present credential. */
static int make_update(const struct rowan_mls_group *g, struct own_update *u)
{
	uint8_t seed[HPKE_SEED_LEN], pk[HPKE_PK_MAX];
	struct client_capabilities caps;
	struct leaf_node_params params;
	int rc = client_random(g->client, seed, sizeof seed);

	if (rc == 0)
		rc = hpke_key_pair(
			g->suite, bytes_of(seed, sizeof seed), &u->sk, pk);
	sodium_memzero(seed, sizeof seed);
	if (rc != 0)
		return rc;
	client_capabilities(g->client, &caps);
	client_leaf_params(g->client, &caps, &params);
	params.encryption_key = bytes_of(pk, g->suite->kem_pk_len);
	params.source = LEAF_NODE_UPDATE;
	params.extensions = tree_leaf(g->tree, g->leaf)->extensions;
	params.place = (struct leaf_place){g->context->group_id, g->leaf};
	return leaf_node_new(g->suite, &params, client_sk(g->client), &u->leaf);
}

static void update_free(struct own_update *u)
{
	if (u == NULL)
		return;
	leaf_node_unref(u->leaf);
	mem_free(u, sizeof *u);
}

static int encode_update(const struct rowan_mls_group *g, struct buf *ret,
	struct own_update **ret_update)
{
	struct own_update *u = calloc(1, sizeof *u);
	struct writer w;
	int rc;

	if (u == NULL)
		return ROWAN_E_NOMEM;
	rc = make_update(g, u);
	if (rc == 0) {
		writer_init(&w, MLS_MESSAGE_MAX);
		proposal_write_update(&w, u->leaf->raw);
		rc = writer_finish(&w, ret);
	}
	if (rc != 0)
		update_free(u);
	else
		*ret_update = u;
	return rc;
}

/* ---- proposing ---------------------------------------------------------- */

struct proposing {
	struct buf body, signed_raw, message, ref;
	struct own_update *update;
	struct authenticated_content *ac;
	struct cached_proposal *entry;
};

static int check_own(
	const struct rowan_mls_group *g, struct authenticated_content *ac)
{
	const struct proposal_item item = {.proposal = &ac->content.proposal,
		.sender = ac->content.sender,
		.by_reference = true,
		.content = ac};
	struct leaf_policy policy;
	struct epoch_view view;

	group_view(g, &policy, &view);
	return proposal_check(&view, &item);
}

static int propose(struct rowan_mls_group *g,
	const struct rowan_mls_proposal *proposal,
	const struct rowan_mls_wire *wire, struct proposing *p)
{
	int rc = proposal->type == ROWAN_MLS_UPDATE
			 ? encode_update(g, &p->body, &p->update)
			 : group_encode_proposal(g, proposal, &p->body);

	if (rc == 0)
		rc = group_sign(g, wire, CONTENT_PROPOSAL, buf_view(&p->body),
			&p->signed_raw);
	if (rc == 0)
		rc = framing_finish(buf_view(&p->signed_raw), NULL, &p->ac);
	if (rc == 0)
		rc = check_own(g, p->ac);
	if (rc == 0)
		rc = proposal_cache_entry(
			g->suite, &g->cache, p->ac, &p->entry);
	if (rc == 0)
		rc = buf_copy(&p->ref, hash_view(&p->entry->ref));
	/* Last: it uses up a key. */
	return rc == 0 ? group_seal(g, wire, p->ac, &p->message) : rc;
}

int rowan_mls_propose(struct rowan_mls_group *group,
	const struct rowan_mls_proposal *proposal,
	const struct rowan_mls_wire *wire, struct rowan_mls_buf *ret,
	struct rowan_mls_buf *ret_ref)
{
	struct proposing p = {0};
	int rc = group_usable(group);

	*ret = (struct rowan_mls_buf){NULL, 0};
	if (ret_ref != NULL)
		*ret_ref = (struct rowan_mls_buf){NULL, 0};
	if (rc == 0)
		rc = propose(group, proposal, wire, &p);
	if (rc == 0) {
		proposal_cache_put(&group->cache, p.entry);
		if (p.update != NULL) {
			p.update->next = group->updates;
			group->updates = p.update;
		}
		group->changes++;
		*ret = client_give(p.message);
		if (ret_ref != NULL) {
			*ret_ref = client_give(p.ref);
			p.ref = (struct buf){0};
		}
	} else {
		cached_proposal_free(p.entry);
		update_free(p.update);
		buf_wipe(&p.message);
	}
	buf_wipe(&p.ref);
	buf_wipe(&p.body);
	buf_wipe(&p.signed_raw);
	authenticated_content_unref(p.ac);
	return rc;
}

/* ---- showing ------------------------------------------------------------ */

int rowan_mls_pending(const struct rowan_mls_group *group, size_t i,
	struct rowan_mls_proposal_view *ret)
{
	const struct cached_proposal *c = group->cache.first;

	*ret = (struct rowan_mls_proposal_view){0};
	while (c != NULL && i-- > 0)
		c = c->next;
	if (c == NULL)
		return ROWAN_E_NOT_FOUND;
	host_proposal(
		&(struct proposal_item){
			.proposal = &c->content->content.proposal,
			.sender = c->content->content.sender,
			.by_reference = true},
		ret);
	return 0;
}
