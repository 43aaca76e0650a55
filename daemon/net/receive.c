/*
 * From the socket to the writer: frames, identity, limits, decoding.
 *
 * Trusts nothing a client sends. A message is decoded whole before anything
 * else happens; what is wrong with it is refused here under its request id,
 * and counted, and never reaches the writer.
 */
#include <sodium.h>

#include "net/inner.h"
#include "ops/envelopes.h"
#include "ops/greeting.h"
#include "ops/table.h"

/* Frames held for requests on their way, together. */
#define FLYING_MAX (64u << 20)
/* Without room so long clients are kept waiting; from then on, told so. */
#define HOLD_MS	 100
#define RETRY_MS 1000
/* Large answers on their way to one device. */
#define LARGE_MAX 16
#define LARGE_MS  100

static bool is_room(const struct server *r)
{
	return r->free != NULL && r->flying < FLYING_MAX;
}

bool receive_may(struct server *r)
{
	if (is_room(r))
		r->full_since = 0;
	else if (r->full_since == 0)
		r->full_since = r->now;
	return r->full_since == 0 || r->now - r->full_since >= HOLD_MS;
}

static void clear(struct inbound *in)
{
	in->r.stranger = false;
	in->large = false;
	in->r.frame_count = 0;
	in->r.answer_count = 0;
	in->r.result = 0;
	in->r.out.len = 0;
	in->r.out.error = 0;
	in->msg_count = 0;
	in->bytes = 0;
}

struct inbound *receive_slot(struct server *r)
{
	struct inbound *in = r->free;

	if (in == NULL)
		return NULL;
	r->free = in->next;
	clear(in);
	return in;
}

void receive_done(struct server *r, struct inbound *in)
{
	/* The memory is libzmq's, which keeps it as it is for a while. */
	for (size_t i = 0; i < in->msg_count; i++) {
		sodium_memzero(
			zmq_msg_data(&in->msg[i]), zmq_msg_size(&in->msg[i]));
		zmq_msg_close(&in->msg[i]);
	}
	for (size_t i = 0; i < in->r.answer_count; i++)
		buf_wipe(&in->r.answer[i]);
	/* A large answer's memory is not kept. */
	if (in->r.out.cap > 4096 || in->r.out.error != 0) {
		writer_wipe(&in->r.out);
		writer_init(&in->r.out, WIRE_MESSAGE_MAX);
	}
	r->flying -= in->bytes;
	if (in->large)
		peers_device(&r->peers, &in->r.device)->large--;
	if (in == &r->spare)
		return;
	in->next = r->free;
	r->free = in;
}

/*
 * The rest of a message into ${in}: as many frames as a message can have, the
 * others are dropped, and count among the bytes. Returns how many there were.
 */
static size_t take_frames(void *sock, struct inbound *in)
{
	size_t n = 0;
	bool more = true;

	while (more) {
		zmq_msg_t extra;
		zmq_msg_t *m = n < WIRE_FRAMES_MAX ? &in->msg[n] : &extra;

		zmq_msg_init(m);
		/* libzmq hands out whole messages: the rest is there. */
		if (zmq_msg_recv(m, sock, ZMQ_DONTWAIT) < 0) {
			zmq_msg_close(m);
			break;
		}
		more = zmq_msg_more(m) != 0;
		in->bytes += zmq_msg_size(m);
		if (m == &extra) {
			zmq_msg_close(m);
		} else {
			in->r.frames[n] =
				bytes_of(zmq_msg_data(m), zmq_msg_size(m));
			in->msg_count++;
		}
		n++;
	}
	return n;
}

/* The connection a message came from: an old one, or a new one's first. */
static struct peer *find_peer(struct server *r, enum zap_port port,
	const uint8_t *routing, zmq_msg_t *first)
{
	const char *user = zmq_msg_gets(first, "User-Id");
	struct peer *peer = peers_find(&r->peers, port, routing), *old;
	struct peer_options o;

	if (user == NULL)
		return NULL;
	if (peer != NULL && strcmp(peer->user, user) == 0)
		return peer;
	/* That it was accepted is known before anything else of it. */
	guard_events(r, port);
	peer = peers_find(&r->peers, port, routing);
	/* The routing id is another's now: the first owner is gone. */
	if (peer != NULL)
		guard_gone(r, peer);
	o = (struct peer_options){.port = port,
		.routing = routing,
		.user = user,
		.fd = zmq_msg_get(first, ZMQ_SRCFD),
		.now = r->now};
	old = peers_displace(&r->peers, o.fd);
	if (old != NULL)
		guard_gone(r, old);
	if (peers_add(&r->peers, &o, &peer) != 0)
		return NULL;
	if (peer->device != NULL)
		guard_device(r, peer->device);
	return peer;
}

