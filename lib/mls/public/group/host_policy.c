/*
 * The application's table: see host_policy.h.
 */
#include "mls/public/group/host_policy.h"
#include "mls/public/framing/mls_message.h"

void rowan_mls_buf_free(struct rowan_mls_buf *buf)
{
	if (buf == NULL)
		return;
	mem_free(buf->data, buf->len);
	*buf = (struct rowan_mls_buf){0};
}

void host_give(struct buf *buf, struct rowan_mls_buf *ret)
{
	*ret = (struct rowan_mls_buf){buf->data, buf->len};
	*buf = (struct buf){0};
}

static struct rowan_mls_credential credential_out(const struct credential *c)
{
	return (struct rowan_mls_credential){c->type, host_out(c->content)};
}

static int judge_leaf(void *cookie, const struct leaf_node *leaf,
	const struct leaf_node *replaced)
{
	const struct rowan_mls_host *host = cookie;
	struct rowan_mls_claim claim = {
		.credential = credential_out(&leaf->credential),
		.signature_key = host_out(leaf->signature_key)};

	if (replaced != NULL) {
		claim.succeeds = true;
		claim.old_credential = credential_out(&replaced->credential);
		claim.old_signature_key = host_out(replaced->signature_key);
	}
	return host->validate(host->ctx, &claim);
}

static int judge_sender(void *cookie, const struct external_sender *sender)
{
	const struct rowan_mls_host *host = cookie;
	const struct rowan_mls_claim claim = {
		.credential = credential_out(&sender->credential),
		.signature_key = host_out(sender->signature_key),
		.external = true};

	return host->validate(host->ctx, &claim);
}

void host_policy(const struct rowan_mls_host *host,
	const struct host_limits *limits, struct leaf_policy *ret)
{
	*ret = (struct leaf_policy){.credential = judge_leaf,
		.external_sender = judge_sender,
		/* Only ever read through. */
		.cookie = (void *)host,
		.lifetime_max = limits->lifetime_max,
		.check_time = !limits->ignore_lifetimes};
	if (ret->check_time)
		ret->now = host->clock(host->ctx);
}

void host_member(const struct leaf_node *leaf, uint32_t index,
	struct rowan_mls_member *ret)
{
	*ret = (struct rowan_mls_member){.leaf = index,
		.credential = credential_out(&leaf->credential),
		.signature_key = host_out(leaf->signature_key),
		.encryption_key = host_out(leaf->encryption_key),
		.leaf_node = host_out(leaf->raw)};
}

void host_proposal(
	const struct proposal_item *item, struct rowan_mls_proposal_view *ret)
{
	const struct proposal *p = item->proposal;

	*ret = (struct rowan_mls_proposal_view){.type = p->type,
		.by_reference = item->by_reference,
		.sender_type = (enum rowan_mls_sender_type)item->sender.type,
		.sender = item->sender.index,
		.data = host_out(p->raw)};
	if (p->type == PROPOSAL_REMOVE) {
		ret->leaf = p->removed;
	} else if (p->type == PROPOSAL_UPDATE) {
		ret->leaf = item->sender.index;
		host_member(p->update, ret->leaf, &ret->member);
	} else if (p->type == PROPOSAL_ADD) {
		host_member(p->add.leaf_node, 0, &ret->member);
	}
}

/* The suite of what names one at its beginning. */
static uint16_t peek_suite(
	const struct mls_message_peek *peek, struct bytes raw)
{
	struct reader r;
	uint32_t header;
	uint16_t version;
	uint16_t suite;
	int rc;

	reader_init(&r, raw);
	rc = reader_u32(&r, &header);
	if (rc == 0 && peek->wire_format != WIRE_FORMAT_WELCOME)
		rc = reader_u16(&r, &version);
	if (rc != 0 || reader_u16(&r, &suite) != 0)
		return 0;
	return suite;
}

int rowan_mls_peek(struct rowan_mls_bytes message, struct rowan_mls_peeked *ret)
{
	struct mls_message_peek peek;
	int rc;

	*ret = (struct rowan_mls_peeked){0};
	if ((rc = mls_message_peek(host_in(message), &peek)) != 0)
		return rc;
	ret->wire_format = peek.wire_format;
	ret->content_type = peek.content_type;
	ret->group_id = host_out(peek.group_id);
	ret->epoch = peek.epoch;
	if (peek.wire_format >= WIRE_FORMAT_WELCOME)
		ret->suite = peek_suite(&peek, host_in(message));
	return 0;
}
