/* Nothing is pushed without a subscription, nor beyond the credit granted. */
#include "net/kit.h"

static size_t take(struct relay_client *m, size_t want)
{
	static struct wire_push p;
	size_t got = 0;

	while (got < want) {
		KIT_CHECK(relay_push(m, RELAY_PATIENCE_MS, &p) == 0);
		got += p.count;
	}
	return got;
}

int main(void)
{
	struct id16 channel = seed_channel(0, 1);
	struct relay_client *s, *m, *other;
	struct wire_credit two = {2};
	uint8_t mem[16];
	struct writer w;
	struct relay_request credit = {
		.op = WIRE_OP_CREDIT, .quiet = true, .body = &w};
	uint64_t n = 0;

	kit_start("");
	s = kit_hello(SEED_SENDER, 0);
	m = kit_hello(SEED_MAILBOX, 1);
	for (int i = 0; i < 5; i++)
		KIT_CHECK(kit_submit(s, channel, ++n, 'x', 1024).code == 0);
	kit_no_push(m, 200);
	/* From the mailbox: three of five. */
	KIT_CHECK(relay_subscribe(m, 0, 3, NULL) == 0);
	KIT_CHECK(take(m, 3) == 3);
	kit_no_push(m, 200);
	/* New ones do not overtake the two that wait. */
	KIT_CHECK(kit_submit(s, channel, ++n, 'y', 1024).code == 0);
	kit_no_push(m, 200);
	writer_init_fixed(&w, mem, sizeof mem);
	KIT_CHECK(wire_credit_encode(&two, &w) == 0);
	/* Another connection of the device cannot grant. */
	other = kit_hello(SEED_MAILBOX, 1);
	KIT_CHECK(relay_send(other, &credit, NULL) == 0);
	kit_no_push(m, 200);
	kit_no_push(other, 50);
	KIT_CHECK(relay_send(m, &credit, NULL) == 0);
	KIT_CHECK(take(m, 2) == 2);
	kit_no_push(m, 200);
	/* An acknowledgement grants as well; the new one comes last. */
	KIT_CHECK(relay_ack_one(m, 1, 10) == 0);
	KIT_CHECK(take(m, 1) == 1);
	/* Level now: straight from memory. */
	KIT_CHECK(kit_submit(s, channel, ++n, 'z', 1024).code == 0);
	KIT_CHECK(take(m, 1) == 1);
	/* The subscription goes to whoever asks last. */
	KIT_CHECK(relay_subscribe(other, 7, 5, NULL) == 0);
	KIT_CHECK(kit_submit(s, channel, ++n, 'q', 1024).code == 0);
	KIT_CHECK(take(other, 1) == 1);
	kit_no_push(m, 200);
	relay_close(s);
	relay_close(m);
	relay_close(other);
	return kit_end();
}
