/* Beyond a rate or a full mailbox the refusal says when; urgent ones fit. */
#include <time.h>

#include "net/kit.h"

static struct wire_error urgent(
	struct relay_client *c, struct id16 channel, uint64_t counter)
{
	static struct wire_submit s;
	static struct wire_submit_answer a;

	s.count = 1;
	s.items[0] = (struct wire_submit_item){.channel = channel,
		.counter = counter,
		.flags = WIRE_URGENT,
		.envelope = bytes_of("sealed", 6)};
	KIT_CHECK(relay_submit(c, &s, &a) == 0);
	return a.results[0];
}

/* A message larger than the operator allows, each frame of it within bounds. */
static void too_large(struct relay_client *c)
{
	static uint8_t chunk[65536];
	struct wire_header h = {WIRE_VERSION_HIGH, WIRE_OP_BLOB_PUT, 77};
	uint8_t head[WIRE_HEADER_LEN], body[ID16_LEN + 4] = {0};
	struct bytes frames[7] = {
		bytes_of(head, sizeof head), bytes_of(body, sizeof body)};

	wire_header_encode(&h, head);
	for (size_t i = 2; i < 7; i++)
		frames[i] = bytes_of(chunk, sizeof chunk);
	kit_frames(c, frames, 7);
	KIT_CHECK(kit_refusal(c).code == WIRE_LIMIT);
}

static uint64_t seconds(void)
{
	struct timespec t;

	KIT_CHECK(clock_gettime(CLOCK_MONOTONIC, &t) == 0);
	return (uint64_t)t.tv_sec;
}

/*
 * Each reading of a member of staff is in the log, which must not be filled.
 * Returns when there was too little left.
 */
static uint64_t reads_for_ever(struct relay_client *c)
{
	uint64_t since = 0;
	static struct wire_fetch_answer a;
	const struct wire_fetch f = {0, 64};
	struct wire_error e;
	int rc = 0;

	for (int i = 0; rc == 0 && i < 4500; i++) {
		since = seconds();
		rc = relay_fetch(c, &f, &a);
	}
	KIT_CHECK(rc == ROWAN_E_QUOTA);
	e = relay_error(c);
	KIT_CHECK(e.code == WIRE_QUOTA && e.retry_ms > 0);
	KIT_CHECK(kit_ping(c));
	return since;
}

/*
 * Who may read nothing more at once is no less pushed what waits, a little at
 * a time, and talks as before. One a second here, and what was left: less than
 * a mailbox.
 */
static void is_read_out(struct relay_client *c, uint64_t since)
{
	static struct wire_push p;
	uint64_t last = 0;
	size_t got = 0;

	for (int i = 0; i < 10; i++) {
		KIT_CHECK(relay_subscribe(c, 0, 64, NULL) == 0);
		if (relay_push(c, 20, &p) == 0)
			got += p.count;
	}
	KIT_CHECK(got < 16 + 2 + seconds() - since);
	got = 0;
	KIT_CHECK(relay_subscribe(c, 0, 64, NULL) == 0);
	while (got < 4) {
		KIT_CHECK(relay_push(c, RELAY_PATIENCE_MS, &p) == 0);
		for (size_t i = 0; i < p.count; i++) {
			KIT_CHECK(p.items[i].sequence > last);
			last = p.items[i].sequence;
		}
		got += p.count;
	}
	KIT_CHECK(kit_ping(c));
}

int main(void)
{
	struct id16 channel = seed_channel(0, 0);
	struct relay_client *s, *m, *other;
	static struct wire_submit many;
	static struct wire_submit_answer a;
	struct wire_error e;
	uint64_t n = 0;

	kit_start("mailbox = 16; mailbox_urgent = 4; rate_messages = 60;\n"
		  "burst = \"20 s\"; message_bytes = \"320 KiB\";\n"
		  "rate_requests = 1000000;\n");
	s = kit_hello(SEED_SENDER, 0);
	/* Twelve places for anybody, four more for urgent ones. */
	while (n < 12)
		KIT_CHECK(kit_submit(s, channel, ++n, 'm', 100).code == 0);
	e = kit_submit(s, channel, 13, 'm', 100);
	KIT_CHECK(e.code == WIRE_FULL && e.retry_ms > 0);
	KIT_CHECK(urgent(s, channel, 13).code == WIRE_OK);
	/* A place that is free again is taken, under the same counter. */
	m = kit_hello(SEED_MAILBOX, 0);
	KIT_CHECK(relay_ack_one(m, 1, 0) == 0);
	KIT_CHECK(relay_ack_one(m, 2, 0) == 0);
	KIT_CHECK(kit_submit(s, channel, 14, 'm', 100).code == WIRE_OK);
	/* Twenty a burst: of these 15 are gone, a message of 30 is too many. */
	many.count = 30;
	for (size_t i = 0; i < 30; i++)
		many.items[i] =
			(struct wire_submit_item){.channel = seed_channel(0, 1),
				.counter = 15 + i,
				.envelope = bytes_of("sealed", 6)};
	KIT_CHECK(relay_submit(s, &many, &a) == ROWAN_E_QUOTA);
	e = relay_error(s);
	KIT_CHECK(e.code == WIRE_QUOTA && e.retry_ms > 0);
	KIT_CHECK(e.retry_ms <= 20000);
	/* A new connection is the same sender; another sender is not. */
	relay_close(s);
	s = kit_hello(SEED_SENDER, 0);
	KIT_CHECK(relay_submit(s, &many, &a) == ROWAN_E_QUOTA);
	KIT_CHECK(kit_ping(s));
	other = kit_hello(SEED_SENDER, 1);
	too_large(other);
	KIT_CHECK(kit_submit(other, seed_channel(1, 1), 1, 'o', 9).code == 0);
	is_read_out(m, reads_for_ever(m));
	relay_close(s);
	relay_close(m);
	relay_close(other);
	return kit_end();
}
