/*
 * Groups: making, dropping, moving on, and looking at one. See group.h.
 */
#include <stdlib.h>

#include "mls/member/group/group.h"
#include "mls/public/tree/tree_codec.h"

int group_new(struct rowan_mls *client, struct rowan_mls_group **ret)
{
	struct rowan_mls_group *g = calloc(1, sizeof *g);

	*ret = NULL;
	if (g == NULL)
		return ROWAN_E_NOMEM;
	g->keys = calloc(1, sizeof *g->keys);
	if (g->keys == NULL) {
		free(g);
		return ROWAN_E_NOMEM;
	}
	g->client = client;
	g->suite = client->suite;
	*ret = g;
	return 0;
}

static void past_free(struct past_epoch *p)
{
	while (p != NULL) {
		struct past_epoch *next = p->next;

		group_context_unref(p->context);
		tree_free(p->tree);
		secret_tree_free(p->message_keys);
		mem_free(p, sizeof *p);
		p = next;
	}
}

static void resumptions_free(struct past_resumption *p)
{
	while (p != NULL) {
		struct past_resumption *next = p->next;

		mem_free(p, sizeof *p);
		p = next;
	}
}

static void updates_free(struct own_update *u)
{
	while (u != NULL) {
		struct own_update *next = u->next;

		leaf_node_unref(u->leaf);
		mem_free(u, sizeof *u);
		u = next;
	}
}

/* What belongs to one epoch. */
static void epoch_wipe(struct rowan_mls_group *g)
{
	group_context_unref(g->context);
	tree_free(g->tree);
	secret_tree_free(g->message_keys);
	mem_free(g->keys, sizeof *g->keys);
	epoch_secrets_wipe(&g->secrets);
	proposal_cache_clear(&g->cache);
	updates_free(g->updates);
	buf_wipe(&g->reinit);
	g->context = NULL;
	g->tree = NULL;
	g->message_keys = NULL;
	g->keys = NULL;
	g->updates = NULL;
}

void rowan_mls_group_free(struct rowan_mls_group *group)
{
	if (group == NULL)
		return;
	rowan_mls_discard_commit(group);
	epoch_wipe(group);
	past_free(group->past);
	resumptions_free(group->resumptions);
	group_spares_free(group);
	mem_free(group, sizeof *group);
}

void group_view(const struct rowan_mls_group *g, struct leaf_policy *policy,
	struct epoch_view *ret)
{
	client_policy(g->client, policy);
	*ret = (struct epoch_view){.suite = g->suite,
		.context = g->context,
		.tree = g->tree,
		.policy = policy};
}

void group_spares_free(struct rowan_mls_group *g)
{
	past_free(g->spare_past);
	g->spare_past = NULL;
	resumptions_free(g->spare_resumption);
	g->spare_resumption = NULL;
}

void group_shut(struct rowan_mls_group *g)
{
	rowan_mls_discard_commit(g);
	rowan_mls_pending_forget(g);
	treekem_wipe(g->keys);
	g->keys->leaf = g->leaf;
	epoch_secrets_wipe(&g->secrets);
	secret_tree_free(g->message_keys);
	g->message_keys = NULL;
	past_free(g->past);
	g->past = NULL;
	resumptions_free(g->resumptions);
	g->resumptions = NULL;
	g->removed = true;
	g->changes++;
}

int group_usable(const struct rowan_mls_group *g)
{
	if (g->removed)
		return ROWAN_E_MLS_REMOVED;
	return g->reinit.len != 0 ? ROWAN_E_MLS_REINIT : 0;
}

struct secret_tree_limits group_limits(const struct rowan_mls_group *g)
{
	return (struct secret_tree_limits){
		g->client->keep_generations, g->client->max_forward};
}

/* Put the epoch that ends where late messages and resumption find it. */
static void retire(struct rowan_mls_group *g, struct rowan_mls_group *next)
{
	struct past_epoch *past = next->spare_past;
	struct past_resumption *resumption = next->spare_resumption;
	struct past_epoch **p = &g->past;
	struct past_resumption **r = &g->resumptions;

	next->spare_past = NULL;
	next->spare_resumption = NULL;
	if (past != NULL) {
		past->context = g->context;
		past->tree = g->tree;
		past->sender_data = g->secrets.sender_data;
		past->message_keys = g->message_keys;
		past->next = g->past;
		g->past = past;
		g->context = NULL;
		g->tree = NULL;
		g->message_keys = NULL;
	}
	for (uint32_t n = 0; *p != NULL && n < g->client->keep_epochs; n++)
		p = &(*p)->next;
	past_free(*p);
	*p = NULL;

	if (resumption != NULL) {
		resumption->psk = g->secrets.resumption;
		resumption->next = g->resumptions;
		g->resumptions = resumption;
	}
	for (uint32_t n = 0; *r != NULL && n < g->client->keep_resumption; n++)
		r = &(*r)->next;
	resumptions_free(*r);
	*r = NULL;
}

