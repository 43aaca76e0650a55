/*
 * Receipts: what came here and was read here, told to the channel in a few
 * messages; what others say of ours. See messages.h.
 *
 *	MESSAGE "p"+channel/kind	ids, 16 bytes each
 *	MESSAGE "r"+id/n		opaque device[16]; uint8 kind;
 *
 * A receipt is a courtesy: when too many gather, later ones are left out.
 */
#include <string.h>

#include "session/message/messages_inner.h"

#define WAITING_MAX (4 * CONTENT_RECEIPTS_MAX)

/* ---- going out ---- */

static struct messages_name waiting_name(const struct messages_channel *c)
{
	return messages_key('p', &c->id, NULL);
}

static int waiting_get(struct messages *x, const struct messages_channel *c,
	uint8_t kind, struct buf *ret)
{
	struct messages_name name = waiting_name(c);
	int rc = vault_get(
		x->o.vault, VAULT_MESSAGE, messages_key_view(&name), kind, ret);

	if (rc == ROWAN_E_NOT_FOUND)
		return 0;
	if (rc == 0 && (ret->len == 0 || ret->len % ID16_LEN != 0)) {
		buf_wipe(ret);
		rc = ROWAN_E_CORRUPT;
	}
	return rc;
}

int messages_receipt_add(struct messages *x, struct messages_channel *c,
	uint8_t kind, const struct id16 *id)
{
	struct messages_name name = waiting_name(c);
	struct buf ids = {0};
	struct writer w;
	int rc = 0;

	if (c->waiting[kind - 1])
		rc = waiting_get(x, c, kind, &ids);
	if (rc != 0 || ids.len >= WAITING_MAX * ID16_LEN) {
		buf_wipe(&ids);
		return rc;
	}
	writer_init(&w, WAITING_MAX * ID16_LEN);
	writer_raw(&w, ids.data, ids.len);
	writer_raw(&w, id->b, ID16_LEN);
	rc = writer_status(&w);
	if (rc == 0)
		rc = vault_put(x->o.vault, VAULT_MESSAGE,
			messages_key_view(&name), kind, writer_view(&w));
	if (rc == 0) {
		c->waiting[kind - 1] = true;
		messages_told(x);
		/* Enough for one message: no need to wait for more. */
		if (w.len >= CONTENT_RECEIPTS_MAX * ID16_LEN)
			x->told_at = 0;
	}
	writer_wipe(&w);
	buf_wipe(&ids);
	return rc;
}

static int post(struct messages *x, const struct messages_channel *c,
	uint8_t kind, struct bytes ids)
{
	struct content content = messages_content(x, CONTENT_RECEIPT);
	const struct messages_post p = {
		.case_id = c->case_id, .channel = c->id, .content = &content};

	content.u.receipt =
		(struct content_receipt){kind, ids.data, ids.len / ID16_LEN};
	return x->o.post(x->o.ctx, &p);
}

/* As many as one message holds; the rest stays. */
static int send_some(
	struct messages *x, struct messages_channel *c, uint8_t kind)
{
	const size_t max = CONTENT_RECEIPTS_MAX * ID16_LEN;
	struct messages_name name = waiting_name(c);
	struct buf ids = {0};
	size_t n;
	int rc = waiting_get(x, c, kind, &ids);

	n = ids.len < max ? ids.len : max;
	if (rc == 0 && n > 0)
		rc = post(x, c, kind, bytes_of(ids.data, n));
	/* We are no longer in the channel: nobody to tell. */
	if (rc == ROWAN_E_REFUSED) {
		rc = 0;
		n = ids.len;
	}
	if (rc == 0 && n < ids.len)
		rc = vault_put(x->o.vault, VAULT_MESSAGE,
			messages_key_view(&name), kind,
			bytes_of(ids.data + n, ids.len - n));
	else if (rc == 0)
		rc = vault_delete(x->o.vault, VAULT_MESSAGE,
			messages_key_view(&name), kind);
	if (rc == 0)
		c->waiting[kind - 1] = n < ids.len;
	buf_wipe(&ids);
	return rc;
}

static int send_channel(struct messages *x, struct messages_channel *c)
{
	int rc = vault_begin(x->o.vault);

	if (rc != 0)
		return rc;
	for (uint8_t kind = CONTENT_DELIVERED; kind <= CONTENT_READ; kind++)
		while (rc == 0 && c->waiting[kind - 1])
			rc = send_some(x, c, kind);
	if (rc == 0 && c->handed)
		rc = messages_tell_handed(x, c);
	return messages_finish(x, rc);
}

