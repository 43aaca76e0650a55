/*
 * Believing a group: see group_info_check.h.
 */
#include "mls/member/group_info_check.h"
#include "mls/public/extension.h"
#include "mls/public/tree_codec.h"

/* 13.4: a joiner must support every extension in the GroupContext. */
static int supported(
	const struct rowan_mls *client, const struct group_context *context)
{
	struct client_capabilities caps;
	struct required_capabilities required;
	struct bytes list = context->extensions;
	struct extension e;
	int rc = group_context_required(context, &required);

	if (rc != 0)
		return rc;
	client_capabilities(client, &caps);
	while (extension_next(&list, &e))
		if (!capabilities_extension(&caps.lists, e.type))
			return ROWAN_E_MLS_EXTENSION;
	return capabilities_meet(&caps.lists, &required)
		       ? 0
		       : ROWAN_E_MLS_EXTENSION;
}

int group_info_check(const struct rowan_mls *client,
	const struct group_info *info, struct bytes tree, struct tree **ret)
{
	struct leaf_policy policy;
	struct leaf_group group = {.group_id = info->context->group_id,
		.extensions = info->context->extensions,
		.policy = &policy};
	struct tree *t = NULL;
	const struct leaf_node *signer;
	int rc;

	*ret = NULL;
	if (tree.len == 0 && !extension_find(info->extensions,
				     EXTENSION_RATCHET_TREE, &tree))
		return ROWAN_E_MLS_NO_TREE;
	if ((rc = tree_decode(client->suite, tree, &t)) != 0)
		return rc;
	client_policy(client, &policy);
	group.tree = t;
	/* 12.4.3.1: signature, then tree hash, parent hashes, leaves */
	signer = tree_leaf(t, info->signer);
	rc = signer == NULL ? ROWAN_E_MLS_SENDER
			    : group_info_verify(client->suite, info,
				      signer->signature_key);
	/* An empty hash would skip the comparison. */
	if (rc == 0 && info->context->tree_hash.len != client->suite->hash->len)
		rc = ROWAN_E_MLS_TREE;
	if (rc == 0)
		rc = tree_validate(&group, info->context->tree_hash);
	if (rc == 0)
		rc = supported(client, info->context);
	if (rc == 0)
		rc = epoch_extensions_check(&policy, info->context->extensions);
	if (rc != 0)
		tree_free(t);
	else
		*ret = t;
	return rc;
}

int group_reinit_check(
	const struct rowan_mls_group *old, const struct group_context *now)
{
	const struct reinit *announced;
	struct proposal p = {0};
	int rc;

	if (old->reinit.len == 0)
		return ROWAN_E_MLS_PSK;
	rc = proposal_decode(buf_view(&old->reinit), &p);
	if (rc != 0)
		return rc;
	announced = &p.reinit;
	/* 11.2: version, suite, group id and extensions "MUST" be those of
	 * the ReInit proposal */
	if (announced->version != now->version ||
		announced->cipher_suite != now->cipher_suite ||
		!bytes_eq(announced->group_id, now->group_id) ||
		!bytes_eq(announced->extensions, now->extensions))
		rc = ROWAN_E_MLS_PSK;
	proposal_wipe(&p);
	return rc;
}

int group_branch_check(
	const struct rowan_mls_group *old, const struct group_context *now)
{
	/* 11.3: version and suite of the old group, another group id */
	return now->version == old->context->version &&
			       now->cipher_suite ==
				       old->context->cipher_suite &&
			       !bytes_eq(now->group_id, old->context->group_id)
		       ? 0
		       : ROWAN_E_MLS_PSK;
}
