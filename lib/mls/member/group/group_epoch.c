/*
 * From one epoch to the next: PSKs, key schedule, message keys (RFC 9420
 * section 8). See group.h.
 */
#include <stdlib.h>

#include <sodium.h>

#include "mls/member/group/group.h"

void group_tag(const struct rowan_mls_group *g, struct hash_value *ret)
{
	key_schedule_tag(g->suite, &g->secrets.confirmation,
		g->context->confirmed_transcript_hash, ret);
}

int group_epoch_enter(struct rowan_mls_group *g, const struct secret *joiner,
	const struct psk *psks, size_t n, struct epoch_start *ret_start)
{
	struct secret psk;
	const struct key_schedule_input in = {joiner, &psk, g->context->raw};
	int rc = psk_secret(g->suite, psks, n, &psk);

	if (rc == 0)
		rc = key_schedule_epoch(g->suite, &in, &g->secrets, ret_start);
	secret_wipe(&psk);
	if (rc != 0)
		return rc;
	rc = secret_tree_new(g->suite, &ret_start->encryption,
		tree_leaves(g->tree), &g->message_keys);
	if (rc != 0)
		epoch_start_wipe(ret_start);
	return rc;
}

int group_epoch_start(struct rowan_mls_group *g, const struct epoch_input *in,
	struct epoch_start *ret_start, struct secret *ret_joiner)
{
	int rc = key_schedule_joiner(
		g->suite, in->init, in->commit, g->context->raw, ret_joiner);

	if (rc == 0)
		rc = group_epoch_enter(
			g, ret_joiner, in->psks, in->psks_n, ret_start);
	if (rc != 0)
		secret_wipe(ret_joiner);
	return rc;
}

/* ---- PSKs --------------------------------------------------------------- */

static int external_psk(
	const struct rowan_mls *c, struct bytes id, struct buf *ret)
{
	uint8_t value[ROWAN_MLS_PSK_MAX];
	size_t len = sizeof value;
	int rc = ROWAN_E_MLS_PSK;

	if (c->host.psk != NULL &&
		c->host.psk(c->host.ctx, host_out(id), value, &len) == 0 &&
		len <= sizeof value)
		rc = buf_copy(ret, bytes_of(value, len));
	sodium_memzero(value, sizeof value);
	return rc;
}

static int resumption_psk(const struct rowan_mls_group *g,
	const struct psk_id *id, struct buf *ret)
{
	if (g == NULL || !bytes_eq(id->id, g->context->group_id))
		return ROWAN_E_MLS_PSK;
	if (id->psk_epoch == g->context->epoch)
		return buf_copy(ret, secret_view(&g->secrets.resumption));
	for (const struct past_resumption *p = g->resumptions; p != NULL;
		p = p->next)
		if (p->epoch == id->psk_epoch)
			return buf_copy(ret, secret_view(&p->psk));
	return ROWAN_E_MLS_PSK;
}

int group_psks(const struct rowan_mls *client,
	const struct rowan_mls_group *old, const struct psk_id *ids, size_t n,
	struct psk **ret)
{
	struct psk *v;
	int rc = 0;

	*ret = NULL;
	if (n == 0)
		return 0;
	if ((v = calloc(n, sizeof *v)) == NULL)
		return ROWAN_E_NOMEM;
	for (size_t i = 0; i < n && rc == 0; i++) {
		v[i].id = ids[i];
		rc = ids[i].type == PSK_EXTERNAL
			     ? external_psk(client, ids[i].id, &v[i].value)
			     : resumption_psk(old, &ids[i], &v[i].value);
	}
	if (rc != 0) {
		psk_list_free(v, n);
		return rc;
	}
	*ret = v;
	return 0;
}

int group_stage_psks(
	const struct commit_stage *stage, struct psk_id **ret, size_t *ret_n)
{
	const struct proposal_list *list = &stage->list;
	size_t n = proposal_list_count(list, PROPOSAL_PSK), k = 0;

	*ret = NULL;
	*ret_n = 0;
	if (n == 0)
		return 0;
	if ((*ret = calloc(n, sizeof **ret)) == NULL)
		return ROWAN_E_NOMEM;
	for (size_t i = proposal_list_next(list, PROPOSAL_PSK, 0); i < list->n;
		i = proposal_list_next(list, PROPOSAL_PSK, i + 1))
		(*ret)[k++] = list->v[i].proposal->psk;
	*ret_n = n;
	return 0;
}

/* ---- the next group ----------------------------------------------------- */

/* What a ReInit says, to be kept with the closed group. */
static int keep_reinit(
	const struct commit_stage *stage, struct rowan_mls_group *next)
{
	size_t i = proposal_list_next(&stage->list, PROPOSAL_REINIT, 0);

	if (stage->reinit == NULL || i >= stage->list.n)
		return 0;
	return buf_copy(&next->reinit, stage->list.v[i].proposal->raw);
}

int group_next(const struct rowan_mls_group *g, struct commit_stage *stage,
	const struct treekem *keys, struct rowan_mls_group **ret)
{
	struct rowan_mls_group *next;
	int rc = group_new(g->client, &next);

	*ret = NULL;
	if (rc != 0)
		return rc;
	next->leaf = keys->leaf;
	*next->keys = *keys;
	next->context = group_context_ref(stage->context);
	next->interim = stage->interim;
	rc = keep_reinit(stage, next);
	next->spare_resumption = calloc(1, sizeof *next->spare_resumption);
	if (g->client->keep_epochs > 0)
		next->spare_past = calloc(1, sizeof *next->spare_past);
	if (rc == 0 && (next->spare_resumption == NULL ||
			       (g->client->keep_epochs > 0 &&
				       next->spare_past == NULL)))
		rc = ROWAN_E_NOMEM;
	if (rc == 0)
		rc = tree_copy(stage->tree, &next->tree);
	if (rc != 0)
		rowan_mls_group_free(next);
	else
		*ret = next;
	return rc;
}
