/* A submission repeated under its counter is stored once, answered again. */
#include "net/kit.h"

int main(void)
{
	struct id16 channel = seed_channel(0, 0);
	struct relay_client *s, *m;
	struct wire_hello_answer a;
	static struct wire_push p;

	kit_start("");
	s = kit_hello(SEED_SENDER, 0);
	KIT_CHECK(kit_submit(s, channel, 1, 'a', 1024).code == WIRE_OK);
	KIT_CHECK(kit_submit(s, channel, 1, 'a', 1024).code == WIRE_OK);
	relay_close(s);
	/* On another connection too, and after another one. */
	s = kit_open(SEED_SENDER, 0);
	KIT_CHECK(relay_hello(s, &a) == 0 && a.counter == 1);
	KIT_CHECK(kit_submit(s, channel, 2, 'b', 1024).code == WIRE_OK);
	KIT_CHECK(kit_submit(s, channel, 1, 'a', 1024).code == WIRE_OK);
	m = kit_hello(SEED_MAILBOX, 0);
	KIT_CHECK(relay_subscribe(m, 0, 10, NULL) == 0);
	KIT_CHECK(relay_push(m, RELAY_PATIENCE_MS, &p) == 0);
	KIT_CHECK(p.count == 2 && p.items[0].envelope.data[0] == 'a' &&
		  p.items[1].envelope.data[0] == 'b');
	kit_no_push(m, 200);
	/* Nor after the mailbox let it go. */
	KIT_CHECK(relay_ack_one(m, p.items[0].sequence, 0) == 0);
	KIT_CHECK(kit_submit(s, channel, 1, 'a', 1024).code == WIRE_OK);
	kit_no_push(m, 200);
	relay_close(s);
	relay_close(m);
	return kit_end();
}
