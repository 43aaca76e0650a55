/* SIGTERM: what was taken is answered, what was answered is kept, code 0. */
#include <signal.h>
#include <sys/wait.h>

#include "net/kit.h"

#define SENT 200

int main(void)
{
	struct id16 channel = seed_channel(0, 0);
	struct relay_client *s, *m;
	static struct wire_submit sub;
	static struct wire_submit_answer a;
	struct wire_message msg;
	uint32_t waiting = 0;
	size_t answered = 0;
	int status;

	kit_start("rate_messages = 1000000;\n");
	s = kit_hello(SEED_SENDER, 0);
	for (uint64_t i = 1; i <= SENT; i++) {
		sub.count = 1;
		sub.items[0] = (struct wire_submit_item){.channel = channel,
			.counter = i,
			.envelope = bytes_of("sealed", 6)};
		KIT_CHECK(relay_submit_send(s, &sub, NULL) == 0);
	}
	/* At least the first one is in. */
	KIT_CHECK(relay_next(s, RELAY_PATIENCE_MS, &msg) == 0);
	status = rowand_kill(&kit_daemon, SIGTERM);
	KIT_CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	do {
		KIT_CHECK(wire_submit_answer_decode(&msg, &a) == 0);
		KIT_CHECK(a.count == 1 && a.results[0].code == WIRE_OK);
		answered++;
	} while (relay_next(s, RELAY_PATIENCE_MS, &msg) == 0);
	KIT_CHECK(answered <= SENT);
	relay_close(s);
	kit_run();
	m = kit_hello(SEED_MAILBOX, 0);
	KIT_CHECK(relay_subscribe(m, 0, 0, &waiting) == 0);
	/* Nothing was taken without an answer, nothing answered is missing. */
	KIT_CHECK(waiting == answered);
	relay_close(m);
	return kit_end();
}
