/*
 * Joining by external commit (RFC 9420 section 12.4.3.2). See group.h.
 */
#include <stdlib.h>

#include <sodium.h>

#include "crypto/hpke.h"
#include "mls/member/group/group.h"
#include "mls/member/group/group_info_check.h"
#include "mls/member/treekem/treekem_path.h"
#include "mls/public/object/extension.h"

#define PROPOSALS_MAX (2 + MLS_PSKS_MAX)

/* Somebody coming in without having been asked. */
struct entering {
	struct rowan_mls *client;
	const struct rowan_mls_external_join_options *options;
	struct mls_message message;
	struct rowan_mls_group *old; /* context, tree, transcript: no secret */
	struct leaf_policy policy;
	struct epoch_view view;
	struct secret init;
	struct buf raw[PROPOSALS_MAX];
	struct proposal proposals[PROPOSALS_MAX];
	size_t n;
	struct proposal_list list;
	struct commit_stage *stage;
	struct treekem keys;
	struct treekem_made made;
	struct psk_id *psk_ids;
	struct psk *psks;
	size_t psks_n;
	struct epoch_start start;
	struct secret joiner;
	struct rowan_mls_group *next;
	struct buf commit;
};

static void entering_wipe(struct entering *e)
{
	mls_message_wipe(&e->message);
	rowan_mls_group_free(e->old);
	secret_wipe(&e->init);
	for (size_t i = 0; i < e->n; i++) {
		proposal_wipe(&e->proposals[i]);
		buf_wipe(&e->raw[i]);
	}
	proposal_list_free(&e->list);
	commit_stage_free(e->stage);
	treekem_wipe(&e->keys);
	treekem_made_wipe(&e->made);
	psk_list_free(e->psks, e->psks_n);
	free(e->psk_ids);
	epoch_start_wipe(&e->start);
	secret_wipe(&e->joiner);
	rowan_mls_group_free(e->next);
	buf_wipe(&e->commit);
}

/* The group as its GroupInfo shows it. */
static int look(struct entering *e, struct bytes message)
{
	const struct group_info *info = &e->message.group_info;
	struct bytes tree = e->options != NULL ? host_in(e->options->tree)
					       : bytes_of(NULL, 0);
	int rc = mls_message_decode(message, &e->message);

	if (rc == 0 && e->message.wire_format != WIRE_FORMAT_GROUP_INFO)
		rc = ROWAN_E_REFUSED;
	if (rc != 0)
		return rc;
	if (info->context->cipher_suite != e->client->suite->id)
		return ROWAN_E_MLS_SUITE;
	if ((rc = group_new(e->client, &e->old)) != 0 ||
		(rc = group_info_check(e->client, info, tree, &e->old->tree)) !=
			0)
		return rc;
	e->old->context = group_context_ref(info->context);
	rc = transcript_interim(e->client->suite,
		info->context->confirmed_transcript_hash,
		info->confirmation_tag, &e->old->interim);
	group_view(e->old, &e->policy, &e->view);
	return rc;
}

/* Keep an encoded proposal, and its object. */
static int add(struct entering *e, struct writer *w)
{
	int rc;

	if (e->n == PROPOSALS_MAX) {
		writer_wipe(w);
		return ROWAN_E_LIMIT;
	}
	e->raw[e->n] = (struct buf){0};
	rc = writer_finish(w, &e->raw[e->n]);
	if (rc == 0)
		rc = proposal_decode(
			buf_view(&e->raw[e->n]), &e->proposals[e->n]);
	e->n++;
	return rc == 0 ? proposal_list_add(&e->list,
				 &(struct proposal_item){
					 .proposal = &e->proposals[e->n - 1],
					 .sender = {SENDER_NEW_MEMBER_COMMIT,
						 0}})
		       : rc;
}

