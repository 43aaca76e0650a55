/*
 * Sealing, submitting, and what the daemon answers: see outbox.h.
 *
 * One submission of a channel is unanswered at a time, so that its messages
 * keep their order; what was sealed before goes before what is sealed now.
 */
#include <stdlib.h>

#include "session/message/outbox_inner.h"
#include "session/proof/proofs.h"
#include "wire/op.h"

#define RETRY_MS     1000 /* when the daemon names no time */
#define BLOCKED_MS   5000 /* the channel tells when it has moved, too */
#define BODY_MAX     4096
#define SEAL_BYTES   (256 * 1024) /* of content in one batch */
#define CONTENT_ROOM (CONTENT_MAX + 64)

/* ---- answers ---- */

static void retry(struct outbox *x, uint64_t n, uint64_t ms)
{
	struct outbox_item *it = outbox_item(x, n);

	if (it != NULL)
		it->due_ms = x->now_ms + ms;
}

/* It is at the daemon: kept on while a reset might undo that. */
static int is_sent(struct outbox *x, uint64_t n, struct outbox_row *row)
{
	uint64_t now = channels_now(x->o.channels);
	bool kept = (row->flags & OUTBOX_KEPT) != 0, nobody = false;
	/* Of what went before it was told then. */
	int rc = kept && row->sent == 0 ? outbox_without(x, row, &nobody) : 0;

	if (rc == 0 && nobody)
		return outbox_unsent(x, n, row, ROWAN_E_UNKNOWN);
	if (rc == 0 && kept)
		rc = x->o.sent(x->o.ctx, &row->message, now);
	if (rc != 0)
		return rc;
	if (!kept || row->awaited_count + row->missed_count == 0)
		return outbox_drop(x, n, row);
	row->state = OUTBOX_SENT;
	row->sent = now;
	return outbox_write(x, n, row);
}

int outbox_unsent(
	struct outbox *x, uint64_t n, const struct outbox_row *row, int code)
{
	int rc = (row->flags & OUTBOX_KEPT) != 0
			 ? x->o.unsent(x->o.ctx, &row->message, code)
			 : 0;

	return rc == 0 ? outbox_drop(x, n, row) : rc;
}

int outbox_anew(struct outbox *x, uint64_t n, struct outbox_row *row)
{
	row->state = OUTBOX_WAITING;
	row->counter = 0;
	return outbox_write(x, n, row);
}

/* Where the log has it, of what somebody may want to prove. */
static int tell_logged(struct outbox *x, uint64_t n,
	const struct outbox_row *row, const struct wire_logged *logged)
{
	struct proofs_submitted s = {.message = row->message,
		.channel = row->channel,
		.counter = row->counter,
		.logged = *logged};
	struct buf envelope;
	int rc;

	if (x->o.logged == NULL || (row->flags & OUTBOX_KEPT) == 0)
		return 0;
	rc = vault_get(
		x->o.vault, VAULT_OUTBOX, outbox_name("e"), n, &envelope);
	if (rc != 0)
		return rc;
	s.envelope = buf_view(&envelope);
	rc = x->o.logged(x->o.ctx, &s);
	buf_wipe(&envelope);
	return rc;
}

static int settle_item(struct outbox *x, const struct outbox_flight *f,
	uint64_t n, const struct wire_error *e,
	const struct wire_logged *logged)
{
	struct outbox_row *row = malloc(sizeof *row);
	int rc = row == NULL ? ROWAN_E_NOMEM : outbox_read(x, n, row);

	if (rc == 0 && row->state != OUTBOX_SEALED) {
		free(row);
		return 0;
	}
	switch (rc != 0 ? WIRE_OK : e->code) {
	case WIRE_OK:
		if (rc == 0)
			rc = tell_logged(x, n, row, logged);
		if (rc == 0)
			rc = is_sent(x, n, row);
		break;
	case WIRE_STALE:
	case WIRE_MEMBERSHIP:
	case WIRE_REFUSED:
		channels_refused(x->o.channels, &f->channel, &f->at, e->code);
		rc = outbox_anew(x, n, row);
		break;
	case WIRE_COUNTER: rc = outbox_anew(x, n, row); break;
	default:
		if (wire_code_retryable(e->code))
			retry(x, n, e->retry_ms > 0 ? e->retry_ms : RETRY_MS);
		else
			rc = outbox_unsent(x, n, row, wire_code_error(e->code));
	}
	free(row);
	return rc == ROWAN_E_NOT_FOUND ? 0 : rc;
}

