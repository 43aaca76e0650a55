/*
 * rowan/mls_public.h: the public group as an object of the C API.
 */
#include <stdlib.h>

#include <rowan/mls_public.h>

#include "mls/public/group/host_policy.h"
#include "mls/public/group/public_group.h"
#include "mls/public/tree/tree_codec.h"

struct rowan_mls_public {
	struct rowan_mls_public_options options;
	struct public_group *group;
};

struct rowan_mls_public_received {
	struct public_staged *staged;
	struct rowan_mls_public next; /* borrows the staged group */
};

static bool usable(const struct rowan_mls_public_options *o)
{
	return o->host.clock != NULL && o->host.validate != NULL;
}

static void policy_of(
	const struct rowan_mls_public_options *o, struct leaf_policy *ret)
{
	const struct host_limits limits = {
		o->lifetime_max, o->ignore_lifetimes};

	host_policy(&o->host, &limits, ret);
}

/* A handle around ${group}, which it owns, whatever comes of it. */
static int wrap(const struct rowan_mls_public_options *options,
	struct public_group *group, struct rowan_mls_public **ret)
{
	struct rowan_mls_public *handle = calloc(1, sizeof *handle);

	if (handle == NULL) {
		public_group_free(group);
		return ROWAN_E_NOMEM;
	}
	handle->options = *options;
	handle->group = group;
	*ret = handle;
	return 0;
}

int rowan_mls_public_new(const struct rowan_mls_public_options *options,
	struct rowan_mls_bytes group_info, struct rowan_mls_bytes tree,
	struct rowan_mls_public **ret)
{
	struct leaf_policy policy;
	const struct public_group_params params = {.suites = suite_default,
		.policy = &policy,
		.group_info = host_in(group_info),
		.tree = host_in(tree)};
	struct public_group *group;
	int rc;

	*ret = NULL;
	if (!usable(options))
		return ROWAN_E_INVAL;
	policy_of(options, &policy);
	if ((rc = public_group_new(&params, &group)) != 0)
		return rc;
	return wrap(options, group, ret);
}

void rowan_mls_public_free(struct rowan_mls_public *group)
{
	if (group == NULL)
		return;
	public_group_free(group->group);
	free(group);
}

int rowan_mls_public_save(
	const struct rowan_mls_public *group, struct rowan_mls_buf *ret)
{
	struct buf saved;
	int rc;

	*ret = (struct rowan_mls_buf){0};
	if ((rc = public_group_save(group->group, &saved)) == 0)
		host_give(&saved, ret);
	return rc;
}

int rowan_mls_public_load(const struct rowan_mls_public_options *options,
	struct rowan_mls_bytes blob, struct rowan_mls_public **ret)
{
	struct public_group *group;
	int rc;

	*ret = NULL;
	if (!usable(options))
		return ROWAN_E_INVAL;
	if ((rc = public_group_load(suite_default, host_in(blob), &group)) != 0)
		return rc;
	return wrap(options, group, ret);
}

uint64_t rowan_mls_public_epoch(const struct rowan_mls_public *group)
{
	return group->group->context->epoch;
}

struct rowan_mls_bytes rowan_mls_public_id(const struct rowan_mls_public *group)
{
	return host_out(group->group->context->group_id);
}

struct rowan_mls_bytes rowan_mls_public_tree_hash(
	const struct rowan_mls_public *group)
{
	return host_out(group->group->context->tree_hash);
}

struct rowan_mls_bytes rowan_mls_public_confirmed_transcript_hash(
	const struct rowan_mls_public *group)
{
	return host_out(group->group->context->confirmed_transcript_hash);
}

struct rowan_mls_bytes rowan_mls_public_context(
	const struct rowan_mls_public *group)
{
	return host_out(group->group->context->raw);
}

uint32_t rowan_mls_public_member_count(const struct rowan_mls_public *group)
{
	return tree_members(group->group->tree);
}

bool rowan_mls_public_next_member(const struct rowan_mls_public *group,
	uint32_t *leaf, struct rowan_mls_member *ret)
{
	const struct tree *tree = group->group->tree;
	uint32_t index = tree_next_leaf(tree, *leaf);

	*ret = (struct rowan_mls_member){0};
	if (index >= tree_leaves(tree))
		return false;
	host_member(tree_leaf(tree, index), index, ret);
	*leaf = index;
	return true;
}

int rowan_mls_public_tree(
	const struct rowan_mls_public *group, struct rowan_mls_buf *ret)
{
	struct buf tree;
	int rc;

	*ret = (struct rowan_mls_buf){0};
	if ((rc = tree_encode(group->group->tree, &tree)) == 0)
		host_give(&tree, ret);
	return rc;
}

int rowan_mls_public_process(const struct rowan_mls_public *group,
	struct rowan_mls_bytes message, struct rowan_mls_public_received **ret)
{
	struct rowan_mls_public_received *received;
	struct leaf_policy policy;
	int rc;

	*ret = NULL;
	if ((received = calloc(1, sizeof *received)) == NULL)
		return ROWAN_E_NOMEM;
	policy_of(&group->options, &policy);
	if ((rc = public_group_process(group->group, &policy, host_in(message),
		     &received->staged)) != 0) {
		free(received);
		return rc;
	}
	received->next.options = group->options;
	received->next.group = received->staged->next;
	*ret = received;
	return 0;
}

void rowan_mls_public_received_free(struct rowan_mls_public_received *received)
{
	if (received == NULL)
		return;
	public_staged_free(received->staged);
	free(received);
}

int rowan_mls_public_accept(struct rowan_mls_public *group,
	struct rowan_mls_public_received *received)
{
	int rc = public_group_merge(group->group, received->staged);

	if (rc == 0)
		received->next.group = NULL;
	return rc;
}

static const struct framed_content *content_of(
	const struct rowan_mls_public_received *received)
{
	return &received->staged->content->content;
}

enum rowan_mls_kind rowan_mls_public_received_kind(
	const struct rowan_mls_public_received *received)
{
	return (enum rowan_mls_kind)content_of(received)->content_type;
}

enum rowan_mls_sender_type rowan_mls_public_received_sender_type(
	const struct rowan_mls_public_received *received)
{
	return (enum rowan_mls_sender_type)content_of(received)->sender.type;
}

uint32_t rowan_mls_public_received_sender(
	const struct rowan_mls_public_received *received)
{
	const struct framed_content *content = content_of(received);

	return content->sender.type == SENDER_NEW_MEMBER_COMMIT
		       ? received->staged->committer
		       : content->sender.index;
}

struct rowan_mls_bytes rowan_mls_public_received_aad(
	const struct rowan_mls_public_received *received)
{
	return host_out(content_of(received)->authenticated_data);
}

int rowan_mls_public_received_proposal(
	const struct rowan_mls_public_received *received, size_t i,
	struct rowan_mls_proposal_view *ret)
{
	const struct framed_content *content = content_of(received);
	const struct proposal_list *list = &received->staged->proposals;
	const struct proposal_item one = {
		.proposal = &content->proposal, .sender = content->sender};

	*ret = (struct rowan_mls_proposal_view){0};
	if (content->content_type == CONTENT_PROPOSAL && i == 0) {
		host_proposal(&one, ret);
		return 0;
	}
	if (i >= list->n)
		return ROWAN_E_NOT_FOUND;
	host_proposal(&list->v[i], ret);
	return 0;
}

const struct rowan_mls_public *rowan_mls_public_received_next(
	const struct rowan_mls_public_received *received)
{
	return received->next.group == NULL ? NULL : &received->next;
}