/* 8.3: the init secret comes out of the group's external key. */
static int add_init(struct entering *e)
{
	uint8_t seed[HPKE_SEED_LEN], enc[HPKE_ENC_MAX];
	struct bytes data, pk;
	struct reader r;
	struct writer w;
	int rc;

	if (!extension_find(e->message.group_info.extensions,
		    EXTENSION_EXTERNAL_PUB, &data))
		return ROWAN_E_MLS_EXTENSION;
	reader_init(&r, data);
	if (reader_vec(&r, MLS_KEY_MAX, &pk) != 0 || reader_end(&r) != 0)
		return ROWAN_E_MLS_EXTENSION;
	rc = client_random(e->client, seed, sizeof seed);
	if (rc == 0)
		rc = hpke_export_to(e->client->suite, pk,
			bytes_of(seed, sizeof seed), enc, &e->init);
	sodium_memzero(seed, sizeof seed);
	if (rc == ROWAN_E_CRYPTO)
		rc = ROWAN_E_MLS_EXTENSION;
	if (rc != 0)
		return rc;
	writer_init(&w, MLS_MESSAGE_MAX);
	proposal_write_external_init(
		&w, bytes_of(enc, e->client->suite->kem_enc_len));
	return add(e, &w);
}

/* The leaf that has our signature key, from an earlier life. */
static int add_resync(struct entering *e)
{
	const struct tree *t = e->old->tree;
	struct writer w;

	for (uint32_t i = tree_next_leaf(t, 0); i < tree_leaves(t);
		i = tree_next_leaf(t, i + 1)) {
		if (!bytes_eq(tree_leaf(t, i)->signature_key,
			    buf_view(&e->client->signature_key)))
			continue;
		writer_init(&w, MLS_MESSAGE_MAX);
		proposal_write_remove(&w, i);
		return add(e, &w);
	}
	return ROWAN_E_NOT_FOUND;
}

static int add_psk(struct entering *e, const struct rowan_mls_psk_id *in)
{
	uint8_t nonce[HASH_MAX];
	struct psk_id id = {.type = PSK_EXTERNAL,
		.id = host_in(in->id),
		.nonce = bytes_of(nonce, e->client->suite->hash->len)};
	struct writer w;
	int rc;

	if (in->type != ROWAN_MLS_PSK_EXTERNAL)
		return ROWAN_E_INVAL;
	rc = client_random(e->client, nonce, e->client->suite->hash->len);
	if (rc != 0)
		return rc;
	writer_init(&w, MLS_MESSAGE_MAX);
	proposal_write_psk(&w, &id);
	return add(e, &w);
}

static int propose(struct entering *e)
{
	const struct rowan_mls_external_join_options *o = e->options;
	int rc = add_init(e);

	if (rc == 0 && o != NULL && o->resync)
		rc = add_resync(e);
	for (size_t i = 0; rc == 0 && o != NULL && i < o->psks_n; i++)
		rc = add_psk(e, &o->psks[i]);
	return rc;
}

/* 12.4.3.2: "External Commits MUST contain a path field". */
static int make_path(struct entering *e)
{
	struct client_capabilities caps;
	struct leaf_node_params params;
	struct treekem_making making = {.host = &e->client->host,
		.leaf = e->stage->leaf,
		.params = &params,
		.signature_priv = client_sk(e->client)};
	int rc = commit_stage_provisional(e->stage);

	if (rc != 0)
		return rc;
	client_capabilities(e->client, &caps);
	client_leaf_params(e->client, &caps, &params);
	e->keys.leaf = e->stage->leaf;
	making.context = e->stage->provisional;
	rc = treekem_make(&making, e->stage->tree, &e->keys, &e->made);
	return rc == 0 ? commit_stage_provisional(e->stage) : rc;
}

