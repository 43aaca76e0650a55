/*
 * Looking at what was received. See rowan/mls.h.
 */
#include "mls/member/group/group.h"

enum rowan_mls_kind rowan_mls_received_kind(
	const struct rowan_mls_received *received)
{
	return received->own ? ROWAN_MLS_KIND_COMMIT
			     : (enum rowan_mls_kind)
				       received->content->content.content_type;
}

enum rowan_mls_sender_type rowan_mls_received_sender_type(
	const struct rowan_mls_received *received)
{
	return received->own ? ROWAN_MLS_SENDER_MEMBER
			     : (enum rowan_mls_sender_type)
				       received->content->content.sender.type;
}

uint32_t rowan_mls_received_sender(const struct rowan_mls_received *received)
{
	return received->sender;
}

uint64_t rowan_mls_received_epoch(const struct rowan_mls_received *received)
{
	return received->epoch;
}

uint32_t rowan_mls_received_generation(
	const struct rowan_mls_received *received)
{
	return received->generation;
}

bool rowan_mls_received_is_private(const struct rowan_mls_received *received)
{
	return received->is_private;
}

struct rowan_mls_bytes rowan_mls_received_aad(
	const struct rowan_mls_received *received)
{
	return received->own
		       ? (struct rowan_mls_bytes){NULL, 0}
		       : host_out(
				 received->content->content.authenticated_data);
}

struct rowan_mls_bytes rowan_mls_received_data(
	const struct rowan_mls_received *received)
{
	if (received->own ||
		received->content->content.content_type != CONTENT_APPLICATION)
		return (struct rowan_mls_bytes){NULL, 0};
	return host_out(received->content->content.application_data);
}

bool rowan_mls_received_own(const struct rowan_mls_received *received)
{
	return received->own;
}

bool rowan_mls_received_removed(const struct rowan_mls_received *received)
{
	return received->removed;
}

struct rowan_mls_bytes rowan_mls_received_ref(
	const struct rowan_mls_received *received)
{
	return host_out(hash_view(&received->ref));
}

const struct rowan_mls_group *rowan_mls_received_next(
	const struct rowan_mls_received *received)
{
	return received->own ? received->group->staged : received->next;
}

int rowan_mls_received_proposal(const struct rowan_mls_received *received,
	size_t i, struct rowan_mls_proposal_view *ret)
{
	*ret = (struct rowan_mls_proposal_view){0};
	if (rowan_mls_received_kind(received) == ROWAN_MLS_KIND_PROPOSAL &&
		i == 0) {
		const struct proposal_item item = {
			.proposal = &received->content->content.proposal,
			.sender = received->content->content.sender,
			.by_reference = true};

		host_proposal(&item, ret);
		return 0;
	}
	if (i >= received->proposals.n)
		return ROWAN_E_NOT_FOUND;
	host_proposal(&received->proposals.v[i], ret);
	return 0;
}
