/*
 * Messages for the application and the session: see messages.h.
 */
#include <stdlib.h>
#include <string.h>

#include "session/message/messages_inner.h"

static struct bytes receipts_name(void)
{
	return bytes_of("read receipts", 13);
}

static int receipts_load(struct messages *x)
{
	struct buf mem = {0};
	int rc =
		vault_get(x->o.vault, VAULT_SETTINGS, receipts_name(), 0, &mem);

	if (rc == ROWAN_E_NOT_FOUND)
		return 0;
	if (rc == 0 && (mem.len != 1 || mem.data[0] < 1 || mem.data[0] > 2))
		rc = ROWAN_E_CORRUPT;
	if (rc == 0)
		x->receipts = mem.data[0];
	buf_wipe(&mem);
	return rc;
}

int messages_new(struct messages **ret, const struct messages_options *options)
{
	struct messages *x = calloc(1, sizeof *x);
	int rc;

	*ret = NULL;
	if (x == NULL)
		return ROWAN_E_NOMEM;
	x->o = *options;
	idmap_init(&x->channels);
	x->stale = true;
	rc = receipts_load(x);
	if (rc == 0)
		rc = messages_fresh(x);
	if (rc != 0) {
		messages_free(x);
		return rc;
	}
	*ret = x;
	return 0;
}

void messages_free(struct messages *x)
{
	struct messages_channel *c;
	size_t pos = 0;

	if (x == NULL)
		return;
	while ((c = idmap_next(&x->channels, &pos)) != NULL)
		free(c);
	idmap_wipe(&x->channels);
	free(x);
}

void messages_self(struct messages *x, const struct id16 *member,
	const struct id16 *device, enum rowan_role role)
{
	x->member = *member;
	x->device = *device;
	x->victim = role == ROWAN_ROLE_VICTIM;
}

static bool receipts_on(const struct messages *x)
{
	return x->receipts == 0 ? !x->victim : x->receipts == 1;
}

int messages_read_receipts(struct messages *x, bool on)
{
	const uint8_t value = on ? 1 : 2;
	int rc = messages_begin(x);

	if (rc != 0)
		return rc;
	rc = vault_put(x->o.vault, VAULT_SETTINGS, receipts_name(), 0,
		bytes_of(&value, 1));
	rc = messages_finish(x, rc);
	if (rc == 0)
		x->receipts = value;
	return rc;
}

void messages_time(struct messages *x, uint64_t now)
{
	x->now = now;
}

void messages_aborted(struct messages *x)
{
	x->stale = true;
}

/* ---- looking ---- */

int messages_get(
	struct messages *x, const struct id16 *id, struct messages_row *ret)
{
	struct messages_index at;
	int rc = messages_index_get(x, id, &at);

	memset(ret, 0, sizeof *ret);
	if (rc != 0)
		return rc;
	if (at.at != MESSAGES_AT)
		return ROWAN_E_NOT_FOUND;
	rc = messages_row_get(x, &at.channel, at.place, ret);
	/* An index without its row is damage, not absence. */
	return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_CORRUPT : rc;
}

int messages_next(struct messages *x, const struct id16 *channel,
	uint64_t after, struct messages_row *ret)
{
	struct messages_name name = messages_key('m', channel, NULL);
	struct buf mem = {0};
	uint64_t place = 0;
	int rc;

	memset(ret, 0, sizeof *ret);
	if (after >= INT64_MAX)
		return ROWAN_E_NOT_FOUND;
	rc = vault_next(x->o.vault, VAULT_MESSAGE, messages_key_view(&name),
		after + 1, &place, &mem);
	if (rc == 0)
		rc = messages_damaged(messages_row_decode(&mem, place, ret));
	return rc;
}

int messages_last(struct messages *x, const struct id16 *channel,
	uint64_t before, struct messages_row *ret)
{
	struct messages_name name = messages_key('m', channel, NULL);
	struct buf mem = {0};
	uint64_t place = 0;
	int rc = vault_last(x->o.vault, VAULT_MESSAGE, messages_key_view(&name),
		before == 0 ? UINT64_MAX : before, &place, &mem);

	memset(ret, 0, sizeof *ret);
	if (rc == 0)
		rc = messages_damaged(messages_row_decode(&mem, place, ret));
	return rc;
}

size_t messages_unread(struct messages *x, const struct id16 *channel)
{
	const struct messages_channel *c;

	if (messages_fresh(x) != 0)
		return 0;
	if (channel == NULL)
		return (size_t)x->unread;
	c = messages_channel(x, channel);
	return c == NULL ? 0 : (size_t)c->unread;
}

/* ---- changing ---- */

static void uncount(struct messages *x, struct messages_channel *c)
{
	if (c->unread > 0) {
		c->unread--;
		x->unread--;
	}
}

