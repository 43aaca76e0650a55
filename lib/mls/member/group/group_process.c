/*
 * Messages that come in: opened, checked, staged, accepted (RFC 9420 sections
 * 6, 12.3, 12.4.2). See group.h.
 *
 * Trusts no byte of a message. Order: epoch, key, content, sender and
 * signature, membership; then what the content says; the confirmation tag
 * last. Nothing of the group changes before all of that has passed.
 */
#include <stdlib.h>

#include "crypto/hpke.h"
#include "mls/member/group/group.h"
#include "mls/member/keys/message_protect.h"
#include "mls/member/treekem/treekem_path.h"
#include "mls/public/group/message_check.h"
#include "mls/public/group/proposal_rules.h"

void rowan_mls_received_free(struct rowan_mls_received *received)
{
	if (received == NULL)
		return;
	authenticated_content_unref(received->content);
	cached_proposal_free(received->entry);
	proposal_list_free(&received->proposals);
	if (!received->own)
		rowan_mls_group_free(received->next);
	mem_free(received, sizeof *received);
}

/* ---- opening ------------------------------------------------------------ */

/* The epoch a private message belongs to: the present or a past one. */
struct reading {
	struct group_context *context;
	struct tree *tree;
	const struct secret *sender_data;
	struct secret_tree *message_keys;
};

static int find_epoch(const struct rowan_mls_group *g,
	const struct private_message *m, struct reading *ret)
{
	if (!bytes_eq(m->group_id, g->context->group_id))
		return ROWAN_E_MLS_WRONG_GROUP;
	*ret = (struct reading){
		g->context, g->tree, &g->secrets.sender_data, g->message_keys};
	if (m->epoch == g->context->epoch)
		return group_usable(g);
	/* Only what was said, not what was done, is still of interest. */
	if (m->content_type != CONTENT_APPLICATION)
		return ROWAN_E_MLS_WRONG_EPOCH;
	for (const struct past_epoch *p = g->past; p != NULL; p = p->next) {
		if (p->context->epoch != m->epoch)
			continue;
		*ret = (struct reading){
			p->context, p->tree, &p->sender_data, p->message_keys};
		return 0;
	}
	return ROWAN_E_MLS_WRONG_EPOCH;
}

/* Sender and signature, by the tree of the message's own epoch. */
static int check(const struct rowan_mls_group *g, const struct reading *at,
	const struct authenticated_content *ac)
{
	struct leaf_policy policy;
	struct epoch_view view;

	group_view(g, &policy, &view);
	view.context = at->context;
	view.tree = at->tree;
	return message_check(&view, ac);
}

static int open_private(struct rowan_mls_group *g,
	const struct private_message *m, struct rowan_mls_received *r)
{
	const struct secret_tree_limits limits = group_limits(g);
	struct secret_tree_step *step = NULL;
	struct secret_tree_place place;
	struct message_sender sender;
	struct reading at;
	int rc;

	if ((rc = find_epoch(g, m, &at)) != 0 ||
		(rc = message_open_sender(
			 g->suite, at.sender_data, m, &sender)) != 0)
		return rc;
	/* 6.3.2: the leaf "MUST" be one that "is not blank" */
	if (tree_leaf(at.tree, sender.leaf) == NULL ||
		(at.context == g->context && sender.leaf == g->leaf))
		return ROWAN_E_MLS_SENDER;
	place = (struct secret_tree_place){sender.leaf,
		m->content_type == CONTENT_APPLICATION ? RATCHET_APPLICATION
						       : RATCHET_HANDSHAKE,
		sender.generation};
	if ((rc = secret_tree_find(at.message_keys, &limits, &place, &step)) !=
		0)
		return rc;
	rc = message_open(
		g->suite, secret_tree_step_key(step), &sender, m, &r->content);
	if (rc == 0)
		rc = check(g, &at, r->content);
	/* A handshake's key goes when it is accepted. */
	if (rc == 0 && place.kind == RATCHET_APPLICATION)
		secret_tree_take(at.message_keys, step);
	else
		secret_tree_drop(step);
	r->is_private = true;
	r->generation = sender.generation;
	return rc;
}

