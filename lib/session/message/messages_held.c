/*
 * What waits for a time: held messages until they may be opened, own ones
 * until it is too late to send them. See messages.h.
 *
 *	MESSAGE "h"/release<<20|n	Held
 *	MESSAGE "x"/expires<<20|n	opaque message[16]
 *
 *	struct {
 *		uint8 version = 1;
 *		opaque case_id[16], channel[16], member[16], device[16];
 *		uint64 received;
 *		uint8 urgent;
 *		opaque content<V>;	a Content of type held
 *	} Held;
 */
#include <string.h>

#include <sodium.h>

#include "session/message/messages_inner.h"

#define VERSION	 1
#define HELD_MAX (CONTENT_MAX + 256)

struct held {
	struct messages_from from;
	struct content c;
	struct buf mem;
};

static struct messages_name held_name(void)
{
	return messages_key('h', NULL, NULL);
}

static uint64_t number_of(uint64_t time)
{
	return (time > MESSAGES_TIME_MAX ? MESSAGES_TIME_MAX : time)
	       << MESSAGES_TIME_BITS;
}

void messages_due(struct messages *x, uint64_t time)
{
	if (x->due != 0 && time < x->due)
		x->due = time == 0 ? 1 : time;
}

int messages_held_add(struct messages *x, const struct messages_from *from,
	const struct content *c, struct bytes raw)
{
	uint64_t n = number_of(c->u.held.release);
	struct messages_index at = {
		MESSAGES_HELD, from->channel, from->device, 0};
	struct writer w;
	int rc;

	writer_init(&w, HELD_MAX);
	writer_u8(&w, VERSION);
	writer_raw(&w, from->case_id.b, ID16_LEN);
	writer_raw(&w, from->channel.b, ID16_LEN);
	writer_raw(&w, from->member.b, ID16_LEN);
	writer_raw(&w, from->device.b, ID16_LEN);
	writer_u64(&w, from->received);
	writer_u8(&w, from->urgent ? 1 : 0);
	writer_vec(&w, raw);
	rc = writer_status(&w);
	if (rc == 0)
		rc = messages_queue(x, 'h', &n, writer_view(&w));
	writer_wipe(&w);
	at.place = n;
	if (rc == 0)
		rc = messages_index_put(x, &c->id, &at);
	messages_due(x, c->u.held.release);
	return rc;
}

static int held_decode(struct held *h)
{
	struct messages_from *f = &h->from;
	uint8_t version, urgent = 0;
	struct reader r;
	struct bytes raw;
	int rc;

	reader_init(&r, buf_view(&h->mem));
	rc = reader_u8(&r, &version);
	if (rc == 0 && version != VERSION)
		rc = version > VERSION ? ROWAN_E_TOO_NEW : ROWAN_E_CORRUPT;
	(void)(rc || (rc = reader_array(&r, f->case_id.b, ID16_LEN)) ||
		(rc = reader_array(&r, f->channel.b, ID16_LEN)) ||
		(rc = reader_array(&r, f->member.b, ID16_LEN)) ||
		(rc = reader_array(&r, f->device.b, ID16_LEN)) ||
		(rc = reader_u64(&r, &f->received)) ||
		(rc = reader_u8(&r, &urgent)) ||
		(rc = reader_vec(&r, CONTENT_MAX, &raw)) ||
		(rc = reader_end(&r)) || (rc = content_decode(raw, &h->c)));
	f->urgent = urgent != 0;
	if (rc == 0 && h->c.type != CONTENT_HELD)
		rc = ROWAN_E_CORRUPT;
	return messages_damaged(rc);
}

static void held_wipe(struct held *h)
{
	buf_wipe(&h->mem);
	sodium_memzero(h, sizeof *h);
}

/* The first whose number is not below ${*n}. */
static int held_next(struct messages *x, uint64_t *n, struct held *ret)
{
	struct messages_name name = held_name();
	int rc;

	memset(ret, 0, sizeof *ret);
	rc = vault_next(x->o.vault, VAULT_MESSAGE, messages_key_view(&name), *n,
		n, &ret->mem);
	if (rc == 0)
		rc = held_decode(ret);
	if (rc != 0)
		held_wipe(ret);
	return rc;
}

/* ---- opening ---- */