static int sign(struct entering *e, struct buf *ret)
{
	struct framing_params params = {
		.wire_format = WIRE_FORMAT_PUBLIC_MESSAGE,
		.sender = {SENDER_NEW_MEMBER_COMMIT, 0},
		.content_type = CONTENT_COMMIT,
		.group_id = e->old->context->group_id,
		.epoch = e->old->context->epoch,
		.context = e->old->context};
	struct writer w;
	size_t mark;
	int rc;

	if (e->options != NULL)
		params.authenticated_data = host_in(e->options->aad);
	writer_init(&w, MLS_MESSAGE_MAX);
	mark = writer_open(&w);
	for (size_t i = 0; i < e->n; i++)
		commit_write_proposal(&w, buf_view(&e->raw[i]));
	writer_close(&w, mark);
	commit_write_path(&w, buf_view(&e->made.path));
	params.body = writer_view(&w);
	rc = writer_status(&w);
	if (rc == 0)
		rc = framing_sign(
			e->client->suite, &params, client_sk(e->client), ret);
	writer_wipe(&w);
	return rc;
}

static int next_epoch(struct entering *e, struct bytes signed_raw)
{
	struct epoch_input in = {&e->init, &e->made.commit_secret, NULL, 0};
	int rc = commit_stage_confirm(
		e->stage, hash_view(&e->old->interim), signed_raw);

	if (rc == 0)
		rc = group_stage_psks(e->stage, &e->psk_ids, &e->psks_n);
	if (rc == 0)
		rc = group_psks(
			e->client, NULL, e->psk_ids, e->psks_n, &e->psks);
	in.psks = e->psks;
	in.psks_n = e->psks_n;
	if (rc == 0)
		rc = group_next(e->old, e->stage, &e->keys, &e->next);
	if (rc == 0)
		rc = group_epoch_start(e->next, &in, &e->start, &e->joiner);
	if (rc != 0)
		return rc;
	group_tag(e->next, &e->next->confirmation_tag);
	rc = commit_stage_interim(
		e->stage, hash_view(&e->next->confirmation_tag));
	e->next->interim = e->stage->interim;
	return rc;
}

static int frame(struct entering *e, struct bytes signed_raw)
{
	struct bytes tag = hash_view(&e->next->confirmation_tag);
	struct authenticated_content *ac;
	struct writer w;
	int rc = framing_finish(signed_raw, &tag, &ac);

	if (rc != 0)
		return rc;
	writer_init(&w, MLS_MESSAGE_MAX);
	mls_message_open(&w, WIRE_FORMAT_PUBLIC_MESSAGE);
	public_message_write(&w, ac, bytes_of(NULL, 0));
	rc = writer_finish(&w, &e->commit);
	authenticated_content_unref(ac);
	return rc;
}

static int enter(struct entering *e, struct bytes group_info)
{
	struct buf signed_raw = {0};
	int rc;

	if ((rc = look(e, group_info)) != 0 || (rc = propose(e)) != 0 ||
		(rc = commit_stage_begin(&e->view,
			 (struct sender){SENDER_NEW_MEMBER_COMMIT, 0}, &e->list,
			 &e->stage)) != 0 ||
		(rc = make_path(e)) != 0)
		return rc;
	rc = sign(e, &signed_raw);
	if (rc == 0)
		rc = next_epoch(e, buf_view(&signed_raw));
	if (rc == 0)
		rc = frame(e, buf_view(&signed_raw));
	buf_wipe(&signed_raw);
	return rc;
}

int rowan_mls_external_join(struct rowan_mls *client,
	struct rowan_mls_bytes group_info,
	const struct rowan_mls_external_join_options *options,
	struct rowan_mls_group **ret, struct rowan_mls_buf *ret_commit)
{
	struct entering *e = calloc(1, sizeof *e);
	int rc;

	*ret = NULL;
	*ret_commit = (struct rowan_mls_buf){NULL, 0};
	if (e == NULL)
		return ROWAN_E_NOMEM;
	e->client = client;
	e->options = options;
	rc = enter(e, host_in(group_info));
	if (rc == 0) {
		/* It follows no epoch of ours: there is none to put away. */
		group_spares_free(e->next);
		*ret = e->next;
		*ret_commit = client_give(e->commit);
		e->next = NULL;
		e->commit = (struct buf){0};
	}
	entering_wipe(e);
	mem_free(e, sizeof *e);
	return rc;
}