static int open_public(const struct rowan_mls_group *g,
	struct authenticated_content *ac, struct rowan_mls_received *r)
{
	const struct reading here = {g->context, g->tree, NULL, NULL};
	struct hash_value tag;
	int rc = check(g, &here, ac);

	if (rc == 0)
		rc = group_usable(g);
	if (rc == 0 && ac->content.sender.type == SENDER_MEMBER) {
		/* 6.2: the receiver "MUST check" the membership tag */
		rc = group_membership_tag(g, ac, &tag);
		if (rc == 0 && !secret_eq(hash_view(&tag), ac->membership_tag))
			rc = ROWAN_E_MLS_MEMBERSHIP;
	}
	r->content = authenticated_content_ref(ac);
	return rc;
}

/* ---- commits ------------------------------------------------------------ */

/* A commit on its way in. */
struct accepting {
	const struct rowan_mls_group *g;
	struct leaf_policy policy;
	struct epoch_view view;
	struct commit_stage *stage;
	struct treekem keys;
	struct secret commit_secret;
	struct secret init;
	struct psk_id *psk_ids;
	struct psk *psks;
	size_t psks_n;
	struct epoch_start start;
	struct secret joiner;
};

static void accepting_wipe(struct accepting *a)
{
	commit_stage_free(a->stage);
	treekem_wipe(&a->keys);
	secret_wipe(&a->commit_secret);
	secret_wipe(&a->init);
	psk_list_free(a->psks, a->psks_n);
	free(a->psk_ids);
	epoch_start_wipe(&a->start);
	secret_wipe(&a->joiner);
}

static bool removes_us(const struct accepting *a)
{
	for (size_t i = 0; i < a->stage->removed.len; i++)
		if (a->stage->removed.v[i] == a->g->leaf)
			return true;
	return false;
}

/* An Update of ours was committed: its private key becomes the leaf's. */
static int take_update(struct accepting *a)
{
	const struct leaf_node *leaf = tree_leaf(a->stage->tree, a->g->leaf);

	for (size_t i = 0; i < a->stage->updated.len; i++) {
		if (a->stage->updated.v[i] != a->g->leaf)
			continue;
		for (const struct own_update *u = a->g->updates; u != NULL;
			u = u->next)
			if (bytes_eq(u->leaf->raw, leaf->raw))
				return treekem_set(&a->keys, a->stage->tree,
					tree_math_node(a->g->leaf),
					secret_view(&u->sk));
		return ROWAN_E_MLS_PATH;
	}
	return 0;
}

static int open_path(struct accepting *a, const struct commit *commit)
{
	const struct leaf_set added = {a->stage->added.v, a->stage->added.len};
	const struct treekem_opening opening = {.tree = a->stage->tree,
		.sender = a->stage->leaf,
		.path = &commit->path,
		.added = &added,
		.group_context = a->stage->provisional->raw};

	treekem_forget(&a->keys, a->stage->tree);
	if (!commit->has_path)
		return 0;
	return treekem_open(&opening, &a->keys, &a->commit_secret);
}

/* 8.3: an external commit brings an init secret of its own. */
static int choose_init(struct accepting *a)
{
	uint8_t pk[HPKE_PK_MAX];
	struct secret sk;
	int rc;

	a->init = a->g->secrets.init;
	if (a->stage->kem_output.len == 0)
		return 0;
	rc = key_schedule_external(
		a->g->suite, &a->g->secrets.external, &sk, pk);
	if (rc == 0)
		rc = hpke_export_from(a->g->suite, secret_view(&sk),
			a->stage->kem_output, &a->init);
	secret_wipe(&sk);
	return rc;
}