void group_move(struct rowan_mls_group *g, struct rowan_mls_group *next)
{
	uint64_t changes = g->changes + 1;
	struct past_epoch *past;
	struct past_resumption *resumptions;

	if (g->staged == next)
		g->staged = NULL;
	rowan_mls_discard_commit(g);
	if (next->spare_resumption != NULL)
		next->spare_resumption->epoch = g->context->epoch;
	retire(g, next);
	past = g->past;
	resumptions = g->resumptions;
	epoch_wipe(g);
	*g = *next;
	g->past = past;
	g->resumptions = resumptions;
	g->changes = changes;
	mem_free(next, sizeof *next);
}

/* ---- looking at one ----------------------------------------------------- */

uint64_t rowan_mls_group_epoch(const struct rowan_mls_group *group)
{
	return group->context->epoch;
}

uint16_t rowan_mls_group_suite(const struct rowan_mls_group *group)
{
	return group->suite->id;
}

uint32_t rowan_mls_group_leaf(const struct rowan_mls_group *group)
{
	return group->leaf;
}

bool rowan_mls_group_active(const struct rowan_mls_group *group)
{
	return group_usable(group) == 0;
}

struct rowan_mls_bytes rowan_mls_group_id(const struct rowan_mls_group *group)
{
	return host_out(group->context->group_id);
}

struct rowan_mls_bytes rowan_mls_group_tree_hash(
	const struct rowan_mls_group *group)
{
	return host_out(group->context->tree_hash);
}

struct rowan_mls_bytes rowan_mls_group_epoch_authenticator(
	const struct rowan_mls_group *group)
{
	return host_out(secret_view(&group->secrets.authenticator));
}

struct rowan_mls_bytes rowan_mls_group_confirmed_transcript_hash(
	const struct rowan_mls_group *group)
{
	return host_out(group->context->confirmed_transcript_hash);
}

struct rowan_mls_bytes rowan_mls_group_context(
	const struct rowan_mls_group *group)
{
	return host_out(group->context->raw);
}

struct rowan_mls_bytes rowan_mls_group_extensions(
	const struct rowan_mls_group *group)
{
	return host_out(group->context->extensions);
}

uint32_t rowan_mls_group_member_count(const struct rowan_mls_group *group)
{
	return tree_members(group->tree);
}

bool rowan_mls_group_next_member(const struct rowan_mls_group *group,
	uint32_t *leaf, struct rowan_mls_member *ret)
{
	uint32_t at = tree_next_leaf(group->tree, *leaf);

	*ret = (struct rowan_mls_member){0};
	*leaf = at;
	if (at >= tree_leaves(group->tree))
		return false;
	host_member(tree_leaf(group->tree, at), at, ret);
	return true;
}

int rowan_mls_group_tree(
	const struct rowan_mls_group *group, struct rowan_mls_buf *ret)
{
	struct buf out;
	int rc = tree_encode(group->tree, &out);

	*ret = rc == 0 ? client_give(out) : (struct rowan_mls_buf){NULL, 0};
	return rc;
}

int rowan_mls_group_export(const struct rowan_mls_group *group,
	struct rowan_mls_bytes label, struct rowan_mls_bytes context,
	size_t len, struct rowan_mls_buf *ret)
{
	struct buf out;
	int rc;

	*ret = (struct rowan_mls_buf){NULL, 0};
	if (group->removed)
		return ROWAN_E_MLS_REMOVED;
	if (len == 0 || len > 255 * group->suite->hash->len)
		return ROWAN_E_INVAL;
	if ((rc = buf_alloc(&out, len)) != 0)
		return rc;
	rc = key_schedule_export(group->suite, &group->secrets.exporter,
		host_in(label), host_in(context), &out);
	if (rc == 0)
		*ret = client_give(out);
	else
		buf_wipe(&out);
	return rc;
}

size_t rowan_mls_pending_count(const struct rowan_mls_group *group)
{
	return group->cache.n;
}

void rowan_mls_pending_forget(struct rowan_mls_group *group)
{
	proposal_cache_clear(&group->cache);
	updates_free(group->updates);
	group->updates = NULL;
	group->changes++;
}

int rowan_mls_merge_commit(struct rowan_mls_group *group)
{
	if (group->staged == NULL)
		return ROWAN_E_STATE;
	group_move(group, group->staged);
	return 0;
}

void rowan_mls_discard_commit(struct rowan_mls_group *group)
{
	rowan_mls_group_free(group->staged);
	group->staged = NULL;
	group->staged_message.len = 0;
}

const struct rowan_mls_group *rowan_mls_staged_commit(
	const struct rowan_mls_group *group)
{
	return group->staged;
}
