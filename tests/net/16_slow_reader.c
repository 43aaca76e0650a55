/* Who does not read is not waited for, and later gets everything, in order. */
#include <stdio.h>

#include "net/kit.h"

#define LETTERS 400

int main(void)
{
	struct id16 channel = seed_channel(0, 0), other = seed_channel(0, 1);
	struct relay_client *s, *slow, *quick;
	static struct wire_push p;
	uint64_t n = 0, last = 0;
	size_t got = 0, quick_got = 0;
	struct wire_credit more = {200};
	uint8_t mem[16];
	struct writer w;
	struct relay_request credit = {
		.op = WIRE_OP_CREDIT, .quiet = true, .body = &w};

	/* So few places that they run out, credit beyond them. */
	kit_start("send_queue = 16; rate_messages = 1000000;\n"
		  "rate_bytes = \"1 TiB\"; rate_requests = 1000000;\n");
	s = kit_hello(SEED_SENDER, 0);
	slow = kit_hello(SEED_MAILBOX, 0);
	quick = kit_hello(SEED_MAILBOX, 1);
	KIT_CHECK(relay_subscribe(slow, 0, 256, NULL) == 0);
	KIT_CHECK(relay_subscribe(quick, 0, 256, NULL) == 0);
	for (int i = 0; i < LETTERS; i++) {
		KIT_CHECK(kit_submit(s, channel, ++n, i, 60 * 1024).code == 0);
		if (i % 4 != 0)
			continue;
		KIT_CHECK(kit_submit(s, other, ++n, i, 1024).code == 0);
		KIT_CHECK(relay_push(quick, RELAY_PATIENCE_MS, &p) == 0);
		quick_got += p.count;
	}
	KIT_CHECK(quick_got == LETTERS / 4);
	/* Now it reads: credit first, then all of it. */
	while (got < LETTERS) {
		KIT_CHECK(relay_push(slow, RELAY_PATIENCE_MS, &p) == 0);
		for (size_t i = 0; i < p.count; i++) {
			KIT_CHECK(p.items[i].sequence == last + 1);
			KIT_CHECK(p.items[i].envelope.len == 60 * 1024);
			KIT_CHECK(p.items[i].envelope.data[9] ==
				  (uint8_t)(p.items[i].sequence - 1));
			last = p.items[i].sequence;
		}
		got += p.count;
		if (got >= 200 && got - p.count < 200) {
			writer_init_fixed(&w, mem, sizeof mem);
			KIT_CHECK(wire_credit_encode(&more, &w) == 0);
			KIT_CHECK(relay_send(slow, &credit, NULL) == 0);
		}
	}
	kit_no_push(slow, 200);
	relay_close(s);
	relay_close(slow);
	relay_close(quick);
	return kit_end();
}
