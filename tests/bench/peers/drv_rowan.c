/*
 * The load generator's driver for rowand: one connection for each publisher
 * and each mailbox, as devices would have. A publisher submits one envelope a
 * message and waits for the answer; a consumer acknowledges in ranges, and
 * grants the credit again with it, and like the SDK's mailbox has at most one
 * acknowledgement under way: what comes meanwhile goes into the next.
 *
 * --extra dealer uses libzmq's DEALER in place of our own ZMTP. Keys and ids
 * are those of tests/lib/seed.h. Trusts the generator; a refusal ends it.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "lib/relay_link.h"
#include "lib/seed.h"
#include "wire/code.h"
#include "wire/envelope.h"
#include "wire/hello.h"
#include "wire/op.h"

#define CLIENTS_MAX 32768
#define CREDIT	    256
#define ACKS_KEPT   1024 /* acknowledgements under way, of one consumer */

enum kind { PUBLISHER, CONSUMER, IDLE };

struct client {
	struct relay_link *link;
	struct ev ev;
	enum kind kind;
	int index;
	uint64_t id;	  /* of the last request */
	uint64_t counter; /* of the last submission */
	bool ready;
	bool due;   /* in the list of those to look at */
	bool input; /* its socket has something */
	bool asked; /* an acknowledgement is unanswered */
	struct wire_ack ack;
	uint32_t ack_count; /* envelopes in ${ack} */
	uint32_t acked[ACKS_KEPT];
};

static struct relay_context *dealers;
static struct client *publishers[CLIENTS_MAX];
static struct client *due[CLIENTS_MAX];
static size_t due_len;

static void mark(struct client *c)
{
	if (!c->due) {
		c->due = true;
		due[due_len++] = c;
	}
}

static void on_event(void *arg, unsigned events)
{
	struct client *c = arg;

	(void)events;
	c->input = true;
	mark(c);
}

static void send_request(struct client *c, uint16_t op, const struct writer *w,
	const struct bytes *envelope)
{
	uint8_t head[WIRE_HEADER_LEN];
	struct wire_header h = {WIRE_VERSION_HIGH, op, ++c->id};
	struct bytes frames[3] = {bytes_of(head, sizeof head), writer_view(w)};
	size_t n = 2;

	if (op == WIRE_OP_HELLO)
		h.version = WIRE_VERSION_HELLO;
	wire_header_encode(&h, head);
	if (envelope != NULL)
		frames[n++] = *envelope;
	if (writer_status(w) || relay_link_send(c->link, frames, n))
		b_die("cannot send operation %#x", op);
	mark(c);
}

static void send_hello(struct client *c)
{
	struct wire_hello h = {{WIRE_VERSION_LOW, WIRE_VERSION_HIGH}};
	uint8_t body[64];
	struct writer w;

	writer_init_fixed(&w, body, sizeof body);
	if (wire_hello_encode(&h, &w))
		b_die("hello");
	send_request(c, WIRE_OP_HELLO, &w, NULL);
}

static void send_subscribe(struct client *c)
{
	struct wire_subscribe s = {.after = 0, .credit = CREDIT};
	uint8_t body[64];
	struct writer w;

	writer_init_fixed(&w, body, sizeof body);
	if (wire_subscribe_encode(&s, &w))
		b_die("subscribe");
	send_request(c, WIRE_OP_SUBSCRIBE, &w, NULL);
}

static void send_ack(struct client *c)
{
	uint8_t body[WIRE_ACK_RANGES_MAX * 16 + 64];
	struct writer w;

	if (c->ack.count == 0)
		return;
	writer_init_fixed(&w, body, sizeof body);
	c->ack.credit = c->ack_count;
	if (wire_ack_encode(&c->ack, &w))
		b_die("ack");
	c->asked = true;
	c->acked[(c->id + 1) % ACKS_KEPT] = c->ack_count;
	send_request(c, WIRE_OP_ACK, &w, NULL);
	c->ack.count = c->ack_count = 0;
}

/* Sequences ascend, so a new one extends the last range or opens one. */
static void add_ack(struct client *c, uint64_t sequence)
{
	struct wire_ack *a = &c->ack;

	if (a->count > 0 && a->ranges[a->count - 1].last + 1 == sequence)
		a->ranges[a->count - 1].last = sequence;
	else {
		if (a->count == WIRE_ACK_RANGES_MAX)
			send_ack(c);
		a->ranges[a->count++] = (struct wire_range){sequence, sequence};
	}
	c->ack_count++;
}

static void take_push(struct client *c, const struct wire_message *m)
{
	static struct wire_push p;

	if (wire_push_decode(m, &p))
		b_die("push does not decode");
	for (size_t i = 0; i < p.count; i++) {
		b_delivered(c->index, p.items[i].envelope.data,
			p.items[i].envelope.len);
		add_ack(c, p.items[i].sequence);
	}
}

static void take_submitted(struct client *c, const struct wire_message *m)
{
	static struct wire_submit_answer a;

	if (wire_submit_answer_decode(m, &a))
		b_die("answer does not decode");
	if (a.results[0].code != WIRE_OK)
		b_die("envelope refused: %s",
			wire_code_name(a.results[0].code));
	b_acked(c->index);
}

