/*
 * Staging a commit: see commit_stage.h. Applying the proposals is the work of
 * proposal_apply.c.
 */
#include <stdlib.h>

#include "mls/public/group/commit_stage.h"
#include "mls/public/group/proposal_apply.h"
#include "mls/public/tree/tree_codec.h"
#include "mls/public/tree/tree_hash.h"
#include "mls/public/tree/tree_path.h"

static int begin(const struct epoch_view *view, struct commit_stage *stage)
{
	int rc;

	if ((rc = proposal_rules_check(view, stage->committer, &stage->list)) !=
			0 ||
		(rc = tree_copy(view->tree, &stage->tree)) != 0 ||
		(rc = proposal_apply(view, stage)) != 0)
		return rc;
	stage->path_required = proposal_rules_path_required(&stage->list);
	stage->leaf = stage->committer.index;
	/* 12.4.2: in an external Commit "assign the sender the leftmost blank
	 * leaf node in the new ratchet tree" */
	if (stage->committer.type == SENDER_NEW_MEMBER_COMMIT)
		return tree_reserve(stage->tree, &stage->leaf);
	return 0;
}

int commit_stage_begin(const struct epoch_view *view, struct sender committer,
	struct proposal_list *list, struct commit_stage **ret)
{
	struct commit_stage *stage;
	int rc;

	*ret = NULL;
	if ((stage = calloc(1, sizeof *stage)) == NULL) {
		proposal_list_free(list);
		return ROWAN_E_NOMEM;
	}
	stage->list = *list;
	*list = (struct proposal_list){0};
	stage->suite = view->suite;
	stage->committer = committer;
	/* A count is no part of the value: the context stays as it is. */
	stage->old = group_context_ref((struct group_context *)view->context);
	if ((rc = begin(view, stage)) != 0) {
		commit_stage_free(stage);
		return rc;
	}
	*ret = stage;
	return 0;
}

/* A policy that judges a leaf as the successor of another. */
struct successor {
	const struct leaf_policy *policy;
	const struct leaf_node *replaced;
};

static int judge_successor(void *cookie, const struct leaf_node *leaf,
	const struct leaf_node *replaced)
{
	const struct successor *s = cookie;

	if (s->policy->credential == NULL)
		return 0;
	return s->policy->credential(s->policy->cookie, leaf,
		replaced != NULL ? replaced : s->replaced);
}

static int check_leaf(const struct epoch_view *view,
	const struct commit_stage *stage, const struct leaf_node *leaf)
{
	struct successor successor = {view->policy, NULL};
	struct leaf_policy policy = *view->policy;
	const struct leaf_group group = {.tree = stage->tree,
		.group_id = view->context->group_id,
		.extensions = stage->extensions,
		.policy = &policy};

	if (stage->committer.type == SENDER_NEW_MEMBER_COMMIT &&
		stage->removed.len == 1)
		successor.replaced = tree_leaf(view->tree, stage->removed.v[0]);
	policy.credential = judge_successor;
	policy.cookie = &successor;
	/* 12.2, external: the leaf "MUST meet the same criteria as would the
	 * LeafNode in an Update for the removed leaf" */
	if (successor.replaced != NULL &&
		bytes_eq(successor.replaced->encryption_key,
			leaf->encryption_key))
		return ROWAN_E_MLS_LEAF_NODE;
	return leaf_check(&group, leaf, LEAF_IN_PATH, stage->leaf);
}

static int stage_path(const struct epoch_view *view, struct commit_stage *stage,
	const struct update_path *path)
{
	const struct leaf_set added = {stage->added.v, stage->added.len};
	int rc;

	/* 12.4.2: "Validate the LeafNode as specified in" section 7.3 */
	if ((rc = check_leaf(view, stage, path->leaf_node)) != 0)
		return rc;
	return tree_path_merge(stage->tree, stage->leaf, path, &added);
}

int commit_stage_provisional(struct commit_stage *stage)
{
	struct group_context fields = *stage->old;
	struct group_context *provisional;
	struct hash_value hash;
	int rc;

	/* Nobody could be welcomed to a larger tree. */
	if (fields.epoch == UINT64_MAX ||
		tree_encoded_len(stage->tree) > MLS_TREE_MAX)
		return ROWAN_E_LIMIT;
	tree_hash(stage->tree, &hash);
	fields.epoch++;
	fields.tree_hash = hash_view(&hash);
	fields.extensions = stage->extensions;
	if ((rc = group_context_new(&fields, &provisional)) != 0)
		return rc;
	group_context_unref(stage->provisional);
	stage->provisional = provisional;
	return 0;
}

int commit_stage_confirm(struct commit_stage *stage, struct bytes interim,
	struct bytes signed_raw)
{
	struct group_context fields;
	struct group_context *context;
	struct hash_value confirmed;
	int rc;

	if (stage->provisional == NULL)
		return ROWAN_E_STATE;
	fields = *stage->provisional;
	transcript_confirmed(stage->suite, interim, signed_raw, &confirmed);
	fields.confirmed_transcript_hash = hash_view(&confirmed);
	if ((rc = group_context_new(&fields, &context)) != 0)
		return rc;
	group_context_unref(stage->context);
	stage->context = context;
	return 0;
}

int commit_stage_interim(
	struct commit_stage *stage, struct bytes confirmation_tag)
{
	if (stage->context == NULL)
		return ROWAN_E_STATE;
	if (confirmation_tag.len != stage->suite->hash->len)
		return ROWAN_E_MLS_CONFIRMATION;
	return transcript_interim(stage->suite,
		stage->context->confirmed_transcript_hash, confirmation_tag,
		&stage->interim);
}

static int receive(const struct epoch_view *view, struct commit_stage *stage,
	const struct commit *commit)
{
	/* 12.4: "By default, the path field of a Commit MUST be populated." */
	if (stage->path_required && !commit->has_path)
		return ROWAN_E_MLS_PATH_REQUIRED;
	if (!commit->has_path)
		return 0;
	return stage_path(view, stage, &commit->path);
}

int commit_stage_receive(const struct epoch_view *view, struct bytes interim,
	struct authenticated_content *ac, const struct proposal_cache *cache,
	struct commit_stage **ret)
{
	struct commit_stage *stage = NULL;
	struct proposal_list list = {0};
	int rc;

	*ret = NULL;
	if ((rc = proposal_list_resolve(&list, ac, cache)) != 0 ||
		(rc = commit_stage_begin(
			 view, ac->content.sender, &list, &stage)) != 0 ||
		(rc = receive(view, stage, ac->content.commit)) != 0 ||
		(rc = commit_stage_provisional(stage)) != 0 ||
		(rc = commit_stage_confirm(stage, interim, ac->signed_raw)) !=
			0 ||
		(rc = commit_stage_interim(stage, ac->confirmation_tag)) != 0)
		goto out;
	*ret = stage;
	stage = NULL;
out:
	proposal_list_free(&list);
	commit_stage_free(stage);
	return rc;
}

void commit_stage_free(struct commit_stage *stage)
{
	if (stage == NULL)
		return;
	proposal_list_free(&stage->list);
	tree_free(stage->tree);
	node_list_free(&stage->removed);
	node_list_free(&stage->updated);
	node_list_free(&stage->added);
	group_context_unref(stage->old);
	group_context_unref(stage->provisional);
	group_context_unref(stage->context);
	free(stage);
}
