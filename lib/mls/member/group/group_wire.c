/*
 * Contents of ours on their way out (RFC 9420 section 6). See group.h.
 */
#include "mls/member/group/group.h"
#include "mls/member/keys/message_protect.h"

int group_sign(const struct rowan_mls_group *g,
	const struct rowan_mls_wire *wire, uint8_t content_type,
	struct bytes body, struct buf *ret)
{
	const struct framing_params params = {
		.wire_format = wire != NULL && wire->is_public
				       ? WIRE_FORMAT_PUBLIC_MESSAGE
				       : WIRE_FORMAT_PRIVATE_MESSAGE,
		.sender = {SENDER_MEMBER, g->leaf},
		.authenticated_data =
			wire != NULL ? host_in(wire->aad) : bytes_of(NULL, 0),
		.content_type = content_type,
		.body = body,
		.group_id = g->context->group_id,
		.epoch = g->context->epoch,
		.context = g->context};

	return framing_sign(g->suite, &params, client_sk(g->client), ret);
}

int group_membership_tag(const struct rowan_mls_group *g,
	const struct authenticated_content *ac, struct hash_value *ret)
{
	struct buf tbm;
	int rc = framing_tbm(ac, g->context, &tbm);

	if (rc != 0)
		return rc;
	key_schedule_tag(g->suite, &g->secrets.membership, buf_view(&tbm), ret);
	buf_wipe(&tbm);
	return 0;
}

static int seal_public(const struct rowan_mls_group *g,
	const struct authenticated_content *ac, struct buf *ret)
{
	struct hash_value tag;
	struct writer w;
	int rc = group_membership_tag(g, ac, &tag);

	if (rc != 0)
		return rc;
	writer_init(&w, MLS_MESSAGE_MAX);
	mls_message_open(&w, WIRE_FORMAT_PUBLIC_MESSAGE);
	public_message_write(&w, ac, hash_view(&tag));
	return writer_finish(&w, ret);
}

static int seal_private(struct rowan_mls_group *g, uint32_t pad_until,
	struct authenticated_content *ac, struct buf *ret)
{
	enum ratchet_kind kind = ac->content.content_type == CONTENT_APPLICATION
					 ? RATCHET_APPLICATION
					 : RATCHET_HANDSHAKE;
	struct message_sealing sealing = {.suite = g->suite,
		.sender_data = &g->secrets.sender_data,
		.sender = {.leaf = g->leaf},
		.pad_until = pad_until};
	struct secret_tree_step *step;
	int rc = secret_tree_find_next(g->message_keys, g->leaf, kind, &step);

	if (rc != 0)
		return rc;
	sealing.key = secret_tree_step_key(step);
	sealing.sender.generation = secret_tree_step_place(step)->generation;
	/* 6.3.1: the reuse guard is "freshly generated" for every message */
	rc = client_random(g->client, sealing.sender.reuse_guard,
		sizeof sealing.sender.reuse_guard);
	if (rc == 0)
		rc = message_protect(&sealing, ac, ret);
	if (rc == 0)
		secret_tree_take(g->message_keys, step);
	else
		secret_tree_drop(step);
	return rc;
}

int group_seal(struct rowan_mls_group *g, const struct rowan_mls_wire *wire,
	struct authenticated_content *ac, struct buf *ret)
{
	uint32_t pad = wire != NULL && wire->pad_until != 0
			       ? wire->pad_until
			       : g->client->pad_until;

	if (ac->wire_format == WIRE_FORMAT_PUBLIC_MESSAGE)
		return seal_public(g, ac, ret);
	return seal_private(g, pad, ac, ret);
}

int rowan_mls_send(struct rowan_mls_group *group, struct rowan_mls_bytes data,
	const struct rowan_mls_wire *wire, struct rowan_mls_buf *ret)
{
	struct authenticated_content *ac = NULL;
	struct buf signed_raw = {0}, message = {0};
	int rc = group_usable(group);

	*ret = (struct rowan_mls_buf){NULL, 0};
	if (rc != 0)
		return rc;
	/* 6: "Application messages MUST be sent as PrivateMessage" */
	if (wire != NULL && wire->is_public)
		return ROWAN_E_INVAL;
	/* 15.2: pending proposals are committed before more is said */
	if (group->cache.n > 0)
		return ROWAN_E_MLS_PENDING;
	rc = group_sign(
		group, wire, CONTENT_APPLICATION, host_in(data), &signed_raw);
	if (rc == 0)
		rc = framing_finish(buf_view(&signed_raw), NULL, &ac);
	if (rc == 0)
		rc = group_seal(group, wire, ac, &message);
	if (rc == 0)
		*ret = client_give(message);
	authenticated_content_unref(ac);
	buf_wipe(&signed_raw);
	return rc;
}
