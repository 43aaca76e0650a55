/*
 * A client of the relay for tests.
 *
 * Trusts nothing it receives: every message goes through the decoders of
 * lib/wire. Never retries, never decides.
 */
#include "lib/relay_client.h"

#include <poll.h>
#include <stdlib.h>
#include <time.h>

struct kept {
	struct kept *next;
	size_t count;
	struct bytes frame[WIRE_FRAMES_MAX];
	uint8_t data[];
};

struct relay_client {
	struct relay_link *link;
	struct wire_error error;
	uint64_t id;
	struct relay_frames frames; /* of the message shown last */
	struct kept *head, **tail;  /* pushes that came early */
	struct kept *shown;
};

static int64_t now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int relay_open(struct relay_client **ret, const struct relay_options *o)
{
	struct relay_client *c = calloc(1, sizeof *c);
	struct relay_address a = {
		.kind = o->kind, .port = o->port, .source = o->source};
	struct seed_server server;
	int r;

	*ret = NULL;
	if (c == NULL)
		return ROWAN_E_NOMEM;
	c->tail = &c->head;
	seed_server(o->server, &server);
	a.server = server.public;
	a.public = o->device->public;
	a.secret = o->device->secret;
	r = relay_link_open(&c->link, &a);
	if (r) {
		free(c);
		return r;
	}
	*ret = c;
	return 0;
}

void relay_close(struct relay_client *c)
{
	if (c == NULL)
		return;
	while (c->head != NULL) {
		struct kept *k = c->head;

		c->head = k->next;
		free(k);
	}
	free(c->shown);
	relay_link_close(c->link);
	free(c);
}

struct relay_link *relay_link(struct relay_client *c)
{
	return c->link;
}

struct wire_error relay_error(const struct relay_client *c)
{
	return c->error;
}

/* Poll until ${until}; false when the time is over. */
static bool wait_link(struct relay_client *c, int64_t until)
{
	struct pollfd f = {.fd = relay_link_fd(c->link), .events = POLLIN};
	int64_t left = until - now_ms();

	if (left <= 0)
		return false;
	if (relay_link_flush(c->link) == ROWAN_E_AGAIN)
		f.events |= POLLOUT;
	/* A DEALER's readiness is an edge that may be gone: look again. */
	poll(&f, 1, left > 20 ? 20 : (int)left);
	return true;
}

static int recv_frames(struct relay_client *c, int64_t until)
{
	for (;;) {
		int r = relay_link_recv(c->link, &c->frames);

		if (r != ROWAN_E_AGAIN)
			return r;
		if (!wait_link(c, until))
			return ROWAN_E_AGAIN;
	}
}

static int wait_ready(struct relay_client *c)
{
	int64_t until = now_ms() + RELAY_PATIENCE_MS;

	while (!relay_link_ready(c->link)) {
		int r = relay_link_recv(c->link, &c->frames);

		if (r == 0)
			return ROWAN_E_STATE;
		if (r != ROWAN_E_AGAIN)
			return r;
		if (!relay_link_ready(c->link) && !wait_link(c, until))
			return ROWAN_E_AGAIN;
	}
	return 0;
}

int relay_send(
	struct relay_client *c, const struct relay_request *q, uint64_t *ret_id)
{
	struct bytes frames[WIRE_FRAMES_MAX];
	uint8_t head[WIRE_HEADER_LEN];
	struct wire_header h = {.version = WIRE_VERSION_HIGH, .op = q->op};
	int r = wait_ready(c);

	if (r)
		return r;
	if (q->frame_count > WIRE_FRAMES_MAX - 2)
		return ROWAN_E_INVAL;
	if (q->op == WIRE_OP_HELLO)
		h.version = WIRE_VERSION_HELLO;
	if (!q->quiet)
		h.id = q->id ? q->id : ++c->id;
	wire_header_encode(&h, head);
	frames[0] = bytes_of(head, sizeof head);
	frames[1] = q->body ? writer_view(q->body) : bytes_of(NULL, 0);
	for (size_t i = 0; i < q->frame_count; i++)
		frames[2 + i] = q->frames[i];
	r = relay_link_send(c->link, frames, 2 + q->frame_count);
	if (r)
		return r;
	if (ret_id)
		*ret_id = h.id;
	r = relay_link_flush(c->link);
	return r == ROWAN_E_AGAIN ? 0 : r;
}