int messages_receipt_step(struct messages *x)
{
	struct messages_channel *c;
	size_t pos = 0;
	int rc = 0;

	if (!x->told || x->now_ms < x->told_at)
		return 0;
	x->told = false;
	while (rc == 0 && (c = idmap_next(&x->channels, &pos)) != NULL)
		if (c->waiting[0] || c->waiting[1] || c->handed)
			rc = send_channel(x, c);
	if (rc != 0) {
		x->told = true;
		x->told_at = x->now_ms + MESSAGES_LATER_MS;
	}
	/* The outbox is full for now. */
	return rc == ROWAN_E_QUOTA || rc == ROWAN_E_AGAIN ? 0 : rc;
}

/* ---- coming in ---- */

static uint64_t number_of(const struct id16 *device)
{
	uint64_t n = 0;

	for (size_t i = 0; i < 8; i++)
		n = n << 8 | device->b[i];
	return n & INT64_MAX;
}

/* Keep what a device says of an own message; whether that is new. */
static int note(struct messages *x, const struct id16 *id,
	const struct id16 *device, uint8_t kind, bool *ret)
{
	struct messages_name name = messages_key('r', id, NULL);
	struct buf mem = {0};
	uint8_t said[ID16_LEN + 1];
	int rc = vault_get(x->o.vault, VAULT_MESSAGE, messages_key_view(&name),
		number_of(device), &mem);

	if (rc == 0 && mem.len != sizeof said)
		rc = ROWAN_E_CORRUPT;
	*ret = rc == ROWAN_E_NOT_FOUND ||
	       (rc == 0 && mem.data[ID16_LEN] < kind);
	buf_wipe(&mem);
	if (!*ret)
		return rc;
	memcpy(said, device->b, ID16_LEN);
	said[ID16_LEN] = kind;
	return vault_put(x->o.vault, VAULT_MESSAGE, messages_key_view(&name),
		number_of(device), bytes_of(said, sizeof said));
}

/* A word on message ${m}, which is ours and of this channel. */
static int advance(struct messages *x, const struct messages_from *from,
	uint8_t kind, struct messages_row *m)
{
	uint8_t state =
		kind == CONTENT_READ ? ROWAN_STATE_READ : ROWAN_STATE_DELIVERED;
	struct event e = messages_event(from, kind == CONTENT_READ
						      ? ROWAN_EVENT_READ
						      : ROWAN_EVENT_DELIVERED);
	bool news = false;
	int rc = note(x, &m->content.id, &from->device, kind, &news);

	if (rc != 0 || !news)
		return rc;
	/* WAITING and FAILED become SENT by the outbox's word alone. */
	if (m->state >= ROWAN_STATE_SENT && m->state < state) {
		m->state = state;
		rc = messages_row_put(x, m);
	}
	e.message = m->content.id;
	return rc == 0 ? events_add(x->o.events, &e) : rc;
}

static int take_one(struct messages *x, const struct messages_from *from,
	uint8_t kind, const struct id16 *id)
{
	struct messages_index at;
	struct messages_row m = {0};
	int rc = 0;

	if (kind == CONTENT_DELIVERED && x->o.delivered != NULL)
		rc = x->o.delivered(x->o.ctx, id, &from->device);
	if (rc == 0)
		rc = messages_own(x, id, &m, &at);
	/* Not ours, or no longer here. */
	if (rc == ROWAN_E_NOT_FOUND || rc == ROWAN_E_STATE)
		return 0;
	if (rc == 0 && id16_eq(&m.channel, &from->channel))
		rc = advance(x, from, kind, &m);
	messages_row_wipe(&m);
	return rc;
}

int messages_receipt_take(struct messages *x, const struct messages_from *from,
	const struct content_receipt *r)
{
	int rc = 0;

	if (id16_eq(&from->device, &x->device))
		return 0;
	/* That we have read what we wrote is no news. */
	if (r->kind == CONTENT_READ && id16_eq(&from->member, &x->member))
		return 0;
	for (size_t i = 0; rc == 0 && i < r->count; i++) {
		struct id16 id;

		memcpy(id.b, r->ids + i * ID16_LEN, ID16_LEN);
		rc = take_one(x, from, r->kind, &id);
	}
	return rc;
}
