/*
 * What requests on their way hold in memory has a bound. Above it all wait a
 * moment and are then told to come again; when it is free they are served.
 */

#include "net/inner.h"
#include "net/inside.h"
#include "wire/envelope.h"
#include "wire/op.h"

#define FLYING	  (64u << 20) /* FLYING_MAX in receive.c */
#define HOLD	  100	      /* milliseconds, there too */
#define ENVELOPES 15
#define REQUESTS  80

static struct inside in;
static uint8_t envelope[64 * 1024];

/* A large submission to a channel that is nobody's; returns its bytes. */
static size_t send_large(struct relay_client *c, uint64_t id)
{
	struct wire_header h = {WIRE_VERSION_HIGH, WIRE_OP_SUBMIT, id};
	static struct wire_submit s = {.count = ENVELOPES};
	static uint8_t head[WIRE_HEADER_LEN], mem[4096];
	struct bytes frames[2 + ENVELOPES];
	size_t ret = 0;
	struct writer w;

	for (size_t i = 0; i < ENVELOPES; i++) {
		frames[2 + i] = bytes_of(envelope, sizeof envelope);
		s.items[i] =
			(struct wire_submit_item){.counter = id * ENVELOPES + i,
				.envelope = frames[2 + i]};
	}
	writer_init_fixed(&w, mem, sizeof mem);
	KIT_CHECK(wire_submit_encode(&s, &w) == 0);
	wire_header_encode(&h, head);
	frames[0] = bytes_of(head, sizeof head);
	frames[1] = writer_view(&w);
	kit_frames(c, frames, 2 + ENVELOPES);
	for (size_t i = 0; i < 2 + ENVELOPES; i++)
		ret += frames[i].len;
	return ret;
}

/* Wait for so many refusals, or answers. */
static void await(struct relay_client *c, size_t n, bool refused)
{
	struct wire_message m;
	struct wire_error e;

	while (n-- > 0) {
		KIT_CHECK(relay_next(c, RELAY_PATIENCE_MS, &m) == 0);
		if (!refused) {
			KIT_CHECK(
				m.header.op == (WIRE_OP_SUBMIT | WIRE_ANSWER));
			continue;
		}
		KIT_CHECK(m.header.op == WIRE_OP_ERROR &&
			  wire_error_decode(&m, &e) == 0);
		KIT_CHECK(e.code == WIRE_AGAIN && e.retry_ms > 0);
	}
}

/* Not read at all for a moment, and then again. */
static void full(void *cookie)
{
	struct server *r = in.server;
	size_t flying = r->flying;

	(void)cookie;
	KIT_CHECK(receive_may(r));
	r->flying = FLYING - 1;
	KIT_CHECK(receive_may(r));
	r->flying = FLYING;
	KIT_CHECK(!receive_may(r));
	r->now += HOLD - 1;
	KIT_CHECK(!receive_may(r));
	r->now++;
	KIT_CHECK(receive_may(r));
	r->flying = flying;
	KIT_CHECK(receive_may(r) && r->full_since == 0);
}

int main(void)
{
	struct relay_client *c;
	size_t len = 0, room;

	inside_prepare(&in);
	in.config.rate_bytes = (uint64_t)1 << 40;
	in.config.rate_messages = in.config.rate_requests = 1000000000;
	inside_run(&in);
	c = kit_hello(SEED_SENDER, 0);
	KIT_CHECK(server_here(in.server, full, NULL) == 0);
	inside_hold(&in);
	for (uint64_t i = 1; i <= REQUESTS; i++)
		len = send_large(c, i);
	/* The one that reaches the bound is the first that is refused. */
	room = (FLYING - 1) / len;
	await(c, REQUESTS - room, true);
	KIT_CHECK(inside_release(&in) == 0);
	await(c, room, false);
	for (uint64_t i = 1; i <= REQUESTS; i++) {
		(void)send_large(c, i);
		await(c, 1, false);
	}
	inside_stop(&in);
	relay_close(c);
	return inside_end(&in);
}