static int settle(struct outbox *x, const struct outbox_flight *f,
	const struct wire_submit_answer *a)
{
	int rc = vault_begin(x->o.vault);

	if (rc != 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < f->count; i++)
		rc = settle_item(x, f, f->n[i], &a->results[i], &a->logged[i]);
	return outbox_commit(x, rc);
}

static void submitted(void *ctx, const struct requests_outcome *o)
{
	struct outbox_flight *f = ctx;
	struct outbox *x = f->x;
	struct wire_submit_answer a;
	int rc = o->rc;

	f->used = false;
	if (x->ending)
		return;
	for (size_t i = 0; i < f->count; i++) {
		struct outbox_item *it = outbox_item(x, f->n[i]);

		if (it != NULL)
			it->flying = false;
	}
	x->looked = false;
	if (rc == 0)
		rc = wire_submit_answer_decode(o->answer, &a);
	if (rc == 0 && a.count != f->count)
		rc = ROWAN_E_MALFORMED;
	/* Nothing is known of any: the same again. */
	if (rc != 0) {
		for (size_t i = 0; i < f->count; i++)
			retry(x, f->n[i], BLOCKED_MS);
		return;
	}
	rc = settle(x, f, &a);
	if (rc != 0)
		x->error = rc;
}

/* ---- submitting ---- */

static struct outbox_flight *free_flight(struct outbox *x)
{
	for (size_t i = 0; i < OUTBOX_FLIGHTS; i++)
		if (!x->flight[i].used)
			return &x->flight[i];
	return NULL;
}

static bool in_flight(const struct outbox *x, const struct id16 *channel)
{
	for (size_t i = 0; i < OUTBOX_FLIGHTS; i++)
		if (x->flight[i].used &&
			id16_eq(&x->flight[i].channel, channel))
			return true;
	return false;
}

struct batch {
	struct wire_submit body;
	struct buf envelope[OUTBOX_BATCH];
	struct bytes frame[OUTBOX_BATCH];
	size_t bytes;
};

static void batch_free(struct batch *b)
{
	for (size_t i = 0; b != NULL && i < b->body.count; i++)
		buf_wipe(&b->envelope[i]);
	free(b);
}

/* Counters of one submission ascend. */
static void batch_add(
	struct batch *b, const struct outbox_row *row, struct buf *envelope)
{
	size_t i = b->body.count++;

	b->envelope[i] = *envelope;
	*envelope = (struct buf){0};
	b->frame[i] = buf_view(&b->envelope[i]);
	b->bytes += b->frame[i].len;
	b->body.items[i] = (struct wire_submit_item){.channel = row->channel,
		.counter = row->counter,
		.flags = (row->flags & OUTBOX_URGENT) != 0 ? WIRE_URGENT : 0,
		.lifetime = row->lifetime,
		.envelope = b->frame[i]};
}

static int submit(struct outbox *x, struct outbox_flight *f, struct batch *b)
{
	uint8_t mem[BODY_MAX];
	struct writer w;
	int rc;

	writer_init_fixed(&w, mem, sizeof mem);
	rc = wire_submit_encode(&b->body, &w);
	if (rc == 0)
		rc = requests_start(x->o.requests,
			&(struct requests_new){.op = WIRE_OP_SUBMIT,
				.body = writer_view(&w),
				.frames = b->frame,
				.frame_count = b->body.count,
				.done = submitted,
				.ctx = f});
	f->used = rc == 0;
	for (size_t i = 0; i < f->count; i++) {
		struct outbox_item *it = outbox_item(x, f->n[i]);

		if (it == NULL)
			continue;
		it->flying = rc == 0;
		if (rc != 0)
			it->due_ms = x->now_ms + RETRY_MS;
	}
	/* Others fill the line now. */
	return rc == ROWAN_E_AGAIN ? 0 : rc;
}

/* ---- sealed before ---- */

/* All of the channel, to keep their order. */
static void put_off(
	struct outbox *x, const struct id16 *channel, uint64_t due_ms)
{
	for (size_t i = 0; i < x->count; i++)
		if (x->items[i].due_ms < due_ms &&
			id16_eq(&x->items[i].channel, channel))
			x->items[i].due_ms = due_ms;
}

