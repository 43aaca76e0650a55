/* A key that no device has is refused in the handshake of the main port. */
#include "net/kit.h"

int main(void)
{
	struct relay_client *c, *known;

	kit_start("");
	known = kit_hello(SEED_SENDER, 0);
	for (uint32_t i = 0; i < 3; i++) {
		c = kit_open(SEED_STRANGER, i);
		kit_closed(c);
		KIT_CHECK(!relay_link_ready(relay_link(c)));
		relay_close(c);
	}
	KIT_CHECK(kit_ping(known));
	relay_close(known);
	return kit_end();
}
