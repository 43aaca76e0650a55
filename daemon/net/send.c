/*
 * From the writer to the socket: refusals, answers, pushes.
 *
 * Never waits for a client. An answer that a full or closed connection does
 * not take is dropped and counted (the client asks again); a push goes back to
 * its subscription (the mailbox still has it).
 */
#include <errno.h>

#include "net/inner.h"
#include "ops/batch.h"

enum sent { SENT, SENT_FULL, SENT_GONE };

static enum sent put(void *sock, const void *p, size_t len, bool more)
{
	int flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0);

	if (zmq_send(sock, p, len, flags) >= 0)
		return SENT;
	return errno == EAGAIN ? SENT_FULL : SENT_GONE;
}

/* As it is on the wire: ZMTP's frame around CURVE's nonce, tag and flags. */
static void count(struct peer *peer, size_t len)
{
	len += 33;
	peer->handed += len + (len > 255 ? 9 : 2);
}

static enum sent send_part(struct server *r, struct peer *peer, const void *p,
	size_t len, bool more)
{
	count(peer, len);
	return put(r->socks[peer->port].router, p, len, more);
}

/*
 * The routing id decides: libzmq says here whether the connection is there
 * and has room. What follows it cannot fail for want of room.
 */
static enum sent send_begin(
	struct server *r, struct peer *peer, const struct wire_header *h)
{
	void *sock = r->socks[peer->port].router;
	uint8_t header[WIRE_HEADER_LEN];
	enum sent s = put(sock, peer->routing, PEER_ROUTING_LEN, true);

	/* Sending may have taken the notice that something came. */
	r->look[peer->port] = true;
	if (s != SENT)
		return s;
	wire_header_encode(h, header);
	return send_part(r, peer, header, sizeof header, true);
}

void send_refusal(struct server *r, struct peer *peer,
	const struct wire_header *h, const struct wire_error *e)
{
	uint8_t mem[WIRE_ERROR_LEN];
	struct wire_header out = {WIRE_VERSION_HELLO, WIRE_OP_ERROR, h->id};
	struct writer w;

	/* An error must be understood before a version is agreed on. */
	if (wire_version_served(h->version))
		out.version = h->version;
	writer_init_fixed(&w, mem, sizeof mem);
	if (wire_error_encode(e, &w) != 0)
		return;
	if (send_begin(r, peer, &out) != SENT) {
		r->count.unsent_answers++;
		return;
	}
	(void)send_part(r, peer, mem, w.len, false);
}

/* libzmq is done with an opaque frame that was handed over. */
static void free_frame(void *data, void *len)
{
	mem_free(data, (size_t)(uintptr_t)len);
}

static void send_owned(
	struct server *r, struct peer *peer, struct buf *b, bool more)
{
	void *sock = r->socks[peer->port].router;
	zmq_msg_t m;
	int flags = ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0);

	count(peer, b->len);
	if (b->len == 0 || zmq_msg_init_data(&m, b->data, b->len, free_frame,
				   (void *)(uintptr_t)b->len) != 0) {
		zmq_send(sock, b->data, b->len, flags);
		return;
	}
	b->data = NULL;
	b->len = 0;
	if (zmq_msg_send(&m, sock, flags) < 0)
		zmq_msg_close(&m);
}

void send_answer(struct server *r, struct peer *peer, struct request *q)
{
	struct wire_header h = q->header;
	struct bytes body = writer_view(&q->out);

	if (q->error.code != WIRE_OK) {
		(*counters_of_code(&r->count, q->error.code))++;
		send_refusal(r, peer, &h, &q->error);
		return;
	}
	/* Quiet requests hear of refusals only. */
	if (h.id == 0 && (wire_op_find(h.op)->flags & WIRE_OP_QUIET) != 0)
		return;
	if (q->stranger && !peer->proven) {
		peer->proven = true;
		guard_proven(r, peer->fd);
	}
	h.op |= WIRE_ANSWER;
	if (send_begin(r, peer, &h) != SENT) {
		r->count.unsent_answers++;
		return;
	}
	(void)send_part(r, peer, body.len > 0 ? body.data : (const void *)"",
		body.len, q->answer_count > 0);
	for (size_t i = 0; i < q->answer_count; i++)
		send_owned(r, peer, &q->answer[i], i + 1 < q->answer_count);
	r->count.answers++;
}

/*
 * One opaque frame of a push, copied: the request it came in with is
 * overwritten and done with before an I/O thread has sent this.
 */
static void send_frame(struct server *r, struct peer *peer,
	const struct push_frame *f, bool more)
{
	struct bytes b = f->owner ? f->owner->frames[2 + f->index] : f->bytes;

	/* Header and body came before the opaque frames. */
	(void)send_part(r, peer, b.data, b.len, more);
}

