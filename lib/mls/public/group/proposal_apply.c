/*
 * Applying proposals: see proposal_apply.h.
 */
#include "mls/public/group/proposal_apply.h"

static void apply_extensions(
	const struct epoch_view *view, struct commit_stage *stage)
{
	const struct proposal_list *list = &stage->list;
	size_t i =
		proposal_list_next(list, PROPOSAL_GROUP_CONTEXT_EXTENSIONS, 0);

	/* 12.3: "The new extensions MUST be used when evaluating other
	 * proposals in this list." */
	stage->extensions = i < list->n ? list->v[i].proposal->extensions
					: stage->old->extensions;
}

static int apply_updates(struct commit_stage *stage)
{
	const struct proposal_list *list = &stage->list;
	size_t i = 0;
	int rc;

	while ((i = proposal_list_next(list, PROPOSAL_UPDATE, i)) < list->n) {
		const struct proposal_item *item = &list->v[i++];

		if ((rc = tree_update(stage->tree, item->sender.index,
			     item->proposal->update)) != 0 ||
			(rc = node_list_add(
				 &stage->updated, item->sender.index)) != 0)
			return rc;
	}
	return 0;
}

static int apply_removes(struct commit_stage *stage)
{
	const struct proposal_list *list = &stage->list;
	size_t i = 0;
	int rc;

	while ((i = proposal_list_next(list, PROPOSAL_REMOVE, i)) < list->n) {
		uint32_t leaf = list->v[i++].proposal->removed;

		if ((rc = tree_remove(stage->tree, leaf)) != 0 ||
			(rc = node_list_add(&stage->removed, leaf)) != 0)
			return rc;
	}
	return 0;
}

/*
 * Judge one updated leaf in the place of its predecessor, which is put back
 * for the time of the question: all other updates and removes stay applied,
 * so their order does not matter.
 */
static int check_update(const struct epoch_view *view,
	struct commit_stage *stage, const struct leaf_group *group,
	uint32_t index)
{
	struct leaf_node *leaf = leaf_node_ref(tree_leaf(stage->tree, index));
	int rc;

	if ((rc = tree_update(
		     stage->tree, index, tree_leaf(view->tree, index))) == 0 &&
		(rc = leaf_check(group, leaf, LEAF_IN_UPDATE, index)) == 0)
		rc = tree_update(stage->tree, index, leaf);
	leaf_node_unref(leaf);
	return rc;
}

static int apply_adds(
	struct commit_stage *stage, const struct leaf_group *group)
{
	const struct proposal_list *list = &stage->list;
	size_t i = 0;
	int rc;

	while ((i = proposal_list_next(list, PROPOSAL_ADD, i)) < list->n) {
		struct leaf_node *leaf = list->v[i++].proposal->add.leaf_node;
		uint32_t index;

		/* 12.1.1: the KeyPackage is valid "according to" 10.1 */
		if ((rc = leaf_check(group, leaf, LEAF_IN_KEY_PACKAGE, 0)) !=
				0 ||
			(rc = tree_add(stage->tree, leaf, &index)) != 0 ||
			(rc = node_list_add(&stage->added, index)) != 0)
			return rc;
	}
	return 0;
}

/* What is looked up later in the processing of a Commit. */
static void note_rest(struct commit_stage *stage)
{
	const struct proposal_list *list = &stage->list;
	size_t i;

	if ((i = proposal_list_next(list, PROPOSAL_EXTERNAL_INIT, 0)) < list->n)
		stage->kem_output = list->v[i].proposal->kem_output;
	if ((i = proposal_list_next(list, PROPOSAL_REINIT, 0)) < list->n)
		stage->reinit = &list->v[i].proposal->reinit;
}

int proposal_apply(const struct epoch_view *view, struct commit_stage *stage)
{
	struct leaf_group group = {.tree = stage->tree,
		.group_id = view->context->group_id,
		.policy = view->policy};
	int rc;

	/* 12.3: "The client MUST apply the proposals in the list in the
	 * following order" */
	apply_extensions(view, stage);
	group.extensions = stage->extensions;
	if ((rc = apply_updates(stage)) != 0 ||
		(rc = apply_removes(stage)) != 0)
		return rc;
	for (size_t i = 0; i < stage->updated.len; i++) {
		if ((rc = check_update(
			     view, stage, &group, stage->updated.v[i])) != 0)
			return rc;
	}
	if ((rc = apply_adds(stage, &group)) != 0)
		return rc;
	note_rest(stage);
	/* 12.1.7: invalid if "some members of the group do not support some
	 * of the required capabilities (including those added ...)" */
	if (proposal_list_count(
		    &stage->list, PROPOSAL_GROUP_CONTEXT_EXTENSIONS) > 0 &&
		!tree_supports(stage->tree, stage->extensions))
		return ROWAN_E_MLS_PROPOSAL;
	return 0;
}
