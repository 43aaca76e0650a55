/* While the writer stands still all wait a moment; then they are told so. */

#include "net/inside.h"
#include "wire/op.h"

#define ROOM	 64
#define REQUESTS 200

int main(void)
{
	struct relay_request ping = {.op = WIRE_OP_PING};
	size_t refused = 0, answered = 0;
	struct relay_client *c;
	struct wire_message m;
	struct wire_error e;
	struct inside in;

	inside_prepare(&in);
	in.config.request_queue = ROOM;
	inside_run(&in);
	c = kit_hello(SEED_SENDER, 0);
	inside_hold(&in);
	for (int i = 0; i < REQUESTS; i++)
		KIT_CHECK(relay_send(c, &ping, NULL) == 0);
	while (refused < REQUESTS - ROOM) {
		KIT_CHECK(relay_next(c, RELAY_PATIENCE_MS, &m) == 0);
		KIT_CHECK(m.header.op == WIRE_OP_ERROR);
		KIT_CHECK(wire_error_decode(&m, &e) == 0);
		KIT_CHECK(e.code == WIRE_AGAIN && e.retry_ms > 0);
		refused++;
	}
	/* What there was room for is done, and then there is room again. */
	KIT_CHECK(inside_release(&in) == 0);
	while (answered < ROOM) {
		KIT_CHECK(relay_next(c, RELAY_PATIENCE_MS, &m) == 0);
		KIT_CHECK(m.header.op == (WIRE_OP_PING | WIRE_ANSWER));
		answered++;
	}
	KIT_CHECK(kit_ping(c));
	inside_stop(&in);
	relay_close(c);
	return inside_end(&in);
}