/*
 * Said without any use: dropped, or refused because it is too much. Who goes
 * on with it faster than anybody needs to has not listened, and what it says
 * waits in memory until it is read: so it is cut off.
 */
static void in_vain(struct server *r, struct peer *peer)
{
	const struct bucket_rate *rate = &peers_vain_rate;

	if (bucket_wait(&peer->vain, rate, 1, r->now) == 0) {
		bucket_take(&peer->vain, rate, 1);
		return;
	}
	r->count.cut_off++;
	peer->closing = true;
	guard_cut(r, peer->fd);
}

static void refuse(struct server *r, struct peer *peer,
	const struct wire_header *h, uint16_t code, uint64_t retry_ms)
{
	struct wire_error e = {code, 0};

	if (wire_code_retryable(code))
		e.retry_ms =
			retry_ms < UINT32_MAX ? (uint32_t)retry_ms : UINT32_MAX;
	if (code == WIRE_QUOTA)
		r->count.over_rate++;
	else
		(*counters_of_code(&r->count, code))++;
	send_refusal(r, peer, h, &e);
	if (code == WIRE_QUOTA || code == WIRE_AGAIN)
		in_vain(r, peer);
}

/* What the enrolment port answers by itself: hello and ping. */
static void serve_enrol(struct server *r, struct peer *peer,
	const struct wire_message *m, struct request *q)
{
	struct wire_hello_answer a;
	int rc = ROWAN_E_NOT_FOUND;

	if (m->header.op == WIRE_OP_HELLO) {
		rc = wire_hello_decode(m, &q->body.hello);
		if (rc == 0)
			rc = greeting_answer(r->config, &q->body.hello, &a);
		if (rc == 0) {
			a.time = server_time(r);
			q->header.version = a.version;
			rc = wire_hello_answer_encode(&a, &q->out);
		}
	} else if (m->header.op == WIRE_OP_PING) {
		struct wire_time t = server_time(r);

		rc = wire_empty_decode(m, &q->body.empty);
		if (rc == 0)
			rc = wire_time_encode(&t, &q->out);
	}
	if (rc == 0) {
		q->error = (struct wire_error){WIRE_OK, 0};
		send_answer(r, peer, q);
	} else {
		refuse(r, peer, &m->header,
			rc == ROWAN_E_NOT_FOUND ? WIRE_OPERATION
						: wire_code_of(rc),
			0);
	}
}

static bool hand_over(struct server *r, struct inbound *in, struct peer *peer)
{
	struct request *q = &in->r;

	q->kind = REQUEST_MESSAGE;
	in->since = r->now_us;
	q->from = peer->ref;
	q->stranger = peer->device == NULL;
	memset(&q->device, 0, sizeof q->device);
	memset(&q->key, 0, sizeof q->key);
	if (q->stranger)
		peers_key(peer, &q->key);
	else
		q->device = peer->device->id;
	/* While the writer is busy with those before. */
	envelopes_hash(q);
	if (q->header.op == WIRE_OP_SUBSCRIBE)
		peer->subscribed = true;
	in->large = q->entry->cost == TABLE_LARGE;
	if (in->large)
		peer->device->large++;
	/* The ring has a place for every slot of the pool. */
	return ring_put(&r->lanes.requests, q);
}

static bool is_stranger(const struct table_entry *entry)
{
	return entry != NULL && entry->right == TABLE_STRANGER;
}

/*
 * Who has not named an invite yet has a few tries, and all of these together
 * one allowance: connecting again gains nothing. Who has is not held up by
 * them.
 */
static uint64_t enrol_wait(struct server *r, struct peer *peer)
{
	uint64_t wait, all;

	if (peer->proven)
		return 0;
	wait = bucket_wait(&peer->first, &peers_first_rate, 1, r->now);
	all = bucket_wait(&r->enrol, &r->enrol_rate, 1, r->now);
	if (wait == 0 && all == 0) {
		bucket_take(&peer->first, &peers_first_rate, 1);
		bucket_take(&r->enrol, &r->enrol_rate, 1);
	}
	return wait > all ? wait : all;
}