static int open_held(struct messages *x, uint64_t n, const struct held *h,
	int code, struct bytes data)
{
	struct messages_name name = held_name();
	const struct messages_index gone = {
		MESSAGES_FORGOTTEN, h->from.channel, h->from.device, 0};
	int rc = vault_delete(
		x->o.vault, VAULT_MESSAGE, messages_key_view(&name), n);

	if (rc == 0)
		rc = messages_index_put(x, &h->c.id, &gone);
	if (rc == 0 && code == 0)
		rc = messages_take_opened(x, &h->from, &h->c.id, data);
	else if (rc == 0)
		rc = messages_unreadable(x, &h->from, code);
	if (rc == 0)
		rc = transfer_fetch_cancel(x->o.transfer, &h->c.id);
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

static int got(struct messages *x, const struct id16 *message, int code,
	struct bytes data)
{
	struct messages_index at;
	struct held h;
	uint64_t n;
	int rc = messages_begin(x);

	if (rc != 0)
		return rc;
	rc = messages_index_get(x, message, &at);
	if (rc == 0 && at.at == MESSAGES_HELD) {
		n = at.place;
		rc = held_next(x, &n, &h);
		if (rc == 0 && n == at.place)
			rc = open_held(x, n, &h, code, data);
		held_wipe(&h);
	} else if (rc == 0 || rc == ROWAN_E_NOT_FOUND) {
		/* Nobody waits for it any more. */
		rc = transfer_fetch_cancel(x->o.transfer, message);
	}
	return messages_finish(x, rc == ROWAN_E_NOT_FOUND ? 0 : rc);
}

void messages_got(struct messages *x, const struct transfer_what *what, int rc,
	struct bytes data)
{
	int ours = got(x, &what->message, rc, data);

	/* The vault's: it is asked for again. */
	if (ours != 0)
		x->error = ours;
}

/* ---- asking for it ---- */

static int ask(struct messages *x, const struct held *h)
{
	const struct transfer_what what = {.case_id = h->from.case_id,
		.channel = h->from.channel,
		.message = h->c.id};
	int rc = messages_begin(x);

	if (rc != 0)
		return rc;
	return messages_finish(x,
		transfer_fetch(x->o.transfer, &what, &h->c.u.held.blob, NULL));
}

/* Ask for those whose time has come; the same again is the same fetch. */
static int step_held(struct messages *x)
{
	uint64_t n = 0, next = UINT64_MAX;
	struct held h;
	int rc = 0;

	for (unsigned asked = 0;; n++) {
		rc = held_next(x, &n, &h);
		if (rc != 0)
			break;
		if (h.c.u.held.release > x->now) {
			next = h.c.u.held.release;
		} else if (asked++ < MESSAGES_HELD_TRIES) {
			rc = ask(x, &h);
			x->held_at = x->now_ms + MESSAGES_LATER_MS;
			next = x->now;
		} else {
			next = x->now;
		}
		held_wipe(&h);
		if (rc != 0 || asked > MESSAGES_HELD_TRIES || next > x->now)
			break;
	}
	if (next < x->due)
		x->due = next;
	return rc == ROWAN_E_NOT_FOUND || rc == ROWAN_E_QUOTA ? 0 : rc;
}

/* ---- too late ---- */

static int give_up(struct messages *x, const struct id16 *message)
{
	struct messages_index at;
	struct messages_row m = {0};
	int rc = messages_own(x, message, &m, &at);

	if (rc == 0 && m.state == ROWAN_STATE_WAITING)
		rc = x->o.unpost(x->o.ctx, message);
	else if (rc == 0)
		rc = ROWAN_E_NOT_FOUND;
	messages_row_wipe(&m);
	if (rc == 0)
		rc = messages_unsent(x, message, ROWAN_E_EXPIRED);
	/* It has left, or is gone: the outbox says what became of it. */
	return rc == ROWAN_E_STATE || rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

static int step_expired(struct messages *x)
{
	struct messages_name name = messages_key('x', NULL, NULL);
	struct buf mem = {0};
	struct id16 id;
	uint64_t n = 0;
	int rc;

	while ((rc = vault_next(x->o.vault, VAULT_MESSAGE,
			messages_key_view(&name), 0, &n, &mem)) == 0) {
		if (n >> MESSAGES_TIME_BITS > x->now) {
			if (n >> MESSAGES_TIME_BITS < x->due)
				x->due = n >> MESSAGES_TIME_BITS;
			buf_wipe(&mem);
			return 0;
		}
		if (mem.len == ID16_LEN)
			memcpy(id.b, mem.data, ID16_LEN);
		rc = mem.len == ID16_LEN ? messages_begin(x) : ROWAN_E_CORRUPT;
		buf_wipe(&mem);
		if (rc != 0)
			return rc;
		rc = give_up(x, &id);
		if (rc == 0)
			rc = vault_delete(x->o.vault, VAULT_MESSAGE,
				messages_key_view(&name), n);
		rc = messages_finish(x, rc);
		if (rc != 0)
			return rc;
	}
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

/* ---- all that is due ---- */

/* Look again from the beginning; due is then when the next one is. */
static int step_times(struct messages *x)
{
	int rc;

	x->due = UINT64_MAX;
	rc = step_expired(x);
	if (rc == 0)
		rc = step_held(x);
	if (rc != 0)
		x->due = 0;
	return rc;
}

int messages_step(struct messages *x, uint64_t now_ms)
{
	int rc = x->error;

	x->now_ms = now_ms;
	x->error = 0;
	if (rc == 0)
		rc = messages_fresh(x);
	if (rc == 0 && x->now != 0 && x->now >= x->due && now_ms >= x->held_at)
		rc = step_times(x);
	if (rc == 0)
		rc = messages_receipt_step(x);
	return rc;
}

uint64_t messages_wait(struct messages *x, uint64_t now_ms)
{
	uint64_t wait = UINT64_MAX, ms;

	if (x->error != 0)
		return 0;
	if (x->told)
		wait = x->told_at > now_ms ? x->told_at - now_ms : 0;
	if (x->now == 0 || x->due == UINT64_MAX)
		return wait;
	ms = x->due > x->now ? (x->due - x->now) * 1000 : 0;
	if (x->held_at > now_ms && ms < x->held_at - now_ms)
		ms = x->held_at - now_ms;
	return ms < wait ? ms : wait;
}
