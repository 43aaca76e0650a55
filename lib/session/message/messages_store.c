/*
 * Messages in the vault: rows, ids, channels, and what of them is in memory.
 * See messages.h.
 */
#include <stdlib.h>
#include <string.h>

#include "session/message/messages_inner.h"

#define VERSION 1

struct messages_name messages_key(
	char letter, const struct id16 *a, const struct id16 *b)
{
	struct messages_name n = {.len = 1};

	n.b[0] = (uint8_t)letter;
	if (a != NULL) {
		memcpy(n.b + n.len, a->b, ID16_LEN);
		n.len += ID16_LEN;
	}
	if (b != NULL) {
		memcpy(n.b + n.len, b->b, ID16_LEN);
		n.len += ID16_LEN;
	}
	return n;
}

int messages_damaged(int rc)
{
	return rc == ROWAN_E_MALFORMED || rc == ROWAN_E_LIMIT ||
			       rc == ROWAN_E_VERSION
		       ? ROWAN_E_CORRUPT
		       : rc;
}

static int read_version(struct reader *r)
{
	uint8_t version;
	int rc = reader_u8(r, &version);

	if (rc == 0 && version != VERSION)
		rc = version > VERSION ? ROWAN_E_TOO_NEW : ROWAN_E_MALFORMED;
	return rc;
}

/* ---- channels ---- */

struct messages_channel *messages_channel(
	const struct messages *x, const struct id16 *id)
{
	return idmap_get(&x->channels, id);
}

int messages_channel_put(struct messages *x, const struct messages_channel *c)
{
	struct messages_name name = messages_key('c', &c->id, NULL);
	uint8_t mem[64];
	struct writer w;

	writer_init_fixed(&w, mem, sizeof mem);
	writer_u8(&w, VERSION);
	writer_raw(&w, c->case_id.b, ID16_LEN);
	writer_u64(&w, c->last);
	writer_u64(&w, c->unread);
	return vault_put(x->o.vault, VAULT_MESSAGE, messages_key_view(&name), 0,
		writer_view(&w));
}

int messages_channel_make(struct messages *x, const struct id16 *id,
	const struct id16 *case_id, struct messages_channel **ret)
{
	struct messages_name name = messages_key('l', NULL, NULL);
	struct messages_channel *c = messages_channel(x, id);
	int rc;

	*ret = c;
	if (c != NULL)
		return 0;
	c = calloc(1, sizeof *c);
	if (c == NULL)
		return ROWAN_E_NOMEM;
	c->id = *id;
	c->case_id = *case_id;
	rc = messages_channel_put(x, c);
	if (rc == 0)
		rc = vault_put(x->o.vault, VAULT_MESSAGE,
			messages_key_view(&name), x->channel_count + 1,
			id16_view(id));
	if (rc == 0)
		rc = idmap_put(&x->channels, id, c);
	if (rc != 0) {
		free(c);
		return rc;
	}
	x->channel_count++;
	*ret = c;
	return 0;
}

static int channel_read(struct messages *x, struct messages_channel *c)
{
	struct messages_name name = messages_key('c', &c->id, NULL);
	struct buf mem = {0};
	struct reader r;
	int rc = vault_get(
		x->o.vault, VAULT_MESSAGE, messages_key_view(&name), 0, &mem);

	if (rc != 0)
		return rc == ROWAN_E_NOT_FOUND ? ROWAN_E_CORRUPT : rc;
	reader_init(&r, buf_view(&mem));
	(void)((rc = read_version(&r)) ||
		(rc = reader_array(&r, c->case_id.b, ID16_LEN)) ||
		(rc = reader_u64(&r, &c->last)) ||
		(rc = reader_u64(&r, &c->unread)) || (rc = reader_end(&r)));
	buf_wipe(&mem);
	return messages_damaged(rc);
}

/* Whether something waits to be told in it. */
static int channel_waits(struct messages *x, struct messages_channel *c)
{
	struct messages_name p = messages_key('p', &c->id, NULL);
	struct messages_name g = messages_key('g', &c->id, NULL);
	int rc = 0;

	for (unsigned i = 0; i < 2 && rc == 0; i++) {
		struct buf mem;

		rc = vault_get(x->o.vault, VAULT_MESSAGE, messages_key_view(&p),
			i + 1, &mem);
		c->waiting[i] = rc == 0;
		buf_wipe(&mem);
		rc = rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	}
	if (rc == 0) {
		rc = vault_next(x->o.vault, VAULT_MESSAGE,
			messages_key_view(&g), 0, NULL, NULL);
		c->handed = rc == 0;
		rc = rc == ROWAN_E_NOT_FOUND ? 0 : rc;
	}
	if (c->waiting[0] || c->waiting[1] || c->handed)
		messages_told(x);
	return rc;
}

