/* What was answered survives kill -9; what was acknowledged does not come back.
 */
#include <signal.h>

#include "net/kit.h"

int main(void)
{
	struct id16 channel = seed_channel(1, 1);
	struct relay_client *s, *m;
	static struct wire_push p;
	uint64_t first;
	uint32_t waiting = 0;

	kit_start("");
	s = kit_hello(SEED_SENDER, 1);
	for (uint64_t i = 1; i <= 3; i++)
		KIT_CHECK(kit_submit(s, channel, i, (int)i, 1024).code ==
			  WIRE_OK);
	rowand_kill(&kit_daemon, SIGKILL);
	relay_close(s);
	KIT_CHECK(rowand_start(&kit_daemon) == 0);
	m = kit_hello(SEED_MAILBOX, 1);
	KIT_CHECK(relay_subscribe(m, 0, 10, &waiting) == 0 && waiting == 3);
	KIT_CHECK(relay_push(m, RELAY_PATIENCE_MS, &p) == 0 && p.count == 3);
	first = p.items[0].sequence;
	KIT_CHECK(relay_ack_one(m, first, 0) == 0);
	rowand_kill(&kit_daemon, SIGKILL);
	relay_close(m);
	KIT_CHECK(rowand_start(&kit_daemon) == 0);
	m = kit_hello(SEED_MAILBOX, 1);
	KIT_CHECK(relay_subscribe(m, 0, 10, &waiting) == 0 && waiting == 2);
	KIT_CHECK(relay_push(m, RELAY_PATIENCE_MS, &p) == 0 && p.count == 2);
	KIT_CHECK(p.items[0].sequence == first + 1);
	relay_close(m);
	return kit_end();
}
