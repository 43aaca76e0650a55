/*
 * Speaking to a group from outside (RFC 9420 section 12.1.8). See rowan/mls.h.
 */
#include "mls/member/group/group.h"
#include "mls/public/object/external_sender.h"
#include "mls/public/object/proposal_type.h"

int rowan_mls_external_senders(const struct rowan_mls_claim *senders, size_t n,
	struct rowan_mls_buf *ret)
{
	struct bytes list;
	struct writer w;
	struct buf out;
	size_t mark;
	int rc;

	*ret = (struct rowan_mls_buf){NULL, 0};
	if (n == 0 || n > MLS_SENDERS_MAX)
		return ROWAN_E_INVAL;
	writer_init(&w, MLS_MESSAGE_MAX);
	mark = writer_open(&w);
	for (size_t i = 0; i < n; i++) {
		const struct external_sender s = {
			.signature_key = host_in(senders[i].signature_key),
			.credential = {.type = senders[i].credential.type,
				.content = host_in(
					senders[i].credential.content)}};

		external_sender_write(&w, &s);
	}
	writer_close(&w, mark);
	rc = writer_finish(&w, &out);
	if (rc == 0 && external_senders_read(buf_view(&out), &list) != 0) {
		buf_wipe(&out);
		rc = ROWAN_E_INVAL;
	}
	if (rc == 0)
		*ret = client_give(out);
	return rc;
}

/* A proposal in a PublicMessage, signed without a group's context. */
static int propose(const struct rowan_mls *client,
	const struct rowan_mls_outside *outside, struct sender sender,
	struct bytes body, struct rowan_mls_buf *ret)
{
	const struct framing_params params = {
		.wire_format = WIRE_FORMAT_PUBLIC_MESSAGE,
		.sender = sender,
		.authenticated_data = host_in(outside->aad),
		.content_type = CONTENT_PROPOSAL,
		.body = body,
		.group_id = host_in(outside->group_id),
		.epoch = outside->epoch};
	struct authenticated_content *ac = NULL;
	struct buf signed_raw, out;
	struct writer w;
	int rc = framing_sign(
		client->suite, &params, client_sk(client), &signed_raw);

	if (rc == 0)
		rc = framing_finish(buf_view(&signed_raw), NULL, &ac);
	if (rc == 0) {
		writer_init(&w, MLS_MESSAGE_MAX);
		mls_message_open(&w, WIRE_FORMAT_PUBLIC_MESSAGE);
		public_message_write(&w, ac, bytes_of(NULL, 0));
		rc = writer_finish(&w, &out);
	}
	if (rc == 0)
		*ret = client_give(out);
	authenticated_content_unref(ac);
	buf_wipe(&signed_raw);
	return rc;
}

int rowan_mls_external_propose(const struct rowan_mls *client,
	const struct rowan_mls_outside *outside,
	const struct rowan_mls_proposal *proposal, struct rowan_mls_buf *ret)
{
	/* Encoding needs no group but for a nonce and defaults. */
	const struct group_context nowhere = {
		.group_id = host_in(outside->group_id)};
	const struct rowan_mls_group stand_in = {
		.client = (struct rowan_mls *)client,
		.suite = client->suite,
		.context = (struct group_context *)&nowhere};
	struct buf body;
	int rc;

	*ret = (struct rowan_mls_buf){NULL, 0};
	/* 12.1.8: these types, and no other */
	if (!proposal_external_may_send(proposal->type) ||
		(proposal->type == ROWAN_MLS_PSK &&
			proposal->psk.type != ROWAN_MLS_PSK_EXTERNAL))
		return ROWAN_E_MLS_PROPOSAL;
	rc = group_encode_proposal(&stand_in, proposal, &body);
	if (rc == 0)
		rc = propose(client, outside,
			(struct sender){SENDER_EXTERNAL, outside->sender},
			buf_view(&body), ret);
	buf_wipe(&body);
	return rc;
}

int rowan_mls_external_add(const struct rowan_mls *client,
	const struct rowan_mls_outside *outside,
	struct rowan_mls_bytes key_package, struct rowan_mls_buf *ret)
{
	const struct rowan_mls_proposal add = {
		.type = ROWAN_MLS_ADD, .key_package = key_package};
	const struct rowan_mls_group stand_in = {
		.client = (struct rowan_mls *)client, .suite = client->suite};
	struct buf body;
	int rc = group_encode_proposal(&stand_in, &add, &body);

	*ret = (struct rowan_mls_buf){NULL, 0};
	if (rc == 0)
		rc = propose(client, outside,
			(struct sender){SENDER_NEW_MEMBER_PROPOSAL, 0},
			buf_view(&body), ret);
	buf_wipe(&body);
	return rc;
}
