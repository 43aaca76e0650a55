/*
 * The public group, from its beginning to its end: see public_group.h.
 * Processing messages is in public_group_process.c.
 */
#include <stdlib.h>

#include "mls/public/object/extension.h"
#include "mls/public/group/public_group.h"
#include "mls/public/tree/tree_codec.h"

static int find_tree(const struct suite *suite, const struct group_info *info,
	struct bytes given, struct tree **ret)
{
	struct bytes inside;

	if (given.len > 0)
		return tree_decode(suite, given, ret);
	if (!extension_find(info->extensions, EXTENSION_RATCHET_TREE, &inside))
		return ROWAN_E_MLS_NO_TREE;
	return tree_decode(suite, inside, ret);
}

/* Section 12.4.3.1, as far as it takes no secret. */
static int check_info(const struct public_group *group,
	const struct leaf_policy *policy, const struct group_info *info)
{
	const struct leaf_group leaf_group = {.tree = group->tree,
		.group_id = group->context->group_id,
		.extensions = group->context->extensions,
		.policy = policy};
	const struct leaf_node *signer = tree_leaf(group->tree, info->signer);
	int rc;

	/* 12.4.3.1: "If the node is blank or if signature verification
	 * fails, return an error." */
	if (signer == NULL)
		return ROWAN_E_MLS_SENDER;
	if ((rc = group_info_verify(
		     group->suite, info, signer->signature_key)) != 0 ||
		(rc = epoch_extensions_check(
			 policy, group->context->extensions)) != 0)
		return rc;
	/* An empty hash would skip the comparison. */
	if (group->context->tree_hash.len == 0)
		return ROWAN_E_MLS_TREE;
	if (info->confirmation_tag.len != group->suite->hash->len)
		return ROWAN_E_MLS_CONFIRMATION;
	return tree_validate(&leaf_group, group->context->tree_hash);
}

static int join(struct public_group *group,
	const struct public_group_params *params, const struct group_info *info)
{
	int rc;

	group->context = group_context_ref(info->context);
	group->suite = suite_find(params->suites, info->context->cipher_suite);
	if (group->suite == NULL)
		return ROWAN_E_MLS_SUITE;
	if ((rc = find_tree(group->suite, info, params->tree, &group->tree)) !=
			0 ||
		(rc = check_info(group, params->policy, info)) != 0)
		return rc;
	return transcript_interim(group->suite,
		group->context->confirmed_transcript_hash,
		info->confirmation_tag, &group->interim);
}

int public_group_new(
	const struct public_group_params *params, struct public_group **ret)
{
	struct public_group *group = NULL;
	struct mls_message message = {0};
	int rc;

	*ret = NULL;
	if ((rc = mls_message_decode(params->group_info, &message)) != 0)
		return rc;
	if (message.wire_format != WIRE_FORMAT_GROUP_INFO)
		rc = ROWAN_E_MALFORMED;
	else if ((group = calloc(1, sizeof *group)) == NULL)
		rc = ROWAN_E_NOMEM;
	else
		rc = join(group, params, &message.group_info);
	mls_message_wipe(&message);
	if (rc != 0) {
		public_group_free(group);
		return rc;
	}
	*ret = group;
	return 0;
}

void public_group_free(struct public_group *group)
{
	if (group == NULL)
		return;
	group_context_unref(group->context);
	tree_free(group->tree);
	proposal_cache_clear(&group->cache);
	free(group);
}