/* Show the oldest kept push. */
static int show_kept(struct relay_client *c, struct wire_message *ret)
{
	struct kept *k = c->head;

	free(c->shown);
	c->shown = k;
	c->head = k->next;
	if (c->head == NULL)
		c->tail = &c->head;
	return wire_message_assemble(k->frame, k->count, ret);
}

static int keep(struct relay_client *c)
{
	size_t len = 0, at = 0;
	struct kept *k;

	for (size_t i = 0; i < c->frames.count; i++)
		len += c->frames.frame[i].len;
	k = malloc(sizeof *k + len);
	if (k == NULL)
		return ROWAN_E_NOMEM;
	k->next = NULL;
	k->count = c->frames.count;
	for (size_t i = 0; i < k->count; i++) {
		struct bytes f = c->frames.frame[i];

		k->frame[i] = bytes_of(k->data + at, f.len);
		if (f.len > 0)
			memcpy(k->data + at, f.data, f.len);
		at += f.len;
	}
	*c->tail = k;
	c->tail = &k->next;
	return 0;
}

static int next_live(
	struct relay_client *c, int64_t until, struct wire_message *ret)
{
	int r = recv_frames(c, until);

	if (r)
		return r;
	return wire_message_assemble(c->frames.frame, c->frames.count, ret);
}

int relay_next(struct relay_client *c, int timeout_ms, struct wire_message *ret)
{
	if (c->head != NULL)
		return show_kept(c, ret);
	return next_live(c, now_ms() + timeout_ms, ret);
}

int relay_answer(struct relay_client *c, uint64_t id, struct wire_message *ret)
{
	int64_t until = now_ms() + RELAY_PATIENCE_MS;

	for (;;) {
		int r = next_live(c, until, ret);

		if (r)
			return r;
		if (ret->header.op == WIRE_OP_PUSH ||
			ret->header.op == WIRE_OP_NOTICE) {
			r = keep(c);
			if (r)
				return r;
			continue;
		}
		if (ret->header.id != id)
			continue;
		if (ret->header.op != WIRE_OP_ERROR)
			return 0;
		r = wire_error_decode(ret, &c->error);
		return r ? r : wire_code_error(c->error.code);
	}
}

int relay_call(struct relay_client *c, const struct relay_request *q,
	struct wire_message *ret)
{
	uint64_t id = 0;
	int r = relay_send(c, q, &id);

	return r ? r : relay_answer(c, id, ret);
}

int relay_hello(struct relay_client *c, struct wire_hello_answer *ret)
{
	struct wire_hello h = {{WIRE_VERSION_LOW, WIRE_VERSION_HIGH}};
	struct wire_hello_answer a;
	struct wire_message m;
	uint8_t body[64];
	struct writer w;
	int r;

	writer_init_fixed(&w, body, sizeof body);
	r = wire_hello_encode(&h, &w);
	if (r == 0)
		r = relay_call(c,
			&(struct relay_request){
				.op = WIRE_OP_HELLO, .body = &w},
			&m);
	if (r == 0)
		r = wire_hello_answer_decode(&m, ret ? ret : &a);
	return r;
}

int relay_submit_send(
	struct relay_client *c, const struct wire_submit *s, uint64_t *ret_id)
{
	struct bytes frames[WIRE_ENVELOPES_MAX];
	uint8_t body[WIRE_ENVELOPES_MAX * 64];
	struct writer w;
	int r;