/*
 * A push that finds the connection full, by libzmq's mark or by ours, blocks
 * its subscription: what was decided after it must not overtake it. The writer
 * hears of it a little later (send_unsent), begins again from the mailbox, and
 * lifts the block when that request comes back, ahead of the pushes that follow
 * from it.
 */
static void block(struct server *r, struct peer *peer, const struct push *p)
{
	struct unsent *u = &peer->unsent;

	r->count.unsent_pushes++;
	if (u->credit == 0)
		r->blocked++;
	if (u->credit == 0 || u->id != p->id)
		*u = (struct unsent){.id = p->id, .after = p->after};
	/* A notice takes one too. */
	u->credit += p->op == WIRE_OP_NOTICE ? 1 : (uint32_t)p->frame_count;
}

void send_unsent(struct server *r)
{
	for (uint32_t i = 0; r->blocked > 0 && i < r->peers.cap; i++) {
		struct peer *peer = r->peers.at[i];
		struct unsent *u = &peer->unsent;
		struct inbound *in;

		if (peer->ref.generation == 0 || u->credit == 0 || u->told ||
			!guard_drained(peer))
			continue;
		in = receive_slot(r);
		if (in == NULL)
			return;
		in->r.kind = REQUEST_UNSENT;
		in->r.from = peer->ref;
		in->r.device = peer->device->id;
		in->r.header.id = u->id;
		in->r.unsent_after = u->after;
		in->r.credit = u->credit;
		u->told = ring_put(&r->lanes.requests, &in->r);
		if (!u->told)
			receive_done(r, in);
	}
}

/* The writer has begun again. */
static void unblock(struct server *r, const struct request *q)
{
	struct peer *peer = peers_at(&r->peers, q->from);

	if (peer == NULL || peer->unsent.id != q->header.id)
		return;
	/* What was blocked since then is told again. */
	peer->unsent.told = false;
	peer->unsent.credit -= q->credit;
	if (peer->unsent.credit == 0)
		r->blocked--;
}

static void send_push(struct server *r, struct batch *b, const struct push *p)
{
	struct peer *peer = peers_at(&r->peers, p->to);
	struct wire_header h = {p->version, p->op, p->id};
	enum sent s = SENT_FULL;

	/* The writer hears of the end of a connection from guard.c. */
	if (peer == NULL || peer->closing)
		return;
	if ((peer->unsent.credit == 0 || peer->unsent.id != p->id) &&
		!guard_full(peer))
		s = send_begin(r, peer, &h);
	if (s == SENT_FULL)
		block(r, peer, p);
	if (s != SENT)
		return;
	(void)send_part(r, peer, b->bytes.data + p->body_at, p->body_len,
		p->frame_count > 0);
	for (size_t i = 0; i < p->frame_count; i++)
		send_frame(r, peer, &b->frames[p->frame_at + i],
			i + 1 < p->frame_count);
	r->count.pushes++;
	r->count.envelopes += p->frame_count;
}

static void revoke(struct server *r, const struct id16 *id)
{
	struct device *d = peers_device(&r->peers, id);

	if (d == NULL)
		return;
	for (uint32_t i = 0; d->connections > 0 && i < r->peers.cap; i++) {
		struct peer *peer = r->peers.at[i];

		if (peer->ref.generation != 0 && peer->device == d) {
			peer->closing = true;
			guard_cut(r, peer->fd);
		}
	}
}

void send_batch(struct server *r, struct batch *b)
{
	uint64_t now = b->request_count > 0 ? meter_now() : 0;

	for (size_t i = 0; i < b->request_count; i++) {
		struct request *q = b->requests[i];
		struct peer *peer;

		if (q->kind == REQUEST_UNSENT)
			unblock(r, q);
		if (q->kind != REQUEST_MESSAGE)
			continue;
		peer = peers_at(&r->peers, q->from);
		meter_add(&r->answer_time, meter_times,
			now - ((struct inbound *)q)->since);
		if (peer != NULL)
			send_answer(r, peer, q);
		else
			r->count.unsent_answers++;
	}
	for (size_t i = 0; i < b->push_count; i++)
		send_push(r, b, &b->pushes[i]);
	/* After the answers, so that a revocation's own one still leaves. */
	for (size_t i = 0; i < b->revoked_count; i++)
		revoke(r, &b->revoked[i]);
	for (size_t i = 0; i < b->request_count; i++) {
		struct request *q = b->requests[i];

		/* Last: whoever waits for a job frees it at once. */
		if (q->kind == REQUEST_JOB)
			jobs_done(r, q);
		else if (q != &r->stop.r)
			receive_done(r, (struct inbound *)q);
	}
	if (b->stopped)
		r->stopped = true;
	if (b->fatal)
		r->damaged = true;
}