static void channels_clear(struct messages *x)
{
	struct messages_channel *c;
	size_t pos = 0;

	while ((c = idmap_next(&x->channels, &pos)) != NULL)
		free(c);
	idmap_wipe(&x->channels);
	idmap_init(&x->channels);
	x->channel_count = 0;
	x->unread = 0;
}

static int channel_load(struct messages *x, const struct buf *id)
{
	struct messages_channel *c;
	int rc;

	if (id->len != ID16_LEN)
		return ROWAN_E_CORRUPT;
	c = calloc(1, sizeof *c);
	if (c == NULL)
		return ROWAN_E_NOMEM;
	memcpy(c->id.b, id->data, ID16_LEN);
	rc = channel_read(x, c);
	if (rc == 0)
		rc = channel_waits(x, c);
	if (rc == 0)
		rc = idmap_put(&x->channels, &c->id, c);
	if (rc != 0) {
		free(c);
		return rc;
	}
	x->unread += c->unread;
	return 0;
}

int messages_fresh(struct messages *x)
{
	struct messages_name name = messages_key('l', NULL, NULL);
	struct buf id = {0};
	uint64_t n = 0;
	int rc;

	if (!x->stale)
		return 0;
	channels_clear(x);
	x->due = 0;
	while ((rc = vault_next(x->o.vault, VAULT_MESSAGE,
			messages_key_view(&name), n + 1, &n, &id)) == 0) {
		rc = channel_load(x, &id);
		buf_wipe(&id);
		if (rc != 0)
			break;
		x->channel_count = n;
	}
	if (rc != ROWAN_E_NOT_FOUND)
		return rc;
	x->stale = false;
	return 0;
}

int messages_begin(struct messages *x)
{
	int rc = messages_fresh(x);

	return rc == 0 ? vault_begin(x->o.vault) : rc;
}

int messages_finish(struct messages *x, int rc)
{
	if (rc == 0)
		rc = vault_commit(x->o.vault);
	else
		vault_abort(x->o.vault);
	if (rc != 0) {
		messages_aborted(x);
		x->o.aborted(x->o.ctx);
	}
	return rc;
}

/* ---- ids ---- */

int messages_index_get(
	struct messages *x, const struct id16 *id, struct messages_index *ret)
{
	struct messages_name name = messages_key('i', id, NULL);
	struct buf mem = {0};
	struct reader r;
	int rc;

	memset(ret, 0, sizeof *ret);
	rc = vault_get(
		x->o.vault, VAULT_MESSAGE, messages_key_view(&name), 0, &mem);
	if (rc != 0)
		return rc;
	reader_init(&r, buf_view(&mem));
	(void)((rc = read_version(&r)) || (rc = reader_u8(&r, &ret->at)) ||
		(rc = reader_array(&r, ret->channel.b, ID16_LEN)) ||
		(rc = reader_array(&r, ret->device.b, ID16_LEN)) ||
		(rc = reader_u64(&r, &ret->place)) || (rc = reader_end(&r)));
	buf_wipe(&mem);
	return messages_damaged(rc);
}

int messages_index_put(struct messages *x, const struct id16 *id,
	const struct messages_index *at)
{
	struct messages_name name = messages_key('i', id, NULL);
	uint8_t mem[64];
	struct writer w;

	writer_init_fixed(&w, mem, sizeof mem);
	writer_u8(&w, VERSION);
	writer_u8(&w, at->at);
	writer_raw(&w, at->channel.b, ID16_LEN);
	writer_raw(&w, at->device.b, ID16_LEN);
	writer_u64(&w, at->place);
	return vault_put(x->o.vault, VAULT_MESSAGE, messages_key_view(&name), 0,
		writer_view(&w));
}

/* ---- rows ---- */

int messages_row_get(struct messages *x, const struct id16 *channel,
	uint64_t place, struct messages_row *ret)
{
	struct messages_name name = messages_key('m', channel, NULL);
	struct buf mem = {0};
	int rc = vault_get(x->o.vault, VAULT_MESSAGE, messages_key_view(&name),
		place, &mem);

	memset(ret, 0, sizeof *ret);
	if (rc == 0)
		rc = messages_damaged(messages_row_decode(&mem, place, ret));
	return rc;
}

int messages_row_put(struct messages *x, const struct messages_row *m)
{
	struct messages_name name = messages_key('m', &m->channel, NULL);
	struct writer w;
	int rc;

	writer_init(&w, MESSAGES_ROW_MAX);
	rc = messages_row_encode(m, &w);
	if (rc == 0)
		rc = vault_put(x->o.vault, VAULT_MESSAGE,
			messages_key_view(&name), m->place, writer_view(&w));
	writer_wipe(&w);
	return rc;
}