int group_confirm(struct rowan_mls_group *next, struct bytes confirmation_tag)
{
	group_tag(next, &next->confirmation_tag);
	/* 12.4.2: "verify the confirmation_tag" */
	return secret_eq(hash_view(&next->confirmation_tag), confirmation_tag)
		       ? 0
		       : ROWAN_E_MLS_CONFIRMATION;
}

static int next_epoch(struct accepting *a, struct rowan_mls_received *r)
{
	struct epoch_input in = {&a->init, &a->commit_secret, NULL, 0};
	int rc = group_stage_psks(a->stage, &a->psk_ids, &a->psks_n);

	if (rc == 0)
		rc = group_psks(
			a->g->client, a->g, a->psk_ids, a->psks_n, &a->psks);
	if (rc == 0)
		rc = choose_init(a);
	if (rc == 0)
		rc = group_next(a->g, a->stage, &a->keys, &r->next);
	in.psks = a->psks;
	in.psks_n = a->psks_n;
	if (rc == 0)
		rc = group_epoch_start(r->next, &in, &a->start, &a->joiner);
	return rc == 0 ? group_confirm(r->next, r->content->confirmation_tag)
		       : rc;
}

static int stage_commit(struct accepting *a, struct rowan_mls_received *r)
{
	int rc;

	group_view(a->g, &a->policy, &a->view);
	/* 7.3: a leaf "might have expired in the time between". The committer
	 * MUST check; who follows later must not fall out of the group. */
	a->policy.check_time = false;
	a->keys = *a->g->keys;
	/* Ours, and not the one we have staged: of a state we no longer have.
	 */
	if (r->content->content.sender.type == SENDER_MEMBER &&
		r->content->content.sender.index == a->g->leaf)
		return ROWAN_E_MLS_SENDER;
	rc = commit_stage_receive(&a->view, hash_view(&a->g->interim),
		r->content, &a->g->cache, &a->stage);
	if (rc != 0)
		return rc;
	r->sender = a->stage->leaf;
	r->removed = removes_us(a);
	/* The removed have no secret that would open it. */
	if (!r->removed &&
		((rc = take_update(a)) != 0 ||
			(rc = open_path(a, r->content->content.commit)) != 0 ||
			(rc = next_epoch(a, r)) != 0))
		return rc;
	r->proposals = a->stage->list;
	a->stage->list = (struct proposal_list){0};
	return 0;
}

static int process_commit(
	const struct rowan_mls_group *g, struct rowan_mls_received *r)
{
	struct accepting a = {.g = g};
	int rc = stage_commit(&a, r);

	accepting_wipe(&a);
	return rc;
}

/* ---- proposals ---------------------------------------------------------- */

static int process_proposal(
	const struct rowan_mls_group *g, struct rowan_mls_received *r)
{
	const struct proposal_item item = {
		.proposal = &r->content->content.proposal,
		.sender = r->content->content.sender,
		.by_reference = true,
		.content = r->content};
	struct leaf_policy policy;
	struct epoch_view view;
	int rc;

	group_view(g, &policy, &view);
	if ((rc = proposal_check(&view, &item)) != 0 ||
		(rc = proposal_cache_entry(
			 g->suite, &g->cache, r->content, &r->entry)) != 0)
		return rc;
	r->ref = r->entry->ref;
	return 0;
}

/* ---- the way in --------------------------------------------------------- */

/* Is this our staged commit, come back? */
static bool is_own(const struct rowan_mls_group *g, struct bytes message)
{
	struct hash_value hash;

	if (g->staged == NULL)
		return false;
	suite_hash(g->suite, &message, 1, &hash);
	return bytes_eq(hash_view(&hash), hash_view(&g->staged_message));
}

static int open_message(struct rowan_mls_group *g, struct bytes message,
	struct rowan_mls_received *r)
{
	struct mls_message m = {0};
	int rc = mls_message_decode(message, &m);

