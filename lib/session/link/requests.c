/*
 * Requests and their answers: see requests.h.
 *
 * Where one request is, and the function of each step:
 *
 *	               flush                     receive
 *	start --> READY ------> SENT -----------------------> done
 *	            ^            |  |
 *	            | reconnect, |  | "later": later
 *	            | overdue    |  v
 *	            +------------+ WAITING --- time: flush
 *
 * The transport's bytes are the peer's: nothing of them is used before the
 * whole message has decoded.
 */
#include <stdlib.h>
#include <string.h>

#include "session/link/requests.h"
#include "wire/op.h"

#define LATER_MIN_MS 100
#define LATER_MS     1000 /* when the daemon names no time */
#define BLOCKED_MS   50	  /* until a full transport is tried again */
#define RECEIVE_MAX  256  /* messages in one step */

/* The last place is hello's: the others go nowhere before it was answered. */
#define PLACES (REQUESTS_OPEN_MAX + 1)

enum stage { FREE = 0, READY, SENT, WAITING };

struct item {
	enum stage stage;
	uint16_t op;
	bool once;
	uint64_t id;		   /* 0: quiet */
	uint64_t order;		   /* of sending */
	uint64_t at;		   /* SENT: overdue then; WAITING: due then */
	unsigned unanswered, lost; /* tries that ended so */
	struct buf body;
	struct buf *frames;
	size_t frame_count;
	requests_done *done;
	void *ctx;
};

struct requests {
	const struct transport *transport;
	requests_push *push;
	void *ctx;
	uint64_t connection;
	uint16_t version; /* 0: hello first */
	uint64_t next_id, next_order;
	uint64_t dropped;
	bool up, blocked; /* by the last step */
	bool more;	  /* it left messages unreceived */
	struct writer scratch;
	struct item item[PLACES];
};

int requests_new(struct requests **ret, const struct transport *transport,
	requests_push *push, void *ctx)
{
	struct requests *q = calloc(1, sizeof *q);

	*ret = NULL;
	if (q == NULL)
		return ROWAN_E_NOMEM;
	q->transport = transport;
	q->push = push;
	q->ctx = ctx;
	q->next_id = q->next_order = 1;
	writer_init(&q->scratch, WIRE_MESSAGE_MAX);
	*ret = q;
	return 0;
}

static void item_clear(struct item *it)
{
	buf_wipe(&it->body);
	for (size_t i = 0; i < it->frame_count; i++)
		buf_wipe(&it->frames[i]);
	free(it->frames);
	memset(it, 0, sizeof *it);
}

void requests_free(struct requests *q)
{
	if (q == NULL)
		return;
	for (size_t i = 0; i < PLACES; i++)
		item_clear(&q->item[i]);
	writer_wipe(&q->scratch);
	free(q);
}

/* The place is free before the caller hears of it, who may start anew. */
static void finish(struct item *it, const struct requests_outcome *o)
{
	requests_done *done = it->done;
	void *ctx = it->ctx;

	item_clear(it);
	if (done != NULL)
		done(ctx, o);
}

static void fail(struct item *it, int rc)
{
	const struct requests_outcome o = {.rc = rc};

	finish(it, &o);
}

/* Whether the daemon would take it by its size and number of frames. */
static bool fits(const struct requests_new *n)
{
	const struct wire_op_info *info = wire_op_find(n->op);
	size_t total = WIRE_HEADER_LEN + n->body.len;

	if (info == NULL || n->frame_count > info->request_frames ||
		n->body.len > WIRE_FRAME_MAX)
		return false;
	for (size_t i = 0; i < n->frame_count; i++) {
		if (n->frames[i].len > WIRE_FRAME_MAX)
			return false;
		total += n->frames[i].len;
	}
	return total <= WIRE_MESSAGE_MAX;
}

static int copy_in(struct item *it, const struct requests_new *n)
{
	int rc = buf_copy(&it->body, n->body);

	if (rc != 0 || n->frame_count == 0)
		return rc;
	it->frames = calloc(n->frame_count, sizeof *it->frames);
	if (it->frames == NULL)
		return ROWAN_E_NOMEM;
	for (size_t i = 0; rc == 0 && i < n->frame_count; i++) {
		it->frame_count = i + 1;
		rc = buf_copy(&it->frames[i], n->frames[i]);
	}
	return rc;
}