static int mark(struct messages *x, struct messages_row *m)
{
	struct messages_channel *c;
	int rc;

	if (m->state != ROWAN_STATE_NEW)
		return 0;
	rc = messages_channel_make(x, &m->channel, &m->case_id, &c);
	if (rc != 0)
		return rc;
	m->state = ROWAN_STATE_SEEN;
	uncount(x, c);
	rc = messages_row_put(x, m);
	if (rc == 0)
		rc = messages_channel_put(x, c);
	if (rc == 0 && receipts_on(x))
		rc = messages_receipt_add(x, c, CONTENT_READ, &m->content.id);
	return rc;
}

int messages_mark_read(struct messages *x, const struct id16 *message)
{
	struct messages_row m;
	int rc = messages_begin(x);

	if (rc != 0)
		return rc;
	rc = messages_get(x, message, &m);
	if (rc == 0)
		rc = mark(x, &m);
	messages_row_wipe(&m);
	return messages_finish(x, rc);
}

/* Remove a message and what hangs on it; its id stays taken. */
static int forget(
	struct messages *x, const struct id16 *id, const struct messages_row *m)
{
	struct messages_name said = messages_key('r', id, NULL);
	const struct messages_index gone = {
		MESSAGES_FORGOTTEN, m->channel, m->author_device, 0};
	struct messages_channel *c;
	int rc = messages_channel_make(x, &m->channel, &m->case_id, &c);

	if (rc != 0)
		return rc;
	if (m->state == ROWAN_STATE_NEW) {
		uncount(x, c);
		rc = messages_channel_put(x, c);
	}
	if (rc == 0)
		rc = messages_row_delete(x, m);
	if (rc == 0)
		rc = vault_delete_all(
			x->o.vault, VAULT_MESSAGE, messages_key_view(&said));
	if (rc == 0)
		rc = messages_index_put(x, id, &gone);
	return rc;
}

/* Take back what waits; what may have left stays. */
static int take_back(struct messages *x, const struct messages_row *m)
{
	int rc = x->o.unpost(x->o.ctx, &m->content.id);

	/* The outbox has given it up already. */
	if (rc == ROWAN_E_NOT_FOUND)
		rc = 0;
	return rc == 0 ? messages_drop_blobs(x, m) : rc;
}

int messages_cancel(struct messages *x, const struct id16 *message)
{
	struct messages_index at;
	struct messages_row m;
	int rc = messages_begin(x);

	if (rc != 0)
		return rc;
	rc = messages_own(x, message, &m, &at);
	if (rc == 0 && m.state != ROWAN_STATE_WAITING)
		rc = ROWAN_E_STATE;
	if (rc == 0)
		rc = take_back(x, &m);
	if (rc == 0)
		rc = forget(x, message, &m);
	messages_row_wipe(&m);
	return messages_finish(x, rc);
}

int messages_forget(struct messages *x, const struct id16 *message)
{
	struct messages_row m;
	int rc = messages_begin(x);

	if (rc != 0)
		return rc;
	rc = messages_get(x, message, &m);
	if (rc == 0 && m.state == ROWAN_STATE_WAITING) {
		rc = take_back(x, &m);
		/* Its blobs are needed until it is known what became of it. */
		if (rc == ROWAN_E_STATE)
			rc = ROWAN_E_AGAIN;
	}
	if (rc == 0) {
		rc = transfer_fetch_cancel(x->o.transfer, message);
		rc = rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	}
	if (rc == 0)
		rc = forget(x, message, &m);
	messages_row_wipe(&m);
	return messages_finish(x, rc);
}

/* ---- attachments ---- */

static int fetch(
	struct messages *x, const struct messages_row *m, const char *path)
{
	const struct transfer_what what = {.case_id = m->case_id,
		.channel = m->channel,
		.message = m->content.id};

	if (m->content.type != CONTENT_ATTACHMENT)
		return ROWAN_E_NOT_FOUND;
	return transfer_fetch(
		x->o.transfer, &what, &m->content.u.attachment.blob, path);
}

int messages_fetch(
	struct messages *x, const struct id16 *message, const char *path)
{
	struct messages_row m;
	int rc = messages_begin(x);

	if (rc != 0)
		return rc;
	rc = messages_get(x, message, &m);
	if (rc == 0)
		rc = fetch(x, &m, path);
	messages_row_wipe(&m);
	return messages_finish(x, rc);
}

int messages_fetch_cancel(struct messages *x, const struct id16 *message)
{
	int rc = messages_begin(x);

	if (rc != 0)
		return rc;
	return messages_finish(
		x, transfer_fetch_cancel(x->o.transfer, message));
}
