/* Who goes on and on with what is of no use is cut off; nobody else is. */
#include "net/kit.h"

int main(void)
{
	struct bytes short_one = bytes_of("no header", 9);
	struct relay_client *honest, *c;

	kit_start("");
	honest = kit_hello(SEED_SENDER, 1);
	c = kit_hello(SEED_SENDER, 0);
	/* A few hundred are nothing. */
	for (int i = 0; i < 500; i++)
		kit_frames(c, &short_one, 1);
	KIT_CHECK(kit_ping(c));
	/* Ten times what a second may bring; the end may come meanwhile. */
	for (int i = 0; i < 10000; i++)
		if (relay_link_send(relay_link(c), &short_one, 1) != 0)
			break;
	(void)!relay_link_flush(relay_link(c));
	kit_closed(c);
	relay_close(c);
	KIT_CHECK(kit_ping(honest));
	relay_close(honest);
	return kit_end();
}
