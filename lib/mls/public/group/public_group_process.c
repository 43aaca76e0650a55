/*
 * Processing messages of a public group: see public_group.h.
 */
#include <stdlib.h>

#include "mls/public/group/message_check.h"
#include "mls/public/group/public_group.h"

static struct epoch_view view_of(
	const struct public_group *group, const struct leaf_policy *policy)
{
	return (struct epoch_view){.suite = group->suite,
		.context = group->context,
		.tree = group->tree,
		.policy = policy};
}

static int stage_proposal(const struct public_group *group,
	const struct leaf_policy *policy, struct public_staged *staged)
{
	const struct epoch_view view = view_of(group, policy);
	const struct proposal_item item = {
		.proposal = &staged->content->content.proposal,
		.sender = staged->content->content.sender};
	int rc;

	if ((rc = proposal_check(&view, &item)) != 0)
		return rc;
	return proposal_cache_entry(
		group->suite, &group->cache, staged->content, &staged->entry);
}

static void add_change(struct public_staged *staged, enum leaf_change_kind kind,
	uint32_t leaf, const struct tree *old)
{
	struct leaf_change *c = &staged->changes[staged->changes_n++];

	c->kind = kind;
	c->leaf = leaf;
	if (kind != LEAF_ADDED)
		c->before = leaf_node_ref(tree_leaf(old, leaf));
	if (kind != LEAF_REMOVED)
		c->after = leaf_node_ref(tree_leaf(staged->next->tree, leaf));
}

/* In the order in which proposals and path were applied. */
static int note_changes(const struct public_group *group,
	const struct commit_stage *stage, struct public_staged *staged)
{
	size_t n = stage->removed.len + stage->updated.len + stage->added.len;
	bool joins = stage->committer.type == SENDER_NEW_MEMBER_COMMIT;

	staged->changes = calloc(n + 1, sizeof *staged->changes);
	if (staged->changes == NULL)
		return ROWAN_E_NOMEM;
	for (size_t i = 0; i < stage->updated.len; i++)
		add_change(
			staged, LEAF_UPDATED, stage->updated.v[i], group->tree);
	for (size_t i = 0; i < stage->removed.len; i++)
		add_change(
			staged, LEAF_REMOVED, stage->removed.v[i], group->tree);
	for (size_t i = 0; i < stage->added.len; i++)
		add_change(staged, LEAF_ADDED, stage->added.v[i], group->tree);
	if (!staged->content->content.commit->has_path)
		return 0;
	add_change(staged, LEAF_COMMITTED, stage->leaf, group->tree);
	if (joins) {
		/* What stood there is another member, removed above. */
		struct leaf_change *c = &staged->changes[staged->changes_n - 1];

		leaf_node_unref(c->before);
		c->before = NULL;
	}
	return 0;
}

static int stage_commit(const struct public_group *group,
	const struct leaf_policy *policy, struct public_staged *staged)
{
	const struct epoch_view view = view_of(group, policy);
	struct commit_stage *stage;
	struct public_group *next;
	int rc;

	if ((rc = commit_stage_receive(&view, hash_view(&group->interim),
		     staged->content, &group->cache, &stage)) != 0)
		return rc;
	if ((next = calloc(1, sizeof *next)) == NULL) {
		commit_stage_free(stage);
		return ROWAN_E_NOMEM;
	}
	staged->next = next;
	next->suite = group->suite;
	next->context = group_context_ref(stage->context);
	next->interim = stage->interim;
	next->closed = stage->reinit != NULL;
	next->tree = stage->tree;
	stage->tree = NULL;
	staged->proposals = stage->list;
	stage->list = (struct proposal_list){0};
	staged->committer = stage->leaf;
	rc = note_changes(group, stage, staged);
	commit_stage_free(stage);
	return rc;
}

static int stage(const struct public_group *group,
	const struct leaf_policy *policy, struct public_staged *staged)
{
	const struct epoch_view view = view_of(group, policy);
	const struct authenticated_content *ac = staged->content;
	int rc;

	if (group->closed &&
		bytes_eq(ac->content.group_id, group->context->group_id))
		return ROWAN_E_MLS_REINIT;
	if ((rc = message_check_epoch(
		     &view, ac->content.group_id, ac->content.epoch)) != 0)
		return rc;
	/* 6.2: the tag "authenticates the sender's membership"; here only
	 * its form can be looked at. */
	if (ac->has_membership_tag &&
		ac->membership_tag.len != group->suite->hash->len)
		return ROWAN_E_MLS_MEMBERSHIP;
	if ((rc = message_check(&view, ac)) != 0)
		return rc;
	if (ac->content.content_type == CONTENT_PROPOSAL)
		return stage_proposal(group, policy, staged);
	return stage_commit(group, policy, staged);
}

int public_group_process(const struct public_group *group,
	const struct leaf_policy *policy, struct bytes message,
	struct public_staged **ret)
{
	struct public_staged *staged;
	struct mls_message m;
	int rc;

	*ret = NULL;
	if ((rc = mls_message_decode(message, &m)) != 0)
		return rc;
	if (m.wire_format != WIRE_FORMAT_PUBLIC_MESSAGE) {
		mls_message_wipe(&m);
		return ROWAN_E_REFUSED;
	}
	if ((staged = calloc(1, sizeof *staged)) == NULL) {
		mls_message_wipe(&m);
		return ROWAN_E_NOMEM;
	}
	staged->content = authenticated_content_ref(m.public_message);
	staged->base = group_context_ref(group->context);
	mls_message_wipe(&m);
	if ((rc = stage(group, policy, staged)) != 0) {
		public_staged_free(staged);
		return rc;
	}
	*ret = staged;
	return 0;
}

int public_group_merge(struct public_group *group, struct public_staged *staged)
{
	struct public_group old;

	if (staged->base != group->context)
		return ROWAN_E_STATE;
	if (staged->entry != NULL) {
		/* Staged twice, merged twice: it is in. */
		if (proposal_cache_find(&group->cache,
			    hash_view(&staged->entry->ref)) != NULL)
			return ROWAN_E_STATE;
		proposal_cache_put(&group->cache, staged->entry);
		staged->entry = NULL;
		return 0;
	}
	if (staged->next == NULL)
		return ROWAN_E_STATE;
	old = *group;
	*group = *staged->next;
	*staged->next = old;
	public_group_free(staged->next);
	staged->next = NULL;
	return 0;
}

void public_staged_free(struct public_staged *staged)
{
	if (staged == NULL)
		return;
	for (size_t i = 0; i < staged->changes_n; i++) {
		leaf_node_unref(staged->changes[i].before);
		leaf_node_unref(staged->changes[i].after);
	}
	free(staged->changes);
	proposal_list_free(&staged->proposals);
	cached_proposal_free(staged->entry);
	public_group_free(staged->next);
	group_context_unref(staged->base);
	authenticated_content_unref(staged->content);
	free(staged);
}
