/* Two transport keys are served at once, on two ports, over one mailbox. */
#include <stdio.h>

#include "net/kit.h"

#define OTHERS 7 /* on each port; two more make them all */

int main(void)
{
	struct id16 channel = seed_channel(0, 0);
	struct relay_client *s, *m = NULL, *wrong = NULL;
	struct relay_client *here[OTHERS], *there[OTHERS] = {NULL};
	char text[ROWAND_PATH_MAX];
	struct seed_device d;
	struct relay_options o = {.kind = RELAY_LINK_RAW, .device = &d};
	static struct wire_push p;

	kit_prepare("connections = 16;\n");
	o.port = kit_free_port();
	o.server = 2;
	snprintf(text, sizeof text,
		"listen_next = [ \"tcp://127.0.0.1:%d\" ];\n"
		"transport_key_next = \"%.1000s/next.key\";\n",
		o.port, kit_daemon.dir);
	rowand_set(&kit_daemon, text);
	kit_key("next.key", 2);
	kit_run();
	s = kit_hello(SEED_SENDER, 0);
	seed_device(SEED_MAILBOX, 0, &d);
	KIT_CHECK(relay_open(&m, &o) == 0 && relay_hello(m, NULL) == 0);
	KIT_CHECK(relay_subscribe(m, 0, 10, NULL) == 0);
	KIT_CHECK(kit_submit(s, channel, 1, 'n', 1024).code == WIRE_OK);
	KIT_CHECK(relay_push(m, RELAY_PATIENCE_MS, &p) == 0 && p.count == 1);
	KIT_CHECK(relay_ack_one(m, p.items[0].sequence, 1) == 0);
	/* Each port has its own key and refuses unknown ones. */
	o.server = 0;
	KIT_CHECK(relay_open(&wrong, &o) == 0);
	kit_closed(wrong);
	relay_close(wrong);
	o.server = 2;
	seed_device(SEED_STRANGER, 0, &d);
	KIT_CHECK(relay_open(&wrong, &o) == 0);
	kit_closed(wrong);
	relay_close(wrong);
	/* What is open on both is counted together. */
	seed_device(SEED_MAILBOX, 1, &d);
	for (size_t i = 0; i < OTHERS; i++) {
		here[i] = kit_hello(SEED_SENDER, 1);
		KIT_CHECK(relay_open(&there[i], &o) == 0);
		KIT_CHECK(relay_hello(there[i], NULL) == 0);
	}
	seed_device(SEED_MAILBOX, 0, &d);
	KIT_CHECK(relay_open(&wrong, &o) == 0);
	KIT_CHECK(relay_hello(wrong, NULL) != 0);
	relay_close(wrong);
	KIT_CHECK(kit_ping(s) && kit_ping(m));
	for (size_t i = 0; i < OTHERS; i++) {
		KIT_CHECK(kit_ping(here[i]) && kit_ping(there[i]));
		relay_close(here[i]);
		relay_close(there[i]);
	}
	relay_close(s);
	relay_close(m);
	return kit_end();
}