static int again(struct outbox *x, const struct id16 *channel)
{
	struct outbox_flight *f = free_flight(x);
	struct batch *b = calloc(1, sizeof *b);
	struct outbox_row *row = malloc(sizeof *row);
	uint64_t counter = 0;
	int rc = b == NULL || row == NULL ? ROWAN_E_NOMEM : 0;

	f->channel = *channel;
	f->count = 0;
	for (size_t i = 0; rc == 0 && i < x->count && f->count < OUTBOX_BATCH;
		i++) {
		const struct outbox_item *it = &x->items[i];
		struct buf envelope = {0};

		if (it->state != OUTBOX_SEALED ||
			!id16_eq(&it->channel, channel))
			continue;
		if (it->due_ms > x->now_ms || b->bytes > x->message_bytes / 4)
			break;
		rc = outbox_read(x, it->n, row);
		if (rc == 0 && row->counter <= counter)
			break;
		if (rc == 0)
			rc = vault_get(x->o.vault, VAULT_OUTBOX,
				outbox_name("e"), it->n, &envelope);
		if (rc != 0)
			break;
		counter = row->counter;
		f->at = (struct channel_at){
			row->generation, row->epoch, row->group_id};
		f->n[f->count++] = it->n;
		batch_add(b, row, &envelope);
	}
	if (rc == 0 && f->count > 0)
		rc = submit(x, f, b);
	free(row);
	batch_free(b);
	return rc;
}

/* ---- sealed now ---- */

static uint32_t pad_for(const struct outbox *x, size_t len)
{
	for (size_t i = 0; i < x->bucket_count; i++)
		if (x->buckets[i] >= len + 96)
			return x->buckets[i];
	return x->buckets[x->bucket_count - 1];
}

/* The content with what is believed now. */
static int fill_heads(struct outbox *x, const struct outbox_row *row,
	struct bytes kept, struct writer *w)
{
	struct content content;
	int rc = content_decode(kept, &content);

	if (rc == 0)
		rc = channels_heads(
			x->o.channels, &row->channel, &content.heads);
	return rc == 0 ? content_encode(&content, w) : rc;
}

static int seal_one(
	struct outbox *x, uint64_t n, struct outbox_row *row, struct buf *ret)
{
	const struct channel_at at = channels_at(x->o.channels, &row->channel);
	struct buf kept = {0};
	struct writer w;
	int rc =
		vault_get(x->o.vault, VAULT_OUTBOX, outbox_name("b"), n, &kept);

	writer_init(&w, CONTENT_ROOM);
	if (rc == 0)
		rc = fill_heads(x, row, buf_view(&kept), &w);
	if (rc == 0)
		rc = outbox_await(x, row);
	if (rc == 0)
		rc = channels_seal(x->o.channels, &row->channel,
			writer_view(&w), pad_for(x, w.len), ret);
	writer_wipe(&w);
	buf_wipe(&kept);
	if (rc != 0)
		return rc;
	row->state = OUTBOX_SEALED;
	row->counter = x->counter + 1;
	row->generation = at.generation;
	row->group_id = at.group_id;
	row->epoch = at.epoch;
	rc = outbox_put_counter(x, row->counter);
	if (rc == 0)
		rc = outbox_write(x, n, row);
	return rc == 0 ? vault_put(x->o.vault, VAULT_OUTBOX, outbox_name("e"),
				 n, buf_view(ret))
		       : rc;
}

/* 0: all blobs are at the daemon. ROWAN_E_AGAIN; or why one never will be. */
static int blobs_there(struct outbox *x, const struct outbox_row *row)
{
	enum transfer_state state;
	int rc = 0, code;

	for (size_t i = 0; rc == 0 && i < row->blob_count; i++) {
		rc = transfer_state(
			x->o.transfer, &row->blobs[i], &state, &code);
		/* It left once, with its blobs; now it goes again. */
		if (rc == ROWAN_E_NOT_FOUND) {
			rc = 0;
			continue;
		}
		if (rc == 0 && state == TRANSFER_WAITING)
			rc = ROWAN_E_AGAIN;
		else if (rc == 0 && state == TRANSFER_FAILED)
			rc = code != 0 ? code : ROWAN_E_REFUSED;
	}
	return rc;
}