	if (rc != 0)
		return rc;
	switch (m.wire_format) {
	case WIRE_FORMAT_PRIVATE_MESSAGE:
		rc = open_private(g, &m.private_message, r);
		break;
	case WIRE_FORMAT_PUBLIC_MESSAGE:
		rc = open_public(g, m.public_message, r);
		break;
	default: rc = ROWAN_E_REFUSED; break;
	}
	mls_message_wipe(&m);
	return rc;
}

static int process(struct rowan_mls_group *g, struct bytes message,
	struct rowan_mls_received *r)
{
	int rc;

	r->group = g;
	r->changes = g->changes;
	r->epoch = g->context->epoch;
	if (g->removed)
		return ROWAN_E_MLS_REMOVED;
	if (is_own(g, message)) {
		r->own = true;
		r->own_message = g->staged_message;
		r->next = g->staged;
		r->sender = g->leaf;
		return 0;
	}
	if ((rc = open_message(g, message, r)) != 0)
		return rc;
	r->epoch = r->content->content.epoch;
	r->sender = r->content->content.sender.index;
	switch (r->content->content.content_type) {
	case CONTENT_APPLICATION: return 0;
	case CONTENT_PROPOSAL: return process_proposal(g, r);
	case CONTENT_COMMIT: return process_commit(g, r);
	default: return ROWAN_E_MALFORMED;
	}
}

int rowan_mls_process(struct rowan_mls_group *group,
	struct rowan_mls_bytes message, struct rowan_mls_received **ret)
{
	struct rowan_mls_received *r = calloc(1, sizeof *r);
	int rc;

	*ret = NULL;
	if (r == NULL)
		return ROWAN_E_NOMEM;
	rc = process(group, host_in(message), r);
	if (rc != 0)
		rowan_mls_received_free(r);
	else
		*ret = r;
	return rc;
}

/* Is what came back still what is staged? */
static bool still_staged(
	const struct rowan_mls_group *g, const struct rowan_mls_received *r)
{
	return g->staged != NULL && bytes_eq(hash_view(&g->staged_message),
					    hash_view(&r->own_message));
}

/* Use up the key of a private handshake message. */
static int use_key(
	struct rowan_mls_group *g, const struct rowan_mls_received *r)
{
	const struct secret_tree_limits limits = group_limits(g);
	const struct secret_tree_place place = {
		r->content->content.sender.index, RATCHET_HANDSHAKE,
		r->generation};
	struct secret_tree_step *step;
	int rc = secret_tree_find(g->message_keys, &limits, &place, &step);

	if (rc == 0)
		secret_tree_take(g->message_keys, step);
	return rc;
}

int rowan_mls_accept(
	struct rowan_mls_group *group, struct rowan_mls_received *received)
{
	enum rowan_mls_kind kind = rowan_mls_received_kind(received);
	int rc;

	if (kind == ROWAN_MLS_KIND_APPLICATION)
		return 0;
	if (received->group != group || received->changes != group->changes ||
		(received->own && !still_staged(group, received)) ||
		(kind == ROWAN_MLS_KIND_PROPOSAL && received->entry == NULL))
		return ROWAN_E_STATE;
	if (kind == ROWAN_MLS_KIND_PROPOSAL) {
		if (received->is_private &&
			(rc = use_key(group, received)) != 0)
			return rc;
		proposal_cache_put(&group->cache, received->entry);
		received->entry = NULL;
		group->changes++;
		return 0;
	}
	if (received->removed) {
		/* 12.4.2: "SHOULD promptly delete its group state" */
		group_shut(group);
		return 0;
	}
	if (received->next == NULL)
		return ROWAN_E_STATE;
	/* 9.2: an epoch that is kept is kept without what was consumed in it */
	if (received->is_private && group->client->keep_epochs > 0 &&
		(rc = use_key(group, received)) != 0)
		return rc;
	group_move(group, received->next);
	received->next = NULL;
	return 0;
}
