/*
 * Going on in another group: after a ReInit, or in a branch (RFC 9420
 * sections 11.2, 11.3). See group.h.
 */
#include <stdlib.h>

#include "mls/member/group/group.h"
#include "mls/member/group/group_info_check.h"
#include "mls/public/object/extension.h"

/* 8.6: the resumption PSK of the old group's present epoch. */
static int write_link(const struct rowan_mls_group *old, enum psk_usage usage,
	struct buf *ret)
{
	uint8_t nonce[HASH_MAX];
	struct psk_id id = {.type = PSK_RESUMPTION,
		.usage = usage,
		.id = old->context->group_id,
		.psk_epoch = old->context->epoch,
		.nonce = bytes_of(nonce, old->suite->hash->len)};
	struct writer w;
	int rc = client_random(old->client, nonce, old->suite->hash->len);

	*ret = (struct buf){0};
	if (rc != 0)
		return rc;
	writer_init(&w, MLS_MESSAGE_MAX);
	proposal_write_psk(&w, &id);
	return writer_finish(&w, ret);
}

/* Is the owner of a key package a member of the old group? */
static int known(const struct rowan_mls_group *old, struct bytes message)
{
	struct mls_message m = {0};
	int rc = mls_message_decode(message, &m);

	if (rc == 0 && m.wire_format != WIRE_FORMAT_KEY_PACKAGE)
		rc = ROWAN_E_MLS_KEY_PACKAGE;
	if (rc == 0 && !group_knows(old->tree, m.key_package.leaf_node))
		rc = ROWAN_E_MLS_SENDER;
	mls_message_wipe(&m);
	return rc;
}

/* The new group as the ReInit or the branch wants it, in epoch 0. */
static int create(struct rowan_mls_group *old,
	const struct rowan_mls_resume_options *o, struct rowan_mls_group **ret)
{
	struct rowan_mls_extension v[MLS_EXTENSIONS_MAX];
	struct rowan_mls_extensions list = {v, 0};
	struct proposal p = {0};
	struct bytes rest;
	struct extension e;
	int rc;

	if (o->kind == ROWAN_MLS_RESUME_BRANCH) {
		if (bytes_eq(host_in(o->group_id), old->context->group_id))
			return ROWAN_E_INVAL;
		return rowan_mls_group_create(
			old->client, o->group_id, o->extensions, ret);
	}
	if (old->reinit.len == 0)
		return ROWAN_E_STATE;
	rc = proposal_decode(buf_view(&old->reinit), &p);
	if (rc != 0)
		return rc;
	rest = p.reinit.extensions;
	while (extension_next(&rest, &e))
		v[list.n++] =
			(struct rowan_mls_extension){e.type, host_out(e.data)};
	/* Another suite needs another client. */
	rc = p.reinit.cipher_suite == old->suite->id
		     ? rowan_mls_group_create(old->client,
			       host_out(p.reinit.group_id), list, ret)
		     : ROWAN_E_MLS_SUITE;
	proposal_wipe(&p);
	return rc;
}

static int commit_first(struct rowan_mls_group *old, struct rowan_mls_group *g,
	const struct rowan_mls_resume_options *o,
	struct rowan_mls_committed *ret)
{
	bool reinit = o->kind == ROWAN_MLS_RESUME_REINIT;
	struct rowan_mls_proposal *adds;
	struct rowan_mls_commit_options options = {
		.n = o->n, .tree = o->tree, .wire = {.is_public = false}};
	struct commit_making making = {.options = &options,
		.psks_of = old,
		.reinit = reinit,
		.branch = !reinit};
	struct buf link;
	struct bytes extra;
	int rc;

	if ((adds = calloc(o->n + 1, sizeof *adds)) == NULL)
		return ROWAN_E_NOMEM;
	for (size_t i = 0; i < o->n; i++) {
		adds[i].type = ROWAN_MLS_ADD;
		adds[i].key_package = o->key_packages[i];
	}
	options.proposals = adds;
	rc = write_link(
		old, reinit ? PSK_USAGE_REINIT : PSK_USAGE_BRANCH, &link);
	extra = buf_view(&link);
	making.extra = &extra;
	making.extra_n = 1;
	if (rc == 0)
		rc = group_commit(g, &making, ret);
	buf_wipe(&link);
	free(adds);
	return rc == 0 ? rowan_mls_merge_commit(g) : rc;
}

int rowan_mls_resume(struct rowan_mls_group *old,
	const struct rowan_mls_resume_options *options,
	struct rowan_mls_group **ret, struct rowan_mls_buf *ret_welcome)
{
	struct rowan_mls_committed c = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
	struct rowan_mls_group *g = NULL;
	int rc = 0;

	*ret = NULL;
	*ret_welcome = (struct rowan_mls_buf){NULL, 0};
	if (old->removed)
		return ROWAN_E_MLS_REMOVED;
	if (options->kind != ROWAN_MLS_RESUME_REINIT &&
		options->kind != ROWAN_MLS_RESUME_BRANCH)
		return ROWAN_E_INVAL;
	for (size_t i = 0; rc == 0 && i < options->n; i++)
		rc = known(old, host_in(options->key_packages[i]));
	if (rc == 0)
		rc = create(old, options, &g);
	if (rc == 0)
		rc = commit_first(old, g, options, &c);
	/* 12.4.1: "with the same members as the original group" */
	if (rc == 0 && options->kind == ROWAN_MLS_RESUME_REINIT &&
		!group_knows_all(g->tree, old->tree))
		rc = ROWAN_E_INVAL;
	if (rc != 0) {
		rowan_mls_committed_free(&c);
		rowan_mls_group_free(g);
		return rc;
	}
	rowan_mls_buf_free(&c.commit);
	*ret = g;
	*ret_welcome = c.welcome;
	return 0;
}