int requests_start(struct requests *q, const struct requests_new *n)
{
	struct item *it = q->item, *end = it + REQUESTS_OPEN_MAX;
	int rc;

	end += n->op == WIRE_OP_HELLO;
	if (!fits(n))
		return ROWAN_E_LIMIT;
	while (it < end && it->stage != FREE)
		it++;
	if (it == end)
		return ROWAN_E_AGAIN;
	rc = copy_in(it, n);
	if (rc != 0) {
		item_clear(it);
		return rc;
	}
	it->stage = READY;
	it->op = n->op;
	it->once = n->once;
	it->done = n->done;
	it->ctx = n->ctx;
	it->id = n->done != NULL ? q->next_id++ : 0;
	it->order = q->next_order++;
	return 0;
}

uint64_t requests_last(const struct requests *q)
{
	return q->next_id - 1;
}

void requests_version(struct requests *q, uint16_t version)
{
	q->version = version;
}

/* ---- out ---- */

static bool may_send(const struct requests *q, const struct item *it)
{
	return it->stage == READY &&
	       (q->version != 0 || it->op == WIRE_OP_HELLO);
}

/* The oldest that may go, or NULL. */
static struct item *next_ready(struct requests *q)
{
	struct item *best = NULL;

	for (size_t i = 0; i < PLACES; i++) {
		struct item *it = &q->item[i];

		if (may_send(q, it) &&
			(best == NULL || it->order < best->order))
			best = it;
	}
	return best;
}

static int put_out(struct requests *q, const struct item *it)
{
	const struct wire_header h = {
		it->op == WIRE_OP_HELLO ? WIRE_VERSION_HELLO : q->version,
		it->op, it->id};
	uint8_t head[WIRE_HEADER_LEN];
	struct bytes frames[WIRE_FRAMES_MAX];

	wire_header_encode(&h, head);
	frames[0] = bytes_of(head, sizeof head);
	frames[1] = buf_view(&it->body);
	for (size_t i = 0; i < it->frame_count; i++)
		frames[2 + i] = buf_view(&it->frames[i]);
	return q->transport->send(
		q->transport->ctx, frames, 2 + it->frame_count);
}

static void flush(struct requests *q, uint64_t now_ms)
{
	struct item *it;

	q->blocked = false;
	while ((it = next_ready(q)) != NULL) {
		if (put_out(q, it) != 0) {
			q->blocked = true;
			return;
		}
		if (it->id == 0) {
			item_clear(it);
			continue;
		}
		it->stage = SENT;
		it->at = now_ms + REQUESTS_PATIENCE_MS;
	}
}

/* ---- in ---- */

static struct item *asked(struct requests *q, uint64_t id)
{
	for (size_t i = 0; id != 0 && i < PLACES; i++)
		if (q->item[i].stage == SENT && q->item[i].id == id)
			return &q->item[i];
	return NULL;
}

/* Ask again when the daemon said to. */
static void later(struct item *it, const struct wire_error *e, uint64_t now_ms)
{
	uint64_t ms = e->retry_ms == 0 ? LATER_MS : e->retry_ms;

	if (ms < LATER_MIN_MS)
		ms = LATER_MIN_MS;
	if (ms > REQUESTS_LATER_MAX_MS)
		ms = REQUESTS_LATER_MAX_MS;
	it->stage = WAITING;
	it->at = now_ms + ms;
	it->unanswered = it->lost = 0;
}

static void answered(
	struct requests *q, const struct wire_message *m, uint64_t now_ms)
{
	struct item *it = asked(q, m->header.id);
	struct requests_outcome o = {.answer = m};

	if (it == NULL || (m->header.op != WIRE_OP_ERROR &&
				  m->header.op != (it->op | WIRE_ANSWER))) {
		q->dropped++;
		return;
	}
	if (m->header.op == WIRE_OP_ERROR) {
		/* Cannot fail: it has been decoded once. */
		if (wire_error_decode(m, &o.error) != 0)
			return;
		o.rc = wire_code_error(o.error.code);
		o.answer = NULL;
	}
	if (wire_code_retryable(o.error.code) && !it->once)
		later(it, &o.error, now_ms);
	else
		finish(it, &o);
}

