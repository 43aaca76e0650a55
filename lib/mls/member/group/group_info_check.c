/*
 * Believing a group: see group_info_check.h.
 */
#include "mls/member/group/group_info_check.h"
#include "mls/public/object/extension.h"
#include "mls/public/tree/tree_codec.h"

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

bool group_knows(const struct tree *t, const struct leaf_node *leaf)
{
	for (uint32_t i = tree_next_leaf(t, 0); i < tree_leaves(t);
		i = tree_next_leaf(t, i + 1))
		if (bytes_eq(tree_leaf(t, i)->credential.raw,
			    leaf->credential.raw))
			return true;
	return false;
}

bool group_knows_all(const struct tree *t, const struct tree *others)
{
	for (uint32_t i = tree_next_leaf(others, 0); i < tree_leaves(others);
		i = tree_next_leaf(others, i + 1))
		if (!group_knows(t, tree_leaf(others, i)))
			return false;
	return true;
}

/* 11.2: version, suite, group id and extensions "MUST be the same as the
 * corresponding fields in the ReInit proposal" */
static bool as_announced(
	const struct reinit *announced, const struct group_context *now)
{
	return announced->version == now->version &&
	       announced->cipher_suite == now->cipher_suite &&
	       bytes_eq(announced->group_id, now->group_id) &&
	       bytes_eq(announced->extensions, now->extensions);
}

static int reinit_check(const struct rowan_mls_group *old,
	const struct psk_id *link, const struct group_context *now,
	const struct tree *tree)
{
	struct proposal p = {0};
	int rc;

	/* 11.2: its epoch is "the epoch after the Commit covering the
	 * ReInit" */
	if (old->reinit.len == 0 || link->psk_epoch != old->context->epoch)
		return ROWAN_E_MLS_PSK;
	rc = proposal_decode(buf_view(&old->reinit), &p);
	if (rc != 0)
		return rc;
	/* 12.4.3.1: "all the members of the old group are also members of the
	 * new group" */
	if (!as_announced(&p.reinit, now) || !group_knows_all(tree, old->tree))
		rc = ROWAN_E_MLS_PSK;
	proposal_wipe(&p);
	return rc;
}

static int branch_check(const struct rowan_mls_group *old,
	const struct group_context *now, const struct tree *tree)
{
	/* 11.3: version and suite of the old group, another group id, and
	 * each leaf "MUST match some LeafNode in the original group" */
	return now->version == old->context->version &&
			       now->cipher_suite ==
				       old->context->cipher_suite &&
			       !bytes_eq(
				       now->group_id, old->context->group_id) &&
			       group_knows_all(old->tree, tree)
		       ? 0
		       : ROWAN_E_MLS_PSK;
}

int group_resumed_check(const struct rowan_mls_group *old,
	const struct psk_id *link, const struct group_context *now,
	const struct tree *tree)
{
	/* "the epoch of the GroupInfo MUST be 1" */
	if (now->epoch != 1)
		return ROWAN_E_MLS_PSK;
	return link->usage == PSK_USAGE_REINIT
		       ? reinit_check(old, link, now, tree)
		       : branch_check(old, now, tree);
}
