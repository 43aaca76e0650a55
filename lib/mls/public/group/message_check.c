/*
 * Sender checks: see message_check.h.
 */
#include "mls/public/object/external_sender.h"
#include "mls/public/group/message_check.h"

int message_check_epoch(
	const struct epoch_view *view, struct bytes group_id, uint64_t epoch)
{
	if (!bytes_eq(group_id, view->context->group_id))
		return ROWAN_E_MLS_WRONG_GROUP;
	/* 12.1, 12.4.2: the epoch is "equal to the epoch field of the current
	 * GroupContext" */
	if (epoch != view->context->epoch)
		return ROWAN_E_MLS_WRONG_EPOCH;
	return 0;
}

static int member_key(const struct epoch_view *view,
	const struct authenticated_content *ac, struct bytes *ret)
{
	const struct leaf_node *leaf =
		tree_leaf(view->tree, ac->content.sender.index);

	if (leaf == NULL)
		return ROWAN_E_MLS_SENDER;
	/* 6: application messages "MUST use PrivateMessage" */
	if (ac->content.content_type == CONTENT_APPLICATION &&
		ac->wire_format != WIRE_FORMAT_PRIVATE_MESSAGE)
		return ROWAN_E_MLS_SENDER;
	*ret = leaf->signature_key;
	return 0;
}

static int external_key(const struct epoch_view *view,
	const struct authenticated_content *ac, struct bytes *ret)
{
	struct external_sender sender;
	int rc;

	/* 6.1: "content_type of the message MUST be proposal and the
	 * proposal_type MUST be a value that is allowed for external
	 * senders" */
	if (ac->content.content_type != CONTENT_PROPOSAL ||
		!proposal_external_may_send(ac->content.proposal.type))
		return ROWAN_E_MLS_SENDER;
	if ((rc = external_sender_at(view->context->extensions,
		     ac->content.sender.index, &sender)) != 0)
		return rc;
	*ret = sender.signature_key;
	return 0;
}

static int sender_key(const struct epoch_view *view,
	const struct authenticated_content *ac, struct bytes *ret)
{
	const struct framed_content *content = &ac->content;

	/* 12.1.8, 12.4.3.2: from outside only as PublicMessage */
	if (content->sender.type != SENDER_MEMBER &&
		ac->wire_format != WIRE_FORMAT_PUBLIC_MESSAGE)
		return ROWAN_E_MLS_SENDER;
	switch (content->sender.type) {
	case SENDER_MEMBER: return member_key(view, ac, ret);
	case SENDER_EXTERNAL: return external_key(view, ac, ret);
	case SENDER_NEW_MEMBER_PROPOSAL:
		/* 6.1: "MUST be proposal and the proposal_type ... MUST be
		 * add" */
		if (content->content_type != CONTENT_PROPOSAL ||
			content->proposal.type != PROPOSAL_ADD)
			return ROWAN_E_MLS_SENDER;
		*ret = content->proposal.add.leaf_node->signature_key;
		return 0;
	case SENDER_NEW_MEMBER_COMMIT:
		/* 6.1: "content_type of the message MUST be commit" */
		if (content->content_type != CONTENT_COMMIT)
			return ROWAN_E_MLS_SENDER;
		/* 12.4.3.2: external Commits "MUST contain a path" */
		if (!content->commit->has_path)
			return ROWAN_E_MLS_PATH_REQUIRED;
		*ret = content->commit->path.leaf_node->signature_key;
		return 0;
	default: return ROWAN_E_MLS_SENDER;
	}
}

int message_check(
	const struct epoch_view *view, const struct authenticated_content *ac)
{
	struct bytes key;
	int rc;

	if ((rc = message_check_epoch(
		     view, ac->content.group_id, ac->content.epoch)) != 0 ||
		(rc = sender_key(view, ac, &key)) != 0)
		return rc;
	/* 6.1: "Recipients of an MLSMessage MUST verify the signature" */
	return framing_verify(view->suite, ac, key, view->context);
}
