/* The enrolment port admits unknown keys and answers hello and ping only. */
#include "net/kit.h"

int main(void)
{
	struct relay_client *c = NULL;
	struct wire_hello_answer a;
	struct seed_device d;
	struct relay_options o = {
		.kind = RELAY_LINK_RAW, .server = 1, .device = &d};
	struct relay_request fetch = {.op = WIRE_OP_KEY_COUNT};
	struct wire_message m;

	kit_start("");
	o.port = kit_daemon.enrol_port;
	seed_device(SEED_STRANGER, 7, &d);
	KIT_CHECK(relay_open(&c, &o) == 0);
	KIT_CHECK(relay_hello(c, &a) == 0);
	KIT_CHECK(a.version == 1 && a.counter == 0 && a.waiting == 0);
	KIT_CHECK(a.time.now > 0);
	KIT_CHECK(kit_ping(c));
	KIT_CHECK(relay_call(c, &fetch, &m) == ROWAN_E_REFUSED);
	KIT_CHECK(relay_error(c).code == WIRE_OPERATION);
	KIT_CHECK(kit_ping(c));
	relay_close(c);
	return kit_end();
}