/* Decide about one whole message; true when the writer has it now. */
static bool judge(
	struct server *r, struct inbound *in, struct peer *peer, size_t frames)
{
	struct request *q = &in->r;
	struct wire_message m;
	uint64_t wait, messages = 0;
	/* Of too many frames it looks at the first one only. */
	int rc = wire_message_assemble(q->frames, frames, &m);

	if (rc != 0 && q->frames[0].len != WIRE_HEADER_LEN) {
		r->count.dropped++;
		in_vain(r, peer);
		return false;
	}
	q->header = m.header;
	q->frame_count = frames;
	q->entry = rc == 0 ? table_find(m.header.op) : NULL;
	if (q->entry != NULL && q->entry->cost == TABLE_ENVELOPES)
		messages = m.frame_count;
	wait = peers_wait(&r->peers, peer, messages, in->bytes, r->now);
	if (wait != 0) {
		refuse(r, peer, &m.header, WIRE_QUOTA, wait);
		return false;
	}
	if (rc == 0 && in->bytes > r->config->message_bytes)
		rc = ROWAN_E_LIMIT;
	if (rc == 0 && peer->port == ZAP_ENROL) {
		if (!is_stranger(q->entry)) {
			serve_enrol(r, peer, &m, q);
			return false;
		}
		wait = enrol_wait(r, peer);
		if (wait != 0) {
			refuse(r, peer, &m.header, WIRE_QUOTA, wait);
			return false;
		}
	} else if (is_stranger(q->entry)) {
		q->entry = NULL;
	}
	if (rc == 0)
		rc = q->entry == NULL ? ROWAN_E_NOT_FOUND
				      : q->entry->decode(&m, &q->body);
	if (rc != 0) {
		refuse(r, peer, &m.header,
			rc == ROWAN_E_NOT_FOUND ? WIRE_OPERATION
						: wire_code_of(rc),
			0);
		return false;
	}
	if (in == &r->spare || r->flying >= FLYING_MAX) {
		refuse(r, peer, &m.header, WIRE_AGAIN, RETRY_MS);
		return false;
	}
	/* What nobody reads would wait in memory. */
	if (q->entry->cost == TABLE_LARGE &&
		(peer->device->large >= LARGE_MAX || guard_full(peer))) {
		refuse(r, peer, &m.header, WIRE_QUOTA, LARGE_MS);
		return false;
	}
	return hand_over(r, in, peer);
}

/* One message; false when none waits. */
static bool receive_one(struct server *r, enum zap_port port)
{
	void *sock = r->socks[port].router;
	struct inbound *in;
	struct peer *peer = NULL;
	zmq_msg_t id;
	size_t frames;
	bool handed = false, generated;

	zmq_msg_init(&id);
	if (zmq_msg_recv(&id, sock, ZMQ_DONTWAIT) < 0) {
		zmq_msg_close(&id);
		return false;
	}
	in = receive_slot(r);
	if (in == NULL) {
		in = &r->spare;
		clear(in);
	}
	frames = take_frames(sock, in);
	r->flying += in->bytes;
	r->count.received++;
	generated = zmq_msg_size(&id) == PEER_ROUTING_LEN &&
		    *(const uint8_t *)zmq_msg_data(&id) == 0;
	if (frames > 0 && !generated) {
		r->count.bad_routing++;
		guard_cut(r, zmq_msg_get(&in->msg[0], ZMQ_SRCFD));
	} else if (frames > 0) {
		peer = find_peer(r, port, zmq_msg_data(&id), &in->msg[0]);
	}
	zmq_msg_close(&id);
	if (peer != NULL) {
		guard_complete(r, peer->fd);
		if (peer->closing)
			r->count.dropped++;
		else
			handed = judge(r, in, peer, frames);
	} else {
		r->count.dropped++;
	}
	if (!handed)
		receive_done(r, in);
	return true;
}

size_t receive_some(
	struct server *r, enum zap_port port, size_t max, bool *ret_end)
{
	size_t n = 0;

	*ret_end = r->socks[port].router == NULL;
	while (!*ret_end && n < max && receive_may(r)) {
		*ret_end = !receive_one(r, port);
		n += *ret_end ? 0 : 1;
	}
	return n;
}