static uint64_t place_of(uint64_t time)
{
	if (time > MESSAGES_TIME_MAX)
		time = MESSAGES_TIME_MAX;
	return time << MESSAGES_TIME_BITS;
}

static int add_at(struct messages *x, struct messages_row *m,
	struct messages_channel *c, uint64_t place)
{
	const struct messages_index at = {
		MESSAGES_AT, m->channel, m->author_device, place};
	bool counts = m->state == ROWAN_STATE_NEW;
	int rc;

	m->place = place;
	if (place > c->last)
		c->last = place;
	c->unread += counts;
	x->unread += counts;
	rc = messages_row_put(x, m);
	if (rc == 0)
		rc = messages_index_put(x, &m->content.id, &at);
	return rc == 0 ? messages_channel_put(x, c) : rc;
}

int messages_add(struct messages *x, struct messages_row *m, uint64_t time)
{
	struct messages_channel *c;
	int rc = messages_channel_make(x, &m->channel, &m->case_id, &c);
	uint64_t place = place_of(time);

	if (rc != 0)
		return rc;
	return add_at(x, m, c, place > c->last ? place : c->last + 1);
}

int messages_insert(struct messages *x, struct messages_row *m, uint64_t time)
{
	struct messages_name name = messages_key('m', &m->channel, NULL);
	struct messages_channel *c;
	uint64_t place = place_of(time), last = 0;
	int rc = messages_channel_make(x, &m->channel, &m->case_id, &c);

	if (rc != 0)
		return rc;
	/* After what has the same second. */
	rc = vault_last(x->o.vault, VAULT_MESSAGE, messages_key_view(&name),
		place + ((uint64_t)1 << MESSAGES_TIME_BITS), &last, NULL);
	if (rc == 0 && last >= place)
		place = last + 1;
	if (rc == ROWAN_E_NOT_FOUND)
		rc = 0;
	while (rc == 0 &&
		(rc = vault_next(x->o.vault, VAULT_MESSAGE,
			 messages_key_view(&name), place, &last, NULL)) == 0 &&
		last == place)
		place++;
	if (rc == ROWAN_E_NOT_FOUND)
		rc = 0;
	return rc == 0 ? add_at(x, m, c, place == 0 ? 1 : place) : rc;
}

int messages_own(struct messages *x, const struct id16 *id,
	struct messages_row *ret, struct messages_index *ret_at)
{
	int rc = messages_index_get(x, id, ret_at);

	memset(ret, 0, sizeof *ret);
	if (rc == 0 && ret_at->at != MESSAGES_AT)
		rc = ROWAN_E_NOT_FOUND;
	if (rc == 0)
		rc = messages_row_get(x, &ret_at->channel, ret_at->place, ret);
	if (rc == 0 && (ret->flags & MESSAGES_OWN) == 0) {
		messages_row_wipe(ret);
		rc = ROWAN_E_STATE;
	}
	return rc;
}

int messages_drop_blobs(struct messages *x, const struct messages_row *m)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < m->blob_count; i++)
		rc = transfer_drop(x->o.transfer, &m->blobs[i]);
	return rc;
}

int messages_queue(
	struct messages *x, char letter, uint64_t *n, struct bytes value)
{
	struct messages_name name = messages_key(letter, NULL, NULL);
	uint64_t at = *n;
	int rc;

	while ((rc = vault_next(x->o.vault, VAULT_MESSAGE,
			messages_key_view(&name), *n, &at, NULL)) == 0 &&
		at == *n)
		++*n;
	if (rc != 0 && rc != ROWAN_E_NOT_FOUND)
		return rc;
	return vault_put(
		x->o.vault, VAULT_MESSAGE, messages_key_view(&name), *n, value);
}

int messages_row_delete(struct messages *x, const struct messages_row *m)
{
	struct messages_name name = messages_key('m', &m->channel, NULL);

	return vault_delete(
		x->o.vault, VAULT_MESSAGE, messages_key_view(&name), m->place);
}

void messages_told(struct messages *x)
{
	if (!x->told)
		x->told_at = x->now_ms + MESSAGES_PAUSE_MS;
	x->told = true;
}

struct event messages_event(
	const struct messages_from *from, enum rowan_event_type type)
{
	return (struct event){.type = (uint16_t)type,
		.time = from->received,
		.case_id = from->case_id,
		.channel = from->channel,
		.member = from->member,
		.device = from->device};
}