static void take_hello(struct client *c, const struct wire_message *m)
{
	static struct wire_hello_answer a;

	if (wire_hello_answer_decode(m, &a))
		b_die("hello answer does not decode");
	c->counter = a.counter;
	if (c->kind == CONSUMER)
		send_subscribe(c);
	else
		c->ready = true;
}

static void take(struct client *c, const struct relay_frames *f)
{
	struct wire_message m;
	struct wire_error e = {0};

	if (wire_message_assemble(f->frame, f->count, &m))
		b_die("message does not assemble");
	switch (m.header.op) {
	case WIRE_OP_PUSH: take_push(c, &m); break;
	case WIRE_OP_SUBMIT | WIRE_ANSWER: take_submitted(c, &m); break;
	case WIRE_OP_ACK | WIRE_ANSWER:
		c->asked = false;
		b_consumed((int)c->acked[m.header.id % ACKS_KEPT]);
		break;
	case WIRE_OP_HELLO | WIRE_ANSWER: take_hello(c, &m); break;
	case WIRE_OP_SUBSCRIBE | WIRE_ANSWER: c->ready = true; break;
	case WIRE_OP_ERROR:
		if (wire_error_decode(&m, &e))
			b_die("error does not decode");
		b_die("refused: %s, try again after %u ms",
			wire_code_name(e.code), e.retry_ms);
	default: b_die("unexpected operation %#x", m.header.op);
	}
}

/* One look at a socket: everything in, then one acknowledgement, then out. */
static void look(struct client *c)
{
	bool was = relay_link_ready(c->link);
	struct relay_frames f;
	int r = ROWAN_E_AGAIN;

	/* A DEALER's readiness is an edge that sending may swallow. */
	while ((c->input || dealers != NULL) &&
		(r = relay_link_recv(c->link, &f)) == 0)
		take(c, &f);
	c->input = false;
	if (r != ROWAN_E_AGAIN)
		b_die("connection lost: %s", rowan_strerror(r));
	if (!was && relay_link_ready(c->link) && c->id == 0)
		send_hello(c);
	if (!c->asked)
		send_ack(c);
	r = relay_link_flush(c->link);
	if (r == ROWAN_E_AGAIN)
		mark(c);
	else if (r)
		b_die("connection lost: %s", rowan_strerror(r));
}

void drv_tick(void)
{
	static struct client *now[CLIENTS_MAX];

	for (int turn = 0; due_len > 0 && turn < 4; turn++) {
		size_t n = due_len;

		memcpy(now, due, n * sizeof now[0]);
		due_len = 0;
		for (size_t i = 0; i < n; i++) {
			now[i]->due = false;
			look(now[i]);
		}
	}
}

static struct client *open_client(enum kind kind, int index)
{
	static const enum seed_role roles[] = {
		SEED_SENDER, SEED_MAILBOX, SEED_IDLE};
	struct client *c = calloc(1, sizeof *c);
	struct relay_address a = {.kind = RELAY_LINK_RAW, .host = O.host};
	struct seed_device d;
	struct seed_server s;

	if (c == NULL)
		b_die("out of memory");
	seed_device(roles[kind], (uint32_t)index, &d);
	seed_server(0, &s);
	if (strstr(O.extra, "dealer")) {
		if (dealers == NULL)
			dealers = relay_context_new();
		a.kind = RELAY_LINK_DEALER;
		a.context = dealers;
	}
	a.port = O.port;
	a.server = s.public;
	a.public = d.public;
	a.secret = d.secret;
	c->kind = kind;
	c->index = index;
	if (relay_link_open(&c->link, &a))
		b_die("cannot connect to port %d", O.port);
	c->ev.fd = relay_link_fd(c->link);
	c->ev.cb = on_event;
	c->ev.arg = c;
	b_watch(&c->ev, EPOLLIN | (a.kind == RELAY_LINK_DEALER ? EPOLLET : 0));
	if (a.kind == RELAY_LINK_DEALER)
		send_hello(c);
	mark(c);
	while (!c->ready)
		b_poll(5);
	return c;
}

void drv_setup(void)
{
}

void drv_pub_open(int pub)
{
	publishers[pub] = open_client(PUBLISHER, pub);
}

void drv_con_open(int box)
{
	open_client(CONSUMER, box);
}

void drv_idle_open(int i)
{
	open_client(IDLE, i);
}

void drv_publish(int pub, int box, const char *body, int len)
{
	static struct wire_submit s = {.count = 1};
	struct client *c = publishers[pub];
	uint8_t mem[128];
	struct writer w;

	s.items[0] = (struct wire_submit_item){
		.channel = seed_channel((uint32_t)pub, (uint32_t)box),
		.counter = ++c->counter,
		.envelope = bytes_of(body, (size_t)len)};
	writer_init_fixed(&w, mem, sizeof mem);
	if (wire_submit_encode(&s, &w))
		b_die("submit");
	send_request(c, WIRE_OP_SUBMIT, &w, &s.items[0].envelope);
}