/* Whole and canonical, whatever it is. */
static bool decodes(struct requests *q, const struct wire_message *m)
{
	bool ok;

	q->scratch.len = 0;
	q->scratch.error = 0;
	ok = wire_op_recode(m, &q->scratch) == 0;
	/* A large one's memory is not kept. */
	if (q->scratch.cap > 4096) {
		writer_wipe(&q->scratch);
		writer_init(&q->scratch, WIRE_MESSAGE_MAX);
	}
	return ok;
}

static bool is_push(const struct wire_message *m)
{
	return (wire_op_find(m->header.op)->flags & WIRE_OP_PUSHED) != 0;
}

static void receive(struct requests *q, uint64_t now_ms)
{
	struct transport_frames f;
	struct wire_message m;
	size_t n = 0;

	q->more = false;
	while (q->transport->recv(q->transport->ctx, &f) == 0) {
		q->more = ++n == RECEIVE_MAX;
		if (wire_message_assemble(f.frame, f.count, &m) != 0 ||
			!decodes(q, &m))
			q->dropped++;
		else if ((m.header.op & WIRE_ANSWER) != 0)
			answered(q, &m, now_ms);
		else if (is_push(&m))
			q->push(q->ctx, &m);
		else
			q->dropped++;
		if (q->more)
			break;
	}
}

/* ---- time and connections ---- */

/* What was sent over the last connection and not answered is lost. */
static void reconnected(struct requests *q)
{
	uint64_t end = q->next_order;

	q->version = 0;
	for (size_t i = 0; i < PLACES; i++) {
		struct item *it = &q->item[i];

		/* Nor what a done starts anew. */
		if (it->order >= end)
			continue;
		if (it->stage != FREE && it->id == 0) {
			item_clear(it);
		} else if (it->stage == SENT) {
			it->stage = READY;
			if (++it->lost >= REQUESTS_LOST_MAX)
				fail(it, ROWAN_E_AGAIN);
		}
	}
}

static void look_at_times(struct requests *q, uint64_t now_ms)
{
	for (size_t i = 0; i < PLACES; i++) {
		struct item *it = &q->item[i];

		if (it->stage == WAITING && it->at <= now_ms)
			it->stage = READY;
		if (it->stage != SENT || it->at > now_ms || !q->up)
			continue;
		it->stage = READY;
		if (++it->unanswered >= REQUESTS_TRIES)
			fail(it, ROWAN_E_AGAIN);
	}
}

enum transport_state requests_step(struct requests *q, uint64_t now_ms)
{
	const struct transport *t = q->transport;
	enum transport_state state = t->step(t->ctx, now_ms);
	uint64_t connection = t->connection(t->ctx);

	if (connection != q->connection) {
		q->connection = connection;
		reconnected(q);
	}
	receive(q, now_ms);
	q->up = state == TRANSPORT_UP;
	look_at_times(q, now_ms);
	if (q->up)
		flush(q, now_ms);
	return state;
}

uint64_t requests_wait(const struct requests *q, uint64_t now_ms)
{
	uint64_t least = q->transport->wait(q->transport->ctx, now_ms);

	if (q->more)
		return 0;
	/* Without a connection there is nothing but to get one. */
	for (size_t i = 0; q->up && i < PLACES; i++) {
		const struct item *it = &q->item[i];
		uint64_t left = UINT64_MAX;

		if (it->stage == SENT || it->stage == WAITING)
			left = it->at > now_ms ? it->at - now_ms : 0;
		else if (may_send(q, it))
			left = q->blocked ? BLOCKED_MS : 0;
		if (left < least)
			least = left;
	}
	return least;
}

void requests_cancel(struct requests *q, const void *ctx)
{
	uint64_t end = q->next_order;

	for (size_t i = 0; i < PLACES; i++) {
		struct item *it = &q->item[i];

		/* Not what a done starts anew. */
		if (it->stage != FREE && it->ctx == ctx && it->order < end)
			fail(it, ROWAN_E_STATE);
	}
}

size_t requests_open(const struct requests *q)
{
	size_t n = 0;

	for (size_t i = 0; i < PLACES; i++)
		n += q->item[i].stage != FREE;
	return n;
}

uint64_t requests_dropped(const struct requests *q)
{
	return q->dropped;
}
