/*
 * Letting entries of a diary out: see rowan/proof.h.
 */
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "sdk/handle.h"
#include "session/message/messages_row.h"
#include "session/proof/disclose.h"

static bool may_go_out(const struct messages_row *m)
{
	return (m->flags & MESSAGES_OWN) != 0 &&
	       (m->flags & MESSAGES_HANDED) == 0 &&
	       (m->content.type == CONTENT_DIARY ||
		       m->content.type == CONTENT_ATTACHMENT);
}

/* How many of her own there are in all. */
static int count_own(const struct session_parts *p, const struct id16 *channel,
	uint32_t *ret)
{
	struct messages_row m;
	uint64_t after = 0;
	int rc;

	*ret = 0;
	while ((rc = messages_next(p->messages, channel, after, &m)) == 0) {
		after = m.place;
		*ret += may_go_out(&m) ? 1 : 0;
		messages_row_wipe(&m);
	}
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

static int disclose(const struct session_parts *p, const struct id16 *id,
	const struct consent *c, struct buf *ret)
{
	struct messages_row m;
	struct said said;
	int rc = messages_get(p->messages, id, &m);

	*ret = (struct buf){NULL, 0};
	if (rc != 0)
		return rc;
	if (!may_go_out(&m) || !id16_eq(&m.channel, &c->channel) ||
		m.state == ROWAN_STATE_WAITING || m.state == ROWAN_STATE_FAILED)
		rc = ROWAN_E_NOT_FOUND;
	said = (struct said){
		m.content.id, m.content.sent, m.content.type, m.content.body};
	if (rc == 0)
		rc = proofs_disclose(p->proofs, c, &said, ret);
	messages_row_wipe(&m);
	return rc;
}

/* Inside the open transaction. */
static int post(const struct session_parts *p, const struct consent *c,
	struct bytes disclosure)
{
	struct content content = {
		.sent = c->time, .type = CONTENT_CONSENT, .body = disclosure};
	struct writer w;
	int rc;

	randombytes_buf(content.id.b, sizeof content.id.b);
	writer_init(&w, CONTENT_MAX);
	rc = content_encode(&content, &w);
	if (rc == 0)
		rc = outbox_put(
			p->outbox, &(struct outbox_post){.channel = c->channel,
					   .content = writer_view(&w)});
	writer_wipe(&w);
	return rc;
}

static int let_out(const struct session_parts *p, struct consent *c,
	const uint8_t *messages)
{
	struct buf made;
	int rc = vault_begin(p->vault);

	if (rc != 0)
		return rc;
	for (c->number = 1; rc == 0 && c->number <= c->count; c->number++) {
		struct id16 id =
			sdk_id(messages + (size_t)(c->number - 1) * ID16_LEN);

		rc = disclose(p, &id, c, &made);
		if (rc == 0)
			rc = post(p, c, buf_view(&made));
		buf_wipe(&made);
	}
	return rc;
}

int rowan_let_out(struct rowan *r, const uint8_t channel[ROWAN_ID_LEN],
	const uint8_t *messages, size_t count, const char *purpose)
{
	const struct session_parts *p;
	const struct case_state *of;
	struct consent c = {.count = (uint32_t)count};
	uint8_t kind = 0;
	uint32_t own;
	int rc;

	if (r == NULL || channel == NULL || messages == NULL || count == 0 ||
		purpose == NULL)
		return ROWAN_E_INVAL;
	if (count > ROWAN_LET_OUT_MAX || strlen(purpose) > ROWAN_PURPOSE_MAX)
		return ROWAN_E_LIMIT;
	rc = sdk_carded(r, &p);
	if (rc != 0)
		return rc;
	c.channel = sdk_id(channel);
	c.purpose = bytes_of(purpose, strlen(purpose));
	if (!content_text_ok(c.purpose))
		return ROWAN_E_INVAL;
	of = follow_case_of(p->follow, &c.channel, &kind);
	if (of == NULL || kind != ROWAN_CHANNEL_DIARY ||
		rowan_self_role(r) != ROWAN_ROLE_VICTIM)
		return ROWAN_E_REFUSED;
	c.case_id = of->id;
	c.time = session_now(r->session);
	randombytes_buf(c.batch.b, sizeof c.batch.b);
	rc = count_own(p, &c.channel, &own);
	c.withheld = own > c.count ? own - c.count : 0;
	if (rc != 0)
		return rc;
	rc = let_out(p, &c, messages);
	if (rc == 0)
		rc = vault_commit(p->vault);
	if (rc != 0) {
		vault_abort(p->vault);
		session_aborted(r->session);
	}
	return sdk_done(r, rc);
}

int rowan_sign_bundle(
	struct rowan *r, const uint8_t *digest, struct rowan_bytes **ret)
{
	const struct session_parts *p;
	struct wire_hash hash;
	struct buf made = {NULL, 0};
	struct writer w;
	int rc;

	if (r == NULL || digest == NULL || ret == NULL)
		return ROWAN_E_INVAL;
	*ret = NULL;
	rc = sdk_carded(r, &p);
	if (rc != 0)
		return rc;
	memcpy(hash.b, digest, sizeof hash.b);
	writer_init(&w, 16 * 1024);
	rc = proofs_sign(p->proofs, &hash, &w);
	if (rc == 0)
		rc = writer_finish(&w, &made);
	writer_wipe(&w);
	return rc == 0 ? sdk_bytes(ret, &made) : rc;
}