/* What waits in the channel, sealed in one transaction. */
static int seal_all(struct outbox *x, struct outbox_flight *f, struct batch *b)
{
	struct outbox_row *row = malloc(sizeof *row);
	size_t plain = 0;
	int rc = row == NULL ? ROWAN_E_NOMEM : 0;

	for (size_t i = 0;
		rc == 0 && i < x->count && f->count < OUTBOX_BATCH &&
		plain < SEAL_BYTES && b->bytes <= x->message_bytes / 4;
		i++) {
		uint64_t n = x->items[i].n;
		struct buf envelope = {0};
		bool others = false;

		if (x->items[i].state != OUTBOX_WAITING ||
			x->items[i].due_ms > x->now_ms ||
			!id16_eq(&x->items[i].channel, &f->channel))
			continue;
		rc = outbox_read(x, n, row);
		if (rc == 0)
			rc = outbox_others(x, row, &others);
		if (rc == 0 && others) {
			rc = outbox_unsent(x, n, row, ROWAN_E_STALE);
			i--;
			continue;
		}
		if (rc == 0)
			rc = blobs_there(x, row);
		x->items[i].blobs = rc == ROWAN_E_AGAIN;
		if (rc == ROWAN_E_AGAIN) {
			rc = 0;
			x->items[i].due_ms = x->now_ms + BLOCKED_MS;
			continue;
		}
		if (rc <= -100 && row->blob_count > 0) {
			rc = outbox_unsent(x, n, row, rc);
			i--;
			continue;
		}
		if (rc == 0)
			rc = seal_one(x, n, row, &envelope);
		if (rc != 0) {
			buf_wipe(&envelope);
			break;
		}
		plain += x->items[i].len;
		f->n[f->count++] = n;
		batch_add(b, row, &envelope);
	}
	free(row);
	return rc;
}

static int now(struct outbox *x, const struct id16 *channel)
{
	struct outbox_flight *f = free_flight(x);
	struct batch *b = calloc(1, sizeof *b);
	int rc = b == NULL ? ROWAN_E_NOMEM : vault_begin(x->o.vault);

	if (rc != 0) {
		free(b);
		return rc;
	}
	f->channel = *channel;
	f->at = channels_at(x->o.channels, channel);
	f->count = 0;
	rc = outbox_commit(x, seal_all(x, f, b));
	if (rc == 0 && f->count > 0)
		rc = submit(x, f, b);
	batch_free(b);
	return rc;
}

/* ---- which ---- */

/* It takes no part in the channel: nothing of it will ever leave. */
static int give_up(struct outbox *x, const struct id16 *channel)
{
	struct outbox_row *row = malloc(sizeof *row);
	int rc = row == NULL ? ROWAN_E_NOMEM : vault_begin(x->o.vault);

	if (rc != 0) {
		free(row);
		return rc;
	}
	for (size_t i = x->count; rc == 0 && i-- > 0;) {
		uint64_t n = x->items[i].n;

		if (x->items[i].state != OUTBOX_WAITING ||
			!id16_eq(&x->items[i].channel, channel))
			continue;
		rc = outbox_read(x, n, row);
		if (rc == 0)
			rc = outbox_unsent(x, n, row, ROWAN_E_REFUSED);
	}
	free(row);
	return outbox_commit(x, rc);
}

/* Does anything of this channel, from item ${i} on, want to be done? */
static int consider(struct outbox *x, size_t i, bool *ret)
{
	const struct id16 channel = x->items[i].channel;
	bool sealed = x->items[i].state == OUTBOX_SEALED;
	int rc;

	*ret = true;
	if (sealed)
		return again(x, &channel);
	rc = channels_ready(x->o.channels, &channel);
	if (rc == 0 && x->items[i].state == OUTBOX_SENT)
		return outbox_owed(x, &channel);
	if (rc == 0)
		return now(x, &channel);
	if (rc == ROWAN_E_REFUSED && x->items[i].state == OUTBOX_WAITING)
		return give_up(x, &channel);
	*ret = false;
	if (rc != ROWAN_E_AGAIN && rc != ROWAN_E_REFUSED)
		return rc;
	put_off(x, &channel, x->now_ms + BLOCKED_MS);
	return 0;
}

/* What was sealed before must leave first, whenever that is. */
static bool sealed_before(const struct outbox *x, const struct outbox_item *it)
{
	if (it->state == OUTBOX_SEALED)
		return false;
	for (size_t i = 0; i < x->count; i++)
		if (x->items[i].state == OUTBOX_SEALED &&
			id16_eq(&x->items[i].channel, &it->channel))
			return true;
	return false;
}

int outbox_send(struct outbox *x, bool *ret)
{
	int rc = 0;

	*ret = false;
	x->due_ms = UINT64_MAX;
	for (size_t i = 0; rc == 0 && !*ret && i < x->count; i++) {
		struct outbox_item *it = &x->items[i];

		if (it->flying || in_flight(x, &it->channel) ||
			(it->state == OUTBOX_SENT && !outbox_owes(x, it)))
			continue;
		if (free_flight(x) == NULL)
			return 0;
		if (sealed_before(x, it))
			continue;
		if (it->due_ms <= x->now_ms)
			rc = consider(x, i, ret);
		if (!*ret && i < x->count && x->items[i].due_ms < x->due_ms)
			x->due_ms = x->items[i].due_ms;
	}
	return rc;
}