	writer_init_fixed(&w, body, sizeof body);
	r = wire_submit_encode(s, &w);
	if (r)
		return r;
	for (size_t i = 0; i < s->count; i++)
		frames[i] = s->items[i].envelope;
	return relay_send(c,
		&(struct relay_request){.op = WIRE_OP_SUBMIT,
			.body = &w,
			.frames = frames,
			.frame_count = s->count},
		ret_id);
}

int relay_submit(struct relay_client *c, const struct wire_submit *s,
	struct wire_submit_answer *ret)
{
	struct wire_message m;
	uint64_t id = 0;
	int r = relay_submit_send(c, s, &id);

	if (r == 0)
		r = relay_answer(c, id, &m);
	return r ? r : wire_submit_answer_decode(&m, ret);
}

int relay_subscribe(struct relay_client *c, uint64_t after, uint32_t credit,
	uint32_t *ret_waiting)
{
	struct wire_subscribe s = {after, credit};
	struct wire_waiting waiting;
	struct wire_message m;
	uint8_t body[64];
	struct writer w;
	int r;

	writer_init_fixed(&w, body, sizeof body);
	r = wire_subscribe_encode(&s, &w);
	if (r == 0)
		r = relay_call(c,
			&(struct relay_request){
				.op = WIRE_OP_SUBSCRIBE, .body = &w},
			&m);
	if (r == 0)
		r = wire_waiting_decode(&m, &waiting);
	if (r == 0 && ret_waiting)
		*ret_waiting = waiting.waiting;
	return r;
}

int relay_push(struct relay_client *c, int timeout_ms, struct wire_push *ret)
{
	int64_t until = now_ms() + timeout_ms;
	struct wire_message m;

	for (;;) {
		int r = c->head ? show_kept(c, &m) : next_live(c, until, &m);

		if (r)
			return r;
		if (m.header.op == WIRE_OP_PUSH)
			return wire_push_decode(&m, ret);
	}
}

int relay_notice(
	struct relay_client *c, int timeout_ms, struct wire_notice *ret)
{
	int64_t until = now_ms() + timeout_ms;
	struct wire_message m;

	for (;;) {
		int r = c->head ? show_kept(c, &m) : next_live(c, until, &m);

		if (r)
			return r;
		if (m.header.op == WIRE_OP_NOTICE)
			return wire_notice_decode(&m, ret);
	}
}

int relay_ack_send(
	struct relay_client *c, const struct wire_ack *a, uint64_t *ret_id)
{
	uint8_t body[WIRE_ACK_RANGES_MAX * 16 + 64];
	struct writer w;
	int r;

	writer_init_fixed(&w, body, sizeof body);
	r = wire_ack_encode(a, &w);
	if (r)
		return r;
	return relay_send(c,
		&(struct relay_request){
			.op = WIRE_OP_ACK, .quiet = ret_id == NULL, .body = &w},
		ret_id);
}

int relay_ack(struct relay_client *c, const struct wire_ack *a)
{
	struct wire_waiting waiting;
	struct wire_message m;
	uint64_t id = 0;
	int r = relay_ack_send(c, a, &id);

	if (r == 0)
		r = relay_answer(c, id, &m);
	return r ? r : wire_waiting_decode(&m, &waiting);
}

int relay_ack_one(struct relay_client *c, uint64_t sequence, uint32_t credit)
{
	struct wire_ack a = {
		.ranges = {{sequence, sequence}}, .count = 1, .credit = credit};

	return relay_ack(c, &a);
}

int relay_fetch(struct relay_client *c, const struct wire_fetch *f,
	struct wire_fetch_answer *ret)
{
	struct wire_message m;
	uint8_t body[64];
	struct writer w;
	int r;

	writer_init_fixed(&w, body, sizeof body);
	r = wire_fetch_encode(f, &w);
	if (r == 0)
		r = relay_call(c,
			&(struct relay_request){
				.op = WIRE_OP_FETCH, .body = &w},
			&m);
	return r ? r : wire_fetch_answer_decode(&m, ret);
}
